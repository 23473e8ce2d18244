"""A county's founding act, and the platform's hand on it."""

import pytest
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col, select
from uuid_utils.compat import uuid7

from infra.database import Database
from policies import Actor, Denied
from services import tenants
from services.appointments import RoleUnknown
from services.errors import BadInput, NotFound
from services.events import Event
from services.packs import SECTIONS, Pack, PackRefused
from services.posts import Appointment, AppointmentState
from services.tables import Tenant, TenantState
from services.tenants import PLATFORM_ID, PlatformStays, SlugTaken, TenantStateUnchanged
from tests.county import County

REASON = "试验"


class TestCreate:
    async def test_each_founder_holds_the_role_at_the_top(self, county: County) -> None:
        for role, actor in county.founders.items():
            assert [(post.role, post.unit_id) for post in actor.posts] == [(role, county.root.id)]

    async def test_the_founders_appointments_are_made_by_nobody(self, county: County) -> None:
        async with county.session(read_only=True) as session:
            rows = (await session.exec(select(Appointment))).all()
        assert len(rows) == len(county.founders)
        for row in rows:
            assert row.state == AppointmentState.confirmed
            assert (row.made_by, row.confirmed_by) == (None, None)
            assert row.ground == tenants.GROUND

    async def test_the_first_pack_names_every_section(self, county: County) -> None:
        async with county.session(read_only=True) as session:
            pack = (await session.exec(select(Pack))).one()
        assert (pack.edition, pack.until) == (1, None)
        assert set(pack.document) == set(SECTIONS)

    async def test_everything_is_on_record(self, county: County) -> None:
        async with county.session(read_only=True) as session:
            names = (await session.exec(select(Event.name).order_by(col(Event.name)))).all()
        made = ["appointment.confirmed", "person.registered", "post.created"]
        expected = [name for name in made for _ in county.founders]
        assert sorted([*expected, "pack.adopted", "unit.founded"]) == sorted(names)

    async def test_a_slug_is_taken_once(self, database: Database, county: County) -> None:
        with pytest.raises(SlugTaken):
            await County.new(database, county.slug)

    async def test_the_platforms_name_is_its_own(self, database: Database) -> None:
        with pytest.raises(SlugTaken):
            await County.new(database, "platform")

    @pytest.mark.parametrize("slug", ["", "a", "Yihuang", "1st", "县", "a b", "a" * 64, "abc\n"])
    async def test_a_slug_is_fit_for_an_address(self, database: Database, slug: str) -> None:
        with pytest.raises(BadInput):
            await _create(database, slug)

    async def test_a_wrong_pack_makes_no_county(self, database: Database) -> None:
        with pytest.raises(PackRefused):
            await County.new(database, "mistaken", {"units": {"levels": {"grid": ["building"]}}})
        assert await database.tenant("mistaken") is None

    @pytest.mark.parametrize("role", ["public", "client", "platform_operator", "emperor"])
    async def test_such_a_role_founds_nothing(self, database: Database, role: str) -> None:
        with pytest.raises(RoleUnknown):
            await County.new(database, "unfounded", founders={role: "甲"})
        assert await database.tenant("unfounded") is None


class TestSuspend:
    async def test_the_operator_suspends_and_resumes(
        self, database: Database, platform: County, county: County
    ) -> None:
        by = _operator(platform)
        async with platform.session() as session:
            row = await tenants.suspend(session, by, tenant=county.id, reason=REASON)
            assert row.state == TenantState.suspended
        found = await database.tenant(county.slug, fresh=True)
        assert found == (county.id, TenantState.suspended)
        async with platform.session() as session:
            row = await tenants.resume(session, by, tenant=county.id, reason=REASON)
            assert row.state == TenantState.active

    async def test_it_is_on_the_platforms_record(self, platform: County, county: County) -> None:
        events = await county.events()
        async with platform.session() as session:
            await tenants.suspend(session, _operator(platform), tenant=county.id, reason=REASON)
        async with platform.session(read_only=True) as session:
            about = select(Event).where(Event.object_id == county.id)
            event = (await session.exec(about)).one()
        assert (event.name, event.object) == ("tenant.suspended", "Tenant")
        assert event.after == {"state": "suspended", "reason": REASON}
        assert await county.events() == events

    async def test_twice_is_refused(self, platform: County, county: County) -> None:
        async with platform.session() as session:
            await tenants.suspend(session, _operator(platform), tenant=county.id, reason=REASON)
        events = await platform.events()
        with pytest.raises(TenantStateUnchanged):
            async with platform.session() as session:
                await tenants.suspend(session, _operator(platform), tenant=county.id, reason=REASON)
        assert await platform.events() == events

    async def test_the_platform_stays(self, platform: County) -> None:
        with pytest.raises(PlatformStays):
            async with platform.session() as session:
                await tenants.suspend(session, _operator(platform), tenant=PLATFORM_ID, reason="")

    async def test_an_administrator_suspends_nothing(self, county: County, other: County) -> None:
        for tenant, refusal in ((county.id, Denied), (other.id, NotFound), (uuid7(), NotFound)):
            with pytest.raises(refusal):
                async with county.session() as session:
                    await tenants.suspend(
                        session, county.administrator, tenant=tenant, reason=REASON
                    )
        assert await _state(county) == await _state(other) == TenantState.active

    async def test_a_forged_operator_is_stopped_by_the_database(
        self, county: County, other: County
    ) -> None:
        """Even with the role in hand, a session of a county changes no county."""
        async with county.session(read_only=True) as session:
            row = (await session.exec(select(Tenant))).one()
        assert row.id == county.id
        row.state = TenantState.suspended
        with pytest.raises(StaleDataError):
            await _write(county, row)
        assert await _state(county) == TenantState.active


def _operator(platform: County) -> Actor:
    return platform.founders["platform_operator"]


async def _create(database: Database, slug: str) -> None:
    identity = uuid7()
    async with database.owner_session(identity) as session:
        await tenants.create(
            session, tenant_id=identity, slug=slug, name="县", name_en="County", founders={}
        )


async def _write(county: County, row: Tenant) -> None:
    async with county.session() as session:
        session.add(row)


async def _state(county: County) -> str:
    async with county.session(read_only=True) as session:
        return (await session.exec(select(Tenant.state))).one()
