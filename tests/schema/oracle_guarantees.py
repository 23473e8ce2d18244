"""The four guarantees as DOMAIN says them, counted in Python for the oracle."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.schema.oracle_coverage import Derived
from tests.schema.oracle_values import Row

if TYPE_CHECKING:
    from tests.schema.oracle import Oracle

CHINA = timezone(timedelta(hours=8))
MOST_MONTHS = 36


def guarantees(oracle: "Oracle", unit: UUID | None, begins: date, ends: date) -> list[Derived]:
    """Each council that the reader may look at, month by month, guarantee by guarantee."""
    found: list[Derived] = []
    for month in months(begins, ends):
        for council in sorted(oracle.rows["Council"], key=lambda row: row["id"].int):
            if _stands(council, month) and _seen(oracle, council["grid_id"], unit):
                found += _lines(oracle, council, month)
    return found


def months(begins: date, ends: date) -> list[date]:
    """The first days of the months that the period touches, so many at most."""
    month, found = begins.replace(day=1), list[date]()
    while month <= ends and len(found) < MOST_MONTHS:
        found.append(month)
        if (month.year, month.month) == (9999, 12):
            break
        month = following(month)
    return found


def following(month: date) -> date:
    """The first day of the month after."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _stands(council: Row, month: date) -> bool:
    is_over = council["until"] is not None and council["until"] <= month
    return council["since"] < following(month) and not is_over


def _seen(oracle: "Oracle", grid: UUID, unit: UUID | None) -> bool:
    if unit is not None and not oracle.is_below(grid, unit):
        return False
    reach = oracle.actor.reach("guarantees", "read")
    return reach.county or any(oracle.is_below(grid, held) for held in reach.units)


def _lines(oracle: "Oracle", council: Row, month: date) -> list[Derived]:
    today = (oracle.now + timedelta(hours=8)).date()
    meetings = [
        row
        for row in oracle.rows["Meeting"]
        if row["council_id"] == council["id"] and _is_in(row["opened_at"], month)
    ]
    counted = {
        "monthly_meeting": _monthly(oracle, council, meetings, today, month),
        "each_deliberated": _deliberated(oracle, council, month),
        "each_resolved": _resolved(oracle, meetings, today),
        "each_executed": _executed(oracle, meetings, today),
    }
    return [
        Derived(
            "GuaranteeLine",
            {
                "council_id": council["id"], "month": month, "guarantee": name,
                "verdict": verdict, "kept": kept, "of": of, "why": f"{name}:{verdict}",
            }
        )
        for name, (found, kept, of) in counted.items()
        for verdict in ["pending" if month > today else found]
    ]  # fmt: skip


def _monthly(
    oracle: "Oracle", council: Row, meetings: list[Row], today: date, month: date
) -> tuple[str, int, int]:
    by = month.replace(day=_rules_then(oracle, month)["meet_by"])
    follows = any(
        other["grid_id"] == council["grid_id"]
        and other["id"] != council["id"]
        and other["until"] is not None
        and other["until"] >= month >= other["since"]
        for other in oracle.rows["Council"]
    )
    is_over = council["until"] is not None and council["until"] <= by
    if meetings:
        return "kept", 1, 1
    if (council["since"] > month and not follows) or is_over:
        return ("kept" if following(month) <= today else "pending"), 0, 0
    return ("broken" if today > by else "pending"), 0, 1


def _rules_then(oracle: "Oracle", month: date) -> Mapping[str, Any]:
    """What the county said of councils as the month ended; before its first edition, by that."""
    editions = sorted(oracle.rows["Pack"], key=lambda row: row["since"])
    ended = datetime.combine(following(month), time(), CHINA)
    then = [row for row in editions if row["since"] < ended]
    rules: Mapping[str, Any] = (then[-1] if then else editions[0])["document"]["councils"]
    return rules


def _deliberated(oracle: "Oracle", council: Row, month: date) -> tuple[str, int, int]:
    tabled = [
        row
        for row in oracle.rows["Matter"]
        if row["grid_id"] == council["grid_id"]
        and _is_in(row["tabled_at"], month)
        and council["since"] <= row["tabled_at"].astimezone(CHINA).date()
        and (
            council["until"] is None or row["tabled_at"].astimezone(CHINA).date() < council["until"]
        )
    ]
    missed = [row for row in tabled if _was_passed_over(oracle, council, row)]
    done = [row for row in tabled if row not in missed and _is_done(oracle, row)]
    verdict = "broken" if missed else "pending" if len(done) < len(tabled) else "kept"
    return verdict, len(done), len(tabled)


