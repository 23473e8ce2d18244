"""What the tests of the worker ask, wait for and start: by the real queue, in real processes."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from sqlalchemy import text

from infra import jobs
from infra.database import JOBS, Database
from infra.settings import Settings
from services import people, tenants
from tests.conftest import KEY
from tests.county import County
from tests.infra.processes import surroundings
from tests.infra.ringing import RUNG

# Whichever county it is waits behind all that the suite has made.
PATIENCE = 150


async def register(county: County, more: int) -> int:
    """Register some more; how many there are in all, the founders among them."""
    async with county.session() as session:
        for number in range(more):
            await people.register(session, county.administrator, name=f"居民{number}")
    return await count(county, "person")


async def reversed_by_days(county: County) -> list[UUID]:
    """Each was due a day before the one registered earlier; the ids in the order of being due."""
    aged = (
        "with numbered as (select id, row_number() over (order by id) as days from person)"
        " update person p set made_at = p.made_at - n.days * interval '1 day'"
        " from numbered n where n.id = p.id"
    )
    async with county.session() as session:
        connection = await session.connection()
        await connection.execute(text(aged))
        ordered = await connection.execute(text("select id from person order by made_at, id"))
        found = [UUID(str(row[0])) for row in ordered]
        assert found != sorted(found)
        return found


async def suspend(platform: County, county: County) -> None:
    """Suspend a county, as the platform's operator does."""
    operator = platform.founders["platform_operator"]
    async with platform.session() as session:
        await tenants.suspend(session, operator, tenant=county.id, reason="试验")


async def enqueue(database: Database, *counties: UUID) -> None:
    """Put a look at each county on the queue."""
    connection = await database.address.connect(JOBS)
    try:
        await jobs.enqueue(jobs.queries(connection), counties)
    finally:
        await connection.close()


async def rung_for(county: County) -> dict[int, int]:
    """How many were rung for how many times."""
    times = (
        f"(select object_id, count(*) as times from event where name = '{RUNG}' group by 1) t"
        " group by times"
    )
    async with county.session(read_only=True) as session:
        asked = text(f"select times, count(*) from {times}")
        rows = await (await session.connection()).execute(asked)
        return {int(row[0]): int(row[1]) for row in rows}


async def count(county: County, rows: str) -> int:
    """How many rows of the county there are."""
    async with county.session(read_only=True) as session:
        asked = text(f"select count(*) from {rows}")
        return int((await (await session.connection()).execute(asked)).scalar_one())


async def waiting(database: Database, county: UUID) -> list[str]:
    """The states of the county's looks on the queue."""
    asked = f"select status::text from sanfang_jobs.pgqueuer where payload = '{county}'"
    return [row[0] for row in await ask(database, asked)]


async def ask(database: Database, statement: str, role: str | None = None) -> list[asyncpg.Record]:
    """What the owner, or a role that is named, is answered."""
    connection = await database.address.connect(role)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def until_done(*counties: County, but: int = 0) -> None:
    """Nobody, or nobody but so many, is left to be rung for."""

    async def is_done() -> bool:
        return sum([await count(one, "person where version = 1") for one in counties]) <= but

    await until(is_done)


async def until_looked(database: Database) -> None:
    """Nothing waits any more of what was put on the queue."""

    async def is_empty() -> bool:
        rows = await ask(database, "select count(*) from sanfang_jobs.pgqueuer")
        return not rows[0][0]

    await until(is_empty)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what comes by itself."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - nothing tells when it holds
            await asyncio.sleep(0.02)


@asynccontextmanager
async def process(
    settings: Settings, *counties: County, seconds: float = 0
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`sanfang worker` in a process of its own, up already."""
    where = {"SANFANG_DATA_DIR": str(settings.data_dir), "SANFANG_MASTER_KEY": KEY}
    if settings.database_url is not None and settings.app_password is not None:
        where["DATABASE_URL"] = settings.database_url.get_secret_value()
        where["SANFANG_APP_PASSWORD"] = settings.app_password.get_secret_value()
    named = [str(seconds), *(str(county.id) for county in counties)]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.infra.ringing", *named, stdout=asyncio.subprocess.PIPE,
        env=surroundings(SANFANG_LANG="en", **where),
    )  # fmt: skip
    try:
        await read_to(running, "The clock is up; Ctrl-C stops it")
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def read_to(running: asyncio.subprocess.Process, wanted: str) -> None:
    """Read what a process says until it says this."""
    assert running.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := await running.stdout.readline():
            if line.decode().strip() == wanted:
                return
    raise AssertionError(f"never said: {wanted}")


async def end(running: asyncio.subprocess.Process) -> int:
    """Send a TERM signal; the exit code, once it said that it stopped."""
    running.send_signal(signal.SIGTERM)
    await read_to(running, "Stopped.")
    return await running.wait()
