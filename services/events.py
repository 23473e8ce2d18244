"""Events (事件): what happened, who did it in which post, what stood before and after.

One insert is audit and outbox in one, in the transaction of the change itself. The app's role may
insert and read events and never change them.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import changes, clock
from services.prepared import put
from services.tables import Recorded, TenantRow, moment

PROVENANCE = frozenset({"tenant_id", "id", "made_at", "made_by", "made_as"})


class Event(TenantRow, table=True):
    """One thing that happened in a county; `name` is noun.verb, as `unit.founded`."""

    __tablename__ = "event"
    __table_args__: ClassVar[Any] = (
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "object_id", "at", "id"),
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


def state_of(row: Recorded) -> dict[str, Any]:
    """The row as JSON values, without its keys and without what must not be written down twice."""
    left_out = PROVENANCE | row.unrecorded | row.unspoken
    return {name: _plain(value) for name, value in row.model_dump(exclude=set(left_out)).items()}


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

    `before` is `state_of` the row ahead of the change; `note` adds what the row doesn't hold.
    """
    after = state_of(row) | dict(note or {})
    put(
        session,
        Event,
        tenant_id=by.tenant_id,
        name=name,
        object=type(row).__name__,
        object_id=row.id,
        person_id=by.person_id,
        appointment_id=acting.appointment_id if acting else None,
        client_id=by.client_id,
        command_key=session.info.get("command_key"),
        before=_changed(before, after) if before is not None else None,
        after=_changed(after, before) if before is not None else after,
    )


def _changed(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    there = other or {}
    return {key: value for key, value in one.items() if key not in there or there[key] != value}


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case bytes():
            return None
        case _:
            return value
