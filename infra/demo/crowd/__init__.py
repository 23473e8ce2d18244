"""A crowd (众县): many counties filled by SQL in minutes, for whoever wants to see size.

The first county is founded by the real command and each has a key of its own, so that its people
can sign in. The rest is written in sets by the owner; the same call always writes the same rows.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.audit_files import seal_all
from infra.database import Database
from infra.database import tables as all_tables
from infra.demo.crowd.sql import FRAMES, LOADS, SHAPES, UNITS_OF_A_GRID, UNITS_OF_THE_TOP
from policies import Actor
from services import sealing
from services import tenants as founding
from services.sealing import TenantKey

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

LOCK = 0x63726F7764
# Who looks at the largest county.
READER = "auditor"
STATEMENTS = len(FRAMES) + len(LOADS)
MATTERS_OF_A_GRID = 40
MONTHS, MONTHS_OF_A_HISTORY = 12, 30
FOUNDERS = {
    "county_administrator": "管理员甲",
    "security_administrator": "安全员乙",
    "auditor": "审计员丙",
}
FOREIGN_KEYS = """
select conrelid::regclass::text as of, quote_ident(conname) as name,
  pg_get_constraintdef(oid) as definition
from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
order by conrelid, conname"""
HOLDERS = """
select distinct on (a.tenant_id, p.role) a.tenant_id, p.role, a.person_id
from appointment a join post p on p.tenant_id = a.tenant_id and p.id = a.post_id
where a.state = 'confirmed' and a.starts_at <= now() and (a.ends_at is null or a.ends_at > now())
order by a.tenant_id, p.role, a.starts_at, a.id"""


@dataclass(frozen=True, slots=True)
class Settled:
    """A county of the crowd: how many units stand in it, and who holds each role longest."""

    id: UUID
    slug: str
    units: int
    holders: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The counties, the largest one first, and how many rows each table holds altogether."""

    tenants: tuple[Settled, ...]
    rows: Mapping[str, int]

    @property
    def first(self) -> Settled:
        """The largest county."""
        return self.tenants[0]


# As many events as make a county's heads a list of some length.
BATCH = 100


async def populate(
    database: Database,
    *,
    tenants: int = 50,
    units_in_first: int = 12_000,
    units_in_others: int = 600,
    matters_in_first: int = 0,
    advance: Callable[[], None] = lambda: None,
) -> Crowd:
    """Fill a migrated database with the counties `crowd-1`, `crowd-2` and so on, unless it has.

    The numbers of units are aimed at, in steps of a grid with all that stands in it. A grid has
    forty matters and a year of meetings; where the first county is to have more matters, its grids
    have as many more, over two and a half years of meetings. The tables are vacuumed and their
    statistics are up to date when it returns. `advance` is called at each of `STATEMENTS`.
    """
    sizes = [units_in_first] + [units_in_others] * (tenants - 1)
    ids = [_identity(number) for number in range(1, tenants + 1)]
    owner = await database.address.connect()
    try:
        # Of two processes at once the second finds it done; what was cut short is gone on with.
        await owner.execute("select pg_advisory_lock($1)", LOCK)
        if await database.tenant(slug(1)) is None:
            await _found(database, ids[0])
        if await database.tenant(slug(tenants)) is None:
            async with owner.transaction(), _walls_down(owner), _keys_off(owner):
                await _load(owner, ids, sizes, matters_in_first, advance)
        await _make_keys(database, ids)
        await seal_all(database, Actor(ids[0], slug(1)), BATCH)
        await owner.execute("vacuum analyze " + ", ".join(_tables()))
        async with owner.transaction(), _walls_down(owner):
            return await _summary(owner, ids)
    finally:
        await owner.close()


async def is_populated(database: Database, tenants: int) -> bool:
    """Whether `populate` came to its end."""
    if await database.tenant(slug(tenants)) is None:
        return False
    async with database.owner_session(_identity(tenants)) as session:
        return await _has_key(session, _identity(tenants))


