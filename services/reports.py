"""The county's report (全县报告): what was raised, deliberated, handled, and how long it took.

S14 of the account; S5 is in `committees.figures`. Nothing here is kept or typed in: each figure is
a piece of a reading statement over what was recorded. A matter is settled (办结) on the day that it
was closed; the days of a step are those from coming to it until leaving it, and a median is exact.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Float,
    Integer,
    Numeric,
    ScalarSelect,
    Select,
    and_,
    cast,
    distinct,
    func,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.sql.elements import Grouping

from services import tables
from services.councils import Council
from services.matters.tables import LASTED, Matter
from services.meetings.tables import AgendaItem, Meeting, Outcome, Resolution
from services.units import Unit, UnitKind

Tenant: TypeAlias = ColumnElement[UUID]
Within: TypeAlias = Callable[[ColumnElement[UUID]], ColumnElement[bool]]
Days: TypeAlias = tuple[ColumnElement[date], ColumnElement[date]]
CHINA = "Asia/Shanghai"
DAY = 86_400
# Both of the two in the middle, which are one where their number is odd.
MIDDLE = (0.5, 0.500_000_001)
DISPOSED = (Outcome.resolved, Outcome.deferred, Outcome.referred, Outcome.dismissed)


def raised(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many matters were raised."""
    matter = alias(Matter)
    return _count(matter, _of(matter, tenant, within), between(matter.c.raised_at, days))


