"""Rule books (议事规则): dated editions of a unit's rules; an edition never changes."""

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import below, equals, pointing, public_at
from services import rulebooks
from services.rulebooks import RuleBook as Table

if TYPE_CHECKING:
    from schema.units import Unit


@strawberry.enum(description="议事规则按什么排序。 By what rule books are ordered.")
class RuleBookOrder(Enum):
    """By what rule books are ordered."""

    ADOPTED_ON = "adopted_on"


@strawberry.input(description="只要这样的议事规则。 Only such rule books.")
class RuleBookFilter:
    """Only such rule books."""

    unit: strawberry.ID | None = pointing(Table.unit_id, "Unit", "单元。 The unit.")
    title: str | None = equals(Table.title, "名称。 The title.")


@strawberry.type(description="议事规则的一个版本。 One edition of a unit's rules of procedure.")
@reads(Table, "rulebooks", unit=below("unit_id"), public=public_at("unit_id", is_open=False))
class RuleBook(Node):
    """One edition of a unit's rules of procedure."""

    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.unit_id, "适用的单元。 The unit whose rules they are."
    )
    title: str = column(Table.title, "名称。 The title.")
    edition: int = column(Table.edition, "第几版。 The edition's number.")
    text: str = column(Table.text, "正文。 The text.")
    adopted_on: date = column(Table.adopted_on, "通过日期。 The day of its adoption.")
    effective_on: date = column(Table.effective_on, "生效日期。 The day it takes effect.")
    is_public: bool = column(Table.is_public, "是否公开。 Whether the public sees it.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about rule books."""

    rule_books: Connection[RuleBook] = connection(
        None, RuleBookOrder, "议事规则。 Rule books.", RuleBookFilter
    )


@strawberry.type
class Mutations:
    """The commands of rule books."""

    adopt_rule_book: RuleBook | None = command(
        rulebooks.adopt, "通过议事规则的新版本。 Adopt a new edition of a unit's rules."
    )
