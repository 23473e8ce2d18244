"""The fees' sums counted in Python, for the oracle."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.schema.oracle_coverage import Derived
from tests.schema.oracle_pages import Node
from tests.schema.oracle_values import Row

if TYPE_CHECKING:
    from tests.schema.oracle import Oracle

FEWEST = 5
CHARGED = ("charge", "discount", "penalty", "reversal")
SUMS = ("charged", "paid", "refunded", "outstanding")
Compute = Callable[["Oracle", Row, Mapping[str, Any]], Any]


def _entries(oracle: "Oracle", column: str, id_: UUID) -> list[Row]:
    return [one for one in oracle.rows["LedgerEntry"] if one[column] == id_]


def _sum(column: str, sign: int = 1, **of: str) -> Compute:
    def compute(oracle: "Oracle", row: Row, _: Mapping[str, Any]) -> str:
        found = (
            one["amount"]
            for one in _entries(oracle, column, row["id"])
            if all(one[name] == value for name, value in of.items())
        )
        return str(sign * sum(found))

    return compute


def _number(oracle: "Oracle", row: Row, _: Mapping[str, Any]) -> Any:
    return oracle.known["PropertyUnit"][row["property_unit_id"]]["number"]


def _name(oracle: "Oracle", row: Row, _: Mapping[str, Any]) -> Any:
    if row["person_id"]:
        return oracle.known["Person"][row["person_id"]]["name"]
    return oracle.known["Organisation"][row["organisation_id"]]["name"]


def _is_disputed(oracle: "Oracle", row: Row, _: Any = None) -> bool:
    return any(
        one["bill_id"] == row["id"] and one["until"] is None for one in oracle.rows["FeeDispute"]
    )


def _is_planned(oracle: "Oracle", row: Row, _: Any = None) -> bool:
    plans = {one["id"] for one in oracle.rows["InstalmentPlan"] if one["state"] == "agreed"}
    return any(
        one["bill_id"] == row["id"] and one["plan_id"] in plans
        for one in oracle.rows["PlannedBill"]
    )


def _is_overdue(oracle: "Oracle", row: Row, _: Any = None) -> bool:
    unpaid = sum(one["amount"] for one in _entries(oracle, "bill_id", row["id"]))
    is_late = row["due_on"] < (oracle.now + timedelta(hours=8)).date()
    return unpaid > 0 and is_late and not _is_disputed(oracle, row) and not _is_planned(oracle, row)


def _planned_bills(oracle: "Oracle", row: Row, _: Any) -> list[Node]:
    of = [one["bill_id"] for one in oracle.rows["PlannedBill"] if one["plan_id"] == row["id"]]
    known = [oracle.known["Bill"][id_] for id_ in of]
    return [Node("Bill", one) for one in sorted(known, key=lambda r: (r["due_on"], r["id"].int))]


def _limitation(oracle: "Oracle", row: Row, _: Any) -> str:
    """Walked from the day it was due, from one interruption to the next."""
    of = {one["demand_id"] for one in oracle.rows["DemandedBill"] if one["bill_id"] == row["id"]}
    days = sorted(
        day
        for one in oracle.rows["Demand"]
        if one["id"] in of and one["rung"] != "reminder"
        for day in (one["day"], one["ended_on"])
        if day is not None
    )
    ends = _three_years_after(row["due_on"])
    for day in days:
        ends = max(ends, _three_years_after(day)) if day <= ends else ends
    return ends.isoformat()


def _three_years_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 3)
    except ValueError:
        return day.replace(year=day.year + 3, day=28)


def _about_bill(compute: Compute) -> Compute:
    """The same of the bill that a dispute is about."""
    return lambda oracle, row, said: compute(oracle, oracle.known["Bill"][row["bill_id"]], said)


COMPUTED: Mapping[tuple[str, str], Compute] = {
    ("FeeHolder", "name"): _name,
    ("FeeAccount", "number"): _number,
    ("FeeAccount", "balance"): _sum("account_id"),
    ("FeeAccount", "credit"): _sum("account_id", -1, part="credit"),
    ("Bill", "number"): _number,
    ("Bill", "charged"): _sum("bill_id", kind="charge"),
    ("Bill", "principal"): _sum("bill_id", part="principal"),
    ("Bill", "penalty"): _sum("bill_id", part="penalty"),
    ("Bill", "balance"): _sum("bill_id"),
    ("Bill", "isDisputed"): _is_disputed,
    ("Bill", "isPlanned"): _is_planned,
    ("Bill", "isOverdue"): _is_overdue,
    ("Payment", "credit"): _sum("payment_id", -1, part="credit"),
    ("Payment", "refunded"): _sum("payment_id", kind="refund"),
    ("Payment", "reversed"): _sum("payment_id", kind="reversal"),
    ("InstalmentPlan", "bills"): _planned_bills,
    ("Bill", "limitationOn"): _limitation,
    ("Demand", "number"): _number,
    ("FeeDispute", "number"): _about_bill(_number),
    ("FeeDispute", "charged"): _about_bill(_sum("bill_id", kind="charge")),
    ("FeeDispute", "item"): _about_bill(lambda oracle, row, _: row["item"].upper()),
    ("FeeDispute", "month"): _about_bill(lambda oracle, row, _: row["month"].isoformat()),
}


def summary(oracle: "Oracle", unit: UUID | None, begins: date, ends: date) -> dict[str, Any]:
    """The sums of the months in which these days lie, where the reader may look."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for bill in oracle.rows["Bill"]:
        is_in = begins.replace(day=1) <= bill["month"] <= ends.replace(day=1)
        if is_in and _seen(oracle, bill, unit):
            key = (bill["estate_id"].int, bill["firm_id"].int, bill["month"], bill["item"])
            groups[*key, bill["label"]].append(bill)
    made = [_group(oracle, groups[key]) for key in sorted(groups)]
    return {"groups": [Derived("FeeGroup", one) for one in made], "inAll": [_total(made)]}


