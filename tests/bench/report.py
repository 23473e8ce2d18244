"""The report (报告): one table for the eye, one file for the record, one picture.

The headline is what a request costs the machine: server and PostgreSQL, in processor time.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench import machine
from tests.bench.clock import Figures
from tests.bench.contest import BENCH_PYTHON, NODE_MODULES, OURS, ROOT, CantStart, node
from tests.bench.program import TASKS, Programme
from tests.bench.targets import Measured, Target
from tests.bench.writes import Writes

PACKAGES = ("uvicorn", "uvloop", "starlette", "strawberry-graphql", "sqlalchemy", "asyncpg")
BENCH_PACKAGES = ("strawchemy", "granian")
NODE_PACKAGES = ("postgraphile", "mercurius", "fastify", "pg")


def table(found: Measured, targets: list[Target], choices: Mapping[str, Any]) -> Table:
    """Everything in one table: the peers, the choices, the targets."""
    shown = Table(title="Sanfang and its peers: processor time of a request", show_lines=False)
    for name in ("task", "who"):
        shown.add_column(name)
    for name in (
        "CPU ms",
        "spread",
        "server",
        "PostgreSQL",
        "req/s",
        "p50 ms",
        "p99 ms",
        "ours is",
    ):
        shown.add_column(name, justify="right")
    for task in TASKS:
        for name, figures in _of(found.programme, task):
            ours = found.programme.figures(task, OURS)
            shown.add_row(task, name, *_cells(figures), _times(ours, figures))
        shown.add_section()
    for name, why in found.programme.absent.items():
        shown.add_row("", name, why, end_section=True)
    for task, contenders in _others(found, choices):
        first = next(iter(contenders.values()))
        for name, figures in contenders.items():
            shown.add_row(task, name, *_cells(figures), _times(first, figures))
        shown.add_section()
    for target in targets:
        ratio = "not measured" if target.ratio is None else f"{target.ratio:.3g}"
        mark = "[green]holds[/green]" if target.holds else "[red]does not hold[/red]"
        shown.add_row("target", target.name, ratio, f"<= {target.target:.3g}", mark)
    return shown


def _of(programme: Programme, task: str) -> Iterator[tuple[str, Figures]]:
    for name in programme.names:
        figures = programme.figures(task, name)
        if figures is not None:
            yield name, figures


def _others(
    found: Measured, choices: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Figures]]]:
    if found.few is not None:
        yield "a database of 10 counties", {OURS: found.few}
    if found.writes is not None:
        yield "a write", found.writes.runs
    for question, contenders in choices.items():
        yield f"choice: {question}", contenders


def _cells(figures: Figures) -> list[str]:
    low, high = figures.spread("cpu_ms")
    names = ("server_ms", "postgres_ms", "per_second", "p50_ms", "p99_ms")
    middle = (f"{figures.median(name):.3g}" if figures.median(name) < 1000
              else f"{figures.median(name):,.0f}" for name in names)  # fmt: skip
    return [f"{figures.median('cpu_ms'):.3f}", f"{low:.3g}-{high:.3g}", *middle]


def _times(ours: Figures | None, theirs: Figures) -> str:
    """Our cost as a part of theirs."""
    if ours is None or ours == theirs:
        return ""
    return f"{ours.median('cpu_ms') / theirs.median('cpu_ms'):.3g} x"


def record(
    found: Measured, targets: list[Target], choices: Mapping[str, Any], rounds: int
) -> dict[str, Any]:
    """What goes into bench.json: the targets first, then every figure that they came from."""
    return {
        "targets": [target.listed() for target in targets],
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.described(),
        "versions": _versions(),
        "rounds": rounds,
        "counties": len(found.programme.stage.counties),
        "tasks": {
            task: {name: figures.listed() for name, figures in _of(found.programme, task)}
            for task in TASKS
        },
        "absent": found.programme.absent,
        "ten_counties_alone": found.few.listed() if found.few else None,
        "plan": {"cold_ms": found.cold_ms, "warm_us": found.warm_us},
        "memory_mb": found.memory_mb,
        "write": _written(found.writes),
        "choices": {
            question: {name: figures.listed() for name, figures in contenders.items()}
            for question, contenders in choices.items()
        },
    }


def _written(writes: Writes | None) -> dict[str, Any] | None:
    if writes is None:
        return None
    runs = {name: figures.listed() for name, figures in writes.runs.items()}
    return {"round_trips": writes.trips, "runs": runs}


def write(path: Path, recorded: Mapping[str, Any], console: Console) -> None:
    """The record, and a picture of it where matplotlib is at hand."""
    path.write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    console.print(f"{path}")
    picture = path.with_suffix(".png")
    drawn = subprocess.run(
        [str(BENCH_PYTHON), "-m", "tests.bench.picture", str(path), str(picture)],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    console.print(f"{picture}" if drawn.returncode == 0 else drawn.stderr.strip()[-300:])


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in PACKAGES}
    asked = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
    said = subprocess.run(
        [str(BENCH_PYTHON), "-c", asked, *BENCH_PACKAGES],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    found |= dict(zip(BENCH_PACKAGES, said.stdout.split(), strict=False))
    for name in NODE_PACKAGES:
        file = NODE_MODULES / "node_modules" / name / "package.json"
        if file.exists():
            found[name] = json.loads(file.read_text(encoding="utf-8"))["version"]
    try:
        said = subprocess.run([node(), "--version"], check=False, capture_output=True, text=True)
        found["node"] = said.stdout.strip()
    except CantStart as why:
        found["node"] = str(why)
    return found
