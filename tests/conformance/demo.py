"""A demo of the conformance run's own: a real server on a free port, thrown away afterwards."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.conftest import embedded_folder

SANFANG = Path(sys.executable).with_name("sanfang")
# Whoever asks at random asks for more rows a minute than anybody should, and for longer.
SETTINGS = {"SANFANG_ROWS_PER_MINUTE": "0", "SANFANG_ACCESS_TOKEN_MINUTES": "120"}
OURS = re.compile(r"SANFANG_\w+|DATABASE_URL|PORT")
SECONDS_TO_START, SECONDS_TO_END = 180, 30


class NotUp(RuntimeError):
    """The server ended, or never answered; its log says why."""


@dataclass(frozen=True)
class Demo:
    """The demo counties, as they are served."""

    url: str
    environment: Mapping[str, str]
    log: Path

    def token(self, role: str, county: str = "yihuang") -> str:
        """The token of who holds a role."""
        printed = subprocess.run(
            [SANFANG, "token", "-t", county, "-r", role],
            env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return printed.stdout.strip()

    def unexpected(self) -> str:
        """What the log tells of errors that are none of the service's own."""
        text = self.log.read_text(encoding="utf-8")
        begins = text.find("unexpected error")
        return "" if begins < 0 else text[begins:]


@contextmanager
def running() -> Iterator[Demo]:
    """Serve the demo until the end of the block."""
    with embedded_folder() as folder, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        others = {name: said for name, said in os.environ.items() if not OURS.fullmatch(name)}
        settings = {**SETTINGS, "SANFANG_PORT": str(port), "SANFANG_DATA_DIR": str(folder / "demo")}
        shown = Demo(f"http://127.0.0.1:{port}", others | settings, folder / "server.log")
        (folder / "demo").mkdir(mode=0o711)
        with shown.log.open("w") as log:
            server = subprocess.Popen(
                [SANFANG, "demo", "--no-history"],
                env=shown.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            _wait(server, shown)
            yield shown
        finally:
            server.terminate()
            server.wait(SECONDS_TO_END)


def _wait(server: subprocess.Popen[bytes], shown: Demo) -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(f"{shown.url}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise NotUp(shown.log.read_text(encoding="utf-8"))
