"""Sampling (抽查): events drawn at random by a seed that is put down: anybody draws the same.

An auditor who chose by hand could be told what to choose. Here the order is that of the SHA-256 of
the seed, a colon and the event's id; the first so many of it are the sample.
"""

import secrets
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Column, ColumnElement, Index, Uuid, func
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock
from services.arguments import Length
from services.errors import BadInput, Said
from services.events import Event, record
from services.rows import made
from services.tables import Recorded, moment

MOST = 100
SEED_BYTES = 16


class AuditSample(Recorded, table=True):
    """A sample: of which events, how many there were, by which seed, and those that were drawn."""

    __tablename__ = "audit_sample"
    __table_args__: ClassVar[Any] = (
        CheckConstraint("ends_at > begins_at", name="ends_after_it_begins"),
        Index(None, "tenant_id", "made_at", "id"),
    )

    seed: str = Field(max_length=80)
    begins_at: datetime | None = moment(default=None)
    ends_at: datetime | None = moment(default=None)
    event_name: str | None = Field(default=None, max_length=80)
    population: int
    event_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))


async def sample(
    session: AsyncSession,
    by: Actor,
    *,
    size: Annotated[int, f"抽多少条，最多 {MOST}。 How many; {MOST} at most."],
    seed: Annotated[
        str | None, Length(8, 80), "种子，默认由系统随机给出。 The seed; one at random if left out."
    ] = None,
    begins_at: Annotated[datetime | None, "从何时起的事件。 Of events from this moment on."] = None,
    ends_at: Annotated[datetime | None, "到何时为止，不含。 Until this moment."] = None,
    name: Annotated[str | None, Length(3, 80), "只要这种事件。 Of this name alone."] = None,
) -> AuditSample:
    """Draw events at random; the seed and what was drawn are put down before anybody looks."""
    acting = authorize(by, "sample", "audits")
    if not 1 <= size <= MOST:
        raise BadInput(argument="size", reason=Said(f"应在 1 到 {MOST} 之间", f"1 to {MOST}"))
    if begins_at is not None and ends_at is not None and ends_at <= begins_at:
        reason = Said("早于 beginsAt", "before `beginsAt`")
        raise BadInput(argument="endsAt", reason=reason)
    # What is yet to come, this command's own event too, is in no sample.
    until = min(ends_at or clock.now(), clock.now())
    among: list[ColumnElement[bool]] = [
        col(Event.tenant_id) == by.tenant_id, col(Event.at) < until,
    ]  # fmt: skip
    among += [col(Event.at) >= begins_at] if begins_at is not None else []
    among += [col(Event.name) == name] if name is not None else []
    drawn_by = seed or secrets.token_hex(SEED_BYTES)
    text = func.concat(drawn_by, ":", col(Event.id))
    order = func.sha256(func.convert_to(text, "UTF8"))
    found = (await session.exec(select(Event.id).where(*among).order_by(order).limit(size))).all()
    counted = select(func.count()).select_from(Event).where(*among)
    row = AuditSample(
        **made(by, acting), seed=drawn_by, begins_at=begins_at, ends_at=until, event_name=name,
        population=(await session.exec(counted)).one(), event_ids=list(found),
    )  # fmt: skip
    session.add(row)
    record(session, by, "audit.sampled", row, acting=acting)
    return row
