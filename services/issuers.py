"""Issuers (身份签发者): who else may say that somebody is a person of this county (OpenID Connect).

A token of theirs proves a subject by the issuer's published keys; a link made by the security
administrator says which person that is. Without a link the token is nobody's.
"""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any, ClassVar, TypeGuard
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64decode
from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, Policy
from services import addresses, clock, rows
from services.errors import BadInput, Refused, Said, TokenRefused
from services.standing import raise_standing
from services.tables import Recorded, moment, within_tenant
from services.texts import is_storable

# Only what is proven by a public key: with a shared secret, whoever can check can also forge.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
DEFAULT_ALGORITHMS = ["RS256", "ES256"]
GOOD_FOR = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)
LONGEST = timedelta(days=1)
SECONDS_TO_ANSWER = 5
MOST_BYTES = 1 << 18
RINGS = 256
DISCOVERY = "/.well-known/openid-configuration"
HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")


class Issuer(Recorded, table=True):
    """An issuer that the county trusts until `distrusted_at`."""

    __tablename__ = "issuer"
    __table_args__: ClassVar[Any] = (
        Index(
            None, "tenant_id", "url", unique=True, postgresql_where=text("distrusted_at is null")
        ),
        Index(None, "tenant_id", "url", "id"),
    )

    url: str = Field(max_length=300)
    jwks_url: str | None = Field(default=None, max_length=300)
    audience: str = Field(max_length=200)
    subject_claim: str = Field(default="sub", max_length=60)
    algorithms: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    distrusted_at: datetime | None = moment(default=None)


class SubjectLink(Recorded, table=True):
    """Which person of the county an issuer's subject is."""

    __tablename__ = "subject_link"
    __table_args__: ClassVar[Any] = (
        within_tenant("issuer_id", "issuer"),
        within_tenant("person_id", "person"),
        UniqueConstraint("tenant_id", "issuer_id", "subject"),
        Index(None, "tenant_id", "subject", "id"),
        CheckConstraint("confirmed_by <> made_by", name="not_confirmed_by_its_maker"),
        CheckConstraint("confirmed_by <> person_id", name="not_confirmed_by_its_owner"),
        Index(None, "tenant_id", "person_id", "id"),
    )

    issuer_id: UUID
    personal: ClassVar[frozenset[str]] = frozenset({"subject"})

    subject: str = Field(max_length=255)
    person_id: UUID
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = moment(default=None)

    def carries(self, post: Held, policy: Policy) -> bool:
        """Whether whoever comes by this link may act in a post that they hold."""
        return self.confirmed_at is not None or policy.appointers(post.role) is None


class IssuerTrusted(Refused):
    """本县已经信任这个签发者。
    The county trusts this issuer already.
    """


class IssuerDistrusted(Refused):
    """本县已不再信任这个签发者。
    The county trusts this issuer no longer.
    """


class SubjectLinked(Refused):
    """这个签发者的这个用户已经对应到一个人。
    This user of the issuer is linked to a person already.
    """


class IssuerSilent(Refused, status=503):
    """身份签发者暂时没有给出公钥，请稍后再试。
    The issuer doesn't show its keys at the moment. Try again later.
    """


