"""Lists and answers (列表与答复): what is read neither from one row nor from pages of rows.

Rows that a select yields, records in hand, and what a service's question answered.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from graphql import GraphQLField
from sqlalchemy import ColumnElement, Select, Text, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSON

from schema.reading.answer import Answer, Asked
from schema.reading.call import Call
from schema.reading.catalogue import object_type
from schema.reading.cost import SIZE_OF_A_LIST, SIZE_OF_A_SEARCH
from schema.reading.declare import Question, Row
from schema.reading.joined import Json, list_of
from schema.reading.selection import Wanted

if TYPE_CHECKING:
    from schema.reading.statement import Statement


def of_rows(
    statement: "Statement",
    field: GraphQLField,
    want: Wanted,
    rows: Select[Any],
    row: Row,
    size: int,
) -> Json:
    """What a select yields."""
    target = object_type(field.type)
    if row:
        rows = rows.correlate(*{column.table for column in row.values()})
    table = rows.subquery(statement.name("r"))
    with statement.tally.within(size):
        built = statement.object_(target, statement.selector.below(want, target), table.c)
    listed = select(list_of(built).sql()).select_from(table)
    return Json((listed.scalar_subquery(),))


def of_records(
    statement: "Statement",
    field: GraphQLField,
    want: Wanted,
    get: Callable[[Call], Any],
    columns: Sequence[str],
) -> Json:
    """Records in hand, each of whose columns is a text."""
    target = object_type(field.type)
    records = statement.written((target.name, id(want.nodes[0])), get)

    def row(value: ColumnElement[Any]) -> Row:
        return {name: value[name].as_string() for name in columns}

    return _each(statement, field, want, cast(records, JSON), row)


def of_question(
    statement: "Statement", field: GraphQLField, want: Wanted, question: Question
) -> Json:
    """The object that a service answers; the statement reads the answer as its parameter."""
    node = want.nodes[0]
    statement.questions.append(Asked(question, field, node, statement.path))
    with statement.tally.within(SIZE_OF_A_SEARCH):
        answer = statement.bind((id(node), "answer"), lambda call: call.answers[id(node)], Text())
    target = object_type(field.type)
    row = Answer(cast(answer, JSON), target)
    return statement.object_(target, statement.selector.below(want, target), row)


def of_items(
    statement: "Statement", field: GraphQLField, want: Wanted, elements: ColumnElement[Any]
) -> Json:
    """A list inside such an answer."""
    target = object_type(field.type)
    return _each(statement, field, want, elements, lambda value: Answer(value, target))


def _each(
    statement: "Statement",
    field: GraphQLField,
    want: Wanted,
    elements: ColumnElement[Any],
    row: Callable[[ColumnElement[Any]], Row],
) -> Json:
    target = object_type(field.type)
    each = func.json_array_elements(elements).table_valued(
        column("value", JSON), name=statement.name("j")
    )
    with statement.tally.within(SIZE_OF_A_LIST):
        below = statement.selector.below(want, target)
        built = statement.object_(target, below, row(each.c.value))
    return Json((select(list_of(built).sql()).select_from(each).scalar_subquery(),))
