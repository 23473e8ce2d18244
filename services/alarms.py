"""Alarms (到点的事): what comes due by itself, with nobody asking, and is done once.

A capability registers its alarm beside its service, and the worker looks at each county with all of
them. What is due is found by its own due time, so that nothing is lost while nobody looked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import PLATFORM, Actor
from services.tables import Tenant, TenantState


class Look(Protocol):
    """Does what is due at `at` in the actor's county; the alarm's one function."""

    async def __call__(self, session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
        """Do at most `most` things in the caller's transaction; how many were done.

        They are done in the order in which they were due. Several may look at the same time: the
        rows are locked `for update skip locked` by the alarm itself, and a unique key holds each
        thing to once. `by` is the clock: nobody, in no post, so that events name no person. Nought
        says that nothing is due any more; until then the same alarm is asked again.
        """


@dataclass(frozen=True, slots=True)
class Alarm:
    """What a capability does by the clock."""

    look: Look


# By this a session says that something of it is due at once.
DUE = "due"


def soon(session: AsyncSession) -> None:
    """Somebody waits for what the clock does next: it looks when this is kept, not at the minute.

    Where nobody tells it, it looks at the minute.
    """
    session.info[DUE] = True


# Filled by the capabilities, each under its own name, in the order of their loading.
ALARMS: dict[str, Alarm] = {}


async def counties(session: AsyncSession) -> Sequence[UUID]:
    """The counties that are served now; the platform alone is shown them all."""
    served = select(Tenant.id).where(
        Tenant.state == TenantState.active, col(Tenant.slug) != PLATFORM
    )
    return (await session.exec(served.order_by(col(Tenant.id)))).all()


async def clock_of(session: AsyncSession, tenant_id: UUID) -> Actor | None:
    """The clock as an actor of the county, None where that isn't served (any more)."""
    served = select(Tenant.slug).where(Tenant.id == tenant_id, Tenant.state == TenantState.active)
    slug = (await session.exec(served)).first()
    return None if slug is None else Actor(tenant_id, slug)
