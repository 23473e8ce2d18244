"""Merging (并案): a duplicate goes on with another matter, and whose it was keeps their say."""

from typing import Any

import pytest

from infra.database import Database
from policies import Actor, Denied
from services.errors import NotFound
from services.matters.aside import MergedApart, MergedBack, MergeSeen
from services.matters.hearing import OthersWait
from services.matters.states import MatterState, WrongStep
from services.matters.tables import Channel, Matter, Visibility
from tests.county import County
from tests.schema.test_oracle import compiled
from tests.services.test_handling import told
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


@pytest.fixture
async def neighbour(way: Way) -> Actor:
    return await way.county.actor("resident", way.tree.estate)


class TestMerge:
    async def test_whoever_followed_it_follows_the_other(self, way: Way) -> None:
        neighbour = await way.county.actor("resident", way.tree.estate)
        row, other = await way.raised(by=neighbour), await way.raised()
        await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        await way.do("pass_on", way.stairwell_head, other.id)
        assert await told(way, neighbour.person_id) == ["matter.merged", "matter.passed_on"]

    async def test_into_which_others_were_merged_is_not_its_raisers_alone(self, way: Way) -> None:
        one, other = await way.raised(), await way.raised(way.stairwell_head)
        await way.do("merge", way.secretary, other.id, into=one.id, reason="同一件事")
        async with unchanged(way.county, OthersWait) as refused:
            await way.do("withdraw", way.resident, one.id, reason="不用了")
        assert refused.value.facts["number"] == 1

    async def test_not_into_itself_another_grids_or_what_is_over(self, way: Way) -> None:
        row = await way.raised()
        over = await way.at(MatterState.withdrawn)
        estate = await way.county.unit("estate", "北苑", way.tree.grids[1])
        worker = await way.county.actor("grid_worker", way.tree.grids[1])
        beyond = await way.raised(
            by=worker, place=estate.id, channel=Channel.visit, raiser=way.resident.person_id
        )
        for into in (row, over, beyond):
            async with unchanged(way.county, MergedApart):
                await way.do("merge", way.secretary, row.id, into=into.id, reason="同一件事")

    async def test_not_into_one_that_is_less_far_on(self, way: Way) -> None:
        """Else what lies on the table could be refused by way of another."""
        row, other = await way.tabled(), await way.raised()
        async with unchanged(way.county, MergedBack):
            await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")

    async def test_from_the_table_only_into_what_lies_there_or_was_decided_there(
        self, way: Way
    ) -> None:
        """What was settled and sent back is as far on, but no round table has heard it."""
        row, sham = await way.tabled(), await way.reworked()
        async with unchanged(way.county, MergedBack):
            await way.do("merge", way.secretary, row.id, into=sham.id, reason="同一件事")
        other = await way.tabled(title="电梯停运")
        row = await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        assert row.state == MatterState.merged

    async def test_who_followed_what_was_for_all_does_not_follow_what_is_not(
        self, way: Way, neighbour: Actor
    ) -> None:
        row, other = await way.raised(), await way.raised(visibility=Visibility.parties)
        await way.do("watch", neighbour, row.id)
        await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        await way.do("pass_on", way.stairwell_head, other.id)
        assert await told(way, neighbour.person_id) == ["matter.merged"]
        assert await told(way, way.resident.person_id) == ["matter.merged", "matter.passed_on"]

    async def test_what_is_confidential_is_not_shown_by_merging(self, way: Way) -> None:
        secret, open_ = await way.raised(visibility=Visibility.confidential), await way.raised()
        for one, into in ((secret, open_), (open_, secret)):
            async with unchanged(way.county, MergeSeen):
                await way.do("merge", way.secretary, one.id, into=into.id, reason="同一件事")


