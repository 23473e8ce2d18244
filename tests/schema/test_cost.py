"""What a query could touch is reckoned from this very call, before the database is asked."""

from typing import Any

import pytest

import schema
from policies import Actor
from schema.documents import Documents
from schema.limits import Limits
from schema.reading import Call, PageLimits, QueryTooCostly, Reader, cost
from services import clock
from services.errors import BadInput, DocumentTooLarge
from services.standing import Authority
from tests.county import County
from tests.schema.test_limits import linked

BUILT = schema.build()._schema
DOCUMENTS = Documents(BUILT, Limits())
READER = Reader(BUILT)


def reckoned(actor: Actor, text: str, *, limit: int = 20_000, **variables: Any) -> int:
    """The cost of a call; a plan is kept, and the sizes are the call's."""
    document = DOCUMENTS.read(text)
    operation = document.operation(None)
    assert operation is not None
    asking = Authority(actor, number=0, until=clock.now())
    call = Call(asking, DOCUMENTS.variables(operation, variables), PageLimits(cost=limit))
    return cost.rows(READER.query(document, operation, call).places, call)


class TestRows:
    @pytest.mark.parametrize(
        ("text", "rows"),
        [
            ("{ county { slug } }", 1),
            ("{ units { nodes { name } } }", 20),
            ("{ units(first: 100) { nodes { name } } }", 100),
            ("{ units(last: 7) { totalCount } }", 7),
            ("{ units(first: 10) { nodes { parent { name } } } }", 10 + 10),
            ("{ units(first: 9) { nodes { parent { id } } edges { node { parent { id } } } } }",
             9 + 9 + 9),
            ("{ units(first: 10) { nodes { children(first: 5) { nodes { parent { id } } } } } }",
             10 + 50 + 50),
            ("{ a: units(first: 3) { nodes { id } } b: units(first: 4) { nodes { id } } }", 7),
            ("{ units(first: 0) { nodes { children { nodes { id } } } } }", 0),
            ("{ coverage { gaps { unit { name } } } }", 20 + 20),
            # A condition on another row may look through all of them.
            ("{ publicBoard(first: 3, filter: {states: [CLOSED]}) { nodes { id } } }", 1_000 + 3),
            ("{ publicBoard(first: 3, filter: {category: \"noise\"}) { nodes { id } } }", 3),
        ],
    )  # fmt: skip
    async def test_sizes_are_multiplied_level_by_level(
        self, county: County, text: str, rows: int
    ) -> None:
        assert reckoned(county.administrator, text) == rows

    async def test_the_same_plan_costs_what_this_call_asks_for(self, county: County) -> None:
        text = (
            "query ($n: Int) { units(first: $n) { nodes { children(first: $n) { totalCount } } } }"
        )
        for n, rows in ((1, 2), (10, 110), (100, 10_100), (2, 6)):
            assert reckoned(county.administrator, text, n=n) == rows


class TestLimit:
    async def test_over_it_the_refusal_says_both(self, county: County) -> None:
        text = "{ units(first: 100) { nodes { children(first: 100) { nodes { id } } } } }"
        assert reckoned(county.administrator, text, limit=10_100) == 10_100
        with pytest.raises(QueryTooCostly) as refused:
            reckoned(county.administrator, text, limit=10_099)
        assert refused.value.facts == {"cost": 10_100, "limit": 10_099}

    async def test_a_page_that_is_too_long_is_bad_input_first(self, county: County) -> None:
        with pytest.raises(BadInput):
            reckoned(county.administrator, "{ units(first: 1000000) { nodes { id } } }")

    async def test_tables_by_the_hundred_are_refused_though_they_yield_nothing(
        self, county: County
    ) -> None:
        with pytest.raises(DocumentTooLarge, match="tables"):
            reckoned(county.administrator, linked(3))
