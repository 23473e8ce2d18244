"""Fee sums (收费汇总): what was charged, paid and is owed, by estate, item and month, and no names.

Nothing here is kept: each figure is a piece of a reading statement over the ledger. Whoever sees
sums and no bills is to find out no single debtor by them: a group of fewer than five units, or one
in which some but fewer than five units owe, is withheld whole, and is in no sum of groups either.
Whether some are disputed or overdue is withheld likewise, also where few are neither.
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
    Float,
    Select,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    not_,
    or_,
    select,
)

from services.bills import Bill
from services.disputes import FeeDispute
from services.instalment_plans import InstalmentPlan, PlannedBill, PlanState
from services.ledger import EntryKind, LedgerEntry
from services.tables import alias

Tenant: TypeAlias = ColumnElement[UUID]
Days: TypeAlias = tuple[ColumnElement[date], ColumnElement[date]]
# Of a bill: whether its sums are shown to the reader, and whether they see the bills themselves.
Seen: TypeAlias = Callable[[Any], ColumnElement[bool]]
CHINA = "Asia/Shanghai"
FEWEST = 5
CHARGED = (EntryKind.charge, EntryKind.discount, EntryKind.penalty, EntryKind.reversal)
SUMS = ("charged", "paid", "refunded", "outstanding")
APART = ("disputed", "overdue")
ORDER = ("estate_id", "firm_id", "month", "item", "label")
KEYS = ("estate_id", "firm_id", "item", "label", "month")


def by_group(tenant: Tenant, seen: Seen, entitled: Seen, days: Days) -> Select[Any]:
    """A row for each estate, firm, item and month; figures are null where they are withheld."""
    group = _groups(tenant, seen, entitled, days)
    is_apart = or_(group.c.is_withheld, group.c.is_apart_withheld)
    return select(
        group.c.estate_id, group.c.firm_id, group.c.item, group.c.label, group.c.month,
        group.c.is_withheld,
        case((not_(group.c.is_withheld), group.c.units)).label("units"),
        *(case((not_(group.c.is_withheld), group.c[name])).label(name) for name in SUMS),
        *(case((not_(is_apart), group.c[name])).label(name) for name in APART),
        case((not_(group.c.is_withheld), _rate(group.c.charged, group.c.outstanding))).label(
            "rate"
        ),
    ).order_by(*(group.c[name] for name in ORDER))  # fmt: skip


def in_all(tenant: Tenant, seen: Seen, entitled: Seen, days: Days) -> Select[Any]:
    """One row: the sums of the groups that are shown; null of what is withheld in any of them."""
    group = _groups(tenant, seen, entitled, days)
    shown = not_(group.c.is_withheld)
    sums = {name: summed(group.c[name], shown) for name in (*SUMS, *APART)}
    is_whole = ~func.coalesce(func.bool_or(and_(shown, group.c.is_apart_withheld)), False)
    return select(
        func.count().filter(group.c.is_withheld).label("withheld"),
        *(sums[name].label(name) for name in SUMS),
        *(case((is_whole, sums[name])).label(name) for name in APART),
        _rate(sums["charged"], sums["outstanding"]).label("rate"),
    )


def is_overdue(tenant: Tenant, bill: Any, unpaid: ColumnElement[int]) -> ColumnElement[bool]:
    """More than nothing is unpaid after its day, and it is neither disputed nor planned."""
    today = func.date(func.timezone(CHINA, func.now()))
    return and_(
        unpaid > 0, bill.c.due_on < today, ~is_disputed(tenant, bill), ~is_planned(tenant, bill)
    )


def is_disputed(tenant: Tenant, bill: Any) -> ColumnElement[bool]:
    """A dispute about it is open."""
    one = alias("fee", FeeDispute)
    found = select(one.c.id).where(
        one.c.tenant_id == tenant, one.c.bill_id == bill.c.id, one.c.until.is_(None)
    )
    return found.correlate_except(one).exists()


def is_planned(tenant: Tenant, bill: Any) -> ColumnElement[bool]:
    """It is in an instalment plan that is being kept."""
    planned, plan = alias("fee", PlannedBill), alias("fee", InstalmentPlan)
    found = select(plan.c.id).where(
        planned.c.tenant_id == tenant, planned.c.bill_id == bill.c.id,
        plan.c.tenant_id == tenant, plan.c.id == planned.c.plan_id,
        plan.c.state == PlanState.agreed.value,
    )  # fmt: skip
    return found.correlate_except(planned, plan).exists()


def _groups(tenant: Tenant, seen: Seen, entitled: Seen, days: Days) -> Any:
    one = _each_bill(tenant, seen, entitled, days)
    units, of = distinct(one.c.property_unit_id), one.c.outstanding > 0
    disputed, overdue = and_(of, one.c.is_disputed), one.c.is_overdue
    number = {
        "owing": func.count(units).filter(of),
        "disputed": func.count(units).filter(disputed),
        "overdue": func.count(units).filter(overdue),
        "rest": func.count(units).filter(of, not_(one.c.is_disputed), not_(one.c.is_overdue)),
    }
    some = {name: and_(counted > 0, counted < FEWEST) for name, counted in number.items()}
    keys = tuple(one.c[name] for name in KEYS)
    stranger = not_(func.bool_and(one.c.is_entitled))
    return (
        select(
            *keys, func.count(units).label("units"),
            *(summed(one.c[name]).label(name) for name in SUMS),
            summed(one.c.outstanding, disputed).label("disputed"),
            summed(one.c.outstanding, overdue).label("overdue"),
            and_(stranger, or_(func.count(units) < FEWEST, some["owing"])).label("is_withheld"),
            and_(stranger, or_(*(some[name] for name in (*APART, "rest")))).label(
                "is_apart_withheld"
            ),
        )
        .group_by(*keys)
        .subquery("fee_group")
    )  # fmt: skip


def _each_bill(tenant: Tenant, seen: Seen, entitled: Seen, days: Days) -> Any:
    bill, entry = alias("fee", Bill), alias("fee", LedgerEntry)
    begins, ends = (cast(func.date_trunc("month", day), Date) for day in days)
    charges = entry.c.kind.in_([one.value for one in CHARGED])
    is_paid = entry.c.kind == EntryKind.allocation.value
    sums = (
        select(
            summed(entry.c.amount, charges).label("charged"),
            (-summed(entry.c.amount, is_paid)).label("paid"),
            summed(entry.c.amount, entry.c.kind == EntryKind.refund.value).label("refunded"),
            summed(entry.c.amount).label("outstanding"),
        )
        .where(entry.c.tenant_id == tenant, entry.c.bill_id == bill.c.id)
        .correlate(bill)
        .lateral("fee_sums")
    )
    unpaid = sums.c.outstanding
    return (
        select(
            *(bill.c[name] for name in KEYS), bill.c.property_unit_id,
            *(sums.c[name] for name in SUMS), is_disputed(tenant, bill).label("is_disputed"),
            is_overdue(tenant, bill, unpaid).label("is_overdue"),
            cast(entitled(bill.c), Boolean).label("is_entitled"),
        )
        .select_from(bill.join(sums, literal(True)))
        .where(
            bill.c.tenant_id == tenant, seen(bill.c), bill.c.month >= begins, bill.c.month <= ends
        )
        .correlate_except(bill, sums)
        .subquery("fee_bill")
    )  # fmt: skip


def summed(column: ColumnElement[Any], *which: ColumnElement[bool]) -> ColumnElement[Any]:
    """So many fen; nought of nothing."""
    found: Any = func.sum(column)
    found = found.filter(*which) if which else found
    return cast(func.coalesce(found, 0), BigInteger)


def _rate(charged: ColumnElement[Any], outstanding: ColumnElement[Any]) -> ColumnElement[Any]:
    """What share of what was charged was paid and kept; null where nothing was charged."""
    paid = (charged - outstanding) * 1.0 / charged
    return case((charged > 0, cast(func.round(paid, 4), Float)))
