"""Websockets: the protocol graphql-transport-ws, message by message; what is asked goes elsewhere.

A connection says once who it is, then asks as often as it likes. What breaks the protocol closes
it with the protocol's own code; what is refused is said to the one stream that it is about.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra import cors, requests, telemetry
from infra.graphql import errors_of
from infra.operations import dump
from infra.requests import GraphQLRequest
from infra.subscriptions import Admitted, Subscriptions
from schema.errors import describe, language_of, refusal
from services import clock
from services.errors import MalformedRequest, Refused, TokenRefused
from services.standing import FAR

PROTOCOL = "graphql-transport-ws"
# The types of message that a client may send, and what each must hold.
SHAPES: dict[str, dict[str, Any]] = {
    "connection_init": {"payload": dict | None},
    "ping": {"payload": dict | None},
    "pong": {"payload": dict | None},
    "subscribe": {"id": str, "payload": dict},
    "complete": {"id": str},
}
LONGEST_REASON = 120
SECONDS_TO_LEAVE = 1.0


class OriginRefused(Refused, status=403):
    """这个网页的来源未登记。请用 /graphql/县代号 的地址，并请县管理员在前端的来源中登记它。
    Pages of this origin are not let in. Use /graphql/NAME, and have the origin registered there.
    """


class TooManyStreams(Refused):
    """一个连接同时打开的订阅太多，上限是 {limit} 个。
    Too many streams are open on this connection; the limit is {limit}.
    """


class Closed(Exception):
    """The connection ends, and why, as the protocol numbers it."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a connection says of itself: by headers, or in its first message as browsers must."""

    authorization: str | None
    counties: frozenset[str]
    language: str
    address: str

    @classmethod
    def of(cls, connection: HTTPConnection, payload: Mapping[str, Any]) -> "Greeting":
        """The members of the first message stand for headers, and before them."""
        said = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        tenant = said.get("tenant") or said.get("x-sanfang-tenant")
        wish = said.get("accept-language") or requests.header(connection, b"accept-language")
        return cls(
            said.get("authorization") or requests.header(connection, b"authorization"),
            frozenset(requests.counties(connection, tenant)),
            language_of(wish),
            requests.address(connection),
        )


class WebSockets:
    """The endpoint: who may open a connection, and by which protocol."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self.subscriptions = subscriptions

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection to its end."""
        operations = self.subscriptions.operations
        if not await cors.lets_in(socket, operations.database, operations.settings.url):
            language = language_of(requests.header(socket, b"accept-language"))
            errors = {"errors": [describe(OriginRefused(), language)]}
            await socket.send_denial_response(JSONResponse(errors, OriginRefused.status))
            return
        if PROTOCOL not in socket.scope["subprotocols"]:
            await socket.accept()
            await socket.close(4406, "Subprotocol not acceptable")
            return
        await socket.accept(PROTOCOL)
        await Connection(socket, self.subscriptions).run()


