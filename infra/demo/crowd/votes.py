"""The crowd's votes: twelve an estate in the first county, one in a few estates elsewhere."""

# Those with a roll are few: it has a line for each unit of its estate.
_POLLS = """
create temporary table poll on commit drop as
select e.tenant_id, e.county, pg_temp.identity(133, e.county, e.n * 12 + i) as id,
  e.n * 12 + i as n, e.id as estate_id, pg_temp.identity(11, e.county, e.n) as committee_id,
  i = 0 as has_roll,
  t.administrator, t.security, timestamptz '2024-05-01 01:00Z' + i * interval '45 days'
    + e.n * interval '1 hour' as at,
  case when i = 11 then 'draft' when i = 10 then 'noticed' when i = 0 then 'disputed'
    else 'final' end as state
from place e join county t using (tenant_id)
cross join lateral generate_series(0, case when t.number = 1 then 11 else 0 end) i
where e.level = 'estate' and (t.number = 1 or e.n % 8 = 0)"""

VOTES = (
    _POLLS,
    # What is fixed of a vote is said once its questions and its roll are there.
    """
insert into vote (tenant_id, id, version, made_at, made_by, estate_id, scope_id, convener_id,
  pack_id, title, text, secrecy, state, opens_at, closes_at, extensions, is_electronic, is_stale)
select p.tenant_id, p.id, 4, p.at, p.administrator, p.estate_id, p.estate_id, p.committee_id,
  (select k.id from pack k where k.tenant_id = p.tenant_id and k.until is null), '选聘物业企业',
  '请各位业主表决。', 'open', 'draft', p.at + interval '16 days', p.at + interval '26 days', 0,
  true, false
from poll p""",
    """
insert into vote_question (tenant_id, id, version, made_at, made_by, vote_id, number, item, kind,
  text, candidate_id, is_recall)
select p.tenant_id, pg_temp.identity(134, p.county, p.n * 3 + i), 1, p.at, p.administrator, p.id,
  i + 1, case i when 2 then 'election' else 'firm' end, 'ordinary', '是否同意？',
  case i when 2 then p.security end, false
from poll p cross join generate_series(0, 2) i""",
    """
create temporary table enrolled on commit drop as
select p.*, u.id as property_unit_id, u.number as unit_number, u.area,
  row_number() over (partition by p.tenant_id order by p.n, u.number) as place,
  row_number() over (partition by p.tenant_id, p.n order by u.number) as head
from poll p join property_unit u on u.tenant_id = p.tenant_id and u.estate_id = p.estate_id
where p.has_roll""",
    """
insert into roll_entry (tenant_id, id, vote_id, property_unit_id, number, unit_number, area, head)
select tenant_id, pg_temp.identity(135, county, place), id, property_unit_id, head, unit_number,
  area, head
from enrolled""",
    """
insert into roll_holder (tenant_id, id, vote_id, entry_id, person_id)
select e.tenant_id, pg_temp.identity(136, e.county, place), e.id,
  pg_temp.identity(135, e.county, place), o.person_id
from enrolled e join ownership o on o.tenant_id = e.tenant_id
  and o.property_unit_id = e.property_unit_id and o.state = 'verified' and o.until is null""",
    """
update vote v set state = p.state, noticed_at = p.at, text_sha256 = repeat('0', 64),
  first_closes_at = v.closes_at,
  frozen_at = p.at + interval '15 days', roll_sha256 = repeat('0', 64), roll_units = 42,
  roll_heads = 42, roll_area = 4200,
  counted_at = case when p.state <> 'noticed' then p.at + interval '27 days' end,
  settled_at = case when p.state = 'final' then p.at + interval '35 days' end
from poll p where v.tenant_id = p.tenant_id and v.id = p.id and p.state <> 'draft'""",
    # Of each that was counted somebody has asked for the evidence, and of one in five again.
    """
insert into vote_evidence (tenant_id, id, version, made_at, made_by, vote_id, purpose, state,
  sha256, size, finished_at)
select p.tenant_id, pg_temp.identity(150, p.county, p.n * 2 + i), 2 - i, asked_at, p.security,
  p.id, '法院调取', case i when 0 then 'done' else 'queued' end,
  case i when 0 then repeat('0', 64) end, case i when 0 then 40000 + p.n end,
  case i when 0 then asked_at + interval '1 minute' end
from poll p cross join generate_series(0, 1) i
cross join lateral (select p.at + interval '40 days' + i * interval '1 day' as asked_at) moment
where p.state in ('final', 'disputed') and (i = 0 or p.n % 5 = 0)""",
    # One in four votes by a proxy; one in nine on paper, one in seven not at all.
    """
insert into vote_proxy (tenant_id, id, version, made_at, made_by, vote_id, holder_id, person_id,
  state, confirmed_by, confirmed_at)
select e.tenant_id, pg_temp.identity(137, e.county, place), 2, e.at + interval '17 days',
  e.administrator, e.id, h.id, pg_temp.identity(50, e.county, e.head), 'confirmed', e.security,
  e.at + interval '17 days'
from enrolled e join roll_holder h on h.tenant_id = e.tenant_id
  and h.id = pg_temp.identity(136, e.county, place)
where place % 4 = 0""",
    """
insert into ballot (tenant_id, id, version, made_at, made_by, vote_id, entry_id, holder_id,
  proxy_id, way, state, key_number, answers_cipher, receipt, received_at, scan_id, confirmed_by,
  confirmed_at)
select e.tenant_id, pg_temp.identity(138, e.county, place), 1, at.moment, h.person_id, e.id,
  h.entry_id, h.id, case when place % 4 = 0 then pg_temp.identity(137, e.county, place) end,
  way, case when way = 'paper' and place % 2 = 0 then 'entered' else 'effective' end, 1, '\\x00',
  encode(sha256(place::text::bytea), 'hex'), at.moment,
  case way when 'paper' then pg_temp.identity(85, e.county, e.head) end,
  case way when 'paper' then e.security end, case way when 'paper' then at.moment end
from enrolled e join roll_holder h on h.tenant_id = e.tenant_id
  and h.id = pg_temp.identity(136, e.county, place)
cross join lateral (select e.at + interval '18 days' + place * interval '1 minute' as moment,
  case when place % 9 = 0 then 'paper' else 'web' end as way) at
where place % 7 > 0""",
    """
insert into vote_delivery (tenant_id, id, version, made_at, made_by, vote_id, property_unit_id,
  method, delivered_at)
select e.tenant_id, pg_temp.identity(139, e.county, place), 1, e.at, e.administrator, e.id,
  e.property_unit_id, 'electronic', e.at + place * interval '1 minute'
from enrolled e""",
    """
insert into vote_objection (tenant_id, id, version, made_at, made_by, vote_id, person_id, text)
select e.tenant_id, pg_temp.identity(140, e.county, place), 1, e.at + interval '28 days',
  h.person_id, e.id, h.person_id, '票数不对'
from enrolled e join roll_holder h on h.tenant_id = e.tenant_id
  and h.id = pg_temp.identity(136, e.county, place)
where place % 3 = 0""",
)
