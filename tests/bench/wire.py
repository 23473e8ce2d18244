"""The wire (线路): how often a server waits for PostgreSQL, counted between the two.

A round trip is whatever the server sends until it is answered, however many messages that is.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

CHUNK = 1 << 16


class Wire:
    """A socket that passes everything on to PostgreSQL and counts the round trips."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.trips = 0
        self._lock = threading.Lock()
        parts = urlsplit(dsn)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = f".s.PGSQL.{asked['port']}"
        self._behind = f"{asked['host']}/{name}"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / name))
        self._listening.listen(64)
        query = urlencode({**asked, "host": str(folder)}, safe="/")
        self.dsn = urlunsplit(parts._replace(query=query))
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody else in."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._behind)
                asking = threading.Event()
                for ends in ((near, far, True), (far, near, False)):
                    arguments = (*ends, asking)
                    threading.Thread(target=self._pass, args=arguments, daemon=True).start()

    def _pass(
        self, source: socket.socket, sink: socket.socket, is_question: bool, asking: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                with self._lock:
                    if is_question and not asking.is_set():
                        self.trips += 1
                        asking.set()
                    elif not is_question:
                        asking.clear()
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextmanager
def counted(dsn: str) -> Iterator[Wire]:
    """The way to a database through a wire that counts."""
    with TemporaryDirectory(prefix="sanfang-wire-") as folder:
        wire = Wire(dsn, Path(folder))
        try:
            yield wire
        finally:
            wire.close()
