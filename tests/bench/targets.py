"""The targets (目标): what is to be reached, each a ratio or a limit within this one run.

What couldn't be measured here is listed too, with no ratio and not held.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.bench.clock import Figures
from tests.bench.contest import LOADERS, OURS, PGBENCH, POSTGRAPHILE
from tests.bench.documents import MANY, ONE, TREE
from tests.bench.program import ALL, FEW, Programme
from tests.bench.writes import BY_HAND, Writes

COLD_MS, WARM_US, MEMORY_MB, TRIPS = 15, 150, 250, 3


@dataclass(frozen=True)
class Target:
    """One target: `ratio` is what was found, `target` what it may be at most."""

    name: str
    ratio: float | None
    target: float

    @property
    def holds(self) -> bool:
        """Whether it is reached."""
        return self.ratio is not None and self.ratio <= self.target

    def listed(self) -> dict[str, object]:
        """For the record."""
        found = None if self.ratio is None else round(self.ratio, 4)
        target = round(self.target, 4)
        return {"name": self.name, "ratio": found, "target": target, "holds": self.holds}


@dataclass(frozen=True)
class Measured:
    """Everything that the targets are reckoned from."""

    programme: Programme
    few: Figures | None
    cold_ms: list[float]
    warm_us: list[float]
    memory_mb: float | None
    writes: Writes | None


def reckon(found: Measured) -> list[Target]:
    """Every target, in the order in which they were set."""
    against = _against(found.programme)
    writes = found.writes
    return [
        Target("CPU/request, three levels, of PostGraphile's", against(TREE, POSTGRAPHILE), 1 / 3),
        Target("CPU/request, one row, of PostGraphile's", against(ONE, POSTGRAPHILE), 1 / 2),
        Target("CPU/request, three levels, of Strawberry's", against(TREE, LOADERS), 1 / 20),
        Target("CPU/request, three levels, of pgbench's", against(TREE, PGBENCH), 2),
        Target("CPU/request, 10,000 objects, of pgbench's", against(MANY, PGBENCH), 1.15),
        Target("p50, 1,000 counties, of that with 10", _p50(found), 1.1),
        Target("a plan compiled cold, ms", median(found.cold_ms), COLD_MS),
        Target("a plan found warm, us", median(found.warm_us), WARM_US),
        Target("memory after 1,000 counties, MB", found.memory_mb, MEMORY_MB),
        Target("round trips of a write", writes.trips[OURS] if writes else None, TRIPS),
        Target("CPU of a write, of the same by hand", _by_hand(writes) if writes else None, 2),
    ]


def _against(programme: Programme) -> Callable[[str, str], float | None]:
    def ratio(task: str, name: str) -> float | None:
        ours, theirs = programme.figures(task, OURS), programme.figures(task, name)
        if ours is None or theirs is None:
            return None
        return ours.median("cpu_ms") / theirs.median("cpu_ms")

    return ratio


def _p50(found: Measured) -> float | None:
    """With 1,000 counties, against 10 of them or 10 alone in a database, whichever is faster."""
    every, some = (found.programme.figures(task, OURS) for task in (ALL, FEW))
    if every is None or some is None:
        return None
    few = [each.median("p50_ms") for each in (some, found.few) if each is not None]
    return every.median("p50_ms") / min(few)


def _by_hand(writes: Writes) -> float:
    return writes.runs[OURS].median("cpu_ms") / writes.runs[BY_HAND].median("cpu_ms")
