"""Events sealed and exported; whoever changes them afterwards, as the database's own superuser too,
is found out by a program that knows nothing of the service.
"""

import ast
import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from infra.audit_files import seal_all
from infra.database import Database
from services import clock, people
from services.audits import heads
from tests.county import County
from tests.infra.record import (
    PROGRAM,
    as_superuser,
    batches,
    by_of,
    exported,
    forged,
    verified,
)


class TestSealing:
    async def test_an_export_is_as_it_was_sealed(self, county: County, tmp_path: Path) -> None:
        await batches(county, 3, 4)
        await county.person()
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 0, said
        assert "1 events wait to be sealed and are not proven" in said
        assert "2 batches" in said

    async def test_nothing_new_makes_no_batch(self, county: County) -> None:
        await batches(county, 1)
        assert await seal_all(county.database, by_of(county)) == 0

    async def test_what_commits_late_is_sealed_later(self, county: County) -> None:
        async with county.session() as slow:
            await people.register(slow, county.administrator, name="慢")
            await slow.flush()
            await batches(county, 2)
        assert await seal_all(county.database, by_of(county)) == 1

    @pytest.mark.parametrize("commits_after", [1, 3, None])
    async def test_a_long_transaction_is_sealed_in_parts_and_an_older_one_meanwhile(
        self, county: County, commits_after: int | None
    ) -> None:
        """Where a batch ends inside a transaction, the next one goes on there, and misses none."""

        async def seal() -> int:
            async with county.session() as session:
                return await heads.seal(session, by_of(county), at=clock.now(), most=4)

        await seal_all(county.database, by_of(county))
        async with AsyncExitStack() as older:
            slow = await older.enter_async_context(county.session())
            await people.register(slow, county.administrator, name="慢")
            await slow.flush()
            if commits_after is None:
                await older.aclose()
            async with county.session() as session:
                for number in range(14):
                    await people.register(session, county.administrator, name=f"众{number}")
            parts = []
            for turn in range(6):
                if turn == commits_after:
                    await older.aclose()
                parts.append(await seal())
        assert sum(parts) == 15
        assert await seal() == 0

    async def test_two_who_seal_at_once_seal_each_event_once(
        self, county: County, tmp_path: Path
    ) -> None:
        for _ in range(5):
            await county.person()

        async def seal() -> int:
            async with county.session() as session:
                return await heads.seal(session, by_of(county), at=clock.now())

        sealed = await asyncio.gather(*(seal() for _ in range(4)))
        await seal_all(county.database, by_of(county))
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 0, said
        assert sum(one > 0 for one in sealed) >= 1

    async def test_commands_do_not_wait_for_it(self, county: County) -> None:
        await county.person()
        async with county.session() as sealing:
            assert await heads.seal(sealing, by_of(county), at=clock.now())
            await sealing.flush()
            async with asyncio.timeout(20):
                await county.person()

    async def test_more_than_a_batch_takes_several(
        self, county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heads, "BATCH", 4)
        for _ in range(9):
            await county.person()

        async def seal() -> int:
            async with county.session() as session:
                return await heads.seal(session, by_of(county), at=clock.now(), most=4)

        while await seal():
            pass
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 0, said
        assert "wait" not in said

    async def test_of_another_county_nothing_is_sealed_or_exported(
        self, county: County, other: County, tmp_path: Path
    ) -> None:
        await batches(county, 2)
        folder = await exported(other, tmp_path / "other")
        assert (folder / "heads.json").read_text() == "[]"
        assert str(county.id) not in (folder / "unsealed.jsonl").read_text()


