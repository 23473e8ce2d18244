"""Handle (办事): by class, with a result; verified by another, shown in public, closed or reopened.

Self, firm, department, owners' vote: the class says what kind of unit handles it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, errors, rows, units
from services.arguments import Length, Of, Reason, Version
from services.errors import Refused, called
from services.matters import deadlines
from services.matters.arguments import DueOn, Files, MatterId, Said, Words
from services.matters.moving import Case, Raiser, go, latest, ranks_of, take
from services.matters.tables import HandlingClass, Matter
from services.units import UnitKind

LONGEST = timedelta(days=366)
HANDLERS: dict[HandlingClass, frozenset[UnitKind]] = {
    HandlingClass.own: frozenset(
        {
            UnitKind.grid, UnitKind.community, UnitKind.building, UnitKind.stairwell,
            UnitKind.party_branch, UnitKind.owners_committee,
        }
    ),
    HandlingClass.firm: frozenset({UnitKind.firm}),
    HandlingClass.department: frozenset(
        {UnitKind.linked_department, UnitKind.bureau, UnitKind.co_building_unit}
    ),
    HandlingClass.owners_vote: frozenset({UnitKind.owners_committee}),
}  # fmt: skip

CLASSES: dict[HandlingClass, errors.Said] = {
    HandlingClass.own: errors.Said("自办", "own"),
    HandlingClass.firm: errors.Said("物业", "firm"),
    HandlingClass.department: errors.Said("部门", "department"),
    HandlingClass.owners_vote: errors.Said("业主表决", "owners' vote"),
}

# What else keeps a matter from being closed: each capability that has a say refuses for itself.
CLOSING: list[Callable[[AsyncSession, Actor, Case], Awaitable[None]]] = []


class HandlerUnfit(Refused):
    """这一类（{handling_class}）不能交给这个单元办理：{id}。
    A matter of this class ({handling_class}) isn't handled by such a unit: {id}.
    """


class HandlerMissing(Refused):
    """还没有明确承办单位和期限，请先交办（assignMatter）。
    Nobody has been assigned yet: say who handles it and by when (assignMatter).
    """


class DueTooEarly(Refused):
    """办结期限不能早于今天（{today}）。
    It can't be due before today ({today}).
    """


class DueTooLate(Refused):
    """办结期限最迟到 {until}。
    It is due by {until} at the latest.
    """


class DueAfterDeadline(Refused):
    """这一步的期限是 {until}，不能定得更晚。需要更多时间，请在期限前申请延期（askExtension）。
    This step is due by {until}, and no later day can be set. Ask for more time (askExtension).
    """


class SameHands(Refused):
    """核实、确认、退回重办须由承办单位和承办人以外的人进行，例如社区。
    It is for somebody other than the handler, and of another unit, such as the community.
    """


class NotVerified(Refused):
    """结果还没有经他人核实（verifyMatter），不能办结。
    The result hasn't been verified by another yet (verifyMatter), so it can't be closed.
    """


class ReopeningOver(Refused):
    """可以重新办理的期限已过（到 {until}）。请另提一件事项。
    The time for reopening is over (it was {until}). Raise another matter.
    """


Score = Annotated[int, "满意度，1 到 5。 How content, from 1 to 5."]


class ScoreUnknown(Refused):
    """满意度是 1 到 5 的整数。
    Satisfaction is a whole number from 1 to 5.
    """


async def assign(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    handling_class: Annotated[HandlingClass, "分类：自办、物业、部门、业主表决。 By whom."],
    handler: Annotated[UUID, Of("Unit"), "承办单位。 The unit that handles it."],
    due_on: DueOn,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Say by which class a matter is handled, by which unit, and until when.

    No later than the deadline that runs: more time is given by the unit above alone.
    """
    case = await take(session, by, "assign", matter, expected_version=expected_version)
    runs = case.matter.due_at and deadlines.day_of(case.matter.due_at)
    if runs and due_on > max(runs, clock.today()):
        check_due(due_on)
        raise DueAfterDeadline(until=runs)
    return await hand_over(
        session, by, "assign", case, handling_class, handler, due_on, words,
        no_later_than=case.matter.due_at,
    )  # fmt: skip


async def hand_over(
    session: AsyncSession,
    by: Actor,
    verb: str,
    case: Case,
    handling_class: HandlingClass,
    handler: UUID,
    due_on: DueOn,
    said: str | None,
    *,
    no_later_than: datetime | None = None,
) -> Matter:
    """Put a matter into a unit's hands until the end of a day, or the moment before it."""
    unit = await units.find_open(session, by, handler)
    if unit.kind not in HANDLERS[handling_class]:
        raise HandlerUnfit(handling_class=called(CLASSES, handling_class), id=f"Unit:{handler}")
    check_due(due_on)
    row = case.matter
    row.handling_class, row.handler_id = handling_class, unit.id
    end = datetime.combine(due_on + timedelta(days=1), time(), clock.CHINA)
    end = min(end, no_later_than or end)
    return await go(session, by, verb, case, said=said, to=unit.id, due_at=end)


