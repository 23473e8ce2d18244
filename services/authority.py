"""Authority (权限): what a person or client may do in a county at this moment, by the database.

Authority comes from active appointments only. The number is read before what it stands for: what
changes in between makes the number out of date, never the authority wrong.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import clients, packs, posts, trusted_documents
from services.clients import Client
from services.errors import TenantSuspended, TenantUnknown, TokenRefused
from services.grants.rules import SECTION, RoleRules
from services.people import Person
from services.standing import FAR, Authority, Standing
from services.tables import Tenant, TenantState


async def load(
    session: AsyncSession, tenant_id: UUID, *, person_id: UUID | None, client_id: UUID | None
) -> Authority:
    """The authority of a person, a client, a person through a client, or (neither) the public."""
    slug = await slug_of(session, tenant_id)
    number, at = await _marks(session, tenant_id, [tenant_id, person_id, client_id])
    nobody = Actor(tenant_id, slug)
    changes = (await packs.read(session, nobody, SECTION, RoleRules)).changes
    client = await _client(session, tenant_id, client_id)
    limits = clients.limits_of(client) if client else None
    held: tuple[Held, ...] = ()
    until: datetime | None = None
    if person_id is not None:
        await _check_person(session, tenant_id, person_id)
        held, until = await posts.held_now(session, tenant_id, person_id, at)
    actor = Actor(tenant_id, slug, person_id, held, client_id, limits, changes)
    demand = await trusted_documents.demand(session, actor)
    rows = client.rows_per_minute if client else None
    labels = await packs.labels(session, actor)
    return Authority(actor, number, until or FAR, rows, demand.binds(actor), labels)


async def slug_of(session: AsyncSession, tenant_id: UUID) -> str:
    """The county's slug; refused where there is no such county or it is suspended."""
    row = (await session.exec(select(Tenant).where(Tenant.id == tenant_id))).first()
    if row is None:
        raise TenantUnknown()
    if row.state != TenantState.active:
        raise TenantSuspended()
    return row.slug


async def _marks(
    session: AsyncSession, tenant_id: UUID, subjects: list[UUID | None]
) -> tuple[int, datetime]:
    """The sum of the subjects' standings, and the database's own time, by which it is compared.

    The county's own number is left with the session, as `standing.holds` leaves it.
    """
    named = [subject for subject in subjects if subject is not None]
    countys = func.sum(Standing.number).filter(col(Standing.subject_id) == tenant_id)
    total = select(
        func.coalesce(func.sum(Standing.number), 0),
        func.coalesce(countys, 0),
        func.statement_timestamp(),
    ).where(Standing.tenant_id == tenant_id, col(Standing.subject_id).in_(named))
    number, session.info["county_number"], at = (await session.exec(total)).one()
    return int(number), at


async def _client(session: AsyncSession, tenant_id: UUID, client_id: UUID | None) -> Client | None:
    if client_id is None:
        return None
    client = await clients.standing_client(session, tenant_id, client_id)
    if client is None:
        raise TokenRefused()
    return client


async def _check_person(session: AsyncSession, tenant_id: UUID, person_id: UUID) -> None:
    mine = select(Person.id).where(Person.tenant_id == tenant_id, Person.id == person_id)
    if (await session.exec(mine)).first() is None:
        raise TokenRefused()
