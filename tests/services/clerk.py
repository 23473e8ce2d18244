"""A clerk with files: imports of an estate's owners carried through, as tests need them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self
from uuid import UUID

from policies import Actor
from services import clock, register_imports, rows
from services.register_imports import (
    ImportMode,
    RegisterImport,
    RegisterImportProblem,
    RegisterImportRow,
    turns,
)
from services.units import Unit
from tests.county import County, Tree

HEADINGS = ("房号", "建筑面积", "业主姓名", "身份证号", "联系电话", "共有份额")
# Nobody's: an administrative division that there isn't.
JIA, YI, BING = "990000199001011234"[:17], "99000019910202222", "99000019920303333"
BEGUN = date(2024, 1, 1)
Rows = Sequence[Sequence[Any]]
REGISTER = """
select u.number, u.area, p.name, o.numerator, o.denominator from property_unit u
left join ownership o on o.property_unit_id = u.id left join person p on p.id = o.person_id
where u.estate_id = $1 order by u.number, p.name"""


def identity(head: str) -> str:
    """An identity number with its check character."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(head))
    return head + "10X98765432"[total % 11]


ID_JIA, ID_YI, ID_BING = identity(JIA), identity(YI), identity(BING)


@dataclass(frozen=True)
class Clerk:
    """Somebody who has files of an undivided estate, and an officer who verifies."""

    county: County
    tree: Tree
    estate: Unit
    worker: Actor
    officer: Actor

    @classmethod
    async def of(cls, county: County) -> Self:
        """With the usual tree, and an estate without buildings beside its own."""
        tree = await county.tree()
        estate = await county.unit("estate", "梅园", tree.grids[0])
        worker = await county.actor("grid_worker", tree.grids[0])
        return cls(county, tree, estate, worker, await county.actor("housing_officer"))

    async def start(self, by: Actor | None = None, **known: Any) -> UUID:
        """An import without its file."""
        said: dict[str, Any] = {
            "estate": self.estate.id, "name": "台账.xlsx", "since": BEGUN, **known,
        }  # fmt: skip
        async with self.county.session() as session:
            return (await register_imports.start(session, by or self.worker, **said)).id

    async def send(self, id_: UUID, table: Rows, sha256: str = "0" * 64) -> RegisterImport:
        """The file's rows, as if they had come by PUT."""
        async with self.county.session() as session:
            return await register_imports.receive(
                session, self.clock, row=id_, sheet=("台账", 1),
                read=register_imports.read(table), sha256=sha256,
            )  # fmt: skip

    async def preview(self, table: Rows, by: Actor | None = None, **known: Any) -> RegisterImport:
        """An import whose rows have been compared; the first of them are the usual headings."""
        id_ = await self.start(by, **known)
        await self.send(id_, [HEADINGS, *table] if len(table[0]) == len(HEADINGS) else table)
        await self.work()
        return await self.row(id_)

    async def apply(
        self, row: RegisterImport, mode: str = "all_or_nothing", by: Actor | None = None
    ) -> RegisterImport:
        """Have it recorded."""
        await self.do("apply", row, by, mode=ImportMode(mode))
        await self.work()
        return await self.row(row.id)

    async def do(
        self, verb: str, row: RegisterImport, by: Actor | None = None, **said: Any
    ) -> RegisterImport:
        """One of the commands."""
        async with self.county.session() as session:
            run = getattr(register_imports, verb)
            done: RegisterImport = await run(
                session, by or self.worker, register_import=row.id, **said
            )
            return done

    async def work(self, *, at_once: int = 1) -> int:
        """The clock's turns until nothing waits; how many there were."""
        made = await asyncio.gather(*(self._work() for _ in range(at_once)))
        return sum(made)

    async def _work(self) -> int:
        number = 0
        while True:
            async with self.county.session() as session:
                if not await turns.look(session, self.clock, at=clock.now(), most=1):
                    return number
            number += 1

    @property
    def clock(self) -> Actor:
        """Nobody."""
        return Actor(self.county.id, self.county.slug)

    async def row(self, id_: UUID) -> RegisterImport:
        """An import as it is."""
        async with self.county.session(read_only=True) as session:
            return await rows.find(session, RegisterImport, self.clock, id_)

    async def rows(self, row: RegisterImport) -> list[RegisterImportRow]:
        """Its rows."""
        async with self.county.session(read_only=True) as session:
            return await rows.every(
                session, RegisterImportRow, self.clock, "number", import_id=row.id
            )

    async def problems(self, row: RegisterImport) -> list[tuple[str, str]]:
        """What is wrong, and in which cells."""
        async with self.county.session(read_only=True) as session:
            found = await rows.every(
                session, RegisterImportProblem, self.clock, "row_number", "cell", "code",
                import_id=row.id,
            )  # fmt: skip
        return [(one.cell, one.code) for one in found]

    async def register(self) -> list[tuple[str, str, str | None, str]]:
        """What stands on the register of the estate: number, area, name, share."""
        async with self.county.session(read_only=True) as session:
            found = await session.info["driver"].fetch(REGISTER, self.estate.id)
            return [
                (one["number"], str(one["area"]), one["name"],
                 f"{one['numerator']}/{one['denominator']}" if one["numerator"] else "")
                for one in found
            ]  # fmt: skip
