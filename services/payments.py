"""Payments (收款): money that came in for an account, and to which bills it went.

It goes to the bills that the payer named, or to the oldest by their due dates (Civil Code, article
560); of a bill first to the penalty, then to the principal (article 561: costs, interest, the debt
itself; a penalty for lateness is counted with interest, costs aren't billed). Bills in dispute are
left out unless named. What is left over is credit. A payment from outside counts once: its number
is known in its channel, which is the firm's own: no other firm's numbers stand in its way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, ledger, rows, units
from services.arguments import Length, Of, Reason
from services.bills import Bill
from services.bills.running import CREDITING
from services.disputes import FeeDispute
from services.errors import BadInput, Refused, Said
from services.events import record, write
from services.ledger import AccountId, Desk, EntryKind, Fen, LedgerEntry, Part
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant

# What firm staff take at the counter; other channels are those of providers' files and calls.
COUNTER = "counter"
MOST_BILLS = 100


class PaymentMethod(StrEnum):
    """How it was paid."""

    cash = "cash"
    transfer = "transfer"
    card = "card"
    mobile = "mobile"
    other = "other"


METHODS: dict[str, Said] = {
    PaymentMethod.cash: Said("现金", "cash"),
    PaymentMethod.transfer: Said("转账", "bank transfer"),
    PaymentMethod.card: Said("刷卡", "card"),
    PaymentMethod.mobile: Said("手机支付", "mobile payment"),
    PaymentMethod.other: Said("其他", "other"),
}


class Payment(Recorded, table=True):
    """Money that came in, which never changes; what became of it stands in the ledger."""

    __tablename__ = "payment"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        one_of("method", PaymentMethod),
        CheckConstraint("amount > 0", name="amount"),
        Index("uq_payment_external_id", "tenant_id", "firm_id", "channel", "external_id",
              unique=True, postgresql_where=text("external_id is not null")),
        Index(None, "tenant_id", "received_at", "id"),
        Index(None, "tenant_id", "firm_id", "received_at", "id"),
        Index(None, "tenant_id", "account_id", "received_at", "id"),
        Index(None, "tenant_id", "estate_id", "received_at", "id"),
    )  # fmt: skip

    account_id: UUID
    estate_id: UUID
    firm_id: UUID
    amount: int = Field(sa_type=BigInteger)
    method: str
    received_at: datetime = moment()
    reference: str | None = Field(default=None, max_length=80)
    channel: str = Field(default=COUNTER, max_length=40)
    external_id: str | None = Field(default=None, max_length=80)


class PaymentKnown(Refused):
    """这个渠道的这笔收款已经入账：{id}。
    This payment of the channel is on the ledger already: {id}.
    """


class PaymentReversed(Refused):
    """这笔收款已经冲正：{id}。
    This payment was reversed already: {id}.
    """


class PaymentRefunded(Refused):
    """这笔收款已退 {amount} 分，不能冲正；余下的可以退款。
    Of this payment {amount} fen were refunded, so it isn't reversed. Refund what is left.
    """


class MoreThanWasPaid(Refused):
    """这笔收款还可以退 {amount} 分。
    Of this payment {amount} fen can be refunded.
    """


class OwnPayment(Refused):
    """自己记的收款要由别人冲正。
    A payment that you recorded somebody else reverses.
    """


PaymentId = Annotated[UUID, Of("Payment")]
Bills = Annotated[
    list[UUID] | None,
    Of("Bill"),
    "指定的账单，依次；不写则先付最早到期的。 To these bills in turn; to the oldest.",
]


@dataclass(frozen=True, slots=True)
class Owed:
    """What is unpaid of a bill."""

    bill_id: UUID
    due_on: date
    penalty: int
    principal: int


def spread(amount: int, owed: Sequence[Owed]) -> list[tuple[UUID, Part, int]]:
    """To which bills so many fen go, in the order of the bills; of each the penalty first."""
    found: list[tuple[UUID, Part, int]] = []
    for one in owed:
        for part, unpaid in ((Part.penalty, one.penalty), (Part.principal, one.principal)):
            given = min(amount, unpaid)
            if given > 0:
                found.append((one.bill_id, part, given))
                amount -= given
    return found


async def record_(
    session: AsyncSession,
    by: Actor,
    *,
    account: AccountId,
    amount: Fen,
    method: Annotated[PaymentMethod, "支付方式。 How it was paid."],
    received_at: Annotated[datetime | None, "何时收到，默认现在。 When it came; now."] = None,
    reference: Annotated[str | None, Length(1, 80), "收据号等。 A receipt's number."] = None,
    bills: Bills = None,
    channel: Annotated[str, Length(1, 40), "渠道。 The channel it came by."] = COUNTER,
    external_id: Annotated[str | None, Length(1, 80), "渠道的单号。 Its number there."] = None,
) -> Payment:
    """Record money that came in, and let it go to bills."""
    row = await ledger.lock(session, by, account)
    acting = await _authorize(session, by, "record", row.firm_id)
    if (received_at or clock.now()) > clock.now():
        raise BadInput(argument="receivedAt", reason=Said("还没有到", "is still to come"))
    await check_new(session, by, row.firm_id, channel, external_id)
    return await enter(
        Desk(session, by, acting, row), amount=amount, method=method,
        received_at=received_at or clock.now(), reference=reference, channel=channel,
        external_id=external_id, bills=bills,
    )  # fmt: skip


async def enter(
    desk: Desk,
    *,
    amount: int,
    method: PaymentMethod,
    received_at: datetime,
    reference: str | None,
    channel: str,
    external_id: str | None,
    bills: Sequence[UUID] | None = None,
) -> Payment:
    """Enter what came in, at a desk: staff's, or the clock's for what a provider said."""
    account = desk.account
    payment = Payment(
        **made(desk.by, desk.acting), account_id=account.id, estate_id=account.estate_id,
        firm_id=account.firm_id, amount=amount, method=method, received_at=received_at,
        reference=reference, channel=channel, external_id=external_id,
    )  # fmt: skip
    desk.session.add(payment)
    day = received_at.astimezone(clock.CHINA).date()
    desk.post(EntryKind.payment, Part.credit, -amount, payment_id=payment.id, day=day)
    await _apply(desk, payment, amount, bills, day)
    record(desk.session, desk.by, "payment.recorded", payment, acting=desk.acting)
    return payment


async def check_new(
    session: AsyncSession, by: Actor, firm: UUID, channel: str, external_id: str | None
) -> None:
    """Refuse a payment of a firm's channel that is on the ledger, in whichever account of theirs.

    Of two at once in two accounts, the second is refused by the unique key itself.
    """
    if external_id is None:
        return
    same = await rows.every(
        session, Payment, by, "id", firm_id=firm, channel=channel, external_id=external_id
    )
    if same:
        raise PaymentKnown(id=f"Payment:{same[0].id}")


async def allocate(
    session: AsyncSession, by: Actor, *, payment: PaymentId, bills: Bills = None
) -> Payment:
    """Let what is left over of a payment go to bills."""
    row, desk = await _found(session, by, "allocate", payment)
    left = (await _state(session, by, row)).credit
    await _apply(desk, row, left, bills)
    write(session, by, "payment.allocated", ("Payment", row.id), acting=desk.acting)
    return row


async def refund(
    session: AsyncSession, by: Actor, *, payment: PaymentId, amount: Fen, reason: Reason
) -> Payment:
    """Give money back: first of what is left over, then of what went to bills, the last first."""
    row, desk = await _found(session, by, "refund", payment)
    await give_back(desk, row, amount, reason)
    return row


async def give_back(
    desk: Desk, row: Payment, amount: int, reason: str, day: date | None = None
) -> None:
    """Give so much of a payment back, within what there is of it, and of nothing before its day."""
    session, by = desk.session, desk.by
    state = await _state(session, by, row)
    if amount > row.amount - state.refunded - state.reversed:
        raise MoreThanWasPaid(amount=row.amount - state.refunded - state.reversed)
    of: dict[str, Any] = {"payment_id": row.id, "reason": reason}
    from_credit = min(amount, state.credit)
    day = day or clock.today()
    on = max(day, state.since.get(None, day))
    desk.post(EntryKind.refund, Part.credit, from_credit, day=on, **of)
    left = amount - from_credit
    for share in await ledger.shares(session, by, payment=row.id):
        taken, on = min(left, share.amount), max(day, state.since[share.bill_id])
        desk.post(EntryKind.refund, share.part, taken, bill_id=share.bill_id, day=on, **of)
        left -= taken
    note = {"amount": amount, "reason": reason}
    write(session, by, "payment.refunded", ("Payment", row.id), acting=desk.acting, after=note)


async def reverse(
    session: AsyncSession, by: Actor, *, payment: PaymentId, reason: Reason
) -> Payment:
    """Take a payment back that was recorded wrongly: by another person, as a whole, once."""
    row, desk = await _found(session, by, "reverse", payment)
    if row.made_by == by.person_id:
        raise OwnPayment()
    state = await _state(session, by, row)
    if state.reversed:
        raise PaymentReversed(id=f"Payment:{payment}")
    if state.refunded:
        raise PaymentRefunded(amount=state.refunded)
    of: dict[str, Any] = {"payment_id": row.id, "reason": reason}
    lying = await ledger.shares(session, by, payment=row.id)
    for share in lying:
        desk.post(EntryKind.allocation, share.part, share.amount, bill_id=share.bill_id, **of)
    desk.post(EntryKind.allocation, Part.credit, -sum(share.amount for share in lying), **of)
    desk.post(EntryKind.reversal, Part.credit, row.amount, reverses_id=state.entry_id, **of)
    write(
        session, by, "payment.reversed", ("Payment", row.id), acting=desk.acting,
        after={"reason": reason},
    )  # fmt: skip
    return row


async def owed_of(session: AsyncSession, by: Actor, account: UUID) -> list[Owed]:
    """What is unpaid of an account's bills, the first due first; of none in dispute."""
    return await _owed(session, by, account, None)


