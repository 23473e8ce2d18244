"""Votes of owners: drafted, reviewed, noticed, held on a frozen roll, counted, settled."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from policies import Denied
from services import clock, rows
from services.errors import BadInput, NotFound, StaleVersion
from services.units import UnitUnfit
from services.votes import counting, deliveries, drafting, holding, objecting, rolls
from services.votes.counting import (
    CountStale,
    NothingPassed,
    NothingToRecount,
    StillObjected,
)
from services.votes.deliveries import DeliveryMethod
from services.votes.drafting import (
    NobodyToAsk,
    NoConvener,
    NothingAsked,
    NoticeTooShort,
    OwnDraft,
    SameCandidate,
    VotingTooLong,
)
from services.votes.objecting import (
    ObjectedAlready,
    ObjectionOutcome,
    ObjectorUnknown,
    OwnVoteObjection,
    ResultStands,
    VoteObjectionAnswered,
)
from services.votes.rules import Secrecy
from services.votes.states import VoteNotThere, questions_of
from services.votes.tables import VoteItem
from tests.county import County, adopt
from tests.polls import CLOSES, DRAFTED, OPENS, OVER, Poll
from tests.services.unchanged import unchanged

DAY = timedelta(days=1)
LATER = OVER + 8 * DAY


@pytest.fixture
async def poll(county: County) -> Poll:
    """An estate of four flats with an owner each."""
    return await Poll.of(county)


class TestDrafting:
    async def test_by_the_committee_or_the_community_of_a_place_with_owners(
        self, poll: Poll
    ) -> None:
        tree = poll.tree
        row = await poll.drafted(VoteItem.firm, VoteItem.common_use, scope=tree.building.id)
        assert (row.estate_id, row.scope_id, row.state) == (
            tree.estate.id,
            tree.building.id,
            "draft",
        )
        for wrong, refusal in (
            ({"closes_at": OPENS + timedelta(hours=1)}, VotingTooLong),
            ({"opens_at": DRAFTED}, BadInput),
            ({"text": "有事找李主任 13800138000。"}, BadInput),
            ({"clause": "第八条，问 13800138000"}, BadInput),
            ({"convener": tree.communities[0].id}, Denied),
        ):
            async with unchanged(poll.county, refusal):
                await poll.drafted(**wrong)
        async with unchanged(poll.county, VotingTooLong) as refused:
            await poll.drafted(closes_at=OPENS + 70 * DAY)
        assert refused.value.facts["days"] == "70"
        said = {"scope": tree.estate.id, "convener": tree.communities[0].id, "title": "甲",
                "text": "乙", "opens_at": OPENS, "closes_at": CLOSES}  # fmt: skip
        await _draft(poll, poll.community, said)
        for unit, why in (
            ({"scope": tree.communities[0].id}, UnitUnfit),
            ({"convener": tree.grids[0].id}, NoConvener),
            ({"convener": tree.communities[1].id}, NoConvener),
        ):
            async with unchanged(poll.county, why):
                await _draft(poll, poll.community, said | unit)

    async def test_which_majority_is_the_laws(self, poll: Poll) -> None:
        await poll.drafted(*VoteItem)
        async with poll.county.session(read_only=True) as session:
            found = await questions_of(session, poll.chair, poll.vote)
        assert {one.item for one in found if one.kind == "special"} == {
            "raising_funds", "rebuilding", "common_use",
        }  # fmt: skip

    async def test_candidates_are_of_elections_and_each_stands_once(self, poll: Poll) -> None:
        await poll.drafted(VoteItem.election)
        said = {"vote": poll.vote, "text": "选举业主0", "candidate": poll.owners[0].person_id}
        await poll.do(drafting.ask, poll.chair, at=DRAFTED, item=VoteItem.election, **said)
        async with unchanged(poll.county, SameCandidate):
            await poll.do(drafting.ask, poll.chair, at=DRAFTED, item=VoteItem.election, **said)
        async with unchanged(poll.county, BadInput):
            await poll.do(drafting.ask, poll.chair, at=DRAFTED, item=VoteItem.firm, **said)

    async def test_a_draft_is_written_otherwise_and_a_noticed_vote_never(self, poll: Poll) -> None:
        await poll.drafted(VoteItem.firm, VoteItem.other)
        await poll.do(drafting.amend, poll.member, at=DRAFTED, title="新标题", expected_version=3)
        async with unchanged(poll.county, StaleVersion):
            await poll.do(drafting.amend, poll.member, at=DRAFTED, title="旧", expected_version=3)
        await poll.do(drafting.drop, poll.chair, at=DRAFTED, question=poll.questions.pop())
        await poll.do(drafting.review, poll.community, at=DRAFTED)
        async with unchanged(poll.county, VoteNotThere):
            await poll.do(drafting.amend, poll.chair, at=DRAFTED, title="再改")
        await poll.do(drafting.send_back, poll.community, at=DRAFTED, reason="请写清楚")
        await poll.do(drafting.amend, poll.chair, at=DRAFTED, text="写清楚了。")
        await poll.do(drafting.review, poll.bureau, at=DRAFTED)
        row = await poll.do(drafting.announce, poll.chair, at=DRAFTED)
        assert (row.state, row.title, row.text) == ("noticed", "新标题", "写清楚了。")
        for verb, said in ((drafting.amend, {"title": "偷改"}), (drafting.ask, {
            "item": VoteItem.firm, "text": "偷加"})):  # fmt: skip
            async with unchanged(poll.county, VoteNotThere):
                await poll.do(verb, poll.chair, at=DRAFTED, **said)

    async def test_reviewed_by_another_than_its_drafter_and_with_a_question(
        self, poll: Poll
    ) -> None:
        said = {"scope": poll.tree.estate.id, "convener": poll.tree.communities[0].id,
                "title": "甲", "text": "乙", "opens_at": OPENS, "closes_at": CLOSES}  # fmt: skip
        await _draft(poll, poll.community, said)
        async with unchanged(poll.county, OwnDraft):
            await poll.do(drafting.review, poll.community, at=DRAFTED)
        async with unchanged(poll.county, NothingAsked):
            await poll.do(drafting.review, poll.bureau, at=DRAFTED)
        async with unchanged(poll.county, Denied):
            await poll.do(drafting.review, poll.chair, at=DRAFTED)

    async def test_whoever_wrote_in_it_does_not_review_it(self, poll: Poll) -> None:
        said: dict[str, Any] = {"item": VoteItem.other, "text": "是否装电梯？"}
        await poll.drafted()
        await poll.do(drafting.amend, poll.community, at=DRAFTED, title="改过的标题")
        async with unchanged(poll.county, OwnDraft):
            await poll.do(drafting.review, poll.community, at=DRAFTED)
        await poll.do(drafting.amend, poll.chair, at=DRAFTED, title="又改过的标题")
        row = await poll.do(drafting.ask, poll.community, at=DRAFTED, **said)
        await poll.do(drafting.amend, poll.chair, at=DRAFTED, title="再改过的标题")
        async with unchanged(poll.county, OwnDraft):
            await poll.do(drafting.review, poll.community, at=DRAFTED)
        await poll.do(drafting.drop, poll.community, at=DRAFTED, question=row.id)
        async with unchanged(poll.county, OwnDraft):
            await poll.do(drafting.review, poll.community, at=DRAFTED)
        await poll.do(drafting.review, poll.bureau, at=DRAFTED)

    async def test_the_notice_is_out_for_as_long_as_the_county_wants(self, poll: Poll) -> None:
        await poll.drafted()
        await poll.do(drafting.review, poll.community, at=DRAFTED)
        async with unchanged(poll.county, NoticeTooShort):
            await poll.do(drafting.announce, poll.chair, at=OPENS - 15 * DAY + timedelta(minutes=1))
        await poll.do(drafting.announce, poll.chair, at=OPENS - 15 * DAY)

    async def test_not_of_a_place_where_nobody_owns(self, poll: Poll) -> None:
        await poll.drafted(scope=poll.tree.stairwell.id)
        await poll.do(drafting.review, poll.community, at=DRAFTED)
        async with unchanged(poll.county, NobodyToAsk):
            await poll.do(drafting.announce, poll.chair, at=DRAFTED)

    async def test_others_neither_draft_nor_see(self, poll: Poll) -> None:
        await poll.drafted()
        stranger = await poll.county.actor("community_secretary", poll.tree.communities[1])
        for by in (stranger, poll.owners[0], poll.worker):
            async with unchanged(poll.county, Denied):
                await poll.do(drafting.amend, by, at=DRAFTED, title="越权")

    async def test_withdrawn_before_its_notice(self, poll: Poll) -> None:
        await poll.drafted()
        row = await poll.do(drafting.withdraw, poll.chair, at=DRAFTED, reason="不办了")
        assert (row.state, row.noticed_at) == ("void", None)


async def _draft(poll: Poll, by: Any, said: dict[str, Any]) -> None:
    with clock.at(DRAFTED):
        async with poll.county.session() as session:
            poll.vote = (await drafting.draft(session, by, **said)).id


class TestCounting:
    async def test_the_result_is_nobodys_before_and_everybodys_after(self, poll: Poll) -> None:
        await poll.opened(VoteItem.firm, VoteItem.common_use)
        for owner in range(3):
            await poll.cast(owner)
        async with unchanged(poll.county, VoteNotThere):
            await poll.do(counting.count, poll.chair)
        await poll.closed()
        ordinary, special = await poll.counted()
        assert (ordinary.verdict, special.verdict) == ("passed", "passed")
        assert (ordinary.part_area, ordinary.part_heads) == (Decimal(300), 3)
        assert (ordinary.consent_area, ordinary.against_heads) == (Decimal(300), 0)
        assert (await poll.seen()).objections_until == OVER + 7 * DAY

    async def test_without_the_quorum_it_fails(self, poll: Poll) -> None:
        await poll.opened()
        await poll.cast(0)
        await poll.cast(1)
        await poll.closed()
        assert [one.verdict for one in await poll.counted()] == ["no_quorum"]
        row = await poll.do(counting.settle, poll.chair, at=LATER)
        assert row.state == "failed"
        async with unchanged(poll.county, VoteNotThere):
            await poll.do(counting.execute, poll.chair, at=LATER, report="照办")

    async def test_what_was_not_passed_is_not_carried_out(self, poll: Poll) -> None:
        await poll.opened()
        for owner in range(4):
            await poll.cast(owner, "against")
        await poll.closed()
        await poll.counted()
        await poll.do(counting.settle, poll.chair, at=LATER)
        async with unchanged(poll.county, NothingPassed):
            await poll.do(counting.execute, poll.chair, at=LATER, report="照办")

    async def test_silence_counts_with_its_clause_and_for_whom_it_was_delivered(
        self, county: County
    ) -> None:
        poll = await Poll.of(county, 4)
        async with county.session() as session:
            rules = {"silence": "takes_part", "sources": {"silence": "县〔2026〕1 号"}}
            await adopt(session, county, {"votes": rules})
        for clause, part in ((None, 2), ("议事规则第十二条", 3)):
            await poll.opened(clause=clause)
            said = {"method": DeliveryMethod.in_person, "file": await poll.file(poll.worker)}
            await poll.do(deliveries.deliver, poll.worker, property_units=poll.units[1:3], **said)
            await poll.cast(0)
            await poll.cast(1)
            await poll.closed()
            assert [one.part_heads for one in await poll.counted()] == [part]

    async def test_settled_once_objections_are_over_and_answered(self, poll: Poll) -> None:
        await self._objected(poll)
        async with unchanged(poll.county, StillObjected):
            await poll.do(counting.settle, poll.chair, at=LATER)
        found = await _objection(poll)
        said = {"objection": found.id, "answer": "已核对，无误。"}
        async with unchanged(poll.county, Denied):
            await poll.do(objecting.answer, poll.owners[1], at=OVER, **said,
                          outcome=ObjectionOutcome.dismissed)  # fmt: skip
        await poll.do(
            objecting.answer, poll.community, at=OVER, outcome=ObjectionOutcome.dismissed, **said
        )
        async with unchanged(poll.county, VoteObjectionAnswered):
            await poll.do(
                objecting.answer, poll.bureau, at=OVER, outcome=ObjectionOutcome.upheld, **said
            )
        async with unchanged(poll.county, NothingToRecount):
            await poll.do(counting.count, poll.chair, at=OVER)
        async with unchanged(poll.county, StillObjected):
            await poll.do(counting.settle, poll.chair, at=OVER + 6 * DAY)
        row = await poll.do(counting.settle, poll.chair, at=LATER)
        assert row.state == "final"
        row = await poll.do(counting.execute, poll.chair, at=LATER, report="已签订合同。")
        assert row.state == "executed"

    async def _objected(self, poll: Poll) -> None:
        """Counted, and one of the owners objects."""
        await poll.opened()
        for owner in range(3):
            await poll.cast(owner)
        await poll.closed()
        await poll.counted()
        said = {"text": "我的票没有算。"}
        neighbour = await poll.county.actor("resident", poll.tree.estate)
        async with unchanged(poll.county, ObjectorUnknown):
            await poll.do(objecting.object_, neighbour, at=OVER, **said)
        async with unchanged(poll.county, ResultStands):
            await poll.do(objecting.object_, poll.owners[3], at=LATER, **said)
        await poll.do(objecting.object_, poll.owners[3], at=OVER, **said)
        async with unchanged(poll.county, ObjectedAlready):
            await poll.do(objecting.object_, poll.owners[3], at=OVER, **said)

    async def test_what_is_upheld_is_counted_anew_or_void(self, poll: Poll) -> None:
        await self._objected(poll)
        found = await _objection(poll)
        await poll.do(
            objecting.answer, poll.community, at=OVER, objection=found.id, answer="确有遗漏。",
            outcome=ObjectionOutcome.upheld,
        )  # fmt: skip
        async with unchanged(poll.county, CountStale):
            await poll.do(counting.settle, poll.chair, at=LATER)
        await poll.counted(at=LATER)
        assert (await poll.seen()).objections_until == LATER + 7 * DAY
        async with unchanged(poll.county, Denied):
            await poll.do(counting.void, poll.chair, at=LATER, reason="不算")
        row = await poll.do(counting.void, poll.bureau, at=LATER, reason="法院撤销")
        assert row.state == "void"
        async with unchanged(poll.county, VoteNotThere):
            await poll.do(counting.settle, poll.chair, at=LATER + 8 * DAY)

    async def test_who_objects_does_not_answer(self, poll: Poll) -> None:
        chair = poll.chair.person_id
        assert chair is not None
        await poll.unit("8-8", chair)
        await poll.opened()
        await poll.closed()
        await poll.counted()
        row = await poll.do(objecting.object_, poll.chair, at=OVER, text="不对。")
        async with unchanged(poll.county, OwnVoteObjection):
            await poll.do(objecting.answer, poll.chair, at=OVER, objection=row.id, answer="对。",
                          outcome=ObjectionOutcome.dismissed)  # fmt: skip

    async def test_two_who_count_at_once_count_once(self, poll: Poll) -> None:
        await poll.opened()
        await poll.cast(0)
        await poll.closed()
        both = await asyncio.gather(poll.counted(), poll.counted(), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == ["VoteNotThere", "list"]


async def _objection(poll: Poll) -> Any:
    async with poll.county.session(read_only=True) as session:
        found = await rows.every(
            session, objecting.VoteObjection, poll.chair, "id", vote_id=poll.vote
        )
    return found[-1]


class TestTheRegisterAndVotes:
    async def test_another_countys_vote_is_none(self, poll: Poll, database: Any) -> None:
        await poll.opened()
        other = await Poll.of(await County.new(database), 1)
        for command in (counting.count, holding.extend, rolls.freeze):
            said = {"closes_at": CLOSES + DAY, "reason": "试"} if command is holding.extend else {}
            async with unchanged(other.county, NotFound):
                await other.do(command, other.chair, vote=poll.vote, **said)

    async def test_secret_unless_said_as_the_county_has_it(self, county: County) -> None:
        poll = await Poll.of(county, 1)
        assert (await poll.drafted()).secrecy == "open"
        assert (await poll.drafted(secrecy=Secrecy.secret)).secrecy == "secret"
