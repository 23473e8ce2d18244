"""Streams of events over plain HTTP, by a real client on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from infra.database import Database
from infra.settings import Settings
from infra.sse import next_event
from services import appointments, clients, units
from tests.county import County
from tests.infra.live import PATIENCE, WATCH, Live, live, until
from tests.infra.service import Service, token

EVENTS = "text/event-stream"
WHO = "{ viewer { isSignedIn } }"
MOST = 3


@dataclass(frozen=True)
class Events:
    """A stream of events as it comes in."""

    response: httpx.Response
    lines: AsyncIterator[str]

    async def next(self) -> tuple[str, Any]:
        """The next event's name and data; a comment's name is empty."""
        name, data = "", []
        async with asyncio.timeout(PATIENCE):
            while line := await anext(self.lines):
                field, _, value = line.partition(":")
                if field == "event":
                    name = value.strip()
                elif field == "data":
                    data.append(value)
        text = "\n".join(data).strip()
        return name, json.loads(text) if text else None

    async def over(self) -> bool:
        """Whether nothing more comes."""
        async with asyncio.timeout(PATIENCE):
            return await anext(self.lines, None) is None


@pytest.fixture(scope="module")
async def here(settings: Settings, database: Database) -> AsyncIterator[Live]:
    """A service that looks often, and gives a sign of life each second."""
    own = {"subscription_poll_ms": 50, "keep_alive_seconds": 1, "max_connections": MOST}
    async with live(settings.model_copy(update=own)) as running:
        yield running


@pytest.fixture
async def bearer(county: County) -> str:
    """The administrator's token."""
    return await token(county, county.administrator)


@asynccontextmanager
async def http(here: Live) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        base_url=f"http://{here.host}", trust_env=False, timeout=PATIENCE
    ) as opened:
        yield opened


@asynccontextmanager
async def events(
    here: Live,
    query: str,
    bearer: str | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    path: str = "/graphql",
    **headers: str,
) -> AsyncIterator[Events]:
    """Ask for a stream."""
    sent = {"accept": EVENTS} | {name.replace("_", "-"): value for name, value in headers.items()}
    if bearer is not None:
        sent["authorization"] = f"Bearer {bearer}"
    body = {"query": query, "variables": dict(variables or {})}
    async with (
        http(here) as client,
        client.stream("POST", path, json=body, headers=sent) as response,
    ):
        yield Events(response, response.aiter_lines())


class TestAStream:
    """One request, its results, and that there are no more."""

    async def test_a_query_is_one_result_and_then_complete(self, here: Live, bearer: str) -> None:
        async with events(here, WHO, bearer) as stream:
            assert stream.response.status_code == 200
            assert stream.response.headers["content-type"].startswith(EVENTS)
            assert "no-transform" in stream.response.headers["cache-control"]
            assert stream.response.headers["x-accel-buffering"] == "no"
            name, result = await stream.next()
            assert (name, result["data"]) == ("next", {"viewer": {"isSignedIn": True}})
            assert await stream.next() == ("complete", None)
            assert await stream.over()

    async def test_a_subscription_brings_each_change_and_signs_of_life(
        self, here: Live, county: County, bearer: str
    ) -> None:
        unit = await county.unit("community", "东街社区")
        for name in ("第一网格", "第二网格"):
            await county.unit("grid", name, unit)
        watch = WATCH.replace("version", "version children { nodes { name } }")
        async with events(here, watch, bearer, variables={"id": f"Unit:{unit.id}"}) as stream:
            _, first = await stream.next()
            assert first["data"]["unitChanged"]["name"] == "东街社区"
            assert len(first["data"]["unitChanged"]["children"]["nodes"]) == 2
            assert await stream.next() == ("", None)
            async with county.session() as session:
                await units.rename(session, county.administrator, unit=unit.id, name="东门社区")
            while not (event := await stream.next())[0]:
                continue
            assert event[1]["data"]["unitChanged"]["name"] == "东门社区"

    async def test_a_line_broken_within_a_result_breaks_no_event(self) -> None:
        lines = next_event(b'{"data":\n{"a":[1,\n2]}}').decode().splitlines()
        assert lines[0] == "event: next"
        data = [line.removeprefix("data: ") for line in lines[1:] if line.startswith("data: ")]
        assert json.loads("\n".join(data)) == {"data": {"a": [1, 2]}}

    async def test_a_query_or_subscription_may_be_sent_by_get_and_a_mutation_may_not(
        self, here: Live, county: County, bearer: str
    ) -> None:
        sent = {"accept": EVENTS, "authorization": f"Bearer {bearer}"}
        variables = json.dumps({"id": f"Unit:{county.root.id}"})
        async with http(here) as client:
            asked = {"query": WATCH, "variables": variables}
            async with client.stream("GET", "/graphql", params=asked, headers=sent) as response:
                stream = Events(response, response.aiter_lines())
                assert (await stream.next())[1]["data"]["unitChanged"]["version"] == 1
            mutation = {"query": "mutation { __typename }"}
            refused = await client.get("/graphql", params=mutation, headers=sent)
        assert '"METHOD_REFUSED"' in refused.text

    async def test_what_a_document_is_refused_is_told_in_the_stream(
        self, here: Live, bearer: str
    ) -> None:
        async with events(here, "{ nothing }", bearer, accept_language="en") as stream:
            assert stream.response.status_code == 200
            name, result = await stream.next()
            assert name == "next"
            assert result["errors"][0]["extensions"]["code"] == "DOCUMENT_REFUSED"
            assert result["errors"][0]["message"].startswith("The document")
            assert await stream.next() == ("complete", None)

    async def test_it_ends_with_a_code_as_its_readers_authority_does(
        self, here: Live, county: County
    ) -> None:
        unit = await county.unit("community", "东街社区", is_public=False)
        person = await county.person()
        held = await county.appoint(person, "instructor", unit)
        bearer = await token(county, await county.reload(person.id))
        async with events(here, WATCH, bearer, variables={"id": f"Unit:{unit.id}"}) as stream:
            await stream.next()
            async with county.session() as session:
                await appointments.revoke(
                    session, county.security, appointment=held.id, reason="试验撤销"
                )
            while not (event := await stream.next())[0]:
                continue
            assert event[1]["errors"][0]["extensions"]["code"] == "OUT_OF_SIGHT"
            assert await stream.next() == ("complete", None)
            assert await stream.over()


