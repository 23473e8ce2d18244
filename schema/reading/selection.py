"""Fragments, aliases and directives folded into what is wanted of one concrete type.

The order of the result is the order in which the specification's CollectFields meets the names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDirective,
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
    is_abstract_type,
)
from graphql.execution.values import VariableValues

from schema.wording import said
from services.errors import VariablesRefused


@dataclass(frozen=True, slots=True)
class Wanted:
    """One key of an answer: every place of the document that asks for it."""

    key: str
    nodes: tuple[FieldNode, ...]

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.nodes[0].name.value


@dataclass(frozen=True, slots=True)
class Selector:
    """Reads selection sets of one document with the values of its variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues

    @classmethod
    def of(
        cls, schema: GraphQLSchema, document: DocumentNode, variables: VariableValues
    ) -> "Selector":
        """A selector for a validated document."""
        named = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        return cls(schema, {node.name.value: node for node in named}, variables)

    def root(self, operation: OperationDefinitionNode, type_: GraphQLObjectType) -> list[Wanted]:
        """What the operation wants of its root type."""
        return self._wanted([operation.selection_set], type_)

    def below(self, wanted: Wanted, type_: GraphQLObjectType) -> list[Wanted]:
        """What a field wants of the object that it leads to, where that is of this type."""
        return self._wanted([n.selection_set for n in wanted.nodes if n.selection_set], type_)

    def _wanted(self, sets: Iterable[SelectionSetNode], type_: GraphQLObjectType) -> list[Wanted]:
        found: dict[str, list[FieldNode]] = {}
        visited: set[str] = set()
        for selection_set in sets:
            for node in self._fields(selection_set.selections, type_, visited):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
        return [Wanted(key, tuple(nodes)) for key, nodes in found.items()]

    def _fields(
        self, selections: Sequence[SelectionNode], type_: GraphQLObjectType, visited: set[str]
    ) -> Iterator[FieldNode]:
        for node in selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else type_.name
                if self._applies(condition, type_):
                    yield from self._fields(node.selection_set.selections, type_, visited)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in visited:
                visited.add(node.name.value)
                fragment = self.fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type_):
                    yield from self._fields(fragment.selection_set.selections, type_, visited)

    def _is_included(self, node: SelectionNode) -> bool:
        skip = self._directive(GraphQLSkipDirective, node)
        if skip and skip["if"]:
            return False
        include = self._directive(GraphQLIncludeDirective, node)
        return not include or bool(include["if"])

    def _directive(self, kind: GraphQLDirective, node: SelectionNode) -> dict[str, Any] | None:
        try:
            return get_directive_values(kind, node, self.variables)
        except GraphQLError as error:
            # A variable is null, and may be, where the directive's argument may not.
            raise VariablesRefused(reason=said(error.message)) from None

    def _applies(self, condition: str, type_: GraphQLObjectType) -> bool:
        named = self.schema.type_map[condition]
        return named is type_ or (is_abstract_type(named) and self.schema.is_sub_type(named, type_))