@dataclass(frozen=True, slots=True)
class State:
    """What became of a payment; on which day it last came to each bill, to its credit by None."""

    credit: int
    refunded: int
    reversed: int
    entry_id: UUID
    since: Mapping[UUID | None, date]


async def _state(session: AsyncSession, by: Actor, row: Payment) -> State:
    entries = await rows.every(session, LedgerEntry, by, "at", "id", payment_id=row.id)
    credit = sum(one.amount for one in entries if one.part == Part.credit)
    sums = {
        kind: sum(one.amount for one in entries if one.kind == kind)
        for kind in (EntryKind.refund, EntryKind.reversal)
    }
    first = next(one.id for one in entries if one.kind == EntryKind.payment)
    came = sorted((one for one in entries if one.amount < 0), key=lambda one: one.day)
    since = {one.bill_id: one.day for one in came}
    return State(-credit, sums[EntryKind.refund], sums[EntryKind.reversal], first, since)


async def _found(
    session: AsyncSession, by: Actor, verb: str, payment: UUID
) -> tuple[Payment, Desk]:
    row = await rows.find(session, Payment, by, payment)
    account = await ledger.lock(session, by, row.account_id)
    acting = await _authorize(session, by, verb, row.firm_id)
    return row, Desk(session, by, acting, account)


