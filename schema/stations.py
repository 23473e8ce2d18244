"""Stations (红色驿站): the place in a grid where it happens."""

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import below, is_current, pointing, public_at
from services import stations
from services.stations import Station as Table

if TYPE_CHECKING:
    from schema.units import Unit


@strawberry.enum(description="驿站按什么排序。 By what stations are ordered.")
class StationOrder(Enum):
    """By what stations are ordered."""

    NAME = "name"


@strawberry.input(description="只要这样的驿站。 Only such stations.")
class StationFilter:
    """Only such stations."""

    open: bool | None = is_current(Table.until, "是否开放。 Whether it is open.")
    grid: strawberry.ID | None = pointing(Table.grid_id, "Unit", "网格。 The grid.")


@strawberry.type(description="网格红色驿站。 A grid's station, where people meet and are heard.")
@reads(Table, "stations", unit=below("grid_id"), public=public_at("grid_id"))
class Station(Node):
    """A grid's station."""

    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.grid_id, "网格。 The grid."
    )
    name: str = column(Table.name, "名称。 Its name.")
    address: str = column(Table.address, "地址。 Where it is.")
    hours: str = column(Table.hours, "开放时间。 When somebody is there.")
    since: date = column(Table.since, "启用日期。 From which day on.")
    until: date | None = column(Table.until, "关闭日期。 The first day without it.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about stations."""

    stations: Connection[Station] = connection(
        None, StationOrder, "红色驿站。 Stations.", StationFilter
    )


@strawberry.type
class Mutations:
    """The commands of stations."""

    open_station: Station | None = command(stations.open, "启用驿站。 Open a grid's station.")
    close_station: Station | None = command(stations.close, "关闭驿站。 Close a station.")
