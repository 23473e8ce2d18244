"""Which rungs were taken of bills, in the order of their days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.demands.tables import Demand, DemandedBill


@dataclass(frozen=True, slots=True)
class Taken:
    """A rung that was taken of a bill."""

    bill_id: UUID
    demand_id: UUID
    pack_id: UUID
    rung: str
    day: date
    ended_on: date | None


async def taken(session: AsyncSession, by: Actor, bills: Sequence[UUID]) -> list[Taken]:
    """The rungs of these bills."""
    found = (
        select(
            DemandedBill.bill_id, Demand.id, Demand.pack_id, Demand.rung,  # type: ignore[call-overload]
            Demand.day, Demand.ended_on,
        )
        .join(
            Demand,
            (col(Demand.tenant_id) == DemandedBill.tenant_id)
            & (col(Demand.id) == DemandedBill.demand_id),
        )
        .where(DemandedBill.tenant_id == by.tenant_id, col(DemandedBill.bill_id).in_(bills))
        .order_by(Demand.day, Demand.id)
    )  # fmt: skip
    return [Taken(*row) for row in (await session.exec(found)).all()]
