"""Convening (召集): a meeting is drafted, convened, opened with a quorum, and adjourned.

Convening takes every tabled matter of the grid onto the agenda by itself, and so does opening, for
what was tabled meanwhile: nobody chooses what the round table hears (每事必议).
"""

from datetime import datetime, timedelta
from typing import Annotated, TypeAlias
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, councils, masking, packs, people, rows, units
from services.arguments import AppointmentId, Length, Reason, Version
from services.councils import SITTING, Council, CouncilClosed, CouncilId, CouncilSeat, SeatKind
from services.errors import Refused, called
from services.events import record, state_of
from services.meetings import minutes
from services.meetings.filling import ahead, items_of, take_up
from services.meetings.states import LABELS, MeetingId, Sitting, go, lock_council, take
from services.meetings.tables import Attendance, Meeting, MeetingState, Outcome
from services.posts import OF_POST, Appointment, Post, is_active
from services.rows import made


class MeetingInThePast(Refused):
    """开会时间不能早于现在。
    A meeting can't be planned for a time that has passed.
    """


class MeetingTooFar(Refused):
    """会议最多提前 {days} 天安排。
    A meeting is planned {days} days ahead at most.
    """


class PlacePersonal(Refused):
    """开会地点会公开，请不要写姓名、电话或门牌号。
    Where it is held is shown in public: no name, phone or house number, please.
    """


class QuorumMissing(Refused):
    """到会 {present} 方，不足法定的 {quorum} 方，不能开会或议决。
    {present} of the parties are there and {quorum} are needed to open, or to decide.
    """


class NoSeatHere(Refused):
    """这个任职在本圆桌会没有席位：{id}。
    This appointment gives no seat at this round table: {id}.
    """


class SitsAlready(Refused):
    """一个人在一次会议上只占一个席位：{id}。
    A person sits on one seat at a meeting: {id}.
    """


class ItemsUndisposed(Refused):
    """还有没有结果的议题：{items}。请逐项议决、延期、转交或不采纳。
    These items have no outcome yet: {items}. Resolve, defer, refer or dismiss each of them.
    """


class NotYetHeld(Refused):
    """会议定在 {at}，提前一天以上不能签到或开会。请等到那时，或取消后另行召集。
    The meeting is planned for {at}; nobody comes to it over a day before. Wait, or cancel it.
    """


class MeetingUnderWay(Refused):
    """本圆桌会有一次会议正在进行：{id}。请先散会。
    A meeting of this round table is in session: {id}. Adjourn that first.
    """


class MeetingAhead(Refused):
    """本圆桌会还有没开完的会议（第 {number} 次，{state}）：{id}。请先取消，或开完散会。
    A meeting of this council (no. {number}) is still {state}: {id}. Cancel it, or hold and adjourn.
    """


Present: TypeAlias = Annotated[
    list[AppointmentId] | None, "到会的任职。 The appointments of who is there."
]
# Two months: what is planned farther ahead keeps nothing from the next meeting.
FARTHEST = timedelta(days=62)
# Nobody can have come to what is held later than tomorrow.
EARLIEST = timedelta(days=1)
PlannedAt: TypeAlias = Annotated[datetime, "开会时间。 When it is to be held."]
Place: TypeAlias = Annotated[str, Length(1, 200), "地点。 Where."]


async def draft(
    session: AsyncSession, by: Actor, *, council: CouncilId, planned_at: PlannedAt, place: Place
) -> Meeting:
    """Draft a council's next meeting."""
    table = await lock_council(session, by, council)
    path = await units.path_of(session, by, table.grid_id)
    acting = authorize(by, "draft", "meetings", within=path)
    if table.until is not None:
        raise CouncilClosed(id=f"Council:{council}")
    await _check_plan(session, by, planned_at, place)
    latest = select(func.max(Meeting.number)).where(
        Meeting.tenant_id == by.tenant_id, Meeting.council_id == table.id
    )
    number = ((await session.exec(latest)).one() or 0) + 1
    row = Meeting(
        **made(by, acting), council_id=table.id, number=number, planned_at=planned_at, place=place,
        pack_id=await packs.active(session, by),
    )  # fmt: skip
    session.add(row)
    record(session, by, "meeting.drafted", row, acting=acting)
    return row


