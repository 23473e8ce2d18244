"""Supervision: each rung once, to the unit above, in order, also when nobody looked in time."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor
from services import alarms, clock, councils, supervisions
from services.calendar import CalendarRules, working_seconds
from services.clock import CHINA
from services.councils import Council
from services.matters import moving
from services.matters.moving import AboveTheGrid
from services.matters.rules import Rung
from services.matters.tables import Matter
from services.supervisions import Supervision
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way

LONG = timedelta(days=120)
MOMENT = timedelta(seconds=1)


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def look(way: Way, at: datetime, name: str = "matters", most: int = 100) -> int:
    """What the worker does in a county, once."""
    by = Actor(way.county.id, way.county.slug)
    async with way.county.session() as session:
        return await alarms.ALARMS[name].look(session, by, at=at, most=most)


async def told(way: Way) -> list[Supervision]:
    wanted = select(Supervision).where(Supervision.tenant_id == way.county.id)
    async with way.county.session(read_only=True) as session:
        return list((await session.exec(wanted.order_by(col(Supervision.id)))).all())


class TestMatters:
    async def test_nothing_is_told_before_the_deadline(self, way: Way) -> None:
        row = await way.raised()
        assert row.due_at is not None
        assert await look(way, row.due_at - timedelta(seconds=1)) == 0
        assert await told(way) == []

    async def test_at_the_deadline_the_unit_above_is_reminded(self, way: Way) -> None:
        row = await way.raised()
        assert row.due_at is not None
        assert await look(way, row.due_at) == 1
        [one] = await told(way)
        assert (one.rung, one.holder_id, one.unit_id, one.due_at) == (
            Rung.reminder, way.tree.stairwell.id, way.tree.building.id, row.due_at,
        )  # fmt: skip
        entry = (await way.entries(row.id))[-1]
        assert (entry.verb, entry.made_by, entry.to_state) == ("supervise", None, "raised")
        assert await way.due(row.id) == row.due_at
        assert await way.county.events("supervision.reminder") == 1

    async def test_above_a_firm_stands_the_community(self, way: Way) -> None:
        await way.reworked()
        await look(way, clock.now() + LONG)
        assert {one.unit_id for one in await told(way)} == {way.tree.communities[0].id}

    async def test_after_a_long_stop_every_rung_is_caught_up_in_order_and_once(
        self, way: Way
    ) -> None:
        await way.raised()
        at = clock.now() + LONG
        while await look(way, at):
            pass
        assert [one.rung for one in await told(way)] == list(Rung)
        assert await look(way, at + LONG) == 0

    async def test_the_one_due_longest_comes_first(self, way: Way) -> None:
        slow = await way.raised()
        urgent = await way.raised(is_urgent=True)
        await look(way, clock.now() + LONG, most=1)
        [one] = await told(way)
        assert one.matter_id == urgent.id != slow.id

    async def test_many_looks_at_once_tell_each_rung_once(self, way: Way) -> None:
        for _ in range(4):
            await way.raised()
        at = clock.now() + LONG
        for _ in range(4):
            await asyncio.gather(*(look(way, at, most=2) for _ in range(6)))
        rungs = [(one.matter_id, one.rung) for one in await told(way)]
        assert len(rungs) == len(set(rungs)) == 4 * len(Rung)

    async def test_at_the_next_step_the_ladder_begins_anew(self, way: Way) -> None:
        row = await way.raised()
        assert row.due_at is not None
        await look(way, row.due_at)
        await way.do("pass_on", way.secretary, row.id)
        await way.do("pass_on", way.secretary, row.id)
        await way.do("accept", way.secretary, row.id)
        await look(way, clock.now() + LONG)
        assert [(one.stage, one.rung) for one in await told(way)] == [
            (1, "reminder"), (5, "reminder"),
        ]  # fmt: skip

    async def test_a_suspended_matter_is_nobodys_fault_for_as_long_as_it_may_be(
        self, way: Way
    ) -> None:
        row = await way.accepted()
        suspended = await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        assert suspended.due_at is not None
        assert await look(way, suspended.due_at - MOMENT) == 0
        resumed = await way.do("resume", way.secretary, row.id, reason="已鉴定")
        assert resumed.due_at == row.due_at
        assert await look(way, clock.now() + LONG) == 1

    async def test_no_suspension_is_without_an_end(self, way: Way) -> None:
        """It climbs a ladder of its own, and the step's goes on from where it stood."""
        row = await way.accepted()
        assert row.due_at is not None
        await look(way, row.due_at)
        suspended = await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        at = clock.now() + LONG
        for _ in Rung:
            await look(way, at)
        assert await look(way, at) == 0
        await way.do("resume", way.secretary, row.id, reason="已鉴定")
        for _ in Rung:
            await look(way, at + LONG)
        found = [(one.stage, one.rung) for one in await told(way)]
        step, pause = row.stage, suspended.stage
        assert found == [
            (step, "reminder"), *((pause, rung.value) for rung in Rung), (step, "supervision"),
            (step, "notice"),
        ]  # fmt: skip
        assert step != pause

    async def test_what_waits_for_its_raiser_is_not_forgotten(self, way: Way) -> None:
        """The unit above is told, and the head may refuse it, against which one may appeal."""
        row = await way.accepted()
        returned = await way.do("return", way.secretary, row.id, reason="请补充楼栋号")
        assert returned.due_at is not None
        assert await look(way, returned.due_at - MOMENT) == 0
        for _ in Rung:
            assert await look(way, clock.now() + LONG) == 1
        assert await look(way, clock.now() + LONG) == 0
        found = [(one.stage, one.rung) for one in await told(way)]
        assert found == [(returned.stage, rung.value) for rung in Rung]
        with clock.at(clock.now() + LONG):
            refused = await way.do("refuse", way.secretary, row.id, reason="一直没有补充")
        assert (refused.state, refused.due_at) == ("refused", None)
        appealed = await way.do("appeal", way.resident, row.id, reason="已补充")
        assert appealed.state == "appealed"
        overturned = await way.do("overturn", way.community, row.id, reason="应当办理")
        assert overturned.state == row.state

    async def test_one_that_cannot_be_keeps_none_of_the_others_waiting(
        self, way: Way, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, row = await way.raised(), await way.raised(title="电梯停运")
        case_of, at = moving.case_of, clock.now() + LONG

        async def failing(session: Any, by: Actor, case: Matter, *rest: Any) -> moving.Case:
            if case.id == broken.id:
                raise KeyError("what nobody thought of")
            return await case_of(session, by, case, *rest)

        with monkeypatch.context() as wrong:
            wrong.setattr(moving, "case_of", failing)
            while await look(way, at):
                pass
        assert [(one.matter_id, one.rung) for one in await told(way)] == [
            (row.id, rung.value) for rung in Rung
        ]
        assert str(broken.id) in caplog.text
        # It isn't forgotten: once it can be, it is.
        assert await look(way, at + timedelta(hours=2)) == 1

    async def test_opinions_outlive_a_suspension(self, way: Way) -> None:
        row = await way.deliberated()
        await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        await way.do("resume", way.secretary, row.id, reason="已鉴定")
        assert (await way.do("table", way.secretary, row.id)).state == "tabled"

    async def test_what_is_at_an_end_is_not_supervised(self, way: Way) -> None:
        row = await way.raised()
        await way.do("withdraw", way.resident, row.id, reason="已解决")
        assert await look(way, clock.now() + LONG) == 0

    async def test_the_database_holds_a_rung_to_once(self, way: Way) -> None:
        row = await way.raised()
        assert row.due_at is not None
        await look(way, row.due_at)
        twice = (
            "insert into supervision (tenant_id, id, version, made_at, matter_id, stage, rung,"
            " holder_id, unit_id, due_at, at) select tenant_id, gen_random_uuid(), 1, made_at,"
            " matter_id, stage, rung, holder_id, unit_id, due_at, at from supervision"
        )
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(text(twice))  # type: ignore[call-overload]


class TestSuspension:
    @pytest.mark.parametrize("nights", [1, 12])
    async def test_two_minutes_over_midnight_are_two_minutes(self, way: Way, nights: int) -> None:
        """However often it is suspended, it has no more time than it stood still."""
        with clock.at(datetime(2026, 11, 23, 9, tzinfo=CHINA)):
            row = await way.reworked()
        due = row.due_at
        assert due is not None
        for night in range(nights):
            late = datetime(2026, 11, 23, 23, 59, tzinfo=CHINA) + timedelta(days=night)
            with clock.at(late):
                await way.do("suspend", way.community, row.id, reason="待鉴定")
            with clock.at(late + timedelta(minutes=2)):
                row = await way.do("resume", way.community, row.id, reason="已鉴定")
        assert row.due_at is not None
        assert row.due_at - due <= timedelta(days=2, minutes=2 * nights)
        working = working_seconds(CalendarRules(), due, row.due_at)
        assert working <= 120 * nights

    async def test_what_was_overdue_stays_so(self, way: Way) -> None:
        row = await way.accepted()
        assert row.due_at is not None
        late = row.due_at + timedelta(days=3)
        with clock.at(late):
            await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        with clock.at(late + timedelta(days=10)):
            row = await way.do("resume", way.secretary, row.id, reason="已鉴定")
        assert row.due_at == late + timedelta(days=7)

    async def test_a_second_time_it_takes_somebody_above_the_grid(self, way: Way) -> None:
        row = await way.accepted()
        for verb in ("suspend", "resume"):
            await way.do(verb, way.secretary, row.id, reason="待鉴定")
        async with unchanged(way.county, AboveTheGrid):
            await way.do("suspend", way.secretary, row.id, reason="再待")
        row = await way.do("suspend", way.community, row.id, reason="再待")
        assert row.state == "suspended"

    async def test_what_lies_on_the_table_is_suspended_above_the_grid_alone(self, way: Way) -> None:
        row = await way.tabled()
        async with unchanged(way.county, AboveTheGrid):
            await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        row = await way.do("suspend", way.community, row.id, reason="待鉴定")
        assert row.state == "suspended"

    """The clock stands still: what was left at the stop is what it has when it goes on."""

    async def test_working_days_that_were_left_are_given_back(self, way: Way) -> None:
        with clock.at(datetime(2026, 11, 23, 9, tzinfo=CHINA)):
            row = await way.accepted()
        with clock.at(datetime(2026, 11, 24, 9, tzinfo=CHINA)):
            await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        # Thirty working days of the suspension's own; the 1st of January is none.
        assert await way.due(row.id) == datetime(2027, 1, 7, tzinfo=CHINA)
        with clock.at(datetime(2026, 12, 7, 9, tzinfo=CHINA)):
            row = await way.do("resume", way.secretary, row.id, reason="已鉴定")
        # Three days from Monday the 23rd; one was gone on the 24th.
        assert row.due_at == datetime(2026, 12, 10, tzinfo=CHINA)

    async def test_urgent_hours_too(self, way: Way) -> None:
        start = datetime(2026, 11, 23, 9, tzinfo=CHINA)
        with clock.at(start):
            row = await way.accepted(is_urgent=True)
        assert row.due_at == start + timedelta(hours=8)
        with clock.at(start + timedelta(hours=3)):
            await way.do("suspend", way.secretary, row.id, reason="待鉴定")
        with clock.at(start + timedelta(days=2)):
            row = await way.do("resume", way.secretary, row.id, reason="已鉴定")
        assert row.due_at == start + timedelta(days=2, hours=5)


class TestResolutions:
    async def test_an_overdue_one_climbs_the_ladder(self, way: Way) -> None:
        table = await RoundTable.of(way)
        meeting = await table.opened()
        item = await table.do("add", meeting=meeting.id, title="清理杂物")
        row = await table.resolved(item.id)
        assert await look(way, clock.now(), "resolutions") == 0
        at = clock.now() + LONG
        while await look(way, at, "resolutions"):
            pass
        found = await told(way)
        assert [(one.resolution_id, one.rung) for one in found] == [(row.id, r) for r in Rung]
        assert {one.holder_id for one in found} == {way.tree.firm.id}

    async def test_a_reported_one_does_not(self, way: Way) -> None:
        table = await RoundTable.of(way)
        meeting = await table.opened()
        item = await table.do("add", meeting=meeting.id, title="清理杂物")
        row = await table.resolved(item.id)
        await table.carry("report", way.firm, row.id, report="已办。")
        assert await look(way, clock.now() + LONG, "resolutions") == 0


class TestCouncils:
    """每月一会: a council without a meeting in a month is alarmed, once, after the county's day."""

    async def test_it_is_alarmed_on_the_first_day_after_the_countys(self, way: Way) -> None:
        council = await _council(way)
        assert await look(way, datetime(2026, 11, 25, 23, tzinfo=CHINA), "councils") == 0
        assert await look(way, datetime(2026, 11, 26, 0, tzinfo=CHINA), "councils") == 1
        [one] = await told(way)
        assert (one.council_id, one.stage, one.unit_id) == (
            council.id, 202611, way.tree.communities[0].id,
        )  # fmt: skip
        assert await look(way, datetime(2026, 11, 30, 0, tzinfo=CHINA), "councils") == 0

    async def test_months_that_nobody_looked_at_are_caught_up(self, way: Way) -> None:
        await _council(way)
        at = datetime(2027, 1, 28, 0, tzinfo=CHINA)
        while await look(way, at, "councils", most=1):
            pass
        assert [one.stage for one in await told(way)] == [202611, 202612, 202701]

    async def test_a_meeting_that_was_opened_keeps_it(self, way: Way) -> None:
        table = await RoundTable.of(way)
        async with way.county.session() as session:
            await session.exec(text("update council set since = '2026-11-01'"))  # type: ignore[call-overload]
        with clock.at(datetime(2026, 11, 10, 19, tzinfo=CHINA)):
            await table.opened()
        assert await look(way, datetime(2026, 11, 28, 0, tzinfo=CHINA), "councils") == 0

    async def test_a_meeting_that_was_only_convened_does_not(self, way: Way) -> None:
        table = await RoundTable.of(way)
        async with way.county.session() as session:
            await session.exec(text("update council set since = '2026-11-01'"))  # type: ignore[call-overload]
        with clock.at(datetime(2026, 11, 10, 19, tzinfo=CHINA)):
            await table.convened()
        assert await look(way, datetime(2026, 11, 28, 0, tzinfo=CHINA), "councils") == 1

    async def test_looks_at_once_alarm_it_once(self, way: Way) -> None:
        await _council(way)
        at = datetime(2026, 11, 28, 0, tzinfo=CHINA)
        ends: list[Any] = await asyncio.gather(
            *(look(way, at, "councils") for _ in range(6)), return_exceptions=True
        )
        assert sum(end for end in ends if isinstance(end, int)) == 1
        async with way.county.session(read_only=True) as session:
            counted = select(func.count()).select_from(Supervision)
            mine = counted.where(Supervision.tenant_id == way.county.id)
            assert (await session.exec(mine)).one() == 1


async def _council(way: Way) -> Council:
    """The round table, since the first of November."""
    async with way.county.session() as session:
        row = await councils.of_grid(session, way.community, way.tree.grids[0].id)
        assert row is not None
        row.since = date(2026, 11, 1)
        return row


def test_every_alarm_is_registered() -> None:
    assert {"matters", "resolutions", "councils"} <= set(alarms.ALARMS)
    assert supervisions.MONTHS >= 1
