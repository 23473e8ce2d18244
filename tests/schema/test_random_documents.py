"""Whatever valid document a reader sends, the compiled answer is the executor's, key by key."""

import json
import os
from itertools import product
from typing import Any

import pytest
from graphql import GraphQLEnumType, get_named_type
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from infra.database import Database
from policies import Actor
from schema.reading.cost import QueryTooCostly
from schema.reading.declare import Pages
from services.errors import DocumentTooLarge
from tests.county import County
from tests.everything import ids
from tests.schema.oracle import Oracle
from tests.schema.random_documents import Cursors, documents
from tests.schema.test_oracle import READER, compiled
from tests.schema.world import World, world

READERS = (
    "public", "auditor", "administrator", "secretary", "elsewhere", "stairwell_head",
    "firm_manager", "resident", "client",
)  # fmt: skip
# So many are compared altogether; of those drawn, a few are too costly to be answered.
DOCUMENTS = 2_000
EACH = 232
TOO_MUCH = (DocumentTooLarge, QueryTooCostly)


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


async def known_ids(here: World, actor: Actor) -> list[str]:
    """Ids of the county, of every type that the reader may read at all."""
    readings = READER.catalogue.readings
    known = [
        f"{type_}:{id_}"
        for type_, id_ in (await ids(here)).items()
        if type_ in readings and actor.reach(readings[type_].object, "read")
    ]
    known += [f"Unit:{unit.id}" for unit in (here.tree.grids[0], here.tree.communities[0])]
    return known


async def known_cursors(database: Database, actor: Actor) -> Cursors:
    """Cursors of every order and direction, out of the pages that this reader gets."""
    root = READER.catalogue.schema.query_type
    assert root is not None
    asked: dict[str, tuple[str, str, str]] = {}
    parts: list[str] = []
    for (type_name, name), source in READER.catalogue.sources.items():
        if type_name != "Query" or not isinstance(source, Pages):
            continue
        target = READER.catalogue.node_type(root.fields[name].type).name
        if not actor.reach(READER.catalogue.readings[target].object, "read"):
            continue
        orders = get_named_type(root.fields[name].args["orderBy"].type)
        assert isinstance(orders, GraphQLEnumType)
        for order, direction in product(orders.values, ("ASC", "DESC")):
            asked[f"a{len(asked)}"] = (target, order, direction)
            wanted = f"{name}(orderBy: {order}, direction: {direction}) {{ edges {{ cursor }} }}"
            parts.append(f"a{len(parts)}: {wanted}")
    pages = await compiled(database, actor, f"{{ {' '.join(parts)} }}")
    return {asked[key]: [one["cursor"] for one in page["edges"]] for key, page in pages.items()}


@pytest.mark.parametrize("name", READERS)
async def test_the_compiled_answer_is_the_executors(
    database: Database, here: World, name: str
) -> None:
    actor = here.readers[name]
    oracle = await Oracle.of(here.county, actor)
    known, cursors = await known_ids(here, actor), await known_cursors(database, actor)
    drawn: list[tuple[str, Any]] = []

    @settings(
        max_examples=max(EACH, settings().max_examples),
        deadline=None,
        # The gate says the same each time; the long run looks for what nobody has seen.
        derandomize=os.environ.get("HYPOTHESIS_PROFILE") != "long",
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        drawn.append(data.draw(documents(READER.catalogue, actor, known, cursors)))

    draw()
    compared = 0
    for text, variables in drawn:
        try:
            answer = await compiled(database, actor, text, variables)
        except TOO_MUCH:
            continue
        expected = oracle.answer(text, variables)
        assert json.dumps(answer) == json.dumps(expected), (
            first_difference(answer, expected),
            text,
            variables,
        )
        compared += 1
    assert compared * len(READERS) >= DOCUMENTS


def first_difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two answers part, and how."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        parts = [first_difference(one[key], other[key], f"{path}.{key}") for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = [first_difference(one[i], other[i], f"{path}[{i}]") for i in range(len(one))]
    else:
        return None if one == other else f"{path}: {one!r} / {other!r}"[:600]
    return next((part for part in parts if part is not None), None)
