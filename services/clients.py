"""Clients (第三方前端): mini-programs, portals and dashboards that a county lets in, with grants.

A client reads by its own credentials what it was granted; a person who acts through it has the
lesser of both authorities. Its secret is shown once and kept as a hash.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor, Permission, authorize
from services import clock, rows
from services.arguments import Name, Of, Reason, Version
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.issuers import is_host, is_loopback
from services.rows import made
from services.standing import raise_standing
from services.tables import Recorded, moment

MOST_ORIGINS = 20
SECRET_BYTES = 32


class Client(Recorded, table=True):
    """A third-party front end of the county, until `revoked_at`; `grants` are object.action."""

    __tablename__ = "client"
    __table_args__: ClassVar[Any] = (Index(None, "tenant_id", "name", "id"),)
    unrecorded: ClassVar[frozenset[str]] = frozenset({"secret_hash"})

    name: str = Field(max_length=80)
    secret_hash: bytes
    origins: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    grants: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    rows_per_minute: int | None = None
    revoked_at: datetime | None = moment(default=None)


class GrantBeyondCeiling(Refused):
    """不能授予第三方前端：{grants}。可以授予的见“第三方前端”角色。
    These can't be granted to a client: {grants}. See the client role for what can.
    """


class ClientRevoked(Refused):
    """这个第三方前端已被吊销。
    This client has been revoked.
    """


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """A client just registered, with its secret: shown this once, never stored."""

    id: UUID
    secret: str


ClientId = Annotated[UUID, Of("Client")]


async def register(
    session: AsyncSession,
    by: Actor,
    *,
    name: Name,
    origins: Annotated[list[str], "网页的来源，如 https://example.com。 Origins of its pages."],
    grants: Annotated[list[str], "准许的事，如 units.read。 What it may do, as units.read."],
    rows_per_minute: Annotated[
        int | None, "每分钟最多涉及的行数，不填则按平台设置。 Rows a minute; the usual if left out."
    ] = None,
) -> RegisteredClient:
    """Register a third-party front end with what it may do at most."""
    acting = authorize(by, "register", "clients")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    client = Client(
        **made(by, acting), name=name, secret_hash=_hash(secret),
        origins=_check_origins(origins), grants=_check_grants(grants),
        rows_per_minute=_check_rows(rows_per_minute),
    )  # fmt: skip
    session.add(client)
    record(session, by, "client.registered", client, acting=acting)
    return RegisteredClient(client.id, secret)


async def revoke(
    session: AsyncSession,
    by: Actor,
    *,
    client: ClientId,
    reason: Reason,
    expected_version: Version = None,
) -> Client:
    """Revoke a client: it, and whoever acts through it, is refused at the next request."""
    row = await find(session, by, client, for_update=True)
    acting = authorize(by, "revoke", "clients", owner=row.id)
    row.check_version(expected_version)
    if row.revoked_at is not None:
        raise ClientRevoked()
    before = state_of(row)
    row.revoked_at = clock.now()
    row.version += 1
    note = {"reason": reason}
    record(session, by, "client.revoked", row, acting=acting, before=before, note=note)
    await raise_standing(session, by.tenant_id, row.id)
    return row


async def find(
    session: AsyncSession, by: Actor, client: UUID, *, for_update: bool = False
) -> Client:
    """A client of the actor's county."""
    return await rows.find(session, Client, by, client, for_update=for_update)


async def prove(
    session: AsyncSession, tenant_id: UUID, *, client: UUID, secret: str
) -> Client | None:
    """The client whose secret this is, if it isn't revoked."""
    row = await standing_client(session, tenant_id, client)
    known = row.secret_hash if row else bytes(SECRET_BYTES)
    return row if hmac.compare_digest(known, _hash(secret)) else None


async def standing_client(session: AsyncSession, tenant_id: UUID, client: UUID) -> Client | None:
    """The client, unless it is revoked."""
    mine = select(Client).where(
        Client.tenant_id == tenant_id, Client.id == client, col(Client.revoked_at).is_(None)
    )
    return (await session.exec(mine)).first()


async def origin_allowed(session: AsyncSession, tenant_id: UUID, origin: str) -> bool:
    """Whether a browser's page of this origin belongs to a client of the county."""
    listed = select(Client.origins).where(
        Client.tenant_id == tenant_id, col(Client.revoked_at).is_(None)
    )
    return any(origin in origins for origins in (await session.exec(listed)).all())


def limits_of(client: Client) -> frozenset[Permission]:
    """What a client may do at most: its grants, within what the product allows by now."""
    granted = (grant.partition(".") for grant in client.grants)
    return frozenset((object_, action) for object_, _, action in granted) & policies.ceiling()


def normal_origin(origin: str) -> str:
    """An origin as a browser sends it: https, or http on this machine; no path."""
    wrong = BadInput(
        argument="origins",
        reason=Said(
            f"{origin[:80]!r} 应形如 https://host[:port]", f"{origin[:80]!r}: https://host[:port]"
        ),
    )
    try:
        parts = urlsplit(origin.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    is_bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    name = parts.hostname or ""
    if not is_safe or not is_bare or not is_host(name):
        raise wrong
    host = f"[{name}]" if ":" in name else name
    is_usual = port in (None, 443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def _check_origins(origins: list[str]) -> list[str]:
    if len(origins) > MOST_ORIGINS:
        raise BadInput(
            argument="origins", reason=Said(f"最多 {MOST_ORIGINS} 个", f"{MOST_ORIGINS} at most")
        )
    return list(dict.fromkeys(normal_origin(origin) for origin in origins))


def _check_grants(grants: list[str]) -> list[str]:
    allowed = {f"{object_}.{action}" for object_, action in policies.ceiling()}
    beyond = sorted(set(grants) - allowed)
    if beyond:
        raise GrantBeyondCeiling(grants=", ".join(beyond)[:300])
    return sorted(set(grants))


def _check_rows(rows: int | None) -> int | None:
    if rows is not None and rows < 1:
        raise BadInput(argument="rowsPerMinute", reason=Said("应为 1 或更大", "1 or more"))
    return rows


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
