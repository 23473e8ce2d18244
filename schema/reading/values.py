"""How a value of PostgreSQL becomes the JSON that the executor would have written, and cursors.

Nothing here may fail on any row: one error in SQL loses a whole answer.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from graphql import GraphQLEnumType, GraphQLOutputType, get_named_type
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.types import TypeEngine

from schema.reading.joined import Json, array_of, named, quoted
from services.errors import BadInput, Said
from services.texts import is_storable

MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BIG = "BigInt"


def scalar(column: ColumnElement[Any], type_: GraphQLOutputType, *, is_optional: bool) -> Json:
    """A column as the scalar or enum of its field; `is_optional`: it may be null."""
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        return quoted(func.upper(column), is_optional=is_optional)
    if isinstance(column.type, DateTime):
        moment = func.to_char(func.timezone("UTC", column), MOMENT_SQL)
        return quoted(moment, is_optional=is_optional)
    if named.name == BIG or isinstance(column.type, Uuid | Numeric):
        return quoted(column, is_optional=is_optional)
    if named.name == "Float":
        return Json((_with_a_point(cast(column, Text)),), is_optional)
    if isinstance(column.type, Integer):
        return Json((cast(column, Text) if is_optional else column,), is_optional)
    return Json((func.to_json(column, type_=JSON),), is_optional)


def _with_a_point(digits: ColumnElement[str]) -> ColumnElement[str]:
    """A float as Python writes it: a whole number has its point too."""
    is_whole = func.strpos(digits, ".") == 0
    return digits + case((is_whole, literal_column("'.0'", Text)), else_=literal_column("''", Text))


def global_id(type_name: str, column: ColumnElement[Any]) -> Json:
    """The global id of a row."""
    return quoted(column, is_optional=False, prefix=f"{type_name}:")


def as_json(value: datetime) -> str:
    """A moment in hand, written as PostgreSQL is asked to write one."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_id(text: str, argument: str = "id") -> tuple[str, UUID]:
    """The type's name and the key in a global id, as we write it; `BadInput` where it is none."""
    name, _, digits = text.partition(":")
    if KEY.fullmatch(digits) is None:
        raise BadInput(
            argument=argument, reason=Said(f"{text[:80]!r} 不是编号", f"{text[:80]!r} is not an id")
        )
    return name, UUID(digits)


def type_named(text: str) -> str | None:
    """The type that a global id names, whether there is one or not; None where it is no such id."""
    name, _, digits = text.partition(":")
    return name if KEY.fullmatch(digits) else None


def key_of(text: str, argument: str, type_name: str) -> UUID:
    """The key in a global id of this type; `BadInput` where it is one of another."""
    name, id_ = parse_id(text, argument)
    if name != type_name:
        raise BadInput(
            argument=argument,
            reason=Said(f"不是 {type_name} 的编号", f"not the id of a {type_name}"),
        )
    return id_


def argument_of(
    given: Mapping[str, Any],
    name: str,
    type_: TypeEngine[Any],
    of: str | None,
    check: Callable[[Mapping[str, Any]], None] | None,
) -> Any:
    """An argument as PostgreSQL takes it: an id's key, a choice's value, None where not given."""
    if check is not None:
        check(given)
    value = given.get(name)
    if isinstance(type_, Uuid) and value is not None:
        return key_of(value, name, of) if of else parse_id(value, name)[1]
    return getattr(value, "value", value)


def cursor(order: str, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
    """Where a row stands in an order, as an opaque text; nothing in it needs escaping."""
    text = [Json((func.to_json(_place(column), type_=JSON),)) for column in columns]
    places = array_of([named(order), *text]).sql()
    encoded = func.encode(func.convert_to(places, "UTF8"), "base64")
    return func.translate(encoded, "\n", "")


def parse_cursor(
    text: str, order: str, types: Sequence[TypeEngine[Any]], argument: str
) -> list[Any]:
    """The values that a cursor of this order stands for; `BadInput` for any other text."""
    try:
        named, *places = json.loads(base64.b64decode(text, validate=True))
        if named == order and len(places) == len(types):
            return [_value(place, type_) for place, type_ in zip(places, types, strict=True)]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        raise BadInput(
            argument=argument, reason=Said("不是这个列表的游标", "not a cursor of this list")
        ) from None
    raise BadInput(
        argument=argument, reason=Said("是另一种排序的游标", "a cursor of another order")
    )


MOMENT_SQL: ColumnElement[str] = literal_column(f"'{MOMENT}'", Text)
DAY_SQL: ColumnElement[str] = literal_column("'YYYY-MM-DD'", Text)


def _place(column: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, DateTime):
        return func.to_char(func.timezone("UTC", column), MOMENT_SQL)
    if isinstance(column.type, Date):
        # As text it would be written in the style that the server is set to.
        return func.to_char(column, DAY_SQL)
    return cast(column, Text)


def _value(place: Any, type_: TypeEngine[Any]) -> Any:
    if not isinstance(place, str):
        raise TypeError(place)
    match type_:
        case DateTime():
            return _moment(place)
        case Date():
            return date.fromisoformat(place)
        case Uuid():
            return UUID(place)
        case BigInteger():
            return _number(place, 64)
        case Integer():
            return _number(place, 32)
        case _:
            return _storable(place)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)


def _number(text: str, bits: int) -> int:
    number = int(text)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise OverflowError(text)
    return number


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError(text)
    return text
