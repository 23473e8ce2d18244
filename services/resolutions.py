"""Resolutions (决议): carried out by their owner by the day, verified by another, never dropped.

One that came of a matter goes with it: who reports the matter's result reports the resolution, and
so on. One without a matter is taken up, reported and verified here. It ends verified, or by a later
resolution of the council; nothing else ends it.
"""

from typing import Annotated, TypeAlias
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, councils, errors, rows, units
from services.arguments import Of, Reason, Version
from services.errors import Refused, called
from services.events import record, state_of
from services.matters import deadlines, moving
from services.matters.arguments import Said
from services.matters.handling import SameHands
from services.matters.tables import Matter
from services.meetings.tables import AgendaItem, Outcome, Resolution, ResolutionState

S = ResolutionState
# What an act on the matter is for its resolution.
OF_MATTER: dict[str, ResolutionState] = {
    "complete": S.reported,
    "verify": S.verified,
    "rework": S.executing,
}
# By these the matter's deadline moves: with leave from above, or as long as its clock stood. What
# was overdue when it was stopped is so when it goes on, and keeps its day.
MOVING = frozenset({"extend", "resume", "rework"})
EVENTS = {
    "complete": "reported",
    "verify": "verified",
    "rework": "sent_back",
    "extend": "extended",
    "resume": "resumed",
}
# By these a matter would leave its resolution to nobody.
DROPPING = frozenset({"withdraw", "merge", "dismiss"})
ACTS: dict[str, tuple[frozenset[ResolutionState], ResolutionState]] = {
    "take_up": (frozenset({S.assigned}), S.executing),
    "report": (frozenset({S.assigned, S.executing}), S.reported),
    "verify": (frozenset({S.reported}), S.verified),
    "send_back": (frozenset({S.reported}), S.executing),
}


STATES: dict[ResolutionState, errors.Said] = {
    S.assigned: errors.Said("已交办", "assigned"),
    S.executing: errors.Said("落实中", "being carried out"),
    S.reported: errors.Said("已报告", "reported"),
    S.verified: errors.Said("已核实", "verified"),
    S.superseded: errors.Said("已由新决议取代", "superseded"),
}
ACT_LABELS: dict[str, errors.Said] = {
    "take_up": errors.Said("着手落实", "take up"),
    "report": errors.Said("报告落实", "report"),
    "verify": errors.Said("核实", "verify"),
    "send_back": errors.Said("退回重办", "send back"),
}


class ResolutionNotThere(Refused):
    """决议现在是 {state}，不能这样办（{act}）。
    The resolution is {state} now, and this can't be done ({act}).
    """


class ResolutionStands(Refused):
    """圆桌会对这件事项已有决议，还没有落实：{id}。请落实，或由圆桌会另作决议。
    The round table has resolved this, and it is still to be done: {id}. Do it, or resolve anew.
    """


class DecidedOtherwise(Refused):
    """圆桌会已决定由谁承办、怎样办、何时办结。要改变，请写明原因再提交圆桌会（tableMatter）。
    The round table has decided who handles this, how and by when. To change it, table it again.
    """


class GoesWithMatter(Refused):
    """这项决议随事项办理，请在事项上报告、核实：{id}。
    This resolution goes with its matter: report and verify it there: {id}.
    """


ResolutionId: TypeAlias = Annotated[UUID, Of("Resolution"), "决议。 The resolution."]


async def take_up(
    session: AsyncSession, by: Actor, *, resolution: ResolutionId, expected_version: Version = None
) -> Resolution:
    """Take a resolution up: its owner has begun to carry it out."""
    row, acting, before = await _take(session, by, "take_up", resolution, expected_version)
    return _go(session, by, row, acting, before, "take_up", "taken_up")


async def report(
    session: AsyncSession,
    by: Actor,
    *,
    resolution: ResolutionId,
    report: Annotated[Said, "落实情况。 What was done."],
    expected_version: Version = None,
) -> Resolution:
    """Report that a resolution is carried out."""
    row, acting, before = await _take(session, by, "report", resolution, expected_version)
    row.report, row.reported_by, row.reported_at = report, by.person_id, clock.now()
    return _go(session, by, row, acting, before, "report", "reported")


async def verify(
    session: AsyncSession,
    by: Actor,
    *,
    resolution: ResolutionId,
    said: Said,
    expected_version: Version = None,
) -> Resolution:
    """Say that one has seen a resolution carried out, which somebody else has reported."""
    row, acting, before = await _take(session, by, "verify", resolution, expected_version)
    own_unit = row.owner_id in {post.unit_id for post in by.posts}
    if by.person_id is None or by.person_id == row.reported_by or own_unit:
        raise SameHands()
    row.verified_by, row.verified_at = by.person_id, clock.now()
    return _go(session, by, row, acting, before, "verify", "verified", said)


