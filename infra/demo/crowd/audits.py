"""What auditors and administrators left in a crowd's counties, by SQL."""

AUDITS = (
    # A proposal for each edition but the first: made by one, approved by another.
    """
insert into pack_proposal (tenant_id, id, version, made_at, made_by, base_id, document, reason,
  state, approved_by, pack_id)
select p.tenant_id, pg_temp.identity(84, t.number, p.edition), 4, p.since, t.administrator, b.id,
  p.document, '年度调整', 'activated', t.security, p.id
from pack p join county t using (tenant_id)
join pack b on b.tenant_id = p.tenant_id and b.edition = p.edition - 1""",
    """
insert into audit_sample (tenant_id, id, version, made_at, made_by, seed, ends_at, population,
  event_ids)
select t.tenant_id, pg_temp.identity(85, t.number, n), 1, at, t.security, 'seed-' || n, at, 1,
  array[pg_temp.identity(80, t.number, 1)]
from county t cross join generate_series(1, 12) n
cross join lateral (select timestamptz '2025-01-01Z' + n * interval '30 days' as at) moment""",
    """
insert into audit_export (tenant_id, id, version, made_at, made_by, format, ends_at, state, total,
  done, finished_at)
select t.tenant_id, pg_temp.identity(86, t.number, n), 2, at, t.security, 'jsonl', at, 'done', 1, 1,
  at
from county t cross join generate_series(1, 12) n
cross join lateral (select timestamptz '2025-01-01Z' + n * interval '30 days' as at) moment""",
    """
insert into audit_export_part (tenant_id, id, export_id, number, name, sha256, size, lines, made_at)
select e.tenant_id, pg_temp.identity(87 + n, t.number, row_number() over (
    partition by e.tenant_id, n order by e.id)), e.id, n + 1,
  case n when 0 then 'events-0001.jsonl' else 'manifest.json' end, repeat('0', 64), 1, 1, e.made_at
from audit_export e join county t using (tenant_id) cross join generate_series(0, 1) n""",
)
