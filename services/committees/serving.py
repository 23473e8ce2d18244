"""Serving (履职): a term is filed with the bureau, recalled by a vote, ends by its day.

Who began it isn't who files it; who is elected the vote alone says. The clock says when a filing is
due or late, and when a term's end comes near; nobody serves on by silence.
"""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, clock, rows, units
from services.alarms import Alarm
from services.arguments import Length, Of, Reason, Since, Until, Version
from services.committees.tables import (
    CandidateId,
    CandidateState,
    CommitteeCandidate,
    CommitteeTerm,
    TermAlarm,
    TermAlarmKind,
    TermId,
    TermState,
)
from services.committees.terms import rules_of, take
from services.errors import BadInput, Refused, Said
from services.events import record, state_of, write
from services.prepared import put
from services.units import UnitKind
from services.votes.drafting import check_impersonal
from services.votes.tables import DECIDED, QuestionId, Vote, VoteQuestion, VoteState
from services.votes.tally import Verdict

DUE_AHEAD = 7


class OwnTerm(Refused):
    """备案由开始筹备的人以外的人办理。
    It is filed by another person than who began it.
    """


class CommitteeElsewhere(Refused):
    """这不是本小区的业委会：{id}。
    This isn't the committee of the term's estate: {id}.
    """


class RecallUndecided(Refused):
    """要有本小区已生效、获得通过的罢免事项：{id}。
    It takes a recall that the owners of this estate have passed, and that stands: {id}.
    """


class NotAMember(Refused):
    """这个人现在不是这一届的委员。
    This person is no member of the term now.
    """


async def file(
    session: AsyncSession,
    by: Actor,
    *,
    term: TermId,
    committee: Annotated[UUID, Of("Unit"), "业委会。 The committee's unit."],
    number: Annotated[str, Length(1, 80), "备案号。 The number on file."],
    since: Since = None,
    expected_version: Version = None,
) -> CommitteeTerm:
    """Put an elected term on file; it serves from this day on, and the one before has ended."""
    row, acting = await take(
        session, by, "file", term, TermState.elected, expected=expected_version
    )
    if by.person_id in (None, row.made_by):
        raise OwnTerm()
    check_impersonal(number=number)
    unit = await units.find_open(session, by, committee)
    is_its = unit.kind == UnitKind.owners_committee and unit.parent_id == row.estate_id
    if not is_its:
        raise CommitteeElsewhere(id=f"Unit:{committee}")
    begins = clock.by_today(since)
    if row.elected_at is not None and begins < row.elected_at.astimezone(clock.CHINA).date():
        reason = Said("不能早于选出之日", "not before the day on which it was elected")
        raise BadInput(argument="since", reason=reason)
    for former in await rows.every(
        session, CommitteeTerm, by, "id", estate_id=row.estate_id, state=TermState.filed.value
    ):
        _end(session, by, former, begins, "换届")
    # The former term has ended before this one serves: one serves at a time.
    await session.flush()
    before = state_of(row)
    row.state, row.filed_by, row.filed_at = TermState.filed, by.person_id, clock.now()
    row.filing_number, row.committee_id = number, committee
    row.since, row.until = begins, years_after(begins, row.years)
    row.version += 1
    record(session, by, "committee_term.filed", row, acting=acting, before=before)
    return row


async def recall(
    session: AsyncSession,
    by: Actor,
    *,
    term: TermId,
    question: QuestionId,
    expected_version: Version = None,
) -> CommitteeTerm:
    """End a term, or one membership of it, as the owners have decided by a vote."""
    row, acting = await take(
        session, by, "recall", term, TermState.filed, expected=expected_version
    )
    asked = await rows.find(session, VoteQuestion, by, question)
    vote = await rows.find(session, Vote, by, asked.vote_id)
    is_decided = asked.verdict == Verdict.passed and vote.state in DECIDED
    is_later = vote.noticed_at is not None and row.filed_at is not None and (
        vote.noticed_at > row.filed_at
    )  # fmt: skip
    if not asked.is_recall or not is_decided or not is_later or vote.scope_id != row.estate_id:
        raise RecallUndecided(id=f"VoteQuestion:{question}")
    note = f"VoteQuestion:{question}"
    if asked.candidate_id is None:
        return _end(session, by, row, clock.today(), "业主罢免", question=note)
    found = await rows.every(
        session, CommitteeCandidate, by, "id", term_id=term, person_id=asked.candidate_id,
        state=CandidateState.elected.value,
    )  # fmt: skip
    if not found:
        raise NotAMember()
    _leave(session, by, found[0], clock.today(), "业主罢免")
    before = state_of(row)
    row.version += 1
    record(
        session, by, "committee_term.recalled", row, acting=acting, before=before,
        note={"question": note},
    )  # fmt: skip
    return row


