"""The doctor (体检): what an installation stands on, looked at one by one and said in a line each.

The walls are looked for in the database itself, not in what the code means to have built.
"""

import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import asyncpg

from infra import lateness, migrate
from infra.database import APP_ROLES, JOBS, READ_ONLY, ROLES, Address, reach
from infra.embedded import EmbeddedError
from infra.migrations.walls import APPENDED_ONLY
from infra.settings import KEY_FILE, Settings

LEAST_VERSION = 150000
LATE = timedelta(minutes=5)
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

UNWALLED = """
select c.relname from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and not (c.relrowsecurity and c.relforcerowsecurity
    and exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive
      and p.polcmd = '*' and pg_get_expr(p.polqual, c.oid) like '%tenant_id = %sanfang.tenant%'
      and pg_get_expr(p.polwithcheck, c.oid) like '%tenant_id = %sanfang.tenant%'))
order by 1"""

OVERBEARING = """
select rolname from pg_roles r where rolname = any($1)
  and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb
    or exists (select from pg_class c where c.relowner = r.oid)
    or exists (select from pg_auth_members m where m.member = r.oid))"""

REWRITABLE = """
select grantee || ' ' || privilege_type from information_schema.role_table_grants
where table_schema = 'public' and grantee = any($1)
  and (table_name = any($2) and privilege_type not in ('SELECT', 'INSERT')
    or grantee = 'sanfang_ro' and privilege_type <> 'SELECT')"""

BEYOND = """
select r.rolname || ' ' || c.relname from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_roles r on n.nspname = $1 and r.rolname = any($2) or n.nspname = 'public' and r.rolname = $3
where c.relkind in ('r', 'p', 'v', 'm')
  and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete, truncate')
order by 1"""

# Reads keep a connection for as long as a process serves.
IS_SERVED = """
select exists (select from pg_stat_activity where datname = current_database() and usename = $1)"""

OLDEST_COUNTY = """
select min(created_at) from tenant where state = 'active' and slug <> 'platform'"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name in both languages, whether it is well, and what was seen."""

    zh: str
    en: str
    is_well: bool
    seen: str


async def examine(settings: Settings) -> list[Finding]:
    """Everything in turn; what can't be reached ends the examination there."""
    found = [_key(settings)]
    if not found[0].is_well:
        return found
    try:
        async with reach(settings) as address:
            connection = await address.connect()
            try:
                found += [finding async for finding in _database(address, connection)]
            finally:
                await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, EmbeddedError) as refused:
        found.append(Finding("数据库", "Database", False, str(refused) or repr(refused)))
    return found


def _key(settings: Settings) -> Finding:
    """The key can be read, and where it is a file, by its owner only."""
    try:
        settings.master()
    except (OSError, ValueError) as refused:
        return Finding("主密钥", "Master key", False, str(refused))
    path = settings.data_dir / KEY_FILE
    if settings.master_key is not None:
        return Finding("主密钥", "Master key", True, "SANFANG_MASTER_KEY")
    is_private = not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return Finding(
        "主密钥", "Master key", is_private, f"{path}{'' if is_private else ': chmod 600'}"
    )


async def _database(address: Address, connection: Connection) -> AsyncIterator[Finding]:
    is_served = bool(await connection.fetchval(IS_SERVED, READ_ONLY))
    number = int(await connection.fetchval("show server_version_num"))
    version = str(await connection.fetchval("show server_version"))
    yield Finding("数据库版本", "Database version", number >= LEAST_VERSION, version)
    fsync = str(await connection.fetchval("show fsync"))
    yield Finding("落盘", "Durability", fsync == "on", f"fsync {fsync}")
    at, wanted = await migrate.applied(address), migrate.head()
    seen = f"{at or '-'} / {wanted}" + ("" if at == wanted else ": sanfang migrate")
    yield Finding("迁移", "Migrations", at == wanted, seen)
    if at is not None:
        yield await _roles(connection)
        for role in ROLES:
            yield await _sign_in(address, role)
        yield await _walls(connection)
        yield await _grants(connection)
        yield await _queue(connection)
    if at == wanted:
        yield await _clock(connection, is_served)


async def _roles(connection: Connection) -> Finding:
    known = await connection.fetch("select rolname from pg_roles where rolname = any($1)", ROLES)
    strong = {row["rolname"] for row in await connection.fetch(OVERBEARING, ROLES)}
    missing = set(ROLES) - {row["rolname"] for row in known}
    seen = ", ".join(sorted(strong | missing)) or ", ".join(ROLES)
    return Finding("应用角色的权力", "Roles' powers", not strong and not missing, seen)


async def _sign_in(address: Address, role: str) -> Finding:
    """The role gets in, and sees no county before one is named; the queue's can't even ask."""
    try:
        connection = await address.connect(role)
    except (OSError, asyncpg.PostgresError) as refused:
        return Finding("应用角色登录", "Role signs in", False, f"{role}: {refused}")
    try:
        seen = int(await connection.fetchval("select count(*) from tenant"))
    except asyncpg.InsufficientPrivilegeError:
        return Finding("应用角色登录", "Role signs in", role == JOBS, f"{role}: -")
    finally:
        await connection.close()
    return Finding("应用角色登录", "Role signs in", seen == 0, f"{role}: {seen}")


async def _walls(connection: Connection) -> Finding:
    counted = await connection.fetchval(
        "select count(*) from information_schema.columns"
        " where table_schema = 'public' and column_name = 'tenant_id'"
    )
    bare = [str(row["relname"]) for row in await connection.fetch(UNWALLED)]
    seen = ", ".join(bare) or f"{counted}"
    return Finding("行级安全", "Row-level security", not bare and counted > 0, seen)


async def _grants(connection: Connection) -> Finding:
    loose = [str(row[0]) for row in await connection.fetch(REWRITABLE, APP_ROLES, APPENDED_ONLY)]
    seen = ", ".join(loose) or ", ".join(sorted(APPENDED_ONLY))
    return Finding("记录只增不改", "Events stay", not loose, seen)


async def _queue(connection: Connection) -> Finding:
    """The queue's role is let at no county's table, nobody else's at the queue."""
    beyond = [str(row[0]) for row in await connection.fetch(BEYOND, JOBS, APP_ROLES, JOBS)]
    return Finding("任务队列隔离", "Queue apart", not beyond, ", ".join(beyond) or JOBS)


async def _clock(connection: Connection, is_served: bool) -> Finding:
    """A county was looked at lately; where nobody serves, or no county is, nobody has to look."""
    state, oldest = await lateness.state(connection), await connection.fetchval(OLDEST_COUNTY)
    since = state.looked or oldest
    is_late = state.behind > LATE or (since is not None and state.at - since > LATE)
    looked = "-" if state.looked is None else f"{state.looked:%Y-%m-%d %H:%M:%S}Z"
    late = f", {state.behind.total_seconds():.0f} s" if state.waiting is not None else ""
    is_well = not (is_late and is_served and oldest is not None)
    return Finding("时钟上次查看", "Clock last looked", is_well, looked + late)
