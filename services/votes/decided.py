"""What owners have decided (业主已作决定): by a vote of the whole estate whose result stands."""

from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import rows
from services.errors import Refused
from services.votes.tables import DECIDED, Vote, VoteItem, VoteQuestion
from services.votes.tally import Verdict


class NotDecided(Refused):
    """要有本小区业主已生效、获得通过的选聘或解聘事项：{id}。
    It takes a question on the firm that this estate's owners have passed, and that stands: {id}.
    """


async def check_decided(session: AsyncSession, by: Actor, estate: UUID, question: UUID) -> None:
    """The owners of the whole estate have decided it, and the result stands."""
    asked = await rows.find(session, VoteQuestion, by, question)
    vote = await rows.find(session, Vote, by, asked.vote_id)
    is_its = vote.scope_id == estate and asked.item == VoteItem.firm
    if not is_its or asked.verdict != Verdict.passed or vote.state not in DECIDED:
        raise NotDecided(id=f"VoteQuestion:{question}")
