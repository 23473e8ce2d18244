"""Contracts: one side drafts, the other signs, the bureau files; one at a time for a firm."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from infra.database import Database
from policies import Denied
from services import clock, contracts, units
from services.clock import CHINA
from services.contracts import (
    ContractAlarm,
    ContractFiled,
    ContractNotDrafted,
    ContractNotSigned,
    ContractsOverlap,
    ContractState,
    OwnContract,
)
from services.errors import BadInput, EndsBeforeItBegins, NotFound, StaleVersion
from services.units import UnitOccupied, UnitUnfit
from services.votes import counting
from services.votes.decided import NotDecided
from services.votes.tables import VoteItem
from tests import polls
from tests.county import County
from tests.estate import BEGUN, OVER, Estate
from tests.polls import Poll
from tests.services.unchanged import unchanged

OVER_AND_HEARD = polls.OVER + timedelta(days=8)


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate; each test has days of its own."""
    return await Estate.of(await County.new(database))


def days(year: int) -> dict[str, Any]:
    """A year's."""
    return {"since": date(year, 1, 1), "until": date(year + 1, 1, 1)}


class TestDraft:
    async def test_either_side_drafts_and_it_is_known_which(self, home: Estate) -> None:
        for by, is_firm in ((home.manager, True), (home.member, False), (home.community, False)):
            row = await home.draft(by)
            assert (row.state, row.by_firm, row.file_by) == (ContractState.drafted, is_firm, None)

    async def test_others_do_not(self, home: Estate) -> None:
        elsewhere = await home.county.actor("community_secretary", home.tree.communities[1])
        for by in (home.clerk, home.officer, elsewhere, home.county.administrator):
            async with unchanged(home.county, Denied):
                await home.draft(by)

    async def test_it_is_of_an_estate_and_a_firm_of_the_county(
        self, home: Estate, other: County
    ) -> None:
        theirs = await other.tree()
        for wrong, refusal in (
            ({"estate": home.tree.building.id}, UnitUnfit),
            ({"firm": home.tree.committee.id}, UnitUnfit),
            ({"estate": theirs.estate.id}, NotFound),
            ({"firm": theirs.firm.id}, NotFound),
            ({"until": BEGUN}, EndsBeforeItBegins),
            ({"until": date(2100, 1, 1)}, BadInput),
            ({"promises": ["x"] * 51}, BadInput),
        ):
            async with unchanged(home.county, refusal):
                await home.draft(**wrong)


class TestSign:
    async def test_the_other_side_signs_and_thirty_days_begin(self, home: Estate) -> None:
        for drafter, signer, year in (
            (home.manager, home.member, 2001), (home.member, home.deputy, 2002),
            (home.deputy, home.community, 2003),
        ):  # fmt: skip
            row = await home.contract("sign", signer, await home.draft(drafter, **days(year)))
            assert (row.state, row.signed_by) == (ContractState.signed, signer.person_id)
            assert row.file_by == clock.today() + timedelta(days=30)

    async def test_ones_own_side_does_not(self, home: Estate) -> None:
        for drafter, signer in (
            (home.manager, home.deputy), (home.member, home.community),
            (home.manager, home.officer),
        ):  # fmt: skip
            row = await home.draft(drafter)
            async with unchanged(home.county, Denied):
                await home.contract("sign", signer, row)

    async def test_nobody_signs_what_they_drafted_though_they_are_of_both_sides(
        self, home: Estate
    ) -> None:
        person = await home.county.person()
        await home.county.appoint(person, "firm_manager", home.tree.firm)
        await home.county.appoint(person, "committee_member", home.tree.committee)
        both = await home.county.reload(person.id)
        row = await home.draft(both)
        async with unchanged(home.county, OwnContract):
            await home.contract("sign", both, row)

    async def test_it_is_signed_once_and_as_it_was_read(self, home: Estate) -> None:
        row = await home.draft(**days(2004))
        async with unchanged(home.county, StaleVersion):
            await home.contract("sign", home.member, row, expected_version=7)
        signed = await home.contract("sign", home.member, row, expected_version=1)
        async with unchanged(home.county, ContractNotDrafted):
            await home.contract("sign", home.member, signed)

    async def test_a_firm_has_one_for_an_estate_on_a_day(self, home: Estate) -> None:
        first = await home.signed(**days(2010))
        inside = await home.draft(since=date(2010, 12, 31), until=date(2011, 6, 1))
        async with unchanged(home.county, ContractsOverlap):
            await home.contract("sign", home.member, inside)
        # Once the first is over before, the second may be signed.
        with clock.at(datetime(2010, 12, 1, tzinfo=CHINA)):
            await home.contract("end", home.member, first, reason="协商解除")
            await home.contract("sign", home.member, inside)
        following = await home.signed(since=date(2011, 6, 1), until=date(2012, 1, 1))
        assert following.state == ContractState.signed

    async def test_of_two_that_are_signed_at_once_one_is_refused(self, home: Estate) -> None:
        drafts = [await home.draft(**days(2015)) for _ in range(2)]
        both = await asyncio.gather(
            *(home.contract("sign", home.member, one) for one in drafts), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in both) == ["Contract", "ContractsOverlap"]


