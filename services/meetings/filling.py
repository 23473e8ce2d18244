"""Filling agendas (列入议程): what the round table hears, nobody chooses (每事必议).

Every matter that is tabled in the grid is on the agenda of the next meeting that is held, whichever
that turns out to be; and whatever else waited for a meeting that wasn't held.
"""

from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, rows
from services.councils import Council
from services.events import record, state_of
from services.matters.states import MatterState
from services.matters.tables import Matter
from services.meetings.states import Sitting
from services.meetings.tables import AgendaItem, Meeting, MeetingState, Outcome
from services.rows import made

EARLIER = "由第{number}次会议先议"


async def items_of(
    session: AsyncSession, by: Actor, meeting: UUID, *outcomes: Outcome
) -> list[AgendaItem]:
    """The items of a meeting in their order; those of these outcomes only, if any are named."""
    found = await rows.every(session, AgendaItem, by, "position", meeting_id=meeting)
    return [one for one in found if not outcomes or one.outcome in outcomes]


async def ahead(
    session: AsyncSession, by: Actor, council: UUID, state: MeetingState
) -> list[Meeting]:
    """A council's meetings in a state, in the order in which they are planned."""
    return await rows.every(
        session, Meeting, by, "planned_at", council_id=council, state=state.value
    )


def queue(
    session: AsyncSession, by: Actor, sitting: Sitting, position: int, title: str,
    matter: UUID | None = None,
) -> AgendaItem:  # fmt: skip
    """Put something on a meeting's agenda."""
    item = AgendaItem(
        **made(by, sitting.acting), meeting_id=sitting.meeting.id, council_id=sitting.council.id,
        position=position, matter_id=matter, title=title,
    )  # fmt: skip
    session.add(item)
    record(session, by, "item.queued", item, acting=sitting.acting)
    return item


async def next_position(session: AsyncSession, by: Actor, meeting: UUID) -> int:
    """The number of the next item of an agenda."""
    last = select(func.max(AgendaItem.position)).where(
        AgendaItem.tenant_id == by.tenant_id, AgendaItem.meeting_id == meeting
    )
    return ((await session.exec(last)).one() or 0) + 1


async def take_up(session: AsyncSession, by: Actor, sitting: Sitting) -> int:
    """Every tabled matter of the grid that is on no earlier agenda, the longest waiting first."""
    await _take_over(session, by, sitting)
    queued = select(AgendaItem.matter_id).where(
        AgendaItem.tenant_id == by.tenant_id, AgendaItem.outcome == Outcome.queued,
        AgendaItem.matter_id == Matter.id,
    )  # fmt: skip
    waiting = select(Matter.id, Matter.title).where(
        Matter.tenant_id == by.tenant_id, Matter.grid_id == sitting.council.grid_id,
        Matter.state == MatterState.tabled, ~queued.exists(),
    )  # fmt: skip
    position = await next_position(session, by, sitting.meeting.id)
    found = (await session.exec(waiting.order_by(col(Matter.tabled_at), col(Matter.id)))).all()
    for place, (matter, title) in enumerate(found, position):
        queue(session, by, sitting, place, title, matter)
    return len(found) + await _carry_over(session, by, sitting, position + len(found))


async def _take_over(session: AsyncSession, by: Actor, sitting: Sitting) -> None:
    """Off the agendas of what is to be held later: no matter waits for a meeting of its own."""
    others = [
        other
        for state in (MeetingState.draft, MeetingState.convened)
        for other in await ahead(session, by, sitting.council.id, state)
    ]
    is_open = sitting.meeting.opened_at is not None
    for other in others:
        if other.id == sitting.meeting.id:
            continue
        if not is_open and other.planned_at <= sitting.meeting.planned_at:
            continue
        for item in await items_of(session, by, other.id, Outcome.queued):
            if item.matter_id is None:
                continue
            before = state_of(item)
            item.said = EARLIER.format(number=sitting.meeting.number)
            item.outcome, item.disposed_at = Outcome.taken_off, clock.now()
            item.version += 1
            record(session, by, "item.taken_off", item, acting=sitting.acting, before=before)


async def _carry_over(session: AsyncSession, by: Actor, sitting: Sitting, position: int) -> int:
    """The other business that stood on agendas of the grid's cancelled meetings."""
    over = select(Meeting.id).join(
        Council,
        (col(Council.tenant_id) == Meeting.tenant_id) & (col(Council.id) == Meeting.council_id),
    ).where(
        Meeting.tenant_id == by.tenant_id, Council.grid_id == sitting.council.grid_id,
        Meeting.state == MeetingState.cancelled,
    )  # fmt: skip
    left = select(AgendaItem).where(
        AgendaItem.tenant_id == by.tenant_id, col(AgendaItem.matter_id).is_(None),
        AgendaItem.outcome == Outcome.queued, col(AgendaItem.meeting_id).in_(over),
    ).order_by(col(AgendaItem.made_at), col(AgendaItem.id))  # fmt: skip
    found = (await session.exec(left)).all()
    for place, item in enumerate(found, position):
        before = state_of(item)
        item.outcome, item.deferred_to_id = Outcome.deferred, sitting.meeting.id
        item.disposed_at = clock.now()
        item.version += 1
        record(session, by, "item.deferred", item, acting=sitting.acting, before=before)
        queue(session, by, sitting, place, item.title)
    return len(found)
