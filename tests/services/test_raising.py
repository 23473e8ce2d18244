"""Raising a matter: where it lies first, and for whom it is taken down."""

import asyncio
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from infra.database import Database
from policies import Actor, Denied
from services import accounts, clock, extensions, matters
from services.errors import BadInput, NotFound
from services.matters.aside import RaiserHasTime
from services.matters.hearing import (
    NothingAdded,
    OwnReturn,
    PlaceUnfit,
    RaisedOften,
    StaysTabled,
)
from services.matters.moving import AboveTheGrid
from services.matters.raisers import RaiserMissing
from services.matters.states import MatterState
from services.matters.tables import Channel, Visibility
from tests.county import County, adopt
from tests.schema.test_oracle import compiled
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


class TestRaise:
    async def test_it_lies_with_the_lowest_head_of_its_place(self, way: Way) -> None:
        row = await way.raised()
        assert (row.state, row.step, row.version, row.stage) == ("raised", "raised", 1, 1)
        assert (row.holder_id, row.grid_id) == (way.tree.stairwell.id, way.tree.grids[0].id)
        assert row.raiser_id == way.resident.person_id
        assert row.due_at is not None
        assert row.alarm_at == row.due_at
        [entry] = await way.entries(row.id)
        assert (entry.seq, entry.verb, entry.from_state, entry.to_state) == (
            1, "raise", None, "raised",
        )  # fmt: skip
        assert await way.county.events("matter.raised") == 1

    async def test_at_an_estate_it_lies_with_the_grid_at_once(self, way: Way) -> None:
        row = await way.raised(place=way.tree.estate.id)
        assert row.holder_id == way.tree.grids[0].id

    async def test_what_is_confidential_passes_the_neighbours_by(self, way: Way) -> None:
        row = await way.raised(visibility=Visibility.confidential)
        assert (row.holder_id, row.scope_id) == (way.tree.grids[0].id, way.tree.grids[0].id)

    async def test_a_place_outside_of_any_grid_is_refused(self, way: Way) -> None:
        for place in (way.tree.communities[0].id, way.tree.firm.id, way.tree.branch.id):
            async with unchanged(way.county, PlaceUnfit):
                await way.raised(place=place)

    async def test_an_unknown_category_names_those_there_are(self, way: Way) -> None:
        async with unchanged(way.county, BadInput) as refused:
            await way.raised(category="ufo")
        assert "facilities（设施维修）" in refused.value.message("zh")
        assert "facilities (Facilities)" in refused.value.message("en")

    async def test_who_lives_nowhere_here_may_not(self, way: Way) -> None:
        async with unchanged(way.county, Denied):
            await way.raised(by=way.firm)

    async def test_another_countys_place_is_as_none(self, way: Way, other: County) -> None:
        theirs = await other.tree()
        async with unchanged(way.county, NotFound):
            await way.raised(place=theirs.stairwell.id)


