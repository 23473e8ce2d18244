"""What a GraphQL type says of how it is read: its table, and the source of each of its fields.

A declaration stands in the field's metadata; no resolver runs when the compiled path answers.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, FromClause, Select, TableClause
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from policies import Actor, Scope
from schema.reading.call import Call
from schema.reading.cost import SIZE_OF_A_LIST
from schema.reading.found import Condition
from schema.reading.pages import Direction

KEY = "reading"
Row: TypeAlias = Mapping[str, ColumnElement[Any]] | ReadOnlyColumnCollection[str, Any]


class Ask(Protocol):
    """What the compiler offers to a declaration that builds its own SQL."""

    @property
    def tenant(self) -> ColumnElement[UUID]:
        """The county's id."""

    @property
    def person(self) -> ColumnElement[UUID]:
        """The reader's own id; null where the reader is no person."""

    @property
    def client(self) -> ColumnElement[UUID]:
        """The id of the client that the reader acts through; null where there is none."""

    def bind(self, key: Any, get: Callable[[Call], Any], type_: TypeEngine[Any]) -> Any:
        """A parameter whose value is got at each running; the same key is the same parameter."""

    def argument(
        self, name: str, type_: TypeEngine[Any], of: str | None = None, check: "Check | None" = None
    ) -> ColumnElement[Any]:
        """An argument of the field, as a parameter; null where it is not given.

        `of` is the type whose id it must be; `check` refuses what the arguments can't be together.
        """

    def need_hashes(self) -> None:
        """Say that running this needs the county's keyed hashes (`Call.hashes`)."""

    def is_given(self, name: str) -> bool:
        """Whether an argument of the field has a value; a plan is made for either case."""

    def scopes(self, object_: str, action: str = "read") -> frozenset[Scope]:
        """How far the reader may read an object: the county, or units, own, public."""

    def units(self, object_: str, action: str = "read") -> ColumnElement[Any]:
        """The units, as an array, in and below which the reader may read an object."""

    @property
    def gathers(self) -> bool:
        """Whether the rows are to be found by the reader's scope, and not the scope by the row."""


Predicate = Callable[[Ask, Row], Condition]
# Raises `BadInput` where the field's arguments, as they were given, can't be together.
Check = Callable[[Mapping[str, Any]], None]
UnitPredicate = Callable[[Ask, Row, ColumnElement[Any]], Condition]


@dataclass(frozen=True, slots=True)
class Reading:
    """A type that is rows of a table: the policy's object, and what each scope means for a row.

    `sealed` are the columns that no statement reads: at most it compares them.
    """

    table: FromClause
    object: str
    unit: UnitPredicate | None = None
    own: Predicate | None = None
    public: Predicate | None = None
    office: Predicate | None = None
    is_tenant_row: bool = True
    sealed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Identity:
    """The global id: type and key."""


@dataclass(frozen=True, slots=True)
class Column:
    """A scalar that is a column of the row."""

    name: str


