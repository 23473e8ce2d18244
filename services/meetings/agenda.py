"""The agenda (议题): each item resolved, deferred to a named meeting, referred, or dismissed.

What the law reserves to the owners (民法典第二百七十八条) isn't decided here, only referred to
their vote. Whoever took no part in an item doesn't count for its quorum.
"""

from typing import Annotated, TypeAlias
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, rows, units
from services.arguments import Length, Of, Reason, UnitId, Version
from services.errors import Refused, Said, called
from services.events import record, state_of
from services.matters import moving
from services.matters.arguments import DueOn
from services.matters.aside import MergedBack
from services.matters.handling import CLASSES, HANDLERS, HandlerUnfit, check_due, hand_over
from services.matters.states import TRANSITIONS, MatterState
from services.matters.tables import HandlingClass, Matter
from services.meetings.convening import attendance_of, check_quorum
from services.meetings.filling import next_position, queue
from services.meetings.minutes import OUTCOMES
from services.meetings.states import ACT_LABELS, OBJECT, MeetingId, Sitting, take
from services.meetings.tables import (
    AgendaItem,
    Meeting,
    MeetingState,
    Outcome,
    Recusal,
    Reserved,
    Resolution,
    ResolutionState,
)
from services.rows import made
from services.units import UnitKind

ItemId: TypeAlias = Annotated[UUID, Of("AgendaItem"), "议题。 The item."]
Decision: TypeAlias = Annotated[str, Length(1, 4000), "决议内容。 What was resolved."]
REFERRED: dict[UnitKind, HandlingClass] = {
    UnitKind.owners_committee: HandlingClass.owners_vote,
    UnitKind.community: HandlingClass.own,
    UnitKind.bureau: HandlingClass.department,
    UnitKind.linked_department: HandlingClass.department,
}
# What the owners decide together (民法典第二百七十八条第一款), item by item.
RESERVED: dict[Reserved, Said] = {
    Reserved.rules_of_procedure: Said("业主大会议事规则", "rules of procedure"),
    Reserved.management_rules: Said("管理规约", "management rules"),
    Reserved.committee_election: Said("选举、更换业委会", "the committee's election"),
    Reserved.firm_choice: Said("选聘、解聘物业", "the choice of the property firm"),
    Reserved.maintenance_funds_use: Said("使用维修资金", "the use of maintenance funds"),
    Reserved.maintenance_funds_raising: Said("筹集维修资金", "raising maintenance funds"),
    Reserved.rebuilding: Said("改建、重建", "rebuilding"),
    Reserved.common_parts_use: Said("改变共有部分用途或经营", "another use of the common parts"),
    Reserved.other_major: Said("其他重大事项", "another major matter"),
}


class ItemDisposed(Refused):
    """这个议题已有结果（{outcome}）：{id}。
    This item has its outcome already ({outcome}): {id}.
    """


class ReservedToOwners(Refused):
    """依法须由业主共同决定（{reserved}），圆桌会只能转交业主表决（referItem）。
    The law reserves this to the owners ({reserved}): it can only be referred to their vote.
    """


class BeingHeard(Refused):
    """第 {number} 次会议正在商议这件事项，不能中止或并案；可以延期再议（deferItem）。
    Meeting no. {number} is hearing this: it is neither suspended nor merged. Defer it (deferItem).
    """


class NotALaterMeeting(Refused):
    """只能延到本圆桌会另一次尚未召开的会议：{id}。
    An item is deferred to another meeting of this council that hasn't begun: {id}.
    """


class ReferralUnfit(Refused):
    """不能转交给这个单元：{id}。可以转交业委会（业主表决）、社区、住建局或职能部门。
    An item goes to an owners' committee (for their vote), a community, bureau or department: {id}.
    """


class NotPresent(Refused):
    """这个人没有签到：{id}。
    This person isn't noted as present: {id}.
    """


