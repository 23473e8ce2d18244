"""Owners' committees (业委会): terms, who prepared them, who stood, who serves until when."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, and_, case, or_, select

from policies import Scope
from schema.commands import command
from schema.nodes import Node, worded
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection, Direction
from schema.scopes import among, found_by, pointing, public_at, under
from schema.votes import Vote, VoteQuestion
from services.committees import candidates, forming, serving
from services.committees.tables import (
    ALARMS,
    CANDIDATES,
    STATES,
    CandidateState,
    TermAlarmKind,
    TermState,
)
from services.committees.tables import CommitteeCandidate as CandidateRow
from services.committees.tables import CommitteeTerm as Table
from services.committees.tables import TermAlarm as AlarmRow
from services.committees.tables import TermPreparer as PreparerRow
from services.units import Unit as UnitRow
from services.units import UnitKind

if TYPE_CHECKING:
    from schema.units import Unit

TERM, UNIT, CANDIDATE = light(Table), light(UnitRow), light(CandidateRow)
# From then on a term is everybody's to know.
KNOWN = (TermState.elected.value, TermState.filed.value, TermState.ended.value)
CHOSEN = (CandidateState.elected.value, CandidateState.left.value)
strawberry.enum(
    TermState, name="CommitteeTermState", description="届次的状态。 Where a term stands."
)
strawberry.enum(
    CandidateState, name="CommitteeCandidateState", description="候选人的状态。 Where one stands."
)
strawberry.enum(
    TermAlarmKind, name="CommitteeTermAlarmKind", description="到期提醒的种类。 What is due."
)


@strawberry.enum(description="届次按什么排序。 By what terms are ordered.")
class CommitteeTermOrder(Enum):
    """By what terms are ordered."""

    BEGUN_AT = "made_at"


@strawberry.enum(description="筹备组按什么排序。 By what preparers are ordered.")
class TermPreparerOrder(Enum):
    """By what members of a preparation group are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="候选人按什么排序。 By what candidates are ordered.")
class CommitteeCandidateOrder(Enum):
    """By what candidates are ordered."""

    NOMINATED_AT = "made_at"


@strawberry.enum(description="提醒按什么排序。 By what alarms are ordered.")
class TermAlarmOrder(Enum):
    """By what alarms are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的届次。 Only such terms.")
class CommitteeTermFilter:
    """Only such terms."""

    states: list[TermState] | None = among(Table.state, "状态之一。 One of these states.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """The reader serves the estate, above it, or in its committee."""
    unit = UNIT.alias()
    theirs = select(unit.c.parent_id).where(
        unit.c.tenant_id == ask.tenant, under(ask, unit.c.id, held),
        unit.c.kind == UnitKind.owners_committee.value,
    )  # fmt: skip
    in_it = found_by(ask, row["estate_id"], theirs, unit.c.parent_id)
    return or_(under(ask, row["estate_id"], held), in_it)


def _own(ask: Ask, row: Row) -> Condition:
    """The reader stands, or stood, for it."""
    one = CANDIDATE.alias()
    mine = select(one.c.term_id).where(one.c.tenant_id == ask.tenant, one.c.person_id == ask.person)
    return found_by(ask, row["id"], mine, one.c.term_id)


def _shown(ask: Ask, row: Row) -> ColumnElement[bool]:
    """It was elected, and nothing above the estate is hidden from the public."""
    at_the_place = public_at("estate_id", is_marked=False, is_open=False)
    return and_(row["state"].in_(KNOWN), at_the_place(ask, row))


def _of_term(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    term = TERM.alias()
    found = select(term.c.id).where(term.c.tenant_id == ask.tenant, _within(ask, term.c, held))
    return found_by(ask, row["term_id"], found, term.c.id)


def _is_own(ask: Ask, row: Row) -> ColumnElement[bool]:
    is_theirs: ColumnElement[bool] = row["person_id"] == ask.person
    return is_theirs


def _serves(ask: Ask, row: Row) -> ColumnElement[bool]:
    """They were elected, in a term that is everybody's to know; of the others nothing is said."""
    term = TERM.alias()
    found = select(term.c.id).where(
        term.c.tenant_id == ask.tenant, term.c.id == row["term_id"], _shown(ask, term.c)
    )
    return and_(row["state"].in_(CHOSEN), found.correlate_except(term).exists())


def _reason(ask: Ask, row: Row) -> ColumnElement[Any]:
    """For themselves, and for whoever looks after the term; the public hears no reason."""
    scopes = ask.scopes("committees")
    if Scope.county in scopes:
        return row["reason"]
    told: list[Any] = [_is_own(ask, row)]
    if Scope.unit in scopes:
        told.append(_of_term(ask, row, ask.units("committees")))
    return case((or_(*told), row["reason"]))


@strawberry.type(description="筹备组成员。 A member of the preparation group of a term.")
@reads(PreparerRow, "committees", unit=_of_term, own=_is_own)
class TermPreparer(Node):
    """A member of the preparation group of a term."""

    person: Person | None = link(PreparerRow.person_id, "人员。 Who.")
    stands_for: str = column(PreparerRow.stands_for, "代表哪一方。 For whom they sit.")
    is_owner: bool = column(PreparerRow.is_owner, "是否本小区业主。 Whether they own a unit there.")


