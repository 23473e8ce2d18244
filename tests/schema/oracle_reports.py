"""The county's report counted in Python, for the oracle."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.schema.oracle_coverage import Derived
from tests.schema.oracle_fees import recovered
from tests.schema.oracle_values import Row

if TYPE_CHECKING:
    from tests.schema.oracle import Oracle

CHINA = timezone(timedelta(hours=8))
STEPS = {
    "raised": ("raised_at", "accepted_at"),
    "inquiring": ("accepted_at", "inquired_at"),
    "preliminary": ("inquired_at", "deliberated_at"),
    "tabled": ("tabled_at", "decided_at"),
    "handling": ("decided_at", "completed_at"),
    "published": ("completed_at", "closed_at"),
    "whole": ("raised_at", "closed_at"),
}
DISPOSED = ("resolved", "deferred", "referred", "dismissed")
MOST = 2**31 - 1
Is = Callable[[datetime | None], bool]


def report(oracle: "Oracle", unit: UUID | None, begins: date, ends: date) -> dict[str, Any]:
    """What was done where the reader may look, on these days."""

    def is_in(moment: datetime | None) -> bool:
        return moment is not None and begins <= moment.astimezone(CHINA).date() <= ends

    matters = [row for row in oracle.rows["Matter"] if _seen(oracle, row["grid_id"], unit)]
    councils = {row["id"] for row in oracle.rows["Council"] if _seen(oracle, row["grid_id"], unit)}
    settled = [row for row in matters if is_in(row["closed_at"])]
    of_unit = {row["id"]: row["parent_id"] for row in oracle.rows["Unit"]}
    return {
        "raised": sum(is_in(row["raised_at"]) for row in matters),
        "settled": len(settled),
        **_tables(oracle, councils, is_in),
        **recovered(oracle, lambda estate: _seen(oracle, estate, unit), begins, ends),
        **_owners(oracle, lambda estate: _seen(oracle, estate, unit), is_in, (begins, ends)),
        "satisfaction": _mean([row["satisfaction"] for row in settled]),
        "inAll": [Derived("ReportFigures", _figures(settled))],
        "byGrid": _units(settled, lambda row: row["grid_id"]),
        "byCommunity": _units(settled, lambda row: of_unit[row["grid_id"]]),
        "byClass": _classes(settled),
    }


def _owners(
    oracle: "Oracle", sees: Callable[[UUID], bool], is_in: Is, days: tuple[date, date]
) -> dict[str, Any]:
    """Terms filed, contracts signed, and where both stand on the last day, since one of these."""
    begins, ends = days[0], min(days[1], (oracle.now + timedelta(hours=8)).date())
    terms = [row for row in oracle.rows["CommitteeTerm"] if sees(row["estate_id"])]
    contracts = [row for row in oracle.rows["Contract"] if sees(row["estate_id"])]

    def stands(row: Row) -> bool:
        end = row["ended_on"] or row["until"]
        return row["since"] is not None and row["since"] <= ends < end

    pairs = [
        (term, one)
        for term in terms
        for one in contracts
        if term["estate_id"] == one["estate_id"] and one["state"] != "drafted"
        if stands(term) and stands(one) and max(term["since"], one["since"]) >= begins
    ]
    pairs.sort(key=lambda pair: (pair[0]["estate_id"].int, pair[1]["since"], pair[1]["id"].int))
    return {
        "committeesFiled": sum(is_in(row["filed_at"]) for row in terms),
        "firmsEngaged": sum(is_in(row["signed_at"]) for row in contracts),
        "estatesSetRight": [
            Derived("EstateSetRight", {"estate_id": term["estate_id"], "term_id": term["id"],
                                       "contract_id": one["id"]})
            for term, one in pairs
        ],
    }  # fmt: skip


def _tables(oracle: "Oracle", councils: set[UUID], is_in: Is) -> dict[str, Any]:
    """What the round tables did."""

    def of(name: str, column: str) -> list[Row]:
        mine = (row for row in oracle.rows[name] if row["council_id"] in councils)
        return [row for row in mine if is_in(row[column])]

    meetings = of("Meeting", "opened_at")
    local = [(row["council_id"], row["opened_at"].astimezone(CHINA)) for row in meetings]
    items = [row for row in of("AgendaItem", "disposed_at") if row["outcome"] in DISPOSED]
    return {
        "deliberated": len({row["matter_id"] for row in items} - {None}),
        "meetings": len(meetings),
        "monthsMet": len({(council, at.year, at.month) for council, at in local}),
        "resolved": len(of("Resolution", "made_at")),
        "executed": len(of("Resolution", "verified_at")),
    }


def _seen(oracle: "Oracle", grid: UUID, unit: UUID | None) -> bool:
    if unit is not None and not oracle.is_below(grid, unit):
        return False
    reach = oracle.actor.reach("reports", "read")
    return reach.county or any(oracle.is_below(grid, held) for held in reach.units)


def _figures(rows: list[Row]) -> dict[str, Any]:
    return {"settled": len(rows)} | {
        name: _median(
            _seconds(row[ended] - row[begun]) / 86400
            for row in rows
            if row[begun] is not None and row[ended] is not None
        )
        for name, (begun, ended) in STEPS.items()
    }


def _units(rows: list[Row], of: Callable[[Row], UUID]) -> list[Derived]:
    units = sorted({of(row) for row in rows}, key=lambda id_: id_.int)
    return [
        Derived("UnitFigures", {"unit_id": one} | _figures([r for r in rows if of(r) == one]))
        for one in units
    ]


def _classes(rows: list[Row]) -> list[Derived]:
    """Null comes last, as PostgreSQL sorts it."""
    known = sorted({row["handling_class"] for row in rows}, key=lambda name: (name is None, name))
    return [
        Derived(
            "ClassFigures",
            {"handling_class": one} | _figures([r for r in rows if r["handling_class"] == one]),
        )
        for one in known
    ]


def _seconds(passed: timedelta) -> int:
    """Whole ones, as many as four bytes hold."""
    return max(-MOST, min(MOST, round(passed.total_seconds())))


def _median(values: Iterable[float]) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    half = (len(ordered) - 1) / 2
    low, high = ordered[int(half)], ordered[min(int(half) + 1, len(ordered) - 1)]
    return _rounded(low + (half - int(half)) * (high - low))


def _mean(values: list[int | None]) -> float | None:
    said = [value for value in values if value is not None]
    if not said:
        return None
    exact = Decimal(sum(said)) / len(said)
    return float(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))


def _rounded(value: float) -> float:
    """As PostgreSQL: fifteen digits of a double, then halves away from nought."""
    return float(Decimal(f"{value:.15g}").quantize(Decimal("0.01"), ROUND_HALF_UP))
