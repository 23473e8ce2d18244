"""The ledger (账目): what was charged, paid, refunded and reversed, entry by entry, in fen.

Nothing in it is changed or removed; what was wrong is reversed by another person. A balance is the
sum of entries and is stored nowhere: of a bill, a payment, an account, a unit, an estate. Above
nought is owed; what a payment has left over stands as credit below nought.

An account is a property unit with those who owned it together: co-owners owe jointly, and after a
sale the old owners keep their account and the new ones have another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor, Held
from services import clock, people, rows
from services.arguments import Of, Whole
from services.errors import Refused, Said
from services.people import Person
from services.prepared import put
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant

# Ten thousand million yuan: sums of whole counties stay far within 64 bits.
MOST_FEN = 10**12


class EntryKind(StrEnum):
    """What an entry says."""

    charge = "charge"
    discount = "discount"
    penalty = "penalty"
    payment = "payment"
    allocation = "allocation"
    refund = "refund"
    reversal = "reversal"


class Part(StrEnum):
    """Of what an entry is: a bill's principal or penalty, or what a payment has left over."""

    principal = "principal"
    penalty = "penalty"
    credit = "credit"


KINDS: dict[str, Said] = {
    EntryKind.charge: Said("应收", "charge"),
    EntryKind.discount: Said("减免", "discount"),
    EntryKind.penalty: Said("违约金", "penalty"),
    EntryKind.payment: Said("收款", "payment"),
    EntryKind.allocation: Said("分配", "allocation"),
    EntryKind.refund: Said("退款", "refund"),
    EntryKind.reversal: Said("冲正", "reversal"),
}


class FeeAccount(Recorded, table=True):
    """A unit with its owners of some time, before one firm; `holders_key` is of all of them, empty
    where nobody's ownership was verified.
    """

    __tablename__ = "fee_account"
    __table_args__: ClassVar[Any] = (
        within_tenant("property_unit_id", "property_unit"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        Index("uq_fee_account_holders", "tenant_id", "property_unit_id", "firm_id", "holders_key",
              unique=True),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "firm_id", "made_at", "id"),
        Index(None, "tenant_id", "estate_id", "made_at", "id"),
    )  # fmt: skip

    property_unit_id: UUID
    estate_id: UUID
    firm_id: UUID
    holders_key: str = Field(max_length=32)


class FeeHolder(TenantRow, table=True):
    """One of those who owe together: as they stood when they were first billed."""

    __tablename__ = "fee_holder"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("person_id", "person"),
        within_tenant("organisation_id", "organisation"),
        CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name="one_holder"),
        UniqueConstraint("tenant_id", "account_id", "person_id"),
        UniqueConstraint("tenant_id", "account_id", "organisation_id"),
        Index(None, "tenant_id", "account_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id", "account_id"),
        Index(None, "tenant_id", "organisation_id", "account_id"),
    )

    account_id: UUID
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    made_at: datetime = moment(default_factory=clock.now)


class LedgerEntry(TenantRow, table=True):
    """An entry: how many fen, of what, on which day; who wrote it when, nobody where the clock did.

    Where a payment goes to bills, it is written on them (`allocation`, below nought) and, with the
    sum of them, off its credit (above nought): together nought.
    """

    __tablename__ = "ledger_entry"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("bill_id", "bill"),
        within_tenant("payment_id", "payment"),
        within_tenant("reverses_id", "ledger_entry"),
        one_of("kind", EntryKind),
        one_of("part", Part),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("(part = 'credit') = (bill_id is null)", name="of_a_bill_or_credit"),
        CheckConstraint("part <> 'credit' or payment_id is not null", name="credit_of_a_payment"),
        CheckConstraint(
            "case kind when 'charge' then amount > 0 and part = 'principal'"
            " when 'discount' then amount < 0 and part = 'principal'"
            " when 'penalty' then amount > 0 and part = 'penalty'"
            " when 'payment' then amount < 0 and part = 'credit'"
            " when 'refund' then amount > 0 and payment_id is not null"
            " when 'allocation' then payment_id is not null else true end",
            name="fits_its_kind",
        ),
        Index("uq_ledger_entry_charge", "tenant_id", "bill_id", unique=True,
              postgresql_where=text("kind = 'charge'")),
        Index("uq_ledger_entry_penalty", "tenant_id", "bill_id", "day", unique=True,
              postgresql_where=text("kind = 'penalty'")),
        Index("uq_ledger_entry_payment", "tenant_id", "payment_id", unique=True,
              postgresql_where=text("kind = 'payment'")),
        Index("uq_ledger_entry_reversal", "tenant_id", "reverses_id", unique=True,
              postgresql_where=text("reverses_id is not null")),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "firm_id", "at", "id"),
        Index(None, "tenant_id", "account_id", "at", "id"),
        Index(None, "tenant_id", "bill_id", "at", "id"),
        Index("ix_ledger_entry_payment", "tenant_id", "payment_id", "bill_id",
              postgresql_where=text("payment_id is not null")),
    )  # fmt: skip

    account_id: UUID
    estate_id: UUID
    firm_id: UUID
    bill_id: UUID | None = None
    payment_id: UUID | None = None
    reverses_id: UUID | None = None
    kind: str
    part: str
    amount: int = Field(sa_type=BigInteger)
    day: date
    reason: str | None = Field(default=None, max_length=500)
    at: datetime = moment(default_factory=clock.now)
    made_by: UUID | None = None
    made_as: UUID | None = None


