"""Candidates (候选人): nominated by somebody or themselves, checked by another.

Who stands owns a unit of the estate: that is the law's. What else bars somebody, the county says.
"""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import clock, people, rows
from services.arguments import PersonId, Reason, Version
from services.committees.rules import CommitteeRules
from services.committees.tables import (
    CandidateId,
    CandidateState,
    CommitteeCandidate,
    CommitteeTerm,
    TermId,
    TermState,
)
from services.committees.terms import owns, rules_of, take
from services.errors import Refused
from services.events import record, state_of
from services.rows import made

# What refuses a candidate besides: each capability for its rows, as debts where the county says so.
ADMITTING: list[
    Callable[[AsyncSession, Actor, CommitteeTerm, CommitteeRules, UUID], Awaitable[None]]
] = []


class NominatedAlready(Refused):
    """这个人已是候选人：{id}。
    This person is a candidate already: {id}.
    """


class NotAnOwner(Refused):
    """委员应当是本小区经核实的业主，此人不是。请先核实产权（verifyOwnership）。
    A member owns a unit of the estate, verified; this person doesn't. Verify it first.
    """


class OwnCandidate(Refused):
    """自己提名的人和自己，要由别人审查。
    Who you nominated, and yourself, somebody else checks.
    """


class CandidateChecked(Refused):
    """这位候选人已审查过。
    This candidate has been checked already.
    """


async def nominate(
    session: AsyncSession, by: Actor, *, term: TermId, person: PersonId
) -> CommitteeCandidate:
    """Nominate somebody, or oneself; another person checks whether they may stand."""
    row, acting = await take(session, by, "nominate", term, TermState.preparing, owner=person)
    await people.find_alive(session, by, person)
    same = await rows.every(session, CommitteeCandidate, by, "id", term_id=term, person_id=person)
    if same:
        raise NominatedAlready(id=f"CommitteeCandidate:{same[0].id}")
    if not await owns(session, by, row.estate_id, person):
        raise NotAnOwner()
    candidate = CommitteeCandidate(**made(by, acting), term_id=term, person_id=person)
    session.add(candidate)
    record(session, by, "candidate.nominated", candidate, acting=acting)
    return candidate


async def admit(
    session: AsyncSession, by: Actor, *, candidate: CandidateId, expected_version: Version = None
) -> CommitteeCandidate:
    """Find that a candidate may stand: an owner, of whom nothing stands in the way."""
    row, term, acting = await _checking(session, by, "admit", candidate, expected_version)
    if not await owns(session, by, term.estate_id, row.person_id):
        raise NotAnOwner()
    rules = await rules_of(session, by, term)
    for check in ADMITTING:
        await check(session, by, term, rules, row.person_id)
    return _checked(session, by, row, acting, CandidateState.admitted)


async def refuse(
    session: AsyncSession,
    by: Actor,
    *,
    candidate: CandidateId,
    reason: Reason,
    expected_version: Version = None,
) -> CommitteeCandidate:
    """Find that a candidate may not stand, for a reason that they are told."""
    row, _, acting = await _checking(session, by, "refuse", candidate, expected_version)
    row.reason = reason
    return _checked(session, by, row, acting, CandidateState.refused)


async def candidates_of(
    session: AsyncSession, by: Actor, term: UUID, state: CandidateState
) -> list[CommitteeCandidate]:
    """A term's candidates in this state, in the order in which they were nominated."""
    return await rows.every(
        session, CommitteeCandidate, by, "made_at", "id", term_id=term, state=state.value
    )


async def _checking(
    session: AsyncSession, by: Actor, verb: str, candidate: UUID, expected: int | None
) -> tuple[CommitteeCandidate, CommitteeTerm, Held | None]:
    found = await rows.find(session, CommitteeCandidate, by, candidate)
    term, acting = await take(session, by, verb, found.term_id, TermState.preparing)
    row = await rows.find(session, CommitteeCandidate, by, candidate, for_update=True)
    row.check_version(expected)
    if row.state != CandidateState.nominated:
        raise CandidateChecked()
    if by.person_id in (None, row.made_by, row.person_id):
        raise OwnCandidate()
    return row, term, acting


def _checked(
    session: AsyncSession,
    by: Actor,
    row: CommitteeCandidate,
    acting: Held | None,
    state: CandidateState,
) -> CommitteeCandidate:
    before = state_of(row)
    row.state, row.checked_by, row.checked_at = state, by.person_id, clock.now()
    row.version += 1
    record(session, by, f"candidate.{state.value}", row, acting=acting, before=before)
    return row
