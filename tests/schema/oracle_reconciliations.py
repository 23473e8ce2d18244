"""Reconciliation counted in Python, for the oracle: payment by payment, line by line."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.schema.oracle_coverage import Derived
from tests.schema.oracle_values import Row

if TYPE_CHECKING:
    from tests.schema.oracle import Oracle

FEWEST = 5
CHARGED = ("charge", "discount", "penalty", "reversal")
Seen = Callable[[Row], bool]


def reconciliation(
    oracle: "Oracle", estate: UUID | None, begins: date, ends: date, channel: str | None
) -> dict[str, Any]:
    """Bills, ledger and lines."""
    reach = oracle.actor.reach("reconciliations", "read")

    def seen(row: Row) -> bool:
        is_ours = reach.county or any(oracle.is_below(row["firm_id"], one) for one in reach.units)
        is_asked = "channel" not in row or channel in (None, row["channel"])
        return estate in (None, row["estate_id"]) and is_ours and is_asked

    every = _pairs(oracle, seen)
    pairs = [one for one in every if begins <= _day(one["at"]) <= ends]
    first, last = begins.replace(day=1), ends.replace(day=1)
    whole = [one for one in every if first <= _day(one["at"]).replace(day=1) <= last]
    pairs.sort(
        key=lambda one: (
            one["at"], one["channel"], one["external_id"] or "", one["estate_id"].int,
            one["firm_id"].int,
        )
    )  # fmt: skip
    return {
        "byItem": _items(oracle, seen, begins, ends),
        "byChannel": _channels(oracle, whole),
        "differences": [
            Derived("ReconciliationDifference", one)
            for one in pairs
            if one["kind"] and one["channel"] != "counter"
        ],
    }


def _day(at: datetime) -> date:
    return (at + timedelta(hours=8)).date()


def _pairs(oracle: "Oracle", seen: Seen) -> list[dict[str, Any]]:
    said: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for line in oracle.rows["PaymentLine"]:
        if seen(line) and line["state"] not in ("bad", "repeated"):
            number = line["original_id"] if line["kind"] == "refund" else line["external_id"]
            said[line["estate_id"], line["firm_id"], line["channel"], number].append(line)
    found = []
    for payment in oracle.rows["Payment"]:
        if seen(payment):
            names = ("estate_id", "firm_id", "channel", "external_id")
            key = tuple(payment[name] for name in names)
            lines = said.pop(key, []) if key[3] is not None else []
            found.append(_pair(oracle, key, payment, lines))
    return found + [_pair(oracle, key, None, lines) for key, lines in said.items()]


def _pair(
    oracle: "Oracle", key: tuple[Any, ...], payment: Row | None, lines: list[Row]
) -> dict[str, Any]:
    counted = [one for one in lines if one["state"] != "differing"]
    in_lines = sum(-one["amount"] if one["kind"] == "refund" else one["amount"] for one in counted)
    on_ledger = -sum(
        entry["amount"]
        for entry in oracle.rows["LedgerEntry"]
        if payment is not None
        and entry["payment_id"] == payment["id"]
        and entry["kind"] in ("payment", "refund", "reversal")
    )
    came = [one["paid_at"] for one in lines if one["kind"] == "payment"]
    came = came or [one["paid_at"] for one in lines]
    kind = None
    if payment is None:
        kind = "line_only"
    elif not counted:
        kind = "ledger_only"
    elif on_ledger != in_lines or len(counted) < len(lines):
        kind = "amounts_differ"
    at = min(came) if came else payment["received_at"] if payment else None
    return {"estate_id": key[0], "firm_id": key[1], "channel": key[2],
            "external_id": key[3], "at": at, "kind": kind,
            "account_id": payment["account_id"] if payment else None, "on_ledger": on_ledger,
            "in_lines": in_lines}  # fmt: skip


def _channels(oracle: "Oracle", pairs: list[dict[str, Any]]) -> list[Derived]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for one in pairs:
        month = _day(one["at"]).replace(day=1)
        groups[one["estate_id"].int, one["firm_id"].int, one["channel"], month].append(one)
    return [
        Derived("ReconciledChannel", _channel(oracle, groups[key]) | {"month": key[3]})
        for key in sorted(groups)
    ]


def _channel(oracle: "Oracle", found: list[dict[str, Any]]) -> dict[str, Any]:
    payers = len({one["account_id"] for one in found} - {None})
    is_withheld = 0 < payers < FEWEST and not _is_entitled(oracle, found)
    shown: dict[str, Any] = {
        name: None if is_withheld else sum(one[name] for one in found)
        for name in ("on_ledger", "in_lines")
    }
    first = {name: found[0][name] for name in ("estate_id", "firm_id", "channel")}
    return first | shown | {"is_withheld": is_withheld}


def _is_entitled(oracle: "Oracle", found: list[Any]) -> bool:
    reach = oracle.actor.reach("bills", "read")
    return all(
        reach.county or any(oracle.is_below(one["firm_id"], held) for held in reach.units)
        for one in found
    )


def _items(oracle: "Oracle", seen: Seen, begins: date, ends: date) -> list[Derived]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for bill in oracle.rows["Bill"]:
        if seen(bill) and begins.replace(day=1) <= bill["month"] <= ends.replace(day=1):
            key = (bill["estate_id"].int, bill["firm_id"].int, bill["month"], bill["item"])
            groups[*key, bill["label"]].append(bill)
    told = {
        one["payment_id"]
        for one in oracle.rows["PaymentLine"]
        if one["state"] == "recorded" and one["kind"] == "payment"
    }
    return [Derived("ReconciledItem", _item(oracle, groups[key], told)) for key in sorted(groups)]


def _item(oracle: "Oracle", found: list[Row], told: set[Any]) -> dict[str, Any]:
    sums = {"bills": len(found), "charges": 0, "charged": 0, "paid": 0, "by_provider": 0}
    paying: dict[UUID, int] = defaultdict(int)
    owed: dict[UUID, int] = defaultdict(int)
    for bill in found:
        for entry in oracle.rows["LedgerEntry"]:
            if entry["bill_id"] != bill["id"]:
                continue
            owed[bill["id"]] += entry["amount"]
            sums["charges"] += entry["kind"] == "charge"
            sums["charged"] += entry["amount"] if entry["kind"] in CHARGED else 0
            if entry["kind"] in ("allocation", "refund"):
                sums["paid"] -= entry["amount"]
                paying[bill["id"]] -= entry["amount"]
                sums["by_provider"] -= entry["amount"] if entry["payment_id"] in told else 0
    entitled = _is_entitled(oracle, found)
    units = len({bill["property_unit_id"] for bill in found})
    payers = len({bill["property_unit_id"] for bill in found if paying[bill["id"]] > 0})
    owing = len({bill["property_unit_id"] for bill in found if owed[bill["id"]] > 0})
    is_few = units < FEWEST or 0 < payers < FEWEST or 0 < owing < FEWEST
    is_withheld = not entitled and is_few
    shown: dict[str, Any] = dict.fromkeys(sums) if is_withheld else dict(sums)
    first = {name: found[0][name] for name in ("estate_id", "firm_id", "month", "item", "label")}
    return first | shown | {"is_withheld": is_withheld}
