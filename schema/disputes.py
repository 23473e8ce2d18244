"""Disputes (争议): bills that are contested and set apart until the community has decided."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, select

from schema.bills import Bill
from schema.commands import command
from schema.ledger import mine, number_of_unit, summed
from schema.linkages import at_estate
from schema.nodes import Node, worded
from schema.people import Person
from schema.reading.declare import (
    Ask,
    Row,
    column,
    computed,
    connection,
    light,
    link,
    reads,
)
from schema.reading.found import Condition, either
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import among, found_by, pointing, under
from services import disputes
from services.bills.tables import Bill as BillRow
from services.disputes import STATES, DisputeState
from services.disputes import FeeDispute as Table
from services.fee_standards import FeeItem

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(DisputeState, name="FeeDisputeState", description="争议的状态。 Where it stands.")
BILL = light(BillRow)


@strawberry.enum(description="争议按什么排序。 By what disputes are ordered.")
class FeeDisputeOrder(Enum):
    """By what disputes are ordered."""

    SINCE = "since"


@strawberry.input(description="只要这样的争议。 Only such disputes.")
class FeeDisputeFilter:
    """Only such disputes."""

    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    states: list[DisputeState] | None = among(Table.state, "这些状态之一。 One of these states.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A dispute is where its estate is, and with its firm."""
    return either([at_estate(ask, row["estate_id"], held), under(ask, row["firm_id"], held)])


def _own(ask: Ask, row: Row) -> Condition:
    """The reader is among those who owe the bill."""
    one = BILL.alias()
    owed = select(one.c.id).where(one.c.tenant_id == ask.tenant, mine("account_id")(ask, one.c))
    return found_by(ask, row["bill_id"], owed, one.c.id)


def _of_bill(column_: str) -> Callable[[Ask, Row], ColumnElement[Any]]:
    """What whoever decides has to know of the bill, which they don't read itself."""

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        one = BILL.alias()
        found = select(one.c[column_]).where(
            one.c.tenant_id == ask.tenant, one.c.id == row["bill_id"]
        )
        return found.correlate_except(one).scalar_subquery()

    return build


def _number(ask: Ask, row: Row) -> ColumnElement[Any]:
    return number_of_unit(ask, {"property_unit_id": _of_bill("property_unit_id")(ask, row)})


def _charged(ask: Ask, row: Row) -> ColumnElement[Any]:
    return summed("bill_id", kind="charge")(ask, {"id": row["bill_id"]})


@strawberry.type(description="账单争议。 A bill that is contested.")
@reads(Table, "disputes", unit=_within, own=_own)
class FeeDispute(Node):
    """A bill that is contested."""

    bill: Bill | None = link(Table.bill_id, "账单。 The bill.", lenient=True)
    number: str | None = computed(_number, "账单的房号。 The number of the bill's unit.")
    item: FeeItem = computed(_of_bill("item"), "账单的项目。 What the bill is for.")
    month: date = computed(_of_bill("month"), "账单月份的第一天。 The first day of its month.")
    charged: BigInt = computed(_charged, "账单的出账金额，分。 What it charged, in fen.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    person: Person | None = link(Table.person_id, "谁提出的。 Who raised it.", lenient=True)
    text: str = column(Table.text, "为什么有异议。 Why it is contested.")
    state: DisputeState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    since: date = column(Table.since, "从哪天起。 From this day on.")
    until: date | None = column(Table.until, "哪天处理完。 The day on which it was settled.")
    answer: str | None = column(Table.answer, "处理意见。 The decision in words.")
    lowered_by: BigInt | None = column(Table.lowered_by, "减了多少分。 By how many fen lowered.")
    settled_by: Person | None = link(Table.settled_by, "谁处理的。 Who settled it.", lenient=True)
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about disputes."""

    fee_disputes: Connection[FeeDispute] = connection(
        None, FeeDisputeOrder, "账单争议。 Disputes.", FeeDisputeFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of disputes."""

    raise_fee_dispute: FeeDispute | None = command(
        disputes.raise_, "对自己的账单提出异议。 Contest a bill that you owe."
    )
    uphold_fee_dispute: FeeDispute | None = command(
        disputes.uphold, "争议成立，减免或冲正。 Find for the owner: lower or take back the bill."
    )
    overturn_fee_dispute: FeeDispute | None = command(
        disputes.overturn, "争议不成立。 Find against the owner; the bill is owed as it was."
    )
