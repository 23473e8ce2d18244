"""Duties: assigned to the member units of the industry committee, withdrawn with a reason."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from policies import Actor, Denied
from services import clock, duties, units
from services.duties import Duty, DutyWithdrawn
from services.errors import EndsBeforeItBegins, NotFound, NotYet, Said, StaleVersion
from services.units import UnitClosed, UnitOccupied, UnitUnfit
from tests.county import County
from tests.services.unchanged import unchanged

SINCE = date(2022, 3, 1)


async def assign(county: County, committee: UUID, member: UUID, by: Actor | None = None) -> Duty:
    async with county.session() as session:
        return await duties.assign(
            session, by or county.administrator, committee=committee, member=member,
            text="监督物业收费公示", since=SINCE,
        )  # fmt: skip


async def withdraw(county: County, duty: UUID, until: date | None = None) -> Duty:
    async with county.session() as session:
        return await duties.withdraw(
            session, county.administrator, duty=duty, until=until, reason="职能调整"
        )


async def bodies(county: County) -> tuple[UUID, UUID]:
    """An industry committee and a member unit of it."""
    committee = await county.unit("industry_committee", "物业行业党委")
    member = await county.unit("bureau", "县城管局", since=SINCE)
    return committee.id, member.id


class TestAssign:
    async def test_a_member_answers_for_it_from_a_day_on(self, county: County) -> None:
        committee, member = await bodies(county)
        duty = await assign(county, committee, member)
        assert (duty.committee_id, duty.member_id, duty.since) == (committee, member, SINCE)
        assert await county.events("duty.assigned") == 1

    async def test_what_is_no_industry_committee_is_refused(self, county: County) -> None:
        _, member = await bodies(county)
        async with unchanged(county, UnitUnfit):
            await assign(county, county.root.id, member)

    async def test_a_closed_member_is_refused(self, county: County) -> None:
        committee, member = await bodies(county)
        async with county.session() as session:
            await units.close(session, county.administrator, unit=member, reason="机构改革")
        async with unchanged(county, UnitClosed):
            await assign(county, committee, member)

    async def test_a_member_that_answers_for_something_is_not_closed(self, county: County) -> None:
        committee, member = await bodies(county)
        await assign(county, committee, member)
        async with unchanged(county, UnitOccupied) as refused, county.session() as session:
            await units.close(session, county.administrator, unit=member, reason="机构改革")
        assert refused.value.facts["kept"] == Said("责任 1", "duties: 1", "duty: 1")

    async def test_another_countys_units_are_as_ones_that_do_not_exist(
        self, county: County, other: County
    ) -> None:
        mine, theirs = await bodies(county), await bodies(other)
        for committee, member in ((mine[0], theirs[1]), (theirs[0], mine[1])):
            async with unchanged(county, NotFound):
                await assign(county, committee, member)

    async def test_who_may_only_read_is_refused(self, county: County) -> None:
        committee, member = await bodies(county)
        async with unchanged(county, Denied):
            await assign(county, committee, member, by=county.founders["auditor"])


class TestWithdraw:
    async def test_it_stays_readable_with_its_last_day(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        row = await withdraw(county, duty.id, date(2023, 1, 1))
        assert (row.until, row.version, row.text) == (date(2023, 1, 1), 2, "监督物业收费公示")
        assert await county.events("duty.withdrawn") == 1

    async def test_a_day_to_come_is_refused(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        async with unchanged(county, NotYet):
            await withdraw(county, duty.id, clock.today() + timedelta(days=1))

    async def test_a_withdrawn_one_is_refused(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        await withdraw(county, duty.id)
        async with unchanged(county, DutyWithdrawn):
            await withdraw(county, duty.id)

    async def test_an_end_not_after_its_beginning_is_refused(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        async with unchanged(county, EndsBeforeItBegins):
            await withdraw(county, duty.id, SINCE)

    async def test_a_stale_version_is_refused(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        async with unchanged(county, StaleVersion), county.session() as session:
            await duties.withdraw(
                session, county.administrator, duty=duty.id, reason="职能调整", expected_version=2
            )

    async def test_another_countys_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        theirs = await assign(other, *await bodies(other))
        for duty in (theirs.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await withdraw(county, duty)
            assert refused.value.facts == {"id": f"Duty:{duty}"}
        assert await other.events("duty.withdrawn") == 0

    async def test_the_database_holds_its_dates(self, county: County) -> None:
        duty = await assign(county, *await bodies(county))
        own = update(Duty).where(col(Duty.id) == duty.id).values(until=SINCE)
        async with unchanged(county, IntegrityError), county.session() as session:
            await session.exec(own)
