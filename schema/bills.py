"""Bills (账单): what a unit owes of an item for a month, and the runs that made them."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement

from schema.commands import command
from schema.fee_standards import FeeStandard
from schema.ledger import (
    FeeAccount,
    LedgerEntry,
    LedgerEntryFilter,
    LedgerEntryOrder,
    mine,
    number_of_unit,
    summed,
)
from schema.nodes import Node, worded
from schema.people import Person
from schema.property_units import PropertyUnit
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import below, equals, of_person, pointing
from services import bills, fees
from services.bills.tables import STATES, RunState
from services.bills.tables import Bill as Table
from services.bills.tables import BillingRun as RunRow
from services.demands import limitation
from services.fee_standards import ITEMS, FeeItem
from services.ledger import LedgerEntry as EntryRow
from services.ledger import Part

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(RunState, name="BillingRunState", description="出账的状态。 Where a run stands.")


@strawberry.enum(description="账单按什么排序。 By what bills are ordered.")
class BillOrder(Enum):
    """By what bills are ordered."""

    DUE_ON = "due_on"


@strawberry.enum(description="出账按什么排序。 By what runs are ordered.")
class BillingRunOrder(Enum):
    """By what runs are ordered."""

    MADE_AT = "made_at"


@strawberry.input(description="只要这样的账单。 Only such bills.")
class BillFilter:
    """Only such bills."""

    account: strawberry.ID | None = pointing(Table.account_id, "FeeAccount", "账户。 The account.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    item: FeeItem | None = equals(Table.item, "收费项目。 What is paid for.")
    month: date | None = equals(Table.month, "月份的第一天。 The first day of its month.")
    is_unclaimed: bool | None = equals(
        Table.is_unclaimed, "是否没有核实的业主。 Whether nobody was verified as the owner."
    )


class _Bill:
    """A row as `fees` takes a bill: by its columns."""

    def __init__(self, row: Row) -> None:
        self.c: Any = _Columns(row)


class _Columns:
    def __init__(self, row: Row) -> None:
        self._row = row

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        return self._row[name]


def _is_disputed(ask: Ask, row: Row) -> ColumnElement[Any]:
    return fees.is_disputed(ask.tenant, _Bill(row))


def _is_overdue(ask: Ask, row: Row) -> ColumnElement[Any]:
    return fees.is_overdue(ask.tenant, _Bill(row), summed("bill_id")(ask, row))


def _is_planned(ask: Ask, row: Row) -> ColumnElement[Any]:
    return fees.is_planned(ask.tenant, _Bill(row))


def _limitation(ask: Ask, row: Row) -> ColumnElement[Any]:
    return limitation.limitation(ask.tenant, _Bill(row))


@strawberry.type(description="账单：一套房产一个项目一个月。 A unit's bill of an item and month.")
@reads(Table, "bills", unit=below("firm_id"), own=mine("account_id"))
class Bill(Node):
    """What a unit owes of an item for a month."""

    number: str | None = computed(number_of_unit, "房号。 The unit's number.")
    property_unit: PropertyUnit | None = link(Table.property_unit_id, "房产。 The property unit.")
    account: FeeAccount | None = link(Table.account_id, "账户。 The account that owes it.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm that it is owed to."
    )
    standard: FeeStandard | None = link(Table.standard_id, "收费标准。 The standard.")
    item: FeeItem = column(Table.item, "收费项目。 What is paid for.")
    item_label: str = worded("item", ITEMS, "项目的说法。 The item in words.")
    label: str = column(Table.label, "其他项目的名称。 What another item is called.")
    month: date = column(Table.month, "月份的第一天。 The first day of its month.")
    edition: int = column(
        Table.edition,
        "第几次出账：物业冲正的账单，再次出账时重新开出。 Which of its editions: what the firm"
        " took back is billed anew.",
    )
    working: str = column(Table.working, "算式：单价 × 数量 × 天数。 How its amount came about.")
    charged: BigInt = computed(
        summed("bill_id", kind="charge"), "出账金额，分。 What was charged, in fen."
    )
    principal: BigInt = computed(
        summed("bill_id", Part.principal), "未付本金，分。 What is unpaid of the principal."
    )
    penalty: BigInt = computed(
        summed("bill_id", Part.penalty), "未付违约金，分。 What is unpaid of penalties."
    )
    balance: BigInt = computed(summed("bill_id"), "未付合计，分。 What is unpaid in all.")
    due_on: date = column(Table.due_on, "应付日期。 By when it is due.")
    limitation_on: date = computed(
        _limitation,
        "诉讼时效届满日：三年，送达催告后重新计算。 The last day for an action: three years, anew"
        " from a delivered demand.",
    )
    is_unclaimed: bool = column(
        Table.is_unclaimed, "是否没有核实的业主。 Whether nobody was verified as the owner."
    )
    is_disputed: bool = computed(_is_disputed, "是否在争议中。 Whether it is disputed.")
    is_planned: bool = computed(_is_planned, "是否在分期中。 Whether it is in a plan being kept.")
    is_overdue: bool = computed(_is_overdue, "是否逾期。 Whether it is overdue.")
    entries: Connection[LedgerEntry] = connection(
        EntryRow.bill_id, LedgerEntryOrder, "账目。 Its entries.", LedgerEntryFilter
    )


@strawberry.type(description="一次出账，由系统逐批完成。 A billing run, done by the clock.")
@reads(RunRow, "bills", unit=below("firm_id"), own=of_person("made_by"))
class BillingRun(Node):
    """A run over the units of an estate, and how far it is."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        RunRow.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        RunRow.firm_id, "物业公司。 The firm."
    )
    month: date = column(RunRow.month, "从哪个月起。 The first month.")
    last_month: date = column(RunRow.last_month, "到哪个月。 The last month.")
    state: RunState = column(RunRow.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    total: int = column(RunRow.total, "共多少套房产。 How many units there are.")
    done: int = column(RunRow.done, "已处理多少套。 How many are done.")
    billed: int = column(RunRow.billed, "出了多少张账单。 How many bills it made.")
    unclaimed: int = column(RunRow.unclaimed, "其中没有核实业主的。 Of units of nobody.")
    made_at: datetime = column(RunRow.made_at, "何时要求。 When it was asked for.")
    asked_by: Person | None = link(RunRow.made_by, "谁要求的。 Who asked for it.")
    finished_at: datetime | None = column(RunRow.finished_at, "何时完成。 When it was done.")
    version: int = column(RunRow.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about bills."""

    bills: Connection[Bill] = connection(
        None, BillOrder, "账单。 Bills.", BillFilter, Direction.DESC
    )
    billing_runs: Connection[BillingRun] = connection(
        None, BillingRunOrder, "出账。 Billing runs.", direction=Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of bills."""

    run_billing: BillingRun | None = command(
        bills.run, "为一个小区出账，在后台完成。 Have an estate's months billed, in the background."
    )
    reverse_bill: Bill | None = command(
        bills.reverse, "冲正账单，须由另一人。 Take a bill back; another person than who ran it."
    )
