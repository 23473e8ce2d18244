"""The county's report (全县报告): S14's figures, each counted from what was recorded."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Select

from schema.committees import CommitteeTerm
from schema.contracts import Contract
from schema.fees import entitled
from schema.reading.declare import Ask, Row, argument, column, computed, here, link, rows
from schema.reading.scalars import BigInt
from schema.scopes import days_asked, unit_asked, where_asked
from services import reports
from services.committees import figures
from services.demands.recovered import by_estate, recovered
from services.matters.tables import HandlingClass

if TYPE_CHECKING:
    from schema.units import Unit


# Each list looks through the matters of the period, however few its rows are.
SIZE = 500


def _of(ask: Ask) -> tuple[Any, Any, Any]:
    """The county, where one may look, and the days that are asked for."""
    return ask.tenant, where_asked(ask, "reports"), days_asked(ask)


def _count(build: Callable[..., Any]) -> Callable[[Ask, Row], ColumnElement[Any]]:
    return lambda ask, row: build(*_of(ask))


def _list(build: Callable[..., Any]) -> Callable[[Ask, Row], Select[Any]]:
    return lambda ask, row: build(*_of(ask))


def _recovered(ask: Ask, row: Row) -> ColumnElement[Any]:
    return recovered(*_of(ask), entitled(ask))


def _recovered_by_estate(ask: Ask, row: Row) -> Select[Any]:
    return by_estate(*_of(ask), entitled(ask))


@strawberry.type
class Figures:
    """How many were settled, and the median days of each step."""

    settled: int = column("settled", "办结的事项。 Matters settled.")
    raised: float | None = column("raised", "第一步的天数（中位数）。 Days until accepted, median.")
    inquiring: float | None = column("inquiring", "党员问事的天数。 Days until a member asked.")
    preliminary: float | None = column("preliminary", "三长初议的天数。 Days of the heads.")
    tabled: float | None = column("tabled", "等圆桌会的天数。 Days until the round table.")
    handling: float | None = column("handling", "办理的天数。 Days of handling.")
    published: float | None = column("published", "公开到办结的天数。 Days from result to close.")
    whole: float | None = column("whole", "从提出到办结的天数。 Days in all.")


@strawberry.type(description="办结件数与各步天数的中位数。 How many, and median days of each step.")
class ReportFigures(Figures):
    """The figures of the whole."""


@strawberry.type(description="一个单元的办结件数与天数。 The figures of one unit.")
class UnitFigures(Figures):
    """The figures of a community or grid."""

    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "unit_id", "社区或网格。 The community or grid."
    )


@strawberry.type(description="一类的件数与天数；空为初议办结。 Of a class; null: by the heads.")
class ClassFigures(Figures):
    """The figures of a class of handling."""

    handling_class: HandlingClass | None = column("handling_class", "分类。 The class.")


@strawberry.type(
    description="治理到位的小区：业委会与物业公司都有，各有日期与决定。 An estate set right."
)
class EstateSetRight:
    """An estate that came to have a committee and a firm, each with its day and its decision."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    committee_term: CommitteeTerm | None = link(
        "term_id", "在任的一届业委会。 The term in office.", lenient=True
    )
    contract: Contract | None = link(
        "contract_id", "物业服务合同。 The firm's contract.", lenient=True
    )


@strawberry.type(description="一个小区清缴的欠费。 What was recovered in an estate.")
class EstateRecovered:
    """What was recovered in an estate."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    fen: BigInt | None = column(
        "fen", "清缴金额，分，不含户数太少的月份。 In fen, of the months shown."
    )
    is_withheld: bool = column(
        "is_withheld", "是否有月份因户数太少不计入。 Whether a month of it is of too few units."
    )


@strawberry.type(description="全县报告，逐项由记录得出。 The county's report, counted.")
class CountyReport:
    """The county's report."""

    raised: int = computed(_count(reports.raised), "提出的事项。 Matters raised.")
    settled: int = computed(_count(reports.settled), "办结的事项。 Matters settled.")
    deliberated: int = computed(
        _count(reports.deliberated), "圆桌会议过的事项。 Matters that a round table disposed of."
    )
    meetings: int = computed(_count(reports.meetings), "开过的圆桌会。 Meetings held.")
    months_met: int = computed(
        _count(reports.months_met), "各圆桌开了会的月数之和。 Each council's months, added up."
    )
    resolved: int = computed(_count(reports.resolved), "形成的决议。 Resolutions adopted.")
    executed: int = computed(
        _count(reports.executed), "落实并核实的决议。 Resolutions carried out and verified."
    )
    satisfaction: float | None = computed(
        _count(reports.satisfaction), "满意度的平均。 What raisers said, on average."
    )
    committees_filed: int = computed(
        _count(figures.committees_filed), "备案的业委会届次。 Terms of committees put on file."
    )
    firms_engaged: int = computed(
        _count(figures.firms_engaged), "签订的物业服务合同。 Contracts with firms that were signed."
    )
    estates_set_right: list[EstateSetRight] = rows(
        _list(figures.set_right),
        "既有业委会又有物业公司的小区。 Estates that came to have a committee and a firm.",
        SIZE,
    )
    fees_recovered: BigInt = computed(
        _recovered,
        "清缴的欠费，分，按整月，不含户数太少的月份。 Overdue fees recovered, by whole months.",
    )
    fees_recovered_by_estate: list[EstateRecovered] = rows(
        _recovered_by_estate, "按小区清缴的欠费。 What was recovered, by estate.", SIZE
    )
    in_all: list[ReportFigures] = rows(_list(reports.in_all), "全部，一行。 In all: one row.", SIZE)
    by_community: list[UnitFigures] = rows(
        _list(reports.by_community), "按社区。 By community.", SIZE
    )
    by_grid: list[UnitFigures] = rows(_list(reports.by_grid), "按网格。 By grid.", SIZE)
    by_class: list[ClassFigures] = rows(_list(reports.by_class), "按分类。 By class.", SIZE)


@strawberry.type
class Queries:
    """What can be asked of the whole county."""

    county_report: CountyReport = here(
        "全县报告：一段时间里提了什么、议了什么、办了什么、用了几天。"
        " The county's report: what was raised, deliberated, handled, and in how many days.",
        "reports",
        argument("from", date, "从哪天起。 From this day on."),
        argument("to", date, "到哪天止（含）。 Until this day, included."),
        argument("unit", strawberry.ID | None, "哪个单元及以下。 This unit and below."),
        takes=lambda ask: (unit_asked(ask), days_asked(ask)),
    )
