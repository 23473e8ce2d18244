"""Objections (异议): what somebody holds against a result, and the answer."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, or_

from schema.commands import command
from schema.nodes import Node
from schema.people import Person
from schema.publications import Publication
from schema.reading.declare import Ask, Row, column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, pointing
from schema.sight import of_matter, of_own_matter
from services import objections
from services.objections import Objection as Table
from services.objections import ObjectionState

if TYPE_CHECKING:
    from schema.matters.types import Matter

strawberry.enum(ObjectionState, description="异议的状态。 Where an objection stands.")


@strawberry.enum(description="异议按什么排序。 By what objections are ordered.")
class ObjectionOrder(Enum):
    """By what objections are ordered."""

    RAISED_AT = "made_at"


@strawberry.input(description="只要这样的异议。 Only such objections.")
class ObjectionFilter:
    """Only such objections."""

    states: list[ObjectionState] | None = among(Table.state, "状态之一。 One of these states.")
    matter: strawberry.ID | None = pointing(Table.matter_id, "Matter", "哪件事项。 The matter.")


def _is_own(ask: Ask, row: Row) -> ColumnElement[Any]:
    """Whoever raised the objection, and whoever raised the matter, reads it."""
    return or_(row["person_id"] == ask.person, of_own_matter(ask, row))


@strawberry.type(description="对办理结果的异议及其答复。 An objection to a result, and its answer.")
@reads(Table, "objections", unit=of_matter, own=_is_own)
class Objection(Node):
    """An objection to a matter's result."""

    matter: Annotated["Matter", strawberry.lazy("schema.matters.types")] | None = link(
        Table.matter_id, "事项；只提异议的人看不到原文。 The matter, if seen."
    )
    publication: Publication | None = link(
        Table.publication_id, "针对哪一版公开稿。 The edition that was read, if seen."
    )
    person: Person | None = link(Table.person_id, "谁提出的。 Who raised it.")
    text: str = column(Table.text, "异议。 What one objects to.")
    state: ObjectionState = column(Table.state, "状态。 Where it stands.")
    raised_at: datetime = column(Table.made_at, "提出的时刻。 Raised when.")
    answer: str | None = column(Table.answer, "答复。 The answer.")
    answered_by: Person | None = link(Table.answered_by, "谁答复的。 Who answered.")
    answered_at: datetime | None = column(Table.answered_at, "答复的时刻。 Answered when.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about objections."""

    objections: Connection[Objection] = connection(
        None, ObjectionOrder, "异议。 Objections.", ObjectionFilter
    )


@strawberry.type
class Mutations:
    """The commands on objections."""

    raise_objection: Objection | None = command(
        objections.raise_, "提出异议：提事人，或公示期内的居民。 Object to a result."
    )
    answer_objection: Objection | None = command(
        objections.answer, "答复异议，提出人会收到消息。 Answer it; who raised it is told."
    )
