"""The tree of what is wanted -> SQLAlchemy Core: the recursion, and nothing else.

Every table is bound to the county by an explicit predicate beside row-level security, and to the
reader by the scopes of their grants. Names are numbered, so that the same document is the same SQL.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from json import dumps
from typing import Any
from uuid import UUID

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
    is_non_null_type,
)
from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from policies import Scope
from schema.reading import declare as d
from schema.reading import lists
from schema.reading.answer import Asked
from schema.reading.call import Call
from schema.reading.catalogue import Catalogue, object_type
from schema.reading.connection import ConnectionJson, readable
from schema.reading.cost import SIZE_OF_A_SEARCH, Tally
from schema.reading.filters import conditions, needed
from schema.reading.found import Condition, either
from schema.reading.joined import Json, named, object_of, optional
from schema.reading.paging import Page
from schema.reading.paths import Path, placed
from schema.reading.selection import Selector, Wanted
from schema.reading.values import argument_of, as_json, global_id, parse_id, scalar
from services.errors import Forbidden

ABSENT = optional(cast(null(), Text))
# Said so that nothing else of the statement is left out for it.
NOBODY: ColumnElement[bool] = literal_column("false", Boolean)


class Statement:
    """Builds the JSON of one operation for one shape of call; collects how its parameters bind."""

    def __init__(self, catalogue: Catalogue, selector: Selector, call: Call) -> None:
        self.catalogue, self.selector, self.call = catalogue, selector, call
        self.binders: dict[str, Callable[[Call], Any]] = {}
        self.needs_hashes = False
        self.gathers = False
        self.tally = Tally()
        self._names: dict[Any, str] = {}
        self._aliases = 0
        self._fields: list[tuple[GraphQLField, Wanted]] = []
        self._keys: list[str] = []
        self.paths: dict[str, Path] = {}
        self.questions: list[Asked] = []
        self.objects: set[str] = set()

    # What declarations may ask (schema.reading.declare.Ask).

    @property
    def tenant(self) -> ColumnElement[UUID]:
        """The county's id."""
        return self.bind("tenant", lambda call: call.actor.tenant_id, Uuid())  # type: ignore[no-any-return]

    @property
    def person(self) -> ColumnElement[UUID]:
        """The reader's own id."""
        return self.bind("person", lambda call: call.actor.person_id, Uuid())  # type: ignore[no-any-return]

    @property
    def client(self) -> ColumnElement[UUID]:
        """The client's id."""
        return self.bind("client", lambda call: call.actor.client_id, Uuid())  # type: ignore[no-any-return]

    def bind(self, key: Any, get: Callable[[Call], Any], type_: TypeEngine[Any]) -> Any:
        """A parameter, by whatever key the caller knows it again."""
        name = self._names.setdefault(key, f"p{len(self._names)}")
        self.binders[name] = get
        self.paths.setdefault(name, self.path)
        return bindparam(name, type_=type_, required=True, unique=False)

    def argument(
        self, name: str, type_: TypeEngine[Any], of: str | None = None, check: d.Check | None = None
    ) -> ColumnElement[Any]:
        """An argument of the field being built, or of the rowless object that it is in."""
        definition, node, path = self._asked(name)

        def get(call: Call) -> Any:
            given = call.arguments(definition, node)
            return argument_of(given, name, type_, of, check)

        bound = self.bind((id(node), name), get, type_)
        self.paths[self._names[id(node), name]] = path
        return bound  # type: ignore[no-any-return]

    @property
    def path(self) -> Path:
        """The keys of the answer down to what is being built."""
        return tuple(self._keys)

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Inside, the value of this key is built."""
        self._keys.append(key)
        try:
            with placed(self._keys):
                yield
        finally:
            self._keys.pop()

    def need_hashes(self) -> None:
        """A filter by a sealed number."""
        self.needs_hashes = True

    def is_given(self, name: str) -> bool:
        """Whether the field's argument has a value in this shape of call."""
        definition, node, _ = self._asked(name)
        return self.call.arguments(definition, node).get(name) is not None

    def _asked(self, name: str) -> tuple[GraphQLField, FieldNode, Path]:
        """The place that has this argument: the field itself, or the one right above it."""
        path = self.path
        for definition, wanted in reversed(self._fields[-2:]):
            if name in definition.args:
                return definition, wanted.nodes[0], path
            path = path[:-1]
        definition, wanted = self._fields[-1]
        return definition, wanted.nodes[0], self.path

    def scopes(self, object_: str, action: str = "read") -> frozenset[Scope]:
        """How far the reader may read."""
        return self.call.actor.reach(object_, action).scopes

    def units(self, object_: str, action: str = "read") -> ColumnElement[Any]:
        """The reader's units for an object."""
        return self.bind(  # type: ignore[no-any-return]
            ("units", object_, action),
            lambda call: list(call.actor.reach(object_, action).units),
            ARRAY(Uuid()),
        )

    # The recursion.

    def object_(self, type_: GraphQLObjectType, wanted: Sequence[Wanted], row: d.Row) -> Json:
        """The JSON of one object of a concrete type, from its row."""
        return object_of([(want.key, self._value(type_, want, row)) for want in wanted])

    def one(self, type_: GraphQLObjectType, want: Wanted, id_: ColumnElement[Any]) -> Json:
        """The JSON of the row with this id, or null where there is none that the reader may see."""
        table = self._alias(type_)
        with self.tally.within(1):
            built = self.object_(type_, self.selector.below(want, type_), table.c)
        found = self._visible(type_, table, built.sql()).where(table.c["id"] == id_)
        return optional(found.scalar_subquery())

    def watched(self, root: GraphQLObjectType, want: Wanted) -> Json:
        """The JSON of what a subscription watches: null in JSON, not in SQL, where it is unseen."""
        return self._value(root, want, {}).placed()

    def _value(self, type_: GraphQLObjectType, want: Wanted, row: d.Row) -> Json:
        if want.name == "__typename":
            return named(type_.name)
        field = type_.fields[want.name]
        self._fields.append((field, want))
        try:
            with self.at(want.key):
                return self._from(type_, field, want, row)
        finally:
            self._fields.pop()

    def _from(
        self, type_: GraphQLObjectType, field: GraphQLField, want: Wanted, row: d.Row
    ) -> Json:
        match self.catalogue.sources[type_.name, want.name]:
            case d.Identity():
                return global_id(type_.name, row["id"])
            case d.Column(name):
                is_whole = type_.name in self.catalogue.readings and is_non_null_type(field.type)
                return scalar(row[name], field.type, is_optional=not is_whole)
            case d.Computed(build):
                return scalar(build(self, row), field.type, is_optional=True)
            case d.Given(get):
                return Json((self.written((type_.name, want.name), get),))
            case d.Link(to, lenient):
                return self._link(type_, field, want, row, to, lenient)
            case d.AnyLink(type_column, id_column):
                return self._any(field, want, row[type_column], row[id_column])
            case d.ByNode():
                return self._node(field, want)
            case d.Watched(argument):
                target = object_type(field.type)
                return self.one(target, want, self.argument(argument, Uuid(), target.name))
            case d.Pages() as pages:
                return self._pages(field, want, pages, row)
            case d.Rows(build, size):
                return lists.of_rows(self, field, want, build(self, row), row, size)
            case d.Records(get, columns):
                return lists.of_records(self, field, want, get, columns)
            case d.Here() as here:
                return self._here(field, want, here, row)
            case d.Question() as question:
                return lists.of_question(self, field, want, question)
            case d.Items(name):
                return lists.of_items(self, field, want, row[name])

    def _here(self, field: GraphQLField, want: Wanted, here: d.Here, row: d.Row) -> Json:
        if here.object is not None:
            self._admit(here.object)
        if here.takes is not None:
            here.takes(self)
        target = object_type(field.type)
        built = self.object_(target, self.selector.below(want, target), row)
        return optional(case((here.seen(self, row), built.sql()))) if here.seen else built

    def _link(
        self,
        type_: GraphQLObjectType,
        field: GraphQLField,
        want: Wanted,
        row: d.Row,
        to: str | d.Given | d.Computed,
        lenient: bool,
    ) -> Json:
        target = object_type(field.type)
        if lenient and not self.scopes(self.catalogue.readings[target.name].object):
            return ABSENT
        if isinstance(to, d.Given):
            id_ = self.bind((type_.name, want.name, "id"), to.get, Uuid())
        elif isinstance(to, d.Computed):
            id_ = to.build(self, row)
        else:
            id_ = row[to]
        return self.one(target, want, id_)

    def _any(
        self,
        field: GraphQLField,
        want: Wanted,
        type_name: ColumnElement[Any],
        id_: ColumnElement[Any],
    ) -> Json:
        """One branch for each possible type that the reader may read at all; null for the rest."""
        branches = [
            (type_name == type_.name, self.one(type_, want, id_).sql())
            for type_ in self._possible(field.type)
            if self.scopes(self.catalogue.readings[type_.name].object)
        ]
        return optional(case(*branches)) if branches else ABSENT

    def _node(self, field: GraphQLField, want: Wanted) -> Json:
        given = self.call.arguments(field, want.nodes[0])["id"]
        name, _ = parse_id(given)
        possible = {type_.name: type_ for type_ in self._possible(field.type)}
        if name not in possible:
            return ABSENT
        return self.one(possible[name], want, self.argument("id", Uuid()))

    def written(self, key: Any, get: Callable[[Call], Any]) -> ColumnElement[Any]:
        """What is in hand, as JSON."""
        return self.bind(  # type: ignore[no-any-return]
            key, lambda call: dumps(get(call), ensure_ascii=False, default=as_json), Text()
        )

    def _pages(self, field: GraphQLField, want: Wanted, pages: d.Pages, row: d.Row) -> Json:
        target = self.catalogue.node_type(field.type)
        node = want.nodes[0]
        table = self._alias(target)
        carried = readable(table, self.catalogue.readings[target.name].sealed)
        scoped = self._visible(target, table, *carried, is_whole=pages.back is None)
        if pages.back is not None:
            scoped = scoped.where(table.c[pages.back] == row["id"]).correlate(row["id"].table)
        if pages.filter is not None:
            members = self.catalogue.filters[get_named_type(field.args["filter"].type).name]
            asked = conditions(self, table.c, members, field, node, self.call, self.tally)
            scoped = scoped.where(*asked)
            for action in needed(members, field, node, self.call):
                reading = self.catalogue.readings[target.name]
                scoped = scoped.where(*self._may_search(reading, table.c, action))
        if pages.back is None and self._gathers(self.catalogue.readings[target.name]):
            # A fence: no order or cursor leads the planner through the whole county instead.
            table = scoped.offset(literal_column("0")).subquery(self.name("g"))
            scoped = select(*table.c)
        page = Page.of(field, node, self.call)
        built = ConnectionJson(
            self, self.selector, self.object_, page, scoped, table, target, self.name("p"), self.at
        )
        with self.tally.within(page.size, self.path):
            return built.of(field, want)

    # Who may see what.

    def _alias(self, type_: GraphQLObjectType) -> FromClause:
        reading = self.catalogue.readings[type_.name]
        self._admit(reading.object)
        return reading.table.alias(self.name("t"))

    def _admit(self, object_: str, action: str = "read") -> None:
        """Refuse, before the database is asked, what the reader may not read anywhere."""
        if not self.scopes(object_, action):
            raise Forbidden(object=object_, action=action)
        self.objects.add(object_)

    def _may_search(self, reading: d.Reading, row: d.Row, action: str) -> list[Condition]:
        """What a search by a sealed column finds at most; it is reckoned as many rows."""
        self._admit(reading.object, action)
        with self.tally.within(SIZE_OF_A_SEARCH):
            scopes = self.scopes(reading.object, action)
            is_everywhere = Scope.county in scopes
            return [] if is_everywhere else [either(self._held(reading, row, scopes, action))]

    def _visible(
        self, type_: GraphQLObjectType, table: FromClause, *wanted: Any, is_whole: bool = False
    ) -> Select[Any]:
        """The rows of a type within the county and within the reader's scopes.

        A whole list is gathered from the reader's units, unless what the public sees is in it too.
        """
        reading = self.catalogue.readings[type_.name]
        rows = select(*wanted).select_from(table)
        if reading.is_tenant_row:
            rows = rows.where(table.c.tenant_id == self.tenant)
        scopes = self.scopes(reading.object)
        if Scope.county in scopes:
            return rows
        self.gathers = is_whole and self._gathers(reading)
        held = self._held(reading, table.c, scopes)
        self.gathers = False
        return rows.where(either(held)) if held else rows.where(NOBODY)

    def _gathers(self, reading: d.Reading) -> bool:
        """The reader sees a part of the county, and not besides what the public sees of all."""
        return not self.scopes(reading.object) & {Scope.county, Scope.public}

    def _held(
        self, reading: d.Reading, row: d.Row, scopes: frozenset[Scope], action: str = "read"
    ) -> list[Condition]:
        held: list[Condition] = []
        if Scope.unit in scopes and reading.unit is not None:
            held.append(reading.unit(self, row, self.units(reading.object, action)))
        if Scope.office in scopes and reading.office is not None:
            held.append(reading.office(self, row))
        if Scope.own in scopes and reading.own is not None:
            held.append(reading.own(self, row))
        if Scope.public in scopes and reading.public is not None:
            held.append(reading.public(self, row))
        return held

    def _possible(self, type_: GraphQLOutputType) -> Sequence[GraphQLObjectType]:
        named = get_named_type(type_)
        if not is_abstract_type(named):
            return [named]  # type: ignore[list-item]
        assert isinstance(named, GraphQLAbstractType)  # noqa: S101
        return self.catalogue.schema.get_possible_types(named)

    def name(self, letter: str) -> str:
        self._aliases += 1
        return f"{letter}{self._aliases}"
