"""Objections to a vote (表决异议): raised by who is on its roll, answered in public by another."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied
from services import clock, rows
from services.arguments import Length, Of, Version
from services.errors import Refused
from services.events import record, state_of
from services.rows import made
from services.tables import Recorded, moment, within_tenant, without_numbers
from services.votes.drafting import check_impersonal
from services.votes.states import OBJECT, go, take
from services.votes.tables import RollHolder, VoteId


class ObjectionOutcome(StrEnum):
    """What came of an objection: it was right, or it wasn't."""

    upheld = "upheld"
    dismissed = "dismissed"


class VoteObjection(Recorded, table=True):
    """What somebody on the roll holds against a result; text and answer are shown, the name not."""

    __tablename__ = "vote_objection"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("person_id", "person"),
        CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
        CheckConstraint("(answer is null) = (is_upheld is null)", name="answered_so"),
        CheckConstraint("answered_by <> person_id", name="answered_by_another"),
        *(without_numbers(name) for name in ("text", "answer")),
        Index("uq_vote_objection_open", "tenant_id", "vote_id", "person_id", unique=True,
              postgresql_where=text("answer is null")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "vote_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id", "made_at", "id"),
    )  # fmt: skip

    vote_id: UUID
    person_id: UUID
    text: str = Field(max_length=2000)
    answer: str | None = Field(default=None, max_length=2000)
    is_upheld: bool | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = moment(default=None)


class ResultStands(Refused):
    """异议期已过（到 {until}），结果不再受理异议；可依法请求人民法院撤销。
    Objections were heard until {until}. A court may still be asked to revoke what was decided.
    """


class ObjectedAlready(Refused):
    """您对这次表决已有一条异议待答复：{id}。
    You have an objection to this vote that is still to be answered: {id}.
    """


class ObjectorUnknown(Refused):
    """只有名册上的业主可以对结果提异议。
    Only owners on the roll of a vote object to its result.
    """


class VoteObjectionAnswered(Refused):
    """这条异议已经答复。
    This objection has been answered already.
    """


class OwnVoteObjection(Refused):
    """自己的异议要由别人答复。
    Your own objection is answered by somebody else.
    """


VoteObjectionId = Annotated[UUID, Of("VoteObjection"), "异议。 The objection."]


async def object_(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    text: Annotated[
        str, Length(1, 2000), "有什么异议，会公开。 What is objected; shown in public."
    ],
) -> VoteObjection:
    """Object to a preliminary result: whoever is on the roll, until the county's days are over."""
    polling = await take(session, by, "object", vote, owner=by.person_id)
    if by.person_id is None:
        raise Denied("object", OBJECT)
    on_it = select(func.count()).where(
        RollHolder.tenant_id == by.tenant_id, RollHolder.vote_id == vote,
        RollHolder.person_id == by.person_id,
    )  # fmt: skip
    if not (await session.exec(on_it)).one():
        raise ObjectorUnknown()
    until = polling.vote.objections_until
    if until is not None and clock.now() >= until:
        raise ResultStands(until=until)
    check_impersonal(text=text)
    mine = await rows.every(
        session, VoteObjection, by, "id", vote_id=vote, person_id=by.person_id, answer=None
    )
    if mine:
        raise ObjectedAlready(id=f"VoteObjection:{mine[0].id}")
    row = VoteObjection(**made(by, polling.acting), vote_id=vote, person_id=by.person_id, text=text)
    session.add(row)
    record(session, by, "vote_objection.raised", row, acting=polling.acting)
    go(session, by, "object", polling, "disputed", objection=str(row.id))
    return row


async def answer(
    session: AsyncSession,
    by: Actor,
    *,
    objection: VoteObjectionId,
    answer: Annotated[str, Length(1, 2000), "答复，会公开。 The answer; shown in public."],
    outcome: Annotated[ObjectionOutcome, "是否成立。 Whether it is right."],
    expected_version: Version = None,
) -> VoteObjection:
    """Answer an objection in public; where it is right, the vote is counted anew or void."""
    found = await rows.find(session, VoteObjection, by, objection)
    polling = await take(session, by, "answer", found.vote_id)
    row = await rows.find(session, VoteObjection, by, objection, for_update=True)
    row.check_version(expected_version)
    if row.answer is not None:
        raise VoteObjectionAnswered()
    if by.person_id in (None, row.person_id):
        raise OwnVoteObjection()
    check_impersonal(answer=answer)
    before = state_of(row)
    row.answer, row.is_upheld = answer, outcome is ObjectionOutcome.upheld
    row.answered_by, row.answered_at = by.person_id, clock.now()
    row.version += 1
    record(session, by, "vote_objection.answered", row, acting=polling.acting, before=before)
    polling.vote.is_stale = polling.vote.is_stale or row.is_upheld
    go(session, by, "answer", polling, "answered", objection=str(row.id))
    return row


async def unanswered(session: AsyncSession, by: Actor, vote: UUID) -> int:
    """How many objections to a vote wait for their answer."""
    waiting = await rows.every(session, VoteObjection, by, "id", vote_id=vote, answer=None)
    return len(waiting)
