"""Owners' committees: prepared, elected by a vote, filed by another, recalled, over by a day."""

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import Denied
from services import rows
from services.committees import candidates, forming, serving
from services.committees.candidates import (
    CandidateChecked,
    NominatedAlready,
    NotAnOwner,
    OwnCandidate,
)
from services.committees.forming import (
    PreparesAlready,
    SeatsUnfit,
    StandsByIt,
    TermComing,
    TooFewCandidates,
    VoteUndecided,
    VoteUnfit,
    elected,
)
from services.committees.serving import (
    CommitteeElsewhere,
    OwnTerm,
)
from services.committees.tables import CommitteeTerm
from services.committees.terms import TermNotThere
from services.errors import BadInput
from services.ownerships import Ownership
from services.votes import drafting
from services.votes.states import questions_of
from services.votes.tables import VoteItem
from tests.county import County
from tests.polls import DRAFTED, Poll
from tests.services.unchanged import unchanged
from tests.terms import DAY, FILED, SETTLED, Forming


@pytest.fixture
async def way(county: County) -> Forming:
    """A term with five admitted candidates."""
    return await Forming.of(county)


class TestPreparing:
    async def test_one_at_a_time_of_an_odd_size_for_so_long(self, county: County) -> None:
        poll = await Poll.of(county, 0)
        way = Forming(poll, UUID(int=0), [])
        estate = poll.tree.estate.id
        for seats, years in ((6, 3), (3, 3), (13, 3), (5, 6), (5, 0)):
            async with unchanged(county, SeatsUnfit):
                await way.do(forming.begin, poll.community, estate=estate, seats=seats, years=years)
        both = await asyncio.gather(way.begun(), way.begun(), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == ["CommitteeTerm", "TermComing"]
        async with unchanged(county, TermComing):
            await way.begun()
        async with unchanged(county, Denied):
            await way.do(forming.begin, poll.worker, estate=estate, seats=5, years=3)
        way.term = next(one.id for one in both if isinstance(one, CommitteeTerm))
        await way.do(forming.abandon, poll.community, reason="业主不足")
        assert (await way.begun()).number == 2

    async def test_the_group_and_the_candidates(self, way: Forming) -> None:
        poll = way.poll
        said = {"person": poll.owners[6].person_id, "stands_for": "业主"}
        assert (await way.do(forming.prepare, poll.community, **said)).is_owner
        async with unchanged(poll.county, PreparesAlready):
            await way.do(forming.prepare, poll.community, **said)
        other = await way.do(
            forming.prepare, poll.community, person=poll.worker.person_id, stands_for="社区"
        )
        assert not other.is_owner
        async with unchanged(poll.county, NotAnOwner):
            await way.do(candidates.nominate, poll.worker, person=poll.worker.person_id)
        async with unchanged(poll.county, NominatedAlready):
            await way.do(candidates.nominate, poll.worker, person=poll.owners[0].person_id)
        async with unchanged(poll.county, Denied):
            await way.do(candidates.nominate, poll.owners[6], person=poll.owners[5].person_id)

    async def test_another_than_the_nominator_checks(self, way: Forming) -> None:
        poll = way.poll
        row = await way.do(
            candidates.nominate, poll.community, person=poll.owners[5].person_id
        )  # fmt: skip
        for verb in (candidates.admit, candidates.refuse):
            reason = {"reason": "不合"} if verb is candidates.refuse else {}
            async with unchanged(poll.county, OwnCandidate):
                await way.do(verb, poll.community, candidate=row.id, **reason)
        async with unchanged(poll.county, Denied):
            await way.do(candidates.admit, poll.chair, candidate=row.id)
        await way.do(candidates.refuse, poll.bureau, candidate=row.id, reason="不是业主本人")
        async with unchanged(poll.county, CandidateChecked):
            await way.do(candidates.admit, poll.bureau, candidate=row.id)

    async def test_who_has_sold_meanwhile_is_not_admitted(self, way: Forming) -> None:
        poll = way.poll
        owner = poll.owners[5]
        row = await way.do(candidates.nominate, owner, person=owner.person_id)
        async with poll.county.session() as session:
            held = await rows.every(session, Ownership, poll.chair, "id", person_id=owner.person_id)
            held[0].until = date(2026, 3, 1)
        async with unchanged(poll.county, NotAnOwner):
            await way.do(candidates.admit, poll.community, candidate=row.id)


class TestElecting:
    async def test_its_candidates_are_the_questions_of_one_draft(self, way: Forming) -> None:
        poll = way.poll
        await poll.drafted(VoteItem.election)
        async with unchanged(poll.county, VoteUnfit):
            await way.do(forming.put_to_vote, poll.chair, vote=poll.vote)
        await poll.drafted(scope=poll.tree.building.id)
        async with unchanged(poll.county, VoteUnfit):
            await way.do(forming.put_to_vote, poll.chair, vote=poll.vote)
        await way.put()
        async with unchanged(poll.county, TermNotThere):
            await way.do(candidates.nominate, poll.owners[6], person=poll.owners[6].person_id)
        async with unchanged(poll.county, VoteUndecided):
            await way.do(forming.conclude, poll.chair)

    async def test_no_candidate_is_dropped_out_of_the_vote(self, way: Forming) -> None:
        poll = way.poll
        await way.put()
        async with poll.county.session(read_only=True) as session:
            [first, *_] = await questions_of(session, poll.chair, poll.vote)
        async with unchanged(poll.county, StandsByIt):
            await poll.do(drafting.drop, poll.chair, at=DRAFTED, question=first.id)

    async def test_not_with_fewer_than_its_seats(self, county: County) -> None:
        poll = await Poll.of(county, 1)
        way = Forming(poll, UUID(int=0), [])
        way.term = (await way.begun()).id
        await poll.drafted()
        async with unchanged(county, TooFewCandidates):
            await way.do(forming.put_to_vote, poll.chair, vote=poll.vote)

    async def test_who_passed_is_elected_and_it_is_filed_by_another(self, way: Forming) -> None:
        poll = way.poll
        await way.voted(against=2)
        row = await way.do(forming.conclude, poll.chair, at=SETTLED)
        assert (row.state, row.file_by) == ("elected", (SETTLED + 30 * DAY).date())
        assert await way.members() == ["elected"] * 3 + ["not_elected"] * 2
        async with unchanged(poll.county, Denied):
            await way.do(serving.file, poll.community, at=FILED, number="1",
                         committee=poll.tree.committee.id)  # fmt: skip
        async with unchanged(poll.county, CommitteeElsewhere):
            await way.do(serving.file, poll.bureau, at=FILED, number="1",
                         committee=poll.tree.branch.id)  # fmt: skip
        async with unchanged(poll.county, BadInput):
            await way.do(serving.file, poll.bureau, at=FILED, number="电 13800138000",
                         committee=poll.tree.committee.id)  # fmt: skip
        row = await way.file()
        assert (row.state, row.since) == ("filed", FILED.date())
        assert row.until == date(2029, FILED.month, FILED.day)

    async def test_with_half_of_the_seats_or_fewer_none_is_formed(self, way: Forming) -> None:
        await way.voted(against=3)
        row = await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        assert row.state == "abandoned"
        assert (await way.begun()).number == 2

    async def test_who_began_it_does_not_file_it(self, way: Forming) -> None:
        await way.voted()
        await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        begun = await way.poll.county.reload(way.poll.community.person_id)
        async with way.poll.county.session() as session:
            row = await rows.find(session, CommitteeTerm, begun, way.term)
            row.made_by = way.poll.bureau.person_id
        async with unchanged(way.poll.county, OwnTerm):
            await way.file()

    @given(st.lists(st.tuples(st.booleans(), st.integers(1, 4), st.integers(1, 3)), max_size=9),
           st.sampled_from([1, 3, 5]))  # fmt: skip
    def test_never_more_than_the_seats_and_nobody_before_a_better(
        self, results: list[tuple[bool, int, int]], seats: int
    ) -> None:
        questions: list[Any] = [
            SimpleNamespace(id=uuid4(), verdict="passed" if passed else "not_passed",
                            consent_heads=heads, consent_area=area)
            for passed, heads, area in results
        ]  # fmt: skip
        chosen = elected(questions, seats)
        assert len(chosen) <= seats
        ranks = {one.id: (one.consent_heads, one.consent_area) for one in questions}
        for one in questions:
            if one.id in chosen:
                assert one.verdict == "passed"
                equals = [x.id for x in questions if ranks[x.id] == ranks[one.id]
                          and x.verdict == "passed"]  # fmt: skip
                assert set(equals) <= chosen
            elif one.verdict == "passed" and chosen:
                assert all(ranks[other] > ranks[one.id] for other in chosen)