def settled(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many matters were closed."""
    matter, grid = alias(Matter), _grids(tenant, within)
    return _settled_in(grid, matter, days, func.count()).scalar_subquery()


def deliberated(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many matters a round table disposed of."""
    item, council = alias(AgendaItem), alias(Council)
    found = select(func.count(distinct(item.c.matter_id))).where(
        item.c.tenant_id == tenant,
        item.c.outcome.in_([outcome.value for outcome in DISPOSED]),
        between(item.c.disposed_at, days),
        _at_council(council, item, tenant, within),
    )
    return found.correlate_except(item, council).scalar_subquery()


def meetings(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many meetings were held."""
    return _meetings(tenant, within, days, lambda meeting: func.count())


def months_met(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """In how many months how many councils met: each council's months, added up."""

    def months(meeting: Any) -> ColumnElement[Any]:
        local = func.timezone(CHINA, meeting.c.opened_at)
        month = func.date_trunc("month", local)
        return func.count(distinct(func.row(meeting.c.council_id, month)))

    return _meetings(tenant, within, days, months)


def resolved(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many resolutions were adopted."""
    return _resolutions(tenant, within, lambda one: between(one.c.made_at, days))


def executed(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many resolutions were carried out, and verified by another."""
    return _resolutions(tenant, within, lambda one: between(one.c.verified_at, days))


def satisfaction(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[Any]:
    """What the raisers of settled matters said, on average; null where nobody said anything."""
    matter, grid = alias(Matter), _grids(tenant, within)
    mean = cast(func.round(func.avg(matter.c.satisfaction), 2), Float)
    return _settled_in(grid, matter, days, mean).scalar_subquery()


def in_all(tenant: Tenant, within: Within, days: Days) -> Select[Any]:
    """One row: the settled matters and the median days of each step."""
    matter, grid = alias(Matter), _grids(tenant, within)
    return _settled_in(grid, matter, days, *_figures(matter))


def by_grid(tenant: Tenant, within: Within, days: Days) -> Select[Any]:
    """A row for each grid in which matters were settled."""
    matter, grid = alias(Matter), _grids(tenant, within)
    found = _settled_in(grid, matter, days, grid.c.id.label("unit_id"), *_figures(matter))
    return found.group_by(grid.c.id).order_by(grid.c.id)


def by_community(tenant: Tenant, within: Within, days: Days) -> Select[Any]:
    """A row for each community: a grid's is the unit right above it."""
    matter, grid = alias(Matter), _grids(tenant, within, "parent_id")
    found = _settled_in(grid, matter, days, grid.c.parent_id.label("unit_id"), *_figures(matter))
    return found.group_by(grid.c.parent_id).order_by(grid.c.parent_id)


def by_class(tenant: Tenant, within: Within, days: Days) -> Select[Any]:
    """A row for each class of handling; null for what the heads settled at once."""
    matter, grid = alias(Matter), _grids(tenant, within)
    found = _settled_in(grid, matter, days, matter.c.handling_class, *_figures(matter))
    return found.group_by(matter.c.handling_class).order_by(matter.c.handling_class)


def _grids(tenant: Tenant, within: Within, *order: str) -> Any:
    """The grids where one looks, in their order and behind a fence, from which to go to matters.

    Each leads by an index to what was settled there. PostgreSQL can't know how many matters of
    which county are meant; asked for those of a county at once, it may take any index of it.
    """
    unit = alias(Unit)
    found = select(unit.c.id, unit.c.tenant_id, unit.c.parent_id).where(
        unit.c.tenant_id == tenant, unit.c.kind == UnitKind.grid.value, within(unit.c.id)
    )
    found = found.order_by(*(unit.c[name] for name in order), unit.c.id)
    return found.offset(literal_column("0")).correlate_except(unit).subquery("rep_grid")


def _settled_in(grid: Any, matter: Any, days: Days, *columns: Any) -> Select[Any]:
    """The matters of the grids that were settled in these days."""
    found = select(*columns).select_from(grid, matter)
    found = found.where(
        matter.c.tenant_id == grid.c.tenant_id,
        matter.c.grid_id == grid.c.id,
        between(matter.c.closed_at, days),
    )
    return found.correlate_except(matter, grid)


def _figures(matter: Any) -> list[ColumnElement[Any]]:
    """How many, and the median days of each step."""
    medians = []
    for column in LASTED:
        found = func.percentile_disc(array(MIDDLE)).within_group(matter.c[column])
        two = type_coerce(Grouping(found), ARRAY(Integer))
        days = cast((cast(two[1], Float) + two[2]) / (2 * DAY), Numeric)
        medians.append(cast(func.round(days, 2), Float).label(column.removesuffix("_seconds")))
    return [func.count().label("settled"), *medians]


def _of(matter: Any, tenant: Tenant, within: Within) -> ColumnElement[bool]:
    return and_(matter.c.tenant_id == tenant, within(matter.c.grid_id))


def between(moment: ColumnElement[Any], days: Days) -> ColumnElement[bool]:
    """From the first day on, and not after the last, by the days in China."""
    begins, ends = (cast(day, DateTime(timezone=False)) for day in days)
    following = ends + func.make_interval(0, 0, 0, 1)
    return and_(moment >= func.timezone(CHINA, begins), moment < func.timezone(CHINA, following))


def _meetings(
    tenant: Tenant, within: Within, days: Days, counted: Callable[[Any], ColumnElement[Any]]
) -> ScalarSelect[int]:
    meeting, council = alias(Meeting), alias(Council)
    found = select(counted(meeting)).where(
        meeting.c.tenant_id == tenant,
        between(meeting.c.opened_at, days),
        _at_council(council, meeting, tenant, within),
    )
    return found.select_from(meeting, council).correlate_except(meeting, council).scalar_subquery()


def _resolutions(
    tenant: Tenant, within: Within, which: Callable[[Any], ColumnElement[bool]]
) -> ScalarSelect[int]:
    one, council = alias(Resolution), alias(Council)
    found = select(func.count()).select_from(one, council)
    found = found.where(
        one.c.tenant_id == tenant, which(one), _at_council(council, one, tenant, within)
    )
    return found.correlate_except(one, council).scalar_subquery()


def _at_council(council: Any, of: Any, tenant: Tenant, within: Within) -> ColumnElement[bool]:
    return and_(
        council.c.tenant_id == tenant, council.c.id == of.c.council_id, within(council.c.grid_id)
    )


def _count(table: Any, *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    counted = select(func.count()).select_from(table).where(*conditions)
    return counted.correlate_except(table).scalar_subquery()


def alias(model: Any) -> Any:
    """A table under a name of its own within a report."""
    return tables.alias("rep", model)
