"""gql, the Python client: documents checked against the schema that the service gives of itself."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportError, TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport, HTTPXTransport
from gql.transport.websockets import WebsocketsTransport
from graphql import GraphQLError

ENDPOINT = f"{os.environ['SANFANG_URL']}/graphql"
HEADERS = {"authorization": f"Bearer {os.environ['SANFANG_TOKEN']}"}

GRIDS = """
query Grids($first: Int!, $after: String) {
  units(first: $first, after: $after, filter: {kinds: [GRID]}) {
    nodes { id name }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}
"""
FOUND = """
mutation ($parent: ID!, $name: String!, $commandId: ID) {
  foundUnit(kind: GRID, name: $name, parent: $parent, commandId: $commandId) { id name version }
}
"""
HELD = "{ viewer { posts { unitId } } }"
WATCH = "subscription ($id: ID!) { unitChanged(id: $id) { name } }"
COUNTED = "query ($kind: UnitKind!) { units(filter: {kinds: [$kind]}) { totalCount } }"
RENAME = """
mutation ($unit: ID!, $name: String!, $version: Int) {
  renameUnit(unit: $unit, name: $name, expectedVersion: $version) { name version }
}
"""


@pytest.fixture
def client() -> Iterator[Any]:
    """A session that has fetched the schema."""
    transport = HTTPXTransport(url=ENDPOINT, headers=HEADERS)
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        yield session


def ask(session: Any, document: str, **variables: Any) -> Any:
    """The data of an answer."""
    return session.execute(GraphQLRequest(document, variable_values=variables))


def refused(session: Any, document: str, **variables: Any) -> str:
    """The code of the one error of an answer."""
    with pytest.raises(TransportQueryError) as raised:
        ask(session, document, **variables)
    errors: list[Any] = raised.value.errors
    assert len(errors) == 1
    code: str = errors[0]["extensions"]["code"]
    return code


def test_a_list_is_read_page_by_page_to_its_end(client: Any) -> None:
    seen: list[str] = []
    after, is_more = None, True
    while is_more:
        page = ask(client, GRIDS, first=20, after=after)["units"]
        seen += [unit["id"] for unit in page["nodes"]]
        after, is_more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == len(set(seen)) == page["totalCount"] > 20


def test_a_command_repeated_by_its_id_changes_once(client: Any) -> None:
    unit = ask(client, HELD)["viewer"]["posts"][0]["unitId"]
    given = {"parent": unit, "name": "派森网格", "commandId": str(uuid4())}
    first = ask(client, FOUND, **given)
    assert ask(client, FOUND, **given) == first
    own = first["foundUnit"]
    renamed = ask(client, RENAME, unit=own["id"], name="派森新网格", version=own["version"])
    assert renamed["renameUnit"] == {"name": "派森新网格", "version": own["version"] + 1}
    stale = refused(client, RENAME, unit=own["id"], name="迟到", version=own["version"])
    assert stale == "STALE_VERSION"


def test_the_client_finds_by_itself_what_the_schema_does_not_have(client: Any) -> None:
    with pytest.raises(GraphQLError, match="nothing"):
        ask(client, "{ units { nothing } }")


def test_refusals_have_their_code(client: Any) -> None:
    assert refused(client, GRIDS, first=100000) == "BAD_INPUT"
    stranger = HTTPXTransport(url=ENDPOINT, headers={"authorization": "Bearer none"})
    with Client(transport=stranger) as session:
        assert refused(session, GRIDS, first=1) == "TOKEN_REFUSED"


def test_many_are_answered_at_once_each_its_own() -> None:
    async def counted(kind: str, session: Any) -> int:
        found = await session.execute(GraphQLRequest(COUNTED, variable_values={"kind": kind}))
        total: int = found["units"]["totalCount"]
        return total

    async def asked() -> list[int]:
        async with Client(transport=HTTPXAsyncTransport(url=ENDPOINT, headers=HEADERS)) as session:
            kinds = ("COMMUNITY", "ESTATE") * 10
            return await asyncio.gather(*(counted(kind, session) for kind in kinds))

    assert len(set(asyncio.run(asked()))) == 2


def test_a_subscription_is_pushed_over_a_websocket() -> None:
    async def watched() -> list[str]:
        transport = WebsocketsTransport(
            url=ENDPOINT.replace("http", "ws", 1), init_payload=HEADERS,
            subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
        )  # fmt: skip
        async with Client(transport=transport) as session:
            [held] = (await session.execute(GraphQLRequest(HELD)))["viewer"]["posts"]
            given = {"parent": held["unitId"], "name": "派森所看的网格"}
            made = await session.execute(GraphQLRequest(FOUND, variable_values=given))
            unit = made["foundUnit"]["id"]
            names: list[str] = []
            async for pushed in session.subscribe(
                GraphQLRequest(WATCH, variable_values={"id": unit})
            ):
                names.append(pushed["unitChanged"]["name"])
                if len(names) == 2:
                    break
                changed = {"unit": unit, "name": "看见了"}
                await session.execute(GraphQLRequest(RENAME, variable_values=changed))
            return names

    assert asyncio.run(watched()) == ["派森所看的网格", "看见了"]


def test_a_websockets_token_that_is_none_is_refused() -> None:
    async def asked() -> None:
        transport = WebsocketsTransport(
            url=ENDPOINT.replace("http", "ws", 1), init_payload={"authorization": "Bearer none"}
        )
        async with Client(transport=transport) as session:
            await session.execute(GraphQLRequest(HELD))

    with pytest.raises(TransportError) as raised:
        asyncio.run(asked())
    assert "4403" in str(raised.value.__cause__)
    assert "TOKEN_REFUSED" in str(raised.value.__cause__)
