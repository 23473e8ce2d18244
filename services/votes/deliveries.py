"""Deliveries (送达): that notice and ballot came to a unit, how, and what proves it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, files, rows
from services.arguments import Of
from services.errors import BadInput, Refused, Said
from services.events import record
from services.property_units import PropertyUnit
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant
from services.tree import UnitPath
from services.votes.states import take
from services.votes.tables import Vote, VoteId

MOST_AT_ONCE = 500


class DeliveryMethod(StrEnum):
    """How it was delivered."""

    in_person = "in_person"
    post = "post"
    electronic = "electronic"
    left_there = "left_there"


METHODS: dict[str, Said] = {
    DeliveryMethod.in_person: Said("当面签收", "signed for in person"),
    DeliveryMethod.post: Said("邮寄", "by post"),
    DeliveryMethod.electronic: Said("电子送达", "electronically"),
    DeliveryMethod.left_there: Said("留置并见证", "left there before a witness"),
}


class VoteDelivery(Recorded, table=True):
    """A unit had the notice of a vote; all but an electronic delivery has a file that proves it."""

    __tablename__ = "vote_delivery"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("property_unit_id", "property_unit"),
        within_tenant("file_id", "file"),
        one_of("method", DeliveryMethod),
        UniqueConstraint("tenant_id", "vote_id", "property_unit_id"),
        CheckConstraint("method = 'electronic' or file_id is not null", name="is_proven"),
        Index(None, "tenant_id", "delivered_at", "id"),
        Index(None, "tenant_id", "vote_id", "delivered_at", "id"),
        Index(None, "tenant_id", "property_unit_id"),
        Index(None, "tenant_id", "file_id"),
    )

    vote_id: UUID
    property_unit_id: UUID
    method: str
    delivered_at: datetime = moment()
    file_id: UUID | None = Field(default=None)


class UnitNotAsked(Refused):
    """有 {number} 套房不在这次表决的范围内，请核对：{id}。
    {number} of these units aren't in the scope of the vote; look at {id}.
    """


class DeliveryOutside(Refused):
    """送达应在公告之后、投票结束之前，且不在将来。
    What is delivered is so after the notice, before voting ends, and not in the future.
    """


async def deliver(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    property_units: Annotated[
        list[Annotated[UUID, Of("PropertyUnit")]], "送达的各套房。 The units, 500 at most."
    ],
    method: Annotated[DeliveryMethod, "送达方式。 How."],
    delivered_at: Annotated[datetime | None, "何时送达，默认现在。 When; now if left out."] = None,
    file: Annotated[UUID | None, Of("File"), "送达凭证。 What proves it."] = None,
) -> Vote:
    """Record that the notice and the ballot came to these units; one that had them is left."""
    polling = await take(session, by, "deliver", vote)
    row, at = polling.vote, delivered_at or clock.now()
    _check_given(method, property_units, file)
    if row.noticed_at is None or not row.noticed_at <= at <= min(clock.now(), row.closes_at):
        raise DeliveryOutside()
    if file is not None:
        await files.find_own(session, by, file)
    wanted = dict.fromkeys(property_units)
    await _check_scope(session, by, row, list(wanted))
    known = await rows.every(session, VoteDelivery, by, "id", vote_id=vote)
    had = {one.property_unit_id for one in known}
    for unit in (one for one in wanted if one not in had):
        delivery = VoteDelivery(
            **made(by, polling.acting), vote_id=vote, property_unit_id=unit, method=method,
            delivered_at=at, file_id=file,
        )  # fmt: skip
        session.add(delivery)
        record(session, by, "vote.delivered", delivery, acting=polling.acting)
    return row


def _check_given(method: DeliveryMethod, units: list[UUID], file: UUID | None) -> None:
    if not 0 < len(units) <= MOST_AT_ONCE:
        reason = Said(f"应有 1 到 {MOST_AT_ONCE} 套", f"1 to {MOST_AT_ONCE} units")
        raise BadInput(argument="propertyUnits", reason=reason)
    if method != DeliveryMethod.electronic and file is None:
        reason = Said("须有送达凭证", "what proves the delivery is needed")
        raise BadInput(argument="file", reason=reason)


async def _check_scope(session: AsyncSession, by: Actor, row: Vote, wanted: list[UUID]) -> None:
    there = (
        select(PropertyUnit.id)
        .join(
            UnitPath,
            (col(UnitPath.tenant_id) == PropertyUnit.tenant_id)
            & (col(UnitPath.unit_id) == PropertyUnit.unit_id),
        )
        .where(
            PropertyUnit.tenant_id == by.tenant_id, UnitPath.ancestor_id == row.scope_id,
            col(PropertyUnit.id).in_(wanted),
        )
    )  # fmt: skip
    found = set((await session.exec(there)).all())
    outside = [one for one in wanted if one not in found]
    if outside:
        raise UnitNotAsked(number=len(outside), id=f"PropertyUnit:{outside[0]}")
