-- The same page, each object made of a row.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select json_agg(row_to_json(o)) from (
  select u.id, u.name,
  (select coalesce(json_agg(row_to_json(k)), '[]'::json) from (
    select l.id, l.since,
      (select row_to_json(x) from (select e.id, e.name from unit e where e.tenant_id = :p1 and e.id = l.estate_id) x) as estate,
      (select row_to_json(x) from (select b.id, b.name from unit b where b.tenant_id = :p1 and b.id = l.branch_id) x) as branch,
      (select row_to_json(x) from (select c.id, c.name from unit c where c.tenant_id = :p1 and c.id = l.committee_id) x) as committee,
      (select row_to_json(x) from (select f.id, f.name from unit f where f.tenant_id = :p1 and f.id = l.firm_id) x) as firm
     from linkage l where l.tenant_id = :p1 and l.grid_id = u.id and l.until is null
    order by l.since, l.id) k) as linkages
  from (select id, name from unit where tenant_id = :p1 and kind = 'grid' order by name, id limit 20) u) o)::text
from door;
