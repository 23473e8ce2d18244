"""Audit jobs (审计导出任务): the clock writes exports, a part in each turn, a manifest at the end.

A part's bytes are in the store before its row; a turn that is cut short is done again.
"""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from infra.stores import Store
from policies import Actor
from services import rows
from services.audits import exporting, heads
from services.audits.exports import (
    AuditExport,
    AuditExportPart,
    ExportFormat,
    ExportState,
    some,
    waiting,
)

# So many events make a part.
LINES = 10_000
STORE = "store"
HEADINGS = ("number", "hash", *heads.COLUMNS, "values")
# A spreadsheet takes a cell that begins so for a formula.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """One part of the export that is next; nought where none waits."""
    row = await waiting(session, by)
    if row is None:
        return 0
    found = await some(session, by, row, LINES)
    parts = await rows.every(session, AuditExportPart, by, "number", export_id=row.id)
    if found:
        values = row.purpose is not None
        kept = await exporting.values(session, by, [one["id"] for one in found]) if values else {}
        lines = [_line(by, one, kept) for one in found]
        data = WRITERS[ExportFormat(row.format)](lines, not parts)
        name = f"events-{len(parts) + 1:04}.{row.format}"
        parts.append(await _keep(session, by, row, len(parts) + 1, name, data, len(lines)))
        row.done, row.last_at, row.last_id = row.done + len(found), found[-1]["at"], found[-1]["id"]
        row.state = ExportState.running
    if len(found) < LINES:
        manifest = json.dumps(_manifest(by, row, parts), ensure_ascii=False, indent=1).encode()
        await _keep(session, by, row, len(parts) + 1, "manifest.json", manifest, 1)
        row.state, row.finished_at = ExportState.done, at
    row.version += 1
    return 1


async def _keep(
    session: AsyncSession,
    by: Actor,
    row: AuditExport,
    number: int,
    name: str,
    data: bytes,
    lines: int,
) -> AuditExportPart:
    digest = hashlib.sha256(data).hexdigest()
    part = AuditExportPart(
        tenant_id=by.tenant_id, id=uuid7(), export_id=row.id, number=number, name=name,
        sha256=digest, size=len(data), lines=lines,
    )  # fmt: skip
    store: Store = session.info[STORE]()
    await store.write(by.tenant_id, part.id, digest, data)
    session.add(part)
    return part


def _line(by: Actor, event: Mapping[str, Any], kept: Mapping[Any, Any]) -> dict[str, Any]:
    hash_ = event["hash"]
    return {
        "number": event["number"],
        "hash": None if hash_ is None else hash_.hex(),
        "event": heads.content(by.tenant_id, event),
        "values": kept.get(event["id"]),
    }


def _as_jsonl(lines: Sequence[Mapping[str, Any]], _: bool) -> bytes:
    written = (json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    return ("\n".join(written) + "\n").encode()


def _as_csv(lines: Sequence[Mapping[str, Any]], is_first: bool) -> bytes:
    """Each part by itself a whole table; the mark at its beginning has a spreadsheet read UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for line in lines:
        event = {**line, **line["event"]}
        writer.writerow([_cell(event[name]) for name in HEADINGS])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULAS) else text


def _manifest(by: Actor, row: AuditExport, parts: Sequence[AuditExportPart]) -> dict[str, Any]:
    return {
        "tenant_id": str(by.tenant_id),
        "export": str(row.id),
        "format": row.format,
        "begins_at": row.begins_at and row.begins_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "event_name": row.event_name,
        "purpose": row.purpose,
        "events": row.done,
        "files": [
            {"name": part.name, "sha256": part.sha256, "bytes": part.size, "lines": part.lines}
            for part in parts
        ],
    }


WRITERS: dict[ExportFormat, Callable[[Sequence[Mapping[str, Any]], bool], bytes]] = {
    ExportFormat.jsonl: _as_jsonl,
    ExportFormat.csv: _as_csv,
}
