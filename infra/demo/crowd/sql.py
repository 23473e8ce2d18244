"""What fills the crowd's counties: one statement a table, over every county at once.

`county` is the plan of it: its number, root, founders, and how many grids. `place` holds every unit
with all above it, `somebody` every resident, numbered from 0 within a county.
"""

from infra.demo.crowd.audits import AUDITS
from infra.demo.crowd.committees import COMMITTEES
from infra.demo.crowd.fees import FEES
from infra.demo.crowd.matters import MATTERS
from infra.demo.crowd.publications import PUBLICATIONS
from infra.demo.crowd.register import REGISTER
from infra.demo.crowd.votes import VOTES
from infra.demo.names import FIRST, SECOND, SURNAMES

# How a level hangs below another: how many of it below each, and the most that there can be, by
# which each is numbered within its county. {t} is the county, {n} the number of the one above.
LEVELS = (
    ("bureau", "county", "1", 1, "'住房和城乡建设局'"),
    ("working_committee", "county", "1", 1, "'城市社区党工委'"),
    ("linked_department", "county", "4", 4, "'职能部门' || n"),
    ("industry_committee", "bureau", "1", 1, "'物业行业党委'"),
    ("community", "working_committee", "(t.grids + 6) / 7", 1_000, "'第' || n || '社区'"),
    ("grid", "community", "least(7, t.grids - 7 * above.n)", 7, "'第' || n || '网格'"),
    ("estate", "grid", "2", 2, "(array['桂花园', '东门里', '荷塘', '杉木坪'])[n % 4 + 1] || n"),
    ("building", "estate", "6", 6, "n || '栋'"),
    ("stairwell", "building", "3 + above.n % 2", 4, "n || '单元'"),
    ("party_branch", "grid", "1", 1, "'第' || n || '网格党支部'"),
    ("owners_committee", "estate", "1", 1, "'第' || n || '业主委员会'"),
    ("firm", "industry_committee", "2 + t.grids / 4", 100_000, "'安居物业' || n"),
    ("co_building_unit", "community", "2", 2, "'共建单位' || n"),
    ("firm_branch", "firm", "(above.n % 9 < 8)::integer", 1, "'安居物业' || n || '党支部'"),
)
UNITS_OF_A_GRID = 61
UNITS_OF_THE_TOP = 12

# Who serves in a unit of a kind: the role, its title, its seats, how many of them are taken.
OFFICES = (
    ("working_committee", "working_officer", "党工委干部", 3, 1),
    ("bureau", "housing_officer", "住建局干部", 3, 1),
    ("industry_committee", "industry_officer", "行业党委干部", 3, 1),
    ("community", "community_secretary", "社区党组织书记", 1, 1),
    ("grid", "grid_worker", "网格员", 2, 2),
    ("party_branch", "branch_secretary", "党支部书记", 1, 1),
    ("owners_committee", "committee_member", "业委会委员", 5, 5),
    ("building", "building_head", "楼栋长", 1, 1),
    ("stairwell", "stairwell_head", "单元长", 1, 1),
    ("estate", "resident", "业主", 2_000, 10),
    ("firm", "firm_manager", "物业经理", 1, 1),
    ("firm", "instructor", "党建工作指导员", 1, 1),
    ("firm_branch", "branch_secretary", "党支部书记", 1, 1),
)

LETTER = f"""
create function pg_temp.letter(list integer, n integer) returns text
language sql immutable return (
  select substr(letters, n % length(letters) + 1, 1)
  from (select (array['{SURNAMES}', '{FIRST}', '{SECOND}'])[list + 1] as letters) lists)"""

IDENTITY = """
create function pg_temp.identity(sort integer, county integer, n bigint) returns uuid
language sql immutable return (
  '0190' || lpad(to_hex(sort), 4, '0') || '-' || lpad(to_hex(county), 4, '0') || '-7000-8000-'
  || lpad(to_hex(n), 12, '0'))::uuid"""

SHAPES = (
    IDENTITY,
    LETTER,
    """
create temporary table county (
  number integer, tenant_id uuid, grids integer, matters integer, months integer, root uuid,
  administrator uuid, security uuid
) on commit drop""",
    """
create temporary table place (
  tenant_id uuid, county integer, id uuid, parent_id uuid, sort integer, level text, n integer,
  name text, ancestors uuid[]
) on commit drop""",
    """
create temporary table somebody (
  tenant_id uuid, county integer, id uuid, home_id uuid, n integer, people integer
) on commit drop""",
)

