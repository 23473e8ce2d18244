"""Limits (上限): how deep, wide and long a document may be, found out before it is validated.

A fragment is weighed once however often it is spread, so that the work is linear in the document,
valid or not; what its fields come to when every fragment is written out is only multiplied.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from services.errors import DocumentTooLarge, Said, VariablesTooLarge

MOST_NESTED = 150
# Fields of one key are compared in pairs, each with each (FieldsInSetCanMerge).
MOST_PAIRS = 10_000
NESTED = Said("嵌套太深", "nested too deep")
REPEATED = Said("同样的字段反复出现，要两两比较", "the same fields over and over, pair by pair")
# As deep as a value of variables may be: a county's whole pack has a fifth of it.
MOST_LEVELS = 50
DESCRIBED = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may ask, how long it may be, and how much its variables may hold."""

    depth: int = 12
    aliases: int = 40
    tokens: int = 4000
    fields: int = 2000
    directives: int = 40
    characters: int = 100_000
    values: int = 10_000


@dataclass(frozen=True, slots=True)
class Weight:
    """What a selection comes to with its fragments written out.

    `fields` counts fragments too: a spread that leads to nothing still costs a step. `nested`
    counts braces, `depth` fields; the schema's description has a depth of its own.
    """

    depth: int = 0
    fields: int = 0
    nested: int = 0

    def beside(self, other: "Weight") -> "Weight":
        """Both in one selection set."""
        return Weight(
            max(self.depth, other.depth),
            self.fields + other.fields,
            max(self.nested, other.nested),
        )


@dataclass(slots=True)
class Scales:
    """Weighs the selections of one document."""

    fragments: Mapping[str, FragmentDefinitionNode]
    aliases: int = 0
    directives: int = 0
    steps: int = 0
    describes: bool = False
    _weighed: dict[str, Weight] = field(default_factory=dict)

    @classmethod
    def of(cls, document: DocumentNode) -> "Scales":
        """Scales for a document; of two fragments with one name, the last."""
        named = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        return cls({node.name.value: node for node in named})

    def weigh(self, selection_set: SelectionSetNode, level: int = 0) -> Weight:
        """The weight of a selection set; each is weighed once in a document."""
        if level > MOST_NESTED:
            raise DocumentTooLarge(what=NESTED, limit=MOST_NESTED)
        whole = Weight()
        for selection in selection_set.selections:
            self.steps += 1
            self.directives += len(selection.directives or ())
            whole = whole.beside(self._one(selection, level + 1))
        if whole.nested >= MOST_NESTED:
            raise DocumentTooLarge(what=NESTED, limit=MOST_NESTED)
        return Weight(whole.depth, whole.fields, whole.nested + 1)

    def _one(self, node: SelectionNode, level: int) -> Weight:
        if isinstance(node, FragmentSpreadNode):
            inner = self._fragment(node.name.value, level)
            return Weight(inner.depth, inner.fields + 1, inner.nested)
        if isinstance(node, InlineFragmentNode):
            inner = self.weigh(node.selection_set, level)
            return Weight(inner.depth, inner.fields + 1, inner.nested)
        assert isinstance(node, FieldNode)  # noqa: S101
        self.aliases += node.alias is not None
        inner = self.weigh(node.selection_set, level) if node.selection_set else Weight()
        if node.name.value in DESCRIBED:
            self.describes = True
            return Weight(1, inner.fields + 1, inner.nested)
        return Weight(inner.depth + 1, inner.fields + 1, inner.nested)

    def _fragment(self, name: str, level: int) -> Weight:
        """A fragment's weight; nothing for one that isn't there or, so far, spreads itself."""
        fragment = self.fragments.get(name)
        if fragment is not None and name not in self._weighed:
            self._weighed[name] = Weight()
            self._weighed[name] = self.weigh(fragment.selection_set, level)
        return self._weighed.get(name, Weight())


def check(document: DocumentNode, limits: Limits) -> Scales:
    """Refuse a document over the limits: `DocumentTooLarge`. It need not be a valid one."""
    scales = Scales.of(document)
    whole = Weight()
    for operation in _operations(document):
        whole = whole.beside(scales.weigh(operation.selection_set))
    scales.directives += sum(len(node.directives or ()) for node in _bearers(document))
    asked = (
        ("层", "levels", whole.depth, limits.depth),
        ("个别名", "aliases", scales.aliases, limits.aliases),
        ("条指令", "directives", scales.directives, limits.directives),
        (
            "个字段（展开片段后）", "fields with their fragments written out",
            whole.fields, limits.fields,
        ),
    )  # fmt: skip
    for zh, en, number, most in asked:
        if number > most:
            raise DocumentTooLarge(what=Said(f"{number} {zh}", f"{number} {en}"), limit=most)
    return scales


def check_pairs(document: DocumentNode) -> None:
    """Refuse what would have too many fields of one key compared with each other.

    Only for a document within the limits and without cycles, since it is walked written out.
    """
    scales = Scales.of(document)
    pairs = 0
    waiting = [[operation.selection_set] for operation in _operations(document)]
    while waiting:
        found: dict[str, list[FieldNode]] = {}
        for selection_set in waiting.pop():
            for node in _fields(selection_set, scales.fragments):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
        for nodes in found.values():
            pairs += len(nodes) * (len(nodes) - 1) // 2
            waiting.append([node.selection_set for node in nodes if node.selection_set])
        if pairs > MOST_PAIRS:
            raise DocumentTooLarge(what=REPEATED, limit=MOST_PAIRS)


def check_values(variables: Mapping[str, Any], limits: Limits) -> None:
    """Refuse more values, or deeper ones, than are read in good time: `VariablesTooLarge`."""
    waiting: list[tuple[Any, int]] = [(variables, 0)]
    number = 0
    while waiting:
        value, level = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value
        number += len(inner)
        if number > limits.values or level > MOST_LEVELS:
            raise VariablesTooLarge(limit=limits.values, depth=MOST_LEVELS)
        waiting += ((each, level + 1) for each in inner if isinstance(each, dict | list))


def _operations(document: DocumentNode) -> Iterable[OperationDefinitionNode]:
    return (node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def _bearers(document: DocumentNode) -> Iterable[Any]:
    """What may carry directives outside of selections: definitions and their variables."""
    for definition in document.definitions:
        yield definition
        yield from getattr(definition, "variable_definitions", None) or ()


def _fields(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[FieldNode]:
    waiting = list(selection_set.selections)
    while waiting:
        node = waiting.pop()
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            waiting += node.selection_set.selections
        elif isinstance(node, FragmentSpreadNode):
            waiting += fragments[node.name.value].selection_set.selections
