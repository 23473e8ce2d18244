"""Keyset pages: which rows a page holds, and what is true of the pages around it.

A page asks for one row more than it shows; that row says whether there is a next page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import FieldNode, GraphQLField
from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    func,
    select,
    tuple_,
)
from sqlalchemy.sql.selectable import Subquery
from sqlalchemy.types import TypeEngine

from schema.reading.call import Call
from schema.reading.declare import Ask, Row
from schema.reading.pages import Direction
from schema.reading.values import cursor, parse_cursor
from services.errors import BadInput, Said

# Beside the columns of whatever table is paged, by names that no table has.
PLACE, WHOLE = "_place", "_whole"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a connection, as the document asks for it."""

    definition: GraphQLField
    node: FieldNode
    order: str
    descending: bool
    backward: bool
    bounds: tuple[str, ...]

    @classmethod
    def of(cls, definition: GraphQLField, node: FieldNode, call: Call) -> "Page":
        """Read the page's arguments; `BadInput` where they contradict each other."""
        given = call.arguments(definition, node)
        if given.get("first") is not None and given.get("last") is not None:
            raise BadInput(
                argument="last",
                reason=Said("first 与 last 只能给一个", "give either first or last"),
            )
        order, direction = given["orderBy"], given["direction"]
        return cls(
            definition=definition,
            node=node,
            order=order.value if isinstance(order, Enum) else str(order),
            descending=direction in (Direction.DESC, Direction.DESC.value),
            backward=given.get("last") is not None,
            bounds=tuple(name for name in ("after", "before") if given.get(name) is not None),
        )

    @property
    def name(self) -> str:
        """What cursors of this order are marked with."""
        return f"{self.order}_desc" if self.descending else self.order

    def keys(self, row: Row) -> list[ColumnElement[Any]]:
        """The columns by which rows are ordered; the id makes the order total."""
        return list(dict.fromkeys([row[self.order], row["id"]]))

    def limit(self, ask: Ask) -> ColumnElement[int]:
        """How many rows the page shows."""
        return ask.bind((id(self.node), "limit"), self.size, Integer())  # type: ignore[no-any-return]

    def rows(
        self, ask: Ask, table: FromClause, wanted: Select[Any], name: str, *, numbered: bool
    ) -> Subquery:
        """The rows of the page, from the end at which it begins.

        Numbered, there is one more, `PLACE` is each one's number, and `WHOLE` that of the last.
        """
        keys = self.keys(table.c)
        for bound in self.bounds:
            wanted = wanted.where(self._beyond(ask, keys, bound))
        reverse = self.descending != self.backward
        ordered = [key.desc() if reverse else key.asc() for key in keys]
        if not numbered:
            return wanted.order_by(*ordered).limit(self.limit(ask)).subquery(name)
        cut = wanted.order_by(*ordered).limit(self.limit(ask) + 1).subquery(f"{name}c")
        place, whole = func.row_number().over(), func.count().over()
        return select(cut, place.label(PLACE), whole.label(WHOLE)).subquery(name)

    def cursor(self, row: Row) -> ColumnElement[str]:
        """The cursor of a row."""
        return cursor(self.name, self.keys(row))

    def _beyond(
        self, ask: Ask, keys: Sequence[ColumnElement[Any]], bound: str
    ) -> ColumnElement[bool]:
        types = [key.type for key in keys]
        places = [self._edge(ask, bound, types, i) for i in range(len(types))]
        rows, edge = tuple_(*keys), tuple_(*places)
        return rows > edge if (bound == "after") != self.descending else rows < edge

    def _edge(
        self, ask: Ask, bound: str, types: Sequence[TypeEngine[Any]], place: int
    ) -> ColumnElement[Any]:
        """A place of the cursor; days go as text: the driver takes the last of all for infinity."""
        key, get = (id(self.node), bound, place), self._place(bound, types, place)
        if isinstance(types[place], Date | DateTime):
            return cast(ask.bind(key, lambda call: get(call).isoformat(), Text()), types[place])
        return ask.bind(key, get, types[place])  # type: ignore[no-any-return]

    def _place(self, bound: str, types: Sequence[TypeEngine[Any]], place: int) -> Any:
        def get(call: Call) -> Any:
            text = call.arguments(self.definition, self.node)[bound]
            return parse_cursor(text, self.name, types, bound)[place]

        return get

    def size(self, call: Call) -> int:
        """How many rows the page shows in this call; `BadInput` beyond what a page may have."""
        given = call.arguments(self.definition, self.node)
        name = "last" if self.backward else "first"
        asked = given.get(name)
        if asked is None:
            return call.page.default
        if not 0 <= asked <= call.page.most:
            raise BadInput(
                argument=name,
                reason=Said(f"应在 0 到 {call.page.most} 之间", f"between 0 and {call.page.most}"),
            )
        return int(asked)
