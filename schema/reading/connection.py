"""A connection's JSON: edges, nodes, pageInfo and totalCount over one page of rows."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.sql.selectable import FromClause, Subquery

from schema.reading.declare import Ask, Row
from schema.reading.joined import Json, list_of, named, object_of, quoted
from schema.reading.paging import PLACE, WHOLE, Page
from schema.reading.selection import Selector, Wanted

Build = Callable[[GraphQLObjectType, Sequence[Wanted], Row], Json]


def readable(table: FromClause, sealed: Collection[str]) -> list[ColumnElement[Any]]:
    """The columns that a page carries on: all but what is sealed."""
    return [column for column in table.c if column.name not in sealed]


@dataclass(frozen=True, slots=True)
class ConnectionJson:
    """One connection of a statement: the page, its rows in scope, how an object is built."""

    ask: Ask
    selector: Selector
    build: Build
    page: Page
    scoped: Select[Any]
    table: FromClause
    node_type: GraphQLObjectType
    name: str
    at: Callable[[str], AbstractContextManager[None]]

    def of(self, field: GraphQLField, want: Wanted) -> Json:
        """The JSON object of the connection."""
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        wanted = self.selector.below(want, type_)
        asked = {part.name for part in wanted}
        numbered = self.page.backward or "pageInfo" in asked
        rows = self.page.rows(self.ask, self.table, self.scoped, self.name, numbered=numbered)
        built = select(
            object_of([(part.key, self._part(type_, part, rows)) for part in wanted]).sql()
        )
        if not asked <= {"totalCount", "__typename"}:
            # One row in any case, also where nothing selected is an aggregate.
            built = built.select_from(rows).having(true())
        return Json((built.scalar_subquery(),))

    def _part(self, type_: GraphQLObjectType, want: Wanted, rows: Subquery) -> Json:
        match want.name:
            case "edges":
                edge = get_named_type(type_.fields["edges"].type)
                assert isinstance(edge, GraphQLObjectType)  # noqa: S101
                with self.at(want.key):
                    return self._listed(rows, self._edge(edge, want, rows))
            case "nodes":
                wanted = self.selector.below(want, self.node_type)
                with self.at(want.key):
                    return self._listed(rows, self.build(self.node_type, wanted, rows.c))
            case "pageInfo":
                return self._info(want, rows)
            case "totalCount":
                counted = self.scoped.subquery(f"{self.name}n")
                number = select(func.count()).select_from(counted)
                return Json((number.scalar_subquery(),))
            case _:
                return named(type_.name)

    def _edge(self, edge: GraphQLObjectType, want: Wanted, rows: Subquery) -> Json:
        parts: list[tuple[str, Json]] = []
        for part in self.selector.below(want, edge):
            match part.name:
                case "node":
                    wanted = self.selector.below(part, self.node_type)
                    with self.at(part.key):
                        parts.append((part.key, self.build(self.node_type, wanted, rows.c)))
                case "cursor":
                    cursor = quoted(self.page.cursor(rows.c), is_optional=False)
                    parts.append((part.key, cursor))
                case _:
                    parts.append((part.key, named(edge.name)))
        return object_of(parts)

    def _listed(self, rows: Subquery, each: Json) -> Json:
        """The rows come in their order; a page from the end comes with its end first."""
        if PLACE not in rows.c:
            return list_of(each)
        shown = rows.c[PLACE] <= self.page.limit(self.ask)
        return list_of(
            each, shown=shown, order=rows.c[PLACE].desc() if self.page.backward else None
        )

    def _info(self, want: Wanted, rows: Subquery) -> Json:
        limit = self.page.limit(self.ask)
        more = Json((func.to_json(func.count() > limit),))
        before, after = ("before" in self.page.bounds), ("after" in self.page.bounds)
        facts: dict[str, Json] = {
            "hasNextPage": _truth(before) if self.page.backward else more,
            "hasPreviousPage": more if self.page.backward else _truth(after),
            "startCursor": self._cursor_at(rows, first=not self.page.backward),
            "endCursor": self._cursor_at(rows, first=self.page.backward),
            "__typename": named("PageInfo"),
        }
        type_ = self.selector.schema.type_map["PageInfo"]
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        wanted = self.selector.below(want, type_)
        return object_of([(part.key, facts[part.name]) for part in wanted])

    def _cursor_at(self, rows: Subquery, *, first: bool) -> Json:
        """The cursor of the row that the page begins with, or of the last one that it shows."""
        end = literal(1) if first else rows.c[WHOLE]
        at: ColumnElement[bool] = rows.c[PLACE] == func.least(end, self.page.limit(self.ask))
        one = func.max(self.page.cursor(rows.c)).filter(at)
        return quoted(one, is_optional=True)


def _truth(holds: bool) -> Json:
    return Json(("true" if holds else "false",))
