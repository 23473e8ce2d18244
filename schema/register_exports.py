"""Register exports (登记导出): an estate's register as a table, at an address that ends soon."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, case, func

from schema.commands import command
from schema.nodes import Node
from schema.passes import address, end
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.scopes import of_person
from schema.units import Unit
from services import register_exports
from services.passes import Purpose
from services.register_exports import RegisterExport as Table

ADDRESS, END = address(Purpose.register), end(Purpose.register)


@strawberry.enum(description="导出按什么排序。 By what exports are ordered.")
class RegisterExportOrder(Enum):
    """By what exports are ordered."""

    MADE_AT = "made_at"


def _is_good(ask: Ask, row: Row) -> ColumnElement[bool]:
    """It is whoever asks who had it made, and it isn't over."""
    return and_(row["made_by"] == ask.person, row["good_until"] > func.now())


def _url(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_good(ask, row), ADDRESS(ask, row)))


def _until(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_good(ask, row), END(ask, row)))


@strawberry.type(description="登记导出：一个小区的登记簿。 An estate's register in Excel.")
@reads(Table, "register_exports", own=of_person("made_by"))
class RegisterExport(Node):
    """An estate's register, written out."""

    estate: Unit | None = link(Table.estate_id, "小区。 The estate.")
    purpose: str | None = column(
        Table.purpose, "要证件号、电话原值的用途。 For what numbers are in clear."
    )
    made_at: datetime = column(Table.made_at, "导出的时刻。 When it was asked for.")
    made_by: Person | None = link(Table.made_by, "谁导出的。 Who asked for it.")
    good_until: datetime = column(Table.good_until, "何时失效。 Until when it can be had.")
    url: str | None = computed(
        _url, "取回的地址，五分钟内失效，只给导出的人。 Where who asked for it reads it."
    )
    url_until: datetime | None = computed(_until, "地址何时失效。 When that ends.")


@strawberry.type
class Queries:
    """What can be asked about register exports."""

    register_exports: Connection[RegisterExport] = connection(
        None, RegisterExportOrder, "登记导出。 Register exports.", direction=Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of register exports."""

    export_register: RegisterExport | None = command(
        register_exports.make, "导出一个小区的登记簿。 Have an estate's register written out."
    )
