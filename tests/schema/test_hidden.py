"""Null in a place that can't be null doesn't happen: whatever may be hidden is declared nullable.

By declaration, field by field of the catalogue; and by data: rows are hidden at random, and every
kind of reader asks for everything there is.
"""

import json
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_non_null_type,
)
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from infra.database import Database
from policies import Actor
from schema.reading.declare import AnyLink, ByNode, Column, Here, Link, Pages
from tests.county import County
from tests.schema.explained import CATALOGUE, TABLES
from tests.schema.oracle import Oracle
from tests.schema.oracle_types import link_column
from tests.schema.test_oracle import answered, planned, standing
from tests.schema.world import World, world

ROUNDS = 4
# A table, how a row of it is shown, and in what ways hidden: from the public, from whoever reads a
# place.
HIDINGS = (
    ("unit", "is_public = true", ("is_public = false",)),
    ("station", "is_public = true", ("is_public = false",)),
    (
        "appointment",
        "state = 'confirmed', ends_at = null",
        ("state = 'revoked'", "ends_at = starts_at + interval '1 microsecond'"),
    ),
)
# Each of these must come out hidden for somebody, or the rounds prove nothing.
HIDDEN = {
    ("Unit", "parent"), ("Person", "home"), ("Post", "unit"), ("Appointment", "person"),
    ("Appointment", "unit"), ("Linkage", "grid"), ("Linkage", "estate"), ("Linkage", "branch"),
    ("Linkage", "committee"), ("Duty", "committee"),
}  # fmt: skip

# A history is the same whatever it is of; that of units stands for all.
SAME = {one for one in CATALOGUE.sources if one[1] == "history" and one[0] != "Unit"}


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


class TestDeclared:
    """What policy or scope may take away is null, and may be."""

    def test_whatever_leads_to_a_row_may_be_null(self) -> None:
        leading = [
            (type_name, name)
            for (type_name, name), source in CATALOGUE.sources.items()
            if isinstance(source, Link | AnyLink | ByNode)
            or (isinstance(source, Here) and source.seen is not None)
        ]
        assert leading
        assert not [one for one in leading if is_non_null_type(type_of(*one))]

    def test_a_list_holds_only_what_is_seen_and_is_never_null_itself(self) -> None:
        paged = [
            (type_name, name)
            for (type_name, name), source in CATALOGUE.sources.items()
            if isinstance(source, Pages)
        ]
        assert paged
        assert not [one for one in paged if not is_non_null_type(type_of(*one))]

    def test_no_column_that_may_be_empty_stands_in_a_place_that_may_not(self) -> None:
        wrong = [
            (type_name, name)
            for (type_name, name), source in CATALOGUE.sources.items()
            if isinstance(source, Column)
            and type_name in CATALOGUE.readings
            and is_non_null_type(type_of(type_name, name))
            and TABLES[str(CATALOGUE.readings[type_name].table.name)].c[source.name].nullable  # type: ignore[attr-defined]
        ]
        assert not wrong

    def test_what_a_command_answers_with_may_be_null(self) -> None:
        mutation = CATALOGUE.schema.mutation_type
        assert mutation is not None
        assert not [name for name, one in mutation.fields.items() if is_non_null_type(one.type)]


class TestHidden:
    """Rows hidden at random: each reader gets a null for each, and no error."""

    async def test_a_hidden_row_is_null_and_the_executor_has_nothing_to_say_of_it(
        self, database: Database, here: World
    ) -> None:
        hidden: set[tuple[str, str]] = set()
        plans = {
            name: [(text, planned(held, text)) for text in everything(actor)]
            for name, actor in here.readers.items()
            for held in [await standing(database, actor)]
        }
        for drawn in drawn_hidings():
            await hide(here, drawn)
            for name, actor in here.readers.items():
                oracle = await Oracle.of(here.county, actor)
                for document, plan in plans[name]:
                    answer = await answered(database, plan)
                    # The oracle fails on any error of the executor, a null out of place is one.
                    assert json.dumps(answer) == json.dumps(oracle.answer(document)), document
                    hidden |= hidden_links(answer, oracle)
        assert hidden >= HIDDEN