class TestRaiseOnBehalf:
    async def test_name_and_number_are_sealed_and_shown_masked(self, way: Way) -> None:
        row = await way.raised(
            by=way.building_head, channel=Channel.phone, raiser_name="王小明",
            raiser_phone="199 0000 1234",
        )  # fmt: skip
        assert (row.contact_name, row.contact_phone) == ("王**", "199****1234")
        assert row.raiser_id is None
        assert row.holder_id == way.tree.building.id
        assert b"19900001234" not in (row.contact_cipher or b"")
        async with way.county.session(read_only=True) as session:
            seen = await session.exec(text("select string_agg(e::text, '') from event e"))  # type: ignore[call-overload]
            assert "19900001234" not in seen.scalar_one()

    async def test_it_is_revealed_for_a_purpose_and_on_record(self, way: Way) -> None:
        row = await way.raised(
            by=way.worker, channel=Channel.visit, raiser_name="王小明", raiser_phone="19900001234"
        )
        async with way.county.session() as session:
            seen = await matters.reveal(session, way.secretary, matter=row.id, purpose="回访核实")
        assert (seen.name, seen.phone) == ("王小明", "19900001234")
        assert await way.county.events("matter.raiser_revealed") == 1
        async with unchanged(way.county, Denied), way.county.session() as session:
            await matters.reveal(session, way.stairwell_head, matter=row.id, purpose="想知道")

    async def test_it_opens_still_once_the_countys_key_has_changed(self, way: Way) -> None:
        row = await way.raised(
            by=way.worker, channel=Channel.visit, raiser_name="王小明", raiser_phone="19900001234"
        )
        async with way.county.session() as session:
            turned = await accounts.rotate_keys(session, way.county.security, batch=500)
        assert turned.remaining == 0
        async with way.county.session() as session:
            seen = await matters.reveal(session, way.secretary, matter=row.id, purpose="回访核实")
        assert (seen.name, seen.phone) == ("王小明", "19900001234")

    async def test_a_registered_raiser_follows_it_as_their_own(self, way: Way) -> None:
        row = await way.raised(
            by=way.stairwell_head, channel=Channel.visit, raiser=way.resident.person_id
        )
        assert row.raiser_id == way.resident.person_id
        await way.do("withdraw", way.resident, row.id, reason="不用了")

    @pytest.mark.parametrize(
        "given",
        [{}, {"raiser_name": "王小明"}, {"raiser_phone": "19900001234"}],
        ids=["nobody", "no_number", "no_name"],
    )
    async def test_without_a_raiser_it_is_refused(self, way: Way, given: dict[str, str]) -> None:
        async with unchanged(way.county, RaiserMissing):
            await way.raised(by=way.worker, channel=Channel.phone, **given)

    async def test_nobody_raises_more_than_the_county_takes_in_a_day(self, way: Way) -> None:
        async with way.county.session() as session:
            rules = {"matters": {"most_a_day": 2}}
            await adopt(session, way.county, rules)
        first = await way.raised()
        ends = await asyncio.gather(*(way.raised() for _ in range(3)), return_exceptions=True)
        names = sorted(type(end).__name__ for end in ends)
        assert names == ["Matter", "RaisedOften", "RaisedOften"]
        async with unchanged(way.county, RaisedOften):
            await way.raised()
        # For another one still takes down what they say, and the next day it goes on.
        await way.raised(by=way.stairwell_head, channel=Channel.visit,
                         raiser=way.resident.person_id)  # fmt: skip
        with clock.at(first.raised_at + timedelta(days=1, minutes=1)):
            await way.raised()

    async def test_nobody_takes_down_their_own(self, way: Way) -> None:
        """Else what one raises in a day would have no bound."""
        own = way.worker.person_id
        async with unchanged(way.county, BadInput):
            await way.raised(by=way.worker, channel=Channel.visit, raiser=own)

    async def test_a_resident_takes_nothing_down_for_others(self, way: Way) -> None:
        async with unchanged(way.county, Denied):
            await way.raised(
                channel=Channel.phone, raiser_name="王小明", raiser_phone="19900001234"
            )

    async def test_who_took_it_down_speaks_for_its_raiser_and_nobody_else_does(
        self, way: Way
    ) -> None:
        caller = {"channel": Channel.visit, "raiser_name": "刘一", "raiser_phone": "13900001234"}
        row = await way.raised(way.building_head, **caller)
        for by in (way.stairwell_head, way.secretary, way.worker):
            async with unchanged(way.county, Denied):
                await way.do("withdraw", by, row.id, reason="不用了")
        row = await way.do("withdraw", way.building_head, row.id, reason="来电说不用了")
        assert row.state == MatterState.withdrawn

    async def test_a_head_takes_down_what_is_in_reach_only(self, way: Way) -> None:
        elsewhere = await way.county.actor("grid_worker", way.tree.grids[1])
        async with unchanged(way.county, Denied):
            await way.raised(by=elsewhere, channel=Channel.visit, raiser=way.resident.person_id)


class TestReturned:
    async def test_sent_again_it_says_what_was_missing(self, way: Way) -> None:
        row = await way.at(MatterState.returned)
        async with unchanged(way.county, NothingAdded):
            await way.do("resubmit", way.resident, row.id)
        row = await way.do("resubmit", way.resident, row.id, place_detail="三楼")
        assert (row.state, row.place_detail) == ("raised", "三楼")

    async def test_who_returned_it_does_not_answer_it_themselves(self, way: Way) -> None:
        """Else whoever took it down could begin its time anew, alone."""
        caller = {"channel": Channel.phone, "raiser_name": "刘一", "raiser_phone": "13900001234"}
        row = await way.raised(way.worker, **caller)
        async with unchanged(way.county, OwnReturn):
            await way.do("return", way.worker, row.id, reason="补充")

    async def test_its_raiser_has_their_time_before_it_is_refused(self, way: Way) -> None:
        row = await way.at(MatterState.returned)
        async with unchanged(way.county, RaiserHasTime):
            await way.do("refuse", way.secretary, row.id, reason="没有补充")
        assert row.due_at is not None
        with clock.at(row.due_at):
            row = await way.do("refuse", way.secretary, row.id, reason="没有补充")
        assert row.state == "refused"

    async def test_what_was_taken_down_is_returned_again_above_the_grid_alone(
        self, way: Way
    ) -> None:
        """Its raiser answers as often as they are asked; the grid doesn't answer itself so."""
        caller = {"channel": Channel.phone, "raiser_name": "刘一", "raiser_phone": "13900001234"}
        for row, raiser in (
            (await way.raised(), way.resident),
            (await way.raised(way.worker, **caller), way.worker),
        ):
            await way.do("return", way.secretary, row.id, reason="请补充")
            await way.do("resubmit", raiser, row.id, place_detail="三楼")
            if raiser is way.worker:
                async with unchanged(way.county, AboveTheGrid):
                    await way.do("return", way.secretary, row.id, reason="再补充")
            again = way.secretary if raiser is way.resident else way.community
            row = await way.do("return", again, row.id, reason="再补充")
            assert row.state == "returned"