ROOTS = """
insert into place
select tenant_id, number, root, null, 0, 'county', 0, '', array[root] from county"""


def _below(sort: int, level: str, above: str, each: str, most: int, name: str) -> str:
    return f"""
insert into place
select tenant_id, county, id, parent_id, {sort}, '{level}', n, {name}, ancestors || id
from (
  select t.tenant_id, t.number as county, above.id as parent_id, above.ancestors,
    above.n * {most} + i as n, pg_temp.identity({sort}, t.number, above.n * {most} + i) as id
  from county t
  join place above on above.tenant_id = t.tenant_id and above.level = '{above}'
  cross join generate_series(0, {each} - 1) i
) hung"""


PLACES = (ROOTS, *(_below(sort, *level) for sort, level in enumerate(LEVELS, 1)))

# The counties after the first are framed as that one was by the founding act.
_NEW = "from county t where t.number > 1"
_FOUNDER = "pg_temp.identity(51, t.number, f.n)"
_FOUNDERS = """
from county t cross join (
  select p.role, p.title, p.seats, h.name, a.ground, row_number() over (order by p.role) as n
  from county c
  join appointment a on a.tenant_id = c.tenant_id
  join post p on p.tenant_id = a.tenant_id and p.id = a.post_id
  join person h on h.tenant_id = a.tenant_id and h.id = a.person_id
  where c.number = 1
) f where t.number > 1"""
FRAMES = (
    f"""
insert into tenant (id, slug, name, name_en, state, created_at)
select t.tenant_id, 'crowd-' || t.number, '第' || t.number || '县', 'County ' || t.number, 'active',
  timestamptz '2023-12-01Z' {_NEW}""",
    f"""
insert into unit (tenant_id, id, version, made_at, kind, name, since, decision, is_public)
select t.tenant_id, t.root, 1, timestamptz '2023-12-01Z', 'county', '第' || t.number || '县',
  date '2023-12-01', '建县', true {_NEW}""",
    f"""
insert into unit_path (tenant_id, ancestor_id, unit_id, depth)
select t.tenant_id, t.root, t.root, 0 {_NEW}""",
    """
insert into pack (tenant_id, id, version, made_at, edition, document, since)
select t.tenant_id, pg_temp.identity(79, t.number, 0), 1, timestamptz '2025-12-01Z', 1, p.document,
  timestamptz '2025-12-01Z'
from county t cross join county c join pack p on p.tenant_id = c.tenant_id
where t.number > 1 and c.number = 1""",
    f"""
insert into person (tenant_id, id, version, made_at, name, is_party_member, key_number)
select t.tenant_id, {_FOUNDER}, 1, timestamptz '2023-12-01Z', f.name, true, 1 {_FOUNDERS}""",
    f"""
insert into post (tenant_id, id, version, made_at, unit_id, role, title, seats)
select t.tenant_id, pg_temp.identity(99, t.number, f.n), 1, timestamptz '2023-12-01Z', t.root,
  f.role, f.title, f.seats {_FOUNDERS}""",
    f"""
insert into appointment (tenant_id, id, version, made_at, person_id, post_id, unit_id, state,
  starts_at, ground, confirmed_at)
select t.tenant_id, pg_temp.identity(59, t.number, f.n), 1, timestamptz '2023-12-01Z', {_FOUNDER},
  pg_temp.identity(99, t.number, f.n), t.root, 'confirmed', timestamptz '2023-12-01Z', f.ground,
  timestamptz '2023-12-01Z' {_FOUNDERS}""",
    f"""
insert into standing (tenant_id, subject_id, number) select t.tenant_id, t.tenant_id, 1 {_NEW}""",
    f"""
insert into standing (tenant_id, subject_id, number)
select t.tenant_id, {_FOUNDER}, 1 {_FOUNDERS}""",
    """
update county t set administrator = held.administrator, security = held.security
from (
  select a.tenant_id,
    (array_agg(a.person_id) filter (where p.role = 'county_administrator'))[1] as administrator,
    (array_agg(a.person_id) filter (where p.role = 'security_administrator'))[1] as security
  from appointment a join post p on p.tenant_id = a.tenant_id and p.id = a.post_id
  group by a.tenant_id
) held where held.tenant_id = t.tenant_id""",
)

