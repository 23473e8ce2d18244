"""Scalars at their edges come out as the executor writes them, whatever the session is set to.

A small schema of the test's own has a column of each kind; the product's names hold every text.
"""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import pytest
import strawberry
from graphql import ExecutionResult, GraphQLResolveInfo, build_schema, execute_sync, print_schema
from sqlalchemy import BigInteger, Column, Date, DateTime, MetaData, String, Table, Uuid, text
from strawberry.schema.config import StrawberryConfig

from infra.database import READ_ONLY, Database
from schema.documents import Documents
from schema.limits import Limits
from schema.nodes import Node
from schema.reading import Call, PageLimits, Reader
from schema.reading.catalogue import Catalogue, Undeclared
from schema.reading.declare import column, connection, reads
from schema.reading.members import Where, where
from schema.reading.pages import Connection
from schema.reading.scalars import SCALARS, BigInt
from services import authority
from services.errors import BadInput, VariablesRefused
from tests.county import County
from tests.infra.service import Service, token
from tests.schema.oracle import Oracle
from tests.schema.oracle_values import written
from tests.schema.test_oracle import compiled
from tests.schema.test_refusals import cursor

SHANGHAI = timezone(timedelta(hours=8))
AMOUNTS = (0, 1, 2**31, 2**53 - 1, 2**53 + 1, -(2**53) - 1, 2**63 - 2, 2**63 - 1, -(2**63))
DAYS = (date(1, 1, 1), date(1582, 10, 10), date(2024, 2, 29), date(2025, 1, 1), date(9999, 12, 31))
MIDNIGHT = datetime(2025, 1, 1, tzinfo=SHANGHAI)
INSTANT = timedelta(microseconds=1)
MOMENTS = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1900, 12, 31, 15, 54, 17, tzinfo=UTC),
    datetime(1988, 7, 1, 0, 30, tzinfo=SHANGHAI),
    MIDNIGHT - INSTANT,
    MIDNIGHT,
    datetime(2025, 1, 1, tzinfo=UTC) - INSTANT,
    datetime(2025, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
)
TEXTS = (
    "", " ", "\U00020000\U0001f3e0", "e\u0301", "é", '"', "'", "\\", "\\u0041", "'; --", "/", "<>&",
    "\u2028\u2029", "\u200b\ufeff", "\t\n\r\b\f", "\x01\x1f\x7f\x85", "\ufffe\uffff", "\U0010ffff",
    "%_", "{}[]", "null", "第", "".join(map(chr, (*range(1, 32), 127))),
)  # fmt: skip
UNSTORABLE = ("\x00", "a\x00b", "\ud800", "\udfff\ud800", "a\udc00")
SETTINGS = (
    "set timezone = 'Asia/Shanghai'",
    "set datestyle = 'SQL, DMY'",
    "set extra_float_digits = 0",
    "set bytea_output = 'escape'",
)

FORWARD = ("first", "after", "endCursor", "hasNextPage")
BACKWARD = ("last", "before", "startCursor", "hasPreviousPage")

TABLE = Table(
    "edge", MetaData(), Column("tenant_id", Uuid), Column("id", Uuid), Column("amount", BigInteger),
    Column("day", Date), Column("at", DateTime(timezone=True)), Column("note", String),
)  # fmt: skip


class EdgeRow:
    """The table as a service would declare it."""

    __table__: ClassVar[Table] = TABLE


@strawberry.enum
class EdgeOrder(Enum):
    """Each kind orders its list, and stands in its cursors."""

    AMOUNT = "amount"
    DAY = "day"
    AT = "at"
    NOTE = "note"


@strawberry.input
class EdgeFilter:
    """Whole numbers come in as they go out."""

    amount: BigInt | None = where(Where(lambda one, value: one == value, "amount"), "This much.")


@strawberry.type
@reads(EdgeRow, "units")
class Edge(Node):
    """A row of edges."""

    amount: BigInt = column("amount", "A whole number of 64 bits.")
    day: date = column("day", "A day.")
    at: datetime = column("at", "A moment.")
    note: str = column("note", "A text.")


@strawberry.type
class Query:
    """The list of them."""

    edges: Connection[Edge] = connection(None, EdgeOrder, "Edges.", EdgeFilter)


CONFIG = StrawberryConfig(scalar_map=SCALARS)
BUILT = strawberry.Schema(query=Query, config=CONFIG)._schema
READER = Reader(BUILT)
PLAIN = build_schema(print_schema(BUILT))
DOCUMENTS = Documents(BUILT, Limits())
EVERY = "id amount day at note"


@pytest.fixture(scope="module")
async def here(database: Database) -> County:
    """A county of the module's own."""
    return await County.new(database)


