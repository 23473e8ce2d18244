"""Votes and their questions: what owners are asked, by whom, when, and what came of it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from services.arguments import Length, Of
from services.errors import Said
from services.tables import (
    NameType,
    Recorded,
    TenantRow,
    moment,
    one_of,
    within_tenant,
    without_numbers,
)
from services.votes.rules import Secrecy
from services.votes.tally import Kind, Verdict

AreaSum = Numeric(14, 2)


class VoteState(StrEnum):
    """Where a vote stands."""

    draft = "draft"
    reviewed = "reviewed"
    noticed = "noticed"
    frozen = "frozen"
    open = "open"
    extended = "extended"
    closed = "closed"
    preliminary = "preliminary"
    disputed = "disputed"
    final = "final"
    failed = "failed"
    executed = "executed"
    void = "void"


class VoteItem(StrEnum):
    """What owners decide together (Civil Code, article 278), in the law's order."""

    procedure = "procedure"
    covenant = "covenant"
    election = "election"
    firm = "firm"
    use_of_funds = "use_of_funds"
    raising_funds = "raising_funds"
    rebuilding = "rebuilding"
    common_use = "common_use"
    other = "other"


ITEMS: dict[str, Said] = {
    VoteItem.procedure: Said("业主大会议事规则", "rules of procedure"),
    VoteItem.covenant: Said("管理规约", "covenant of management"),
    VoteItem.election: Said("选举或更换业委会成员", "election to the owners' committee"),
    VoteItem.firm: Said("选聘或解聘物业企业", "engaging or dismissing a firm"),
    VoteItem.use_of_funds: Said("使用维修资金", "use of the maintenance funds"),
    VoteItem.raising_funds: Said("筹集维修资金", "raising maintenance funds"),
    VoteItem.rebuilding: Said("改建、重建", "rebuilding"),
    VoteItem.common_use: Said(
        "改变共有部分用途或用于经营", "another use of common parts, or trade"
    ),
    VoteItem.other: Said("其他重大事项", "other matters of weight"),
}
SPECIAL = frozenset({VoteItem.raising_funds, VoteItem.rebuilding, VoteItem.common_use})
NOTICED = tuple(state for state in VoteState if state not in (VoteState.draft, VoteState.reviewed))
# Where what was decided stands.
DECIDED = (VoteState.final, VoteState.executed)


class Vote(Recorded, table=True):
    """A vote of the owners of an estate, or of a building of it (`scope_id`).

    `convener_id` is the owners' committee or the community that holds it; `pack_id` the edition
    whose rules it goes by, `clause` the one of the estate's own rules by which silence counts;
    `first_closes_at` the end that its notice names, `closes_at` the one it was extended to;
    `written_by` whoever changed its draft last.
    `is_stale`: something was found after the count, and it is counted again or void.
    """

    __tablename__ = "vote"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("scope_id", "unit"),
        within_tenant("convener_id", "unit"),
        within_tenant("pack_id", "pack"),
        one_of("state", VoteState),
        one_of("secrecy", Secrecy),
        CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
        CheckConstraint("reviewed_by <> made_by", name="reviewed_by_another"),
        CheckConstraint("reviewed_by <> written_by", name="not_reviewed_by_who_wrote_it_last"),
        CheckConstraint(
            "num_nonnulls(noticed_at, text_sha256, first_closes_at) in (0, 3)", name="noticed"
        ),
        CheckConstraint(
            "num_nonnulls(frozen_at, roll_sha256, roll_units, roll_heads, roll_area) in (0, 5)",
            name="roll",
        ),
        CheckConstraint(
            "state not in ('open', 'extended', 'closed', 'preliminary', 'disputed', 'final',"
            " 'failed', 'executed') or roll_sha256 is not null",
            name="is_held_on_a_roll",
        ),
        *(without_numbers(column) for column in ("title", "text", "clause", "report")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "opens_at", "id"),
        Index(None, "tenant_id", "estate_id", "opens_at", "id"),
        Index(None, "tenant_id", "scope_id"),
        Index(None, "tenant_id", "convener_id", "opens_at", "id"),
        Index(None, "tenant_id", "state", "opens_at", "id"),
        Index(None, "tenant_id", "state", "closes_at", "id"),
    )

    estate_id: UUID
    scope_id: UUID
    convener_id: UUID
    pack_id: UUID
    title: str = Field(max_length=80)
    text: str = Field(max_length=8000)
    secrecy: str = Secrecy.open
    clause: str | None = Field(default=None, max_length=300)
    state: str = VoteState.draft
    opens_at: datetime = moment()
    closes_at: datetime = moment()
    extensions: int = 0
    written_by: UUID | None = None
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = moment(default=None)
    noticed_at: datetime | None = moment(default=None)
    text_sha256: str | None = Field(default=None, max_length=64)
    first_closes_at: datetime | None = moment(default=None)
    is_electronic: bool = True
    frozen_at: datetime | None = moment(default=None)
    roll_sha256: str | None = Field(default=None, max_length=64)
    roll_units: int | None = None
    roll_heads: int | None = None
    roll_area: Decimal | None = Field(default=None, sa_type=AreaSum)
    counted_at: datetime | None = moment(default=None)
    ballots_sha256: str | None = Field(default=None, max_length=64)
    is_stale: bool = False
    objections_until: datetime | None = moment(default=None)
    settled_at: datetime | None = moment(default=None)
    executed_at: datetime | None = moment(default=None)
    report: str | None = Field(default=None, max_length=2000)
    void_reason: str | None = Field(default=None, max_length=500)