class TestRefusals:
    """Whoever isn't let in is told by the status; and what to do instead."""

    @pytest.mark.parametrize(
        ("body", "headers", "status", "code"),
        [
            ({"query": WHO}, {"authorization": "Bearer x"}, 401, "TOKEN_REFUSED"),
            ({"query": 1}, {}, 400, "MALFORMED_REQUEST"),
            ({"query": WHO}, {"content-type": "text/plain"}, 415, "MEDIA_TYPE_REFUSED"),
            ({"query": WHO}, {"x-sanfang-tenant": "nowhere"}, 404, "TENANT_UNKNOWN"),
            (
                {"query": WHO},
                {"x-graphql-event-stream-token": "t"},
                405,
                "RESERVATION_REFUSED",
            ),
        ],
    )
    async def test_before_the_stream(
        self, here: Live, body: Any, headers: dict[str, str], status: int, code: str
    ) -> None:
        sent = {"accept": EVENTS, "content-type": "application/json"} | headers
        async with http(here) as client:
            answer = await client.post("/graphql", content=json.dumps(body), headers=sent)
        found = answer.json()["errors"][0]["extensions"]["code"]
        assert (answer.status_code, found) == (status, code)

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    async def test_no_stream_is_reserved(self, here: Live, method: str) -> None:
        async with http(here) as client:
            answer = await client.request(method, "/graphql?operationId=1")
        assert answer.status_code == 405
        assert answer.json()["errors"][0]["extensions"]["code"] == "RESERVATION_REFUSED"

    async def test_a_subscription_that_accepts_no_stream_is_told_what_to_do(
        self, served: Service, bearer: str
    ) -> None:
        answer = await served.send(WATCH, {"id": "Unit:x"}, token=bearer, accept_language="en")
        error = answer.json()["errors"][0]
        assert (answer.status_code, error["extensions"]["code"]) == (406, "STREAM_NEEDED")
        assert EVENTS in error["message"]
        assert "graphql-transport-ws" in error["message"]

    async def test_a_page_of_a_registered_origin_may_read_it_and_others_may_not(
        self, here: Live, county: County
    ) -> None:
        async with county.session() as session:
            await clients.register(
                session, county.administrator, name="门户", grants=[],
                origins=["https://portal.example"],
            )  # fmt: skip
        for origin, allowed in (("https://portal.example", True), ("https://x.example", False)):
            where = f"/graphql/{county.slug}"
            async with events(here, "{ county { slug } }", path=where, origin=origin) as stream:
                shown = stream.response.headers.get("access-control-allow-origin")
                assert (shown == origin) == allowed


class TestTheEnd:
    """Nothing stays behind."""

    async def test_a_client_that_vanishes_leaves_nothing_behind(
        self, here: Live, county: County, bearer: str
    ) -> None:
        watched = {"id": f"Unit:{county.root.id}"}
        for _ in range(MOST + 1):
            async with events(here, WATCH, bearer, variables=watched) as stream:
                assert (await stream.next())[0] == "next"
            await until(lambda: here.subscriptions.feed.is_idle)
        assert not here.subscriptions.feed.listeners

    async def test_so_many_streams_of_a_caller_and_no_more(
        self, here: Live, county: County, bearer: str
    ) -> None:
        watched = {"id": f"Unit:{county.root.id}"}
        async with (
            events(here, WATCH, bearer, variables=watched) as one,
            events(here, WATCH, bearer, variables=watched) as two,
            here.talk(bearer),
            events(here, WATCH, bearer, variables=watched) as more,
        ):
            assert [(await stream.next())[0] for stream in (one, two)] == ["next", "next"]
            _, refused = await more.next()
            assert refused["errors"][0]["extensions"]["code"] == "TOO_MANY_CONNECTIONS"

    async def test_as_the_process_ends_streams_are_completed(
        self, settings: Settings, database: Database, county: County, bearer: str
    ) -> None:
        watched = {"id": f"Unit:{county.root.id}"}
        async with (
            live(settings) as going,
            events(going, WATCH, bearer, variables=watched) as stream,
        ):
            await stream.next()
            going.server.should_exit = True
            assert await stream.next() == ("complete", None)
            assert await stream.over()
