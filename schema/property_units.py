"""Property units (专有部分): what is owned apart in an estate, and who owns it."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import select

from schema.commands import command
from schema.nodes import Node
from schema.ownerships import Ownership, OwnershipFilter, OwnershipOrder
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection
from schema.scopes import below, equals, found_by, is_current, pointing, starting
from services import property_units
from services.ownerships import Ownership as OwnershipRow
from services.ownerships import is_standing
from services.property_units import AreaSource, PropertyUse
from services.property_units import PropertyUnit as Table

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(PropertyUse, description="规划用途。 What a property unit is for.")
strawberry.enum(AreaSource, description="面积的来源。 Where an area was read.")
OWNERSHIP = light(OwnershipRow)


@strawberry.enum(description="专有部分按什么排序。 By what property units are ordered.")
class PropertyUnitOrder(Enum):
    """By what property units are ordered."""

    NUMBER = "number"


@strawberry.input(description="只要这样的专有部分。 Only such property units.")
class PropertyUnitFilter:
    """Only such property units."""

    current: bool | None = is_current(Table.until, "是否还在册。 Whether it is on the register.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    unit: strawberry.ID | None = pointing(Table.unit_id, "Unit", "楼栋或单元。 Where it is.")
    number: str | None = starting(Table.number, "房号的开头。 Its number begins so.")
    use: PropertyUse | None = equals(Table.use, "用途。 What it is for.")


def _owned(ask: Ask, row: Row) -> Condition:
    """The reader owns it, or a share of it, by an ownership that was verified."""
    one = OWNERSHIP.alias()
    mine = select(one.c.property_unit_id).where(
        one.c.tenant_id == ask.tenant,
        one.c.person_id == ask.person,
        is_standing(one.c),
    )
    return found_by(ask, row["id"], mine, one.c.property_unit_id)


@strawberry.type(description="专有部分。 What is owned apart: a flat, a shop, a parking space.")
@reads(Table, "property_units", unit=below("unit_id"), own=_owned)
class PropertyUnit(Node):
    """What is owned apart in an estate."""

    number: str = column(Table.number, "房号。 Its number in the estate.")
    use: PropertyUse = column(Table.use, "用途。 What it is for.")
    area: Decimal = column(Table.area, "专有面积，平方米。 Its exclusive area in square metres.")
    area_source: AreaSource = column(Table.area_source, "面积的来源。 Where the area was read.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.unit_id, "所在的楼栋或单元。 The building or stairwell that it is in."
    )
    since: date = column(Table.since, "从何时起在册。 From which day on.")
    until: date | None = column(Table.until, "注销日期。 The first day without it.")
    version: int = column(Table.version, "版本。 Its version.")
    ownerships: Connection[Ownership] = connection(
        OwnershipRow.property_unit_id, OwnershipOrder, "产权。 Who owns it.", OwnershipFilter
    )


@strawberry.type
class Queries:
    """What can be asked about property units."""

    property_units: Connection[PropertyUnit] = connection(
        None, PropertyUnitOrder, "专有部分。 Property units.", PropertyUnitFilter
    )


@strawberry.type
class Mutations:
    """The commands of property units."""

    add_property_unit: PropertyUnit | None = command(
        property_units.add, "登记专有部分。 Put a property unit on the register."
    )
    amend_property_unit: PropertyUnit | None = command(
        property_units.amend, "更正专有部分。 Correct what the register says of one."
    )
    end_property_unit: PropertyUnit | None = command(
        property_units.end, "注销专有部分。 Take one off the register."
    )