def slug(number: int) -> str:
    """A county's name in addresses."""
    return f"crowd-{number}"


async def _found(database: Database, tenant_id: UUID) -> None:
    async with database.owner_session(tenant_id) as session:
        await founding.create(
            session, tenant_id=tenant_id, slug=slug(1), name="第1县", name_en="County 1",
            founders=FOUNDERS,
        )  # fmt: skip


async def _make_keys(database: Database, ids: list[UUID]) -> None:
    """A county's key; the key that signs its tokens is made with the first of them."""
    async with database.owner_session(ids[0]) as session:
        for tenant_id in ids:
            await session.exec(select(func.set_config("sanfang.tenant", str(tenant_id), True)))
            if not await _has_key(session, tenant_id):
                await sealing.create_key(session, tenant_id)
                session.expunge_all()


async def _has_key(session: AsyncSession, tenant_id: UUID) -> bool:
    kept = select(TenantKey.number).where(TenantKey.tenant_id == tenant_id).limit(1)
    return (await session.exec(kept)).first() is not None


@asynccontextmanager
async def _walls_down(owner: Owner) -> AsyncIterator[None]:
    """Rows of every county in one statement.

    Within one transaction: nobody else ever sees the tables without their walls.
    """
    forced = [name for name in _tables() if name != "tenant"]
    for name in forced:
        await owner.execute(f"alter table {name} no force row level security")
    yield
    for name in forced:
        await owner.execute(f"alter table {name} force row level security")


@asynccontextmanager
async def _keys_off(owner: Owner) -> AsyncIterator[None]:
    """Foreign keys are checked at the end, all at once."""
    keys = await owner.fetch(FOREIGN_KEYS)
    for key in keys:
        await owner.execute(f"alter table {key['of']} drop constraint {key['name']}")
    yield
    for key in keys:
        await owner.execute(
            f"alter table {key['of']} add constraint {key['name']} {key['definition']}"
        )


async def _load(
    owner: Owner,
    ids: list[UUID],
    sizes: list[int],
    matters_in_first: int,
    advance: Callable[[], None],
) -> None:
    for statement in SHAPES:
        await owner.execute(statement)
    root = await owner.fetchval("select id from unit where tenant_id = $1", ids[0])
    in_each = max(MATTERS_OF_A_GRID, ceil(matters_in_first / _grids(sizes[0])))
    of_first = (in_each, MONTHS if in_each == MATTERS_OF_A_GRID else MONTHS_OF_A_HISTORY)
    plan = [
        (number, id_, _grids(size), *of_first, root)
        if number == 1
        else (number, id_, _grids(size), MATTERS_OF_A_GRID, MONTHS, _identity(number, 0x40))
        for number, (id_, size) in enumerate(zip(ids, sizes, strict=True), 1)
    ]
    columns = ["number", "tenant_id", "grids", "matters", "months", "root"]
    await owner.copy_records_to_table("county", records=plan, columns=columns)
    for statement in (*FRAMES, *LOADS):
        await owner.execute(statement)
        advance()


async def _summary(owner: Owner, ids: list[UUID]) -> Crowd:
    holders: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    for row in await owner.fetch(HOLDERS):
        holders[row["tenant_id"]][row["role"]] = row["person_id"]
    counted = await owner.fetch("select tenant_id, count(*) from unit group by tenant_id")
    units = {row["tenant_id"]: row["count"] for row in counted}
    rows = {name: await owner.fetchval(f"select count(*) from {name}") for name in _tables()}
    settled = (
        Settled(id_, slug(number), units[id_], holders[id_]) for number, id_ in enumerate(ids, 1)
    )
    return Crowd(tuple(settled), rows)


def _identity(number: int, sort: int = 0) -> UUID:
    return UUID(f"0190{sort:04x}-{number:04x}-7000-8000-000000000000")


def _grids(units: int) -> int:
    return max(1, round((units - UNITS_OF_THE_TOP) / UNITS_OF_A_GRID))


def _tables() -> list[str]:
    return [table.name for table in all_tables().sorted_tables]
