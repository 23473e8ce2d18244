"""Meetings convened and opened: the agenda fills itself, and a quorum is there."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from policies import Denied
from services import clock
from services.councils import SeatKind
from services.errors import NotFound
from services.matters.tables import Matter
from services.meetings.convening import (
    FARTHEST,
    MeetingInThePast,
    MeetingTooFar,
    NoSeatHere,
    NotYetHeld,
    PlacePersonal,
    QuorumMissing,
)
from services.meetings.states import lock_council
from services.meetings.tables import Outcome
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


class TestConvene:
    """每事必议: a tabled matter is on the next agenda, whoever would rather not have it there."""

    async def test_every_tabled_matter_is_on_the_agenda_by_itself(self, table: RoundTable) -> None:
        first, second = await table.way.tabled(), await table.way.tabled(title="电梯停运")
        await table.way.inquired()
        meeting = await table.convened()
        items = await table.items(meeting.id)
        assert [(item.position, item.matter_id) for item in items] == [
            (1, first.id), (2, second.id),
        ]  # fmt: skip

    async def test_what_is_tabled_between_convening_and_opening_is_taken_up_too(
        self, table: RoundTable
    ) -> None:
        meeting = await table.convened()
        late = await table.way.tabled()
        await table.do("open", meeting=meeting.id, present=table.present())
        assert [item.matter_id for item in await table.items(meeting.id)] == [late.id]

    async def test_a_matter_is_on_one_agenda_only(self, table: RoundTable) -> None:
        await table.way.tabled()
        first, second = await table.convened(), await table.convened()
        assert [len(await table.items(one.id)) for one in (first, second)] == [1, 0]

    async def test_what_waits_for_a_later_meeting_is_brought_before_an_earlier_one(
        self, table: RoundTable
    ) -> None:
        matter = await table.way.tabled()
        later = await table.convened(days=30)
        (waiting,) = await table.items(later.id)
        earlier = await table.convened(days=1)
        assert [one.matter_id for one in await table.items(earlier.id)] == [matter.id]
        (left,) = await table.items(later.id)
        assert (left.id, left.outcome) == (waiting.id, Outcome.taken_off)
        assert left.said == f"由第{earlier.number}次会议先议"
        # And not back again when the later one is convened anew or another still later one is.
        last = await table.convened(days=40)
        assert await table.items(last.id) == []
        await table.do("open", meeting=earlier.id, present=table.present())
        assert len(await table.items(earlier.id)) == 1

    async def test_where_the_earlier_one_is_cancelled_the_later_one_has_it_again(
        self, table: RoundTable
    ) -> None:
        matter = await table.way.tabled()
        later, earlier = await table.convened(days=30), await table.convened(days=1)
        await table.do("add", meeting=earlier.id, title="清理杂物")
        await table.do("cancel", meeting=earlier.id, reason="无法到齐")
        waiting = [one for one in await table.items(later.id) if one.outcome == Outcome.queued]
        assert [(one.matter_id, one.title) for one in waiting] == [
            (matter.id, matter.title), (None, "清理杂物"),
        ]  # fmt: skip

    async def test_of_two_cancelled_at_once_nothing_is_lost(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        rows = [await table.convened(days=days) for days in (30, 20, 1)]
        ends = await asyncio.gather(
            *(table.do("cancel", meeting=row.id, reason="无法到齐") for row in rows[1:]),
            return_exceptions=True,
        )
        assert [type(end).__name__ for end in ends] == ["Meeting", "Meeting"]
        waiting = [one for one in await table.items(rows[0].id) if one.outcome == Outcome.queued]
        assert [one.matter_id for one in waiting] == [matter.id]

    async def test_whatever_leaves_the_table_waits_for_an_opening_holding_nothing(
        self, table: RoundTable
    ) -> None:
        """Else the opening would wait for the matter, and the matter for the opening."""
        way, matter = table.way, await table.way.tabled()
        async with way.county.session() as opening:
            await lock_council(opening, way.secretary, table.council.id)
            leaving = asyncio.create_task(
                way.do("withdraw", way.resident, matter.id, reason="不用了")
            )
            await asyncio.sleep(0.3)
            assert not leaving.done()
            free = select(Matter.id).where(Matter.id == matter.id).with_for_update(nowait=True)
            assert (await opening.exec(free)).one() == matter.id
        assert (await leaving).state == "withdrawn"

    async def test_of_opening_and_leaving_the_table_at_once_one_is_first(
        self, table: RoundTable
    ) -> None:
        """Nothing waits for the other in a ring, and nothing is left off that lay there."""
        way, meeting = table.way, await table.convened()
        rows = [await way.tabled(title=f"楼道灯不亮{number}") for number in range(4)]
        ends = await asyncio.gather(
            way.do("withdraw", way.resident, rows[0].id, reason="不用了"),
            way.do("suspend", way.community, rows[1].id, reason="待鉴定"),
            table.do("open", meeting=meeting.id, present=table.present()),
            way.do("withdraw", way.resident, rows[2].id, reason="不用了"),
            return_exceptions=True,
        )
        names = {type(end).__name__ for end in ends}
        assert names <= {"Matter", "Meeting", "BeingHeard"}
        assert rows[3].id in {item.matter_id for item in await table.items(meeting.id)}

    async def test_what_was_convened_for_earlier_but_is_held_later_keeps_nothing(
        self, table: RoundTable
    ) -> None:
        matter = await table.way.tabled()
        planned = await table.convened(hours=2)
        other = await table.convened(hours=3)
        assert [len(await table.items(one.id)) for one in (planned, other)] == [1, 0]
        await table.do("open", meeting=other.id, present=table.present())
        assert [one.matter_id for one in await table.items(other.id)] == [matter.id]

    async def test_a_draft_keeps_nothing_either(self, table: RoundTable) -> None:
        matter, draft = await table.way.tabled(), await table.drafted(days=50)
        first = await table.opened()
        (item,) = await table.items(first.id)
        await table.do("defer", item=item.id, to=draft.id, reason="待补材料")
        assert [one.matter_id for one in await table.items(draft.id)] == [matter.id]
        await table.do("adjourn", meeting=first.id)
        following = await table.convened()
        assert [one.matter_id for one in await table.items(following.id)] == [matter.id]
        assert [one.outcome for one in await table.items(draft.id)] == [Outcome.taken_off]

    async def test_nobody_has_come_to_what_is_held_days_later(self, table: RoundTable) -> None:
        meeting = await table.convened(days=3)
        for verb in ("open", "attend"):
            async with unchanged(table.way.county, NotYetHeld) as refused:
                await table.do(verb, meeting=meeting.id, present=table.present())
        at = f"{meeting.planned_at.astimezone(clock.CHINA):%Y-%m-%d %H:%M}"
        assert at in refused.value.message("zh")
        assert f"{at} (UTC+8)" in refused.value.message("en")

    async def test_of_two_secretaries_at_once_one_convenes(self, table: RoundTable) -> None:
        await table.way.tabled()
        meeting = await table.drafted()
        ends = await asyncio.gather(
            table.do("convene", table.way.secretary, meeting=meeting.id),
            table.do("convene", table.way.worker, meeting=meeting.id),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["Meeting", "MeetingNotThere"]
        assert len(await table.items(meeting.id)) == 1

    async def test_two_meetings_convened_at_once_share_the_tabled_matters(
        self, table: RoundTable
    ) -> None:
        matters = {(await table.way.tabled()).id for _ in range(3)}
        drafts = [await table.drafted() for _ in range(2)]
        await asyncio.gather(*(table.do("convene", meeting=one.id) for one in drafts))
        found = [item for one in drafts for item in await table.items(one.id)]
        queued = [item.matter_id for item in found if item.outcome == Outcome.queued]
        assert len(queued) == 3
        assert set(queued) == matters

    async def test_cancelling_lets_the_next_meeting_take_it_up(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        await table.do("cancel", meeting=(await table.convened()).id, reason="停电")
        following = await table.convened()
        assert [item.matter_id for item in await table.items(following.id)] == [matter.id]

    async def test_other_business_is_not_lost_with_a_cancelled_meeting(
        self, table: RoundTable
    ) -> None:
        first = await table.convened()
        await table.do("add", meeting=first.id, title="清理楼道杂物")
        await table.do("cancel", meeting=first.id, reason="停电")
        matter = await table.way.tabled()
        following, later = await table.convened(), await table.convened()
        assert [(item.matter_id, item.title) for item in await table.items(following.id)] == [
            (matter.id, matter.title), (None, "清理楼道杂物"),
        ]  # fmt: skip
        assert await table.items(later.id) == []
        [item] = await table.items(first.id)
        assert (item.outcome, item.deferred_to_id) == (Outcome.deferred, following.id)

    async def test_a_withdrawn_matter_leaves_the_agenda(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        meeting = await table.convened()
        await table.way.do("withdraw", table.way.resident, matter.id, reason="已解决")
        [item] = await table.items(meeting.id)
        assert (item.outcome, item.said) == (Outcome.taken_off, "撤回")

    async def test_a_meeting_in_the_past_is_refused(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, MeetingInThePast):
            await table.do(
                "draft", council=table.council.id, planned_at=clock.now() - timedelta(days=1),
                place="驿站",
            )  # fmt: skip

    async def test_one_in_a_far_month_is_refused(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, MeetingTooFar):
            await table.do(
                "draft", council=table.council.id, place="驿站",
                planned_at=clock.now() + FARTHEST + timedelta(hours=1),
            )  # fmt: skip

    async def test_its_place_is_public_and_names_nobody(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, PlacePersonal):
            await table.do(
                "draft", council=table.council.id, place="驿站，电话13900001234",
                planned_at=clock.now() + timedelta(days=1),
            )  # fmt: skip

    async def test_neighbours_and_foreigners_may_not(
        self, table: RoundTable, other: County
    ) -> None:
        stranger = await table.way.county.actor("branch_secretary", table.way.tree.grids[1])
        meeting = await table.drafted()
        async with unchanged(table.way.county, Denied):
            await table.do("convene", stranger, meeting=meeting.id)
        theirs = await RoundTable.of(await Way.of(other))
        foreign = await theirs.drafted()
        for id_ in (foreign.id, uuid4()):
            async with unchanged(table.way.county, NotFound) as refused:
                await table.do("convene", meeting=id_)
            assert refused.value.facts == {"id": f"Meeting:{id_}"}


class TestOpen:
    async def test_without_a_quorum_it_is_not_opened(self, table: RoundTable) -> None:
        meeting = await table.convened()
        three = table.present(SeatKind.partner, SeatKind.department, SeatKind.firm)
        async with unchanged(table.way.county, QuorumMissing) as refused:
            await table.do("open", meeting=meeting.id, present=three)
        assert refused.value.facts == {"present": 3, "quorum": 4}

    async def test_several_of_one_party_are_one_party(self, table: RoundTable) -> None:
        more = [
            (await table.way.county.actor("committee_member", table.way.tree.committee))
            for _ in range(3)
        ]
        present = table.present(SeatKind.partner, SeatKind.department, SeatKind.firm)
        present += [one.posts[0].appointment_id for one in more]
        meeting = await table.convened()
        async with unchanged(table.way.county, QuorumMissing):
            await table.do("open", meeting=meeting.id, present=present)

    async def test_who_has_no_seat_is_not_counted(self, table: RoundTable) -> None:
        meeting = await table.convened()
        outsider = table.way.building_head.posts[0].appointment_id
        async with unchanged(table.way.county, NoSeatHere):
            await table.do("open", meeting=meeting.id, present=[*table.present(), outsider])
