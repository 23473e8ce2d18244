"""Connections that wait between statements: never lent twice, never lent broken, given back."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from infra.connections import Connections
from infra.database import READ_ONLY, Database

SIZE = 3
BACKEND = "select pg_backend_pid()"


@pytest.fixture
async def connections(database: Database) -> AsyncIterator[Connections]:
    """Three at most, of the suite's database."""
    pool = await asyncpg.create_pool(
        **database.address.options(READ_ONLY), min_size=0, max_size=SIZE
    )
    opened = Connections(pool)
    yield opened
    await opened.close()


class TestConnections:
    async def test_they_are_used_again(self, connections: Connections) -> None:
        used = {await connections.fetchval(BACKEND) for _ in range(20)}
        assert len(used) == 1

    async def test_no_more_than_there_may_be_and_everybody_has_a_turn(
        self, connections: Connections
    ) -> None:
        slowly = "select pg_backend_pid(), $1::int from pg_sleep(0.01)"
        rows = await asyncio.gather(*(connections.fetchrow(slowly, n) for n in range(30)))
        assert [row[1] for row in rows if row is not None] == list(range(30))
        assert len({row[0] for row in rows if row is not None}) == SIZE

    async def test_a_statement_that_fails_takes_no_connection_with_it(
        self, connections: Connections
    ) -> None:
        for _ in range(2 * SIZE):
            with pytest.raises(asyncpg.DivisionByZeroError):
                await connections.fetchval("select 1 / 0")
        [row] = await connections.fetch("select 1")
        assert tuple(row) == (1,)

    async def test_whoever_gives_up_in_the_middle_leaves_it_clean(
        self, connections: Connections
    ) -> None:
        for _ in range(2 * SIZE):
            waiting = asyncio.ensure_future(connections.fetchval("select 'mine', pg_sleep(20)"))
            await asyncio.sleep(0.02)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        answers = await asyncio.gather(
            *(connections.fetchval("select $1::int", n) for n in range(9))
        )
        assert answers == list(range(9))

    async def test_one_that_takes_too_long_is_given_up(self, connections: Connections) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await connections.fetchval("select pg_sleep(20)")
        assert await connections.fetchval("select 1") == 1

    async def test_one_that_the_server_closed_is_replaced(
        self, connections: Connections, database: Database
    ) -> None:
        first = await connections.fetchval(BACKEND)
        another = await database.address.connect(READ_ONLY)
        await another.execute(f"select pg_terminate_backend({first})")
        await another.close()
        await asyncio.sleep(0.05)
        assert await connections.fetchval(BACKEND) != first

    async def test_closing_waits_for_what_runs(self, database: Database) -> None:
        pool = await asyncpg.create_pool(
            **database.address.options(READ_ONLY), min_size=0, max_size=SIZE
        )
        closing = Connections(pool)
        await closing.fetchval("select 1")
        slow = asyncio.ensure_future(closing.fetchval("select 7 from pg_sleep(0.1)"))
        await asyncio.sleep(0.02)
        await closing.close()
        assert await slow == 7
