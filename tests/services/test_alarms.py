"""Which counties the clock looks at, and as whom."""

from infra.database import Database
from services import alarms, tenants
from services.tenants import PLATFORM_ID
from tests.county import County


class TestCounties:
    async def test_each_that_is_served_is_one_and_the_platform_is_none(
        self, platform: County, county: County, other: County
    ) -> None:
        found = await _counties(platform.database)
        assert {county.id, other.id} <= set(found)
        assert PLATFORM_ID not in found

    async def test_a_suspended_one_is_none(
        self, platform: County, county: County, other: County
    ) -> None:
        await _suspend(platform, county)
        found = await _counties(platform.database)
        assert {county.id, other.id} & set(found) == {other.id}

    async def test_a_county_is_shown_no_other(self, county: County, other: County) -> None:
        async with county.session(read_only=True) as session:
            assert [*await alarms.counties(session)] == [county.id]


class TestClockOf:
    async def test_it_is_nobody_in_no_post(self, county: County) -> None:
        async with county.session() as session:
            by = await alarms.clock_of(session, county.id)
        assert by is not None
        assert (by.tenant_id, by.domain) == (county.id, county.slug)
        assert (by.person_id, by.client_id, by.posts) == (None, None, ())
        assert by.roles == ("public",)

    async def test_a_suspended_county_has_none(self, platform: County, county: County) -> None:
        await _suspend(platform, county)
        async with county.session() as session:
            assert await alarms.clock_of(session, county.id) is None


async def _counties(database: Database) -> list[object]:
    async with database.session(PLATFORM_ID, read_only=True) as session:
        return [*await alarms.counties(session)]


async def _suspend(platform: County, county: County) -> None:
    operator = platform.founders["platform_operator"]
    async with platform.session() as session:
        await tenants.suspend(session, operator, tenant=county.id, reason="试验")
