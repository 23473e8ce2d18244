"""Audit files (审计导出): a county's events with their proofs, and a manifest of hashes."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.auth import COMMAND_LINE
from infra.database import Database
from infra.speech import settled
from infra.verify_audit import FORMAT
from policies import Actor
from services import clock
from services.audits import exporting, heads
from services.errors import TenantUnknown
from services.events import ORIGIN
from services.events import write as record


@dataclass
class Made:
    """What an export holds."""

    events: int = 0
    batches: int = 0
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    altered: list[dict[str, str]] = field(default_factory=list)


async def export(slug: str, folder: Path, *, with_values: bool = False) -> Made:
    """Seal what there is and write a county's whole audit into a folder that is empty."""
    async with await Database.open(settled()) as database:
        found = await database.tenant(slug, fresh=True)
        if found is None:
            raise TenantUnknown()
        by = Actor(found[0], slug)
        async with database.session(by.tenant_id) as session:
            session.info[ORIGIN] = COMMAND_LINE
            after = {"values": with_values}
            record(session, by, "audit.exported", ("Tenant", by.tenant_id), after=after)
        await seal_all(database, by)
        return await write(database, by, folder, with_values=with_values)


async def seal_all(database: Database, by: Actor, most: int = heads.BATCH) -> int:
    """Seal until nothing is left, so many in a batch; how many events were."""
    sealed = 0
    while True:
        async with database.session(by.tenant_id) as session:
            done = await heads.seal(session, by, at=clock.now(), most=most)
        sealed += done
        if not done:
            return sealed


async def write(database: Database, by: Actor, folder: Path, *, with_values: bool = False) -> Made:
    """The files of an export, and the manifest last."""
    made = Made()
    async with database.session(by.tenant_id, read_only=True) as session:
        signed = await exporting.signed(session, by)
        made.batches, size = len(signed), signed[-1]["size"] if signed else 0
        lines = exporting.sealed(session, by, size, with_values=with_values)
        made.events = await _write_lines(made, folder / "events.jsonl", lines)
        waiting = exporting.unsealed(session, by, size)
        await _write_lines(made, folder / "unsealed.jsonl", waiting)
        _write(made, folder / "heads.json", signed)
        _write(made, folder / "keys.json", await heads.public_keys(session, by))
        made.altered = [one async for one in exporting.altered(session, by)]
    manifest = {"format": FORMAT, "tenant_id": str(by.tenant_id), "tenant": by.domain,
                "made_at": clock.now().isoformat(), "altered": made.altered,
                "files": made.files}  # fmt: skip
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return made


async def _write_lines(made: Made, path: Path, lines: AsyncIterator[dict[str, Any]]) -> int:
    digest, count, size = hashlib.sha256(), 0, 0
    with path.open("wb") as file:
        async for line in lines:
            written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(written)
            file.write(written)
            count, size = count + 1, size + len(written)
    made.files[path.name] = {"sha256": digest.hexdigest(), "bytes": size, "lines": count}
    return count


def _write(made: Made, path: Path, content: Any) -> None:
    written = json.dumps(content, ensure_ascii=False, indent=1).encode()
    path.write_bytes(written)
    made.files[path.name] = {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}
