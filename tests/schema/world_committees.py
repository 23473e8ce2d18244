"""The small county's committees: a term in office, the next being prepared, one of a hidden estate.

What takes a vote of all owners is written as it stands after it; the rest is done by the commands.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from infra import evidence_jobs
from policies import Actor
from services import clock, rows, vote_evidence
from services.committees import candidates, forming, serving
from services.committees.tables import CandidateState, CommitteeCandidate, CommitteeTerm, TermState
from services.contracts import Contract
from services.prepared import put
from services.units import Unit, UnitKind
from services.votes.states import questions_of
from tests.polls import OVER, Poll

DAY = timedelta(days=1)
SINCE, UNTIL = date(2025, 4, 1), date(2027, 4, 1)


async def committees(poll: Poll, resident: Actor, counted: UUID) -> None:
    """One who served has left. Of the counted vote an archive is written, and another one waits."""
    stood = await in_office(
        poll, counted, (resident, CandidateState.elected),
        (poll.owners[0], CandidateState.elected), (poll.owners[1], CandidateState.not_elected),
    )  # fmt: skip
    [leaving] = [one.id for one in stood if one.person_id == poll.owners[0].person_id]
    await _do(poll, serving.resign, poll.owners[0], candidate=leaving, reason="搬走了")
    await _decided(poll, counted)
    await _coming(poll, resident)
    await _hidden(poll)
    await _evidence(poll, counted)


async def in_office(
    poll: Poll, counted: UUID, *standing: tuple[Actor, CandidateState]
) -> Sequence[CommitteeCandidate]:
    """A term elected and filed, whose end comes near, and those who stood for it."""
    term = await _begun(poll, poll.tree.estate.id)
    async with poll.county.session() as session:
        row = await rows.find(session, CommitteeTerm, poll.chair, term, for_update=True)
        row.state, row.vote_id, row.elected_at = TermState.filed, counted, OVER
        row.file_by, row.filed_at, row.filing_number = OVER.date(), OVER, "备〔2026〕1 号"
        row.committee_id, row.since, row.until = poll.tree.committee.id, SINCE, UNTIL
        [question, *_] = await questions_of(session, poll.chair, counted)
        for owner, state in standing:
            put(session, CommitteeCandidate, tenant_id=poll.county.id, term_id=term,
                person_id=owner.person_id, state=state, checked_by=poll.bureau.person_id,
                checked_at=OVER, made_by=owner.person_id, question_id=question.id)  # fmt: skip
    async with poll.county.session(read_only=True) as session:
        return await rows.every(session, CommitteeCandidate, poll.chair, "id", term_id=term)


async def _decided(poll: Poll, counted: UUID) -> None:
    """The firm's contract says by which question it was engaged, the one before how it ended."""
    async with poll.county.session() as session:
        [question, *_] = await questions_of(session, poll.chair, counted)
        signed = await rows.every(session, Contract, poll.chair, "since", state="signed")
        ended = await rows.every(session, Contract, poll.chair, "since", state="ended")
        signed[0].question_id = ended[0].ending_question_id = question.id


async def _coming(poll: Poll, resident: Actor) -> None:
    """Being prepared: one candidate admitted, one refused, one who is still to be checked."""
    term = await _begun(poll, poll.tree.estate.id)
    for person, side in ((poll.owners[3].person_id, "业主"), (poll.worker.person_id, "社区")):
        await _do(poll, forming.prepare, poll.community, term=term, person=person, stands_for=side)
    stands = [
        await _do(poll, candidates.nominate, owner, term=term, person=owner.person_id)
        for owner in (poll.owners[4], poll.owners[5], resident)
    ]
    await _do(poll, candidates.admit, poll.community, candidate=stands[0].id)
    await _do(poll, candidates.refuse, poll.bureau, candidate=stands[1].id, reason="不是本人")


async def _hidden(poll: Poll) -> None:
    """Of an estate that isn't shown: one that was given up, and one that is to be filed soon."""
    private = select(Unit.id).where(
        Unit.tenant_id == poll.county.id,
        Unit.kind == UnitKind.estate,
        col(Unit.is_public).is_(False),
    )
    async with poll.county.session(read_only=True) as session:
        estate = (await session.exec(private)).one()
    given_up = await _begun(poll, estate)
    await _do(poll, forming.abandon, poll.community, term=given_up, reason="业主不足")
    term = await _begun(poll, estate)
    async with poll.county.session() as session:
        row = await rows.find(session, CommitteeTerm, poll.chair, term, for_update=True)
        row.state, row.elected_at = TermState.elected, OVER
        row.file_by = UNTIL - 57 * DAY
    async with poll.county.session() as session:
        by = Actor(poll.county.id, poll.county.slug)
        await serving.look(
            session, by, at=datetime.combine(UNTIL - 60 * DAY, time(12), clock.CHINA), most=9
        )


async def _evidence(poll: Poll, counted: UUID) -> None:
    for by in (poll.community, poll.bureau):
        await _do(poll, vote_evidence.export, by, vote=counted, purpose="法院调取")
    async with poll.county.session() as session:
        by = Actor(poll.county.id, poll.county.slug)
        await evidence_jobs.look(session, by, at=clock.now(), most=1)


async def _begun(poll: Poll, estate: UUID) -> UUID:
    row: CommitteeTerm = await _do(
        poll, forming.begin, poll.community, estate=estate, seats=5, years=3
    )
    return row.id


async def _do(poll: Poll, command: Any, by: Actor, **said: Any) -> Any:
    async with poll.county.session() as session:
        return await command(session, by, **said)
