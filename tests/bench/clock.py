"""Measuring (计量): one run of one peer, its speed and what it cost the machine.

The load's own process is left out of what is counted: only the server and PostgreSQL are.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Self

from tests.bench import machine
from tests.bench.contest import ROOT


class Failed(Exception):
    """A run in which an answer was wrong."""


@dataclass(frozen=True)
class Run:
    """One run: how many requests a second, how long one took, what each cost (milliseconds)."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    server_ms: float
    postgres_ms: float

    @property
    def cpu_ms(self) -> float:
        """The processor time of a request, server and PostgreSQL together."""
        return self.server_ms + self.postgres_ms


@dataclass(frozen=True)
class Figures:
    """The runs of one peer at one task, and the middle of them."""

    runs: tuple[Run, ...]

    def median(self, name: str) -> float:
        """The middle of the rounds."""
        return float(median(getattr(run, name) for run in self.runs))

    def spread(self, name: str) -> tuple[float, float]:
        """The lowest and the highest round."""
        found = [getattr(run, name) for run in self.runs]
        return min(found), max(found)

    def listed(self) -> dict[str, Any]:
        """For the record: every round, and the medians."""
        names = ("per_second", "p50_ms", "p99_ms", "server_ms", "postgres_ms", "cpu_ms")
        return {
            "median": {name: round(self.median(name), 4) for name in names},
            "rounds": [asdict(run) for run in self.runs],
        }


class Load:
    """The process that makes the load."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def run(
        self,
        port: int,
        requests: Sequence[str],
        seconds: float,
        *,
        server: int,
        postmaster: int,
        connections: int = 16,
        once: bool = False,
    ) -> Run:
        """Ask for so long; `server` and `postmaster` are the processes whose time is counted."""
        order = {
            "port": port,
            "requests": list(requests),
            "seconds": seconds,
            "connections": connections,
            "lengths": [],
            "once": once,
        }
        if self._say(json.dumps(order)).strip() != "ready":
            raise Failed(f"the load did not begin on port {port}")
        before = machine.cpu_seconds(server), machine.cpu_seconds(postmaster)
        answer = json.loads(self._say("go"))
        after = machine.cpu_seconds(server), machine.cpu_seconds(postmaster)
        if "error" in answer:
            raise Failed(answer["error"])
        number = answer["requests"]
        costs = [1000 * (end - begin) / number for begin, end in zip(before, after, strict=True)]
        speed = number / answer["seconds"]
        return Run(number, speed, answer["p50_ms"], answer["p99_ms"], *costs)

    def _say(self, line: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()
