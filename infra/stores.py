"""Stores (存放): where the bytes of files are kept, in a folder of this machine or in any S3.

A key is county, file and the hash of what is kept: what stands under one never changes, and a row
that names the hash can have no other bytes. Bytes are written before their row.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from infra.settings import Settings

FOLDER = "files"
CHUNK = 256 * 1024
# Somebody waits for the answer.
REMOTE: dict[str, Any] = {
    "retry_config": {"max_retries": 3, "retry_timeout": timedelta(seconds=10)}
}


class Store:
    """The bytes of every county's files, by keys that begin with the county."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store, self._folder = store, folder

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """The store that is set, or the folder in `data_dir`, for the service's eyes only."""
        if settings.file_store is not None:
            local = settings.file_store.startswith("file:")
            return cls(from_url(settings.file_store, **({} if local else REMOTE)))
        folder = settings.data_dir.resolve() / FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(folder), folder)

    async def write(
        self, tenant_id: UUID, file: UUID, sha256: str, data: bytes | IO[bytes]
    ) -> None:
        """Keep the bytes; when this returns they outlast a loss of power."""
        key = _key(tenant_id, file, sha256)
        await obstore.put_async(self._store, key, data)
        if self._folder is not None:
            await asyncio.to_thread(_settle, self._folder / key)

    async def read(
        self, tenant_id: UUID, file: UUID, sha256: str
    ) -> tuple[int, AsyncIterator[bytes]]:
        """How many bytes there are, and then the bytes."""
        found = await obstore.get_async(self._store, _key(tenant_id, file, sha256))
        return found.meta["size"], _bytes(found.stream(min_chunk_size=CHUNK))

    async def forget(self, tenant_id: UUID, file: UUID, sha256: str) -> None:
        """Take away bytes that no row came to name."""
        await obstore.delete_async(self._store, _key(tenant_id, file, sha256))


def _key(tenant_id: UUID, file: UUID, sha256: str) -> str:
    return f"{tenant_id}/{file}/{sha256}"


async def _bytes(stream: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    async for chunk in stream:
        yield bytes(chunk)


def _settle(path: Path) -> None:
    """Have the system write a file and its names to the disk."""
    for one in (path, path.parent, path.parent.parent, path.parent.parent.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
