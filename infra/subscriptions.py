"""Subscriptions (订阅): asked once, answered at every change, under the reader's authority.

Whichever way a stream came, each push is a plan and a round trip that compares standing, so that
nobody is told what they could not read at that moment. What took their sight of it ends the stream.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from infra import telemetry
from infra.feed import Feed, Listener
from infra.operations import Asker, Operations, Prepared
from infra.requests import GraphQLRequest
from infra.settings import Settings
from infra.writing import TRIES, Stale
from schema.reading import Call, Watch
from services import clock
from services.errors import (
    AuthorityUnsettled,
    NotFound,
    Refused,
    StreamNeeded,
    TokenRefused,
)
from services.standing import FAR, Authority

UNSEEN = b"null"
# However far away an end of authority is, somebody looks again by then; and not more often than so.
LONGEST_WAIT, SHORTEST_WAIT = 3600.0, 1.0
# Of the connections for reading, what streams may use at once: the others stay for requests.
SHARE = 4


class OutOfSight(Refused):
    """这个对象已不存在，或者已移出您的范围，不再推送：{id}。
    It is gone, or has moved out of your reach; nothing more of it will be pushed: {id}.
    """


class TooManyConnections(Refused, status=429):
    """您同时打开的连接太多，上限是 {limit} 个。请先关闭一些。
    You have too many connections open; the limit is {limit}. Close some of them first.
    """


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who streams, and until when their token is good."""

    asker: Asker
    until: datetime = FAR


@dataclass(frozen=True, slots=True)
class Sight:
    """One look at what is watched, ready to be taken: by whom, and by which plan."""

    asker: Asker
    asked: Prepared
    watch: Watch

    @property
    def call(self) -> Call:
        """What the plan takes its parameters from."""
        return self.asked.call

    @property
    def authority(self) -> Authority:
        """By what authority."""
        return self.call.authority

    @property
    def object(self) -> tuple[str, UUID]:
        """Of which events there may be news: those of this type, with this id."""
        return self.watch.type_name, self.watch.id


class Subscriptions:
    """Answers requests by as many answers as there are."""

    def __init__(self, operations: Operations, settings: Settings) -> None:
        self.operations, self.settings = operations, settings
        self.feed = Feed(operations.database, settings.subscription_poll_ms / 1000)
        self._turns = asyncio.Semaphore(max(1, settings.pool_size // SHARE))
        self._connections: Counter[Hashable] = Counter()
        # What lets an open connection say that it goes, as the process ends.
        self.leaving: set[Callable[[], Awaitable[None]]] = set()

    @contextmanager
    def connected(self, who: Hashable) -> Iterator[None]:
        """One connection more of a caller, for as long as it is open."""
        if self._connections[who] >= self.settings.max_connections:
            raise TooManyConnections(limit=self.settings.max_connections)
        self._connections[who] += 1
        try:
            yield
        finally:
            self._connections[who] -= 1
            if not self._connections[who]:
                del self._connections[who]

    async def admit(
        self, authorization: str | None, named: set[str], language: str, address: str
    ) -> Admitted:
        """Who asks, and until when; nobody where neither a token nor a county is given."""
        authenticator = self.operations.authenticator
        authority = await authenticator.of_request(authorization, named, address)
        asker = Asker(authority, language, address)
        slug = next(iter(named), None)
        return Admitted(asker, await authenticator.good_until(authorization, slug))

    async def answers(
        self, given: GraphQLRequest, admitted: Admitted
    ) -> AsyncGenerator[bytes, None]:
        """The one answer to a query or mutation, or one for each change of what is watched.

        A refusal ends it; so does, without one, the end of the process.
        """
        try:
            only = await self.operations.answer(given, admitted.asker)
        except StreamNeeded:
            pushes = self._pushes(given, admitted)
        else:
            yield only
            return
        with telemetry.STREAMS.track_inprogress():
            async with aclosing(pushes):
                try:
                    async for pushed in pushes:
                        telemetry.REQUESTS.labels("push", "ok").inc()
                        yield pushed
                except Refused as refused:
                    await self.operations.put_refusal_on_record(refused, admitted.asker)
                    raise

    async def end(self) -> None:
        """Let every stream end as if there were nothing more to say: the process ends."""
        self.feed.end()
        await asyncio.gather(*(leave() for leave in self.leaving))

    async def _pushes(
        self, given: GraphQLRequest, admitted: Admitted
    ) -> AsyncGenerator[bytes, None]:
        sight = await self._sight(given, admitted.asker)
        shown, is_news = None, True
        async with self.feed.listen(sight.authority, *sight.object) as listener:
            while not self.feed.is_ending:
                sight, found = await self._see(given, sight)
                if found == UNSEEN:
                    raise _unseen(sight.watch, was_seen=shown is not None)
                if is_news or found != shown:
                    await self.operations.put_reading_on_record(sight.asked, sight.asker)
                    data = b'{"%b":%b}' % (sight.watch.key.encode(), found)
                    yield self.operations.whole(data, sight.call)
                shown = found
                is_news = await _wait(listener, sight.authority.until, admitted.until)
                sight = await self._sight(given, sight.asker)

    async def _see(self, given: GraphQLRequest, sight: Sight) -> tuple[Sight, bytes]:
        """What the reader sees by now, and by what authority."""
        for _ in range(TRIES):
            try:
                async with self._turns:
                    return sight, await self.operations.fetch(sight.watch.plan, sight.call)
            except Stale:
                sight = await self._sight(given, await self.operations.refreshed(sight.asker))
        raise AuthorityUnsettled()

    async def _sight(self, given: GraphQLRequest, asker: Asker) -> Sight:
        for _ in range(TRIES):
            assert asker.authority is not None  # noqa: S101
            try:
                return await self._sight_by(given, asker)
            except Refused as refused:
                with suppress(Stale):
                    raise await self.operations.settled(refused, asker.authority) from None
            asker = await self.operations.refreshed(asker)
        raise AuthorityUnsettled()

    async def _sight_by(self, given: GraphQLRequest, asker: Asker) -> Sight:
        asked = await self.operations.prepare(given, asker)
        watch = self.operations.reader.subscription(asked.document, asked.operation, asked.call)
        return Sight(asker, asked, watch)


async def _wait(listener: Listener, authority_until: datetime, token_until: datetime) -> bool:
    """Wait for a change, or for when the reader's authority may be another; whether it is news."""
    seconds = (min(authority_until, token_until) - clock.now()).total_seconds()
    is_news = await listener.wait(min(max(seconds, SHORTEST_WAIT), LONGEST_WAIT))
    if token_until <= clock.now():
        raise TokenRefused()
    return is_news


def _unseen(watch: Watch, *, was_seen: bool) -> Refused:
    id_ = f"{watch.type_name}:{watch.id}"
    return OutOfSight(id=id_) if was_seen else NotFound(id=id_)
