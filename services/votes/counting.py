"""Counting (计票): the result of a vote, once it is closed, and what becomes of it.

Nobody knows a sum before: ballots are opened here and nowhere else, when no more can come. What is
found is preliminary until objections have been heard; then it stands, or the vote failed or is
void. Whatever comes to light after a count has it counted anew.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, sealing
from services.arguments import Length, Reason, Version
from services.ballots.tables import Ballot, BallotState, VoteProxy, open_answers
from services.errors import Refused
from services.events import record, state_of
from services.sealing import Keys
from services.votes import tally
from services.votes.deliveries import VoteDelivery
from services.votes.drafting import check_impersonal
from services.votes.objecting import unanswered
from services.votes.states import Polling, go, questions_of, take
from services.votes.tables import RollEntry, Vote, VoteId, VoteQuestion, VoteState
from services.votes.tally import Choice, Entry, Kind, Outcome, Question, Verdict

DAY = timedelta(days=1)


class BallotsUnconfirmed(Refused):
    """还有 {number} 张纸质选票待核对（confirmBallot、rejectBallot），核对完才能计票。
    {number} paper ballots wait to be confirmed or rejected; it is counted once none does.
    """


class NothingToRecount(Refused):
    """没有成立的异议或无效的选票，不用重新计票。请答复异议（answerVoteObjection）。
    No objection was upheld and no ballot annulled: nothing is to be counted anew.
    """


class StillObjected(Refused):
    """异议期到 {until}，还有 {number} 条异议没有答复。期满并全部答复后才能确认结果。
    Objections are heard until {until}, and {number} wait for an answer; it is settled after both.
    """


class NothingPassed(Refused):
    """没有一项获得通过，没有可以执行的。
    No question was passed: nothing was decided that could be carried out.
    """


class CountStale(Refused):
    """计票之后有异议成立或选票无效，请先重新计票（countVote），或作废（voidVote）。
    An objection was upheld or a ballot annulled: count anew (countVote), or declare it void.
    """


async def count(
    session: AsyncSession, by: Actor, *, vote: VoteId, expected_version: Version = None
) -> Vote:
    """Count a vote that is closed: its preliminary result is public, and objections are heard."""
    polling = await take(session, by, "count", vote, expected_version=expected_version)
    row = polling.vote
    if row.state == VoteState.disputed and not row.is_stale:
        raise NothingToRecount()
    await _check_confirmed(session, by, vote)
    ballots = await effective(session, by, vote)
    outcomes = await counted(session, by, polling, ballots)
    for question, outcome in zip(await questions_of(session, by, vote), outcomes, strict=True):
        _write(session, by, polling, question, outcome)
    row.counted_at, row.is_stale = clock.now(), False
    row.ballots_sha256 = hashed(one.receipt for one in ballots)
    row.objections_until = row.counted_at + polling.rules.objection_days * DAY
    return go(session, by, "count", polling, "counted")


async def settle(
    session: AsyncSession, by: Actor, *, vote: VoteId, expected_version: Version = None
) -> Vote:
    """Let a result stand, once objections are over: final, or failed where there was no quorum."""
    polling = await take(session, by, "settle", vote, expected_version=expected_version)
    row, now = polling.vote, clock.now()
    if row.is_stale:
        raise CountStale()
    open_ = await unanswered(session, by, vote)
    if open_ or row.objections_until is None or now < row.objections_until:
        raise StillObjected(until=row.objections_until or now, number=open_)
    questions = await questions_of(session, by, vote)
    is_failed = all(one.verdict == Verdict.no_quorum for one in questions)
    row.settled_at = now
    state = VoteState.failed if is_failed else VoteState.final
    return go(session, by, "settle", polling, state.value, to=state)


async def execute(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    report: Annotated[str, Length(1, 2000), "怎样执行的，会公开。 How it was carried out; public."],
    expected_version: Version = None,
) -> Vote:
    """Record that what was decided is carried out."""
    polling = await take(session, by, "execute", vote, expected_version=expected_version)
    questions = await questions_of(session, by, vote)
    if all(one.verdict != Verdict.passed for one in questions):
        raise NothingPassed()
    check_impersonal(report=report)
    polling.vote.report, polling.vote.executed_at = report, clock.now()
    return go(session, by, "execute", polling, "executed")


async def void(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    reason: Reason,
    expected_version: Version = None,
) -> Vote:
    """Declare a vote void, for a stated ground: by order of the authority, or of a court."""
    polling = await take(session, by, "void", vote, expected_version=expected_version)
    check_impersonal(reason=reason)
    polling.vote.void_reason = reason
    return go(session, by, "void", polling, "voided")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A ballot as it is counted: of which unit, by whom, by which proxy, and what opens it."""

    id: UUID
    entry_id: UUID
    holder_id: UUID
    proxy: UUID | None
    number: int
    cipher: bytes
    receipt: str

    def said(self, keys: Keys) -> dict[str, Any]:
        """What its receipt is the hash of: its answers first of all."""
        return open_answers(keys, self.id, self.number, self.cipher, self.receipt)


