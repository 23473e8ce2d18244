"""A crowd (众县): many counties filled by SQL in seconds, for tests and figures that need size.

The first county is founded by the real command and each has a key of its own, so that its people
can sign in. The rest is written in sets by the owner; the same call always writes the same rows.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import func
from sqlmodel import select

from infra.database import Database
from infra.database import tables as all_tables
from services import sealing
from services import tenants as founding
from tests.crowd_sql import FRAMES, LOADS, SHAPES, UNITS_OF_A_GRID, UNITS_OF_THE_TOP

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

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


async def populate(
    database: Database,
    *,
    tenants: int = 50,
    units_in_first: int = 12_000,
    units_in_others: int = 600,
) -> Crowd:
    """Fill a freshly migrated database with the counties `crowd-1`, `crowd-2` and so on.

    The numbers of units are aimed at, in steps of a grid with all that stands in it. The tables
    are vacuumed and their statistics are up to date when it returns.
    """
    sizes = [units_in_first] + [units_in_others] * (tenants - 1)
    ids = [_identity(number) for number in range(1, tenants + 1)]
    await _found(database, ids[0])
    owner = await database.address.connect()
    try:
        async with owner.transaction(), _walls_down(owner):
            await _load(owner, ids, sizes)
            crowd = await _summary(owner, ids)
        await _make_keys(database, ids[1:])
        await owner.execute("vacuum analyze " + ", ".join(_tables()))
    finally:
        await owner.close()
    return crowd


async def _found(database: Database, tenant_id: UUID) -> None:
    async with database.owner_session(tenant_id) as session:
        await founding.create(
            session, tenant_id=tenant_id, slug="crowd-1", name="第1县", name_en="County 1",
            founders=FOUNDERS,
        )  # fmt: skip


async def _make_keys(database: Database, ids: list[UUID]) -> None:
    """A county's key; the key that signs its tokens is made with the first of them."""
    if not ids:
        return
    async with database.owner_session(ids[0]) as session:
        for tenant_id in ids:
            await session.exec(select(func.set_config("sanfang.tenant", str(tenant_id), True)))
            await sealing.create_key(session, tenant_id)
            session.expunge_all()


@asynccontextmanager
async def _walls_down(owner: Owner) -> AsyncIterator[None]:
    """Rows of every county in one statement; foreign keys are checked at the end, all at once.

    Within one transaction: nobody else ever sees the tables without their walls.
    """
    keys = await owner.fetch(FOREIGN_KEYS)
    forced = [name for name in _tables() if name != "tenant"]
    for name in forced:
        await owner.execute(f"alter table {name} no force row level security")
    for key in keys:
        await owner.execute(f"alter table {key['of']} drop constraint {key['name']}")
    yield
    for key in keys:
        await owner.execute(
            f"alter table {key['of']} add constraint {key['name']} {key['definition']}"
        )
    for name in forced:
        await owner.execute(f"alter table {name} force row level security")


async def _load(owner: Owner, ids: list[UUID], sizes: list[int]) -> None:
    for statement in SHAPES:
        await owner.execute(statement)
    root = await owner.fetchval("select id from unit where tenant_id = $1", ids[0])
    plan = [
        (number, id_, _grids(size), root if number == 1 else _identity(number, 0x40))
        for number, (id_, size) in enumerate(zip(ids, sizes, strict=True), 1)
    ]
    columns = ["number", "tenant_id", "grids", "root"]
    await owner.copy_records_to_table("county", records=plan, columns=columns)
    for statement in (*FRAMES, *LOADS):
        await owner.execute(statement)


async def _summary(owner: Owner, ids: list[UUID]) -> Crowd:
    holders: dict[UUID, dict[str, UUID]] = defaultdict(dict)
    for row in await owner.fetch(HOLDERS):
        holders[row["tenant_id"]][row["role"]] = row["person_id"]
    counted = await owner.fetch("select tenant_id, count(*) from unit group by tenant_id")
    units = {row["tenant_id"]: row["count"] for row in counted}
    rows = {name: await owner.fetchval(f"select count(*) from {name}") for name in _tables()}
    settled = (
        Settled(id_, f"crowd-{number}", units[id_], holders[id_])
        for number, id_ in enumerate(ids, 1)
    )
    return Crowd(tuple(settled), rows)


def _identity(number: int, sort: int = 0) -> UUID:
    return UUID(f"0190{sort:04x}-{number:04x}-7000-8000-000000000000")


def _grids(units: int) -> int:
    return max(1, round((units - UNITS_OF_THE_TOP) / UNITS_OF_A_GRID))


def _tables() -> list[str]:
    return [table.name for table in all_tables().sorted_tables]
