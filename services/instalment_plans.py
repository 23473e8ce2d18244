"""Instalment plans (分期): bills that are paid by dated instalments, as both sides agreed.

The instalments come exactly to what is unpaid of the bills. While the plan is kept none of them is
overdue and no penalty runs on them. It is broken on the day after an instalment on which more is
unpaid than the instalments still to come; it is kept once nothing is.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, or_, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import alarms, clock, disputes, ledger, payments, rows, units
from services.alarms import Alarm
from services.arguments import Of, Version
from services.bills import Bill
from services.errors import BadInput, Refused, Said, called
from services.events import record, state_of
from services.ledger import AccountId, FeeAccount, Fen, LedgerEntry
from services.prepared import put
from services.rows import made
from services.tables import Recorded, TenantRow, one_of, within_tenant

MOST_INSTALMENTS, MOST_BILLS = 36, 100
LONGEST = timedelta(days=5 * 366)


class PlanState(StrEnum):
    """Where a plan stands: proposed by one side, agreed by the other, kept to its end or broken."""

    proposed = "proposed"
    agreed = "agreed"
    kept = "kept"
    broken = "broken"


STATES: dict[str, Said] = {
    PlanState.proposed: Said("待同意", "proposed"),
    PlanState.agreed: Said("履行中", "agreed"),
    PlanState.kept: Said("已履行完", "kept"),
    PlanState.broken: Said("已违约", "broken"),
}


class InstalmentPlan(Recorded, table=True):
    """A plan over some bills of an account; it holds from `agreed_on` to before `ended_on`."""

    __tablename__ = "instalment_plan"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        one_of("state", PlanState),
        CheckConstraint("total > 0", name="total"),
        CheckConstraint("agreed_by <> made_by", name="not_agreed_by_its_maker"),
        CheckConstraint("(state = 'proposed') = (agreed_on is null)", name="agreed_on_a_day"),
        CheckConstraint(
            "(state in ('kept', 'broken')) = (ended_on is not null)", name="ended_on_a_day"
        ),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "firm_id", "made_at", "id"),
        Index(None, "tenant_id", "account_id", "made_at", "id"),
        Index(None, "tenant_id", "estate_id", "made_at", "id"),
        Index("ix_instalment_plan_agreed", "tenant_id", "id",
              postgresql_where=text("state = 'agreed'")),
    )  # fmt: skip

    account_id: UUID
    estate_id: UUID
    firm_id: UUID
    total: int = Field(sa_type=BigInteger)
    by_firm: bool
    state: str = PlanState.proposed
    agreed_by: UUID | None = None
    agreed_as: UUID | None = None
    agreed_on: date | None = None
    ended_on: date | None = None


class PlannedBill(TenantRow, table=True):
    """A bill that a plan is about."""

    __tablename__ = "planned_bill"
    __table_args__: ClassVar[Any] = (
        within_tenant("plan_id", "instalment_plan"),
        within_tenant("bill_id", "bill"),
        UniqueConstraint("tenant_id", "plan_id", "bill_id"),
        Index(None, "tenant_id", "bill_id", "plan_id"),
    )

    plan_id: UUID
    bill_id: UUID


class Instalment(TenantRow, table=True):
    """So many fen by a day."""

    __tablename__ = "instalment"
    __table_args__: ClassVar[Any] = (
        within_tenant("plan_id", "instalment_plan"),
        CheckConstraint("amount > 0", name="amount"),
        UniqueConstraint("tenant_id", "plan_id", "due_on"),
        Index(None, "tenant_id", "plan_id", "due_on", "id"),
    )

    plan_id: UUID
    due_on: date
    amount: int = Field(sa_type=BigInteger)


class PlanDoesNotSum(Refused):
    """各期合计应恰好是这些账单未付的 {total} 分，现在是 {sum} 分。
    The instalments come to {sum} fen; of these bills {total} fen are unpaid.
    """


class PlanNotProposed(Refused):
    """这份分期已是“{state}”，不能再同意。
    This plan isn't a proposal any more: {state}.
    """


class BillPlanned(Refused):
    """这张账单已在履行中的分期里：{id}。
    This bill is in an instalment plan already: {id}.
    """


class BillSetApart(Refused):
    """这张账单没有欠款或正在争议中，不能分期：{id}。
    Of this bill nothing is owed, or it is disputed, so it isn't planned: {id}.
    """


class OwnPlan(Refused):
    """自己提出的分期由另一方同意。
    A plan that you proposed the other side agrees to.
    """


PlanId = Annotated[UUID, Of("InstalmentPlan")]


async def propose(
    session: AsyncSession,
    by: Actor,
    *,
    account: AccountId,
    bills: Annotated[list[UUID], Of("Bill"), "哪些账单。 Which bills."],
    due_on: Annotated[list[date], "各期的到期日，依次。 The days of the instalments, in turn."],
    amounts: Annotated[list[Fen], "各期金额，分，依次。 Their amounts in fen, in turn."],
) -> InstalmentPlan:
    """Propose to pay bills by instalments, as one who owes them or as the firm."""
    row = await ledger.lock(session, by, account)
    owner = await ledger.holds(session, by, account)
    path = await units.path_of(session, by, row.firm_id)
    acting = authorize(by, "propose", "instalment_plans", within=path, owner=owner)
    _check(bills, due_on, amounts)
    plan = InstalmentPlan(
        **made(by, acting), account_id=account, estate_id=row.estate_id, firm_id=row.firm_id,
        total=sum(amounts), by_firm=owner is None,
    )  # fmt: skip
    wanted = list(dict.fromkeys(bills))
    await _check_sum(session, by, row, wanted, plan.total)
    session.add(plan)
    for bill in wanted:
        put(session, PlannedBill, tenant_id=by.tenant_id, plan_id=plan.id, bill_id=bill)
    for day, amount in zip(due_on, amounts, strict=True):
        put(session, Instalment, tenant_id=by.tenant_id, plan_id=plan.id, due_on=day, amount=amount)
    record(session, by, "instalment_plan.proposed", plan, acting=acting)
    return plan


async def agree(
    session: AsyncSession, by: Actor, *, plan: PlanId, expected_version: Version = None
) -> InstalmentPlan:
    """Agree to what the other side proposed, if so much is still unpaid."""
    known = await rows.find(session, InstalmentPlan, by, plan)
    account = await ledger.lock(session, by, known.account_id)
    row = await rows.find(session, InstalmentPlan, by, plan, for_update=True)
    owner = await ledger.holds(session, by, account.id)
    path = await units.path_of(session, by, row.firm_id)
    # Who owes and works for the firm stands on the side of those who owe.
    side: dict[str, Any] = {"owner": owner} if row.by_firm else {"within": path}
    acting = authorize(by, "agree", "instalment_plans", **side)
    row.check_version(expected_version)
    if row.state != PlanState.proposed:
        raise PlanNotProposed(state=called(STATES, row.state))
    if row.made_by == by.person_id or (owner is not None and not row.by_firm):
        raise OwnPlan()
    planned = await rows.every(session, PlannedBill, by, "id", plan_id=row.id)
    await _check_sum(session, by, account, [one.bill_id for one in planned], row.total)
    before = state_of(row)
    row.state, row.agreed_by, row.agreed_on = PlanState.agreed, by.person_id, clock.today()
    row.agreed_as, row.version = acting.appointment_id if acting else None, row.version + 1
    record(session, by, "instalment_plan.agreed", row, acting=acting, before=before)
    return row


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Say of plans that they were kept to their end, or broken on the day after an instalment."""
    today = at.astimezone(clock.CHINA).date()
    unpaid, to_come = _unpaid(by), _to_come(by, today)
    over = (
        select(InstalmentPlan.id, InstalmentPlan.account_id)
        .where(
            InstalmentPlan.tenant_id == by.tenant_id, InstalmentPlan.state == PlanState.agreed,
            or_(unpaid <= 0, unpaid > to_come),
        )
        .order_by(col(InstalmentPlan.account_id), col(InstalmentPlan.id))
        .limit(most)
    )  # fmt: skip
    found = (await session.exec(over)).all()
    for id_, account in found:
        await ledger.lock(session, by, account)
        row = await rows.find(session, InstalmentPlan, by, id_, for_update=True)
        now = select(unpaid, to_come).where(
            InstalmentPlan.tenant_id == by.tenant_id, InstalmentPlan.id == id_
        )
        left, later = (await session.exec(now)).one()
        if row.state != PlanState.agreed or 0 < left <= later:
            continue
        before = state_of(row)
        row.state = PlanState.kept if left <= 0 else PlanState.broken
        row.ended_on, row.version = today, row.version + 1
        record(session, by, f"instalment_plan.{row.state}", row, acting=None, before=before)
    return len(found)


