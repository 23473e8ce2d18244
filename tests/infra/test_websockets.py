"""The protocol graphql-transport-ws, by a real client on a real port; and by those who break it."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from infra.database import Database
from infra.settings import Settings
from services import clients, clock
from tests.county import County
from tests.infra.live import PROTOCOL, WATCH, Live, live, until
from tests.infra.service import token

MOST = 4
WHO = "{ viewer { isSignedIn } }"


@pytest.fixture(scope="module")
async def here(settings: Settings, database: Database) -> AsyncIterator[Live]:
    """A service that looks often, and whose limits are soon met."""
    own = {
        "subscription_poll_ms": 50,
        "init_seconds": 5,
        "max_streams": MOST,
        "max_connections": MOST,
        "max_body_bytes": 4096,
    }
    async with live(settings.model_copy(update=own)) as running:
        yield running


@pytest.fixture
async def bearer(county: County) -> str:
    """The administrator's token."""
    return await token(county, county.administrator)


class TestAConversation:
    """Say who you are, ask, be answered."""

    async def test_of_several_protocols_that_are_offered_it_takes_its_own(
        self, here: Live, bearer: str
    ) -> None:
        async with here.talk(bearer, protocols=("graphql-ws", PROTOCOL)) as talk:
            assert talk.socket.subprotocol == PROTOCOL

    async def test_a_query_is_answered_once_and_then_complete(
        self, here: Live, bearer: str
    ) -> None:
        async with here.talk(bearer) as talk:
            assert talk.socket.subprotocol == PROTOCOL
            await talk.subscribe(WHO)
            assert await talk.data() == {"viewer": {"isSignedIn": True}}
            assert await talk.hear() == {"id": "1", "type": "complete"}

    async def test_a_mutation_is_done_and_answered(
        self, here: Live, county: County, bearer: str
    ) -> None:
        unit = await county.unit("community", "东街社区")
        async with here.talk(bearer) as talk:
            await talk.subscribe(
                'mutation ($u: ID!) { renameUnit(unit: $u, name: "东门社区") { name } }',
                {"u": f"Unit:{unit.id}"},
            )
            assert await talk.data() == {"renameUnit": {"name": "东门社区"}}
            assert (await talk.hear())["type"] == "complete"

    async def test_what_is_refused_is_said_to_its_stream_and_the_others_go_on(
        self, here: Live, bearer: str
    ) -> None:
        async with here.talk(bearer) as talk:
            await talk.subscribe("{ nothing }", id_="a")
            assert await talk.error("a") == "DOCUMENT_REFUSED"
            await talk.subscribe(WHO, id_="a")
            assert await talk.data("a")

    async def test_a_ping_is_answered_even_before_the_greeting(self, here: Live) -> None:
        async with here.talk() as talk:
            await talk.say("ping", payload={"n": 1})
            assert await talk.hear() == {"type": "pong", "payload": {"n": 1}}
            await talk.say("pong")
            await talk.say("ping")
            assert await talk.hear() == {"type": "pong"}

    async def test_headers_say_who_it_is_where_the_first_message_does_not(
        self, here: Live, bearer: str
    ) -> None:
        headers = {"authorization": f"Bearer {bearer}"}
        async with here.talk(headers=headers) as talk:
            await talk.greet()
            await talk.subscribe(WHO)
            assert await talk.data() == {"viewer": {"isSignedIn": True}}

    async def test_the_public_names_its_county_and_its_language(
        self, here: Live, county: County
    ) -> None:
        async with here.talk() as talk:
            await talk.greet(tenant=county.slug, **{"Accept-Language": "en"})
            await talk.subscribe("{ county { slug } }")
            assert await talk.data() == {"county": {"slug": county.slug}}
            assert (await talk.hear())["type"] == "complete"
            await talk.subscribe("{ people { totalCount } }")
            refused = (await talk.hear())["payload"][0]
            assert refused["extensions"]["code"] == "FORBIDDEN"
            assert refused["message"].startswith("Your posts")

    async def test_whoever_names_no_county_may_read_the_schema_and_no_more(
        self, here: Live
    ) -> None:
        async with here.talk() as talk:
            await talk.greet()
            await talk.subscribe("{ __schema { queryType { name } } }")
            assert await talk.data() == {"__schema": {"queryType": {"name": "Query"}}}
            assert (await talk.hear())["type"] == "complete"
            await talk.subscribe("{ county { slug } }")
            assert await talk.error() == "TENANT_MISSING"


