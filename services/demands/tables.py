"""The tables of recovery: each rung that was taken of an account, of which bills, and what came of
it; the limitation dates that were said.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from services import clock
from services.errors import Said
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant


class Rung(StrEnum):
    """The rungs, in their order. There is no other: above all none that cuts anything off."""

    reminder = "reminder"
    demand = "demand"
    mediation = "mediation"
    litigation = "litigation"


class DeliveryMethod(StrEnum):
    """How a demand was delivered; none by which neighbours would read it."""

    in_person = "in_person"
    registered_mail = "registered_mail"
    courier = "courier"
    electronic = "electronic"


class Forum(StrEnum):
    """Before whom it was brought."""

    court = "court"
    arbitration = "arbitration"


class DemandOutcome(StrEnum):
    """What came of a mediation, or of a case."""

    agreed = "agreed"
    failed = "failed"
    withdrawn = "withdrawn"
    won = "won"
    partly_won = "partly_won"
    lost = "lost"


RUNGS: dict[str, Said] = {
    Rung.reminder: Said("提醒", "reminder"),
    Rung.demand: Said("书面催告", "written demand"),
    Rung.mediation: Said("调解", "mediation"),
    Rung.litigation: Said("诉讼或仲裁", "litigation or arbitration"),
}
METHODS: dict[str, Said] = {
    DeliveryMethod.in_person: Said("当面送达", "in person"),
    DeliveryMethod.registered_mail: Said("挂号信", "registered mail"),
    DeliveryMethod.courier: Said("快递", "courier"),
    DeliveryMethod.electronic: Said("电子送达", "electronically"),
}
FORUMS: dict[str, Said] = {
    Forum.court: Said("法院", "court"),
    Forum.arbitration: Said("仲裁机构", "arbitration"),
}
OUTCOMES: dict[str, Said] = {
    DemandOutcome.agreed: Said("达成协议", "agreed"),
    DemandOutcome.failed: Said("未达成协议", "failed"),
    DemandOutcome.withdrawn: Said("撤回", "withdrawn"),
    DemandOutcome.won: Said("支持", "won"),
    DemandOutcome.partly_won: Said("部分支持", "partly won"),
    DemandOutcome.lost: Said("驳回", "lost"),
}
# How each of the two that come to an end may end.
ENDS: dict[str, tuple[DemandOutcome, ...]] = {
    Rung.mediation: (DemandOutcome.agreed, DemandOutcome.failed, DemandOutcome.withdrawn),
    Rung.litigation: (
        DemandOutcome.agreed, DemandOutcome.withdrawn, DemandOutcome.won,
        DemandOutcome.partly_won, DemandOutcome.lost,
    ),
}  # fmt: skip


class Demand(Recorded, table=True):
    """A rung that was taken of an account on a `day`: that of its delivery, for a written demand.

    `amount` is what was unpaid of its bills as it was recorded. The next rung waits as long as the
    edition of the pack says under which this one was recorded.
    """

    __tablename__ = "demand"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "fee_account"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("property_unit_id", "property_unit"),
        within_tenant("community_id", "unit"),
        within_tenant("pack_id", "pack"),
        within_tenant("file_id", "file"),
        one_of("rung", Rung),
        one_of("method", DeliveryMethod),
        one_of("forum", Forum),
        one_of("outcome", DemandOutcome),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "num_nonnulls(method, file_id) = case rung when 'demand' then 2 else 0 end",
            name="delivered_with_proof",
        ),
        CheckConstraint(
            "num_nonnulls(forum, body, case_number)"
            " = case rung when 'litigation' then 3 else 0 end",
            name="brought_before_somebody",
        ),
        CheckConstraint(
            "(rung = 'mediation') = (community_id is not null)", name="mediated_by_a_community"
        ),
        CheckConstraint(
            "num_nonnulls(outcome, ended_on) in (0, 2)"
            " and (outcome is null or rung in ('mediation', 'litigation'))",
            name="ended_with_its_outcome",
        ),
        CheckConstraint("ended_on >= day", name="ends_no_earlier"),
        Index(None, "tenant_id", "day", "id"),
        Index(None, "tenant_id", "firm_id", "day", "id"),
        Index(None, "tenant_id", "account_id", "day", "id"),
        Index("ix_demand_community", "tenant_id", "community_id", "day", "id",
              postgresql_where=text("community_id is not null")),
    )  # fmt: skip
    unspoken: ClassVar[frozenset[str]] = frozenset({"words"})

    account_id: UUID
    estate_id: UUID
    firm_id: UUID
    property_unit_id: UUID
    pack_id: UUID
    rung: str
    day: date
    amount: int = Field(sa_type=BigInteger)
    community_id: UUID | None = None
    method: str | None = None
    file_id: UUID | None = None
    forum: str | None = None
    body: str | None = Field(default=None, max_length=120)
    case_number: str | None = Field(default=None, max_length=80)
    outcome: str | None = None
    words: str | None = Field(default=None, max_length=2000)
    ended_on: date | None = None
    ended_by: UUID | None = None
    ended_as: UUID | None = None


class DemandedBill(TenantRow, table=True):
    """A bill that a rung is about."""

    __tablename__ = "demanded_bill"
    __table_args__: ClassVar[Any] = (
        within_tenant("demand_id", "demand"),
        within_tenant("bill_id", "bill"),
        UniqueConstraint("tenant_id", "demand_id", "bill_id"),
        Index(None, "tenant_id", "bill_id", "demand_id"),
    )

    demand_id: UUID
    bill_id: UUID


class LimitationAlarm(TenantRow, table=True):
    """It was said of a bill, once of a date, that an action for it is barred after that."""

    __tablename__ = "limitation_alarm"
    __table_args__: ClassVar[Any] = (
        within_tenant("bill_id", "bill"),
        within_tenant("firm_id", "unit"),
        UniqueConstraint("tenant_id", "bill_id", "limitation_on"),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "firm_id", "at", "id"),
    )

    bill_id: UUID
    firm_id: UUID
    limitation_on: date
    at: datetime = moment(default_factory=clock.now)


class LimitationDay(TenantRow, table=True):
    """A day on which limitation dates were looked at, and how far that is."""

    __tablename__ = "limitation_day"
    __table_args__: ClassVar[Any] = (UniqueConstraint("tenant_id", "day"),)

    day: date
    last_id: UUID | None = None
    finished_at: datetime | None = moment(default=None)
