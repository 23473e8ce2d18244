"""Inside the service (内部): the one module here that knows how a request becomes a statement.

What a document compiles to is given to pgbench; how long that takes, cold and kept, is timed on the
functions of the real route, with the asker's authority read before.
"""

import json
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, Self, TypeVar

from starlette.requests import Request
from starlette.types import Message, Scope

from infra import requests
from infra.operations import Asker, Operations
from infra.requests import GraphQLRequest
from infra.server import create_app
from infra.settings import Settings
from tests.bench.stage import Stage

T = TypeVar("T")
COLD, WARM_ROUNDS, EACH = 40, 30, 200


@dataclass(frozen=True)
class Statement:
    """One statement with its arguments, in the order of its places."""

    sql: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Inside:
    """The parts of a running service, and somebody who asks."""

    operations: Operations
    settings: Settings
    asker: Asker
    scope: Scope

    @classmethod
    @asynccontextmanager
    async def of(cls, stage: Stage) -> AsyncIterator[Self]:
        """A service on the stage, without a socket; its reader asks in the first county."""
        given = {
            name.removeprefix("SANFANG_").lower(): value for name, value in stage.settings().items()
        }
        settings = Settings(**given)  # type: ignore[arg-type]
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            bearer = f"Bearer {stage.counties[0].reader}"
            graphql = app.state.graphql
            scope: Scope = {
                "type": "http", "method": "POST", "path": "/graphql", "query_string": b"",
                "path_params": {}, "client": ("127.0.0.1", 1),
                "headers": [(b"content-type", b"application/json"),
                            (b"authorization", bearer.encode())],
            }  # fmt: skip
            authority = await graphql.authority(Request(dict(scope)))
            yield cls(graphql.operations, settings, Asker(authority), scope)

    async def statement(self, document: str) -> Statement:
        """What a document becomes."""
        return await self._prepare(body_of(document))

    def cold_ms(self, make: Callable[[int], str]) -> list[float]:
        """Milliseconds from the body to the statement, for documents never seen before."""
        return [_timed(self._prepare(body_of(make(number))))[0] * 1000 for number in range(COLD)]

    def warm_us(self, document: str) -> list[float]:
        """Microseconds from the body to the statement, for a document that is kept."""
        body = body_of(document)
        for _ in range(EACH):
            _at_once(self._prepare(body))
        rounds = []
        for _ in range(WARM_ROUNDS):
            begun = time.perf_counter()
            for _ in range(EACH):
                _at_once(self._prepare(body))
            rounds.append((time.perf_counter() - begun) / EACH * 1_000_000)
        return rounds

    async def _prepare(self, body: bytes) -> Statement:
        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        given = await requests.read(Request(dict(self.scope), receive), self.settings)
        assert isinstance(given, GraphQLRequest)
        asked = await self.operations.prepare(given, self.asker)
        plan = self.operations.reader.query(asked.document, asked.operation, asked.call)
        return Statement(plan.sql, tuple(plan.arguments(asked.call)))


def body_of(document: str, variables: dict[str, Any] | None = None) -> bytes:
    """A request's body."""
    asked = (
        {"query": document} if variables is None else {"query": document, "variables": variables}
    )
    return json.dumps(asked, ensure_ascii=False).encode()


def summary(found: list[float]) -> dict[str, float]:
    """The middle and the ends of a list of times."""
    return {"median": median(found), "least": min(found), "most": max(found)}


def _timed(work: Coroutine[Any, Any, T]) -> tuple[float, T]:
    begun = time.perf_counter()
    done = _at_once(work)
    return time.perf_counter() - begun, done


def _at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what waits for nothing, without a loop's own cost."""
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("it waited for something")