class TestOnBehalf:
    """Whoever took a matter down speaks for its raiser, but not against the round table."""

    CALLER: ClassVar = {
        "channel": Channel.phone, "raiser_name": "刘一", "raiser_phone": "13900001234",
    }  # fmt: skip

    async def test_they_are_told_for_the_raiser_and_see_what_is_asked(
        self, database: Database, way: Way
    ) -> None:
        row = await way.raised(
            by=way.stairwell_head, visibility=Visibility.confidential, **self.CALLER
        )
        await way.do("return", way.secretary, row.id, reason="请写明哪一户")
        asked = "{ notices { nodes { matter { entries(last: 1) { nodes { said } } } } } }"
        told = (await compiled(database, way.stairwell_head, asked))["notices"]["nodes"]
        assert told == [{"matter": {"entries": {"nodes": [{"said": "请写明哪一户"}]}}}]

    async def test_what_lies_on_the_table_they_do_not_withdraw(self, way: Way) -> None:
        row = await way.tabled(by=way.worker, **self.CALLER)
        async with unchanged(way.county, StaysTabled):
            await way.do("withdraw", way.worker, row.id, reason="来电说不用了")

    async def test_of_what_is_confidential_the_head_who_took_it_down_does_too(
        self, way: Way
    ) -> None:
        row = await way.raised(
            by=way.stairwell_head, visibility=Visibility.confidential, **self.CALLER
        )
        await way.do("return", way.secretary, row.id, reason="请补充")
        row = await way.do("resubmit", way.stairwell_head, row.id, place_detail="三楼")
        await way.do("refuse", way.secretary, row.id, reason="不办")
        row = await way.do("appeal", way.stairwell_head, row.id, reason="应办")
        assert row.state == "appealed"


class TestConfidential:
    """To whoever doesn't see it, there is no such matter: not even a denial tells of it."""

    @pytest.mark.parametrize(
        "verb", ["pass_on", "inquire", "complete", "watch", "reveal", "ask", "ask_above"]
    )
    async def test_what_one_may_not_do_to_it_is_as_if_there_were_none(
        self, way: Way, verb: str
    ) -> None:
        row = await way.accepted(visibility=Visibility.confidential)
        acts: dict[str, tuple[Actor, dict[str, Any]]] = {
            "pass_on": (way.building_head, {}),
            "inquire": (way.member, {"contacted_at": clock.now(), "said": "已了解"}),
            "complete": (way.firm, {"result": "好了"}),
            "watch": (await way.county.actor("resident", way.tree.estate), {}),
            "reveal": (
                await way.county.actor("grid_worker", way.tree.grids[1]),
                {"purpose": "核实情况"},
            ),
            "ask": (way.firm, {"days": 3, "reason": "等料"}),
            "ask_above": (way.building_head, {"days": 3, "reason": "等料"}),
        }
        stranger, given = acts[verb]
        with pytest.raises(NotFound) as unseen:
            await self.tried(way, stranger, verb, row.id, given)
        nowhere = uuid4()
        with pytest.raises(NotFound) as none:
            await self.tried(way, stranger, verb, nowhere, given)
        said = unseen.value.message("zh").replace(str(row.id), str(nowhere))
        assert said == none.value.message("zh")

    async def test_who_sees_it_is_told_what_they_may_not(self, way: Way) -> None:
        row = await way.accepted(visibility=Visibility.confidential)
        for by in (way.resident, way.worker):
            async with unchanged(way.county, Denied):
                await way.do("uphold", by, row.id, reason="维持")

    async def tried(
        self, way: Way, by: Actor, verb: str, matter: UUID, given: dict[str, Any]
    ) -> None:
        """One act, which is to be refused."""
        if not verb.startswith("ask"):
            await way.do(verb, by, matter, **given)
        async with way.county.session() as session:
            await extensions.ask(session, by, matter=matter, **given)
