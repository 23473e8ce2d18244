"""Evidence jobs (证据包任务): the clock writes the archives of votes, each in one turn.

An archive's bytes are in the store before its row says so; a turn that is cut short is done again.
The program that counts it again goes with it.
"""

import hashlib
import json
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlmodel.ext.asyncio.session import AsyncSession

from infra import verify_vote
from infra.stores import CHUNK, Store
from policies import Actor
from services import vote_evidence
from services.events import record, state_of
from services.vote_evidence import Contents, EvidenceState, VoteEvidence

STORE = "store"
# The same content gives the same bytes, whenever it is written.
FIRST_DAY = (1980, 1, 1, 0, 0, 0)
PROGRAM = Path(verify_vote.__file__).read_bytes()


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """The archive that is next; nought where none waits."""
    row = await vote_evidence.waiting(session, by)
    if row is None:
        return 0
    found = await vote_evidence.contents(session, by, row)
    store: Store = session.info[STORE]()
    with tempfile.TemporaryFile() as archive:
        await _write(archive, by, row, found, store)
        digest, size = _measured(archive)
        await store.write(by.tenant_id, row.id, digest, archive)
    before = state_of(row)
    row.state, row.sha256, row.size, row.finished_at = EvidenceState.done, digest, size, at
    row.version += 1
    record(session, by, "vote.evidence_written", row, acting=None, before=before)
    return 1


async def _write(
    archive: IO[bytes], by: Actor, row: VoteEvidence, found: Contents, store: Store
) -> None:
    """Every document and file, then the manifest of their hashes, then the program."""
    listed: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, document in found.documents.items():
            data = json.dumps(document, ensure_ascii=False, indent=1).encode()
            packed.writestr(zipfile.ZipInfo(name, FIRST_DAY), data)
            listed[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, file in found.files.items():
            assert file.sha256 is not None  # noqa: S101 - only what is stored is taken along
            size, chunks = await store.read(by.tenant_id, file.id, file.sha256)
            with packed.open(zipfile.ZipInfo(name, FIRST_DAY), "w", force_zip64=True) as out:
                async for chunk in chunks:
                    out.write(chunk)
            listed[name] = {"sha256": file.sha256, "bytes": size}
        manifest = {"format": vote_evidence.FORMAT, "vote": str(row.vote_id),
                    "county": by.domain, "evidence": str(row.id), "files": listed}  # fmt: skip
        data = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        packed.writestr(zipfile.ZipInfo("manifest.json", FIRST_DAY), data)
        packed.writestr(zipfile.ZipInfo("verify_vote.py", FIRST_DAY), PROGRAM)


def _measured(archive: IO[bytes]) -> tuple[str, int]:
    """The hash and size of all that was written; then it is read from its beginning again."""
    archive.seek(0)
    digest, size = hashlib.sha256(), 0
    while chunk := archive.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    archive.seek(0)
    return digest.hexdigest(), size