async def add(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    title: Annotated[str, Length(1, 80), "议题。 What it is about."],
    expected_version: Version = None,
) -> AgendaItem:
    """Add another business than a matter to an agenda."""
    sitting = await take(session, by, "add", meeting, expected_version=expected_version)
    position = await next_position(session, by, sitting.meeting.id)
    return queue(session, by, sitting, position, title)


async def reserve(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    reserved: Annotated[
        Reserved | None, "依法由业主决定的事；留空则取消。 Null takes it back."
    ] = None,
    reason: Reason,
    expected_version: Version = None,
) -> AgendaItem:
    """Mark an item as what the law reserves to the owners, or take the mark back.

    That is for the units above the grid alone: the table doesn't let itself decide.
    """
    row, sitting = await _take(session, by, "reserve", item, expected_version)
    if reserved is None:
        path = await units.path_of(session, by, sitting.council.grid_id)
        act = ACT_LABELS["reserve"]
        sitting.acting = moving.authorize_above(by, "reserve", OBJECT, path[1:], act)
    before = state_of(row)
    row.reserved, row.version = reserved, row.version + 1
    note = {"reason": reason}
    record(session, by, "item.reserved", row, acting=sitting.acting, before=before, note=note)
    return row


async def recuse(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    person: Annotated[UUID, Of("Person"), "谁回避。 Who takes no part."],
    reason: Reason,
) -> AgendaItem:
    """Note that somebody who is present takes no part in an item (回避)."""
    row, sitting = await _take(session, by, "recuse", item, None)
    there = await attendance_of(session, by, sitting.meeting.id)
    theirs = [one for one in there if one.person_id == person]
    if not theirs:
        raise NotPresent(id=f"Person:{person}")
    known = await _recused(session, by, row.id)
    for one in theirs:
        if one.id not in known:
            session.add(
                Recusal(tenant_id=by.tenant_id, item_id=row.id, attendance_id=one.id,
                        reason=reason, at=clock.now())
            )  # fmt: skip
    before = state_of(row)
    row.version += 1
    note = {"person": str(person), "reason": reason}
    record(session, by, "item.recused", row, acting=sitting.acting, before=before, note=note)
    return row


async def resolve(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    text: Decision,
    handling_class: Annotated[HandlingClass, "分类：自办、物业、部门、业主表决。 By whom."],
    owner: Annotated[UUID, Of("Unit"), "承办单位。 The unit that carries it out."],
    due_on: DueOn,
    expected_version: Version = None,
) -> Resolution:
    """Resolve an item: what is to be done, by whom, and until when (每果必行)."""
    row, sitting = await _take(session, by, "resolve", item, expected_version)
    if row.reserved is not None:
        raise ReservedToOwners(reserved=called(RESERVED, row.reserved))
    await _check_owner(session, by, handling_class, owner, due_on)
    await _check_parties(session, by, sitting, row)
    resolution = await _adopt(session, by, sitting, row, text, handling_class, owner, due_on)
    _dispose(session, by, sitting, row, Outcome.resolved, text)
    if row.matter_id is not None:
        case = await _matter(session, by, sitting, row.matter_id)
        await hand_over(session, by, "resolve", case, handling_class, owner, due_on, text)
    return resolution


async def defer(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    to: Annotated[UUID, Of("Meeting"), "延到哪次会议。 To which meeting."],
    reason: Reason,
    expected_version: Version = None,
) -> AgendaItem:
    """Defer an item to a named meeting, on whose agenda it is at once."""
    row, sitting = await _take(session, by, "defer", item, expected_version)
    later = await rows.find(session, Meeting, by, to, for_update=True)
    is_ahead = later.state in (MeetingState.draft, MeetingState.convened)
    if later.council_id != row.council_id or not is_ahead or later.id == row.meeting_id:
        raise NotALaterMeeting(id=f"Meeting:{to}")
    await _check_parties(session, by, sitting, row)
    row.deferred_to_id = later.id
    _dispose(session, by, sitting, row, Outcome.deferred, reason)
    # The unique key lets a matter be queued once: the old item has to be written first.
    await session.flush()
    position = await next_position(session, by, later.id)
    there = Sitting(later, sitting.council, sitting.rules, sitting.acting, {})
    queue(session, by, there, position, row.title, row.matter_id)
    if row.matter_id is not None:
        case = await _matter(session, by, sitting, row.matter_id)
        await moving.go(session, by, "defer", case, said=reason)
    return row


