"""The load (负载), a process of its own: connections kept alive, each asks again once answered.

`python -m tests.bench.load` takes one JSON order a line, says `ready` once everything is connected,
begins at the next line, and answers one JSON line: how many, how fast, how long each took.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TextIO, cast

import uvloop

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
CHUNKED = b"transfer-encoding: chunked"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"


class Unexpected(Exception):
    """An answer that is none: another status or length than the first had."""


@dataclass
class Order:
    """What to send where, for how long; `lengths` are those of the right answers, if known.

    Each request goes out in its turn, again and again unless `once`.
    """

    port: int
    requests: Sequence[bytes]
    seconds: float
    connections: int
    lengths: Sequence[int]
    once: bool = False
    taken: Iterator[int] = field(default_factory=count)
    until: float = 0.0
    waits: list[float] = field(default_factory=list)
    found: dict[int, int] = field(default_factory=dict)

    def next(self) -> int | None:
        """The next request's place, None when it is over."""
        turn = next(self.taken)
        is_spent = turn >= len(self.requests)
        if (self.once and is_spent) or time.perf_counter() >= self.until:
            return None
        return turn % len(self.requests)

    def check(self, place: int, length: int) -> None:
        """Each answer to the same request is as long as the first one was."""
        known = self.lengths[place] if self.lengths else self.found.setdefault(place, length)
        if known != length:
            raise Unexpected(f"request {place}: {length} bytes in place of {known}")


class Connection(asyncio.Protocol):
    """One connection, with one request under way."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.read = bytearray()
        self.place, self.begun, self.whole, self.head = 0, 0.0, -1, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected; nothing is sent yet."""
        self.transport = cast(asyncio.WriteTransport, transport)

    def ask(self) -> None:
        """Send the next request, or be done."""
        place = self.order.next()
        if place is None:
            self.over.set_result(None)
            self.transport.close()
            return
        self.place, self.whole = place, -1
        self.begun = time.perf_counter()
        self.transport.write(self.order.requests[place])

    def data_received(self, data: bytes) -> None:
        """Part of an answer; ask again once it is whole."""
        self.read += data
        try:
            length = self._length()
            if length is None:
                return
            self.order.waits.append(time.perf_counter() - self.begun)
            self.order.check(self.place, length)
        except (Unexpected, ValueError) as wrong:
            self._fail(wrong)
            return
        self.read.clear()
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lost before its time, or closed by ourselves."""
        if not self.over.done():
            self.over.set_exception(Unexpected(f"the server closed the connection: {exc}"))

    def _fail(self, wrong: Exception) -> None:
        self.over.set_exception(wrong)
        self.transport.abort()

    def _length(self) -> int | None:
        """The length of the body if it is all there."""
        if self.whole < 0:
            self.head = self.read.find(END_OF_HEAD) + len(END_OF_HEAD)
            if self.head < len(END_OF_HEAD):
                return None
            self.whole = _declared(bytes(self.read[: self.head]), self.read)
        if self.whole == 0:
            is_whole = self.read.endswith(END_OF_CHUNKS)
            return len(self.read) - self.head if is_whole else None
        return self.whole if len(self.read) - self.head >= self.whole else None


def _declared(head: bytes, read: bytearray) -> int:
    """The body's length by its head, 0 where it comes in chunks."""
    if not head.startswith(b"HTTP/1.1 200 "):
        raise Unexpected(bytes(read[:2000]).decode(errors="replace"))
    lower = head.lower()
    if CHUNKED in lower:
        return 0
    at = lower.index(LENGTH) + len(LENGTH)
    return int(lower[at : lower.index(b"\r\n", at)])


async def _run(order: Order, orders: TextIO) -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    made = [
        loop.create_connection(lambda: Connection(order), "127.0.0.1", order.port)
        for _ in range(order.connections)
    ]
    connections = [connection for _, connection in await asyncio.gather(*made)]
    print("ready", flush=True)
    orders.readline()
    begun = time.perf_counter()
    order.until = begun + order.seconds
    for connection in connections:
        connection.ask()
    done = await asyncio.gather(*(each.over for each in connections), return_exceptions=True)
    wrong = next((one for one in done if isinstance(one, BaseException)), None)
    if wrong is not None:
        return {"error": f"{type(wrong).__name__}: {wrong}"}
    seconds = time.perf_counter() - begun
    return {"requests": len(order.waits), "seconds": seconds, **_spread(order.waits)}


def _spread(waits: list[float]) -> dict[str, float]:
    """The middle and the far end of how long an answer took, in milliseconds."""
    ordered = sorted(waits)
    return {
        "p50_ms": 1000 * ordered[len(ordered) // 2],
        "p99_ms": 1000 * ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
    }


def main() -> None:
    """Take orders until there are no more."""
    for line in iter(sys.stdin.readline, ""):
        given = json.loads(line)
        requests = [text.encode("latin-1") for text in given.pop("requests")]
        answer = uvloop.run(_run(Order(requests=requests, **given), sys.stdin))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
