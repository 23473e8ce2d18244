"""What of an account is overdue: unpaid after its day, and neither disputed nor planned."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, payments
from services.instalment_plans import InstalmentPlan, PlannedBill, PlanState
from services.payments import Owed


async def overdue(session: AsyncSession, by: Actor, account: UUID) -> dict[UUID, Owed]:
    """The bills by their ids, the first due first, with what is unpaid of each."""
    owed = await payments.owed_of(session, by, account)
    late = {one.bill_id: one for one in owed if one.due_on < clock.today()}
    planned = (
        select(PlannedBill.bill_id)
        .join(
            InstalmentPlan,
            (col(InstalmentPlan.tenant_id) == PlannedBill.tenant_id)
            & (col(InstalmentPlan.id) == PlannedBill.plan_id),
        )
        .where(
            PlannedBill.tenant_id == by.tenant_id, col(PlannedBill.bill_id).in_(late),
            InstalmentPlan.state == PlanState.agreed,
        )
    )  # fmt: skip
    kept = {*(await session.exec(planned)).all()} if late else set()
    return {bill: one for bill, one in late.items() if bill not in kept}
