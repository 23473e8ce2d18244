"""Bills (账单): what a unit owes of an item for a month, made for a whole estate by a billing run.

A run is asked for once its months are over and is done by the clock, so many units at a time. One
unit has one bill of an item and month: run again, it makes what is missing and changes nothing;
what the firm took back counts as missing, what was taken back in a dispute doesn't.
Owed is it by whoever was verified as an owner on the month's last day; where nobody was, the bill
stands on the unit and is listed.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import alarms, clock, fee_standards, ledger, rows, units
from services.alarms import Alarm
from services.arguments import Of, Reason, UnitId
from services.bills import running
from services.bills.tables import STATES, Bill, BillingRun, RunState
from services.errors import BadInput, Refused, Said
from services.events import record, write
from services.fee_standards import FeeStandard
from services.ledger import Desk, EntryKind, LedgerEntry, Part
from services.property_units import PropertyUnit
from services.rows import made
from services.units import UnitKind

__all__ = ["STATES", "Bill", "BillingRun", "RunState", "reverse", "run"]
MOST_MONTHS = 12


class MonthNotOver(Refused):
    """这段时间到 {day} 才结束；到期之后再出账。
    These months aren't over before {day}. Bill them after that.
    """


class NothingToBill(Refused):
    """这个小区在这段时间没有这家物业的收费标准。
    The firm has no fee standard for this estate in these months.
    """


class RunWaiting(Refused):
    """这个小区的上一次出账还没有完成：{id}。请等它完成。
    A billing run of this estate isn't done yet: {id}. Let it end first.
    """


class BillReversed(Refused):
    """这张账单已经冲正：{id}。
    This bill was reversed already: {id}.
    """


class OwnEntry(Refused):
    """自己记的账要由别人冲正。
    What you put on the ledger somebody else reverses.
    """


BillId = Annotated[UUID, Of("Bill")]


async def run(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    firm: Annotated[UUID, Of("Unit"), "物业公司。 The property firm."],
    month: Annotated[date, "从哪个月起，写其中任一天。 From this day's month on."],
    months: Annotated[int, "几个月。 How many months."] = 1,
) -> BillingRun:
    """Have an estate's months billed by the clock, by the firm's standards there."""
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate, for_update=True)
    company = await units.find_fit(session, by, firm, kind=UnitKind.firm)
    acting = authorize(by, "run", "bills", within=await units.path_of(session, by, company.id))
    if not 1 <= months <= MOST_MONTHS:
        reason = Said(f"1 到 {MOST_MONTHS} 个月", f"1 to {MOST_MONTHS} months")
        raise BadInput(argument="months", reason=reason)
    first = month.replace(day=1)
    last = month_after(first, months) - timedelta(days=1)
    if last >= clock.today():
        raise MonthNotOver(day=last)
    row = BillingRun(
        **made(by, acting), estate_id=home.id, firm_id=company.id, month=first,
        last_month=last.replace(day=1), total=await _number(session, by, home.id),
    )  # fmt: skip
    await _check(session, by, row, last)
    session.add(row)
    record(session, by, "billing_run.asked", row, acting=acting)
    return row


async def reverse(session: AsyncSession, by: Actor, *, bill: BillId, reason: Reason) -> Bill:
    """Take a bill back: nothing is owed of it any more, and what was paid on it is credit again."""
    row = await rows.find(session, Bill, by, bill)
    account = await ledger.lock(session, by, row.account_id)
    path = await units.path_of(session, by, row.firm_id)
    acting = authorize(by, "reverse", "bills", within=path)
    asked = await rows.find(session, BillingRun, by, row.run_id)
    if asked.made_by == by.person_id:
        raise OwnEntry()
    await withdraw(Desk(session, by, acting, account), row, reason)
    write(session, by, "bill.reversed", ("Bill", row.id), acting=acting, after={"reason": reason})
    return row


async def withdraw(desk: Desk, bill: Bill, reason: str) -> None:
    """Reverse all that was charged by a bill; once."""
    [charge] = await rows.every(
        desk.session, LedgerEntry, desk.by, "id", bill_id=bill.id, kind=EntryKind.charge
    )
    if await rows.every(desk.session, LedgerEntry, desk.by, "id", reverses_id=charge.id):
        raise BillReversed(id=f"Bill:{bill.id}")
    for share in await ledger.shares(desk.session, desk.by, bill=bill.id):
        await ledger.take_back(desk, bill.id, share.part, share.amount, reason)
    unpaid = await ledger.standing_of(desk.session, desk.by, bill.id)
    for part, amount in unpaid.items():
        of: dict[str, Any] = {"reverses_id": charge.id} if part is Part.principal else {}
        desk.post(EntryKind.reversal, part, -amount, bill_id=bill.id, reason=reason, **of)


def month_after(first: date, months: int) -> date:
    """The first day of the month so many months later."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


async def _number(session: AsyncSession, by: Actor, estate: UUID) -> int:
    counted = select(func.count()).where(
        PropertyUnit.tenant_id == by.tenant_id, PropertyUnit.estate_id == estate
    )
    return (await session.exec(counted)).one()


async def _check(session: AsyncSession, by: Actor, row: BillingRun, last: date) -> None:
    here: dict[str, Any] = {"estate_id": row.estate_id, "firm_id": row.firm_id}
    standards = await rows.every(session, FeeStandard, by, "since", "id", **here)
    if not any(
        one.since <= last and (one.until is None or one.until > row.month) for one in standards
    ):
        raise NothingToBill()
    waiting = [
        one
        for one in await rows.every(session, BillingRun, by, "id", finished_at=None, **here)
        if one.state != RunState.done
    ]
    if waiting:
        raise RunWaiting(id=f"BillingRun:{waiting[0].id}")


async def _billed_until(session: AsyncSession, by: Actor, row: FeeStandard) -> date | None:
    """The last day of the last month that was billed of such units, or is about to be."""
    reversal = select(LedgerEntry.id).where(
        LedgerEntry.tenant_id == by.tenant_id, LedgerEntry.bill_id == Bill.id,
        LedgerEntry.kind == EntryKind.reversal, col(LedgerEntry.reverses_id).is_not(None),
    )  # fmt: skip
    billed = (
        select(func.max(Bill.month))
        .join(
            PropertyUnit,
            (col(PropertyUnit.tenant_id) == Bill.tenant_id)
            & (col(PropertyUnit.id) == Bill.property_unit_id),
        )
        .where(
            Bill.tenant_id == by.tenant_id, Bill.estate_id == row.estate_id, Bill.item == row.item,
            Bill.label == row.label, PropertyUnit.use == row.use, ~reversal.exists(),
        )
    )  # fmt: skip
    asked = select(func.max(BillingRun.last_month)).where(
        BillingRun.tenant_id == by.tenant_id, BillingRun.estate_id == row.estate_id,
        BillingRun.firm_id == row.firm_id, BillingRun.state != RunState.done,
    )  # fmt: skip
    months = [(await session.exec(one)).one() for one in (billed, asked)]
    known = [month for month in months if month is not None]
    return max(known).replace(day=monthrange(*max(known).timetuple()[:2])[1]) if known else None


fee_standards.BILLED.append(_billed_until)
alarms.ALARMS["billing"] = Alarm(running.look)