async def refer(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    to: UnitId,
    due_on: DueOn,
    reason: Reason,
    expected_version: Version = None,
) -> AgendaItem:
    """Refer an item to the owners' vote, the community, the bureau or a department.

    That is a resolution too: it has an owner and a day, and is looked after until it is done.
    """
    row, sitting = await _take(session, by, "refer", item, expected_version)
    unit = await units.find_open(session, by, to)
    handling_class = REFERRED.get(UnitKind(unit.kind))
    is_owners = handling_class is HandlingClass.owners_vote
    if handling_class is None or (row.reserved is not None and not is_owners):
        raise ReferralUnfit(id=f"Unit:{to}")
    await _check_parties(session, by, sitting, row)
    row.referred_to_id = unit.id
    _dispose(session, by, sitting, row, Outcome.referred, reason)
    await _adopt(session, by, sitting, row, reason, handling_class, unit.id, due_on)
    if row.matter_id is not None:
        case = await _matter(session, by, sitting, row.matter_id)
        await hand_over(session, by, "refer", case, handling_class, unit.id, due_on, reason)
    return row


async def dismiss(
    session: AsyncSession,
    by: Actor,
    *,
    item: ItemId,
    reason: Reason,
    expected_version: Version = None,
) -> AgendaItem:
    """Dismiss an item with a reason; a matter's raiser may appeal against it."""
    row, sitting = await _take(session, by, "dismiss", item, expected_version)
    await _check_parties(session, by, sitting, row)
    _dispose(session, by, sitting, row, Outcome.dismissed, reason)
    if row.matter_id is not None:
        case = await _matter(session, by, sitting, row.matter_id)
        await moving.go(session, by, "dismiss", case, said=reason)
    return row


async def _take(
    session: AsyncSession, by: Actor, verb: str, item: UUID, version: int | None
) -> tuple[AgendaItem, Sitting]:
    """An item and its meeting, both locked, the meeting first; an item has one outcome."""
    found = await rows.find(session, AgendaItem, by, item)
    sitting = await take(session, by, verb, found.meeting_id)
    row = await rows.find(session, AgendaItem, by, item, for_update=True)
    row.check_version(version)
    if row.outcome != Outcome.queued:
        raise ItemDisposed(outcome=called(OUTCOMES, row.outcome), id=f"AgendaItem:{item}")
    return row, sitting


async def _matter(session: AsyncSession, by: Actor, sitting: Sitting, matter: UUID) -> moving.Case:
    row = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await moving.ranks_of(session, by, row.place_id)
    return await moving.case_of(session, by, row, ranks, sitting.acting)


async def _check_owner(
    session: AsyncSession, by: Actor, handling_class: HandlingClass, owner: UUID, due_on: DueOn
) -> None:
    unit = await units.find_open(session, by, owner)
    if unit.kind not in HANDLERS[handling_class]:
        raise HandlerUnfit(handling_class=called(CLASSES, handling_class), id=f"Unit:{owner}")
    check_due(due_on)


async def _check_parties(
    session: AsyncSession, by: Actor, sitting: Sitting, row: AgendaItem
) -> None:
    """Enough parties must be left to decide an item once those who took no part are gone."""
    await check_quorum(session, by, sitting, await _recused(session, by, row.id))


async def _recused(session: AsyncSession, by: Actor, item: UUID) -> frozenset[UUID]:
    wanted = select(Recusal.attendance_id).where(
        Recusal.tenant_id == by.tenant_id, Recusal.item_id == item
    )
    return frozenset((await session.exec(wanted)).all())


