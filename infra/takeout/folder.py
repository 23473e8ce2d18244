"""The folder of a takeout (迁出文件夹): each file by its hash, and how its keys are wrapped."""

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from infra.database import tables
from services.errors import Refused, Said
from services.events import canonical
from services.sealing import Master

FORMAT = 1
MANIFEST, AUDIT, FILES, ROWS = "manifest.json", "audit", "files", "rows"
SALT = 16
# 64 MB and about a third of a second a guess.
SCRYPT: Mapping[str, Any] = {"n": 1 << 16, "r": 8, "p": 1, "maxmem": 128 << 20, "dklen": 32}
# Where a secret is wrapped by the master key: the table, and the context that it opens in.
WRAPPED: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "tenant_key": lambda tenant, row: f"{tenant}:{row['number']}",
    "signing_key": lambda tenant, row: f"{tenant}:signing:{row['kid']}",
    "audit_key": lambda tenant, row: f"{tenant}:audit:{row['kid']}",
}
NAME_COUNTY = "select set_config('sanfang.tenant', $1, true)"
# What the database numbers anew, wherever the rows are.
NUMBERED_ANEW = frozenset({"transaction"})


class TakeoutRefused(Refused):
    """不能迁入：{reason}。
    It can't be moved in: {reason}.
    """


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a takeout is of, which structure its rows have, and the hash of each file."""

    tenant: Mapping[str, Any]
    revision: str
    salt: str
    rows: Mapping[str, int]
    files: Mapping[str, str]
    mac: str = ""

    def sealed(self, way: Master) -> "Manifest":
        """The manifest with its proof that whoever wrote it knew the passphrase."""
        return replace(self, mac=self._mac(way))

    def is_proven(self, way: Master) -> bool:
        """Whether nothing of it, and so of any file, was changed by who doesn't know that."""
        return hmac.compare_digest(self.mac, self._mac(way))

    def _mac(self, way: Master) -> str:
        said = {**asdict(self), "mac": ""}
        return hmac.digest(way.secret, canonical(said), "sha256").hex()

    @property
    def tenant_id(self) -> UUID:
        """The county's id."""
        return UUID(self.tenant["id"])

    def write(self, folder: Path) -> None:
        """The manifest, which stands last of all."""
        said = {"format": FORMAT, "tenant": dict(self.tenant), "revision": self.revision,
                "salt": self.salt, "rows": dict(self.rows), "files": dict(self.files),
                "mac": self.mac}  # fmt: skip
        text = json.dumps(said, ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text, encoding="utf-8")


def county_tables() -> list[Table]:
    """Every table of a county, those that are referred to first."""
    return [table for table in tables().sorted_tables if "tenant_id" in table.c]


def columns(table: Table) -> list[str]:
    """The columns that go along: not what the database computes or numbers by itself."""
    return [
        column.name
        for column in table.c
        if column.computed is None and column.name not in NUMBERED_ANEW
    ]


def transport(passphrase: str, salt: bytes) -> Master:
    """The key that wraps the county's keys on the way."""
    return Master(hashlib.scrypt(passphrase.encode(), salt=salt, **SCRYPT))


def new_salt() -> bytes:
    """The salt of a passphrase."""
    return os.urandom(SALT)


def rewrapped(
    table: str, tenant: UUID, row: dict[str, Any], one: Master, other: Master
) -> dict[str, Any]:
    """A row whose secret is wrapped by another key; a key that was wiped stays so."""
    context = WRAPPED.get(table)
    wrapped = row.get("wrapped")
    if context is None or wrapped in (None, "\\x"):
        return row
    where = context(str(tenant), row)
    secret = one.unwrap(bytes.fromhex(str(wrapped).removeprefix("\\x")), where)
    return row | {"wrapped": "\\x" + other.wrap(secret, where).hex()}


def hashes(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of the folder but the manifest, by its path in it."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise TakeoutRefused(reason=Said(f"{name} 是链接", f"{name} is a link"))
        if path.is_file() and name != MANIFEST:
            yield name, sha256(path)


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
