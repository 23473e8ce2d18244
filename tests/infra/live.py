"""The service on a port of this machine, as `sanfang serve` runs it, for what needs a socket."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from infra.server import create_app
from infra.serving import Server, connections, websockets
from infra.settings import Settings
from infra.subscriptions import Subscriptions

PROTOCOL = "graphql-transport-ws"
PATIENCE = 20
WATCH = "subscription ($id: ID!) { unitChanged(id: $id) { name version } }"


@dataclass(frozen=True)
class Talk:
    """One websocket to the service."""

    socket: ClientConnection

    async def say(self, type_: str, **members: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"type": type_, **members}))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def greet(self, token: str | None = None, **payload: str) -> None:
        """Say who it is, and be acknowledged."""
        said = payload | ({"authorization": f"Bearer {token}"} if token else {})
        await self.say("connection_init", payload=said)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(
        self, query: str, variables: Mapping[str, Any] | None = None, id_: str = "1"
    ) -> None:
        """Ask for a stream."""
        payload = {"query": query, "variables": dict(variables or {})}
        await self.say("subscribe", id=id_, payload=payload)

    async def data(self, id_: str = "1") -> Any:
        """What the next message of a stream brings."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", id_), message
        return message["payload"]["data"]

    async def error(self, id_: str = "1") -> str:
        """The code by which the next message ends a stream."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("error", id_), message
        code: str = message["payload"][0]["extensions"]["code"]
        return code

    async def closed(self) -> tuple[int, str]:
        """With what the service closes the connection."""
        with pytest.raises(ConnectionClosed) as raised:
            async with asyncio.timeout(PATIENCE):
                await self.socket.recv()
        closed = raised.value.rcvd
        assert closed is not None
        return closed.code, closed.reason


@dataclass(frozen=True)
class Live:
    """A running service and where it listens."""

    host: str
    app: Starlette
    server: Server

    @property
    def subscriptions(self) -> Subscriptions:
        """The streams of the process."""
        subscriptions: Subscriptions = self.app.state.subscriptions
        return subscriptions

    @asynccontextmanager
    async def talk(
        self,
        token: str | None = None,
        *,
        path: str = "/graphql",
        protocols: tuple[str, ...] = (PROTOCOL,),
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> AsyncIterator[Talk]:
        """A websocket, greeted already where a token is given."""
        offered = [Subprotocol(name) for name in protocols]
        async with connect(
            f"ws://{self.host}{path}", subprotocols=offered or None, proxy=None,
            additional_headers=dict(headers or {}), **options,
        ) as opened:  # fmt: skip
            talk = Talk(opened)
            if token is not None:
                await talk.greet(token)
            yield talk


@asynccontextmanager
async def live(settings: Settings) -> AsyncIterator[Live]:
    """Serve until the block ends."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        app, up = create_app(settings), asyncio.Event()
        config = uvicorn.Config(
            app, lifespan="on", log_config=None, access_log=False, timeout_graceful_shutdown=3,
            **connections(settings), **websockets(settings),
        )  # fmt: skip
        server = Server(config, up.set, app)
        serving = asyncio.create_task(server._serve([listening]))
        await up.wait()
        host = "{}:{}".format(*listening.getsockname())
        try:
            yield Live(host, app, server)
        finally:
            server.should_exit = True
            await serving


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes by itself."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - nothing tells when it holds
            await asyncio.sleep(0.01)