class StillOwes(Refused):
    """这个人名下还有 {owed} 分未付、{credit} 分余款没有结清，不能删除其信息。
    This person's accounts owe {owed} fen and have {credit} fen of credit. Settle both first.
    """


AccountId = Annotated[UUID, Of("FeeAccount")]
Fen = Annotated[int, Whole(1, MOST_FEN), "金额，分。 The amount in fen."]


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes entries, and into which account: it is locked for as long as they do."""

    session: AsyncSession
    by: Actor
    acting: Held | None
    account: FeeAccount

    def post(
        self, kind: EntryKind, part: Part, amount: int, *, day: date | None = None, **of: Any
    ) -> UUID:
        """Write an entry; nothing is written of nought."""
        id_ = uuid7()
        if amount:
            put(
                self.session, LedgerEntry, id=id_, tenant_id=self.by.tenant_id,
                account_id=self.account.id, estate_id=self.account.estate_id,
                firm_id=self.account.firm_id, kind=kind, part=part, amount=amount,
                day=day or clock.today(), made_by=self.by.person_id,
                made_as=self.acting.appointment_id if self.acting else None, **of,
            )  # fmt: skip
        return id_


async def lock(session: AsyncSession, by: Actor, account: UUID) -> FeeAccount:
    """An account, held until the transaction ends: entries are written by one at a time."""
    return await rows.find(session, FeeAccount, by, account, for_update=True)


async def holds(session: AsyncSession, by: Actor, account: UUID) -> UUID | None:
    """The actor's own id where they are among those who owe: what `authorize` takes as `owner`."""
    mine = await rows.every(
        session, FeeHolder, by, "id", account_id=account, person_id=by.person_id or UUID(int=0)
    )
    return by.person_id if mine else None


async def standing_of(session: AsyncSession, by: Actor, bill: UUID) -> Mapping[Part, int]:
    """What of a bill's principal and penalty is unpaid."""
    sums = (
        select(LedgerEntry.part, func.sum(LedgerEntry.amount))
        .where(LedgerEntry.tenant_id == by.tenant_id, LedgerEntry.bill_id == bill)
        .group_by(LedgerEntry.part)
    )
    await session.flush()
    return {Part(part): int(amount) for part, amount in (await session.exec(sums)).all()}


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment lies on a part of a bill."""

    payment_id: UUID
    bill_id: UUID
    part: Part
    amount: int


async def shares(
    session: AsyncSession, by: Actor, *, bill: UUID | None = None, payment: UUID | None = None
) -> list[Share]:
    """Where payments lie, those that were made last first."""
    entry = LedgerEntry
    lying = -func.sum(entry.amount)
    of = entry.bill_id == bill if bill else entry.payment_id == payment
    found = (
        select(entry.payment_id, entry.bill_id, entry.part, lying)
        .where(
            entry.tenant_id == by.tenant_id, of, col(entry.payment_id).is_not(None),
            col(entry.bill_id).is_not(None),
        )
        .group_by(col(entry.payment_id), col(entry.bill_id), col(entry.part))
        .having(lying > 0)
        .order_by(func.max(entry.at).desc(), col(entry.bill_id), col(entry.part).desc())
    )  # fmt: skip
    await session.flush()
    return [Share(p, b, Part(part), int(n)) for p, b, part, n in (await session.exec(found)).all()]  # type: ignore[arg-type]


async def take_back(desk: Desk, bill: UUID, part: Part, amount: int, reason: str) -> None:
    """Give so many fen that lie on a part of a bill back to the credit of their payments."""
    for share in await shares(desk.session, desk.by, bill=bill):
        taken = min(amount, share.amount) if share.part is part else 0
        of: dict[str, Any] = {"payment_id": share.payment_id, "reason": reason}
        desk.post(EntryKind.allocation, part, taken, bill_id=bill, **of)
        desk.post(EntryKind.allocation, Part.credit, -taken, **of)
        amount -= taken


async def _owes(session: AsyncSession, by: Actor, row: Person) -> None:
    """Whose debts and credits aren't settled is still needed by name; one doesn't settle the other
    by itself, be it in one account.
    """
    is_credit = col(LedgerEntry.part) == Part.credit
    sums = (
        select(is_credit, func.sum(LedgerEntry.amount))
        .join(
            FeeHolder,
            (col(FeeHolder.tenant_id) == LedgerEntry.tenant_id)
            & (col(FeeHolder.account_id) == LedgerEntry.account_id),
        )
        .where(LedgerEntry.tenant_id == by.tenant_id, FeeHolder.person_id == row.id)
        .group_by(is_credit)
    )
    known = {of_credit: int(amount) for of_credit, amount in (await session.exec(sums)).all()}
    owed, credit = known.get(False, 0), -known.get(True, 0)
    if owed or credit:
        raise StillOwes(owed=owed, credit=credit)


people.ERASING.append(_owes)
