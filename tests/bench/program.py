"""The programme (赛程): what is asked of whom, round by round, everybody in turn within a round.

Answers are compared before anything is timed; a difference ends the bench and says what differs.
"""

import difflib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import UUID

from rich.progress import Progress

from tests.bench import contest, documents, pgbench
from tests.bench.clock import Figures, Load, Run
from tests.bench.contest import Peer
from tests.bench.documents import ONE, SHAPES, TREE
from tests.bench.inside import Statement, body_of
from tests.bench.stage import Somewhere, Stage

DOCUMENTS, FEW, ALL = "three levels, 50 documents", "10 counties in turn", "1,000 counties in turn"
MANY_DOCUMENTS, FEW_COUNTIES, ALL_COUNTIES = 50, 10, 1_000
# How often each request goes out before the first round: to every county once; of each document
# often enough that all connections have prepared it.
LONG_TO_WARM = {DOCUMENTS: 60, ALL: 1}
SECONDS_TO_WARM = 20
TASKS = (*SHAPES, DOCUMENTS, FEW, ALL)


class Differs(Exception):
    """Two peers answer the same question differently."""


@dataclass
class Programme:
    """The peers on one stage, and what was measured of them."""

    stage: Stage
    unit: UUID
    statements: Mapping[str, Statement]
    load: Load
    seconds: float
    peers: list[Peer] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    runs: dict[str, dict[str, list[Run]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def open(self, stack: ExitStack, folder: Path) -> None:
        """Start everybody; the constant route answers what the service did."""
        self.peers, self.absent = contest.everybody(self.stage, stack)
        answers = {
            str(place): self._ask(self.ours, shape).decode() for place, shape in enumerate(SHAPES)
        }
        path = folder / "answers.json"
        path.write_text(json.dumps(answers), encoding="utf-8")
        environment = {**self.stage.environment(), "BENCH_ANSWERS": str(path)}
        try:
            limit = contest.python_peer(contest.LIMIT, "constant", environment)
            self.peers.append(stack.enter_context(limit))
        except contest.CantStart as why:
            self.absent[contest.LIMIT] = str(why)
        try:
            pgbench.command()
        except contest.CantStart as why:
            self.absent[contest.PGBENCH] = str(why)

    @cached_property
    def ours(self) -> Peer:
        """The service itself."""
        return next(peer for peer in self.peers if peer.name == contest.OURS)

    @property
    def names(self) -> list[str]:
        """Whoever takes part, ourselves first."""
        found = [peer.name for peer in self.peers]
        return found if contest.PGBENCH in self.absent else [*found, contest.PGBENCH]

    def compare(self) -> None:
        """Everybody's answer to everything, against ours."""
        small = self.stage.counties[-1]
        for shape in SHAPES:
            for number, county in ((0, None), (MANY_DOCUMENTS - 1, None), (0, small)):
                if shape == ONE and county is not None:
                    continue
                expected = documents.canonical(self._ask(self.ours, shape, number, county))
                for peer in self.peers:
                    if peer.name != contest.LIMIT and peer is not self.ours:
                        given = documents.canonical(self._ask(peer, shape, number, county))
                        _check(peer.name, shape, expected, given)

    def run(self, rounds: int, progress: Progress) -> None:
        """So many rounds, and one before them in which everybody gets warm."""
        steps = [(task, name) for task in TASKS for name in self.names if self.takes(task, name)]
        bar = progress.add_task("rounds", total=(rounds + 1) * len(steps))
        for number in range(rounds + 1):
            # Whoever was last in one round is first in the next.
            for task, name in steps if number % 2 else _turned(steps):
                progress.update(bar, description=f"{number}/{rounds} {task}: {name}")
                measured = self._measure(task, name, is_first=number == 0)
                if number > 0:
                    self.runs[task][name].append(measured)
                progress.advance(bar)

    def figures(self, task: str, name: str) -> Figures | None:
        """What was measured of a peer at a task, if it took part."""
        found = self.runs.get(task, {}).get(name)
        return Figures(tuple(found)) if found else None

    def takes(self, task: str, name: str) -> bool:
        """Whether a peer takes part in a task: the two limits have one document and one county."""
        return task in SHAPES or name not in (contest.LIMIT, contest.PGBENCH)

    def _measure(self, task: str, name: str, *, is_first: bool) -> Run:
        if name == contest.PGBENCH:
            asked = self.statements[task]
            text = pgbench.script(asked)
            return pgbench.run(self.stage, text, asked.arguments, max(self.seconds, 1.0))
        peer = next(peer for peer in self.peers if peer.name == name)
        if is_first and task in LONG_TO_WARM:
            # Nobody proves a token, compiles or prepares while the clock runs.
            self._load(peer, task, SECONDS_TO_WARM, times=LONG_TO_WARM[task])
        return self._load(peer, task, self.seconds)

    def _load(self, peer: Peer, task: str, seconds: float, *, times: int = 0) -> Run:
        """Ask for so long; with `times`, each request so often and no more."""
        return self.load.run(
            peer.port, self.requests(peer, task) * max(times, 1), seconds,
            server=peer.process.pid, postmaster=self.stage.postmaster, once=times > 0,
        )  # fmt: skip

    def requests(self, peer: Peer, task: str) -> list[str]:
        """A task's requests as they go over the wire."""
        if peer.name == contest.LIMIT:
            path, body = f"/{SHAPES.index(task)}", body_of(self._document(self.ours, task))
            return [contest.raw(peer.port, path, self.stage.counties[0].reader, body)]
        return [
            contest.raw(peer.port, peer.path, county.reader, body_of(document))
            for county, document in self._asked(peer, task)
        ]

    def _asked(self, peer: Peer, task: str) -> Iterator[tuple[Somewhere, str]]:
        first, others = self.stage.counties[0], self.stage.counties[1:]
        match task:
            case _ if task == DOCUMENTS:
                for number in range(MANY_DOCUMENTS):
                    yield first, self._document(peer, TREE, number)
            case _ if task in (FEW, ALL):
                for county in others[: FEW_COUNTIES if task == FEW else ALL_COUNTIES]:
                    yield county, self._document(peer, TREE)
            case _:
                yield first, self._document(peer, task)

    def _document(self, peer: Peer, shape: str, number: int = 0) -> str:
        template = peer.documents[shape]
        tenant = self.stage.counties[0].id
        return documents.document(template, number, tenant=tenant, unit=self.unit)

    def _ask(
        self, peer: Peer, shape: str, number: int = 0, county: Somewhere | None = None
    ) -> bytes:
        body = body_of(self._document(peer, shape, number))
        return peer.post(body, (county or self.stage.counties[0]).reader)


def _turned(steps: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same tasks in the same order, the peers of each from the last to the first."""
    tasks = list(dict.fromkeys(task for task, _ in steps))
    return [step for task in tasks for step in reversed(steps) if step[0] == task]


def _check(name: str, shape: str, expected: str, given: str) -> None:
    if expected == given:
        return
    one, other = (
        json.dumps(json.loads(text), ensure_ascii=False, indent=1).splitlines()
        for text in (expected, given)
    )
    shown = difflib.unified_diff(one, other, contest.OURS, name, n=2, lineterm="")
    raise Differs("\n".join([f"{name} answers {shape!r} differently:", *list(shown)[:40]]))
