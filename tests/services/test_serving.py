"""Members of an owners' committee: they serve until a day, a recall, or the end of their vote."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from policies import Denied
from services import clock
from services.committees import candidates, forming, serving
from services.committees.serving import (
    NotAMember,
    RecallUndecided,
    years_after,
)
from services.errors import BadInput
from services.votes import counting, drafting
from services.votes.states import questions_of
from services.votes.tables import VoteItem
from tests.county import County
from tests.polls import Poll
from tests.services.unchanged import unchanged
from tests.terms import DAY, FILED, SETTLED, Forming


@pytest.fixture
async def way(county: County) -> Forming:
    """A term with five admitted candidates."""
    return await Forming.of(county)


class TestServing:
    async def test_no_term_is_ever_gone_and_nothing_said_of_one(self, way: Forming) -> None:
        await way.voted()
        await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        await way.look(SETTLED + 31 * DAY)
        for statement in (
            "delete from committee_term",
            "delete from committee_candidate",
            "delete from term_preparer",
            "delete from term_alarm",
            "update term_alarm set days = 9",
            "delete from vote_evidence",
        ):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with way.poll.county.session() as session:
                    await session.exec(text(statement))  # type: ignore[call-overload]

    async def test_the_clock_says_each_thing_once_and_ends_it(self, way: Forming) -> None:
        await way.voted()
        await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        due = SETTLED + 30 * DAY
        assert await way.look(due - 8 * DAY) == 0
        assert await way.look(due - 7 * DAY) == 1
        assert await way.look(due) == 0
        assert await way.look(due + DAY) == 1
        row = await way.file(at=due + 2 * DAY)
        assert row.until is not None
        end = due + 2 * DAY + (row.until - (due + 2 * DAY).date())
        assert await way.look(end - 91 * DAY) == 0
        assert await way.look(end - 90 * DAY) == 1
        assert await way.look(end - 30 * DAY) == 1
        assert await way.look(end) == 2
        assert (await way.seen()).state == "ended"
        assert await way.look(end + DAY) == 0
        assert await way.poll.county.events("committee_term.alarmed") == 5

    @pytest.mark.parametrize("is_filed", [True, False])
    async def test_where_its_vote_is_revoked_it_serves_no_longer(
        self, way: Forming, is_filed: bool
    ) -> None:
        await way.voted()
        await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        if is_filed:
            await way.file()
        await way.poll.do(counting.void, way.poll.bureau, at=FILED + DAY, reason="法院撤销")
        assert await way.look(FILED + DAY) == 1
        row = await way.seen()
        assert (row.state, row.ended_on) == ("ended", (FILED + DAY).date())
        assert await way.look(FILED + 2 * DAY) == 0
        assert (await way.begun()).number == 2

    async def test_it_serves_from_no_day_before_it_was_elected(self, way: Forming) -> None:
        await way.voted()
        await way.do(forming.conclude, way.poll.chair, at=SETTLED)
        said = {"committee": way.poll.tree.committee.id, "number": "备〔2026〕1 号"}
        async with unchanged(way.poll.county, BadInput):
            await way.do(serving.file, way.poll.bureau, at=FILED,
                         since=(SETTLED - DAY).date(), **said)  # fmt: skip
        row = await way.do(serving.file, way.poll.bureau, at=FILED, since=SETTLED.date(), **said)
        assert row.since == SETTLED.date()

    async def test_the_next_term_ends_the_one_before(self, way: Forming) -> None:
        first = await way.filed()
        way.term = (await way.begun()).id
        for owner in way.poll.owners[:5]:
            row = await way.do(candidates.nominate, owner, person=owner.person_id)
            await way.do(candidates.admit, way.poll.community, candidate=row.id)
        await way.filed()
        second, way.term = await way.seen(), first.id
        assert (second.state, second.number) == ("filed", 2)
        assert ((await way.seen()).state, (await way.seen()).ended_why) == ("ended", "换届")

    async def test_recalled_by_the_owners_alone(self, way: Forming) -> None:
        await way.filed()
        poll = way.poll
        async with poll.county.session(read_only=True) as session:
            [old, *_] = await questions_of(session, poll.chair, poll.vote)
        async with unchanged(poll.county, RecallUndecided):
            await way.do(serving.recall, poll.community, at=FILED, question=old.id)
        later = FILED + DAY
        member, everybody = await self._recalled(poll, later)
        decided = later + 60 * DAY
        row = await way.do(serving.recall, poll.community, at=decided, question=member)
        assert row.state == "filed"
        assert (await way.members())[0] == "left"
        async with unchanged(poll.county, NotAMember):
            await way.do(serving.recall, poll.community, at=decided, question=member)
        row = await way.do(serving.recall, poll.bureau, at=decided, question=everybody)
        assert (row.state, row.ended_why) == ("ended", "业主罢免")

    async def _recalled(self, poll: Poll, at: Any) -> list[UUID]:
        """A vote by which one member, and all of them, were recalled."""
        opens, closes = at + 20 * DAY, at + 30 * DAY
        with clock.at(at):
            async with poll.county.session() as session:
                row = await drafting.draft(
                    session, poll.chair, scope=poll.tree.estate.id,
                    convener=poll.tree.committee.id, title="罢免", text="请表决。",
                    opens_at=opens, closes_at=closes,
                )  # fmt: skip
                await session.flush()
                poll.vote = row.id
                for whom in (poll.owners[0].person_id, None):
                    await drafting.ask(
                        session, poll.chair, vote=row.id, item=VoteItem.election, text="罢免",
                        candidate=whom, is_recall=True,
                    )  # fmt: skip
                    await session.flush()
        await poll.do(drafting.review, poll.community, at=at)
        await poll.do(drafting.announce, poll.chair, at=at)
        await poll.look(opens)
        async with poll.county.session(read_only=True) as session:
            asked = [one.id for one in await questions_of(session, poll.chair, poll.vote)]
        poll.questions = asked
        for number in range(7):
            await poll.cast(number, at=opens)
        await poll.look(closes)
        await poll.do(counting.count, poll.chair, at=closes)
        await poll.do(counting.settle, poll.chair, at=closes + 8 * DAY)
        return asked

    async def test_a_member_resigns(self, way: Forming) -> None:
        await way.filed()
        poll, mine = way.poll, way.standing[0]
        async with unchanged(poll.county, Denied):
            await way.do(serving.resign, poll.owners[1], at=FILED, candidate=mine, reason="替他")
        await way.do(serving.resign, poll.owners[0], at=FILED, candidate=mine, reason="搬走了")
        async with unchanged(poll.county, NotAMember):
            await way.do(serving.resign, poll.owners[0], at=FILED, candidate=mine, reason="再辞")


def test_a_term_of_years_ends_on_its_day() -> None:
    assert years_after(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert years_after(date(2024, 2, 29), 4) == date(2028, 2, 29)
