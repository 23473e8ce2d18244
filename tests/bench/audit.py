"""How fast events are sealed and verified: `python -m tests.bench.audit [EVENTS]`, on a database of
its own. Beside each stands its limit in the same run: SHA-256 over the same bytes alone.
"""

import asyncio
import hashlib
import sys
import time
from pathlib import Path

from infra import audit_files, migrate, verify_audit
from infra.database import Database
from infra.embedded import Embedded
from infra.settings import Settings
from policies import Actor
from tests.conftest import embedded_folder
from tests.county import County

AT_ONCE = 5_000
MADE = """
insert into event (tenant_id, id, at, name, object, object_id, person_id, after)
select e.tenant_id, (lpad(to_hex((extract(epoch from now()) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(n::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid, now(),
  'unit.renamed',
  'Unit', e.object_id, e.person_id,
  json_build_object('name', '名称' || n, 'version', n, 'decision', repeat('依据', 20))
from (select * from event where tenant_id = $1 order by id limit 1) e, generate_series(1, $2) n"""


async def measured(events: int) -> None:
    """Seal, export and verify so many events, and say how long each took."""
    with embedded_folder() as folder:
        held = await asyncio.to_thread(Embedded.start, folder, durable=True)
        settings = Settings(data_dir=folder, database_url=None)
        await migrate.upgrade(settings)
        async with await Database.open(settings) as database:
            county = await County.new(database)
            for _ in range(events // AT_ONCE):
                async with county.session() as session:
                    await session.info["driver"].execute(MADE, county.id, AT_ONCE)
            by, out = Actor(county.id, county.slug), folder / "out"
            await asyncio.to_thread(out.mkdir)
            began = time.perf_counter()
            sealed = await audit_files.seal_all(database, by)
            sealing = time.perf_counter() - began
            began = time.perf_counter()
            await audit_files.write(database, by, out)
            exporting = time.perf_counter() - began
        held.release()
        began = time.perf_counter()
        report = verify_audit.Report(zh=False)
        await asyncio.to_thread(verify_audit.verify, out, report, None, [])
        verifying = time.perf_counter() - began
        print(report.findings or "as sealed")
        hashing = await asyncio.to_thread(hashed, out / "events.jsonl")
    print(f"sealed {sealed} events in {sealing:.2f} s: {sealed / sealing:,.0f} a second")
    print(f"exported in {exporting:.2f} s")
    print(f"verified in {verifying:.2f} s: {verifying * 100_000 / sealed:.2f} s per 100,000")
    print(
        f"SHA-256 over the same lines alone: {hashing:.2f} s; verified {verifying / hashing:.0f}x"
    )


def hashed(path: Path) -> float:
    """How long hashing the lines takes, without reading what they say."""
    lines = path.read_bytes().splitlines()
    began = time.perf_counter()
    for line in lines:
        hashlib.sha256(line).digest()
    return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
