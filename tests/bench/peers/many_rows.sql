-- The same objects, each made of a row.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select json_agg(row_to_json(o)) from (
  select 'Unit:' || id as id, upper(kind) as kind, name, since, version
  from (select id, kind, name, since, version from unit where tenant_id = :p1
    order by name, id limit 10000) u) o)::text
from door;