@dataclass(frozen=True, slots=True)
class Trusted:
    """What it takes to prove a token of an issuer; it outlives the session that read it."""

    id: UUID
    url: str
    jwks_url: str | None
    audience: str
    subject_claim: str
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a foreign token proved: a subject of an issuer, until a moment."""

    issuer_id: UUID
    subject: str
    until: datetime


@dataclass(slots=True)
class _Ring:
    keys: KeySet
    fetched_at: datetime


class KeyRings:
    """The published keys of issuers, kept for a while and fetched anew where one is missing."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._rings: OrderedDict[str, _Ring] = OrderedDict()
        self._fetching: dict[str, asyncio.Lock] = {}

    async def prove(self, issuer: Trusted, token: str) -> Proof:
        """Prove a token by the issuer's keys, or `TokenRefused`."""
        kid = header_of(token).get("kid")
        keys = await self._keys(issuer, kid if isinstance(kid, str) else None)
        try:
            # Issuers put parameters of their own into the header; none of them is read here.
            allowed = JWSRegistry(algorithms=issuer.algorithms, strict_check_header=False)
            claims = jwt.decode(token, keys, registry=allowed).claims
        except (JoseError, ValueError) as wrong:
            raise TokenRefused() from wrong
        return _check_claims(issuer, claims)

    async def _keys(self, issuer: Trusted, kid: str | None) -> KeySet:
        address = issuer.jwks_url or issuer.url
        async with self._fetching.setdefault(address, asyncio.Lock()):
            ring, now = self._rings.get(address), clock.now()
            if ring is None or self._is_due(ring, kid, now):
                ring = _Ring(await _fetch(issuer, self._allow_private), now)
                self._rings[address] = ring
            self._rings.move_to_end(address)
            while len(self._rings) > RINGS:
                dropped, _ = self._rings.popitem(last=False)
                self._fetching.pop(dropped, None)
        return ring.keys

    def _is_due(self, ring: _Ring, kid: str | None, now: datetime) -> bool:
        """Old, or without the key that is asked for; never again within the minute."""
        age = now - ring.fetched_at
        is_missing = kid is not None and all(key.kid != kid for key in ring.keys.keys)
        return age > GOOD_FOR or (is_missing and age > AGAIN_AFTER)


def header_of(token: str) -> Mapping[str, Any]:
    """The header of a token, not yet proven; `TokenRefused` where it is none."""
    return _part(token, 0)


def claims_of(token: str) -> Mapping[str, Any]:
    """The claims of a token, not yet proven: only to find out who could prove them."""
    return _part(token, 1)


async def trusted(session: AsyncSession, tenant_id: UUID, url: str) -> Trusted | None:
    """The issuer of this address, if the county trusts it."""
    mine = select(Issuer).where(
        Issuer.tenant_id == tenant_id, Issuer.url == url, col(Issuer.distrusted_at).is_(None)
    )
    row = (await session.exec(mine)).first()
    if row is None:
        return None
    return Trusted(
        row.id, row.url, row.jwks_url, row.audience, row.subject_claim, tuple(row.algorithms)
    )


async def link_of(
    session: AsyncSession, tenant_id: UUID, issuer_id: UUID, subject: str
) -> SubjectLink | None:
    """Which person a subject is linked to, while the issuer is trusted."""
    linked = (
        select(SubjectLink)
        .join(
            Issuer,
            (col(Issuer.tenant_id) == SubjectLink.tenant_id)
            & (col(Issuer.id) == SubjectLink.issuer_id),
        )
        .where(
            SubjectLink.tenant_id == tenant_id,
            SubjectLink.issuer_id == issuer_id,
            SubjectLink.subject == subject,
            col(Issuer.distrusted_at).is_(None),
        )
    )
    return (await session.exec(linked)).first()


async def find(
    session: AsyncSession, by: Actor, issuer: UUID, *, for_update: bool = False
) -> Issuer:
    """An issuer of the actor's county that it still trusts."""
    row = await rows.find(session, Issuer, by, issuer, for_update=for_update)
    if row.distrusted_at is not None:
        raise IssuerDistrusted()
    return row


async def distrust(session: AsyncSession, row: Issuer) -> None:
    """End the trust, and make every process prove anew whoever came by it."""
    row.distrusted_at = clock.now()
    row.version += 1
    await raise_standing(session, row.tenant_id, row.tenant_id)


async def check_new(session: AsyncSession, tenant_id: UUID, url: str) -> None:
    """Refuse a second trust in the same issuer."""
    if await trusted(session, tenant_id, url) is not None:
        raise IssuerTrusted()


async def check_unlinked(session: AsyncSession, issuer: Issuer, subject: str) -> None:
    """Refuse to link a subject to a second person."""
    if await link_of(session, issuer.tenant_id, issuer.id, subject) is not None:
        raise SubjectLinked()


def normal_url(url: str, argument: str, *, allow_private: bool) -> str:
    """An https address that is public, without a slash at its end.

    Where private ones are allowed it may be within the network, or http on this machine.
    """
    wrong = BadInput(
        argument=argument, reason=Said("应是公网的 https 地址", "a public https address")
    )
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018  a port that is none is only found out when it is asked for
    except ValueError:
        raise wrong from None
    is_local = allow_private and parts.scheme == "http" and is_loopback(parts.hostname)
    is_safe = is_local or parts.scheme == "https"
    is_safe = is_safe and (allow_private or not addresses.is_inside(parts.hostname))
    if not is_safe or not is_host(parts.hostname or "") or parts.username or parts.fragment:
        raise wrong
    return url.strip().rstrip("/")


