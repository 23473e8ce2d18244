"""Saving (写入): all that a command changed goes to the database in one statement.

SQLAlchemy's own flush sends a statement for each table, and waits for each. Here the rows of one
flush are one `with … insert … update …`, so that a unit, its paths, its event and the caller's key
cost one round trip. What isn't plain (deletions, very many rows) goes the usual way.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Table, bindparam, func, insert, literal, select, update
from sqlalchemy import inspect as inspected
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapper, make_transient, make_transient_to_detached
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.util import await_only
from sqlmodel import Session as PlainSession

from services.prepared import DRIVER, ROWS, Prepared, Written

# Of more rows the usual way is as good: it sends them by the hundred.
MOST_ROWS = 40
SHAPES = 512
Row = tuple[Written, dict[str, Any]]


class Session(PlainSession):
    """A session whose flushes are one statement each, in a transaction that its door ends."""

    def commit(self) -> None:
        """Refused: what is kept is decided where the transaction was begun."""
        raise TypeError("a session is kept by the normal end of its block")

    def rollback(self) -> None:
        """Refused likewise: an error that leaves the block undoes all of it."""
        raise TypeError("a session is undone by an error that leaves its block")

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what is new or changed."""
        beside: list[Row] = self.info.pop(ROWS, [])
        changed = [each for each in self.dirty if self.is_modified(each)]
        new = list(self.new)
        number = len(new) + len(changed)
        if objects or self.deleted or number > MOST_ROWS or not all(map(_is_plain, new)):
            super().flush(objects)
            new, changed = [], []
        rows = [*map(_inserted, new), *map(_updated, changed), *beside]
        for at in range(0, len(rows), MOST_ROWS):
            self._write(rows[at : at + MOST_ROWS])
        self._settle(new, changed)

    def _write(self, rows: Sequence[Row]) -> None:
        """One statement for so many rows."""
        statement = _statement(tuple(written for written, _ in rows))
        given = {
            f"v{number}_{name}": value
            for number, (_, values) in enumerate(rows)
            for name, value in values.items()
        }
        driver = self.info[DRIVER]
        try:
            found = await_only(driver.fetchval(statement.sql, *statement.arguments(given)))
        except asyncpg.IntegrityConstraintViolationError as broken:
            raise IntegrityError(statement.sql, None, broken, hide_parameters=True) from broken
        except asyncpg.PostgresError as failed:
            raise DBAPIError(statement.sql, None, failed, hide_parameters=True) from failed
        if found != len(rows):
            raise StaleDataError(f"{len(rows) - found} rows are there no longer")

    def _settle(self, new: Iterable[Any], changed: Iterable[Any]) -> None:
        """Take what was written for what the database holds."""
        for each in (*new, *changed):
            self.expunge(each)
            make_transient(each)
            make_transient_to_detached(each)
            self.add(each)


def _is_plain(row: Any) -> bool:
    """Whether every column has its value in the row, or the database gives it."""
    mapper: Mapper[Any] = inspected(type(row))
    return all(
        property_.key in row.__dict__ or property_.columns[0].server_default is not None
        for property_ in mapper.column_attrs
    )


def _inserted(row: Any) -> Row:
    mapper: Mapper[Any] = inspected(type(row))
    values = {
        property_.columns[0].name: value
        for property_ in mapper.column_attrs
        if (value := row.__dict__.get(property_.key)) is not None
        or property_.columns[0].server_default is None
    }
    return Written(_table(mapper), tuple(values)), values


def _updated(row: Any) -> Row:
    state = inspected(row)
    mapper: Mapper[Any] = state.mapper
    keys = [mapper.get_property_by_column(column) for column in mapper.primary_key]
    touched = [
        property_
        for property_ in mapper.column_attrs
        if state.attrs[property_.key].history.has_changes()
    ]
    values = {p.columns[0].name: getattr(row, p.key) for p in touched}
    named = {p.columns[0].name: getattr(row, p.key) for p in keys}
    return Written(_table(mapper), tuple(values), tuple(named)), values | named


def _table(mapper: Mapper[Any]) -> Table:
    table = mapper.local_table
    assert isinstance(table, Table)  # noqa: S101
    return table


@lru_cache(maxsize=SHAPES)
def _statement(rows: tuple[Written, ...]) -> Prepared:
    """The statement for rows of these shapes; it answers how many rows it wrote."""
    parts = [_part(number, row).cte(f"w{number}") for number, row in enumerate(rows)]
    counts = [select(func.count()).select_from(part).scalar_subquery() for part in parts]
    total: Any = literal(0)
    for count in counts:
        total = total + count
    return Prepared(select(total))


def _part(number: int, row: Written) -> Any:
    bound = {
        name: bindparam(f"v{number}_{name}", type_=row.table.c[name].type) for name in row.names
    }
    if not row.keys:
        return insert(row.table).values(bound).returning(literal(1))
    which = [
        row.table.c[name] == bindparam(f"v{number}_{name}", type_=row.table.c[name].type)
        for name in row.keys
    ]
    return update(row.table).where(*which).values(bound).returning(literal(1))
