"""The demo's history and the walk: told by the commands, and walked over a real port."""

import asyncio
from collections import Counter
from datetime import date
from itertools import pairwise
from socket import socket
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import select

from infra import demo
from infra.database import Database
from infra.demo import steps, telling
from infra.demo.description import descriptions
from infra.demo.history import FRESH, casts, months_of, months_until, tasks_of
from infra.demo.walk import Step, Walk, WalkEnded
from infra.settings import Settings
from infra.stores import Store
from services import clock
from services.files import File
from services.matters.tables import Matter, MatterEntry
from services.meetings.tables import Meeting
from services.tenants import PLATFORM_ID
from services.tree import HOLD
from tests.county import County
from tests.infra.live import live

TOLD = descriptions()[0]
MONTHS = 4


@pytest.fixture(scope="module")
async def loaded(database: Database, platform: County) -> UUID:
    """The first demo county, without its history."""
    assert platform.id == PLATFORM_ID
    await demo.load(database)
    known = await database.tenant(TOLD.slug)
    assert known is not None
    return known[0]


class TestPlan:
    @given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(1, 40))
    def test_months_end_with_this_one(self, today: date, number: int) -> None:
        months = months_until(today, number)
        assert len(set(months)) == number
        assert months[-1] == today.replace(day=1)
        assert all(0 < (later - one).days <= 31 for one, later in pairwise(months))

    @pytest.mark.parametrize("told", descriptions(), ids=lambda told: told.slug)
    def test_the_countys_matters_are_shared_out_among_its_grids(self, told: Any) -> None:
        months = months_until(date(2026, 11, 26), told.history.months)
        grids = 50
        tasks = [
            task
            for grid in range(grids)
            for month in tasks_of(told, grid, grids, months).values()
            for task in month
        ]
        assert sorted(task.number for task in tasks) == list(range(told.history.matters))

    @given(st.integers(1, 80), st.integers(3, 40))
    def test_once_begun_a_round_table_meets_each_month(self, grids: int, number: int) -> None:
        months = months_until(date(2026, 11, 26), number)
        held = [months_of(grid, grids, months) for grid in range(grids)]
        assert held[0] == months
        for one, later in pairwise(held):
            assert one[len(one) - len(later) :] == later
        for grid, mine in enumerate(held):
            assert mine
            assert mine == months[-len(mine) :]
            assert [*tasks_of(TOLD, grid, grids, months)] == mine

    def test_the_same_grid_always_tells_the_same(self) -> None:
        months = months_until(date(2026, 11, 26), TOLD.history.months)
        assert tasks_of(TOLD, 7, 50, months) == tasks_of(TOLD, 7, 50, months)


