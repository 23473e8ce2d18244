"""What the compiler answers, the plain executor answers too: every field, every kind of reader."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type

import schema
from infra.database import Database, tables
from policies import Actor
from schema.documents import Documents
from schema.limits import Limits
from schema.reading import Call, PageLimits, Plan, Reader
from schema.reading.declare import Question
from services import authority
from services.errors import Forbidden
from services.standing import Authority
from services.tables import Recorded
from tests.county import County
from tests.schema.oracle import Oracle
from tests.schema.questions import EVERYTHING
from tests.schema.world import World, world

BUILT = schema.build()._schema
READER = Reader(BUILT)
# By the reader and the document.
Plans: TypeAlias = Mapping[tuple[str, str], tuple[Plan, Call]]
DOCUMENTS = Documents(BUILT, Limits(60, aliases=4_000, tokens=40_000, fields=8_000, directives=400))


@pytest.fixture(scope="module")
async def beside(database: Database) -> County:
    """Another county, which must never show."""
    county = await County.new(database)
    await county.tree()
    return county


@pytest.fixture(scope="module")
async def here(database: Database, beside: County) -> World:
    """A county with something of everything; nothing here changes it."""
    return await world(await County.new(database))


@pytest.fixture(scope="module")
async def plans(database: Database, here: World) -> Plans:
    """The plan of every document for each reader who asks it; made once, looked at by several."""
    return {
        (name, text): planned(held, text)
        for name, documents in EVERYTHING.items()
        for held in [await standing(database, here.readers[name])]
        for text in documents
    }


async def standing(database: Database, actor: Actor) -> Authority:
    """The reader's authority, as the database knows it."""
    async with database.session(actor.tenant_id, read_only=True) as session:
        return await authority.load(
            session, actor.tenant_id, person_id=actor.person_id, client_id=actor.client_id
        )


def planned(
    held: Authority, text: str, variables: Mapping[str, Any] | None = None
) -> tuple[Plan, Call]:
    """The plan of a document under this authority, and the call that it is for."""
    document = DOCUMENTS.read(text)
    operation = document.operation(None)
    assert operation is not None
    coerced = DOCUMENTS.variables(operation, dict(variables or {}))
    call = Call(held, coerced, PageLimits(), constants=document.constants)
    return READER.query(document, operation, call), call


