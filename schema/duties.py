"""Duties (职责清单): what each member unit of the property industry committee answers for."""

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import below, is_current, pointing
from services import duties
from services.duties import Duty as Table

if TYPE_CHECKING:
    from schema.units import Unit


@strawberry.enum(description="职责按什么排序。 By what duties are ordered.")
class DutyOrder(Enum):
    """By what duties are ordered."""

    SINCE = "since"


@strawberry.input(description="只要这样的职责。 Only such duties.")
class DutyFilter:
    """Only such duties."""

    current: bool | None = is_current(Table.until, "是否现行。 Whether it stands now.")
    committee: strawberry.ID | None = pointing(
        Table.committee_id, "Unit", "行业党委。 The industry committee."
    )
    member: strawberry.ID | None = pointing(Table.member_id, "Unit", "成员单位。 The member unit.")


@strawberry.type(description="职责：成员单位负责的一件事。 One thing a member unit answers for.")
@reads(Table, "duties", unit=below("member_id"))
class Duty(Node):
    """One thing that a member unit of the industry committee answers for."""

    committee: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.committee_id, "行业党委。 The industry committee."
    )
    member: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.member_id, "成员单位。 The member unit."
    )
    text: str = column(Table.text, "职责内容。 What it answers for.")
    since: date = column(Table.since, "从这天起。 From this day on.")
    until: date | None = column(Table.until, "到这天止（不含）。 Until this day, not included.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about duties."""

    duties: Connection[Duty] = connection(None, DutyOrder, "职责清单。 Duties.", DutyFilter)


@strawberry.type
class Mutations:
    """The commands of duties."""

    assign_duty: Duty | None = command(duties.assign, "给成员单位定一项职责。 Assign a duty.")
    withdraw_duty: Duty | None = command(duties.withdraw, "撤回一项职责。 Withdraw a duty.")
