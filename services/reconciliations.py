"""Reconciliation (对账): bills, ledger and providers' lines side by side, estate by estate.

Nothing here is kept: each figure is a sum over what was recorded, made as it is asked for. A group
is of an estate, an item and a month: how many bills, how many of them charged on the ledger, what
was charged and paid, and what of that a provider said as well. Of each channel and whole month it
is what came by the ledger and by the provider's lines; of few it is withheld, as in `fees`. Each
external id of which these two differ is listed, and none where they agree: refunds and reversals
are taken off on either side.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
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
    true,
)

from services.bills import Bill
from services.errors import Said
from services.fees import CHARGED, CHINA, FEWEST, Seen, summed
from services.ledger import EntryKind, LedgerEntry, Part
from services.payment_files.tables import LineKind, LineState, PaymentLine
from services.payments import COUNTER, Payment
from services.tables import alias

Tenant: TypeAlias = ColumnElement[UUID]
Days: TypeAlias = tuple[ColumnElement[date], ColumnElement[date]]
# The first, and the first after it, in China and without a zone.
Moments: TypeAlias = tuple[ColumnElement[datetime], ColumnElement[datetime]]
# Of a row with `estate_id` and `firm_id`: whether the reader reconciles it; of a channel's name:
# whether it is asked for.
Asked: TypeAlias = Callable[[Any], ColumnElement[bool]]
CHANNEL_KEYS = ("estate_id", "firm_id", "channel")
ITEM_KEYS = ("estate_id", "firm_id", "month", "item", "label")
UNCOUNTED = (LineState.repeated, LineState.differing, LineState.bad)


class Difference(StrEnum):
    """How a line and the ledger differ."""

    line_only = "line_only"
    ledger_only = "ledger_only"
    amounts_differ = "amounts_differ"


DIFFERENCES: dict[str, Said] = {
    Difference.line_only: Said("渠道有、账上没有", "said by the provider, not on the ledger"),
    Difference.ledger_only: Said("账上有、渠道没有", "on the ledger, not said by the provider"),
    Difference.amounts_differ: Said("金额不同", "the amounts differ"),
}


def by_item(tenant: Tenant, seen: Asked, days: Days, entitled: Seen) -> Select[Any]:
    """A row for each item and month of bills."""
    one = _each_bill(tenant, seen, days, entitled)
    keys = [one.c[name] for name in ITEM_KEYS]
    units = func.count(distinct(one.c.property_unit_id))
    some = [units.filter(each) for each in (one.c.paid > 0, one.c.charged > one.c.paid)]
    is_withheld = and_(
        not_(func.bool_and(one.c.is_entitled)),
        or_(units < FEWEST, *(and_(each > 0, each < FEWEST) for each in some)),
    )
    sums = {name: summed(one.c[name]) for name in ("charged", "paid", "by_provider")}
    group = (
        select(
            *keys, func.count().label("bills"),
            func.count().filter(one.c.is_charged).label("charges"),
            is_withheld.label("is_withheld"),
            *(value.label(name) for name, value in sums.items()),
        )
        .group_by(*keys)
        .subquery("con_group")
    )  # fmt: skip
    shown = not_(group.c.is_withheld)
    return select(
        *(group.c[name] for name in (*ITEM_KEYS, "is_withheld")),
        *(
            case((shown, group.c[name])).label(name)
            for name in ("bills", "charges", "charged", "paid", "by_provider")
        ),
    ).order_by(*(group.c[name] for name in ITEM_KEYS))


def by_channel(
    tenant: Tenant, seen: Asked, days: Days, wanted: Asked, entitled: Seen
) -> Select[Any]:
    """A row for each channel and month: what came by the ledger and by the provider's lines."""
    one = _pairs(tenant, seen, _whole_months(days), wanted)
    month = cast(func.date_trunc("month", func.timezone(CHINA, one.c.at)), Date)
    by = select(
        *(one.c[name] for name in CHANNEL_KEYS), month.label("month"), one.c.account_id,
        one.c.on_ledger, one.c.in_lines, cast(entitled(one.c), Boolean).label("is_entitled"),
    ).subquery("con_month")  # fmt: skip
    keys = [by.c[name] for name in (*CHANNEL_KEYS, "month")]
    payers = func.count(distinct(by.c.account_id))
    is_withheld = and_(not_(func.bool_and(by.c.is_entitled)), payers > 0, payers < FEWEST)
    sums = {name: summed(by.c[name]) for name in ("on_ledger", "in_lines")}
    return (
        select(
            *keys, is_withheld.label("is_withheld"),
            *(case((not_(is_withheld), value)).label(name) for name, value in sums.items()),
        )
        .group_by(*keys)
        .order_by(*keys)
    )  # fmt: skip


