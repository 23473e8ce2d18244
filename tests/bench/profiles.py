"""Profiles (剖析): where the time of a read and of a write goes, by library and by function.

The application is asked in this process, without a socket, under cProfile by processor time. That
makes calls dearer than they are: it shows what is much and what is little, not how much.
"""

import cProfile
import pstats
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from rich.table import Table
from starlette.types import Message, Scope

from infra.server import create_app
from infra.settings import Settings
from tests.bench import documents, writes
from tests.bench.contest import ROOT
from tests.bench.documents import OURS, TREE
from tests.bench.inside import body_of
from tests.bench.stage import Stage

WARMING, COUNTED, SHOWN = 60, 300, 12
LAYERS = ("infra", "schema", "services", "policies")
Ask = Callable[[bytes, str], Awaitable[bytes]]


@dataclass(frozen=True)
class Profile:
    """Microseconds of one request: by library, and of the functions that took most."""

    libraries: dict[str, float]
    functions: dict[str, float]
    calls: float

    @classmethod
    def of(cls, measured: cProfile.Profile, number: int) -> "Profile":
        """Sum what was measured over so many requests."""
        libraries: Counter[str] = Counter()
        functions: Counter[str] = Counter()
        calls = 0
        for (file, line, name), (_, count, own, _, _) in pstats.Stats(measured).stats.items():  # type: ignore[attr-defined]
            library = _library(file)
            libraries[library] += own
            functions[f"{library}: {name} ({Path(file).name}:{line})"] += own
            calls += count
        each = 1_000_000 / number
        return cls(
            {name: own * each for name, own in libraries.most_common(SHOWN)},
            {name: own * each for name, own in functions.most_common(SHOWN)},
            calls / number,
        )

    def listed(self) -> dict[str, Any]:
        """For the record."""
        return {"calls": self.calls, "libraries_us": self.libraries, "functions_us": self.functions}


async def measure(stage: Stage, unit: UUID) -> dict[str, Profile]:
    """A page of three levels, and a unit founded."""
    given = {
        name.removeprefix("SANFANG_").lower(): value for name, value in stage.settings().items()
    }
    app = create_app(Settings(**given))  # type: ignore[arg-type]
    desk = await writes.desk_of(stage)
    county = stage.counties[0]
    read = body_of(documents.document(OURS[TREE], 0, tenant=county.id, unit=unit))
    async with app.router.lifespan_context(app):

        async def ask(body: bytes, token: str) -> bytes:
            return await _asked(app, body, token)

        return {
            TREE: await _profiled(ask, county.reader, [read] * (WARMING + COUNTED)),
            "a write": await _profiled(ask, desk.token, desk.own_bodies(WARMING + COUNTED)),
        }


def table(found: dict[str, Profile]) -> Table:
    """The libraries of each, side by side."""
    shown = Table(title="Where the server's time goes (cProfile, microseconds of a request)")
    shown.add_column("library")
    for name, profile in found.items():
        shown.add_column(f"{name}: {profile.calls:.0f} calls", justify="right")
    for library in dict.fromkeys(name for profile in found.values() for name in profile.libraries):
        cells = (profile.libraries.get(library) for profile in found.values())
        shown.add_row(library, *("" if cell is None else f"{cell:.0f}" for cell in cells))
    return shown


async def _profiled(ask: Ask, token: str, bodies: list[bytes]) -> Profile:
    for body in bodies[:WARMING]:
        assert b'"errors"' not in await ask(body, token)
    measured = cProfile.Profile(time.process_time)
    measured.enable()
    for body in bodies[WARMING:]:
        await ask(body, token)
    measured.disable()
    return Profile.of(measured, len(bodies) - WARMING)


async def _asked(app: Any, body: bytes, token: str) -> bytes:
    scope: Scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
        "headers": [(b"content-type", b"application/json"),
                    (b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip
    answer: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        answer.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(answer)


def _library(file: str) -> str:
    """What a file belongs to: a layer of ours, a library, or Python itself."""
    path = Path(file)
    if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
        first = path.relative_to(ROOT).parts[0]
        return first if first in LAYERS else "bench"
    if "site-packages" in path.parts:
        return path.parts[path.parts.index("site-packages") + 1]
    return "Python"
