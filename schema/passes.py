"""Passes (凭条) as they are read: PostgreSQL signs a row's address in the statement that reads it.

Whoever may read the row gets an address of it, and nobody needs a second trip.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Double, LargeBinary, Text, cast, func
from sqlalchemy.sql.expression import Grouping

from schema.reading.call import Call
from schema.reading.declare import Ask, Row
from services.passes import Purpose
from services.tables import Moment

Build = Callable[[Ask, Row], ColumnElement[Any]]


def address(purpose: Purpose) -> Build:
    """HMAC over the row's id, as `services.passes` proves it."""

    def build(ask: Ask, row: Row) -> ColumnElement[Any]:
        parts, id_ = _signing(ask, purpose), cast(row["id"], Text)
        inner = func.sha256(parts[1].op("||")(func.convert_to(id_, "UTF8")), type_=LargeBinary())
        outer = func.sha256(parts[2].op("||")(inner), type_=LargeBinary())
        return _text(parts[3]) + id_ + _text(parts[4]) + func.encode(outer, "hex", type_=Text())

    return build


def end(purpose: Purpose) -> Build:
    """The moment at which that address ends."""

    def build(ask: Ask, _: Row) -> ColumnElement[Any]:
        return func.to_timestamp(cast(_text(_signing(ask, purpose)[5]), Double), type_=Moment)

    return build


def _signing(ask: Ask, purpose: Purpose) -> ColumnElement[Any]:
    """Null where nobody signs, and so is every address then."""

    def get(call: Call) -> list[bytes] | None:
        actor, passes = call.actor, call.passes
        return passes.reading(actor.tenant_id, actor.domain, purpose).parts() if passes else None

    return Grouping(ask.bind(f"signing:{purpose}", get, ARRAY(LargeBinary())))


def _text(part: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.convert_from(part, "UTF8", type_=Text())
