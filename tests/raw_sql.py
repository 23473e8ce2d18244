"""Statements written out (直接写的 SQL), in a county's own session: what no command would do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.schema.world import World


class Undo(Exception):
    """Ends a transaction without keeping it."""


async def execute(session: AsyncSession, statement: str) -> Any:
    return await session.exec(text(statement))  # type: ignore[call-overload]


@asynccontextmanager
async def undone(here: World) -> AsyncIterator[AsyncSession]:
    with suppress(Undo):
        async with here.county.session() as session:
            yield session
            raise Undo()


async def count(here: World, statement: str) -> int:
    async with here.county.session(read_only=True) as session:
        return int((await execute(session, statement)).scalar_one())


async def id_of(here: World, statement: str) -> UUID:
    async with here.county.session(read_only=True) as session:
        return UUID(str((await execute(session, statement)).scalar_one()))


async def changed(here: World, statement: str) -> int | str:
    """How many rows a statement changes, or that the database refuses it; nothing is kept."""
    try:
        async with undone(here) as session:
            return int((await execute(session, statement)).rowcount)
    except DBAPIError:
        return "refused"