async def send_back(
    session: AsyncSession,
    by: Actor,
    *,
    resolution: ResolutionId,
    reason: Reason,
    expected_version: Version = None,
) -> Resolution:
    """Send a report back: the resolution isn't carried out yet."""
    row, acting, before = await _take(session, by, "send_back", resolution, expected_version)
    return _go(session, by, row, acting, before, "send_back", "sent_back", reason)


async def _take(
    session: AsyncSession, by: Actor, verb: str, resolution: UUID, version: int | None
) -> tuple[Resolution, Held | None, dict[str, object]]:
    """Owners act where they serve; the grid and those above it look after it."""
    row = await rows.find(session, Resolution, by, resolution, for_update=True)
    council = await rows.find(session, councils.Council, by, row.council_id)
    is_owners = verb in ("take_up", "report")
    path = await units.path_of(session, by, row.owner_id if is_owners else council.grid_id)
    acting = authorize(by, verb, "resolutions", within=path)
    row.check_version(version)
    if row.matter_id is not None:
        raise GoesWithMatter(id=f"Matter:{row.matter_id}")
    if row.state not in ACTS[verb][0]:
        raise ResolutionNotThere(state=called(STATES, row.state), act=called(ACT_LABELS, verb))
    return row, acting, state_of(row)


def _go(
    session: AsyncSession,
    by: Actor,
    row: Resolution,
    acting: Held | None,
    before: dict[str, object],
    verb: str,
    event: str,
    said: str | None = None,
) -> Resolution:
    row.state, row.version = ACTS[verb][1], row.version + 1
    note = {"said": said} if said else None
    record(session, by, f"resolution.{event}", row, acting=acting, before=before, note=note)
    return row


async def _follow(session: AsyncSession, by: Actor, verb: str, case: moving.Case) -> None:
    """A matter's resolution goes where the matter goes."""
    if verb not in OF_MATTER and verb not in DROPPING and verb not in MOVING:
        return
    row = await _of_matter(session, by, case.matter)
    if row is None:
        return
    if verb in DROPPING:
        if row.state != S.verified:
            raise ResolutionStands(id=f"Resolution:{row.id}")
        return
    if row.state == S.verified and await _is_past(session, case.matter, verb, row):
        return
    before = state_of(row)
    if verb in OF_MATTER:
        _go_along(by, verb, case.matter, row)
    due = case.matter.due_at
    if verb in MOVING and due is not None and due > clock.now():
        row.due_on = deadlines.day_of(due)
    row.version += 1
    record(session, by, f"resolution.{EVENTS[verb]}", row, acting=case.acting, before=before)


async def _is_past(session: AsyncSession, matter: Matter, verb: str, row: Resolution) -> bool:
    """What was carried out and closed stays so: a matter that is reopened has a day of its own."""
    closed = await moving.latest(session, matter, "close")
    return verb not in OF_MATTER or (
        closed is not None and row.verified_at is not None and row.verified_at <= closed.at
    )


def _go_along(by: Actor, verb: str, matter: Matter, row: Resolution) -> None:
    row.state = OF_MATTER[verb]
    row.verified_by = row.verified_at = None
    if verb == "complete":
        row.report, row.reported_by, row.reported_at = matter.result, by.person_id, clock.now()
    if verb == "verify":
        row.verified_by, row.verified_at = by.person_id, clock.now()


async def _check_decided(session: AsyncSession, by: Actor, verb: str, case: moving.Case) -> None:
    """Who handles what the round table has decided on, how and until when, is for that alone."""
    if verb != "assign":
        return
    decided = select(AgendaItem.id).where(
        AgendaItem.tenant_id == by.tenant_id, AgendaItem.matter_id == case.matter.id,
        col(AgendaItem.outcome).in_((Outcome.resolved, Outcome.referred)),
    )  # fmt: skip
    if (await session.exec(decided)).first() is not None:
        raise DecidedOtherwise()


async def _of_matter(session: AsyncSession, by: Actor, matter: Matter) -> Resolution | None:
    """The resolution that stands on a matter."""
    wanted = select(Resolution).where(
        Resolution.tenant_id == by.tenant_id, Resolution.matter_id == matter.id,
        col(Resolution.state) != S.superseded,
    )  # fmt: skip
    found = await session.exec(wanted.order_by(col(Resolution.id).desc()).with_for_update())
    return found.first()


moving.AFTER += [_follow, _check_decided]
