"""Fee notices (催缴消息): what somebody who owes is told of, for that person alone."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.commands import command
from schema.demands import Demand
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.scopes import is_current, of_person
from services import fee_notices
from services.fee_notices import FeeNotice as Table


@strawberry.enum(description="催缴消息按什么排序。 By what fee notices are ordered.")
class FeeNoticeOrder(Enum):
    """By what fee notices are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的消息。 Only such notices.")
class FeeNoticeFilter:
    """Only such notices."""

    unseen: bool | None = is_current(Table.seen_at, "是否未读。 Whether it is still unseen.")


@strawberry.type(description="催缴消息，只给本人看。 What a person is told of a rung.")
@reads(Table, "fee_notices", own=of_person("person_id"))
class FeeNotice(Node):
    """What a person is told of a rung."""

    at: datetime = column(Table.at, "时刻。 When.")
    demand: Demand | None = link(Table.demand_id, "催缴。 The rung.", lenient=True)
    seen_at: datetime | None = column(Table.seen_at, "已读的时刻。 Seen when.")


@strawberry.type
class Queries:
    """What can be asked about fee notices."""

    fee_notices: Connection[FeeNotice] = connection(
        None, FeeNoticeOrder, "催缴消息。 Fee notices.", FeeNoticeFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of fee notices."""

    acknowledge_fee_notice: FeeNotice | None = command(
        fee_notices.acknowledge, "标记已读。 Say that one has seen it."
    )
