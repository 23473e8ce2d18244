"""Random valid documents over the whole schema, of what one reader may read at all."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from policies import Actor
from schema.reading.catalogue import Catalogue
from schema.reading.declare import Here, Question
from tests.schema.random_values import Filters, Value, Variables, name_of, number, quoted, truth

# How many levels of objects a document has, and how many fields an object of it.
SHAPES = ((2, 3), (2, 3), (3, 2), (6, 2))
DEEPEST = 6
# One object in so many is wide: more members than one call of a function of PostgreSQL takes.
WIDE_OF = 60
WIDTHS = (51, 75, 101)
# In their order and at most 36 months, whichever two are drawn; a report has no such bound.
DAYS = {"from": ("2026-01-01", "2026-11-30", "2026-12-01"), "to": ("2026-12-01", "2027-02-28")}
ANY_DAYS = {"from": (*DAYS["from"], "1900-01-01"), "to": (*DAYS["to"], "2199-12-31")}
BOUNDS = ((), (), ("after",), ("before",), ("after", "before"))
Cursors: TypeAlias = Mapping[tuple[str, str, str], Sequence[str]]
TIMES_IF_NEW = 4
Composite: TypeAlias = GraphQLObjectType | GraphQLInterfaceType


class Drawn(NamedTuple):
    """A document, the variables of two calls of it, and the fields that it asks for."""

    text: str
    calls: tuple[Mapping[str, Any], Mapping[str, Any]]
    fields: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Known:
    """What a reader may ask about: ids of what they may read, ids to filter by, and cursors.

    `reached` is what documents have asked for already: what is new is asked for more often.
    """

    ids: tuple[str, ...]
    pointed: tuple[str, ...]
    cursors: Cursors
    reached: set[tuple[str, str]] = field(default_factory=set)

    def units(self) -> list[str]:
        """The ids of units."""
        return [id_ for id_ in self.pointed if id_.startswith("Unit:")]


@dataclass
class Maker:
    """Draws one document."""

    chance: Random
    catalogue: Catalogue
    actor: Actor
    known: Known
    deepest: int
    most: int
    variables: Variables
    fragments: dict[str, str] = field(default_factory=dict)
    spreads: list[tuple[str, str]] = field(default_factory=list)
    fields: set[tuple[str, str]] = field(default_factory=set)
    # What is asked for whatever the chance: a way from the query down to a field.
    way: list[tuple[str, str]] = field(default_factory=list)
    names: int = 0

    def document(self) -> str:
        """A query with all that it names."""
        root = self.catalogue.schema.query_type
        assert root is not None
        body = self._selection(root, 0)
        return " ".join([f"query {self.variables.header}{body}", *self.fragments.values()])

    def _selection(self, type_: Composite, depth: int, *, is_apart: bool = False) -> str:
        """A selection set of a type; leaves alone once it is deep enough.

        `is_apart` gives every field a name of its own: another type's field may be of another kind.
        """
        chosen = self._way_down(type_, depth)
        fields = [name for name in type_.fields if self._is_open(type_, name, depth)]
        if chosen and self.deepest == DEEPEST:
            fields = [name for name in fields if is_leaf(type_, name)]
        least = 0 if chosen else 1
        most = self.most - len(chosen)
        offered = [*fields, "__typename"]
        is_known = [self._is_reached(type_, name) for name in offered]
        weights = [1 if known else TIMES_IF_NEW for known in is_known]
        chosen += self.chance.choices(offered, weights, k=self.chance.randint(least, most))
        parts = [part for name in chosen for part in self._field(type_, name, depth, is_apart)]
        parts += self._width(type_)
        if isinstance(type_, GraphQLInterfaceType):
            parts += self._on_types(type_, depth)
        wrapped = [self._wrapped(type_, part, depth, is_apart) for part in parts]
        return "{ " + " ".join(wrapped) + " }"

    def way_to(self, wanted: tuple[str, str]) -> list[tuple[str, str]] | None:
        """The fewest fields from the query down to this one, of what the reader may read."""
        types, root = self.catalogue.schema.type_map, self.catalogue.schema.query_type
        assert root is not None
        ways: dict[str, list[tuple[str, str]]] = {root.name: []}
        waiting = deque([root.name])
        while waiting:
            type_ = types[name := waiting.popleft()]
            assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
            if name == wanted[0]:
                open_ = self._is_open(type_, wanted[1], 0)
                return [*ways[name], wanted] if open_ else None
            for key, one in type_.fields.items():
                below = get_named_type(one.type)
                is_next = not is_leaf_type(below) and below.name not in ways
                if is_next and self._is_open(type_, key, 0):
                    ways[below.name] = [*ways[name], (name, key)]
                    waiting.append(below.name)
        return None

    def _is_reached(self, type_: Composite, name: str) -> bool:
        """Whether it was asked for; a history is the same whatever it is of."""
        if name == "history":
            return any(of == name for _, of in self.known.reached)
        return (type_.name, name) in self.known.reached

    def _way_down(self, type_: Composite, depth: int) -> list[str]:
        """What leads on: in a deep document, and where a field is to be reached."""
        if self.way and self.way[0][0] == type_.name:
            return [self.way.pop(0)[1]]
        if self.deepest < DEEPEST:
            return []
        leading = [
            name
            for name in type_.fields
            if not is_leaf(type_, name) and self._is_open(type_, name, depth) and name != "pageInfo"
        ]
        return [self.chance.choice(leading)] if leading else []

    def _width(self, type_: Composite) -> list[str]:
        """Now and then as many leaves more as make an object wide, in an order that shows."""
        if self.chance.randint(1, WIDE_OF) != WIDE_OF:
            return []
        leaves = [name for name in type_.fields if is_leaf(type_, name, without_arguments=True)]
        wide = self.chance.choice(WIDTHS) if leaves else 0
        return [f"{self._name('w')}: {leaves[number % len(leaves)]}" for number in range(wide)]

    def _on_types(self, type_: GraphQLInterfaceType, depth: int) -> list[str]:
        possible = self.catalogue.schema.get_possible_types(type_)
        chosen = self.chance.sample(possible, self.chance.randint(0, 2))
        return [
            f"... on {one.name} {self._selection(one, depth + 1, is_apart=True)}" for one in chosen
        ]

    def _is_open(self, type_: Composite, name: str, depth: int) -> bool:
        one = get_named_type(type_.fields[name].type)
        if is_leaf_type(one) or is_page(type_):
            return True
        if depth >= self.deepest:
            return False
        source = self.catalogue.sources.get((type_.name, name))
        if isinstance(source, Question):
            return False
        if isinstance(source, Here) and source.object and not self._may_read(source.object):
            return False
        reading = self.catalogue.readings.get(one.name.removesuffix("Connection"))
        return reading is None or self._may_read(reading.object)

    def _may_read(self, object_: str) -> bool:
        return bool(self.actor.reach(object_, "read"))

    def _field(self, type_: Composite, name: str, depth: int, is_apart: bool) -> list[str]:
        """One key of the answer; what leads on may be asked in two places, to be merged."""
        if name == "__typename":
            return [f"{self._name('t')}: __typename"]
        self.fields.add((type_.name, name))
        one = type_.fields[name]
        given, named = self._arguments(type_, name, one, depth), get_named_type(one.type)
        # An alias of its own wherever two uses of a name might differ.
        if is_leaf_type(named):
            is_plain = not (given or is_apart) and self.chance.random() < 0.5
            alias = "" if is_plain else f"{self._name('a')}: "
            return [f"{alias}{name}{given}"]
        assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        key, below = self._name("a"), depth if is_page(type_) else depth + 1
        times = 2 if self.chance.randint(0, 6) == 0 else 1
        return [
            f"{key}: {name}{given}{self._directives()} {self._selection(named, below)}"
            for _ in range(times)
        ]

    def _wrapped(self, type_: Composite, part: str, depth: int, is_apart: bool) -> str:
        how = self.chance.randint(0, 13)
        if how == 0:
            return f"... on {type_.name}{self._directives()} {{ {part} }}"
        if how == 1:
            return f"...{self._directives()} {{ {part} }}"
        if how == 2:
            spread = f"...{self._fragment(type_.name, '{ ' + part + ' }')}"
            again = spread if self.chance.random() < 0.5 else ""
            return f"{spread}{self._directives()} {again}"
        if how in (5, 6) and "{" not in part:
            return part + self._directives()
        if how == 3 and not is_apart:
            named = [name for on, name in self.spreads if on == type_.name]
            return f"{part} ...{self.chance.choice(named)}" if named else part
        if how == 4 and type_.name in self.catalogue.readings and depth <= self.deepest:
            return f"{part} ... on Node {{ {self._name('a')}: id ...{self._any_node(depth)} }}"
        return part

    def _any_node(self, depth: int) -> str:
        """A fragment on the interface, whatever it is spread in."""
        node = self.catalogue.schema.type_map["Node"]
        assert isinstance(node, GraphQLInterfaceType)
        return self._fragment("Node", self._selection(node, self.deepest + 1 + depth))

    def _fragment(self, type_name: str, body: str) -> str:
        """A new fragment's name; it is complete, so that it may be spread again anywhere."""
        name = self._name("F")
        self.fragments[name] = f"fragment {name} on {type_name} {body}"
        self.spreads.append((type_name, name))
        return name

    def _directives(self) -> str:
        how = self.chance.randint(0, 5)
        names = {0: ("include",), 1: ("skip",), 2: ("skip", "include")}.get(how, ())
        return "".join(f" @{name}(if: {self._boolean()})" for name in names)

    def _boolean(self) -> str:
        return self.variables.place("Boolean!", lambda: truth(self.chance.random() < 0.5))

    def _arguments(self, type_: Composite, name: str, one: GraphQLField, depth: int) -> str:
        parts: list[str] = []
        if "id" in one.args:
            # The types that ids name decide the plan.
            parts.append(f"id: {self.variables.place('ID!', lambda: self._id(self.known.ids))}")
        if "unit" in one.args and self.chance.random() < 0.5:
            parts.append(
                f"unit: {self.variables.place('ID', lambda: self._id(self.known.units()))}"
            )
        for day in sorted({"from", "to"} & set(one.args)):
            days = (ANY_DAYS if name == "countyReport" else DAYS)[day]
            drawn = self.variables.place("Date!", partial(self._day, days))
            parts.append(f"{day}: {drawn}")
        if "language" in one.args and self.chance.random() < 0.5:
            parts.append(f"language: {self._member(one, 'language')}")
        if "orderBy" in one.args:
            parts += self._page(one, depth)
        return f"({', '.join(parts)})" if parts else ""

    def _day(self, days: Sequence[str]) -> Value:
        return quoted(self.chance.choice(days))

    def _id(self, ids: Sequence[str]) -> Value:
        return quoted(self.chance.choice(ids))

    def _page(self, one: GraphQLField, depth: int) -> list[str]:
        sizes: tuple[str | None, ...] = ("first", "last") if depth > 1 else ("first", "last", None)
        size = self.chance.choice(sizes)
        parts = [f"{size}: {self._size(depth)}"] if size else []
        if self.chance.randint(0, 5) == 0:
            other = "last" if size == "first" else "first"
            parts.append(f"{other}: {self.variables.nothing('Int')}")
        parts += self._place(one)
        if "filter" in one.args and self.chance.random() < 0.5:
            input_ = get_named_type(one.args["filter"].type)
            assert isinstance(input_, GraphQLInputObjectType)
            filters = Filters(self.chance, self.variables, self.known.pointed)
            parts.append(f"filter: {filters.place(input_)}")
        return parts

    def _size(self, depth: int) -> str:
        """Short below, where nothing would come to a page's usual length many times over."""
        if depth > 1:
            return str(self.chance.randint(0, 2))
        return self.variables.place("Int", lambda: number(self.chance.randint(0, 7)))

    def _place(self, one: GraphQLField) -> list[str]:
        """An order, and where in it a page begins and ends."""
        bounds = self.chance.choice(BOUNDS)
        target = self.catalogue.node_type(one.type).name
        orders, directions = members(one, "orderBy"), members(one, "direction")
        order = self.chance.choice(orders)
        direction = self.chance.choice(directions)
        known = self.known.cursors.get((target, order, direction))
        if not (bounds and known):
            return [
                f"{name}: {self._member(one, name)}"
                for name in ("orderBy", "direction")
                if self.chance.random() < 0.5
            ]
        parts = [
            f"{bound}: {self.variables.place('String', lambda: self._id(known))}"
            for bound in bounds
        ]
        # What the schema has as its default may be left out.
        for name, value in (("orderBy", order), ("direction", direction)):
            if value != usual(one, name) or self.chance.random() < 0.5:
                type_ = str(one.args[name].type)
                parts.append(f"{name}: {self.variables.settled(type_, name_of(value))}")
        return parts

    def _member(self, one: GraphQLField, name: str) -> str:
        """A member of the enum that an argument takes."""
        known = members(one, name)
        return self.variables.place(
            str(one.args[name].type),
            lambda: name_of(self.chance.choice(known)),
            has_default=True,
        )

    def _name(self, letter: str) -> str:
        self.names += 1
        return f"{letter}{self.names}"


