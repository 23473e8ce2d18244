"""A matter (事项) as it is read: what it is about, where it stands, who passed it on and when."""

from datetime import datetime
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select

from schema.nodes import Node, label, worded
from schema.objections import Objection, ObjectionOrder
from schema.people import Person
from schema.publications import Publication, PublicationOrder
from schema.reading.declare import (
    Ask,
    Row,
    column,
    computed,
    computed_link,
    connection,
    light,
    link,
    reads,
    subscription,
)
from schema.reading.pages import Connection
from schema.scopes import among, equals, pointing
from schema.sight import matter_seen_in, of_matter, of_own_matter, own_matter, told_of
from services.matters.evidence import Evidence as EvidenceTable
from services.matters.states import NEXT, TRANSITIONS, MatterState
from services.matters.tables import (
    Channel,
    HandlingClass,
    Recommendation,
    Visibility,
)
from services.matters.tables import Matter as Table
from services.matters.tables import MatterEntry as EntryTable
from services.objections import Objection as ObjectionTable
from services.publications import Publication as PublicationTable
from services.publications import PublicationState

if TYPE_CHECKING:
    from schema.appointments import Appointment
    from schema.board import BoardEntry
    from schema.files import File
    from schema.units import Unit

ENTRY = light(EntryTable)
EDITION = light(PublicationTable)

ACTS = {verb: act.label for verb, act in TRANSITIONS.items()}
COMES_NEXT = {state.value: said for state, said in NEXT.items()}

strawberry.enum(MatterState, description="事项的状态：六步及其旁支。 Where a matter stands.")
strawberry.enum(Visibility, description="谁能知道这件事项。 Who may come to know of a matter.")
strawberry.enum(Channel, description="事项的来源。 How a matter came in.")
strawberry.enum(HandlingClass, description="分类办事的类别。 By whom a matter is handled.")
strawberry.enum(Recommendation, description="初议的建议。 What a head recommends.")


@strawberry.enum(description="事项按什么排序。 By what matters are ordered.")
class MatterOrder(Enum):
    """By what matters are ordered."""

    RAISED_AT = "raised_at"


@strawberry.enum(description="流转记录按什么排序。 By what entries are ordered.")
class MatterEntryOrder(Enum):
    """By what entries are ordered."""

    SEQ = "seq"


@strawberry.input(description="只要这样的事项。 Only such matters.")
class MatterFilter:
    """Only such matters."""

    states: list[MatterState] | None = among(Table.state, "状态之一。 One of these states.")
    grid: strawberry.ID | None = pointing(Table.grid_id, "Unit", "网格。 The grid.")
    place: strawberry.ID | None = pointing(Table.place_id, "Unit", "地点。 The place itself.")
    holder: strawberry.ID | None = pointing(Table.holder_id, "Unit", "在谁手里。 Who has it.")
    handler: strawberry.ID | None = pointing(Table.handler_id, "Unit", "承办单位。 The handler.")
    raiser: strawberry.ID | None = pointing(Table.raiser_id, "Person", "提事人。 Who raised it.")
    category: str | None = equals(Table.category, "类别。 The category.")
    code: str | None = equals(Table.code, "编号。 Its number.")


def _is_overdue(ask: Ask, row: Row) -> ColumnElement[Any]:
    return func.coalesce(row["due_at"] < func.now(), False)


_of_target = partial(told_of, "merged_into_id")


def _merged_into(ask: Ask, row: Row) -> ColumnElement[Any]:
    target = row["merged_into_id"]
    return case((target.is_not(None), func.concat("Matter:", target)))


def _shown_as(ask: Ask, row: Row) -> ColumnElement[Any]:
    """The edition that is shown of the matter, or of that which it was merged into."""
    shown = EDITION.alias()
    found = select(shown.c.id).where(
        shown.c.tenant_id == ask.tenant,
        shown.c.matter_id == func.coalesce(row["merged_into_id"], row["id"]),
        shown.c.state == PublicationState.approved.value,
    )
    return found.correlate_except(shown).scalar_subquery()


