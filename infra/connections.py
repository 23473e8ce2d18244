"""Connections for single statements: asyncpg's pool makes them, mends them and closes them.

Between two statements they wait here, since to borrow one from the pool and give it back takes as
long as a small statement itself. One that failed in any way goes through the pool again.
"""

import asyncio
from typing import Any

import asyncpg

Borrowed = Any


class Connections:
    """As many connections as the pool may have; each statement has one to itself."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._free = asyncio.Semaphore(pool.get_max_size())
        self._resting: list[Borrowed] = []
        self._is_closing = False

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first value of the first row; None where there is no row."""
        return await self._run("fetchval", sql, arguments)

    async def fetchrow(self, sql: str, *arguments: Any) -> "asyncpg.Record | None":
        """The first row, if there is one."""
        row: asyncpg.Record | None = await self._run("fetchrow", sql, arguments)
        return row

    async def fetch(self, sql: str, *arguments: Any) -> "list[asyncpg.Record]":
        """All rows."""
        rows: list[asyncpg.Record] = await self._run("fetch", sql, arguments)
        return rows

    async def close(self) -> None:
        """Wait for the statements that are running, and close what they ran on."""
        self._is_closing = True
        while self._resting:
            await self._pool.release(self._resting.pop())
        await self._pool.close()

    async def _run(self, method: str, sql: str, arguments: tuple[Any, ...]) -> Any:
        async with self._free:
            connection = await self._take()
            try:
                found = await getattr(connection, method)(sql, *arguments)
            except BaseException:
                await self._pool.release(connection)
                raise
            if self._is_closing:
                await self._pool.release(connection)
            else:
                self._resting.append(connection)
            return found

    async def _take(self) -> Borrowed:
        while self._resting:
            connection = self._resting.pop()
            if _is_open(connection):
                return connection
            await self._pool.release(connection)
        return await self._pool.acquire()


def _is_open(connection: Borrowed) -> bool:
    """One that the server closed has gone back to the pool by itself, and may not be asked."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