class Connection:
    """One connection: its streams by their ids, and everything that may end it."""

    def __init__(self, socket: WebSocket, subscriptions: Subscriptions) -> None:
        self.socket, self.subscriptions = socket, subscriptions
        self.settings = subscriptions.settings
        self._greeting: Greeting | None = None
        self._is_acknowledged = False
        self._streams: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._gone = asyncio.Event()
        self._over: asyncio.Future[Closed | None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """Converse until either side has had enough; nothing of it stays behind."""
        conversation = asyncio.create_task(self._converse())
        self.subscriptions.leaving.add(self.leave)
        try:
            closed = await self._over
            await self._stop(conversation)
            if closed is not None:
                with suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
                    async with asyncio.timeout(SECONDS_TO_LEAVE):
                        await self.socket.close(closed.code, closed.reason)
        finally:
            await self._stop(conversation)
            self.subscriptions.leaving.discard(self.leave)
            self._gone.set()

    async def leave(self) -> None:
        """Let the streams end by themselves, shortly, then go away."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SECONDS_TO_LEAVE)
        self._end(Closed(1001, "Going away"))
        await self._gone.wait()

    async def _stop(self, conversation: asyncio.Task[None]) -> None:
        under_way = [conversation, *self._tasks]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _end(self, closed: Closed | None) -> None:
        if not self._over.done():
            self._over.set_result(closed)

    async def _converse(self) -> None:
        """Read messages; whatever ends that ends the connection."""
        try:
            async with asyncio.timeout(self.settings.init_seconds) as deadline:
                admitted = await self._greet()
                with self.subscriptions.connected(admitted.asker.key):
                    deadline.reschedule(_when(admitted))
                    self._is_acknowledged = True
                    await self._send({"type": "connection_ack"})
                    while True:
                        await self._hear(await self._message())
        except Closed as closed:
            self._end(closed)
        except TimeoutError:
            expired = Closed(4403, f"Forbidden: {TokenRefused.code}")
            late = Closed(4408, "Connection initialisation timeout")
            self._end(expired if self._is_acknowledged else late)
        except Refused as refused:
            self._end(Closed(4403, f"Forbidden: {refused.code}"))
        except WebSocketDisconnect:
            self._end(None)
        except Exception as raised:
            unknown = refusal(raised)
            self._end(Closed(4500, f"{unknown.code}: {unknown.facts['id']}"))

    async def _message(self) -> dict[str, Any]:
        """The next message, if it is one that a client may send."""
        received = await self.socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received["code"])
        try:
            message: Any = json.loads(received.get("text") or "")
        except (ValueError, RecursionError):
            raise Closed(4400, "Invalid message: not JSON in a text frame") from None
        if not isinstance(message, dict):
            raise Closed(4400, "Invalid message: not an object")
        if not requests.is_storable_whole(message):
            raise Closed(4400, "Invalid message: NUL or half a character in a text")
        type_ = message.get("type")
        if not isinstance(type_, str) or type_ not in SHAPES:
            raise Closed(4400, "Invalid message: no type that a client may send")
        for name, shape in SHAPES[type_].items():
            if not isinstance(message.get(name), shape) or message.get(name) == "":
                raise Closed(4400, f"Invalid message: {name} of {type_}")
        return message

    async def _greet(self) -> Admitted:
        """Wait until the connection says who it is; before that it may only ask whether we live."""
        while (message := await self._message())["type"] != "connection_init":
            if message["type"] == "subscribe":
                raise Closed(4401, "Unauthorized")
            await self._hear(message)
        self._greeting = Greeting.of(self.socket, message.get("payload") or {})
        return await self._admit()

    async def _admit(self) -> Admitted:
        """Who asks, by what the connection said of itself and as of now."""
        said = self._greeting
        assert said is not None  # noqa: S101
        return await self.subscriptions.admit(
            said.authorization, set(said.counties), said.language, said.address
        )

    async def _hear(self, message: Mapping[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                raise Closed(4429, "Too many initialisation requests")
            case "ping":
                payload = message.get("payload")
                mirrored = {} if payload is None else {"payload": payload}
                await self._send({"type": "pong", **mirrored})
            case "complete":
                stream = self._streams.pop(message["id"], None)
                if stream is not None:
                    stream.cancel()
            case "subscribe":
                await self._subscribe(message["id"], message["payload"])

    async def _subscribe(self, id_: str, payload: Mapping[str, Any]) -> None:
        try:
            given = requests.checked(payload)
        except MalformedRequest as refused:
            raise Closed(4400, f"Invalid message: {refused.facts['reason']}") from None
        if id_ in self._streams:
            raise Closed(4409, f"Subscriber for {id_} already exists")
        if len(self._tasks) >= self.settings.max_streams:
            await self._refuse(id_, TooManyStreams(limit=self.settings.max_streams))
            return
        stream = self._streams[id_] = asyncio.create_task(self._stream(id_, given))
        self._tasks.add(stream)
        stream.add_done_callback(self._tasks.discard)

    async def _stream(self, id_: str, given: GraphQLRequest) -> None:
        try:
            await self._answer(id_, given)
        except WebSocketDisconnect:
            self._end(None)

    async def _answer(self, id_: str, given: GraphQLRequest) -> None:
        """Send every answer to one request, then that there are no more or why."""
        try:
            admitted = await self._admit()
            async with aclosing(self.subscriptions.answers(given, admitted)) as answers:
                async for body in answers:
                    await self._put(b'{"id":%b,"type":"next","payload":%b}' % (dump(id_), body))
        except WebSocketDisconnect:
            raise
        except Exception as raised:
            self._free(id_)
            await self._refuse(id_, refusal(raised))
        else:
            self._free(id_)
            await self._send({"id": id_, "type": "complete"})

    def _free(self, id_: str) -> None:
        """Let the id be used again, unless it is in use again already."""
        if self._streams.get(id_) is asyncio.current_task():
            del self._streams[id_]

    async def _refuse(self, id_: str, refused: Refused) -> None:
        """Say why a stream ends; where it is that the token counts no more, all of them do."""
        assert self._greeting is not None  # noqa: S101
        telemetry.REFUSALS.labels(refused.code).inc()
        errors = errors_of(refused, self._greeting.language)
        await self._send({"id": id_, "type": "error", "payload": errors})
        if refused.status == 401:
            self._end(Closed(4403, f"Forbidden: {refused.code}"))

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._put(dump(message))

    async def _put(self, message: bytes) -> None:
        """Send; a peer that takes nothing for so long is taken for gone."""
        try:
            async with asyncio.timeout(self.settings.keep_alive_seconds):
                await self.socket.send_text(message.decode())
        except TimeoutError:
            raise WebSocketDisconnect(1006) from None


def _when(admitted: Admitted) -> float | None:
    """When the token ends, by the loop's clock; the public's never does."""
    if admitted.until == FAR:
        return None
    seconds = (admitted.until - clock.now()).total_seconds()
    return asyncio.get_running_loop().time() + seconds
