"""Terms of owners' committees (业委会届次), who prepared them, and who stood and serves."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from services import clock
from services.arguments import Of
from services.errors import Said
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant


class TermState(StrEnum):
    """Where a term stands: prepared, voted on, elected, filed with the bureau, over."""

    preparing = "preparing"
    voting = "voting"
    elected = "elected"
    filed = "filed"
    ended = "ended"
    abandoned = "abandoned"


class CandidateState(StrEnum):
    """Where a candidate stands; `left` has been a member and isn't any more."""

    nominated = "nominated"
    admitted = "admitted"
    refused = "refused"
    elected = "elected"
    not_elected = "not_elected"
    left = "left"


class TermAlarmKind(StrEnum):
    """What the clock says of a term."""

    filing_due = "filing_due"
    filing_late = "filing_late"
    ending = "ending"
    over = "over"


STATES: dict[str, Said] = {
    TermState.preparing: Said("筹备中", "being prepared"),
    TermState.voting: Said("选举中", "being voted on"),
    TermState.elected: Said("已选出，待备案", "elected, to be filed"),
    TermState.filed: Said("已备案，任期中", "filed, in office"),
    TermState.ended: Said("已届满或终止", "ended"),
    TermState.abandoned: Said("未能成立", "not formed"),
}
CANDIDATES: dict[str, Said] = {
    CandidateState.nominated: Said("待审查", "to be checked"),
    CandidateState.admitted: Said("审查通过", "admitted"),
    CandidateState.refused: Said("审查未通过", "refused"),
    CandidateState.elected: Said("当选", "elected"),
    CandidateState.not_elected: Said("未当选", "not elected"),
    CandidateState.left: Said("已离任", "left"),
}
ALARMS: dict[str, Said] = {
    TermAlarmKind.filing_due: Said("备案期限将到", "filing is due"),
    TermAlarmKind.filing_late: Said("逾期未备案", "not filed in time"),
    TermAlarmKind.ending: Said("任期将届满", "the term's end comes near"),
    TermAlarmKind.over: Said("任期已届满", "the term is over"),
}


class CommitteeTerm(Recorded, table=True):
    """A term of an estate's owners' committee; `until` is the first day after it.

    `committee_id` is the unit that it serves in, known once it is filed; `vote_id` the vote that
    elected it.
    """

    __tablename__ = "committee_term"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("committee_id", "unit"),
        within_tenant("vote_id", "vote"),
        within_tenant("pack_id", "pack"),
        one_of("state", TermState),
        CheckConstraint("seats > 0 and seats % 2 = 1", name="odd"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        CheckConstraint(
            "state in ('preparing', 'voting', 'abandoned') or elected_at is not null",
            name="elected",
        ),
        CheckConstraint(
            "num_nonnulls(filed_at, filing_number, committee_id, since, until) in (0, 5)",
            name="filed",
        ),
        CheckConstraint("state <> 'filed' or filed_at is not null", name="filed_in_office"),
        UniqueConstraint("tenant_id", "estate_id", "number"),
        Index("uq_committee_term_coming", "tenant_id", "estate_id", unique=True,
              postgresql_where=text("state in ('preparing', 'voting', 'elected')")),
        Index("uq_committee_term_in_office", "tenant_id", "estate_id", unique=True,
              postgresql_where=text("state = 'filed'")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "estate_id", "made_at", "id"),
        Index(None, "tenant_id", "vote_id"),
        Index(None, "tenant_id", "committee_id"),
        Index(None, "tenant_id", "state", "file_by"),
        Index(None, "tenant_id", "state", "until"),
    )  # fmt: skip

    estate_id: UUID
    number: int
    seats: int
    years: int
    pack_id: UUID
    state: str = TermState.preparing
    vote_id: UUID | None = None
    elected_at: datetime | None = moment(default=None)
    file_by: date | None = None
    filed_by: UUID | None = None
    filed_at: datetime | None = moment(default=None)
    filing_number: str | None = Field(default=None, max_length=80)
    committee_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    ended_on: date | None = None
    ended_why: str | None = Field(default=None, max_length=500)


class TermPreparer(Recorded, table=True):
    """A member of the preparation group (筹备组), and for whom they sit there."""

    __tablename__ = "term_preparer"
    __table_args__: ClassVar[Any] = (
        within_tenant("term_id", "committee_term"),
        within_tenant("person_id", "person"),
        UniqueConstraint("tenant_id", "term_id", "person_id"),
        Index(None, "tenant_id", "term_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id"),
    )

    term_id: UUID
    person_id: UUID
    stands_for: str = Field(max_length=80)
    is_owner: bool


class CommitteeCandidate(Recorded, table=True):
    """Who stands for a term; elected, they are a member of it until they leave."""

    __tablename__ = "committee_candidate"
    __table_args__: ClassVar[Any] = (
        within_tenant("term_id", "committee_term"),
        within_tenant("person_id", "person"),
        within_tenant("question_id", "vote_question"),
        one_of("state", CandidateState),
        CheckConstraint("checked_by <> made_by", name="checked_by_another"),
        CheckConstraint("checked_by <> person_id", name="not_checked_by_themselves"),
        UniqueConstraint("tenant_id", "term_id", "person_id"),
        Index(None, "tenant_id", "term_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id", "term_id"),
        Index(None, "tenant_id", "question_id"),
    )

    term_id: UUID
    person_id: UUID
    state: str = CandidateState.nominated
    checked_by: UUID | None = None
    checked_at: datetime | None = moment(default=None)
    reason: str | None = Field(default=None, max_length=500)
    question_id: UUID | None = None
    left_on: date | None = None


class TermAlarm(TenantRow, table=True):
    """What the clock said of a term: that its filing is due or late, that its end comes near."""

    __tablename__ = "term_alarm"
    __table_args__: ClassVar[Any] = (
        within_tenant("term_id", "committee_term"),
        one_of("kind", TermAlarmKind),
        UniqueConstraint("tenant_id", "term_id", "kind", "days"),
        Index(None, "tenant_id", "term_id", "at", "id"),
    )

    term_id: UUID
    kind: str
    days: int
    due_on: date
    at: datetime = moment(default_factory=clock.now)


TermId: TypeAlias = Annotated[UUID, Of("CommitteeTerm"), "届次。 The term."]
CandidateId: TypeAlias = Annotated[UUID, Of("CommitteeCandidate"), "候选人。 The candidate."]
