"""A plan: one statement, how its parameters bind, and nothing of any county or reader in it.

The statement sets the tenant, compares the reader's standing, and answers null where that is no
longer what the reader was admitted with.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    select,
    true,
)

from schema.reading.answer import Asked
from schema.reading.call import Call
from schema.reading.cost import Place
from schema.reading.joined import Json
from schema.reading.paths import REFUSALS, Path, find
from schema.reading.statement import Statement
from services.kept import Kept
from services.prepared import DIALECT
from services.standing import Standing
from services.tables import Tenant, TenantState

Binder = Callable[[Call], Any]
BYTES_KEPT = 48 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """A compiled statement and the binders of its parameters, in their order; `objects` are those
    that the policies must let one read.
    """

    sql: str
    binders: tuple[Binder, ...]
    needs_hashes: bool = False
    places: tuple[Place, ...] = ()
    paths: tuple[Path, ...] = ()
    unused: tuple[tuple[Path, Binder], ...] = ()
    questions: tuple[Asked, ...] = ()
    objects: frozenset[str] = frozenset()

    def arguments(self, call: Call) -> list[Any]:
        """The parameters of one running; `BadInput` where the caller's values can't be used.

        Those that the statement has no need of are looked at too: a cursor beside a count alone.
        """
        if self.unused:
            find(self.unused, call)
        try:
            return [binder(call) for binder in self.binders]
        except REFUSALS:
            find(zip(self.paths, self.binders, strict=True), call)
            raise


def plan(statement: Statement, data: Json, *, guarded: bool = True) -> Plan:
    """Close a statement around the JSON that it answers: bytes of UTF-8.

    The answer to a command is not guarded: standing was compared as its transaction began.
    """
    text = func.convert_to(data.sql(), "UTF8")
    whole = select((case((_holds(statement), text)) if guarded else text).label("data"))
    door = select(func.set_config("sanfang.tenant", cast(statement.tenant, Text), True).label("is"))
    opened = door.cte("door").prefix_with("MATERIALIZED", dialect="postgresql")
    compiled = whole.select_from(opened).compile(dialect=DIALECT)
    used = compiled.positiontup or ()
    binders = tuple(statement.binders[name] for name in used)
    places = tuple(statement.tally.places)
    paths = tuple(statement.paths.get(name, ()) for name in used)
    unused = tuple(
        (statement.paths[name], get) for name, get in statement.binders.items() if name not in used
    )
    return Plan(
        str(compiled), binders, statement.needs_hashes, places, paths, unused,
        tuple(statement.questions), frozenset(statement.objects),
    )  # fmt: skip


def _holds(statement: Statement) -> ColumnElement[bool]:
    """Whether the reader's authority is still what this call was admitted with."""
    standing, tenant = Standing.__table__, Tenant.__table__  # type: ignore[attr-defined]
    number = statement.bind("number", lambda call: call.authority.number, BigInteger())
    until = statement.bind("until", lambda call: call.authority.until, DateTime(timezone=True))
    subjects = statement.bind("subjects", lambda call: call.authority.subjects, ARRAY(Uuid()))
    total = select(func.coalesce(func.sum(standing.c.number), 0)).where(
        standing.c.tenant_id == statement.tenant, standing.c.subject_id == func.any(subjects)
    )
    served = select(true()).where(
        tenant.c.id == statement.tenant, tenant.c.state == TenantState.active.value
    )
    in_time: ColumnElement[bool] = func.statement_timestamp() < until
    known: ColumnElement[bool] = total.scalar_subquery() == number
    return and_(known, served.exists(), in_time)


V = TypeVar("V")


class Bounded(Generic[V]):
    """What is kept from its second sight on: what is asked once takes nobody's place, and of what
    was seen no more is remembered than a number.
    """

    def __init__(self, size: int, most_bytes: int = BYTES_KEPT) -> None:
        self._kept: Kept[Hashable, V] = Kept(size, most_bytes)
        self._seen: Kept[int, bool] = Kept(size)

    def get(self, key: Hashable) -> V | None:
        """What is kept under the key."""
        return self._kept.get(key)

    def admit(self, key: Hashable, value: V, weight: int) -> None:
        """Keep the value, of about so many bytes, if the key has been seen before."""
        number = hash(key)
        if self._seen.get(number):
            self._kept.put(key, value, weight)
        self._seen.put(number, True)
