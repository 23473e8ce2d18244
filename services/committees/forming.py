"""Forming (组建、换届): a preparation group, a vote on who was admitted, and who is elected by it.

Those with more heads are elected, then those with more area; of those who tie for the last seats
none is. Who is elected follows from the vote alone.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, linkages, packs, people, rows, units
from services.arguments import Length, PersonId, Reason, UnitId, Version
from services.committees.candidates import candidates_of
from services.committees.rules import CommitteeRules
from services.committees.tables import (
    CandidateState,
    CommitteeCandidate,
    CommitteeTerm,
    TermId,
    TermPreparer,
    TermState,
)
from services.committees.terms import OBJECT, owns, rules_of, take
from services.errors import Refused
from services.events import record, state_of
from services.rows import made
from services.units import UnitKind
from services.votes import drafting
from services.votes.states import questions_of
from services.votes.tables import DECIDED, Vote, VoteId, VoteItem, VoteQuestion, VoteState
from services.votes.tally import Verdict

DAY = timedelta(days=1)


class TermComing(Refused):
    """这个小区已有一届正在筹备或选举：{id}。
    A term of this estate's committee is being prepared or elected already: {id}.
    """


class SeatsUnfit(Refused):
    """委员人数应为 {least} 到 {most} 的单数，任期不超过 {years} 年。
    A committee has an odd number of seats from {least} to {most}, and {years} years at most.
    """


class PreparesAlready(Refused):
    """这个人已在筹备组：{id}。
    This person is in the preparation group already: {id}.
    """


class TooFewCandidates(Refused):
    """审查通过的候选人有 {number} 名，少于应选的 {seats} 名。
    {number} candidates were admitted, fewer than the {seats} seats.
    """


class VoteUnfit(Refused):
    """须是本小区全体业主的表决草案，且还没有别的选举事项：{id}。
    It must be a draft of a vote of the whole estate, without another election in it: {id}.
    """


class VoteUndecided(Refused):
    """表决结果还没有生效（settleVote）：{id}。
    The vote's result doesn't stand yet (settleVote): {id}.
    """


class StandsByIt(Refused):
    """这一项是候选人的选举事项，不能单独去掉；不选了就撤回整个表决（withdrawVote）。
    A candidate stands by this question, which isn't dropped alone; withdraw it all (withdrawVote).
    """


StandsFor = Annotated[str, Length(1, 80), "代表哪一方，如业主、社区、建设单位。 For whom they sit."]


async def begin(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    seats: Annotated[int, "委员人数，单数。 How many members, an odd number."],
    years: Annotated[int, "任期（年）。 Its length in years."],
) -> CommitteeTerm:
    """Begin to prepare the next term of an estate's committee, the first or another."""
    # Held alone from the first: of two that are begun at once the second waits, and sees the first.
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate, for_update=True)
    acting = authorize(
        by, "begin", OBJECT, within=await linkages.around(session, by, home.id)
    )  # fmt: skip
    rules = await packs.read(session, by, "committees", CommitteeRules)
    is_odd = seats % 2 == 1 and rules.seats_least <= seats <= rules.seats_most
    if not is_odd or not 1 <= years <= rules.longest_years:
        raise SeatsUnfit(
            least=rules.seats_least, most=rules.seats_most, years=rules.longest_years
        )  # fmt: skip
    known = await rows.every(session, CommitteeTerm, by, "number", estate_id=home.id)
    coming = [one for one in known if one.state in (
        TermState.preparing, TermState.voting, TermState.elected)]  # fmt: skip
    if coming:
        raise TermComing(id=f"CommitteeTerm:{coming[0].id}")
    row = CommitteeTerm(
        **made(by, acting), estate_id=home.id, number=max((one.number for one in known), default=0)
        + 1, seats=seats, years=years, pack_id=await packs.active(session, by),
    )  # fmt: skip
    session.add(row)
    record(session, by, "committee_term.begun", row, acting=acting)
    return row


async def prepare(
    session: AsyncSession, by: Actor, *, term: TermId, person: PersonId, stands_for: StandsFor
) -> TermPreparer:
    """Take somebody into the preparation group of a term."""
    row, acting = await take(session, by, "prepare", term, TermState.preparing)
    await people.find_alive(session, by, person)
    same = await rows.every(session, TermPreparer, by, "id", term_id=term, person_id=person)
    if same:
        raise PreparesAlready(id=f"TermPreparer:{same[0].id}")
    preparer = TermPreparer(
        **made(by, acting), term_id=term, person_id=person, stands_for=stands_for,
        is_owner=await owns(session, by, row.estate_id, person),
    )  # fmt: skip
    session.add(preparer)
    record(session, by, "term_preparer.named", preparer, acting=acting)
    return preparer


