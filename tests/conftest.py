"""The suite's own PostgreSQL, migrated once by the real revisions, and a county for each test.

Embedded in a temporary folder, or a fresh database on the server of SANFANG_TEST_DATABASE_URL.
"""

import asyncio
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import hypothesis
import pytest

from infra import migrate
from infra.database import Database
from infra.embedded import Embedded
from infra.settings import Settings
from services import tenants
from tests.county import County
from tests.infra.service import Service, service

# HYPOTHESIS_PROFILE=long make test: many more random documents, for a night.
hypothesis.settings.register_profile("long", max_examples=5000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SERVER = os.environ.get("SANFANG_TEST_DATABASE_URL")
KEY = b64encode(bytes(range(32))).decode()


@contextmanager
def embedded_folder() -> Iterator[Path]:
    """A temporary folder that any user may pass through, whoever runs the database."""
    folder = Path(tempfile.mkdtemp(prefix="sanfang-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _fresh_database(server: str) -> AsyncIterator[str]:
    """A new database on a server, dropped afterwards; its address."""
    name = f"sanfang_test_{uuid4().hex[:12]}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"create database {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        await connection.execute(f"drop database {name} with (force)")
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def settings() -> AsyncIterator[Settings]:
    """Settings of a database that is new and migrated."""
    with embedded_folder() as folder:
        if SERVER is None:
            held = await asyncio.to_thread(Embedded.start, folder, durable=False)
            made = Settings(
                data_dir=folder,
                database_url=None,
                master_key=KEY,
                pool_size=8,
                allow_private_issuers=True,
            )
            await migrate.upgrade(made)
            yield made
            held.release()
            return
        async with _fresh_database(SERVER) as url:
            made = Settings(
                data_dir=folder, database_url=url, master_key=KEY, pool_size=8,
                app_password="sanfang-tests", allow_private_issuers=True,
            )  # fmt: skip
            await migrate.upgrade(made)
            yield made


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The door to the suite's database."""
    async with await Database.open(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
async def platform(database: Database) -> County:
    """The platform itself, with its operator; it has no administrators."""
    operator = {"platform_operator": "运维甲"}
    return await County.new(database, "platform", tenant_id=tenants.PLATFORM_ID, founders=operator)


@pytest.fixture
async def county(database: Database) -> County:
    """A county of the test's own."""
    return await County.new(database)


@pytest.fixture
async def other(database: Database) -> County:
    """Another county, for what must not be seen from the first."""
    return await County.new(database)


@pytest.fixture(scope="session")
async def served(settings: Settings, database: Database) -> AsyncIterator[Service]:
    """One process of the service."""
    async with service(settings) as running:
        yield running


@pytest.fixture(scope="session")
async def served_beside(settings: Settings, database: Database) -> AsyncIterator[Service]:
    """Another process of the same service."""
    async with service(settings) as running:
        yield running
