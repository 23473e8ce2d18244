"""What is new since the last look: nothing twice, nothing lost, no county not asked for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from asyncpg import InsufficientPrivilegeError

from infra.database import READ_WRITE, Database
from services import changes, tenants, units
from services.changes import MOST, Change, Kind, Look
from services.standing import raise_standing
from services.units import Unit
from tests.county import County


async def look(database: Database, *counties: County, since: Look | None = None) -> Look:
    """One look at these counties."""
    asked = [county.id for county in counties]
    horizon = since.horizon if since else None
    return Look.of(await database.reader.fetch(changes.LOOK, asked, horizon, MOST))


def of_units(found: Look) -> list[UUID | None]:
    """The units that are new in a look."""
    return [one.id for one in found.changes if one.kind is Kind.event and one.name == "Unit"]


@asynccontextmanager
async def under_way(county: County, unit: Unit) -> AsyncIterator[None]:
    """A transaction that has renamed a unit, and commits where this ends."""
    async with county.session() as session:
        await units.rename(session, county.administrator, unit=unit.id, name=f"新{unit.name}")
        await session.flush()
        yield


class TestALook:
    """What has happened between two looks, each object once."""

    async def test_the_first_look_lists_nothing_of_the_past(
        self, database: Database, county: County
    ) -> None:
        assert (await look(database, county)).changes == ()

    async def test_what_changed_is_listed_once_and_never_again(
        self, database: Database, county: County
    ) -> None:
        begun = await look(database, county)
        unit = await county.unit("community", "东街社区")
        for name in ("东门社区", "东关社区"):
            async with county.session() as session:
                await units.rename(session, county.administrator, unit=unit.id, name=name)
        found = await look(database, county, since=begun)
        assert of_units(found) == [unit.id]
        again = await look(database, county, since=found)
        assert of_units(again) == []

    async def test_a_raised_standing_names_its_subject(
        self, database: Database, county: County
    ) -> None:
        begun = await look(database, county)
        subject = county.administrator.person_id
        assert subject is not None
        async with county.session() as session:
            await raise_standing(session, county.id, subject)
        found = await look(database, county, since=begun)
        assert found.changes == (Change(Kind.standing, county.id, None, subject),)

    async def test_a_suspended_county_is_said_to_be_so(
        self, database: Database, county: County, platform: County
    ) -> None:
        begun = await look(database, county)
        operator = platform.founders["platform_operator"]
        async with platform.session() as session:
            await tenants.suspend(session, operator, tenant=county.id, reason="试验暂停")
        found = await look(database, county, since=begun)
        assert Change(Kind.suspended, county.id) in found.changes

    async def test_more_than_can_be_listed_is_said_in_one_line(
        self, database: Database, county: County
    ) -> None:
        begun = await look(database, county)
        for name in ("一", "二", "三"):
            await county.unit("community", f"第{name}社区")
        asked = (changes.LOOK, [county.id], begun.horizon, 3)
        found = Look.of(await database.reader.fetch(*asked))
        assert Change(Kind.everything, county.id) in found.changes
        assert len(of_units(found)) == 3


class TestTheOrderOfCommits:
    """A number is given when a transaction first writes; what counts is when it commits."""

    async def test_an_older_transaction_that_commits_later_is_not_lost(
        self, database: Database, county: County
    ) -> None:
        early, late = [await county.unit("community", name) for name in ("东街社区", "西街社区")]
        begun = await look(database, county)
        async with under_way(county, late):
            async with under_way(county, early):
                assert of_units(await look(database, county, since=begun)) == []
            first = await look(database, county, since=begun)
            assert of_units(first) == [early.id]
        second = await look(database, county, since=first)
        assert of_units(second) == [late.id]

    async def test_a_transaction_that_stays_open_delays_nobody_and_repeats_nothing(
        self, database: Database, county: County
    ) -> None:
        stays, *others = [await county.unit("community", f"{name}街社区") for name in "东西南"]
        async with under_way(county, stays):
            seen = await look(database, county)
            for unit in others:
                async with under_way(county, unit):
                    pass
                seen = await look(database, county, since=seen)
                assert of_units(seen) == [unit.id]

    async def test_what_is_undone_is_never_listed(self, database: Database, county: County) -> None:
        unit = await county.unit("community", "东街社区")
        begun = await look(database, county)
        with pytest.raises(ZeroDivisionError):
            async with under_way(county, unit):
                raise ZeroDivisionError
        assert of_units(await look(database, county, since=begun)) == []


class TestWalls:
    """A look shows what its asker could see anyway, and of the counties asked for alone."""

    async def test_of_a_county_that_is_not_asked_for_nothing_is_listed(
        self, database: Database, county: County, other: County
    ) -> None:
        begun = await look(database, county)
        theirs = await other.unit("community", "别县社区")
        ours = await county.unit("community", "本县社区")
        assert of_units(await look(database, county, since=begun)) == [ours.id]
        both = await look(database, county, other, since=begun)
        assert set(of_units(both)) == {ours.id, theirs.id}

    async def test_no_county_stays_named_behind_it(
        self, database: Database, county: County
    ) -> None:
        connection = await database.address.connect("sanfang_ro")
        try:
            begun = await connection.fetch(changes.LOOK, [county.id], None, MOST)
            await county.unit("community", "新社区")
            async with connection.transaction():
                await connection.fetch(changes.LOOK, [county.id], begun[0]["name"], MOST)
                assert await connection.fetchval("select count(*) from event") == 0
        finally:
            await connection.close()

    async def test_the_writing_role_may_not_look(self, database: Database, county: County) -> None:
        connection = await database.address.connect(READ_WRITE)
        try:
            with pytest.raises(InsufficientPrivilegeError):
                await connection.fetch(changes.LOOK, [county.id], None, MOST)
        finally:
            await connection.close()

    async def test_it_reads_by_the_index_of_transactions(
        self, database: Database, county: County
    ) -> None:
        """Of a county with many events, most of which are older than the last look."""
        connection = await database.address.connect()
        transaction = connection.transaction()
        await transaction.start()
        try:
            await connection.execute(f"set local sanfang.tenant = '{county.id}'")
            await connection.execute("set local enable_seqscan = off")
            await connection.execute(
                "insert into event (tenant_id, id, at, name, object, object_id, transaction)"
                " select tenant_id, gen_random_uuid(), at, name, object, object_id, n"
                " from generate_series(1, 4000) n, (select * from event limit 1) one"
            )
            await connection.execute("analyze event")
            rows = await connection.fetch(
                f"explain select object_id from event where tenant_id = '{county.id}'"
                " and transaction >= 2000 and transaction < 2005"
                " and pg_visible_in_snapshot(transaction::text::xid8, pg_current_snapshot())"
            )
        finally:
            await transaction.rollback()
            await connection.close()
        plan = "\n".join(str(row[0]) for row in rows)
        condition = next(line for line in plan.splitlines() if "Index Cond" in line)
        assert "ix_event_tenant_id_transaction" in plan
        assert "transaction >= 2000" in condition
