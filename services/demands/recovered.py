"""What was recovered (清缴): paid in a period on bills that were overdue and asked for before.

S9 of the account. A bill was asked for by a reminder that was recorded before the payment came, or
a demand that was delivered before its day. Of a payment counts what lies on such bills now: what
was refunded, reversed or taken off them since doesn't. Each figure is a sum over the ledger, of
whole months; a month of an estate in which fewer than five units paid is withheld from whoever sees
no bills there, as in `fees`.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    ScalarSelect,
    Select,
    and_,
    cast,
    func,
    not_,
    or_,
    select,
)

from services.bills import Bill
from services.demands.tables import Demand, DemandedBill, Rung
from services.fees import CHINA, FEWEST, Seen
from services.ledger import LedgerEntry
from services.payments import Payment
from services.tables import alias

Tenant: TypeAlias = ColumnElement[UUID]
Within: TypeAlias = Callable[[ColumnElement[UUID]], ColumnElement[bool]]
Days: TypeAlias = tuple[ColumnElement[date], ColumnElement[date]]
ASKING = (Rung.reminder, Rung.demand)


def recovered(tenant: Tenant, within: Within, days: Days, entitled: Seen) -> ScalarSelect[int]:
    """How many fen, in the months and estates whose figures are shown."""
    one = _months(tenant, within, days, entitled)
    fen = cast(func.coalesce(func.sum(one.c.fen), 0), BigInteger)
    return select(fen).where(not_(one.c.is_withheld)).scalar_subquery()


def by_estate(tenant: Tenant, within: Within, days: Days, entitled: Seen) -> Select[Any]:
    """A row for each estate in which something was recovered; null where no month is shown."""
    one = _months(tenant, within, days, entitled)
    shown = cast(func.sum(one.c.fen).filter(not_(one.c.is_withheld)), BigInteger)
    return (
        select(
            one.c.estate_id, func.bool_or(one.c.is_withheld).label("is_withheld"),
            shown.label("fen"),
        )
        .group_by(one.c.estate_id)
        .order_by(one.c.estate_id)
    )  # fmt: skip


def _months(tenant: Tenant, within: Within, days: Days, entitled: Seen) -> Any:
    """An estate's month is shown or withheld whole: no two periods differ by less than one."""
    unit = _units(tenant, within, days, entitled)
    is_withheld = and_(func.count() < FEWEST, not_(func.bool_and(unit.c.is_entitled)))
    return (
        select(
            unit.c.estate_id, unit.c.month, cast(func.sum(unit.c.fen), BigInteger).label("fen"),
            is_withheld.label("is_withheld"),
        )
        .where(unit.c.fen > 0)
        .group_by(unit.c.estate_id, unit.c.month)
        .subquery("rec_month")
    )  # fmt: skip


def _units(tenant: Tenant, within: Within, days: Days, entitled: Seen) -> Any:
    """What each unit paid in each month."""
    payment, entry, bill = alias("rec", Payment), alias("rec", LedgerEntry), alias("rec", Bill)
    paid_on = cast(func.timezone(CHINA, payment.c.received_at), Date)
    month = _month(paid_on)
    begins, ends = (_month(day) for day in days)
    following = ends + func.make_interval(0, 1)
    return (
        select(
            bill.c.estate_id, bill.c.property_unit_id, month.label("month"),
            (-func.sum(entry.c.amount)).label("fen"),
            func.bool_and(cast(entitled(bill.c), Boolean)).label("is_entitled"),
        )
        .where(
            payment.c.tenant_id == tenant, within(payment.c.estate_id),
            payment.c.received_at >= func.timezone(CHINA, begins),
            payment.c.received_at < func.timezone(CHINA, following),
            entry.c.tenant_id == tenant, entry.c.payment_id == payment.c.id,
            bill.c.tenant_id == tenant, bill.c.id == entry.c.bill_id,
            bill.c.due_on < paid_on, _asked(tenant, bill, payment, paid_on),
        )
        .group_by(bill.c.estate_id, bill.c.property_unit_id, month)
        .correlate_except(payment, entry, bill)
        .subquery("rec_unit")
    )  # fmt: skip


def _asked(tenant: Tenant, bill: Any, payment: Any, paid_on: Any) -> ColumnElement[bool]:
    """A reminder or a demand came before the payment."""
    one, demanded = alias("rec", Demand), alias("rec", DemandedBill)
    found = select(one.c.id).where(
        demanded.c.tenant_id == tenant, demanded.c.bill_id == bill.c.id,
        one.c.tenant_id == tenant, one.c.id == demanded.c.demand_id,
        one.c.rung.in_([rung.value for rung in ASKING]),
        or_(one.c.day < paid_on, one.c.made_at < payment.c.received_at),
    )  # fmt: skip
    return found.correlate_except(one, demanded).exists()


def _month(day: Any) -> ColumnElement[Any]:
    return func.date_trunc("month", cast(day, DateTime(timezone=False)))
