"""Sight (可见范围): which matters a reader sees, and what belongs to them.

From where a matter may be seen, from whoever handles it, from the seats of a round table that has
had it on its agenda; and its raiser. Types of several capabilities share this.
"""

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, or_, select, union_all

from schema.reading.declare import Ask, Row, light
from schema.scopes import found_by, under
from services.councils import CouncilSeat
from services.matters.tables import Matter
from services.meetings.tables import AgendaItem

ITEM = light(AgendaItem)
MATTER = light(Matter)
SEAT = light(CouncilSeat)


def matter_seen_in(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """A matter is where it may be seen from, with whoever handles it, and with who sits on it."""
    if ask.gathers:
        return _is_among(row["id"], _seen(ask, held))
    return or_(
        under(ask, row["scope_id"], held),
        under(ask, row["handler_id"], held),
        row["id"].in_(_tabled_before(ask, held)),
    )


def of_matter(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """What belongs to a matter is seen where that is."""
    if ask.gathers:
        return _is_among(row["matter_id"], _seen(ask, held))
    matter = MATTER.alias()
    seen = select(matter.c.id).where(
        matter.c.tenant_id == ask.tenant, matter_seen_in(ask, matter.c, held)
    )
    return found_by(ask, row["matter_id"], seen, matter.c.id)


def _seen(ask: Ask, held: ColumnElement[Any]) -> CompoundSelect[Any]:
    """The matters that one sees, gathered by an index for each way of seeing them."""
    parts = []
    for column_ in ("scope_id", "handler_id"):
        matter = MATTER.alias()
        found = under(ask, matter.c[column_], held)
        parts.append(select(matter.c.id).where(matter.c.tenant_id == ask.tenant, found))
    return union_all(*parts, _tabled_before(ask, held))


def _tabled_before(ask: Ask, held: ColumnElement[Any]) -> Select[Any]:
    """The matters that were on the agenda of a council where one's own unit has a seat."""
    item, seat = ITEM.alias(), SEAT.alias()
    return (
        select(item.c.matter_id)
        .where(
            item.c.tenant_id == ask.tenant,
            item.c.matter_id.is_not(None),
            seat.c.tenant_id == ask.tenant,
            seat.c.council_id == item.c.council_id,
            seat.c.until.is_(None),
            seat.c.unit_id == func.any(held),
        )
        .correlate_except(item, seat)
    )


def _is_among(column_: ColumnElement[Any], found: CompoundSelect[Any]) -> ColumnElement[bool]:
    return column_ == func.any(func.array(found.scalar_subquery()))


def raised_by_reader(ask: Ask, row: Row) -> ColumnElement[bool]:
    """What belongs to a matter is its raiser's own."""
    matter = MATTER.alias()
    mine = select(matter.c.id).where(
        matter.c.tenant_id == ask.tenant, matter.c.raiser_id == ask.person
    )
    return found_by(ask, row["matter_id"], mine, matter.c.id)
