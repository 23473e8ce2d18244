"""A subscription without a socket, in a process that looks for changes when a test says so."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from infra.requests import GraphQLRequest
from infra.settings import Settings
from infra.subscriptions import Subscriptions
from services.errors import Refused
from tests.infra.service import Service, service

SELDOM = 3_600_000
PATIENCE = 20
WATCH = "subscription ($id: ID!) { unitChanged(id: $id) { name version } }"


@dataclass(frozen=True)
class Stream:
    """One subscription; what is asked for next waits until it comes."""

    answers: AsyncGenerator[bytes, None]

    async def answer(self) -> Any:
        """The data of the next push."""
        async with asyncio.timeout(PATIENCE):
            answer = json.loads(await anext(self.answers))
        assert "errors" not in answer, answer
        return answer["data"]

    async def next(self) -> Any:
        """The unit that the next push brings."""
        return (await self.answer())["unitChanged"]

    async def end(self) -> Refused:
        """By which refusal it ends."""
        with pytest.raises(Refused) as refused:
            async with asyncio.timeout(PATIENCE):
                await anext(self.answers)
        return refused.value


@dataclass(frozen=True)
class Process:
    """One process of the service."""

    service: Service

    @property
    def subscriptions(self) -> Subscriptions:
        """The streams of it."""
        subscriptions: Subscriptions = self.service.app.state.subscriptions
        return subscriptions

    async def look(self) -> None:
        """Look for changes, once."""
        await self.subscriptions.feed.look()

    @asynccontextmanager
    async def stream(
        self, token: str | None, query: str = WATCH, *, tenant: str | None = None, **variables: Any
    ) -> AsyncIterator[Stream]:
        """Subscribe, and leave at the end of the block."""
        authorization = None if token is None else f"Bearer {token}"
        named = {tenant} if tenant else set()
        admitted = await self.subscriptions.admit(authorization, named, "zh", "203.0.113.7")
        given = GraphQLRequest(query, variables=variables)
        async with aclosing(self.subscriptions.answers(given, admitted)) as answers:
            yield Stream(answers)


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[Process]:
    """A process that looks but once an hour by itself."""
    own = {"subscription_poll_ms": SELDOM}
    async with service(settings.model_copy(update=own)) as running:
        yield Process(running)
