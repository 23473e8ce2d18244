"""Extensions: asked for in time, granted above, never twice, and the raiser is told."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from policies import Actor, Denied
from services import clock, extensions
from services.calendar import CalendarRules, workday_after
from services.errors import BadInput, StaleVersion
from services.extensions import (
    DeadlinePassed,
    Extension,
    ExtensionAsked,
    ExtensionDecided,
    ExtensionMoot,
)
from services.matters.deadlines import MOMENT
from services.matters.states import WrongStep
from services.matters.tables import HandlingClass
from services.notices import Notice
from tests.county import County
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def ask(way: Way, matter: UUID, by: Actor | None = None, days: int = 3) -> Extension:
    async with way.county.session() as session:
        return await extensions.ask(
            session, by or way.worker, matter=matter, days=days, reason="等配件"
        )


async def decide(way: Way, verb: str, asked: Extension, by: Actor, **more: Any) -> Extension:
    async with way.county.session() as session:
        row: Extension = await getattr(extensions, verb)(session, by, extension=asked.id, **more)
    return row


class TestAsk:
    async def test_it_waits_for_the_unit_above(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        assert (asked.state, asked.stage) == ("asked", row.stage)

    async def test_after_the_deadline_it_is_refused(self, way: Way) -> None:
        row = await way.accepted()
        assert row.due_at is not None
        async with unchanged(way.county, DeadlinePassed):
            with clock.at(row.due_at):
                await ask(way, row.id)

    async def test_one_waits_at_a_time(self, way: Way) -> None:
        row = await way.accepted()
        await ask(way, row.id)
        async with unchanged(way.county, ExtensionAsked):
            await ask(way, row.id)

    async def test_what_was_asked_at_a_step_that_is_over_has_lapsed(self, way: Way) -> None:
        row = await way.reworked()
        first = await ask(way, row.id, way.firm)
        await way.complete(row.id)
        await way.do("rework", way.worker, row.id, reason="没修好")
        second = await ask(way, row.id, way.firm)
        assert second.state == "asked"
        async with way.county.session(read_only=True) as session:
            found = await session.exec(select(Extension.state).where(Extension.id == first.id))
            assert found.one() == "lapsed"

    async def test_of_two_at_once_one_is_asked(self, way: Way) -> None:
        row = await way.accepted()
        ends = await asyncio.gather(
            ask(way, row.id), ask(way, row.id, way.secretary), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Extension", "ExtensionAsked"]

    async def test_of_what_is_not_worked_on_yet_one_is_told_what_comes_next(self, way: Way) -> None:
        row = await way.raised()
        async with unchanged(way.county, WrongStep):
            await ask(way, row.id)
        row = await way.accepted()
        await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        async with unchanged(way.county, WrongStep):
            await ask(way, row.id)

    @pytest.mark.parametrize("days", [0, -1, 31, 10**6])
    async def test_no_more_than_the_county_allows(self, way: Way, days: int) -> None:
        row = await way.accepted()
        async with unchanged(way.county, BadInput):
            await ask(way, row.id, days=days)

    async def test_who_does_not_work_on_it_may_not(self, way: Way) -> None:
        row = await way.accepted()
        for stranger in (way.firm, way.resident):
            async with unchanged(way.county, Denied):
                await ask(way, row.id, stranger)


class TestGrant:
    async def test_no_grid_gives_itself_more_time(self, way: Way) -> None:
        """Though it stands above the building that holds the matter."""
        row = await way.settled()
        await way.do("rework", way.worker, row.id, reason="没办好")
        await way.do(
            "assign", way.secretary, row.id, handling_class=HandlingClass.own,
            handler=way.tree.building.id, due_on=clock.today() + timedelta(days=3),
        )  # fmt: skip
        asked = await ask(way, row.id, way.worker)
        async with unchanged(way.county, Denied), way.county.session() as session:
            await extensions.grant(session, way.secretary, extension=asked.id)
        async with way.county.session() as session:
            granted = await extensions.grant(session, way.community, extension=asked.id)
        assert granted.state == "granted"

    async def test_the_deadline_moves_by_working_days_and_the_raiser_is_told(
        self, way: Way
    ) -> None:
        row = await way.accepted()
        assert row.due_at is not None
        asked = await ask(way, row.id)
        await decide(way, "grant", asked, way.community)
        entry = (await way.entries(row.id))[-1]
        assert (entry.verb, entry.due_at) == ("extend", row.due_at)
        async with way.county.session(read_only=True) as session:
            told = await session.exec(
                select(Notice.event_name).where(
                    Notice.matter_id == row.id, Notice.person_id == way.resident.person_id
                )
            )
            assert "matter.extended" in set(told)
        expected = workday_after(CalendarRules(), row.due_at - MOMENT, 3)
        assert await way.due(row.id) == expected

    async def test_who_asked_or_has_it_in_hand_does_not_grant_it(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        async with unchanged(way.county, Denied):
            await decide(way, "grant", asked, way.secretary)

    async def test_it_is_decided_once(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        ends = await asyncio.gather(
            decide(way, "grant", asked, way.community),
            decide(way, "deny", asked, way.community, reason="不必"),
            return_exceptions=True,
        )
        names = sorted(type(end).__name__ for end in ends)
        assert names == ["Extension", "ExtensionDecided"]
        async with unchanged(way.county, ExtensionDecided):
            await decide(way, "grant", asked, way.community)

    async def test_once_the_matter_has_moved_on_it_is_moot(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        await way.do("inquire", way.member, row.id, contacted_at=clock.now(), said="问过。")
        async with unchanged(way.county, ExtensionMoot):
            await decide(way, "grant", asked, way.community)

    async def test_a_stale_version_is_refused(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        async with unchanged(way.county, StaleVersion):
            await decide(way, "grant", asked, way.community, expected_version=4)


class TestDeny:
    async def test_the_deadline_stays(self, way: Way) -> None:
        row = await way.accepted()
        asked = await ask(way, row.id)
        asked = await decide(way, "deny", asked, way.community, reason="材料已到")
        assert (asked.state, asked.decision) == ("denied", "材料已到")
        assert await way.due(row.id) == row.due_at
