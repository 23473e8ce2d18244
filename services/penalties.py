"""Penalties (违约金): run by the clock, a day once, on what is overdue where the standard says so.

On each day so many ten-thousandths of the principal that is unpaid at its end; added up exactly and
written in whole fen, nothing upwards. Never more than the principal, and not for days on which the
bill was disputed or in an instalment plan.
"""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, clock
from services.alarms import Alarm
from services.bills.running import ANEW
from services.events import write
from services.prepared import DRIVER
from services.tables import TenantRow, moment

# So many bills are looked at in a turn.
BILLS = 2_000
DUE = """
select b.id, b.account_id
from fee_standard s
join bill b on b.tenant_id = s.tenant_id and b.standard_id = s.id
where s.tenant_id = $1 and s.penalty_rate is not null and b.due_on + s.penalty_after < $2
  and ($3::uuid is null or b.id > $3)
order by b.id limit $4"""
LOCK = """
select id from fee_account where tenant_id = $1 and id = any($2) order by id for update"""
RUN = """
insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id, bill_id, kind, part,
  amount, day, at)
select $1, gen_random_uuid(), b.account_id, b.estate_id, b.firm_id, b.id, 'penalty', 'penalty',
  least(div(s.penalty_rate * r.fen_days, 10000), r.charged)::bigint - r.written, $2::date, $4
from unnest($3::uuid[]) due (id)
cross join lateral (select * from bill b where b.tenant_id = $1 and b.id = due.id offset 0) b
cross join lateral (
  select * from fee_standard s where s.tenant_id = $1 and s.id = b.standard_id offset 0
) s
cross join lateral (
  select
    coalesce(sum(e.amount * greatest(0, $2::date - d.first + 1 - aside.days))
      filter (where e.part = 'principal'), 0) as fen_days,
    coalesce(sum(e.amount) filter (where e.part = 'principal'
      and e.kind in ('charge', 'discount', 'reversal')), 0) as charged,
    coalesce(sum(e.amount) filter (where e.part = 'penalty'
      and e.kind in ('penalty', 'reversal')), 0) as written,
    sum(e.amount) filter (where e.part = 'principal') as unpaid
  from ledger_entry e
  cross join lateral (select greatest(e.day, b.due_on + s.penalty_after + 1) as first) d
  cross join lateral (
    select coalesce(sum(greatest(0, least($2::date + 1, a.until) - greatest(d.first, a.since))), 0)
      as days
    from (
      select f.since, f.until from fee_dispute f where f.tenant_id = $1 and f.bill_id = b.id
      union all
      select p.agreed_on, p.ended_on from planned_bill l
      join instalment_plan p on p.tenant_id = $1 and p.id = l.plan_id
      where l.tenant_id = $1 and l.bill_id = b.id and p.agreed_on is not null
    ) a
  ) aside
  where e.tenant_id = $1 and e.bill_id = b.id
) r
where r.unpaid > 0
  and least(div(s.penalty_rate * r.fen_days, 10000), r.charged) > r.written
on conflict do nothing
returning amount"""


class PenaltyDay(TenantRow, table=True):
    """A day up to whose end penalties were reckoned, and how far that is."""

    __tablename__ = "penalty_day"
    __table_args__: ClassVar[Any] = (UniqueConstraint("tenant_id", "through"),)

    through: date
    last_id: UUID | None = None
    finished_at: datetime | None = moment(default=None)


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Write the penalties up to yesterday of the next bills; nought once all are done."""
    through = at.astimezone(clock.CHINA).date() - timedelta(days=1)
    day = await _day(session, by, through)
    if day is None or day.finished_at is not None:
        return 0
    driver = session.info[DRIVER]
    await driver.execute(ANEW)
    due = await driver.fetch(DUE, by.tenant_id, through, day.last_id, BILLS)
    await driver.fetch(LOCK, by.tenant_id, [one["account_id"] for one in due])
    written = await driver.fetch(RUN, by.tenant_id, through, [one["id"] for one in due], at)
    if written:
        note = {"day": str(through), "entries": len(written)}
        note["amount"] = str(sum(one["amount"] for one in written))
        write(session, by, "penalties.written", ("PenaltyDay", day.id), after=note)
    if due:
        day.last_id = due[-1]["id"]
    if len(due) < BILLS:
        day.finished_at = at
    return 1


async def _day(session: AsyncSession, by: Actor, through: date) -> PenaltyDay | None:
    """The day's row, held; None where somebody else is at it."""
    mine = select(PenaltyDay).where(
        PenaltyDay.tenant_id == by.tenant_id, PenaltyDay.through == through
    )
    if (await session.exec(mine)).first() is None:
        first = PenaltyDay(tenant_id=by.tenant_id, through=through)
        await session.exec(insert(PenaltyDay).values(first.model_dump()).on_conflict_do_nothing())
    return (await session.exec(mine.with_for_update(skip_locked=True))).first()


alarms.ALARMS["penalties"] = Alarm(look)
