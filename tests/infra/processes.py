"""`sanfang serve` in a process of its own, on a port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


def surroundings(**settings: str) -> dict[str, str]:
    """This process's, without its own settings of the service."""
    kept = {name: value for name, value in os.environ.items() if "SANFANG" not in name}
    return {**kept, "PYTHONPATH": str(Path.cwd()), **settings}


@contextmanager
def serving(folder: Path, **settings: str) -> "Iterator[tuple[subprocess.Popen[bytes], str]]":
    """A server over the data in a folder, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = surroundings(SANFANG_DATA_DIR=str(folder), PORT=str(port), **settings)
    server = subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "serve"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _await_answer(server, url)
        yield server, url
    finally:
        server.terminate()
        server.wait(timeout=15)


def _await_answer(server: "subprocess.Popen[bytes]", url: str) -> None:
    for _ in range(300):
        assert server.poll() is None
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("it never answered")
