"""Uploads (上传): bytes that come in by PUT, so many at a time, each in a file of the moment."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import IO

from starlette.requests import Request

from infra import requests
from infra.requests import RequestIncomplete
from services.errors import Refused


class FileTooLarge(Refused, status=413):
    """文件超过 {limit} 字节，请缩小后再上传。
    The file is over {limit} bytes. Make it smaller.
    """


class UploadsBusy(Refused, status=503):
    """正在接收的文件太多，请在 {seconds} 秒后再试。
    Too many files are coming in at this moment. Send it again in {seconds} seconds.
    """


class Uploads:
    """What comes in, in one process: each has its place on the disk until it is looked at."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._coming = 0

    @asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[tuple[IO[bytes], str]]:
        """The body in a file of the moment, and its hash."""
        if self._coming >= self._most:
            raise UploadsBusy(seconds=10)
        self._coming += 1
        try:
            async with _received(request, self._most_bytes) as received:
                yield received
        finally:
            self._coming -= 1


@asynccontextmanager
async def _received(request: Request, most: int) -> AsyncIterator[tuple[IO[bytes], str]]:
    """The body in a file of the moment, and its hash; read no further than the limit."""
    said = requests.header(request, b"content-length")
    if said is not None and said.isdecimal() and int(said[:20]) > most:
        raise FileTooLarge(limit=most)
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as sent:
        more = True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise RequestIncomplete()
            part = message.get("body", b"")
            size += len(part)
            if size > most:
                raise FileTooLarge(limit=most)
            digest.update(part)
            sent.write(part)
            more = bool(message.get("more_body"))
        yield sent, digest.hexdigest()
