"""Supervision (督办): what is overdue climbs the ladder, each rung once, to the unit above.

Reminder, supervision, notice: nobody sets them off, the clock does. What fell due while nobody
looked is caught up in its order. A matter, a resolution of no matter, a council without a meeting
in a month: each has its rungs, held to once by the database.
"""

import logging
from collections.abc import Awaitable
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, clock, packs
from services.alarms import Alarm
from services.calendar import CalendarRules
from services.councils import Council, CouncilRules
from services.events import record
from services.matters import deadlines, moving
from services.matters.rules import MatterRules, Rung
from services.matters.tables import Matter
from services.meetings.tables import Meeting, Resolution, ResolutionState
from services.tables import Recorded, moment, one_of, within_tenant

log = logging.getLogger("sanfang")
# When one that couldn't be supervised is looked at again.
AGAIN = timedelta(hours=1)
# How far back a council's months are looked at, so that a long stop is caught up and no more.
MONTHS = 12
WORDS = {Rung.reminder: "提醒", Rung.supervision: "督办", Rung.notice: "通报"}


class Supervision(Recorded, table=True):
    """The unit above is told that something of a unit below is overdue.

    `stage` says of which time: the matter's stage, or the month of a council as 202611.
    """

    __tablename__ = "supervision"
    __table_args__: ClassVar[Any] = (
        within_tenant("matter_id", "matter"),
        within_tenant("resolution_id", "resolution"),
        within_tenant("council_id", "council"),
        within_tenant("holder_id", "unit"),
        within_tenant("unit_id", "unit"),
        one_of("rung", Rung),
        CheckConstraint("num_nonnulls(matter_id, resolution_id, council_id) = 1", name="of_one"),
        *(
            Index(f"uq_supervision_{of}", "tenant_id", f"{of}_id", "stage", "rung", unique=True,
                  postgresql_where=text(f"{of}_id is not null"))
            for of in ("matter", "resolution", "council")
        ),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "unit_id", "at", "id"),
        Index(None, "tenant_id", "holder_id", "at", "id"),
    )  # fmt: skip

    matter_id: UUID | None = None
    resolution_id: UUID | None = None
    council_id: UUID | None = None
    stage: int
    rung: str
    holder_id: UUID
    unit_id: UUID
    due_at: datetime = moment()
    at: datetime = moment(default_factory=clock.now)


