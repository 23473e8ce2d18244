"""The heads' first opinion: each gives one, an absence has its reason, one may table it."""

from datetime import timedelta
from uuid import UUID

import pytest

from policies import Denied
from services import clock
from services.errors import NotFound, Said
from services.matters.opinions import (
    ConfidentialUntabled,
    HeadsWouldTable,
    NoRoundTable,
    NotAHead,
    OpinionGiven,
    OpinionsMissing,
    OpinionStillDue,
)
from services.matters.tables import Recommendation, Visibility
from services.units import UnitKind
from tests.county import County, adopt
from tests.services.unchanged import unchanged
from tests.way import Way

SETTLE, TABLE = Recommendation.settle, Recommendation.table


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def opine(way: Way, matter: UUID, *who: str, recommends: Recommendation = SETTLE) -> None:
    for name in who:
        await way.do("opine", getattr(way, name), matter, recommends=recommends, said="同意。")


class TestOpine:
    async def test_each_head_of_the_place_gives_one(self, way: Way) -> None:
        row = await way.inquired()
        await opine(way, row.id, "stairwell_head", "building_head", "secretary")
        given = [entry.head for entry in await way.entries(row.id) if entry.verb == "opine"]
        assert given == ["stairwell", "building", "grid"]

    async def test_nobody_gives_two(self, way: Way) -> None:
        row = await way.inquired()
        await opine(way, row.id, "stairwell_head")
        async with unchanged(way.county, OpinionGiven):
            await opine(way, row.id, "stairwell_head")

    async def test_who_is_head_twice_gives_one_for_each(self, way: Way) -> None:
        person = await way.county.person()
        await way.county.appoint(person, "stairwell_head", way.tree.stairwell)
        await way.county.appoint(person, "building_head", way.tree.building)
        both = await way.county.reload(person.id)
        row = await way.inquired()
        for at in (UnitKind.building, None):
            await way.do("opine", both, row.id, recommends=SETTLE, said="同意。", at=at)
        given = [entry.head for entry in await way.entries(row.id) if entry.verb == "opine"]
        assert given == ["building", "stairwell"]

    async def test_the_worker_and_another_buildings_head_are_no_heads_of_it(self, way: Way) -> None:
        beside = await way.county.unit("building", "2栋", way.tree.estate)
        stranger = await way.county.actor("building_head", beside)
        row = await way.inquired()
        for by in (way.worker, stranger):
            async with unchanged(way.county, Denied):
                await way.do("opine", by, row.id, recommends=SETTLE, said="同意。")

    async def test_of_a_confidential_matter_the_grid_heads_is_enough(self, way: Way) -> None:
        row = await way.inquired(visibility=Visibility.confidential)
        async with unchanged(way.county, NotFound):
            await opine(way, row.id, "stairwell_head")
        await opine(way, row.id, "secretary")
        row = await way.do("settle", way.secretary, row.id, decision="已处理。")
        assert row.state == "published"

    async def test_a_county_may_name_other_heads(self, way: Way) -> None:
        document = {"matters": {"heads": [{"role": "grid_worker", "at": "grid"}]}}
        async with way.county.session() as session:
            await adopt(session, way.county, document)
        row = await way.inquired()
        async with unchanged(way.county, Denied):
            await opine(way, row.id, "secretary")
        await opine(way, row.id, "worker")
        assert (
            await way.do("settle", way.secretary, row.id, decision="好了。")
        ).state == "published"

    async def test_a_matter_keeps_the_heads_that_it_began_under(self, way: Way) -> None:
        row = await way.inquired()
        document = {"matters": {"heads": [{"role": "grid_worker", "at": "grid"}]}}
        async with way.county.session() as session:
            await adopt(session, way.county, document)
        async with unchanged(way.county, Denied):
            await opine(way, row.id, "worker")
        await opine(way, row.id, "stairwell_head", "building_head", "secretary")


