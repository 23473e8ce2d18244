"""Appointments (任职): a person in a post, between two moments; all authority comes from them.

proposed -> confirmed -> ended | revoked; active is what is confirmed and between its moments.
Nobody confirms their own; a post has no more holders at once than seats; conflicts warn or block.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    or_,
)
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor, Held, authorize
from services import clock, conflicts, packs, people, rows, terms, units
from services.arguments import AppointmentId, Name, PersonId, PostId, Reason, UnitId, Version
from services.errors import BadInput, EndsBeforeItBegins, Refused, Said, called
from services.events import record, state_of
from services.posts import NEXT, OPEN, STATES, Appointment, AppointmentState, Post, other_holders
from services.rows import made
from services.standing import raise_standing


class OwnAppointment(Refused):
    """不能确认自己的任职，也不能确认自己提名的任职。
    Nobody confirms their own appointment, nor one that they proposed.
    """


class SeatTaken(Refused):
    """这个职务的 {seats} 个席位在这段时间内已经满了。
    All {seats} seats of this post are taken in that time.
    """


class WrongState(Refused):
    """现在的状态是 {state}，不能变为 {wanted}。
    It is {state} and can't become {wanted}.
    """


class TermOver(Refused):
    """任期到 {ends_at} 为止，不能以结束来延长；延长须重新提名。
    The term runs until {ends_at}; ending can't lengthen it. Propose a new appointment instead.
    """


class LastAdministrator(Refused):
    """这是本县最后一位 {role}，请先任命接任的人。
    This is the county's last {role}. Appoint a successor first.
    """


class RoleUnknown(Refused):
    """没有角色 {role}，或者它不能在本县任命。
    There is no role {role}, or it isn't appointed in this county.
    """


Ends = Annotated[datetime | None, "任期结束的时刻（不含）。 The moment it ends, not included."]


async def create_post(
    session: AsyncSession,
    by: Actor,
    *,
    unit: UnitId,
    role: Annotated[str, "角色代号。 The role's name."],
    title: Name,
    seats: Annotated[
        int | None, "席位数，默认按配置包。 How many at once; else the pack's."
    ] = None,
) -> Post:
    """Create a post in a unit, with the role that it gives to its holders."""
    place = await units.find_open(session, by, unit)
    path = await units.path_of(session, by, place.id)
    acting = authorize(
        by, "create_post", "appointments", within=path, among=by.policy.appointers(role)
    )
    is_misplaced = (role == "platform_operator") != (by.domain == policies.PLATFORM)
    if is_misplaced or role not in {*by.policy.roles} - {policies.PUBLIC, policies.CLIENT}:
        raise RoleUnknown(role=role)
    if seats is None:
        rules = await packs.read(session, by, "appointments", conflicts.AppointmentRules)
        seats = rules.seats.get(role, 1)
    if not 1 <= seats <= 1000:
        raise BadInput(argument="seats", reason=Said("应在 1 到 1000 之间", "between 1 and 1000"))
    post = Post(
        **made(by, acting), unit_id=place.id, role=role, title=title, seats=seats,
    )  # fmt: skip
    session.add(post)
    record(session, by, "post.created", post, acting=acting)
    return post


async def propose(
    session: AsyncSession,
    by: Actor,
    *,
    person: PersonId,
    post: PostId,
    starts_at: Annotated[datetime | None, "任期开始的时刻，默认现在。 When it begins; now."] = None,
    ends_at: Ends = None,
    ground: Reason,
) -> Appointment:
    """Propose a person for a post; somebody else confirms it."""
    # Locked: whoever counts a post's seats does so alone.
    seat = await rows.find(session, Post, by, post, for_update=True)
    path = await units.path_of(session, by, seat.unit_id)
    appointing = by.policy.appointers(seat.role)
    acting = authorize(by, "propose", "appointments", within=path, among=appointing)
    await units.find_open(session, by, seat.unit_id)
    holder = await people.find_alive(session, by, person)
    row = Appointment(
        **made(by, acting), person_id=holder.id, post_id=seat.id, unit_id=seat.unit_id,
        starts_at=starts_at or clock.now(), ends_at=ends_at, ground=ground,
    )  # fmt: skip
    _check_dates(row)
    await _check_seats(session, by, seat, row)
    row.warning = await _check_conflicts(session, by, seat, row)
    session.add(row)
    record(session, by, "appointment.proposed", row, acting=acting)
    return row


async def confirm(
    session: AsyncSession,
    by: Actor,
    *,
    appointment: AppointmentId,
    expected_version: Version = None,
) -> Appointment:
    """Confirm a proposed appointment; from its beginning on it gives authority."""
    row, acting = await _find_for(session, by, appointment, "confirm")
    row.check_version(expected_version)
    if by.person_id in (row.person_id, row.made_by):
        raise OwnAppointment()
    before = _leave(row, AppointmentState.confirmed)
    seat = await rows.find(session, Post, by, row.post_id, for_update=True)
    await units.find_open(session, by, row.unit_id)
    await people.find(session, by, row.person_id, for_update=True)
    await _check_seats(session, by, seat, row)
    row.warning = await _check_conflicts(session, by, seat, row)
    row.state = AppointmentState.confirmed
    row.confirmed_by, row.confirmed_at = by.person_id, clock.now()
    await _changed(session, by, row, "appointment.confirmed", acting, before)
    return row


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    appointment: AppointmentId,
    ends_at: Ends = None,
    reason: Reason,
    expected_version: Version = None,
) -> Appointment:
    """End an appointment, now or at a later moment."""
    row, acting = await _find_for(session, by, appointment, "end")
    row.check_version(expected_version)
    before, now = _leave(row, AppointmentState.ended), clock.now()
    if row.ends_at is not None and (ends_at or now) > row.ends_at:
        raise TermOver(ends_at=row.ends_at)
    await _check_last(session, by, row)
    row.ends_at = ends_at or now
    _check_dates(row)
    if row.ends_at <= now:
        row.state = AppointmentState.ended
    await _changed(session, by, row, "appointment.ended", acting, before, reason)
    return row


async def revoke(
    session: AsyncSession,
    by: Actor,
    *,
    appointment: AppointmentId,
    reason: Reason,
    expected_version: Version = None,
) -> Appointment:
    """Revoke an appointment: its authority is gone at the next request."""
    row, acting = await _find_for(session, by, appointment, "revoke")
    row.check_version(expected_version)
    before = _leave(row, AppointmentState.revoked)
    await _check_last(session, by, row)
    row.state = AppointmentState.revoked
    await _changed(session, by, row, "appointment.revoked", acting, before, reason)
    return row


async def find(
    session: AsyncSession, by: Actor, appointment: UUID, *, for_update: bool = False
) -> Appointment:
    """An appointment of the actor's county."""
    return await rows.find(session, Appointment, by, appointment, for_update=for_update)


