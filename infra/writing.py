"""Running a mutation: each field is one command in one transaction, its answer read inside it.

Standing is compared as the transaction begins; said again with its `commandId`, it changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from graphql import GraphQLField, OperationDefinitionNode
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.auth import Authenticator
from infra.database import Database
from schema.commands import KEY, Command
from schema.documents import Documents
from schema.reading import Call, Document, Plan, Reader, Wanted
from schema.reading.catalogue import DEFINITION
from services import commands, sealing
from services.errors import (
    AuthorityUnsettled,
    BadInput,
    Conflict,
    Forbidden,
    Refused,
    Said,
    TooSlow,
)
from services.events import ORIGIN
from services.prepared import DRIVER
from services.standing import holds

TRIES = 3
TOOK_TOO_LONG = "57014"
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Again:
    """What a repeated command made the first time: its id, and nothing that is shown but once."""

    id: UUID | None


class Stale(Exception):
    """The authority that a transaction was begun with is out of date."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Runs commands on behalf of whoever asks."""

    database: Database
    authenticator: Authenticator
    reader: Reader
    documents: Documents

    async def run(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        want: Wanted,
        call: Call,
        *,
        is_first: bool,
        hide_suggestions: bool = False,
    ) -> bytes | None:
        """The JSON that a mutation answers.

        `Stale` where it is the first of its request and the authority is out of date: all is asked
        anew then. A later one goes on by itself under the authority read anew.
        """
        mutation = self.reader.catalogue.schema.mutation_type
        assert mutation is not None  # noqa: S101
        field = mutation.fields[want.name]
        for _ in range(TRIES):
            try:
                return await self._once(
                    document, operation, want, field, call, hide_suggestions=hide_suggestions
                )
            except Stale:
                if is_first:
                    raise
                call.authority = await self.authenticator.refreshed(call.authority)
        raise AuthorityUnsettled()

    async def _once(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        want: Wanted,
        field: GraphQLField,
        call: Call,
        *,
        hide_suggestions: bool,
    ) -> bytes | None:
        command: Command = field.extensions[DEFINITION].metadata[KEY]
        given = call.arguments(field, want.nodes[0])
        arguments = command.arguments(given)
        documents = command.documents(arguments)
        if documents and not call.actor.reach(command.capability, command.verb):
            raise Forbidden(object=command.capability, action=command.verb)
        for text in documents:
            self.documents.read(text, hide_suggestions=hide_suggestions)
        key = _command_key(given)
        plan = self.reader.answer(document, operation, want, call)
        try:
            async with self.database.session(call.actor.tenant_id) as session:
                if not await holds(session, call.authority):
                    raise Stale()
                session.info[ORIGIN] = call.origin
                try:
                    call.given = await _done(session, call, command, arguments, key)
                except Refused as refused:
                    if not refused.is_kept:
                        raise
                    await _keep(session, key)
                    kept = refused
                else:
                    return await _read(session, call, plan)
            raise kept
        except (IntegrityError, asyncpg.IntegrityConstraintViolationError) as error:
            raise Conflict() from error
        except (DBAPIError, asyncpg.PostgresError) as error:
            raise _met_another(error) from error


async def _done(
    session: AsyncSession,
    call: Call,
    command: Command,
    arguments: Mapping[str, Any],
    key: str | None,
) -> Any:
    """What the command made; with a key that was used before, what it made then."""
    by = call.actor
    if key is None:
        made = await command.run(session, by, **arguments)
        await session.flush()
        return made
    repeat = await commands.begin(session, by, key=key, name=command.name, arguments=arguments)
    if repeat is not None:
        return Again(repeat.result_id)
    made = await command.run(session, by, **arguments)
    commands.finish(session, result_id=made.id)
    await session.flush()
    return made


async def _keep(session: AsyncSession, key: str | None) -> None:
    """Keep what a command wrote though it refused: a wrong password stays counted."""
    if key is not None:
        await commands.forget(session)
    await session.flush()


async def _read(session: AsyncSession, call: Call, plan: Plan) -> bytes | None:
    """Read by the plan, on the transaction's own connection."""
    if call.given.id is None:
        return None
    if plan.needs_hashes:
        call.hashes = (await sealing.keys(session, call.actor.tenant_id)).hashes
    answer = await session.info[DRIVER].fetchval(plan.sql, *plan.arguments(call))
    return None if answer is None else bytes(answer)


def _command_key(given: Mapping[str, Any]) -> str | None:
    key = given.get("commandId")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY:
        raise BadInput(
            argument="commandId",
            reason=Said(
                f"应有 1 到 {LONGEST_KEY} 个字符", f"between 1 and {LONGEST_KEY} characters"
            ),
        )
    return str(key)


def _met_another(error: DBAPIError | asyncpg.PostgresError) -> Exception:
    """Two changes that wait for each other, or met at one row, may be tried again."""
    met = getattr(error, "orig", error)
    state = getattr(met, "sqlstate", None) or getattr(met, "pgcode", None)
    if state == TOOK_TOO_LONG:
        return TooSlow()
    return Conflict() if state in ("40001", "40P01", "55P03") else error