async def resign(
    session: AsyncSession,
    by: Actor,
    *,
    candidate: CandidateId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> CommitteeCandidate:
    """Let a member leave before the end: they wish it, or own nothing there any more."""
    found = await rows.find(session, CommitteeCandidate, by, candidate)
    await take(
        session, by, "resign", found.term_id, TermState.elected, TermState.filed,
        owner=found.person_id,
    )  # fmt: skip
    row = await rows.find(session, CommitteeCandidate, by, candidate, for_update=True)
    row.check_version(expected_version)
    if row.state != CandidateState.elected:
        raise NotAMember()
    return _leave(session, by, row, clock.by_today(until), reason)


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Say once of each term what is due; one whose last day is over ends, or whose vote is void."""
    today = at.astimezone(clock.CHINA).date()
    watched = (
        select(CommitteeTerm)
        .where(
            CommitteeTerm.tenant_id == by.tenant_id,
            col(CommitteeTerm.state).in_([TermState.elected.value, TermState.filed.value]),
        )
        .order_by(col(CommitteeTerm.id))
        .with_for_update(skip_locked=True)
    )
    done, terms = 0, (await session.exec(watched)).all()
    void = await _void_among(session, by, [one.vote_id for one in terms if one.vote_id])
    for row in terms:
        if done >= most:
            break
        if row.vote_id in void:
            _end(session, by, row, today, "选举的表决已作废")
            done += 1
            continue
        done += await _tell(session, by, row, today, at)
    await session.flush()
    return done


async def _void_among(session: AsyncSession, by: Actor, votes: list[UUID]) -> frozenset[UUID]:
    """Those votes that were declared void, by a court or the authority, after they had elected."""
    void = select(Vote.id).where(
        Vote.tenant_id == by.tenant_id, col(Vote.id).in_(votes), Vote.state == VoteState.void
    )
    return frozenset((await session.exec(void)).all())


async def _tell(
    session: AsyncSession, by: Actor, row: CommitteeTerm, today: date, at: datetime
) -> int:
    """What is due of one term and wasn't said yet."""
    said = await rows.every(session, TermAlarm, by, "id", term_id=row.id)
    known = {(one.kind, one.days) for one in said}
    due: list[tuple[TermAlarmKind, int, date]] = []
    if row.state == TermState.elected and row.file_by is not None:
        due += [(TermAlarmKind.filing_due, DUE_AHEAD, row.file_by),
                (TermAlarmKind.filing_late, -1, row.file_by)]  # fmt: skip
    if row.state == TermState.filed and row.until is not None:
        rules = await rules_of(session, by, row)
        due += [(TermAlarmKind.ending, days, row.until) for days in rules.warn_days]
        due += [(TermAlarmKind.over, 0, row.until)]
    done = 0
    for kind, days, day in due:
        if today >= day - timedelta(days=days) and (kind, days) not in known:
            put(session, TermAlarm, tenant_id=by.tenant_id, term_id=row.id, kind=kind, days=days,
                due_on=day, at=at)  # fmt: skip
            note = {"kind": kind.value, "days": days, "due_on": str(day)}
            write(session, by, "committee_term.alarmed", ("CommitteeTerm", row.id), after=note)
            done += 1
    if row.state == TermState.filed and row.until is not None and today >= row.until:
        _end(session, by, row, row.until, "任期届满")
        done += 1
    return done


def years_after(day: date, years: int) -> date:
    """The same day so many years later; of a 29 February the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _end(
    session: AsyncSession, by: Actor, row: CommitteeTerm, day: date, why: str, **note: str
) -> CommitteeTerm:
    before = state_of(row)
    row.state, row.ended_on, row.ended_why = TermState.ended, day, why
    row.version += 1
    record(session, by, "committee_term.ended", row, acting=None, before=before, note=note)
    return row


def _leave(
    session: AsyncSession, by: Actor, row: CommitteeCandidate, day: date, why: str
) -> CommitteeCandidate:
    before = state_of(row)
    row.state, row.left_on, row.reason = CandidateState.left, day, why
    row.version += 1
    record(session, by, "candidate.left", row, acting=None, before=before)
    return row


alarms.ALARMS["committees"] = Alarm(look)
