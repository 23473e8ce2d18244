"""Issuers (身份签发者): who else may say that somebody is a person of this county (OpenID Connect).

A token of theirs proves a subject by the issuer's published keys; a link made by the security
administrator says which person that is. Without a link the token is nobody's.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, Policy
from services import addresses, clock, rows
from services.errors import BadInput, Refused, Said
from services.standing import raise_standing
from services.tables import Recorded, moment, within_tenant

# Only what is proven by a public key: with a shared secret, whoever can check can also forge.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
DEFAULT_ALGORITHMS = ["RS256", "ES256"]
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
