"""What a caller may touch in a minute: shown with each answer, and full again in time."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra import allowances
from infra.allowances import Allowances, AllowanceSpent
from infra.settings import Settings
from policies import Actor
from services import clients
from tests.county import County
from tests.infra.service import Service, service, token

TWENTY = "{ units { nodes { id } } }"


@pytest.fixture(scope="module")
async def sparing(settings: Settings) -> AsyncIterator[Service]:
    """A service where a caller may touch fifty rows a minute."""
    async with service(settings.model_copy(update={"rows_per_minute": 50})) as running:
        yield running


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that have passed; a test sets them."""
    now = [1000.0]
    monkeypatch.setattr(allowances, "monotonic", lambda: now[0])
    return now


class TestLevel:
    def test_it_fills_again_steadily_and_no_higher_than_at_first(self, clock: list[float]) -> None:
        kept = Allowances(60)
        assert kept.spend("a", 60) == 0
        with pytest.raises(AllowanceSpent) as refused:
            kept.spend("a", 30)
        assert refused.value.facts == {"limit": 60, "seconds": 30}
        clock[0] += 30
        assert kept.spend("a", 30) == 0
        clock[0] += 3600
        assert kept.spend("a", 1) == 59

    def test_a_refusal_takes_nothing_and_another_caller_has_their_own(
        self, clock: list[float]
    ) -> None:
        kept = Allowances(60)
        for _ in range(3):
            with pytest.raises(AllowanceSpent):
                kept.spend("a", 61)
        assert kept.spend("a", 60) == 0
        assert kept.spend("b", 60) == 0

    def test_ones_own_stands_in_place_of_the_usual(self, clock: list[float]) -> None:
        kept = Allowances(60)
        assert kept.spend("a", 100, own=200) == 100
        assert Allowances(0).spend("a", 10**9) is None
        assert Allowances(0).spend("a", 5, own=5) == 0

    def test_what_was_owed_is_paid_before_more_is_given(self, clock: list[float]) -> None:
        kept = Allowances(60)
        assert kept.owe("a", 90) == -30
        with pytest.raises(AllowanceSpent):
            kept.spend("a", 1)
        clock[0] += 31
        assert kept.spend("a", 1) == 0

    @given(st.lists(st.tuples(st.integers(1, 80), st.floats(0, 20)), max_size=30))
    def test_nobody_gets_more_than_one_allowance_and_what_time_gave(
        self, asked: list[tuple[int, float]]
    ) -> None:
        now = [0.0]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(allowances, "monotonic", lambda: now[0])
            kept, got = Allowances(60), 0
            for rows, pause in asked:
                now[0] += pause
                try:
                    left = kept.spend("a", rows)
                except AllowanceSpent:
                    continue
                got += rows
                assert left is not None
                assert left >= 0
                assert got <= 60 + now[0] + 1e-6


class TestAnswers:
    async def test_each_answer_shows_its_cost_and_what_is_left(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        one = (await served.send(TWENTY, token=bearer)).json()["extensions"]["cost"]
        two = (await served.send("{ __typename }", token=bearer)).json()["extensions"]["cost"]
        assert (one["rows"], one["limit"]) == (20, 20_000)
        assert two["rows"] == 0
        assert one["left"] - two["left"] <= 1
        answer = await served.send(
            'mutation ($u: ID!) { renameUnit(unit: $u, name: "新县") { name children { nodes {'
            " id } } } }",
            {"u": f"Unit:{county.root.id}"},
            token=bearer,
        )
        assert answer.json()["extensions"]["cost"]["rows"] == 1 + 20

    async def test_beyond_it_a_read_and_a_command_are_refused_before_the_database_is_asked(
        self, sparing: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        for _ in range(2):
            assert (await sparing.send(TWENTY, token=bearer)).status_code == 200
        refused = await sparing.send(TWENTY, token=bearer)
        assert refused.status_code == 429
        error = refused.json()["errors"][0]
        assert error["extensions"]["code"] == "ALLOWANCE_SPENT"
        assert error["extensions"]["limit"] == 50
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        before = await county.events()
        command = (
            'mutation ($u: ID!) { renameUnit(unit: $u, name: "新县") {'
            " children { nodes { id } } } }"
        )
        answer = await sparing.send(command, {"u": f"Unit:{county.root.id}"}, token=bearer)
        assert answer.json()["errors"][0]["extensions"]["code"] == "ALLOWANCE_SPENT"
        assert await county.events() == before

    async def test_one_callers_use_is_no_others(
        self, sparing: Service, county: County, other: County
    ) -> None:
        for _ in range(2):
            await sparing.send(TWENTY, county=county)
        assert (await sparing.send(TWENTY, county=county)).status_code == 429
        assert (await sparing.send(TWENTY, county=other)).status_code == 200
        bearer = await token(county, county.administrator)
        assert (await sparing.send(TWENTY, token=bearer)).status_code == 200

    async def test_a_client_has_what_the_county_gave_it(
        self, sparing: Service, county: County
    ) -> None:
        async with county.session() as session:
            made = await clients.register(
                session, county.administrator, name="大屏", origins=[], grants=["units.read"],
                rows_per_minute=1000,
            )  # fmt: skip
        client = Actor(county.id, county.slug, client_id=made.id)
        bearer = await token(county, client)
        answer = await sparing.send(TWENTY, token=bearer)
        assert answer.json()["extensions"]["cost"]["left"] == 980

    async def test_what_cant_be_read_costs_a_tenth_and_so_does_a_plan_made_anew(
        self, sparing: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        for _ in range(11):
            assert (await sparing.send("{ nothing }", token=bearer)).status_code == 400
        assert (await sparing.send("{ nothing }", token=bearer)).status_code == 429
        another = await token(county, county.security)
        statuses = []
        for number in range(12):
            document = f"{{ a{number}: units(first: 0) {{ nodes {{ id }} }} }}"
            statuses.append((await sparing.send(document, token=another)).status_code)
        assert statuses[:5] == [200] * 5
        assert statuses[-1] == 429

    async def test_whoever_comes_again_after_the_seconds_named_is_answered(
        self, sparing: Service, county: County, clock: list[float]
    ) -> None:
        bearer = await token(county, county.administrator)
        while (refused := await sparing.send(TWENTY, token=bearer)).status_code == 200:
            pass
        assert refused.status_code == 429
        for _ in range(3):
            again = await sparing.send(TWENTY, token=bearer)
            assert again.headers["retry-after"] == refused.headers["retry-after"]
        clock[0] += int(refused.headers["retry-after"])
        assert (await sparing.send(TWENTY, token=bearer)).status_code == 200

    async def test_the_schemas_description_is_reckoned_too(
        self, sparing: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        described = "{ __schema { types { name fields { name } } } }"
        assert (await sparing.send(described, token=bearer)).status_code == 200
        assert (await sparing.send(described, token=bearer)).status_code == 429
