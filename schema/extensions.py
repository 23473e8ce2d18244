"""Extensions (延期): more time for a matter, asked for before the deadline and granted above."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.commands import command
from schema.matters.types import Matter
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, pointing
from schema.sight import of_matter, of_own_matter
from services import extensions
from services.extensions import Extension as Table
from services.extensions import ExtensionState

strawberry.enum(ExtensionState, description="延期申请的状态。 Where a request for time stands.")


@strawberry.enum(description="延期申请按什么排序。 By what requests are ordered.")
class ExtensionOrder(Enum):
    """By what requests are ordered."""

    MADE_AT = "made_at"


@strawberry.input(description="只要这样的延期申请。 Only such requests.")
class ExtensionFilter:
    """Only such requests."""

    states: list[ExtensionState] | None = among(Table.state, "状态之一。 One of these states.")
    matter: strawberry.ID | None = pointing(Table.matter_id, "Matter", "事项。 The matter.")


@strawberry.type(description="延期申请：到期之前提出，由上级批准。 A request for more time.")
@reads(Table, "extensions", unit=of_matter, own=of_own_matter)
class Extension(Node):
    """A request for more time."""

    matter: Matter | None = link(Table.matter_id, "事项。 The matter.")
    days: int = column(Table.days, "几个工作日。 How many working days.")
    reason: str = column(Table.reason, "理由。 Why.")
    state: ExtensionState = column(Table.state, "状态。 Where it stands.")
    asked_by: Person | None = link(Table.made_by, "谁申请的。 Who asked.")
    asked_at: datetime = column(Table.made_at, "申请的时刻。 Asked when.")
    decided_by: Person | None = link(Table.decided_by, "谁答复的。 Who decided.")
    decision: str | None = column(Table.decision, "答复。 What was said to it.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about extensions."""

    extensions: Connection[Extension] = connection(
        None, ExtensionOrder, "延期申请。 Requests for more time.", ExtensionFilter
    )


@strawberry.type
class Mutations:
    """The commands of extensions."""

    ask_extension: Extension | None = command(
        extensions.ask, "到期之前申请延期。 Ask for more time before the deadline."
    )
    grant_extension: Extension | None = command(
        extensions.grant, "上级同意延期，告知提事人。 Grant it; the raiser is told."
    )
    deny_extension: Extension | None = command(
        extensions.deny, "上级不同意延期。 Deny it, with a reason."
    )
