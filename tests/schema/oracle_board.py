"""The board as the oracle knows it: what DOMAIN says of each entry, out of rows in memory.

Beside it the documents that ask for the board, and for what stands behind it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.schema.oracle_values import Row

CHINA = ZoneInfo("Asia/Shanghai")
TOO_NEAR = ("building", "stairwell")
SHOWN = (
    "id title text result category categoryLabel handlingClass state raisedOn approvedOn closedOn"
    " daysTaken satisfaction reopened matterId objections grid { name } estate { name }"
    " handler { name kind }"
)
BOARD = (
    f"{{ publicBoard {{ totalCount nodes {{ {SHOWN} }} }} }}",
    '{ publicBoard(filter: {states: [PUBLISHED, CLOSED], category: "facilities"},'
    " direction: ASC, first: 1) { edges { cursor node { title } } pageInfo { hasNextPage } } }",
)
WITHDRAWALS = (
    "{ boardWithdrawals { totalCount nodes { id category categoryLabel(language: EN) approvedOn"
    " withdrawnOn matterId isShownAgain grid { name } } } }",
    "{ boardWithdrawals(first: 1, direction: ASC) { edges { cursor node { withdrawnOn } }"
    " pageInfo { hasNextPage } } }",
)
EDITIONS = (
    "{ publications { totalCount nodes { id edition title text result state proposedAt approvedAt"
    " withdrawnAt withdrawalReason version matter { code } approvedBy { name } } } }",
    "{ objections { totalCount nodes { id text state raisedAt answer answeredAt version"
    " matter { code } publication { edition } person { name } answeredBy { name } } } }",
    "{ publications(filter: {states: [PROPOSED]}) { totalCount } matters(first: 30) { nodes {"
    " code publications { nodes { edition } } objections { nodes { text } } } } }",
)


def entries(rows: Mapping[str, list[Row]]) -> list[Row]:
    """Each edition with what the board says of its matter."""
    matters = {row["id"]: row for row in rows["Matter"]}
    return [_entry(rows, row, matters[row["matter_id"]]) for row in rows["Publication"]]


def withdrawals(rows: Mapping[str, list[Row]]) -> list[Row]:
    """Each edition with what the board says of it once it was taken down."""
    shown = {row["matter_id"] for row in rows["Publication"] if row["state"] == "approved"}
    return [
        {
            **row,
            "matter_id": f"Matter:{row['matter_id']}",
            "approved_on": _day(row["approved_at"]),
            "withdrawn_on": _day(row["withdrawn_at"]),
            "is_shown_again": row["matter_id"] in shown,
        }
        for row in rows["Publication"]
    ]


def _entry(rows: Mapping[str, list[Row]], row: Row, matter: Row) -> dict[str, Any]:
    raised, closed = _day(matter["raised_at"]), _day(matter["closed_at"])
    of_matter = ("state", "handling_class", "satisfaction", "reopened")
    return {
        **row,
        **{name: matter[name] for name in of_matter},
        "matter_id": f"Matter:{matter['id']}",
        "is_approved": row["state"] == "approved",
        "handler_id": _handler(rows, matter),
        "raised_on": raised,
        "approved_on": _day(row["approved_at"]),
        "closed_on": closed,
        "days_taken": (closed - raised).days if closed and raised else None,
        "objections": sum(one["matter_id"] == matter["id"] for one in rows["Objection"]),
    }


def _handler(rows: Mapping[str, list[Row]], matter: Row) -> Any:
    handler = matter["handler_id"] or matter["holder_id"]
    found = (unit for unit in rows["Unit"] if unit["id"] == handler)
    unit = next(found, None)
    is_near = unit is not None and unit["kind"] in TOO_NEAR
    return matter["grid_id"] if is_near else handler


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(CHINA).date() if moment else None
