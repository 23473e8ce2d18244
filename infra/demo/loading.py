"""Loading the demo (载入示范): its counties, their history, and if wished a crowd beside them.

Each says how far it is, by a bar on a terminal, by a line now and then elsewhere; what is there
already is passed over.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress

from infra import demo
from infra.database import Database
from infra.demo import crowd, telling
from infra.settings import Settings
from infra.speech import say

# The crowd at its size: so many counties, the first with so many matters.
COUNTIES, MATTERS = 200, 100_000
LINES = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be shown beyond the two counties."""

    has_history: bool
    is_scaled: bool


async def load(settings: Settings, wanted: Wanted) -> None:
    """Load what isn't there yet."""
    async with await Database.open(settings) as database:
        with _progress(say("载入示范县", "Loading the demo counties"), demo.parts()) as advance:
            await demo.load(database, advance)
        if wanted.has_history:
            saying = say("载入两年半的办事经过", "Telling two and a half years of history")
            with _progress(saying, await telling.grids(database)) as advance:
                await telling.tell_all(database, settings, advance)
        if wanted.is_scaled and not await crowd.is_populated(database, COUNTIES):
            saying = say(f"用 SQL 载入 {COUNTIES} 个县", f"Loading {COUNTIES} counties by SQL")
            with _progress(saying, crowd.STATEMENTS) as advance:
                await crowd.populate(
                    database, tenants=COUNTIES, matters_in_first=MATTERS, advance=advance
                )


@contextmanager
def _progress(saying: str, total: int) -> Iterator[Callable[[], None]]:
    """Something to call at each step of so many."""
    console = Console(stderr=True)
    if console.is_terminal:
        with Progress(console=console, transient=True) as bar:
            task = bar.add_task(saying, total=total)
            yield lambda: bar.advance(task)
        return
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done * LINES // total > (done - 1) * LINES // total:
            print(f"{saying} {done}/{total}", file=sys.stderr, flush=True)

    yield advance
