"""Commands said twice (幂等): a caller's own `commandId` makes a repeated mutation change nothing.

The first run leaves a row with what was asked and what it made; a repeat with the same arguments is
answered from that row, with other arguments it is refused.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint, Uuid, bindparam, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor
from services import clock
from services.errors import CommandReused
from services.prepared import Prepared, change
from services.tables import TenantRow, moment

NOBODY = UUID(int=0)


class Command(TenantRow, table=True):
    """A command that a caller named: whose it is, what was asked, and the object it ended in."""

    __tablename__ = "command"
    __table_args__: ClassVar[Any] = (UniqueConstraint("tenant_id", "subject_id", "key"),)

    subject_id: UUID
    key: str
    name: str
    arguments_hash: str
    result_id: UUID | None = None
    made_at: datetime = moment(default_factory=clock.now)


_NEW = Command.__table__.c  # type: ignore[attr-defined]
_GIVEN = ("tenant_id", "id", "subject_id", "key", "name", "arguments_hash", "made_at")
CLAIM = Prepared(
    insert(Command)
    .values({name: bindparam(name, type_=_NEW[name].type) for name in _GIVEN})
    .on_conflict_do_nothing()
    .returning(col(Command.id))
)
FORGET = Prepared(
    delete(Command).where(
        col(Command.tenant_id) == bindparam("tenant_id", type_=Uuid()),
        col(Command.id) == bindparam("id", type_=Uuid()),
    )
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """The first run of this command, found again: the id of what it made."""

    result_id: UUID | None


async def begin(
    session: AsyncSession, by: Actor, *, key: str, name: str, arguments: Mapping[str, Any]
) -> Repeat | None:
    """Claim the key for this transaction, or find the run that had it first.

    Two runs at once: the second waits at the unique key until the first has committed or failed.
    """
    subject = by.person_id or by.client_id or NOBODY
    digest = _digest(session.info["master"].secret, name, arguments)
    claimed = await CLAIM.first(
        session, tenant_id=by.tenant_id, id=uuid7(), subject_id=subject, key=key, name=name,
        arguments_hash=digest, made_at=clock.now(),
    )  # fmt: skip
    session.info["command_key"] = key
    if claimed is not None:
        session.info["command"] = {"tenant_id": by.tenant_id, "id": claimed[0]}
        return None
    first = await _first(session, by, subject, key)
    if (first.name, first.arguments_hash) != (name, digest):
        raise CommandReused()
    return Repeat(first.result_id)


def finish(session: AsyncSession, *, result_id: UUID | None) -> None:
    """Note what the command that was begun here has made, for whoever repeats it."""
    change(session, Command, keys=session.info["command"], result_id=result_id)


async def forget(session: AsyncSession) -> None:
    """Let go of the claim: what was refused is tried anew when it is said again."""
    await FORGET.rows(session, **session.info["command"])


async def _first(session: AsyncSession, by: Actor, subject: UUID, key: str) -> Command:
    mine = (Command.tenant_id == by.tenant_id, Command.subject_id == subject, Command.key == key)
    return (await session.exec(select(Command).where(*mine))).one()


def _digest(secret: bytes, name: str, arguments: Mapping[str, Any]) -> str:
    """Of what was asked: keyed, since an argument may be a password or a phone number."""
    written = json.dumps([name, arguments], sort_keys=True, default=str, ensure_ascii=False)
    return hmac.digest(secret, written.encode(), "sha256").hex()
