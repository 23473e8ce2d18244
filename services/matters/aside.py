"""Beside the way: refused and appealed, suspended, merged, escalated; and who follows a matter.

Nothing here makes a matter disappear: each is a state with an actor, a reason and a time, and what
was refused can be brought before the unit above.
"""

from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, notices, rows
from services.arguments import Of, Reason, Version
from services.errors import Refused
from services.events import record, state_of
from services.matters.arguments import MatterId
from services.matters.moving import (
    Case,
    OwnMatter,
    Raiser,
    above,
    above_the_grid,
    case_of,
    go,
    hold_table,
    latest,
    raisers_of,
    ranks_of,
    take,
    unseen,
)
from services.matters.states import STEPS, MatterState
from services.matters.tables import Matter, MatterEntry, Visibility
from services.notices import MatterWatcher
from services.prepared import put

MERGEABLE = frozenset({*STEPS} - {MatterState.published})


class RaiserHasTime(Refused):
    """已退回补充，提事人可以补充到 {until}；期满仍未补充的，才能不予受理。
    It was returned, and its raiser has until {until} to answer; only after that is it refused.
    """


class SameDecider(Refused):
    """复核须由作出决定以外的人进行。
    An appeal is decided by somebody other than who refused the matter.
    """


class MergedApart(Refused):
    """只能并入同一网格、正在办理的另一件事项：{id}。
    A matter is merged into another one of its grid that is under way: {id}.
    """


class MergedBack(Refused):
    """只能并入办得不比它慢的事项；在圆桌会上的，只能并入同在会上或圆桌会已决定的：{id}。
    Merge it into one as far on; from the table, into one that lies or was decided there: {id}.
    """


class MergeSeen(Refused):
    """并案会让不该知道的人看到保密事项，不能并入。
    A confidential matter isn't merged with one that others see.
    """


class NothingAbove(Refused):
    """事项已在最上一级，没有可以上报的单元。
    The matter is at the topmost unit already; there is none above it.
    """


