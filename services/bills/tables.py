"""The tables of billing: the run that was asked for, and the bills that it made."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from services.errors import Said
from services.fee_standards import FeeItem
from services.tables import Recorded, moment, one_of, within_tenant


class RunState(StrEnum):
    """Where a billing run stands."""

    queued = "queued"
    running = "running"
    done = "done"


STATES: dict[str, Said] = {
    RunState.queued: Said("等待", "queued"),
    RunState.running: Said("正在出账", "running"),
    RunState.done: Said("已完成", "done"),
}


class BillingRun(Recorded, table=True):
    """A run over the units of an estate, `done` of `total`; and how many bills it made, `unclaimed`
    of them of units without a verified owner.
    """

    __tablename__ = "billing_run"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        one_of("state", RunState),
        CheckConstraint("extract(day from month) = 1 and last_month >= month", name="months"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "firm_id", "made_at", "id"),
        Index(None, "tenant_id", "estate_id", "made_at", "id"),
        Index("ix_billing_run_waiting", "tenant_id", "made_at", "id",
              postgresql_where=text("state <> 'done'")),
    )  # fmt: skip

    estate_id: UUID
    firm_id: UUID
    month: date
    last_month: date
    state: str = RunState.queued
    total: int
    done: int = 0
    billed: int = 0
    unclaimed: int = 0
    last_id: UUID | None = None
    finished_at: datetime | None = moment(default=None)


class Bill(Recorded, table=True):
    """A bill, which never changes; what is owed of it is the sum of its entries.

    `working` is how its amount came about: price, quantity and days of each standard in the month.
    What the firm took back as wrong is billed anew by a further `edition`.
    After `limitation_on`, moved by what interrupted it (`demands`), the debtor may refuse to pay
    (Civil Code, articles 188 and 192); nothing is written off by that.
    """

    __tablename__ = "bill"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("property_unit_id", "property_unit"),
        within_tenant("run_id", "billing_run"),
        within_tenant("standard_id", "fee_standard"),
        one_of("item", FeeItem),
        CheckConstraint("extract(day from month) = 1", name="month"),
        CheckConstraint("edition > 0", name="edition"),
        Index("uq_bill_of_a_month", "tenant_id", "property_unit_id", "item", "label", "month",
              "firm_id", "edition", unique=True),
        Index(None, "tenant_id", "due_on", "id"),
        Index(None, "tenant_id", "firm_id", "due_on", "id"),
        Index(None, "tenant_id", "account_id", "due_on", "id"),
        Index(None, "tenant_id", "property_unit_id", "due_on", "id"),
        Index(None, "tenant_id", "estate_id", "month", "id"),
        Index(None, "tenant_id", "run_id"),
        Index(None, "tenant_id", "standard_id"),
        Index("ix_bill_unclaimed", "tenant_id", "firm_id", "due_on", "id",
              postgresql_where=text("is_unclaimed")),
    )  # fmt: skip

    account_id: UUID
    estate_id: UUID
    firm_id: UUID
    property_unit_id: UUID
    run_id: UUID
    standard_id: UUID
    item: str
    label: str = Field(default="", max_length=40)
    month: date
    edition: int = 1
    working: str = Field(max_length=500)
    due_on: date
    limitation_on: date
    is_unclaimed: bool = False
