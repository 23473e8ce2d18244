"""The ledger (账目): accounts, who holds them, and their entries; every balance is summed up."""

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import BigInteger, ColumnElement, cast, func, select

from schema.nodes import Node, worded
from schema.organisations import Organisation
from schema.people import Person
from schema.property_units import PropertyUnit
from schema.reading.declare import (
    Ask,
    Predicate,
    Row,
    column,
    computed,
    connection,
    light,
    link,
    reads,
)
from schema.reading.found import Condition
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import among, below, found_by, pointing, under
from services.ledger import KINDS, EntryKind, Part
from services.ledger import FeeAccount as AccountRow
from services.ledger import FeeHolder as HolderRow
from services.ledger import LedgerEntry as EntryRow
from services.organisations import Organisation as OrganisationRow
from services.people import Person as PersonRow
from services.property_units import PropertyUnit as PropertyUnitRow

if TYPE_CHECKING:
    from schema.bills import Bill
    from schema.payments import Payment
    from schema.units import Unit

strawberry.enum(EntryKind, name="LedgerEntryKind", description="账目的种类。 What it says.")
strawberry.enum(Part, name="LedgerPart", description="记在哪里。 Of what it is.")
ACCOUNT, HOLDER, ENTRY = light(AccountRow), light(HolderRow), light(EntryRow)
PERSON, ORGANISATION, UNIT = light(PersonRow), light(OrganisationRow), light(PropertyUnitRow)
Build = Callable[[Ask, Row], ColumnElement[Any]]


@strawberry.enum(description="账户按什么排序。 By what accounts are ordered.")
class FeeAccountOrder(Enum):
    """By what accounts are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="户主按什么排序。 By what holders are ordered.")
class FeeHolderOrder(Enum):
    """By what holders are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="账目按什么排序。 By what entries are ordered.")
class LedgerEntryOrder(Enum):
    """By what entries are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的账户。 Only such accounts.")
class FeeAccountFilter:
    """Only such accounts."""

    property_unit: strawberry.ID | None = pointing(
        AccountRow.property_unit_id, "PropertyUnit", "房产。 The property unit."
    )
    estate: strawberry.ID | None = pointing(AccountRow.estate_id, "Unit", "小区。 The estate.")


@strawberry.input(description="只要这样的账目。 Only such entries.")
class LedgerEntryFilter:
    """Only such entries."""

    kinds: list[EntryKind] | None = among(EntryRow.kind, "这些种类之一。 One of these kinds.")


def mine(column_: str) -> Predicate:
    """The reader is among those who owe the account of the row."""

    def build(ask: Ask, row: Row) -> Condition:
        one = HOLDER.alias()
        held = select(one.c.account_id).where(
            one.c.tenant_id == ask.tenant, one.c.person_id == ask.person
        )
        return found_by(ask, row[column_], held, one.c.account_id)

    return build


def summed(column_: str, *parts: Part, sign: int = 1, **of: str) -> Build:
    """The sum of the entries whose column is this row's id, of these parts and columns."""

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        entry = ENTRY.alias()
        total = cast(func.coalesce(func.sum(sign * entry.c.amount), 0), BigInteger)
        found = select(total).where(entry.c.tenant_id == ask.tenant, entry.c[column_] == row["id"])
        if parts:
            found = found.where(entry.c.part.in_([part.value for part in parts]))
        found = found.where(*(entry.c[name] == value for name, value in of.items()))
        return found.correlate_except(entry).scalar_subquery()

    return build


def number_of_unit(ask: Ask, row: Row) -> ColumnElement[Any]:
    """The number of the row's unit, which the firm knows it by."""
    unit = UNIT.alias()
    found = select(unit.c.number).where(
        unit.c.tenant_id == ask.tenant, unit.c.id == row["property_unit_id"]
    )
    return found.correlate_except(unit).scalar_subquery()


