"""Stores: a folder of this machine, or what speaks S3, under keys that begin with the county."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import ValidationError

from infra.settings import Settings
from infra.stores import Store

COUNTY, FILE, HASH = uuid4(), uuid4(), "a" * 64
KEY = f"{COUNTY}/{FILE}/{HASH}"


async def read(store: Store) -> tuple[int, bytes]:
    size, chunks = await store.read(COUNTY, FILE, HASH)
    return size, b"".join([chunk async for chunk in chunks])


async def tried(store: Store) -> None:
    """Written, read, written again, gone."""
    for data in (b"one", b"x" * 600_000):
        await store.write(COUNTY, FILE, HASH, data)
        assert await read(store) == (len(data), data)
    await store.forget(COUNTY, FILE, HASH)
    with pytest.raises(FileNotFoundError):
        await read(store)


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as is asked of it here."""

    kept: dict[str, bytes]
    asked: list[tuple[str, str, str]]

    def _answer(self, status: int, body: bytes = b"") -> None:
        signed = self.headers.get("authorization", "").split(" ")[0]
        self.asked.append((self.command, self.path, signed))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("etag", '"1"')
        self.send_header("last-modified", "Sun, 01 Jun 2025 12:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def do_PUT(self) -> None:
        """Keep."""
        self.kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
        self._answer(200)

    def do_GET(self) -> None:
        """Give."""
        found = self.kept.get(self.path)
        self._answer(404) if found is None else self._answer(200, found)

    def do_POST(self) -> None:
        """Forget, by names in a list."""
        listed = self.rfile.read(int(self.headers["content-length"])).decode()
        names = re.findall("<Key>(.*?)</Key>", listed)
        for name in names:
            self.kept.pop(f"{self.path.partition('?')[0]}/{name}", None)
        deleted = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names)
        self._answer(200, f"<DeleteResult>{deleted}</DeleteResult>".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Bucket]]:
    """A server of one bucket, and the environment that leads to it."""
    handler = type("OneBucket", (Bucket,), {"kept": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "local",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield handler
    server.shutdown()
    server.server_close()


class TestFolder:
    async def test_bytes_stand_under_county_file_and_hash_for_the_services_eyes_only(
        self, tmp_path: Path
    ) -> None:
        store = Store.of(Settings(data_dir=tmp_path, file_store=None))
        await store.write(COUNTY, FILE, HASH, b"one")
        assert (tmp_path / "files" / KEY).read_bytes() == b"one"
        assert (tmp_path / "files").stat().st_mode & 0o777 == 0o700
        await tried(store)

    async def test_another_folder_may_be_named(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        store = Store.of(Settings(data_dir=tmp_path, file_store=f"file://{elsewhere}"))
        await store.write(COUNTY, FILE, HASH, b"one")
        assert (elsewhere / KEY).read_bytes() == b"one"
        await tried(store)


class TestS3:
    async def test_bytes_go_to_a_bucket_with_signed_requests(
        self, tmp_path: Path, bucket: type[Bucket]
    ) -> None:
        store = Store.of(Settings(data_dir=tmp_path, file_store="s3://photos/of/sanfang"))
        await store.write(COUNTY, FILE, HASH, b"one")
        assert bucket.kept == {f"/photos/of/sanfang/{KEY}": b"one"}
        await tried(store)
        assert {signed for _, _, signed in bucket.asked} == {"AWS4-HMAC-SHA256"}
        assert not (tmp_path / "files").exists()


class TestSetting:
    @pytest.mark.parametrize("url", ["", "files", "http://x/y", "memory://", "/var/files"])
    def test_what_is_no_address_of_a_store_is_refused(self, url: str) -> None:
        with pytest.raises(ValidationError, match="must begin with one of"):
            Settings(file_store=url)
