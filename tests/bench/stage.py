"""The stage (场地): a PostgreSQL of the bench's own, migrated as any, filled with a crowd.

Two of them: with few counties, made anew each time, and with many, kept until what makes it
changes. Everybody's settings are the same: durable, as the embedded database is by default.
"""

import asyncio
import hashlib
import json
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from infra import migrate
from infra.database import READ_ONLY, Database, address_of
from infra.demo import crowd
from infra.demo.crowd import matters, publications, sql
from infra.embedded import Embedded
from infra.settings import Settings
from services import signing
from services.signing import Bearer

MASTER_KEY = b64encode(bytes(range(32))).decode()
APP_PASSWORD = "sanfang-bench"
POOL = 16
FIRST_COUNTY, OTHER_COUNTIES = 12_000, 200
READER, WRITER = "working_officer", "county_administrator"
MINUTES = 600


@dataclass(frozen=True)
class Somewhere:
    """A county, and the tokens of somebody who reads all of it and of who may found units in it."""

    id: UUID
    slug: str
    reader: str
    writer: str | None


@dataclass(frozen=True)
class Stage:
    """A running database, its counties (the largest one first) and their public keys."""

    dsn: str
    postmaster: int
    counties: tuple[Somewhere, ...]
    keys: Path

    @property
    def socket(self) -> str:
        """The folder of the database's socket."""
        return parse_qs(urlsplit(self.dsn).query)["host"][0]

    def environment(self) -> dict[str, str]:
        """Where a peer finds the database and the keys; what plans it likes is left to it."""
        return {
            "PGHOST": self.socket,
            "PGPORT": parse_qs(urlsplit(self.dsn).query)["port"][0],
            "PGUSER": READ_ONLY,
            "PGDATABASE": urlsplit(self.dsn).path.lstrip("/"),
            "PGOPTIONS": "-c jit=off -c max_parallel_workers_per_gather=0 -c timezone=UTC",
            "BENCH_POOL": str(POOL),
            "BENCH_KEYS": str(self.keys),
        }

    def session(self) -> str:
        """The settings of the service's own sessions, as PGOPTIONS has them."""
        made = Settings(database_url=self.dsn, app_password=APP_PASSWORD, master_key=MASTER_KEY)
        options = address_of(made, self.dsn).options(READ_ONLY)["server_settings"]
        return " ".join(f"-c {name}={value}" for name, value in options.items())

    def settings(self, dsn: str | None = None) -> dict[str, str]:
        """The service's own settings on this stage: large pages are allowed, else as by default."""
        return {
            "SANFANG_DATABASE_URL": dsn or self.dsn,
            "SANFANG_APP_PASSWORD": APP_PASSWORD,
            "SANFANG_MASTER_KEY": MASTER_KEY,
            "SANFANG_POOL_SIZE": str(POOL),
            "SANFANG_MAX_PAGE": "10000",
            "SANFANG_MAX_COST": "1000000",
            "SANFANG_ROWS_PER_MINUTE": "0",
            "SANFANG_LANG": "en",
        }


@asynccontextmanager
async def raised(folder: Path, counties: int, *, is_kept: bool) -> AsyncIterator[Stage]:
    """A stage with so many counties below a folder."""
    written = folder / "crowd.json"
    mark = {"made_by": _made_by(), "counties": counties}
    _clear(folder, written, mark, is_kept=is_kept)
    held = await asyncio.to_thread(Embedded.start, folder)
    try:
        made = Settings(
            data_dir=folder, database_url=held.dsn, app_password=APP_PASSWORD, master_key=MASTER_KEY
        )
        await migrate.upgrade(made)
        async with await Database.open(made) as database:
            if not written.exists():
                people = await _fill(database, counties)
                written.write_text(json.dumps({"mark": mark, "people": people}), "utf-8")
            people = json.loads(written.read_text(encoding="utf-8"))["people"]
            somewhere, keys = await _sign_in(database, people)
        path = folder / "keys.json"
        path.write_text(json.dumps({"keys": keys}), encoding="utf-8")
        postmaster = int((folder / "pg" / "postmaster.pid").read_text().split()[0])
        yield Stage(held.dsn, postmaster, somewhere, path)
    finally:
        await asyncio.to_thread(held.release)


def _clear(folder: Path, written: Path, mark: dict[str, object], *, is_kept: bool) -> None:
    """A folder that the database's user may pass through, empty unless what it holds fits."""
    if not is_kept or not written.exists() or json.loads(written.read_text())["mark"] != mark:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)


async def _fill(database: Database, counties: int) -> list[dict[str, str | None]]:
    filled = await crowd.populate(
        database, tenants=counties, units_in_first=FIRST_COUNTY, units_in_others=OTHER_COUNTIES
    )
    return [
        {
            "id": str(county.id),
            "slug": county.slug,
            "reader": str(county.holders[READER]),
            "writer": str(county.holders[WRITER]) if WRITER in county.holders else None,
        }
        for county in filled.tenants
    ]


async def _sign_in(
    database: Database, people: list[dict[str, str]]
) -> tuple[tuple[Somewhere, ...], list[object]]:
    """Tokens of each county's people, and the public halves of the keys that signed them."""
    found, keys = [], []
    for county in people:
        id_, slug = UUID(county["id"]), county["slug"]
        async with database.session(id_) as session:
            tokens = [
                await signing.issue(session, Bearer(id_, slug, UUID(who)), minutes=MINUTES)
                if (who := county[role])
                else None
                for role in ("reader", "writer")
            ]
            keys += (await signing.public(session, id_))["keys"]
        found.append(Somewhere(id_, slug, str(tokens[0]), tokens[1]))
    return tuple(found), keys


def _made_by() -> str:
    """What the rows depend on: the structure and what fills it."""
    digest = hashlib.sha256(migrate.head().encode())
    for revision in sorted((migrate.HERE / "versions").glob("[0-9]*.py")):
        digest.update(revision.read_bytes())
    for module in (crowd, sql, matters, publications):
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(f"{FIRST_COUNTY} {OTHER_COUNTIES}".encode())
    return digest.hexdigest()
