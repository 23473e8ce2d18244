"""A committee's term on its way, walked by the persons it takes: from its candidates to filing."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from policies import Actor
from services import clock, rows
from services.committees import candidates, forming, serving
from services.committees.tables import CommitteeCandidate, CommitteeTerm
from services.votes import counting, drafting
from services.votes.states import questions_of
from tests.county import County
from tests.polls import DRAFTED, OVER, VOTING, Poll

DAY = timedelta(days=1)
SETTLED = OVER + 8 * DAY
FILED = SETTLED + 2 * DAY


@dataclass
class Forming:
    """A term on its way, with an estate of seven owners of whom five stand."""

    poll: Poll
    term: UUID
    standing: list[UUID]

    @classmethod
    async def of(cls, county: County) -> "Forming":
        """Begun, with five candidates who were admitted."""
        poll = await Poll.of(county, 7)
        way = cls(poll, UUID(int=0), [])
        way.term = (await way.begun()).id
        for owner in poll.owners[:5]:
            row = await way.do(candidates.nominate, owner, person=owner.person_id)
            await way.do(candidates.admit, poll.community, candidate=row.id)
            way.standing.append(row.id)
        return way

    async def begun(self) -> CommitteeTerm:
        """Another term begun."""
        row: CommitteeTerm = await self.do(
            forming.begin, self.poll.community, estate=self.poll.tree.estate.id, seats=5, years=3
        )
        return row

    async def do(self, command: Any, by: Actor, *, at: Any = DRAFTED, **said: Any) -> Any:
        """One command about the term, or about something of it."""
        about = {"candidate", "estate"} & set(said)
        known = said if about else {"term": self.term, **said}
        with clock.at(at):
            async with self.poll.county.session() as session:
                return await command(session, by, **known)

    async def put(self) -> None:
        """Into a vote's draft, which is announced."""
        poll = self.poll
        await poll.drafted(title="选举业主委员会")
        await poll.do(drafting.drop, poll.chair, at=DRAFTED, question=poll.questions[0])
        await self.do(forming.put_to_vote, poll.chair, vote=poll.vote)

    async def voted(self, against: int = 0) -> None:
        """All vote, so many of the last candidates are rejected, and the result stands."""
        poll = self.poll
        await self.put()
        await poll.do(drafting.review, poll.community, at=DRAFTED)
        await poll.do(drafting.announce, poll.chair, at=DRAFTED)
        await poll.look(VOTING)
        async with poll.county.session(read_only=True) as session:
            asked = [one.id for one in await questions_of(session, poll.chair, poll.vote)]
        for number in range(7):
            split = len(asked) - against
            await poll.cast(number, "", consent=asked[:split], against=asked[split:])
        await poll.closed()
        await poll.do(counting.count, poll.chair, at=OVER)
        await poll.do(counting.settle, poll.chair, at=SETTLED)

    async def filed(self) -> CommitteeTerm:
        """Elected and on file."""
        await self.voted()
        await self.do(forming.conclude, self.poll.chair, at=SETTLED)
        return await self.file()

    async def file(self, at: Any = FILED) -> CommitteeTerm:
        """On file by the bureau."""
        row: CommitteeTerm = await self.do(
            serving.file, self.poll.bureau, at=at, committee=self.poll.tree.committee.id,
            number="备〔2026〕1 号",
        )  # fmt: skip
        return row

    async def look(self, at: Any) -> int:
        """What the clock does at a moment."""
        by = Actor(self.poll.county.id, self.poll.county.slug)
        with clock.at(at):
            async with self.poll.county.session() as session:
                return await serving.look(session, by, at=at, most=100)

    async def seen(self) -> CommitteeTerm:
        """The term as it is now."""
        async with self.poll.county.session(read_only=True) as session:
            return await rows.find(session, CommitteeTerm, self.poll.chair, self.term)

    async def members(self) -> list[str]:
        """The states of its candidates."""
        async with self.poll.county.session(read_only=True) as session:
            found = await rows.every(
                session, CommitteeCandidate, self.poll.chair, "made_at", "id", term_id=self.term
            )
        return [one.state for one in found]
