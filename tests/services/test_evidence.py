"""Evidence: one's own files, stored, kept with the entry of the act that they were shown with."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from policies import Actor
from services import files
from services.errors import NotFound
from services.files import FileNotStored
from services.matters.evidence import Evidence, EvidenceMissing, TooManyFiles
from tests.county import County, adopt
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def prepared(way: Way, by: Actor) -> UUID:
    """A file whose bytes haven't come."""
    async with way.county.session() as session:
        made = await files.prepare(session, by, unit=way.tree.estate.id, name="现场.jpg")
    return made.id


async def shown(way: Way, matter: UUID) -> list[tuple[int, UUID]]:
    wanted = select(Evidence.seq, Evidence.file_id).where(Evidence.matter_id == matter)
    async with way.county.session(read_only=True) as session:
        return list((await session.exec(wanted.order_by(col(Evidence.seq)))).all())


class TestAttach:
    async def test_it_is_kept_with_the_entry(self, way: Way) -> None:
        photo = await way.photo(way.resident)
        row = await way.raised(files=[photo, photo])
        assert await shown(way, row.id) == [(1, photo)]

    async def test_a_result_is_not_reported_without_showing_it(self, way: Way) -> None:
        row = await way.reworked()
        nothing: tuple[list[UUID] | None, ...] = (None, [])
        for none in nothing:
            async with unchanged(way.county, EvidenceMissing):
                await way.do("complete", way.firm, row.id, result="好了", files=none)

    async def test_a_county_may_ask_for_none_or_for_more(self, way: Way) -> None:
        async with way.county.session() as session:
            await adopt(session, way.county, {"matters": {"evidence": ["raise"]}})
        async with unchanged(way.county, EvidenceMissing):
            await way.raised()
        row = await way.raised(files=[await way.photo(way.resident)])
        assert row.state == "raised"

    async def test_what_did_not_come_is_refused(self, way: Way) -> None:
        file = await prepared(way, way.resident)
        async with unchanged(way.county, FileNotStored):
            await way.raised(files=[file])

    async def test_anothers_file_is_as_none(self, way: Way, other: County) -> None:
        theirs = await Way.of(other)
        for file in (
            await way.photo(way.worker), await theirs.photo(theirs.resident), uuid4(),
        ):  # fmt: skip
            async with unchanged(way.county, NotFound) as refused:
                await way.raised(files=[file])
            assert refused.value.facts == {"id": f"File:{file}"}

    async def test_nine_go_with_one_act(self, way: Way) -> None:
        photos = [await way.photo(way.resident) for _ in range(10)]
        async with unchanged(way.county, TooManyFiles):
            await way.raised(files=photos)
        assert len(await shown(way, (await way.raised(files=photos[:9])).id)) == 9