async def _authorize(session: AsyncSession, by: Actor, verb: str, firm: UUID) -> Held | None:
    return authorize(by, verb, "payments", within=await units.path_of(session, by, firm))


async def _apply(
    desk: Desk,
    payment: Payment,
    amount: int,
    told: Sequence[UUID] | None,
    day: date | None = None,
) -> None:
    owed = await _owed(desk.session, desk.by, desk.account.id, told)
    given = spread(amount, owed)
    for bill, part, share in given:
        of: dict[str, Any] = {"bill_id": bill, "payment_id": payment.id}
        desk.post(EntryKind.allocation, part, -share, day=day, **of)
    total = sum(share for _, _, share in given)
    desk.post(EntryKind.allocation, Part.credit, total, day=day, payment_id=payment.id)


async def _owed(
    session: AsyncSession, by: Actor, account: UUID, told: Sequence[UUID] | None
) -> list[Owed]:
    entry = LedgerEntry
    disputed = select(FeeDispute.id).where(
        FeeDispute.tenant_id == by.tenant_id, FeeDispute.bill_id == Bill.id,
        col(FeeDispute.until).is_(None),
    )  # fmt: skip
    sums = [func.sum(entry.amount).filter(col(entry.part) == part) for part in
            (Part.penalty, Part.principal)]  # fmt: skip
    found = (
        select(Bill.id, Bill.due_on, *(func.coalesce(one, 0) for one in sums))  # type: ignore[call-overload]
        .join(entry, (col(entry.tenant_id) == Bill.tenant_id) & (col(entry.bill_id) == Bill.id))
        .where(Bill.tenant_id == by.tenant_id, Bill.account_id == account)
        .group_by(Bill.id, Bill.due_on)
        .having(func.sum(entry.amount) > 0)
        .order_by(Bill.due_on, Bill.id)
    )
    if told is None:
        found = found.where(~disputed.exists())
    await session.flush()
    unpaid = [Owed(b, day, int(x), int(y)) for b, day, x, y in (await session.exec(found)).all()]
    return unpaid if told is None else await _in_turn(session, by, account, unpaid, told)


async def _in_turn(
    session: AsyncSession, by: Actor, account: UUID, unpaid: list[Owed], told: Sequence[UUID]
) -> list[Owed]:
    if len(told) > MOST_BILLS:
        reason = Said(f"最多 {MOST_BILLS} 张", f"{MOST_BILLS} at most")
        raise BadInput(argument="bills", reason=reason)
    known = {one.bill_id: one for one in unpaid}
    for id_ in told:
        bill = await rows.find(session, Bill, by, id_)
        if bill.account_id != account:
            reason = Said("不是这个账户的账单", "of another account")
            raise BadInput(argument="bills", reason=reason)
    return [known[id_] for id_ in dict.fromkeys(told) if id_ in known]


async def _credit(session: AsyncSession, by: Actor, accounts: Sequence[UUID]) -> None:
    """What is left over of earlier payments goes to the bills that have just been made."""
    left = -func.sum(LedgerEntry.amount)
    found = (
        select(LedgerEntry.payment_id, LedgerEntry.account_id, left)
        .where(
            LedgerEntry.tenant_id == by.tenant_id, LedgerEntry.part == Part.credit,
            col(LedgerEntry.account_id).in_(accounts),
        )
        .group_by(col(LedgerEntry.payment_id), col(LedgerEntry.account_id))
        .having(left > 0)
        .order_by(col(LedgerEntry.account_id), func.min(LedgerEntry.at))
    )  # fmt: skip
    for payment, account, amount in (await session.exec(found)).all() if accounts else ():
        desk = Desk(session, by, None, await ledger.lock(session, by, account))
        row = await rows.find(session, Payment, by, payment or UUID(int=0))
        await _apply(desk, row, min(int(amount), (await _state(session, by, row)).credit), None)


CREDITING.append(_credit)
