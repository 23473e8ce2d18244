"""Rows of the actor's county: found, or refused as if there were none; and who made a new one."""

from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services.errors import NotFound
from services.tables import TenantRow

RowT = TypeVar("RowT", bound=TenantRow)


async def find(
    session: AsyncSession,
    table: type[RowT],
    by: Actor,
    id_: UUID,
    *,
    for_update: bool = False,
    for_share: bool = False,
) -> RowT:
    """The row with this id; `NotFound` for another county's as for none.

    Locked, it is read anew: what this transaction knew of it before may be out of date.
    """
    mine = select(table).where(table.tenant_id == by.tenant_id, table.id == id_)
    if for_update or for_share:
        mine = mine.with_for_update(read=not for_update).execution_options(populate_existing=True)
    row = (await session.exec(mine)).first()
    if row is None:
        raise NotFound(id=f"{table.__name__}:{id_}")
    return row


def made(by: Actor, acting: Held | None) -> dict[str, Any]:
    """What every new row holds of its making: the county, who, and in which appointment."""
    return {
        "tenant_id": by.tenant_id,
        "made_by": by.person_id,
        "made_as": acting.appointment_id if acting else None,
    }