def _seen(oracle: "Oracle", bill: Row, unit: UUID | None) -> bool:
    if unit is not None and not oracle.is_below(bill["estate_id"], unit):
        return False
    reach = oracle.actor.reach("fees", "read")
    return reach.county or any(
        oracle.is_below(bill["estate_id"], held)
        or oracle.is_below(bill["firm_id"], held)
        or oracle.is_party(bill["estate_id"], held)
        for held in reach.units
    )


def _is_entitled(oracle: "Oracle", bill: Row) -> bool:
    reach = oracle.actor.reach("bills", "read")
    return reach.county or any(oracle.is_below(bill["firm_id"], held) for held in reach.units)


def _group(oracle: "Oracle", found: list[Row]) -> dict[str, Any]:
    """A group, with what is withheld of it beside what stands in it."""
    each = [(bill, _of_bill(oracle, bill)) for bill in found]
    owing = [(bill, sums) for bill, sums in each if sums["outstanding"] > 0]
    apart = {
        "disputed": [(b, s) for b, s in owing if _is_disputed(oracle, b)],
        "overdue": [(b, s) for b, s in owing if _is_overdue(oracle, b)],
    }
    rest = [(b, s) for b, s in owing if not (_is_disputed(oracle, b) or _is_overdue(oracle, b))]
    units = _units(each)
    is_stranger = not all(_is_entitled(oracle, bill) for bill in found)
    few = any(0 < _units(some) < FEWEST for some in (rest, *apart.values()))
    is_withheld = is_stranger and (units < FEWEST or 0 < _units(owing) < FEWEST)
    sums = {name: sum(one[name] for _, one in each) for name in SUMS}
    beside = {name: sum(s["outstanding"] for _, s in some) for name, some in apart.items()}
    is_apart = is_withheld or (is_stranger and few)
    shown: dict[str, Any] = {name: None if is_withheld else sums[name] for name in SUMS}
    shown |= {name: None if is_apart else fen for name, fen in beside.items()}
    first = {name: found[0][name] for name in ("estate_id", "firm_id", "item", "label", "month")}
    return first | shown | {
        "is_withheld": is_withheld, "units": None if is_withheld else units,
        "rate": None if is_withheld else _rate(sums["charged"], sums["outstanding"]),
    }  # fmt: skip