TAMPERINGS: dict[str, tuple[str, str]] = {
    "changed": (
        'update event set after = \'{{"name": "x"}}\' where id = {second}',
        "batch 2: event {second_id} was changed",
    ),
    "changed, and its hash": (
        "update event set name = 'unit.moved' where id = {second};"
        " update event_leaf set hash = '\\x00' where id = {second}",
        "batch 2: event {second_id} was changed",
    ),
    "removed": (
        "delete from event_value where event_id = {second}; delete from event_leaf where"
        " id = {second}; delete from event where id = {second}",
        "batch 2: at",
    ),
    "removed, and the rest moved up": (
        "delete from event_value where event_id = {second}; delete from event_leaf where"
        " id = {second}; delete from event where id = {second};"
        " update event_leaf set number = number + 1000000 where tenant_id = {tenant}"
        "   and number > {number};"
        " update event_leaf set number = number - 1000001 where tenant_id = {tenant}"
        "   and number > 1000000",
        "batch 2: not what was sealed",
    ),
    "inserted": (
        "insert into event (tenant_id, id, at, name, object, object_id, transaction)"
        " select tenant_id, '01800000-0000-7000-8000-000000000001', at, name, object, object_id,"
        " transaction from event where id = {second}",
        "event 01800000-0000-7000-8000-000000000001 is older than the last batch and unsealed",
    ),
    "reordered": (
        "update event_leaf set number = -1 - number where id in ({second}, {third});"
        " update event_leaf set number = {number} where id = {third};"
        " update event_leaf set number = {number} + 1 where id = {second}",
        "batch 2: not what was sealed: reordered or replaced",
    ),
    "a batch without its head": (
        "delete from audit_head where tenant_id = {tenant} and number = 2",
        "batch 2: the heads have a gap",
    ),
    "another root": (
        "update audit_head set root = repeat('0', 64) where tenant_id = {tenant} and number = 2",
        "batch 2: its signature is wrong",
    ),
}


class TestTampering:
    @pytest.mark.parametrize("how", TAMPERINGS)
    async def test_it_is_found_out_and_the_batch_named(
        self, county: County, tmp_path: Path, how: str
    ) -> None:
        await batches(county, 3, 4, 2)
        async with county.session(read_only=True) as session:
            rows = await session.info["driver"].fetch(
                "select l.id, l.number from event_leaf l join audit_head h on"
                " h.tenant_id = l.tenant_id and l.number >= h.first and l.number < h.size"
                " where h.number = 2 order by l.number"
            )
        second, third = rows[1], rows[2]
        names = {
            "second": f"'{second['id']}'", "third": f"'{third['id']}'", "number": second["number"],
            "tenant": f"'{county.id}'", "second_id": second["id"],
        }  # fmt: skip
        statement, expected = TAMPERINGS[how]
        relaxed = "alter table event_leaf drop constraint ck_event_leaf_number_from_nought"
        again = (
            "alter table event_leaf add constraint ck_event_leaf_number_from_nought"
            " check (number >= 0)"
        )
        await as_superuser(county.database, relaxed, statement.format(**names), again)
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 1, said
        assert expected.format(**names) in said, said
        assert "batch 1:" not in said
        assert "batch 3: not" not in said

    @pytest.mark.parametrize(
        ("name", "change", "expected"),
        [
            ("events.jsonl", lambda text: text.replace("person.registered", "person.amended", 1),
             "isn't as the manifest says"),
            ("heads.json", lambda text: text.replace('"number": 1', '"number": 2'),
             "isn't as the manifest says"),
        ],
    )  # fmt: skip
    async def test_so_is_a_copy_that_was_changed_afterwards(
        self, county: County, tmp_path: Path, name: str, change: Callable[[str], str], expected: str
    ) -> None:
        await batches(county, 3)
        folder = await exported(county, tmp_path / "out")
        path = folder / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        code, said = await verified(folder)
        assert code == 1
        assert expected in said

    async def test_an_event_of_an_earlier_day_sealed_today_is_found_out(
        self, county: County, tmp_path: Path
    ) -> None:
        await batches(county, 2)
        await as_superuser(county.database, forged(county, days=-2))
        await batches(county, 1)
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 1
        assert "is older than the batch before and not in it: inserted" in said

    @pytest.mark.parametrize("days", [900, 3_000_000])
    async def test_so_is_one_of_a_day_to_come_that_waits_for_ever(
        self, county: County, tmp_path: Path, days: int
    ) -> None:
        await batches(county, 2)
        await as_superuser(county.database, forged(county, days=days, transaction=1))
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 1
        assert "is newer than the export" in said
        await as_superuser(county.database, forged(county, days=days))
        await batches(county, 1)
        code, said = await verified(await exported(county, tmp_path / "sealed"))
        assert "is newer than its sealing" in said

    async def test_a_value_that_stands_apart_and_was_altered_is_found_out(
        self, county: County, tmp_path: Path
    ) -> None:
        await batches(county, 2)
        await as_superuser(
            county.database,
            f"update event_value set value = '\"张三\"' where tenant_id = '{county.id}'"
            " and path = 'after.name'",
        )
        code, said = await verified(await exported(county, tmp_path / "out"))
        assert code == 1
        assert "after.name is another value in the service now" in said

    async def test_an_earlier_end_shows_against_a_head_that_was_kept(
        self, county: County, tmp_path: Path
    ) -> None:
        await batches(county, 3, 2)
        kept = json.loads((await exported(county, tmp_path / "before") / "heads.json").read_text())
        head = tmp_path / "head.json"
        # As GraphQL shows it, whose long numbers are texts.
        head.write_text(json.dumps(kept[-1] | {"size": str(kept[-1]["size"])}))
        number = f"tenant_id = '{county.id}' and number"
        await as_superuser(
            county.database,
            f"delete from audit_head where {number} = 2",
            f"delete from event_value v using event_leaf l where l.tenant_id = '{county.id}'"
            f" and l.id = v.event_id and l.number >= {kept[0]['size']}",
            f"create temp table gone as select id from event_leaf where {number} >="
            f" {kept[0]['size']}",
            f"delete from event_leaf where {number} >= {kept[0]['size']}",
            "delete from event where id in (select id from gone)",
        )
        folder = await exported(county, tmp_path / "after")
        assert (await verified(folder))[0] == 0
        code, said = await verified(folder, "--head", str(head))
        assert code == 1
        assert "not the tree of the kept head" in said

    async def test_a_forgers_own_key_shows_against_the_fingerprint(
        self, county: County, tmp_path: Path
    ) -> None:
        await batches(county, 1)
        folder = await exported(county, tmp_path / "out")
        _, said = await verified(folder)
        fingerprint = said.split("fingerprint ")[1].split()[0]
        assert (await verified(folder, "--key", fingerprint))[0] == 0
        assert (await verified(folder, "--key", "0" * 64))[0] == 1


