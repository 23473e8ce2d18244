"""Minutes: drafted from what was recorded, signed by the seats that are asked, then kept."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from policies import Denied
from services.councils import SeatKind
from services.meetings.convening import ItemsUndisposed
from services.meetings.minutes import hash_of
from services.meetings.signing import MinutesChanged, NotASigner, SignedAlready, SomebodyElseCame
from services.meetings.states import MeetingNotThere
from services.meetings.tables import MeetingState
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


class TestSign:
    """每议必果: nobody signs before every item has its outcome; then nothing changes any more."""

    async def test_with_the_last_demanded_seat_the_minutes_are_final(
        self, table: RoundTable
    ) -> None:
        meeting = await table.signed()
        minutes = await table.minutes(meeting.id)
        assert meeting.state == MeetingState.signed
        assert minutes.sha256 == hash_of(minutes.text)
        assert "由物业更换线路。" in minutes.text
        assert "实到 6 方" in minutes.text

    async def test_adjourning_with_an_open_item_is_refused(self, table: RoundTable) -> None:
        await table.way.tabled()
        meeting = await table.opened()
        async with unchanged(table.way.county, ItemsUndisposed):
            await table.do("adjourn", meeting=meeting.id)

    async def test_the_database_lets_no_meeting_be_signed_with_an_open_item(
        self, table: RoundTable
    ) -> None:
        await table.way.tabled()
        await table.opened()
        async with unchanged(table.way.county, IntegrityError):
            await table.sql(
                "update meeting set state = 'signed', adjourned_at = now(), signed_at = now()",
            )

    async def test_nothing_is_added_to_the_agenda_of_a_signed_meeting(
        self, table: RoundTable
    ) -> None:
        meeting = await table.signed()
        async with unchanged(table.way.county, MeetingNotThere):
            await table.do("add", meeting=meeting.id, title="补一项")
        async with unchanged(table.way.county, IntegrityError):
            await table.sql("update agenda_item set said = '改过了'")

    async def test_nothing_is_moved_out_of_a_signed_meeting(self, table: RoundTable) -> None:
        await table.signed()
        other = await table.drafted()
        async with unchanged(table.way.county, IntegrityError) as refused:
            await table.sql(f"update agenda_item set meeting_id = '{other.id}', said = '改过了'")
        assert "of a signed meeting" in str(refused.value)

    @pytest.mark.parametrize(
        "change", ["text = '改过了'", "sha256 = null", "sha256 = repeat('0', 64)"]
    )
    async def test_signed_minutes_never_change(self, table: RoundTable, change: str) -> None:
        await table.signed()
        async with unchanged(table.way.county, IntegrityError):
            await table.sql(f"update minutes set {change}")

    async def test_a_hash_of_another_text_is_refused_by_the_database(
        self, table: RoundTable
    ) -> None:
        await table.adjourned()
        async with unchanged(table.way.county, IntegrityError):
            await table.sql("update minutes set sha256 = repeat('0', 64)")

    async def test_who_signed_what_was_amended_signs_again(self, table: RoundTable) -> None:
        meeting = await table.adjourned()
        read = (await table.minutes(meeting.id)).text
        await table.sign(meeting.id, SeatKind.branch)
        await table.do("amend", meeting=meeting.id, text=f"{read}补充一句。")
        async with unchanged(table.way.county, MinutesChanged):
            await table.do(
                "sign", table.sitters[SeatKind.committee], meeting=meeting.id, sha256=hash_of(read)
            )
        for kind in (SeatKind.committee, SeatKind.firm):
            meeting = await table.sign(meeting.id, kind)
        assert meeting.state == MeetingState.minutes_pending
        assert (await table.sign(meeting.id, SeatKind.branch)).state == MeetingState.signed

    async def test_of_two_signatures_of_one_seat_at_once_one_counts(
        self, table: RoundTable
    ) -> None:
        meeting = await table.adjourned()
        digest, sitter = hash_of((await table.minutes(meeting.id)).text), SeatKind.committee
        ends = await asyncio.gather(
            *(
                table.do("sign", table.sitters[sitter], meeting=meeting.id, sha256=digest)
                for _ in range(2)
            ),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["Meeting", "SignedAlready"]

    async def test_all_three_at_once_sign_it(self, table: RoundTable) -> None:
        meeting = await table.adjourned()
        kinds = (SeatKind.branch, SeatKind.committee, SeatKind.firm)
        ends = await asyncio.gather(*(table.sign(meeting.id, kind) for kind in kinds))
        assert sorted(end.state for end in ends) == [
            "minutes_pending", "minutes_pending", "signed",
        ]  # fmt: skip

    async def test_who_came_for_a_party_signs_for_it(self, table: RoundTable) -> None:
        county, firm = table.way.county, table.way.tree.firm
        colleague = await county.actor("firm_manager", firm)
        meeting = await table.adjourned()
        digest = hash_of((await table.minutes(meeting.id)).text)
        async with unchanged(county, SomebodyElseCame):
            await table.do("sign", colleague, meeting=meeting.id, sha256=digest)
        # Whose post is over signs nothing; then another of the party does.
        came = table.sitters[SeatKind.firm].posts[0].appointment_id
        await table.sql(f"update appointment set ends_at = now() where id = '{came}'")
        await table.do("sign", colleague, meeting=meeting.id, sha256=digest)

    async def test_who_could_sign_for_two_parties_signs_for_the_one_they_sat_for(
        self, table: RoundTable
    ) -> None:
        way = table.way
        secretary = await way.county.person()
        for role, unit in (("branch_secretary", way.tree.grids[0]),
                           ("committee_member", way.tree.committee)):  # fmt: skip
            await way.county.appoint(secretary, role, unit)
        both = await way.county.reload(secretary.id)
        (sat,) = (post for post in both.posts if post.role == "committee_member")
        await way.tabled()
        others = table.present(SeatKind.committee)
        meeting = await table.convened()
        await table.do("open", meeting=meeting.id, present=[*others, sat.appointment_id])
        for item in await table.items(meeting.id):
            await table.resolved(item.id)
        await table.do("adjourn", meeting=meeting.id)
        digest = hash_of((await table.minutes(meeting.id)).text)
        for kind in (SeatKind.branch, SeatKind.firm):
            await table.sign(meeting.id, kind)
        signed = await table.do("sign", both, meeting=meeting.id, sha256=digest)
        assert signed.state == MeetingState.signed

    async def test_for_a_party_that_nobody_came_for_whoever_sits_there_signs(
        self, table: RoundTable
    ) -> None:
        await table.way.tabled()
        meeting = await table.opened(SeatKind.committee)
        for item in await table.items(meeting.id):
            await table.resolved(item.id)
        await table.do("adjourn", meeting=meeting.id)
        signed = await table.sign(meeting.id, SeatKind.committee)
        assert signed.state == MeetingState.minutes_pending

    async def test_no_seat_signs_twice_and_no_other_signs(self, table: RoundTable) -> None:
        meeting = await table.adjourned()
        await table.sign(meeting.id, SeatKind.branch)
        async with unchanged(table.way.county, SignedAlready):
            await table.sign(meeting.id, SeatKind.branch)
        async with unchanged(table.way.county, NotASigner):
            await table.sign(meeting.id, SeatKind.partner)
        async with unchanged(table.way.county, Denied):
            await table.do(
                "sign", table.way.building_head, meeting=meeting.id,
                sha256=hash_of((await table.minutes(meeting.id)).text),
            )  # fmt: skip

    async def test_they_say_to_which_meeting_an_item_was_deferred(self, table: RoundTable) -> None:
        await table.way.tabled()
        meeting = await table.opened()
        (item,) = await table.items(meeting.id)
        later = await table.drafted()
        await table.do("defer", item=item.id, to=later.id, reason="待勘查")
        await table.do("adjourn", meeting=meeting.id)
        assert f"延至：第 {later.number} 次会议" in (await table.minutes(meeting.id)).text

    async def test_corrections_are_appended(self, table: RoundTable) -> None:
        meeting = await table.signed()
        await table.do("correct", meeting=meeting.id, text="第一项的日期应为下月。")
        await table.do("publish", meeting=meeting.id)
        await table.do("correct", meeting=meeting.id, text="第二处更正。")
        async with unchanged(table.way.county, DBAPIError):
            await table.sql("update correction set text = 'x'")
