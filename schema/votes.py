"""Votes of owners (业主表决): notice, questions and results for everybody."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, and_, func, or_, select

from schema.commands import command
from schema.nodes import Node, worded
from schema.people import Person
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection, Direction
from schema.scopes import among, found_by, pointing, public_at, under
from services.ownerships import Ownership, is_standing
from services.property_units import PropertyUnit
from services.votes import counting, deliveries, drafting, holding, objecting, rolls
from services.votes.objecting import ObjectionOutcome
from services.votes.objecting import VoteObjection as ObjectionRow
from services.votes.rules import Secrecy
from services.votes.states import LABELS
from services.votes.tables import ITEMS, RollHolder, VoteItem, VoteState
from services.votes.tables import Vote as Table
from services.votes.tables import VoteQuestion as QuestionRow
from services.votes.tally import Kind, Verdict

if TYPE_CHECKING:
    from schema.packs import Pack
    from schema.units import Unit

VOTE, HOLDER = light(Table), light(RollHolder)
UNIT, OWNERSHIP = light(PropertyUnit), light(Ownership)
strawberry.enum(VoteState, description="表决的状态。 Where a vote stands.")
strawberry.enum(VoteItem, description="法定的共同决定事项。 What owners decide together.")
strawberry.enum(Secrecy, name="VoteSecrecy", description="记名或不记名。 Open or secret.")
strawberry.enum(Kind, name="VoteKind", description="一般或特别事项。 By which majority.")
strawberry.enum(Verdict, name="VoteVerdict", description="表决的结论。 What came of a question.")
strawberry.enum(
    ObjectionOutcome, name="VoteObjectionOutcome", description="异议是否成立。 Upheld or dismissed."
)


@strawberry.enum(description="表决按什么排序。 By what votes are ordered.")
class VoteOrder(Enum):
    """By what votes are ordered."""

    OPENS_AT = "opens_at"


@strawberry.enum(description="表决事项按什么排序。 By what questions are ordered.")
class VoteQuestionOrder(Enum):
    """By what questions are ordered."""

    NUMBER = "number"


@strawberry.enum(description="异议按什么排序。 By what objections are ordered.")
class VoteObjectionOrder(Enum):
    """By what objections are ordered."""

    RAISED_AT = "made_at"


@strawberry.input(description="只要这样的表决。 Only such votes.")
class VoteFilter:
    """Only such votes."""

    states: list[VoteState] | None = among(Table.state, "状态之一。 One of these states.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")


def within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """The reader serves where it is held, above that, or in the unit that holds it."""
    return or_(under(ask, row["scope_id"], held), row["convener_id"] == func.any(held))


def _own(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Of what was noticed: the reader is on its roll, or owns a unit of the estate."""
    holder, owned, unit = HOLDER.alias(), OWNERSHIP.alias(), UNIT.alias()
    on_it = select(holder.c.vote_id).where(
        holder.c.tenant_id == ask.tenant, holder.c.person_id == ask.person
    )
    estates = select(unit.c.estate_id).where(
        owned.c.tenant_id == ask.tenant, owned.c.person_id == ask.person, is_standing(owned.c),
        unit.c.tenant_id == ask.tenant, unit.c.id == owned.c.property_unit_id,
    )  # fmt: skip
    is_theirs = or_(
        found_by(ask, row["id"], on_it, holder.c.vote_id),
        found_by(ask, row["estate_id"], estates, unit.c.estate_id),
    )
    return and_(row["noticed_at"].is_not(None), is_theirs)


def _shown(ask: Ask, row: Row) -> ColumnElement[bool]:
    """It was noticed, and nothing above its scope is hidden from the public."""
    at_the_place = public_at("scope_id", is_marked=False, is_open=False)
    return and_(row["noticed_at"].is_not(None), at_the_place(ask, row))


