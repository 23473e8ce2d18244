"""The crowd's property register: a unit for each who lives somewhere, and those who owned it."""

REGISTER = (
    """
insert into organisation (tenant_id, id, version, made_at, made_by, name, code, is_builder)
select tenant_id, pg_temp.identity(130, number, n), 1, timestamptz '2024-03-01Z', administrator,
  '置业公司' || n, lpad(n::text, 18, '9'), n % 2 = 0
from county cross join generate_series(0, 11) n""",
    """
insert into property_unit (tenant_id, id, version, made_at, made_by, estate_id, unit_id, number,
  use, area, area_source, since, until)
select s.tenant_id, pg_temp.identity(131, s.county, s.n), 1, timestamptz '2024-03-01Z',
  t.administrator, e.id, s.home_id, 'F' || s.n, case when s.n % 9 = 8 then 'shop' else 'dwelling'
  end, 60 + (s.n % 9000) / 100.0, 'register', date '2019-01-01', null
from somebody s join county t using (tenant_id)
join unit_path u on u.tenant_id = s.tenant_id and u.unit_id = s.home_id
join unit e on e.tenant_id = s.tenant_id and e.id = u.ancestor_id and e.kind = 'estate'""",
    # Sold once by the builder; one in ten is still to be verified.
    """
insert into ownership (tenant_id, id, version, made_at, made_by, property_unit_id, person_id,
  organisation_id, numerator, denominator, since, until, ground, state, verified_by, verified_at)
select p.tenant_id, pg_temp.identity(132, t.number, s.n * 2 + i), 2, timestamptz '2024-03-01Z',
  t.administrator, p.id, case when i = 1 then s.id end,
  case when i = 0 then pg_temp.identity(130, t.number, 0) end, 1, 1,
  date '2019-01-01' + i * (300 + s.n % 600),
  case when i = 0 then date '2019-01-01' + 300 + s.n % 600 end, '不动产权证',
  case when is_new then 'recorded' else 'verified' end,
  case when not is_new then t.security end,
  case when not is_new then timestamptz '2024-03-02Z' end
from somebody s join county t using (tenant_id)
join property_unit p on p.tenant_id = s.tenant_id and p.id = pg_temp.identity(131, s.county, s.n)
cross join generate_series(0, 1) i
cross join lateral (select i = 1 and s.n % 10 = 9 as is_new) state""",
    # Each estate's owners once came out of a file of some rows, every third of them with a problem.
    """
insert into register_import (tenant_id, id, version, made_at, made_by, estate_id, name, since, use,
  area_source, state, mode, total, looked, good, unchanged, bad, handled, done, verified,
  expires_at, applied_by, applied_at, finished_at)
select p.tenant_id, pg_temp.identity(133, p.county, p.n), 6, at, t.administrator, p.id,
  '业主台账.xlsx', date '2024-01-01', 'dwelling', 'register', 'done', 'good_rows', 30, 30, 20, 0,
  10, 30, 20, 0, at + interval '14 days', t.administrator, at, at
from place p join county t using (tenant_id)
cross join lateral (select timestamptz '2024-03-01Z' + p.n * interval '1 hour' as at) moment
where p.level = 'estate'""",
    """
insert into register_import_row (tenant_id, id, import_id, number, unit_number, state)
select p.tenant_id, pg_temp.identity(134, p.county, p.n * 40 + i),
  pg_temp.identity(133, p.county, p.n), i + 2, 'F' || i,
  case when i % 3 = 0 then 'bad' else 'done' end
from place p cross join generate_series(0, 29) i where p.level = 'estate'""",
    """
insert into register_import_problem (tenant_id, id, import_id, row_id, row_number, cell, code,
  is_blocking, is_of_file, message_zh, message_en)
select p.tenant_id, pg_temp.identity(135, p.county, p.n * 40 + i),
  pg_temp.identity(133, p.county, p.n), pg_temp.identity(134, p.county, p.n * 40 + i), i + 2,
  'B' || i + 2, 'AREA_UNREADABLE', true, true, '不是面积', 'not an area'
from place p cross join generate_series(0, 29, 3) i where p.level = 'estate'""",
    """
insert into register_export (tenant_id, id, version, made_at, made_by, estate_id, good_until)
select p.tenant_id, pg_temp.identity(136, p.county, p.n), 1, at, t.administrator, p.id, at
from place p join county t using (tenant_id)
cross join lateral (select timestamptz '2024-04-01Z' + p.n * interval '1 hour' as at) moment
where p.level = 'estate'""",
)
