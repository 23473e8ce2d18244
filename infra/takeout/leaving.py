"""Leaving (迁出): a county's rows, files and audit, written into a folder."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from infra import audit_files, migrate
from infra.database import Database
from infra.stores import Store
from infra.takeout.folder import (
    AUDIT,
    FILES,
    NAME_COUNTY,
    ROWS,
    Manifest,
    columns,
    county_tables,
    hashes,
    new_salt,
    rewrapped,
    transport,
)
from policies import Actor
from services.errors import TenantUnknown
from services.events import ORIGIN, write
from services.sealing import Master

CHUNK = 2_000
COMMAND_LINE = "command line"


async def leave(
    database: Database,
    store: Store,
    slug: str,
    folder: Path,
    passphrase: str,
    advance: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Write a county into an empty folder, as of one moment; `advance` is told each step."""
    found = await database.tenant(slug, fresh=True)
    if found is None:
        raise TenantUnknown()
    tenant_id, by = found[0], Actor(found[0], slug)
    await note(database, by, "tenant.taken_out")
    await audit_files.seal_all(database, by)
    salt = new_salt()
    way = await asyncio.to_thread(transport, passphrase, salt)
    tenant, rows = await _write_tables(database, tenant_id, folder, way, advance)
    advance(FILES)
    await _write_files(database, store, by, folder / FILES)
    advance(AUDIT)
    audit = folder / AUDIT
    await asyncio.to_thread(audit.mkdir)
    await audit_files.write(database, by, audit)
    listed = dict(await asyncio.to_thread(lambda: list(hashes(folder))))
    manifest = Manifest(json.loads(tenant), migrate.head(), salt.hex(), rows, listed)
    manifest = manifest.sealed(way)
    await asyncio.to_thread(manifest.write, folder)
    return manifest


async def _write_tables(
    database: Database,
    tenant_id: UUID,
    folder: Path,
    way: Master,
    advance: Callable[[str], None],
) -> tuple[str, dict[str, int]]:
    """Every table as of one moment; the county's own row, and how many rows each table has."""
    rows: dict[str, int] = {}
    connection = await database.address.connect()
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(NAME_COUNTY, str(tenant_id))
            tenant = await connection.fetchval(
                "select row_to_json(t)::text from tenant t where id = $1", tenant_id
            )
            for table in county_tables():
                advance(table.name)
                path = folder / ROWS / f"{table.name}.jsonl"
                rows[table.name] = await _write_rows(
                    connection, table, tenant_id, path, database.master, way
                )
    finally:
        await connection.close()
    return tenant, rows


async def note(database: Database, by: Actor, name: str) -> None:
    """Put on the county's record that it was taken out, or moved in, by the command line."""
    async with database.session(by.tenant_id) as session:
        session.info[ORIGIN] = COMMAND_LINE
        write(session, by, name, ("Tenant", by.tenant_id))


async def _write_rows(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: Table,
    tenant_id: UUID,
    path: Path,
    master: Master,
    way: Master,
) -> int:
    """A table's rows, one a line, as PostgreSQL writes them in JSON."""
    listed = ", ".join(f't."{name}"' for name in columns(table))
    statement = (
        f"select row_to_json(r)::text from (select {listed} from {table.name} t"  # noqa: S608
        " where t.tenant_id = $1) r"
    )
    count = 0
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        async for record in connection.cursor(statement, tenant_id, prefetch=CHUNK):
            text = record[0]
            if '"wrapped"' in text:
                row = rewrapped(table.name, tenant_id, json.loads(text), master, way)
                text = json.dumps(row, ensure_ascii=False)
            file.write(text + "\n")
            count += 1
    return count


async def _write_files(database: Database, store: Store, by: Actor, folder: Path) -> None:
    """The bytes of every stored file, and of the audit's exports."""
    async with database.session(by.tenant_id, read_only=True) as session:
        stored = await session.info["driver"].fetch(
            "select id, sha256 from file where tenant_id = $1 and sha256 is not null"
            " union all select id, sha256 from audit_export_part where tenant_id = $1",
            by.tenant_id,
        )
    await asyncio.to_thread(folder.mkdir)
    for row in stored:
        _, chunks = await store.read(by.tenant_id, row["id"], row["sha256"])
        data = b"".join([chunk async for chunk in chunks])
        await asyncio.to_thread((folder / f"{row['id']}-{row['sha256']}").write_bytes, data)
