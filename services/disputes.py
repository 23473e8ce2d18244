"""Disputes (争议): an owner contests a bill, which is set apart until the community has decided.

Meanwhile it is in no arrears, no penalty runs on it and no payment goes to it unless told to.
Upheld, it is lowered or taken back; overturned, it is owed as before.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import bills, clock, ledger, linkages, rows
from services.arguments import Length, Of, Version
from services.bills import Bill, BillId
from services.errors import Refused, Said, called
from services.events import record, state_of
from services.ledger import Desk, EntryKind, Fen, Part
from services.rows import made
from services.tables import Recorded, one_of, within_tenant


class DisputeState(StrEnum):
    """Where a dispute stands."""

    open = "open"
    upheld = "upheld"
    overturned = "overturned"


STATES: dict[str, Said] = {
    DisputeState.open: Said("处理中", "open"),
    DisputeState.upheld: Said("争议成立", "upheld"),
    DisputeState.overturned: Said("争议不成立", "overturned"),
}


class FeeDispute(Recorded, table=True):
    """A bill that an owner contests; from `since` to before `until` it is set apart."""

    __tablename__ = "fee_dispute"
    __table_args__: ClassVar[Any] = (
        within_tenant("bill_id", "bill"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("person_id", "person"),
        one_of("state", DisputeState),
        CheckConstraint("until >= since", name="ends_no_earlier"),
        CheckConstraint("(state = 'open') = (until is null)", name="settled_on_a_day"),
        CheckConstraint("settled_by <> made_by", name="not_settled_by_its_raiser"),
        CheckConstraint("lowered_by > 0", name="lowered"),
        Index("uq_fee_dispute_open", "tenant_id", "bill_id", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "bill_id"),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "estate_id", "since", "id"),
        Index(None, "tenant_id", "firm_id", "since", "id"),
        Index(None, "tenant_id", "person_id", "since", "id"),
    )  # fmt: skip
    unspoken: ClassVar[frozenset[str]] = frozenset({"text", "answer"})

    bill_id: UUID
    estate_id: UUID
    firm_id: UUID
    person_id: UUID
    text: str = Field(max_length=2000)
    state: str = DisputeState.open
    since: date
    until: date | None = None
    settled_by: UUID | None = None
    settled_as: UUID | None = None
    answer: str | None = Field(default=None, max_length=2000)
    lowered_by: int | None = Field(default=None, sa_type=BigInteger)


class DisputedAlready(Refused):
    """这张账单的争议正在处理：{id}。
    This bill is disputed already: {id}.
    """


class NothingOwed(Refused):
    """这张账单没有未结清的金额：{id}。
    Nothing is owed of this bill: {id}.
    """


class DisputeSettled(Refused):
    """这个争议已有结果：{state}。
    This dispute has been settled: {state}.
    """


class OwnDispute(Refused):
    """自己提出的争议、自己欠付的账单由别人处理。
    A dispute of your own, or about a bill that you owe, somebody else settles.
    """


class MoreThanWasCharged(Refused):
    """减免不能超过应收本金 {amount} 分。
    A bill isn't lowered by more than its principal, {amount} fen.
    """


DisputeId = Annotated[UUID, Of("FeeDispute")]
Answer = Annotated[str, Length(1, 2000), "处理意见。 The decision in words."]
# Who says that a bill can't be disputed now: filled in by `instalment_plans`.
HINDRANCES: list[Any] = []


async def raise_(
    session: AsyncSession,
    by: Actor,
    *,
    bill: BillId,
    text: Annotated[str, Length(1, 2000), "为什么有异议。 Why it is contested."],
) -> FeeDispute:
    """Contest a bill that one owes; from today on it is set apart."""
    row = await rows.find(session, Bill, by, bill)
    await ledger.lock(session, by, row.account_id)
    owner = await ledger.holds(session, by, row.account_id)
    acting = authorize(by, "raise", "disputes", owner=owner)
    assert by.person_id is not None  # noqa: S101 - who owes is somebody
    for going_on in await rows.every(session, FeeDispute, by, "id", bill_id=bill, until=None):
        raise DisputedAlready(id=f"FeeDispute:{going_on.id}")
    if sum((await ledger.standing_of(session, by, bill)).values()) <= 0:
        raise NothingOwed(id=f"Bill:{bill}")
    for check in HINDRANCES:
        await check(session, by, row)
    dispute = FeeDispute(
        **made(by, acting), bill_id=bill, estate_id=row.estate_id, firm_id=row.firm_id,
        person_id=by.person_id, text=text, since=clock.today(),
    )  # fmt: skip
    session.add(dispute)
    record(session, by, "fee_dispute.raised", dispute, acting=acting)
    return dispute


async def uphold(
    session: AsyncSession,
    by: Actor,
    *,
    dispute: DisputeId,
    answer: Answer,
    amount: Annotated[Fen | None, "减多少分，不写则全部冲正。 By how much; all of it."] = None,
    expected_version: Version = None,
) -> FeeDispute:
    """Find for the owner: the bill is lowered by so much, or taken back as a whole."""
    row, desk = await _open(session, by, "uphold", dispute, expected_version)
    before = state_of(row)
    row.lowered_by = amount
    _settle(row, desk, DisputeState.upheld, answer)
    reason = f"FeeDispute:{row.id}"
    if amount is None:
        bill = await rows.find(session, Bill, by, row.bill_id)
        await bills.withdraw(desk, bill, reason)
    else:
        await _lower(desk, row.bill_id, amount, reason)
    record(session, by, "fee_dispute.upheld", row, acting=desk.acting, before=before)
    return row


async def overturn(
    session: AsyncSession,
    by: Actor,
    *,
    dispute: DisputeId,
    answer: Answer,
    expected_version: Version = None,
) -> FeeDispute:
    """Find against the owner: the bill is owed as it was, without penalties for these days."""
    row, desk = await _open(session, by, "overturn", dispute, expected_version)
    before = state_of(row)
    _settle(row, desk, DisputeState.overturned, answer)
    record(session, by, "fee_dispute.overturned", row, acting=desk.acting, before=before)
    return row


async def _open(
    session: AsyncSession, by: Actor, verb: str, dispute: UUID, version: int | None
) -> tuple[FeeDispute, Desk]:
    known = await rows.find(session, FeeDispute, by, dispute)
    bill = await rows.find(session, Bill, by, known.bill_id)
    account = await ledger.lock(session, by, bill.account_id)
    row = await rows.find(session, FeeDispute, by, dispute, for_update=True)
    within = await linkages.around(session, by, row.estate_id)
    acting = authorize(by, verb, "disputes", within=within)
    row.check_version(version)
    if row.state != DisputeState.open:
        raise DisputeSettled(state=called(STATES, row.state))
    if await ledger.holds(session, by, account.id) or row.made_by == by.person_id:
        raise OwnDispute()
    return row, Desk(session, by, acting, account)


def _settle(row: FeeDispute, desk: Desk, state: DisputeState, answer: str) -> None:
    row.state, row.until, row.answer = state, clock.today(), answer
    row.settled_by = desk.by.person_id
    row.settled_as = desk.acting.appointment_id if desk.acting else None
    row.version += 1


async def _lower(desk: Desk, bill: UUID, amount: int, reason: str) -> None:
    """What was paid beyond the lower bill is credit again."""
    unpaid = (await ledger.standing_of(desk.session, desk.by, bill)).get(Part.principal, 0)
    lying = await ledger.shares(desk.session, desk.by, bill=bill)
    paid = sum(share.amount for share in lying if share.part is Part.principal)
    if amount > unpaid + paid:
        raise MoreThanWasCharged(amount=unpaid + paid)
    await ledger.take_back(desk, bill, Part.principal, max(0, amount - unpaid), reason)
    desk.post(EntryKind.discount, Part.principal, -amount, bill_id=bill, reason=reason)
