"""Ballots: one for each on the roll, however it came; sealed until the count."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel import select

from policies import Actor, Denied
from services import accounts, clock, rows, sealing
from services.ballots import casting, papers, proxies
from services.ballots.casting import BallotCast, NotOnTheRoll, PaperOnly, VotingOver
from services.ballots.papers import BallotSettled, OwnEntry, ReadOtherwise, ScanUsed
from services.ballots.tables import Ballot
from services.errors import BadInput, NotFound, StaleVersion
from services.events import canonical
from services.people import Person
from services.sealing import SealBroken
from services.votes import counting
from services.votes.counting import BallotsUnconfirmed
from services.votes.states import VoteNotThere
from services.votes.tables import VoteItem
from tests.county import County, adopt
from tests.polls import CLOSES, OVER, VOTING, Poll
from tests.services.unchanged import unchanged


@pytest.fixture
async def poll(county: County) -> Poll:
    """An open vote of four flats with an owner each."""
    poll = await Poll.of(county)
    await poll.opened(VoteItem.firm, VoteItem.other)
    return poll


class TestCasting:
    async def test_an_owner_votes_for_all_their_units_once(self, county: County) -> None:
        poll = await Poll.of(county, 2)
        mine = poll.owners[0].person_id
        assert mine is not None
        await poll.unit("2-1", mine)
        await poll.opened()
        cast = await poll.cast(0)
        assert (cast.ballots, len(set(cast.receipts))) == (2, 2)
        async with unchanged(poll.county, BallotCast):
            await poll.cast(0, "against")
        await poll.cast(1, "against")
        await poll.closed()
        assert [(one.consent_heads, one.against_heads) for one in await poll.counted()] == [(1, 1)]

    async def test_unit_by_unit_if_they_wish(self, county: County) -> None:
        poll = await Poll.of(county, 1)
        mine = poll.owners[0].person_id
        assert mine is not None
        await poll.unit("2-1", mine)
        await poll.opened()
        first, second = [await poll.holder(mine, one.id) for one in await poll.roll()]
        assert (await poll.cast(0, holders=[first])).ballots == 1
        async with unchanged(poll.county, BallotCast):
            await poll.cast(0, holders=[second, first])

    async def test_a_question_left_out_has_no_say(self, poll: Poll) -> None:
        first, second = poll.questions
        await poll.cast(0, "", consent=[first])
        await poll.cast(1, "", consent=[first], abstain=[second])
        for wrong in (
            {"consent": [first], "against": [first]},
            {"consent": [first, first]},
            {"consent": [uuid4()]},
            {},
        ):
            async with unchanged(poll.county, BadInput):
                await poll.cast(2, "", **wrong)
        await poll.closed()
        assert [one.part_heads for one in await poll.counted()] == [2, 1]

    async def test_only_who_is_on_the_roll_and_in_time(self, poll: Poll) -> None:
        stranger = Actor(poll.county.id, poll.county.slug, person_id=poll.chair.person_id)
        async with unchanged(poll.county, NotOnTheRoll):
            await poll.cast(stranger)
        async with unchanged(poll.county, NotOnTheRoll):
            await poll.cast(0, holders=[await poll.holder(poll.owners[1])])
        nobody = Actor(poll.county.id, poll.county.slug)
        async with unchanged(poll.county, Denied):
            await poll.cast(nobody)
        async with unchanged(poll.county, VotingOver):
            await poll.cast(0, at=CLOSES)
        await poll.closed()
        async with unchanged(poll.county, VoteNotThere):
            await poll.cast(0)

    async def test_through_a_client_that_may_not_one_does_not(self, poll: Poll) -> None:
        limited = replace(poll.owners[0], client_id=uuid4(), limits=frozenset())
        async with unchanged(poll.county, Denied):
            await poll.cast(limited)

    async def test_two_hundred_at_once_lose_none_and_double_none(self, county: County) -> None:
        poll = await Poll.of(county, 200)
        await poll.opened()
        given = [(n, "consent" if n % 3 else "against") for n in range(200)]
        done = await asyncio.gather(
            *(poll.cast(n, choice) for n, choice in given * 2), return_exceptions=True
        )
        assert sum(isinstance(one, casting.Cast) for one in done) == 200
        assert sum(isinstance(one, BallotCast) for one in done) == 200
        await poll.closed()
        (found,) = await poll.counted()
        assert (found.part_heads, found.consent_heads, found.against_heads) == (200, 133, 67)

    async def test_paper_alone_where_the_county_wants_it(self, county: County) -> None:
        poll = await Poll.of(county, 1)
        async with county.session() as session:
            source = {"electronic": "县住建局〔2026〕1 号"}
            await adopt(session, county, {"votes": {"electronic": False, "sources": source}})
        await poll.opened()
        async with unchanged(poll.county, PaperOnly):
            await poll.cast(0)

    async def test_what_it_says_stands_nowhere_before_the_count(self, poll: Poll) -> None:
        await poll.cast(0, "against")
        held = await poll.enter(await poll.holder(poll.owners[1]), "against")
        async with poll.county.session(read_only=True) as session:
            rows = (await session.exec(select(Ballot))).all()
            told = [
                (await session.exec(text(statement))).scalars().all()  # type: ignore[call-overload]
                for statement in (
                    "select e::text from event e where object = 'Ballot'",
                    "select v::text from event_value v",
                    "select b::text from ballot b",
                )
            ]
        assert {row.state for row in rows} == {"effective", "entered"}
        assert held.receipt in str(told)
        for word in ("against", "consent", "abstain"):
            assert word not in str(told)

    async def test_another_answer_under_its_receipt_is_never_counted(self, poll: Poll) -> None:
        await poll.cast(0)
        async with poll.county.session() as session:
            row = (await session.exec(select(Ballot))).one()
            keys = await sealing.keys(session, poll.county.id)
            said = row.open(keys)
            said["answers"] = {str(one): "against" for one in poll.questions}
            row.answers_cipher = keys.seal(
                keys.number, canonical(said).decode(), context=f"{row.id}:answers"
            )
        await poll.closed()
        async with unchanged(poll.county, SealBroken):
            await poll.do(counting.count, poll.chair, at=OVER)

    async def test_it_came_when_it_was_looked_at_however_long_it_waits(
        self, poll: Poll, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments = iter([CLOSES - timedelta(seconds=1)])
        monkeypatch.setattr(clock, "now", lambda: next(moments, CLOSES))
        async with poll.county.session() as session:
            await casting.cast(session, poll.owners[0], vote=poll.vote, consent=poll.questions)
        async with poll.county.session(read_only=True) as session:
            row = (await session.exec(select(Ballot))).one()
        assert row.received_at < CLOSES

    async def test_the_keys_are_changed_under_it(self, poll: Poll) -> None:
        await poll.cast(0)
        async with poll.county.session() as session:
            rotated = await accounts.rotate_keys(session, poll.county.security)
        assert rotated.remaining == 0
        await poll.closed()
        assert (await poll.counted())[0].consent_heads == 1


class TestPaper:
    async def test_it_counts_once_another_has_read_the_same(self, poll: Poll) -> None:
        row = await poll.enter(await poll.holder(poll.owners[0]))
        assert row.state == "entered"
        for by, refusal in ((poll.worker, OwnEntry), (poll.owners[0], Denied)):
            async with unchanged(poll.county, refusal):
                await poll.confirm(row, by=by)
        async with unchanged(poll.county, ReadOtherwise):
            await poll.confirm(row, "against")
        assert (await poll.confirm(row)).state == "effective"
        async with unchanged(poll.county, BallotSettled):
            await poll.confirm(row)
        await poll.closed()
        assert (await poll.counted())[0].consent_heads == 1

    async def test_whose_it_is_does_not_confirm_it(self, poll: Poll) -> None:
        clerk, proxy = [await _also(poll, owner) for owner in (0, 1)]
        own = await poll.enter(await poll.holder(poll.owners[0]))
        given = await poll.holder(poll.owners[2])
        await poll.do(
            proxies.appoint, poll.owners[2], holder=given, person=poll.owners[1].person_id
        )
        other = await poll.enter(given, by_proxy=True)
        for by, row in ((clerk, own), (proxy, other)):
            async with unchanged(poll.county, OwnEntry):
                await poll.confirm(row, by=by)
        assert (await poll.confirm(own, by=proxy)).state == "effective"
        assert (await poll.confirm(other, by=clerk)).state == "effective"

    async def test_what_came_in_time_is_entered_after_the_close(self, poll: Poll) -> None:
        await poll.closed()
        holder = await poll.holder(poll.owners[0])
        for wrong, refusal in ((OVER, VotingOver), (CLOSES, VotingOver)):
            async with unchanged(poll.county, refusal):
                await self._entered(poll, holder, wrong)
        row = await poll.enter(holder, at=OVER, received_at=VOTING)
        async with unchanged(poll.county, BallotsUnconfirmed):
            await poll.do(counting.count, poll.chair, at=OVER)
        await poll.do(papers.confirm, poll.community, at=OVER, ballot=row.id,
                      consent=poll.questions)  # fmt: skip
        assert (await poll.counted())[0].consent_heads == 1

    async def _entered(self, poll: Poll, holder: UUID, at: Any) -> None:
        await poll.enter(holder, scan=uuid4(), at=OVER, received_at=at)

    async def test_a_scan_is_one_ballots_and_its_makers(self, poll: Poll) -> None:
        scan = await poll.file(poll.worker)
        one, two = [await poll.holder(owner) for owner in poll.owners[:2]]
        await poll.enter(one, scan=scan)
        async with unchanged(poll.county, ScanUsed):
            await poll.enter(two, scan=scan)
        async with unchanged(poll.county, NotFound):
            await poll.enter(two, by=poll.community, scan=scan)

    async def test_one_paper_sent_twice_is_not_two_ballots(self, poll: Poll) -> None:
        paper, clerk = b"%PDF-one paper", poll.worker
        first, second = [await poll.holder(owner) for owner in poll.owners[:2]]
        scans = [await poll.file(clerk, paper) for _ in range(3)]
        row = await poll.enter(first, scan=scans[0])
        async with unchanged(poll.county, ScanUsed):
            await poll.enter(second, scan=scans[1])
        await poll.do(papers.reject, poll.community, ballot=row.id, reason="房号看错了")
        await poll.enter(second, scan=scans[1])
        async with unchanged(poll.county, ScanUsed):
            await poll.enter(first, scan=scans[2])

    async def test_web_and_paper_for_one_entry(self, poll: Poll) -> None:
        first, second = await poll.holder(poll.owners[0]), await poll.holder(poll.owners[1])
        waiting = await poll.enter(first, "against")
        await poll.cast(0)
        async with unchanged(poll.county, BallotSettled):
            await poll.confirm(waiting, "against")
        async with unchanged(poll.county, BallotCast):
            await poll.do(papers.enter, poll.worker, holder=first, scan=uuid4(),
                          consent=poll.questions)  # fmt: skip
        await poll.confirm(await poll.enter(second, "against"), "against")
        async with unchanged(poll.county, BallotCast):
            await poll.cast(1)
        await poll.closed()
        (found, _) = await poll.counted()
        assert (found.consent_heads, found.against_heads) == (1, 1)

    async def test_web_and_paper_at_once_leave_one(self, poll: Poll) -> None:
        holder = await poll.holder(poll.owners[0])
        row = await poll.enter(holder, "against")
        done = await asyncio.gather(
            poll.cast(0), poll.confirm(row, "against"), return_exceptions=True
        )
        assert {type(one) for one in done} & {BallotCast, BallotSettled}
        await poll.closed()
        assert (await poll.counted())[0].part_heads == 1

    async def test_entered_twice_at_once_it_is_entered_once(self, poll: Poll) -> None:
        holder = await poll.holder(poll.owners[0])
        done = await asyncio.gather(*(poll.enter(holder) for _ in range(3)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in done) == ["Ballot", "BallotCast", "BallotCast"]

    async def test_rejected_it_is_entered_again(self, poll: Poll) -> None:
        holder = await poll.holder(poll.owners[0])
        row = await poll.enter(holder)
        await poll.do(papers.reject, poll.community, ballot=row.id, reason="录错了")
        again = await poll.enter(holder, "against")
        async with unchanged(poll.county, StaleVersion):
            await poll.do(papers.reject, poll.community, ballot=again.id, reason="旧",
                          expected_version=9)  # fmt: skip
        assert (await poll.confirm(again, "against")).state == "effective"

    async def test_annulled_it_is_counted_no_more(self, poll: Poll) -> None:
        for owner in range(3):
            await poll.cast(owner)
        await poll.closed()
        assert (await poll.counted())[0].part_heads == 3
        async with poll.county.session(read_only=True) as session:
            row = (await session.exec(select(Ballot))).first()
        assert row is not None
        async with unchanged(poll.county, Denied):
            await poll.do(papers.annul, poll.worker, at=OVER, ballot=row.id, reason="冒签")
        await poll.do(papers.annul, poll.community, at=OVER, ballot=row.id, reason="冒签")
        assert (await poll.seen()).state == "disputed"
        assert (await poll.counted())[0].part_heads == 2


async def _also(poll: Poll, owner: int) -> Actor:
    """One of the owners, who works in the grid as well."""
    by = await poll.county.reload(poll.owners[owner].person_id)
    async with poll.county.session(read_only=True) as session:
        person = await rows.find(session, Person, by, by.person_id or uuid4())
    await poll.county.appoint(person, "grid_worker", poll.tree.grids[0])
    return await poll.county.reload(person.id)


async def test_a_receipt_is_the_hash_of_what_was_said(poll: Poll) -> None:
    cast = await poll.cast(0)
    async with poll.county.session(read_only=True) as session:
        row = (await session.exec(select(Ballot))).one()
        keys = await sealing.keys(session, poll.county.id)
        opened = row.open(keys)
    assert row.receipt == cast.receipts[0]
    assert opened["answers"] == {str(one): "consent" for one in poll.questions}
    assert len(opened["salt"]) == 32
