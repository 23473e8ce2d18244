"""A meeting (圆桌会) as it is read: its agenda, who was there, its minutes and who signed them."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, LargeBinary, Text, and_, cast, func, select

from schema.councils import Council, at_public_council, sits_there
from schema.matters.types import Matter
from schema.nodes import Node
from schema.passes import address, end
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection
from schema.resolutions import Resolution, ResolutionFilter, ResolutionOrder
from schema.scopes import among, found_by, pointing
from services.councils import SeatKind
from services.meetings.tables import (
    AgendaItem as ItemTable,
)
from services.meetings.tables import (
    Attendance as AttendanceTable,
)
from services.meetings.tables import (
    Correction as CorrectionTable,
)
from services.meetings.tables import (
    Meeting as MeetingTable,
)
from services.meetings.tables import (
    MeetingState,
    Outcome,
    Reserved,
)
from services.meetings.tables import (
    Minutes as MinutesTable,
)
from services.meetings.tables import (
    Recusal as RecusalTable,
)
from services.meetings.tables import (
    Resolution as ResolutionTable,
)
from services.meetings.tables import (
    Signature as SignatureTable,
)
from services.passes import Purpose

if TYPE_CHECKING:
    from schema.appointments import Appointment
    from schema.units import Unit

MEETING = light(MeetingTable)
ITEM = light(ItemTable)

strawberry.enum(MeetingState, description="会议的状态。 Where a meeting stands.")
strawberry.enum(Outcome, description="议题的结果。 What became of an item.")
strawberry.enum(Reserved, description="依法由业主共同决定的事。 What the law reserves to owners.")


@strawberry.enum(description="会议按什么排序。 By what meetings are ordered.")
class MeetingOrder(Enum):
    """By what meetings are ordered."""

    PLANNED_AT = "planned_at"


@strawberry.enum(description="议题按什么排序。 By what items are ordered.")
class AgendaItemOrder(Enum):
    """By what items are ordered."""

    POSITION = "position"


@strawberry.enum(description="按时刻排序。 By time.")
class MomentOrder(Enum):
    """By time."""

    AT = "at"


@strawberry.enum(description="更正按什么排序。 By what corrections are ordered.")
class CorrectionOrder(Enum):
    """By what corrections are ordered."""

    SEQ = "seq"


@strawberry.input(description="只要这样的会议。 Only such meetings.")
class MeetingFilter:
    """Only such meetings."""

    states: list[MeetingState] | None = among(MeetingTable.state, "状态之一。 One of these states.")
    council: strawberry.ID | None = pointing(MeetingTable.council_id, "Council", "议事会。 Whose.")


@strawberry.input(description="只要这样的议题。 Only such items.")
class AgendaItemFilter:
    """Only such items."""

    outcomes: list[Outcome] | None = among(ItemTable.outcome, "结果之一。 One of these outcomes.")


def _of_council(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    return sits_there(ask, row["council_id"], held)


def _of_meeting(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    meeting = MEETING.alias()
    seen = select(meeting.c.id).where(
        meeting.c.tenant_id == ask.tenant, sits_there(ask, meeting.c.council_id, held)
    )
    return found_by(ask, row["meeting_id"], seen, meeting.c.id)


def _of_item(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    item = ITEM.alias()
    seen = select(item.c.id).where(
        item.c.tenant_id == ask.tenant, sits_there(ask, item.c.council_id, held)
    )
    return found_by(ask, row["item_id"], seen, item.c.id)


def _is_published(ask: Ask, row: Row) -> ColumnElement[bool]:
    """That it was held and signed is public where its grid is; what was said there isn't."""
    return and_(row["state"] == MeetingState.published.value, at_public_council(ask, row))


def _sha256(ask: Ask, row: Row) -> ColumnElement[Any]:
    """Of the text as it stands: what one signs."""
    return func.encode(func.sha256(cast(func.convert_to(row["text"], "UTF8"), LargeBinary)), "hex",
                       type_=Text())  # fmt: skip


@strawberry.type(description="签到：谁坐在哪个席位。 Who sat on which seat.")
@reads(AttendanceTable, "minutes", unit=_of_meeting)
class Attendance(Node):
    """Who sat at a meeting, on which seat."""

    kind: SeatKind = column(AttendanceTable.kind, "六方之一。 Which party.")
    person: Person | None = link(AttendanceTable.person_id, "人员。 The person.")
    appointment: Annotated["Appointment", strawberry.lazy("schema.appointments")] | None = link(
        AttendanceTable.appointment_id, "以哪个任职。 By which appointment."
    )
    at: datetime = column(AttendanceTable.at, "签到时刻。 Noted when.")


@strawberry.type(
    description="回避：谁没有参加这个议题，为什么。 Who took no part in an item, and why."
)
@reads(RecusalTable, "minutes", unit=_of_item)
class Recusal(Node):
    """Who took no part in an item."""

    attendance: Attendance | None = link(RecusalTable.attendance_id, "谁。 Who.")
    reason: str = column(RecusalTable.reason, "理由。 Why.")
    at: datetime = column(RecusalTable.at, "时刻。 When.")


