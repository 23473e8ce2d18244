"""HTTP's own limits (连接上限): a request's head is so long at most, and it comes in good time.

Uvicorn reads on for as long as a peer sends, and waits for as long as it doesn't; here a peer that
sends too much of a head, or neither end of a request nor anything, is answered and let go. A body
may take longer for as long as enough of it comes: a picture from a telephone.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from infra.settings import Settings


class Http(HttpToolsProtocol):
    """Uvicorn's protocol with a length and a deadline; nothing is added to a request that comes
    in one piece.
    """

    most_bytes: int
    seconds: float
    # Of a body: so much must come in each such time, and so much may come in all.
    least_bytes: int
    most_of_a_body: int
    _came_before = 0
    _came = 0
    _is_under_way = False
    _is_in_head = False
    _head_bytes = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Read on, and look how far it has come."""
        super().data_received(data)
        if not self._is_under_way:
            self._wait_no_more()
            return
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > self.most_bytes:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
                return
        if self._deadline is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing waits for a peer that has gone."""
        self._wait_no_more()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._is_under_way = self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The body begins, and has as long as the head had."""
        self._is_in_head = False
        self._came = self._came_before = 0
        self._wait_no_more()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._came += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is here."""
        self._is_under_way = False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """A websocket counts among the connections as any other."""
        self._is_under_way = False
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        super().handle_websocket_upgrade()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(self.seconds, self._look)

    def _look(self) -> None:
        """The time is over: go on only with a body of which enough came meanwhile."""
        came = self._came - self._came_before
        is_coming = self._is_under_way and not self._is_in_head and came >= self.least_bytes
        if is_coming and self._came <= self.most_of_a_body:
            self._came_before = self._came
            self._wait()
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: HTTPStatus) -> None:
        """Say so, unless an answer has begun, and close."""
        self._wait_no_more()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            line = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            self.transport.write(f"{line}content-length: 0\r\nconnection: close\r\n\r\n".encode())
        self.transport.close()


def protocol(settings: Settings) -> type[Http]:
    """The protocol with an installation's limits."""
    limits: dict[str, Any] = {
        "most_bytes": settings.max_header_bytes,
        "seconds": settings.body_seconds,
        "least_bytes": settings.bytes_per_second * settings.body_seconds,
        "most_of_a_body": max(settings.max_body_bytes, settings.max_file_bytes),
    }
    return type("Http", (Http,), limits)
