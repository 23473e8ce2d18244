"""Casting (投票): what an owner says by their own sign-in, for themselves or as a proxy.

Of each holder one ballot counts, however it came. What is cast takes the place of a paper one that
still waits for its confirmation; only a proxy's never that of the owner's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied
from services import clock, rows, sealing
from services.arguments import Of
from services.ballots.tables import (
    Ballot,
    BallotState,
    BallotWay,
    ProxyState,
    VoteProxy,
)
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.rows import made
from services.tree import HOLD
from services.votes.rules import Secrecy
from services.votes.states import Polling, questions_of, take
from services.votes.tables import RollEntry, RollHolder, Vote, VoteId
from services.votes.tally import Choice

OBJECT = "ballots"


class NotOnTheRoll(Refused):
    """您不在这次表决的名册上，也没有经核对的委托。产权有误请联系社区核实。
    You are neither on the roll of this vote nor a confirmed proxy. Ask the community to check it.
    """


class BallotCast(Refused):
    """这一票已经投过，不能再投：{id}。
    This ballot has been cast already and isn't cast again: {id}.
    """


class PaperOnly(Refused):
    """这次表决只收纸质选票。
    This vote takes ballots on paper only.
    """


class VotingOver(Refused):
    """投票到 {until} 结束，之后收到的选票无效。
    Voting ended at {until}; a ballot that came later doesn't count.
    """


@dataclass(frozen=True, slots=True)
class Cast:
    """How many ballots were cast, one for each unit, and their receipts."""

    id: UUID
    ballots: int
    receipts: list[str]


Questions = Annotated[list[Annotated[UUID, Of("VoteQuestion")]] | None, "事项。 Questions."]


@dataclass(frozen=True, slots=True)
class Voting:
    """For whom one votes: the holder, their entry, and the proxy by which, if by one."""

    holder: UUID
    entry: UUID
    proxy: UUID | None = None


async def cast(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    consent: Questions = None,
    against: Questions = None,
    abstain: Questions = None,
    holders: Annotated[
        list[Annotated[UUID, Of("RollHolder")]] | None,
        "只为其中几套投，默认全部。 For these of one's units alone; for all if left out.",
    ] = None,
) -> Cast:
    """Vote for one's units, or for those whose proxy one is; what is cast stays so.

    A question that is named nowhere isn't answered: one takes no part in it.
    """
    polling = await take(session, by, "cast", vote, shared=True, object_=OBJECT, owner=by.person_id)
    # One moment: held up by others it would else be recorded as come after the end.
    at = clock.now()
    check_in_time(polling.vote, at)
    if not polling.vote.is_electronic:
        raise PaperOnly()
    answers = await answers_of(session, by, polling, consent, against, abstain)
    mine = await _mine(session, by, vote, holders)
    keys = await sealing.keys(session, by.tenant_id)
    await _make_way(session, by, [one.holder for one in mine])
    receipts = []
    for one in mine:
        row = Ballot(
            **made(by, polling.acting), vote_id=vote, entry_id=one.entry,
            holder_id=one.holder, proxy_id=one.proxy, way=BallotWay.web,
            state=BallotState.effective, key_number=0, answers_cipher=b"", receipt="",
            received_at=at,
        )  # fmt: skip
        row.seal(keys, answers, await number_of(session, by, polling.vote, one.entry))
        session.add(row)
        record(session, by, "ballot.cast", row, acting=polling.acting)
        receipts.append(row.receipt)
    return Cast(vote, len(mine), receipts)


async def answers_of(
    session: AsyncSession,
    by: Actor,
    polling: Polling,
    consent: Sequence[UUID] | None,
    against: Sequence[UUID] | None,
    abstain: Sequence[UUID] | None,
) -> dict[str, str]:
    """Each answered question's choice; each of this vote, and said once."""
    asked = {one.id for one in await questions_of(session, by, polling.vote.id)}
    said: dict[str, str] = {}
    given = {"consent": consent, "against": against, "abstain": abstain}
    for name, questions in given.items():
        for question in questions or ():
            if question not in asked:
                reason = Said("不是这次表决的事项", "not a question of this vote")
                raise BadInput(argument=name, reason=reason)
            if str(question) in said:
                reason = Said("同一事项填了两次", "a question is answered twice")
                raise BadInput(argument=name, reason=reason)
            said[str(question)] = Choice(name).value
    if not said:
        reason = Said("至少回答一项", "answer one question at least")
        raise BadInput(argument="consent", reason=reason)
    return said


