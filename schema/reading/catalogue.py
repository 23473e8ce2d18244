"""Walks the schema once: each type's table, each field's source, each filter's members.

A field without a source, or a column that its table doesn't have, is an error here, at start-up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
)
from sqlalchemy import BigInteger

from schema.reading.declare import KEY, Column, Link, Pages, Reading, Source, Watched
from schema.reading.members import Where
from schema.reading.pages import Connection, Edge, PageInfo
from schema.reading.values import BIG

DEFINITION = "strawberry-definition"
OWN_SHAPE = (Connection, Edge, PageInfo)


class Undeclared(Exception):
    """A type or field of the schema that the compiler doesn't know how to read."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the compiler knows of a schema."""

    schema: GraphQLSchema
    readings: Mapping[str, Reading]
    sources: Mapping[tuple[str, str], Source]
    filters: Mapping[str, Mapping[str, Where]]

    @classmethod
    def of(cls, schema: GraphQLSchema) -> "Catalogue":
        """Walk every type but the mutations, whose fields are commands."""
        readings: dict[str, Reading] = {}
        sources: dict[tuple[str, str], Source] = {}
        filters: dict[str, Mapping[str, Where]] = {}
        for name, type_ in schema.type_map.items():
            definition = type_.extensions.get(DEFINITION)
            if isinstance(type_, GraphQLInputObjectType) and definition is not None:
                filters[name] = _members(type_)
            if not isinstance(type_, GraphQLObjectType) or definition is None:
                continue
            if type_ is schema.mutation_type or _is_own_shape(definition.origin):
                continue
            reading = getattr(definition.origin, "__reading__", None)
            if reading is not None:
                readings[name] = reading
            for field_name, field in type_.fields.items():
                source = _source(name, field_name, field, reading)
                if isinstance(source, Watched) != (type_ is schema.subscription_type):
                    raise Undeclared(f"{name}.{field_name}: what is watched is a subscription")
                sources[name, field_name] = source
        return cls(schema, readings, sources, filters)

    def reading_of(self, type_: GraphQLOutputType) -> Reading:
        """The table of the named type that a field leads to."""
        return self.readings[get_named_type(type_).name]

    def node_type(self, connection: GraphQLOutputType) -> GraphQLObjectType:
        """The type of the objects in a connection."""
        type_ = get_named_type(connection)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        node = get_named_type(type_.fields["nodes"].type)
        assert isinstance(node, GraphQLObjectType)  # noqa: S101
        return node


def _is_own_shape(origin: type) -> bool:
    return any(issubclass(origin, shape) for shape in OWN_SHAPE)


def _source(name: str, field_name: str, field: GraphQLField, reading: Reading | None) -> Source:
    declared: Any = field.extensions[DEFINITION].metadata.get(KEY)
    if declared is None:
        raise Undeclared(f"{name}.{field_name} doesn't say how it is read")
    wanted = declared.name if isinstance(declared, Column) else None
    if isinstance(declared, Link) and isinstance(declared.to, str):
        wanted = declared.to
    if reading is not None and wanted is not None and wanted not in reading.table.c:
        raise Undeclared(f"{name}.{field_name}: {reading.table} has no column {wanted}")
    if reading is not None and wanted in reading.sealed:
        raise Undeclared(f"{name}.{field_name}: {wanted} is sealed")
    if _is_cut(field, declared, reading):
        raise Undeclared(f"{name}.{field_name}: a number of 64 bits is a BigInt")
    if isinstance(declared, Pages) and declared.back is None and reading is not None:
        raise Undeclared(f"{name}.{field_name}: a connection of a row says what points back at it")
    return declared  # type: ignore[no-any-return]


def _is_cut(field: GraphQLField, declared: Source, reading: Reading | None) -> bool:
    """Whether a column may hold a greater number than the field's Int can show."""
    if reading is None or not isinstance(declared, Column):
        return False
    is_big = isinstance(reading.table.c[declared.name].type, BigInteger)
    return is_big and get_named_type(field.type).name != BIG


def _members(type_: GraphQLInputObjectType) -> Mapping[str, Where]:
    declared = {
        name: field.extensions[DEFINITION].metadata.get(KEY) for name, field in type_.fields.items()
    }
    return {name: member for name, member in declared.items() if isinstance(member, Where)}


def object_type(type_: GraphQLOutputType) -> GraphQLObjectType:
    """The object type that a field's type is of."""
    named = get_named_type(type_)
    assert isinstance(named, GraphQLObjectType)  # noqa: S101
    return named
