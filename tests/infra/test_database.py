"""The door: a session is one transaction in one county, and without a county nothing is seen."""

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import func, select

from infra.database import Database
from services.events import Event
from services.tables import Tenant, TenantState
from services.tenants import PLATFORM_ID
from services.units import Unit
from tests.county import County


class TestSession:
    async def test_it_sees_its_own_county_only(self, county: County, other: County) -> None:
        async with county.session() as session:
            seen = set((await session.exec(select(Unit.tenant_id))).all())
        assert seen == {county.id}

    async def test_an_error_undoes_it(self, county: County, other: County) -> None:
        before = await county.events()
        with pytest.raises(DBAPIError, match="row-level security"):
            async with county.session() as session:
                session.add_all([_event(county), _event(other)])
        assert await county.events() == before

    async def test_an_error_shows_no_value(self, county: County, other: County) -> None:
        with pytest.raises(DBAPIError) as refused:
            async with county.session() as session:
                session.add(_event(other))
        assert str(other.id) not in str(refused.value)

    async def test_a_normal_end_keeps_it(self, county: County) -> None:
        before = await county.events()
        async with county.session() as session:
            session.add(_event(county))
        assert await county.events() == before + 1

    async def test_a_reading_one_writes_nothing(self, county: County) -> None:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with county.session(read_only=True) as session:
                session.add(_event(county))

    async def test_a_row_of_another_county_is_refused(self, county: County, other: County) -> None:
        with pytest.raises(DBAPIError, match="row-level security"):
            async with county.session() as session:
                session.add(_event(other))

    async def test_the_owner_sees_no_other_county_either(
        self, database: Database, county: County, other: County
    ) -> None:
        async with database.owner_session(county.id) as session:
            seen = set((await session.exec(select(Unit.tenant_id))).all())
        assert seen == {county.id}

    async def test_the_setting_ends_with_the_transaction(self, county: County) -> None:
        async with county.session(read_only=True):
            pass
        setting = "select current_setting('sanfang.tenant', true)"
        assert not await county.database.reader.fetchval(setting)


class TestReader:
    async def test_without_a_county_it_sees_nothing(self, county: County) -> None:
        for table in ("unit", "event", "person", "tenant"):
            assert await county.database.reader.fetchval(f"select count(*) from {table}") == 0

    async def test_a_long_statement_is_stopped(self, database: Database) -> None:
        timeout = database.settings.statement_timeout_ms
        assert await database.reader.fetchval("show statement_timeout") in (f"{timeout}ms", "5s")


class TestTenant:
    async def test_a_county_is_found_by_its_slug(self, database: Database, county: County) -> None:
        assert await database.tenant(county.slug) == (county.id, TenantState.active)

    async def test_there_is_no_other(self, database: Database) -> None:
        assert await database.tenant("nowhere") is None

    async def test_the_platform_sees_them_all_and_none_of_their_rows(
        self, database: Database, county: County, other: County
    ) -> None:
        async with database.session(PLATFORM_ID, read_only=True) as session:
            slugs = set((await session.exec(select(Tenant.slug))).all())
            units = select(func.count()).where(Unit.tenant_id == county.id)
            assert (await session.exec(units)).one() == 0
        assert {county.slug, other.slug} <= slugs


def _event(county: County) -> Event:
    return Event(tenant_id=county.id, name="unit.tried", object="Unit", object_id=county.root.id)
