"""The revisions make exactly what the tables say, and around each of them its wall."""

from importlib import import_module

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, NullPool, text
from sqlmodel.sql.sqltypes import AutoString

from infra import migrate
from infra.database import READ_ONLY, READ_WRITE, ROLES, Database, tables
from infra.migrations.walls import APPENDED_ONLY, ERASABLE, LASTING

DEFINITIONS = """
select conrelid::regclass::text || ': ' || conname || ': ' || pg_get_constraintdef(oid)
from pg_constraint where connamespace = to_regnamespace('{schema}') and contype not in ('n', 't')
  and conrelid::regclass::text not like '%alembic_version'
union all
select tablename || ': ' || regexp_replace(indexdef, ' ON [^ ]+', ' ON') from pg_indexes
where schemaname = '{schema}' and tablename <> 'alembic_version'
union all
select table_name || ': ' || column_name || ' ' || data_type || ' ' || is_nullable
  || coalesce(character_maximum_length::text, '')
from information_schema.columns where table_schema = '{schema}' and table_name <> 'alembic_version'
"""
ASKED_ONCE: tuple[str, ...] = import_module("infra.migrations.versions.0002_walls_ask_once").TABLES
OLD = "tenant_id = nullif(current_setting('sanfang.tenant', true), '')::uuid"


# What revision 0002 gave the present form: the tables of before it.
ASKED_ONCE = import_module("infra.migrations.versions.0002_walls_ask_once").TABLES


@pytest.fixture
async def owner(database: Database) -> "asyncpg.Connection[asyncpg.Record]":
    return await database.address.connect()


class TestRevisions:
    async def test_nothing_is_left_to_draft(self, database: Database) -> None:
        engine = database.address.engine(poolclass=NullPool)
        async with engine.connect() as connection:
            assert await connection.run_sync(_differences) == []

    async def test_every_check_key_and_index_is_the_tables(self, database: Database) -> None:
        """Alembic compares no CHECK: so the tables are made anew beside them, and read back."""
        engine = database.address.engine(poolclass=NullPool)
        async with engine.connect() as connection:
            migrated = await connection.run_sync(_definitions, "public")
            await connection.execute(text("create schema drafted"))
            await connection.execute(text("set local search_path to drafted"))
            await connection.run_sync(tables().create_all)
            drafted = await connection.run_sync(_definitions, "drafted")
            await connection.rollback()
        assert drafted == migrated

    async def test_walls_of_before_get_the_present_form(self, database: Database) -> None:
        engine = database.address.engine(poolclass=NullPool)
        async with engine.connect() as connection:
            now = await connection.run_sync(_walls)
            for table in ASKED_ONCE:
                old = f'alter policy own_tenant on "{table}" using ({OLD}) with check ({OLD})'
                await connection.execute(text(old))
            await connection.execute(text("update alembic_version set version_num = '0001'"))
            assert await connection.run_sync(_walls) != now
            await connection.run_sync(migrate._upgrade, "0002")
            upgraded = await connection.run_sync(_walls)
            await connection.rollback()
        assert upgraded == now

    async def test_a_second_run_finds_nothing_to_do(self, database: Database) -> None:
        assert await migrate.upgrade_at(database.address) is False
        assert await migrate.applied(database.address) == migrate.head()


class TestWalls:
    async def test_every_county_table_is_forced(self, database: Database) -> None:
        rows = await _ask(
            database,
            "select c.relname, c.relrowsecurity, c.relforcerowsecurity, p.polcmd,"
            " pg_get_expr(p.polqual, c.oid) as seen, pg_get_expr(p.polwithcheck, c.oid) as written"
            " from pg_class c left join pg_policy p on p.polrelid = c.oid"
            " where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'",
        )
        found = {row["relname"]: row for row in rows}
        for table in _county_tables():
            row = found[table]
            assert row["relrowsecurity"], table
            assert row["relforcerowsecurity"], table
            assert row["polcmd"] == b"*", table
            assert row["seen"] == row["written"], table
            once = "tenant_id = ( SELECT (NULLIF(current_setting('sanfang.tenant'"
            assert once in row["seen"], table

    async def test_the_tables_are_the_owners(self, database: Database) -> None:
        rows = await _ask(
            database,
            "select distinct tableowner from pg_tables"
            " where schemaname in ('public', 'sanfang_jobs')",
        )
        assert not {row["tableowner"] for row in rows} & set(ROLES)

    async def test_the_roles_bypass_nothing(self, database: Database) -> None:
        rows = await _ask(
            database,
            "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication"
            " or exists (select from pg_auth_members m where m.member = r.oid) as may_more"
            f" from pg_roles r where rolname in {ROLES}",
        )
        assert [row["may_more"] for row in rows] == [False] * len(ROLES)

    @pytest.mark.parametrize("table", sorted({*tables().tables} - {"tenant"}))
    async def test_each_role_has_its_grants_and_no_more(
        self, database: Database, table: str
    ) -> None:
        later = set() if table in APPENDED_ONLY else {"UPDATE", "DELETE"}
        later -= {"DELETE"} if table in LASTING else set()
        later -= {"UPDATE"} if table in ERASABLE else set()
        assert await _grants(database, table, READ_WRITE) == {"SELECT", "INSERT"} | later
        assert await _grants(database, table, READ_ONLY) == {"SELECT"}

    async def test_events_are_among_what_is_only_appended(self) -> None:
        assert "event" in APPENDED_ONLY

    async def test_counties_are_made_by_the_owner_only(self, database: Database) -> None:
        assert await _grants(database, "tenant", READ_WRITE) == {"SELECT"}
        assert await _grants(database, "tenant", READ_ONLY) == {"SELECT"}


def _county_tables() -> set[str]:
    return {name for name, table in tables().tables.items() if "tenant_id" in table.columns}


def _walls(connection: Connection) -> list[object]:
    found = connection.execute(text("select * from pg_policies order by tablename, policyname"))
    return [tuple(row) for row in found]


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
    return [*compare_metadata(context, tables())]


def _same_type(*facts: object) -> bool | None:
    """sqlmodel's own text type is text; the definitions below compare its length."""
    return False if isinstance(facts[4], AutoString) else None


def _definitions(connection: Connection, schema: str) -> list[str]:
    rows = connection.execute(text(DEFINITIONS.format(schema=schema)))
    return sorted(row[0].replace(f"{schema}.", "") for row in rows)


async def _ask(database: Database, question: str) -> list[asyncpg.Record]:
    connection = await database.address.connect()
    try:
        return await connection.fetch(question)
    finally:
        await connection.close()


async def _grants(database: Database, table: str, role: str) -> set[str]:
    rows = await _ask(
        database,
        "select privilege_type from information_schema.role_table_grants"
        f" where table_schema = 'public' and table_name = '{table}' and grantee = '{role}'",
    )
    return {row["privilege_type"] for row in rows}
