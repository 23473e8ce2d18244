"""Meetings: convened, held, disposed of, signed; and who tries to break the guarantees."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from policies import Denied
from services import clock
from services.councils import SeatKind
from services.matters.handling import DueTooEarly, HandlerUnfit
from services.matters.moving import AboveTheGrid
from services.matters.tables import HandlingClass
from services.meetings.agenda import (
    BeingHeard,
    ItemDisposed,
    NotALaterMeeting,
    NotPresent,
    ReferralUnfit,
    ReservedToOwners,
)
from services.meetings.convening import (
    MeetingUnderWay,
    NoSeatHere,
    QuorumMissing,
    SitsAlready,
)
from services.meetings.states import ACTS, MeetingNotThere
from services.meetings.tables import Meeting, MeetingState, Outcome, Reserved
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


class TestAttend:
    async def test_each_notes_themselves_and_the_meeting_opens_with_them(
        self, table: RoundTable
    ) -> None:
        meeting = await table.convened()
        for kind in (SeatKind.committee, SeatKind.firm, SeatKind.partner, SeatKind.branch):
            await table.do("attend", table.sitters[kind], meeting=meeting.id)
        assert (await table.do("open", meeting=meeting.id)).state == MeetingState.in_session

    async def test_nobody_notes_others_but_the_grid(self, table: RoundTable) -> None:
        meeting = await table.convened()
        firm = table.sitters[SeatKind.firm]
        async with unchanged(table.way.county, Denied):
            await table.do("attend", firm, meeting=meeting.id, present=table.present())

    async def test_who_serves_in_two_parties_counts_for_one(self, table: RoundTable) -> None:
        way = table.way
        both = await way.county.person()
        for role, unit in (("committee_member", way.tree.committee), ("firm_staff", way.tree.firm)):
            await way.county.appoint(both, role, unit)
        one = await way.county.reload(both.id)
        meeting = await table.convened()
        await table.do("attend", one, meeting=meeting.id)
        async with unchanged(way.county, SitsAlready):
            await table.do(
                "attend", meeting=meeting.id, present=[post.appointment_id for post in one.posts]
            )

    async def test_who_has_no_seat_notes_nobody(self, table: RoundTable) -> None:
        meeting = await table.convened()
        outsider = await table.way.county.actor(
            "community_secretary", table.way.tree.communities[0]
        )
        async with unchanged(table.way.county, NoSeatHere):
            await table.do("attend", outsider, meeting=meeting.id)

    async def test_one_meeting_of_a_council_is_in_session_at_a_time(
        self, table: RoundTable
    ) -> None:
        await table.opened()
        meeting = await table.convened()
        async with unchanged(table.way.county, MeetingUnderWay):
            await table.do("open", meeting=meeting.id, present=table.present())


class TestDispose:
    async def test_a_resolution_gives_the_matter_to_its_owner(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        meeting = await table.opened()
        [item] = await table.items(meeting.id)
        resolution = await table.resolved(item.id)
        assert (resolution.owner_id, resolution.state) == (table.way.tree.firm.id, "assigned")
        moved = (await table.way.entries(matter.id))[-1]
        assert (moved.verb, moved.to_state, moved.to_unit_id) == (
            "resolve", "handling", table.way.tree.firm.id,
        )  # fmt: skip

    async def test_an_item_has_one_outcome(self, table: RoundTable) -> None:
        await table.way.tabled()
        meeting = await table.opened()
        [item] = await table.items(meeting.id)
        await table.resolved(item.id)
        async with unchanged(table.way.county, ItemDisposed):
            await table.do("dismiss", item=item.id, reason="改主意了")

    async def test_of_two_outcomes_at_once_one_stands(self, table: RoundTable) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        ends = await asyncio.gather(
            table.resolved(item.id), table.do("dismiss", item=item.id, reason="不办"),
            return_exceptions=True,
        )  # fmt: skip
        assert sum(isinstance(end, ItemDisposed) for end in ends) == 1

    async def test_it_is_deferred_to_a_named_meeting_only(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        meeting = await table.opened()
        [item] = await table.items(meeting.id)
        for id_ in (meeting.id,):
            async with unchanged(table.way.county, NotALaterMeeting):
                await table.do("defer", item=item.id, to=id_, reason="待勘查")
        later = await table.drafted()
        await table.do("defer", item=item.id, to=later.id, reason="待勘查")
        [there] = await table.items(later.id)
        assert (there.matter_id, there.outcome) == (matter.id, Outcome.queued)

    async def test_what_the_law_reserves_to_owners_is_only_referred(
        self, table: RoundTable
    ) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        await table.do(
            "reserve", item=item.id, reserved=Reserved.maintenance_funds_use, reason="动用维修资金"
        )
        async with unchanged(table.way.county, ReservedToOwners):
            await table.resolved(item.id)
        due: dict[str, Any] = {
            "due_on": clock.today() + timedelta(days=30),
            "reason": "须业主共同决定",
        }
        async with unchanged(table.way.county, ReferralUnfit):
            await table.do("refer", item=item.id, to=table.way.tree.communities[0].id, **due)
        row = await table.do("refer", item=item.id, to=table.way.tree.committee.id, **due)
        assert row.outcome == Outcome.referred

    async def test_that_it_is_reserved_is_taken_back_above_the_grid_alone(
        self, table: RoundTable
    ) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        await table.do("reserve", item=item.id, reserved=Reserved.other_major, reason="重大")
        async with unchanged(table.way.county, AboveTheGrid):
            await table.do("reserve", item=item.id, reason="不算重大")
        row = await table.do("reserve", table.way.community, item=item.id, reason="不算重大")
        assert row.reserved is None

    async def test_what_is_being_heard_is_not_suspended(self, table: RoundTable) -> None:
        """Else a meeting could end with an item that has no outcome (每议必果)."""
        matter = await table.way.tabled()
        await table.opened()
        async with unchanged(table.way.county, BeingHeard):
            await table.way.do("suspend", table.way.community, matter.id, reason="待鉴定")

    async def test_the_worker_prepares_a_meeting_and_takes_no_chair(
        self, table: RoundTable
    ) -> None:
        await table.way.tabled()
        worker = table.way.worker
        meeting = await table.do(
            "draft", worker, council=table.council.id, place="红色驿站",
            planned_at=clock.now() + timedelta(hours=1),
        )  # fmt: skip
        await table.do("convene", worker, meeting=meeting.id)
        async with unchanged(table.way.county, Denied):
            await table.do("open", worker, meeting=meeting.id, present=table.present())
        await table.do("open", meeting=meeting.id, present=table.present())
        (item,) = await table.items(meeting.id)
        async with unchanged(table.way.county, Denied):
            await table.do("dismiss", worker, item=item.id, reason="不办")

    async def test_referred_a_matter_takes_its_resolution_along(self, table: RoundTable) -> None:
        way = table.way
        matter = await way.tabled()
        [item] = await table.items((await table.opened()).id)
        await table.resolved(item.id)
        await table.do("adjourn", meeting=item.meeting_id)
        await way.do("table", way.secretary, matter.id, words="须业主共同决定")
        [again] = await table.items((await table.opened()).id)
        await table.do(
            "refer", item=again.id, to=way.tree.committee.id, reason="业主表决",
            due_on=clock.today() + timedelta(days=30),
        )  # fmt: skip
        assert await table.resolutions(matter.id) == ["superseded", "assigned"]
        await way.complete(matter.id, by=table.sitters[SeatKind.committee])
        assert await table.resolutions(matter.id) == ["superseded", "reported"]

    async def test_a_dismissal_can_be_appealed(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        await table.do("dismiss", item=item.id, reason="不属小区事务")
        await table.way.do("appeal", table.way.resident, matter.id, reason="就在小区里")
        row = await table.way.do("overturn", table.way.community, matter.id, reason="应予商议")
        assert row.state == "tabled"

    async def test_who_recuses_does_not_count_for_the_quorum(self, table: RoundTable) -> None:
        await table.way.tabled()
        meeting = await table.opened(SeatKind.partner, SeatKind.department)
        [item] = await table.items(meeting.id)
        await table.do(
            "recuse", item=item.id, person=table.way.firm.person_id, reason="与本事项有利害关系"
        )
        async with unchanged(table.way.county, QuorumMissing):
            await table.resolved(item.id)
        later = await table.drafted()
        async with unchanged(table.way.county, QuorumMissing):
            await table.do("defer", item=item.id, to=later.id, reason="待勘查")

    async def test_only_who_is_there_recuses(self, table: RoundTable) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        async with unchanged(table.way.county, NotPresent):
            await table.do(
                "recuse", item=item.id, person=table.way.resident.person_id, reason="利害关系"
            )


class TestResolution:
    """每果必行: no resolution without somebody who carries it out by a day."""

    @pytest.mark.parametrize("missing", ["owner", "due_on"])
    async def test_without_owner_or_day_there_is_none(
        self, table: RoundTable, missing: str
    ) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        given: dict[str, Any] = {
            "owner": table.way.tree.firm.id, "due_on": clock.today() + timedelta(days=1)
        }  # fmt: skip
        given.pop(missing)
        async with unchanged(table.way.county, TypeError):
            await table.do(
                "resolve", item=item.id, text="办", handling_class=HandlingClass.firm, **given
            )

    @pytest.mark.parametrize("column", ["owner_id", "due_on", "text"])
    async def test_the_database_takes_none_away(self, table: RoundTable, column: str) -> None:
        await table.adjourned()
        async with unchanged(table.way.county, IntegrityError):
            await table.sql(f"update resolution set {column} = null")

    async def test_yesterday_and_unfit_owners_are_refused(self, table: RoundTable) -> None:
        await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        given: dict[str, Any] = {
            "item": item.id,
            "text": "办",
            "handling_class": HandlingClass.firm,
        }
        tomorrow = clock.today() + timedelta(days=1)
        async with unchanged(table.way.county, DueTooEarly):
            await table.do(
                "resolve", owner=table.way.tree.firm.id, due_on=clock.today() - timedelta(days=1),
                **given,
            )  # fmt: skip
        async with unchanged(table.way.county, HandlerUnfit):
            await table.do("resolve", owner=table.way.tree.committee.id, due_on=tomorrow, **given)

    async def test_it_cannot_be_deleted(self, table: RoundTable) -> None:
        await table.adjourned()
        for name in ("resolution", "agenda_item", "meeting", "minutes", "matter"):
            async with unchanged(table.way.county, DBAPIError):
                await table.sql(f"delete from {name}")

    async def test_a_later_one_on_the_matter_takes_its_place(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        [item] = await table.items((await table.opened()).id)
        first = await table.resolved(item.id)
        await table.do("adjourn", meeting=item.meeting_id)
        await table.way.do("table", table.way.secretary, matter.id, words="物业无法施工")
        [again] = await table.items((await table.opened()).id)
        second = await table.resolved(again.id)
        former = await table.resolution(first.id)
        assert (former.state, former.superseded_by_id) == ("superseded", second.id)


class TestEveryState:
    @pytest.mark.parametrize("state", list(MeetingState), ids=lambda state: state.value)
    async def test_what_is_not_done_in_a_state_is_refused(
        self, table: RoundTable, state: MeetingState
    ) -> None:
        meeting = await _at(table, state)
        for verb, (allowed, _) in ACTS.items():
            if state in allowed or verb in ("resolve", "defer", "refer", "dismiss"):
                continue
            given = _given(table, verb, meeting)
            if given is None:
                continue
            async with unchanged(table.way.county, MeetingNotThere) as refused:
                await table.do(verb, **given)
            assert refused.value.facts["wanted"].zh


def _given(table: RoundTable, verb: str, meeting: Meeting) -> dict[str, Any] | None:
    """What an act needs beside the meeting; None for those that begin with an item."""
    more: dict[str, dict[str, Any]] = {
        "cancel": {"reason": "停电"},
        "open": {"present": table.present()},
        "attend": {"present": table.present()},
        "add": {"title": "其他"},
        "amend": {"text": "改"},
        "sign": {"sha256": "0" * 64},
        "correct": {"text": "更正"},
    }
    if verb in ("recuse", "reserve"):
        return None
    return {"meeting": meeting.id} | more.get(verb, {})


async def _at(table: RoundTable, state: MeetingState) -> Meeting:
    made: dict[MeetingState, Callable[[], Awaitable[Meeting]]] = {
        MeetingState.draft: table.drafted,
        MeetingState.convened: table.convened,
        MeetingState.in_session: table.opened,
        MeetingState.minutes_pending: table.adjourned,
        MeetingState.signed: table.signed,
    }
    row: Meeting
    if state in made:
        row = await made[state]()
        return row
    if state is MeetingState.cancelled:
        row = await table.do("cancel", meeting=(await table.drafted()).id, reason="停电")
    else:
        row = await table.do("publish", meeting=(await table.signed()).id)
    return row
