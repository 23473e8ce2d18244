"""The door (门): the only place that opens a session, and it wants a county.

One pool a database role: read-write, read-only, and the owner's for making a county. A transaction
begins by naming its county to row-level security; without a name it sees nothing.
"""

import asyncio
import hmac
import importlib
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import asyncpg
from sqlalchemy import MetaData, NullPool
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

import services
from infra.connections import Connections
from infra.embedded import Embedded
from infra.saving import Session
from infra.settings import Settings
from infra.stores import Store
from services.accounts import Limits
from services.alarms import DUE
from services.kept import Kept
from services.passes import Passes
from services.prepared import DRIVER, has_pending
from services.sealing import Master
from services.tables import metadata
from services.texts import is_storable

READ_WRITE = "sanfang_rw"
READ_ONLY = "sanfang_ro"
APP_ROLES = (READ_WRITE, READ_ONLY)
# The clock's queue has a role of its own, which is let at no county's table.
JOBS = "sanfang_jobs"
ROLES = (*APP_ROLES, JOBS)
STATEMENTS_CACHED = 1024
# Two statements take no parameters: the one value is made a UUID again where it is put in.
BEGIN = "begin; select set_config('sanfang.tenant', '{tenant_id}', true)"
STATEMENT_BYTES_CACHED = 1 << 20


def tables() -> MetaData:
    """Every capability's tables, and with them what each registers in another one."""
    for module in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        importlib.import_module(module.name)
    return metadata


@dataclass(frozen=True)
class Address:
    """Where the database is, and how its roles sign in."""

    dsn: str
    app_password: str | None
    statement_timeout_ms: int

    async def connect(self, role: str | None = None) -> "asyncpg.Connection[asyncpg.Record]":
        """A new connection of a role, the owner's if none is named."""
        return await asyncpg.connect(**self.options(role))

    def options(self, role: str | None = None) -> dict[str, Any]:
        """What asyncpg wants to know; a role given here stands before the owner in the address."""
        session = {"application_name": "sanfang", "timezone": "UTC", "jit": "off"}
        if role is None:
            return {"dsn": self.dsn, "server_settings": session}
        session["max_parallel_workers_per_gather"] = "0"
        # Statements are made so that one plan serves every value: planning each anew costs twice.
        session["plan_cache_mode"] = "force_generic_plan"
        session["statement_timeout"] = str(self.statement_timeout_ms)
        password = {} if self.app_password is None else {"password": self.app_password}
        return {"dsn": self.dsn, "server_settings": session, "user": role, **password}

    def engine(self, role: str | None = None, **options: Any) -> AsyncEngine:
        """An SQLAlchemy engine of a role."""

        async def connect() -> "asyncpg.Connection[asyncpg.Record]":
            return await self.connect(role)

        return create_async_engine(
            "postgresql+asyncpg://", async_creator=connect, hide_parameters=True, **options
        )


@asynccontextmanager
async def reach(settings: Settings) -> AsyncIterator[Address]:
    """The database of these settings; the embedded one runs at least as long as it is held here."""
    if settings.database_url is not None:
        yield address_of(settings, settings.database_url.get_secret_value())
        return
    embedded = await asyncio.to_thread(Embedded.start, settings.data_dir)
    try:
        yield address_of(settings, embedded.dsn)
    finally:
        await asyncio.to_thread(embedded.release)


def address_of(settings: Settings, dsn: str) -> Address:
    """The address with the app roles' password: none is needed on the embedded one's own socket."""
    timeout = settings.statement_timeout_ms
    if settings.database_url is None:
        return Address(dsn, None, timeout)
    if settings.app_password is not None:
        return Address(dsn, settings.app_password.get_secret_value(), timeout)
    return Address(dsn, hmac.digest(settings.master(), b"app roles", "sha256").hex(), timeout)


class NothingKept(Exception):
    """A statement of this transaction had failed, so that the database kept nothing of it."""


