"""From a document to one statement: `Reader` is the only name that others need.

One way, no going back: document -> operation -> selection tree -> statement -> plan.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from sys import getsizeof
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeNode,
    get_named_type,
)
from graphql.execution.values import VariableValues

from schema.reading import cost
from schema.reading.call import Call, Hashes, PageLimits
from schema.reading.catalogue import Catalogue
from schema.reading.cost import QueryTooCostly
from schema.reading.declare import Watched
from schema.reading.plan import Bounded, Plan, plan
from schema.reading.selection import Selector, Wanted
from schema.reading.statement import Statement
from schema.reading.values import key_of, type_named
from services.errors import DocumentRefused, Said

__all__ = [
    "Bounded",
    "Call",
    "Document",
    "Hashes",
    "PageLimits",
    "Plan",
    "QueryTooCostly",
    "Reader",
    "Selector",
    "Wanted",
    "Watch",
]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed and validated document with the text that it came from.

    `describes` says whether the schema's description is asked for; `constants` are the arguments
    that are the same in every call, by their places.
    """

    text: str
    node: DocumentNode
    describes: bool = False
    constants: dict[int, dict[str, Any] | None] = field(default_factory=dict, compare=False)

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the only one where no name is given."""
        found = [
            node for node in self.node.definitions if isinstance(node, OperationDefinitionNode)
        ]
        named = [op for op in found if name is None or (op.name and op.name.value == name)]
        return named[0] if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a subscription waits for: events of one object; and the plan that reads it each time.

    The plan answers JSON's null where the reader sees no such object.
    """

    key: str
    type_name: str
    id: UUID
    plan: Plan


class Reader:
    """Compiles the reads of one schema and keeps the plans."""

    def __init__(self, schema: GraphQLSchema, *, plans: int = 2048) -> None:
        self.catalogue = Catalogue.of(schema)
        self.plans: Bounded[Plan] = Bounded(plans)

    def query(self, document: Document, operation: OperationDefinitionNode, call: Call) -> Plan:
        """The plan of a query for this shape of call; refused beyond the reader's grants, or
        where this very call would cost too much.
        """
        return self._planned(
            document, operation, call, partial(self._query, document, operation, call)
        )

    def answer(
        self, document: Document, operation: OperationDefinitionNode, wanted: Wanted, call: Call
    ) -> Plan:
        """The plan that reads what a mutation made: `call.given` is the object, or holds its id."""
        make = partial(self._answer, document, wanted, call)
        return self._planned(document, operation, call, make, wanted.key)

    def subscription(
        self, document: Document, operation: OperationDefinitionNode, call: Call
    ) -> Watch:
        """What a subscription watches; refused as a query is."""
        root = self.catalogue.schema.subscription_type
        assert root is not None  # noqa: S101
        wanted = self.selector(document, call.variables).root(operation, root)
        if len(wanted) != 1:
            raise DocumentRefused(
                reason=Said("一次订阅只能有一个字段", "a subscription asks for one field")
            )
        [want] = wanted
        watched = self.catalogue.sources[root.name, want.name]
        assert isinstance(watched, Watched)  # noqa: S101
        field_ = root.fields[want.name]
        type_name = get_named_type(field_.type).name
        given = call.arguments(field_, want.nodes[0])[watched.argument]
        id_ = key_of(given, watched.argument, type_name)
        make = partial(self._watch, document, want, root, call)
        return Watch(want.key, type_name, id_, self._planned(document, operation, call, make))

    def selector(self, document: Document, variables: VariableValues) -> Selector:
        """Reads the selection sets of the document with a call's variables."""
        return Selector.of(self.catalogue.schema, document.node, variables)

    def _query(self, document: Document, operation: OperationDefinitionNode, call: Call) -> Plan:
        selector = self.selector(document, call.variables)
        root = self.catalogue.schema.query_type
        assert root is not None  # noqa: S101
        wanted = [
            want
            for want in selector.root(operation, root)
            if want.name == "__typename" or not want.name.startswith("__")
        ]
        statement = Statement(self.catalogue, selector, call)
        return plan(statement, statement.object_(root, wanted, {}))

    def _answer(self, document: Document, wanted: Wanted, call: Call) -> Plan:
        selector = self.selector(document, call.variables)
        mutation = self.catalogue.schema.mutation_type
        assert mutation is not None  # noqa: S101
        type_ = get_named_type(mutation.fields[wanted.name].type)
        assert isinstance(type_, GraphQLObjectType)  # noqa: S101
        statement = Statement(self.catalogue, selector, call)
        if type_.name in self.catalogue.readings:
            id_ = statement.bind("given", _given_id, statement.tenant.type)
            return plan(statement, statement.one(type_, wanted, id_), guarded=False)
        data = statement.object_(type_, selector.below(wanted, type_), {})
        return plan(statement, data, guarded=False)

    def _watch(self, document: Document, want: Wanted, root: GraphQLObjectType, call: Call) -> Plan:
        selector = self.selector(document, call.variables)
        statement = Statement(self.catalogue, selector, call)
        return plan(statement, statement.watched(root, want))

    def _shape(self, operation: OperationDefinitionNode, call: Call) -> tuple[Any, ...]:
        """What of the variables decides the statement: which are given, and what they switch."""
        types = {
            node.variable.name.value: self._named_type(node.type)
            for node in operation.variable_definitions or ()
        }
        return tuple(
            (name, self._outline(value, types[name]))
            for name, value in sorted(call.variables.coerced.items())
        )

    def _named_type(self, node: TypeNode) -> GraphQLNamedType | None:
        while not isinstance(node, NamedTypeNode):
            assert isinstance(node, NonNullTypeNode | ListTypeNode)  # noqa: S101
            node = node.type
        return self.catalogue.schema.type_map.get(node.name.value)

    def _outline(self, value: Any, type_: GraphQLNamedType | None) -> Any:
        """Of an input object which members are given, of an id which type it names."""
        match value:
            case None | bool():
                return value
            case Enum():
                return value.name
            case list():
                return "one" if len(value) == 1 else "several"
            case Mapping() if isinstance(type_, GraphQLInputObjectType):
                return tuple(
                    (name, self._outline(member, get_named_type(type_.fields[name].type)))
                    for name, member in sorted(value.items())
                )
            case str() if type_ is GraphQLID and (named := type_named(value)) is not None:
                return named if named in self.catalogue.readings else "of no type"
            case _:
                return "given"

    def _planned(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        call: Call,
        make: Callable[[], Plan],
        part: str | None = None,
    ) -> Plan:
        """The plan that is kept for this shape of call, or a new one; reckoned with in any case."""
        name = operation.name.value if operation.name else None
        key = (document.text, name, part, call.actor.shape, self._shape(operation, call))
        found = self.plans.get(key)
        if found is None:
            found = make()
            # The statement is kept by every connection too, but not here.
            weight = 2 * getsizeof(found.sql) + getsizeof(document.text)
            self.plans.admit(key, found, weight)
            if call.toil is not None:
                call.toil(len(found.places))
        cost.charge(found.places, call)
        call.objects |= found.objects
        return found


def _given_id(call: Call) -> UUID:
    id_: UUID = call.given.id
    return id_