async def _check_plan(session: AsyncSession, by: Actor, planned_at: datetime, place: str) -> None:
    """Neither over nor too far ahead, and at a place that names nobody: both are public."""
    now = clock.now()
    if planned_at < now:
        raise MeetingInThePast()
    if planned_at > now + FARTHEST:
        raise MeetingTooFar(days=FARTHEST.days)
    if masking.findings(place, await people.named_in(session, by, place)):
        raise PlacePersonal()


async def convene(
    session: AsyncSession, by: Actor, *, meeting: MeetingId, expected_version: Version = None
) -> Meeting:
    """Convene a meeting: every matter that is tabled in the grid is on its agenda."""
    sitting = await take(
        session, by, "convene", meeting, expected_version=expected_version, fills=True
    )
    taken = await take_up(session, by, sitting)
    return go(session, by, "convene", sitting, "convened", items=taken)


async def cancel(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    reason: Reason,
    expected_version: Version = None,
) -> Meeting:
    """Cancel a meeting that hasn't begun; the next one has what was on its agenda, at once."""
    sitting = await take(
        session, by, "cancel", meeting, expected_version=expected_version, fills=True
    )
    for item in await items_of(session, by, sitting.meeting.id, Outcome.queued):
        before = state_of(item)
        item.said = reason
        if item.matter_id is None:
            # A matter is found again where it is tabled; this waits here for the next meeting.
            continue
        item.outcome, item.disposed_at = Outcome.taken_off, clock.now()
        item.version += 1
        record(session, by, "item.taken_off", item, acting=sitting.acting, before=before)
    row = go(session, by, "cancel", sitting, "cancelled", reason=reason)
    await session.flush()
    following = await ahead(session, by, sitting.council.id, MeetingState.convened)
    if following:
        later = Sitting(following[0], sitting.council, sitting.rules, sitting.acting, {})
        await take_up(session, by, later)
    return row


async def open_(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    present: Present = None,
    expected_version: Version = None,
) -> Meeting:
    """Open a meeting with those who are there: without a quorum it isn't opened."""
    sitting = await take(
        session, by, "open", meeting, expected_version=expected_version, fills=True
    )
    await _seat_all(session, by, sitting, present or [])
    await check_quorum(session, by, sitting)
    await _check_none_sits(session, by, sitting)
    sitting.meeting.opened_at = clock.now()
    await take_up(session, by, sitting)
    return go(session, by, "open", sitting, "opened")


async def attend(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    present: Present = None,
    expected_version: Version = None,
) -> Meeting:
    """Note who has come (签到): oneself, or by the grid others too; who is noted stays so."""
    own = [post for _, post in await seats_held(session, by, meeting)] if present is None else []
    sitting = await take(
        session, by, "attend", meeting, expected_version=expected_version,
        beside=tuple(post.unit_id for post in own),
    )  # fmt: skip
    if present is None and not own:
        raise NoSeatHere(id=f"Person:{by.person_id}")
    noted = present if present is not None else [own[0].appointment_id]
    await _seat_all(session, by, sitting, noted)
    return go(session, by, "attend", sitting, "attended", present=[str(one) for one in noted])


async def adjourn(
    session: AsyncSession, by: Actor, *, meeting: MeetingId, expected_version: Version = None
) -> Meeting:
    """Adjourn a meeting once every item has its outcome; its minutes are drafted."""
    sitting = await take(session, by, "adjourn", meeting, expected_version=expected_version)
    await check_disposed(session, by, sitting.meeting)
    sitting.meeting.adjourned_at = clock.now()
    row = go(session, by, "adjourn", sitting, "adjourned")
    await minutes.draft(session, by, sitting)
    return row


async def check_disposed(session: AsyncSession, by: Actor, meeting: Meeting) -> None:
    """Refuse while an item has no outcome (每议必果)."""
    left = await items_of(session, by, meeting.id, Outcome.queued)
    if left:
        numbers = [f"{item.position}" for item in left]
        raise ItemsUndisposed(items=called({}, *numbers))


