"""An operation answered, whichever way it came: read, described or written.

A read is a document, a plan and one round trip; it answers the bytes that PostgreSQL rendered.
Where the asker's authority has changed meanwhile, everything is asked again under the new one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
from graphql import OperationDefinitionNode, OperationType

from infra import telemetry
from infra.auth import Authenticator
from infra.database import Database
from infra.requests import GraphQLRequest
from infra.settings import Settings
from infra.writing import TRIES, Stale, Writer
from schema import introspection
from schema.documents import Documents
from schema.errors import describe, refusal
from schema.reading import Call, Document, Hashes, PageLimits, Plan, Reader, Wanted
from services import sealing
from services.errors import (
    AuthorityUnsettled,
    DocumentRefused,
    MethodRefused,
    OperationUnknown,
    TenantMissing,
    TooSlow,
)
from services.standing import Authority


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: with what authority, none where no county is named; and in which language."""

    authority: Authority | None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with its document found valid and its variables read."""

    document: Document
    operation: OperationDefinitionNode
    call: Call

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation


class Operations:
    """Answers the operations of every county."""

    def __init__(
        self,
        database: Database,
        authenticator: Authenticator,
        reader: Reader,
        documents: Documents,
        settings: Settings,
    ) -> None:
        self.database, self.authenticator = database, authenticator
        self.reader, self.documents, self.settings = reader, documents, settings
        self.writer = Writer(database, authenticator, reader)
        self.page = PageLimits(settings.default_page, settings.max_page, settings.max_cost)

    async def answer(self, given: GraphQLRequest, asker: Asker) -> bytes:
        """The body that answers a request; `Refused` where it gets none."""
        if asker.authority is None:
            return await self._answer_nobody(given)
        for _ in range(TRIES):
            try:
                return await self._answer(given, asker)
            except Stale:
                asker = await self.refreshed(asker)
        raise AuthorityUnsettled()

    async def refreshed(self, asker: Asker) -> Asker:
        """The asker with the authority that they have by now."""
        telemetry.STALE.inc()
        assert asker.authority is not None  # noqa: S101
        return replace(asker, authority=await self.authenticator.refreshed(asker.authority))

    def prepare(self, given: GraphQLRequest, authority: Authority) -> Prepared:
        """Find the document and its operation, read the variables."""
        document, operation = self._operation(given)
        variables = self.documents.variables(operation, given.variables)
        call = Call(authority, variables, self.page, constants=document.constants)
        return Prepared(document, operation, call)

    async def fetch(self, plan: Plan, call: Call) -> bytes:
        """One statement, one round trip; `Stale` where the reader's authority has changed."""
        if plan.needs_hashes and call.hashes is None:
            call.hashes = await self._hashes(call.actor.tenant_id)
        try:
            data = await self.database.reader.fetchval(plan.sql, *plan.arguments(call))
        except asyncpg.QueryCanceledError:
            raise TooSlow() from None
        if data is None:
            raise Stale()
        return bytes(data)

    async def _answer(self, given: GraphQLRequest, asker: Asker) -> bytes:
        assert asker.authority is not None  # noqa: S101
        asked = self.prepare(given, asker.authority)
        if asked.kind is OperationType.MUTATION:
            if given.is_get:
                raise MethodRefused()
            return await self._write(asked, asker.language)
        if asked.document.describes:
            return _whole(await self._read_beside(asked))
        return _whole(await self._read(asked))

    async def _answer_nobody(self, given: GraphQLRequest) -> bytes:
        """The schema's description is the same in every county, and for whoever names none."""
        document, operation = self._operation(given)
        variables = self.documents.variables(operation, given.variables)
        query_type = self.reader.catalogue.schema.query_type
        assert query_type is not None  # noqa: S101
        is_query = operation.operation is OperationType.QUERY
        wanted = (
            self.reader.selector(document, variables).root(operation, query_type)
            if is_query
            else []
        )
        if not is_query or not introspection.needs_no_county(wanted):
            raise TenantMissing()
        return _whole(dump(await self._describe(document, operation, wanted, variables)))

    def _operation(self, given: GraphQLRequest) -> tuple[Document, OperationDefinitionNode]:
        document = self.documents.read(given.query)
        operation = document.operation(given.operation_name)
        if operation is None:
            raise OperationUnknown()
        return document, operation

    async def _read(self, asked: Prepared) -> bytes:
        plan = self.reader.query(asked.document, asked.operation, asked.call)
        return await self.fetch(plan, asked.call)

    async def _read_beside(self, asked: Prepared) -> bytes:
        """Data and the schema's description in one answer, each in its place."""
        wanted = self._root(asked)
        inside = [want for want in wanted if introspection.is_described(want)]
        found = await self._describe(asked.document, asked.operation, inside, asked.call.variables)
        if len(inside) < len(wanted):
            found = {**found, **json.loads(await self._read(asked))}
        return dump({want.key: found[want.key] for want in wanted})

    async def _describe(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        wanted: Sequence[Wanted],
        variables: Any,
    ) -> Mapping[str, Any]:
        """What is wanted of the schema's description of itself."""
        if not self.settings.introspection:
            raise DocumentRefused(reason="introspection is switched off")
        schema, most = self.reader.catalogue.schema, self.page.cost
        return await introspection.describe(schema, document, operation, wanted, variables, most)

    async def _write(self, asked: Prepared, language: str) -> bytes:
        """Each field is a command of its own; what one refuses takes nothing from the others."""
        members: list[bytes] = []
        errors: list[dict[str, Any]] = []
        is_first = True
        for want in self._root(asked):
            value = b'"Mutation"' if want.name == "__typename" else None
            try:
                if value is None:
                    value = await self.writer.run(
                        asked.document, asked.operation, want, asked.call, is_first=is_first
                    )
            except Stale:
                raise
            except Exception as raised:
                errors.append(describe(refusal(raised), language, [want.key]))
            is_first = is_first and want.name == "__typename"
            members.append(dump(want.key) + b":" + (value or b"null"))
        shown = b',"errors":' + dump(errors) if errors else b""
        return b'{"data":{' + b",".join(members) + b"}" + shown + b"}"

    def _root(self, asked: Prepared) -> Sequence[Wanted]:
        type_ = self.reader.catalogue.schema.get_root_type(asked.kind)
        assert type_ is not None  # noqa: S101
        return self.reader.selector(asked.document, asked.call.variables).root(
            asked.operation, type_
        )

    async def _hashes(self, tenant_id: UUID) -> Hashes:
        """The county's keyed hashes: a search by phone or identity number costs a second trip."""
        async with self.database.session(tenant_id, read_only=True) as session:
            return (await sealing.keys(session, tenant_id)).hashes


def _whole(data: bytes) -> bytes:
    return b'{"data":' + data + b"}"


def dump(value: Any) -> bytes:
    """JSON as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
