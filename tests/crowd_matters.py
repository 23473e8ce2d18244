"""The crowd's matters and round tables: forty matters and twelve meetings a grid."""

MADE = "1, timestamptz '2024-03-01 01:00Z'"

MATTERS = (
    # Forty matters a grid, at its first stairwells; each came up the line, some are closed.
    """
insert into matter (tenant_id, id, version, made_at, made_by, code, category, title, text, place_id,
  grid_id, scope_id, visibility, channel, is_urgent, raiser_id, pack_id, state, step, stage,
  holder_id, due_at, alarm_at, handling_class, handler_id, reopened, verified_at, raised_at)
select g.tenant_id, pg_temp.identity(85, g.county, g.n * 40 + i), 3, begun, s.id,
  'M' || g.n * 40 + i, (array['facilities', 'parking', 'noise'])[i % 3 + 1], '楼道灯不亮',
  '坏了一周。', s.home_id, g.id, s.home_id,
  case when i % 20 = 19 then 'confidential' else 'public' end, 'own', i % 10 = 9, s.id,
  (select p.id from pack p where p.tenant_id = g.tenant_id and p.until is null), state,
  case state when 'closed' then 'published' else state end, 3, g.id,
  case when state <> 'closed' then begun + interval '5 days' end,
  case when state <> 'closed' then begun + interval '5 days' end, 'firm',
  pg_temp.identity(12, g.county, g.n % (2 + t.grids / 4)), 0,
  case when state = 'closed' then begun end, begun
from place g join county t using (tenant_id) cross join generate_series(0, 39) i
join somebody s on s.tenant_id = g.tenant_id and s.n = (g.n * 40 + i) % s.people
cross join lateral (select (array['inquiring', 'handling', 'closed', 'closed'])[i % 4 + 1] as state,
  timestamptz '2024-01-01Z' + (g.n * 40 + i) * interval '997 minutes' as begun) at
where g.level = 'grid'""",
    """
insert into matter_entry (tenant_id, id, matter_id, seq, verb, from_state, to_state, at, made_by,
  unit_id, to_unit_id)
select m.tenant_id, pg_temp.identity(86, t.number, 3 * row_number() over (
    partition by m.tenant_id order by m.id) + seq), m.id, seq, verb, was, e.state,
  m.raised_at + seq * interval '1 day', m.raiser_id, case when seq > 1 then m.grid_id end, m.grid_id
from matter m join county t using (tenant_id)
cross join (values (1, 'raise', null, 'raised'), (2, 'accept', 'raised', 'inquiring'),
  (3, 'inquire', 'inquiring', 'preliminary')) e (seq, verb, was, state)""",
    """
insert into notice (tenant_id, id, version, made_at, person_id, matter_id, event_name, at, seen_at)
select m.tenant_id, pg_temp.identity(87, t.number, 2 * row_number() over (
    partition by m.tenant_id order by m.id) + i), 1, m.raised_at, m.raiser_id, m.id,
  'matter.accepted', m.raised_at, case when i = 0 then m.raised_at end
from matter m join county t using (tenant_id) cross join generate_series(0, 1) i""",
    f"""
insert into council (tenant_id, id, version, made_at, grid_id, name, since)
select g.tenant_id, pg_temp.identity(88, g.county, g.n), {MADE}, g.id, '第' || g.n || '圆桌议事会',
  date '2022-01-01' from place g where g.level = 'grid'""",
    f"""
insert into council_seat (tenant_id, id, version, made_at, council_id, kind, unit_id, since)
select g.tenant_id, pg_temp.identity(89, g.county, g.n * 6 + k), {MADE},
  pg_temp.identity(88, g.county, g.n), kind, unit_id, date '2022-01-01'
from place g join county t using (tenant_id)
cross join lateral (values
  (0, 'branch', pg_temp.identity(10, g.county, g.n)),
  (1, 'committee', pg_temp.identity(11, g.county, g.n * 2)),
  (2, 'firm', pg_temp.identity(12, g.county, g.n % (2 + t.grids / 4))),
  (3, 'grid_worker', g.id),
  (4, 'partner', pg_temp.identity(13, g.county, g.n / 7 * 2)),
  (5, 'department', pg_temp.identity(3, g.county, g.n % 4))) s (k, kind, unit_id)
where g.level = 'grid'""",
    """
create temporary table held on commit drop as
select g.tenant_id, g.county, g.n * 12 + i as n, g.n as grid, i, g.id as grid_id,
  pg_temp.identity(90, g.county, g.n * 12 + i) as id,
  pg_temp.identity(88, g.county, g.n) as council_id,
  timestamptz '2024-01-15 11:00Z' + i * interval '1 month' as at
from place g cross join generate_series(0, 11) i where g.level = 'grid'""",
    f"""
insert into meeting (tenant_id, id, version, made_at, council_id, number, state, planned_at, place,
  pack_id, opened_at, adjourned_at, signed_at)
select h.tenant_id, h.id, {MADE}, h.council_id, i + 1, 'in_session', at, '红色驿站',
  (select p.id from pack p where p.tenant_id = h.tenant_id and p.until is null), at, at,
  null::timestamptz
from held h where i = 11
union all
select h.tenant_id, h.id, {MADE}, h.council_id, i + 1, 'minutes_pending', at, '红色驿站',
  (select p.id from pack p where p.tenant_id = h.tenant_id and p.until is null), at, at,
  null::timestamptz
from held h where i < 11""",
    f"""
insert into agenda_item (tenant_id, id, version, made_at, meeting_id, council_id, position,
  matter_id, title, outcome, disposed_at)
select h.tenant_id, pg_temp.identity(91, h.county, h.n), {MADE}, h.id, h.council_id, 1,
  pg_temp.identity(85, h.county, h.grid * 40 + h.i), '楼道灯不亮', 'resolved', at from held h""",
    """
insert into attendance (tenant_id, id, meeting_id, seat_id, kind, appointment_id, person_id, at)
select h.tenant_id, pg_temp.identity(92, h.county, h.n), h.id,
  pg_temp.identity(89, h.county, h.grid * 6 + 3), 'grid_worker', a.id, a.person_id, at
from held h join lateral (select id, person_id from appointment a where a.tenant_id = h.tenant_id
  and a.unit_id = h.grid_id and a.state = 'confirmed' order by id limit 1) a on true""",
    """
insert into recusal (tenant_id, id, item_id, attendance_id, reason, at)
select h.tenant_id, pg_temp.identity(93, h.county, h.n), pg_temp.identity(91, h.county, h.n),
  pg_temp.identity(92, h.county, h.n), '利害关系', at from held h where i % 4 = 0""",
    f"""
insert into resolution (tenant_id, id, version, made_at, council_id, meeting_id, item_id, matter_id,
  text, state, handling_class, owner_id, due_on, reported_at, verified_at)
select h.tenant_id, pg_temp.identity(94, h.county, h.n), {MADE}, h.council_id, h.id,
  pg_temp.identity(91, h.county, h.n), pg_temp.identity(85, h.county, h.grid * 40 + h.i), '换灯',
  case when i % 3 = 0 then 'assigned' else 'verified' end, 'firm',
  pg_temp.identity(12, h.county, h.grid % (2 + t.grids / 4)), h.at::date + 20,
  case when i % 3 > 0 then at end, case when i % 3 > 0 then at end
from held h join county t using (tenant_id)""",
    f"""
insert into minutes (tenant_id, id, version, made_at, meeting_id, text)
select h.tenant_id, pg_temp.identity(95, h.county, h.n), {MADE}, h.id, '# 纪要' from held h""",
    """
insert into signature (tenant_id, id, meeting_id, kind, person_id, appointment_id, sha256, at)
select h.tenant_id, pg_temp.identity(96, h.county, h.n), a.meeting_id, a.kind, a.person_id,
  a.appointment_id, encode(sha256(convert_to('# 纪要', 'UTF8')), 'hex'), a.at
from held h join attendance a on a.tenant_id = h.tenant_id and a.meeting_id = h.id""",
    """
insert into correction (tenant_id, id, meeting_id, seq, text, at)
select h.tenant_id, pg_temp.identity(97, h.county, h.n), h.id, 1, '更正', at from held h""",
    """
insert into evidence (tenant_id, id, matter_id, seq, file_id, at)
select m.tenant_id, pg_temp.identity(102, t.number, row_number() over (
    partition by m.tenant_id order by m.id)), m.id, 1, f.id, m.raised_at
from matter m join county t using (tenant_id)
join lateral (select id from file f where f.tenant_id = m.tenant_id order by id
  limit 1) f on true""",
    """
insert into extension (tenant_id, id, version, made_at, matter_id, stage, days, reason, state)
select m.tenant_id, pg_temp.identity(100, t.number, row_number() over (
    partition by m.tenant_id order by m.id)), 1, m.raised_at, m.id, 3, 5, '待料', 'asked'
from matter m join county t using (tenant_id)""",
    """
insert into supervision (tenant_id, id, version, made_at, matter_id, stage, rung, holder_id,
  unit_id, due_at, at)
select m.tenant_id, pg_temp.identity(101, t.number, row_number() over (
    partition by m.tenant_id order by m.id)), 1, m.raised_at, m.id, 3, 'reminder', m.grid_id,
  g.parent_id, m.raised_at, m.raised_at
from matter m join county t using (tenant_id)
join unit g on g.tenant_id = m.tenant_id and g.id = m.grid_id""",
)