async def effective(session: AsyncSession, by: Actor, vote: UUID) -> list[Sealed]:
    """The ballots that count."""
    theirs = (
        select(  # type: ignore[call-overload]
            Ballot.id, Ballot.entry_id, Ballot.holder_id, VoteProxy.person_id, Ballot.key_number,
            Ballot.answers_cipher, Ballot.receipt,
        )
        .outerjoin(
            VoteProxy,
            (col(VoteProxy.tenant_id) == Ballot.tenant_id)
            & (col(VoteProxy.id) == Ballot.proxy_id),
        )
        .where(
            Ballot.tenant_id == by.tenant_id, Ballot.vote_id == vote,
            Ballot.state == BallotState.effective,
        )
        .order_by(col(Ballot.id))
    )  # fmt: skip
    return [Sealed(*one) for one in await session.exec(theirs)]


class Line(NamedTuple):
    """A unit on the roll as it is counted; of twenty thousand no objects are made."""

    id: UUID
    property_unit_id: UUID
    number: int
    unit_number: str
    area: Decimal
    head: int


async def entries(session: AsyncSession, by: Actor, vote: UUID) -> list[Line]:
    """A vote's roll in its order."""
    mine = (
        select(  # type: ignore[call-overload]
            RollEntry.id, RollEntry.property_unit_id, RollEntry.number, RollEntry.unit_number,
            RollEntry.area, RollEntry.head,
        )
        .where(RollEntry.tenant_id == by.tenant_id, RollEntry.vote_id == vote)
        .order_by(col(RollEntry.number))
    )  # fmt: skip
    return [Line(*one) for one in await session.exec(mine)]


def hashed(receipts: Iterable[str]) -> str:
    """The hash of all ballots that count: of their receipts in order, each with an end of line.

    It is published with the result, so that no other ballots can be shown as those counted.
    """
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(receipts)).encode()).hexdigest()


async def counted(
    session: AsyncSession, by: Actor, polling: Polling, ballots: Sequence[Sealed]
) -> list[Outcome]:
    """What the ballots of a vote come to, by the tally's rules and the vote's."""
    row = polling.vote
    keys = await sealing.keys(session, by.tenant_id)
    had = select(VoteDelivery.property_unit_id).where(
        VoteDelivery.tenant_id == by.tenant_id, VoteDelivery.vote_id == row.id
    )
    delivered = set((await session.exec(had)).all())
    roll = [
        Entry(str(one.id), one.area, str(one.head), one.property_unit_id in delivered)
        for one in await entries(session, by, row.id)
    ]
    said = [
        tally.Ballot(
            str(one.entry_id), question, str(one.holder_id), Choice(choice),
            None if one.proxy is None else str(one.proxy),
        )
        for one in ballots
        for question, choice in one.said(keys)["answers"].items()
    ]  # fmt: skip
    asked = [
        Question(str(one.id), Kind(one.kind)) for one in await questions_of(session, by, row.id)
    ]
    return tally.tally(roll, said, asked, polling.rules.counting(row.clause))


async def _check_confirmed(session: AsyncSession, by: Actor, vote: UUID) -> None:
    waits = select(func.count()).where(
        Ballot.tenant_id == by.tenant_id, Ballot.vote_id == vote,
        Ballot.state == BallotState.entered,
    )  # fmt: skip
    number = (await session.exec(waits)).one()
    if number:
        raise BallotsUnconfirmed(number=number)


def _write(
    session: AsyncSession, by: Actor, polling: Polling, row: VoteQuestion, outcome: Outcome
) -> None:
    """Keep what a question came to."""
    before, said = state_of(row), outcome.counted
    row.verdict = outcome.verdict
    row.part_area, row.part_heads = outcome.taking_part
    row.consent_area, row.consent_heads = said.consent
    row.against_area, row.against_heads = said.against
    row.abstain_area, row.abstain_heads = said.abstain
    row.version += 1
    record(session, by, "vote_question.counted", row, acting=polling.acting, before=before)
