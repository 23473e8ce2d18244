"""The feed (变更源): tells whoever listens in this process that what they wait for has changed.

One statement at each look, for all counties listened to; none while nobody listens. A listener is
told that something happened, never what: who may see it is for the reader's own statement to say.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from infra.database import Database
from services import changes
from services.changes import Change, Kind, Look
from services.standing import Authority

log = logging.getLogger("infra.feed")
NEWS = (Kind.event, Kind.everything)


class Listener:
    """Waits for changes; however many come before it looks, it is told once."""

    def __init__(self, wanted: Iterable[Change]) -> None:
        self.wanted = frozenset(wanted)
        self._woken = asyncio.Event()
        self._is_news = False

    def wake(self, *, is_news: bool = False) -> None:
        """Say that something happened: to the object (news), or to the reader's authority."""
        self._is_news = self._is_news or is_news
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait so long at most; whether there is news of the object."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        is_news, self._is_news = self._is_news, False
        self._woken.clear()
        return is_news


class Feed:
    """Looks at what has changed, for as long as anybody listens."""

    def __init__(self, database: Database, seconds: float) -> None:
        self.database, self.seconds = database, seconds
        self.is_ending = False
        self._listeners: defaultdict[Change, set[Listener]] = defaultdict(set)
        self._horizon = ""
        self._looking: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    @asynccontextmanager
    async def listen(
        self, authority: Authority, type_name: str, id_: UUID
    ) -> AsyncIterator[Listener]:
        """Listen to the events of one object, and to whatever changes the reader's authority.

        From here on nothing is missed, so that what is read next is as of now or newer.
        """
        listener = Listener(_wanted(authority, type_name, id_))
        for change in listener.wanted:
            self._listeners[change].add(listener)
        try:
            await self._begin()
            yield listener
        finally:
            self._forget(listener)

    @property
    def counties(self) -> list[UUID]:
        """The counties that are listened to."""
        return [change.tenant_id for change in self._listeners if change.kind is Kind.everything]

    @property
    def listeners(self) -> set[Listener]:
        """Whoever listens at this moment."""
        return set().union(*self._listeners.values())

    @property
    def is_idle(self) -> bool:
        """Whether nothing is looked at."""
        return self._looking is None

    async def look(self) -> None:
        """Look once, and wake whoever waits for what is new."""
        look = await self._look(self._horizon)
        self._horizon = look.horizon
        for change in look.changes:
            for listener in self._listeners.get(change, ()):
                listener.wake(is_news=change.kind in NEWS)

    def end(self) -> None:
        """Wake everybody for the last time: the process ends."""
        self.is_ending = True
        for listener in self.listeners:
            listener.wake()

    async def _begin(self) -> None:
        async with self._beginning:
            if self._looking is None:
                self._horizon = (await self._look(None)).horizon
                self._looking = asyncio.create_task(self._run())

    def _forget(self, listener: Listener) -> None:
        for change in listener.wanted:
            self._listeners[change].discard(listener)
            if not self._listeners[change]:
                del self._listeners[change]
        if not self._listeners and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self.seconds)
            try:
                await self.look()
            except Exception:
                # The horizon stays, so that the next look that succeeds misses nothing.
                log.warning("changes could not be looked at", exc_info=True)

    async def _look(self, since: str | None) -> Look:
        asked = (self.counties, since, changes.MOST)
        return Look.of(await self.database.reader.fetch(changes.LOOK, *asked))


def _wanted(authority: Authority, type_name: str, id_: UUID) -> list[Change]:
    county = authority.actor.tenant_id
    return [
        Change(Kind.event, county, type_name, id_),
        *(Change(Kind.standing, county, None, subject) for subject in authority.subjects),
        Change(Kind.suspended, county),
        Change(Kind.everything, county),
    ]