class Database:
    """The pools of one process, and the counties whose ids it has learnt."""

    reader: Connections

    def __init__(self, settings: Settings, address: Address) -> None:
        self.settings = settings
        self.address = address
        # Transactions are begun and ended here, by the driver itself: see `_begun`.
        pool = {
            "pool_size": settings.pool_size,
            "max_overflow": 0,
            "isolation_level": "AUTOCOMMIT",
        }
        self._writing = address.engine(READ_WRITE, **pool)
        self._reading = address.engine(READ_ONLY, **pool)
        self._owning = address.engine(poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self.limits = Limits(
            failures=settings.lockout_failures,
            lockout=timedelta(minutes=settings.lockout_minutes),
            session=timedelta(days=settings.refresh_token_days),
        )
        self.master = master = Master(settings.master(), settings.seal_algorithm)
        self.passes = Passes(master, settings.url)
        self._info = {
            "master": master,
            "passes": self.passes,
            "limits": self.limits,
            "packs": Kept(),
            "store": cache(lambda: Store.of(settings)),
            "allow_private_issuers": settings.allow_private_issuers,
        }
        # Who is told that something is due at once (`infra.jobs`), where anybody is.
        self.wake: Callable[[Address, UUID], Awaitable[None]] | None = None
        self._tenants: dict[str, tuple[UUID, str]] = {}
        self._held = reach(settings)

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        """Open the pools of a migrated database."""
        tables()
        held = reach(settings)
        database = cls(settings, await held.__aenter__())
        database._held = held
        try:
            pool = await _pool(database.address, settings.pool_size)
            database.reader = Connections(pool)
        except BaseException:
            await database._let_go()
            raise
        return database

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back and let the embedded database go."""
        await self.reader.close()
        await self._let_go()

    @asynccontextmanager
    async def session(
        self, tenant_id: UUID, *, read_only: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """One transaction in one county: kept on a normal end, undone on an error."""
        engine = self._reading if read_only else self._writing
        async with self._begun(engine, tenant_id) as session:
            yield session
        if self.wake is not None and session.info.get(DUE):
            await self.wake(self.address, tenant_id)

    @asynccontextmanager
    async def owner_session(self, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """The owner's transaction, which alone may make a county; no other county shows."""
        async with self._begun(self._owning, tenant_id) as session:
            yield session

    async def tenant(self, slug: str, *, fresh: bool = False) -> tuple[UUID, str] | None:
        """A county's id and state by its slug; the state is as first learnt unless asked `fresh`.

        Every statement checks the state itself, so that a stale one here opens nothing.
        """
        if not is_storable(slug):
            return None
        known = self._tenants.get(slug)
        if known is not None and not fresh:
            return known
        row = await self.reader.fetchrow("select id, state from sanfang_tenant($1)", slug)
        if row is None:
            return None
        self._tenants[slug] = found = (UUID(str(row["id"])), str(row["state"]))
        return found

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
        """A transaction, begun and opened on its county in one round trip."""
        info = dict(self._info)
        async with engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None  # noqa: S101
            info[DRIVER] = driver
            try:
                await driver.execute(BEGIN.format(tenant_id=UUID(int=tenant_id.int)))
                async with AsyncSession(
                    connection, sync_session_class=Session, expire_on_commit=False, info=info
                ) as session:
                    yield session
                    if has_pending(session):
                        await session.flush()
                if await driver.execute("commit") != "COMMIT":
                    raise NothingKept
            except BaseException:
                await _undo(connection, driver)
                raise
            finally:
                # Cancelled while it was being undone: nobody else may come into this transaction.
                if driver.is_in_transaction() and connection.sync_connection is not None:
                    connection.sync_connection.invalidate()

    async def _let_go(self) -> None:
        for engine in (self._writing, self._reading, self._owning):
            await engine.dispose()
        await self._held.__aexit__(None, None, None)


async def _undo(connection: AsyncConnection, driver: Any) -> None:
    """Roll back; a connection that can't is not used again."""
    try:
        await driver.execute("rollback")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        await connection.invalidate()


async def _pool(address: Address, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    return await asyncpg.create_pool(
        **address.options(READ_ONLY),
        min_size=1,
        max_size=size,
        statement_cache_size=STATEMENTS_CACHED,
        max_cacheable_statement_size=STATEMENT_BYTES_CACHED,
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=0,
        reset=_keep,
    )


async def _keep(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing to reset: each read is one statement, and what it sets is local to it."""
