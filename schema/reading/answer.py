"""Answers (答复): what a service's question found, read as if it were a row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, get_named_type, is_list_type
from graphql.type import GraphQLNonNull
from sqlalchemy import Boolean, ColumnElement, Integer, Uuid, cast

from schema.reading.declare import Question
from schema.reading.paths import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """A question at one place of a document."""

    question: Question
    field: GraphQLField
    node: FieldNode
    path: Path

    @property
    def place(self) -> int:
        """By what its answer is found when the statement runs."""
        return id(self.node)


class Answer(Mapping[str, ColumnElement[Any]]):
    """The columns of an answer, each of the SQL type that its field's type wants.

    An id that leads to a row is a UUID; of what no field shows the text.
    """

    def __init__(self, value: ColumnElement[Any], type_: GraphQLObjectType) -> None:
        self._value, self._type = value, type_

    def __getitem__(self, name: str) -> ColumnElement[Any]:
        value: Any = self._value[name]
        text: ColumnElement[Any] = value.as_string()
        if name.endswith("_id"):
            return cast(text, Uuid())
        field = self._type.fields.get(_camel(name))
        if field is None:
            return text
        type_ = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        named = get_named_type(type_)
        kinds = {"Int": Integer(), "Boolean": Boolean()}
        if is_list_type(type_) or (named and named.name == "JSON"):
            return self._value[name]
        kind = kinds.get(named.name) if named else None
        return cast(text, kind) if kind else text

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
