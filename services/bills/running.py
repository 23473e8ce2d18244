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
from services import rows
from services.bills.tables import BillingRun, RunState
from services.events import record, state_of
from services.prepared import DRIVER
from services.units import Unit

# So many units are billed in a turn, which ends well within the longest statement.
UNITS = 2_000
LIMITATION_YEARS = 3
# What is left over of payments goes to new bills: filled in by `payments`.
CREDITING: list[Callable[[AsyncSession, Actor, Sequence[UUID]], Awaitable[None]]] = []
BILL = f"""
with chunk as materialized (
  select u.id, u.use, (u.area * 100)::bigint as hundredths, u.since, u.until
  from property_unit u
  where u.tenant_id = $1 and u.estate_id = $2 and ($8::uuid is null or u.id > $8)
  order by u.id limit $9
), month as (
  select m::date as first, (m + interval '1 month' - interval '1 day')::date as last
  from generate_series($4::date::timestamp, $5::date::timestamp, interval '1 month') m
), part as (
  select c.id as unit_id, c.until, m.first, m.last, s.id as standard_id, s.item, s.label, s.since,
    s.due_days, s.discount, s.price, s.basis,
    case s.basis when 'area' then c.hundredths else 100 end as quantity,
    least(m.last + 1, c.until, s.until) - greatest(m.first, c.since, s.since) as days
  from chunk c
  join fee_standard s on s.tenant_id = $1 and s.estate_id = $2 and s.firm_id = $3 and s.use = c.use
  cross join month m
), summed as (
  select unit_id, item, label, first, last, least(last, until - 1) as owned_on,
    10000 * extract(day from last)::bigint as whole,
    sum(price * 10000 * quantity * days) as reckoned,
    (array_agg(standard_id order by since desc))[1] as standard_id,
    (array_agg(due_days order by since desc))[1] as due_days,
    (array_agg(discount order by since desc))[1] as discount,
    string_agg(price || ' × ' || case basis when 'area' then (quantity / 100.0)::numeric(9, 2)
      || ' m²' else '1' end || ' × ' || days || '/' || extract(day from last), ' + ' order by since)
      as working
  from part where days > 0
  group by unit_id, item, label, first, last, until
), owned as (
  select unit_id, first, owned_on, coalesce(md5(string_agg(distinct holder, ',' order by holder)),
    '') as key
  from (
    select w.unit_id, w.first, w.owned_on,
      coalesce(o.person_id, o.organisation_id)::text as holder
    from (select distinct unit_id, first, owned_on from summed) w
    left join ownership o on o.tenant_id = $1 and o.property_unit_id = w.unit_id
      and o.state = 'verified' and o.since <= w.owned_on
      and (o.until is null or o.until > w.owned_on)
  ) held
  group by unit_id, first, owned_on
), wanted as materialized (
  select s.*, o.key, gen_random_uuid() as bill_id,
    div(2 * s.reckoned + s.whole, 2 * s.whole)::bigint as amount
  from summed s join owned o using (unit_id, first)
  where not exists (
    select from bill b where b.tenant_id = $1 and b.property_unit_id = s.unit_id
      and b.item = s.item and b.label = s.label and b.month = s.first and b.firm_id = $3)
), fresh as (
  insert into fee_account (tenant_id, id, version, made_at, property_unit_id, estate_id, firm_id,
    holders_key)
  select $1, gen_random_uuid(), 1, $7, unit_id, $2, $3, key
  from (select distinct unit_id, key from wanted where amount > 0) w
  on conflict do nothing
  returning id, property_unit_id as unit_id, holders_key as key
), account as (
  select id, unit_id, key from fresh
  union all
  select a.id, w.unit_id, w.key
  from (select distinct unit_id, key from wanted) w
  join fee_account a on a.tenant_id = $1 and a.property_unit_id = w.unit_id and a.firm_id = $3
    and a.holders_key = w.key
), holding as (
  insert into fee_holder (tenant_id, id, account_id, person_id, organisation_id, made_at)
  select $1, gen_random_uuid(), f.id, o.person_id, o.organisation_id, $7
  from fresh f
  join (select unit_id, key, min(owned_on) as day from owned group by unit_id, key) d
    using (unit_id, key)
  join ownership o on o.tenant_id = $1 and o.property_unit_id = f.unit_id and o.state = 'verified'
    and o.since <= d.day and (o.until is null or o.until > d.day)
  group by f.id, o.person_id, o.organisation_id
), made as (
  insert into bill (tenant_id, id, version, made_at, account_id, estate_id, firm_id,
    property_unit_id, run_id, standard_id, item, label, month, working, due_on, limitation_on,
    is_unclaimed)
  select $1, w.bill_id, 1, $7, a.id, $2, $3, w.unit_id, $6, w.standard_id, w.item, w.label,
    w.first, left(w.working, 500), w.last + w.due_days,
    (w.last + w.due_days + interval '{LIMITATION_YEARS} years')::date, w.key = ''
  from wanted w join account a using (unit_id, key)
  where w.amount > 0
  returning id, account_id
), charge as (
  insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id, bill_id, kind, part,
    amount, day, at)
  select $1, gen_random_uuid(), m.account_id, $2, $3, m.id, e.kind, 'principal', e.amount, w.last,
    $7
  from made m join wanted w on w.bill_id = m.id
  cross join lateral (values ('charge', w.amount),
    ('discount', -div(2 * w.amount * w.discount + 10000, 20000)::bigint)) e (kind, amount)
  where e.amount <> 0
  returning kind, amount
)
select (select count(*) from chunk) as units, (select max(id::text)::uuid from chunk) as last_id,
  (select count(*) from made) as bills, (select count(*) from wanted where amount > 0 and key = '')
  as unclaimed, (select coalesce(sum(amount), 0) from charge)::bigint as charged,
  (select array_agg(distinct account_id) from made) as accounts"""  # noqa: S608 - a number of ours


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """One turn of the run that is next; nought where none waits."""
    row = await _waiting(session, by)
    if row is None:
        return 0
    # No standard is changed meanwhile, and no other run makes the same bills.
    await rows.find(session, Unit, by, row.estate_id, for_update=True)
    await session.flush()
    found = await session.info[DRIVER].fetchrow(
        BILL, by.tenant_id, row.estate_id, row.firm_id, row.month, row.last_month, row.id, at,
        row.last_id, UNITS,
    )  # fmt: skip
    before = state_of(row)
    row.done, row.billed = row.done + found["units"], row.billed + found["bills"]
    row.unclaimed += found["unclaimed"]
    row.last_id, row.state = found["last_id"] or row.last_id, RunState.running
    if found["units"] < UNITS:
        row.state, row.finished_at, row.total = RunState.done, at, row.done
    row.version += 1
    note = {"charged": found["charged"]}
    record(session, by, "billing_run.advanced", row, acting=None, before=before, note=note)
    for apply in CREDITING:
        await apply(session, by, found["accounts"] or [])
    return 1


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
