"""A random document with one fault in it: refused as the executor would, with its place and name.

A fault that the executor doesn't come to, since a list above it is empty, may be refused too.
"""

import json
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from graphql import ArgumentNode, GraphQLError, VariableNode, Visitor, parse, visit
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from infra.database import Database
from policies import Actor
from schema.reading.cost import QueryTooCostly
from services.errors import BadInput, DocumentRefused, DocumentTooLarge
from tests.county import County
from tests.everything import ids
from tests.schema.oracle import Oracle
from tests.schema.oracle_values import Wrong
from tests.schema.random_documents import Drawn, Known, document
from tests.schema.test_oracle import READER, compiled
from tests.schema.test_refusals import NIL, cursor, keys
from tests.schema.world import World, world

EACH, LEAST = 220, 50
SIZES = (-1, 101, 2**31 - 1)
CURSORS = ("", "x", "é", cursor("name"), cursor("name", None, NIL), cursor("no order", "甲", NIL))
# In these lists a cursor stands now and then, to be spoilt.
PLACES = {
    (type_, "NAME", "ASC"): [cursor("name", "x", NIL)] for type_ in ("Unit", "Person", "Station")
}
FAULTS: Mapping[str, tuple[Any, ...]] = {
    "first": SIZES,
    "last": SIZES,
    "after": CURSORS,
    "before": CURSORS,
    "id": ("", "Unit", "Unit:1", f"Unit:{NIL[:-1]}A"),
    "unit": ("Unit:x", f"Person:{NIL}"),
}
PASSED_OVER = (DocumentRefused, DocumentTooLarge, QueryTooCostly)


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


class TestOneFault:
    """Somewhere in a document that is right in all else."""

    @pytest.mark.parametrize("name", ["auditor", "public", "secretary", "resident"])
    async def test_it_is_refused_at_the_executors_path(
        self, database: Database, here: World, name: str
    ) -> None:
        actor = here.readers[name]
        oracle = await Oracle.of(here.county, actor)
        refused = 0
        for text, variables in await spoilt(here, name):
            answer = await answered(database, actor, text, variables)
            expected = oracle.executed(text, variables) if answer is not None else None
            if isinstance(answer, BadInput) and expected:
                errors = expected.errors or []
                assert all(is_same(answer, error) for error in errors), (text, variables, errors)
                refused += bool(errors)
            elif expected:
                assert json.dumps(answer) == json.dumps(expected.data), (text, variables)
                assert not expected.errors
        assert refused >= LEAST


async def answered(
    database: Database, actor: Actor, text: str, variables: Mapping[str, Any]
) -> dict[str, Any] | BadInput | None:
    """What the compiled path answers or refuses with; nothing where it was no valid document."""
    try:
        return await compiled(database, actor, text, variables)
    except PASSED_OVER:
        return None
    except BadInput as refusal:
        return refusal


def is_same(refusal: BadInput, error: GraphQLError) -> bool:
    """Whether a refusal names what the executor's error names."""
    assert isinstance(error.original_error, Wrong)
    named = (refusal.facts["argument"], refusal.facts["path"])
    return named == (error.original_error.argument, keys(error))


async def spoilt(here: World, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Documents for a reader, each with a fault in one of its arguments."""
    actor, readings = here.readers[name], READER.catalogue.readings
    every = [f"{type_}:{id_}" for type_, id_ in (await ids(here)).items() if type_ in readings]
    every.append(f"Unit:{here.tree.estate.id}")
    mine = [one for one in every if actor.reach(readings[one.partition(":")[0]].object, "read")]
    known = Known(tuple(mine), tuple(every), PLACES)
    drawn: list[tuple[str, dict[str, Any]]] = []

    @seed(len(name))
    @settings(
        max_examples=EACH, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), database=None,
    )  # fmt: skip
    @given(st.randoms(use_true_random=True))
    def one(chance: Random) -> None:
        found = spoil(chance, document(chance, READER.catalogue, actor, known))
        if found:
            drawn.append(found)

    one()
    return drawn


def spoil(chance: Random, drawn: Drawn) -> tuple[str, dict[str, Any]] | None:
    """The document with a fault in one argument, in its text or in its variable."""
    places: list[ArgumentNode] = []

    class Arguments(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if node.name.value in FAULTS:
                places.append(node)

    visit(parse(drawn.text), Arguments())
    if not places:
        return None
    place, variables = chance.choice(places), dict(drawn.calls[0])
    fault = chance.choice(FAULTS[place.name.value])
    if isinstance(place.value, VariableNode):
        return drawn.text, {**variables, place.value.name.value: fault}
    span = place.value.loc
    assert span is not None
    text = drawn.text[: span.start] + json.dumps(fault, ensure_ascii=False) + drawn.text[span.end :]
    return text, variables
