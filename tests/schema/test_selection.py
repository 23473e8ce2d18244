"""What is wanted of each type, as the executor collects it: unions and interfaces of all sorts.

The product's schema has no union and one interface; a small schema here has what it may come to.
"""

from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    build_schema,
    execute_sync,
    get_named_type,
    is_abstract_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from schema.reading.selection import Selector, Wanted

SCHEMA = build_schema(
    """
    interface Named { name: String }
    interface Placed implements Named { name: String place: String }
    type Shop implements Named & Placed { name: String place: String hours: String next: Thing }
    type Club implements Named { name: String members: Int next: Thing }
    type Rule { text: String next: Thing }
    union Thing = Shop | Club | Rule
    union Open = Shop | Club
    type Query { shop: Thing club: Thing rule: Thing named: Named placed: Placed open: Open }
    """
)
KINDS = {"shop": "Shop", "club": "Club", "rule": "Rule", "named": "Club", "placed": "Shop",
         "open": "Club"}  # fmt: skip
EACH = "shop { ...T } club { ...T } rule { ...T }"
DOCUMENTS = (
    # A union's members, and the name of each.
    f"{{ {EACH} }} fragment T on Thing {{ __typename ... on Shop {{ hours }}"
    " ... on Rule { text } }",
    # A fragment on the union itself, on another union, on interfaces above and beside.
    f"{{ {EACH} named {{ ...N }} placed {{ ...N }} open {{ ...O }} }}"
    " fragment T on Thing { ... on Thing { ... on Open { a: __typename ...N } } ...N"
    " ... on Placed { p: place } }"
    " fragment N on Named { n: name ... on Placed { place } ... on Club { members } }"
    " fragment O on Open { ... on Named { name } ... on Thing { ... on Club { members } } }",
    # Without a type; one key in several places, its selections merged in their order.
    "{ shop { ... { ... on Shop { next { ... on Club { name } } } } ... on Placed { b: place }"
    " ... on Shop { next { ... on Club { members } ... on Rule { text } } hours } } }",
    # One fragment in two places of one selection, in two of one key, and in two objects.
    "{ club { ...C ...C ... on Club { next { ...S } next { z: __typename ...S } } } open { ...C } }"
    " fragment C on Club { members name } fragment S on Shop { hours name }",
    # Switched off in one place, asked for in another.
    "query ($no: Boolean = false, $yes: Boolean!) { shop { ...S @include(if: $no) ...S"
    " ... @skip(if: $yes) { a: __typename } ... on Shop @include(if: $yes) @skip(if: $no) { name }"
    " ... on Shop { place @skip(if: $no) @include(if: $no) hours @include(if: $yes) } } }"
    " fragment S on Shop { s: hours }",
)


class TestSelector:
    """The tree of keys, level by level."""

    @pytest.mark.parametrize("text", DOCUMENTS)
    def test_each_object_has_the_executors_keys_in_their_order(self, text: str) -> None:
        document = parse(text)
        assert not validate(SCHEMA, document)
        executed = execute_sync(
            SCHEMA, document, variable_values={"yes": True},
            field_resolver=lambda source, info, **_: value(source, info.field_name),
            type_resolver=lambda source, info, type_: source["kind"],
        )  # fmt: skip
        assert executed.errors is None
        operation: Any = document.definitions[0]
        variables: Any = get_variable_values(
            SCHEMA, operation.variable_definitions or (), {"yes": True}
        )
        selector = Selector.of(SCHEMA, document, variables)
        root = SCHEMA.query_type
        assert root is not None
        built = built_of(selector, root, selector.root(operation, root), {"kind": "Query"})
        assert repr(built) == repr(executed.data)


def value(source: Any, name: str) -> Any:
    """An object of the kind that its key says, or a text that says where it stands."""
    kind = (source or {}).get("kind", "Query")
    if kind == "Query":
        return {"kind": KINDS[name]}
    if name == "next":
        return {"kind": {"Shop": "Club", "Club": "Shop", "Rule": "Rule"}[kind]}
    return 7 if name == "members" else f"{kind}.{name}"


def built_of(
    selector: Selector, type_: GraphQLObjectType, wanted: list[Wanted], source: Any
) -> dict[str, Any]:
    """An object as the selector would have it."""
    found: dict[str, Any] = {}
    for want in wanted:
        if want.name == "__typename":
            found[want.key] = type_.name
            continue
        one = value(source, want.name)
        if is_abstract_type(get_named_type(type_.fields[want.name].type)):
            below: Any = SCHEMA.type_map[one["kind"]]
            one = built_of(selector, below, selector.below(want, below), one)
        found[want.key] = one
    return found
