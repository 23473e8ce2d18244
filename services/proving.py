"""Proving (核验): what a token of an issuer proves, by the keys that the issuer publishes.

A key ring is fetched once and kept; of an address that is not public nothing is asked.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeGuard
from uuid import UUID

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import json_b64decode

from services import addresses, clock
from services.errors import BadInput, TokenRefused
from services.issuers import IssuerSilent, Trusted, normal_url
from services.texts import is_storable

GOOD_FOR = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)
LONGEST = timedelta(days=1)
SECONDS_TO_ANSWER = 5
MOST_BYTES = 1 << 18
RINGS = 256
DISCOVERY = "/.well-known/openid-configuration"
# By what an issuer says which signing in a token came of, the surest first (OpenID Connect Core 2).
SIGN_INS = ("sid", "auth_time", "jti")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a foreign token proved: a subject of an issuer, until a moment; `sign_in` is the hash by
    which tokens of one signing in are known again.
    """

    issuer_id: UUID
    subject: str
    until: datetime
    sign_in: str


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
        return _check_claims(issuer, claims, token)

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


def _check_claims(issuer: Trusted, claims: Mapping[str, Any], token: str) -> Proof:
    now = clock.now()
    audience, subject = claims.get("aud"), claims.get(issuer.subject_claim)
    is_for_us = issuer.audience in (audience if isinstance(audience, list) else [audience])
    is_theirs = str(claims.get("iss", "")).rstrip("/") == issuer.url
    until = _seconds(claims.get("exp"))
    if not _seconds(claims.get("nbf", 0)) <= now.timestamp() < until:
        raise TokenRefused()
    if not (is_for_us and is_theirs and _is_name(subject)):
        raise TokenRefused()
    ends = min(now + LONGEST, _moment(until))
    return Proof(issuer.id, subject, ends, _sign_in(claims, token))


def _sign_in(claims: Mapping[str, Any], token: str) -> str:
    """Which signing in a token came of: by what the issuer says of it, or else by the token."""
    said = next((f"{name}:{claims[name]}" for name in SIGN_INS if claims.get(name)), token)
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()


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
