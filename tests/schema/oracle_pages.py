"""Pages as the oracle cuts them: a whole sorted list, and what a cursor's place leaves of it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.schema.oracle_values import Row, Wrong, collated, written

LONGEST = 100


@dataclass(frozen=True)
class Node:
    """A row with the type that it is of."""

    type_name: str
    row: Row


@dataclass(frozen=True)
class Page:
    """What of a list a connection shows, and what lies around it."""

    shown: Sequence[Node]
    total: int
    before: bool
    after: bool
    order: str
    name: str


def check_sizes(given: Mapping[str, Any]) -> None:
    """One size at most, and neither less than nothing nor longer than a page."""
    sizes = {name: given[name] for name in ("first", "last") if given.get(name) is not None}
    if len(sizes) > 1:
        raise Wrong("last")
    for name, size in sizes.items():
        if not 0 <= size <= LONGEST:
            raise Wrong(name)


def cut(
    type_name: str, rows: Sequence[Row], given: Mapping[str, Any], order: str, name: str
) -> Page:
    """The page of a sorted list that the arguments ask for."""
    is_down = name != order
    window = list(rows)
    for bound in ("after", "before"):
        if given.get(bound) is not None:
            edge, is_later = _place(given[bound], name, bound), (bound == "after") != is_down
            window = [row for row in window if _is_beyond(_key(row, order), edge, is_later)]
    has_after, has_before = given.get("after") is not None, given.get("before") is not None
    if given.get("last") is not None:
        shown = window[max(0, len(window) - given["last"]) :]
        around = (len(window) > given["last"], has_before)
    else:
        first = 20 if given.get("first") is None else given["first"]
        shown, around = window[:first], (has_after, len(window) > first)
    nodes = [Node(type_name, row) for row in shown]
    return Page(nodes, len(rows), *around, order, name)


def cursor(page: Page, row: Row) -> str:
    """Where a row stands in an order, as the service writes it."""
    places = [page.name, written(row[page.order]), str(row["id"])]
    shown = [place if isinstance(place, str) else json.dumps(place) for place in places]
    return base64.b64encode(json.dumps(shown, ensure_ascii=False).encode()).decode()


def _place(text: str, name: str, bound: str) -> tuple[Any, int]:
    """What a cursor stands for."""
    try:
        named, value, id_ = json.loads(base64.b64decode(text, validate=True))
        place = (value.encode(), UUID(id_).int)
    except (ValueError, TypeError, AttributeError):
        raise Wrong(bound) from None
    if named != name:
        raise Wrong(bound)
    return place


def _key(row: Row, order: str) -> tuple[Any, int]:
    value = written(row[order])
    return (value if isinstance(value, int) else collated(value)), row["id"].int


def _is_beyond(key: tuple[Any, int], edge: tuple[bytes, int], is_later: bool) -> bool:
    place = (int(edge[0]), edge[1]) if isinstance(key[0], int) else edge
    return key > place if is_later else key < place
