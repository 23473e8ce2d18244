"""Signing (签发): a county's own keys for access tokens, wrapped by the installation's master key.

The newest key signs. An older one still proves the tokens that it signed until the last of them has
expired; one that somebody may have copied is retired at once, and its tokens with it.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from services import clock, sealing
from services.errors import TokenRefused
from services.standing import raise_standing
from services.tables import TenantRow, moment

ISSUER = "sanfang"
AUDIENCE = "sanfang"
ALGORITHM = "EdDSA"
LONGEST_TOKEN = timedelta(days=1)
# RFC 9864 would call it Ed25519; whoever checks our tokens by /jwks knows it by its older name.
warnings.filterwarnings("ignore", "EdDSA is deprecated", SecurityWarning)


class SigningKey(TenantRow, table=True):
    """A county's signing key (Ed25519); from `retired_at` on it proves nothing any more."""

    __tablename__ = "signing_key"
    __table_args__: ClassVar[Any] = (Index(None, "tenant_id", "created_at", "id"),)

    kid: str
    public: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    wrapped: bytes
    created_at: datetime = moment(default_factory=clock.now)
    retired_at: datetime | None = moment(default=None)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is: a person's or a client's (`subject`), through which client, and where.

    `session_id` is the sign-in that it came from; without one it is good until it expires.
    """

    tenant_id: UUID
    slug: str
    subject: UUID
    client_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What an access token of ours proved, by which key, until when."""

    bearer: Bearer
    kid: str
    until: datetime


async def create_key(session: AsyncSession, tenant_id: UUID) -> SigningKey:
    """Make the key that signs from now on."""
    kid = str(uuid7())
    key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig", "alg": ALGORITHM})
    private = key.as_pem(private=True)
    row = SigningKey(
        tenant_id=tenant_id,
        kid=kid,
        public=dict(key.as_dict(private=False)),
        wrapped=sealing.master_of(session).wrap(private, f"{tenant_id}:signing:{kid}"),
    )
    session.add(row)
    await session.flush()
    return row


async def rotate(session: AsyncSession, tenant_id: UUID, *, at_once: bool = False) -> SigningKey:
    """Sign with a new key; the older ones go when the longest-lived of their tokens has expired.

    `at_once` is for a key that was copied: every token that it signed is refused from now on.
    """
    now = clock.now()
    for row in await _unretired(session, tenant_id, now):
        row.retired_at = now if at_once else row.retired_at or now + LONGEST_TOKEN
    if at_once:
        await raise_standing(session, tenant_id, tenant_id)
    return await create_key(session, tenant_id)


async def current(session: AsyncSession, tenant_id: UUID) -> SigningKey:
    """The key that signs."""
    keys = await _unretired(session, tenant_id, clock.now())
    if not keys:
        return await create_key(session, tenant_id)
    return keys[-1]


async def public(session: AsyncSession, tenant_id: UUID) -> dict[str, Any]:
    """The public halves as a JSON Web Key Set (RFC 7517)."""
    keys = await _unretired(session, tenant_id, clock.now())
    return {"keys": [row.public for row in keys]}


async def issue(session: AsyncSession, bearer: Bearer, *, minutes: int) -> str:
    """An access token that is good for so many minutes."""
    row = await current(session, bearer.tenant_id)
    private = sealing.master_of(session).unwrap(
        row.wrapped, f"{bearer.tenant_id}:signing:{row.kid}"
    )
    now = clock.now()
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "tenant": bearer.slug,
        "tid": str(bearer.tenant_id),
        "sub": str(bearer.subject),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + seconds(minutes),
        "jti": str(uuid7()),
    }
    if bearer.client_id is not None:
        claims["azp"] = str(bearer.client_id)
    if bearer.session_id is not None:
        claims["sid"] = str(bearer.session_id)
    header = {"alg": ALGORITHM, "kid": row.kid}
    return jwt.encode(header, claims, OKPKey.import_key(private), algorithms=[ALGORITHM])


def seconds(minutes: int) -> int:
    """For how long a token is good; no longer than an older key stays."""
    return int(min(timedelta(minutes=minutes), LONGEST_TOKEN).total_seconds())


def prove(token: str, keys: Mapping[str, OKPKey]) -> Proof:
    """Prove a token by the county's public keys, or `TokenRefused`.

    The algorithm is ours and never the token's: `none`, or a public key taken for a shared secret,
    proves nothing.
    """
    try:
        proven = jwt.decode(token, lambda about: _key_for(about.headers(), keys), [ALGORITHM])
        claims = proven.claims
        bearer = Bearer(
            tenant_id=UUID(claims["tid"]),
            slug=claims["tenant"],
            subject=UUID(claims["sub"]),
            client_id=UUID(claims["azp"]) if "azp" in claims else None,
            session_id=UUID(claims["sid"]) if "sid" in claims else None,
        )
        until = datetime.fromtimestamp(claims["exp"], UTC)
        is_ours = (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as wrong:
        raise TokenRefused() from wrong
    if not is_ours or until <= clock.now():
        raise TokenRefused()
    return Proof(bearer, proven.header["kid"], until)


def verifiers(shown: Mapping[str, Any]) -> dict[str, OKPKey]:
    """The public keys of `public`, by their names."""
    return {key["kid"]: OKPKey.import_key(key) for key in shown["keys"]}


def _key_for(header: Mapping[str, Any], keys: Mapping[str, OKPKey]) -> OKPKey:
    return keys[header["kid"]]


async def _unretired(session: AsyncSession, tenant_id: UUID, at: datetime) -> Sequence[SigningKey]:
    mine = select(SigningKey).where(
        SigningKey.tenant_id == tenant_id,
        or_(col(SigningKey.retired_at).is_(None), col(SigningKey.retired_at) > at),
    )
    return (await session.exec(mine.order_by(col(SigningKey.created_at), col(SigningKey.id)))).all()
