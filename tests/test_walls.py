"""The three walls: the county's door, row-level security, the policies; each tried by itself."""

from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from graphql import get_named_type
from sqlalchemy import Table, text
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

import policies
import schema
from infra.database import APP_ROLES, JOBS, Database, tables
from infra.migrations.walls import APPENDED_ONLY, ERASABLE, LASTING
from policies import Actor, Denied
from schema.reading.catalogue import Catalogue
from services.errors import Forbidden, NotFound, Refused
from tests.county import County
from tests.everything import Mutation, arguments, ids, lists, mutations, questions
from tests.raw_sql import Undo, changed, count, execute, id_of
from tests.schema.test_oracle import compiled
from tests.schema.world import World, world

TENANT_TABLES = [table for table in tables().sorted_tables if "tenant_id" in table.c]
QUEUE_TABLES = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")
MUTATIONS = list(mutations())
QUESTIONS = list(questions())
CHANGING = frozenset(mutation.permission for mutation in MUTATIONS)
# Done for a raiser who isn't registered, and then by the person who took the matter down.
RAISERS_ALONE = frozenset({"withdrawMatter", "resubmitMatter", "appealMatter", "confirmMatter"})
QUERIES = dict(lists())
# How what is no list is asked for.
ASKED = {
    "coverage": "coverage { estates }",
    "countyReport": 'countyReport(from: "2026-01-01", to: "2026-02-01") { raised }',
    "feeSummary": 'feeSummary(from: "2026-01-01", to: "2026-02-01") { inAll { paid } }',
    "reconciliation": 'reconciliation(from: "2026-01-01", to: "2026-02-01") { byItem { bills } }',
    "guarantees": 'guarantees(from: "2026-01-01", to: "2026-02-01") { lines { kept } }',
}


@pytest.fixture(scope="session")
async def mine(database: Database) -> World:
    """A county with a row in every table."""
    return await _filled(await County.new(database))


@pytest.fixture(scope="session")
async def theirs(database: Database) -> World:
    """Another one."""
    return await _filled(await County.new(database))


class TestRowLevelSecurity:
    """A session of one county and another's rows, table by table."""

    @pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
    async def test_another_countys_rows_are_not_seen_counted_changed_or_deleted(
        self, mine: World, theirs: World, table: Table
    ) -> None:
        name, other = table.name, theirs.county.id
        assert await count(mine, f"select count(*) from {name}") > 0, f"the world has no {name}"
        every = f"select count(*) from {name} where tenant_id <> '{mine.county.id}'"
        assert await count(mine, every) == 0
        assert await count(mine, f"select count(*) from {name} where tenant_id = '{other}'") == 0
        before = await count(theirs, f"select count(*) from {name}")
        for change in (
            f"update {name} set tenant_id = tenant_id where tenant_id = '{other}'",
            f"delete from {name} where tenant_id = '{other}'",
        ):
            is_kept = name in APPENDED_ONLY or (name in LASTING and change.startswith("delete"))
            is_kept = is_kept or (name in ERASABLE and change.startswith("update"))
            assert await changed(mine, change) in (0, "refused" if is_kept else 0)
        assert await count(theirs, f"select count(*) from {name}") == before

    @pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
    async def test_no_row_can_be_put_into_another_county(
        self, mine: World, theirs: World, table: Table
    ) -> None:
        moved = f"update {table.name} set tenant_id = '{theirs.county.id}'"
        assert await changed(mine, moved) == "refused"
        columns = ", ".join(column.name for column in table.c if column.name != "tenant_id")
        copied = (
            f"insert into {table.name} (tenant_id, {columns})"
            f" select '{theirs.county.id}', {columns} from {table.name} limit 1"
        )
        assert await changed(mine, copied) == "refused"

    @pytest.mark.parametrize("table", TENANT_TABLES, ids=lambda table: table.name)
    async def test_no_row_refers_to_another_countys(
        self, mine: World, theirs: World, table: Table
    ) -> None:
        for key in table.foreign_key_constraints:
            columns = [column.name for column in key.columns]
            if columns == ["tenant_id"]:
                continue
            assert columns[0] == "tenant_id", f"{key.name} can leave the county"
            if table.name in APPENDED_ONLY:
                continue
            referred = key.referred_table.name
            foreign = await id_of(theirs, f"select id from {referred} order by id limit 1")
            moved = f"update {table.name} set {columns[1]} = '{foreign}'"
            assert await changed(mine, moved) == "refused", key.name

    async def test_without_a_county_nothing_is_seen(self, database: Database, mine: World) -> None:
        for table in (*TENANT_TABLES, tables().tables["tenant"]):
            assert await database.reader.fetchval(f"select count(*) from {table.name}") == 0

    async def test_of_the_counties_themselves_only_ones_own_is_seen_and_none_is_changed(
        self, mine: World, theirs: World
    ) -> None:
        assert await count(mine, "select count(*) from tenant") == 1
        other = theirs.county.id
        assert await count(mine, f"select count(*) from tenant where id = '{other}'") == 0
        for change in ("update tenant set state = 'suspended'", "delete from tenant"):
            assert await changed(mine, change) in (0, "refused")

    async def test_the_reading_role_changes_nothing(self, mine: World) -> None:
        for table in TENANT_TABLES:
            with pytest.raises(DBAPIError):
                async with mine.county.session(read_only=True) as session:
                    await execute(session, f"delete from {table.name}")

    async def test_events_are_never_changed_or_removed(self, mine: World) -> None:
        for change in ("update event set name = 'x'", "delete from event", "truncate event"):
            assert await changed(mine, change) == "refused"


