"""Every list of the schema as a reader asks for it, and how PostgreSQL goes about answering it.

What is asked is read off the catalogue, how it went off EXPLAIN ANALYZE as the reading role.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from graphql import GraphQLEnumType, GraphQLObjectType, get_named_type
from graphql import is_required_argument as is_required
from sqlalchemy import Index, PrimaryKeyConstraint, UniqueConstraint, text

from infra.database import Database, tables
from policies import Actor
from schema.reading.declare import Here, Pages, Rows
from services.standing import Authority
from tests.schema.test_oracle import READER, planned

Node: TypeAlias = Mapping[str, Any]
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# As the app's roles have it, and as any other would.
GENERIC, CUSTOM = "force_generic_plan", "force_custom_plan"
CATALOGUE = READER.catalogue
TABLES = {table.name: table for table in tables().sorted_tables}
WALLED = frozenset(name for name, table in TABLES.items() if "tenant_id" in table.c)


@dataclass(frozen=True)
class Listed:
    """A field that reads rows: where it stands, and how a document comes to it."""

    type_name: str
    name: str
    way: str
    source: Pages | Rows
    objects: frozenset[str]

    @property
    def target(self) -> str:
        """The type of what it lists."""
        type_ = _object(self.type_name).fields[self.name].type
        is_paged = isinstance(self.source, Pages)
        return CATALOGUE.node_type(type_).name if is_paged else get_named_type(type_).name

    @property
    def table(self) -> str:
        """The table that it pages through."""
        return str(CATALOGUE.readings[self.target].table.name)  # type: ignore[attr-defined]

    @property
    def orders(self) -> list[tuple[str, str]]:
        """What it may be ordered by: the GraphQL name, and the column."""
        enum = get_named_type(_object(self.type_name).fields[self.name].args["orderBy"].type)
        assert isinstance(enum, GraphQLEnumType)
        return [(name, str(member.value)) for name, member in enum.values.items()]

    def document(self, arguments: str = "", wanted: str = "nodes { id }") -> str:
        """A document that asks for it; `$id` is the object that it hangs on."""
        if isinstance(self.source, Rows):
            wanted = "__typename"
        asked = f"{self.name}{f'({arguments})' if arguments else ''} {{ {wanted} }}"
        return self.way.replace("*", asked)


@dataclass(frozen=True)
class Told:
    """What EXPLAIN tells of one statement."""

    root: Node

    def nodes(self) -> Iterator[Node]:
        """Every step of the plan."""
        return _below(self.root)

    def unindexed(self) -> list[str]:
        """Steps that read a county's table by no index that the county leads."""
        return [
            f"{node['Node Type']} on {node['Relation Name']}: {node.get('Index Name')}"
            for node in self.nodes()
            if node.get("Relation Name") in WALLED and not _is_led_by_county(node)
        ]

    def sorted_rows(self, table: str) -> int:
        """The most rows of a list's table that are sorted before a page is cut.

        A sort by a longer order of what already comes in its first column's order sorts but ties;
        one above a LIMIT has a page before it at most. What is sorted on the way to a join, as the
        units below the reader's own, is no page's order.
        """
        sorts = (node for node in self.nodes() if _sorts_all(node) and _reads(node, table))
        return max((_rows(node["Plans"][0]) for node in sorts), default=0)

    def looked_at(self) -> int:
        """The most rows that one step takes out of a table, those that it drops again included."""
        return max(_taken(node) for node in self.nodes() if node.get("Relation Name") in WALLED)

    def conditions(self, index: str) -> list[str]:
        """What an index is asked."""
        named = [node for node in self.nodes() if node.get("Index Name") == index]
        return [node.get("Index Cond", "") for node in named]


@dataclass(frozen=True)
class Explainer:
    """Asks as one reader of a county, on a connection of the reading role."""

    database: Database
    connection: Connection
    held: Authority

    @property
    def actor(self) -> Actor:
        """The reader."""
        return self.held.actor

    async def told(self, document: str, given: Mapping[str, Any], *, mode: str = GENERIC) -> Told:
        """How the statement of a document went; by the plan that serves every value, if not asked.

        EXPLAIN of a statement with parameters would always show one made for these very values.
        """
        plan, call = planned(self.held, document, given)
        await self.connection.execute(f"set plan_cache_mode = {mode}")
        await self.connection.execute(f"prepare asked as {plan.sql}")
        values = ", ".join(literal(argument) for argument in plan.arguments(call))
        explain = f"explain (analyze, timing off, format json) execute asked({values})"
        told = json.loads(await self.connection.fetchval(explain))
        await self.connection.execute("deallocate asked")
        return Told(told[0]["Plan"])

    async def answered(self, document: str, given: Mapping[str, Any]) -> Any:
        """What the statement of a document answers."""
        plan, call = planned(self.held, document, given)
        return json.loads(await self.connection.fetchval(plan.sql, *plan.arguments(call)))

    def may_ask(self, listed: Listed) -> bool:
        """Whether the reader may read anything there at all."""
        return all(self.actor.reach(object_, "read") for object_ in listed.objects)


