"""Files: prepared with an address, stored once with what the bytes were."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, files, units
from services.errors import BadInput, NotFound
from services.events import Event
from services.files import Content, File, FileStored, PreparedFile, TooManyPrepared
from services.passes import UPLOAD_LASTS, Purpose
from services.units import UnitClosed
from tests.county import County
from tests.services.unchanged import unchanged

JPEG = Content("image/jpeg", 100, "a" * 64, "b" * 64, 640, 480)
PDF = Content("application/pdf", 100, "c" * 64, "c" * 64)


async def prepared(
    county: County, by: Actor, unit: UUID | None = None, name: str = "墙面.jpg"
) -> PreparedFile:
    async with county.session() as session:
        return await files.prepare(session, by, unit=unit or county.root.id, name=name)


async def stored(county: County, file: UUID, content: Content = JPEG) -> File:
    async with county.session() as session:
        return await files.store(session, Actor(county.id, county.slug), file=file, content=content)


async def found(county: County, file: UUID) -> File:
    async with county.session(read_only=True) as session:
        return await files.find(session, county.administrator, file)


class TestPrepare:
    async def test_a_resident_prepares_one_in_any_unit_and_gets_its_address(
        self, county: County
    ) -> None:
        tree = await county.tree()
        resident = await county.actor("resident", tree.estate)
        made = await prepared(county, resident, tree.communities[1].id)
        row = await found(county, made.id)
        assert (row.unit_id, row.made_by) == (tree.communities[1].id, resident.person_id)
        assert (row.name, row.state, row.sha256) == ("墙面.jpg", "prepared", None)
        passes = county.database.passes
        address, _, token = made.upload_url.rpartition("/")
        assert address == f"{passes.url}/files/{county.slug}"
        assert passes.prove(county.id, Purpose.upload, token) == made.id
        assert clock.now() < made.upload_until <= clock.now() + UPLOAD_LASTS
        assert await county.events("file.prepared") == 1

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("C:\\Users\\x\\墙面.jpg", "墙面.jpg"),
            ("../../etc/passwd", "passwd"),
            (".htaccess", "htaccess"),
            ("a" * 120, "a" * 120),
        ],
    )
    async def test_of_a_path_the_last_part_is_the_name(
        self, county: County, sent: str, kept: str
    ) -> None:
        made = await prepared(county, county.administrator, name=sent)
        assert (await found(county, made.id)).name == kept

    @pytest.mark.parametrize("name", ["photos/", "..", ". .", "\\"])
    async def test_a_folder_is_no_name(self, county: County, name: str) -> None:
        async with unchanged(county, BadInput):
            await prepared(county, county.administrator, name=name)

    async def test_whoever_has_no_post_is_refused(self, county: County) -> None:
        nobody = Actor(county.id, county.slug)
        person = replace(nobody, person_id=(await county.person()).id)
        for by in (nobody, person, county.founders["auditor"], county.security):
            async with unchanged(county, Denied):
                await prepared(county, by)

    async def test_a_client_by_itself_is_refused(self, county: County) -> None:
        limits = frozenset({("files", "prepare")})
        async with unchanged(county, Denied):
            await prepared(county, Actor(county.id, county.slug, client_id=uuid4(), limits=limits))

    async def test_a_closed_unit_is_refused(self, county: County) -> None:
        firm = await county.unit("firm", "旧物业", since=date(2022, 3, 1))
        async with county.session() as session:
            await units.close(session, county.administrator, unit=firm.id, reason="撤销")
        async with unchanged(county, UnitClosed):
            await prepared(county, county.administrator, firm.id)

    async def test_another_countys_unit_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        for unit in (other.root.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await prepared(county, county.administrator, unit)
            assert refused.value.facts == {"id": f"Unit:{unit}"}

    async def test_so_many_of_a_person_wait_for_their_bytes_and_no_more(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MOST_PREPARED", 3)
        first = await prepared(county, county.administrator)
        by_others = county.founders["working_officer"]
        await prepared(county, by_others)
        ends = await asyncio.gather(
            *(prepared(county, county.administrator) for _ in range(4)), return_exceptions=True
        )
        assert [type(end) for end in ends].count(PreparedFile) == 2
        async with unchanged(county, TooManyPrepared) as refused:
            await prepared(county, county.administrator)
        assert refused.value.facts == {"limit": 3, "minutes": 15}
        await stored(county, first.id)
        await prepared(county, county.administrator)

    async def test_one_whose_address_is_over_waits_no_more(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MOST_PREPARED", 1)
        made = await prepared(county, county.administrator)
        longer_ago = clock.now() - UPLOAD_LASTS
        async with county.session() as session:
            own = update(File).where(col(File.id) == made.id).values(made_at=longer_ago)
            await session.exec(own)
        await prepared(county, county.administrator)


class TestStore:
    async def test_the_content_stands_in_the_row_and_is_recorded_as_the_preparers(
        self, county: County
    ) -> None:
        made = await prepared(county, county.administrator)
        row = await stored(county, made.id)
        assert (row.state, row.version) == ("stored", 2)
        assert (row.media_type, row.size, row.width, row.height) == ("image/jpeg", 100, 640, 480)
        assert (row.sha256, row.original_sha256) == ("a" * 64, "b" * 64)
        assert row.stored_at is not None
        recorded = select(Event.person_id).where(
            Event.tenant_id == county.id, Event.name == "file.stored"
        )
        async with county.session(read_only=True) as session:
            assert (await session.exec(recorded)).all() == [county.administrator.person_id]

    async def test_the_same_again_changes_nothing(self, county: County) -> None:
        made = await prepared(county, county.administrator)
        first = await stored(county, made.id)
        again = await stored(county, made.id)
        assert (again.version, again.stored_at) == (first.version, first.stored_at)
        assert await county.events("file.stored") == 1

    async def test_other_bytes_are_refused(self, county: County) -> None:
        made = await prepared(county, county.administrator)
        await stored(county, made.id)
        async with unchanged(county, FileStored):
            await stored(county, made.id, PDF)

    async def test_of_two_at_once_one_is_kept(self, county: County) -> None:
        made = await prepared(county, county.administrator)
        async with county.session() as session:
            nobody = Actor(county.id, county.slug)
            await files.store(session, nobody, file=made.id, content=JPEG)
            await session.flush()
            second = asyncio.create_task(stored(county, made.id, PDF))
            # Long enough for it to look at the row, if nothing keeps it from that.
            await asyncio.sleep(0.2)
        with pytest.raises(FileStored):
            await second
        assert (await found(county, made.id)).sha256 == JPEG.sha256
        assert await county.events("file.stored") == 1

    async def test_another_countys_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        theirs = await prepared(other, other.administrator)
        for file in (theirs.id, uuid4()):
            async with unchanged(county, NotFound):
                await stored(county, file)

    async def test_the_database_holds_content_and_state_together(self, county: County) -> None:
        made = await prepared(county, county.administrator)
        whole = {
            "state": "stored", "media_type": "image/jpeg", "size": 1, "sha256": "a" * 64,
            "original_sha256": "a" * 64, "stored_at": clock.now(),
        }  # fmt: skip
        for values in (
            {"state": "stored"},
            {"size": 1},
            {"width": 1, "height": 1},
            whole | {"state": "prepared"},
            whole | {"size": 0},
            whole | {"width": 1},
            whole | {"width": 0, "height": 1},
            whole | {"sha256": "A" * 64},
            whole | {"stored_at": None},
        ):
            own = update(File).where(col(File.id) == made.id).values(**values)
            async with unchanged(county, IntegrityError), county.session() as session:
                await session.exec(own)