class TestTheQueue:
    """The clock's queue is no county's; its role and the app's know nothing of each other."""

    @pytest.mark.parametrize("table", tables().sorted_tables, ids=lambda table: table.name)
    async def test_its_role_is_let_at_no_table_of_ours(
        self, database: Database, table: Table
    ) -> None:
        connection = await database.address.connect(JOBS)
        try:
            for change in ("select count(*) from {}", "delete from {}", "truncate {}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(change.format(table.name))
        finally:
            await connection.close()

    @pytest.mark.parametrize("role", APP_ROLES)
    async def test_the_apps_roles_are_not_let_at_it(self, database: Database, role: str) -> None:
        connection = await database.address.connect(role)
        try:
            for table in QUEUE_TABLES:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"select count(*) from sanfang_jobs.{table}")
        finally:
            await connection.close()

    async def test_its_role_owns_nothing_and_makes_nothing(self, database: Database) -> None:
        connection = await database.address.connect(JOBS)
        try:
            owned = "select count(*) from pg_class where relowner = current_user::regrole"
            assert await connection.fetchval(owned) == 0
            for schema_ in ("public", "sanfang_jobs"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(f"create table {schema_}.mine (id int)")
        finally:
            await connection.close()

    async def test_its_tables_are_these(self, database: Database) -> None:
        connection = await database.address.connect()
        try:
            asked = "select tablename from pg_tables where schemaname = 'sanfang_jobs'"
            assert {row[0] for row in await connection.fetch(asked)} == set(QUEUE_TABLES)
        finally:
            await connection.close()

    async def test_what_reads_may_ask_of_it_is_two_moments(self, database: Database) -> None:
        row = await database.reader.fetchrow("select * from sanfang_clock()")
        assert row is not None
        assert [*row.keys()] == ["looked", "waiting"]
        connection = await database.address.connect(JOBS)
        try:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch("select * from sanfang_clock()")
        finally:
            await connection.close()


class TestEveryRole:
    """Every query field and every mutation, tried in every role."""

    @pytest.mark.parametrize("role", [role for role in policies.roles() if role != "client"])
    async def test_a_mutation_is_for_those_whom_the_policies_name(
        self, mine: World, role: str
    ) -> None:
        actor = await _in_role(mine, role)
        known = await ids(mine)
        for mutation in MUTATIONS:
            object_, action = mutation.permission
            reach = actor.reach(object_, action)
            is_denied = await _is_denied(mine, actor, mutation, arguments(mutation, known))
            if not reach:
                assert is_denied, (role, mutation.name)
            elif mutation.name in RAISERS_ALONE:
                # Somebody else took the matter down, so nobody here speaks for its raiser.
                assert is_denied, (role, mutation.name)
            elif reach.county or reach.units:
                assert not is_denied, (role, mutation.name)

    @pytest.mark.parametrize("role", policies.roles())
    async def test_a_query_field_is_for_those_who_may_read_its_object(
        self, database: Database, mine: World, platform: County, role: str
    ) -> None:
        known = {"client": mine.readers["client"], **platform.founders}
        actor = known.get(role) or await _in_role(mine, role)
        for name, object_ in QUERIES.items():
            asked = ASKED.get(name, f"{name} {{ totalCount }}")
            try:
                await compiled(database, actor, f"{{ {asked} }}")
                is_answered = True
            except Forbidden:
                is_answered = False
            assert is_answered == bool(actor.reach(object_, "read")), (role, name)

    @pytest.mark.parametrize("role", [role for role in policies.roles() if role != "client"])
    async def test_a_question_is_for_those_whom_the_policies_name(
        self, mine: World, role: str
    ) -> None:
        actor, known = await _in_role(mine, role), await ids(mine)
        for question in QUESTIONS:
            given = arguments(question, known) | {"action": "units.found"}
            names = {parameter.name for parameter in question.command.parameters}
            given = {name: value for name, value in given.items() if name in names}
            is_denied = await _is_denied(mine, actor, question, given)
            reach = actor.reach(*question.permission)
            is_anybodys = reach.own and not (reach.county or reach.units)
            assert is_denied == (not reach or is_anybodys), (role, question.name)

    async def test_no_mutation_is_open_to_the_public_or_to_a_client(self, mine: World) -> None:
        """But one: a client with all that it can be granted may register documents of its own."""
        known = await ids(mine)
        granted = replace(mine.readers["client"], limits=policies.ceiling())
        for actor, open_ in ((mine.readers["public"], set()), (granted, {"registerDocument"})):
            found = {
                mutation.name
                for mutation in MUTATIONS
                if not await _is_denied(mine, actor, mutation, arguments(mutation, known))
            }
            assert found == open_

    async def test_whoever_may_run_a_command_may_read_its_answer(self) -> None:
        built = schema.build()._schema
        readings = Catalogue.of(built).readings
        assert built.mutation_type is not None
        for mutation in MUTATIONS:
            type_ = get_named_type(built.mutation_type.fields[mutation.name].type)
            if type_.name not in readings:
                continue
            for role, held in policies.grants("anywhere").items():
                if mutation.permission in held:
                    assert (readings[type_.name].object, "read") in held, (role, mutation.name)

    async def test_an_auditor_changes_nothing(self) -> None:
        held = policies.grants("anywhere")["auditor"]
        changing = {permission for permission in held if permission in CHANGING}
        anybodys = policies.grants("anywhere")["public"]
        own = {permission for permission in anybodys if permission in CHANGING}
        # Drawing, revealing and exporting are put on record, and change nothing else.
        assert changing - own == {("audits", verb) for verb in ("sample", "reveal", "export")}
        changing = own
        assert {scope for each in changing for scope in held[each]} == {policies.Scope.own}

    async def test_every_object_that_is_read_has_a_policy_line(self) -> None:
        catalogue = Catalogue.of(schema.build()._schema)
        computed = {"coverage", "fees", "guarantees", "reconciliations", "reports", "schema"}
        read = {reading.object for reading in catalogue.readings.values()} | computed
        assert read == {object_ for object_, action in policies.permissions() if action == "read"}

    async def test_every_mutation_has_a_policy_line_and_every_line_a_mutation(self) -> None:
        commands = {asked.permission for asked in (*MUTATIONS, *QUESTIONS)}
        lines = {line for line in policies.permissions() if line[1] != "read"}
        assert commands == lines


class TestForeignIds:
    """An id of another county in any argument is as one that doesn't exist."""

    @pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
    async def test_each_argument_refuses_it_as_it_does_a_missing_one(
        self, mine: World, theirs: World, mutation: Mutation
    ) -> None:
        role = _allowed(mutation)
        known, foreign = await ids(mine), await ids(theirs)
        actor = await _in_role(mine, role)
        given, beyond = arguments(mutation, known), arguments(mutation, foreign)
        before = await mine.county.events(), await theirs.county.events()
        for parameter in mutation.command.parameters:
            if parameter.of in (None, "Tenant"):
                continue
            missing: Any = [uuid7()] if parameter.is_list else uuid7()
            said = [
                await _refusal(mine, actor, mutation, given | {parameter.name: id_})
                for id_ in (beyond[parameter.name] or foreign[parameter.of], missing)
            ]
            assert said[0] == said[1], (mutation.name, parameter.name)
        assert (await mine.county.events(), await theirs.county.events()) == before


async def _filled(county: County) -> World:
    made = await world(county)
    async with county.session() as session:
        for statement in (
            "insert into command (tenant_id, id, subject_id, key, name, arguments_hash, made_at)"
            " values (:t, :i, :i, 'k', 'units.found', 'x', now())",
            "insert into refresh_token (tenant_id, id, account_id, family_id, token_hash, began_at,"
            " expires_at) select :t, :i, id, :i, '\\x00', now(), now() + interval '1 day'"
            " from account limit 1",
        ):
            bound = text(statement).bindparams(t=county.id, i=uuid7())
            await session.exec(bound)  # type: ignore[call-overload]
    return made


async def _in_role(here: World, role: str) -> Actor:
    """Somebody in this role at the county's top; the platform's operator is none of a county."""
    known = {"public": here.readers["public"], **here.county.founders}
    if role in known:
        return known[role]
    if role == "platform_operator":
        return Actor(here.county.id, here.county.slug, person_id=uuid7())
    return await here.county.actor(role)


def _allowed(mutation: Mutation) -> str:
    table = policies.grants("anywhere")
    object_, action = mutation.permission
    roles = [role for role in reversed([*table]) if role not in ("public", "client")]
    fitting = (
        role
        for scope in policies.Scope
        for role in roles
        if scope in table[role].get((object_, action), set())
    )
    return next(fitting)


async def _refusal(here: World, actor: Actor, mutation: Mutation, given: dict[str, Any]) -> Any:
    """What is said, without the id that the caller knows anyway."""
    try:
        await _rolled_back(here, actor, mutation, given)
    except NotFound as refused:
        return type(refused), str(refused.facts["id"]).partition(":")[0]
    except (Refused, Denied) as refused:
        return type(refused), str(refused)
    return "done"


async def _is_denied(here: World, actor: Actor, mutation: Mutation, given: dict[str, Any]) -> bool:
    try:
        await _rolled_back(here, actor, mutation, given)
    except Denied:
        return True
    except (Refused, DBAPIError):
        return False
    return False


async def _rolled_back(
    here: World, actor: Actor, mutation: Mutation, given: dict[str, Any]
) -> None:
    try:
        async with here.county.session() as session:
            await mutation.command.run(session, actor, **given)
            await session.flush()
            raise Undo()
    except Undo:
        return
