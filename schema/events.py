"""Events (事件): who did what, in which post, and what stood before and after. For auditors."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, DateTime, Uuid, func, select
from strawberry.scalars import JSON

from schema.appointments import Appointment
from schema.nodes import Node
from schema.people import Person
from schema.reading.call import Call
from schema.reading.declare import (
    AnyLink,
    Ask,
    Row,
    column,
    computed,
    connection,
    light,
    link,
    reads,
    source,
)
from schema.reading.members import Where, where
from schema.reading.pages import Connection
from schema.reading.scalars import BigInt
from schema.reading.values import parse_id
from schema.scopes import among, equals, pointing
from services.audits.heads import EventLeaf
from services.events import OFFICE
from services.events import Event as Table
from services.posts import Appointment as AppointmentRow

if TYPE_CHECKING:
    from schema.clients import Client

APPOINTMENT = light(AppointmentRow)
LEAF = light(EventLeaf)


@strawberry.enum(description="事件按什么排序。 By what events are ordered.")
class EventOrder(Enum):
    """By what events are ordered."""

    AT = "at"


def _bound(build: Any, description: str) -> Any:
    """A member of a filter: the event is on this side of a moment."""
    return where(Where(build, "at", type_=DateTime(timezone=True)), description)


def _same(one: ColumnElement[Any], value: ColumnElement[Any]) -> ColumnElement[bool]:
    return one == value


def _acting_in(
    ask: Ask, column: ColumnElement[Any], post: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Done in one of the post's appointments, which are found first: a few, each by its index."""
    held = APPOINTMENT.alias()
    found = select(held.c.id).where(held.c.tenant_id == ask.tenant, held.c.post_id == post)
    return column == func.any(func.array(found.correlate(None).scalar_subquery()))


def _key(call: Call, value: Any) -> Any:
    """The key in a global id of any type."""
    return parse_id(value, "object")[1]


@strawberry.input(description="只要这样的事件。 Only such events.")
class EventFilter:
    """Only such events."""

    name: str | None = equals(Table.name, "事件名，如 unit.founded。 Its name, as unit.founded.")
    names: list[str] | None = among(Table.name, "这些事件名之一。 One of these names.")
    person: strawberry.ID | None = pointing(Table.person_id, "Person", "谁做的。 Who did it.")
    appointment: strawberry.ID | None = pointing(
        Table.appointment_id, "Appointment", "以哪个任职做的。 In which appointment."
    )
    post: strawberry.ID | None = where(
        Where(_same, "appointment_id", of="Post", type_=Uuid(), elsewhere=_acting_in),
        "以哪个职务做的，不论谁任。 In which post, whoever held it.",
    )
    object: strawberry.ID | None = where(
        Where(_same, "object_id", convert=_key),
        "对哪一个对象做的。 What it was done to.",
    )
    begins_at: datetime | None = _bound(
        lambda one, value: one >= value, "从何时起。 From this moment on."
    )
    ends_at: datetime | None = _bound(
        lambda one, value: one < value, "到何时为止，不含。 Until this moment."
    )


def _of_administration(_: Ask, row: Row) -> ColumnElement[bool]:
    """Done to what administrators look after: nothing of residents' matters, or whose they are."""
    return row["object"].in_(sorted(OFFICE))


def _number(ask: Ask, row: Row) -> ColumnElement[Any]:
    """The event's place in the tree; null for as long as it isn't sealed."""
    leaf = LEAF.alias()
    found = select(leaf.c.number).where(leaf.c.tenant_id == ask.tenant, leaf.c.id == row["id"])
    return found.correlate_except(leaf).scalar_subquery()


@strawberry.type(description="事件：发生过的一件事，不可更改。 What happened; it never changes.")
@reads(Table, "events", office=_of_administration)
class Event(Node):
    """One thing that happened in the county."""

    at: datetime = column(Table.at, "时刻。 When.")
    name: str = column(Table.name, "事件名。 What happened.")
    object: Node | None = source(AnyLink("object", "object_id"), "对象现在的样子。 The object now.")
    object_type: str = column(Table.object, "对象的类型。 The object's type.")
    person: Person | None = link(Table.person_id, "谁做的。 Who did it.")
    appointment: Appointment | None = link(
        Table.appointment_id, "以哪个任职做的。 In which appointment."
    )
    client: Annotated["Client", strawberry.lazy("schema.clients")] | None = link(
        Table.client_id, "经哪个前端。 Through which client."
    )
    command_key: str | None = column(Table.command_key, "提交者给的编号。 The caller's command id.")
    before: JSON | None = column(Table.before, "之前（只列变化）。 What stood before.")
    after: JSON | None = column(Table.after, "之后（只列变化）。 What stands after.")
    apart: JSON | None = column(
        Table.apart,
        "另存的个人信息（位置与加盐哈希）；原值见 revealAudit。 Personal values, by salted hash.",
    )
    number: BigInt | None = computed(
        _number, "封存于第几条；还没封存时为空。 Its place in the sealed tree; null until then."
    )


@strawberry.type
class Queries:
    """What can be asked about events."""

    events: Connection[Event] = connection(None, EventOrder, "事件。 Events.", EventFilter)