class TestFile:
    async def test_the_bureau_files_once_what_was_signed(self, home: Estate) -> None:
        drafted = await home.draft(**days(2020))
        async with unchanged(home.county, ContractNotSigned):
            await home.contract("file", home.officer, drafted, number="备〔2020〕1 号")
        row = await home.contract("sign", home.member, drafted)
        for by in (home.manager, home.member, home.community):
            async with unchanged(home.county, Denied):
                await home.contract("file", by, row, number="备〔2020〕1 号")
        filed = await home.contract("file", home.officer, row, number="备〔2020〕1 号")
        assert filed.filing_number == "备〔2020〕1 号"
        async with unchanged(home.county, ContractFiled):
            await home.contract("file", home.officer, row, number="备〔2020〕2 号")

    async def test_nobody_files_what_they_signed(self, home: Estate) -> None:
        person = await home.county.person()
        await home.county.appoint(person, "housing_officer", home.county.root)
        await home.county.appoint(person, "committee_member", home.tree.committee)
        by = await home.county.reload(person.id)
        row = await home.contract("sign", by, await home.draft(**days(2021)))
        async with unchanged(home.county, OwnContract):
            await home.contract("file", by, row, number="1")


class TestEnd:
    async def test_it_ends_before_its_time_and_not_before_it_began(self, home: Estate) -> None:
        row = await home.signed(since=BEGUN, until=OVER)
        async with unchanged(home.county, EndsBeforeItBegins):
            await home.contract("end", home.member, row, until=BEGUN, reason="错")
        for by in (home.manager, home.clerk):
            async with unchanged(home.county, Denied):
                await home.contract("end", by, row, reason="错")
        async with unchanged(home.county, UnitOccupied), home.county.session() as session:
            await units.close(
                session, home.county.administrator, unit=home.tree.firm.id, reason="解散"
            )
        ended = await home.contract("end", home.community, row, reason="业主大会解聘")
        assert (ended.state, ended.end) == (ContractState.ended, clock.today())
        async with unchanged(home.county, ContractNotSigned):
            await home.contract("end", home.member, row, reason="又")


class TestAlarms:
    async def test_each_is_said_once_in_its_order(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        with clock.at(datetime(2026, 3, 1, tzinfo=CHINA)):
            row = await home.signed(since=date(2026, 3, 1), until=date(2027, 3, 1))
            await home.draft(since=date(2026, 3, 1), until=date(2027, 3, 1))
        seen = []
        for day in (
            date(2026, 3, 23), date(2026, 3, 24), date(2026, 3, 31), date(2026, 4, 1),
            date(2026, 11, 30), date(2026, 12, 1), date(2027, 2, 1), date(2027, 4, 1),
        ):  # fmt: skip
            at = datetime(day.year, day.month, day.day, 9, tzinfo=CHINA)
            seen.append((await home.ring(contracts.look, at), await home.ring(contracts.look, at)))
        assert [first for first, _ in seen] == [0, 1, 0, 1, 0, 1, 1, 0]
        assert not any(again for _, again in seen)
        async with home.county.session(read_only=True) as session:
            kinds = select(ContractAlarm.kind).where(ContractAlarm.contract_id == row.id)
            found = (await session.exec(kinds.order_by("at"))).all()
        assert found == ["filing_due", "filing_late", "ending", "ending_soon"]
        assert await home.county.events("contract.alarmed") == 4

    async def test_of_what_is_filed_or_ended_nothing_is_due(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        with clock.at(datetime(2026, 3, 1, tzinfo=CHINA)):
            row = await home.signed(since=date(2026, 1, 1), until=date(2027, 3, 1))
            await home.contract("file", home.officer, row, number="1")
        assert await home.ring(contracts.look, datetime(2026, 4, 10, tzinfo=CHINA)) == 0
        await home.contract("end", home.member, row, reason="解聘")
        assert await home.ring(contracts.look, datetime(2027, 2, 20, tzinfo=CHINA)) == 0


class TestByVote:
    async def test_the_owners_choose_and_dismiss(self, county: County) -> None:
        poll = await Poll.of(county, 3)
        home = await Estate.of(county, poll.tree)
        for by_whom in ("chosen", "dismissed"):
            await poll.opened(VoteItem.firm, VoteItem.other)
            [question, other] = poll.questions
            for owner in range(3):
                await poll.cast(owner)
            async with unchanged(county, NotDecided):
                await home.draft(question=question)
            await poll.closed()
            await poll.counted()
            await poll.do(counting.settle, poll.chair, at=OVER_AND_HEARD)
            if by_whom == "chosen":
                async with unchanged(county, NotDecided):
                    await home.draft(question=other)
                row = await home.contract("sign", home.member, await home.draft(question=question))
                assert row.question_id == question
        ended = await home.contract(
            "end", home.community, row, reason="业主解聘", question=question
        )
        assert (ended.state, ended.ending_question_id) == (ContractState.ended, question)
