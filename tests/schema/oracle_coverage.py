"""Coverage as DOMAIN.md says it, counted in Python over rows in memory."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from tests.schema.oracle import Oracle

PARTIES = ("branch", "committee", "firm")
Row = Mapping[str, Any]
Within = Callable[[UUID | None], bool]


@dataclass(frozen=True)
class Derived:
    """A record that is computed, with the type that it is of."""

    type_name: str
    row: Row


def coverage(oracle: "Oracle", unit: UUID | None) -> dict[str, Any] | None:
    """Coverage of a unit that the reader may see, or of all that they may see."""
    reach = oracle.actor.reach("coverage", "read")
    known = any(row["id"] == unit for row in oracle.rows["Unit"])
    if unit and not (
        (known and reach.county) or any(oracle.is_below(unit, r) for r in reach.units)
    ):
        return None
    within = _within(oracle, unit)
    opened = [row for row in oracle.rows["Unit"] if row["until"] is None]
    estates = [row["id"] for row in opened if row["kind"] == "estate" and within(row["id"])]
    linked = {
        row["estate_id"]: row
        for row in oracle.rows["Linkage"]
        if row["until"] is None and within(row["estate_id"])
    }
    served = {row["firm_id"] for row in linked.values()}
    firms = [
        row["id"]
        for row in opened
        if row["kind"] == "firm" and (within(row["id"]) or row["id"] in served)
    ]
    organised = [f for f in firms if any(_is_branch_below(oracle, row, f) for row in opened)]
    instructed = [f for f in firms if _has_instructor(oracle, f)]
    crossing = _crossing(oracle, linked)
    complete = [e for e in estates if not _missing(linked, e)]
    return {
        "estates": len(estates),
        "estatesLinked": len(complete),
        "firms": len(firms),
        "firmsWithPartyOrganisation": len(organised),
        "firmsWithInstructor": len(instructed),
        "crossAppointed": len({person for _, person in crossing}),
        "gaps": _gaps(linked, estates, firms, organised, instructed),
        "crossAppointments": [
            Derived("CrossAppointment", {"estate_id": e, "person_id": p, "parties": "+".join(s)})
            for (e, p), s in sorted(crossing.items(), key=lambda i: (i[0][0].int, i[0][1].int))
        ],
    }


def _within(oracle: "Oracle", unit: UUID | None) -> Within:
    reach = oracle.actor.reach("coverage", "read")

    def holds(id_: UUID | None) -> bool:
        held = reach.county or any(oracle.is_below(id_, root) for root in reach.units)
        return held and (unit is None or oracle.is_below(id_, unit))

    return holds


def _missing(linked: Mapping[UUID, Row], estate: UUID) -> list[str]:
    row = linked.get(estate, {})
    return [party for party in PARTIES if row.get(f"{party}_id") is None]


def _gaps(
    linked: Mapping[UUID, Row],
    estates: list[UUID],
    firms: list[UUID],
    organised: list[UUID],
    instructed: list[UUID],
) -> list[Derived]:
    lacking = [(estate, party) for estate in sorted(estates) for party in _missing(linked, estate)]
    for firm in sorted(firms):
        lacking += [(firm, "party_organisation")] if firm not in organised else []
        lacking += [(firm, "instructor")] if firm not in instructed else []
    return [Derived("Gap", {"unit_id": unit, "missing": missing}) for unit, missing in lacking]


def _is_branch_below(oracle: "Oracle", row: Row, firm: UUID) -> bool:
    return row["kind"] == "party_branch" and oracle.is_below(row["id"], firm)


def _has_instructor(oracle: "Oracle", firm: UUID) -> bool:
    posts = {row["id"] for row in oracle.rows["Post"] if row["role"] == "instructor"}
    return any(
        row["unit_id"] == firm and row["post_id"] in posts and oracle.is_active(row)
        for row in oracle.rows["Appointment"]
    )


def _crossing(oracle: "Oracle", linked: Mapping[UUID, Row]) -> dict[tuple[UUID, UUID], list[str]]:
    served: dict[tuple[UUID, UUID], list[str]] = defaultdict(list)
    for estate, row in linked.items():
        for party in PARTIES:
            unit = row[f"{party}_id"]
            serving = {
                held["person_id"]
                for held in oracle.rows["Appointment"]
                if unit and oracle.is_active(held) and oracle.is_below(held["unit_id"], unit)
            }
            for person in serving:
                served[estate, person].append(party)
    return {key: parties for key, parties in served.items() if len(parties) > 1}