class VoteQuestion(Recorded, table=True):
    """One question of a vote; the sums are there once it is counted.

    An election is of a candidate, a recall (罢免) of a member or, without one, of the committee.
    """

    __tablename__ = "vote_question"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("candidate_id", "person"),
        one_of("item", VoteItem),
        one_of("kind", Kind),
        one_of("verdict", Verdict),
        UniqueConstraint("tenant_id", "vote_id", "number"),
        CheckConstraint("candidate_id is null or item = 'election'", name="candidate"),
        CheckConstraint("not is_recall or item = 'election'", name="recall"),
        without_numbers("text"),
        Index(None, "tenant_id", "vote_id", "number", "id"),
        Index(None, "tenant_id", "candidate_id"),
    )

    vote_id: UUID
    number: int
    item: str
    kind: str
    text: str = Field(max_length=2000)
    candidate_id: UUID | None = None
    is_recall: bool = False
    verdict: str | None = None
    part_area: Decimal | None = Field(default=None, sa_type=AreaSum)
    part_heads: int | None = None
    consent_area: Decimal | None = Field(default=None, sa_type=AreaSum)
    consent_heads: int | None = None
    against_area: Decimal | None = Field(default=None, sa_type=AreaSum)
    against_heads: int | None = None
    abstain_area: Decimal | None = Field(default=None, sa_type=AreaSum)
    abstain_heads: int | None = None


class RollEntry(TenantRow, table=True):
    """A unit on a vote's roll, with what it counts: its area, and the head (numbered) it is of."""

    __tablename__ = "roll_entry"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("property_unit_id", "property_unit"),
        UniqueConstraint("tenant_id", "vote_id", "number"),
        UniqueConstraint("tenant_id", "vote_id", "property_unit_id"),
        CheckConstraint("area > 0", name="has_an_area"),
        Index(None, "tenant_id", "unit_number", "id"),
        Index(None, "tenant_id", "vote_id", "unit_number", "id"),
        Index(None, "tenant_id", "property_unit_id"),
    )

    vote_id: UUID
    property_unit_id: UUID
    number: int
    unit_number: str = Field(max_length=40, sa_type=NameType)
    area: Decimal = Field(sa_type=AreaSum)
    head: int


class RollHolder(TenantRow, table=True):
    """Somebody who votes for a unit on a roll: one of its owners when it was frozen."""

    __tablename__ = "roll_holder"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("entry_id", "roll_entry"),
        within_tenant("person_id", "person"),
        within_tenant("organisation_id", "organisation"),
        CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name="one_holder"),
        UniqueConstraint("tenant_id", "entry_id", "person_id"),
        UniqueConstraint("tenant_id", "entry_id", "organisation_id"),
        Index(None, "tenant_id", "vote_id", "person_id"),
        Index(None, "tenant_id", "person_id", "entry_id"),
        Index(None, "tenant_id", "organisation_id"),
    )

    vote_id: UUID
    entry_id: UUID
    person_id: UUID | None = None
    organisation_id: UUID | None = None


VoteId: TypeAlias = Annotated[UUID, Of("Vote"), "表决。 The vote."]
QuestionId: TypeAlias = Annotated[UUID, Of("VoteQuestion"), "表决事项。 The question."]
Title: TypeAlias = Annotated[str, Length(1, 80), "标题。 Its title."]
Notice: TypeAlias = Annotated[
    str, Length(1, 8000), "公告正文。 The text of its notice, which is public."
]
OpensAt: TypeAlias = Annotated[datetime, "投票何时开始。 When voting begins."]
ClosesAt: TypeAlias = Annotated[datetime, "投票何时结束。 When voting ends."]
Clause: TypeAlias = Annotated[
    str | None,
    Length(4, 300),
    "未表态如何计算所依据的议事规则条款。 The clause of the rules of procedure on silence.",
]