class TestTelling:
    async def test_a_grid_tells_its_months_once(
        self, database: Database, settings: Settings, loaded: UUID
    ) -> None:
        store, months = Store.of(settings), months_until(clock.today(), MONTHS)
        async with database.session(loaded, read_only=True) as session:
            everybody = await casts(session, loaded, TOLD.slug)
        cast = everybody[0]
        for _ in range(2):
            # A single grid of the county, so that all its matters are here.
            await telling._tell_grid(database, store, cast, TOLD, (0, 1), months, steps.photo())
        mine = await rows(database, loaded, Meeting, council_id=cast.council.id)
        # This month's is told once it has been held, in the third week.
        assert len(mine) in (MONTHS - 1, MONTHS)
        assert Counter(one.state for one in mine) == {"published": len(mine)}
        matters = await rows(database, loaded, Matter, grid_id=cast.grid.id)
        # Some of this month's are still to be raised, in its first week.
        assert TOLD.history.settled <= len(matters) <= TOLD.history.matters
        closed = [row for row in matters if row.state == "closed"]
        assert len(closed) == TOLD.history.settled
        if clock.today().day > FRESH:
            # Whoever looks at the demo finds something to do.
            assert {"inquiring", "preliminary"} <= {row.state for row in matters}
        await self._in_order(database, loaded)
        shown = await rows(database, loaded, File)
        assert shown
        for one in shown:
            assert one.sha256 is not None
            size, _ = await store.read(loaded, one.id, one.sha256)
            assert size == one.size

    async def test_it_waits_for_a_grid_that_is_slower_than_any_statement(
        self, database: Database, settings: Settings, loaded: UUID
    ) -> None:
        """Whoever carries out in several grids is held to a grid's end by another process."""
        async with database.session(loaded, read_only=True) as session:
            cast = (await casts(session, loaded, TOLD.slug))[1]
        months = months_until(clock.today(), MONTHS)
        grid = (Store.of(settings), cast, TOLD, (1, 2), months, steps.photo())
        hasty = settings.model_copy(update={"statement_timeout_ms": 1_000})
        async with await Database.open(hasty) as beside:
            async with database.session(loaded) as holding:
                for person in {one.person_id for one in cast.sitters().values()}:
                    await HOLD.rows(holding, name=f"files:{loaded}:{person}")
                telling_it = asyncio.create_task(telling._is_told(beside, *grid))
                await asyncio.sleep(4)
                assert not telling_it.done()
            assert await telling_it
        assert await rows(database, loaded, Meeting, council_id=cast.council.id)

    async def _in_order(self, database: Database, tenant_id: UUID) -> None:
        """Nothing happened before what came before it, nor after now."""
        entries = await rows(database, tenant_id, MatterEntry)
        entries.sort(key=lambda one: (one.matter_id, one.seq))
        for one, following in pairwise(entries):
            if one.matter_id == following.matter_id:
                assert one.seq + 1 == following.seq
                assert one.at <= following.at
        assert max(one.at for one in entries) <= clock.now()


class TestWalk:
    async def test_it_goes_through_all_six_steps_over_a_port(
        self, settings: Settings, loaded: UUID
    ) -> None:
        said: list[str] = []
        async with live(settings) as running:
            walk = Walk(f"http://{running.host}", TOLD.slug, demo.PASSWORD, said.append)
            await asyncio.to_thread(steps.whole, walk)
        assert said.count("✓") == walk.number
        assert "publicBoard" in "".join(said)

    @pytest.mark.parametrize("password", ["wrong-password", ""])
    async def test_it_ends_where_somebody_cannot_sign_in(
        self, settings: Settings, loaded: UUID, password: str
    ) -> None:
        async with live(settings) as running:
            walk = Walk(f"http://{running.host}", "linshui", password, lambda _: None)
            with pytest.raises(WalkEnded, match="/token"):
                await asyncio.to_thread(steps.whole, walk)

    @pytest.mark.parametrize(
        "step",
        [
            Step("", "", None, "{ county { slug } }", holds=lambda data, known: False),
            Step("", "", None, "{ county { slug } }", keep=lambda data: {"x": data["nothing"]}),
            Step("", "", None, "{ county { slug } }", refused="WRONG_STEP"),
            Step("", "", None, "{ matters { totalCount } }", refused="WRONG_STEP"),
            Step("", "", None, "{ nothing }"),
        ],
        ids=["another answer", "a part missing", "not refused", "refused otherwise", "refused"],
    )
    async def test_it_ends_where_an_answer_is_not_as_it_should_be(
        self, settings: Settings, loaded: UUID, step: Step
    ) -> None:
        async with live(settings) as running:
            walk = Walk(f"http://{running.host}", TOLD.slug, demo.PASSWORD, lambda _: None)
            with pytest.raises(WalkEnded):
                await asyncio.to_thread(walk.take, step)

    def test_where_nothing_answers_it_says_so(self) -> None:
        with socket() as taken:
            # Bound and not listened at: nothing can answer there.
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}"
            walk = Walk(url, TOLD.slug, demo.PASSWORD, lambda _: None)
            with pytest.raises(WalkEnded, match=url):
                steps.whole(walk)


async def rows(database: Database, tenant_id: UUID, model: Any, **of: Any) -> list[Any]:
    wanted = select(model).where(
        model.tenant_id == tenant_id, *(getattr(model, name) == id_ for name, id_ in of.items())
    )
    async with database.session(tenant_id, read_only=True) as session:
        await (await session.connection()).execute(text("set local statement_timeout = '60s'"))
        return list((await session.exec(wanted)).all())
