"""The doctor finds nothing on a good installation, and each fault on a bad one."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from infra import doctor
from infra.database import Database
from infra.doctor import Finding
from infra.settings import Settings
from tests.county import County

# The suite's own server doesn't wait for the disk; that one is for the embedded default's tests.
# And no worker runs beside it; what the clock's line says is tried by itself below.
NOT_HERE = ("Durability", "Clock last looked")
LOOKED = (
    "insert into sanfang_jobs.pgqueuer_log (job_id, status, priority, entrypoint, created)"
    " values (1, '{status}', 0, 'look', now() - interval '{minutes} minutes')"
)
WAITS = (
    "insert into sanfang_jobs.pgqueuer (priority, status, entrypoint, created)"
    " values (0, 'queued', 'look', now() - interval '{minutes} minutes')"
)


@pytest.fixture
async def owner(
    database: Database, county: County
) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
    """A transaction in which every county is new and the clock never looked; it is undone."""
    connection = await database.address.connect()
    begun = connection.transaction()
    await begun.start()
    await connection.execute("update tenant set created_at = now()")
    await connection.execute("delete from sanfang_jobs.pgqueuer")
    await connection.execute("delete from sanfang_jobs.pgqueuer_log")
    yield connection
    await begun.rollback()
    await connection.close()


@pytest.mark.usefixtures("county")
class TestClock:
    async def test_a_fresh_installation_is_well(
        self, owner: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        found = await doctor._clock(owner, is_served=True)
        assert (found.is_well, found.seen) == (True, "-")

    async def test_one_that_has_looked_lately_is_well(
        self, owner: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        await owner.execute("update tenant set created_at = now() - interval '1 day'")
        await owner.execute(LOOKED.format(status="successful", minutes=4))
        assert (await doctor._clock(owner, is_served=True)).is_well

    @pytest.mark.parametrize(
        "happened",
        [
            "update tenant set created_at = now() - interval '6 minutes'",
            LOOKED.format(status="successful", minutes=6),
            LOOKED.format(status="successful", minutes=0) + "; " + WAITS.format(minutes=6),
        ],
        ids=["never", "long ago", "not everywhere"],
    )
    async def test_a_clock_that_is_late_is_ill_where_anybody_serves(
        self, owner: "asyncpg.Connection[asyncpg.Record]", happened: str
    ) -> None:
        await owner.execute(happened)
        assert not (await doctor._clock(owner, is_served=True)).is_well
        assert (await doctor._clock(owner, is_served=False)).is_well

    async def test_a_look_that_failed_was_none(
        self, owner: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        await owner.execute("update tenant set created_at = now() - interval '1 day'")
        for status in ("picked", "queued", "exception"):
            await owner.execute(LOOKED.format(status=status, minutes=0))
        assert not (await doctor._clock(owner, is_served=True)).is_well

    async def test_where_no_county_is_served_nobody_has_to_look(
        self, owner: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        await owner.execute("update tenant set state = 'suspended' where slug <> 'platform'")
        await owner.execute(LOOKED.format(status="successful", minutes=60))
        assert (await doctor._clock(owner, is_served=True)).is_well

    async def test_who_serves_is_seen_by_the_reads_connection(
        self, owner: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        assert await owner.fetchval(doctor.IS_SERVED, "sanfang_ro")
        assert not await owner.fetchval(doctor.IS_SERVED, "nobody")


class TestExamine:
    async def test_a_migrated_database_is_well(
        self, settings: Settings, database: Database
    ) -> None:
        findings = await doctor.examine(settings)
        assert len(findings) == 12
        assert _ill(findings) == []

    async def test_a_bare_table_is_named(self, settings: Settings, database: Database) -> None:
        await _execute(database, "create table bare (tenant_id uuid primary key)")
        try:
            findings = await doctor.examine(settings)
        finally:
            await _execute(database, "drop table bare")
        assert [(one.en, one.seen) for one in _ill(findings)] == [("Row-level security", "bare")]

    async def test_a_wall_not_forced_is_named(self, settings: Settings, database: Database) -> None:
        await _execute(database, "alter table unit no force row level security")
        try:
            findings = await doctor.examine(settings)
        finally:
            await _execute(database, "alter table unit force row level security")
        assert [one.seen for one in _ill(findings)] == ["unit"]

    async def test_an_event_that_may_change_is_named(
        self, settings: Settings, database: Database
    ) -> None:
        await _execute(database, "grant update on event to sanfang_rw")
        try:
            findings = await doctor.examine(settings)
        finally:
            await _execute(database, "revoke update on event from sanfang_rw")
        assert [one.seen for one in _ill(findings)] == ["sanfang_rw UPDATE"]

    @pytest.mark.parametrize(
        ("grant", "seen"),
        [
            ("select on unit to sanfang_jobs", "sanfang_jobs unit"),
            ("delete on sanfang_jobs.pgqueuer to sanfang_rw", "sanfang_rw pgqueuer"),
        ],
    )
    async def test_a_queue_that_is_not_apart_is_named(
        self, settings: Settings, database: Database, grant: str, seen: str
    ) -> None:
        await _execute(database, f"grant {grant}")
        try:
            findings = await doctor.examine(settings)
        finally:
            await _execute(database, f"revoke {grant.replace(' to ', ' from ')}")
        assert [one.seen for one in _ill(findings)] == [seen]

    async def test_a_database_out_of_reach_is_said(self, tmp_path: Path) -> None:
        away = Settings(data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none")
        findings = await doctor.examine(away)
        assert [one.en for one in _ill(findings)] == ["Database"]

    async def test_a_key_that_others_can_read_is_ill(self, tmp_path: Path) -> None:
        exposed = Settings(
            data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none", master_key=None
        )
        exposed.master()
        (tmp_path / "master.key").chmod(0o644)
        assert [one.en for one in await doctor.examine(exposed)] == ["Master key"]


def _ill(findings: list[Finding]) -> list[Finding]:
    return [one for one in findings if not one.is_well and one.en not in NOT_HERE]


async def _execute(database: Database, statement: str) -> None:
    connection = await database.address.connect()
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
