"""Prepared statements (预备语句): what every command asks, compiled once and asked of the driver.

SQLAlchemy says what is asked. Its session, made for any question, takes several times as long over
a known one as the database takes to answer it; so these go past it, within the same transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol, TypeVar

from sqlalchemy import BindParameter, Executable, Numeric, Table, inspect
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, PGDialect_asyncpg
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.tables import TenantRow

RowT = TypeVar("RowT", bound=TenantRow)
# By these names a session knows the connection that its transaction is on, and what goes out with
# its next flush beside its objects.
DRIVER, ROWS = "driver", "rows"


class _Written(PGCompiler_asyncpg):
    """Writes into the statement what is the same each time; the rest are its parameters."""

    def visit_bindparam(self, bindparam: BindParameter[Any], **options: Any) -> str:  # type: ignore[override]
        options["literal_binds"] = not bindparam.required
        return str(super().visit_bindparam(bindparam, **options))  # type: ignore[no-untyped-call]


DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
DIALECT.statement_compiler = _Written


class Record(Protocol):
    """A row as the driver gives it: by name or by place."""

    def __getitem__(self, key: Any, /) -> Any:
        """A value of it."""


@dataclass(frozen=True, slots=True)
class Written:
    """The shape of one row as it goes out: its table, which columns are written, and for a change
    by which keys the row is found.
    """

    table: Table
    names: tuple[str, ...]
    keys: tuple[str, ...] = ()


def put(session: AsyncSession, table: type[SQLModel], **values: Any) -> None:
    """Write a row that nobody needs as an object: defaults are filled in, and it goes out with the
    rest of what the session has changed.
    """
    for name, default in _defaults(table):
        if name not in values:
            values[name] = default()
    rows = Written(_table(table), tuple(values))
    session.info.setdefault(ROWS, []).append((rows, values))


def fresh(table: type[RowT], **values: Any) -> RowT:
    """A new row as an object that no session knows, for `put_row`. Its class would take a hundred
    microseconds to look at the values; whoever makes thousands of them has looked.
    """
    made: RowT = _managed(table).new_instance()
    given = {name: default() for name, default in _defaults(table) if name not in values}
    made.__dict__.update(_nothing(table), **given, **values)
    return made


def put_row(session: AsyncSession, row: SQLModel) -> None:
    """Write such a row that has been made as an object, which nobody needs any more afterwards."""
    put(session, type(row), **{name: row.__dict__[name] for name in _nothing(type(row))})


def change(
    session: AsyncSession, table: type[SQLModel], *, keys: Mapping[str, Any], **values: Any
) -> None:
    """Change such a row, found by its keys."""
    written = Written(_table(table), tuple(values), tuple(keys))
    session.info.setdefault(ROWS, []).append((written, {**values, **keys}))


def has_pending(session: AsyncSession) -> bool:
    """Whether the session has something that isn't in the database yet."""
    return bool(session.info.get(ROWS) or session.new or session.dirty or session.deleted)


class Prepared:
    """A statement whose parameters are its named places; its constants stand in its text."""

    def __init__(self, statement: Executable) -> None:
        compiled = statement.compile(dialect=DIALECT)  # type: ignore[attr-defined]
        self.sql = str(compiled)
        names = compiled.positiontup or ()
        self._places = [(name, _writer(compiled.binds[name].type)) for name in names]

    def arguments(self, values: dict[str, Any]) -> list[Any]:
        """The values in the order of their places, as the driver takes them."""
        return [
            value if (value := values[name]) is None or write is None else write(value)
            for name, write in self._places
        ]

    async def rows(self, session: AsyncSession, **values: Any) -> Sequence[Record]:
        """Every row; what the session has not written yet is written before."""
        if has_pending(session):
            await session.flush()
        rows: Sequence[Record] = await session.info[DRIVER].fetch(self.sql, *self.arguments(values))
        return rows

    async def first(self, session: AsyncSession, **values: Any) -> Record | None:
        """The first row, if there is one."""
        found = await self.rows(session, **values)
        return found[0] if found else None


def adopt(session: AsyncSession, table: type[RowT], row: Record) -> RowT:
    """The object of a row, as the session would have loaded it: one object for each row."""
    mapper: Mapper[RowT] = inspect(table)
    values = {name: value if read is None else read(value) for name, value, read in (
        (name, row[column], read) for name, column, read in _columns(table)
    )}  # fmt: skip
    key = mapper.identity_key_from_primary_key((values["tenant_id"], values["id"]))
    known: RowT | None = session.sync_session.identity_map.get(key)
    if known is not None:
        for name, value in values.items():
            set_committed_value(known, name, value)
        return known
    made: RowT = mapper.class_manager.new_instance()
    inspect(made).dict.update(values)
    make_transient_to_detached(made)
    session.add(made)
    return made


def writers(written: Written) -> list[Callable[[Any], Any] | None]:
    """How the driver is given the value of each of these columns."""
    return [_writer(written.table.c[name].type) for name in written.names]


@cache
def _table(table: type[SQLModel]) -> Table:
    found = inspect(table).local_table
    assert isinstance(found, Table)  # noqa: S101
    return found


@cache
def _defaults(table: type[SQLModel]) -> list[tuple[str, Callable[[], Any]]]:
    """What a model gives to a column by itself; the database gives the rest."""
    found: list[tuple[str, Callable[[], Any]]] = []
    for name, field in table.model_fields.items():
        if field.default_factory is not None:
            found.append((name, field.default_factory))  # type: ignore[arg-type]
        elif not field.is_required() and field.default is not None:
            found.append((name, partial(_same, field.default)))
    return found


@cache
def _managed(table: type[SQLModel]) -> Any:
    return inspect(table).class_manager


@cache
def _nothing(table: type[SQLModel]) -> Mapping[str, None]:
    """Null for every attribute of a row."""
    return dict.fromkeys(table.model_fields)


def _same(value: Any) -> Any:
    return value


@cache
def _columns(table: type[TenantRow]) -> list[tuple[str, str, Callable[[Any], Any] | None]]:
    """Each attribute with its column, and how what the driver gives is read."""
    mapper: Mapper[Any] = inspect(table)
    return [(one.key, one.columns[0].name, _reader(one.columns[0].type))
            for one in mapper.column_attrs]  # fmt: skip


def _writer(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    found: Callable[[Any], Any] | None = type_.dialect_impl(DIALECT).bind_processor(DIALECT)
    return found


def _reader(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(type_, Numeric):
        return None  # exact already, as the driver gives it
    implementation = type_.dialect_impl(DIALECT)
    found: Callable[[Any], Any] | None = implementation.result_processor(DIALECT, None)
    return found
