"""Sight (可见范围): which matters a reader sees, and what belongs to them.

From where a matter may be seen, from whoever handles it, from the seats of a round table that has
had it on its agenda; and its raiser. Types of several capabilities share this.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from schema.reading.declare import Ask, Row, light
from schema.reading.found import Condition, Found
from schema.scopes import UNIT, found_by, under
from services.councils import CouncilSeat
from services.matters.states import MatterState
from services.matters.tables import Matter, Visibility
from services.meetings.tables import AgendaItem
from services.units import UnitKind

ITEM = light(AgendaItem)
MATTER = light(Matter)
SEAT = light(CouncilSeat)


def matter_seen_in(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A matter is where it may be seen from, with whoever handles it, and with who sits on it."""
    if ask.gathers:
        return Found(row["id"], _seen(ask, held))
    return or_(
        under(ask, row["scope_id"], held),
        under(ask, row["handler_id"], held),
        row["id"].in_(_tabled_before(ask, held)),
        row["id"].in_(_to_ask_about(ask, held)),
    )


def of_matter(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """What belongs to a matter is seen where that is."""
    if ask.gathers:
        return Found(row["matter_id"], _seen(ask, held))
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
    return union_all(*parts, _tabled_before(ask, held), _to_ask_about(ask, held))


def _tabled_before(ask: Ask, held: ColumnElement[Any]) -> Select[Any]:
    """The matters that were on the agenda of a council where one's own unit has a seat."""
    item, seat, matter = ITEM.alias(), SEAT.alias(), MATTER.alias()
    return (
        select(item.c.matter_id)
        .where(
            item.c.tenant_id == ask.tenant,
            seat.c.tenant_id == ask.tenant,
            seat.c.council_id == item.c.council_id,
            seat.c.until.is_(None),
            seat.c.unit_id == func.any(held),
            matter.c.tenant_id == ask.tenant,
            matter.c.id == item.c.matter_id,
            matter.c.visibility != Visibility.confidential.value,
        )
        .correlate_except(item, seat, matter)
    )


def _to_ask_about(ask: Ask, held: ColumnElement[Any]) -> Select[Any]:
    """The matters that a grid's party branch is to ask about, for as long as nobody has."""
    matter, branch = MATTER.alias(), UNIT.alias()
    return (
        select(matter.c.id)
        .where(
            branch.c.tenant_id == ask.tenant,
            branch.c.id == func.any(held),
            branch.c.kind == UnitKind.party_branch.value,
            matter.c.tenant_id == ask.tenant,
            matter.c.grid_id == branch.c.parent_id,
            matter.c.state == MatterState.inquiring.value,
            matter.c.visibility != Visibility.confidential.value,
        )
        .correlate_except(matter, branch)
    )


def own_matter(ask: Ask, row: Row) -> ColumnElement[bool]:
    """A matter is its raiser's own, and that of the member who asked about it.

    And of whoever took it down: until somebody else has acted on it, as they tell the raiser its
    code; for as long as it is there where the raiser isn't registered, as they answer for them.
    """
    is_theirs = or_(row["version"] == literal_column("1"), row["raiser_id"].is_(None))
    taken_down = and_(row["made_by"] == ask.person, is_theirs)
    return or_(row["raiser_id"] == ask.person, row["inquired_by"] == ask.person, taken_down)


def of_own_matter(ask: Ask, row: Row) -> Condition:
    """What belongs to a matter is theirs whose own that is."""
    matter = MATTER.alias()
    mine = select(matter.c.id).where(matter.c.tenant_id == ask.tenant, own_matter(ask, matter.c))
    return found_by(ask, row["matter_id"], mine, matter.c.id)


def told_of(
    column_: str, build: Callable[[Any], ColumnElement[Any]]
) -> Callable[[Ask, Row], ColumnElement[Any]]:
    """Something of the matter to which a column leads, for whoever sees the row but not the matter:
    it is to be neither text nor anybody's.
    """

    def read(ask: Ask, row: Row) -> ColumnElement[Any]:
        matter = MATTER.alias()
        found = select(build(matter.c)).where(
            matter.c.tenant_id == ask.tenant, matter.c.id == row[column_]
        )
        return found.correlate_except(matter).scalar_subquery()

    return read
