"""The tree (层级): every unit with all units above it, kept by the commands that found and move."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Text, Uuid, bindparam, delete, func, insert
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.prepared import Prepared, put
from services.tables import within_tenant


class UnitPath(SQLModel, table=True):
    """Every unit with each above it and itself (depth 0), so that "and below" is one look-up."""

    __tablename__ = "unit_path"
    __table_args__: ClassVar[Any] = (
        within_tenant("ancestor_id", "unit"),
        within_tenant("unit_id", "unit"),
        Index(None, "tenant_id", "unit_id", "ancestor_id"),
    )

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    ancestor_id: UUID = Field(primary_key=True)
    unit_id: UUID = Field(primary_key=True)
    depth: int


HOLD = Prepared(
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name", type_=Text()), 0)))
)
PATH = Prepared(
    select(UnitPath.ancestor_id)
    .where(
        col(UnitPath.tenant_id) == bindparam("tenant_id", type_=Uuid()),
        col(UnitPath.unit_id) == bindparam("unit_id", type_=Uuid()),
    )
    .order_by(col(UnitPath.depth))
)


async def hold(session: AsyncSession, by: Actor) -> None:
    """One change of a county's tree at a time; reading it goes on."""
    await HOLD.rows(session, name=f"units:{by.tenant_id}")


async def path(session: AsyncSession, by: Actor, unit: UUID) -> Sequence[UUID]:
    """A unit and all units above it, the nearest first."""
    return [row[0] for row in await PATH.rows(session, tenant_id=by.tenant_id, unit_id=unit)]


async def subtree(session: AsyncSession, by: Actor, unit: UUID) -> Sequence[UUID]:
    """A unit and all below it."""
    found: Sequence[UUID] = (await session.exec(_below(by, unit))).all()
    return found


def hang(session: AsyncSession, by: Actor, unit: UUID, path: Sequence[UUID]) -> None:
    """Write the paths of a new unit: to itself, and to all above it, the nearest first."""
    for depth, up in enumerate([unit, *path]):
        put(session, UnitPath, tenant_id=by.tenant_id, ancestor_id=up, unit_id=unit, depth=depth)


async def graft(session: AsyncSession, by: Actor, unit: UUID, parent: UUID) -> None:
    """Put a unit, with all below it, under another: cut the paths from outside, write the new."""
    path, above = aliased(UnitPath), aliased(UnitPath)
    cut = delete(UnitPath).where(
        col(UnitPath.tenant_id) == by.tenant_id,
        col(UnitPath.unit_id).in_(_below(by, unit)),
        col(UnitPath.ancestor_id).not_in(_below(by, unit)),
    )
    await session.exec(cut.execution_options(synchronize_session=False))
    joined = select(
        path.tenant_id, above.ancestor_id, path.unit_id, above.depth + path.depth + 1
    ).join(above, col(above.tenant_id) == path.tenant_id)
    joined = joined.where(
        path.tenant_id == by.tenant_id, path.ancestor_id == unit, above.unit_id == parent
    )
    columns = ["tenant_id", "ancestor_id", "unit_id", "depth"]
    await session.exec(insert(UnitPath).from_select(columns, joined))


def _below(by: Actor, unit: UUID) -> Any:
    return select(UnitPath.unit_id).where(
        UnitPath.tenant_id == by.tenant_id, UnitPath.ancestor_id == unit
    )
