"""Coverage (覆盖率): what of the three parties is there and what is missing, computed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, Select, true

from policies import Scope
from schema.people import Person
from schema.reading.declare import Ask, Row, argument, column, computed, here, link, rows
from schema.reading.found import Condition
from schema.scopes import beneath, under, unit_asked
from services import coverage

if TYPE_CHECKING:
    from schema.units import Unit

Within = Callable[[ColumnElement[UUID]], ColumnElement[bool]]
Build = Callable[[ColumnElement[UUID], Within], Any]


def _within(ask: Ask, row: Row) -> Within:
    """Below this row's unit or the one asked for, and where the reader may read coverage."""

    def holds(unit: ColumnElement[UUID]) -> ColumnElement[bool]:
        asked: ColumnElement[bool] = true()
        if "id" in row:
            asked = beneath(ask, unit, row["id"])
        elif ask.is_given("unit"):
            asked = beneath(ask, unit, unit_asked(ask))
        if Scope.county in ask.scopes("coverage"):
            return asked
        return asked & under(ask, unit, ask.units("coverage"))

    return holds


def is_seen(ask: Ask, row: Row) -> Condition:
    """The unit is there, and the reader may read coverage in it; null says no more than that."""
    if "id" not in row and not ask.is_given("unit"):
        return true()
    unit = row["id"] if "id" in row else unit_asked(ask)
    if Scope.county in ask.scopes("coverage"):
        return beneath(ask, unit, unit)
    return under(ask, unit, ask.units("coverage"))


def _count(build: Build) -> Callable[[Ask, Row], ColumnElement[Any]]:
    return lambda ask, row: build(ask.tenant, _within(ask, row))


def _list(build: Build) -> Callable[[Ask, Row], Select[Any]]:
    return lambda ask, row: build(ask.tenant, _within(ask, row))


@strawberry.type(description="缺什么。 Something that is missing.")
class Gap:
    """A party or party organisation that an estate or firm lacks."""

    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "unit_id", "哪个小区或物业公司。 Which estate or firm."
    )
    missing: str = column(
        "missing",
        "缺的是：branch、committee、firm、party_organisation 或 instructor。 What it lacks.",
    )


@strawberry.type(
    description="交叉任职：一个人在同一小区的两方以上任职。 One person in two parties."
)
class CrossAppointment:
    """One person's active posts in at least two of an estate's three parties."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        "estate_id", "小区。 The estate."
    )
    person: Person | None = link("person_id", "人员。 The person.")
    parties: str = column("parties", "在哪几方，如 branch+committee。 In which parties.")


@strawberry.type(
    description="覆盖情况：三方、党组织、指导员、交叉任职。 How far the model reaches."
)
class Coverage:
    """How far the three-party model reaches here."""

    estates: int = computed(_count(coverage.estates), "小区数。 Estates.")
    estates_linked: int = computed(
        _count(coverage.estates_linked), "三方齐全的小区数。 Estates with all three parties."
    )
    firms: int = computed(_count(coverage.firms), "物业公司数。 Firms.")
    firms_with_party_organisation: int = computed(
        _count(coverage.firms_with_party_organisation), "有党组织的物业公司数。 With party branch."
    )
    firms_with_instructor: int = computed(
        _count(coverage.firms_with_instructor), "有指导员的物业公司数。 With an instructor."
    )
    cross_appointed: int = computed(
        _count(coverage.cross_appointed), "交叉任职人数。 Cross-appointed persons."
    )
    gaps: list[Gap] = rows(_list(coverage.gaps), "缺什么，逐条列出。 What is missing, one by one.")
    cross_appointments: list[CrossAppointment] = rows(
        _list(coverage.cross_appointments), "交叉任职，逐人列出。 Cross-appointments, one by one."
    )


@strawberry.type
class Queries:
    """What can be asked about coverage."""

    coverage: Coverage | None = here(
        "覆盖情况，默认您能看到的全部。 Coverage of a unit, or of all that you may see.",
        "coverage",
        argument("unit", strawberry.ID | None, "哪个单元及以下。 This unit and below."),
        seen=is_seen,
    )
