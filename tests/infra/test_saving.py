"""What a command changed goes out in one statement, and a transaction is whole or nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from infra.database import NothingKept
from infra.saving import MANY, MOST_ROWS
from services import clock
from services.events import record, write
from services.prepared import DRIVER
from services.stations import Station
from services.units import Unit, UnitKind
from tests.county import County


@contextmanager
def statements(session: AsyncSession) -> Iterator[list[str]]:
    """What the session sends by its driver meanwhile."""
    sent: list[str] = []
    driver = session.info[DRIVER]

    async def fetchval(sql: str, *arguments: Any) -> Any:
        sent.append(sql)
        return await driver.fetchval(sql, *arguments)

    session.info[DRIVER] = SimpleNamespace(fetchval=fetchval)
    try:
        yield sent
    finally:
        session.info[DRIVER] = driver


def unit(county: County, name: str, **known: Any) -> Unit:
    return Unit(
        tenant_id=county.id, kind=UnitKind.community, name=name, parent_id=county.root.id,
        since=date(2024, 1, 1), **known,
    )  # fmt: skip


async def names(county: County) -> list[str]:
    async with county.session(read_only=True) as session:
        found = select(Unit.name).where(Unit.tenant_id == county.id, Unit.id != county.root.id)
        return list((await session.exec(found.order_by(col(Unit.name)))).all())


class TestFlush:
    async def test_rows_of_several_tables_new_and_changed_are_one_statement(
        self, county: County
    ) -> None:
        async with county.session() as session:
            root = (await session.exec(select(Unit).where(Unit.id == county.root.id))).one()
            with statements(session) as sent:
                one, two = unit(county, "甲"), unit(county, "乙")
                root.name = "新县名"
                session.add_all([one, two])
                record(session, county.administrator, "unit.founded", one, acting=None)
                await session.flush()
                assert len(sent) == 1
                await session.flush()
                assert len(sent) == 1
        assert await names(county) == ["乙", "甲"]
        assert await county.events("unit.founded") == 2

    async def test_afterwards_a_row_is_as_if_it_had_been_read(self, county: County) -> None:
        async with county.session() as session:
            one = unit(county, "甲")
            session.add(one)
            await session.flush()
            assert one not in session.new
            assert not session.is_modified(one)
            with statements(session) as sent:
                one.name = "丙"
                await session.flush()
            assert len(sent) == 1
            assert "since" not in sent[0]
            found = (await session.exec(select(Unit).where(Unit.id == one.id))).one()
            assert found is one
        assert await names(county) == ["丙"]

    async def test_none_stays_null_and_what_the_database_gives_is_given(
        self, county: County
    ) -> None:
        async with county.session() as session:
            one = unit(county, "甲", decision=None)
            session.add(one)
            record(session, county.administrator, "unit.founded", one, acting=None)
        async with county.session(read_only=True) as session:
            plain = text(
                "select before is null, after ->> 'name', transaction is not null from event"
                f" where object_id = '{one.id}'"
            )
            found = (await session.exec(plain)).one()  # type: ignore[call-overload]
        assert tuple(found) == (True, "甲", True)

    async def test_a_row_that_is_gone_refuses_all_of_it(self, county: County) -> None:
        lost = unit(county, "甲")
        async with county.session() as session:
            session.add(lost)
        async with county.session() as session:
            await session.exec(text(f"delete from unit where id = '{lost.id}'"))  # type: ignore[call-overload]
        lost.name = "乙"
        with pytest.raises(StaleDataError):
            await _add(county, lost, unit(county, "丙"))
        assert await names(county) == []

    async def test_a_rule_of_the_database_refuses_all_of_it(self, county: County) -> None:
        with pytest.raises(IntegrityError):
            await _add(
                county,
                unit(county, "甲"),
                Station(
                    tenant_id=county.id, grid_id=nobodys_id(), name="站", address="街",
                    hours="全天", since=clock.today(),
                ),
            )  # fmt: skip
        assert await names(county) == []

    async def test_very_many_rows_go_out_the_usual_way(self, county: County) -> None:
        """More than one statement has parameters for."""
        many = [unit(county, f"社区{number:04}") for number in range(MOST_ROWS * 80)]
        await _add(county, *many)
        assert len(await names(county)) == len(many)

    async def test_thousands_of_rows_that_are_no_objects_go_table_by_table_and_are_all_there(
        self, county: County
    ) -> None:
        """What differs and what is the same, JSON and null, a row alone of its shape; an object
        that changed beside them.
        """
        async with county.session() as session:
            root = (await session.exec(select(Unit).where(Unit.id == county.root.id))).one()
            root.name = "新县名"
            for number in range(MANY):
                write(
                    session, county.administrator, "unit.tried", ("Unit", uuid7()),
                    after={"number": number} if number else None, whose=county.root.id,
                    kept=frozenset({"name"}),
                )  # fmt: skip
            write(
                session, county.administrator, "unit.tried", ("Unit", uuid7()),
                after={"name": "试验"}, kept=frozenset({"name"}),
            )  # fmt: skip
            with statements(session) as sent:
                await session.flush()
            assert [one.split(" ", 2)[:2] for one in sent] == [
                ["discard", "plans"], ["insert", "into"], ["insert", "into"], ["WITH", "w0"],
            ]  # fmt: skip
        async with county.session(read_only=True) as session:
            found = await session.info[DRIVER].fetch(
                "select after, apart from event where name = 'unit.tried'"
            )
            values = await session.info[DRIVER].fetchval(
                "select value from event_value where path = 'after.name'"
                " and event_id = (select id from event where name = 'unit.tried'"
                " and apart is not null)"
            )
            name = await session.info[DRIVER].fetchval(
                "select name from unit where name = '新县名'"
            )
        numbers = [one["after"].get("number") for one in found if one["after"]]
        assert sorted(one for one in numbers if one is not None) == [*range(1, MANY)]
        assert sum(one["after"] is None for one in found) == 1
        assert [len(one["apart"]) for one in found if one["apart"]] == [1]
        assert (values, name) == ("试验", "新县名")

    async def test_another_countys_row_is_refused_by_the_wall(
        self, county: County, other: County
    ) -> None:
        with pytest.raises(Exception, match="row-level security"):
            await _add(county, unit(other, "越界"))
        assert await names(other) == []


class TestDoor:
    async def test_what_fails_keeps_nothing(self, county: County) -> None:
        with pytest.raises(LookupError):
            await _fail(county)
        assert await names(county) == []

    async def test_a_failure_costs_no_connection(self, county: County) -> None:
        before = await backends(county)
        for _ in range(county_pool(county)):
            with pytest.raises(LookupError):
                await _fail(county)
        assert await backends(county) == before

    async def test_a_failure_that_was_passed_over_keeps_nothing_and_says_so(
        self, county: County
    ) -> None:
        with pytest.raises(NothingKept):
            await _pass_over(county)
        assert await names(county) == []

    async def test_it_alone_ends_the_transaction(self, county: County) -> None:
        async with county.session() as session:
            for end in (session.commit, session.rollback):
                with pytest.raises(TypeError):
                    await end()

    async def test_cancelled_in_the_middle_it_leaves_no_transaction_to_the_next(
        self, county: County
    ) -> None:
        for pause in (0.0, 0.001, 0.005, 0.02):
            begun = [asyncio.create_task(_slow(county)) for _ in range(county_pool(county) + 2)]
            await asyncio.sleep(pause)
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
        assert await names(county) == []
        await asyncio.gather(*(_add(county, unit(county, f"后{n}")) for n in range(12)))
        assert len(await names(county)) == 12


def county_pool(county: County) -> int:
    return county.database.settings.pool_size


def nobodys_id() -> UUID:
    """An id that nothing has."""
    return uuid7()


async def backends(county: County) -> set[int]:
    """The processes behind all connections of the writing pool."""
    found = set()
    async with AsyncExitStack() as stack:
        for _ in range(county_pool(county)):
            session = await stack.enter_async_context(county.session())
            found.add((await session.exec(text("select pg_backend_pid()"))).scalar_one())  # type: ignore[call-overload]
    return found


async def _add(county: County, *rows: Any) -> None:
    async with county.session() as session:
        session.add_all(rows)


async def _fail(county: County) -> None:
    async with county.session() as session:
        session.add(unit(county, "甲"))
        await session.flush()
        raise LookupError


async def _pass_over(county: County) -> None:
    async with county.session() as session:
        session.add(unit(county, "甲"))
        await session.flush()
        try:
            await session.exec(text("select 1 / 0"))  # type: ignore[call-overload]
        except Exception:
            session.add(unit(county, "乙"))
            session.expunge_all()


async def _slow(county: County) -> None:
    async with county.session() as session:
        session.add(unit(county, "中断"))
        await session.flush()
        await session.exec(text("select pg_sleep(1)"))  # type: ignore[call-overload]
        raise LookupError
