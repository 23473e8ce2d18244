"""Saving (写入): all that a command changed goes to the database in one statement.

SQLAlchemy's own flush sends a statement for each table, and waits for each. Here the rows of one
flush are one `with … insert … update …`, so that a unit, its paths, its event and the caller's key
cost one round trip. What isn't plain (deletions, very many rows) goes the usual way.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, Table, bindparam, func, insert, literal, select, update
from sqlalchemy import inspect as inspected
from sqlalchemy.orm import Mapper, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session as PlainSession

# Of more rows the usual way is as good: it sends them by the hundred.
MOST_ROWS = 40
SHAPES = 512


@dataclass(frozen=True, slots=True)
class Written:
    """The shape of one row as it goes out: its table, which columns are written, and for a change
    by which keys the row is found.
    """

    table: Table
    names: tuple[str, ...]
    keys: tuple[str, ...] = ()


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
        changed = [each for each in self.dirty if self.is_modified(each)]
        new = list(self.new)
        count = len(new) + len(changed)
        if objects or self.deleted or not 0 < count <= MOST_ROWS or not all(map(_is_plain, new)):
            super().flush(objects)
            return
        rows = [_inserted(each) for each in new] + [_updated(each) for each in changed]
        statement = _statement(tuple(written for written, _ in rows))
        given = {
            f"v{number}_{name}": value
            for number, (_, values) in enumerate(rows)
            for name, value in values.items()
        }
        found = self.connection().execute(statement, given).scalar_one()
        if found != count:
            raise StaleDataError(f"{count - found} rows are there no longer")
        self._settle(new, changed)

    def _settle(self, new: Iterable[Any], changed: Iterable[Any]) -> None:
        """Take what was written for what the database holds."""
        for each in new:
            self.expunge(each)
            make_transient_to_detached(each)
            self.add(each)
        for each in changed:
            for name in inspected(each).attrs.keys():  # noqa: SIM118
                if name in each.__dict__:
                    set_committed_value(each, name, each.__dict__[name])


def _is_plain(row: Any) -> bool:
    """Whether every column has its value in the row, or the database gives it."""
    mapper: Mapper[Any] = inspected(type(row))
    return all(
        property_.key in row.__dict__ or property_.columns[0].server_default is not None
        for property_ in mapper.column_attrs
    )


def _inserted(row: Any) -> tuple[Written, dict[str, Any]]:
    mapper: Mapper[Any] = inspected(type(row))
    values = {
        property_.columns[0].name: value
        for property_ in mapper.column_attrs
        if (value := row.__dict__.get(property_.key)) is not None
        or property_.columns[0].server_default is None
    }
    return Written(_table(mapper), tuple(values)), values


def _updated(row: Any) -> tuple[Written, dict[str, Any]]:
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
def _statement(rows: tuple[Written, ...]) -> Executable:
    """The statement for rows of these shapes; it answers how many rows it wrote."""
    parts = [_part(number, row).cte(f"w{number}") for number, row in enumerate(rows)]
    counts = [select(func.count()).select_from(part).scalar_subquery() for part in parts]
    total: Any = literal(0)
    for count in counts:
        total = total + count
    return select(total)


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