def drawn_hidings() -> list[list[bool]]:
    """Which rows are hidden, round by round; the same in every run."""
    drawn: list[list[bool]] = []

    @settings(
        max_examples=ROUNDS, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(st.lists(st.booleans(), min_size=40, max_size=40))
    def draw(hidings: list[bool]) -> None:
        drawn.append(hidings)

    draw()
    return drawn


async def hide(here: World, drawn: list[bool]) -> None:
    """Hide what was drawn, and let the rest show again; the readers' own posts stay."""
    readers = [actor.person_id for actor in here.readers.values() if actor.person_id]
    own = "where person_id not in ('" + "', '".join(map(str, readers)) + "')"
    async with here.county.session() as session:
        for table, shown, away in HIDINGS:
            theirs = own if table == "appointment" else ""
            found = await session.exec(text(f"select id from {table} {theirs} order by id"))  # type: ignore[call-overload]
            for number, (id_,) in enumerate(found.all()):
                way = away[number % len(away)]
                change = way if drawn[number % len(drawn)] else shown
                await session.exec(text(f"update {table} set {change} where id = '{id_}'"))  # type: ignore[call-overload]


def everything(actor: Actor) -> list[str]:
    """A document for each list of the county: every field, every link, and the lists below."""
    root = CATALOGUE.schema.query_type
    assert root is not None
    return [
        f"{{ {name} {{ nodes {selection(node, actor, 2)} }} }}"
        for (type_name, name), source in CATALOGUE.sources.items()
        if type_name == "Query" and isinstance(source, Pages)
        for node in [CATALOGUE.node_type(root.fields[name].type)]
        if may_read(node.name, actor)
    ]


def selection(type_: GraphQLObjectType, actor: Actor, depth: int) -> str:
    """Every field of a type, so many levels deep, where the actor may read what it leads to."""
    parts: list[str] = []
    for name, one in type_.fields.items():
        named, source = get_named_type(one.type), CATALOGUE.sources[type_.name, name]
        if is_leaf_type(named):
            parts.append(name)
        elif isinstance(source, Link) and isinstance(named, GraphQLObjectType) and depth:
            if may_read(named.name, actor):
                parts.append(f"{name} {selection(named, actor, 0)}")
        elif isinstance(source, Pages) and depth > 1 and (type_.name, name) not in SAME:
            node = CATALOGUE.node_type(one.type)
            if may_read(node.name, actor):
                parts.append(f"{name}(first: 3) {{ nodes {selection(node, actor, depth - 1)} }}")
    return "{ " + " ".join(parts) + " }"


def may_read(type_name: str, actor: Actor) -> bool:
    """Whether the actor may read rows of this type anywhere."""
    return bool(actor.reach(CATALOGUE.readings[type_name].object, "read"))


def hidden_links(answer: Any, oracle: Oracle) -> set[tuple[str, str]]:
    """The links of an answer that are null although their row points at something."""
    if isinstance(answer, list):
        return {found for member in answer for found in hidden_links(member, oracle)}
    if not isinstance(answer, dict):
        return set()
    type_name, _, key = str(answer.get("id", "")).partition(":")
    row = next((row for row in oracle.rows.get(type_name, ()) if str(row["id"]) == key), {})
    below = {found for member in answer.values() for found in hidden_links(member, oracle)}
    return below | {
        (type_name, name)
        for name, value in answer.items()
        if value is None and row.get(link_column(type_name, name)) is not None
    }


def type_of(type_name: str, name: str) -> GraphQLOutputType:
    """The type of a field."""
    type_ = CATALOGUE.schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    found: GraphQLOutputType = type_.fields[name].type
    return found
