"""A connection's JSON: edges, nodes, pageInfo and totalCount over one page of rows."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON, aggregate_order_by
from sqlalchemy.sql.selectable import FromClause, Subquery

from schema.reading.declare import Ask, Row
from schema.reading.paging import Page
from schema.reading.selection import Selector, Wanted
from schema.reading.values import key, pairs_to_json

EMPTY_LIST: ColumnElement[Any] = literal_column("'[]'::json", JSON)
Build = Callable[[GraphQLObjectType, Sequence[Wanted], Row], ColumnElement[Any]]


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

    def of(self, field: GraphQLField, want: Wanted) -> ColumnElement[Any]:
        """The JSON object of the connection."""
        type_ = get_named_type(field.type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        wanted = self.selector.below(want, type_)
        rows = self.page.rows(self.ask, self.table, self.scoped, self.name)
        parts = [(part.key, self._part(type_, part, rows)) for part in wanted]
        built = select(pairs_to_json(parts))
        counted = {"totalCount", "__typename"}
        if any(part.name not in counted for part in wanted):
            # One row in any case, also where nothing selected is an aggregate.
            built = built.select_from(rows).having(true())
        return built.scalar_subquery()

    def _part(self, type_: GraphQLObjectType, want: Wanted, rows: Subquery) -> ColumnElement[Any]:
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
                return select(func.count()).select_from(counted).scalar_subquery()
            case _:
                return key(type_.name)

    def _edge(self, edge: GraphQLObjectType, want: Wanted, rows: Subquery) -> ColumnElement[Any]:
        parts: list[tuple[str, ColumnElement[Any]]] = []
        for part in self.selector.below(want, edge):
            match part.name:
                case "node":
                    wanted = self.selector.below(part, self.node_type)
                    with self.at(part.key):
                        parts.append((part.key, self.build(self.node_type, wanted, rows.c)))
                case "cursor":
                    parts.append((part.key, self.page.cursor(rows.c)))
                case _:
                    parts.append((part.key, key(edge.name)))
        return pairs_to_json(parts)

    def _listed(self, rows: Subquery, each: ColumnElement[Any]) -> ColumnElement[Any]:
        place = rows.c.place
        ordered = aggregate_order_by(each, place.desc() if self.page.backward else place.asc())
        shown = place <= self.page.limit(self.ask)
        return func.coalesce(func.json_agg(ordered).filter(shown), EMPTY_LIST)

    def _info(self, want: Wanted, rows: Subquery) -> ColumnElement[Any]:
        limit = self.page.limit(self.ask)
        more = func.count() > limit
        before, after = ("before" in self.page.bounds), ("after" in self.page.bounds)
        facts: dict[str, ColumnElement[Any]] = {
            "hasNextPage": literal(before) if self.page.backward else more,
            "hasPreviousPage": more if self.page.backward else literal(after),
            "startCursor": self._cursor_at(rows, first=not self.page.backward),
            "endCursor": self._cursor_at(rows, first=self.page.backward),
            "__typename": key("PageInfo"),
        }
        type_ = self.selector.schema.type_map["PageInfo"]
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        wanted = self.selector.below(want, type_)
        return pairs_to_json([(part.key, facts[part.name]) for part in wanted])

    def _cursor_at(self, rows: Subquery, *, first: bool) -> ColumnElement[Any]:
        """The cursor of the row that the page begins with, or of the last one that it shows."""
        place, limit = rows.c.place, self.page.limit(self.ask)
        ordered = aggregate_order_by(self.page.cursor(rows.c), place if first else place.desc())
        shown = func.array_agg(ordered, type_=ARRAY(Text)).filter(place <= limit)
        return shown[1]
