"""Who may do what with an import, and when: posts lost, stale versions, what is over."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from policies import Actor, Denied
from services import (
    accounts,
    appointments,
    clock,
    register_imports,
)
from services.errors import NotFound, StaleVersion
from services.register_imports import ImportState, turns
from services.register_imports.layouts import ColumnTwice, HeadingsMissing
from services.register_imports.tables import (
    LASTS,
    MOST_OPEN,
    ImportNotReady,
    ImportsOpen,
    ImportTaken,
)
from services.units import UnitUnfit
from tests.county import County
from tests.services.clerk import ID_BING, Clerk
from tests.services.unchanged import contents, unchanged

BING = ("102", "90.10㎡", "试验丙", ID_BING, None, None)


@pytest.fixture
async def clerk(county: County) -> Clerk:
    return await Clerk.of(county)


class TestAuthority:
    async def test_by_others_elsewhere_and_of_other_counties_it_is_refused(
        self, clerk: Clerk, other: County
    ) -> None:
        county, tree = clerk.county, clerk.tree
        row = await clerk.preview([BING])
        elsewhere = await county.actor("grid_worker", tree.grids[1])
        for by in (elsewhere, county.administrator, await county.actor("resident", tree.estate)):
            async with unchanged(county, Denied):
                await clerk.start(by)
            for verb, said in (("apply", {"mode": "good_rows"}), ("discard", {})):
                async with unchanged(county, Denied):
                    await clerk.do(verb, row, by, **said)
        stranger = await other.actor("housing_officer")
        async with unchanged(other, NotFound), other.session() as session:
            await stages_of("apply")(session, stranger, register_import=row.id, mode="good_rows")
        theirs = (await other.tree()).estate
        async with unchanged(county, NotFound):
            await clerk.start(estate=theirs.id)
        async with unchanged(county, UnitUnfit):
            await clerk.start(estate=tree.grids[0].id)

    async def test_whoever_lost_their_post_records_nothing(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING])
        await clerk.do("apply", row, mode="good_rows")
        await self.revoke(clerk, clerk.worker)
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.halt, row.done) == (ImportState.previewed, "authority_lost", 0)
        assert await clerk.register() == []
        row = await clerk.apply(row, by=clerk.officer)
        assert (row.state, row.halt, row.done) == (ImportState.done, None, 1)

    async def test_nobody_records_by_a_file_what_they_may_not_record_one_by_one(
        self, clerk: Clerk
    ) -> None:
        row = await clerk.preview([BING])
        limited = Actor(
            clerk.county.id, clerk.county.slug, clerk.officer.person_id, clerk.officer.posts,
            limits=frozenset({("register_imports", "apply"), ("property_units", "add")}),
        )  # fmt: skip
        async with unchanged(clerk.county, Denied):
            await clerk.do("apply", row, limited, mode="good_rows")

    async def test_a_verifier_who_lost_their_post_verifies_nothing(self, clerk: Clerk) -> None:
        row = await clerk.apply(await clerk.preview([BING]))
        await clerk.do("verify", row, clerk.officer)
        await self.revoke(clerk, clerk.officer)
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.verified, row.verified_by) == (ImportState.done, 0, None)

    async def revoke(self, clerk: Clerk, by: Actor) -> None:
        async with clerk.county.session() as session:
            await appointments.revoke(
                session, clerk.county.security, appointment=by.posts[0].appointment_id,
                reason="调离",
            )  # fmt: skip


class TestStates:
    async def test_a_stale_decision_is_refused(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING])
        for verb, mode in (("apply", {"mode": "good_rows"}), ("discard", {})):
            said: dict[str, Any] = {"expected_version": 1, **mode}
            async with unchanged(clerk.county, StaleVersion):
                await clerk.do(verb, row, **said)

    async def test_discarded_nothing_is_kept_of_its_rows(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING, ("", 1, None, None, None, None)])
        row = await clerk.do("discard", row)
        assert row.state == ImportState.discarded
        assert await clerk.rows(row) == []
        assert await clerk.problems(row) == []
        for verb, said in (("apply", {"mode": "good_rows"}), ("discard", {}), ("verify", {})):
            by = clerk.officer
            async with unchanged(clerk.county, ImportNotReady):
                await clerk.do(verb, row, by, **said)

    async def test_what_nobody_decides_on_expires(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING])
        later = clock.now() + LASTS + timedelta(seconds=1)
        async with clerk.county.session() as session:
            assert await turns.look(session, clerk.clock, at=later, most=1) == 1
        assert (await clerk.row(row.id)).state == ImportState.expired
        assert await clerk.rows(row) == []

    async def test_only_so_many_are_open_of_an_estate_also_at_once(self, clerk: Clerk) -> None:
        made = await asyncio.gather(
            *(clerk.start() for _ in range(MOST_OPEN + 1)), return_exceptions=True
        )
        assert sum(isinstance(one, ImportsOpen) for one in made) == 1

    async def test_the_same_file_again_changes_nothing_another_is_refused(
        self, clerk: Clerk
    ) -> None:
        id_ = await clerk.start()
        table = [("房号", "建筑面积"), ("1", 2)]
        await clerk.send(id_, table)
        before = await contents(clerk.county)
        await clerk.send(id_, table)
        assert await contents(clerk.county) == before
        async with unchanged(clerk.county, ImportTaken):
            await clerk.send(id_, table, sha256="1" * 64)

    @pytest.mark.parametrize(
        ("table", "refusal"),
        [
            ([("姓名", "电话"), ("试验", "1")], HeadingsMissing),
            ([("房号", "建筑面积", "面积"), ("1", 1, 1)], ColumnTwice),
            ([("1", 2)] * 30, HeadingsMissing),
        ],
    )
    async def test_a_table_without_known_headings_is_refused(
        self, clerk: Clerk, table: Any, refusal: type[Exception]
    ) -> None:
        id_ = await clerk.start()
        async with unchanged(clerk.county, refusal):
            await clerk.send(id_, table)

    async def test_what_rows_say_moves_to_the_newest_key(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING])
        await rotated(clerk.county)
        assert [one.key_number for one in await clerk.rows(row)] == [2]
        row = await clerk.apply(row)
        assert row.done == 1


def stages_of(verb: str) -> Callable[..., Any]:
    """A command by its verb."""
    found: Callable[..., Any] = getattr(register_imports, verb)
    return found


async def rotated(county: County) -> None:
    """A newer key, and everything moved to it."""
    async with county.session() as session:
        await accounts.rotate_keys(session, county.security, batch=100)
