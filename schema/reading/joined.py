"""JSON as PostgreSQL joins it from texts: what all rows have in common is written once.

An object of constants and columns is one `concat`; `json_build_object` would look up the type of
each of its arguments again for every row.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSON, aggregate_order_by

NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
# PostgreSQL's functions take a hundred arguments.
MOST_ARGUMENTS = 100
Part = str | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Json:
    """A piece of JSON: texts of ours, and between them what SQL computes, where null is no text.

    `is_optional`: it is one expression, whose null in SQL is JSON's null wherever it is placed. Our
    texts are JSON's signs and names of GraphQL: nothing in them needs quoting, in JSON or in SQL.
    """

    parts: tuple[Part, ...]
    is_optional: bool = False

    def sql(self) -> ColumnElement[Any]:
        """As one expression; null where there is none."""
        merged = [_merged(part) for part in groupby(self.parts, key=_is_ours)]
        whole = [part for some in merged for part in some]
        while len(whole) > MOST_ARGUMENTS:
            cuts = range(0, len(whole), MOST_ARGUMENTS)
            whole = [func.concat(*whole[at : at + MOST_ARGUMENTS]) for at in cuts]
        return whole[0] if len(whole) == 1 else func.concat(*whole)

    def placed(self) -> "Json":
        """In the place of a member, where there must be something."""
        if not self.is_optional:
            return self
        value = self.sql()
        null = literal_column("'null'", value.type if isinstance(value.type, JSON) else Text())
        return Json((func.coalesce(value, null),))


def optional(value: ColumnElement[Any]) -> Json:
    """An expression that is JSON, or null."""
    return Json((value,), is_optional=True)


def named(name: str) -> Json:
    """A name of GraphQL, as a JSON text."""
    return Json((f'"{_checked(name)}"',))


def quoted(value: ColumnElement[Any], *, is_optional: bool, prefix: str = "") -> Json:
    """A JSON text of what needs no escaping: digits, names of ours, moments."""
    if not is_optional:
        return Json((f'"{prefix}', value, '"'))
    text = cast(value, Text)
    return optional(_ours(f'"{prefix}').concat(text).concat(_ours('"')))


def object_of(members: Sequence[tuple[str, Json]]) -> Json:
    """An object with its members in this order."""
    parts: list[Part] = []
    for key, value in members:
        parts += [f'{"," if parts else ""}"{_checked(key)}":', *value.placed().parts]
    return Json(("{", *parts, "}"))


def array_of(elements: Sequence[Json]) -> Json:
    """An array of these elements."""
    parts: list[Part] = []
    for element in elements:
        parts += [*([", "] if parts else []), *element.placed().parts]
    return Json(("[", *parts, "]"))


def list_of(
    each: Json, *, shown: ColumnElement[bool] | None = None, order: Any | None = None
) -> Json:
    """The array of what stands in each row: in the rows' own order, if no other is said."""
    comma = _ours(",")
    joined = func.string_agg(
        each.placed().sql(), comma if order is None else aggregate_order_by(comma, order)
    )
    return Json(("[", joined if shown is None else joined.filter(shown), "]"))


def _merged(run: tuple[bool, Any]) -> list[ColumnElement[Any]]:
    is_ours, parts = run
    return [_ours("".join(parts))] if is_ours else list(parts)


def _is_ours(part: Part) -> bool:
    return isinstance(part, str)


def _ours(text: str) -> ColumnElement[str]:
    return literal_column(f"'{text}'", Text)


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(name)
    return name
