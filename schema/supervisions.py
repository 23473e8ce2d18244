"""Supervision (督办): what is overdue, told to the unit above by the clock."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, or_

from schema.councils import Council
from schema.matters.types import Matter
from schema.nodes import Node
from schema.reading.declare import Ask, Row, column, connection, link, reads
from schema.reading.pages import Connection
from schema.resolutions import Resolution
from schema.scopes import among, pointing, under
from services.matters.rules import Rung
from services.supervisions import Supervision as Table

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(Rung, description="督办的三级：提醒、督办、通报。 Reminder, supervision, notice.")


@strawberry.enum(description="督办按什么排序。 By what supervisions are ordered.")
class SupervisionOrder(Enum):
    """By what supervisions are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的督办。 Only such supervisions.")
class SupervisionFilter:
    """Only such supervisions."""

    rungs: list[Rung] | None = among(Table.rung, "哪几级。 Of these rungs.")
    unit: strawberry.ID | None = pointing(Table.unit_id, "Unit", "报给谁。 Told to whom.")
    holder: strawberry.ID | None = pointing(Table.holder_id, "Unit", "谁逾期。 Who is late.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whoever is late sees it, and whoever is told."""
    return or_(under(ask, row["unit_id"], held), under(ask, row["holder_id"], held))


@strawberry.type(description="督办：逾期报给上级，每级一次。 Overdue, told above, once a rung.")
@reads(Table, "supervisions", unit=_within)
class Supervision(Node):
    """The unit above is told of something overdue."""

    rung: Rung = column(Table.rung, "第几级。 Which rung.")
    matter: Matter | None = link(Table.matter_id, "事项。 The matter.")
    resolution: Resolution | None = link(Table.resolution_id, "决议。 The resolution.")
    council: Council | None = link(Table.council_id, "当月未开会的。 One without a meeting.")
    holder: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.holder_id, "谁逾期。 Who is late."
    )
    unit: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.unit_id, "报给谁。 Told to whom."
    )
    due_at: datetime = column(Table.due_at, "期限。 When it was due.")
    at: datetime = column(Table.at, "督办的时刻。 When this was told.")


@strawberry.type
class Queries:
    """What can be asked about supervisions."""

    supervisions: Connection[Supervision] = connection(
        None, SupervisionOrder, "督办。 Supervisions.", SupervisionFilter
    )
