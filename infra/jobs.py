"""Jobs (任务): the queue on which the clock's looks wait.

It is pgqueuer's, in a schema and with a role of its own. A job holds a county's id and no more.
"""

from collections.abc import Iterable
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.models import Job
from pgqueuer.domain.settings import DBSettings
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from infra.database import JOBS, Address

log = structlog.get_logger(__name__)
LOOK = "look"
CHANNEL = "sanfang_jobs"
FORGET = "delete from sanfang_jobs.pgqueuer_log where created < now() - $1::interval"


class Names(DBSettings):
    """The names of the queue's tables; never the environment's, as the migration made them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given here and nothing else: pgqueuer would read even a variable CHANNEL."""
        return (init_settings,)


NAMES = Names.model_validate({"db_schema": JOBS, "channel": CHANNEL})


def queries(connection: "asyncpg.Connection[asyncpg.Record]") -> Queries:
    """pgqueuer's own statements, on one connection."""
    return Queries(
        AsyncpgDriver(connection),
        qbe=QueryBuilderEnvironment(NAMES),
        qbq=QueryQueueBuilder(NAMES),
        qbs=QuerySchedulerBuilder(NAMES),
    )


async def enqueue(queue: Queries, counties: Iterable[UUID]) -> None:
    """A look at each county, but none where one waits or is under way already."""
    keys = [str(county) for county in counties]
    if not keys:
        return
    await queue.enqueue(
        [LOOK] * len(keys),
        [key.encode() for key in keys],
        [0] * len(keys),
        dedupe_key=[*keys],
        on_conflict="skip",
    )


async def wake(address: Address, county: UUID) -> None:
    """A look at a county now, not at the next minute; where that can't be, the minute comes.

    On a connection of its own, after what is due was kept: no command waits for the queue's lock.
    """
    try:
        connection = await address.connect(JOBS)
        try:
            await enqueue(queries(connection), [county])
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        log.warning("the clock was not woken", county=str(county), exc_info=True)


def county_of(job: Job) -> UUID:
    """The county that a job is about."""
    assert job.payload is not None  # noqa: S101
    return UUID(job.payload.decode())
