"""Resolutions (每果必行): carried out, verified by another, and never quietly dropped."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from policies import Denied
from services import clock, extensions
from services.errors import StaleVersion
from services.matters import deadlines
from services.matters.handling import SameHands
from services.matters.opinions import WhyAgain
from services.matters.tables import HandlingClass, Matter
from services.meetings.tables import Reserved, Resolution, ResolutionState
from services.resolutions import (
    DecidedOtherwise,
    GoesWithMatter,
    ResolutionNotThere,
    ResolutionStands,
)
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


async def standing(table: RoundTable) -> Resolution:
    """A resolution that came of no matter: the firm carries it out."""
    meeting = await table.opened()
    item = await table.do("add", meeting=meeting.id, title="清理楼道杂物")
    return await table.resolved(item.id)


class TestWithoutMatter:
    async def test_it_ends_verified_by_another(self, table: RoundTable) -> None:
        row = await standing(table)
        await table.carry("take_up", table.way.firm, row.id)
        await table.carry("report", table.way.firm, row.id, report="已清理。")
        row = await table.carry("verify", table.way.worker, row.id, said="看过。")
        assert (row.state, row.verified_by) == ("verified", table.way.worker.person_id)
        assert await table.way.county.events("resolution.verified") == 1

    async def test_who_reported_it_does_not_verify_it(self, table: RoundTable) -> None:
        way = table.way
        meeting = await table.opened()
        item = await table.do("add", meeting=meeting.id, title="清理楼道杂物")
        row = await table.do(
            "resolve", item=item.id, text="由社区清理。", handling_class=HandlingClass.own,
            owner=way.tree.communities[0].id, due_on=clock.today(),
        )  # fmt: skip
        async with unchanged(way.county, Denied):
            await table.carry("report", way.worker, row.id, report="已清理。")
        await table.carry("report", way.community, row.id, report="已清理。")
        colleague = await way.county.actor("community_secretary", way.tree.communities[0])
        for by in (way.community, colleague):
            async with unchanged(way.county, SameHands):
                await table.carry("verify", by, row.id, said="看过。")

    async def test_what_is_not_carried_out_is_sent_back(self, table: RoundTable) -> None:
        row = await standing(table)
        await table.carry("report", table.way.firm, row.id, report="已清理。")
        row = await table.carry("send_back", table.way.worker, row.id, reason="三楼还有")
        assert row.state == "executing"

    @pytest.mark.parametrize("verb", ["verify", "send_back"])
    async def test_nothing_is_verified_that_was_not_reported(
        self, table: RoundTable, verb: str
    ) -> None:
        row = await standing(table)
        more = {"verify": {"said": "看过。"}, "send_back": {"reason": "没办"}}[verb]
        async with unchanged(table.way.county, ResolutionNotThere):
            await table.carry(verb, table.way.worker, row.id, **more)

    async def test_a_verified_one_is_at_its_end(self, table: RoundTable) -> None:
        row = await standing(table)
        await table.carry("report", table.way.firm, row.id, report="已清理。")
        await table.carry("verify", table.way.worker, row.id, said="看过。")
        acts: dict[str, dict[str, Any]] = {
            "take_up": {}, "report": {"report": "又办"}, "send_back": {"reason": "反悔"},
        }  # fmt: skip
        for verb, more in acts.items():
            async with unchanged(table.way.county, ResolutionNotThere):
                by = table.way.worker if verb == "send_back" else table.way.firm
                await table.carry(verb, by, row.id, **more)

    async def test_another_firm_may_not_and_a_stale_version_is_refused(
        self, table: RoundTable
    ) -> None:
        row = await standing(table)
        firm = await table.way.county.unit("firm", "另一物业")
        stranger = await table.way.county.actor("firm_staff", firm)
        async with unchanged(table.way.county, Denied):
            await table.carry("report", stranger, row.id, report="已清理。")
        async with unchanged(table.way.county, StaleVersion):
            await table.carry("take_up", table.way.firm, row.id, expected_version=9)

    async def test_of_two_verifications_at_once_one_counts(self, table: RoundTable) -> None:
        row = await standing(table)
        await table.carry("report", table.way.firm, row.id, report="已清理。")
        ends = await asyncio.gather(
            *(
                table.carry("verify", by, row.id, said="看过。")
                for by in (table.way.worker, table.way.secretary)
            ),
            return_exceptions=True,
        )
        names = sorted(type(end).__name__ for end in ends)
        assert names == ["Resolution", "ResolutionNotThere"]


class TestOfMatter:
    async def test_it_goes_where_its_matter_goes(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        row = await table.resolved(item.id)
        way = table.way
        seen = []
        for verb in ("complete", "rework", "complete", "verify"):
            match verb:
                case "complete":
                    await way.complete(matter.id)
                case "rework":
                    await way.do("rework", way.worker, matter.id, reason="灯不亮")
                case _:
                    await way.do("verify", way.worker, matter.id, said="亮了。")
            seen.append((await table.resolution(row.id)).state)
        assert seen == ["reported", "executing", "reported", "verified"]

    async def test_it_has_no_way_of_its_own(self, table: RoundTable) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        row = await table.resolved(item.id)
        async with unchanged(table.way.county, GoesWithMatter):
            await table.carry("report", table.way.firm, row.id, report="已办。")

    async def test_no_act_on_the_matter_drops_it(self, table: RoundTable) -> None:
        """Whatever is done with the matter, its resolution stands or was carried out."""
        matter = await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        row = await table.resolved(item.id)
        way = table.way
        for verb, by in (("withdraw", way.resident), ("refuse", way.secretary),
                         ("return", way.secretary)):  # fmt: skip
            async with unchanged(way.county, Exception):
                await way.do(verb, by, matter.id, reason="不办了")
        other = await way.raised()
        async with unchanged(way.county, Exception):
            await way.do("merge", way.secretary, matter.id, into=other.id, reason="并掉")
        assert (await table.resolution(row.id)).state == ResolutionState.assigned

    async def test_what_was_carried_out_stays_so_when_its_matter_is_reopened(
        self, table: RoundTable
    ) -> None:
        matter = await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        row = await table.resolved(item.id)
        way = table.way
        await way.complete(matter.id)
        await way.do("verify", way.worker, matter.id, said="亮了。")
        await way.published(matter.id, days_ago=60)
        await way.do("close", way.secretary, matter.id)
        await way.do("reopen", way.resident, matter.id, reason="又坏了")
        await way.complete(matter.id)
        # What was promised was kept: the matter has a day of its own now.
        after = await table.resolution(row.id)
        assert (after.state, after.due_on) == ("verified", row.due_on)


class TestDropped:
    """每果必行: no matter leaves its resolution to nobody, by whatever way it goes."""

    async def resolved(self, table: RoundTable) -> UUID:
        """A matter that the round table has resolved, its meeting adjourned."""
        matter = await table.way.tabled()
        meeting = await table.opened()
        for item in await table.items(meeting.id):
            await table.resolved(item.id)
        await table.do("adjourn", meeting=meeting.id)
        return matter.id

    async def test_suspended_it_is_not_withdrawn(self, table: RoundTable) -> None:
        way, matter = table.way, await self.resolved(table)
        await way.do("suspend", way.secretary, matter, reason="待鉴定")
        async with unchanged(way.county, ResolutionStands):
            await way.do("withdraw", way.resident, matter, reason="不用了")

    async def test_tabled_again_it_is_neither_withdrawn_nor_merged_nor_dismissed(
        self, table: RoundTable
    ) -> None:
        way, matter = table.way, await self.resolved(table)
        other = await way.tabled(title="电梯停运")
        await way.do("table", way.secretary, matter, words="物业无法施工")
        async with unchanged(way.county, ResolutionStands):
            await way.do("withdraw", way.resident, matter, reason="不用了")
        async with unchanged(way.county, ResolutionStands):
            await way.do("merge", way.secretary, matter, into=other.id, reason="同一件")
        meeting = await table.opened()
        item, _ = await table.items(meeting.id)
        async with unchanged(way.county, ResolutionStands):
            await table.do("dismiss", item=item.id, reason="不办")
        # Another resolution takes the place of the first, which is then no longer to be done.
        await table.resolved(item.id)
        states = await table.resolutions(matter)
        assert states == ["superseded", "assigned"]


class TestOneDeadline:
    """A matter and its resolution are due on one day, and only the unit above moves it."""

    async def resolved(self, table: RoundTable) -> tuple[Matter, UUID]:
        """A matter in the firm's hands, and its resolution."""
        matter = await table.way.tabled()
        meeting = await table.opened()
        (item,) = await table.items(meeting.id)
        resolution = await table.resolved(item.id)
        await table.do("adjourn", meeting=meeting.id)
        async with table.way.county.session(read_only=True) as session:
            row = (await session.exec(select(Matter).where(Matter.id == matter.id))).one()
        return row, resolution.id

    async def test_what_is_extended_is_due_later_too(self, table: RoundTable) -> None:
        way = table.way
        matter, resolution = await self.resolved(table)
        async with way.county.session() as session:
            asked = await extensions.ask(session, way.firm, matter=matter.id, days=5, reason="等料")
        async with way.county.session() as session:
            await extensions.grant(session, way.community, extension=asked.id)
        due = await way.due(matter.id)
        assert due is not None
        assert matter.due_at is not None
        assert due > matter.due_at
        assert (await table.resolution(resolution)).due_on == deadlines.day_of(due)

    async def test_what_was_suspended_has_the_time_that_was_left(self, table: RoundTable) -> None:
        way = table.way
        matter, resolution = await self.resolved(table)
        await way.do("suspend", way.secretary, matter.id, reason="待鉴定")
        with clock.at(clock.now() + timedelta(days=60)):
            row = await way.do("resume", way.secretary, matter.id, reason="鉴定完毕")
        assert row.due_at is not None
        assert (await table.resolution(resolution)).due_on == deadlines.day_of(row.due_at)

    async def test_tabled_again_it_has_no_more_time(self, table: RoundTable) -> None:
        way = table.way
        matter, _ = await self.resolved(table)
        async with unchanged(way.county, WhyAgain):
            await way.do("table", way.secretary, matter.id)
        row = await way.do("table", way.secretary, matter.id, words="物业无法施工")
        assert (row.due_at, row.stage, row.alarm_at) == (
            matter.due_at, matter.stage, matter.alarm_at,
        )  # fmt: skip

    @pytest.mark.parametrize("other", ["handler", "handling_class"])
    async def test_what_was_resolved_is_not_assigned_otherwise(
        self, table: RoundTable, other: str
    ) -> None:
        way, (matter, _) = table.way, await self.resolved(table)
        is_own = other == "handling_class"
        unit = way.tree.committee if is_own else await way.county.unit("firm", "另一物业")
        given = {
            "handler": unit.id,
            "handling_class": HandlingClass.own if is_own else HandlingClass.firm,
        }
        async with unchanged(way.county, DecidedOtherwise):
            await way.do("assign", way.secretary, matter.id, due_on=clock.today(), **given)

    async def test_nor_for_another_day(self, table: RoundTable) -> None:
        way, (matter, _) = table.way, await self.resolved(table)
        async with unchanged(way.county, DecidedOtherwise):
            await way.do(
                "assign", way.secretary, matter.id, due_on=clock.today(),
                handler=way.tree.firm.id, handling_class=HandlingClass.firm,
            )  # fmt: skip

    async def test_a_stop_over_days_off_takes_none_of_them(self, table: RoundTable) -> None:
        """Due on a Sunday, it is due on that Sunday still."""
        way, friday = table.way, datetime(2026, 11, 27, 18, tzinfo=clock.CHINA)
        with clock.at(friday):
            matter = await way.tabled()
            meeting = await table.opened()
            (item,) = await table.items(meeting.id)
            resolution = await table.do(
                "resolve", item=item.id, text="更换线路。", handling_class=HandlingClass.firm,
                owner=way.tree.firm.id, due_on=date(2026, 11, 29),
            )  # fmt: skip
            await way.do("suspend", way.secretary, matter.id, reason="待鉴定")
            row = await way.do("resume", way.secretary, matter.id, reason="已鉴定")
        assert row.due_at == datetime(2026, 11, 30, tzinfo=clock.CHINA)
        assert (await table.resolution(resolution.id)).due_on == date(2026, 11, 29)
        with clock.at(friday + timedelta(days=1)):
            await way.complete(matter.id)
        with clock.at(friday + timedelta(days=1, hours=1)):
            row = await way.do("rework", way.worker, matter.id, reason="没修好")
        assert row.due_at is not None
        assert row.due_at >= datetime(2026, 11, 30, tzinfo=clock.CHINA)

    async def test_what_was_referred_to_the_owners_is_not_done_without_them(
        self, table: RoundTable
    ) -> None:
        way = table.way
        matter = await way.tabled()
        meeting = await table.opened()
        (item,) = await table.items(meeting.id)
        await table.do(
            "reserve", item=item.id, reserved=Reserved.common_parts_use, reason="改变用途"
        )
        await table.do(
            "refer", item=item.id, to=way.tree.committee.id, due_on=clock.today(), reason="业主表决"
        )
        for handling_class, unit in (("own", way.tree.committee), ("firm", way.tree.firm)):
            async with unchanged(way.county, DecidedOtherwise):
                await way.do(
                    "assign", way.secretary, matter.id, due_on=clock.today(), handler=unit.id,
                    handling_class=HandlingClass(handling_class),
                )  # fmt: skip
