"""Filters: each member of a filter input asks one thing of the row; all hold together."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import FieldNode, GraphQLField
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY

from schema.reading.call import Call
from schema.reading.cost import SIZE_OF_A_SEARCH, Tally
from schema.reading.declare import Ask, Row
from schema.reading.members import Where
from schema.reading.values import key_of


def conditions(
    ask: Ask,
    row: Row,
    members: Mapping[str, Where],
    definition: GraphQLField,
    node: FieldNode,
    call: Call,
    tally: Tally,
) -> list[ColumnElement[bool]]:
    """What the given members of the field's `filter` ask; members that are null ask nothing.

    One that asks of another row is reckoned as a search: it may look through all of them.
    """
    given = call.arguments(definition, node).get("filter") or {}
    return [
        _condition(ask, row, members[name], definition, node, name, given[name], tally)
        for name in sorted(given)
        if given[name] is not None
    ]


def needed(
    members: Mapping[str, Where], definition: GraphQLField, node: FieldNode, call: Call
) -> set[str]:
    """The actions without which what is given may not be searched by."""
    given = call.arguments(definition, node).get("filter") or {}
    return {needs for name in given if given[name] is not None and (needs := members[name].needs)}


def _condition(
    ask: Ask,
    row: Row,
    member: Where,
    definition: GraphQLField,
    node: FieldNode,
    name: str,
    given: Any,
    tally: Tally,
) -> ColumnElement[bool]:
    column = row[member.column]
    if member.needs is not None:
        ask.need_hashes()
    type_ = member.type_ or column.type
    get = _getter(member, definition, node, name)
    place = (id(node), "filter", name)
    if member.is_choice and len(given) == 1:
        # One choice is an equality: the index then gives the rows in their order.
        one: ColumnElement[bool] = column == ask.bind(place, lambda call: get(call)[0], type_)
        return one
    value = ask.bind(place, get, ARRAY(type_) if member.array else type_)
    if member.elsewhere is not None:
        with tally.within(SIZE_OF_A_SEARCH):
            return member.elsewhere(ask, column, value)
    return member.build(column, value)


def _getter(
    member: Where, definition: GraphQLField, node: FieldNode, name: str
) -> Callable[[Call], Any]:
    def get(call: Call) -> Any:
        value = call.arguments(definition, node)["filter"][name]
        if member.of is not None:
            return key_of(value, name, member.of)
        return member.convert(call, value) if member.convert else value

    return get
