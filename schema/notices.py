"""Notices (消息): what one is told of the matters that one follows."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.commands import command
from schema.matters.types import Matter
from schema.nodes import Node, worded
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import is_current, of_person
from services import notices
from services.errors import Said
from services.matters.states import TRANSITIONS
from services.notices import Notice as Table

# An event's name says in English what has happened; an act's label what is to be done.
HAPPENED = {
    act.event: Said(act.label.zh, act.event.partition(".")[2].replace("_", " "))
    for act in TRANSITIONS.values()
} | notices.WORDS


@strawberry.enum(description="消息按什么排序。 By what notices are ordered.")
class NoticeOrder(Enum):
    """By what notices are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的消息。 Only such notices.")
class NoticeFilter:
    """Only such notices."""

    unseen: bool | None = is_current(Table.seen_at, "是否未读。 Whether it is still unseen.")


@strawberry.type(description="消息：关注的事项有了进展。 A followed matter has gone on.")
@reads(Table, "notices", own=of_person("person_id"))
class Notice(Node):
    """What a person is told of a matter."""

    at: datetime = column(Table.at, "时刻。 When.")
    event_name: str = column(Table.event_name, "事件名。 The event's name.")
    words: str = worded("event_name", HAPPENED, "发生了什么。 What happened.")
    matter: Matter | None = link(
        Table.matter_id, "事项；只关注的人看不到原文。 The matter, if seen."
    )
    seen_at: datetime | None = column(Table.seen_at, "已读的时刻。 Seen when.")


@strawberry.type
class Queries:
    """What can be asked about notices."""

    notices: Connection[Notice] = connection(None, NoticeOrder, "消息。 Notices.", NoticeFilter)


@strawberry.type
class Mutations:
    """The commands of notices."""

    acknowledge_notice: Notice | None = command(
        notices.acknowledge, "标记已读。 Say that one has seen it."
    )
