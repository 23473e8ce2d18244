"""The embedded database: joined, shared, left, killed, and far down a long path."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import psutil  # type: ignore[import-untyped]
import pytest

from infra.embedded import Embedded
from tests.conftest import embedded_folder

pytestmark = pytest.mark.skipif(
    "SANFANG_TEST_DATABASE_URL" in os.environ, reason="another server is tested"
)
HOLD = """
import asyncio, sys
from pathlib import Path
from infra.embedded import Embedded
held = Embedded.start(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.readline()
held.release()
"""


@pytest.fixture(scope="module")
def pattern() -> Iterator[Path]:
    """A folder in which the database has been made already, and stopped."""
    with embedded_folder() as made:
        Embedded.start(made).release()
        yield made


@pytest.fixture
def folder(pattern: Path) -> Iterator[Path]:
    """A copy of it: making one takes longer than any test here."""
    with embedded_folder() as made:
        subprocess.run(["cp", "-a", f"{pattern}/.", made], check=True)
        yield made


@pytest.fixture
async def running(folder: Path) -> AsyncIterator[Embedded]:
    held = await _start(folder)
    yield held
    held.release()


class TestStart:
    async def test_its_owner_is_no_superuser(self, running: Embedded) -> None:
        question = "select rolsuper from pg_roles where rolname = current_user"
        assert await _ask(running, question) is False

    async def test_what_is_committed_is_on_the_disk(self, running: Embedded) -> None:
        assert await _ask(running, "show fsync") == "on"
        assert await _ask(running, "show synchronous_commit") == "on"

    async def test_it_listens_on_no_network(self, running: Embedded) -> None:
        assert await _ask(running, "show listen_addresses") == ""

    async def test_the_second_time_is_quick_and_finds_what_was_there(self, folder: Path) -> None:
        first = await _start(folder)
        await _ask(first, "create table kept as select 1 as one")
        first.release()
        begun = time.monotonic()
        second = await _start(folder)
        took = time.monotonic() - begun
        try:
            assert await _ask(second, "select one from kept") == 1
            assert took < 1.5
        finally:
            second.release()

    async def test_a_path_too_long_for_a_socket_is_no_hindrance(self, folder: Path) -> None:
        held = await _start(folder / ("long" * 30))
        try:
            assert await _ask(held, "select 1") == 1
        finally:
            held.release()
            _remove_socket_folder(held)


class TestSharing:
    async def test_who_leaves_first_stops_nothing(self, running: Embedded, folder: Path) -> None:
        other = _hold(folder)
        _let_go(other)
        assert await _ask(running, "select 1") == 1

    async def test_the_last_one_out_stops_it(self, folder: Path) -> None:
        held = await _start(folder)
        other = _hold(folder)
        held.release()
        assert (folder / "pg" / "postmaster.pid").exists()
        _let_go(other)
        assert not (folder / "pg" / "postmaster.pid").exists()

    async def test_a_killed_process_holds_nothing(self, folder: Path) -> None:
        other = _hold(folder)
        other.kill()
        other.wait()
        held = await _start(folder)
        assert await _ask(held, "select 1") == 1
        held.release()
        assert not (folder / "pg" / "postmaster.pid").exists()


class TestKilledDatabase:
    async def test_what_was_committed_is_there_again(self, folder: Path) -> None:
        held = await _start(folder)
        await _ask(held, "create table kept as select 1 as one")
        os.kill(_pid(folder), signal.SIGKILL)
        _await_end(_pid(folder))
        again = await _start(folder)
        try:
            assert await _ask(again, "select one from kept") == 1
        finally:
            again.release()
            held.release()

    async def test_its_number_may_be_a_strangers_now(self, folder: Path) -> None:
        (await _start(folder)).release()
        stale = f"{os.getppid()}\n{folder}/pg\n1\n5432\n{folder}/pg\n\n0 0\nready\n"
        (folder / "pg" / "postmaster.pid").write_text(stale)
        held = await _start(folder)
        try:
            assert await _ask(held, "select 1") == 1
        finally:
            held.release()


async def _start(folder: Path) -> Embedded:
    return await asyncio.to_thread(Embedded.start, folder)


async def _ask(held: Embedded, question: str) -> object:
    connection = await asyncpg.connect(held.dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def _hold(folder: Path) -> "subprocess.Popen[str]":
    """Another process that holds the database until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _let_go(process: "subprocess.Popen[str]") -> None:
    process.communicate("\n", timeout=20)
    assert process.returncode == 0


def _pid(folder: Path) -> int:
    return int((folder / "pg" / "postmaster.pid").read_text().splitlines()[0])


def _await_end(pid: int) -> None:
    killed = psutil.Process(pid)
    while killed.is_running() and killed.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.02)


def _remove_socket_folder(held: Embedded) -> None:
    folder = Path(held.dsn.partition("host=")[2].partition("&")[0])
    assert folder.name.startswith("sanfang-")
    folder.rmdir()
