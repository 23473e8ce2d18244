"""A county taken out of one installation and into another: the same answers, all or nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from infra import audit_files, migrate, takeout, verify_audit
from infra.database import Database
from infra.embedded import Embedded
from infra.settings import Settings
from infra.stores import Store
from infra.takeout import TakeoutRefused
from policies import Actor
from services import people
from services.sealing import keys
from tests.conftest import SERVER, embedded_folder
from tests.county import County
from tests.schema.questions import EVERYTHING
from tests.schema.test_oracle import answered, planned, standing
from tests.schema.world import PHONE, World, world

PASSPHRASE = "eine lange Losung 一路平安"
pytestmark = pytest.mark.skipif(SERVER is not None, reason="two servers of one's own are needed")
# What lists events shows that the county was moved in, and `auditHeads` whatever is sealed since.
MOVED = ("events", "history", "auditHeads", "auditSamples")


@pytest.fixture(scope="module")
async def elsewhere() -> AsyncIterator[Database]:
    """Another installation, with a master key of its own and no county."""
    with embedded_folder() as folder:
        held = await asyncio.to_thread(Embedded.start, folder, durable=False)
        settings = Settings(data_dir=folder, database_url=None, pool_size=4)
        await migrate.upgrade(settings)
        async with await Database.open(settings) as database:
            yield database
        held.release()


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


@pytest.fixture(scope="module")
async def folder(
    database: Database, settings: Settings, here: World, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What was written of it."""
    made = tmp_path_factory.mktemp("takeout")
    await _put_files(database, Store.of(settings), here)
    await takeout.leave(database, Store.of(settings), here.county.slug, made, PASSPHRASE)
    return made


async def _put_files(database: Database, store: Store, here: World) -> None:
    """Bytes for the files that the world says are stored."""
    async with here.county.session(read_only=True) as session:
        rows = await session.info["driver"].fetch("select id, sha256 from file where sha256 > ''")
    for row in rows:
        await store.write(here.county.id, row["id"], row["sha256"], b"bytes of " + row["id"].bytes)


def copied(folder: Path, to: Path) -> Path:
    """A copy that a test may spoil."""
    for path in folder.rglob("*"):
        if path.is_file():
            there = to / path.relative_to(folder)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(path.read_bytes())
    return to


async def counties(database: Database) -> int:
    """How many there are, and whatever rows of any."""
    connection = await database.address.connect()
    try:
        return int(await connection.fetchval("select count(*) from tenant"))
    finally:
        await connection.close()


class TestMovingIn:
    async def test_what_was_spoilt_is_refused_and_leaves_nothing(
        self, elsewhere: Database, folder: Path, tmp_path: Path
    ) -> None:
        before = await counties(elsewhere)

        def altered(name: str, change: Any) -> Path:
            to = copied(folder, tmp_path / f"{len(list(tmp_path.iterdir()))}")
            path = to / name
            path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
            return to

        def without_row(text: str) -> str:
            said = json.loads(text)
            said["rows"]["unit"] += 1
            return json.dumps(said)

        def of_old(text: str) -> str:
            return json.dumps(json.loads(text) | {"revision": "0001"})

        store = Store.of(elsewhere.settings)
        changed = "or it was changed"
        spoilt = {
            altered("rows/unit.jsonl", lambda text: text.replace("东街", "西街")): "manifest",
            altered("manifest.json", without_row): changed,
            altered("manifest.json", of_old): changed,
            altered("manifest.json", lambda text: text[:-9]): "can't be read",
        }
        for path, said in spoilt.items():
            with pytest.raises(TakeoutRefused) as refused:
                await takeout.move_in(elsewhere, store, path, PASSPHRASE)
            assert said in refused.value.message("en"), path
        with pytest.raises(TakeoutRefused) as refused:
            await takeout.move_in(elsewhere, store, folder, "another passphrase")
        assert "the passphrase is wrong" in refused.value.message("en")
        assert await counties(elsewhere) == before

    async def test_the_same_documents_have_the_same_answers(
        self, database: Database, elsewhere: Database, here: World, folder: Path
    ) -> None:
        await takeout.move_in(elsewhere, Store.of(elsewhere.settings), folder, PASSPHRASE)
        compared = 0
        for role, documents in EVERYTHING.items():
            held = [(at, await standing(at, here.readers[role])) for at in (database, elsewhere)]
            for document in documents:
                if any(name in document for name in MOVED):
                    continue
                one, other = [
                    await answered(where, planned(known, document)) for where, known in held
                ]
                assert one == other, (role, document)
                compared += 1
        assert compared > 100
        await self._keys_open(elsewhere, here)
        await self._files_are_there(elsewhere, here)
        await self._life_goes_on(elsewhere, here)

    async def _keys_open(self, elsewhere: Database, here: World) -> None:
        """By the other installation's own master key; a phone number is found by its hash."""
        async with elsewhere.session(here.county.id) as session:
            unwrapped = await keys(session, here.county.id)
            by = here.county.security
            shown = await people.reveal(session, by, person=here.resident, purpose="迁入后核对")
        assert unwrapped.number >= 1
        assert shown.phone == PHONE

    async def _files_are_there(self, elsewhere: Database, here: World) -> None:
        store = Store.of(elsewhere.settings)
        async with elsewhere.session(here.county.id, read_only=True) as session:
            rows = await session.info["driver"].fetch(
                "select id, sha256 from file where sha256 > ''"
            )
        assert rows
        for row in rows:
            _, chunks = await store.read(here.county.id, row["id"], row["sha256"])
            data = b"".join([chunk async for chunk in chunks])
            assert data == b"bytes of " + row["id"].bytes

    async def _life_goes_on(self, elsewhere: Database, here: World) -> None:
        """Commands run, their events are sealed behind those of before, and all of it is proven."""
        async with elsewhere.session(here.county.id) as session:
            await people.register(session, here.county.administrator, name="新来的人")
        by = Actor(here.county.id, here.county.slug)
        assert await audit_files.seal_all(elsewhere, by) >= 2
        with embedded_folder() as out:
            await audit_files.write(elsewhere, by, out)
            report = verify_audit.Report(zh=False)
            verify_audit.verify(out, report, None, [])
        assert not report.findings
        assert not [line for line in report.remarks if "wait" in line]

    async def test_a_county_that_is_here_is_not_moved_in(
        self, database: Database, settings: Settings, folder: Path
    ) -> None:
        with pytest.raises(TakeoutRefused) as refused:
            await takeout.move_in(database, Store.of(settings), folder, PASSPHRASE)
        assert "here already" in refused.value.message("en")


class TestLeaving:
    async def test_no_key_is_readable_and_no_other_county_is_in_it(
        self, database: Database, here: World, folder: Path, other: County
    ) -> None:
        text = "".join(path.read_text(encoding="utf-8") for path in (folder / "rows").iterdir())
        assert str(other.id) not in text
        async with here.county.session(read_only=True) as session:
            [wrapped] = await session.info["driver"].fetch("select wrapped from tenant_key")
        assert wrapped["wrapped"].hex() not in text

    async def test_it_is_on_record(self, here: World, folder: Path) -> None:
        assert await here.county.events("tenant.taken_out") == 1