async def check_quorum(
    session: AsyncSession, by: Actor, sitting: Sitting, but: frozenset[UUID] = frozenset()
) -> None:
    """Refuse where too few of the six parties are there; `but` are those who took no part."""
    there = await attendance_of(session, by, sitting.meeting.id)
    parties = {one.kind for one in there if one.id not in but}
    if len(parties) < sitting.rules.quorum:
        raise QuorumMissing(present=len(parties), quorum=sitting.rules.quorum)


async def attendance_of(session: AsyncSession, by: Actor, meeting: UUID) -> list[Attendance]:
    """Who sat at a meeting."""
    return await rows.every(session, Attendance, by, "at", "id", meeting_id=meeting)


async def _seat_all(
    session: AsyncSession, by: Actor, sitting: Sitting, present: list[UUID]
) -> None:
    planned_at = sitting.meeting.planned_at
    if clock.now() < planned_at - EARLIEST:
        raise NotYetHeld(at=planned_at)
    seats = await councils.seats_of(session, by, sitting.council.id)
    noted = await attendance_of(session, by, sitting.meeting.id)
    there, people = {one.appointment_id for one in noted}, {one.person_id for one in noted}
    wanted = select(Appointment, Post.role).join(Post, OF_POST).where(
        Appointment.tenant_id == by.tenant_id, col(Appointment.id).in_(present), is_active()
    )  # fmt: skip
    serving = {row.id: (row, role) for row, role in (await session.exec(wanted)).all()}
    for appointment in dict.fromkeys(present):
        if appointment in there:
            continue
        found = serving.get(appointment)
        seat = found and next(
            (seat for seat in seats if sits_on(sitting.council.grid_id, seat, *found)), None
        )
        if not found or not seat:
            raise NoSeatHere(id=f"Appointment:{appointment}")
        if found[0].person_id in people:
            raise SitsAlready(id=f"Person:{found[0].person_id}")
        people.add(found[0].person_id)
        session.add(
            Attendance(
                tenant_id=by.tenant_id, meeting_id=sitting.meeting.id, seat_id=seat.id,
                kind=seat.kind, appointment_id=appointment, person_id=found[0].person_id,
                at=clock.now(),
            )
        )  # fmt: skip
    await session.flush()


async def _check_none_sits(session: AsyncSession, by: Actor, sitting: Sitting) -> None:
    under_way = select(Meeting.id).where(
        Meeting.tenant_id == by.tenant_id, Meeting.council_id == sitting.council.id,
        Meeting.state == MeetingState.in_session,
    )  # fmt: skip
    found = (await session.exec(under_way)).first()
    if found is not None:
        raise MeetingUnderWay(id=f"Meeting:{found}")


async def seats_held(
    session: AsyncSession, by: Actor, meeting: UUID
) -> list[tuple[SeatKind, Held]]:
    """The seats of a meeting's council on which the actor sits, each with the post by which."""
    row = await rows.find(session, Meeting, by, meeting)
    council = await rows.find(session, Council, by, row.council_id)
    return [
        (SeatKind(seat.kind), post)
        for seat in await councils.seats_of(session, by, council.id)
        for post in by.posts
        if fits(council.grid_id, seat, post.unit_id, post.role)
    ]


def sits_on(grid: UUID, seat: CouncilSeat, held: Appointment, role: str) -> bool:
    """Whether an appointment sits on a seat."""
    return fits(grid, seat, held.unit_id, role)


def fits(grid: UUID, seat: CouncilSeat, unit: UUID, role: str) -> bool:
    """Whether a role in a unit sits on a seat; the branch's secretary serves in the grid itself."""
    kind = SeatKind(seat.kind)
    places = {seat.unit_id, grid} if kind is SeatKind.branch else {seat.unit_id}
    return role in SITTING[kind] and unit in places


async def _check_dissolving(session: AsyncSession, by: Actor, council: Council) -> None:
    """What is to be held, or is being held, is first cancelled or adjourned."""
    for state in (MeetingState.in_session, MeetingState.convened, MeetingState.draft):
        for row in await ahead(session, by, council.id, state):
            raise MeetingAhead(
                number=row.number, state=called(LABELS, state), id=f"Meeting:{row.id}"
            )


councils.DISSOLVING.append(_check_dissolving)
