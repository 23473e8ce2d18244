"""Objections (异议): what somebody holds against a result that is shown, and the answer to it.

Raisers may object for as long as the matter isn't closed, any resident of the county while the
window runs. Each is answered by the grid or the community before the matter is closed.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied, authorize
from services import clock, notices, publications, rows
from services.arguments import Length, Of, Version
from services.errors import NotFound, Refused
from services.events import record, state_of
from services.matters.arguments import MatterId
from services.matters.handling import CLOSING
from services.matters.moving import Case, above, case_of, go, raisers_of, ranks_of, unseen
from services.matters.states import MatterState, leads_to
from services.matters.tables import Matter, Visibility
from services.publications import NotPublished, Publication
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant
from services.tree import UnitPath
from services.units import Unit

OBJECT = "objections"


class ObjectionState(StrEnum):
    """An objection is open until it is answered."""

    open = "open"
    answered = "answered"


class Objection(Recorded, table=True):
    """What a person holds against a matter's result; `publication_id` is the edition they read."""

    __tablename__ = "objection"
    __table_args__: ClassVar[Any] = (
        one_of("state", ObjectionState),
        within_tenant("matter_id", "matter"),
        within_tenant("publication_id", "publication"),
        within_tenant("person_id", "person"),
        within_tenant("answered_by", "person"),
        CheckConstraint("(state = 'answered') = (answer is not null)", name="answered"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered_at"),
        CheckConstraint("answered_by <> person_id", name="answered_by_another"),
        Index("uq_objection_open", "tenant_id", "matter_id", "person_id", unique=True,
              postgresql_where=text("state = 'open'")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "matter_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id", "made_at", "id"),
    )  # fmt: skip

    matter_id: UUID
    publication_id: UUID | None = None
    person_id: UUID
    text: str = Field(max_length=2000)
    state: str = ObjectionState.open
    answer: str | None = Field(default=None, max_length=2000)
    answered_by: UUID | None = None
    answered_at: datetime | None = moment(default=None)


class ObjectionWindowOver(Refused):
    """公示期已过，不再受理异议（到 {until}）。
    The window for objections is over (it was {until}).
    """


class ObjectionStands(Refused):
    """您对这件事项已有一条异议待答复：{id}。
    You have an objection to this matter that is still to be answered: {id}.
    """


class ObjectionAnswered(Refused):
    """这条异议已经答复。
    This objection has been answered already.
    """


class OwnObjection(Refused):
    """异议须由提出人、报告结果的人和承办单位以外的人答复，例如社区。
    An objection is answered by others than who raised it, reported it or handled it: the community.
    """


class ObjectionsOpen(Refused):
    """还有 {count} 条异议没有答复（answerObjection），不能办结。
    Objections still to be answered (answerObjection) before it is closed: {count}.
    """


ObjectionId = Annotated[UUID, Of("Objection"), "异议。 The objection."]


async def raise_(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    text: Annotated[str, Length(1, 2000), "有什么异议，为什么。 What one objects to, and why."],
) -> Objection:
    """Object to a matter's result: as its raiser, or as a resident while the window runs.

    Whose matter was merged into it objects as its raiser does.
    """
    row = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await ranks_of(session, by, row.place_id)
    units = above(ranks, row.scope_id)
    raisers = {raiser for raiser, _ in await raisers_of(session, by, row)}
    is_own = by.person_id in raisers
    with unseen(by, row, ranks):
        acting = authorize(
            by, "raise", OBJECT, within=units, owner=by.person_id if is_own else None
        )
    if by.person_id is None:
        raise Denied("raise", OBJECT)
    shown = await publications.shown(session, by, row)
    if not is_own and not (shown and await _is_read_by_all(session, by, row)):
        raise NotFound(id=f"Matter:{matter}")
    leads_to("dispute", MatterState(row.state), MatterState(row.step))
    case = await case_of(session, by, row, ranks, acting)
    if not is_own:
        _check_window(case, shown)
    await _check_first(session, by, row)
    objection = Objection(
        **made(by, acting), matter_id=row.id, publication_id=shown.id if shown else None,
        person_id=by.person_id, text=text,
    )  # fmt: skip
    session.add(objection)
    record(session, by, "objection.raised", objection, acting=acting)
    row.is_confirmed = False if by.person_id == row.raiser_id else row.is_confirmed
    await go(session, by, "dispute", case, said=text)
    return objection


async def answer(
    session: AsyncSession,
    by: Actor,
    *,
    objection: ObjectionId,
    answer: Annotated[str, Length(1, 2000), "答复。 The answer."],
    expected_version: Version = None,
) -> Objection:
    """Answer an objection; who raised it is told."""
    found = await rows.find(session, Objection, by, objection)
    matter = await rows.find(session, Matter, by, found.matter_id, for_update=True)
    row = await rows.find(session, Objection, by, objection, for_update=True)
    ranks = await ranks_of(session, by, matter.place_id)
    acting = authorize(by, "answer", OBJECT, within=above(ranks, matter.scope_id))
    row.check_version(expected_version)
    is_handlers = matter.handler_id in {post.unit_id for post in by.posts}
    if by.person_id in (None, row.person_id, matter.completed_by) or is_handlers:
        raise OwnObjection()
    if row.state != ObjectionState.open:
        raise ObjectionAnswered()
    before = state_of(row)
    row.state, row.answer = ObjectionState.answered, answer
    row.answered_by, row.answered_at = by.person_id, clock.now()
    row.version += 1
    record(session, by, "objection.answered", row, acting=acting, before=before)
    notices.tell_one(session, by, row.person_id, matter.id, "objection.answered")
    return row


def _check_window(case: Case, shown: Publication | None) -> None:
    if shown is None or not publications.shows_result_of(shown, case.matter):
        raise NotPublished()
    until = publications.open_until(case.rules, case.calendar, shown.approved_at)
    if until is None or clock.now() >= until:
        over = until or shown.approved_at
        raise ObjectionWindowOver(until=over or "")


async def _is_read_by_all(session: AsyncSession, by: Actor, row: Matter) -> bool:
    """Its text is for everybody, and no unit above its place is hidden from the public."""
    hidden = (
        select(func.count())
        .select_from(UnitPath)
        .join(
            Unit,
            (col(Unit.tenant_id) == UnitPath.tenant_id) & (col(Unit.id) == UnitPath.ancestor_id),
        )
        .where(
            UnitPath.tenant_id == by.tenant_id,
            UnitPath.unit_id == row.place_id,
            col(Unit.is_public).is_(False),
        )
    )
    return row.visibility == Visibility.public and not (await session.exec(hidden)).one()


async def _check_first(session: AsyncSession, by: Actor, row: Matter) -> None:
    mine = select(Objection.id).where(
        Objection.tenant_id == by.tenant_id, Objection.matter_id == row.id,
        Objection.person_id == by.person_id, Objection.state == ObjectionState.open,
    )  # fmt: skip
    found = (await session.exec(mine)).first()
    if found is not None:
        raise ObjectionStands(id=f"Objection:{found}")


async def _check_closing(session: AsyncSession, by: Actor, case: Case) -> None:
    """Every objection has its answer."""
    standing = select(func.count()).where(
        Objection.tenant_id == by.tenant_id,
        Objection.matter_id == case.matter.id,
        Objection.state == ObjectionState.open,
    )
    count = (await session.exec(standing)).one()
    if count:
        raise ObjectionsOpen(count=count)


CLOSING.append(_check_closing)
