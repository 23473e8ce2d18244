"""Stations: one open station a grid, closed with a reason."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from policies import Actor, Denied
from services import clock, stations
from services.errors import EndsBeforeItBegins, NotFound, NotYet, StaleVersion
from services.stations import GridHasStation, Station, StationClosed
from services.units import UnitUnfit
from tests.county import County
from tests.services.unchanged import unchanged

SINCE = date(2022, 3, 1)


async def open_in(county: County, grid: UUID, by: Actor | None = None) -> Station:
    async with county.session() as session:
        return await stations.open(
            session, by or county.administrator, grid=grid, name="网格红色驿站",
            address="东街1号", hours="9:00-17:00", since=SINCE,
        )  # fmt: skip


async def close(county: County, station: UUID, until: date | None = None) -> Station:
    async with county.session() as session:
        return await stations.close(
            session, county.administrator, station=station, until=until, reason="搬迁"
        )


class TestOpen:
    async def test_a_grid_has_its_station(self, county: County) -> None:
        tree = await county.tree()
        station = await open_in(county, tree.grids[0].id)
        assert (station.grid_id, station.since, station.until) == (tree.grids[0].id, SINCE, None)
        assert await county.events("station.opened") == 1

    async def test_a_second_one_is_refused_until_the_first_is_closed(self, county: County) -> None:
        tree = await county.tree()
        first = await open_in(county, tree.grids[0].id)
        async with unchanged(county, GridHasStation) as refused:
            await open_in(county, tree.grids[0].id)
        assert refused.value.facts == {"id": f"Station:{first.id}"}
        await close(county, first.id)
        await open_in(county, tree.grids[0].id)

    async def test_of_two_at_once_one_is_opened(self, county: County) -> None:
        tree = await county.tree()
        ends = await asyncio.gather(
            *(open_in(county, tree.grids[0].id) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["GridHasStation", "Station"]

    async def test_what_is_no_grid_is_refused(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, UnitUnfit):
            await open_in(county, tree.estate.id)

    async def test_another_countys_grid_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        theirs = await other.tree()
        for grid in (theirs.grids[0].id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await open_in(county, grid)
            assert refused.value.facts == {"id": f"Unit:{grid}"}

    async def test_a_branch_secretary_opens_one_in_their_own_grid_only(
        self, county: County
    ) -> None:
        tree = await county.tree()
        secretary = await county.actor("branch_secretary", tree.grids[0])
        await open_in(county, tree.grids[0].id, by=secretary)
        async with unchanged(county, Denied):
            await open_in(county, tree.grids[1].id, by=secretary)


class TestClose:
    async def test_it_stays_on_record_with_its_last_day(self, county: County) -> None:
        tree = await county.tree()
        station = await open_in(county, tree.grids[0].id)
        row = await close(county, station.id, date(2023, 1, 1))
        assert (row.until, row.version) == (date(2023, 1, 1), 2)
        assert await county.events("station.closed") == 1

    async def test_a_day_to_come_is_refused(self, county: County) -> None:
        station = await open_in(county, (await county.tree()).grids[0].id)
        async with unchanged(county, NotYet):
            await close(county, station.id, clock.today() + timedelta(days=1))

    async def test_a_closed_one_is_refused(self, county: County) -> None:
        tree = await county.tree()
        station = await open_in(county, tree.grids[0].id)
        await close(county, station.id)
        async with unchanged(county, StationClosed):
            await close(county, station.id)

    async def test_an_end_not_after_its_beginning_is_refused(self, county: County) -> None:
        tree = await county.tree()
        station = await open_in(county, tree.grids[0].id)
        async with unchanged(county, EndsBeforeItBegins):
            await close(county, station.id, SINCE)

    async def test_a_stale_version_is_refused(self, county: County) -> None:
        tree = await county.tree()
        station = await open_in(county, tree.grids[0].id)
        async with unchanged(county, StaleVersion), county.session() as session:
            await stations.close(
                session, county.administrator, station=station.id, reason="搬迁",
                expected_version=3,
            )  # fmt: skip

    async def test_another_countys_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        tree = await other.tree()
        theirs = await open_in(other, tree.grids[0].id)
        for station in (theirs.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await close(county, station)
            assert refused.value.facts == {"id": f"Station:{station}"}

    async def test_the_database_holds_one_open_station_and_its_dates(self, county: County) -> None:
        tree = await county.tree()
        first = await open_in(county, tree.grids[0].id)
        await close(county, first.id)
        await open_in(county, tree.grids[0].id)
        for until in (None, SINCE):
            own = update(Station).where(col(Station.id) == first.id).values(until=until)
            async with unchanged(county, IntegrityError), county.session() as session:
                await session.exec(own)