class TestProgram:
    def test_it_imports_nothing_of_the_service(self) -> None:
        imported = {
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.walk(ast.parse(PROGRAM.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        ours = {"infra", "services", "schema", "policies", "tests"}
        assert not {str(name).split(".")[0] for name in imported} & ours

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("heads.json", "[]", "there is no head, so nothing is proven"),
            ("events.jsonl", '{"number":0,"number":0}\n', "a key is said twice"),
            ("events.jsonl", '{"number":0,"hash":"","event":{"id":"x"},"values":[1]}\n',
             "can't be read on"),
            ("unsealed.jsonl", '{"id":5}\n', "can't be read on"),
            ("unsealed.jsonl", "[" * 200_000 + "\n", "can't be read on"),
        ],
        ids=range(5),
    )  # fmt: skip
    async def test_what_was_made_up_and_its_manifest_too_gets_a_verdict(
        self, county: County, tmp_path: Path, name: str, content: str, said: str
    ) -> None:
        await batches(county, 1)
        folder = await exported(county, tmp_path / "out")
        (folder / name).write_text(content, encoding="utf-8")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        manifest["files"][name]["sha256"] = digest
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        code, told = await verified(folder)
        assert code == 1
        assert "Traceback" not in told
        assert said in told

    def test_of_no_export_it_says_so(self, tmp_path: Path) -> None:
        made = subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(tmp_path), "--lang", "en"],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 1
        assert "the manifest can't be read" in made.stdout


class TestWalls:
    @pytest.mark.parametrize("table", ["event", "event_leaf", "audit_head", "audit_key"])
    async def test_the_apps_role_neither_changes_nor_removes(
        self, database: Database, county: County, table: str
    ) -> None:
        await batches(county, 1)
        for statement in (f"update {table} set tenant_id = tenant_id", f"delete from {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with database.session(county.id) as session:
                    await session.info["driver"].execute(statement)
