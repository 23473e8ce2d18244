"""The crowd's matters and round tables: so many matters and monthly meetings a grid."""

MADE = "1, timestamptz '2024-03-01 01:00Z'"

# How long after its raising a matter came to each step, in hours; `{n}` makes it differ.
_STEPS = {
    "accepted_at": "3 + {n} % 21",
    "inquired_at": "30 + {n} % 37",
    "deliberated_at": "80 + {n} % 53",
    "tabled_at": "140 + {n} % 11",
    "decided_at": "170 + {n} % 523",
    "completed_at": "720 + {n} % 241",
    "closed_at": "1000 + {n} % 263",
}


def _reached(column: str) -> str:
    """When a matter came to a step; an open one hasn't come to its handling."""
    hours = _STEPS[column].format(n="(g.n * 7 + i)")
    at = f"begun + ({hours}) * interval '1 hour'"
    is_early = column in ("accepted_at", "inquired_at")
    return at if is_early else f"case when state = 'closed' then {at} end"


MATTERS = (
    # So many a grid, at its first stairwells; each came up the line. Of the first forty half are
    # closed and some merged into the first; the further ones are closed. The clock has climbed to
    # the end of each ladder already.
    f"""
insert into matter (tenant_id, id, version, made_at, made_by, code, category, title, text, place_id,
  grid_id, scope_id, visibility, channel, is_urgent, raiser_id, pack_id, state, step, stage,
  holder_id, due_at, rung, merged_into_id, handling_class, handler_id, reopened, verified_at,
  satisfaction, raised_at, {", ".join(_STEPS)})
select g.tenant_id, pg_temp.identity(85, g.county, g.n * t.matters + i),
  case state when 'closed' then 8 else 3 end, begun, s.id, 'M' || g.n * t.matters + i,
  (array['facilities', 'parking', 'noise'])[i % 3 + 1], '楼道灯不亮',
  '坏了一周。', s.home_id, g.id, s.home_id,
  case when i % 20 = 19 then 'confidential' else 'public' end, 'own', i % 10 = 9, s.id,
  (select p.id from pack p where p.tenant_id = g.tenant_id and p.until is null), state,
  case state when 'closed' then 'published' when 'merged' then 'inquiring' else state end, 3, g.id,
  case when state in ('inquiring', 'handling') then begun + interval '5 days' end,
  case when state in ('inquiring', 'handling') then 'notice' end,
  case when state = 'merged' then pg_temp.identity(85, g.county, g.n * t.matters) end,
  (array['firm', 'firm', 'department', 'own', null])[i % 5 + 1],
  pg_temp.identity(12, g.county, g.n % (2 + t.grids / 4)), 0,
  case when state = 'closed' then begun end, case when state = 'closed' then 1 + i % 5 end,
  begun, {", ".join(_reached(column) for column in _STEPS)}
from place g join county t using (tenant_id) cross join generate_series(0, t.matters - 1) i
join (select distinct tenant_id, people from somebody) living using (tenant_id)
join somebody s on s.tenant_id = g.tenant_id and s.n = (g.n * 40 + i) % living.people
cross join lateral (select
  case when i >= 40 then 'closed' when i % 8 = 4 then 'merged'
    else (array['inquiring', 'handling', 'closed', 'closed'])[i % 4 + 1] end as state,
  timestamptz '2024-01-01Z'
    + ((g.n * t.matters + i)::bigint * 997 % 1300000) * interval '1 minute' as begun) at
where g.level = 'grid'""",
    """
insert into matter_entry (tenant_id, id, matter_id, seq, verb, from_state, to_state, at, made_by,
  unit_id, to_unit_id)
select m.tenant_id, pg_temp.identity(86, t.number, 8 * row_number() over (
    partition by m.tenant_id order by m.id) + seq), m.id, seq, verb, was, e.state,
  case seq when 1 then m.raised_at when 2 then m.accepted_at when 3 then m.inquired_at
    when 4 then m.tabled_at when 5 then m.decided_at when 8 then m.closed_at
    else m.completed_at end,
  m.raiser_id, case when seq > 1 then m.grid_id end, m.grid_id
from matter m join county t using (tenant_id)
cross join (values (1, 'raise', null, 'raised'), (2, 'accept', 'raised', 'inquiring'),
  (3, 'inquire', 'inquiring', 'preliminary'), (4, 'table', 'preliminary', 'tabled'),
  (5, 'resolve', 'tabled', 'handling'), (6, 'complete', 'handling', 'published'),
  (7, 'verify', 'published', 'published'), (8, 'close', 'published', 'closed'))
  e (seq, verb, was, state)
where seq <= m.version""",
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
select g.tenant_id, g.county, g.n * t.months + i as n, g.n as grid, i, g.id as grid_id,
  t.matters, i = t.months - 1 as is_last, i < t.months - 1 and i % 4 < 3 as is_signed,
  pg_temp.identity(90, g.county, g.n * t.months + i) as id,
  pg_temp.identity(88, g.county, g.n) as council_id,
  timestamptz '2024-01-15 11:00Z' + i * interval '1 month' as at
from place g join county t using (tenant_id) cross join generate_series(0, t.months - 1) i
where g.level = 'grid'""",
    f"""
insert into meeting (tenant_id, id, version, made_at, council_id, number, state, planned_at, place,
  pack_id, opened_at, adjourned_at)
select h.tenant_id, h.id, {MADE}, h.council_id, i + 1,
  case when is_last then 'in_session' else 'minutes_pending' end, at, '红色驿站',
  (select p.id from pack p where p.tenant_id = h.tenant_id and p.until is null), at, at
from held h""",
    f"""
insert into agenda_item (tenant_id, id, version, made_at, meeting_id, council_id, position,
  matter_id, title, outcome, disposed_at)
select h.tenant_id, pg_temp.identity(91, h.county, h.n), {MADE}, h.id, h.council_id, 1,
  pg_temp.identity(85, h.county, h.grid * h.matters + h.i), '楼道灯不亮', 'resolved', at
from held h""",
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
  pg_temp.identity(91, h.county, h.n),
  pg_temp.identity(85, h.county, h.grid * h.matters + h.i), '换灯',
  case when i % 3 = 0 then 'assigned' else 'verified' end, 'firm',
  pg_temp.identity(12, h.county, h.grid % (2 + t.grids / 4)), h.at::date + 20,
  case when i % 3 > 0 then at end, case when i % 3 > 0 then at end
from held h join county t using (tenant_id)""",
    f"""
insert into minutes (tenant_id, id, version, made_at, meeting_id, text, sha256)
select h.tenant_id, pg_temp.identity(95, h.county, h.n), {MADE}, h.id, '# 纪要',
  case when is_signed then encode(sha256('# 纪要'::bytea), 'hex') end
from held h""",
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
join file f on f.tenant_id = m.tenant_id and f.made_by = m.raiser_id""",
    """
insert into extension (tenant_id, id, version, made_at, matter_id, stage, days, reason, state)
select m.tenant_id, pg_temp.identity(100, t.number, row_number() over (
    partition by m.tenant_id order by m.id)), 1, m.raised_at, m.id, 3, 5, '待料', 'asked'
from matter m join county t using (tenant_id) where m.reopened = 0 and m.is_urgent""",
    """
insert into supervision (tenant_id, id, version, made_at, matter_id, stage, rung, holder_id,
  unit_id, due_at, at)
select m.tenant_id, pg_temp.identity(101, t.number, row_number() over (
    partition by m.tenant_id order by m.id)), 1, m.raised_at, m.id, 3, 'notice', m.grid_id,
  g.parent_id, m.raised_at, m.raised_at
from matter m join county t using (tenant_id)
join unit g on g.tenant_id = m.tenant_id and g.id = m.grid_id""",
    # Once signed the walls let nothing be added; one in four waits for its signatures.
    """
update meeting m set state = 'published', signed_at = h.at + interval '9 days'
from held h where h.is_signed and m.tenant_id = h.tenant_id and m.id = h.id""",
)