@dataclass(frozen=True, slots=True)
class Given:
    """A value that is in hand when the plan runs."""

    get: Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class Computed:
    """A scalar that SQL computes from the row."""

    build: Callable[[Ask, Row], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Link:
    """The one row that a column, or a value in hand, points at; null where policy hides it.

    `lenient` also answers null where the reader may read no such row at all.
    """

    to: str | Given | Computed
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class AnyLink:
    """The one row of whichever type a column names (an interface or union)."""

    type_column: str
    id_column: str


@dataclass(frozen=True, slots=True)
class ByNode:
    """The one row of whichever type the global id in the argument `id` names."""


@dataclass(frozen=True, slots=True)
class Watched:
    """The one row that an argument names, read again at every event of it.

    An event says of its object what the object's type is called here.
    """

    argument: str = "id"


@dataclass(frozen=True, slots=True)
class Pages:
    """A Relay connection: the rows of a type, or those whose column points at this row."""

    back: str | None
    orders: type[Enum]
    filter: type | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """A plain list of what a select yields; `size` is how many rows it is reckoned as."""

    build: Callable[[Ask, Row], Select[Any]]
    size: int = SIZE_OF_A_LIST


@dataclass(frozen=True, slots=True)
class Records:
    """A plain list of records in hand: each a mapping of column name to text."""

    get: Callable[[Call], Sequence[Mapping[str, Any]]]
    columns: Sequence[str]


@dataclass(frozen=True, slots=True)
class Here:
    """An object that has no row of its own: its fields are read from this row, or are in hand.

    `object` is what the reader must be allowed to read at all; null where `seen` doesn't hold.
    `takes` asks for the arguments, so that they are looked at though no field may need them.
    """

    object: str | None = None
    seen: Predicate | None = None
    takes: Callable[[Ask], Any] | None = None


@dataclass(frozen=True, slots=True)
class About:
    """The object that a question is about, and by which argument; `is_quiet`: where whoever asks
    doesn't see it, they are answered as of nothing.
    """

    argument: str
    type_name: str
    id: UUID
    is_quiet: bool = False


Subject = Callable[[Actor, Mapping[str, Any]], About | None]


@dataclass(frozen=True, slots=True)
class Question:
    """An object that a service answers before the statement runs; `about` says of its arguments
    which object whoever asks must see, if any.
    """

    run: Callable[..., Awaitable[Any]]
    arguments: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    about: Subject | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list inside such an answer."""

    name: str


Source = (
    Identity
    | Column
    | Given
    | Computed
    | Link
    | AnyLink
    | ByNode
    | Watched
    | Pages
    | Rows
    | Records
    | Here
    | Question
    | Items
)
T = TypeVar("T")


def reads(
    table: Any,
    object_: str,
    *,
    unit: UnitPredicate | None = None,
    own: Predicate | None = None,
    public: Predicate | None = None,
    office: Predicate | None = None,
    is_tenant_row: bool = True,
) -> Callable[[type[T]], type[T]]:
    """Say that a type is rows of this table, read under this object of the policies."""

    def bind(type_: type[T]) -> type[T]:
        sealed: frozenset[str] = getattr(table, "unrecorded", frozenset())
        reading = Reading(light(table), object_, unit, own, public, office, is_tenant_row, sealed)
        type_.__reading__ = reading  # type: ignore[attr-defined]
        return type_

    return bind


def light(table: Any) -> TableClause:
    """A service's table by its names and types alone: its aliases are made for every place of a
    document, and those of a whole table copy its keys and constraints each time.
    """
    whole = table.__table__
    columns = (sql_column(column.name, column.type) for column in whole.c)
    return sql_table(whole.name, *columns)


def source(what: Source, description: str, *arguments: StrawberryArgument) -> Any:
    """A field with its declaration; what every function below ends in."""
    declared: StrawberryField = strawberry.field(description=description, metadata={KEY: what})
    declared.arguments = list(arguments)
    return declared


def argument(name: str, type_: Any, description: str, default: Any = strawberry.UNSET) -> Any:
    """An argument of a field that has no resolver to say it."""
    graphql_name = None
    annotation = StrawberryAnnotation(type_)
    return StrawberryArgument(
        name, graphql_name, annotation, description=description, default=default
    )


def identity() -> Any:
    """The global id of a node."""
    return source(Identity(), "全局编号，格式为 类型:编号。 Global id: type and key.")


def column(attribute: Any, description: str) -> Any:
    """A column of the type's table, or by name of the select it comes from."""
    name = attribute if isinstance(attribute, str) else attribute.key
    return source(Column(name), description)


def computed(
    build: Callable[[Ask, Row], ColumnElement[Any]],
    description: str,
    *arguments: StrawberryArgument,
) -> Any:
    """A scalar that SQL computes."""
    return source(Computed(build), description, *arguments)


def given(get: Callable[[Call], Any], description: str) -> Any:
    """A scalar in hand: something of the reader, or of what a mutation made."""
    return source(Given(get), description)


def link(to: Any, description: str, *, lenient: bool = False) -> Any:
    """The row that a column of this row points at, or that a function finds in the call."""
    if isinstance(to, str):
        return source(Link(to, lenient), description)
    if hasattr(to, "key"):
        return source(Link(to.key, lenient), description)
    return source(Link(Given(to), lenient), description)


def computed_link(build: Callable[[Ask, Row], ColumnElement[Any]], description: str) -> Any:
    """The row whose id SQL computes from this one."""
    return source(Link(Computed(build)), description)


def subscription(description: str) -> Any:
    """The row of the field's type with this id: as it is now, then after each change of it."""
    named = argument("id", strawberry.ID, "看哪一个。 Which one.")
    return source(Watched(named.python_name), description, named)


def here(
    description: str,
    object_: str | None = None,
    *arguments: StrawberryArgument,
    seen: Predicate | None = None,
    takes: Callable[[Ask], Any] | None = None,
) -> Any:
    """An object without a row of its own."""
    return source(Here(object_, seen, takes), description, *arguments)


def rows(
    build: Callable[[Ask, Row], Select[Any]], description: str, size: int = SIZE_OF_A_LIST
) -> Any:
    """A short list of what a select yields."""
    return source(Rows(build, size), description)


def records(
    get: Callable[[Call], Sequence[Mapping[str, Any]]], columns: Sequence[str], description: str
) -> Any:
    """A short list in hand."""
    return source(Records(get, columns), description)


def items(name: str, description: str) -> Any:
    """A list inside what a question answered."""
    return source(Items(name), description)


def connection(
    back: Any,
    orders: type[Enum],
    description: str,
    filter_: type | None = None,
    direction: Direction = Direction.ASC,
) -> Any:
    """A Relay connection; `back` is the column of the other table that points here, or None.

    `direction` is the way it goes where none is asked for.
    """
    filtered = [argument("filter", filter_ | None, "只要符合的。 Only these.")] if filter_ else []
    name = None if back is None else back.key
    return source(
        Pages(name, orders, filter_),
        description,
        argument("first", int | None, "向后取多少条。 How many from the start, or after `after`."),
        argument("after", str | None, "从这个游标之后。 Only what comes after this cursor."),
        argument("last", int | None, "向前取多少条。 How many from the end, or before `before`."),
        argument("before", str | None, "到这个游标之前。 Only what comes before this cursor."),
        *filtered,
        argument("order_by", orders, "按什么排序。 By what to order.", next(iter(orders))),
        argument("direction", Direction, "升序或降序。 Which way.", direction),
    )
