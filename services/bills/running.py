"""Billing by the clock (出账): so many units in each turn, in one statement.

An amount is reckoned in whole numbers and rounded once: of the prices (in hundredths of a fen),
quantities (in hundredths) and days of the month's standards, half a fen upwards.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock
from services.bills.tables import BillingRun, RunState
from services.events import record, state_of
from services.prepared import DRIVER

# Plans that a connection has kept, those of its keys and triggers too, were made for the tables as
# they were then: perhaps empty. Thousands of rows at once are planned for as they are now.
ANEW = "discard plans"
# So many bills are made in a turn, which ends well within the longest statement.
BILLS = 2_000
LIMITATION_YEARS = 3
# What is left over of payments goes to new bills: filled in by `payments`.
CREDITING: list[Callable[[AsyncSession, Actor, Sequence[UUID]], Awaitable[None]]] = []
# Row by row and by indexes, whatever is known of the tables: nothing here is joined with another
# list, and a unit's ownerships are found before their days are looked at. An account's id is made
# of what makes it that account, so that none has to be looked up. A bill that the firm took back is
# made anew, due from then on; one that was taken back in a dispute isn't.
BILL = f"""
with chunk as materialized (
  select u.id, u.use, (u.area * 100)::bigint as hundredths, u.since, u.until
  from property_unit u
  where u.tenant_id = $1 and u.estate_id = $2 and ($8::uuid is null or u.id > $8)
  order by u.id limit $9
), wanted as materialized (
  select c.id as unit_id, m.*, b.*, o.key, gen_random_uuid() as bill_id, before.edition,
    case when before.edition > 1 then greatest(m.last, $10::date)
      else m.last end + b.due_days as due_on,
    md5($1::text || c.id || $3::text || o.key)::uuid as account_id,
    div(2 * b.reckoned + m.whole, 2 * m.whole)::bigint as amount
  from chunk c
  cross join lateral (
    select first, last, least(last, c.until - 1) as owned_on,
      10000 * extract(day from last)::bigint as whole
    from (
      select g::date as first, (g + interval '1 month' - interval '1 day')::date as last
      from generate_series($4::date::timestamp, $5::date::timestamp, interval '1 month') g
    ) g
  ) m
  cross join lateral (
    select item, label, sum(price * 10000 * quantity * days) as reckoned,
      (array_agg(id order by since desc))[1] as standard_id,
      (array_agg(due_days order by since desc))[1] as due_days,
      (array_agg(discount order by since desc))[1] as discount,
      string_agg(price || ' × ' || case basis when 'area' then (quantity / 100.0)::numeric(9, 2)
        || ' m²' else '1' end || ' × ' || days || '/' || m.whole / 10000, ' + ' order by since)
        as working
    from (
      select s.*, case s.basis when 'area' then c.hundredths else 100 end as quantity,
        least(m.last + 1, c.until, s.until) - greatest(m.first, c.since, s.since) as days
      from fee_standard s
      where s.tenant_id = $1 and s.estate_id = $2 and s.firm_id = $3 and s.use = c.use
    ) s where days > 0
    group by item, label
  ) b
  cross join lateral (
    select coalesce(md5(string_agg(distinct h.holder, ',' order by h.holder)), '') as key
    from (
      select coalesce(o.person_id, o.organisation_id)::text as holder
      from (
        select * from ownership o where o.tenant_id = $1 and o.property_unit_id = c.id offset 0
      ) o
      where o.state = 'verified' and o.since <= m.owned_on
        and (o.until is null or o.until > m.owned_on)
    ) h
  ) o
  cross join lateral (
    select count(*)::int + 1 as edition, count(*) filter (where is_good) as good
    from (
      select (
        select true from ledger_entry e
        where e.tenant_id = $1 and e.bill_id = same.id and e.kind = 'reversal'
          and e.reverses_id is not null
      ) is null or (
        select true from fee_dispute d
        where d.tenant_id = $1 and d.bill_id = same.id and d.state = 'upheld'
          and d.lowered_by is null
      ) as is_good
      from (
        select x.id from bill x
        where x.tenant_id = $1 and x.property_unit_id = c.id and x.item = b.item
          and x.label = b.label and x.month = m.first and x.firm_id = $3 offset 0
      ) same
    ) earlier
  ) before
  where before.good = 0
), billed as materialized (
  select * from wanted where amount > 0
), account as (
  insert into fee_account (tenant_id, id, version, made_at, property_unit_id, estate_id, firm_id,
    holders_key)
  select distinct $1::uuid, account_id, 1, $7::timestamptz, unit_id, $2::uuid, $3::uuid, key
  from billed
  on conflict do nothing
), holder as (
  insert into fee_holder (tenant_id, id, account_id, person_id, organisation_id, made_at)
  select distinct on (a.account_id, o.person_id, o.organisation_id) $1, gen_random_uuid(),
    a.account_id, o.person_id, o.organisation_id, $7
  from (select account_id, unit_id, min(owned_on) as day from billed group by 1, 2) a
  cross join lateral (
    select * from ownership o where o.tenant_id = $1 and o.property_unit_id = a.unit_id offset 0
  ) o
  where o.state = 'verified' and o.since <= a.day and (o.until is null or o.until > a.day)
  on conflict do nothing
), made as (
  insert into bill (tenant_id, id, version, made_at, account_id, estate_id, firm_id,
    property_unit_id, run_id, standard_id, item, label, month, edition, working, due_on,
    limitation_on, is_unclaimed)
  select $1, bill_id, 1, $7, account_id, $2, $3, unit_id, $6, standard_id, item, label, first,
    edition, left(working, 500), due_on, (due_on + interval '{LIMITATION_YEARS} years')::date,
    key = ''
  from billed
), charge as (
  insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id, bill_id, kind, part,
    amount, day, at)
  select $1, gen_random_uuid(), account_id, $2, $3, bill_id, e.kind, 'principal', e.amount, last, $7
  from billed
  cross join lateral (values ('charge', amount),
    ('discount', -div(2 * amount * discount + 10000, 20000)::bigint)) e (kind, amount)
  where e.amount <> 0
  returning amount
)
select (select count(*) from chunk) as units, (select max(id::text)::uuid from chunk) as last_id,
  (select count(*) from billed) as bills, (select count(*) from billed where key = '') as unclaimed,
  (select coalesce(sum(amount), 0) from charge)::bigint as charged,
  (select array_agg(distinct account_id) from billed) as accounts"""  # noqa: S608 - a number of ours


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """One turn of the run that is next; nought where none waits."""
    row = await _waiting(session, by)
    if row is None:
        return 0
    # While a run waits no standard of its months changes, and no other run of them is asked for.
    await session.info[DRIVER].execute(ANEW)
    units = _units(row)
    found = await session.info[DRIVER].fetchrow(
        BILL, by.tenant_id, row.estate_id, row.firm_id, row.month, row.last_month, row.id, at,
        row.last_id, units, at.astimezone(clock.CHINA).date(),
    )  # fmt: skip
    before = state_of(row)
    row.done, row.billed = row.done + found["units"], row.billed + found["bills"]
    row.unclaimed += found["unclaimed"]
    row.last_id, row.state = found["last_id"] or row.last_id, RunState.running
    if found["units"] < units:
        row.state, row.finished_at, row.total = RunState.done, at, row.done
    row.version += 1
    note = {"charged": found["charged"]}
    record(session, by, "billing_run.advanced", row, acting=None, before=before, note=note)
    for apply in CREDITING:
        await apply(session, by, found["accounts"] or [])
    return 1


def _units(row: BillingRun) -> int:
    """How many units are billed in a turn, of each of which one item makes so many bills."""
    months = (row.last_month.year - row.month.year) * 12 + row.last_month.month - row.month.month
    return max(1, BILLS // (months + 1))


async def _waiting(session: AsyncSession, by: Actor) -> BillingRun | None:
    """The run that was asked for first, held; none that somebody else is at."""
    mine = (
        select(BillingRun)
        .where(BillingRun.tenant_id == by.tenant_id, BillingRun.state != RunState.done)
        .order_by(col(BillingRun.made_at), col(BillingRun.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(mine)).first()
