"""The tree (层级): every unit with all units above it, kept by the commands that found and move."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
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


async def hold(session: AsyncSession, by: Actor) -> None:
    """One change of a county's tree at a time; reading it goes on."""
    key = func.hashtextextended(f"units:{by.tenant_id}", 0)
    await session.exec(select(func.pg_advisory_xact_lock(key)))


async def subtree(session: AsyncSession, by: Actor, unit: UUID) -> Sequence[UnitPath]:
    """A unit and all below it, as paths from the unit down."""
    below = select(UnitPath).where(UnitPath.tenant_id == by.tenant_id, UnitPath.ancestor_id == unit)
    return (await session.exec(below)).all()


async def hang(
    session: AsyncSession, by: Actor, paths: Sequence[UnitPath], parent: UUID | None
) -> None:
    """Write the paths from everything above `parent` to everything in these paths."""
    above = select(UnitPath.ancestor_id, UnitPath.depth).where(
        UnitPath.tenant_id == by.tenant_id, UnitPath.unit_id == parent
    )
    ups = [(unit, depth + 1) for unit, depth in (await session.exec(above)).all()]
    mine = {"tenant_id": by.tenant_id}
    rows = [
        {"ancestor_id": up, "unit_id": path.unit_id, "depth": depth + path.depth} | mine
        for path in paths
        for up, depth in [*ups, (path.ancestor_id, 0)]
    ]
    await session.exec(insert(UnitPath).values(rows).on_conflict_do_nothing())


async def unhang(session: AsyncSession, by: Actor, units: Sequence[UUID]) -> None:
    """Cut the paths from outside into these units; those among them stay."""
    cut = delete(UnitPath).where(
        col(UnitPath.tenant_id) == by.tenant_id,
        col(UnitPath.unit_id).in_(units),
        col(UnitPath.ancestor_id).not_in(units),
    )
    await session.exec(cut)
