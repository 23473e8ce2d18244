"""Values, filters, roles: how the oracle writes and compares them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from strawberry.utils.str_converters import to_snake_case

import policies
from policies import Actor

Row = Mapping[str, Any]


class Wrong(Exception):
    """An argument that nothing can be answered to."""

    def __init__(self, argument: str) -> None:
        super().__init__(argument)
        self.argument = argument


def key_of(text: str, argument: str, type_name: str | None = None) -> tuple[str, UUID]:
    """The type and the key that a global id is made of; of this type, if one is wanted."""
    name, _, digits = text.partition(":")
    try:
        key = UUID(digits)
    except ValueError:
        raise Wrong(argument) from None
    if str(key) != digits or type_name not in (None, name):
        raise Wrong(argument)
    return name, key


OTHER_TYPES = {
    "person": "Person",
    "client": "Client",
    "raiser": "Person",
    "council": "Council",
    "matter": "Matter",
    "appointment": "Appointment",
    "post": "Post",
    "organisation": "Organisation",
    "vote": "Vote",
    "account": "FeeAccount",
    "propertyUnit": "PropertyUnit",
}
ENDS = ("revoked_at", "distrusted_at", "withdrawn_at", "until")


def matches(type_name: str, row: Row, name: str, wanted: Any) -> bool:
    """Whether a row is what a member of a filter asks for."""
    match name:
        case "use" | "item":
            return bool(row[name].upper() == wanted)
        case "month":
            return bool(written(row["month"]) == wanted)
        case "kinds" | "states" | "outcomes" | "rungs":
            return row[name.removesuffix("s")].upper() in wanted
        case "names":
            return row["name"] in wanted
        case "object":
            return bool(row["object_id"] == key_of(str(wanted), name)[1])
        case "beginsAt":
            return bool(row["at"] >= datetime.fromisoformat(str(wanted)))
        case "endsAt":
            return bool(row["at"] < datetime.fromisoformat(str(wanted)))
        case "unseen":
            return bool((row["seen_at"] is None) == wanted)
        case "open" | "current" | "openEnded":
            return bool((row["until"] is None) == wanted)
        case "active" | "trusted":
            column = next(c for c in ENDS if c in row)
            return bool((row[column] is None) == wanted)
        case "name" | "number" if type_name in ("Unit", "Person", "Organisation", "PropertyUnit"):
            return str(row[name]).startswith(wanted)
        case _ if f"{to_snake_case(name)}_id" in row:
            _, key = key_of(str(wanted), name, OTHER_TYPES.get(name, "Unit"))
            return bool(row[f"{to_snake_case(name)}_id"] == key)
        case _:
            return bool(row[to_snake_case(name)] == wanted)


def written(value: Any) -> Any:
    """A value as JSON has it."""
    match value:
        case datetime():
            moment = value.astimezone(UTC).replace(tzinfo=None)
            return f"{moment.isoformat(timespec='microseconds')}Z"
        case date():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case _:
            return value


def collated(value: Any) -> Any:
    """What PostgreSQL sorts by: the suite's database collates by code point."""
    return value.encode() if isinstance(value, str) else value


def role(name: str) -> dict[str, str]:
    """A role as the schema shows it."""
    found = policies.roles()[name]
    return {
        "name": found.name, "zh": found.zh, "en": found.en,
        "purposeZh": found.purpose_zh, "purposeEn": found.purpose_en,
    }  # fmt: skip


def widest(actor: Actor, object_: str, action: str) -> str:
    """The widest scope of a permission."""
    reach = actor.reach(object_, action)
    if reach.county:
        return "county"
    if reach.office:
        return "office"
    if reach.units:
        return "unit"
    return "own" if reach.own else "public"