class TestOutlives:
    async def test_an_opinion_counts_though_the_matter_was_refused_in_between(
        self, way: Way
    ) -> None:
        row = await way.inquired()
        table = Recommendation.table
        await way.do("opine", way.stairwell_head, row.id, recommends=table, said="同意。")
        await way.do("refuse", way.secretary, row.id, reason="不办")
        await way.do("appeal", way.resident, row.id, reason="应办")
        await way.do("overturn", way.community, row.id, reason="应办")
        async with unchanged(way.county, OpinionGiven):
            await way.do("opine", way.stairwell_head, row.id, recommends=table, said="同意。")
        for head in (way.building_head, way.secretary):
            await way.do("opine", head, row.id, recommends=table, said="同意。")
        assert (await way.do("table", way.secretary, row.id)).state == "tabled"

    async def test_once_the_raiser_was_asked_anew_it_is_given_anew(self, way: Way) -> None:
        row = await way.inquired()
        table = Recommendation.table
        await way.do("opine", way.stairwell_head, row.id, recommends=table, said="同意。")
        await way.do("return", way.secretary, row.id, reason="请补充")
        await way.do("resubmit", way.resident, row.id, text="楼道灯不亮，三楼也不亮。")
        await way.do("pass_on", way.stairwell_head, row.id)
        await way.do("pass_on", way.building_head, row.id)
        await way.do("accept", way.secretary, row.id)
        await way.do("inquire", way.member, row.id, contacted_at=clock.now(), said="已了解。")
        row = await way.do("opine", way.stairwell_head, row.id, recommends=table, said="同意。")
        assert row.state == "preliminary"


class TestExcuse:
    async def test_an_absence_counts_once_the_opinion_is_overdue(self, way: Way) -> None:
        row = await way.inquired()
        await opine(way, row.id, "stairwell_head", "secretary")
        assert row.due_at is not None
        absent = {"at": UnitKind.building, "reason": "出差在外"}
        async with unchanged(way.county, OpinionStillDue):
            await way.do("excuse", way.worker, row.id, **absent)
        with clock.at(row.due_at + timedelta(hours=1)):
            await way.do("excuse", way.worker, row.id, **absent)
            row = await way.do("settle", way.secretary, row.id, decision="已办。")
        assert row.state == "published"

    async def test_only_of_a_head_that_it_has_and_that_said_nothing(self, way: Way) -> None:
        row = await way.inquired(place=way.tree.estate.id)
        await opine(way, row.id, "secretary")
        async with unchanged(way.county, NotAHead):
            await way.do("excuse", way.worker, row.id, at=UnitKind.building, reason="不在")
        async with unchanged(way.county, OpinionGiven):
            await way.do("excuse", way.worker, row.id, at=UnitKind.grid, reason="不在")


class TestSettleAndTable:
    @pytest.mark.parametrize("verb", ["settle", "table"])
    async def test_not_before_every_head_has_spoken(self, way: Way, verb: str) -> None:
        row = await way.inquired()
        await opine(way, row.id, "stairwell_head", "secretary")
        more = {"decision": "已办。"} if verb == "settle" else {}
        async with unchanged(way.county, OpinionsMissing) as refused:
            await way.do(verb, way.secretary, row.id, **more)
        assert refused.value.facts["heads"] == Said("楼栋", "Building", "building", "units")

    async def test_where_one_would_table_it_nobody_settles_it(self, way: Way) -> None:
        row = await way.inquired()
        await opine(way, row.id, "stairwell_head", "secretary")
        await opine(way, row.id, "building_head", recommends=TABLE)
        async with unchanged(way.county, HeadsWouldTable):
            await way.do("settle", way.secretary, row.id, decision="已办。")
        assert (await way.do("table", way.secretary, row.id)).state == "tabled"

    async def test_where_there_is_no_round_table_nothing_is_tabled(self, county: County) -> None:
        """It would wait for nobody, and no guarantee would tell of it."""
        way = await Way.of(county, has_council=False)
        row = await way.deliberated()
        async with unchanged(county, NoRoundTable):
            await way.do("table", way.secretary, row.id)

    async def test_what_is_confidential_is_not_tabled_and_settled_all_the_same(
        self, way: Way
    ) -> None:
        row = await way.inquired(visibility=Visibility.confidential)
        await opine(way, row.id, "secretary", recommends=TABLE)
        async with unchanged(way.county, ConfidentialUntabled):
            await way.do("table", way.secretary, row.id)
        row = await way.do("settle", way.secretary, row.id, decision="已处理。")
        assert row.state == "published"

    async def test_settled_it_still_waits_to_be_verified_and_shown(self, way: Way) -> None:
        row = await way.settled()
        assert (row.state, row.verified_at, row.result) == ("published", None, "已换灯。")