def _seconds_held(ask: Ask, row: Row) -> ColumnElement[Any]:
    """From the entry before until this one."""
    before = ENTRY.alias()
    since = select(before.c.at).where(
        before.c.tenant_id == ask.tenant,
        before.c.matter_id == row["matter_id"],
        before.c.seq == row["seq"] - 1,
    )
    passed = row["at"] - since.correlate_except(before).scalar_subquery()
    return cast(func.coalesce(func.extract("epoch", passed), 0), BigInteger)


@strawberry.type(
    description="流转记录：谁、何时、以什么职务办的。 One act on a matter: who, when, as what."
)
@reads(EntryTable, "matters", unit=of_matter, own=of_own_matter)
class MatterEntry(Node):
    """One act on a matter."""

    seq: int = column(EntryTable.seq, "序号，从一起不间断。 Its number; from 1, without a gap.")
    act: str = worded("verb", ACTS, "办了什么。 What was done.")
    verb: str = column(EntryTable.verb, "操作代号。 The act's name.")
    from_state: MatterState | None = column(EntryTable.from_state, "之前的状态。 State before.")
    to_state: MatterState = column(EntryTable.to_state, "之后的状态。 State after.")
    at: datetime = column(EntryTable.at, "时刻。 When.")
    person: Person | None = link(EntryTable.made_by, "谁办的。 Who did it.")
    appointment: Annotated["Appointment", strawberry.lazy("schema.appointments")] | None = link(
        EntryTable.made_as, "以哪个任职。 In which appointment."
    )
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        EntryTable.unit_id, "之前在谁手里。 Who had it in hand before."
    )
    to_unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        EntryTable.to_unit_id, "之后在谁手里。 Who has had it in hand since."
    )
    seconds_held: int = computed(
        _seconds_held, "距上一条记录的秒数：在那里停了多久。 Seconds since the entry before."
    )
    due_at: datetime | None = column(EntryTable.due_at, "当时的期限。 The deadline at that moment.")
    said: str | None = column(EntryTable.said, "意见、理由或结果。 The opinion, reason or result.")
    head: str | None = column(EntryTable.head, "哪一级的初议。 The opinion of which level.")
    recommends: Recommendation | None = column(
        EntryTable.recommends, "建议办结还是上会。 Settle or table."
    )


@strawberry.enum(description="佐证按什么排序。 By what evidence is ordered.")
class EvidenceOrder(Enum):
    """By what evidence is ordered."""

    SEQ = "seq"


@strawberry.type(description="佐证：随某一步出示的文件。 A file shown with an act.")
@reads(EvidenceTable, "matters", unit=of_matter, own=of_own_matter)
class Evidence(Node):
    """A file shown with an act on a matter."""

    seq: int = column(EvidenceTable.seq, "随哪一条记录。 With the entry of this number.")
    file: Annotated["File", strawberry.lazy("schema.files")] | None = link(
        EvidenceTable.file_id, "文件。 The file."
    )
    at: datetime = column(EvidenceTable.at, "出示的时刻。 When.")


