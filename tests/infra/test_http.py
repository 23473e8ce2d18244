"""HTTP's own limits: heads too long, requests that never end, connections beyond count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from infra.http import Http
from infra.settings import Settings
from tests.infra.live import Live, live

ASKED = b'{"query": "{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
WHOLE = HEAD + b"content-length: %d\r\n\r\n" % len(ASKED) + ASKED
UPGRADE = (
    b"GET /graphql HTTP/1.1\r\nhost: here\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"sec-websocket-protocol: graphql-transport-ws\r\n\r\n"
)


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Live]:
    """A server with narrow limits: a second for a request, 2,000 bytes of head, five at once."""
    limits: dict[str, Any] = {"body_seconds": 1, "max_header_bytes": 2_000, "max_open": 5}
    async with live(settings.model_copy(update=limits)) as running:
        yield running


class Peer:
    """A peer that sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def of(cls, server: Live) -> "Peer":
        host, port = server.host.split(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def says(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()

    async def status(self) -> int:
        """The status of the next answer; 0 where the connection is closed without one."""
        async with asyncio.timeout(10):
            line = await self.reader.readline()
        return int(line.split()[1]) if line else 0

    async def is_closed(self) -> bool:
        async with asyncio.timeout(10):
            try:
                await self.reader.read(100_000)
                return not await self.reader.read(1)
            except ConnectionResetError:
                return True


class TestHeads:
    async def test_a_head_without_end_is_refused(self, narrow: Live) -> None:
        peer = await Peer.of(narrow)
        await peer.says(HEAD, *[b"x-more: " + b"a" * 500 + b"\r\n"] * 5)
        assert await peer.status() == 431
        assert await peer.is_closed()

    async def test_one_header_without_end_is_refused(self, narrow: Live) -> None:
        peer = await Peer.of(narrow)
        await peer.says(HEAD, b"x-long: ")
        for _ in range(5):
            await peer.says(b"a" * 500)
            await asyncio.sleep(0.01)
        assert await peer.status() == 431

    async def test_a_head_in_pieces_is_read(self, narrow: Live) -> None:
        peer = await Peer.of(narrow)
        for at in range(0, len(WHOLE), 20):
            await peer.says(WHOLE[at : at + 20])
            await asyncio.sleep(0.001)
        assert await peer.status() == 200

    async def test_the_next_request_has_a_head_of_its_own(self, narrow: Live) -> None:
        peer = await Peer.of(narrow)
        for _ in range(4):
            await peer.says(WHOLE[:60], WHOLE[60:])
            assert await peer.status() == 200
            async with asyncio.timeout(5):
                while await peer.reader.readline() != b"\r\n":
                    pass
                await peer.reader.readuntil(b'"}}')


class TestTime:
    @pytest.mark.parametrize(
        "sent",
        [
            b"",
            HEAD,
            HEAD + b"content-length: 500\r\n\r\n" + ASKED,
            HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n",
        ],
        ids=["nothing", "half a head", "half a body", "a chunk without a next"],
    )
    async def test_what_never_ends_is_let_go(self, narrow: Live, sent: bytes) -> None:
        peer = await Peer.of(narrow)
        await peer.says(sent)
        assert await peer.status() == 408
        assert await peer.is_closed()

    async def test_a_trickle_is_no_excuse(self, narrow: Live) -> None:
        peer = await Peer.of(narrow)
        await peer.says(HEAD + b"content-length: 500\r\n\r\n")
        answer = asyncio.ensure_future(peer.status())
        for _ in range(40):
            if answer.done():
                break
            await peer.says(b"a")
            await asyncio.sleep(0.1)
        assert await answer == 408


class TestBodies:
    """A body may take longer than a head, for as long as enough of it comes."""

    @pytest.fixture
    async def paced(self, settings: Settings) -> AsyncIterator[Live]:
        """0.3 seconds for a head, a hundred bytes of a body in each, 2,000 bytes in all."""
        limits = {"max_body_bytes": 2_000, "max_file_bytes": 2_000}
        async with live(settings.model_copy(update=limits)) as running:
            protocol = running.server.config.http_protocol_class
            assert isinstance(protocol, type)
            assert issubclass(protocol, Http)
            protocol.seconds, protocol.least_bytes = 0.3, 100
            yield running

    async def paces(self, server: Live, size: int, times: int) -> tuple[int, bool]:
        """The answer to a body that comes in so many pieces, and whether all of them were sent."""
        peer = await Peer.of(server)
        await peer.says(b"POST" + HEAD[4:] + b"content-length: %d\r\n\r\n" % (size * times))
        answer = asyncio.ensure_future(peer.status())
        sent = 0
        while sent < times and not answer.done():
            await peer.says(b" " * size)
            sent += 1
            await asyncio.sleep(0.05)
        return await answer, sent == times

    async def test_one_that_comes_steadily_is_waited_for(self, paced: Live) -> None:
        assert await self.paces(paced, 60, 20) == (400, True)

    async def test_one_that_trickles_is_let_go(self, paced: Live) -> None:
        assert await self.paces(paced, 2, 40) == (408, False)

    async def test_one_that_stops_is_let_go(self, paced: Live) -> None:
        peer = await Peer.of(paced)
        await peer.says(HEAD + b"content-length: 1500\r\n\r\n" + b" " * 1_000)
        assert await peer.status() == 408
        assert await peer.is_closed()

    async def test_one_that_is_too_long_is_cut_off(self, paced: Live) -> None:
        peer = await Peer.of(paced)
        await peer.says(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        answer = asyncio.ensure_future(peer.reader.read())
        with suppress(ConnectionError):
            async with asyncio.timeout(10):
                while not answer.done():
                    await peer.says(b"64\r\n" + b" " * 100 + b"\r\n")
                    await asyncio.sleep(0.005)
        with suppress(ConnectionError):
            assert (await answer).startswith(b"HTTP/1.1 413 ")


class TestConnections:
    async def test_there_are_so_many_and_no_more(self, narrow: Live) -> None:
        held = [await Peer.of(narrow) for _ in range(5)]
        late = await Peer.of(narrow)
        await late.says(WHOLE)
        assert await late.status() == 503
        websocket = await Peer.of(narrow)
        await websocket.says(UPGRADE)
        assert await websocket.status() == 503
        for peer in held:
            peer.writer.close()
        await asyncio.sleep(0.1)
        again = await Peer.of(narrow)
        await again.says(WHOLE)
        assert await again.status() == 200


class TestAddresses:
    @pytest.mark.parametrize(("trusted", "shown"), [("", 2), ("127.0.0.1", 40)])
    async def test_only_a_trusted_proxy_says_whose_an_address_is(
        self, settings: Settings, trusted: str, shown: int
    ) -> None:
        limits: dict[str, Any] = {"rows_per_minute": 2, "trusted_proxies": trusted}
        async with live(settings.model_copy(update=limits)) as running:
            statuses = []
            for number in range(40):
                peer = await Peer.of(running)
                forwarded = b"x-forwarded-for: 203.0.113.%d\r\n" % number
                await peer.says(WHOLE.replace(b"\r\n\r\n", b"\r\n" + forwarded + b"\r\n", 1))
                statuses.append(await peer.status())
                peer.writer.close()
        assert statuses.count(200) == shown
        assert set(statuses) <= {200, 429}
