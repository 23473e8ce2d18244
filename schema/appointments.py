"""Posts and appointments (职务与任职): who holds what, since when, and who confirmed it."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, func, select

from schema.commands import command
from schema.nodes import Node, label
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection
from schema.scopes import among, below, equals, found_by, of_person, pointing
from services import appointments
from services.posts import Appointment as AppointmentRow
from services.posts import AppointmentState
from services.posts import Post as PostRow

if TYPE_CHECKING:
    from schema.people import Person
    from schema.units import Unit

TABLE = AppointmentRow.__table__  # type: ignore[attr-defined]

strawberry.enum(AppointmentState, description="任职的状态。 Where an appointment stands.")


@strawberry.enum(description="职务按什么排序。 By what posts are ordered.")
class PostOrder(Enum):
    """By what posts are ordered."""

    TITLE = "title"
    ROLE = "role"


@strawberry.enum(description="任职按什么排序。 By what appointments are ordered.")
class AppointmentOrder(Enum):
    """By what appointments are ordered."""

    STARTS_AT = "starts_at"


@strawberry.input(description="只要这样的职务。 Only such posts.")
class PostFilter:
    """Only such posts."""

    role: str | None = equals(PostRow.role, "角色代号。 The role's name.")
    unit: strawberry.ID | None = pointing(PostRow.unit_id, "Unit", "单元。 The unit.")


@strawberry.input(description="只要这样的任职。 Only such appointments.")
class AppointmentFilter:
    """Only such appointments."""

    states: list[AppointmentState] | None = among(
        AppointmentRow.state, "状态之一。 One of these states."
    )
    person: strawberry.ID | None = pointing(
        AppointmentRow.person_id, "Person", "人员。 The person."
    )
    unit: strawberry.ID | None = pointing(AppointmentRow.unit_id, "Unit", "单元。 The unit.")


def _is_active(ask: Ask, row: Row) -> ColumnElement[Any]:
    """Confirmed, and this moment lies between its two."""
    begun = row["starts_at"] <= func.now()
    ended = func.coalesce(row["ends_at"] <= func.now(), False)
    return (row["state"] == AppointmentState.confirmed.value) & begun & ~ended


@strawberry.type(description="任职：一个人在一个职务上的一段时间。 A person in a post for a time.")
@reads(AppointmentRow, "appointments", unit=below("unit_id"), own=of_person("person_id"))
class Appointment(Node):
    """A person in a post, between two moments."""

    state: AppointmentState = column(AppointmentRow.state, "状态。 Where it stands.")
    is_active: bool = computed(_is_active, "此刻是否有效。 Whether it gives authority now.")
    person: Annotated["Person", strawberry.lazy("schema.people")] | None = link(
        AppointmentRow.person_id, "人员；您无权看时为空。 The person, if you may see them."
    )
    post: Annotated["Post", strawberry.lazy("schema.appointments")] | None = link(
        AppointmentRow.post_id, "职务。 The post."
    )
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        AppointmentRow.unit_id, "所在单元。 The unit of the post."
    )
    starts_at: datetime = column(AppointmentRow.starts_at, "从这一刻起。 From this moment on.")
    ends_at: datetime | None = column(
        AppointmentRow.ends_at, "到这一刻止（不含）。 Until this moment, not included."
    )
    ground: str = column(AppointmentRow.ground, "任职依据。 What it rests on.")
    warning: str | None = column(
        AppointmentRow.warning, "任职冲突提示。 A conflict that the county warns of."
    )
    version: int = column(AppointmentRow.version, "版本。 Its version.")


def _held_by_reader(ask: Ask, row: Row) -> Condition:
    held = TABLE.alias()
    mine = select(held.c.post_id).where(
        held.c.tenant_id == ask.tenant, held.c.person_id == ask.person
    )
    return found_by(ask, row["id"], mine, held.c.post_id)


@strawberry.type(
    description="职务：一个单元里的席位，带一种角色。 Seats in a unit that give a role."
)
@reads(PostRow, "appointments", unit=below("unit_id"), own=_held_by_reader)
class Post(Node):
    """Seats in a unit that give their holders a role."""

    role: str = column(PostRow.role, "角色代号。 The role's name.")
    role_label: str = label(
        "appointments",
        "role",
        "本县对角色的叫法。 What the county calls it.",
        "labels",
        "roles.own",
    )
    title: str = column(PostRow.title, "职务名称。 Its title.")
    seats: int = column(PostRow.seats, "席位数。 How many may hold it at once.")
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        PostRow.unit_id, "所在单元。 The unit that it is in."
    )
    appointments: Connection[Appointment] = connection(
        AppointmentRow.post_id,
        AppointmentOrder,
        "这个职务的任职。 Its appointments.",
        AppointmentFilter,
    )
    version: int = column(PostRow.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about posts and appointments."""

    posts: Connection[Post] = connection(None, PostOrder, "职务。 Posts.", PostFilter)
    appointments: Connection[Appointment] = connection(
        None, AppointmentOrder, "任职。 Appointments.", AppointmentFilter
    )


@strawberry.type
class Mutations:
    """The commands of posts and appointments."""

    create_post: Post | None = command(
        appointments.create_post, "设立职务。 Create a post in a unit."
    )
    propose_appointment: Appointment | None = command(
        appointments.propose, "提名任职，由别人确认。 Propose a person; somebody else confirms."
    )
    confirm_appointment: Appointment | None = command(
        appointments.confirm, "确认任职。 Confirm a proposed appointment."
    )
    end_appointment: Appointment | None = command(
        appointments.end, "结束任职。 End an appointment, now or later."
    )
    revoke_appointment: Appointment | None = command(
        appointments.revoke, "撤销任职，立即失去权限。 Revoke it; its authority is gone at once."
    )
