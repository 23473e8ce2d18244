"""Publications (公开稿): what is shown of a matter, edition by edition, to whoever works on it."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, pointing
from schema.sight import of_matter, of_own_matter
from services import publications
from services.publications import Publication as Table
from services.publications import PublicationState

if TYPE_CHECKING:
    from schema.matters.types import Matter

strawberry.enum(PublicationState, description="公开稿的状态。 Where an edition stands.")


@strawberry.enum(description="公开稿按什么排序。 By what editions are ordered.")
class PublicationOrder(Enum):
    """By what editions are ordered."""

    PROPOSED_AT = "made_at"


@strawberry.input(description="只要这样的公开稿。 Only such editions.")
class PublicationFilter:
    """Only such editions."""

    states: list[PublicationState] | None = among(Table.state, "状态之一。 One of these states.")
    matter: strawberry.ID | None = pointing(Table.matter_id, "Matter", "哪件事项。 The matter.")


@strawberry.type(
    description="公开稿：软件隐去个人信息，由人批准。 An edition: masked, then approved."
)
@reads(Table, "publications", unit=of_matter, own=of_own_matter)
class Publication(Node):
    """An edition of what is shown of a matter."""

    matter: Annotated["Matter", strawberry.lazy("schema.matters.types")] | None = link(
        Table.matter_id, "事项。 The matter."
    )
    edition: int = column(Table.edition, "第几版。 Its number.")
    title: str | None = column(Table.title, "公开的标题。 The title that is shown.")
    text: str | None = column(Table.text, "公开的正文。 The text that is shown.")
    result: str | None = column(Table.result, "公开的结果。 The result that is shown.")
    state: PublicationState = column(Table.state, "状态。 Where it stands.")
    proposed_at: datetime = column(Table.made_at, "拟稿的时刻。 Proposed when.")
    approved_by: Person | None = link(Table.approved_by, "谁批准的。 Who approved it.")
    approved_at: datetime | None = column(Table.approved_at, "批准的时刻。 Approved when.")
    withdrawn_at: datetime | None = column(Table.withdrawn_at, "撤下的时刻。 Withdrawn when.")
    withdrawal_reason: str | None = column(
        Table.withdrawal_reason, "撤下的理由；被新一版取代的为空。 Why; null where replaced."
    )
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about publications."""

    publications: Connection[Publication] = connection(
        None, PublicationOrder, "公开稿。 Editions.", PublicationFilter
    )


@strawberry.type
class Mutations:
    """The commands on publications."""

    propose_publication: Publication | None = command(
        publications.propose, "拟公开稿，隐去个人信息。 Write what may be shown, masked."
    )
    revise_publication: Publication | None = command(
        publications.revise, "改写公开稿；不得再有个人信息。 Write it differently."
    )
    approve_publication: Publication | None = command(
        publications.approve, "批准公开，公示期从此开始。 Show it; its window begins."
    )
    withdraw_publication: Publication | None = command(
        publications.withdraw, "撤下，须说明理由，记录保留。 Take it down; it stays on record."
    )
