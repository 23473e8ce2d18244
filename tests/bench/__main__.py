"""`python -m tests.bench [--quick]`: raise the stage, compare, measure, print, write it down."""

import argparse
import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.progress import Progress

from tests.bench import choices, contest, documents, machine, profiles, report, stage, writes
from tests.bench.clock import Figures, Load
from tests.bench.contest import ROOT
from tests.bench.documents import OURS, SHAPES, TREE
from tests.bench.inside import Inside, Statement
from tests.bench.program import ALL_COUNTIES, FEW, FEW_COUNTIES, Programme
from tests.bench.stage import Stage
from tests.bench.targets import Measured, reckon

FOLDER = ROOT / ".sanfang" / "bench"
FIRST_GRID = "select id from unit where kind = 'grid' order by name, id limit 1"


@dataclass(frozen=True)
class Pace:
    """How much is measured: rounds, the seconds of a run, the writes of a round."""

    rounds: int = 5
    seconds: float = 1.5
    writes: int = 1000


QUICK = Pace(rounds=1, seconds=0.4, writes=200)


@dataclass(frozen=True)
class Compiled:
    """What the service makes of each shape, and how long that takes."""

    statements: dict[str, Statement]
    cold_ms: list[float]
    warm_us: list[float]


async def bench(pace: Pace, console: Console) -> None:
    """The whole of it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    FOLDER.chmod(0o711)
    with Load() as load:
        with console.status("a database of 1,000 counties; the first time takes about a minute"):
            many = stage.raised(FOLDER / "many", ALL_COUNTIES + 1, is_kept=True)
            held = await many.__aenter__()
        try:
            found, chosen = await _of_many(held, load, pace, console)
        finally:
            await many.__aexit__(None, None, None)
        async with stage.raised(FOLDER / "few", FEW_COUNTIES + 1, is_kept=False) as alone:
            few = await _of_few(alone, load, pace)
            written = await writes.measure(alone, load, pace.rounds, pace.writes)
            profiled = await profiles.measure(alone, await _unit(alone))
    measured = Measured(few=few, writes=written, **found)
    targets = reckon(measured)
    console.print(report.table(measured, targets, chosen))
    console.print(profiles.table(profiled))
    recorded = report.record(measured, targets, chosen, pace.rounds)
    recorded["profiles"] = {name: profile.listed() for name, profile in profiled.items()}
    report.write(ROOT / ".sanfang" / "bench.json", recorded, console)


async def _of_many(
    held: Stage, load: Load, pace: Pace, console: Console
) -> tuple[dict[str, Any], choices.Chosen]:
    unit = await _unit(held)
    compiled = await _compile(held, unit)
    with ExitStack() as stack:
        programme = Programme(held, unit, compiled.statements, load, pace.seconds)
        programme.open(stack, FOLDER)
        programme.compare()
        console.print("every answer compared: all alike")
        with Progress(console=console, transient=True) as progress:
            programme.run(pace.rounds, progress)
        memory = machine.resident_mb(programme.ours.process.pid)
    with console.status("choices"):
        chosen = choices.measure(
            held, load, unit, compiled.statements[TREE], pace.rounds, pace.seconds
        )
    found = {"programme": programme, "cold_ms": compiled.cold_ms, "warm_us": compiled.warm_us}
    return {**found, "memory_mb": memory}, chosen


async def _of_few(alone: Stage, load: Load, pace: Pace) -> Figures:
    """Ten counties where there are no more: the same page, asked in turn."""
    unit = await _unit(alone)
    with contest.ours(alone, name=f"{contest.OURS} of few") as peer:
        programme = Programme(alone, unit, {}, load, pace.seconds, peers=[peer])
        asked = programme.requests(peer, FEW)
        runs = [
            load.run(
                peer.port, asked, pace.seconds, server=peer.process.pid,
                postmaster=alone.postmaster,
            )
            for _ in range(pace.rounds + 1)
        ]  # fmt: skip
    return Figures(tuple(runs[1:]))


async def _compile(held: Stage, unit: UUID) -> Compiled:
    def text(shape: str, number: int = 0) -> str:
        tenant = held.counties[0].id
        return documents.document(OURS[shape], number, tenant=tenant, unit=unit)

    async with Inside.of(held) as service:
        statements = {shape: await service.statement(text(shape)) for shape in SHAPES}
        cold = service.cold_ms(lambda number: text(TREE, 1000 + number))
        return Compiled(statements, cold, service.warm_us(text(TREE)))


async def _unit(held: Stage) -> UUID:
    """The unit to ask for by its id: the first grid of the first county."""
    owner = await asyncpg.connect(held.dsn)
    try:
        async with owner.transaction():
            tenant = str(held.counties[0].id)
            await owner.execute("select set_config('sanfang.tenant', $1, true)", tenant)
            found: UUID = await owner.fetchval(FIRST_GRID)
            return UUID(str(found))
    finally:
        await owner.close()


def main() -> None:
    """Read the one option, and go."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to try it out")
    given = parser.parse_args()
    asyncio.run(bench(QUICK if given.quick else Pace(), Console(width=170)))


if __name__ == "__main__":
    main()
