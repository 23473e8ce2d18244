"""Migration (迁移): the database's structure brought to what this version of the code expects.

All of it in one transaction under a lock, so that two processes starting at once do it once. On a
server of one's own, the app roles' password is set again each time.
"""

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, text

from infra.database import ROLES, Address, reach
from infra.settings import Settings

HERE = Path(__file__).parent / "migrations"
LOCK = 0x5A6F616E66616E67
ROUNDS = 4096


def head() -> str:
    """The newest revision, by the name of its file: alembic itself takes long to load."""
    return max(path.name.split("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


async def applied(address: Address) -> str | None:
    """The revision that the database is at, None if it was never migrated."""
    connection = await address.connect()
    try:
        if await connection.fetchval("select to_regclass('public.alembic_version')") is None:
            return None
        version: str | None = await connection.fetchval("select version_num from alembic_version")
        return version
    finally:
        await connection.close()


async def upgrade(settings: Settings) -> bool:
    """Bring the database to the newest revision; whether there was anything to do."""
    async with reach(settings) as address:
        return await upgrade_at(address)


async def upgrade_at(address: Address) -> bool:
    """The same for a database that is reached already."""
    is_pending = await applied(address) != head()
    if is_pending:
        engine = address.engine(poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            await connection.run_sync(_upgrade)
        await engine.dispose()
    if address.app_password is not None:
        await _set_passwords(address, address.app_password)
    return is_pending


def config(connection: Connection) -> Any:
    """Alembic's configuration, without a file."""
    from alembic.config import Config

    found = Config(attributes={"connection": connection})
    found.set_main_option("script_location", str(HERE).replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    return found


def _upgrade(connection: Connection, revision: str = "head") -> None:
    from alembic import command

    command.upgrade(config(connection), revision)


async def _set_passwords(address: Address, password: str) -> None:
    """Only the verifier crosses the wire, so that no log of the server has the password."""
    connection = await address.connect()
    try:
        for role in ROLES:
            await connection.execute(f"alter role {role} password '{_verifier(role, password)}'")
    finally:
        await connection.close()


def _verifier(role: str, password: str) -> str:
    """SCRAM-SHA-256 as PostgreSQL stores it (RFC 5803)."""
    salt = hmac.digest(password.encode(), role.encode(), "sha256")[:16]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    shown = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${ROUNDS}:{shown[0]}${shown[1]}:{shown[2]}"
