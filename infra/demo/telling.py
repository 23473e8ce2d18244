"""Telling (载入经过): each grid's history in one transaction, by as many processes as help.

What was told already isn't told again: a grid whose council has met is passed over.
"""

from collections.abc import Callable
from datetime import date
from random import Random
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.database import Database
from infra.demo.description import Description
from infra.demo.history import Cast, Told, casts, content_of, months_until, tasks_of
from infra.stores import Store
from services import clock
from services.files import Content
from services.meetings.tables import Meeting

Progress = Callable[[int], None]


async def tell(
    database: Database,
    store: Store,
    tenant_id: UUID,
    told: Description,
    photo: bytes,
    progress: Progress,
    share: tuple[int, int] = (0, 1),
) -> int:
    """Tell the history of every grid that has none yet, or of this process's share of them."""
    async with database.session(tenant_id, read_only=True) as session:
        everybody = await casts(session, tenant_id, told.slug)
    content, done = content_of(photo), 0
    months = months_until(clock.today(), told.history.months)
    for number, cast in enumerate(everybody):
        if number % share[1] == share[0]:
            done += await _tell_grid(
                database, store, cast, told, (number, len(everybody)), months, (content, photo)
            )
            progress(1)
    return done


async def _tell_grid(
    database: Database,
    store: Store,
    cast: Cast,
    told: Description,
    place: tuple[int, int],
    months: list[date],
    photo: tuple[Content, bytes],
) -> int:
    tenant_id = cast.council.tenant_id
    tasks = tasks_of(told, *place, months)
    async with database.session(tenant_id) as session:
        if await _has_met(session, cast):
            return 0
        await session.exec(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))
        chance = Random(f"{told.slug}:{place[0]}:meetings")  # noqa: S311 - a story, not a secret
        story = Told(session, cast, chance, clock.now(), photo[0])
        for month in months:
            await story.month(month, tasks[month])
    for file, digest in story.kept:
        await store.write(tenant_id, file, digest, photo[1])
    return 1


async def _has_met(session: AsyncSession, cast: Cast) -> bool:
    met = select(Meeting.id).where(
        Meeting.tenant_id == cast.council.tenant_id, Meeting.council_id == cast.council.id
    )
    return (await session.exec(met.limit(1))).first() is not None