def _check(bills: Sequence[UUID], due_on: Sequence[date], amounts: Sequence[int]) -> None:
    days = [clock.today(), *due_on]
    wrong = {
        "bills": not 0 < len(bills) <= MOST_BILLS,
        "amounts": len(amounts) != len(due_on),
        "dueOn": not 0 < len(due_on) <= MOST_INSTALMENTS
        or any(day >= following for day, following in pairwise(days))
        or days[-1] - days[0] > LONGEST,
    }
    for argument, is_wrong in wrong.items():
        if is_wrong:
            raise BadInput(argument=argument, reason=WHY[argument])


WHY = {
    "bills": Said(f"1 到 {MOST_BILLS} 张", f"1 to {MOST_BILLS}"),
    "amounts": Said("与到期日一一对应", "as many as there are days"),
    "dueOn": Said(
        f"1 到 {MOST_INSTALMENTS} 期，都在今天之后，依次递增，五年以内",
        f"1 to {MOST_INSTALMENTS}, after today, one after the other, within five years",
    ),
}


async def _check_sum(
    session: AsyncSession, by: Actor, account: FeeAccount, bills: Sequence[UUID], total: int
) -> None:
    """The account is locked: nothing is paid meanwhile, and no other plan is agreed."""
    owed = {one.bill_id: one for one in await payments.owed_of(session, by, account.id)}
    for id_ in bills:
        bill = await rows.find(session, Bill, by, id_)
        await _check_unplanned(session, by, bill)
        if bill.account_id != account.id:
            reason = Said("不是这个账户的账单", "of another account")
            raise BadInput(argument="bills", reason=reason)
        if id_ not in owed:
            raise BillSetApart(id=f"Bill:{id_}")
    unpaid = sum(owed[id_].penalty + owed[id_].principal for id_ in bills)
    if unpaid != total:
        raise PlanDoesNotSum(total=unpaid, sum=total)