def _of_bill(oracle: "Oracle", bill: Row) -> dict[str, int]:
    entries = _entries(oracle, "bill_id", bill["id"])

    def of(*kinds: str) -> int:
        return sum(one["amount"] for one in entries if one["kind"] in kinds)

    unpaid = sum(one["amount"] for one in entries)
    paid, refunded = -of("allocation"), of("refund")
    return {"charged": of(*CHARGED), "paid": paid, "refunded": refunded, "outstanding": unpaid}


def _units(some: Iterable[tuple[Row, Any]]) -> int:
    return len({bill["property_unit_id"] for bill, _ in some})


def _total(groups: list[dict[str, Any]]) -> Derived:
    shown = [one for one in groups if not one["is_withheld"]]
    sums: dict[str, Any] = {name: sum(one[name] for one in shown) for name in SUMS}
    for name in ("disputed", "overdue"):
        is_whole = all(one[name] is not None for one in shown)
        sums[name] = sum(one[name] for one in shown) if is_whole else None
    sums["withheld"] = len(groups) - len(shown)
    return Derived("FeeTotal", sums | {"rate": _rate(sums["charged"], sums["outstanding"])})


def _rate(charged: int, outstanding: int) -> float | None:
    if charged <= 0:
        return None
    share = Decimal(charged - outstanding) / Decimal(charged)
    return float(share.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def recovered(
    oracle: "Oracle", is_seen: Callable[[UUID], bool], begins: date, ends: date
) -> dict[str, Any]:
    """Payment by payment: what lies on bills that were overdue and asked for before it came."""
    paid: dict[tuple[UUID, date], dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    entitled: dict[tuple[UUID, date], bool] = {}
    for payment in oracle.rows["Payment"]:
        paid_on = (payment["received_at"] + timedelta(hours=8)).date()
        month = paid_on.replace(day=1)
        is_in = begins.replace(day=1) <= month <= ends.replace(day=1)
        if not (is_in and is_seen(payment["estate_id"])):
            continue
        for entry in _entries(oracle, "payment_id", payment["id"]):
            bill = oracle.known["Bill"].get(entry["bill_id"])
            if bill and bill["due_on"] < paid_on and _was_asked(oracle, bill, payment, paid_on):
                key = bill["estate_id"], month
                paid[key][bill["property_unit_id"]] -= entry["amount"]
                entitled[key] = entitled.get(key, True) and _is_entitled(oracle, bill)
    of: dict[UUID, list[int | None]] = defaultdict(list)
    for key, each in paid.items():
        fen = [one for one in each.values() if one > 0]
        if fen:
            is_withheld = len(fen) < FEWEST and not entitled[key]
            of[key[0]].append(None if is_withheld else sum(fen))
    rows, total = [], 0
    for estate in sorted(of, key=lambda id_: id_.int):
        shown = [fen for fen in of[estate] if fen is not None]
        total += sum(shown)
        rows.append({"estate_id": estate, "is_withheld": None in of[estate],
                     "fen": sum(shown) if shown else None})  # fmt: skip
    return {
        "feesRecovered": str(total),
        "feesRecoveredByEstate": [Derived("EstateRecovered", one) for one in rows],
    }


def _was_asked(oracle: "Oracle", bill: Row, payment: Row, paid_on: date) -> bool:
    of = {one["demand_id"] for one in oracle.rows["DemandedBill"] if one["bill_id"] == bill["id"]}
    return any(
        one["day"] < paid_on or one["made_at"] < payment["received_at"]
        for one in oracle.rows["Demand"]
        if one["id"] in of and one["rung"] in ("reminder", "demand")
    )
