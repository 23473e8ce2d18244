"""Resolutions (决议): what a round table resolved, who carries it out, and where that stands."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, func, or_

from schema.commands import command
from schema.councils import sits_there
from schema.matters.types import Matter
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, pointing, under
from services import resolutions
from services.matters.tables import HandlingClass
from services.meetings.tables import Resolution as Table
from services.meetings.tables import ResolutionState

if TYPE_CHECKING:
    from schema.meetings.types import Meeting
    from schema.units import Unit

strawberry.enum(ResolutionState, description="决议的状态。 Where a resolution stands.")
CLOSED = (ResolutionState.verified.value, ResolutionState.superseded.value)


@strawberry.enum(description="决议按什么排序。 By what resolutions are ordered.")
class ResolutionOrder(Enum):
    """By what resolutions are ordered."""

    DUE_ON = "due_on"


@strawberry.input(description="只要这样的决议。 Only such resolutions.")
class ResolutionFilter:
    """Only such resolutions."""

    states: list[ResolutionState] | None = among(Table.state, "状态之一。 One of these states.")
    owner: strawberry.ID | None = pointing(Table.owner_id, "Unit", "承办单位。 The owner.")
    council: strawberry.ID | None = pointing(Table.council_id, "Council", "议事会。 Whose.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whoever sits there, looks after the grid, or carries it out."""
    return or_(sits_there(ask, row["council_id"], held), under(ask, row["owner_id"], held))


def _is_overdue(ask: Ask, row: Row) -> ColumnElement[Any]:
    """Its day is over, in China, and it isn't reported."""
    today = func.date(func.timezone("Asia/Shanghai", func.now()))
    is_open = row["state"].in_((ResolutionState.assigned.value, ResolutionState.executing.value))
    return is_open & (row["due_on"] < today)


@strawberry.type(
    description="决议：有承办单位、有期限，以核实告终。 A resolution of a round table."
)
@reads(Table, "resolutions", unit=_within)
class Resolution(Node):
    """What a meeting resolved."""

    text: str = column(Table.text, "内容。 What was resolved.")
    state: ResolutionState = column(Table.state, "状态。 Where it stands.")
    is_overdue: bool = computed(_is_overdue, "是否逾期未报告。 Whether it is overdue.")
    handling_class: HandlingClass = column(Table.handling_class, "分类。 By whom.")
    owner: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.owner_id, "承办单位。 Who carries it out."
    )
    due_on: date = column(Table.due_on, "期限。 By the end of which day.")
    meeting: Annotated["Meeting", strawberry.lazy("schema.meetings.types")] | None = link(
        Table.meeting_id, "会议。 The meeting."
    )
    matter: Matter | None = link(Table.matter_id, "事项。 The matter.")
    report: str | None = column(Table.report, "落实情况。 What was done.")
    reported_by: Person | None = link(Table.reported_by, "谁报告的。 Who reported it.")
    reported_at: datetime | None = column(Table.reported_at, "报告的时刻。 Reported when.")
    verified_by: Person | None = link(Table.verified_by, "谁核实的。 Who verified it.")
    verified_at: datetime | None = column(Table.verified_at, "核实的时刻。 Verified when.")
    superseded_by: Annotated["Resolution", strawberry.lazy("schema.resolutions")] | None = link(
        Table.superseded_by_id, "被哪项决议取代。 The later one that took its place."
    )
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about resolutions."""

    resolutions: Connection[Resolution] = connection(
        None, ResolutionOrder, "圆桌会的决议。 Resolutions.", ResolutionFilter
    )


@strawberry.type
class Mutations:
    """The commands on resolutions that came of no matter."""

    take_up_resolution: Resolution | None = command(
        resolutions.take_up, "承办单位开始落实。 Begin to carry it out."
    )
    report_resolution: Resolution | None = command(
        resolutions.report, "报告落实情况。 Report that it is carried out."
    )
    verify_resolution: Resolution | None = command(
        resolutions.verify, "由他人核实。 Verified by another."
    )
    send_back_resolution: Resolution | None = command(
        resolutions.send_back, "核实不合格，退回。 Send a report back."
    )
