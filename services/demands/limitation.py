"""Limitation (诉讼时效): until when an action for a bill can be brought, and the clock's warning.

Three years from the day it was due (Civil Code, article 188). A delivered demand, a mediation asked
for, a case brought and its end interrupt it: from that day three years run anew (article 195), if
it wasn't over before. What the debtor alone interrupts (a part paid, a plan agreed) isn't counted:
the day that is shown is none too late. Nothing is written off when it is over.
"""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlmodel
from sqlalchemy import ColumnElement, Date, cast, func, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, clock
from services.alarms import Alarm
from services.bills import Bill
from services.bills.running import LIMITATION_YEARS
from services.demands.tables import Demand, DemandedBill, LimitationAlarm, LimitationDay, Rung
from services.events import write
from services.ledger import LedgerEntry
from services.prepared import put
from services.tables import alias

AHEAD = timedelta(days=90)
INTERRUPTING = (Rung.demand, Rung.mediation, Rung.litigation)
# So many bills are looked at in a turn.
BILLS = 1_000


def limitation(tenant: Any, bill: Any) -> ColumnElement[Any]:
    """The last day on which an action for a bill can be brought, out of what interrupted it."""
    one, demanded = alias("lim", Demand), alias("lim", DemandedBill)
    interrupting = [
        select(day.label("day"))
        .select_from(demanded.join(one, one.c.id == demanded.c.demand_id))
        .where(
            demanded.c.tenant_id == tenant, one.c.tenant_id == tenant,
            demanded.c.bill_id == bill.c.id,
            one.c.rung.in_([rung.value for rung in INTERRUPTING]), day.is_not(None),
        )
        .correlate_except(one, demanded)
        for day in (one.c.day, one.c.ended_on)
    ]  # fmt: skip
    due = select(bill.c.due_on.label("day")).correlate_except(one, demanded)
    days = union_all(due, *interrupting).subquery("lim_day")
    following = func.lead(days.c.day).over(order_by=days.c.day).label("following")
    runs = select((_years_after(days.c.day)).label("until"), following).subquery("lim_run")
    # What comes after it was over interrupts nothing: the first run that nothing cut short.
    ends = select(func.min(runs.c.until)).where(
        or_(runs.c.following.is_(None), runs.c.following > runs.c.until)
    )
    return ends.scalar_subquery()


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Say once of each date, ninety days ahead, of which unpaid bills it is; a day at a time."""
    today = at.astimezone(clock.CHINA).date()
    day = await _day(session, by, today)
    if day is None or day.finished_at is not None:
        return 0
    bill, entry = alias("lim", Bill), alias("lim", LedgerEntry)
    unpaid = (
        select(func.coalesce(func.sum(entry.c.amount), 0))
        .where(entry.c.tenant_id == by.tenant_id, entry.c.bill_id == bill.c.id)
        .correlate(bill)
        .scalar_subquery()
    )
    old = (
        select(bill.c.id, bill.c.firm_id, bill.c.due_on, unpaid.label("unpaid"))
        .where(
            bill.c.tenant_id == by.tenant_id, bill.c.limitation_on <= today + AHEAD,
            bill.c.id > (day.last_id or UUID(int=0)),
        )
        .order_by(bill.c.id)
        .limit(BILLS)
        .cte("old")
        .prefix_with("materialized", dialect="postgresql")
    )  # fmt: skip
    over = limitation(by.tenant_id, old)
    asked = select(old.c.id, old.c.firm_id, old.c.unpaid, over.label("until")).order_by(old.c.id)
    found = (await (await session.connection()).execute(asked)).all()
    known = await _known(session, by, [one.id for one in found])
    for one in found:
        is_near = one.unpaid > 0 and today <= one.until <= today + AHEAD
        if is_near and (one.id, one.until) not in known:
            _say(session, by, one, at)
    day.last_id = found[-1].id if found else day.last_id
    if len(found) < BILLS:
        day.finished_at = at
    return 1


def _say(session: AsyncSession, by: Actor, one: Any, at: datetime) -> None:
    put(session, LimitationAlarm, tenant_id=by.tenant_id, bill_id=one.id, firm_id=one.firm_id,
        limitation_on=one.until, at=at)  # fmt: skip
    note = {"limitation_on": str(one.until)}
    write(session, by, "bill.limitation_near", ("Bill", one.id), after=note)


async def _known(session: AsyncSession, by: Actor, bills: list[UUID]) -> set[Any]:
    alarm = alias("lim", LimitationAlarm)
    said = select(alarm.c.bill_id, alarm.c.limitation_on).where(
        alarm.c.tenant_id == by.tenant_id, alarm.c.bill_id.in_(bills)
    )
    return {tuple(one) for one in (await (await session.connection()).execute(said)).all()}


async def _day(session: AsyncSession, by: Actor, today: date) -> LimitationDay | None:
    """The day's row, held; None where somebody else is at it."""
    mine = sqlmodel.select(LimitationDay).where(
        LimitationDay.tenant_id == by.tenant_id, LimitationDay.day == today
    )
    if (await session.exec(mine)).first() is None:
        first = LimitationDay(tenant_id=by.tenant_id, day=today)
        once = insert(LimitationDay).values(first.model_dump()).on_conflict_do_nothing()
        await session.exec(once)
    return (await session.exec(mine.with_for_update(skip_locked=True))).first()


def _years_after(day: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(day + func.make_interval(LIMITATION_YEARS), Date)


alarms.ALARMS["limitation"] = Alarm(look)
