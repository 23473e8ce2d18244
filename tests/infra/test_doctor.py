"""The doctor finds nothing on a good installation, and each fault on a bad one."""

from pathlib import Path

from infra import doctor
from infra.database import Database
from infra.doctor import Finding
from infra.settings import Settings

# The suite's own server doesn't wait for the disk; that one is for the embedded default's tests.
HASTY = "Durability"


class TestExamine:
    async def test_a_migrated_database_is_well(
        self, settings: Settings, database: Database
    ) -> None:
        findings = await doctor.examine(settings)
        assert len(findings) == 9
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
    return [one for one in findings if not one.is_well and one.en != HASTY]


async def _execute(database: Database, statement: str) -> None:
    connection = await database.address.connect()
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
