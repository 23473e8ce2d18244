"""The worker: what is due is done once and in order, whoever is killed, stopped or failing."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from infra import jobs, telemetry
from infra.database import JOBS, Database
from infra.settings import Settings
from infra.worker import Pace, Worker, beside
from policies import Actor
from services import alarms, clock, tenants
from services.alarms import Alarm
from tests.conftest import KEY
from tests.county import County
from tests.infra.ringing import RUNG, Ringing
from tests.infra.test_cli import surroundings

PATIENCE = 30
SOON = timedelta(milliseconds=50)
PACE = Pace(most=4, idle=SOON, first_pause=SOON)
EVERY_SECOND = "* * * * * *"


@pytest.fixture(autouse=True)
async def empty(database: Database) -> None:
    """Nothing waits on the queue from before."""
    await _owner(database, "delete from sanfang_jobs.pgqueuer")
    await _owner(database, "delete from sanfang_jobs.pgqueuer_schedules")


@pytest.fixture
def ringing(county: County, other: County, monkeypatch: pytest.MonkeyPatch) -> Ringing:
    """The only alarm there is; it rings in two counties."""
    made = Ringing(frozenset({county.id, other.id}))
    monkeypatch.setattr(alarms, "ALARMS", {"ringing": Alarm(made.look)})
    return made


class TestDueThings:
    async def test_three_workers_at_once_do_each_once(
        self, database: Database, county: County, other: County, ringing: Ringing
    ) -> None:
        due = await _people(county, 9), await _people(other, 9)
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(beside(database, PACE))
            await _until_done(county, other)
        assert (await _rung(county), await _rung(other)) == ({1: due[0]}, {1: due[1]})
        assert len(ringing.rung) == len(set(ringing.rung)) == sum(due)

    async def test_so_do_two_processes(
        self, settings: Settings, county: County, other: County
    ) -> None:
        due = await _people(county, 9), await _people(other, 9)
        async with _process(settings, county, other) as one, _process(settings, county, other):
            await _until_done(county, other)
            await _end(one)
        assert (await _rung(county), await _rung(other)) == ({1: due[0]}, {1: due[1]})

    async def test_what_came_due_while_nobody_looked_is_caught_up_in_its_order(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        count = await _people(county, 9)
        wanted = await _reversed_by_days(county)
        async with beside(database, PACE):
            await _until_done(county)
        assert len(wanted) == count > PACE.most
        assert [person for person in ringing.rung if person in wanted] == wanted

    async def test_what_is_not_due_yet_waits(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        await _people(county, 2)
        later = clock.now() + timedelta(days=1)
        async with county.session() as session:
            await (await session.connection()).execute(
                text("update person set made_at = :later where name like '居民%'"), {"later": later}
            )
        async with beside(database, PACE):
            await _until_done(county, but=2)
            await _until_looked(database)
        assert await _count(county, "person where version = 1") == 2
        with clock.at(later):
            async with beside(database, PACE):
                await _until_done(county)

    async def test_the_clock_is_nobody(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        async with beside(database, PACE):
            await _until_done(county)
        named = f"event where name = '{RUNG}' and (person_id is not null or client_id is not null)"
        assert await _count(county, named) == 0


class TestCounties:
    async def test_one_that_fails_keeps_no_other_from_its_turn_and_is_tried_again(
        self, database: Database, county: County, other: County, ringing: Ringing
    ) -> None:
        ringing.fails[county.id] = 2
        failed = telemetry.JOBS.labels("failed")._value.get()
        with capture_logs() as lines:
            async with beside(database, PACE):
                await _until_done(county, other)
        assert ringing.fails[county.id] == 0
        assert telemetry.JOBS.labels("failed")._value.get() == failed + 2
        said = [line for line in lines if line["event"] == "an alarm failed"]
        assert {(line["county"], line["alarm"]) for line in said} == {(str(county.id), "ringing")}

    async def test_an_alarm_that_fails_keeps_no_other_from_its_turn(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        broken = Ringing(frozenset({county.id}))
        broken.fails[county.id] = 1000
        alarms.ALARMS.clear()
        alarms.ALARMS.update(first=Alarm(broken.look), second=Alarm(ringing.look))
        async with beside(database, PACE):
            await _until_done(county)
        assert broken.rung == []

    async def test_what_an_error_quotes_is_not_kept(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        ringing.fails[county.id] = 1
        async with beside(database, PACE):
            await _until_done(county)
        kept = "select string_agg(traceback::text, ' ') from sanfang_jobs.pgqueuer_log"
        (row,) = await _owner(database, kept)
        assert "RetryRequested" in row[0]
        assert "13800000000" not in row[0]

    async def test_a_pause_grows_and_has_an_end(self) -> None:
        pauses = [Pace().pause(attempts) for attempts in (0, 1, 2, 5, 1000)]
        assert pauses[:3] == [timedelta(seconds=seconds) for seconds in (15, 30, 60)]
        assert pauses[3:] == [timedelta(minutes=8), timedelta(minutes=15)]

    async def test_a_suspended_one_is_not_looked_at(
        self, database: Database, platform: County, county: County, other: County, ringing: Ringing
    ) -> None:
        await _suspend(platform, county)
        async with beside(database, PACE):
            await _until_done(other)
            await _until_looked(database)
        assert ringing.asked & {county.id, other.id} == {other.id}

    async def test_nor_one_that_was_suspended_while_it_waited(
        self, database: Database, platform: County, county: County, ringing: Ringing
    ) -> None:
        await _enqueue(database, county.id)
        await _suspend(platform, county)
        async with beside(database, PACE):
            await _until_looked(database)
        assert county.id not in ringing.asked

    async def test_of_one_no_second_look_waits(self, database: Database, county: County) -> None:
        for _ in range(2):
            await _enqueue(database, county.id)
        assert await _waiting(database, county.id) == ["queued"]

    async def test_nor_while_one_is_under_way(self, database: Database, county: County) -> None:
        await _enqueue(database, county.id)
        await _owner(database, "update sanfang_jobs.pgqueuer set status = 'picked'")
        await _enqueue(database, county.id)
        assert await _waiting(database, county.id) == ["picked"]

    async def test_a_job_holds_an_id_and_nothing_else(
        self, database: Database, county: County
    ) -> None:
        await _enqueue(database, county.id)
        (row,) = await _owner(database, "select payload, headers from sanfang_jobs.pgqueuer")
        assert row["payload"] == str(county.id).encode()
        assert row["headers"] == "null"


class TestEnds:
    async def test_what_a_killed_process_had_begun_is_undone_and_another_does_it(
        self, settings: Settings, database: Database, county: County, ringing: Ringing
    ) -> None:
        due = await _people(county, 9)
        async with _process(settings, county, seconds=600) as killed:
            await _line(killed, "ringing")
            killed.kill()
            await killed.wait()
        assert await _waiting(database, county.id) == ["picked"]
        assert await _rung(county) == {}
        patient = Pace(most=4, every=EVERY_SECOND, silence=timedelta(seconds=1))
        async with beside(database, patient):
            await _until_done(county)
        assert await _rung(county) == {1: due}

    async def test_while_a_process_gives_signs_of_life_nobody_takes_its_work(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        ringing.seconds = 2.5
        quick = Pace(every=EVERY_SECOND, silence=timedelta(seconds=1))
        async with beside(database, quick), beside(database, quick):
            await _until_done(county)
        assert len(ringing.rung) == len(set(ringing.rung))
        picked = "status = 'picked' and job_id = (select max(job_id) from looks)"
        looks = (
            "with looks as (select job_id from sanfang_jobs.pgqueuer_log where status = 'picked')"
            f" select count(*) from sanfang_jobs.pgqueuer_log where {picked}"
        )
        assert (await _owner(database, looks))[0][0] == 1

    async def test_a_term_signal_lets_the_transaction_end_and_leaves_the_rest_waiting(
        self, settings: Settings, database: Database, county: County
    ) -> None:
        due = await _people(county, 150)
        async with _process(settings, county, seconds=1) as ended:
            await _line(ended, "ringing")
            assert await _end(ended) == 0
        done = Pace().most
        assert due > done
        assert await _rung(county) == {1: done}
        assert await _waiting(database, county.id) == ["queued"]

    async def test_a_lost_connection_is_made_anew(
        self, database: Database, county: County, other: County, ringing: Ringing
    ) -> None:
        pace = Pace(EVERY_SECOND, idle=SOON, first_pause=SOON, silence=timedelta(seconds=1))
        async with beside(database, pace):
            await _until_done(county, other)
            ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            beside_this = f"usename = '{JOBS}' and pid <> pg_backend_pid()"
            (row,) = await _asked(database, f"{ended} where {beside_this}", JOBS)
            assert row[0] == 1
            await _people(county, 3)
            await _until_done(county)

    async def test_one_that_is_told_to_end_while_the_database_is_away_does(self) -> None:
        class Away:
            async def connect(self, role: str) -> "asyncpg.Connection[asyncpg.Record]":
                raise ConnectionRefusedError(role)

        class Closed:
            address = Away()

        worker = Worker(Closed(), Pace(first_pause=timedelta(days=1)))  # type: ignore[arg-type]
        working = asyncio.create_task(worker.run())
        await asyncio.sleep(0)
        worker.end()
        async with asyncio.timeout(PATIENCE):
            await working


class TestLate:
    async def test_it_is_how_long_the_oldest_look_waits(
        self, database: Database, county: County, other: County
    ) -> None:
        assert (await jobs.state(database.reader)).behind == timedelta(0)
        await _enqueue(database, county.id, other.id)
        old = "update sanfang_jobs.pgqueuer set created = created - interval '1 hour' where payload"
        await _owner(database, f"{old} = '{county.id}'")
        behind = (await jobs.state(database.reader)).behind
        assert timedelta(hours=1) <= behind < timedelta(hours=2)

    async def test_what_is_long_past_is_forgotten(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        await _owner(database, "delete from sanfang_jobs.pgqueuer_log")
        for days in (0, 2):
            await _owner(
                database,
                "insert into sanfang_jobs.pgqueuer_log (job_id, status, priority, entrypoint,"
                f" created) values (-1, 'deleted', 0, 'x', now() - interval '{days} days')",
            )
        async with beside(database, PACE):
            await _until_done(county)
        kept = "select count(*) from sanfang_jobs.pgqueuer_log where job_id = -1"
        assert (await _owner(database, kept))[0][0] == 1


class TestQueue:
    async def test_it_is_what_the_pinned_release_installs(self, database: Database) -> None:
        """A newer one with other tables needs a revision."""
        connection = await database.address.connect()
        try:
            assert (await jobs.queries(connection).plan_upgrade()).statements == ()
        finally:
            await connection.close()

    async def test_its_names_are_not_the_environments(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("CHANNEL", "PGQUEUER_PREFIX", "PGQUEUER_SCHEMA", "QUEUE_TABLE", "DURABILITY"):
            monkeypatch.setenv(name, "volatile")
        made = jobs.Names.model_validate({"db_schema": JOBS, "channel": jobs.CHANNEL})
        assert made == jobs.NAMES
        assert made.qualified.queue_table == "sanfang_jobs.pgqueuer"


async def _people(county: County, count: int) -> int:
    """Register some more; how many there are in all, the founders among them."""
    async with county.session() as session:
        for number in range(count):
            await _register(session, county.administrator, number)
    return await _count(county, "person")


async def _register(session: object, by: Actor, number: int) -> None:
    from services import people

    await people.register(session, by, name=f"居民{number}")  # type: ignore[arg-type]


async def _reversed_by_days(county: County) -> list[UUID]:
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


async def _suspend(platform: County, county: County) -> None:
    operator = platform.founders["platform_operator"]
    async with platform.session() as session:
        await tenants.suspend(session, operator, tenant=county.id, reason="试验")


async def _enqueue(database: Database, *counties: UUID) -> None:
    connection = await database.address.connect(JOBS)
    try:
        await jobs.enqueue(jobs.queries(connection), counties)
    finally:
        await connection.close()


async def _rung(county: County) -> dict[int, int]:
    """How many were rung for how many times."""
    times = (
        f"(select object_id, count(*) as times from event where name = '{RUNG}' group by 1) t"
        " group by times"
    )
    async with county.session(read_only=True) as session:
        asked = text(f"select times, count(*) from {times}")
        rows = await (await session.connection()).execute(asked)
        return {int(row[0]): int(row[1]) for row in rows}


async def _count(county: County, rows: str) -> int:
    async with county.session(read_only=True) as session:
        asked = text(f"select count(*) from {rows}")
        return int((await (await session.connection()).execute(asked)).scalar_one())


async def _waiting(database: Database, county: UUID) -> list[str]:
    asked = f"select status::text from sanfang_jobs.pgqueuer where payload = '{county}'"
    return [row[0] for row in await _owner(database, asked)]


async def _owner(database: Database, statement: str) -> list[asyncpg.Record]:
    return await _asked(database, statement)


async def _asked(
    database: Database, statement: str, role: str | None = None
) -> list[asyncpg.Record]:
    connection = await database.address.connect(role)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def _until_done(*counties: County, but: int = 0) -> None:
    async def is_done() -> bool:
        return sum([await _count(one, "person where version = 1") for one in counties]) <= but

    await _until(is_done)


async def _until_looked(database: Database) -> None:
    """Nothing waits any more of what was put on the queue."""

    async def is_empty() -> bool:
        rows = await _owner(database, "select count(*) from sanfang_jobs.pgqueuer")
        return not rows[0][0]

    await _until(is_empty)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - nothing tells when it holds
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _process(
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
        await _line(running, "The clock is up; Ctrl-C stops it")
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def _line(running: asyncio.subprocess.Process, wanted: str) -> None:
    """Read what a process says until it says this."""
    assert running.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := await running.stdout.readline():
            if line.decode().strip() == wanted:
                return
    raise AssertionError(f"never said: {wanted}")


async def _end(running: asyncio.subprocess.Process) -> int:
    running.send_signal(signal.SIGTERM)
    await _line(running, "Stopped.")
    return await running.wait()
