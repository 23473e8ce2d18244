"""The crowd's fees: each served estate's contract and standards, two months of bills of its units.

In the first county of every unit, elsewhere of one in ten. One in three has paid the first month;
a few contest it, or pay by instalments.
"""

FEES = (
    """
create temporary table served on commit drop as
select l.tenant_id, t.number, t.administrator, t.security, l.estate_id, l.firm_id,
  row_number() over (partition by l.tenant_id order by l.estate_id) as n
from linkage l join county t using (tenant_id) where l.until is null and l.firm_id is not null""",
    """
create temporary table billed on commit drop as
select v.*, p.id as property_unit_id, p.unit_id, s.id as person_id, s.n as who,
  15000 + s.n % 900 as amount, pg_temp.identity(142, v.number, s.n) as account_id
from somebody s
join property_unit p on p.tenant_id = s.tenant_id and p.id = pg_temp.identity(131, s.county, s.n)
join served v on v.tenant_id = s.tenant_id and v.estate_id = p.estate_id
where p.use = 'dwelling' and (v.number = 1 or s.n % 10 = 0)""",
    "analyze billed",
    """
insert into contract (tenant_id, id, version, made_at, made_by, estate_id, firm_id, since, until,
  fee_terms, promises, ground, by_firm, state, signed_by, signed_at, file_by)
select v.tenant_id, pg_temp.identity(140, v.number, v.n * 2 + i), 2, timestamptz '2021-01-01Z',
  v.administrator, v.estate_id, v.firm_id, date '2021-01-01' + i * 730 + (v.n % 90)::integer,
  date '2023-01-01' + i * 1461 + (v.n % 90)::integer, '按建筑面积计收', '["每日保洁"]',
  '业主大会决定', false, 'signed', v.security, timestamptz '2021-01-05Z', date '2021-02-04'
from served v cross join generate_series(0, 1) i""",
    """
insert into contract_alarm (tenant_id, id, contract_id, kind, due_on, at)
select v.tenant_id, pg_temp.identity(141, v.number, v.n * 2 + i),
  pg_temp.identity(140, v.number, v.n * 2),
  case i when 0 then 'filing_due' else 'filing_late' end,
  date '2021-02-04', timestamptz '2021-01-28Z' + i * interval '9 days'
from served v cross join generate_series(0, 1) i""",
    """
insert into fee_standard (tenant_id, id, version, made_at, made_by, estate_id, firm_id, contract_id,
  item, label, use, basis, price, due_days, discount, penalty_rate, penalty_after, since, until)
select v.tenant_id, pg_temp.identity(143, v.number, v.n * 2 + i), 1, timestamptz '2023-01-01Z',
  v.administrator, v.estate_id, v.firm_id, pg_temp.identity(140, v.number, v.n * 2 + 1), 'property',
  '', case i when 0 then 'dwelling' else 'shop' end, 'area', 1.85 + i, 30, 0, 3, 30,
  date '2023-01-01' + (v.n % 90)::integer, date '2027-01-01'
from served v cross join generate_series(0, 1) i""",
    """
insert into fee_account (tenant_id, id, version, made_at, property_unit_id, estate_id, firm_id,
  holders_key)
select tenant_id, account_id, 1, timestamptz '2026-02-01Z' + who * interval '1 second',
  property_unit_id, estate_id, firm_id, md5(person_id::text) from billed""",
    """
insert into fee_holder (tenant_id, id, account_id, person_id, made_at)
select tenant_id, pg_temp.identity(144, number, who), account_id, person_id,
  timestamptz '2026-02-01Z' from billed""",
    """
insert into billing_run (tenant_id, id, version, made_at, made_by, estate_id, firm_id, month,
  last_month, state, total, done, billed, unclaimed, finished_at)
select v.tenant_id, pg_temp.identity(145, v.number, v.n * 2 + i), 3,
  timestamptz '2026-02-01Z' + i * interval '28 days' + v.n * interval '1 second', v.administrator,
  v.estate_id, v.firm_id, date '2026-01-01' + i * 31, date '2026-01-01' + i * 31, 'done', 42, 42,
  42, 0, timestamptz '2026-03-02Z'
from served v cross join generate_series(0, 1) i""",
    """
insert into bill (tenant_id, id, version, made_at, account_id, estate_id, firm_id, property_unit_id,
  run_id, standard_id, item, label, month, edition, working, due_on, limitation_on, is_unclaimed)
select b.tenant_id, pg_temp.identity(146, b.number, b.who * 2 + i), 1, timestamptz '2026-03-01Z',
  b.account_id, b.estate_id, b.firm_id, b.property_unit_id,
  pg_temp.identity(145, b.number, b.n * 2 + i), pg_temp.identity(143, b.number, b.n * 2),
  'property', '', date '2026-01-01' + i * 31, 1, '1.8500 × 89.53 m² × 31/31',
  date '2026-03-02' + i * 28, date '2029-03-02' + i * 28, b.who % 50 = 49
from billed b cross join generate_series(0, 1) i""",
    """
insert into payment (tenant_id, id, version, made_at, made_by, account_id, estate_id, firm_id,
  amount, method, received_at, channel, external_id)
select tenant_id, pg_temp.identity(147, number, who), 1, timestamptz '2026-03-01Z', administrator,
  account_id, estate_id, firm_id, amount, 'transfer',
  timestamptz '2026-03-01Z' + who * interval '1 minute', 'bank', who::text
from billed where who % 3 = 0""",
    # What was charged, and where it was paid the three entries of that.
    """
insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id, bill_id, payment_id, kind,
  part, amount, day, at, made_by)
select b.tenant_id, pg_temp.identity(148, b.number, b.who * 8 + e.i), b.account_id, b.estate_id,
  b.firm_id, pg_temp.identity(146, b.number, b.who * 2 + e.bill),
  case when e.is_paid then pg_temp.identity(147, b.number, b.who) end, e.kind, e.part,
  e.sign * b.amount, date '2026-03-01',
  timestamptz '2026-03-01Z' + b.who * interval '1 minute' + e.i * interval '1 second',
  case when e.is_paid then b.administrator end
from billed b
join (values (0, 0, false, 'charge', 'principal', 1), (1, 1, false, 'charge', 'principal', 1),
  (2, null, true, 'payment', 'credit', -1), (3, 0, true, 'allocation', 'principal', -1),
  (4, null, true, 'allocation', 'credit', 1)) e (i, bill, is_paid, kind, part, sign)
  on not e.is_paid or b.who % 3 = 0""",
    """
insert into fee_dispute (tenant_id, id, version, made_at, made_by, bill_id, estate_id, firm_id,
  person_id, text, state, since, until, settled_by, answer)
select tenant_id, pg_temp.identity(149, number, who), 1, timestamptz '2026-03-03Z', person_id,
  pg_temp.identity(146, number, who * 2), estate_id, firm_id, person_id, '电梯停运',
  case when is_open then 'open' else 'overturned' end, date '2026-03-03' + (who % 60)::integer,
  case when not is_open then date '2026-06-01' end, case when not is_open then security end,
  case when not is_open then '已核实' end
from billed cross join lateral (select who % 8 = 1 as is_open) state
where who % 8 = 1 or number > 1""",
    """
insert into instalment_plan (tenant_id, id, version, made_at, made_by, account_id, estate_id,
  firm_id, total, by_firm, state, agreed_by, agreed_on)
select tenant_id, pg_temp.identity(150, number, who), 2,
  timestamptz '2026-03-03Z' + who * interval '1 minute', person_id, account_id, estate_id, firm_id,
  amount, false, 'agreed', administrator, date '2026-03-05' from billed
where (who % 8 = 2 or number > 1)""",
    """
insert into planned_bill (tenant_id, id, plan_id, bill_id)
select tenant_id, pg_temp.identity(151, number, who), pg_temp.identity(150, number, who),
  pg_temp.identity(146, number, who * 2 + 1) from billed
where (who % 8 = 2 or number > 1)""",
    """
insert into instalment (tenant_id, id, plan_id, due_on, amount)
select tenant_id, pg_temp.identity(152, number, who * 2 + i), pg_temp.identity(150, number, who),
  date '2027-01-01' + i * 30, case i when 0 then 5000 else amount - 5000 end
from billed cross join generate_series(0, 1) i where (who % 8 = 2 or number > 1)""",
    # Of every fifth: a reminder, its notice, and an alarm of one in twenty-five.
    """
insert into demand (tenant_id, id, version, made_at, made_by, account_id, estate_id, firm_id,
  property_unit_id, pack_id, rung, day, amount)
select b.tenant_id, pg_temp.identity(153, b.number, b.who), 1,
  timestamptz '2026-04-01Z' + b.who * interval '1 minute', b.administrator, b.account_id,
  b.estate_id, b.firm_id, b.property_unit_id, p.id, 'reminder', date '2026-04-01', b.amount
from billed b join pack p on p.tenant_id = b.tenant_id and p.until is null where b.who % 5 = 0""",
    """
insert into demanded_bill (tenant_id, id, demand_id, bill_id)
select tenant_id, pg_temp.identity(154, number, who), pg_temp.identity(153, number, who),
  pg_temp.identity(146, number, who * 2 + 1) from billed where who % 5 = 0""",
    """
insert into fee_notice (tenant_id, id, version, made_at, person_id, demand_id, at)
select tenant_id, pg_temp.identity(155, number, who), 1, timestamptz '2026-04-01Z', person_id,
  pg_temp.identity(153, number, who), timestamptz '2026-04-01Z' + who * interval '1 minute'
from billed where who % 5 = 0""",
    """
insert into limitation_alarm (tenant_id, id, bill_id, firm_id, limitation_on, at)
select tenant_id, pg_temp.identity(156, number, who), pg_temp.identity(146, number, who * 2),
  firm_id, date '2029-03-02', timestamptz '2028-12-02Z' + who * interval '1 minute'
from billed where who % 25 = 0""",
    """
insert into payment_file (tenant_id, id, version, made_at, made_by, estate_id, firm_id, channel,
  name, state, total, done, finished_at)
select tenant_id, pg_temp.identity(157, number, n), 3, timestamptz '2026-03-02Z', administrator,
  estate_id, firm_id, 'bank', '对账.xlsx', 'done', 1, 1, timestamptz '2026-03-02Z' from served""",
    """
insert into payment_line (tenant_id, id, file_id, number, estate_id, firm_id, channel, kind,
  external_id, amount, paid_at, reference, state, payment_id, at)
select tenant_id, pg_temp.identity(158, number, who), pg_temp.identity(157, number, n), who,
  estate_id, firm_id, 'bank', 'payment', who::text, amount,
  timestamptz '2026-03-01Z' + who * interval '1 minute', who::text, 'recorded',
  pg_temp.identity(147, number, who), timestamptz '2026-03-02Z' + who * interval '1 second'
from billed where who % 3 = 0""",
    """
insert into payment_channel (tenant_id, id, version, made_at, made_by, estate_id, firm_id, name,
  adapter, key_number, cipher, rotated_at)
select tenant_id, pg_temp.identity(159, number, n), 1, timestamptz '2026-03-02Z', security,
  estate_id, firm_id, 'pay-' || n, 'hmac_sha256', 1, '\\x00', timestamptz '2026-03-02Z'
from served""",
    # Its sums are looked at now: with triggers waiting, no key could be put on again.
    "analyze ledger_entry",
    "set constraints all immediate",
)