def _with_account(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """Whoever works for the firm of the account."""
    one = ACCOUNT.alias()
    ours = select(one.c.id).where(one.c.tenant_id == ask.tenant, under(ask, one.c.firm_id, held))
    return found_by(ask, row["account_id"], ours, one.c.id)


def _name(ask: Ask, row: Row) -> ColumnElement[Any]:
    """By name alone whoever it is owed to knows who owes it: no more of a person than that."""
    person, organisation = PERSON.alias(), ORGANISATION.alias()
    ids = ((person, row["person_id"]), (organisation, row["organisation_id"]))
    found = [
        select(one.c.name)
        .where(one.c.tenant_id == ask.tenant, one.c.id == id_)
        .correlate_except(one)
        .scalar_subquery()
        for one, id_ in ids
    ]
    return func.coalesce(*found)


@strawberry.type(description="账户的一位业主。 One of those who owe an account together.")
@reads(HolderRow, "ledger", unit=_with_account, own=mine("account_id"))
class FeeHolder(Node):
    """One of those who owe an account together."""

    name: str | None = computed(_name, "姓名或名称。 The name.")
    person: Person | None = link(HolderRow.person_id, "个人。 The person.", lenient=True)
    organisation: Organisation | None = link(
        HolderRow.organisation_id, "单位。 The organisation.", lenient=True
    )


@strawberry.type(description="一笔账目，不可更改。 An entry, which never changes.")
@reads(EntryRow, "ledger", unit=below("firm_id"), own=mine("account_id"))
class LedgerEntry(Node):
    """An entry of the ledger."""

    kind: EntryKind = column(EntryRow.kind, "种类。 What it says.")
    kind_label: str = worded("kind", KINDS, "种类的说法。 The kind in words.")
    part: Part = column(EntryRow.part, "本金、违约金或余款。 Of what it is.")
    amount: BigInt = column(EntryRow.amount, "金额，分；正为应付。 In fen; above nought is owed.")
    day: date = column(EntryRow.day, "哪天的。 Of which day.")
    reason: str | None = column(EntryRow.reason, "理由。 Why.")
    at: datetime = column(EntryRow.at, "记账时刻。 When it was written.")
    person: Person | None = link(EntryRow.made_by, "谁记的，空为系统。 Who wrote it; the clock.")
    account: Annotated["FeeAccount", strawberry.lazy("schema.ledger")] | None = link(
        EntryRow.account_id, "账户。 The account."
    )
    bill: Annotated["Bill", strawberry.lazy("schema.bills")] | None = link(
        EntryRow.bill_id, "账单。 The bill."
    )
    payment: Annotated["Payment", strawberry.lazy("schema.payments")] | None = link(
        EntryRow.payment_id, "收款。 The payment."
    )


@strawberry.type(description="账户：一套房产与同时期的业主。 A unit with its owners of some time.")
@reads(AccountRow, "ledger", unit=below("firm_id"), own=mine("id"))
class FeeAccount(Node):
    """A unit with those who owe together, before one firm."""

    number: str | None = computed(number_of_unit, "房号。 The unit's number.")
    property_unit: PropertyUnit | None = link(
        AccountRow.property_unit_id, "房产。 The property unit."
    )
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        AccountRow.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        AccountRow.firm_id, "物业公司。 The firm."
    )
    balance: BigInt = computed(
        summed("account_id"), "余额，分；正为欠付。 In fen; above nought is owed."
    )
    credit: BigInt = computed(
        summed("account_id", Part.credit, sign=-1), "未分配的余款。 What payments have left over."
    )
    made_at: datetime = column(AccountRow.made_at, "何时建立。 When it was opened.")
    holders: Connection[FeeHolder] = connection(
        HolderRow.account_id, FeeHolderOrder, "共同欠付的业主。 Those who owe together."
    )
    entries: Connection[LedgerEntry] = connection(
        EntryRow.account_id, LedgerEntryOrder, "账目。 Its entries.", LedgerEntryFilter
    )


@strawberry.type
class Queries:
    """What can be asked about the ledger."""

    fee_accounts: Connection[FeeAccount] = connection(
        None, FeeAccountOrder, "账户。 Accounts.", FeeAccountFilter, Direction.DESC
    )
    ledger_entries: Connection[LedgerEntry] = connection(
        None, LedgerEntryOrder, "账目。 Entries.", LedgerEntryFilter, Direction.DESC
    )
