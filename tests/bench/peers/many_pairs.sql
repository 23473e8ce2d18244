-- 10,000 objects by hand, each made of pairs.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select json_agg(json_build_object('id', 'Unit:' || id, 'kind', upper(kind), 'name', name,
    'since', since, 'version', version))
  from (select id, kind, name, since, version from unit where tenant_id = :p1
    order by name, id limit 10000) u)::text
from door;
