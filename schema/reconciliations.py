"""Reconciliation (对账): bills, ledger and providers' lines side by side, no names."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, true

from policies import Scope
from schema.fees import entitled
from schema.nodes import worded
from schema.reading.declare import Ask, Row, argument, column, here, link, rows
from schema.reading.scalars import BigInt
from schema.scopes import days_asked, under
from services import reconciliations
from services.fee_standards import FeeItem
from services.reconciliations import DIFFERENCES, Difference

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(
    Difference, name="ReconciliationDifferenceKind", description="哪里不同。 How they differ."
)
SIZE = 500
MOST_MONTHS = 24


def _estate(ask: Ask) -> ColumnElement[Any]:
    return ask.argument("estate", Uuid(), of="Unit")


def _seen(ask: Ask) -> reconciliations.Asked:
    """Where the reader reconciles, and of the estate that is asked for, if one is."""

    def within(row: Any) -> ColumnElement[bool]:
        here_: ColumnElement[bool] = true()
        if ask.is_given("estate"):
            here_ = row.estate_id == _estate(ask)
        if Scope.county in ask.scopes("reconciliations"):
            return here_
        ours: Any = under(ask, row.firm_id, ask.units("reconciliations"))
        return and_(here_, ours)

    return within


def _wanted(ask: Ask) -> reconciliations.Asked:
    if not ask.is_given("channel"):
        return reconciliations.anything
    channel = ask.argument("channel", Text())
    return lambda name: name == channel


def _by_channel(ask: Ask, row: Row) -> Select[Any]:
    return reconciliations.by_channel(
        ask.tenant, _seen(ask), days_asked(ask, MOST_MONTHS), _wanted(ask), entitled(ask)
    )


def _differences(ask: Ask, row: Row) -> Select[Any]:
    return reconciliations.differences(
        ask.tenant, _seen(ask), days_asked(ask, MOST_MONTHS), _wanted(ask)
    )


def _by_item(ask: Ask, row: Row) -> Select[Any]:
    return reconciliations.by_item(
        ask.tenant, _seen(ask), days_asked(ask, MOST_MONTHS), entitled(ask)
    )


@strawberry.type(description="一个项目一个月的账单、账目与渠道。 Of an item and a month of bills.")
class ReconciledItem:
    """The sums of a firm's bills of an item and month; null where they are withheld."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "firm_id", "物业公司。 The firm."
    )
    item: FeeItem = column("item", "收费项目。 What is paid for.")
    label: str = column("label", "其他项目的名称。 What another item is called.")
    month: date = column("month", "月份的第一天。 The first day of its month.")
    bills: int | None = column("bills", "多少张账单。 How many bills.")
    charges: int | None = column("charges", "其中账上有应收的。 Charged on the ledger.")
    charged: BigInt | None = column("charged", "账上应收，分。 Charged on the ledger, in fen.")
    paid: BigInt | None = column("paid", "账上已付，已减退款，分。 Paid, refunds taken off.")
    by_provider: BigInt | None = column("by_provider", "其中渠道也说了的，分。 As providers say.")
    is_withheld: bool = column(
        "is_withheld", "是否因户数太少不显示。 Whether it is withheld, being of too few units."
    )


@strawberry.type(description="一个渠道一个月的账上与渠道合计。 Of a channel and a month.")
class ReconciledChannel:
    """What came by a channel in a month; null where it is withheld."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "firm_id", "物业公司。 The firm."
    )
    channel: str = column("channel", "渠道。 The channel.")
    month: date = column("month", "月份的第一天。 The first day of the month.")
    on_ledger: BigInt | None = column("on_ledger", "账上，分。 On the ledger, in fen.")
    in_lines: BigInt | None = column("in_lines", "渠道所说，分。 As the provider says, in fen.")
    is_withheld: bool = column(
        "is_withheld", "是否因户数太少不显示。 Whether it is withheld, being of too few units."
    )


@strawberry.type(description="一笔不同。 An external id of which the two differ.")
class ReconciliationDifference:
    """An external id of which the ledger and the provider differ."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "firm_id", "物业公司。 The firm."
    )
    channel: str = column("channel", "渠道。 The channel.")
    external_id: str | None = column("external_id", "渠道的单号。 Its number there.")
    at: datetime = column("at", "何时。 When.")
    kind: Difference = column("kind", "哪里不同。 How they differ.")
    kind_label: str = worded("kind", DIFFERENCES, "不同的说法。 The difference in words.")
    on_ledger: BigInt = column("on_ledger", "账上，分。 On the ledger, in fen.")
    in_lines: BigInt = column("in_lines", "渠道所说，分。 As the provider says, in fen.")


@strawberry.type(description="对账，没有姓名。 Reconciliation, without names.")
class Reconciliation:
    """Bills, ledger and providers' lines side by side."""

    by_item: list[ReconciledItem] = rows(_by_item, "按项目、月份。 By item and month.", SIZE)
    by_channel: list[ReconciledChannel] = rows(
        _by_channel, "按渠道、整月。 By channel and whole month.", SIZE
    )
    differences: list[ReconciliationDifference] = rows(
        _differences,
        "逐笔不同；一致时为空。 What differs.",
        SIZE,
    )


@strawberry.type
class Queries:
    """What can be asked about reconciliation."""

    reconciliation: Reconciliation = here(
        "对账：账单、账目与渠道并列，逐笔列出不同。"
        " Reconciliation: bills, ledger and providers side by side, and what differs.",
        "reconciliations",
        argument("estate", strawberry.ID | None, "哪个小区。 Of this estate."),
        argument("from", date, "从哪天起。 From this day on."),
        argument("to", date, "到哪天止（含）。 Until this day, included."),
        argument("channel", str | None, "哪个渠道。 Of this channel."),
        takes=lambda ask: (_estate(ask), days_asked(ask, MOST_MONTHS)),
    )
