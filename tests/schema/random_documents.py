"""Random valid documents over the whole schema, of what one reader may read at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from hypothesis import strategies as st

from policies import Actor
from schema.reading.catalogue import Catalogue
from schema.reading.declare import Here

DEEPEST = 6
MOST_FIELDS = 4
# One object in so many is wide: more members than one call of json_build_object takes.
WIDE_OF = 60
WIDTHS = (51, 75, 101)
Cursors: TypeAlias = Mapping[tuple[str, str, str], Sequence[str]]
BOUNDS = ((), (), ("after",), ("before",), ("after", "before"))
PREFIXES = ("", "王", "第", "桂", "1", "\U00020000", '"', "\\", "'; --", "%", "é")


@dataclass
class Maker:
    """Draws one document; what it declares as variables and what it gives for them."""

    draw: Any
    catalogue: Catalogue
    actor: Actor
    ids: Sequence[str]
    cursors: Cursors
    declared: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    fragments: list[str] = field(default_factory=list)
    names: int = 0

    def document(self) -> str:
        """A query with its variables."""
        root = self.catalogue.schema.query_type
        assert root is not None
        body = self.selection(root, 0)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self.declared.items())
        return " ".join([f"query {f'({declared}) ' if declared else ''}{body}", *self.fragments])

    def selection(
        self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int, *, is_apart: bool = False
    ) -> str:
        """A selection set of a type; leaves alone once it is deep enough.

        `is_apart` gives every field a name of its own: another type's field may be of another kind.
        """
        fields = [
            name for name, one in type_.fields.items() if self._is_open(type_, name, one, depth)
        ]
        chosen = self.draw(
            st.lists(st.sampled_from([*fields, "__typename"]), min_size=1, max_size=MOST_FIELDS)
        )
        parts = [self._field(type_, name, depth, is_apart) for name in chosen]
        parts += self._width(type_)
        if isinstance(type_, GraphQLInterfaceType):
            parts += self._on_types(type_, depth)
        return "{ " + " ".join(self._wrapped(type_.name, part) for part in parts) + " }"

    def _width(self, type_: GraphQLObjectType | GraphQLInterfaceType) -> list[str]:
        """Now and then as many leaves more as make an object wide, in an order that shows."""
        if self.draw(st.integers(1, WIDE_OF)) != WIDE_OF:
            return []
        leaves = [
            name
            for name, one in type_.fields.items()
            if is_leaf_type(get_named_type(one.type)) and not one.args
        ]
        wide = self.draw(st.sampled_from(WIDTHS)) if leaves else 0
        return [f"{self._name('w')}: {leaves[number % len(leaves)]}" for number in range(wide)]

    def _on_types(self, type_: GraphQLInterfaceType, depth: int) -> list[str]:
        possible = [
            one
            for one in self.catalogue.schema.get_possible_types(type_)
            if self._may_read(self.catalogue.readings[one.name].object)
        ]
        chosen = self.draw(st.lists(st.sampled_from(possible), max_size=2, unique=True))
        return [
            f"... on {one.name} {self.selection(one, depth + 1, is_apart=True)}" for one in chosen
        ]

    def _is_open(self, type_: Any, name: str, one: GraphQLField, depth: int) -> bool:
        named = get_named_type(one.type)
        if is_leaf_type(named):
            return True
        if depth >= DEEPEST:
            return False
        source = self.catalogue.sources.get((type_.name, name))
        if isinstance(source, Here) and source.object and not self._may_read(source.object):
            return False
        target = named.name.removesuffix("Connection").removesuffix("Edge")
        reading = self.catalogue.readings.get(target)
        return reading is None or self._may_read(reading.object)

    def _may_read(self, object_: str) -> bool:
        return bool(self.actor.reach(object_, "read"))

    def _field(self, type_: Any, name: str, depth: int, is_apart: bool) -> str:
        if name == "__typename":
            return f"{self._name('t')}: __typename"
        one = type_.fields[name]
        given = self._arguments(type_, name, one)
        named = get_named_type(one.type)
        below = "" if is_leaf_type(named) else f" {self.selection(named, depth + 1)}"
        # An alias of its own wherever two uses of a name might differ.
        is_plain = not (given or below or is_apart) and self.draw(st.booleans())
        alias = "" if is_plain else f"{self._name('a')}: "
        return f"{alias}{name}{given}{below}"

    def _wrapped(self, type_name: str, part: str) -> str:
        how = self.draw(st.integers(0, 9))
        if how == 0:
            return f"... on {type_name} {{ {part} }}"
        if how == 1:
            return f"... @include(if: {self._boolean()}) {{ {part} }}"
        if how == 2:
            return f"... @skip(if: {self._boolean()}) {{ {part} }}"
        if how == 3:
            name = self._name("F")
            self.fragments.append(f"fragment {name} on {type_name} {{ {part} }}")
            return f"...{name}"
        if how == 4 and type_name in self.catalogue.readings:
            return f"{part} ... on Node {{ {self._name('a')}: id ...{self._named_node()} }}"
        return part

    def _named_node(self) -> str:
        """A fragment on the interface, whatever it is spread in."""
        name = self._name("F")
        self.fragments.append(f"fragment {name} on Node {{ {self._name('t')}: __typename }}")
        return name

    def _boolean(self) -> str:
        value = self.draw(st.booleans())
        if self.draw(st.booleans()):
            return "true" if value else "false"
        return self._variable("Boolean!", value)

    def _variable(self, type_: str, value: Any) -> str:
        name = self._name("v")
        self.declared[name] = type_
        self.given[name] = value
        return f"${name}"

    def _arguments(self, type_: Any, name: str, one: GraphQLField) -> str:
        parts: list[str] = []
        if "id" in one.args:
            parts.append(f"id: {self._text(self.draw(st.sampled_from(self.ids)), 'ID!')}")
        if "unit" in one.args and self.draw(st.booleans()):
            units = [id_ for id_ in self.ids if id_.startswith("Unit:")]
            parts.append(f"unit: {self._text(self.draw(st.sampled_from(units)), 'ID')}")
        if "language" in one.args and self.draw(st.booleans()):
            parts.append(f"language: {self.draw(st.sampled_from(['ZH', 'EN']))}")
        if "orderBy" in one.args:
            parts += self._page(one, self.catalogue.node_type(one.type).name)
        return f"({', '.join(parts)})" if parts else ""

    def _page(self, one: GraphQLField, target: str) -> list[str]:
        parts: list[str] = []
        size = self.draw(st.sampled_from(["first", "last", None]))
        if size is not None:
            parts.append(f"{size}: {self._number()}")
        orders = get_named_type(one.args["orderBy"].type)
        assert isinstance(orders, GraphQLEnumType)
        order = self.draw(st.sampled_from(list(orders.values)))
        direction = self.draw(st.sampled_from(["ASC", "DESC"]))
        known = self.cursors.get((target, order, direction), ())
        bounds = self.draw(st.sampled_from(BOUNDS)) if known else ()
        for bound in bounds:
            parts.append(f"{bound}: {self._text(self.draw(st.sampled_from(known)), 'String')}")
        # What the schema has as its default may be left out.
        if order != next(iter(orders.values)) or self.draw(st.booleans()):
            parts.append(f"orderBy: {order}")
        if direction != "ASC" or self.draw(st.booleans()):
            parts.append(f"direction: {direction}")
        if "filter" in one.args and self.draw(st.booleans()):
            input_ = get_named_type(one.args["filter"].type)
            assert isinstance(input_, GraphQLInputObjectType)
            parts.append(f"filter: {self._filter(input_)}")
        return parts

    def _number(self) -> str:
        value = self.draw(st.integers(0, 7))
        return str(value) if self.draw(st.booleans()) else self._variable("Int", value)

    def _filter(self, input_: GraphQLInputObjectType) -> str:
        usable = [name for name in input_.fields if name not in ("phone", "identityNumber")]
        chosen = self.draw(st.lists(st.sampled_from(usable), unique=True, max_size=3))
        members = {name: self._member(name, input_.fields[name].type) for name in chosen}
        if members and self.draw(st.booleans()):
            return self._variable(input_.name, {n: value for n, (_, value) in members.items()})
        return "{" + ", ".join(f"{name}: {text}" for name, (text, _) in members.items()) + "}"

    def _member(self, name: str, type_: Any) -> tuple[str, Any]:
        """A member's value as it is written in a document, and as it is given in a variable."""
        if self.draw(st.integers(0, 5)) == 0:
            return "null", None
        inner = type_.of_type if is_non_null_type(type_) else type_
        named = get_named_type(inner)
        if is_list_type(inner):
            assert isinstance(named, GraphQLEnumType)
            some = self.draw(st.lists(st.sampled_from(sorted(named.values)), max_size=3))
            return f"[{', '.join(some)}]", some
        if named.name == "Boolean":
            value = self.draw(st.booleans())
            return ("true" if value else "false"), value
        if named.name == "ID":
            wanted = {"person": "Person:", "client": "Client:"}.get(name, "Unit:")
            id_ = self.draw(st.sampled_from([one for one in self.ids if one.startswith(wanted)]))
            return quoted(id_), id_
        text = self.draw(st.sampled_from(PREFIXES))
        return quoted(text), text

    def _text(self, value: str, type_: str) -> str:
        return quoted(value) if self.draw(st.booleans()) else self._variable(type_, value)

    def _name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"


def quoted(text: str) -> str:
    """A text as GraphQL writes it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@st.composite
def documents(
    draw: Any, catalogue: Catalogue, actor: Actor, ids: Sequence[str], cursors: Cursors
) -> tuple[str, Mapping[str, Any]]:
    """A document of what this reader may read, with its variables."""
    maker = Maker(draw, catalogue, actor, ids, cursors)
    return maker.document(), maker.given