def of_vote(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """What belongs to a vote is where that is seen."""
    vote = VOTE.alias()
    found = select(vote.c.id).where(vote.c.tenant_id == ask.tenant, within(ask, vote.c, held))
    return found_by(ask, row["vote_id"], found, vote.c.id)


def _of_own(ask: Ask, row: Row) -> Condition:
    vote = VOTE.alias()
    found = select(vote.c.id).where(vote.c.tenant_id == ask.tenant, _own(ask, vote.c))
    return found_by(ask, row["vote_id"], found, vote.c.id)


def _of_shown(ask: Ask, row: Row) -> Any:
    vote = VOTE.alias()
    found = select(vote.c.id).where(vote.c.tenant_id == ask.tenant, _shown(ask, vote.c))
    return found_by(ask, row["vote_id"], found, vote.c.id)


@strawberry.type(
    description="表决事项；计票之后有各项数字。 A question of a vote, with its sums once counted."
)
@reads(QuestionRow, "votes", unit=of_vote, own=_of_own, public=_of_shown)
class VoteQuestion(Node):
    """A question of a vote; areas are in square metres, heads are owners."""

    number: int = column(QuestionRow.number, "第几项。 Its number.")
    item: VoteItem = column(QuestionRow.item, "法定事项的种类。 What of the law's items it is.")
    item_label: str = worded("item", ITEMS, "种类的说法。 The item in words.")
    kind: Kind = column(QuestionRow.kind, "一般或特别事项。 By which majority it is decided.")
    text: str = column(QuestionRow.text, "内容。 What is asked.")
    candidate: Person | None = link(
        QuestionRow.candidate_id, "候选人。 The candidate, if any.", lenient=True
    )
    is_recall: bool = column(QuestionRow.is_recall, "是否罢免。 Whether it recalls somebody.")
    verdict: Verdict | None = column(
        QuestionRow.verdict, "结论，计票之前为空。 What came of it; null before it is counted."
    )
    part_area: Decimal | None = column(QuestionRow.part_area, "参与的面积。 The area taking part.")
    part_heads: int | None = column(QuestionRow.part_heads, "参与的人数。 The heads taking part.")
    consent_area: Decimal | None = column(QuestionRow.consent_area, "同意的面积。 For it, by area.")
    consent_heads: int | None = column(QuestionRow.consent_heads, "同意的人数。 For it, by heads.")
    against_area: Decimal | None = column(
        QuestionRow.against_area, "反对的面积。 Against, by area."
    )
    against_heads: int | None = column(QuestionRow.against_heads, "反对的人数。 Against, by heads.")
    abstain_area: Decimal | None = column(
        QuestionRow.abstain_area, "弃权的面积。 Abstaining, by area."
    )
    abstain_heads: int | None = column(
        QuestionRow.abstain_heads, "弃权的人数。 Abstaining, by heads."
    )
    version: int = column(QuestionRow.version, "版本。 Its version.")


@strawberry.type(description="对表决结果的异议，与答复一起公开，不具名。 An objection to a result.")
@reads(ObjectionRow, "votes", unit=of_vote, own=_of_own, public=_of_shown)
class VoteObjection(Node):
    """An objection to the result of a vote; who raised it is seen by no public reader."""

    text: str = column(ObjectionRow.text, "异议。 What is objected.")
    raised_at: datetime = column(ObjectionRow.made_at, "何时提出。 When.")
    answer: str | None = column(ObjectionRow.answer, "答复。 The answer.")
    is_upheld: bool | None = column(ObjectionRow.is_upheld, "是否成立。 Whether it was right.")
    answered_at: datetime | None = column(ObjectionRow.answered_at, "何时答复。 Answered when.")
    version: int = column(ObjectionRow.version, "版本。 Its version.")


@strawberry.type(description="业主表决：公告与结果人人可见，谁怎么投不显示。 A vote of owners.")
@reads(Table, "votes", unit=within, own=_own, public=_shown)
class Vote(Node):
    """A vote of owners: what is asked, when, on which roll, and what came of it."""

    title: str = column(Table.title, "标题。 Its title.")
    text: str = column(Table.text, "公告正文。 The text of its notice.")
    state: VoteState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", LABELS, "状态的说法。 The state in words.")
    secrecy: Secrecy = column(Table.secrecy, "记名或不记名。 Open or secret.")
    clause: str | None = column(
        Table.clause, "未表态如何计算所依据的条款。 The clause by which silence counts."
    )
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    scope: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.scope_id, "表决范围。 Whose owners vote."
    )
    convener: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.convener_id, "召集单位。 Who holds it."
    )
    pack: Annotated["Pack", strawberry.lazy("schema.packs")] | None = link(
        Table.pack_id, "所依据的配置包版本。 The edition whose rules it goes by."
    )
    opens_at: datetime = column(Table.opens_at, "投票何时开始。 When voting begins.")
    closes_at: datetime = column(Table.closes_at, "投票何时结束。 When voting ends.")
    first_closes_at: datetime | None = column(
        Table.first_closes_at, "公告写明投票何时结束。 When voting was to end, by its notice."
    )
    extensions: int = column(Table.extensions, "已延长几次。 How often it was extended.")
    reviewed_at: datetime | None = column(Table.reviewed_at, "何时审核。 Reviewed when.")
    noticed_at: datetime | None = column(Table.noticed_at, "何时公告。 Noticed when.")
    text_sha256: str | None = column(
        Table.text_sha256, "公告内容的 SHA-256。 The hash of what the notice fixes."
    )
    is_electronic: bool = column(Table.is_electronic, "是否可电子投票。 Whether also by sign-in.")
    frozen_at: datetime | None = column(Table.frozen_at, "名册何时固定。 When its roll was frozen.")
    roll_sha256: str | None = column(Table.roll_sha256, "名册的 SHA-256。 The hash of its roll.")
    roll_units: int | None = column(Table.roll_units, "名册上的套数。 The units on its roll.")
    roll_heads: int | None = column(Table.roll_heads, "名册上的人数。 The heads on its roll.")
    roll_area: Decimal | None = column(Table.roll_area, "名册上的面积。 The area of its roll.")
    counted_at: datetime | None = column(Table.counted_at, "何时计票。 When it was counted.")
    ballots_sha256: str | None = column(
        Table.ballots_sha256, "所计选票的 SHA-256。 The hash of the receipts that were counted."
    )
    objections_until: datetime | None = column(
        Table.objections_until, "异议到何时为止。 Until when objections are heard."
    )
    settled_at: datetime | None = column(Table.settled_at, "结果何时生效。 When its result stood.")
    executed_at: datetime | None = column(Table.executed_at, "何时执行。 When it was carried out.")
    report: str | None = column(Table.report, "执行情况。 How it was carried out.")
    void_reason: str | None = column(Table.void_reason, "作废的理由。 Why it is void.")
    version: int = column(Table.version, "版本。 Its version.")
    questions: Connection[VoteQuestion] = connection(
        QuestionRow.vote_id, VoteQuestionOrder, "表决事项。 Its questions."
    )
    objections: Connection[VoteObjection] = connection(
        ObjectionRow.vote_id, VoteObjectionOrder, "异议与答复。 Objections and their answers."
    )