def differences(tenant: Tenant, seen: Asked, days: Days, wanted: Asked) -> Select[Any]:
    """A row for each external id of which the provider's lines and the ledger differ."""
    begins, ends = (cast(day, DateTime(timezone=False)) for day in days)
    one = _pairs(tenant, seen, (begins, ends + func.make_interval(0, 0, 0, 1)), wanted)
    kind = case(
        (one.c.payment_id.is_(None), Difference.line_only.value),
        (one.c.lines == 0, Difference.ledger_only.value),
        else_=Difference.amounts_differ.value,
    )
    return (
        select(
            *(one.c[name] for name in ("estate_id", "firm_id", "channel", "external_id", "at")),
            kind.label("kind"), one.c.on_ledger, one.c.in_lines,
        )
        .where(
            one.c.channel != COUNTER,
            or_(one.c.payment_id.is_(None), one.c.lines == 0, one.c.is_contradicted,
                one.c.on_ledger != one.c.in_lines),
        )
        .order_by(one.c.at, one.c.channel, one.c.external_id, one.c.estate_id, one.c.firm_id)
    )  # fmt: skip


def _whole_months(days: Days) -> Moments:
    """From the first day's month until after the last day's."""
    begins, ends = (func.date_trunc("month", cast(day, DateTime(timezone=False))) for day in days)
    return begins, ends + func.make_interval(0, 1)


def _pairs(tenant: Tenant, seen: Asked, within: Moments, wanted: Asked) -> Any:
    """Each external id with what the ledger has of it and what the provider said, refunds and
    reversals taken off; a payment without one stands alone. Within the moments it is by the
    provider's own, where there is one.
    """
    said, paid = _said(tenant, seen, wanted), _paid(tenant, seen, wanted)
    both = paid.join(
        said,
        and_(
            *(
                said.c[name] == paid.c[name]
                for name in ("estate_id", "firm_id", "channel", "external_id")
            )
        ),
        full=True,
    )
    at = func.coalesce(said.c.at, paid.c.at)
    begins, following = within
    return (
        select(
            *(func.coalesce(paid.c[name], said.c[name]).label(name)
              for name in ("estate_id", "firm_id", "channel", "external_id")),
            at.label("at"), paid.c.payment_id, paid.c.account_id,
            func.coalesce(said.c.lines, 0).label("lines"),
            func.coalesce(said.c.is_contradicted, False).label("is_contradicted"),
            func.coalesce(paid.c.fen, 0).label("on_ledger"),
            func.coalesce(said.c.fen, 0).label("in_lines"),
        )
        .select_from(both)
        .where(at >= func.timezone(CHINA, begins), at < func.timezone(CHINA, following))
        .subquery("con_pair")
    )  # fmt: skip