def literal(value: Any) -> str:
    """An argument as SQL, for EXECUTE takes no parameters."""
    match value:
        case None:
            return "null"
        case bool() | int():
            return str(value).lower()
        case list():
            return f"array[{', '.join(map(literal, value))}]" if value else "'{}'"
        case UUID():
            return f"uuid '{value}'"
        case _:
            return "'" + str(value).replace("'", "''") + "'"


def lists() -> list[Listed]:
    """Every field of the schema that reads more than one row, with each way to it."""
    return [
        Listed(type_name, name, way, source, objects | _object_of(type_name, name))
        for (type_name, name), source in CATALOGUE.sources.items()
        if isinstance(source, Pages | Rows)
        for way, objects in _ways(type_name)
    ]


async def richest(explainer: Explainer, listed: Listed) -> str | None:
    """The id of the object on which the list is longest; none for a list of the county."""
    if "$id" not in listed.way:
        return None
    column = listed.source.back if isinstance(listed.source, Pages) else None
    counted = f"{column} from {listed.table}" if column else "id from unit where parent_id is null"
    grouped = f"where {column} is not null group by 1 order by count(*) desc, 1" if column else ""
    found = text(f"select {counted} {grouped} limit 1")
    async with explainer.database.session(explainer.actor.tenant_id, read_only=True) as session:
        id_: UUID = (await session.exec(found)).scalar_one()  # type: ignore[call-overload]
    return f"{listed.way.partition('... on ')[2].partition(' ')[0]}:{id_}"


def _ways(type_name: str) -> list[tuple[str, frozenset[str]]]:
    """How a document comes to an object of this type, and what must be readable for that."""
    if type_name == "Query":
        return [("{ * }", frozenset())]
    if type_name in CATALOGUE.readings:
        way = f"query ($id: ID!) {{ node(id: $id) {{ ... on {type_name} {{ * }} }} }}"
        return [(way, frozenset({CATALOGUE.readings[type_name].object}))]
    return [
        (
            way.replace("*", f"{name}{needed(above, name)} {{ * }}"),
            objects | {source.object or ""} - {""},
        )
        for (above, name), source in CATALOGUE.sources.items()
        if isinstance(source, Here) and _leads_to(above, name) == type_name
        for way, objects in _ways(above)
    ]


def needed(type_name: str, name: str) -> str:
    """The arguments without which a field isn't asked: days, so far."""
    days = [key for key, one in _object(type_name).fields[name].args.items() if is_required(one)]
    given = ", ".join(f'{key}: "2026-01-01"' for key in days)
    return f"({given})" if given else ""


def _leads_to(type_name: str, name: str) -> str:
    return str(get_named_type(_object(type_name).fields[name].type).name)


def _object_of(type_name: str, name: str) -> frozenset[str]:
    """What must be readable for a list itself; a computed one is its object's."""
    if isinstance(CATALOGUE.sources[type_name, name], Rows):
        return frozenset()
    node = CATALOGUE.node_type(_object(type_name).fields[name].type)
    return frozenset({CATALOGUE.readings[node.name].object})


def _object(name: str) -> GraphQLObjectType:
    type_ = CATALOGUE.schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def _below(node: Node) -> Iterator[Node]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _below(inner)


def _is_led_by_county(node: Node) -> bool:
    """The step goes by an index that leads with the county, and asks it for one county."""
    if node["Node Type"] == "Bitmap Heap Scan":
        inner = [one for one in _below(node) if one["Node Type"] == "Bitmap Index Scan"]
        return bool(inner) and all(_is_led_by_county(one) for one in inner)
    name = node.get("Index Name")
    return name in LED and "(tenant_id = " in node.get("Index Cond", "")


def _led() -> frozenset[str]:
    """The names of indexes and keys whose first column is the county."""
    kept = [one for table in TABLES.values() for one in (*table.indexes, *table.constraints)]
    keys = [one for one in kept if isinstance(one, Index | UniqueConstraint | PrimaryKeyConstraint)]
    return frozenset(str(one.name) for one in keys if [c.name for c in one.columns][:1] == TENANT)


TENANT = ["tenant_id"]
LED = _led()


def _reads(node: Node, table: str) -> bool:
    return any(inner.get("Relation Name") == table for inner in _below(node))


def _sorts_all(node: Node) -> bool:
    return node["Node Type"] == "Sort" and all(
        inner["Node Type"] != "Limit" for inner in _below(node)
    )


def _rows(node: Node) -> int:
    return int(node["Actual Rows"])


def _taken(node: Node) -> int:
    dropped = sum(node.get(f"Rows Removed by {how}", 0) for how in ("Filter", "Index Recheck"))
    return int((node["Actual Rows"] + dropped) * node["Actual Loops"])