class TestBreakingTheProtocol:
    """The protocol's own codes, and the end of the connection."""

    @pytest.mark.parametrize("offered", [("graphql-ws",), ("soap", "graphql-ws"), ()])
    async def test_another_protocol_is_not_spoken(
        self, here: Live, offered: tuple[str, ...]
    ) -> None:
        async with here.talk(protocols=offered) as talk:
            assert talk.socket.subprotocol is None
            assert await talk.closed() == (4406, "Subprotocol not acceptable")

    @pytest.mark.parametrize(
        "message",
        [
            "{",
            "[]",
            "1",
            "null",
            "{}",
            '{"type": 1}',
            '{"type": []}',
            '{"type": "start", "id": "1", "payload": {"query": "{ __typename }"}}',
            '{"type": "next", "id": "1", "payload": {}}',
            '{"type": "connection_init", "payload": "x"}',
            '{"type": "connection_init", "payload": []}',
            "[" * 2000,
            b'{"type": "connection_init"}',
            b"\xff\xfe",
        ],
    )
    async def test_a_message_that_is_none_ends_it(self, here: Live, message: str | bytes) -> None:
        async with here.talk() as talk:
            await talk.socket.send(message)
            code, reason = await talk.closed()
            assert code == 4400
            assert reason.startswith("Invalid message")

    @pytest.mark.parametrize(
        "members",
        [
            {},
            {"id": "1"},
            {"id": 1, "payload": {"query": WHO}},
            {"id": "", "payload": {"query": WHO}},
            {"id": "1", "payload": "query"},
            {"id": "1", "payload": {"query": 1}},
            {"id": "1", "payload": {"query": WHO, "variables": []}},
            {"id": "1", "payload": {"query": WHO, "operationName": {}}},
            {"id": "1", "payload": {"query": WHO, "extensions": "x"}},
        ],
    )
    async def test_so_does_a_request_without_its_parts(
        self, here: Live, bearer: str, members: dict[str, Any]
    ) -> None:
        async with here.talk(bearer) as talk:
            await talk.say("subscribe", **members)
            assert (await talk.closed())[0] == 4400

    async def test_nothing_is_asked_before_the_greeting(self, here: Live) -> None:
        async with here.talk() as talk:
            await talk.subscribe(WHO)
            assert await talk.closed() == (4401, "Unauthorized")

    async def test_one_greets_once(self, here: Live, bearer: str) -> None:
        async with here.talk(bearer) as talk:
            await talk.say("connection_init")
            assert await talk.closed() == (4429, "Too many initialisation requests")

    async def test_one_greets_soon(self, here: Live) -> None:
        async with here.talk() as talk:
            await talk.say("ping")
            assert (await talk.hear())["type"] == "pong"
            assert await talk.closed() == (4408, "Connection initialisation timeout")

    async def test_an_id_in_use_is_not_used_again(
        self, here: Live, county: County, bearer: str
    ) -> None:
        async with here.talk(bearer) as talk:
            watched = {"id": f"Unit:{county.root.id}"}
            await talk.subscribe(WATCH, watched, "同")
            await talk.data("同")
            await talk.subscribe(WATCH, watched, "同")
            assert await talk.closed() == (4409, "Subscriber for 同 already exists")


