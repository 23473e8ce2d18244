"""Effects (影响): what a change of the pack touches in the county, and what stands in its way.

A pack is not adopted over open units that its levels have no place for, nor over seats that its
round tables no longer have.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor
from services import packs, tree
from services.calendar import CalendarRules
from services.clients import Client
from services.conflicts import AppointmentRules
from services.councils import Council, CouncilRules, CouncilSeat
from services.errors import Said, called
from services.matters.places import IS_OPEN
from services.matters.rules import MatterRules
from services.matters.tables import Matter
from services.meetings.tables import Meeting, MeetingState
from services.packs import Problem, Sections, Touch, pick, touches
from services.posts import OF_POST, Appointment, Post, is_active
from services.trusted_documents import Demand
from services.units import LABELS, Unit, UnitKind, UnitRules

MATTERS = Said("在办事项", "open matters")
MEETINGS = Said("未散会或未签署的圆桌会", "meetings under way")
OVER = (MeetingState.signed, MeetingState.published)


async def misplaced(
    session: AsyncSession, by: Actor, sections: Sections, holds: bool
) -> list[Problem]:
    """How many open units of each kind stand below a kind where the new levels have none."""
    rules = pick(sections, "units", UnitRules)
    if holds:
        # No unit is founded or moved by the old levels until the new ones hold.
        await tree.hold(session, by)
    above = aliased(Unit)
    standing = (
        select(Unit.kind, above.kind, func.count())
        .join(above, (col(above.tenant_id) == Unit.tenant_id) & (col(above.id) == Unit.parent_id))
        .where(Unit.tenant_id == by.tenant_id, col(Unit.until).is_(None))
        .group_by(col(Unit.kind), col(above.kind))
        .order_by(col(Unit.kind), col(above.kind))
    )
    return [
        Problem(f"units.levels.{kind}",
                Said(f"还有 {count} 个设在{called(LABELS, parent).zh}下面",
                     f"{count} open below {parent}"))
        for kind, parent, count in await session.exec(standing)
        if parent not in (rules.levels.get(UnitKind(kind)) or ())
    ]  # fmt: skip


async def unseated(session: AsyncSession, by: Actor, sections: Sections, _: bool) -> list[Problem]:
    """How many open seats there are of a party that is to have none."""
    rules = pick(sections, "councils", CouncilRules)
    gone = col(CouncilSeat.kind).not_in([kind.value for kind in rules.seats])
    standing = (
        select(CouncilSeat.kind, func.count())
        .join(Council, (col(Council.tenant_id) == CouncilSeat.tenant_id)
              & (col(Council.id) == CouncilSeat.council_id))
        .where(CouncilSeat.tenant_id == by.tenant_id, gone, col(CouncilSeat.until).is_(None),
               col(Council.until).is_(None))
        .group_by(col(CouncilSeat.kind))
        .order_by(col(CouncilSeat.kind))
    )  # fmt: skip
    return [
        Problem("councils.seats", Said(f"还有 {count} 个{called(rules.labels, kind).zh}席位",
                                       f"{count} seats of {kind} stand"))
        for kind, count in await session.exec(standing)
    ]  # fmt: skip


packs.CHECKS.extend((misplaced, unseated))


@touches("units")
async def of_units(
    session: AsyncSession, by: Actor, before: UnitRules, after: UnitRules
) -> list[Touch]:
    """The open units of each kind that is called, or placed, otherwise."""
    kinds = [
        kind.value
        for kind in UnitKind
        if (before.labels[kind], before.levels[kind]) != (after.labels[kind], after.levels[kind])
    ]
    standing = select(Unit.kind, func.count()).where(
        Unit.tenant_id == by.tenant_id, col(Unit.until).is_(None), col(Unit.kind).in_(kinds)
    )
    found = (await session.exec(standing.group_by(col(Unit.kind)))).all()
    return [Touch(called(after.labels, UnitKind(kind)), count) for kind, count in found]


@touches("councils")
async def of_councils(
    session: AsyncSession, by: Actor, before: CouncilRules, after: CouncilRules
) -> list[Touch]:
    """The councils that stand; the meetings under way keep their edition."""
    standing = select(func.count()).where(
        Council.tenant_id == by.tenant_id, col(Council.until).is_(None)
    )
    return [
        Touch(Said(after.name.zh, after.name.en), await _count(session, standing)),
        Touch(MEETINGS, await _count(session, _meetings(by)), keeps=True),
    ]


@touches("matters")
@touches("calendar")
async def of_matters(
    session: AsyncSession,
    by: Actor,
    before: MatterRules | CalendarRules,
    after: MatterRules | CalendarRules,
) -> list[Touch]:
    """The open matters, which keep their edition."""
    standing = select(func.count()).where(Matter.tenant_id == by.tenant_id, IS_OPEN)
    return [Touch(MATTERS, await _count(session, standing), keeps=True)]


@touches("appointments")
async def of_appointments(
    session: AsyncSession, by: Actor, before: AppointmentRules, after: AppointmentRules
) -> list[Touch]:
    """Who holds a role that is called otherwise, and who holds two that conflict only then."""
    roles = [role for role in {*before.labels, *after.labels}
             if before.labels.get(role) != after.labels.get(role)]  # fmt: skip
    named = select(func.count(func.distinct(Appointment.person_id))).join(Post, OF_POST)
    found = [
        Touch(Said("职务叫法改变的现任", "people whose post is called otherwise"),
              await _count(session, named.where(*_held(by, roles))))
    ]  # fmt: skip
    known = {frozenset(conflict.roles) for conflict in before.conflicts}
    for conflict in after.conflicts:
        if frozenset(conflict.roles) not in known:
            one, other = (
                select(Appointment.person_id).join(Post, OF_POST).where(*_held(by, [role]))
                for role in conflict.roles
            )
            both = select(func.count()).select_from(one.intersect(other).subquery())
            what = Said(f"已经身兼两职的人：{conflict.reason}", f"who hold both: {conflict.reason}")
            found.append(Touch(what, await _count(session, both)))
    return found


@touches("trusted_documents")
async def of_clients(
    session: AsyncSession, by: Actor, before: Demand, after: Demand
) -> list[Touch]:
    """The county's front ends."""
    standing = select(func.count()).where(
        Client.tenant_id == by.tenant_id, col(Client.revoked_at).is_(None)
    )
    return [Touch(Said("第三方前端", "third-party front ends"), await _count(session, standing))]


def _held(by: Actor, roles: Iterable[str]) -> tuple[Any, ...]:
    """Appointments that stand at this moment in posts of these roles."""
    return (Appointment.tenant_id == by.tenant_id, col(Post.role).in_(roles), is_active())


def _meetings(by: Actor) -> SelectOfScalar[int]:
    ended = (*OVER, MeetingState.cancelled)
    return select(func.count()).where(
        Meeting.tenant_id == by.tenant_id, col(Meeting.state).not_in(ended)
    )


async def _count(session: AsyncSession, counting: Any) -> int:
    return int((await session.exec(counting)).one())
