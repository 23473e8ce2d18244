"""A meeting's states (会议状态) as one table, and how a command takes a meeting in hand."""

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import packs, rows, units
from services.arguments import Of
from services.councils import Council, CouncilRules
from services.errors import Refused, Said, called
from services.events import record, state_of
from services.meetings.tables import Meeting, MeetingState

S = MeetingState
OBJECT = "meetings"

LABELS: dict[MeetingState, Said] = {
    S.draft: Said("筹备", "a draft"),
    S.convened: Said("已召集", "convened"),
    S.in_session: Said("开会中", "in session"),
    S.minutes_pending: Said("待签纪要", "waiting for its minutes to be signed"),
    S.signed: Said("纪要已签", "signed"),
    S.published: Said("已公开", "published"),
    S.cancelled: Said("已取消", "cancelled"),
}

# Each act: in which states it is done, and the state after it where that is another.
ACTS: dict[str, tuple[frozenset[MeetingState], MeetingState | None]] = {
    "convene": (frozenset({S.draft}), S.convened),
    "cancel": (frozenset({S.draft, S.convened}), S.cancelled),
    "open": (frozenset({S.convened}), S.in_session),
    "attend": (frozenset({S.convened, S.in_session}), None),
    "add": (frozenset({S.draft, S.convened, S.in_session}), None),
    "recuse": (frozenset({S.in_session}), None),
    "reserve": (frozenset({S.draft, S.convened, S.in_session}), None),
    "resolve": (frozenset({S.in_session}), None),
    "defer": (frozenset({S.in_session}), None),
    "refer": (frozenset({S.in_session}), None),
    "dismiss": (frozenset({S.in_session}), None),
    "adjourn": (frozenset({S.in_session}), S.minutes_pending),
    "amend": (frozenset({S.minutes_pending}), None),
    "sign": (frozenset({S.minutes_pending}), None),
    "correct": (frozenset({S.signed, S.published}), None),
    "publish": (frozenset({S.signed}), S.published),
}

ACT_LABELS: dict[str, Said] = {
    "convene": Said("召集", "convene"),
    "cancel": Said("取消", "cancel"),
    "open": Said("开会", "open"),
    "attend": Said("签到", "attend"),
    "add": Said("加议题", "add an item"),
    "recuse": Said("记录回避", "note a recusal"),
    "reserve": Said("标记由业主决定", "mark as the owners' to decide"),
    "resolve": Said("形成决议", "resolve"),
    "defer": Said("延期再议", "defer"),
    "refer": Said("转交", "refer"),
    "dismiss": Said("不采纳", "dismiss"),
    "adjourn": Said("散会", "adjourn"),
    "amend": Said("改纪要", "amend the minutes"),
    "sign": Said("签字", "sign"),
    "correct": Said("附更正", "append a correction"),
    "publish": Said("公开", "publish"),
}

MeetingId: TypeAlias = Annotated[UUID, Of("Meeting"), "会议。 The meeting."]


class MeetingNotThere(Refused):
    """会议现在是「{state}」，不能这样办（{act}）；应在：{wanted}。
    The meeting is {state} now, and this ({act}) is done while it is: {wanted}.
    """


@dataclass(slots=True)
class Sitting:
    """A meeting in hand, locked: its council, the county's rules, in which post one acts."""

    meeting: Meeting
    council: Council
    rules: CouncilRules
    acting: Held | None
    before: dict[str, Any]


async def take(
    session: AsyncSession,
    by: Actor,
    verb: str,
    meeting: UUID,
    *,
    expected_version: int | None = None,
    beside: tuple[UUID, ...] = (),
    fills: bool = False,
) -> Sitting:
    """A meeting locked, with the actor's authority for this act looked at, and its state.

    Whoever serves the grid, or a unit above it, acts; and whoever serves in one of `beside`. An act
    that `fills` agendas locks the council first: of two at once the second waits, holding nothing.
    """
    if fills:
        found = await rows.find(session, Meeting, by, meeting)
        await lock_council(session, by, found.council_id)
    row = await rows.find(session, Meeting, by, meeting, for_update=True)
    council = await rows.find(session, Council, by, row.council_id)
    path = await units.path_of(session, by, council.grid_id)
    acting = authorize(by, verb, OBJECT, within={*path, *beside})
    row.check_version(expected_version)
    check(row, verb)
    rules = await packs.read_edition(session, by, row.pack_id, "councils", CouncilRules)
    return Sitting(row, council, rules, acting, state_of(row))


def check(row: Meeting, verb: str) -> None:
    """Refuse an act that isn't done in the meeting's state."""
    allowed, _ = ACTS[verb]
    if row.state not in allowed:
        wanted = [state for state in MeetingState if state in allowed]
        raise MeetingNotThere(
            state=called(LABELS, row.state), act=called(ACT_LABELS, verb),
            wanted=called(LABELS, *wanted),
        )  # fmt: skip


def go(
    session: AsyncSession, by: Actor, verb: str, sitting: Sitting, event: str, **note: Any
) -> Meeting:
    """Let an act take effect on the meeting itself, and record it."""
    row, target = sitting.meeting, ACTS[verb][1]
    row.state, row.version = target or row.state, row.version + 1
    record(
        session, by, f"meeting.{event}", row, acting=sitting.acting, before=sitting.before,
        note=note,
    )  # fmt: skip
    return row


async def lock_council(session: AsyncSession, by: Actor, council: UUID) -> Council:
    """Of two who number or fill meetings of a council at once, the second waits."""
    return await rows.find(session, Council, by, council, for_update=True)
