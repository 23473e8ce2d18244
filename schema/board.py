"""The public board (公开晒事栏): what was raised where, who handles it, what came of it, how long.

Read without signing in, so what stands here is a short list: the approved text, and of the matter
its dates, numbers and states alone. No link leads from it to the matter or to anybody;
`matterId` is for those who object to it or follow it.
"""

from datetime import date
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Date, and_, case, cast, func, literal, or_, select

from schema.nodes import Node, label
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
)
from schema.reading.pages import Connection, Direction
from schema.scopes import UNIT, among_those, equals, pointing, public_at
from schema.sight import MATTER, told_of
from services.matters.states import MatterState
from services.matters.tables import HandlingClass
from services.objections import Objection
from services.publications import Publication as Table
from services.publications import PublicationState
from services.units import UnitKind

if TYPE_CHECKING:
    from schema.units import Unit

EDITION = light(Table)
OBJECTION = light(Objection)
# Whose name would lead to a household's door; the grid stands for them.
TOO_NEAR = (UnitKind.building, UnitKind.stairwell)


@strawberry.enum(description="公开栏按什么排序。 By what the board is ordered.")
class BoardOrder(Enum):
    """By what the board is ordered."""

    APPROVED_AT = "approved_at"


def _is_at(ask: Ask, matter_id: ColumnElement[Any], states: ColumnElement[Any]) -> Any:
    matter = MATTER.alias()
    found = select(matter.c.id).where(
        matter.c.tenant_id == ask.tenant,
        matter.c.id == matter_id,
        matter.c.state == func.any(states),
    )
    return found.correlate_except(matter).exists()


@strawberry.input(description="只要这样的条目。 Only such entries.")
class BoardFilter:
    """Only such entries."""

    grid: strawberry.ID | None = pointing(Table.grid_id, "Unit", "网格。 The grid.")
    category: str | None = equals(Table.category, "类别。 The category.")
    states: list[MatterState] | None = among_those(
        _is_at, Table.matter_id, "事项的状态之一。 The matter is at one of these states."
    )