def _was_passed_over(oracle: "Oracle", council: Row, matter: Row) -> bool:
    held = [
        row
        for row in oracle.rows["Meeting"]
        if row["council_id"] == council["id"]
        and row["adjourned_at"] is not None
        and row["opened_at"] > matter["tabled_at"]
    ]
    return any(
        _lay_on_the_table(oracle, matter, meeting["opened_at"])
        and not any(
            item["meeting_id"] == meeting["id"]
            and item["matter_id"] == matter["id"]
            and (item["disposed_at"] is None or item["disposed_at"] >= meeting["opened_at"])
            for item in oracle.rows["AgendaItem"]
        )
        for meeting in held
    )


def _lay_on_the_table(oracle: "Oracle", matter: Row, at: datetime) -> bool:
    before = [
        (entry["seq"], entry["to_state"])
        for entry in oracle.rows["MatterEntry"]
        if entry["matter_id"] == matter["id"] and entry["at"] < at
    ]
    return max(before, default=(0, ""))[1] == "tabled"


def _is_done(oracle: "Oracle", matter: Row) -> bool:
    heard = any(
        item["matter_id"] == matter["id"] and item["outcome"] not in ("queued", "taken_off")
        for item in oracle.rows["AgendaItem"]
    )
    return heard or matter["state"] not in ("tabled", "suspended")


def _resolved(oracle: "Oracle", meetings: list[Row], today: date) -> tuple[str, int, int]:
    late, done = 0, 0
    for row in meetings:
        rules = oracle.known["Pack"][row["pack_id"]]["document"]["councils"]
        by = row["opened_at"].astimezone(CHINA).date() + timedelta(days=rules["signing_days"])
        signed = row["signed_at"] and row["signed_at"].astimezone(CHINA).date()
        is_late = (signed or today) > by
        late += is_late
        done += bool(row["state"] in ("signed", "published") and not is_late)
    verdict = "broken" if late else "pending" if done < len(meetings) else "kept"
    return verdict, done, len(meetings)


def _executed(oracle: "Oracle", meetings: list[Row], today: date) -> tuple[str, int, int]:
    ids = {row["id"] for row in meetings}
    resolved = [row for row in oracle.rows["Resolution"] if row["meeting_id"] in ids]
    late = [row for row in resolved if _is_late(oracle, row, today)]
    done = [row for row in resolved if row not in late and _is_carried_out(oracle, row)]
    verdict = "broken" if late else "pending" if len(done) < len(resolved) else "kept"
    return verdict, len(done), len(resolved)


def _is_carried_out(oracle: "Oracle", resolution: Row) -> bool:
    if resolution["state"] != "superseded":
        return bool(resolution["state"] == "verified")
    return any(
        other["state"] == "verified" and other["matter_id"] == resolution["matter_id"]
        for other in oracle.rows["Resolution"]
        if resolution["matter_id"] is not None
    )


def _is_late(oracle: "Oracle", resolution: Row, today: date) -> bool:
    if resolution["state"] == "superseded":
        later = oracle.known["Resolution"][resolution["superseded_by_id"]]
        return bool(later["made_at"].astimezone(CHINA).date() > resolution["due_on"])
    if resolution["state"] in ("reported", "verified"):
        return bool(resolution["reported_at"].astimezone(CHINA).date() > resolution["due_on"])
    return resolution["due_on"] < today and not _stands_still(oracle, resolution)


def _stands_still(oracle: "Oracle", resolution: Row) -> bool:
    """Its matter was suspended by its day, and still is."""
    matter = oracle.known["Matter"].get(resolution["matter_id"])
    if matter is None or matter["state"] != "suspended":
        return False
    begun = next(
        entry["at"]
        for entry in oracle.rows["MatterEntry"]
        if entry["matter_id"] == matter["id"] and entry["seq"] == matter["stage"]
    )
    return bool(begun.astimezone(CHINA).date() <= resolution["due_on"])


def _is_in(moment: datetime | None, month: date) -> bool:
    return moment is not None and moment.astimezone(CHINA).date().replace(day=1) == month
