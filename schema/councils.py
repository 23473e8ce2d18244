"""Councils (圆桌议事会): a grid's round table and who has a seat there."""

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, func, literal_column, select

from schema.commands import command
from schema.nodes import Node, county_name, label
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.found import Condition, either
from schema.reading.pages import Connection
from schema.scopes import found_by, is_current, pointing, public_at, under
from services import councils
from services.councils import Council as CouncilTable
from services.councils import CouncilSeat as SeatTable
from services.councils import SeatKind

if TYPE_CHECKING:
    from schema.units import Unit

COUNCIL = light(CouncilTable)
SEAT = light(SeatTable)

strawberry.enum(SeatKind, description="圆桌的六方。 The six parties of the round table.")


@strawberry.enum(description="议事会按什么排序。 By what councils are ordered.")
class CouncilOrder(Enum):
    """By what councils are ordered."""

    NAME = "name"


@strawberry.enum(description="席位按什么排序。 By what seats are ordered.")
class CouncilSeatOrder(Enum):
    """By what seats are ordered."""

    KIND = "kind"


@strawberry.input(description="只要这样的议事会。 Only such councils.")
class CouncilFilter:
    """Only such councils."""

    open: bool | None = is_current(CouncilTable.until, "是否仍在。 Whether it stands.")
    grid: strawberry.ID | None = pointing(CouncilTable.grid_id, "Unit", "网格。 The grid.")


@strawberry.input(description="只要这样的席位。 Only such seats.")
class CouncilSeatFilter:
    """Only such seats."""

    open: bool | None = is_current(SeatTable.until, "是否现有。 Whether it is held now.")


def sits_there(ask: Ask, council: ColumnElement[Any], held: ColumnElement[Any]) -> Condition:
    """The council is of a grid that one looks after, or one's own unit has a seat there."""
    own, seat = COUNCIL.alias(), SEAT.alias()
    grids = select(own.c.id).where(own.c.tenant_id == ask.tenant, under(ask, own.c.grid_id, held))
    seats = select(seat.c.council_id).where(
        seat.c.tenant_id == ask.tenant,
        seat.c.until.is_(None),
        seat.c.unit_id == func.any(held),
    )
    by_grid = found_by(ask, council, grids, own.c.id)
    return either([by_grid, found_by(ask, council, seats, seat.c.council_id)])


def at_public_council(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Where the council's grid is public, so are its seats, and that it met.

    Behind a fence: made a join, it would lead the planner to sort the county's whole list.
    """
    own = COUNCIL.alias()
    shown = select(own.c.id).where(
        own.c.tenant_id == ask.tenant,
        own.c.id == row["council_id"],
        public_at("grid_id", is_marked=False, is_open=False)(ask, own.c),
    )
    return shown.correlate_except(own).offset(literal_column("0")).exists()


@strawberry.type(description="席位：哪个单位属于六方中的哪一方。 A unit's seat at a round table.")
@reads(SeatTable, "councils", public=at_public_council)
class CouncilSeat(Node):
    """A unit's seat at a round table."""

    kind: SeatKind = column(SeatTable.kind, "六方之一。 Which party.")
    kind_label: str = label("councils", "kind", "本县对这一方的叫法。 What the county calls it.")
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        SeatTable.unit_id, "单位。 The unit."
    )
    council: Annotated["Council", strawberry.lazy("schema.councils")] | None = link(
        SeatTable.council_id, "议事会。 The council."
    )
    since: date = column(SeatTable.since, "从这天起。 From this day on.")
    until: date | None = column(SeatTable.until, "到这天止（不含）。 Until this day, not included.")
    version: int = column(SeatTable.version, "版本。 Its version.")


@strawberry.type(description="圆桌议事会：一个网格，六方席位。 A grid's round table of six seats.")
@reads(CouncilTable, "councils", public=public_at("grid_id", is_marked=False, is_open=False))
class Council(Node):
    """A grid's round table."""

    name: str = column(CouncilTable.name, "名称。 Its name.")
    kind_label: str = county_name(
        "councils",
        "name",
        councils.COUNCIL,
        "本县怎么叫它。 What the county calls such a council.",
    )
    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        CouncilTable.grid_id, "网格。 The grid."
    )
    since: date = column(CouncilTable.since, "成立日期。 From which day on.")
    until: date | None = column(CouncilTable.until, "撤销日期。 The first day without it.")
    seats: Connection[CouncilSeat] = connection(
        SeatTable.council_id, CouncilSeatOrder, "六方席位。 Its seats.", CouncilSeatFilter
    )
    version: int = column(CouncilTable.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about councils."""

    councils: Connection[Council] = connection(
        None, CouncilOrder, "圆桌议事会。 Round tables.", CouncilFilter
    )


@strawberry.type
class Mutations:
    """The commands of councils."""

    form_council: Council | None = command(
        councils.form, "组建网格的圆桌议事会。 Form a grid's round table."
    )
    seat_unit: CouncilSeat | None = command(councils.seat, "给一个单位席位。 Give a unit a seat.")
    unseat_unit: CouncilSeat | None = command(councils.unseat, "结束席位。 End a unit's seat.")
    dissolve_council: Council | None = command(
        councils.dissolve, "撤销议事会。 Dissolve a round table."
    )