@strawberry.type
class Queries:
    """What can be asked about votes."""

    votes: Connection[Vote] = connection(
        None, VoteOrder, "业主表决。 Votes of owners.", VoteFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of votes."""

    draft_vote: Vote | None = command(drafting.draft, "起草表决。 Draft a vote of owners.")
    amend_vote: Vote | None = command(drafting.amend, "修改草案。 Amend a draft.")
    add_vote_question: VoteQuestion | None = command(drafting.ask, "加一项。 Add a question.")
    drop_vote_question: Vote | None = command(drafting.drop, "去掉一项。 Take a question out.")
    review_vote: Vote | None = command(
        drafting.review, "审核草案，须由另一人。 Find it lawful; another person than its drafter."
    )
    send_back_vote: Vote | None = command(
        drafting.send_back, "退回修改。 Have it written differently."
    )
    withdraw_vote: Vote | None = command(drafting.withdraw, "公告前撤回。 Give it up.")
    announce_vote: Vote | None = command(
        drafting.announce, "公告，此后内容不变。 Give notice of it; nothing of it changes then."
    )
    deliver_vote: Vote | None = command(
        deliveries.deliver, "记录送达。 Record that notice and ballot came to units."
    )
    freeze_vote_roll: Vote | None = command(
        rolls.freeze, "固定名册并公布其哈希。 Freeze its roll; the hash is published."
    )
    extend_vote: Vote | None = command(holding.extend, "延长投票。 Keep voting open for longer.")
    count_vote: Vote | None = command(
        counting.count, "计票，结果公示。 Count it; the result is preliminary."
    )
    object_to_vote: VoteObjection | None = command(
        objecting.object_, "对公示的结果提异议。 Object to a preliminary result."
    )
    answer_vote_objection: VoteObjection | None = command(
        objecting.answer, "答复异议，公开。 Answer an objection in public."
    )
    settle_vote: Vote | None = command(
        counting.settle, "异议期满，结果生效。 Let its result stand, once objections are over."
    )
    execute_vote: Vote | None = command(
        counting.execute, "记录执行情况。 Record that it is carried out."
    )
    void_vote: Vote | None = command(
        counting.void, "宣布作废：主管部门或法院的决定。 Declare it void, by order."
    )