async def compiled(
    database: Database, actor: Actor, text: str, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What the compiled statement answers this reader, in one round trip."""
    return await answered(database, planned(await standing(database, actor), text, variables))


async def answered(database: Database, asked: tuple[Plan, Call]) -> dict[str, Any]:
    """What a plan answers."""
    plan, call = asked
    return parsed(await database.reader.fetchval(plan.sql, *plan.arguments(call)))


def parsed(answer: bytes | None) -> dict[str, Any]:
    """An answer's JSON, in which no object has a key twice."""
    assert answer is not None
    found: dict[str, Any] = json.loads(answer, object_pairs_hook=_each_once)
    return found


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    assert len(found) == len(members), members
    return found


class TestOracle:
    """The compiled answer and the executor's, key by key in their order."""

    async def test_they_agree_on_every_document_for_every_reader(
        self, database: Database, here: World, plans: Plans
    ) -> None:
        visited: set[tuple[str, str]] = set()
        for name, documents in EVERYTHING.items():
            oracle = await Oracle.of(here.county, here.readers[name])
            for document in documents:
                answer = await answered(database, plans[name, document])
                assert json.dumps(answer) == json.dumps(oracle.answer(document)), (name, document)
            visited |= oracle.visited
        # A history is the same whatever it is of.
        assert ("Unit", "history") in visited
        assert not {one for one in fields_of_schema() - visited if one[1] != "history"}

    async def test_an_object_of_more_than_fifty_fields_keeps_their_order(
        self, database: Database, here: World
    ) -> None:
        actor = here.readers["auditor"]
        wide = " ".join(f"a{i}: {('name', 'version', 'until')[i % 3]}" for i in range(130))
        document = f"{{ units(first: 3) {{ nodes {{ {wide} }} }} }}"
        oracle = await Oracle.of(here.county, actor)
        answer = await compiled(database, actor, document)
        assert json.dumps(answer) == json.dumps(oracle.answer(document))

    async def test_coverage_is_of_the_unit_that_is_asked_for(
        self, database: Database, here: World
    ) -> None:
        actor = here.readers["auditor"]
        document = (
            "query ($u: ID) { coverage(unit: $u) { estates estatesLinked gaps { missing } } }"
        )
        oracle = await Oracle.of(here.county, actor)
        for grid in here.tree.grids:
            given = {"u": f"Unit:{grid.id}"}
            answer = await compiled(database, actor, document, given)
            assert json.dumps(answer) == json.dumps(oracle.answer(document, given))

    async def test_pages_join_to_the_whole_both_ways(self, database: Database, here: World) -> None:
        actor = here.readers["auditor"]
        every = await compiled(database, actor, "{ units(first: 100) { nodes { id } } }")
        for direction in ("ASC", "DESC"):
            forward = await walk(database, actor, "first", "after", direction)
            backward = await walk(database, actor, "last", "before", direction)
            ids = [node["id"] for node in every["units"]["nodes"]]
            assert forward == (ids if direction == "ASC" else ids[::-1])
            assert backward == forward

    async def test_node_finds_what_the_reader_may_see_and_nothing_else(
        self, database: Database, here: World, beside: County
    ) -> None:
        document = "query ($id: ID!) { node(id: $id) { id __typename ... on Unit { name } } }"
        mine, theirs = here.tree.estate.id, beside.root.id
        for name in ("auditor", "public"):
            found = await compiled(database, here.readers[name], document, {"id": f"Unit:{mine}"})
            assert found["node"] == {"id": f"Unit:{mine}", "__typename": "Unit", "name": "桂花园"}
            none = await compiled(database, here.readers[name], document, {"id": f"Unit:{theirs}"})
            assert none == {"node": None}

    def test_every_table_of_a_statement_names_the_county_itself(self, plans: Plans) -> None:
        walled = {table.name for table in tables().sorted_tables if "tenant_id" in table.c}
        known = {**dict.fromkeys(walled, "tenant_id"), "tenant": "id"}
        seen: set[str] = set()
        for (_, text), (plan, _) in plans.items():
            (tenant,) = set(re.findall(r"tenant\.id = (\$\d+)::UUID", plan.sql))
            # A column that is called as a table is comes behind its own table and a dot.
            for table, alias in re.findall(r"(?<!\.)\b(\w+) AS (\w+)", plan.sql):
                if table in known:
                    seen.add(table)
                    assert is_walled(plan.sql, alias, known[table], tenant), (table, alias, text)
        assert {
            "tenant",
            "unit",
            "person",
            "appointment",
            "linkage",
            "event",
            "unit_path",
            "pack",
        } <= seen

    async def test_a_phone_is_masked_and_found_only_whole(
        self, database: Database, here: World
    ) -> None:
        found = await compiled(
            database,
            here.readers["auditor"],
            '{ people(filter: {name: "王小明"}) { nodes { phone } } }',
        )
        assert found["people"]["nodes"] == [{"phone": "199****1234"}]

    async def test_what_is_sealed_is_read_nowhere_and_compared_at_most(
        self, database: Database, here: World, plans: Plans
    ) -> None:
        sealed = {name for row in Recorded.__subclasses__() for name in row.unrecorded}
        by_number = '{ people(filter: {phone: "19900001234"}) { edges { node { phone } } } }'
        held = await standing(database, here.readers["secretary"])
        searched, _ = planned(held, by_number)
        for sql in (searched.sql, *(plan.sql for plan, _ in plans.values())):
            compared = re.sub(r"\w+\.(phone|identity)_hash = any\(\$\d+::BYTEA\[\]\)", "", sql)
            assert not [name for name in sealed if name in compared], sql
        assert {"phone_cipher", "password_hash", "secret_hash", "wrapped"} <= sealed

    async def test_what_a_reader_may_not_read_at_all_is_refused_before_the_database(
        self, database: Database, here: World
    ) -> None:
        for name, document in (
            ("public", "{ people { nodes { name } } }"),
            ("secretary", "{ events { totalCount } }"),
            ("resident", "{ accounts { nodes { name } } packs { totalCount } }"),
        ):
            with pytest.raises(Forbidden):
                await compiled(database, here.readers[name], document)


def is_walled(sql: str, alias: str, column: str, tenant: str) -> bool:
    """Whether an alias is bound to the county itself.

    By way of another table isn't enough: PostgreSQL would expect it to be empty, and plan for that.
    """
    return f"{alias}.{column} = {tenant}::UUID" in sql


async def walk(
    database: Database, actor: Actor, size: str, place: str, direction: str
) -> list[str]:
    """Every id of the list, page by page."""
    ids: list[str] = []
    at: str | None = None
    edge = "endCursor" if size == "first" else "startCursor"
    more = "hasNextPage" if size == "first" else "hasPreviousPage"
    document = (
        f"query ($at: String) {{ units({size}: 3, {place}: $at, direction: {direction})"
        f" {{ nodes {{ id }} pageInfo {{ {edge} {more} }} }} }}"
    )
    while True:
        found = (await compiled(database, actor, document, {"at": at}))["units"]
        page = [node["id"] for node in found["nodes"]]
        ids = ids + page if size == "first" else page + ids
        at = found["pageInfo"][edge]
        if not found["pageInfo"][more]:
            return ids


@lru_cache(1)
def fields_of_schema() -> frozenset[tuple[str, str]]:
    """Every field that a query can reach; what a service answers has tests of its own."""
    built = build_schema(schema.sdl())
    found: set[tuple[str, str]] = set()
    waiting: list[Any] = [built.query_type]
    seen: set[str] = set()
    while waiting:
        type_ = waiting.pop()
        if type_.name in seen:
            continue
        seen.add(type_.name)
        if not isinstance(type_, GraphQLObjectType):
            waiting += built.get_possible_types(type_) if hasattr(type_, "resolve_type") else []
            continue
        for name, field in type_.fields.items():
            if isinstance(READER.catalogue.sources.get((type_.name, name)), Question):
                continue
            if not type_.name.endswith(("Connection", "Edge")) and type_.name != "PageInfo":
                found.add((type_.name, name))
            waiting.append(get_named_type(field.type))
    return frozenset(found) - {("Query", "node")}
