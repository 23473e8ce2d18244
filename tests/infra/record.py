"""What a county's record holds; how it is sealed, exported, verified, and tampered with."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from infra import audit_files, verify_audit
from infra.audit_files import seal_all
from infra.database import Database
from policies import Actor
from services.audits import heads
from tests.county import County

PROGRAM = Path(verify_audit.__file__)


def by_of(county: County) -> Actor:
    return Actor(county.id, county.slug)


async def batches(county: County, *sizes: int) -> None:
    """So many events in each of several batches, the founding's in the first."""
    for size in sizes:
        for _ in range(size):
            await county.person()
        await seal_all(county.database, by_of(county))


async def exported(county: County, folder: Path, *, with_values: bool = False) -> Path:
    await asyncio.to_thread(folder.mkdir)
    await audit_files.write(county.database, by_of(county), folder, with_values=with_values)
    return folder


async def verified(folder: Path, *more: str) -> tuple[int, str]:
    """The program's exit code and what it prints, run apart."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(PROGRAM), str(folder), "--lang", "en", *more,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd="/",
    )  # fmt: skip
    out, _ = await made.communicate()
    return made.returncode or 0, out.decode()


def forged(county: County, *, days: int, transaction: int | None = None) -> str:
    """A statement that copies an event to another day."""
    made = int((time.time() + days * 86_400) * 1000)
    digits = f"{made:012x}7abc8{uuid4().hex[:15]}"
    copied = {one: one for one in heads.COLUMNS} | {"id": f"'{UUID(digits)}'"}
    if transaction is not None:
        copied["transaction"] = str(transaction)
    return (
        f"insert into event (tenant_id, {', '.join(copied)}) select tenant_id,"
        f" {', '.join(copied.values())} from event where tenant_id = '{county.id}' limit 1"
    )


async def as_superuser(database: Database, *statements: str) -> None:
    """What somebody does who owns the database and may pass every wall."""
    connection = await database.address.connect()
    try:
        async with connection.transaction():
            tables = ("event", "event_leaf", "audit_head", "event_value")
            for table in tables:
                await connection.execute(f"alter table {table} no force row level security")
            for statement in statements:
                await connection.execute(statement)
            for table in tables:
                await connection.execute(f"alter table {table} force row level security")
    finally:
        await connection.close()


async def found(county: County, name: str) -> list[dict[str, Any]]:
    """The events of this name, the oldest first."""
    async with county.session(read_only=True) as session:
        rows = await session.info["driver"].fetch(
            "select * from event where name = $1 order by id", name
        )
    return [dict(row) for row in rows]
