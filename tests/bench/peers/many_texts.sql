-- The same objects, each written as text: only what may need escaping goes through to_json.
with door as materialized (select set_config('sanfang.tenant', :p1::uuid::text, true))
select (select '[' || string_agg('{"id":"Unit:' || id || '","kind":"' || upper(kind) || '","name":'
    || to_json(name) || ',"since":"' || since || '","version":' || version || '}', ',') || ']'
  from (select id, kind, name, since, version from unit where tenant_id = :p1
    order by name, id limit 10000) u)
from door;
