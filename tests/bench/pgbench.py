"""pgbench (极限): the very statement that the service compiled, prepared, with nothing around it.

Counted is a window in the middle of its run, so that connecting and preparing are left out.
"""

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from infra.embedded import binaries
from tests.bench import machine
from tests.bench.clock import Failed, Run
from tests.bench.contest import CantStart
from tests.bench.inside import Statement
from tests.bench.stage import Stage

LEAD = 0.7


def command() -> str:
    """pgbench: the one in PostgreSQL's wheel, or the installed one."""
    own = binaries() / "pgbench"
    found = str(own) if own.exists() else shutil.which("pgbench")
    if found is None:
        raise CantStart("there is no pgbench, neither in the wheel nor installed")
    return found


def script(statement: Statement) -> str:
    """The statement with names in place of its numbered places."""
    return re.sub(r"\$(\d+)", r":p\1", statement.sql) + ";\n"


def run(
    stage: Stage,
    text: str,
    arguments: Sequence[Any],
    seconds: float,
    *,
    connections: int = 16,
) -> Run:
    """Run a script for so long, with the arguments as its variables p1, p2 and so on."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.sql")
        file.write_text(text, encoding="utf-8")
        given = [f"-Dp{place}={_written(value)}" for place, value in enumerate(arguments, 1)]
        process = subprocess.Popen(
            [
                command(), "-n", "-M", "prepared", "-c", str(connections), "-j", "1",
                "-T", str(int(seconds + 3 * LEAD) + 1), "-f", str(file), "-l",
                "--log-prefix", f"{folder}/log", *given,
            ],
            env={**stage.environment(), "PGOPTIONS": stage.session()}, cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            window = _window(process, stage, seconds)
        finally:
            said, _ = process.communicate()
        if process.returncode != 0:
            raise Failed(said[-500:])
        return _summed(Path(folder), *window)


def _window(
    process: "subprocess.Popen[str]", stage: Stage, seconds: float
) -> tuple[float, float, list[float]]:
    """The window's begin and end, and what the client and the server spent in it."""
    time.sleep(LEAD)
    roots = (process.pid, stage.postmaster)
    before, begun = [machine.cpu_seconds(root) for root in roots], time.time()
    time.sleep(seconds)
    after, ended = [machine.cpu_seconds(root) for root in roots], time.time()
    return begun, ended, [end - begin for begin, end in zip(before, after, strict=True)]


def _summed(folder: Path, begun: float, ended: float, spent: list[float]) -> Run:
    """The transactions whose end lies in the window; the log has their microseconds."""
    waits = []
    for log in folder.glob("log*"):
        for line in log.read_text(encoding="utf-8").splitlines():
            _, _, wait, _, second, microsecond = line.split()[:6]
            if begun <= int(second) + int(microsecond) / 1_000_000 < ended:
                waits.append(int(wait) / 1000)
    if not waits:
        raise Failed("pgbench answered nothing in the window")
    waits.sort()
    number = len(waits)
    client, postgres = (1000 * seconds / number for seconds in spent)
    return Run(
        number, number / (ended - begun), waits[number // 2], waits[number * 99 // 100],
        client, postgres,
    )  # fmt: skip


def _written(value: Any) -> str:
    match value:
        case None:
            raise Failed("pgbench can't give a null")
        case bool():
            return "t" if value else "f"
        case list() | tuple():
            return "{" + ",".join(f'"{_written(each)}"' for each in value) + "}"
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            return str(value)
