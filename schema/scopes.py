"""What each scope of a policy means for a row: units and below, own.

Filters that several capabilities share stand here too, so that none of them writes SQL of its own.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Select,
    Text,
    Uuid,
    and_,
    func,
    literal_column,
    select,
    true,
)

from policies import Scope
from schema.reading.call import Call
from schema.reading.declare import Ask, Predicate, Row, UnitPredicate, light
from schema.reading.found import Condition, Found
from schema.reading.members import Where, where
from services.errors import BadInput, Said
from services.tree import UnitPath
from services.units import Unit

# No county has a figure outside of these.
FIRST_YEAR, LAST_YEAR = 1900, 2199
PATH = light(UnitPath)
UNIT = light(Unit)
# Nothing sorts behind them, in as many places as a name has.
LAST_CHARACTERS: ColumnElement[str] = literal_column("repeat(chr(1114111), 80)", Text)


def below(column: str) -> UnitPredicate:
    """The row's unit is one of the reader's, or below one."""

    def build(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
        return under(ask, row[column], held)

    return build


def under(ask: Ask, unit: ColumnElement[Any], held: ColumnElement[Any]) -> Condition:
    """A unit is one of an array of units, or below one."""
    path = PATH.alias()
    reached = select(path.c.unit_id).where(
        path.c.tenant_id == ask.tenant, path.c.ancestor_id == func.any(held)
    )
    return found_by(ask, unit, reached, path.c.unit_id)


def found_by(
    ask: Ask, column: ColumnElement[Any], found: Select[Any], same: ColumnElement[Any]
) -> Condition:
    """The column is among what a select finds; `same` is the column of the select.

    Where a whole list is gathered, the finds come first and an index leads from them to the rows;
    elsewhere the row comes first and is looked up.
    """
    if ask.gathers:
        return Found(column, found.correlate(None))
    tables = found.get_final_froms()
    return found.where(same == column).correlate_except(*tables).exists()


def beneath(
    ask: Ask, unit: ColumnElement[Any], ancestor: ColumnElement[Any]
) -> ColumnElement[bool]:
    """A unit is the other one, or below it."""
    path = PATH.alias()
    found = select(path.c.unit_id).where(
        path.c.tenant_id == ask.tenant, path.c.unit_id == unit, path.c.ancestor_id == ancestor
    )
    return found.correlate_except(path).exists()


def where_asked(ask: Ask, object_: str) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
    """Whether a unit is where one may read what is computed of an object, and below the argument
    `unit` where that is given.
    """

    def within(unit: ColumnElement[Any]) -> ColumnElement[bool]:
        asked: ColumnElement[bool] = true()
        if ask.is_given("unit"):
            asked = beneath(ask, unit, unit_asked(ask))
        if Scope.county in ask.scopes(object_):
            return asked
        return and_(asked, under(ask, unit, ask.units(object_)))

    return within


def unit_asked(ask: Ask) -> ColumnElement[Any]:
    """The argument `unit`: the unit that, with all below it, is asked about."""
    return ask.argument("unit", Uuid(), of="Unit")


def of_person(column: str) -> Predicate:
    """The row is the reader's own."""
    return lambda ask, row: row[column] == ask.person


def of_client(column: str) -> Predicate:
    """The row is that of the client through which the reader asks."""
    return lambda ask, row: row[column] == ask.client


def public_at(*columns: str, is_marked: bool = True, is_open: bool = True) -> Predicate:
    """The row is for the public: where it is, no unit is hidden, nor is the row itself.

    `columns` say where it is; `is_marked` and `is_open` whether it has a mark and an end itself.
    """

    def build(ask: Ask, row: Row) -> ColumnElement[bool]:
        own = [row["is_public"]] if is_marked else []
        own += [row["until"].is_(None)] if is_open else []
        return and_(*own, *(~_is_hidden(ask, row[column]) for column in columns))

    return build


def _is_hidden(ask: Ask, unit: ColumnElement[Any]) -> ColumnElement[bool]:
    """The unit, or one above it, is not for the public."""
    path, hidden = PATH.alias(), UNIT.alias()
    found = select(path.c.unit_id).where(
        path.c.tenant_id == ask.tenant,
        path.c.unit_id == unit,
        hidden.c.tenant_id == ask.tenant,
        hidden.c.id == path.c.ancestor_id,
        hidden.c.is_public.is_(False),
    )
    return found.correlate_except(path, hidden).exists()


def equals(attribute: Any, description: str) -> Any:
    """A member of a filter: the column is this."""
    return where(Where(lambda column, value: column == value, attribute.key), description)


def among(attribute: Any, description: str) -> Any:
    """A member of a filter: the column is one of these."""
    return where(
        Where(_among, attribute.key, array=True, convert=_texts, is_choice=True), description
    )


def among_those(elsewhere: Any, attribute: Any, description: str) -> Any:
    """A member of a filter: something of the row that the column leads to is one of these."""
    built = Where(
        _among, attribute.key, array=True, type_=Text(), convert=_texts, elsewhere=elsewhere
    )
    return where(built, description)


def starting(attribute: Any, description: str) -> Any:
    """A member of a filter: the text begins so."""
    return where(Where(_starting, attribute.key), description)


def is_current(attribute: Any, description: str) -> Any:
    """A member of a filter: whether the column, an end, is still open."""
    return where(Where(_is_current, attribute.key, type_=Boolean()), description)


def pointing(attribute: Any, type_name: str, description: str) -> Any:
    """A member of a filter: the column is the key in this global id."""
    built = Where(lambda column, value: column == value, attribute.key, of=type_name)
    return where(built, description)


def _among(column: ColumnElement[Any], values: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == func.any(values)


def _starting(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    """The beginning, and the range in which an index finds it; the column sorts by code point.

    Under row-level security no index answers LIKE, which isn't leakproof; and `starts_with`, which
    is, gets one only where the beginning is known as the statement is planned.
    """
    last = value.concat(LAST_CHARACTERS)
    return and_(column >= value, column <= last, func.starts_with(column, value))


def _is_current(column: ColumnElement[Any], wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.is_(None) == wanted


def _texts(call: Call, values: list[Any]) -> list[str]:
    return [str(getattr(value, "value", value)) for value in values]


def days_asked(
    ask: Ask, most_months: int | None = None
) -> tuple[ColumnElement[date], ColumnElement[date]]:
    """The arguments `from` and `to`: in their order, and so many months at most."""

    def check(given: Mapping[str, Any]) -> None:
        begins, ends = given["from"], given["to"]
        months = (ends.year - begins.year) * 12 + ends.month - begins.month + 1
        for name, day in given.items():
            if name in ("from", "to") and not FIRST_YEAR <= day.year <= LAST_YEAR:
                reason = Said(f"应在 {FIRST_YEAR} 年到 {LAST_YEAR} 年之间",
                              f"between {FIRST_YEAR} and {LAST_YEAR}")  # fmt: skip
                raise BadInput(argument=name, reason=reason)
        if ends < begins:
            raise BadInput(argument="to", reason=Said("早于 from", "before `from`"))
        if most_months is not None and months > most_months:
            reason = Said(f"跨 {months} 个月，最多 {most_months} 个月",
                          f"{months} months; {most_months} at most")  # fmt: skip
            raise BadInput(argument="to", reason=reason)

    return ask.argument("from", Date()), ask.argument("to", Date(), check=check)
