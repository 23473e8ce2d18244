"""Objections: by the raiser, by residents while the window runs, each answered before the end."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, objections
from services.errors import NotFound, StaleVersion
from services.matters.states import MatterState, WrongStep
from services.matters.tables import Matter, Visibility
from services.notices import Notice
from services.objections import (
    Objection,
    ObjectionAnswered,
    ObjectionsOpen,
    ObjectionStands,
    ObjectionWindowOver,
    OwnObjection,
)
from services.publications import NotPublished
from services.units import Unit
from tests.county import County
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def answer(way: Way, by: Actor, objection: UUID, **given: Any) -> Objection:
    async with way.county.session() as session:
        return await objections.answer(
            session, by, objection=objection, answer="已派人复查。", **given
        )


async def shown(way: Way, **more: Any) -> Matter:
    matter = await way.verified(**more)
    await way.published(matter.id)
    return matter


async def resident(way: Way) -> Actor:
    """Somebody who lives at the other end of the county."""
    estate = await way.county.unit("estate", "荷塘", way.tree.grids[1])
    return await way.county.actor("resident", estate)


class TestRaise:
    async def test_the_raiser_objects_and_nothing_counts_as_confirmed(self, way: Way) -> None:
        matter = await shown(way)
        await way.do("confirm", way.resident, matter.id)
        row = await way.objection(matter.id)
        assert (row.state, row.person_id) == ("open", way.resident.person_id)
        assert row.publication_id is not None
        entry = (await way.entries(matter.id))[-1]
        assert (entry.verb, entry.to_state, entry.said) == ("dispute", "published", "没修好")
        assert await way.county.events("objection.raised") == 1
        assert await way.county.events("matter.disputed") == 1
        async with way.county.session(read_only=True) as session:
            now = await session.get_one(Matter, (way.county.id, matter.id))
        assert now.is_confirmed is False

    async def test_the_raiser_need_not_wait_until_it_is_shown(self, way: Way) -> None:
        row = await way.objection((await way.completed()).id)
        assert row.publication_id is None

    async def test_a_resident_of_anywhere_in_the_county_objects_to_what_is_shown(
        self, way: Way
    ) -> None:
        matter = await shown(way)
        await way.do("confirm", way.resident, matter.id)
        await way.objection(matter.id, by=await resident(way))
        async with way.county.session(read_only=True) as session:
            now = await session.get_one(Matter, (way.county.id, matter.id))
        assert now.is_confirmed is True

    async def test_what_others_do_not_see_is_as_none(self, way: Way) -> None:
        other = await resident(way)
        unseen = [
            (await way.verified()).id,
            (await shown(way, visibility=Visibility.parties)).id,
            (await way.accepted(visibility=Visibility.confidential)).id,
            uuid4(),
        ]
        for matter in unseen:
            async with unchanged(way.county, NotFound) as refused:
                await way.objection(matter, by=other)
            assert refused.value.facts == {"id": f"Matter:{matter}"}

    async def test_what_lies_in_a_hidden_estate_is_as_none(self, way: Way) -> None:
        matter = await shown(way)
        hidden = update(Unit).where(col(Unit.id) == way.tree.estate.id).values(is_public=False)
        async with way.county.session() as session:
            await session.exec(hidden)
        other = await resident(way)
        async with unchanged(way.county, NotFound):
            await way.objection(matter.id, by=other)

    async def test_after_the_window_only_the_raiser_does(self, way: Way) -> None:
        matter = await way.verified()
        await way.published(matter.id, days_ago=60)
        other = await resident(way)
        async with unchanged(way.county, ObjectionWindowOver):
            await way.objection(matter.id, by=other)
        await way.objection(matter.id)

    async def test_what_is_shown_without_the_present_result_is_no_result_to_object_to(
        self, way: Way
    ) -> None:
        matter = await way.reworked()
        await way.published(matter.id)
        other = await resident(way)
        async with unchanged(way.county, WrongStep):
            await way.objection(matter.id, by=other)
        await way.complete(matter.id)
        async with unchanged(way.county, NotPublished):
            await way.objection(matter.id, by=other)

    @pytest.mark.parametrize("state", [MatterState.handling, MatterState.closed])
    async def test_there_is_a_result_and_the_matter_is_not_closed(
        self, way: Way, state: MatterState
    ) -> None:
        matter = await way.at(state)
        async with unchanged(way.county, WrongStep):
            await way.objection(matter.id)

    async def test_one_at_a_time(self, way: Way) -> None:
        matter = await shown(way)
        first = await way.objection(matter.id)
        async with unchanged(way.county, ObjectionStands) as refused:
            await way.objection(matter.id)
        assert refused.value.facts == {"id": f"Objection:{first.id}"}
        await answer(way, way.secretary, first.id)
        await way.objection(matter.id)

    async def test_of_two_at_once_one_is_raised(self, way: Way) -> None:
        matter = await shown(way)
        ends = await asyncio.gather(
            *(way.objection(matter.id) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Objection", "ObjectionStands"]

    async def test_who_neither_raised_it_nor_lives_in_the_county_may_not(self, way: Way) -> None:
        matter = await shown(way)
        async with unchanged(way.county, Denied):
            await way.objection(matter.id, by=way.firm)

    async def test_another_countys_is_as_none(self, way: Way, other: County) -> None:
        theirs = await shown(await Way.of(other))
        async with unchanged(way.county, NotFound):
            await way.objection(theirs.id)


class TestAnswer:
    async def test_who_brought_the_result_about_does_not_answer(self, way: Way) -> None:
        row = await way.settled()
        objection = await way.objection(row.id)
        async with unchanged(way.county, OwnObjection), way.county.session() as session:
            await objections.answer(
                session, way.secretary, objection=objection.id, answer="没有问题"
            )

    async def test_the_grid_answers_and_the_objector_is_told(self, way: Way) -> None:
        matter = await shown(way)
        other = await resident(way)
        row = await way.objection(matter.id, by=other)
        row = await answer(way, way.secretary, row.id)
        assert (row.state, row.answer, row.answered_by) == (
            "answered", "已派人复查。", way.secretary.person_id,
        )  # fmt: skip
        assert await way.county.events("objection.answered") == 1
        told = select(Notice.event_name).where(
            Notice.tenant_id == way.county.id, Notice.person_id == other.person_id
        )
        async with way.county.session(read_only=True) as session:
            assert (await session.exec(told)).all() == ["objection.answered"]

    async def test_nobody_answers_their_own(self, way: Way) -> None:
        matter = await shown(way)
        row = await way.objection(matter.id, by=way.secretary)
        async with unchanged(way.county, OwnObjection):
            await answer(way, way.secretary, row.id)
        await answer(way, way.community, row.id)

    async def test_it_is_answered_once(self, way: Way) -> None:
        row = await way.objection((await shown(way)).id)
        await answer(way, way.secretary, row.id)
        async with unchanged(way.county, ObjectionAnswered):
            await answer(way, way.community, row.id)

    async def test_a_stale_version_is_refused(self, way: Way) -> None:
        row = await way.objection((await shown(way)).id)
        async with unchanged(way.county, StaleVersion):
            await answer(way, way.secretary, row.id, expected_version=7)

    async def test_neither_the_worker_nor_another_grid_may(self, way: Way) -> None:
        row = await way.objection((await shown(way)).id)
        elsewhere = await way.county.actor("branch_secretary", way.tree.grids[1])
        for by in (way.worker, elsewhere):
            async with unchanged(way.county, Denied):
                await answer(way, by, row.id)

    async def test_another_countys_is_as_none(self, way: Way, other: County) -> None:
        there = await Way.of(other)
        theirs = await there.objection((await shown(there)).id)
        async with unchanged(way.county, NotFound):
            await answer(way, way.secretary, theirs.id)


class TestClose:
    async def test_not_while_an_objection_is_open(self, way: Way) -> None:
        matter = await way.verified()
        await way.published(matter.id)
        raised = [
            await way.objection(matter.id),
            await way.objection(matter.id, by=await resident(way)),
        ]
        with clock.at(clock.now() + timedelta(days=60)):
            for left, one in zip((2, 1), raised, strict=True):
                async with unchanged(way.county, ObjectionsOpen) as refused:
                    await way.do("close", way.secretary, matter.id)
                assert refused.value.facts == {"count": left}
                await answer(way, way.secretary, one.id)
            assert (await way.do("close", way.secretary, matter.id)).state == "closed"


class TestTheDatabase:
    """It holds what the commands hold, against whoever writes past them."""

    @pytest.mark.parametrize(
        "values",
        [{"state": "answered"}, {"answer": "好"}, {"answered_by": "self"}],
        ids=lambda values: "+".join(values),
    )
    async def test_it_refuses_what_cannot_be(self, way: Way, values: dict[str, Any]) -> None:
        row = await way.objection((await shown(way)).id)
        given = {
            name: row.person_id if value == "self" else value for name, value in values.items()
        }
        changed = update(Objection).where(col(Objection.id) == row.id).values(**given)
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(changed)

    async def test_nobody_has_two_open_ones_on_a_matter(self, way: Way) -> None:
        matter = await shown(way)
        first = await way.objection(matter.id)
        await answer(way, way.secretary, first.id)
        await way.objection(matter.id)
        again = (
            update(Objection)
            .where(col(Objection.id) == first.id)
            .values(state="open", answer=None, answered_at=None, answered_by=None)
        )
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(again)