def _said(tenant: Tenant, seen: Asked, wanted: Asked) -> Any:
    """What the provider said of each payment; of refunds under the payment's own number."""
    line = alias("con", PaymentLine)
    is_refund = line.c.kind == LineKind.refund.value
    number = case((is_refund, line.c.original_id), else_=line.c.external_id)
    counts = line.c.state.not_in([state.value for state in UNCOUNTED])
    fen = case((is_refund, -line.c.amount), else_=line.c.amount)
    return (
        select(
            line.c.estate_id, line.c.firm_id, line.c.channel, number.label("external_id"),
            func.coalesce(
                func.min(line.c.paid_at).filter(not_(is_refund)), func.min(line.c.paid_at)
            ).label("at"),
            func.count().filter(counts).label("lines"),
            summed(fen, counts).label("fen"),
            func.bool_or(line.c.state == LineState.differing.value).label("is_contradicted"),
        )
        .where(
            line.c.tenant_id == tenant, seen(line.c), wanted(line.c.channel),
            line.c.state.not_in([LineState.repeated.value, LineState.bad.value]),
        )
        .group_by(line.c.estate_id, line.c.firm_id, line.c.channel, number)
        .correlate_except(line)
        .subquery("con_said")
    )  # fmt: skip


def _paid(tenant: Tenant, seen: Asked, wanted: Asked) -> Any:
    """What the ledger has of each payment: what came, less what went back or was reversed."""
    payment, entry = alias("con", Payment), alias("con", LedgerEntry)
    kinds = [EntryKind.payment.value, EntryKind.refund.value, EntryKind.reversal.value]
    fen = (
        select((-summed(entry.c.amount)).label("fen"))
        .where(
            entry.c.tenant_id == tenant, entry.c.payment_id == payment.c.id,
            entry.c.kind.in_(kinds),
        )
        .correlate(payment)
        .scalar_subquery()
    )  # fmt: skip
    return (
        select(
            payment.c.estate_id, payment.c.firm_id, payment.c.channel, payment.c.external_id,
            payment.c.id.label("payment_id"), payment.c.account_id,
            payment.c.received_at.label("at"), fen.label("fen"),
        )
        .where(payment.c.tenant_id == tenant, seen(payment.c), wanted(payment.c.channel))
        .correlate_except(payment)
        .subquery("con_paid")
    )  # fmt: skip


def _each_bill(tenant: Tenant, seen: Asked, days: Days, entitled: Seen) -> Any:
    bill, entry, line = alias("con", Bill), alias("con", LedgerEntry), alias("con", PaymentLine)
    begins, ends = (cast(func.date_trunc("month", day), Date) for day in days)
    is_told = (
        select(line.c.id)
        .where(
            line.c.tenant_id == tenant, line.c.payment_id == entry.c.payment_id,
            line.c.state == LineState.recorded.value, line.c.kind == LineKind.payment.value,
        )
        .correlate(entry)
        .exists()
    )  # fmt: skip
    charges = entry.c.kind.in_([one.value for one in CHARGED])
    is_paid = entry.c.kind.in_([EntryKind.allocation.value, EntryKind.refund.value])
    sums = (
        select(
            summed(entry.c.amount, charges).label("charged"),
            (-summed(entry.c.amount, is_paid)).label("paid"),
            (-summed(entry.c.amount, is_paid, is_told)).label("by_provider"),
            func.coalesce(func.bool_or(and_(
                entry.c.kind == EntryKind.charge.value, entry.c.part == Part.principal.value
            )), False).label("is_charged"),
        )
        .where(entry.c.tenant_id == tenant, entry.c.bill_id == bill.c.id)
        .correlate(bill)
        .lateral("con_sums")
    )  # fmt: skip
    return (
        select(
            *(bill.c[name] for name in ITEM_KEYS), bill.c.property_unit_id,
            *(sums.c[name] for name in ("charged", "paid", "by_provider", "is_charged")),
            cast(entitled(bill.c), Boolean).label("is_entitled"),
        )
        .select_from(bill.join(sums, literal(True)))
        .where(
            bill.c.tenant_id == tenant, seen(bill.c), bill.c.month >= begins, bill.c.month <= ends
        )
        .correlate_except(bill, sums)
        .subquery("con_bill")
    )  # fmt: skip


def anything(_: Any) -> ColumnElement[bool]:
    """No channel is asked for: all are."""
    return true()
