"""Events (事件): what happened, who did it in which post, what stood before and after.

One insert is audit and outbox in one, in the transaction of the change itself. The app's role may
insert and read events and never change them. What is personal of an event stands apart from it: the
event holds its salted hash, so that the value may be erased and the event stay as it was sealed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index, UniqueConstraint, delete
from sqlmodel import Field, col
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor, Held
from services import changes, clock
from services.prepared import put
from services.tables import Recorded, TenantRow, moment, within_tenant

SALT = 16
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
ORIGIN = "origin"
# The types that administrators look after; the scope `office` is of their events.
OFFICE = frozenset({
    "Account", "Appointment", "Client", "Issuer", "Pack", "PackProposal", "Person", "Post",
    "SubjectLink", "Tenant", "TenantKey", "TrustedDocument", "Unit",
})  # fmt: skip
PROVENANCE = frozenset({"tenant_id", "id", "made_at", "made_by", "made_as"})


class Event(TenantRow, table=True):
    """One thing that happened in a county; `name` is noun.verb, as `unit.founded`."""

    __tablename__ = "event"
    __table_args__: ClassVar[Any] = (
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "object_id", "at", "id"),
        Index(None, "tenant_id", "person_id", "at", "id"),
        Index(None, "tenant_id", "appointment_id", "at", "id"),
        Index(None, "tenant_id", "name", "at", "id"),
        Index(None, "tenant_id", "transaction"),
    )
    __mapper_args__: ClassVar[Any] = {"eager_defaults": False}

    at: datetime = moment(default_factory=clock.now)
    name: str
    object: str
    object_id: UUID
    person_id: UUID | None = None
    appointment_id: UUID | None = None
    client_id: UUID | None = None
    command_key: str | None = None
    transaction: int | None = changes.transaction()
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    apart: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


class EventValue(TenantRow, table=True):
    """A personal value of an event, kept apart from it: whose it is, where it belongs, and the salt
    of its hash in the event.
    """

    __tablename__ = "event_value"
    __table_args__: ClassVar[Any] = (
        within_tenant("event_id", "event"),
        UniqueConstraint("tenant_id", "event_id", "path"),
        Index(None, "tenant_id", "person_id"),
    )
    __mapper_args__: ClassVar[Any] = {"eager_defaults": False}

    event_id: UUID
    person_id: UUID | None = None
    path: str
    salt: bytes
    value: Any = Field(sa_column=Column(JSON, nullable=False))


def state_of(row: Recorded) -> dict[str, Any]:
    """The row as JSON values, without its keys and without what must not be written down twice."""
    known = row.__dict__
    return {
        name: _plain(known[name] if name in known else getattr(row, name))
        for name in _spoken(type(row))
    }


@cache
def _spoken(table: type[Recorded]) -> tuple[str, ...]:
    left_out = PROVENANCE | table.unrecorded | table.unspoken
    return tuple(name for name in table.model_fields if name not in left_out)


def record(
    session: AsyncSession,
    by: Actor,
    name: str,
    row: Recorded,
    *,
    acting: Held | None,
    before: Mapping[str, Any] | None = None,
    note: Mapping[str, Any] | None = None,
) -> None:
    """Write the event of a change into the change's own transaction.

    `before` is `state_of` the row ahead of the change; `note` adds what the row doesn't hold. What
    is personal of the row is kept apart; a purpose that is noted is the acting person's to answer
    for, and stays.
    """
    after = state_of(row) | dict(note or {})
    write(
        session,
        by,
        name,
        (type(row).__name__, row.id),
        acting=acting,
        before=_changed(before, after) if before is not None else None,
        after=_changed(after, before) if before is not None else after,
        kept=row.personal,
        whose=row.owner,
    )


def write(
    session: AsyncSession,
    by: Actor,
    name: str,
    object_: tuple[str, UUID],
    *,
    acting: Held | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    kept: frozenset[str] = frozenset(),
    whose: UUID | None = None,
) -> None:
    """Write an event; the values named by `kept` are `whose`, and stand apart.

    Where the caller sent it from (`session.info`) is the acting person's own.
    """
    sides = {"before": before, "after": after}
    apart = [
        _Apart(f"{side}.{key}", values[key], whose)
        for side, values in sides.items()
        for key in sorted(kept & set(values or ()))
        if values is not None and values[key] is not None
    ]
    if (origin := session.info.get(ORIGIN)) is not None:
        apart.append(_Apart(ORIGIN, origin, by.person_id))
    event_id = uuid7()
    put(
        session, Event, tenant_id=by.tenant_id, id=event_id, name=name, object=object_[0],
        object_id=object_[1], person_id=by.person_id,
        appointment_id=acting.appointment_id if acting else None, client_id=by.client_id,
        command_key=session.info.get("command_key"),
        apart={one.path: commitment(one.salt, one.value) for one in apart} or None,
        **{side: _without(values, kept) for side, values in sides.items()},
    )  # fmt: skip
    for one in apart:
        put(
            session, EventValue, tenant_id=by.tenant_id, event_id=event_id, path=one.path,
            value=one.value, person_id=one.whose, salt=one.salt,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Apart:
    """A value that stands apart from its event, and the salt of its hash there."""

    path: str
    value: Any
    whose: UUID | None
    salt: bytes = field(default_factory=partial(os.urandom, SALT))


def _without(values: Mapping[str, Any] | None, kept: frozenset[str]) -> dict[str, Any] | None:
    return None if values is None else {key: v for key, v in values.items() if key not in kept}


async def erase_values(session: AsyncSession, by: Actor, person: UUID) -> None:
    """Let go of every value that stands apart from the county's events and is this person's."""
    await session.flush()
    theirs = delete(EventValue).where(
        col(EventValue.tenant_id) == by.tenant_id, col(EventValue.person_id) == person
    )
    await session.exec(theirs)


def commitment(salt: bytes, value: Any) -> str:
    """The hash by which an event holds a value that is kept apart: of the salt and the JSON."""
    return hashlib.sha256(salt + canonical(value)).hexdigest()


def canonical(value: Any) -> bytes:
    """JSON in its one form: keys in order, no white space, UTF-8."""
    return CANONICAL.encode(value).encode()


def _changed(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    there = other or {}
    return {key: value for key, value in one.items() if key not in there or there[key] != value}


def _plain(value: Any) -> Any:
    if value is None or type(value) is str:
        return value
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case bytes():
            return None
        case list():
            return [_plain(one) for one in value]
        case _:
            return value
