"""A plan that is kept serves the calls that it was made for, and no other's shape of variables."""

import json
from itertools import permutations
from typing import Any

import pytest

from infra.database import Database
from services.errors import VariablesRefused
from tests.county import County
from tests.schema.oracle import Oracle
from tests.schema.test_oracle import compiled
from tests.schema.world import World, world

ABSENT: dict[str, Any] = {}
CHOICES: tuple[Any, ...] = ([], ["GRID"], ["ESTATE"], ["ESTATE", "GRID"], "FIRM", None)
# A document, and variables of which each is given before and after each other.
CASES: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "choices": (
        "query ($v: [UnitKind!]) { units(filter: {kinds: $v}) { totalCount nodes { kind name } } }",
        [ABSENT, *({"v": one} for one in CHOICES)],
    ),
    "filters": (
        "query ($v: UnitFilter) { units(filter: $v) { totalCount nodes { kind name } } }",
        [ABSENT, {"v": None}, {"v": {}}, {"v": {"kinds": None}}, {"v": {"kinds": ["GRID"]}},
         {"v": {"kinds": ["ESTATE", "GRID"]}}, {"v": {"open": False}}, {"v": {"name": "第"}}],
    ),
    "sizes": (
        "query ($v: Int, $w: Int) { units(first: $v, last: $w) { nodes { name }"
        " pageInfo { hasNextPage hasPreviousPage } } }",
        [ABSENT, {"v": 0}, {"v": 2}, {"v": None, "w": 2}, {"v": 2, "w": None}],
    ),
    "orders": (
        "query ($v: UnitOrder = SINCE, $w: Direction = DESC, $l: Language = EN)"
        " { units(orderBy: $v, direction: $w) { nodes { name kindLabel(language: $l) } } }",
        [ABSENT, {"v": "NAME"}, {"w": "ASC"}, {"l": "ZH"}, {"v": "SINCE", "w": "DESC"}],
    ),
    "switches": (
        "query ($v: Boolean!, $w: Boolean = true) { county { name @include(if: $v)"
        " nameEn @skip(if: $w) slug } }",
        [{"v": True}, {"v": False}, {"v": True, "w": False}, {"v": False, "w": False}],
    ),
    "ids": (
        "query ($v: ID!) { node(id: $v) { __typename id ... on Unit { kind }"
        " ... on Person { phone } } }",
        [{"v": "Unit:$unit"}, {"v": "Person:$person"}, {"v": "Unit:$person"}, {"v": "X:$unit"}],
    ),
    "units": (
        "query ($v: ID) { coverage(unit: $v) { estates estatesLinked } }",
        [ABSENT, {"v": None}, {"v": "Unit:$unit"}, {"v": "Unit:$person"}],
    ),
}  # fmt: skip

# Where an argument has a value of its own if nothing is given, and may not be null.
REFUSED = (
    "query ($v: UnitOrder) { units(orderBy: $v) { totalCount } }",
    "query ($v: Direction) { units(direction: $v) { nodes { id } } }",
    "query ($v: Language) { units { nodes { kindLabel(language: $v) } } }",
    "query ($v: Boolean = true) { county { id @include(if: $v) } }",
)


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


class TestKeptPlans:
    """Four calls of one document, by turns with two sets of variables."""

    @pytest.mark.parametrize("case", CASES)
    async def test_each_call_is_answered_by_its_own_variables(
        self, database: Database, here: World, case: str
    ) -> None:
        actor = here.readers["auditor"]
        oracle = await Oracle.of(here.county, actor)
        document, calls = CASES[case]
        for number, pair in enumerate(permutations(calls, 2)):
            # A text of its own: nothing is kept of the pairs before.
            text = f"{document} # {number}"
            for given in pair * 2:
                variables = {name: known(here, value) for name, value in given.items()}
                answer = await compiled(database, actor, text, variables)
                expected = oracle.answer(text, variables)
                assert json.dumps(answer) == json.dumps(expected), (pair, variables)

    @pytest.mark.parametrize("document", REFUSED)
    async def test_a_null_is_refused_after_calls_that_left_it_out(
        self, database: Database, here: World, document: str
    ) -> None:
        actor = here.readers["auditor"]
        for _ in range(3):
            await compiled(database, actor, document, {})
        with pytest.raises(VariablesRefused):
            await compiled(database, actor, document, {"v": None})


def known(here: World, value: Any) -> Any:
    """The value, with the county's own keys in an id."""
    if not isinstance(value, str):
        return value
    named = value.replace("$unit", str(here.tree.estate.id))
    return named.replace("$person", str(here.resident))
