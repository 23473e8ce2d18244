"""Values of arguments, drawn: written in the document, or in a variable, its default, or neither.

Every variable has a value, null or nothing for each of two calls of the same document.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from graphql import GraphQLEnumType, GraphQLInputObjectType, get_named_type, is_list_type

from tests.schema.oracle_values import OTHER_TYPES

PREFIXES = ("", "王", "第", "桂", "1", "\U00020000", '"', "\\", "'; --", "%", "é", "unit.founded")
EVENTS = ("unit.founded", "person.registered", "pack.adopted", "no.such")
MOMENTS = ("2020-01-01T00:00:00Z", "2199-12-31T23:59:59.999999+08:00")
MONTHS = ("2026-01-01", "2026-02-01", "2026-02-02", "2099-12-01")
POINTED = {name: f"{type_name}:" for name, type_name in OTHER_TYPES.items()}
# Found by a keyed hash, which the oracle can't make.
SEALED = ("phone", "identityNumber")


class Value(NamedTuple):
    """A value as a document writes it, and as a variable is given it."""

    text: str
    value: Any


NULL = Value("null", None)
Make = Callable[[], Value]


@dataclass
class Variables:
    """What a document declares, and what its two calls give."""

    chance: Random
    declared: list[str] = field(default_factory=list)
    calls: tuple[dict[str, Any], dict[str, Any]] = field(default_factory=lambda: ({}, {}))

    @property
    def header(self) -> str:
        """The declarations, in their parentheses."""
        return f"({', '.join(self.declared)})" if self.declared else ""

    def place(self, type_: str, make: Make, *, has_default: bool = False) -> str:
        """What stands in the place of a value: itself, or a variable.

        `type_` is what the place takes; `has_default`: it may stay empty although that is not null.
        """
        if self.chance.random() < 0.5:
            return make().text
        is_needed = type_.endswith("!")
        if self.chance.random() < 0.5:
            return self._variable(f"{type_.rstrip('!')} = {make().text}", make, True, not is_needed)
        if has_default and self.chance.random() < 0.5:
            return self._variable(type_.rstrip("!"), make, True, False)
        return self._variable(type_, make, not is_needed, not is_needed)

    def nothing(self, type_: str) -> str:
        """Null in any way that a document has of saying it."""
        return self._variable(type_, lambda: NULL, True, True) if self._tosses() else "null"

    def settled(self, type_: str, value: Value) -> str:
        """What stands in a place where both calls must have this value."""
        if self._tosses():
            return value.text
        if self._tosses():
            return self._variable(f"{type_.rstrip('!')} = {value.text}", lambda: value, True, False)
        return self._variable(type_, lambda: value, False, False)

    def _variable(self, declared: str, make: Make, may_lack: bool, may_be_null: bool) -> str:
        name = f"v{len(self.declared) + 1}"
        self.declared.append(f"${name}: {declared}")
        for call in self.calls:
            how = self.chance.choice(("given", "given", "null", "absent"))
            if how == "absent" and may_lack:
                continue
            call[name] = None if how == "null" and may_be_null else make().value
        return f"${name}"

    def _tosses(self) -> bool:
        return self.chance.random() < 0.5


@dataclass(frozen=True)
class Filters:
    """Filter inputs, each member in its turn: in the text, as a whole in a variable, or mixed."""

    chance: Random
    variables: Variables
    ids: tuple[str, ...]

    def place(self, input_: GraphQLInputObjectType) -> str:
        """What stands in the place of a filter."""
        if self.chance.randint(0, 2) == 0:
            return self.variables.place(input_.name, lambda: self._whole(input_))
        parts = [
            f"{name}: {self.variables.place(str(input_.fields[name].type), self._member(name, of))}"
            for name, of in self._chosen(input_)
        ]
        return "{" + ", ".join(parts) + "}"

    def _whole(self, input_: GraphQLInputObjectType) -> Value:
        made = {
            name: NULL if self.chance.randint(0, 5) == 0 else self._member(name, of)()
            for name, of in self._chosen(input_)
        }
        text = ", ".join(f"{name}: {value.text}" for name, value in made.items())
        return Value("{" + text + "}", {name: value.value for name, value in made.items()})

    def _chosen(self, input_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        usable = [name for name in input_.fields if name not in SEALED]
        most = min(3, len(usable))
        chosen = self.chance.sample(usable, self.chance.randint(0, most))
        return [(name, input_.fields[name].type) for name in chosen]

    def _member(self, name: str, type_: Any) -> Make:
        named = get_named_type(type_)
        if is_list_type(type_):
            offered = getattr(named, "values", None)
            return lambda: self._choices(sorted(offered)) if offered else self._texts()
        if isinstance(named, GraphQLEnumType):
            members = sorted(named.values)
            return lambda: name_of(self.chance.choice(members))
        if named.name == "DateTime":
            return lambda: quoted(self.chance.choice(MOMENTS))
        if named.name == "Date":
            return lambda: quoted(self.chance.choice(MONTHS))
        if named.name == "Boolean":
            return lambda: truth(self.chance.random() < 0.5)
        if named.name == "ID":
            known = [id_ for id_ in self.ids if id_.startswith(POINTED.get(name, "Unit:"))]
            return lambda: quoted(self.chance.choice(known))
        return lambda: quoted(self.chance.choice(PREFIXES))

    def _texts(self) -> Value:
        """Some names of events."""
        some = self.chance.choices(EVENTS, k=self.chance.randint(0, 3))
        return Value(f"[{', '.join(quoted(one).text for one in some)}]", some)

    def _choices(self, names: list[str]) -> Value:
        """Some of an enum's members; one alone may stand without its brackets."""
        some = self.chance.choices(names, k=self.chance.randint(0, 3))
        if len(some) == 1 and self.chance.random() < 0.5:
            return Value(some[0], some[0])
        return Value(f"[{', '.join(some)}]", some)


def quoted(text: str) -> Value:
    """A text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return Value(f'"{escaped}"', text)


def number(value: int) -> Value:
    """A whole number."""
    return Value(str(value), value)


def truth(value: bool) -> Value:
    """A yes or no."""
    return Value("true" if value else "false", value)


def name_of(member: str) -> Value:
    """A member of an enum."""
    return Value(member, member)
