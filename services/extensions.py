"""Extensions (延期): asked for before the deadline, granted by the unit above, the raiser told.

One at a time for a matter. It is for the step at which it was asked: once the matter has moved on
there is nothing left to extend.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows
from services.arguments import Of, Reason, Version
from services.errors import BadInput, Refused, Said, called
from services.events import record, state_of
from services.matters import deadlines, moving
from services.matters.arguments import MatterId, Words
from services.matters.states import MatterState, leads_to
from services.matters.tables import Matter
from services.rows import made
from services.tables import Recorded, one_of, within_tenant


class ExtensionState(StrEnum):
    """Where a request for more time stands; it lapses with the step for which it was asked."""

    asked = "asked"
    granted = "granted"
    denied = "denied"
    lapsed = "lapsed"


STATES: dict[ExtensionState, Said] = {
    ExtensionState.asked: Said("待批", "asked"),
    ExtensionState.granted: Said("已同意", "granted"),
    ExtensionState.denied: Said("未同意", "denied"),
    ExtensionState.lapsed: Said("已过时", "lapsed"),
}


class Extension(Recorded, table=True):
    """A request for so many working days more, at one step of a matter."""

    __tablename__ = "extension"
    __table_args__: ClassVar[Any] = (
        within_tenant("matter_id", "matter"),
        within_tenant("decided_by", "person"),
        one_of("state", ExtensionState),
        CheckConstraint("days > 0", name="some_days"),
        CheckConstraint(
            "(state in ('asked', 'lapsed')) = (decided_by is null)", name="decided"
        ),
        CheckConstraint("decided_by <> made_by", name="decided_by_another"),
        Index("uq_extension_asked", "tenant_id", "matter_id", unique=True,
              postgresql_where=text("state = 'asked'")),
        Index(None, "tenant_id", "matter_id", "made_at", "id"),
        Index(None, "tenant_id", "made_at", "id"),
    )  # fmt: skip

    matter_id: UUID
    stage: int
    days: int
    reason: str = Field(max_length=500)
    state: str = ExtensionState.asked
    decided_by: UUID | None = None
    decision: str | None = Field(default=None, max_length=4000)


class DeadlinePassed(Refused):
    """期限已过（{due}），不能再申请延期；逾期由上级督办。
    The deadline has passed ({due}): more time is asked for before it, not after.
    """


class ExtensionAsked(Refused):
    """已有一份待批的延期申请：{id}。
    More time has been asked for already and waits for an answer: {id}.
    """


class ExtensionDecided(Refused):
    """这份延期申请已经答复：{state}。
    This request has its answer already: {state}.
    """


class ExtensionMoot(Refused):
    """事项已进入下一步，这份延期申请不再需要。
    The matter has moved on; there is nothing left to extend.
    """


class OwnExtension(Refused):
    """延期须由申请人以外的上级批准。
    More time is granted by somebody above, not by who asked for it.
    """


ExtensionId: TypeAlias = Annotated[UUID, Of("Extension"), "延期申请。 The request."]


async def ask(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    days: Annotated[int, "延长几个工作日。 How many working days more."],
    reason: Reason,
) -> Extension:
    """Ask for more time, before the deadline, for the step that the matter is at."""
    row = await rows.find(session, Matter, by, matter, for_update=True)
    case = await _case(session, by, row)
    with moving.unseen(by, row, case.ranks):
        case.acting = authorize(by, "ask", "extensions", within=_reached(case))
    leads_to("extend", MatterState(row.state), MatterState(row.step))
    assert row.due_at is not None  # noqa: S101 - each of these steps has a deadline
    if clock.now() >= row.due_at:
        raise DeadlinePassed(due=row.due_at)
    if not 1 <= days <= case.rules.longest_extension:
        raise BadInput(
            argument="days",
            reason=Said(
                f"应在 1 到 {case.rules.longest_extension} 之间",
                f"between 1 and {case.rules.longest_extension}",
            ),
        )
    await _check_none_waits(session, by, row)
    asked = Extension(
        **made(by, case.acting), matter_id=row.id, stage=row.stage, days=days, reason=reason
    )
    session.add(asked)
    record(session, by, "extension.asked", asked, acting=case.acting)
    return asked


async def grant(
    session: AsyncSession,
    by: Actor,
    *,
    extension: ExtensionId,
    words: Words = None,
    expected_version: Version = None,
) -> Extension:
    """Grant more time: the deadline moves, and the raiser is told."""
    asked, case = await _take(session, by, "grant", extension, expected_version)
    row = case.matter
    if row.stage != asked.stage or row.due_at is None:
        raise ExtensionMoot()
    due = deadlines.later(case.calendar, row, row.due_at, asked.days)
    _decide(session, by, case, asked, ExtensionState.granted, words)
    await moving.go(session, by, "extend", case, said=words or asked.reason, due_at=due)
    return asked


async def deny(
    session: AsyncSession,
    by: Actor,
    *,
    extension: ExtensionId,
    reason: Reason,
    expected_version: Version = None,
) -> Extension:
    """Deny more time, with a reason; the deadline stays."""
    asked, case = await _take(session, by, "deny", extension, expected_version)
    _decide(session, by, case, asked, ExtensionState.denied, reason)
    return asked


async def _take(
    session: AsyncSession, by: Actor, verb: str, extension: UUID, version: int | None
) -> tuple[Extension, moving.Case]:
    """A request and its matter, both locked, the matter first; decided above who holds it."""
    found = await rows.find(session, Extension, by, extension)
    row = await rows.find(session, Matter, by, found.matter_id, for_update=True)
    asked = await rows.find(session, Extension, by, extension, for_update=True)
    case = await _case(session, by, row)
    case.acting = authorize(
        by, verb, "extensions", within=await _above(session, by, case)
    )  # fmt: skip
    asked.check_version(version)
    if asked.state != ExtensionState.asked:
        raise ExtensionDecided(state=called(STATES, asked.state))
    if by.person_id is None or by.person_id == asked.made_by:
        raise OwnExtension()
    return asked, case


def _decide(
    session: AsyncSession,
    by: Actor,
    case: moving.Case,
    asked: Extension,
    state: ExtensionState,
    said: str | None,
) -> None:
    before = state_of(asked)
    asked.state, asked.decided_by, asked.decision = state, by.person_id, said
    asked.version += 1
    record(session, by, f"extension.{state.value}", asked, acting=case.acting, before=before)


async def _above(session: AsyncSession, by: Actor, case: moving.Case) -> list[UUID]:
    """The units above who holds the matter, and above the grid: no grid gives itself more time."""
    higher = case.above(case.matter.holder_id)
    ranked = [unit for unit, _ in await moving.ranks_of(session, by, higher)]
    grid = case.matter.grid_id
    return ranked[ranked.index(grid) + 1 :] if grid in ranked else ranked


async def _case(session: AsyncSession, by: Actor, row: Matter) -> moving.Case:
    ranks = await moving.ranks_of(session, by, row.place_id)
    return await moving.case_of(session, by, row, ranks, None)


def _reached(case: moving.Case) -> set[UUID]:
    row = case.matter
    seen = moving.above(case.ranks, row.scope_id)
    return {*seen, row.holder_id, row.handler_id or row.holder_id}


async def _check_none_waits(session: AsyncSession, by: Actor, row: Matter) -> None:
    """One waits at a time; what was asked at a step that is over has lapsed."""
    for asked in await rows.every(
        session, Extension, by, matter_id=row.id, state=ExtensionState.asked.value, for_update=True
    ):
        if asked.stage in (row.stage, row.stage_left):
            raise ExtensionAsked(id=f"Extension:{asked.id}")
        before = state_of(asked)
        asked.state, asked.version = ExtensionState.lapsed, asked.version + 1
        record(session, by, "extension.lapsed", asked, acting=None, before=before)
        await session.flush()