@strawberry.type(
    description="事项：三事六步，每一步有人、有期限、有记录。 A matter on its six steps."
)
@reads(Table, "matters", unit=matter_seen_in, own=own_matter)
class Matter(Node):
    """A resident's matter."""

    code: str = column(Table.code, "编号，便于口头查询。 Its number, to name it by.")
    category: str = column(Table.category, "类别代号。 Its category.")
    category_label: str = label(
        "matters", "category", "本县对这一类的叫法。 What the county calls it.", "categories"
    )
    title: str = column(Table.title, "一句话说明。 The matter in a sentence.")
    text: str = column(Table.text, "经过和诉求。 What happened, what is asked.")
    place: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.place_id, "地点。 Where it is."
    )
    place_detail: str | None = column(Table.place_detail, "具体位置。 Where exactly.")
    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.grid_id, "网格。 The grid."
    )
    visibility: Visibility = column(Table.visibility, "谁能知道。 Who may come to know of it.")
    channel: Channel = column(Table.channel, "来源。 How it came in.")
    is_urgent: bool = column(Table.is_urgent, "是否紧急。 Whether hours count.")
    raiser: Person | None = link(Table.raiser_id, "提事人，已登记的。 The raiser, if registered.")
    contact_name: str | None = column(
        Table.contact_name, "代记的提事人，隐去。 The raiser taken down, masked."
    )
    contact_phone: str | None = column(Table.contact_phone, "其电话，隐去。 Their number, masked.")
    state: MatterState = column(Table.state, "状态。 Where it stands.")
    state_label: str = label("matters", "state", "本县对这个状态的叫法。 What the county calls it.")
    next: str = worded("state", COMES_NEXT, "下一步由谁做什么。 What comes next.")
    holder: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.holder_id, "现在在谁手里。 Who has it in hand."
    )
    due_at: datetime | None = column(Table.due_at, "这一步的期限。 By when this step is due.")
    is_overdue: bool = computed(_is_overdue, "是否已逾期。 Whether it is overdue.")
    inquired_by: Person | None = link(Table.inquired_by, "谁问的。 Which member asked about it.")
    rung: str | None = column(Table.rung, "督办到了哪一级。 The latest rung of supervision.")
    handling_class: HandlingClass | None = column(Table.handling_class, "分类。 By whom.")
    handler: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.handler_id, "承办单位。 The unit that handles it."
    )
    result: str | None = column(Table.result, "办理结果。 What came of it.")
    completed_at: datetime | None = column(Table.completed_at, "报告结果的时刻。 Reported when.")
    verified_by: Person | None = link(Table.verified_by, "谁核实的。 Who verified it.")
    verified_at: datetime | None = column(Table.verified_at, "核实的时刻。 Verified when.")
    is_confirmed: bool | None = column(Table.is_confirmed, "提事人是否确认。 Confirmed or not.")
    satisfaction: int | None = column(Table.satisfaction, "满意度，1 到 5。 From 1 to 5.")
    satisfaction_word: str | None = column(Table.satisfaction_word, "评语。 A word about it.")
    reopened: int = column(Table.reopened, "重新办理的次数。 How often it was reopened.")
    merged_into: Annotated["Matter", strawberry.lazy("schema.matters.types")] | None = link(
        Table.merged_into_id, "并入了哪件。 The matter that it was merged into."
    )
    merged_matter_id: strawberry.ID | None = computed(
        _merged_into,
        "并入的事项的编号；提事人可以据此请求复核、提出异议。"
        " The id of the matter it was merged into, against which its raiser too may appeal.",
    )
    merged_matter_code: str | None = computed(
        _of_target(lambda target: target.code), "并入的事项的号码。 Its number."
    )
    merged_matter_state: MatterState | None = computed(
        _of_target(lambda target: target.state),
        "并入的事项现在的状态。 Where that stands.",
    )
    board_entry: Annotated["BoardEntry", strawberry.lazy("schema.board")] | None = computed_link(
        _shown_as,
        "公开栏上的这一件；已并案的为并入的那一件。"
        " What is shown of it in public; of a merged one, of that which it was merged into.",
    )
    duplicates: Connection[Annotated["Matter", strawberry.lazy("schema.matters.types")]] = (
        connection(Table.merged_into_id, MatterOrder, "并入这件的事项。 What was merged into it.")
    )
    raised_at: datetime = column(Table.raised_at, "提出的时刻。 Raised when.")
    closed_at: datetime | None = column(Table.closed_at, "办结的时刻。 Closed when.")
    entries: Connection[MatterEntry] = connection(
        EntryTable.matter_id, MatterEntryOrder, "流转记录。 How it went, act by act."
    )
    publications: Connection[Publication] = connection(
        PublicationTable.matter_id, PublicationOrder, "公开稿，逐版。 What is shown, by edition."
    )
    objections: Connection[Objection] = connection(
        ObjectionTable.matter_id, ObjectionOrder, "异议。 Objections to its result."
    )
    evidence: Connection[Evidence] = connection(
        EvidenceTable.matter_id, EvidenceOrder, "佐证。 The files shown, act by act."
    )
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about matters."""

    matters: Connection[Matter] = connection(None, MatterOrder, "事项。 Matters.", MatterFilter)


@strawberry.type
class Subscriptions:
    """What of matters one may be told of."""

    matter_changed: Matter | None = subscription(
        "这件事项：先推送现状，以后每次变更再推送；看不到时以错误结束。"
        " This matter: as it is now, then after each change; an error ends it once it is unseen."
    )