async def _adopt(
    session: AsyncSession,
    by: Actor,
    sitting: Sitting,
    item: AgendaItem,
    text: str,
    handling_class: HandlingClass,
    owner: UUID,
    due_on: DueOn,
) -> Resolution:
    """A resolution on an item, in the place of what was resolved on its matter before."""
    resolution = Resolution(
        **made(by, sitting.acting), council_id=sitting.council.id, meeting_id=sitting.meeting.id,
        item_id=item.id, matter_id=item.matter_id, text=text, handling_class=handling_class,
        owner_id=owner, due_on=due_on,
    )  # fmt: skip
    if item.matter_id is not None:
        await _supersede(session, by, sitting, item.matter_id, resolution)
    session.add(resolution)
    record(session, by, "resolution.adopted", resolution, acting=sitting.acting)
    return resolution


async def _standing(session: AsyncSession, by: Actor, matter: UUID) -> list[Resolution]:
    """What was resolved on a matter and is neither carried out nor superseded, locked."""
    standing = select(Resolution).where(
        Resolution.tenant_id == by.tenant_id, Resolution.matter_id == matter,
        col(Resolution.state).not_in((ResolutionState.superseded, ResolutionState.verified)),
    )  # fmt: skip
    return list((await session.exec(standing.with_for_update())).all())


async def _supersede(
    session: AsyncSession, by: Actor, sitting: Sitting, matter: UUID, later: Resolution
) -> None:
    """What was resolved before on the same matter, and not carried out, gives way to this."""
    for row in await _standing(session, by, matter):
        before = state_of(row)
        row.state, row.superseded_by_id = ResolutionState.superseded, later.id
        row.version += 1
        record(session, by, "resolution.superseded", row, acting=sitting.acting, before=before)


async def _take_off(session: AsyncSession, by: Actor, verb: str, case: moving.Case) -> None:
    """A matter that leaves the round table by itself (withdrawn, merged, suspended) has no item."""
    if case.matter.state == MatterState.tabled or case.before["state"] != MatterState.tabled:
        return
    if verb == "merge":
        await _check_heard(session, by, case.matter)
    queued = select(AgendaItem).where(
        AgendaItem.tenant_id == by.tenant_id, AgendaItem.matter_id == case.matter.id,
        AgendaItem.outcome == Outcome.queued,
    )  # fmt: skip
    for row in (await session.exec(queued.with_for_update())).all():
        meeting = await rows.find(session, Meeting, by, row.meeting_id)
        if verb in ("suspend", "merge") and meeting.state == MeetingState.in_session:
            raise BeingHeard(number=meeting.number)
        before = state_of(row)
        row.outcome, row.disposed_at = Outcome.taken_off, clock.now()
        row.said = TRANSITIONS[verb].label.zh
        row.version += 1
        record(session, by, "item.taken_off", row, acting=case.acting, before=before)


async def _check_heard(session: AsyncSession, by: Actor, matter: Matter) -> None:
    """What lay on the table goes on in what lies there too, or was decided there."""
    assert matter.merged_into_id is not None  # noqa: S101
    other = await rows.find(session, Matter, by, matter.merged_into_id)
    decided = select(AgendaItem.id).where(
        AgendaItem.tenant_id == by.tenant_id, AgendaItem.matter_id == other.id,
        col(AgendaItem.outcome).in_((Outcome.resolved, Outcome.referred)),
    )  # fmt: skip
    if other.state != MatterState.tabled and (await session.exec(decided)).first() is None:
        raise MergedBack(id=f"Matter:{other.id}")


def _dispose(
    session: AsyncSession, by: Actor, sitting: Sitting, row: AgendaItem, outcome: Outcome, said: str
) -> None:
    before = state_of(row)
    row.outcome, row.said, row.disposed_at = outcome, said, clock.now()
    row.version += 1
    record(session, by, f"item.{outcome.value}", row, acting=sitting.acting, before=before)


moving.AFTER.append(_take_off)
