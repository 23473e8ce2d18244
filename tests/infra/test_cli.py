"""The command as one types it: in a process of its own, with what it prints and its exit code."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import policies
from policies.matrix import policies_matrix
from tests.conftest import embedded_folder
from tests.infra.processes import serving, surroundings

COMMANDS = ("serve", "demo", "worker", "migrate", "token", "schema", "matrix", "doctor", "tenant")
embedded_only = pytest.mark.skipif(
    "SANFANG_TEST_DATABASE_URL" in os.environ, reason="another server is tested"
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with embedded_folder() as made:
        yield made


class TestHelp:
    @pytest.mark.parametrize(("language", "said"), [("zh", "启动服务"), ("en", "Serve until")])
    def test_it_is_in_the_chosen_language(self, language: str, said: str) -> None:
        answer = _run("--help", SANFANG_LANG=language)
        assert said in answer.stdout
        assert all(command in answer.stdout for command in COMMANDS)


class TestMatrix:
    def test_it_is_printed_as_it_is_committed(self) -> None:
        assert _run("matrix").stdout == policies_matrix()


class TestAnotherFolder:
    @embedded_only
    @pytest.mark.parametrize(
        "words",
        [("token", "-t", "yihuang", "-r", "auditor"), ("tenant", "list")],
        ids=["token", "tenant"],
    )
    def test_no_data_are_made_where_there_are_none(
        self, tmp_path: Path, words: tuple[str, ...]
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        answer = _run(*words, SANFANG_DATA_DIR=str(elsewhere))
        assert answer.returncode == 1
        assert str(elsewhere) in answer.stderr
        assert not elsewhere.exists()


class TestSettings:
    def test_a_wrong_one_is_named(self) -> None:
        answer = _run("doctor", SANFANG_PORT="many", SANFANG_LANG="en")
        assert answer.returncode == 1
        assert "SANFANG_PORT: " in answer.stderr
        assert "Traceback" not in answer.stderr


class TestToken:
    def test_an_unknown_role_is_told_the_known_ones(self) -> None:
        answer = _run("token", "--tenant", "yihuang", "--role", "emperor")
        assert answer.returncode == 1
        assert "auditor" in answer.stderr

    def test_the_public_needs_none(self) -> None:
        answer = _run("token", "--tenant", "yihuang", "--role", "public", SANFANG_LANG="en")
        assert answer.returncode == 1
        assert "the public needs no token" in answer.stderr


class TestTenant:
    @pytest.mark.parametrize("written", ["{", "[]", '"x"', "\ud800", "[" * 100_000])
    def test_a_pack_that_is_none_is_said_in_one_sentence(
        self, tmp_path: Path, written: str
    ) -> None:
        pack = tmp_path / "pack.json"
        pack.write_bytes(written.encode("utf-8", "surrogatepass"))
        named = ("--name", "新县", "--name-en", "New", "--pack", str(pack))
        answer = _tenant(tmp_path, "create", "new", *named, *_three())
        assert answer.returncode == 1
        assert (str(pack) in answer.stderr, "Traceback" in answer.stderr) == (True, False)

    @pytest.mark.parametrize("reason", ["", "  ", "\u200b", "a\x1bb", "x" * 501])
    def test_a_reason_that_is_none_is_refused(self, tmp_path: Path, reason: str) -> None:
        answer = _tenant(tmp_path, "suspend", "away", "--reason", reason)
        assert answer.returncode == 2
        assert "characters" in answer.stderr
        assert not list(tmp_path.iterdir())


class TestServe:
    def test_a_taken_port_is_said_before_the_database_starts(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            answer = _run("serve", PORT=port, SANFANG_DATA_DIR=str(tmp_path), SANFANG_LANG="en")
        assert answer.returncode == 1
        assert f"can't listen on 127.0.0.1:{port}" in answer.stderr
        assert not list(tmp_path.iterdir())


@embedded_only
class TestEmbedded:
    def test_an_interrupt_stops_the_server_and_the_database(self, folder: Path) -> None:
        with serving(folder) as (server, url):
            assert httpx.get(f"{url}/readyz").status_code == 200
            assert (folder / "pg" / "postmaster.pid").exists()
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=15) == 0
        assert not (folder / "pg" / "postmaster.pid").exists()

    def test_a_term_signal_does_too(self, folder: Path) -> None:
        with serving(folder) as (server, _):
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=15) == 0
        assert not (folder / "pg" / "postmaster.pid").exists()

    def test_a_county_lives_through_a_killed_server(self, folder: Path) -> None:
        with serving(folder) as (server, _):
            made = _tenant(
                folder, "create", "kept", "--name", "存县", "--name-en", "Kept", *_three()
            )
            assert made.returncode == 0, made.stderr
            assert "security_administrator" in made.stdout
            server.kill()
            server.wait()
        listed = _tenant(folder, "list")
        assert "kept" in listed.stdout
        assert "active" in listed.stdout
        assert not (folder / "pg" / "postmaster.pid").exists()

    def test_a_county_is_suspended_resumed_and_its_keys_rotated(self, folder: Path) -> None:
        with serving(folder) as (_, url):
            made = _tenant(
                folder, "create", "away", "--name", "远县", "--name-en", "Away", *_three()
            )
            assert made.returncode == 0, made.stderr
            assert _ask(url, "away") == 200
            suspended = _tenant(folder, "suspend", "away", "--reason", "试验")
            assert suspended.stdout == "away: suspended\n"
            assert _ask(url, "away") == 403
            again = _tenant(folder, "suspend", "away", "--reason", "试验")
            assert again.returncode == 1
            assert _tenant(folder, "resume", "away", "--reason", "试验").stdout == "away: active\n"
            assert _ask(url, "away") == 200
            rotated = _tenant(folder, "rotate-keys", "away")
            assert "all on key 2" in rotated.stdout
            signing = _tenant(folder, "rotate-signing", "away", "--at-once")
            assert signing.stdout.startswith("away: ")

    def test_the_service_does_what_comes_due_in_its_own_process(self, folder: Path) -> None:
        with serving(folder):
            made = _tenant(folder, "create", "due", "--name", "到县", "--name-en", "Due", *_three())
            assert made.returncode == 0, made.stderr
        with serving(folder) as (_, url):
            assert _until_shown(url, r'sanfang_jobs_total{outcome="done"} [1-9]')

    def test_where_the_worker_is_apart_it_does_not_but_knows_how_late_that_is(
        self, folder: Path
    ) -> None:
        with serving(folder, SANFANG_WORKER="apart") as (_, url):
            shown = httpx.get(f"{url}/metrics").text
        assert "sanfang_jobs_total{" not in shown
        assert "sanfang_clock_behind_seconds " in shown

    def test_a_term_signal_ends_the_worker_and_the_database(self, folder: Path) -> None:
        worker = subprocess.Popen(
            [sys.executable, "-m", "infra.cli", "worker"], stdout=subprocess.PIPE, text=True,
            env=surroundings(SANFANG_DATA_DIR=str(folder), SANFANG_LANG="zh"),
        )  # fmt: skip
        assert worker.stdout is not None
        assert worker.stdout.readline() == "时钟已启动，Ctrl-C 停止\n"
        assert (folder / "pg" / "postmaster.pid").exists()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=15) == 0
        assert worker.stdout.read() == "已停止。\n"
        assert not (folder / "pg" / "postmaster.pid").exists()

    def test_the_doctor_is_content(self, folder: Path) -> None:
        answer = _run("doctor", SANFANG_DATA_DIR=str(folder), SANFANG_LANG="en")
        assert answer.returncode == 0, answer.stdout


def _run(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "infra.cli", *arguments],
        check=False, capture_output=True, text=True, timeout=60, env=surroundings(**settings),
    )  # fmt: skip


def _tenant(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return _run("tenant", *arguments, SANFANG_DATA_DIR=str(folder), SANFANG_LANG="en")


def _create(folder: Path, slug: str) -> "subprocess.CompletedProcess[str]":
    return _tenant(folder, "create", slug, "--name", "新县", "--name-en", "New", *_three())


def _three() -> list[str]:
    three = ("county_administrator", "security_administrator", "auditor")
    assert set(three) <= set(policies.roles())
    return [word for role in three for word in ("--founder", f"{role}=某人")]


def _until_shown(url: str, pattern: str) -> bool:
    """Whether the page of numbers comes to show this."""
    for _ in range(3000):
        if re.search(pattern, httpx.get(f"{url}/metrics").text):
            return True
        time.sleep(0.05)
    return False


def _ask(url: str, tenant: str) -> int:
    body = json.dumps({"query": "{ county { slug } }"})
    headers = {"Content-Type": "application/json"}
    return httpx.post(f"{url}/graphql/{tenant}", content=body, headers=headers).status_code
