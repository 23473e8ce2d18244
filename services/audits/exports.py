"""Exports (导出): events written out for an auditor by the clock, part by part, with their hashes.

What is exported is put down when it is asked for, also for what purpose personal values are in it.
The parts are kept with the county's files; the last is a manifest of all the others.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, delete, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, people, rows
from services.arguments import Length
from services.audits.heads import COLUMNS
from services.errors import BadInput, Refused, Said
from services.events import Event, record
from services.people import Person
from services.prepared import DRIVER
from services.rows import made
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant

MOST_WAITING = 5


class ExportFormat(StrEnum):
    """How the lines of an export are written: JSON, one a line, or CSV."""

    jsonl = "jsonl"
    csv = "csv"


class ExportState(StrEnum):
    """Where an export stands."""

    queued = "queued"
    running = "running"
    done = "done"


STATES: dict[str, Said] = {
    ExportState.queued: Said("等待", "queued"),
    ExportState.running: Said("正在导出", "running"),
    ExportState.done: Said("已完成", "done"),
}


class AuditExport(Recorded, table=True):
    """An export that was asked for, and how far it is: `done` of `total` events."""

    __tablename__ = "audit_export"
    __table_args__: ClassVar[Any] = (
        one_of("format", ExportFormat),
        one_of("state", ExportState),
        CheckConstraint("ends_at > begins_at", name="ends_after_it_begins"),
        Index(None, "tenant_id", "made_at", "id"),
        Index("ix_audit_export_waiting", "tenant_id", "made_at", "id",
              postgresql_where=text("state <> 'done'")),
    )  # fmt: skip

    format: str
    begins_at: datetime | None = moment(default=None)
    ends_at: datetime = moment()
    event_name: str | None = Field(default=None, max_length=80)
    purpose: str | None = Field(default=None, max_length=500)
    state: str = ExportState.queued
    total: int
    done: int = 0
    last_at: datetime | None = moment(default=None)
    last_id: UUID | None = None
    finished_at: datetime | None = moment(default=None)


class AuditExportPart(TenantRow, table=True):
    """A part of an export: its name, and the hash and size of its bytes."""

    __tablename__ = "audit_export_part"
    __table_args__: ClassVar[Any] = (
        within_tenant("export_id", "audit_export"),
        UniqueConstraint("tenant_id", "export_id", "number"),
        Index(None, "tenant_id", "export_id", "number", "id"),
    )

    export_id: UUID
    number: int
    name: str = Field(max_length=80)
    sha256: str = Field(max_length=64)
    size: int
    lines: int
    made_at: datetime = moment(default_factory=clock.now)


class ExportsWaiting(Refused):
    """已有 {limit} 个导出在等待或进行，请等它们写完。
    There are {limit} exports that wait or are being written; let them end first.
    """


async def export(
    session: AsyncSession,
    by: Actor,
    *,
    format: Annotated[ExportFormat, "格式。 How its lines are written."],
    begins_at: Annotated[datetime | None, "从何时起的事件。 Of events from this moment on."] = None,
    ends_at: Annotated[datetime | None, "到何时为止，默认现在。 Until this moment; now."] = None,
    name: Annotated[str | None, Length(3, 80), "只要这种事件。 Of this name alone."] = None,
    purpose: Annotated[
        str | None,
        Length(4, 500),
        "要个人信息原值的用途。 For what personal values are needed.",
    ] = None,
) -> AuditExport:
    """Have events exported: the clock writes the parts, which are read from their addresses.

    Personal values are left out, unless a purpose is given, which is put on record.
    """
    acting = authorize(by, "export", "audits")
    # What is yet to come, this command's own event too, is in no export.
    until = min(ends_at or clock.now(), clock.now())
    if begins_at is not None and until <= begins_at:
        raise BadInput(argument="endsAt", reason=Said("早于 beginsAt", "before `beginsAt`"))
    row = AuditExport(
        **made(by, acting), format=format, begins_at=begins_at, ends_at=until, event_name=name,
        purpose=purpose, total=0,
    )  # fmt: skip
    counted = select(func.count()).select_from(Event).where(Event.tenant_id == by.tenant_id)
    counted = counted.where(col(Event.at) < until)
    counted = counted if begins_at is None else counted.where(col(Event.at) >= begins_at)
    counted = counted if name is None else counted.where(Event.name == name)
    row.total = (await session.exec(counted)).one()
    waits = select(func.count()).where(
        AuditExport.tenant_id == by.tenant_id, AuditExport.state != ExportState.done
    )
    if (await session.exec(waits)).one() >= MOST_WAITING:
        raise ExportsWaiting(limit=MOST_WAITING)
    session.add(row)
    record(session, by, "audit.exported", row, acting=acting)
    return row


async def forget_values(session: AsyncSession, by: Actor, _: Person) -> None:
    """Parts that hold personal values open no more, whosever they are: nobody searches them."""
    holding = select(AuditExport.id).where(
        AuditExport.tenant_id == by.tenant_id, col(AuditExport.purpose).is_not(None)
    )
    parts = delete(AuditExportPart).where(
        col(AuditExportPart.tenant_id) == by.tenant_id,
        col(AuditExportPart.export_id).in_(holding),
    )
    await session.exec(parts)


people.ERASING.append(forget_values)


async def waiting(session: AsyncSession, by: Actor) -> AuditExport | None:
    """The export that is next, held until the transaction ends; none that somebody else is at."""
    mine = (
        select(AuditExport)
        .where(AuditExport.tenant_id == by.tenant_id, AuditExport.state != ExportState.done)
        .order_by(col(AuditExport.made_at), col(AuditExport.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(mine)).first()


async def some(
    session: AsyncSession, by: Actor, row: AuditExport, most: int
) -> Sequence[Mapping[str, Any]]:
    """The next events of an export with their places and hashes, in the order of time."""
    found: Sequence[Mapping[str, Any]] = await session.info[DRIVER].fetch(
        f"""select l.number, l.hash, {", ".join("e." + name for name in COLUMNS)}
          from event e
          left join event_leaf l on l.tenant_id = e.tenant_id and l.id = e.id
          where e.tenant_id = $1 and e.at < $2 and ($3::timestamptz is null or e.at >= $3)
            and ($4::text is null or e.name = $4)
            and ($5::timestamptz is null or (e.at, e.id) > ($5, $6))
          order by e.at, e.id limit $7""",  # noqa: S608 - names of ours
        by.tenant_id, row.ends_at, row.begins_at, row.event_name, row.last_at, row.last_id, most,
    )  # fmt: skip
    return found


async def find_part(session: AsyncSession, by: Actor, part: UUID) -> AuditExportPart:
    """A part of an export."""
    return await rows.find(session, AuditExportPart, by, part)
