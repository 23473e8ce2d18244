"""Saving (写入): all that a command changed goes to the database in one statement.

SQLAlchemy's own flush sends a statement for each table, and waits for each. Here the rows of one
flush are one `with … insert … update …`, so that a unit, its paths, its event and the caller's key
cost one round trip. What isn't plain (deletions, very many objects) goes the usual way. Very many
rows that are no objects go table by table, in the order in which each table first came, by one
statement for some thousands of rows: arrays of their columns.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import Table, bindparam, func, insert, literal, select, update
from sqlalchemy import inspect as inspected
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Mapper, make_transient, make_transient_to_detached
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import await_only
from sqlmodel import Session as PlainSession

from services.prepared import DIALECT, DRIVER, ROWS, Prepared, Written, writers

# Of more rows the usual way is as good: it sends them by the hundred.
MOST_ROWS = 40
# From so many on they go table by table, so many at a time.
MANY, AT_A_TIME = 400, 2_000
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
        if len(rows) >= MANY:
            self._write_many([row for row in rows if not row[0].keys])
            rows = [row for row in rows if row[0].keys]
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
        found = self._ask(statement.sql, statement.arguments(given))
        if found != len(rows):
            raise StaleDataError(f"{len(rows) - found} rows are there no longer")

    def _write_many(self, rows: Sequence[Row]) -> None:
        """New rows, table by table.

        What was planned while a table was small (the keys' own look-ups too) is planned anew: by
        an index that will do for a few rows it would go through all of these.
        """
        self._ask("discard plans", ())
        shapes: dict[Written, list[dict[str, Any]]] = {}
        for written, values in rows:
            shapes.setdefault(written, []).append(values)
        for written, those in shapes.items():
            processed = writers(written)
            for at in range(0, len(those), AT_A_TIME):
                self._write_some(written, processed, those[at : at + AT_A_TIME])

    def _write_some(
        self,
        written: Written,
        processed: Sequence[Callable[[Any], Any] | None],
        those: Sequence[dict[str, Any]],
    ) -> None:
        """Rows of one shape: what is the same in all of them is said once."""
        given: list[Any] = []
        same: list[bool] = []
        for name, write in zip(written.names, processed, strict=True):
            first = those[0][name]
            same.append(len(those) > 1 and all(one[name] is first for one in those))
            column = [first] if same[-1] else [one[name] for one in those]
            if write is not None:
                column = [None if one is None else write(one) for one in column]
            given.append(column[0] if same[-1] else column)
        self._ask(_insertion(written, tuple(same)), given)

    def _ask(self, sql: str, arguments: Sequence[Any]) -> Any:
        """What the driver answers; its errors as SQLAlchemy's, without the values."""
        try:
            return await_only(self.info[DRIVER].fetchval(sql, *arguments))
        except asyncpg.IntegrityConstraintViolationError as broken:
            raise IntegrityError(sql, None, broken, hide_parameters=True) from broken
        except asyncpg.PostgresError as failed:
            raise DBAPIError(sql, None, failed, hide_parameters=True) from failed

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


@lru_cache(maxsize=SHAPES)
def _insertion(written: Written, same: tuple[bool, ...]) -> str:
    """The statement for any number of rows of a shape, given an array for each column, or the one
    value that is the same in each.
    """
    named = ", ".join(f'"{name}"' for name in written.names)
    types = [_type(written.table.c[name].type) for name in written.names]
    each = [(place, name, *one) for place, (name, one) in
            enumerate(zip(written.names, types, strict=True), 1)]  # fmt: skip
    arrays = [(place, name, array) for (place, name, array, _), is_same in
              zip(each, same, strict=True) if not is_same]  # fmt: skip
    values = ", ".join(
        f"${place}::{array}::{own}" if is_same else f'"{name}"::{own}'
        for (place, name, array, own), is_same in zip(each, same, strict=True)
    )
    unnested = ", ".join(f"${place}::{array}[]" for place, _, array in arrays)
    columns = ", ".join(f'"{name}"' for _, name, _ in arrays)
    return (
        f'insert into "{written.table.name}" ({named})'  # noqa: S608 - names of ours
        f" select {values} from unnest({unnested}) as given ({columns})"
    )


def _type(type_: TypeEngine[Any]) -> tuple[str, str]:
    """The type in which a column's values are given, and its own; JSON is given as text."""
    own = re.sub(r" COLLATE .*", "", type_.compile(DIALECT))
    return ("text", own) if own in ("JSON", "JSONB") else (own, own)


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