async def refuse(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Refuse a matter (不予受理), with a reason that its raiser may appeal against."""
    case = await take(session, by, "refuse", matter, expected_version=expected_version)
    row = case.matter
    if row.raiser_id == by.person_id:
        raise OwnMatter()
    is_returned = row.state == MatterState.returned
    if is_returned and row.due_at is not None and clock.now() < row.due_at:
        raise RaiserHasTime(until=row.due_at)
    return await go(session, by, "refuse", case, said=reason)


async def appeal(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Bring a refusal before the unit above; whose matter was merged into it may do so too."""
    case = await take(
        session, by, "appeal", matter, expected_version=expected_version, raiser=Raiser.alone,
        merged_too=True,
    )  # fmt: skip
    return await go(session, by, "appeal", case, said=reason, to=case.above(case.matter.grid_id))


async def uphold(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Uphold a refusal: nothing comes after it."""
    return await _decide(session, by, "uphold", matter, reason, expected_version)


async def overturn(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Overturn a refusal: the matter goes on where it stood, in the grid's hands."""
    return await _decide(session, by, "overturn", matter, reason, expected_version)


async def suspend(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Suspend a matter for a cause: its clock stands, but no suspension is without an end.

    What lies on the table, or was suspended before, only the units above the grid suspend: else it
    could be kept from the round table, or lie for ever.
    """
    case = await take(session, by, "suspend", matter, expected_version=expected_version)
    row = case.matter
    is_again = await latest(session, row, "suspend") is not None
    if is_again or row.state == MatterState.tabled:
        case.acting = above_the_grid(by, case, "suspend")
    return await go(session, by, "suspend", case, said=reason)


async def resume(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Resume a suspended matter with the time that it had left."""
    case = await take(session, by, "resume", matter, expected_version=expected_version)
    return await go(session, by, "resume", case, said=reason)


async def merge(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    into: Annotated[UUID, Of("Matter"), "并入哪件事项。 The matter that goes on."],
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Merge a duplicate into the matter that goes on; whoever follows it follows that one.

    What was merged into the duplicate before goes along.
    """
    await hold_table(session, by, matter)
    # Both are locked in one order, so that two merges crosswise don't wait for each other.
    for one in sorted((matter, into)):
        await rows.find(session, Matter, by, one, for_update=True)
    case = await take(session, by, "merge", matter, expected_version=expected_version)
    row, other = case.matter, await rows.find(session, Matter, by, into)
    if row.id == other.id or row.grid_id != other.grid_id or other.state not in MERGEABLE:
        raise MergedApart(id=f"Matter:{into}")
    if STEPS.index(MatterState(other.step)) < STEPS.index(MatterState(row.step)):
        raise MergedBack(id=f"Matter:{into}")
    if other.raiser_id == by.person_id != row.raiser_id:
        raise OwnMatter()
    confidential = Visibility.confidential
    if (row.visibility == confidential) != (other.visibility == confidential):
        raise MergeSeen()
    await _bring_followers(session, by, row, other)
    row.merged_into_id = other.id
    await go(session, by, "merge", case, said=reason)
    await _bring_along(session, by, case, other.id, reason)
    return row


async def _bring_followers(session: AsyncSession, by: Actor, row: Matter, other: Matter) -> None:
    """Whoever follows the one follows the other; of what isn't for all, only whose it was."""
    if other.visibility in (Visibility.public, row.visibility):
        await notices.follow(session, by, row.id, other.id)
        return
    for raiser, _ in await raisers_of(session, by, row):
        if raiser is not None:
            await notices.follow(session, by, row.id, other.id, alone=raiser)


async def _bring_along(
    session: AsyncSession, by: Actor, case: Case, into: UUID, reason: str
) -> None:
    """What was merged into a duplicate goes on with the same matter as that."""
    before = select(Matter).where(
        Matter.tenant_id == by.tenant_id, Matter.merged_into_id == case.matter.id
    )
    found = await session.exec(before.order_by(col(Matter.id)).with_for_update())
    for row in found.all():
        ranks = await ranks_of(session, by, row.place_id)
        its = await case_of(session, by, row, ranks, case.acting)
        row.merged_into_id = into
        await go(session, by, "follow", its, said=reason)


async def escalate(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Put a matter into the hands of the unit above; its step stays."""
    case = await take(session, by, "escalate", matter, expected_version=expected_version)
    higher = case.above(case.matter.holder_id)
    if higher == case.matter.holder_id:
        raise NothingAbove()
    return await go(session, by, "escalate", case, said=reason, to=higher)


async def watch(session: AsyncSession, by: Actor, *, matter: MatterId) -> Matter:
    """Follow a matter that is shown in public, or that one works on: be told of each step."""
    row, acting = await _followable(session, by, "watch", matter)
    if not await _is_watching(session, by, row):
        put(
            session, MatterWatcher, tenant_id=by.tenant_id, matter_id=row.id,
            person_id=by.person_id,
        )  # fmt: skip
        record(session, by, "matter.watched", row, acting=acting, before=state_of(row))
    return row


async def unwatch(session: AsyncSession, by: Actor, *, matter: MatterId) -> Matter:
    """Follow a matter no longer."""
    row, acting = await _followable(session, by, "unwatch", matter)
    if await _is_watching(session, by, row):
        await session.exec(delete(MatterWatcher).where(*_watching(by, row)))
        record(session, by, "matter.unwatched", row, acting=acting, before=state_of(row))
    return row


async def _decide(
    session: AsyncSession, by: Actor, verb: str, matter: UUID, reason: str, version: int | None
) -> Matter:
    """By a post in the unit that the appeal lies with, or above it; not by who refused."""
    found = await rows.find(session, Matter, by, matter)
    is_appealed = found.state == MatterState.appealed
    lies_with = found.holder_id if is_appealed else found.grid_id
    higher = [unit for unit, _ in await ranks_of(session, by, lies_with)]
    case = await take(session, by, verb, matter, expected_version=version, within=higher)
    row = case.matter
    if by.person_id in {raiser for raiser, _ in await raisers_of(session, by, row)}:
        raise OwnMatter()
    refusals = (
        select(MatterEntry.made_by)
        .where(
            MatterEntry.tenant_id == by.tenant_id, MatterEntry.matter_id == row.id,
            col(MatterEntry.verb).in_(("refuse", "dismiss")),
        )
        .order_by(col(MatterEntry.seq).desc())
    )  # fmt: skip
    if by.person_id is None or by.person_id == (await session.exec(refusals)).first():
        raise SameDecider()
    return await go(session, by, verb, case, said=reason, to=row.grid_id)


async def _followable(
    session: AsyncSession, by: Actor, verb: str, matter: UUID
) -> tuple[Matter, Held | None]:
    row = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await ranks_of(session, by, row.place_id)
    is_anybodys = row.visibility == Visibility.public
    owner = by.person_id if is_anybodys else row.raiser_id
    with unseen(by, row, ranks):
        return row, authorize(by, verb, "matters", within=above(ranks, row.scope_id), owner=owner)


async def _is_watching(session: AsyncSession, by: Actor, row: Matter) -> bool:
    found = await session.exec(select(MatterWatcher.id).where(*_watching(by, row)))
    return found.first() is not None


def _watching(by: Actor, row: Matter) -> tuple[ColumnElement[bool], ...]:
    return (
        col(MatterWatcher.tenant_id) == by.tenant_id,
        col(MatterWatcher.matter_id) == row.id,
        col(MatterWatcher.person_id) == by.person_id,
    )
