"""Row-level security (行级安全): what stands around a table before its first row is written.

A county's table is forced to show its own county's rows only, to its owner too. The table of
counties shows each its own row, and all of them to the platform (平台), which alone suspends one.
"""

from alembic import op

READ_WRITE = "sanfang_rw"
READ_ONLY = "sanfang_ro"
TENANTS = "tenant"
APPENDED_ONLY = frozenset({"event", "rule_book"})
PLATFORM_ID = "00000000-0000-0000-0000-000000000001"
TENANT = "nullif(current_setting('sanfang.tenant', true), '')::uuid"

ROLE = """
do $$ begin
  if not exists (select from pg_roles where rolname = '{role}') then
    create role {role} login;
  end if;
end $$"""

FIND_TENANT = """
create function public.sanfang_tenant(wanted text) returns table (id uuid, state text)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select t.id, t.state::text from public.tenant t where t.slug = wanted $$"""

PLATFORM = """
insert into tenant (id, slug, name, name_en, state, created_at)
values ('00000000-0000-0000-0000-000000000001', 'platform', '平台', 'Platform', 'active', now())"""


def make_roles() -> None:
    """The app's two roles: they own nothing and bypass nothing."""
    for role in (READ_WRITE, READ_ONLY):
        op.execute(ROLE.format(role=role))
        op.execute(f"grant usage on schema public to {role}")
        op.execute(f"grant select on public.alembic_version to {role}")


def guard(table: str) -> None:
    """Wall in a table and let the app's roles at it; an event is written once and stays."""
    if table == TENANTS:
        _guard_tenants()
        return
    op.execute(f'alter table "{table}" enable row level security')
    op.execute(f'alter table "{table}" force row level security')
    op.execute(
        f'create policy own_tenant on "{table}"'
        f" using (tenant_id = {TENANT}) with check (tenant_id = {TENANT})"
    )
    writes = "insert" if table in APPENDED_ONLY else "insert, update, delete"
    op.execute(f'grant select, {writes} on "{table}" to {READ_WRITE}')
    op.execute(f'grant select on "{table}" to {READ_ONLY}')


def _guard_tenants() -> None:
    """Not forced: the owner makes counties, `sanfang_tenant` finds one by its name for anybody."""
    is_platform = f"{TENANT} = '{PLATFORM_ID}'::uuid"
    op.execute("alter table tenant enable row level security")
    op.execute(f"create policy own_row on tenant for select using (id = {TENANT} or {is_platform})")
    op.execute(
        f"create policy by_platform on tenant for update using ({is_platform})"
        f" with check ({is_platform})"
    )
    op.execute(f"grant select on tenant to {READ_WRITE}, {READ_ONLY}")
    op.execute(f"grant update (state) on tenant to {READ_WRITE}")
    op.execute(FIND_TENANT)
    op.execute("revoke all on function public.sanfang_tenant(text) from public")
    op.execute(
        f"grant execute on function public.sanfang_tenant(text) to {READ_WRITE}, {READ_ONLY}"
    )
    op.execute(PLATFORM)