@strawberry.type(description="议题：每一项都有结果。 An item of the agenda; each gets its outcome.")
@reads(ItemTable, "minutes", unit=_of_council)
class AgendaItem(Node):
    """An item of an agenda."""

    position: int = column(ItemTable.position, "序号。 Its place on the agenda.")
    title: str = column(ItemTable.title, "题目。 What it is about.")
    matter: Matter | None = link(ItemTable.matter_id, "事项。 The matter.")
    meeting: Annotated["Meeting", strawberry.lazy("schema.meetings.types")] | None = link(
        ItemTable.meeting_id, "会议。 The meeting."
    )
    outcome: Outcome = column(ItemTable.outcome, "结果。 What became of it.")
    reserved: Reserved | None = column(ItemTable.reserved, "依法由业主决定的。 Reserved to owners.")
    said: str | None = column(ItemTable.said, "决议或理由。 The resolution or the reason.")
    deferred_to: Annotated["Meeting", strawberry.lazy("schema.meetings.types")] | None = link(
        ItemTable.deferred_to_id, "延到哪次会议。 To which meeting it was deferred."
    )
    referred_to: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        ItemTable.referred_to_id, "转交给谁。 To whom it was referred."
    )
    disposed_at: datetime | None = column(ItemTable.disposed_at, "有结果的时刻。 Disposed when.")
    recusals: Connection[Recusal] = connection(
        RecusalTable.item_id, MomentOrder, "回避。 Who took no part."
    )
    resolutions: Connection[Resolution] = connection(
        ResolutionTable.item_id, ResolutionOrder, "决议。 What was resolved.", ResolutionFilter
    )
    version: int = column(ItemTable.version, "版本。 Its version.")


@strawberry.type(description="签字：某一方对某个文本。 A party's signature under one text.")
@reads(SignatureTable, "minutes", unit=_of_meeting)
class Signature(Node):
    """A party's signature."""

    kind: SeatKind = column(SignatureTable.kind, "哪一方。 Which party.")
    person: Person | None = link(SignatureTable.person_id, "谁签的。 Who signed.")
    sha256: str = column(SignatureTable.sha256, "所签文本的散列值。 The hash of the text.")
    at: datetime = column(SignatureTable.at, "时刻。 When.")


@strawberry.type(description="更正：附在已签纪要之后。 What was added to signed minutes.")
@reads(CorrectionTable, "minutes", unit=_of_meeting)
class Correction(Node):
    """A correction."""

    seq: int = column(CorrectionTable.seq, "序号。 Its number.")
    text: str = column(CorrectionTable.text, "内容。 What was added.")
    person: Person | None = link(CorrectionTable.made_by, "谁加的。 Who added it.")
    at: datetime = column(CorrectionTable.at, "时刻。 When.")


@strawberry.type(description="纪要：签齐之后不再改动。 Minutes; once all have signed they stay.")
@reads(MinutesTable, "minutes", unit=_of_meeting)
class Minutes(Node):
    """A meeting's minutes."""

    text: str = column(MinutesTable.text, "全文，Markdown。 The text, in Markdown.")
    hash: str = computed(_sha256, "现有文本的散列值，签字时提交。 Its hash now: what one signs.")
    sha256: str | None = column(MinutesTable.sha256, "签齐时的散列值。 The hash as it was signed.")
    meeting: Annotated["Meeting", strawberry.lazy("schema.meetings.types")] | None = link(
        MinutesTable.meeting_id, "会议。 The meeting."
    )
    docx_url: str | None = computed(
        address(Purpose.minutes),
        "Word 文件的地址，几分钟内有效。 The minutes as .docx: an address, for some minutes.",
    )
    docx_until: datetime | None = computed(
        end(Purpose.minutes), "地址失效的时刻。 When that address ends."
    )
    version: int = column(MinutesTable.version, "版本。 Its version.")


@strawberry.enum(description="纪要按什么排序。 By what minutes are ordered.")
class MinutesOrder(Enum):
    """By what minutes are ordered; a meeting has one."""

    MADE_AT = "made_at"


@strawberry.type(description="圆桌会的一次会议。 A meeting of a round table.")
@reads(MeetingTable, "meetings", unit=_of_council, public=_is_published)
class Meeting(Node):
    """A meeting."""

    number: int = column(MeetingTable.number, "第几次。 Its number in the council.")
    state: MeetingState = column(MeetingTable.state, "状态。 Where it stands.")
    council: Council | None = link(MeetingTable.council_id, "议事会。 The council.")
    planned_at: datetime = column(MeetingTable.planned_at, "计划时间。 When it is planned.")
    place: str = column(MeetingTable.place, "地点。 Where.")
    opened_at: datetime | None = column(MeetingTable.opened_at, "开会时刻。 Opened when.")
    adjourned_at: datetime | None = column(MeetingTable.adjourned_at, "散会时刻。 Adjourned when.")
    signed_at: datetime | None = column(MeetingTable.signed_at, "签齐的时刻。 Signed by all when.")
    items: Connection[AgendaItem] = connection(
        ItemTable.meeting_id, AgendaItemOrder, "议题。 The agenda.", AgendaItemFilter
    )
    attendance: Connection[Attendance] = connection(
        AttendanceTable.meeting_id, MomentOrder, "签到。 Who was there."
    )
    resolutions: Connection[Resolution] = connection(
        ResolutionTable.meeting_id, ResolutionOrder, "决议。 What was resolved.", ResolutionFilter
    )
    minutes: Connection[Minutes] = connection(
        MinutesTable.meeting_id, MinutesOrder, "纪要。 The minutes: one, once adjourned."
    )
    signatures: Connection[Signature] = connection(
        SignatureTable.meeting_id, MomentOrder, "签字。 Who signed which text."
    )
    corrections: Connection[Correction] = connection(
        CorrectionTable.meeting_id, CorrectionOrder, "更正。 What was added after signing."
    )
    version: int = column(MeetingTable.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about meetings."""

    meetings: Connection[Meeting] = connection(
        None, MeetingOrder, "圆桌会的会议。 Meetings.", MeetingFilter
    )
