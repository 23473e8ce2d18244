"""Fee sums (收费汇总): what was charged, paid and is owed, and no names."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select, and_, false, or_, true

from policies import Scope
from schema.linkages import at_estate
from schema.reading.declare import Ask, Row, argument, column, here, link, rows
from schema.reading.scalars import BigInt
from schema.scopes import beneath, days_asked, under, unit_asked
from services import fees
from services.fee_standards import FeeItem

if TYPE_CHECKING:
    from schema.units import Unit

# A list looks through the bills of the period, however few its rows are.
SIZE = 500
MOST_MONTHS = 24


def _seen(ask: Ask) -> fees.Seen:
    """Bills whose sums the reader may see: of the estates in their reach, or owed to their firm."""

    def within(bill: Any) -> ColumnElement[bool]:
        asked: ColumnElement[bool] = true()
        if ask.is_given("unit"):
            asked = beneath(ask, bill.estate_id, unit_asked(ask))
        if Scope.county in ask.scopes("fees"):
            return asked
        held = ask.units("fees")
        near = at_estate(ask, bill.estate_id, held)
        return and_(asked, or_(near, under(ask, bill.firm_id, held)))

    return within


def entitled(ask: Ask) -> fees.Seen:
    """Bills that the reader may see one by one."""

    def within(bill: Any) -> ColumnElement[bool]:
        scopes = ask.scopes("bills")
        if Scope.county in scopes:
            return true()
        if Scope.unit not in scopes:
            return false()
        found: Any = under(ask, bill.firm_id, ask.units("bills"))
        return and_(true(), found)

    return within


def _of(build: Callable[..., Select[Any]]) -> Callable[[Ask, Row], Select[Any]]:
    return lambda ask, row: build(
        ask.tenant, _seen(ask), entitled(ask), days_asked(ask, MOST_MONTHS)
    )


@strawberry.type
class FeeFigures:
    """Sums in fen; null where a single debtor could be found out by them."""

    charged: BigInt | None = column("charged", "应收，含违约金、已减去减免。 Charged, in fen.")
    paid: BigInt | None = column("paid", "已付，未减退款。 Paid, refunds not taken off.")
    refunded: BigInt | None = column("refunded", "从账单退回的。 Refunded of what was paid.")
    outstanding: BigInt | None = column("outstanding", "未付，含争议中的。 Unpaid, disputed too.")
    disputed: BigInt | None = column("disputed", "其中争议中的。 Of that, disputed.")
    overdue: BigInt | None = column("overdue", "其中逾期的，不含争议和分期。 Of that, overdue.")
    rate: float | None = column("rate", "收缴率。 What share was collected.")


@strawberry.type(description="合计，只含显示出来的各组。 The sums of the groups that are shown.")
class FeeTotal(FeeFigures):
    """The sums of the groups that are shown."""

    withheld: int = column("withheld", "有几组不显示。 How many groups are withheld.")


@strawberry.type(description="一个小区一个项目一个月的合计。 Of an estate, an item and a month.")
class FeeGroup(FeeFigures):
    """The sums of an estate's bills of an item and month, owed to one firm."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "firm_id", "物业公司。 The firm."
    )
    item: FeeItem = column("item", "收费项目。 What is paid for.")
    label: str = column("label", "其他项目的名称。 What another item is called.")
    month: date = column("month", "月份的第一天。 The first day of its month.")
    units: int | None = column("units", "多少套房产。 How many units.")
    is_withheld: bool = column(
        "is_withheld", "是否因户数太少不显示。 Whether it is withheld, being of too few units."
    )


@strawberry.type(description="收费汇总，没有姓名。 Fee sums, without names.")
class FeeSummary:
    """Fee sums of the months that are asked for."""

    in_all: list[FeeTotal] = rows(_of(fees.in_all), "合计，一行。 In all: one row.", SIZE)
    groups: list[FeeGroup] = rows(
        _of(fees.by_group), "按小区、项目、月份。 By estate, item and month.", SIZE
    )


@strawberry.type
class Queries:
    """What can be asked about fee sums."""

    fee_summary: FeeSummary = here(
        "收费汇总：应收、已付、退款、未付、争议、收缴率；户数太少的不显示。"
        " Fee sums by estate, item and month; too small groups are withheld.",
        "fees",
        argument("from", date, "从这天所在的月份起。 From this day's month on."),
        argument("to", date, "到这天所在的月份止（含）。 Until this day's month, included."),
        argument("unit", strawberry.ID | None, "哪个单元及以下。 This unit and below."),
        takes=lambda ask: (unit_asked(ask), days_asked(ask, MOST_MONTHS)),
    )
