"""What a member of a filter says of itself: which column it asks about, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.types import TypeEngine

from schema.reading.call import Call
from schema.reading.declare import KEY, Ask

Elsewhere = Callable[[Ask, ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Where:
    """What a member of a filter asks of the row; `of` is the type whose id its value is.

    `needs`: the action on the rows without which nobody may search by what the column seals.
    `is_choice`: the column is one of the values, so that of a single one it is equal to it.
    `elsewhere` asks it of another row, to which the column leads, in the place of `build`.
    """

    build: Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]
    column: str
    array: bool = False
    type_: TypeEngine[Any] | None = None
    convert: Callable[[Call, Any], Any] | None = None
    needs: str | None = None
    of: str | None = None
    is_choice: bool = False
    elsewhere: Elsewhere | None = None


def where(what: Where, description: str) -> Any:
    """A member of a filter input."""
    return strawberry.field(description=description, default=strawberry.UNSET, metadata={KEY: what})
