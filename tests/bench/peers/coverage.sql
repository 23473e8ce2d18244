-- What the county's coverage asks, as one would write it by hand; the tenant comes by row security.
select
  (select count(*)::integer from unit e where e.kind = 'estate' and e.until is null) as estates,
  (select count(*)::integer
     from unit e
     join linkage l on l.tenant_id = e.tenant_id and l.estate_id = e.id and l.until is null
    where e.kind = 'estate' and e.until is null and l.branch_id is not null
      and l.committee_id is not null and l.firm_id is not null) as "estatesLinked",
  (select count(*)::integer from unit f where f.kind = 'firm' and f.until is null) as firms,
  (select count(*)::integer
     from unit f
    where f.kind = 'firm' and f.until is null and exists (
      select from unit_path p
        join unit b on b.tenant_id = p.tenant_id and b.id = p.unit_id
       where p.tenant_id = f.tenant_id and p.ancestor_id = f.id
         and b.kind = 'party_branch' and b.until is null)) as "firmsWithPartyOrganisation",
  (select count(*)::integer
     from unit f
    where f.kind = 'firm' and f.until is null and exists (
      select from appointment a
        join post p on p.tenant_id = a.tenant_id and p.id = a.post_id
       where a.tenant_id = f.tenant_id and a.unit_id = f.id and p.role = 'instructor'
         and a.state = 'confirmed' and a.starts_at <= now()
         and (a.ends_at is null or a.ends_at > now()))) as "firmsWithInstructor",
  (select count(distinct served.person_id)::integer
     from (
       select l.estate_id, a.person_id
         from linkage l
         join unit_path p on p.tenant_id = l.tenant_id
          and p.ancestor_id in (l.branch_id, l.committee_id, l.firm_id)
         join appointment a on a.tenant_id = p.tenant_id and a.unit_id = p.unit_id
        where l.until is null and a.state = 'confirmed' and a.starts_at <= now()
          and (a.ends_at is null or a.ends_at > now())
        group by l.estate_id, a.person_id
       having count(distinct p.ancestor_id) > 1) served) as "crossAppointed"