async def _mine(
    session: AsyncSession, by: Actor, vote: UUID, wanted: Sequence[UUID] | None
) -> list[Voting]:
    """Those on the roll for whom the actor votes, held, but for whom a ballot counts already.

    Whoever gave a proxy may still vote themselves, as long as the proxy hasn't; a ballot of their
    own that waits on paper is their vote, and no longer the proxy's.
    """
    if by.person_id is None:
        raise Denied("cast", OBJECT)
    await hold(session, by, [one.holder for one in await _voting(session, by, vote)])
    # Read again now that they are held: a proxy may have been revoked meanwhile.
    found = {one.holder: one for one in await _voting(session, by, vote)}
    if not found or any(one not in found for one in wanted or ()):
        raise NotOnTheRoll()
    chosen = [one for one in found if wanted is None or one in wanted]
    cast_already = await voted(session, by, chosen, (BallotState.effective,))
    spoken_for = [one for one in chosen if found[one].proxy is not None]
    cast_already |= await voted(session, by, spoken_for, (BallotState.entered,), is_own=True)
    left = [one for one in chosen if one not in cast_already]
    if cast_already and (wanted is not None or not left):
        raise BallotCast(id=f"Ballot:{next(iter(cast_already.values()))}")
    return [found[one] for one in left]


async def _voting(session: AsyncSession, by: Actor, vote: UUID) -> list[Voting]:
    """Those on the roll who are the actor, and those whose confirmed proxy the actor is."""
    own = select(RollHolder.id, RollHolder.entry_id).where(
        RollHolder.tenant_id == by.tenant_id, RollHolder.vote_id == vote,
        RollHolder.person_id == by.person_id,
    )  # fmt: skip
    found = [Voting(holder, entry) for holder, entry in await session.exec(own)]
    given = (
        select(RollHolder.id, RollHolder.entry_id, VoteProxy.id)
        .join(
            VoteProxy,
            (col(VoteProxy.tenant_id) == RollHolder.tenant_id)
            & (col(VoteProxy.holder_id) == RollHolder.id),
        )
        .where(
            VoteProxy.tenant_id == by.tenant_id, VoteProxy.vote_id == vote,
            VoteProxy.person_id == by.person_id, VoteProxy.state == ProxyState.confirmed,
        )
    )  # fmt: skip
    return [*found, *(Voting(*one) for one in await session.exec(given))]


async def hold(session: AsyncSession, by: Actor, holders: Iterable[UUID]) -> None:
    """Of two who vote for one holder at once the second waits; several are held in one order."""
    for holder in sorted(holders):
        await HOLD.rows(session, name=f"holder:{by.tenant_id}:{holder}")


async def voted(
    session: AsyncSession,
    by: Actor,
    holders: Sequence[UUID],
    states: Sequence[BallotState],
    *,
    is_own: bool = False,
) -> dict[UUID, UUID]:
    """Which of the holders have a ballot in one of these states, and which; or one that `is_own`,
    and no proxy's.
    """
    theirs = select(Ballot.holder_id, Ballot.id).where(
        Ballot.tenant_id == by.tenant_id, col(Ballot.holder_id).in_(holders),
        col(Ballot.state).in_([state.value for state in states]),
    )  # fmt: skip
    wanted = theirs.where(col(Ballot.proxy_id).is_(None)) if is_own else theirs
    return dict((await session.exec(wanted)).all())


async def check_free(
    session: AsyncSession, by: Actor, holders: Sequence[UUID], states: Sequence[BallotState]
) -> None:
    found = await voted(session, by, holders, states)
    if found:
        raise BallotCast(id=f"Ballot:{next(iter(found.values()))}")


async def _make_way(session: AsyncSession, by: Actor, holders: Sequence[UUID]) -> None:
    """A paper ballot that waits gives way to what is cast; a proxy casts where none is theirs."""
    for id_ in (await voted(session, by, holders, (BallotState.entered,))).values():
        row = await rows.find(session, Ballot, by, id_, for_update=True)
        before = state_of(row)
        row.state, row.version = BallotState.superseded, row.version + 1
        record(session, by, "ballot.superseded", row, acting=None, before=before)


async def number_of(session: AsyncSession, by: Actor, row: Vote, entry: UUID) -> int | None:
    """The place on the roll that a ballot's receipt names: none of a secret vote."""
    if row.secrecy == Secrecy.secret:
        return None
    return (await rows.find(session, RollEntry, by, entry)).number


def check_in_time(row: Vote, at: datetime) -> None:
    if not row.opens_at <= at < row.closes_at:
        raise VotingOver(until=row.closes_at)
