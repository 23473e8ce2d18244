"""Duties (职责清单): what each member unit of the property industry committee answers for.

A duty is a sentence with a first and a last day. It is withdrawn with a reason, never rewritten:
what a member answered for on any past day stays readable.
"""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, or_
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, authorize
from services import clock, rows, units
from services.arguments import Length, Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Refused
from services.events import record, state_of
from services.rows import made
from services.tables import Recorded, within_tenant
from services.units import UnitKind


class Duty(Recorded, table=True):
    """One duty of a member unit of an industry committee, until it is withdrawn."""

    __tablename__ = "duty"
    __table_args__: ClassVar[Any] = (
        within_tenant("committee_id", "unit"),
        within_tenant("member_id", "unit"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "committee_id", "since", "id"),
        Index(None, "tenant_id", "member_id", "since", "id"),
    )

    committee_id: UUID
    member_id: UUID
    text: str = Field(max_length=2000)
    since: date
    until: date | None = None


class DutyWithdrawn(Refused):
    """这项职责已经撤回：{id}。
    This duty was withdrawn already: {id}.
    """


DutyId = Annotated[UUID, Of("Duty")]


async def assign(
    session: AsyncSession,
    by: Actor,
    *,
    committee: UnitId,
    member: Annotated[UUID, Of("Unit"), "成员单位。 The member unit."],
    text: Annotated[str, Length(1, 2000), "职责内容。 What it answers for."],
    since: Since = None,
) -> Duty:
    """Assign a duty to a member unit of the industry committee."""
    body = await units.find_fit(session, by, committee, kind=UnitKind.industry_committee)
    unit = await units.find_open(session, by, member)
    acting = authorize(by, "assign", "duties", within=await units.path_of(session, by, body.id))
    duty = Duty(
        **made(by, acting), committee_id=body.id, member_id=unit.id, text=text,
        since=since or clock.today(),
    )  # fmt: skip
    session.add(duty)
    record(session, by, "duty.assigned", duty, acting=acting)
    return duty


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    duty: DutyId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Duty:
    """Withdraw a duty from a day on."""
    row = await find(session, by, duty, for_update=True)
    path = await units.path_of(session, by, row.committee_id)
    acting = authorize(by, "withdraw", "duties", within=path)
    row.check_version(expected_version)
    if row.until is not None:
        raise DutyWithdrawn(id=f"Duty:{duty}")
    before, end = state_of(row), clock.by_today(until)
    if end <= row.since:
        raise EndsBeforeItBegins()
    row.until, row.version = end, row.version + 1
    record(
        session, by, "duty.withdrawn", row, acting=acting, before=before, note={"reason": reason}
    )
    return row


async def find(session: AsyncSession, by: Actor, duty: UUID, *, for_update: bool = False) -> Duty:
    """A duty of the actor's county."""
    return await rows.find(session, Duty, by, duty, for_update=for_update)


def _answering(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    return select(func.count()).where(
        Duty.tenant_id == tenant_id,
        col(Duty.until).is_(None),
        or_(col(Duty.committee_id) == unit_id, col(Duty.member_id) == unit_id),
    )


units.OCCUPANTS["duty"] = _answering
