"""Telling (载入经过): each grid's history in one transaction, by as many processes as help.

What was told already isn't told again: a grid whose council has met is passed over.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

from asyncpg import DeadlockDetectedError
from sqlalchemy import func, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.database import Database
from infra.demo.description import Description, descriptions
from infra.demo.history import Cast, Told, casts, content_of, months_until, tasks_of
from infra.demo.steps import photo
from infra.settings import Settings
from infra.stores import Store
from services import clock
from services.councils import Council
from services.meetings.tables import Meeting
from services.tenants import PLATFORM_ID

Progress = Callable[[], None]
# As many processes tell as there are processors, within bounds: most of the time is Python's.
TELLERS = max(1, min(4, os.cpu_count() or 1))


async def grids(database: Database) -> int:
    """How many grids have a history to be told, told or not."""
    found = 0
    for told in descriptions():
        tenant_id = await _tenant(database, told)
        async with database.session(tenant_id, read_only=True) as session:
            councils = select(func.count()).where(Council.tenant_id == tenant_id)
            found += (await session.exec(councils)).one()
    return found


async def tell_all(database: Database, settings: Settings, progress: Progress) -> None:
    """Tell the history of every demo county, with another process beside."""
    command = [sys.executable, "-m", "infra.demo.telling"]
    beside = [
        await asyncio.create_subprocess_exec(
            *command, str(share), str(TELLERS), stdout=asyncio.subprocess.PIPE
        )
        for share in range(1, TELLERS)
    ]
    await asyncio.gather(
        tell_share(database, settings, (0, TELLERS), progress),
        *(_follow(one, progress) for one in beside),
    )
    async with database.owner_session(PLATFORM_ID) as session:
        # Without statistics the first reads of so many new rows are planned for a few.
        await (await session.connection()).execute(text("analyze"))


async def tell_share(
    database: Database, settings: Settings, share: tuple[int, int], progress: Progress
) -> None:
    """Tell one process's share of the grids: which of how many."""
    store, shown = Store.of(settings), photo()
    for told in descriptions():
        tenant_id = await _tenant(database, told)
        async with database.session(tenant_id, read_only=True) as session:
            everybody = await casts(session, tenant_id, told.slug)
        months = months_until(clock.today(), told.history.months)
        for number, cast in enumerate(everybody):
            if number % share[1] == share[0]:
                place = (number, len(everybody))
                # Of two that wait for one another one gives way, and tells it anew.
                while not await _is_told(database, store, cast, told, place, months, shown):
                    pass
                progress()


async def _follow(beside: asyncio.subprocess.Process, progress: Progress) -> None:
    assert beside.stdout is not None  # noqa: S101
    async for _ in beside.stdout:
        progress()
    if await beside.wait():
        raise RuntimeError("the history was not told to its end")


async def _tenant(database: Database, told: Description) -> UUID:
    known = await database.tenant(told.slug)
    assert known is not None  # noqa: S101 - the demo is loaded
    return known[0]


async def _is_told(database: Database, *grid: Any) -> bool:
    """Tell a grid; false where another process was waited for that waited for this one."""
    try:
        await _tell_grid(database, *grid)
    except DeadlockDetectedError:
        return False
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != DeadlockDetectedError.sqlstate:
            raise
        return False
    return True


async def _tell_grid(
    database: Database,
    store: Store,
    cast: Cast,
    told: Description,
    place: tuple[int, int],
    months: list[date],
    shown: bytes,
) -> None:
    tenant_id = cast.council.tenant_id
    tasks = tasks_of(told, *place, months)
    async with database.session(tenant_id) as session:
        if await _has_met(session, cast):
            return
        await session.exec(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))
        # Whoever carries out in several grids is held by one of them to its end, however slow.
        await session.exec(select(func.set_config("statement_timeout", "0", True)))
        chance = Random(f"{told.slug}:{place[0]}:meetings")  # noqa: S311 - a story, not a secret
        story = Told(session, cast, chance, clock.now(), content_of(shown))
        for month in tasks:
            await story.month(month, tasks[month])
    for file, digest in story.kept:
        await store.write(tenant_id, file, digest, shown)


async def _has_met(session: AsyncSession, cast: Cast) -> bool:
    met = select(Meeting.id).where(
        Meeting.tenant_id == cast.council.tenant_id, Meeting.council_id == cast.council.id
    )
    return (await session.exec(met.limit(1))).first() is not None


async def _main(share: tuple[int, int]) -> None:
    settings = Settings()
    async with await Database.open(settings) as database:
        await tell_share(database, settings, share, lambda: print(flush=True))


if __name__ == "__main__":
    asyncio.run(_main((int(sys.argv[1]), int(sys.argv[2]))))
