"""The demo (示范): two counties and the platform's operator, made by the commands that all use.

Loading twice changes nothing. A county is founded, framed, filled with grids and given accounts,
each in one transaction: a load that was cut short is taken up at the first that is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar
from uuid_utils.compat import uuid7

from infra.database import Database
from infra.demo.councils import build_councils
from infra.demo.county import build_frame, build_grids
from infra.demo.description import Description, descriptions
from infra.demo.desk import Desk
from infra.demo.fees import build_fees
from infra.demo.owners import build_owners
from policies import Actor
from services import accounts as signing_in
from services import authority, clients, tenants
from services.accounts import Account
from services.committees.tables import CommitteeTerm
from services.contracts import Contract
from services.councils import Council
from services.posts import OF_POST, Appointment, Post
from services.units import Unit, UnitKind

PASSWORD = "sanfang-demo"  # noqa: S105 - the demo's one password, told to whoever starts it
OPERATOR = "platform_operator"
OPERATOR_NAME = "平台运维"
CLIENT_GRANTS = ("units.read", "linkages.read", "stations.read", "coverage.read")
ADMINISTRATORS = ("county_administrator", "security_administrator")
FOUNDERS = (*ADMINISTRATORS, "auditor")
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a county's load: what shows that it is there, and what makes it."""

    mark: Callable[[UUID, Description], SelectOfScalar[Any]]
    build: Callable[[Desk], Awaitable[None]]


async def load(database: Database, advance: Callable[[], None] = lambda: None) -> None:
    """Load what isn't there yet; of two processes at once the second finds it done.

    `advance` is called at each of `parts()`, there or loaded.
    """
    async with database.owner_session(tenants.PLATFORM_ID) as session:
        await session.exec(select(func.pg_advisory_xact_lock(LOCK)))
        await _found_platform(session)
        async with asyncio.TaskGroup() as group:
            loads = [
                group.create_task(_load_county(database, told, advance)) for told in descriptions()
            ]
        if any(load.result() for load in loads):
            # Without statistics the first reads of so many new rows are planned for a few.
            await (await session.connection()).execute(text("analyze"))


def parts() -> int:
    """How many parts there are to load, of all counties."""
    return len(descriptions()) * len((FRAME, GRIDS, ACCOUNTS, COUNCILS, OWNERS, FEES))


def accounts() -> list[DemoAccount]:
    """The accounts of the demo, county by county, and the platform's operator."""
    shown = []
    for county in descriptions():
        people = county.people.items()
        shown += [DemoAccount(county.slug, role, name, role) for role, name in people]
        shown.append(DemoAccount(county.slug, "client", county.client, None))
    return [*shown, DemoAccount("platform", OPERATOR, OPERATOR_NAME, None)]


async def _found_platform(session: AsyncSession) -> None:
    root = select(Unit.id).where(Unit.tenant_id == tenants.PLATFORM_ID)
    if (await session.exec(root.limit(1))).first() is None:
        await tenants.create(
            session, tenant_id=tenants.PLATFORM_ID, slug="platform", name="平台",
            name_en="Platform", founders={OPERATOR: OPERATOR_NAME},
        )  # fmt: skip


async def _load_county(
    database: Database, described: Description, advance: Callable[[], None]
) -> bool:
    """Whether there was anything to load."""
    known = await database.tenant(described.slug)
    tenant_id = known[0] if known else await _found_county(database, described)

    async def load_part(block: int, part: Part) -> bool:
        was_missing = await _load_part(database, tenant_id, described, block, part)
        advance()
        return was_missing

    is_new = await load_part(0, FRAME)
    async with asyncio.TaskGroup() as group:
        rest = [group.create_task(load_part(*one)) for one in ((1, GRIDS), (2, ACCOUNTS))]
    is_seated = await load_part(3, COUNCILS)
    is_told = await load_part(4, OWNERS)
    is_billed = await load_part(5, FEES)
    return is_new or is_seated or is_told or is_billed or any(part.result() for part in rest)


async def _found_county(database: Database, described: Description) -> UUID:
    tenant_id = uuid7()
    async with database.owner_session(tenant_id) as session:
        await tenants.create(
            session, tenant_id=tenant_id, slug=described.slug, name=described.name,
            name_en=described.name_en, document=described.pack,
            founders={role: described.people[role] for role in FOUNDERS},
        )  # fmt: skip
    return tenant_id


async def _load_part(
    database: Database, tenant_id: UUID, described: Description, block: int, part: Part
) -> bool:
    """Whether the part was still missing."""
    async with database.session(tenant_id) as session:
        if (await session.exec(part.mark(tenant_id, described).limit(1))).first() is not None:
            return False
        # Plans kept from when the tables were empty would read them whole for each row.
        await session.exec(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))
        administrator, security = [await _founder(session, tenant_id, r) for r in ADMINISTRATORS]
        await part.build(Desk(session, described, administrator, security, block))
    return True


async def _open_accounts(desk: Desk) -> None:
    """An account for whoever has held each role longest, and the county's client."""
    tenant_id = desk.administrator.tenant_id
    for role in desk.described.people:
        holder = await _holder(desk.session, tenant_id, role)
        row = await signing_in.open(
            desk.session, desk.security, person=holder, account=role, password=PASSWORD
        )
        await desk.session.flush()
        signing_in.settle(desk.session, desk.security, row, keeps_password=True)
    await clients.register(
        desk.session, desk.administrator, name=desk.described.client, origins=[],
        grants=list(CLIENT_GRANTS),
    )  # fmt: skip


def _unit_named(kind: UnitKind, name: str, tenant_id: UUID) -> SelectOfScalar[UUID]:
    return select(Unit.id).where(Unit.tenant_id == tenant_id, Unit.kind == kind, Unit.name == name)


FRAME = Part(lambda tenant, told: _unit_named(UnitKind.bureau, told.bureau, tenant), build_frame)
GRIDS = Part(
    lambda tenant, told: _unit_named(UnitKind.estate, told.estate_names.all()[0], tenant),
    build_grids,
)
COUNCILS = Part(
    lambda tenant, _: select(Council.id).where(Council.tenant_id == tenant), build_councils
)
FEES = Part(lambda tenant, _: select(Contract.id).where(Contract.tenant_id == tenant), build_fees)
OWNERS = Part(
    lambda tenant, _: select(CommitteeTerm.id).where(CommitteeTerm.tenant_id == tenant),
    build_owners,
)
ACCOUNTS = Part(
    lambda tenant, _: select(Account.id).where(Account.tenant_id == tenant), _open_accounts
)


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
