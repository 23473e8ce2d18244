"""Events (事件): who did what, in which post, and what stood before and after. For auditors."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from schema.appointments import Appointment
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import AnyLink, column, connection, link, reads, source
from schema.reading.pages import Connection
from schema.scopes import equals, pointing
from services.events import Event as Table

if TYPE_CHECKING:
    from schema.clients import Client


@strawberry.enum(description="事件按什么排序。 By what events are ordered.")
class EventOrder(Enum):
    """By what events are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的事件。 Only such events.")
class EventFilter:
    """Only such events."""

    name: str | None = equals(Table.name, "事件名，如 unit.founded。 Its name, as unit.founded.")
    person: strawberry.ID | None = pointing(Table.person_id, "Person", "谁做的。 Who did it.")


@strawberry.type(description="事件：发生过的一件事，不可更改。 What happened; it never changes.")
@reads(Table, "events")
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


@strawberry.type
class Queries:
    """What can be asked about events."""

    events: Connection[Event] = connection(None, EventOrder, "事件。 Events.", EventFilter)
