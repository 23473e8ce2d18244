"""Fee standards (收费标准): what an item costs in an estate, and on what ground."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement

from schema.commands import command
from schema.contracts import Contract
from schema.linkages import at_estate
from schema.nodes import Node, worded
from schema.ownerships import owner_at
from schema.reading.declare import Ask, Row, column, connection, link, reads
from schema.reading.found import Condition, either
from schema.reading.pages import Connection, Direction
from schema.scopes import equals, is_current, pointing, under
from services import fee_standards
from services.fee_standards import ITEMS, FeeBasis, FeeItem
from services.fee_standards import FeeStandard as Table
from services.property_units import PropertyUse

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(FeeItem, description="收费项目。 What is paid for.")
strawberry.enum(FeeBasis, description="按什么计费。 What a price is for.")


@strawberry.enum(description="收费标准按什么排序。 By what standards are ordered.")
class FeeStandardOrder(Enum):
    """By what standards are ordered."""

    SINCE = "since"


@strawberry.input(description="只要这样的收费标准。 Only such standards.")
class FeeStandardFilter:
    """Only such standards."""

    open_ended: bool | None = is_current(Table.until, "是否没有终止日。 Whether it has no end.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    item: FeeItem | None = equals(Table.item, "收费项目。 What is paid for.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A standard is where its estate is, with the estate's parties, and with its firm."""
    return either([at_estate(ask, row["estate_id"], held), under(ask, row["firm_id"], held)])


@strawberry.type(description="收费标准，单价为元每月。 A price in yuan a month.")
@reads(Table, "fee_standards", unit=_within, own=owner_at("estate_id"))
class FeeStandard(Node):
    """What an item costs in an estate."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    contract: Contract | None = link(Table.contract_id, "依据的合同。 The contract that it cites.")
    ground: str | None = column(Table.ground, "其他依据。 Or its other ground.")
    item: FeeItem = column(Table.item, "收费项目。 What is paid for.")
    item_label: str = worded("item", ITEMS, "项目的说法。 The item in words.")
    label: str = column(Table.label, "其他项目的名称。 What another item is called.")
    use: PropertyUse = column(Table.use, "用于哪种用途的房产。 For units of this use.")
    basis: FeeBasis = column(Table.basis, "按面积还是按户。 For a square metre or a unit.")
    price: Decimal = column(Table.price, "单价，元每月。 The price in yuan a month.")
    due_days: int = column(Table.due_days, "月末后几天内交。 Due so many days after the month.")
    discount: int = column(Table.discount, "优惠，万分之几。 A discount in ten-thousandths.")
    penalty_rate: int | None = column(
        Table.penalty_rate, "违约金每天万分之几，空为没有。 The penalty a day in ten-thousandths."
    )
    penalty_after: int | None = column(Table.penalty_after, "逾期几天后起算。 After so many days.")
    since: date = column(Table.since, "从哪天起。 From this day on.")
    until: date | None = column(Table.until, "到哪天止（不含）。 Until this day, not included.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about fee standards."""

    fee_standards: Connection[FeeStandard] = connection(
        None, FeeStandardOrder, "收费标准。 Fee standards.", FeeStandardFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of fee standards."""

    adopt_fee_standard: FeeStandard | None = command(
        fee_standards.adopt, "订立收费标准，须有依据。 Adopt a standard, on its ground."
    )
    end_fee_standard: FeeStandard | None = command(
        fee_standards.end, "让收费标准到期。 End a standard on a day."
    )
