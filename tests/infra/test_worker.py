"""The worker: what is due is done once and in order, whoever is killed, stopped or failing."""

import asyncio
import re
from contextlib import AsyncExitStack
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from infra import jobs, lateness, telemetry
from infra.database import JOBS, Database
from infra.settings import Settings
from infra.worker import Pace, Worker, beside
from services import alarms, clock
from services.alarms import Alarm
from tests.county import County
from tests.infra.clockwork import (
    PATIENCE,
    ask,
    count,
    end,
    enqueue,
    process,
    read_to,
    register,
    reversed_by_days,
    rung_for,
    suspend,
    until_done,
    until_looked,
    waiting,
)
from tests.infra.ringing import RUNG, Ringing
from tests.infra.service import Service

SOON = timedelta(milliseconds=50)
PACE = Pace(most=4, idle=SOON, first_pause=SOON)
EVERY_SECOND = "* * * * * *"


@pytest.fixture(autouse=True)
async def empty(database: Database) -> None:
    """Nothing waits on the queue from before."""
    await ask(database, "delete from sanfang_jobs.pgqueuer")
    await ask(database, "delete from sanfang_jobs.pgqueuer_schedules")


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
        due = await register(county, 9), await register(other, 9)
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(beside(database, PACE))
            await until_done(county, other)
        assert (await rung_for(county), await rung_for(other)) == ({1: due[0]}, {1: due[1]})
        assert len(ringing.rung) == len(set(ringing.rung)) == sum(due)

    async def test_so_do_two_processes(
        self, settings: Settings, county: County, other: County
    ) -> None:
        due = await register(county, 9), await register(other, 9)
        async with process(settings, county, other) as one, process(settings, county, other):
            await until_done(county, other)
            await end(one)
        assert (await rung_for(county), await rung_for(other)) == ({1: due[0]}, {1: due[1]})

    async def test_what_came_due_while_nobody_looked_is_caught_up_in_its_order(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        count = await register(county, 9)
        wanted = await reversed_by_days(county)
        async with beside(database, PACE):
            await until_done(county)
        assert len(wanted) == count > PACE.most
        assert [person for person in ringing.rung if person in wanted] == wanted

    async def test_what_is_not_due_yet_waits(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        await register(county, 2)
        later = clock.now() + timedelta(days=1)
        async with county.session() as session:
            await (await session.connection()).execute(
                text("update person set made_at = :later where name like '居民%'"), {"later": later}
            )
        async with beside(database, PACE):
            await until_done(county, but=2)
            await until_looked(database)
        assert await count(county, "person where version = 1") == 2
        with clock.at(later):
            async with beside(database, PACE):
                await until_done(county)

    async def test_it_looks_again_and_again(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        async with beside(database, Pace(EVERY_SECOND)):
            for _ in range(3):
                await until_done(county)
                await until_looked(database)
                await register(county, 1)
            await until_done(county)

    async def test_the_clock_is_nobody(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        async with beside(database, PACE):
            await until_done(county)
        named = f"event where name = '{RUNG}' and (person_id is not null or client_id is not null)"
        assert await count(county, named) == 0


class TestCounties:
    async def test_one_that_fails_keeps_no_other_from_its_turn_and_is_tried_again(
        self, database: Database, county: County, other: County, ringing: Ringing
    ) -> None:
        ringing.fails[county.id] = 2
        failed = telemetry.JOBS.labels("failed")._value.get()
        with capture_logs() as lines:
            async with beside(database, PACE):
                await until_done(county, other)
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
            await until_done(county)
        assert broken.rung == []

    async def test_what_an_error_quotes_is_not_kept(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        ringing.fails[county.id] = 1
        async with beside(database, PACE):
            await until_done(county)
        kept = "select string_agg(traceback::text, ' ') from sanfang_jobs.pgqueuer_log"
        (row,) = await ask(database, kept)
        assert "RetryRequested" in row[0]
        assert "13800000000" not in row[0]

    async def test_a_pause_grows_and_has_an_end(self) -> None:
        pauses = [Pace().pause(attempts) for attempts in (0, 1, 2, 5, 1000)]
        assert pauses[:3] == [timedelta(seconds=seconds) for seconds in (15, 30, 60)]
        assert pauses[3:] == [timedelta(minutes=8), timedelta(minutes=15)]

    async def test_a_suspended_one_is_not_looked_at(
        self, database: Database, platform: County, county: County, other: County, ringing: Ringing
    ) -> None:
        await suspend(platform, county)
        async with beside(database, PACE):
            await until_done(other)
            await until_looked(database)
        assert ringing.asked & {county.id, other.id} == {other.id}

    async def test_nor_one_that_was_suspended_while_it_waited(
        self, database: Database, platform: County, county: County, ringing: Ringing
    ) -> None:
        await enqueue(database, county.id)
        await suspend(platform, county)
        async with beside(database, PACE):
            await until_looked(database)
        assert county.id not in ringing.asked

    async def test_of_one_no_second_look_waits(self, database: Database, county: County) -> None:
        for _ in range(2):
            await enqueue(database, county.id)
        assert await waiting(database, county.id) == ["queued"]

    async def test_nor_while_one_is_under_way(self, database: Database, county: County) -> None:
        await enqueue(database, county.id)
        await ask(database, "update sanfang_jobs.pgqueuer set status = 'picked'")
        await enqueue(database, county.id)
        assert await waiting(database, county.id) == ["picked"]

    async def test_a_job_holds_an_id_and_nothing_else(
        self, database: Database, county: County
    ) -> None:
        await enqueue(database, county.id)
        (row,) = await ask(database, "select payload, headers from sanfang_jobs.pgqueuer")
        assert row["payload"] == str(county.id).encode()
        assert row["headers"] == "null"


class TestEnds:
    async def test_what_a_killed_process_had_begun_is_undone_and_another_does_it(
        self, settings: Settings, database: Database, county: County, ringing: Ringing
    ) -> None:
        due = await register(county, 9)
        async with process(settings, county, seconds=600) as killed:
            await read_to(killed, "ringing")
            killed.kill()
            await killed.wait()
        assert await waiting(database, county.id) == ["picked"]
        assert await rung_for(county) == {}
        patient = Pace(most=4, every=EVERY_SECOND, silence=timedelta(seconds=1))
        async with beside(database, patient):
            await until_done(county)
        assert await rung_for(county) == {1: due}

    async def test_while_a_process_gives_signs_of_life_nobody_takes_its_work(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        ringing.seconds = 2.5
        quick = Pace(every=EVERY_SECOND, silence=timedelta(seconds=1))
        async with beside(database, quick), beside(database, quick):
            await until_done(county)
        assert len(ringing.rung) == len(set(ringing.rung))
        picked = "status = 'picked' and job_id = (select max(job_id) from looks)"
        looks = (
            "with looks as (select job_id from sanfang_jobs.pgqueuer_log where status = 'picked')"
            f" select count(*) from sanfang_jobs.pgqueuer_log where {picked}"
        )
        assert (await ask(database, looks))[0][0] == 1

    async def test_a_term_signal_lets_the_transaction_end_and_leaves_the_rest_waiting(
        self, settings: Settings, database: Database, county: County
    ) -> None:
        due = await register(county, 150)
        async with process(settings, county, seconds=1) as ended:
            await read_to(ended, "ringing")
            assert await end(ended) == 0
        done = Pace().most
        assert due > done
        assert await rung_for(county) == {1: done}
        assert await waiting(database, county.id) == ["queued"]

    async def test_a_lost_connection_is_made_anew(
        self, database: Database, county: County, other: County, ringing: Ringing
    ) -> None:
        pace = Pace(EVERY_SECOND, idle=SOON, first_pause=SOON, silence=timedelta(seconds=1))
        async with beside(database, pace):
            await until_done(county, other)
            ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            beside_this = f"usename = '{JOBS}' and pid <> pg_backend_pid()"
            (row,) = await ask(database, f"{ended} where {beside_this}", JOBS)
            assert row[0] == 1
            await register(county, 3)
            await until_done(county)

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
        assert (await lateness.state(database.reader)).behind == timedelta(0)
        await enqueue(database, county.id, other.id)
        old = "update sanfang_jobs.pgqueuer set created = created - interval '1 hour' where payload"
        await ask(database, f"{old} = '{county.id}'")
        behind = (await lateness.state(database.reader)).behind
        assert timedelta(hours=1) <= behind < timedelta(hours=2)

    async def test_any_process_shows_it_among_its_numbers(
        self, database: Database, county: County, served: Service
    ) -> None:
        await enqueue(database, county.id)
        old = "update sanfang_jobs.pgqueuer set created = created - interval '1 hour'"
        await ask(database, old)
        shown = (await served.http.get("/metrics")).text
        (seconds,) = re.findall(r"^sanfang_clock_behind_seconds (\S+)$", shown, re.MULTILINE)
        assert 3600 <= float(seconds) < 7200

    async def test_what_is_long_past_is_forgotten(
        self, database: Database, county: County, ringing: Ringing
    ) -> None:
        await ask(database, "delete from sanfang_jobs.pgqueuer_log")
        for days in (0, 2):
            await ask(
                database,
                "insert into sanfang_jobs.pgqueuer_log (job_id, status, priority, entrypoint,"
                f" created) values (-1, 'deleted', 0, 'x', now() - interval '{days} days')",
            )
        async with beside(database, PACE):
            await until_done(county)
        kept = "select count(*) from sanfang_jobs.pgqueuer_log where job_id = -1"
        assert (await ask(database, kept))[0][0] == 1


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
