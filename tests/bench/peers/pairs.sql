-- The three-level page by hand, each object made of pairs.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select json_agg(json_build_object('id', u.id, 'name', u.name, 'linkages',
  (select coalesce(json_agg(json_build_object('id', l.id, 'since', l.since,
      'estate', (select json_build_object('id', e.id, 'name', e.name) from unit e where e.tenant_id = :p1 and e.id = l.estate_id),
      'branch', (select json_build_object('id', b.id, 'name', b.name) from unit b where b.tenant_id = :p1 and b.id = l.branch_id),
      'committee', (select json_build_object('id', c.id, 'name', c.name) from unit c where c.tenant_id = :p1 and c.id = l.committee_id),
      'firm', (select json_build_object('id', f.id, 'name', f.name) from unit f where f.tenant_id = :p1 and f.id = l.firm_id))
      order by l.since, l.id), '[]'::json)
     from linkage l where l.tenant_id = :p1 and l.grid_id = u.id and l.until is null)))
  from (select id, name from unit where tenant_id = :p1 and kind = 'grid' order by name, id limit 20) u)::text
from door;