class TestWhoseItWas:
    """Somebody whose matter was merged is no stranger to the one that goes on."""

    async def merged(self, way: Way, neighbour: Actor, **more: Any) -> tuple[Matter, Matter]:
        """The neighbour's matter, merged into the resident's, which is being handled."""
        row, other = await way.raised(by=neighbour, **more), await way.reworked(**more)
        await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        return row, other

    async def test_they_appeal_against_its_refusal(self, way: Way, neighbour: Actor) -> None:
        row, other = await way.raised(by=neighbour), await way.raised()
        await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        await way.do("refuse", way.secretary, other.id, reason="不办")
        stranger = await way.county.actor("resident", way.tree.estate)
        async with unchanged(way.county, Denied):
            await way.do("appeal", stranger, other.id, reason="应办")
        row = await way.do("appeal", neighbour, other.id, reason="应办")
        assert row.state == MatterState.appealed

    async def test_so_does_whoever_took_it_down_for_one_who_is_not_registered(
        self, way: Way
    ) -> None:
        other = await way.raised()
        row = await way.raised(
            by=way.worker, channel=Channel.phone, raiser_name="钱某", raiser_phone="13800000000"
        )
        await way.do("merge", way.secretary, row.id, into=other.id, reason="同一件事")
        await way.do("refuse", way.secretary, other.id, reason="不办")
        row = await way.do("appeal", way.worker, other.id, reason="应办")
        assert row.state == MatterState.appealed

    async def test_they_object_to_its_result_though_it_is_not_shown(
        self, way: Way, neighbour: Actor
    ) -> None:
        _, other = await self.merged(way, neighbour, visibility=Visibility.parties)
        await way.complete(other.id)
        stranger = await way.county.actor("resident", way.tree.estate)
        async with unchanged(way.county, NotFound):
            await way.objection(other.id, by=stranger)
        objection = await way.objection(other.id, by=neighbour)
        assert objection.person_id == neighbour.person_id

    @pytest.mark.parametrize("verb", ["withdraw", "confirm", "resubmit"])
    async def test_what_is_its_raisers_alone_stays_so(
        self, way: Way, neighbour: Actor, verb: str
    ) -> None:
        _, other = await self.merged(way, neighbour)
        given = {"reason": "不用了"} if verb == "withdraw" else {}
        async with unchanged(way.county, Denied):
            await way.do(verb, neighbour, other.id, **given)

    async def test_they_read_where_it_stands_and_nothing_of_what_it_says(
        self, database: Database, way: Way, neighbour: Actor
    ) -> None:
        row, other = await self.merged(way, neighbour)
        found = await self.read(database, neighbour, row)
        assert found == {
            "mergedInto": None, "mergedMatterId": f"Matter:{other.id}",
            "mergedMatterCode": other.code, "mergedMatterState": "HANDLING", "boardEntry": None,
        }  # fmt: skip
        await way.published(other.id)
        found = await self.read(database, neighbour, row)
        assert found["boardEntry"] == {"title": other.title, "matterId": f"Matter:{other.id}"}

    async def read(self, database: Database, by: Actor, row: Matter) -> dict[str, Any]:
        """What somebody reads of a merged matter of their own."""
        document = """query ($id: ID!) { node(id: $id) { ... on Matter { mergedInto { id }
          mergedMatterId mergedMatterCode mergedMatterState boardEntry { title matterId } } } }"""
        answer = await compiled(database, by, document, {"id": f"Matter:{row.id}"})
        node: dict[str, Any] = answer["node"]
        return node


class TestChain:
    async def test_what_was_merged_before_goes_along(self, way: Way, neighbour: Actor) -> None:
        first, second, third = (
            await way.raised(by=neighbour),
            await way.raised(),
            await way.raised(by=way.stairwell_head),
        )
        await way.do("merge", way.secretary, first.id, into=second.id, reason="同一件事")
        await way.do("merge", way.secretary, second.id, into=third.id, reason="都是线路")
        entries = await way.entries(first.id)
        assert [entry.verb for entry in entries] == ["raise", "merge", "follow"]
        assert await told(way, neighbour.person_id) == [
            "matter.merged", "matter.merged", "matter.followed",
        ]  # fmt: skip
        await way.do("refuse", way.secretary, third.id, reason="不办")
        row = await way.do("appeal", neighbour, third.id, reason="应办")
        assert row.state == MatterState.appealed

    async def test_nobody_makes_one_follow(self, way: Way, neighbour: Actor) -> None:
        first, second = await way.raised(by=neighbour), await way.raised()
        await way.do("merge", way.secretary, first.id, into=second.id, reason="同一件事")
        async with unchanged(way.county, WrongStep):
            await way.do("merge", way.secretary, first.id, into=second.id, reason="再并")
