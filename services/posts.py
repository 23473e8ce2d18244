"""Posts and who holds them (职务与在任): the tables, and what is asked of them by others.

An appointment is active while it is confirmed and this moment lies between its two; that is never
stored. The commands that change them are in `appointments`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    and_,
    func,
    or_,
)
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held
from services import people, units
from services.errors import Said
from services.tables import Recorded, moment, one_of, within_tenant


class AppointmentState(StrEnum):
    """Where an appointment stands."""

    proposed = "proposed"
    confirmed = "confirmed"
    ended = "ended"
    revoked = "revoked"


STATES: dict[AppointmentState, Said] = {
    AppointmentState.proposed: Said("提议", "proposed"),
    AppointmentState.confirmed: Said("在任", "confirmed"),
    AppointmentState.ended: Said("已卸任", "ended"),
    AppointmentState.revoked: Said("已撤销", "revoked"),
}
NEXT: dict[AppointmentState, frozenset[AppointmentState]] = {
    AppointmentState.proposed: frozenset({AppointmentState.confirmed, AppointmentState.revoked}),
    AppointmentState.confirmed: frozenset({AppointmentState.ended, AppointmentState.revoked}),
    AppointmentState.ended: frozenset(),
    AppointmentState.revoked: frozenset(),
}


class Post(Recorded, table=True):
    """A post (职务) in a unit: the role it gives, its title there, how many may hold it at once."""

    __tablename__ = "post"
    __table_args__: ClassVar[Any] = (
        within_tenant("unit_id", "unit"),
        CheckConstraint("seats > 0", name="has_a_seat"),
        UniqueConstraint("tenant_id", "id", "unit_id"),
        Index(None, "tenant_id", "unit_id", "title", "id"),
        Index(None, "tenant_id", "role", "id"),
        Index(None, "tenant_id", "title", "id"),
    )

    unit_id: UUID
    role: str
    title: str = Field(max_length=80)
    seats: int = 1


class Appointment(Recorded, table=True):
    """A person's appointment; `starts_at` belongs to it, `ends_at` no longer."""

    __tablename__ = "appointment"
    __table_args__: ClassVar[Any] = (
        one_of("state", AppointmentState),
        within_tenant("person_id", "person"),
        ForeignKeyConstraint(
            ["tenant_id", "post_id", "unit_id"], ["post.tenant_id", "post.id", "post.unit_id"]
        ),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_begins"),
        CheckConstraint("confirmed_by <> made_by", name="not_confirmed_by_its_proposer"),
        CheckConstraint("confirmed_by <> person_id", name="not_confirmed_by_its_holder"),
        Index(None, "tenant_id", "person_id", "starts_at", "id"),
        Index(None, "tenant_id", "post_id", "starts_at", "id"),
        Index(None, "tenant_id", "unit_id", "starts_at", "id"),
        Index(None, "tenant_id", "starts_at", "id"),
    )

    person_id: UUID
    post_id: UUID
    unit_id: UUID
    state: str = AppointmentState.proposed
    starts_at: datetime = moment()
    ends_at: datetime | None = moment(default=None)
    ground: str = Field(max_length=500)
    warning: str | None = None
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = moment(default=None)


OF_POST = (col(Post.tenant_id) == Appointment.tenant_id) & (col(Post.id) == Appointment.post_id)
OPEN = (AppointmentState.proposed, AppointmentState.confirmed)


async def held_now(
    session: AsyncSession, tenant_id: UUID, person_id: UUID, at: datetime
) -> tuple[tuple[Held, ...], datetime | None]:
    """The posts a person holds at this moment, and when that next changes by itself."""
    mine = (
        select(Appointment, Post.role)
        .join(Post, OF_POST)
        .where(
            Appointment.tenant_id == tenant_id, Appointment.person_id == person_id,
            Appointment.state == AppointmentState.confirmed,
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > at),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )  # fmt: skip
    rows = (await session.exec(mine)).all()
    held = tuple(Held(row.id, role, row.unit_id) for row, role in rows if row.starts_at <= at)
    ahead = [moment_ for row, _ in rows for moment_ in (row.starts_at, row.ends_at)]
    return held, min((m for m in ahead if m is not None and m > at), default=None)


async def other_holders(session: AsyncSession, by: Actor, row: Appointment, role: str) -> int:
    """How many others hold this role in the county now, without an end in sight.

    Under a lock, so that two who end each other's terms at once don't both count on the other.
    """
    key = func.hashtextextended(f"holders:{by.tenant_id}:{role}", 0)
    await session.exec(select(func.pg_advisory_xact_lock(key)))
    others = (
        select(func.count())
        .select_from(Appointment)
        .join(Post, OF_POST)
        .where(
            Appointment.tenant_id == by.tenant_id, Appointment.id != row.id, Post.role == role,
            is_active(), col(Appointment.ends_at).is_(None),
        )
    )  # fmt: skip
    return (await session.exec(others)).one()


def is_active() -> ColumnElement[bool]:
    """The appointment gives authority at this moment."""
    confirmed = col(Appointment.state) == AppointmentState.confirmed
    return and_(confirmed, col(Appointment.starts_at) <= func.now(), _isnt_over())


def _serving(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    return select(func.count()).where(
        Appointment.tenant_id == tenant_id, Appointment.unit_id == unit_id,
        col(Appointment.state).in_(OPEN), _isnt_over(),
    )  # fmt: skip


def _places(tenant_id: UUID, person_id: UUID) -> SelectOfScalar[UUID]:
    return select(Appointment.unit_id).where(
        Appointment.tenant_id == tenant_id, Appointment.person_id == person_id, is_active()
    )


def _roles(tenant_id: UUID, person_id: UUID) -> SelectOfScalar[str]:
    held = select(Post.role).join(Appointment, OF_POST)
    return held.where(
        Appointment.tenant_id == tenant_id, Appointment.person_id == person_id, is_active()
    )


def _isnt_over() -> ColumnElement[bool]:
    return or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > func.now())


units.OCCUPANTS["appointment"] = _serving
people.PLACES.append(_places)
people.ROLES.append(_roles)
