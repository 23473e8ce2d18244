-- The same page, each object written as text.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select concat('[', string_agg(concat('{"id":"', u.id, '","name":', to_json(u.name), ',"linkages":', (
  select concat('[', string_agg(concat('{"id":"', l.id, '","since":', to_json(l.since),
    ',"estate":', coalesce((select concat('{"id":"', e.id, '","name":', to_json(e.name), '}') from unit e where e.tenant_id = :p1 and e.id = l.estate_id), 'null'),
    ',"branch":', coalesce((select concat('{"id":"', b.id, '","name":', to_json(b.name), '}') from unit b where b.tenant_id = :p1 and b.id = l.branch_id), 'null'),
    ',"committee":', coalesce((select concat('{"id":"', c.id, '","name":', to_json(c.name), '}') from unit c where c.tenant_id = :p1 and c.id = l.committee_id), 'null'),
    ',"firm":', coalesce((select concat('{"id":"', f.id, '","name":', to_json(f.name), '}') from unit f where f.tenant_id = :p1 and f.id = l.firm_id), 'null'),
    '}'), ','), ']')
  from (select * from linkage k where k.tenant_id = :p1 and k.grid_id = u.id and k.until is null
    order by k.since, k.id) l), '}'), ','), ']')
  from (select id, name from unit where tenant_id = :p1 and kind = 'grid' order by name, id limit 20) u)
from door;
