"""The tables as the Python peers map them: the columns that the shapes ask for, and the relations.

Each relation carries the county's id, so that it is found by the same indexes.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Mapper(DeclarativeBase):
    """The peers' own registry."""


class Unit(Mapper):
    """A unit of the county's tree."""

    __tablename__ = "unit"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    since: Mapped[date]
    version: Mapped[int]
    linkages: Mapped[list["Linkage"]] = relationship(
        primaryjoin="and_(Unit.tenant_id == Linkage.tenant_id, Unit.id == Linkage.grid_id,"
        " Linkage.until.is_(None))",
        foreign_keys="[Linkage.tenant_id, Linkage.grid_id]",
        order_by="[Linkage.since, Linkage.id]",
        viewonly=True,
    )


def _party(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], ["unit.tenant_id", "unit.id"])


def _unit(column: str) -> Mapped[Unit | None]:
    return relationship(
        Unit,
        primaryjoin=f"and_(Linkage.tenant_id == Unit.tenant_id, Linkage.{column} == Unit.id)",
        foreign_keys=f"[Linkage.tenant_id, Linkage.{column}]",
        viewonly=True,
    )


class Linkage(Mapper):
    """The three parties of an estate, from one day until the next version."""

    __tablename__ = "linkage"
    __table_args__ = tuple(
        _party(column)
        for column in ("grid_id", "estate_id", "branch_id", "committee_id", "firm_id")
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    grid_id: Mapped[UUID]
    estate_id: Mapped[UUID]
    branch_id: Mapped[UUID | None]
    committee_id: Mapped[UUID | None]
    firm_id: Mapped[UUID | None]
    since: Mapped[date]
    until: Mapped[date | None]
    estate: Mapped[Unit | None] = _unit("estate_id")
    branch: Mapped[Unit | None] = _unit("branch_id")
    committee: Mapped[Unit | None] = _unit("committee_id")
    firm: Mapped[Unit | None] = _unit("firm_id")
