"""What each scope of a policy means for a row: units and below, own.

Filters that several capabilities share stand here too, so that none of them writes SQL of its own.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, func, select, true

from schema.reading.declare import Ask, Call, Predicate, Row, UnitPredicate, Where, where
from schema.reading.values import parse_id
from services.errors import BadInput
from services.units import UnitPath

PATH = UnitPath.__table__  # type: ignore[attr-defined]


def below(column: str) -> UnitPredicate:
    """The row's unit is one of the reader's, or below one."""

    def build(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
        return under(ask, row[column], held)

    return build


def under(ask: Ask, unit: ColumnElement[Any], held: ColumnElement[Any]) -> ColumnElement[bool]:
    """A unit is one of an array of units, or below one."""
    return beneath(ask, unit, func.any(held))


def beneath(
    ask: Ask, unit: ColumnElement[Any], ancestor: ColumnElement[Any]
) -> ColumnElement[bool]:
    """A unit is the other one, or below it."""
    path = PATH.alias()
    found = select(path.c.unit_id).where(
        path.c.tenant_id == ask.tenant, path.c.unit_id == unit, path.c.ancestor_id == ancestor
    )
    return found.correlate_except(path).exists()


def of_person(column: str) -> Predicate:
    """The row is the reader's own."""
    return lambda ask, row: row[column] == ask.person


def of_client(column: str) -> Predicate:
    """The row is that of the client through which the reader asks."""
    return lambda ask, row: row[column] == ask.client


def public_where(column: str) -> Predicate:
    """The row is marked as public and has not ended."""
    return lambda ask, row: row[column] & row["until"].is_(None)


def everything(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Every row is public."""
    return true()


def equals(attribute: Any, description: str) -> Any:
    """A member of a filter: the column is this."""
    return where(Where(lambda column, value: column == value, attribute.key), description)


def among(attribute: Any, description: str) -> Any:
    """A member of a filter: the column is one of these."""
    return where(Where(_among, attribute.key, array=True, convert=_texts), description)


def starting(attribute: Any, description: str) -> Any:
    """A member of a filter: the text begins so."""
    return where(Where(_starting, attribute.key), description)


def is_current(attribute: Any, description: str) -> Any:
    """A member of a filter: whether the column, an end, is still open."""
    return where(Where(_is_current, attribute.key, type_=Boolean()), description)


def pointing(attribute: Any, type_name: str, description: str) -> Any:
    """A member of a filter: the column is the key in this global id."""

    def convert(call: Call, value: str) -> Any:
        name, id_ = parse_id(value, attribute.key)
        if name != type_name:
            raise BadInput(argument=attribute.key, reason=f"not the id of a {type_name}")
        return id_

    built = Where(lambda column, value: column == value, attribute.key, convert=convert)
    return where(built, description)


def _among(column: ColumnElement[Any], values: ColumnElement[Any]) -> ColumnElement[bool]:
    return column == func.any(values)


def _starting(column: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    return func.starts_with(column, value)


def _is_current(column: ColumnElement[Any], wanted: ColumnElement[Any]) -> ColumnElement[bool]:
    return column.is_(None) == wanted


def _texts(call: Call, values: list[Any]) -> list[str]:
    return [str(getattr(value, "value", value)) for value in values]