async def _check_unplanned(session: AsyncSession, by: Actor, bill: Bill) -> None:
    planned = (
        select(InstalmentPlan.id)
        .join(
            PlannedBill,
            (col(PlannedBill.tenant_id) == InstalmentPlan.tenant_id)
            & (col(PlannedBill.plan_id) == InstalmentPlan.id),
        )
        .where(
            InstalmentPlan.tenant_id == by.tenant_id, InstalmentPlan.state == PlanState.agreed,
            PlannedBill.bill_id == bill.id,
        )
    )  # fmt: skip
    going_on = (await session.exec(planned)).first()
    if going_on is not None:
        raise BillPlanned(id=f"InstalmentPlan:{going_on}")


def _unpaid(by: Actor) -> Any:
    """What is unpaid of a plan's bills."""
    return (
        select(func.coalesce(func.sum(LedgerEntry.amount), 0))
        .join(
            PlannedBill,
            (col(PlannedBill.tenant_id) == LedgerEntry.tenant_id)
            & (col(PlannedBill.bill_id) == LedgerEntry.bill_id),
        )
        .where(LedgerEntry.tenant_id == by.tenant_id, PlannedBill.plan_id == InstalmentPlan.id)
        .correlate(InstalmentPlan)
        .scalar_subquery()
    )


def _to_come(by: Actor, today: date) -> Any:
    """What of a plan isn't due before today."""
    return (
        select(func.coalesce(func.sum(Instalment.amount), 0))
        .where(
            Instalment.tenant_id == by.tenant_id, Instalment.plan_id == InstalmentPlan.id,
            col(Instalment.due_on) >= today,
        )
        .correlate(InstalmentPlan)
        .scalar_subquery()
    )  # fmt: skip


disputes.HINDRANCES.append(_check_unplanned)
alarms.ALARMS["instalment_plans"] = Alarm(look)