def check_due(due_on: DueOn) -> None:
    """From today on, and within a year: what is due in a lifetime is never due."""
    today = clock.today()
    if due_on < today:
        raise DueTooEarly(today=today)
    if due_on > today + LONGEST:
        raise DueTooLate(until=today + LONGEST)


async def complete(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    result: Annotated[Said, "办理结果。 What came of it."],
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Report the result of a matter; it goes on to be verified and shown in public."""
    found = await rows.find(session, Matter, by, matter, for_update=True)
    hands = await ranks_of(session, by, found.handler_id or found.holder_id)
    case = await take(
        session, by, "complete", matter, expected_version=expected_version,
        within=[unit for unit, _ in hands],
    )  # fmt: skip
    row = case.matter
    if row.handler_id is None:
        raise HandlerMissing()
    row.result, row.completed_by = result, by.person_id
    return await go(session, by, "complete", case, said=result, to=row.grid_id, files=files)


async def verify(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    said: Said,
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Say that one has seen the result, which somebody else has brought about."""
    case = await take(session, by, "verify", matter, expected_version=expected_version)
    row = case.matter
    own_unit = row.handler_id in {post.unit_id for post in by.posts}
    if by.person_id is None or by.person_id == row.completed_by or own_unit:
        raise SameHands()
    row.verified_by, row.verified_at = by.person_id, clock.now()
    return await go(session, by, "verify", case, said=said, files=files)


async def rework(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Send a result back to its handler: it isn't what was promised.

    They have the time that they had left when they reported it: a poor report gains none.
    """
    case = await take(session, by, "rework", matter, expected_version=expected_version)
    row, due = case.matter, None
    if by.person_id is not None and by.person_id == row.completed_by:
        raise SameHands()
    reported = await latest(session, row, "complete")
    if reported is not None and reported.due_at is not None:
        seconds = deadlines.left(case.calendar, row, reported.at, reported.due_at)
        due = max(reported.due_at, deadlines.after(case.calendar, row, clock.now(), seconds))
    _begin_again(row)
    return await go(
        session, by, "rework", case, said=reason, to=row.handler_id, files=files, due_at=due
    )


async def confirm(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Confirm, as the raiser, that it is as it should be; objecting is `objections`."""
    case = await take(
        session, by, "confirm", matter, expected_version=expected_version, raiser=Raiser.alone
    )
    if by.person_id == case.matter.completed_by:
        raise SameHands()
    case.matter.is_confirmed = True
    return await go(session, by, "confirm", case, said=words)


async def rate(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    satisfaction: Score,
    word: Annotated[str | None, Length(1, 500), "一句话评价。 A word about it."] = None,
    expected_version: Version = None,
) -> Matter:
    """Say, as the raiser, how content one is; the latest word counts, each is on record."""
    if not 1 <= satisfaction <= 5:
        raise ScoreUnknown()
    case = await take(
        session, by, "rate", matter, expected_version=expected_version, raiser=Raiser.alone
    )
    case.matter.satisfaction, case.matter.satisfaction_word = satisfaction, word
    return await go(session, by, "rate", case, said=f"{satisfaction}/5 {word or ''}".strip())


async def close(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Close a matter: verified, shown in public, its window over, every objection answered."""
    case = await take(session, by, "close", matter, expected_version=expected_version)
    if case.matter.verified_at is None:
        raise NotVerified()
    for check in CLOSING:
        await check(session, by, case)
    return await go(session, by, "close", case, said=words)


async def reopen(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Take a closed matter up again, within the county's window; counted and shown."""
    case = await take(
        session, by, "reopen", matter, expected_version=expected_version, raiser=Raiser.too,
        merged_too=True,
    )  # fmt: skip
    row = case.matter
    assert row.closed_at is not None  # noqa: S101
    until = row.closed_at + timedelta(days=case.rules.reopen_days)
    if clock.now() > until:
        raise ReopeningOver(until=until)
    row.reopened += 1
    _begin_again(row)
    row.closed_at = None
    return await go(session, by, "reopen", case, said=reason, to=row.handler_id)


def _begin_again(row: Matter) -> None:
    """What was verified and confirmed was another result than the one to come."""
    row.completed_at = row.completed_by = None
    row.verified_at = row.verified_by = None
    row.is_confirmed = None
