"""The shapes (形状): what is asked in each, in the words of each peer, how answers are compared.

Every document has a place for a name, so that the same shape can be asked by many documents.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

ONE, PAGE, TREE, MANY, COVERAGE = (
    "one row",
    "page of 20",
    "three levels",
    "10,000 objects",
    "coverage",
)
SHAPES = (ONE, PAGE, TREE, MANY, COVERAGE)
MANY_OBJECTS = 10_000

FIELDS = "{ id kind name since version }"
NAMED = "{ id name }"
PARTIES = f"estate {NAMED} branch {NAMED} committee {NAMED} firm {NAMED}"
COUNTED = (
    "{ estates estatesLinked firms firmsWithPartyOrganisation firmsWithInstructor crossAppointed }"
)
COVERED = f"query Read# {{ read#: coverage {COUNTED} }}"

OURS = {
    ONE: f'query Read# {{ read#: node(id: "Unit:$unit") {{ ... on Unit {FIELDS} }} }}',
    PAGE: "query Read# { read#: units(first: 20, filter: {kinds: [GRID]}) { nodes "
    + FIELDS
    + " } }",
    TREE: "query Read# { read#: units(first: 20, filter: {kinds: [GRID]}) { nodes { id name"
    " linkages(first: 10, filter: {current: true}) { nodes { id since " + PARTIES + " } } } } }",
    MANY: f"query Read# {{ read#: units(first: {MANY_OBJECTS}) {{ nodes {FIELDS} }} }}",
    COVERAGE: COVERED,
}

_BY_NAME = "orderBy: [NAME_ASC, ROW_ID_ASC]"
_GRIDS = f'allUnitsList(first: 20, condition: {{kind: "grid"}}, {_BY_NAME})'
_ROW = "{ id: rowId kind name since version }"
_OTHER = "unitByTenantIdAnd{}Id {{ id: rowId name }}"
POSTGRAPHILE = {
    ONE: 'query Read# { read#: unitByTenantIdAndRowId(tenantId: "$tenant", rowId: "$unit")'
    + _ROW
    + " }",
    PAGE: f"query Read# {{ read#: {_GRIDS} {_ROW} }}",
    TREE: f"query Read# {{ read#: {_GRIDS} {{ id: rowId name linkages:"
    " linkagesByTenantIdAndGridIdList(first: 10, condition: {until: null},"
    " orderBy: [SINCE_ASC, ROW_ID_ASC]) { id: rowId since "
    + " ".join(
        f"{name}: {_OTHER.format(name.title())}"
        for name in ("estate", "branch", "committee", "firm")
    )
    + " } } }",
    MANY: f"query Read# {{ read#: allUnitsList(first: {MANY_OBJECTS}, {_BY_NAME}) {_ROW} }}",
    COVERAGE: COVERED,
}

# Mercurius and Strawberry are written by hand, to one schema.
BY_HAND = {
    ONE: f'query Read# {{ read#: unit(id: "$unit") {FIELDS} }}',
    PAGE: f'query Read# {{ read#: units(first: 20, kind: "grid") {FIELDS} }}',
    TREE: 'query Read# { read#: units(first: 20, kind: "grid") { id name linkages { id since '
    + PARTIES
    + " } } }",
    MANY: f"query Read# {{ read#: units(first: {MANY_OBJECTS}) {FIELDS} }}",
    COVERAGE: COVERED,
}

_ORDER = "orderBy: [{name: ASC}, {id: ASC}]"
_FIRST = f'units(limit: 20, filter: {{kind: {{eq: "grid"}}}}, {_ORDER})'
STRAWCHEMY = {
    ONE: f'query Read# {{ read#: unit(tenantId: "$tenant", id: "$unit") {FIELDS} }}',
    PAGE: f"query Read# {{ read#: {_FIRST} {FIELDS} }}",
    TREE: f"query Read# {{ read#: {_FIRST} {{ id name linkages {{ id since {PARTIES} }} }} }}",
    MANY: f"query Read# {{ read#: units(limit: {MANY_OBJECTS}, {_ORDER}) {FIELDS} }}",
    COVERAGE: COVERED,
}


def document(template: str, number: int, *, tenant: UUID, unit: UUID) -> str:
    """The document of this number: another name and another alias, the same question."""
    named = template.replace("#", str(number))
    return named.replace("$tenant", str(tenant)).replace("$unit", str(unit))


def canonical(body: bytes) -> str:
    """An answer in the form in which all are compared; errors stay as they are."""
    answer = json.loads(body)
    if answer.get("errors"):
        return json.dumps(answer, ensure_ascii=False)
    (root,) = answer["data"].values()
    return json.dumps(_plain(root), ensure_ascii=False, sort_keys=True)


def _plain(value: Any) -> Any:
    """Lists without Relay's wrapping, ids without their type, kinds in lower case."""
    match value:
        case {"nodes": list(found), **rest} if not rest:
            return [_plain(each) for each in found]
        case Mapping():
            return {name: _member(name, member) for name, member in value.items()}
        case list():
            return [_plain(each) for each in value]
        case _:
            return value


def _member(name: str, value: Any) -> Any:
    if name == "id":
        return str(value).rpartition(":")[2]
    if name == "kind":
        return str(value).lower()
    return _plain(value)