@strawberry.type(description="业委会候选人；当选后即委员。 Who stands for a term, or serves in it.")
@reads(CandidateRow, "committees", unit=_of_term, own=_is_own, public=_serves)
class CommitteeCandidate(Node):
    """Who stands for a term; elected, they are a member of it."""

    person: Person | None = link(CandidateRow.person_id, "人员。 Who.")
    state: CandidateState = column(CandidateRow.state, "状态。 Where they stand.")
    state_label: str = worded("state", CANDIDATES, "状态的说法。 The state in words.")
    checked_by: Person | None = link(CandidateRow.checked_by, "谁审查的。 Who checked it.")
    checked_at: datetime | None = column(CandidateRow.checked_at, "何时审查。 Checked when.")
    reason: str | None = computed(
        _reason, "未通过或离任的理由，不公开。 Why refused, or left; not for the public."
    )
    question: VoteQuestion | None = link(
        CandidateRow.question_id, "选举事项与结果。 The question, with its result."
    )
    left_on: date | None = column(CandidateRow.left_on, "何时离任。 From which day on no member.")
    version: int = column(CandidateRow.version, "版本。 Its version.")


@strawberry.type(description="届次的到期提醒。 That something of a term is due.")
@reads(AlarmRow, "committees", unit=_of_term)
class TermAlarm(Node):
    """That a term's filing is due or late, or that its end comes near."""

    kind: TermAlarmKind = column(AlarmRow.kind, "什么到期。 What is due.")
    kind_label: str = worded("kind", ALARMS, "提醒的说法。 What is due, in words.")
    due_on: date = column(AlarmRow.due_on, "期限。 By which day.")
    at: datetime = column(AlarmRow.at, "何时提醒的。 When it was said.")


@strawberry.type(description="业委会的一届。 A term of an estate's owners' committee.")
@reads(Table, "committees", unit=_within, own=_own, public=_shown)
class CommitteeTerm(Node):
    """A term of an estate's owners' committee."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    number: int = column(Table.number, "第几届。 Its number.")
    seats: int = column(Table.seats, "委员人数。 How many members it has.")
    years: int = column(Table.years, "任期（年）。 Its length in years.")
    state: TermState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    vote: Vote | None = link(Table.vote_id, "选举它的表决。 The vote that elected it.")
    elected_at: datetime | None = column(Table.elected_at, "何时选出。 When it was elected.")
    file_by: date | None = column(Table.file_by, "备案期限。 By which day it is to be filed.")
    filed_at: datetime | None = column(Table.filed_at, "何时备案。 When it was filed.")
    filing_number: str | None = column(Table.filing_number, "备案号。 Its number on file.")
    committee: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.committee_id, "业委会。 The committee's unit."
    )
    since: date | None = column(Table.since, "从哪天起履职。 From which day on.")
    until: date | None = column(Table.until, "任期到哪天止（不含）。 The first day after it.")
    ended_on: date | None = column(Table.ended_on, "实际终止之日。 When it ended.")
    ended_why: str | None = column(Table.ended_why, "为何终止或未成立。 Why it ended.")
    version: int = column(Table.version, "版本。 Its version.")
    preparers: Connection[TermPreparer] = connection(
        PreparerRow.term_id, TermPreparerOrder, "筹备组。 The preparation group."
    )
    candidates: Connection[CommitteeCandidate] = connection(
        CandidateRow.term_id, CommitteeCandidateOrder, "候选人与委员。 Candidates and members."
    )
    alarms: Connection[TermAlarm] = connection(
        AlarmRow.term_id, TermAlarmOrder, "到期提醒。 What was said to be due."
    )


@strawberry.type
class Queries:
    """What can be asked about owners' committees."""

    committee_terms: Connection[CommitteeTerm] = connection(
        None,
        CommitteeTermOrder,
        "业委会届次。 Terms of owners' committees.",
        CommitteeTermFilter,
        Direction.DESC,
    )


@strawberry.type
class Mutations:
    """The commands of owners' committees."""

    begin_committee_term: CommitteeTerm | None = command(
        forming.begin, "开始筹备一届业委会。 Begin to prepare a term."
    )
    add_term_preparer: TermPreparer | None = command(
        forming.prepare, "加入筹备组。 Take somebody into the preparation group."
    )
    nominate_candidate: CommitteeCandidate | None = command(
        candidates.nominate, "提名候选人，可以自荐。 Nominate somebody, or oneself."
    )
    admit_candidate: CommitteeCandidate | None = command(
        candidates.admit, "审查通过，须由另一人。 Find that they may stand; another person."
    )
    refuse_candidate: CommitteeCandidate | None = command(
        candidates.refuse, "审查不通过，须说明理由。 Find that they may not, for a reason."
    )
    put_term_to_vote: CommitteeTerm | None = command(
        forming.put_to_vote, "把候选人列入表决草案。 Put the candidates into a draft of a vote."
    )
    conclude_term: CommitteeTerm | None = command(
        forming.conclude, "按表决结果宣布当选。 Say who was elected, by the vote's result."
    )
    abandon_term: CommitteeTerm | None = command(forming.abandon, "放弃筹备。 Give a term up.")
    file_term: CommitteeTerm | None = command(
        serving.file, "备案，从此履职。 Put it on file; it serves from then on."
    )
    recall_committee: CommitteeTerm | None = command(
        serving.recall, "按业主的决定罢免。 End it, or a membership, as the owners decided."
    )
    resign_from_committee: CommitteeCandidate | None = command(
        serving.resign, "委员离任。 Let a member leave before the end."
    )