async def put_to_vote(
    session: AsyncSession,
    by: Actor,
    *,
    term: TermId,
    vote: VoteId,
    expected_version: Version = None,
) -> CommitteeTerm:
    """Put every admitted candidate as a question into the draft of a vote of the estate."""
    row, acting = await take(
        session, by, "put_to_vote", term, TermState.preparing, expected=expected_version
    )
    draft = await rows.find(session, Vote, by, vote, for_update=True)
    questions = await questions_of(session, by, vote)
    has_others = any(one.item == VoteItem.election for one in questions)
    is_its = draft.scope_id == row.estate_id and draft.state == VoteState.draft
    if not is_its or has_others:
        raise VoteUnfit(id=f"Vote:{vote}")
    standing = await candidates_of(session, by, term, CandidateState.admitted)
    if len(standing) < row.seats:
        raise TooFewCandidates(number=len(standing), seats=row.seats)
    for one in standing:
        person = await people.find_alive(session, by, one.person_id)
        question = await drafting.ask(
            session, by, vote=vote, item=VoteItem.election, candidate=one.person_id,
            text=f"选举{person.name}为第{row.number}届业主委员会委员",
        )  # fmt: skip
        await session.flush()
        one.question_id, one.version = question.id, one.version + 1
    before = state_of(row)
    row.state, row.vote_id, row.version = TermState.voting, vote, row.version + 1
    record(session, by, "committee_term.put_to_vote", row, acting=acting, before=before)
    return row


async def conclude(
    session: AsyncSession, by: Actor, *, term: TermId, expected_version: Version = None
) -> CommitteeTerm:
    """Say who was elected, from the result of the vote alone; too few, and none was formed."""
    row, acting = await take(
        session, by, "conclude", term, TermState.voting, expected=expected_version
    )
    assert row.vote_id is not None  # noqa: S101 - it was put to one
    vote = await rows.find(session, Vote, by, row.vote_id, for_share=True)
    if vote.state in (VoteState.failed, VoteState.void):
        return _abandon(session, by, row, acting, f"表决未成立（{vote.state}）")
    if vote.state not in DECIDED:
        raise VoteUndecided(id=f"Vote:{vote.id}")
    questions = {one.id: one for one in await questions_of(session, by, vote.id)}
    standing = await candidates_of(session, by, term, CandidateState.admitted)
    chosen = elected([questions[one.question_id] for one in standing if one.question_id], row.seats)
    for one in standing:
        was_chosen = one.question_id in chosen
        before = state_of(one)
        one.state = CandidateState.elected if was_chosen else CandidateState.not_elected
        one.version += 1
        name = "candidate.elected" if was_chosen else "candidate.not_elected"
        record(session, by, name, one, acting=acting, before=before)
    if len(chosen) * 2 <= row.seats:
        return _abandon(session, by, row, acting, f"当选 {len(chosen)} 人，不足半数席位")
    before = state_of(row)
    rules = await rules_of(session, by, row)
    row.state, row.elected_at = TermState.elected, vote.settled_at
    row.file_by = (vote.settled_at or clock.now()).astimezone(clock.CHINA).date() + (
        rules.filing_days * DAY
    )
    row.version += 1
    record(session, by, "committee_term.elected", row, acting=acting, before=before)
    return row


async def abandon(
    session: AsyncSession,
    by: Actor,
    *,
    term: TermId,
    reason: Reason,
    expected_version: Version = None,
) -> CommitteeTerm:
    """Give up a term that is being prepared or voted on."""
    row, acting = await take(
        session, by, "abandon", term, TermState.preparing, TermState.voting,
        expected=expected_version,
    )  # fmt: skip
    return _abandon(session, by, row, acting, reason)


def elected(questions: Sequence[VoteQuestion], seats: int) -> set[UUID]:
    """The questions whose candidates are elected: passed, and among the first by heads and area.

    Where those tie who would take the last seats, none of them does.
    """
    passed = [one for one in questions if one.verdict == Verdict.passed]
    ranked = sorted(passed, key=_rank, reverse=True)
    chosen: set[UUID] = set()
    for _, same in groupby(ranked, key=_rank):
        tied = [one.id for one in same]
        if len(chosen) + len(tied) > seats:
            break
        chosen.update(tied)
    return chosen


def _rank(one: VoteQuestion) -> tuple[int, object]:
    return (one.consent_heads or 0, one.consent_area)


def _abandon(
    session: AsyncSession, by: Actor, row: CommitteeTerm, acting: Held | None, why: str
) -> CommitteeTerm:
    before = state_of(row)
    row.state, row.ended_why, row.version = TermState.abandoned, why, row.version + 1
    record(session, by, "committee_term.abandoned", row, acting=acting, before=before)
    return row


async def _stands_by(session: AsyncSession, by: Actor, row: VoteQuestion) -> None:
    """No candidate who was put to the vote is taken out of it by whoever drafts it."""
    if await rows.every(session, CommitteeCandidate, by, "id", question_id=row.id):
        raise StandsByIt()


drafting.DROPPING.append(_stands_by)
