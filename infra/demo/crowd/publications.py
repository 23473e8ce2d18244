"""The crowd's publications: two editions of each matter that is shown, and an objection to each."""

_SHOWN = """
from matter m join county t using (tenant_id)
cross join lateral (select ('x' || right(m.id::text, 6))::bit(24)::integer as n) numbered
cross join generate_series(0, 1) i
where m.visibility = 'public'"""

PUBLICATIONS = (
    # The first edition was replaced by the second, which one in ten still waits for; or it was
    # taken down.
    f"""
insert into publication (tenant_id, id, version, made_at, matter_id, edition, category, place_id,
  grid_id, estate_id, title, text, state, approved_by, approved_at, withdrawn_at, withdrawal_reason)
select m.tenant_id, pg_temp.identity(120, t.number, n * 2 + i), 2, at, m.id, i + 1, m.category,
  m.place_id, m.grid_id, (select e.parent_id from unit s join unit e on e.tenant_id = s.tenant_id
    and e.id = s.parent_id where s.tenant_id = m.tenant_id and s.id = m.place_id),
  m.title, m.text,
  case when i = 0 then 'withdrawn' when is_proposed then 'proposed' else 'approved' end,
  case when not is_proposed then m.raiser_id end, case when not is_proposed then at end,
  case when i = 0 then at + interval '9 days' end,
  case when i = 0 and n % 100 = 1 then '有误' end
{
        _SHOWN.replace(
            "where",
            '''cross join lateral (select i = 1 and n % 10 = 9 as is_proposed,
  m.raised_at + (i * 10 + 1) * interval '1 day' as at) shown
where''',
        )
    }""",
    f"""
insert into objection (tenant_id, id, version, made_at, matter_id, publication_id, person_id, text,
  state, answer, answered_at)
select m.tenant_id, pg_temp.identity(121, t.number, n * 2 + i), 1,
  m.raised_at + (i + 12) * interval '1 day', m.id, pg_temp.identity(120, t.number, n * 2 + i),
  m.raiser_id, '没修好', case when i = 0 then 'answered' else 'open' end,
  case when i = 0 then '已复查。' end,
  case when i = 0 then m.raised_at + interval '13 days' end
{_SHOWN}""",
)
