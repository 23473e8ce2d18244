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
)
