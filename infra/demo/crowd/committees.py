"""The crowd's committees: two terms that are over, one in office, and the next of every third."""

COMMITTEES = (
    """
create temporary table serving on commit drop as
select e.tenant_id, e.county, e.id as estate_id, e.n, i, e.n * 4 + i as term,
  pg_temp.identity(151, e.county, e.n * 4 + i) as id,
  pg_temp.identity(11, e.county, e.n) as committee_id, t.administrator, t.security,
  date '2015-01-01' + i * 1461 + (e.n % 300)::integer as since,
  (array['ended', 'ended', 'filed', 'preparing'])[i + 1] as state
from place e join county t using (tenant_id) cross join generate_series(0, 3) i
where e.level = 'estate' and (i < 3 or e.n % 3 = 0)""",
    """
insert into committee_term (tenant_id, id, version, made_at, made_by, estate_id, number, seats,
  years, pack_id, state, elected_at, file_by, filed_by, filed_at, filing_number, committee_id,
  since, until, ended_on, ended_why)
select s.tenant_id, s.id, case when is_filed then 4 else 1 end, at, s.administrator, s.estate_id,
  s.i + 1, 5, 4, (select k.id from pack k where k.tenant_id = s.tenant_id and k.until is null),
  s.state, case when is_filed then at + interval '60 days' end,
  case when is_filed then s.since + 30 end, case when is_filed then s.security end,
  case when is_filed then at + interval '70 days' end,
  case when is_filed then '备' || s.term || '号' end, case when is_filed then s.committee_id end,
  case when is_filed then s.since end, case when is_filed then s.since + 1461 end,
  case s.state when 'ended' then s.since + 1461 end, case s.state when 'ended' then '换届' end
from serving s cross join lateral (select s.state <> 'preparing' as is_filed,
  s.since - interval '70 days' as at) moment""",
    """
insert into term_preparer (tenant_id, id, version, made_at, made_by, term_id, person_id, stands_for,
  is_owner)
select s.tenant_id, pg_temp.identity(152, s.county, s.term * 4 + k), 1,
  s.since - interval '69 days' + k * interval '1 hour', s.administrator, s.id,
  pg_temp.identity(50, s.county, s.n * 42 + k), case k when 0 then '社区' else '业主' end, k > 0
from serving s cross join generate_series(0, 3) k""",
    """
insert into committee_candidate (tenant_id, id, version, made_at, made_by, term_id, person_id,
  state, checked_by, checked_at)
select s.tenant_id, pg_temp.identity(153, s.county, s.term * 8 + k), 2,
  s.since - interval '65 days' + k * interval '1 hour', s.administrator, s.id,
  pg_temp.identity(50, s.county, s.n * 42 + k),
  case when s.state = 'preparing' then case k when 6 then 'refused' else 'admitted' end
    when k < 5 then 'elected' else 'not_elected' end, s.security, s.since - interval '60 days'
from serving s cross join generate_series(0, 6) k""",
    """
insert into term_alarm (tenant_id, id, term_id, kind, days, due_on, at)
select s.tenant_id, pg_temp.identity(154, s.county, s.term * 4 + k), s.id,
  case k when 2 then 'over' else 'ending' end, (array[90, 30, 0])[k + 1], s.since + 1461,
  s.since + 1461 - (array[90, 30, 0])[k + 1] * interval '1 day'
from serving s cross join generate_series(0, 2) k where s.state = 'ended'""",
)
