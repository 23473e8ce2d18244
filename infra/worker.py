"""The worker (钟): every minute a look at each county, shared by as many processes as there are.

A look runs each alarm in short transactions until nothing is due. What fails is tried again after a
pause that grows; what a killed process left behind another takes up.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job, Schedule
from pgqueuer.domain.types import Channel

from infra import audit_jobs, evidence_jobs, jobs, telemetry
from infra.database import JOBS, Database
from services import alarms, clock
from services.alarms import Alarm
from services.tenants import PLATFORM_ID

DOUBLINGS = 16
SECONDS_TO_CLOSE = 2
DONE, FAILED = (telemetry.JOBS.labels(outcome) for outcome in ("done", "failed"))

log = structlog.get_logger(__name__)
# What the clock does that needs more than the database.
alarms.ALARMS["audit_exports"] = Alarm(audit_jobs.look)
alarms.ALARMS["vote_evidence"] = Alarm(evidence_jobs.look)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often it looks, how much at once, and how patient it is."""

    every: str = "* * * * *"
    most: int = 100
    counties_at_once: int = 4
    taken: int = 20
    # Whose process gives no sign for so long is taken for dead, and the look is taken over.
    silence: timedelta = timedelta(seconds=30)
    # Nothing notifies of a look that is to be tried again; so the queue is looked at this often.
    idle: timedelta = timedelta(seconds=5)
    first_pause: timedelta = timedelta(seconds=15)
    longest_pause: timedelta = timedelta(minutes=15)
    remembered: timedelta = timedelta(days=1)

    def pause(self, attempts: int) -> timedelta:
        """How long to wait after so many failures before this one."""
        factor: int = 2 ** min(attempts, DOUBLINGS)
        return min(self.first_pause * factor, self.longest_pause)


class Worker:
    """One process's share of the clock: a connection for the queue, the door's for the work."""

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self._database, self._pace = database, pace or Pace()
        self._places = asyncio.Semaphore(self._pace.counties_at_once)
        self._ending = asyncio.Event()
        self._queue: PgQueuer | None = None

    def end(self) -> None:
        """Take nothing new; `run` returns when the transactions under way have ended."""
        self._ending.set()
        if self._queue is not None:
            self._queue.shutdown.set()

    async def run(self, announce: Callable[[], None] = lambda: None) -> None:
        """Work until told to end; a database out of reach is asked again after a growing pause."""
        failures, is_announced = 0, False
        while not self._ending.is_set():
            try:
                async with self._connected() as queue:
                    if not is_announced:
                        announce()
                    failures, is_announced = 0, True
                    await self._work(queue)
            except Exception as failed:
                pause = self._pace.pause(failures)
                failures += 1
                is_away = isinstance(failed, OSError | asyncpg.PostgresError)
                log.error(
                    "the clock stopped and will begin again", reason=repr(failed),
                    seconds=pause.total_seconds(), exc_info=not is_away,
                )  # fmt: skip
                await self._rest(pause)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[PgQueuer]:
        """The queue on a connection of its own, with a look at every county waiting in it."""
        connection = await self._database.address.connect(JOBS)
        try:
            queries = jobs.queries(connection)
            self._queue = queue = PgQueuer(
                queries.driver, channel=Channel(jobs.CHANNEL), queries=queries
            )
            await self._fill(queries)
            yield queue
        finally:
            self._queue = None
            await _close(connection)

    async def _work(self, queue: PgQueuer) -> None:
        queries = queue.queries
        assert isinstance(queries, Queries)  # noqa: S101

        @queue.schedule(jobs.LOOK, self._pace.every)
        async def fill(_: Schedule) -> None:
            await self._fill(queries)

        @queue.entrypoint(jobs.LOOK)
        async def look(job: Job) -> None:
            await self._look(job)

        if self._ending.is_set():
            return
        await queue.run(
            dequeue_timeout=self._pace.idle,
            batch_size=self._pace.taken // 2,
            max_concurrent_tasks=self._pace.taken,
            heartbeat_timeout=self._pace.silence,
            shutdown_on_listener_failure=True,
            # Its statistics would add up for ever; ours are in /metrics.
            log_aggregation_interval=timedelta(0),
        )

    async def _fill(self, queries: Queries) -> None:
        """A look at every county that is served now, and what is long past forgotten."""
        async with self._database.session(PLATFORM_ID, read_only=True) as session:
            served = await alarms.counties(session)
        await jobs.enqueue(queries, served)
        await queries.driver.execute(jobs.FORGET, self._pace.remembered)

    async def _look(self, job: Job) -> None:
        """Every alarm of one county; one that fails keeps none of the others from its turn."""
        county, failed = jobs.county_of(job), []
        async with self._places:
            for name, alarm in [*alarms.ALARMS.items()]:
                if not await self._ring(county, name, alarm):
                    failed.append(name)
        if failed:
            FAILED.inc()
            # Its reason is kept in the queue's log: names alone, never what an error quotes.
            raise RetryRequested(self._pace.pause(job.attempts), ", ".join(failed))
        if self._ending.is_set():
            raise RetryRequested(timedelta(0), "the worker ends")
        DONE.inc()

    async def _ring(self, county: UUID, name: str, alarm: Alarm) -> bool:
        """One alarm until nothing is due; whether it went well."""
        try:
            while not self._ending.is_set() and await self._turn(county, alarm):
                pass
        except Exception:
            log.exception("an alarm failed", county=str(county), alarm=name)
            return False
        return True

    async def _turn(self, county: UUID, alarm: Alarm) -> int:
        """One transaction: a share of what is due; nought where the county isn't served."""
        async with self._database.session(county) as session:
            by = await alarms.clock_of(session, county)
            if by is None:
                return 0
            return await alarm.look(session, by, at=clock.now(), most=self._pace.most)

    async def _rest(self, pause: timedelta) -> None:
        try:
            async with asyncio.timeout(pause.total_seconds()):
                await self._ending.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def beside(database: Database, pace: Pace | None = None) -> AsyncIterator[Worker]:
    """A worker beside whatever the block does; it has ended when the block has."""
    worker = Worker(database, pace)
    working = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.end()
        await working


async def _close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Close it politely, or at once where the other side doesn't answer."""
    try:
        await connection.close(timeout=SECONDS_TO_CLOSE)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
