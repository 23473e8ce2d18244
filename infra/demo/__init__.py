"""The demo (示范): two counties and the platform's operator, made by the commands that all use.

Loading twice changes nothing. A county is founded in one transaction and filled in another, so that
a load that was cut short is taken up where it ended.
"""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from infra.database import Database
from infra.demo.county import Builder
from infra.demo.description import Description, descriptions
from infra.demo.desk import Desk
from policies import Actor
from services import accounts as signing_in
from services import authority, clients, tenants
from services.appointments import OF_POST, Appointment, Post
from services.units import Unit

PASSWORD = "sanfang-demo"  # noqa: S105 - the demo's one password, told to whoever starts it
OPERATOR = "platform_operator"
OPERATOR_NAME = "平台运维"
CLIENT_GRANTS = ("units.read", "linkages.read", "stations.read", "coverage.read")
FOUNDERS = ("county_administrator", "security_administrator", "auditor")
LOCK = 0x64656D6F


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Whose account shows a role; `account` is what they sign in with, if they have a password.

    A client has a secret that nobody keeps, the operator no password: both act by token.
    """

    tenant: str
    role: str
    name: str
    account: str | None


async def load(database: Database) -> None:
    """Load what isn't there yet; of two processes at once the second finds it done."""
    async with database.owner_session(tenants.PLATFORM_ID) as session:
        await session.exec(select(func.pg_advisory_xact_lock(LOCK)))
        await _found_platform(session)
        async with asyncio.TaskGroup() as group:
            for described in descriptions():
                group.create_task(_load_county(database, described))


def accounts() -> list[DemoAccount]:
    """The accounts of the demo, county by county, and the platform's operator."""
    shown = [
        DemoAccount(county.slug, role, name, role)
        for county in descriptions()
        for role, name in county.people.items()
    ]
    front_ends = [
        DemoAccount(county.slug, "client", county.client, None) for county in descriptions()
    ]
    return [*shown, *front_ends, DemoAccount("platform", OPERATOR, OPERATOR_NAME, None)]


async def _found_platform(session: AsyncSession) -> None:
    if await _top(session, tenants.PLATFORM_ID) is None:
        await tenants.create(
            session, tenant_id=tenants.PLATFORM_ID, slug="platform", name="平台",
            name_en="Platform", founders={OPERATOR: OPERATOR_NAME},
        )  # fmt: skip


async def _load_county(database: Database, described: Description) -> None:
    known = await database.tenant(described.slug)
    tenant_id = known[0] if known else await _found_county(database, described)
    async with database.session(tenant_id) as session:
        root = await _top(session, tenant_id)
        if root is None or await _is_filled(session, tenant_id):
            return
        administrator, security = [await _founder(session, tenant_id, r) for r in FOUNDERS[:2]]
        desk = Desk(session, described, administrator, security, root)
        await Builder(desk).build()
        await _open_accounts(desk, tenant_id)


async def _found_county(database: Database, described: Description) -> UUID:
    tenant_id = uuid7()
    async with database.owner_session(tenant_id) as session:
        await tenants.create(
            session, tenant_id=tenant_id, slug=described.slug, name=described.name,
            name_en=described.name_en, document=described.pack,
            founders={role: described.people[role] for role in FOUNDERS},
        )  # fmt: skip
    return tenant_id


async def _open_accounts(desk: Desk, tenant_id: UUID) -> None:
    """An account for whoever has held each role longest, and the county's client."""
    for role in desk.described.people:
        holder = await _holder(desk.session, tenant_id, role)
        await signing_in.open(
            desk.session, desk.security, person=holder, account=role, password=PASSWORD
        )
    await clients.register(
        desk.session, desk.administrator, name=desk.described.client, origins=[],
        grants=list(CLIENT_GRANTS),
    )  # fmt: skip


async def _founder(session: AsyncSession, tenant_id: UUID, role: str) -> Actor:
    holder = await _holder(session, tenant_id, role)
    held = await authority.load(session, tenant_id, person_id=holder, client_id=None)
    return held.actor


async def _holder(session: AsyncSession, tenant_id: UUID, role: str) -> UUID:
    holders = (
        select(Appointment.person_id)
        .join(Post, OF_POST)
        .where(Appointment.tenant_id == tenant_id, Post.role == role)
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    return (await session.exec(holders.limit(1))).one()


async def _top(session: AsyncSession, tenant_id: UUID) -> Unit | None:
    top = select(Unit).where(Unit.tenant_id == tenant_id, col(Unit.parent_id).is_(None))
    return (await session.exec(top)).first()


async def _is_filled(session: AsyncSession, tenant_id: UUID) -> bool:
    below = select(Unit.id).where(Unit.tenant_id == tenant_id, col(Unit.parent_id).is_not(None))
    return (await session.exec(below.limit(1))).first() is not None
