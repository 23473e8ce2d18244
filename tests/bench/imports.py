"""How long a file of owners takes (登记导入): `python -m tests.bench.imports [ROWS]`.

A workbook of so many flats, each with its owner, goes the whole way: sent, read, compared, recorded
all or nothing. Beside it the very same rows are written by hand: COPY into a table without walls,
then one INSERT a table into the real ones, with their keys, walls and indexes.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import xlsxwriter

from infra import migrate
from infra.database import READ_WRITE, Database
from infra.embedded import Embedded
from infra.settings import Settings
from policies import Actor
from services import clock, register_imports, rows
from services.register_imports import ImportMode, ImportState, RegisterImport, turns
from services.units import Unit
from tests.bench import machine
from tests.bench.stage import MASTER_KEY
from tests.county import County
from tests.infra.service import service

ROWS, FLATS_OF_A_BUILDING, FLATS_OF_A_STAIRWELL = 60_000, 200, 40
HEADINGS = ("楼栋", "单元", "房号", "建筑面积", "用途", "业主姓名", "身份证号", "联系电话",
            "产权证号", "共有份额", "取得日期")  # fmt: skip
# In the order of their references; what it was done for in other tables is a handful of rows.
WRITTEN = ("property_unit", "person", "ownership", "event", "event_value")


def identity(number: int) -> str:
    """An identity number that is nobody's, with its check character."""
    head = f"{110000 + number // 1000:06}19900101{number % 1000:03}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(head))
    return head + "10X98765432"[total % 11]


def workbook(path: Path, number: int) -> None:
    """A file as a county office has it, without its ugly sides."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, HEADINGS)
        for at in range(number):
            building, flat = divmod(at, FLATS_OF_A_BUILDING)
            stairwell, door = divmod(flat, FLATS_OF_A_STAIRWELL)
            line = (f"{building + 1}栋", f"{stairwell + 1}单元", f"{door // 4 + 1}0{door % 4 + 1}",
                    60 + at % 9000 / 100, "住宅", f"业主{at}", identity(at), 13_900_000_000 + at,
                    f"赣（2020）第{at}号", "1/1", "2020年3月1日")  # fmt: skip
            sheet.write_row(at + 1, 0, line)


@dataclass
class Watch:
    """How long each part took, and what it cost this process and PostgreSQL, in seconds."""

    postmaster: int
    seconds: dict[str, float] = field(default_factory=dict)
    spent: dict[str, tuple[float, float]] = field(default_factory=dict)

    @contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Watch a block."""
        begun, before = time.perf_counter(), self._spent()
        yield
        self.seconds[name] = time.perf_counter() - begun
        ours, theirs = (now - was for now, was in zip(self._spent(), before, strict=True))
        self.spent[name] = ours, theirs

    def _spent(self) -> tuple[float, float]:
        ours, theirs = machine.cpu_seconds(os.getpid()), machine.cpu_seconds(self.postmaster)
        return ours, theirs


async def estate_of(county: County) -> Unit:
    """An estate that isn't divided further."""
    grid = (await county.tree()).grids[0]
    return await county.unit("estate", "梅园", grid)


async def imported(
    county: County, settings: Settings, path: Path, estate: UUID, watch: Watch
) -> RegisterImport:
    """The whole way of a file."""
    clerk, by = await county.actor("housing_officer"), Actor(county.id, county.slug)
    content = await asyncio.to_thread(path.read_bytes)
    async with county.session() as session:
        begun = await register_imports.start(session, clerk, estate=estate, name=path.name)
    async with service(settings) as running:
        with watch.on("sent and read"):
            answer = await running.http.put(begun.upload_url, content=content, timeout=300)
    assert answer.status_code == 200, answer.text
    with watch.on("compared"):
        await work(county, by)
    async with county.session() as session:
        await register_imports.apply(
            session, clerk, register_import=begun.id, mode=ImportMode.all_or_nothing
        )
    with watch.on("recorded"):
        await work(county, by)
    async with county.session(read_only=True) as session:
        return await rows.find(session, RegisterImport, by, begun.id)


async def work(county: County, by: Actor) -> None:
    """The turns of the clock until nothing waits."""
    waits = 1
    while waits:
        async with county.session() as session:
            waits = await turns.look(session, by, at=clock.now(), most=1)


async def by_hand(county: County, other: County, estate: UUID, watch: Watch) -> int:
    """The rows that the import made written into another county; how many there are."""
    connection, written = await county.database.address.connect(READ_WRITE), 0
    named = "select set_config('sanfang.tenant', $1, false)"
    await connection.execute("set statement_timeout = 0")
    kept = {}
    await connection.execute(named, str(county.id))
    for table in WRITTEN:
        made = "true" if "event" in table else "made_by is not null and made_as is not null"
        kept[table] = await connection.fetch(f"select * from {table} where {made}")
    await connection.execute(named, str(other.id))
    columns = await connection.fetch(
        "select table_name, column_name from information_schema.columns"
        " where is_generated = 'NEVER' and column_name not in ('transaction')"
        " order by ordinal_position"
    )
    with watch.on("by hand"):
        async with connection.transaction():
            for table, found in kept.items():
                names = [row[1] for row in columns if row[0] == table]
                await connection.execute(
                    f"create temporary table beside on commit drop as"
                    f" select {', '.join(names)} from {table} limit 0"
                )
                moved = ([_moved(name, row[name], other, estate) for name in names]
                         for row in found)  # fmt: skip
                await connection.copy_records_to_table("beside", records=moved, columns=names)
                listed = ", ".join(names)
                await connection.execute(
                    f"insert into {table} ({listed}) select {listed} from beside", timeout=300
                )
                await connection.execute("drop table beside")
                written += len(found)
    await connection.close()
    return written


def _moved(name: str, value: object, other: County, estate: UUID) -> object:
    places = {"tenant_id": other.id, "estate_id": estate, "unit_id": estate, "home_id": None}
    return places.get(name, value)


async def measured(number: int) -> None:
    """Print what it took."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await asyncio.to_thread(folder.chmod, 0o711)
        held = await asyncio.to_thread(Embedded.start, folder)
        pid = await asyncio.to_thread((folder / "pg" / "postmaster.pid").read_text)
        watch = Watch(int(pid.split()[0]))
        settings = Settings(data_dir=folder, database_url=None, master_key=MASTER_KEY)
        await migrate.upgrade(settings)
        path = folder / "owners.xlsx"
        workbook(path, number)
        async with await Database.open(settings) as database:
            county, other = await County.new(database), await County.new(database)
            estate, beside = await estate_of(county), await estate_of(other)
            row = await imported(county, settings, path, estate.id, watch)
            assert (row.state, row.done) == (ImportState.done, number), row
            whole = sum(watch.seconds.values())
            written = await by_hand(county, other, beside.id, watch)
        held.release()
    for part, seconds in watch.seconds.items():
        ours, theirs = watch.spent[part]
        print(
            f"{part:>14}  {seconds:6.1f} s  {number / seconds:8,.0f} rows/s"
            f"  (processor {ours:.1f} s here, {theirs:.1f} s in PostgreSQL)"
        )
    recorded, by_hand_ = (sum(watch.spent[part]) for part in ("recorded", "by hand"))
    ratio = recorded / by_hand_
    print(f"{'the whole way':>14}  {whole:6.1f} s  {number / whole:8,.0f} rows/s")
    print(f"{written:,} rows in five tables; recording costs {ratio:.2f} of writing them by hand")


if __name__ == "__main__":
    asyncio.run(measured(int(sys.argv[1]) if sys.argv[1:] else ROWS))