async def _find_for(
    session: AsyncSession, by: Actor, appointment: UUID, action: str
) -> tuple[Appointment, Held | None]:
    row = await find(session, by, appointment, for_update=True)
    appointing = by.policy.appointers((await rows.find(session, Post, by, row.post_id)).role)
    path = await units.path_of(session, by, row.unit_id)
    return row, authorize(by, action, "appointments", within=path, among=appointing)


def _leave(row: Appointment, wanted: AppointmentState) -> dict[str, Any]:
    """Refuse a step that the table doesn't know; else the row as it stood."""
    state = AppointmentState(row.state)
    if wanted not in NEXT[state]:
        raise WrongState(state=called(STATES, state), wanted=called(STATES, wanted))
    return state_of(row)


async def _changed(
    session: AsyncSession, by: Actor, row: Appointment, name: str, acting: Held | None,
    before: dict[str, Any], reason: str | None = None,
) -> None:  # fmt: skip
    """Record the change, and let every process know that this person's authority is another one."""
    row.version += 1
    note = {"reason": reason} if reason else None
    record(session, by, name, row, acting=acting, before=before, note=note)
    await raise_standing(session, by.tenant_id, row.person_id)


async def _check_last(session: AsyncSession, by: Actor, row: Appointment) -> None:
    """Without an administrator of either kind, nobody could appoint one again."""
    seat = await rows.find(session, Post, by, row.post_id, for_update=True)
    is_kept = seat.role in policies.KEPT and row.state == AppointmentState.confirmed
    if is_kept and not await other_holders(session, by, row, seat.role):
        raise LastAdministrator(role=called(conflicts.LABELS, seat.role))


def _check_dates(row: Appointment) -> None:
    if row.ends_at is not None and row.ends_at <= row.starts_at:
        raise EndsBeforeItBegins()


async def _check_seats(session: AsyncSession, by: Actor, seat: Post, row: Appointment) -> None:
    """At no moment of this appointment do the others leave less than one seat."""
    others = select(Appointment).where(
        Appointment.tenant_id == by.tenant_id, Appointment.post_id == seat.id, *_beside(row)
    )
    if terms.busiest(row, (await session.exec(others)).all()) >= seat.seats:
        raise SeatTaken(seats=seat.seats)


async def _check_conflicts(
    session: AsyncSession, by: Actor, seat: Post, row: Appointment
) -> str | None:
    held = select(Appointment.post_id).where(
        Appointment.tenant_id == by.tenant_id, Appointment.person_id == row.person_id, *_beside(row)
    )
    posts = (await session.exec(held)).all()
    if not posts:
        return None
    roles = select(Post.role).where(Post.tenant_id == by.tenant_id, col(Post.id).in_(posts))
    beside = sorted(set((await session.exec(roles)).all()))
    return await conflicts.check(session, by, role=seat.role, beside=beside)


def _beside(row: Appointment) -> list[ColumnElement[bool]]:
    """What is true of another open appointment that overlaps this one."""
    overlaps = [
        col(Appointment.id) != row.id,
        col(Appointment.state).in_(OPEN),
        or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > row.starts_at),
    ]
    return [*overlaps, col(Appointment.starts_at) < row.ends_at] if row.ends_at else overlaps