def _is_shown(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Approved, not withdrawn, and nothing above the place is hidden from the public."""
    at_the_place = public_at("place_id", is_marked=False, is_open=False)
    return and_(row["state"] == PublicationState.approved.value, at_the_place(ask, row))


_of_matter = partial(told_of, "matter_id")


def _day(at: ColumnElement[Any]) -> ColumnElement[Any]:
    """The day in China of a moment."""
    return cast(func.timezone(literal("Asia/Shanghai"), at), Date)


def _approved_on(ask: Ask, row: Row) -> ColumnElement[Any]:
    return _day(row["approved_at"])


def _handler(ask: Ask, row: Row) -> ColumnElement[Any]:
    """The unit that handles it, or has it in hand; for a building or stairwell its grid."""
    matter, unit = MATTER.alias(), UNIT.alias()
    is_near = or_(*(unit.c.kind == kind.value for kind in TOO_NEAR))
    found = select(case((is_near, matter.c.grid_id), else_=unit.c.id)).where(
        matter.c.tenant_id == ask.tenant,
        matter.c.id == row["matter_id"],
        unit.c.tenant_id == ask.tenant,
        unit.c.id == func.coalesce(matter.c.handler_id, matter.c.holder_id),
    )
    return found.correlate_except(matter, unit).scalar_subquery()


def _matter_id(ask: Ask, row: Row) -> ColumnElement[Any]:
    return func.concat("Matter:", row["matter_id"])


def _objections(ask: Ask, row: Row) -> ColumnElement[Any]:
    objection = OBJECTION.alias()
    counted = select(func.count()).where(
        objection.c.tenant_id == ask.tenant, objection.c.matter_id == row["matter_id"]
    )
    return counted.correlate_except(objection).scalar_subquery()


@strawberry.type(
    description="公开栏的一条：已批准、已隐去个人信息。 An entry of the board: approved and masked."
)
@reads(Table, "board", public=_is_shown)
class BoardEntry(Node):
    """What everybody may read of a matter."""

    title: str | None = column(Table.title, "标题；只向当事人公开的为空。 The title, if shown.")
    text: str | None = column(Table.text, "正文。 The text, if shown.")
    result: str | None = column(Table.result, "办理结果。 What came of it, if shown.")
    category: str = column(Table.category, "类别代号。 Its category.")
    category_label: str = label(
        "matters", "category", "本县对这一类的叫法。 What the county calls it.", "categories"
    )
    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.grid_id, "网格。 The grid."
    )
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate; never a building."
    )
    handler: Annotated["Unit", strawberry.lazy("schema.units")] | None = computed_link(
        _handler,
        "承办单位，未交办的为现在办理的单元；楼栋、单元显示为网格。"
        " Who handles it or, before, has it in hand; for a building its grid.",
    )
    handling_class: HandlingClass | None = computed(
        _of_matter(lambda matter: matter.handling_class), "分类。 By what class."
    )
    state: MatterState = computed(
        _of_matter(lambda matter: matter.state), "事项的状态。 Where the matter stands."
    )
    raised_on: date = computed(
        _of_matter(lambda matter: _day(matter.raised_at)),
        "提出的日期。 The day it was raised.",
    )
    approved_on: date = computed(_approved_on, "公开的日期。 From which day it is shown.")
    closed_on: date | None = computed(
        _of_matter(lambda matter: _day(matter.closed_at)),
        "办结的日期。 The day it was closed.",
    )
    days_taken: int | None = computed(
        _of_matter(lambda matter: _day(matter.closed_at) - _day(matter.raised_at)),
        "从提出到办结的天数。 Days from the raising to the closing.",
    )
    satisfaction: int | None = computed(
        _of_matter(lambda matter: matter.satisfaction),
        "提事人的满意度，1 到 5。 From 1 to 5.",
    )
    reopened: int = computed(
        _of_matter(lambda matter: matter.reopened), "重新办理的次数。 How often reopened."
    )
    matter_id: strawberry.ID = computed(
        _matter_id,
        "事项的编号：居民提出异议、关注它时用。 The matter's id, to object to it or to follow it.",
    )
    objections: int = computed(_objections, "异议的条数。 How many objections there were.")


@strawberry.enum(description="撤下记录按什么排序。 By what withdrawals are ordered.")
class WithdrawalOrder(Enum):
    """By what withdrawals are ordered."""

    WITHDRAWN_AT = "withdrawn_at"


def _was_shown(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Approved once, then withdrawn with a reason, not replaced; and its place isn't hidden."""
    at_the_place = public_at("place_id", is_marked=False, is_open=False)
    return and_(
        row["withdrawal_reason"].is_not(None),
        row["approved_at"].is_not(None),
        at_the_place(ask, row),
    )


def _withdrawn_on(ask: Ask, row: Row) -> ColumnElement[Any]:
    return _day(row["withdrawn_at"])


def _is_shown_again(ask: Ask, row: Row) -> ColumnElement[Any]:
    later = EDITION.alias()
    found = select(later.c.id).where(
        later.c.tenant_id == ask.tenant,
        later.c.matter_id == row["matter_id"],
        later.c.state == PublicationState.approved.value,
    )
    return found.correlate_except(later).exists()


@strawberry.type(
    description="从公开栏撤下的一条：只留下什么时候公开、什么时候撤下。"
    " What was taken from the board: only that it was there, from when until when."
)
@reads(Table, "board", public=_was_shown)
class BoardWithdrawal(Node):
    """That something was shown, and is no more: never what it said."""

    category: str = column(Table.category, "类别代号。 Its category.")
    category_label: str = label(
        "matters", "category", "本县对这一类的叫法。 What the county calls it.", "categories"
    )
    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.grid_id, "网格。 The grid."
    )
    approved_on: date = computed(_approved_on, "公开的日期。 From which day it was shown.")
    withdrawn_on: date = computed(_withdrawn_on, "撤下的日期。 From which day no more.")
    matter_id: strawberry.ID = computed(_matter_id, "事项的编号。 The matter's id.")
    is_shown_again: bool = computed(
        _is_shown_again, "是否又公开了新的一版。 Whether another edition is shown by now."
    )


@strawberry.type
class Queries:
    """What everybody may ask of the county's matters."""

    public_board: Connection[BoardEntry] = connection(
        None,
        BoardOrder,
        "公开晒事栏，不必登录；最近公开的在前。 The public board, latest first; no sign-in needed.",
        BoardFilter,
        Direction.DESC,
    )
    board_withdrawals: Connection[BoardWithdrawal] = connection(
        None,
        WithdrawalOrder,
        "从公开栏撤下的，不必登录；最近撤下的在前。 What was taken from the board, latest first.",
        None,
        Direction.DESC,
    )