def usual(one: GraphQLField, name: str) -> str:
    """The member that an argument has where it is left out."""
    type_, default = get_named_type(one.args[name].type), one.args[name].default_value
    assert isinstance(type_, GraphQLEnumType)
    value = getattr(default, "value", default)
    for key, member in type_.values.items():
        if getattr(member.value, "value", member.value) == value:
            return str(key)
    raise LookupError(name)


def members(one: GraphQLField, name: str) -> list[str]:
    """The members of the enum that an argument takes."""
    enum = get_named_type(one.args[name].type)
    assert isinstance(enum, GraphQLEnumType)
    return list(enum.values)


def is_leaf(type_: Composite, name: str, *, without_arguments: bool = False) -> bool:
    """Whether a field is a scalar or an enum."""
    one = type_.fields[name]
    return is_leaf_type(get_named_type(one.type)) and not (without_arguments and one.args)


def is_page(type_: GraphQLNamedType) -> bool:
    """Whether a type is of a connection, which is no level of its own."""
    return type_.name.endswith(("Connection", "Edge")) or type_.name == "PageInfo"


def document(chance: Random, catalogue: Catalogue, actor: Actor, known: Known) -> Drawn:
    """A document of what this reader may read."""
    deepest, most = chance.choice(SHAPES)
    return drawn(Maker(chance, catalogue, actor, known, deepest, most, Variables(chance)))


def document_with(
    wanted: tuple[str, str], chance: Random, catalogue: Catalogue, actor: Actor, known: Known
) -> Drawn | None:
    """A document that asks for this field of this type; none where nothing leads there."""
    maker = Maker(chance, catalogue, actor, known, DEEPEST - 1, 2, Variables(chance))
    way = maker.way_to(wanted)
    if way is None:
        return None
    maker.way = way
    return drawn(maker)


def drawn(maker: Maker) -> Drawn:
    """What a maker draws, kept in mind for those who draw next."""
    text = maker.document()
    maker.known.reached.update(maker.fields)
    return Drawn(text, maker.variables.calls, frozenset(maker.fields))
