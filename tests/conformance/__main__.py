"""`make conformance`: the protocol's audits, real clients and random requests, at a real server.

Each step runs programs as their own makers do; one line tells how it went, and what failed is shown
whole. It fails where any step does, or where the server's log has an error that no code is for.
"""

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from infra.speech import say
from tests.conformance import tools
from tests.conformance.demo import Demo, NotUp, running
from tests.conformance.tools import CLIENTS, NodeMissing

NODE = CLIENTS / "node_modules" / ".bin"
PYTHON = tools.PYTHON / "bin"
COUNTS = re.compile(r"^(?:# |ℹ )pass (\d+)|^(\d+) passed|(\d+) generated", re.MULTILINE)
SECRETARY = "community_secretary"
console = Console(highlight=False)

Command = Sequence[str | Path]


@dataclass(frozen=True)
class Step:
    """A client, the commands that try it in a folder, and in whose name it asks."""

    name: str
    commands: Sequence[Command]
    folder: str = "."
    role: str = SECRETARY


def _node(name: str) -> Command:
    return ["node", "--test", "--test-concurrency=1", f"{name}.test.mjs"]


def _pytest(name: str) -> Command:
    return [PYTHON / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{name}.py"]


def _at_random(role: str) -> Step:
    command: Command = [PYTHON / "python", "-m", "schemathesis.cli", "run", "--no-color",
                        "{url}/graphql/yihuang"]  # fmt: skip
    return Step(f"schemathesis, {role}", [command], role=role)


STEPS = (
    Step("GraphQL over HTTP, graphql-http", [_node("audits")]),
    Step("@apollo/client", [_node("apollo")]),
    Step("@urql/core", [_node("urql")]),
    Step("relay-compiler", [[NODE / "relay-compiler"]], "relay"),
    Step("relay-runtime", [_node("relay")]),
    Step("graphql-codegen, tsc", [[NODE / "graphql-codegen", "--config", "codegen.yml"],
                                  [NODE / "tsc", "--project", "."]], "codegen"),
    Step("graphql-ws", [_node("graphql-ws")]),
    Step("graphql-sse", [_node("graphql-sse")]),
    Step("gql", [_pytest("with_gql")]),
    # Last, since whoever asks at random also takes people's posts away.
    *map(_at_random, (SECRETARY, "security_administrator", "county_administrator")),
)  # fmt: skip


def main() -> None:
    """Prepare, serve, and take the steps."""
    try:
        with console.status(say("准备客户端…", "Preparing the clients…")):
            tools.prepare()
        with console.status(say("启动示范县…", "Starting the demo…")) as waiting, running() as demo:
            waiting.stop()
            failed = [step.name for step in STEPS if not _taken(step, demo)]
            unexpected = demo.unexpected()
    except (NodeMissing, NotUp) as missing:
        sys.exit(str(missing))
    if unexpected:
        sys.exit(
            f"{say('服务日志里有未预料的错误', 'The log has unexpected errors')}\n{unexpected}"
        )
    if failed:
        sys.exit(f"{say('未通过', 'Failed')}: {', '.join(failed)}")
    print(say("全部通过。", "All passed."))


def _taken(step: Step, demo: Demo) -> bool:
    """Take one step and tell of it."""
    began = time.monotonic()
    with console.status(step.name):
        environment = {**demo.environment, "SANFANG_URL": demo.url,
                       "SANFANG_TOKEN": demo.token(step.role)}  # fmt: skip
        told, is_well = _run(step, environment)
    counted = [int(number) for found in COUNTS.findall(told) for number in found if number]
    seconds, tries = f"{time.monotonic() - began:5.1f} s", f"{sum(counted) or '':>6}"
    console.print(f"[{'green]✓' if is_well else 'red]✗'}[/] {step.name:<40}{tries}  {seconds}")
    if not is_well:
        print(told)
    return is_well


def _run(step: Step, environment: Mapping[str, str]) -> tuple[str, bool]:
    """What the step's commands said, up to the first that failed, and whether none did."""
    said = []
    for command in step.commands:
        ran = subprocess.run(
            [str(part).format(url=environment["SANFANG_URL"]) for part in command],
            cwd=CLIENTS / step.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        said.append(ran.stdout)
        if ran.returncode:
            return "".join(said), False
    return "".join(said), True


if __name__ == "__main__":
    main()