async def look_at_matters(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Climb a rung with each overdue matter, the one due longest first."""
    due = (
        select(Matter)
        .where(Matter.tenant_id == by.tenant_id, col(Matter.alarm_at) <= at)
        .order_by(col(Matter.alarm_at), col(Matter.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = [(row.id, row) for row in (await session.exec(due)).all()]
    for id_, row in found:
        if not await _tried(session, "matter", id_, _supervise(session, by, row, at)):
            # The others aren't kept waiting by it.
            later = update(Matter).where(
                col(Matter.tenant_id) == by.tenant_id, col(Matter.id) == id_
            )
            await session.exec(later.values(alarm_at=at + AGAIN))
    return len(found)


async def _supervise(session: AsyncSession, by: Actor, row: Matter, at: datetime) -> bool:
    ranks = await moving.ranks_of(session, by, row.place_id)
    case = await moving.case_of(session, by, row, ranks, None)
    step = deadlines.next_step(case.rules, row)
    assert step is not None  # noqa: S101 - it had an alarm
    assert row.due_at is not None  # noqa: S101
    row.rung = step.rung
    told = Supervision(
        tenant_id=by.tenant_id, matter_id=row.id, stage=row.stage, rung=step.rung,
        holder_id=row.holder_id, unit_id=case.above(row.holder_id), due_at=row.due_at, at=at,
    )  # fmt: skip
    session.add(told)
    record(session, by, f"supervision.{step.rung}", told, acting=None)
    await moving.go(session, by, "supervise", case, said=WORDS[step.rung], due_at=row.due_at)
    return True


async def _tried(session: AsyncSession, what: str, id_: UUID, doing: Awaitable[bool]) -> bool:
    """Whether one of several climbed; one whose own rows are wrong is undone, logged, and not.

    Where the database itself refuses, all of it is tried again.
    """
    try:
        async with session.begin_nested():
            return await doing
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("a %s can't be supervised: %s", what, id_)
        return False


async def look_at_resolutions(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Climb a rung with each overdue resolution that came of no matter."""
    open_ = (ResolutionState.assigned, ResolutionState.executing)
    today = at.astimezone(clock.CHINA).date()
    climbed = (
        select(func.count())
        .where(Supervision.tenant_id == by.tenant_id, Supervision.resolution_id == Resolution.id)
        .correlate(Resolution)
        .scalar_subquery()
    )
    due = (
        select(Resolution, climbed)
        .where(
            Resolution.tenant_id == by.tenant_id, col(Resolution.matter_id).is_(None),
            col(Resolution.state).in_(open_), Resolution.due_on < today, climbed < len(Rung),
        )
        .order_by(col(Resolution.due_on), col(Resolution.id))
        .with_for_update(of=Resolution, skip_locked=True)
    )  # fmt: skip
    done = 0
    found = [(row.id, row, rungs) for row, rungs in (await session.exec(due)).all()]
    for id_, row, rungs in found:
        if done >= most:
            break
        done += await _tried(session, "resolution", id_, _climb(session, by, row, rungs, at))
    return done


async def look_at_councils(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Tell the unit above of each council that didn't meet in a month (每月一会)."""
    rules = await packs.read(session, by, "councils", CouncilRules)
    today = at.astimezone(clock.CHINA).date()
    months = [month for month in _months_before(today) if _is_over(month, rules, today)]
    done = 0
    for month in months:
        if done < most:
            done += await _tell_of_month(session, by, month, rules, at, most - done)
    return done


async def _climb(
    session: AsyncSession, by: Actor, row: Resolution, rungs: int, at: datetime
) -> bool:
    meeting = (await session.exec(select(Meeting).where(
        Meeting.tenant_id == by.tenant_id, Meeting.id == row.meeting_id))).one()  # fmt: skip
    rules = await packs.read_edition(session, by, meeting.pack_id, "matters", MatterRules)
    calendar = await packs.read_edition(session, by, meeting.pack_id, "calendar", CalendarRules)
    due = datetime.combine(row.due_on + timedelta(days=1), time(), clock.CHINA)
    if rungs >= len(rules.ladder):
        return False
    step = rules.ladder[rungs]
    if deadlines.rung_at(calendar, due, step) > at:
        return False
    council = (await session.exec(select(Council).where(
        Council.tenant_id == by.tenant_id, Council.id == row.council_id))).one()  # fmt: skip
    told = Supervision(
        tenant_id=by.tenant_id, resolution_id=row.id, stage=1, rung=step.rung,
        holder_id=row.owner_id, unit_id=await _above(session, by, council.grid_id), due_at=due,
        at=at,
    )  # fmt: skip
    session.add(told)
    record(session, by, f"supervision.{step.rung}", told, acting=None)
    await session.flush()
    return True


async def _tell_of_month(
    session: AsyncSession, by: Actor, month: date, rules: CouncilRules, at: datetime, most: int
) -> int:
    begun, ended = _span(month)
    met = select(Meeting.id).where(
        Meeting.tenant_id == by.tenant_id, Meeting.council_id == Council.id,
        col(Meeting.opened_at) >= begun, col(Meeting.opened_at) < ended,
    )  # fmt: skip
    stage = month.year * 100 + month.month
    told = select(Supervision.id).where(
        Supervision.tenant_id == by.tenant_id, Supervision.council_id == Council.id,
        Supervision.stage == stage,
    )  # fmt: skip
    silent = (
        select(Council)
        .where(
            Council.tenant_id == by.tenant_id, Council.since <= month,
            col(Council.until).is_(None), ~met.exists(), ~told.exists(),
        )
        .order_by(col(Council.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    found = (await session.exec(silent)).all()
    for council in found:
        row = Supervision(
            tenant_id=by.tenant_id, council_id=council.id, stage=stage, rung=Rung.reminder,
            holder_id=council.grid_id, unit_id=await _above(session, by, council.grid_id),
            due_at=_alarmed_at(month, rules), at=at,
        )  # fmt: skip
        session.add(row)
        record(session, by, "supervision.reminder", row, acting=None)
    await session.flush()
    return len(found)


async def _above(session: AsyncSession, by: Actor, grid: UUID) -> UUID:
    """The unit right above a grid."""
    ranks = await moving.ranks_of(session, by, grid)
    return ranks[1][0]


def _months_before(today: date) -> list[date]:
    """The first days of the last months, this one the last."""
    month, found = today.replace(day=1), []
    for _ in range(MONTHS):
        found.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return found[::-1]


def _is_over(month: date, rules: CouncilRules, today: date) -> bool:
    """From the first day after the county's date on, a month without a meeting is alarmed."""
    return today > month.replace(day=rules.meet_by)


def _alarmed_at(month: date, rules: CouncilRules) -> datetime:
    day = month.replace(day=rules.meet_by) + timedelta(days=1)
    return datetime.combine(day, time(), clock.CHINA)


def _span(month: date) -> tuple[datetime, datetime]:
    following = (month + timedelta(days=31)).replace(day=1)
    return (
        datetime.combine(month, time(), clock.CHINA),
        datetime.combine(following, time(), clock.CHINA),
    )


alarms.ALARMS["matters"] = Alarm(look_at_matters)
alarms.ALARMS["resolutions"] = Alarm(look_at_resolutions)
alarms.ALARMS["councils"] = Alarm(look_at_councils)