_OFFICES = ", ".join(str((sort, *office)) for sort, office in enumerate(OFFICES, 100))
_MADE = "1, timestamptz '2024-03-01 01:00Z'"

LOADS = (
    *PLACES,
    "analyze place",
    f"""
insert into unit (tenant_id, id, version, made_at, made_by, kind, name, parent_id, since, until,
  decision, is_public)
select p.tenant_id, p.id, {_MADE}, t.administrator,
  case p.level when 'firm_branch' then 'party_branch' else p.level end, p.name, p.parent_id,
  date '2016-01-01' + (p.n * 7 % 2900),
  case when p.level = 'stairwell' and p.n % 97 = 96 then date '2025-02-01' end,
  '成立决定', not (p.level = 'estate' and p.n % 40 = 39)
from place p join county t using (tenant_id) where p.level <> 'county'""",
    """
insert into unit_path (tenant_id, ancestor_id, unit_id, depth)
select p.tenant_id, above.id, p.id, cardinality(p.ancestors) - above.place
from place p cross join unnest(p.ancestors) with ordinality above (id, place)
where p.level <> 'county'""",
    """
insert into somebody
select tenant_id, county, pg_temp.identity(50, county, n), home_id, n,
  count(*) over (partition by tenant_id)
from (
  select p.tenant_id, p.county, p.id as home_id,
    (row_number() over (partition by p.tenant_id order by p.n, i) - 1)::integer as n
  from place p cross join generate_series(0, 1) i where p.level = 'stairwell'
) living""",
    "analyze somebody",
    f"""
insert into person (tenant_id, id, version, made_at, made_by, name, is_party_member, home_id,
  key_number, phone_hash, phone_masked, identity_hash, identity_masked)
select s.tenant_id, s.id, {_MADE}, t.administrator,
  pg_temp.letter(0, s.n) || pg_temp.letter(1, s.n / 7) || pg_temp.letter(2, s.n / 3),
  s.n % 6 = 0, s.home_id, 1, sha256(('phone' || s.n)::bytea), '199****' || lpad(s.n % 10000 || '',
  4, '0'), sha256(('identity' || s.n)::bytea), '362***********' || lpad(s.n % 10000 || '', 4, '0')
from somebody s join county t using (tenant_id)""",
    f"""
create temporary table office on commit drop as
select p.tenant_id, p.county, pg_temp.identity(o.sort, p.county, p.n) as id, p.id as unit_id,
  p.n as place, o.role, o.title, o.seats, o.taken,
  row_number() over (partition by p.tenant_id order by o.sort, p.n) as n
from place p join (values {_OFFICES}) o (sort, level, role, title, seats, taken) using (level)""",
    f"""
insert into post (tenant_id, id, version, made_at, made_by, unit_id, role, title, seats)
select o.tenant_id, o.id, {_MADE}, t.administrator, o.unit_id, o.role, o.title, o.seats
from office o join county t using (tenant_id)""",
    # The secretary of a grid's branch sits in the first estate's committee: cross-appointed.
    """
create temporary table service on commit drop as
select o.tenant_id, o.county, o.id as post_id, o.unit_id, o.role, is_past,
  (case when o.role = 'branch_secretary' or (o.role = 'committee_member' and i = 0
    and o.place % 2 = 0 and not is_past)
    then (case o.role when 'branch_secretary' then o.place else o.place / 2 end) * 37 + 5
    else o.n * 7919 + i * 104729 + is_past::integer * 13 end) % c.people as somebody,
  row_number() over (partition by o.tenant_id order by o.n, is_past, i) as n
from office o
join (select distinct tenant_id, people from somebody) c using (tenant_id)
cross join (values (false), (true)) p (is_past)
cross join generate_series(0, 9) i
where i < o.taken and (not is_past or (o.n % 2 = 0 and i = 0))""",
    f"""
insert into appointment (tenant_id, id, version, made_at, made_by, person_id, post_id, unit_id,
  state, starts_at, ends_at, ground, confirmed_by, confirmed_at)
select s.tenant_id, pg_temp.identity(60, s.county, s.n), {_MADE}, t.administrator,
  pg_temp.identity(50, s.county, s.somebody), s.post_id, s.unit_id,
  case when is_past then 'ended' when is_open then 'proposed' else 'confirmed' end, begun,
  case when is_past then begun + interval '700 days' end, '任命决定',
  case when not is_open then t.security end, case when not is_open then begun end
from service s join county t using (tenant_id)
cross join lateral (select not is_past and s.n % 60 = 59 as is_open,
  case when is_past then timestamptz '2021-01-01Z' else timestamptz '2024-01-01Z' end
  + (s.n * 61 % 700) * interval '1 day' as begun) at""",
    """
insert into standing (tenant_id, subject_id, number)
select tenant_id, pg_temp.identity(50, county, somebody), 1 + count(*) from service
group by tenant_id, county, somebody""",
    # A current linkage and two past ones; some estates lack a party, some have no linkage at all.
    f"""
insert into linkage (tenant_id, id, version, made_at, made_by, grid_id, estate_id, branch_id,
  committee_id, firm_id, decision, since, until)
select e.tenant_id, pg_temp.identity(70, e.county, e.n * 3 + i), {_MADE}, t.administrator,
  e.parent_id, e.id, pg_temp.identity(10, e.county, e.n / 2),
  case when e.n % 25 <> 24 then pg_temp.identity(11, e.county, e.n) end,
  case when e.n % 15 <> 14 then pg_temp.identity(12, e.county, (e.n + i) % (2 + t.grids / 4)) end,
  '联建决定', date '2019-01-01' + i * 900 + e.n % 300,
  case when i < 2 then date '2019-01-01' + (i + 1) * 900 + e.n % 300 end
from place e join county t using (tenant_id) cross join generate_series(0, 2) i
where e.level = 'estate' and e.n % 33 <> 32""",
    f"""
insert into duty (tenant_id, id, version, made_at, made_by, committee_id, member_id, text, since,
  until)
select f.tenant_id, pg_temp.identity(71, f.county, f.n * 8 + i), {_MADE}, t.administrator,
  f.parent_id, f.id, '按月报告第' || i || '项', date '2022-01-01' + i * 90,
  case when i % 3 = 2 then date '2024-06-01' + i end
from place f join county t using (tenant_id) cross join generate_series(0, 7) i
where f.level = 'firm'""",
    f"""
insert into rule_book (tenant_id, id, version, made_at, made_by, unit_id, title, edition, text,
  adopted_on, effective_on, is_public)
select c.tenant_id, pg_temp.identity(72, c.county, c.sort * 1000000 + c.n * 3 + i), {_MADE},
  t.administrator, c.id, '议事规则', i + 1, repeat('第' || i || '稿。', 40),
  date '2020-01-01' + i * 400 + c.n % 90, date '2020-02-01' + i * 400 + c.n % 90, c.n % 30 <> 29
from place c join county t using (tenant_id) cross join generate_series(0, 2) i
where c.level in ('owners_committee', 'industry_committee', 'community')""",
    f"""
insert into station (tenant_id, id, version, made_at, made_by, grid_id, name, address, hours,
  since, until, is_public)
select g.tenant_id, pg_temp.identity(73, g.county, g.n * 3 + i), {_MADE}, t.administrator, g.id,
  '红色驿站' || g.n, '东街' || g.n || '号', '9:00-17:00', date '2019-06-01' + i * 700,
  case when i < 2 then date '2019-06-01' + (i + 1) * 700 end, g.n % 30 <> 29
from place g join county t using (tenant_id) cross join generate_series(0, 2) i
where g.level = 'grid'""",
    # Each has sent a picture of where they live, one in thirty didn't send its bytes.
    """
insert into file (tenant_id, id, version, made_at, made_by, unit_id, name, state, media_type, size,
  sha256, original_sha256, width, height, stored_at, is_ballot)
select tenant_id, pg_temp.identity(85, county, n), 1,
  timestamptz '2024-03-01Z' + n * interval '1 minute', id, home_id, '照片' || n || '.jpg', s.state,
  case when is_stored then 'image/jpeg' end, case when is_stored then 300000 + n end,
  case when is_stored then encode(sha256(n::text::bytea), 'hex') end,
  case when is_stored then encode(sha256(('sent' || n)::bytea), 'hex') end,
  case when is_stored then 2560 end, case when is_stored then 1920 end,
  case when is_stored then timestamptz '2024-03-02Z' + n * interval '1 minute' end, false
from (
  select *, n % 30 <> 29 as is_stored,
    case when n % 30 <> 29 then 'stored' else 'prepared' end as state
  from somebody where home_id is not null
) s""",
    f"""
insert into client (tenant_id, id, version, made_at, made_by, name, secret_hash, origins, grants,
  revoked_at)
select tenant_id, pg_temp.identity(74, number, n), {_MADE}, administrator, '前端' || n,
  sha256(n::text::bytea), '["https://m.example.com"]', '["units.read", "coverage.read"]',
  case when n % 4 = 3 then timestamptz '2025-01-01Z' end
from county cross join generate_series(0, 11) n""",
    f"""
insert into issuer (tenant_id, id, version, made_at, made_by, url, audience, subject_claim,
  algorithms, distrusted_at)
select tenant_id, pg_temp.identity(75, number, n), {_MADE}, security,
  'https://login' || n || '.example.com', 'sanfang', 'sub', '["RS256"]',
  case when n > 1 then timestamptz '2025-01-01Z' end
from county cross join generate_series(0, 24) n""",
    f"""
insert into trusted_document (tenant_id, id, version, made_at, made_by, digest, text, name,
  client_id, withdrawn_at)
select tenant_id, pg_temp.identity(84, number, n), {_MADE}, administrator,
  encode(sha256(('document' || n)::bytea), 'hex'), '{{ county {{ name }} }} # ' || n, '查询' || n,
  pg_temp.identity(74, number, n % 12), case when n % 5 = 4 then timestamptz '2025-01-01Z' end
from county cross join generate_series(0, 59) n""",
    # Whoever serves has an account; one in four signs in at the county's issuer as well.
    f"""
insert into account (tenant_id, id, version, made_at, made_by, person_id, name, password_hash,
  password_since, must_change, failures)
select s.tenant_id, pg_temp.identity(76, s.county, s.n), {_MADE}, t.security, s.id, 'u' || s.n,
  'never', timestamptz '2024-03-01Z', true, 0
from somebody s join county t using (tenant_id) where s.n % 9 = 0""",
    f"""
insert into subject_link (tenant_id, id, version, made_at, made_by, issuer_id, subject, person_id)
select s.tenant_id, pg_temp.identity(77, s.county, s.n), {_MADE}, t.security,
  pg_temp.identity(75, s.county, 0), 's' || s.n, s.id
from somebody s join county t using (tenant_id) where s.n % 36 = 0""",
    "update pack set edition = 13 from county t where pack.tenant_id = t.tenant_id",
    """
insert into pack (tenant_id, id, version, made_at, edition, document, since, until)
select p.tenant_id, pg_temp.identity(78, t.number, n), 2, begun, n + 1, p.document, begun,
  begun + interval '50 days'
from pack p join county t using (tenant_id) cross join generate_series(0, 11) n
cross join lateral (select timestamptz '2024-01-01Z' + n * interval '50 days' as begun) at""",
    *REGISTER,
    *FEES,
    *MATTERS,
    *PUBLICATIONS,
    *VOTES,
    *COMMITTEES,
    # An event each for what was founded, registered and confirmed.
    *(
        f"""
insert into event (tenant_id, id, at, name, object, object_id, person_id, after)
select o.tenant_id, pg_temp.identity({sort}, t.number, row_number() over (
    partition by o.tenant_id order by o.id)),
  timestamptz '2024-03-01Z'
    + (('x' || right(o.id::text, 6))::bit(24)::integer::bigint * 9973 % 60000000)
    * interval '1 second',
  '{name}', '{object_}', o.id, t.administrator, json_build_object('version', o.version)
from {table} o join county t using (tenant_id)"""
        for sort, name, object_, table in (
            (80, "unit.founded", "Unit", "unit"),
            (81, "person.registered", "Person", "person"),
            (82, "appointment.confirmed", "Appointment", "appointment"),
            (83, "linkage.linked", "Linkage", "linkage"),
        )
    ),
    *AUDITS,
)