def is_host(name: str) -> bool:
    """Whether this is a host as browsers write it: an address, or a name in ASCII (Punycode)."""
    return HOST.fullmatch(name) is not None


def is_loopback(host: str | None) -> bool:
    """Whether a host's name is this machine itself."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def check_algorithms(algorithms: list[str] | None) -> list[str]:
    """The algorithms that an issuer may sign by, each with a public key."""
    chosen = list(dict.fromkeys(algorithms or DEFAULT_ALGORITHMS))
    unknown = [name for name in chosen if name not in ALGORITHMS]
    if unknown:
        raise BadInput(argument="algorithms", reason=", ".join(ALGORITHMS))
    return chosen


def _check_claims(issuer: Trusted, claims: Mapping[str, Any]) -> Proof:
    now = clock.now()
    audience, subject = claims.get("aud"), claims.get(issuer.subject_claim)
    is_for_us = issuer.audience in (audience if isinstance(audience, list) else [audience])
    is_theirs = str(claims.get("iss", "")).rstrip("/") == issuer.url
    until = _seconds(claims.get("exp"))
    if not _seconds(claims.get("nbf", 0)) <= now.timestamp() < until:
        raise TokenRefused()
    if not (is_for_us and is_theirs and _is_name(subject)):
        raise TokenRefused()
    return Proof(issuer.id, subject, min(now + LONGEST, _moment(until)))


def _is_name(subject: Any) -> TypeGuard[str]:
    return isinstance(subject, str) and bool(subject) and is_storable(subject)


def _seconds(claim: Any) -> float:
    """A NumericDate (RFC 7519); a truth value is none, though Python counts with it."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        raise TokenRefused()
    return float(claim)


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.max.replace(tzinfo=UTC)


async def _fetch(issuer: Trusted, allow_private: bool) -> KeySet:
    try:
        async with httpx.AsyncClient(timeout=SECONDS_TO_ANSWER, trust_env=False) as web:
            address = issuer.jwks_url
            if address is None:
                found = await _get(web, f"{issuer.url}{DISCOVERY}", allow_private)
                if str(found.get("issuer", "")).rstrip("/") != issuer.url:
                    raise IssuerSilent()
                named = str(found.get("jwks_uri", ""))
                address = normal_url(named, "jwksUrl", allow_private=allow_private)
            shown = await _get(web, address, allow_private)
        return _asymmetric(shown)
    except (httpx.HTTPError, OSError, ValueError, JoseError, BadInput) as wrong:
        raise IssuerSilent() from wrong


async def _get(web: httpx.AsyncClient, address: str, allow_private: bool) -> dict[str, Any]:
    """A JSON object from an address: no redirects, and no more bytes than keys take.

    The name is resolved once: the address that was found public is the one that is asked.
    """
    url = httpx.URL(address)
    ip = await addresses.resolve(url.host, url.port or 443, allow_private=allow_private)
    headers, about = {"host": url.netloc.decode()}, {"sni_hostname": url.host}
    asked = url.copy_with(host=ip)
    async with web.stream("GET", asked, headers=headers, extensions=about) as answer:
        answer.raise_for_status()
        body = b""
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise IssuerSilent()
    found = json.loads(body)
    if not isinstance(found, dict):
        raise IssuerSilent()
    return found


def _asymmetric(shown: Mapping[str, Any]) -> KeySet:
    """The public keys among those shown; what we don't know is passed over."""
    known = [
        key
        for key in shown.get("keys", [])
        if isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP")
    ]
    return KeySet.import_key_set({"keys": known})


def _part(token: str, place: int) -> Mapping[str, Any]:
    try:
        found = json_b64decode(token.split(".")[place].encode())
    except (ValueError, IndexError, RecursionError) as wrong:
        raise TokenRefused() from wrong
    if not isinstance(found, dict):
        raise TokenRefused()
    return found
