"""Choices (取舍): what was chosen for the service, against what might have been, in one run.

Uvicorn or Granian; the county set inside the statement or in a transaction; JSON of pairs, of
rows, or joined from texts.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from uuid import UUID

from tests.bench import contest, documents, pgbench
from tests.bench.clock import Figures, Load, Run
from tests.bench.contest import BENCH_PYTHON, HERE, Peer
from tests.bench.documents import MANY, TREE
from tests.bench.inside import Statement, body_of
from tests.bench.stage import Stage

PEERS = HERE / "peers"
UVICORN, GRANIAN = "Uvicorn (uvloop, httptools)", "Granian (uvloop)"
INSIDE, AROUND = "set_config in the statement", "begin, set_config, select, commit"
PAIRS, ROWS, TEXTS = "json_build_object", "row_to_json", "texts joined"

JSON = {
    TREE: {PAIRS: "pairs.sql", ROWS: "rows.sql", TEXTS: "texts.sql"},
    MANY: {PAIRS: "many_pairs.sql", ROWS: "many_rows.sql", TEXTS: "many_texts.sql"},
}

Chosen = dict[str, dict[str, Figures]]


def measure(
    stage: Stage, load: Load, unit: UUID, statement: Statement, rounds: int, seconds: float
) -> Chosen:
    """Each choice with its alternative, in turn."""
    run = partial(pgbench.run, stage, seconds=max(seconds, 1.0))
    found = {
        "county": _in_turn(rounds, {
            INSIDE: lambda: run(pgbench.script(statement), statement.arguments),
            AROUND: lambda: run(_around(statement), statement.arguments),
        }),
        **{
            f"json, {task}": _in_turn(rounds, {
                name: partial(run, _written(file), [stage.counties[0].id])
                for name, file in files.items()
            })
            for task, files in JSON.items()
        },
    }  # fmt: skip
    with (
        contest.ours(stage, name=UVICORN) as ours,
        contest.running(GRANIAN, GRANIAN_COMMAND, stage.settings(), documents.OURS) as granian,
    ):
        found["server"] = _in_turn(rounds, {
            peer.name: partial(_asked, stage, load, peer, unit, seconds)
            for peer in (ours, granian)
        })  # fmt: skip
    return found


GRANIAN_COMMAND = [
    str(BENCH_PYTHON), "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--http", "1",
    "--workers", "1", "--no-access-log", "--log-level", "warning", "--host", "127.0.0.1",
    "--port", "$port", "tests.bench.peers.granian_app:app",
]  # fmt: skip


def _in_turn(rounds: int, contenders: dict[str, Callable[[], Run]]) -> dict[str, Figures]:
    """Everybody once in each round, after a round that doesn't count."""
    runs: dict[str, list[Run]] = defaultdict(list)
    for number in range(rounds + 1):
        for name in contenders if number % 2 else reversed(contenders):
            measured = contenders[name]()
            if number > 0:
                runs[name].append(measured)
    return {name: Figures(tuple(runs[name])) for name in contenders}


def _asked(stage: Stage, load: Load, peer: Peer, unit: UUID, seconds: float) -> Run:
    county = stage.counties[0]
    text = documents.document(peer.documents[TREE], 0, tenant=county.id, unit=unit)
    request = contest.raw(peer.port, peer.path, county.reader, body_of(text))
    return load.run(
        peer.port, [request], seconds, server=peer.process.pid, postmaster=stage.postmaster
    )


def _written(file: str) -> str:
    return (PEERS / file).read_text(encoding="utf-8")


def _around(statement: Statement) -> str:
    """The same statement with the county set in a transaction around it, as most would do."""
    door, _, rest = pgbench.script(statement).partition("\n SELECT")
    assert door.startswith("WITH door"), door
    plain = ("SELECT" + rest).replace("\nFROM door", "")
    tenant = statement.arguments.index(next(x for x in statement.arguments if isinstance(x, UUID)))
    return (
        "begin;\n"
        f"select set_config('sanfang.tenant', :p{tenant + 1}::uuid::text, true);\n"
        f"{plain}commit;\n"
    )