@pytest.fixture(scope="module")
async def rows(database: Database, here: County) -> AsyncIterator[list[dict[str, Any]]]:
    """A table of edges, each value beside one of every other kind."""
    owner = await database.address.connect()
    await owner.execute(
        "create table edge (tenant_id uuid, id uuid, amount bigint, day date, at timestamptz,"
        ' note text collate "C")'
    )
    await owner.execute(f"grant select on edge to {READ_ONLY}")
    made = [
        {
            "tenant_id": here.id, "id": UUID(int=number + 1),
            "amount": AMOUNTS[number % len(AMOUNTS)], "day": DAYS[number % len(DAYS)],
            "at": MOMENTS[number % len(MOMENTS)], "note": TEXTS[number % len(TEXTS)],
        }
        for number in range(3 * len(TEXTS))
    ]  # fmt: skip
    # As text: the driver would make infinity of the first and the last day that there are.
    columns = "$1, $2, $3, $4::text::date, $5::text::timestamptz, $6"
    for row in made:
        given = [one.isoformat() if isinstance(one, date) else one for one in row.values()]
        await owner.execute(f"insert into edge values ({columns})", *given)
    yield made
    await owner.execute("drop table edge")
    await owner.close()


@pytest.fixture
async def reader(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the reading role whose settings are not the suite's."""
    connection = await database.address.connect(READ_ONLY)
    for setting in SETTINGS:
        await connection.execute(setting)
    yield connection
    await connection.close()


class TestScalars:
    """Compiled and executed, they are the same JSON."""

    async def test_each_kind_comes_out_as_the_executor_writes_it(
        self,
        database: Database,
        here: County,
        rows: list[dict[str, Any]],
        reader: "asyncpg.Connection[asyncpg.Record]",
    ) -> None:
        document = f"{{ edges(first: 100) {{ nodes {{ {EVERY} }} }} }}"
        answer = await read(database, here, reader, document)
        ordered = sorted(rows, key=lambda row: (row["amount"], row["id"].int))
        assert json.dumps(answer) == json.dumps(executed(document, ordered))

    @pytest.mark.parametrize("direction", ["ASC", "DESC"])
    @pytest.mark.parametrize("way", [FORWARD, BACKWARD])
    @pytest.mark.parametrize("order", [member.name for member in EdgeOrder])
    async def test_each_kind_orders_a_list_and_stands_in_its_cursors(
        self,
        database: Database,
        here: County,
        rows: list[dict[str, Any]],
        reader: "asyncpg.Connection[asyncpg.Record]",
        order: str,
        way: tuple[str, str, str, str],
        direction: str,
    ) -> None:
        name = order.lower()
        ordered = sorted(rows, key=lambda r: (collated(r[name]), r["id"].int))
        whole = [str(row["id"]) for row in ordered][:: -1 if direction == "DESC" else 1]
        size, place, edge, further = way
        document = (
            f"query ($at: String) {{ edges({size}: 7, {place}: $at, orderBy: {order},"
            f" direction: {direction}) {{ nodes {{ id }} pageInfo {{ {edge} {further} }} }} }}"
        )
        found: list[str] = []
        at, more = None, True
        while more:
            page = (await read(database, here, reader, document, {"at": at}))["edges"]
            ids = [node["id"].partition(":")[2] for node in page["nodes"]]
            found = found + ids if way == FORWARD else ids + found
            at, more = page["pageInfo"][edge], page["pageInfo"][further]
        assert found == whole

    @pytest.mark.parametrize("amount", AMOUNTS)
    @pytest.mark.parametrize("as_text", [True, False])
    async def test_a_whole_number_is_found_as_it_was_shown(
        self,
        database: Database,
        here: County,
        rows: list[dict[str, Any]],
        reader: "asyncpg.Connection[asyncpg.Record]",
        amount: int,
        as_text: bool,
    ) -> None:
        document = "query ($n: BigInt) { edges(filter: {amount: $n}) { nodes { amount } } }"
        given = {"n": str(amount) if as_text else amount}
        nodes = (await read(database, here, reader, document, given))["edges"]["nodes"]
        assert {node["amount"] for node in nodes} == {str(amount)}

    @pytest.mark.parametrize(
        "given", [2**63, -(2**63) - 1, str(2**63), "1e3", "٣", "", " 1", 1.5, True, [1], "9" * 5000]
    )
    async def test_what_is_no_number_of_64_bits_is_refused(
        self, database: Database, here: County, given: Any
    ) -> None:
        document = DOCUMENTS.read(
            "query ($n: BigInt) { edges(filter: {amount: $n}) { nodes { id } } }"
        )
        operation = document.operation(None)
        assert operation is not None
        with pytest.raises(VariablesRefused):
            DOCUMENTS.variables(operation, {"n": given})

    @pytest.mark.parametrize("amount", [2**63, -(2**63) - 1])
    async def test_a_cursor_beyond_64_bits_is_no_cursor(
        self,
        database: Database,
        here: County,
        rows: list[dict[str, Any]],
        reader: "asyncpg.Connection[asyncpg.Record]",
        amount: int,
    ) -> None:
        at = cursor("amount", str(amount), str(UUID(int=0)))
        with pytest.raises(BadInput):
            await read(database, here, reader, f'{{ edges(after: "{at}") {{ nodes {{ id }} }} }}')

    def test_a_column_of_64_bits_is_never_an_int(self) -> None:
        @strawberry.type(name="Cut")
        @reads(EdgeRow, "units")
        class Cut(Node):
            amount: int = column("amount", "Cut off.")

        @strawberry.type(name="Query")
        class Cutting:
            edges: Connection[Cut] = connection(None, EdgeOrder, "Edges.")

        with pytest.raises(Undeclared, match="BigInt"):
            Catalogue.of(strawberry.Schema(query=Cutting, config=CONFIG)._schema)


class TestTexts:
    """The product's own names, each as it was written."""

    async def test_every_text_is_read_ordered_and_found_as_it_was_written(
        self, database: Database, county: County
    ) -> None:
        units = [await county.unit("community", f"社区{n}") for n in range(len(TEXTS))]
        async with county.session() as session:
            for unit, name in zip(units, TEXTS, strict=True):
                change = text("update unit set name = :name where id = :id")
                await session.exec(change.bindparams(name=name, id=unit.id))  # type: ignore[call-overload]
        oracle = await Oracle.of(county, county.administrator)
        wanted = "edges { cursor node { name } } pageInfo { endCursor }"
        pages = f"query ($at: String) {{ units(first: 3, after: $at) {{ {wanted} }} }}"
        at: str | None = None
        for _ in range(len(TEXTS) // 3 + 1):
            answer = await compiled(database, county.administrator, pages, {"at": at})
            assert json.dumps(answer) == json.dumps(oracle.answer(pages, {"at": at}))
            at = answer["units"]["pageInfo"]["endCursor"]
        found = (
            "query ($name: String) { units(filter: {name: $name}, first: 100) { nodes { name } } }"
        )
        for name in TEXTS:
            answer = await compiled(database, county.administrator, found, {"name": name})
            assert json.dumps(answer) == json.dumps(oracle.answer(found, {"name": name}))

    @pytest.mark.parametrize("unstorable", UNSTORABLE)
    async def test_nul_and_half_a_character_are_refused_on_the_way_in(
        self, served: Service, here: County, unstorable: str
    ) -> None:
        bearer = await token(here, here.administrator)
        escaped = json.dumps(unstorable)
        in_text = f"{{ units(filter: {{name: {escaped}}}) {{ totalCount }} }}"
        by_name = "query ($name: String) { units(filter: {name: $name}) { totalCount } }"
        by_filter = "query ($f: UnitFilter) { units(filter: $f) { totalCount } }"
        by_id = "query ($id: ID!) { node(id: $id) { id } }"
        for query, variables in (
            (in_text, {}),
            (by_name, {"name": unstorable}),
            (by_id, {"id": unstorable}),
            (by_filter, {"f": {"name": unstorable}}),
            (f"{{ units {{ totalCount }} }} # {unstorable}", {}),
        ):
            body = json.dumps({"query": query, "variables": variables}).encode()
            headers = {"content-type": "application/json", "authorization": f"Bearer {bearer}"}
            response = await served.http.post("/graphql", content=body, headers=headers)
            code = response.json()["errors"][0]["extensions"]["code"]
            assert response.status_code == 400, query
            assert code in ("MALFORMED_REQUEST", "DOCUMENT_REFUSED"), query


async def read(
    database: Database,
    here: County,
    connection: "asyncpg.Connection[asyncpg.Record]",
    text: str,
    given: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the compiled statement answers the county's administrator."""
    document = DOCUMENTS.read(text)
    operation = document.operation(None)
    assert operation is not None
    person = here.administrator.person_id
    async with database.session(here.id, read_only=True) as session:
        known = await authority.load(session, here.id, person_id=person, client_id=None)
    call = Call(known, DOCUMENTS.variables(operation, given or {}), PageLimits())
    plan = READER.query(document, operation, call)
    answer = await connection.fetchval(plan.sql, *plan.arguments(call))
    found: dict[str, Any] = json.loads(answer)
    return found


def executed(text: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What the executor answers out of these rows."""

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
        if info.parent_type.name != "Edge":
            return {"edges": {}, "nodes": rows}[info.field_name]
        value = source[info.field_name]
        match info.field_name:
            case "id":
                return f"Edge:{value}"
            case "amount":
                return str(value)
            case _:
                return written(value)

    found = execute_sync(PLAIN, DOCUMENTS.read(text).node, field_resolver=resolve)
    assert isinstance(found, ExecutionResult)
    assert found.errors is None, found.errors
    return found.data or {}


def collated(value: Any) -> Any:
    """Texts sort by code point."""
    return value.encode() if isinstance(value, str) else value
