"""Moving in (迁入): a takeout into an installation that doesn't know the county yet."""

import asyncio
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import Table

from infra import migrate, verify_audit
from infra.database import Database
from infra.stores import Store
from infra.takeout.folder import (
    AUDIT,
    FILES,
    FORMAT,
    MANIFEST,
    NAME_COUNTY,
    ROWS,
    Manifest,
    TakeoutRefused,
    columns,
    county_tables,
    hashes,
    rewrapped,
    transport,
)
from infra.takeout.leaving import note
from policies import Actor
from services.errors import Said
from services.sealing import Master

# A file's id and the hash of its bytes.
NAMED = re.compile(r"[0-9a-f-]{36}-[0-9a-f]{64}")
# Rules that were kept as the rows were first written, and hold for changes from now on.
TRIGGERED = ("agenda_item", "meeting", "minutes", "roll_entry", "roll_holder", "vote_question")


async def move_in(
    database: Database,
    store: Store,
    folder: Path,
    passphrase: str,
    advance: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Move a county in: all of it or nothing. What isn't as it was written is refused before."""
    manifest = await asyncio.to_thread(_read, folder)
    way = await asyncio.to_thread(transport, passphrase, bytes.fromhex(manifest.salt))
    if not manifest.is_proven(way):
        reason = Said("口令不对，或者内容被改过", "the passphrase is wrong, or it was changed")
        raise TakeoutRefused(reason=reason)
    await asyncio.to_thread(_check, folder, manifest)
    tenant_id = manifest.tenant_id
    connection = await database.address.connect()
    try:
        async with connection.transaction():
            await connection.execute(NAME_COUNTY, str(tenant_id))
            await _write_tenant(connection, manifest)
            for held in TRIGGERED:
                await connection.execute(f"alter table {held} disable trigger user")
            for table in county_tables():
                advance(table.name)
                lines = _lines(folder, table, tenant_id, database.master, way)
                await _write_rows(connection, table, manifest, lines)
            for held in TRIGGERED:
                await connection.execute(f"alter table {held} enable trigger user")
            advance(FILES)
            await _write_files(store, tenant_id, folder / FILES)
    finally:
        await connection.close()
    await note(database, Actor(tenant_id, manifest.tenant["slug"]), "tenant.moved_in")
    return manifest


def _read(folder: Path) -> Manifest:
    """The manifest of a folder, whoever wrote it."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if said.pop("format") != FORMAT:
            raise ValueError("format")
        manifest = Manifest(**said)
        bytes.fromhex(manifest.salt)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as wrong:
        reason = Said(f"清单读不了（{wrong}）", f"the manifest can't be read ({wrong})")
        raise TakeoutRefused(reason=reason) from wrong
    return manifest


def _check(folder: Path, manifest: Manifest) -> None:
    """Files that are as they were, of this structure, and the audit as it was sealed."""
    if manifest.revision != migrate.head():
        here, there = migrate.head(), manifest.revision
        reason = Said(
            f"数据结构是 {there}，这里是 {here}", f"its structure is {there}, here {here}"
        )
        raise TakeoutRefused(reason=reason)
    if dict(hashes(folder)) != dict(manifest.files):
        raise TakeoutRefused(reason=Said("有文件与清单不符", "a file isn't as the manifest says"))
    report = verify_audit.Report(zh=False)
    verify_audit.verify(folder / AUDIT, report, None, [])
    if report.findings:
        found = "; ".join(report.findings)
        raise TakeoutRefused(reason=Said(f"审计不符：{found}", f"its audit: {found}"))


async def _write_tenant(
    connection: "asyncpg.Connection[asyncpg.Record]", manifest: Manifest
) -> None:
    row = manifest.tenant
    taken = await connection.fetchval(
        "select true from tenant where id = $1 or slug = $2", manifest.tenant_id, row["slug"]
    )
    if taken:
        raise TakeoutRefused(reason=Said("这里已有这个县", "this county is here already"))
    await connection.execute(
        "insert into tenant select * from json_populate_record(null::tenant, $1)", json.dumps(row)
    )


def _lines(
    folder: Path, table: Table, tenant_id: UUID, master: Master, way: Master
) -> Iterator[str]:
    with (folder / ROWS / f"{table.name}.jsonl").open(encoding="utf-8") as file:
        for text in file:
            if '"wrapped"' not in text:
                yield text.rstrip("\n")
                continue
            row = rewrapped(table.name, tenant_id, json.loads(text), way, master)
            yield json.dumps(row, ensure_ascii=False)


async def _write_rows(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: Table,
    manifest: Manifest,
    lines: Iterator[str],
) -> None:
    """All rows of a table by one statement, at whose end the rows that it refers to are there."""
    await connection.execute("create temp table if not exists moving (line text)")
    await connection.execute("truncate moving")
    # COPY's text form: a backslash and the line's ends are written otherwise.
    copied = "".join(line.replace("\\", "\\\\") + "\n" for line in lines)
    await connection.copy_to_table("moving", source=io.BytesIO(copied.encode()), format="text")
    listed = ", ".join(f'"{name}"' for name in columns(table))
    chosen = ", ".join(f'r."{name}"' for name in columns(table))
    written = await connection.execute(
        f"insert into {table.name} ({listed}) select {chosen} from moving,"  # noqa: S608
        f" lateral json_populate_record(null::{table.name}, line::json) r"
    )
    if int(written.split()[-1]) != manifest.rows[table.name]:
        raise TakeoutRefused(reason=Said(f"{table.name} 缺行", f"rows of {table.name} are missing"))
    if table.name == "audit_head":
        # Transactions are numbered anew: whatever isn't sealed is looked for from the first on.
        await connection.execute(
            "update audit_head set horizon = 0, after_id = null where tenant_id = $1",
            manifest.tenant_id,
        )


async def _write_files(store: Store, tenant_id: UUID, folder: Path) -> None:
    for path in await asyncio.to_thread(lambda: sorted(folder.iterdir())):
        if not NAMED.fullmatch(path.name):
            raise TakeoutRefused(
                reason=Said(f"文件名不对：{path.name}", f"no such file: {path.name}")
            )
        file, sha256 = UUID(path.name[:36]), path.name[37:]
        await store.write(tenant_id, file, sha256, await asyncio.to_thread(path.read_bytes))
