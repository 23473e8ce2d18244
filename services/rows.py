"""Rows of the actor's county: found, or refused as if there were none; and who made a new one."""

from enum import Enum, auto
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Table, Uuid, bindparam, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services.errors import NotFound
from services.prepared import Prepared, adopt
from services.tables import TenantRow

RowT = TypeVar("RowT", bound=TenantRow)


class Lock(Enum):
    """How a row that is found is held until the transaction ends."""

    share = auto()
    update = auto()


async def find(
    session: AsyncSession,
    table: type[RowT],
    by: Actor,
    id_: UUID,
    *,
    for_update: bool = False,
    for_share: bool = False,
) -> RowT:
    """The row with this id, as it is now; `NotFound` for another county's as for none."""
    lock = Lock.update if for_update else Lock.share if for_share else None
    row = await _finding(table, lock).first(session, tenant_id=by.tenant_id, id=id_)
    if row is None:
        raise NotFound(id=f"{table.__name__}:{id_}")
    return adopt(session, table, row)


@cache
def _finding(table: type[TenantRow], lock: Lock | None) -> Prepared:
    columns: Table = table.__table__  # type: ignore[attr-defined]
    mine = select(columns).where(
        columns.c.tenant_id == bindparam("tenant_id", type_=Uuid()),
        columns.c.id == bindparam("id", type_=Uuid()),
    )
    return Prepared(mine if lock is None else mine.with_for_update(read=lock is Lock.share))


async def every(
    session: AsyncSession,
    table: type[RowT],
    by: Actor,
    *order: str,
    for_update: bool = False,
    **equal: Any,
) -> list[RowT]:
    """The rows whose columns have these values (None: null), as they are now, in this order."""
    given = {name: value for name, value in equal.items() if value is not None}
    null = frozenset(equal) - frozenset(given)
    asked = _every(table, order, tuple(given), null, for_update)
    found = await asked.rows(session, tenant_id=by.tenant_id, **given)
    return [adopt(session, table, row) for row in found]


@cache
def _every(
    table: type[TenantRow],
    order: tuple[str, ...],
    given: tuple[str, ...],
    null: frozenset[str],
    for_update: bool,
) -> Prepared:
    columns: Table = table.__table__  # type: ignore[attr-defined]
    wanted = select(columns).where(
        *(columns.c[name] == bindparam(name, type_=columns.c[name].type)
          for name in ("tenant_id", *given)),
        *(columns.c[name].is_(None) for name in sorted(null)),
    ).order_by(*(columns.c[name] for name in order))  # fmt: skip
    return Prepared(wanted.with_for_update() if for_update else wanted)


def made(by: Actor, acting: Held | None) -> dict[str, Any]:
    """What every new row holds of its making: the county, who, and in which appointment."""
    return {
        "tenant_id": by.tenant_id,
        "made_by": by.person_id,
        "made_as": acting.appointment_id if acting else None,
    }