class TestWhoIsLetIn:
    """A token that counts, a county that there is, a page that is known."""

    @pytest.mark.parametrize(
        ("payload", "code"),
        [
            ({"authorization": "Bearer nonsense"}, "TOKEN_REFUSED"),
            ({"authorization": "Basic eDp5"}, "TOKEN_REFUSED"),
            ({"tenant": "no-such-county"}, "TENANT_UNKNOWN"),
        ],
    )
    async def test_a_greeting_that_is_refused_ends_it(
        self, here: Live, payload: dict[str, str], code: str
    ) -> None:
        async with here.talk() as talk:
            await talk.say("connection_init", payload=payload)
            assert await talk.closed() == (4403, f"Forbidden: {code}")

    @pytest.mark.parametrize("text", ["\u0000", "\ud800"], ids=["NUL", "half a character"])
    async def test_a_text_that_is_none_ends_it_wherever_it_stands(
        self, here: Live, bearer: str, text: str
    ) -> None:
        unreadable = (4400, "Invalid message: NUL or half a character in a text")
        for payload in ({"authorization": f"Bearer {text}"}, {"tenant": text}, {text: 1}):
            async with here.talk() as talk:
                await talk.say("connection_init", payload=payload)
                assert await talk.closed() == unreadable
        asked = {"query": f"{{ a{text} }}"}
        members: tuple[tuple[str, dict[str, Any]], ...] = (
            ("ping", {"payload": {"at": [text]}}),
            ("subscribe", {"id": text, "payload": {"query": WHO}}),
            ("subscribe", {"id": "1", "payload": asked}),
        )
        for type_, said in members:
            async with here.talk(bearer) as talk:
                await talk.say(type_, **said)
                assert await talk.closed() == unreadable

    async def test_a_token_opens_its_own_county_only(
        self, here: Live, other: County, bearer: str
    ) -> None:
        for payload, path in (({"tenant": other.slug}, ""), ({}, f"/{other.slug}")):
            async with here.talk(path=f"/graphql{path}") as talk:
                said = payload | {"authorization": f"Bearer {bearer}"}
                await talk.say("connection_init", payload=said)
                assert await talk.closed() == (4403, "Forbidden: TENANT_UNKNOWN")

    async def test_a_connection_ends_with_its_token(
        self, here: Live, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short = await token(county, county.administrator, minutes=1)
        later = clock.now() + timedelta(seconds=59)
        monkeypatch.setattr(clock, "now", lambda: later)
        async with here.talk(short) as talk:
            assert await talk.closed() == (4403, "Forbidden: TOKEN_REFUSED")

    async def test_pages_of_origins_that_nobody_registered_are_not_let_in(
        self, here: Live, county: County, other: County
    ) -> None:
        origin = "https://portal.example"
        async with other.session() as session:
            await clients.register(
                session, other.administrator, name="门户", grants=[], origins=[origin]
            )
        for path in ("/graphql", f"/graphql/{county.slug}"):
            for asked in (origin, "null", f"https://{here.host}.example"):
                with pytest.raises(InvalidStatus) as refused:
                    async with here.talk(path=path, origin=asked):
                        pass
                response = refused.value.response
                assert response.status_code == 403
                errors = json.loads(response.body or b"")["errors"]
                assert errors[0]["extensions"]["code"] == "ORIGIN_REFUSED"
        async with here.talk(path=f"/graphql/{other.slug}", origin=origin) as talk:
            await talk.greet()
        async with here.talk(origin=f"http://{here.host}") as talk:
            await talk.greet()


class TestLimits:
    """So many, so large, and no more."""

    async def test_so_many_streams_on_a_connection(
        self, here: Live, county: County, bearer: str
    ) -> None:
        watched = {"id": f"Unit:{county.root.id}"}
        async with here.talk(bearer) as talk:
            for number in range(MOST):
                await talk.subscribe(WATCH, watched, str(number))
                assert await talk.data(str(number))
            await talk.subscribe(WATCH, watched, "more")
            assert await talk.error("more") == "TOO_MANY_STREAMS"
            await talk.say("complete", id="0")
            await until(lambda: len(here.subscriptions.feed.listeners) == MOST - 1)
            await talk.subscribe(WATCH, watched, "more")
            assert await talk.data("more")

    async def test_so_many_connections_of_a_caller(
        self, here: Live, county: County, bearer: str
    ) -> None:
        async with here.talk(bearer), here.talk(bearer), here.talk(bearer), here.talk(bearer):
            async with here.talk() as more:
                said = {"authorization": f"Bearer {bearer}"}
                await more.say("connection_init", payload=said)
                assert await more.closed() == (4403, "Forbidden: TOO_MANY_CONNECTIONS")
            async with here.talk(await token(county, county.security)):
                pass
        async with here.talk(bearer):
            pass

    async def test_a_message_that_is_too_large_ends_it(self, here: Live, bearer: str) -> None:
        async with here.talk(bearer) as talk:
            await talk.subscribe("x" * 5000)
            assert (await talk.closed())[0] == 1009


class TestTheEnd:
    """Whoever goes leaves nothing behind; a process that goes says so."""

    async def test_a_client_that_vanishes_leaves_nothing_behind(
        self, here: Live, county: County, bearer: str
    ) -> None:
        async with here.talk(bearer) as talk:
            await talk.subscribe(WATCH, {"id": f"Unit:{county.root.id}"})
            await talk.data()
            talk.socket.transport.abort()
        await until(lambda: not here.subscriptions.feed.listeners)
        await until(lambda: not here.subscriptions.leaving)
        assert here.subscriptions.feed.is_idle

    async def test_as_the_process_ends_streams_are_completed_and_connections_closed(
        self, settings: Settings, database: Database, county: County, bearer: str
    ) -> None:
        async with live(settings) as going, going.talk(bearer) as talk:
            await talk.subscribe(WATCH, {"id": f"Unit:{county.root.id}"})
            await talk.data()
            going.server.should_exit = True
            assert await talk.hear() == {"id": "1", "type": "complete"}
            assert await talk.closed() == (1001, "Going away")
            async with httpx.AsyncClient(base_url=f"http://{going.host}", trust_env=False) as http:
                with pytest.raises(httpx.ConnectError):
                    await http.get("/healthz")
