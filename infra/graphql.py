"""The route /graphql: a request to a document, a plan and one round trip; or to commands.

A read answers the bytes that PostgreSQL rendered. Introspection alone goes to graphql-core.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from graphql import GraphQLError, OperationDefinitionNode, OperationType
from graphql.execution.values import VariableValues
from starlette.requests import Request
from starlette.responses import Response

from infra import requests, telemetry
from infra.auth import Authenticator
from infra.database import Database
from infra.requests import GraphQLRequest
from infra.settings import Settings
from infra.writing import TRIES, Writer
from schema import introspection
from schema.documents import Documents
from schema.errors import describe, describe_graphql, language_of, refusal
from schema.reading import Call, Document, Hashes, PageLimits, Reader, Wanted
from services import sealing
from services.errors import (
    AuthorityUnsettled,
    DocumentRefused,
    MethodRefused,
    OperationUnknown,
    Refused,
    TenantMissing,
    TenantUnknown,
    TooSlow,
    VariablesRefused,
)
from services.standing import Authority

RESPONSE = "application/graphql-response+json"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body and the status that goes with it."""

    body: bytes
    status: int = 200


class GraphQL:
    """Answers GraphQL requests of every county."""

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

    async def respond(self, request: Request) -> Response:
        """Answer one HTTP request."""
        language = language_of(request.headers.get("accept-language"))
        media_type, is_legacy = _media_type(request.headers.get("accept"))
        try:
            answer = await self._answer(request, language)
        except Exception as raised:
            refused = refusal(raised)
            telemetry.REFUSALS.labels(refused.code).inc()
            is_of_document = isinstance(refused, DocumentRefused | VariablesRefused)
            status = 200 if is_legacy and is_of_document else refused.status
            answer = Answer(_dump({"errors": _errors(refused, language)}), status)
        headers = {"content-language": language, "cache-control": "no-store"}
        if answer.status == 401:
            headers["www-authenticate"] = "Bearer"
        return Response(answer.body, answer.status, headers, f"{media_type}; charset=utf-8")

    async def authority(self, request: Request) -> Authority:
        """Who asks, in which county."""
        named = requests.counties(request)
        if len(named) > 1:
            raise TenantUnknown()
        slug = named.pop() if named else None
        return await self.authenticator.authenticate(request.headers.get("authorization"), slug)

    async def _answer(self, request: Request, language: str) -> Answer:
        given = await requests.read(request, self.settings.max_body_bytes)
        is_nobody = not requests.counties(request) and "authorization" not in request.headers
        authority = None if is_nobody else await self.authority(request)
        document = self.documents.read(given.query)
        operation = document.operation(given.operation_name)
        if operation is None:
            raise OperationUnknown()
        variables = self.documents.variables(operation, given.variables)
        if authority is None:
            return await self._read_by_nobody(document, operation, variables)
        call = Call(authority, variables, self.page)
        if operation.operation is OperationType.MUTATION:
            return await self._write(given, document, operation, call, language)
        return await self._read(document, operation, call)

    async def _read(
        self, document: Document, operation: OperationDefinitionNode, call: Call
    ) -> Answer:
        wanted = self._root(document, operation, call.variables)
        inside = [want for want in wanted if introspection.is_described(want)]
        if not inside:
            return Answer(b'{"data":' + (await self._fetch(document, operation, call)) + b"}")
        found = await self._describe(document, operation, inside, call.variables)
        if len(inside) < len(wanted):
            found |= json.loads(await self._fetch(document, operation, call))
        return Answer(_dump({"data": {want.key: found[want.key] for want in wanted}}))

    async def _read_by_nobody(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> Answer:
        """The schema's description is the same in every county, and for whoever names none."""
        is_query = operation.operation is OperationType.QUERY
        wanted = self._root(document, operation, variables) if is_query else []
        if not is_query or not introspection.needs_no_county(wanted):
            raise TenantMissing()
        return Answer(_dump({"data": await self._describe(document, operation, wanted, variables)}))

    async def _describe(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        wanted: Sequence[Wanted],
        variables: VariableValues,
    ) -> dict[str, Any]:
        """What is wanted of the schema's description of itself."""
        if not self.settings.introspection:
            raise DocumentRefused(reason="introspection is switched off")
        schema, most = self.reader.catalogue.schema, self.page.cost
        return await introspection.describe(schema, document, operation, wanted, variables, most)

    async def _fetch(
        self, document: Document, operation: OperationDefinitionNode, call: Call
    ) -> bytes:
        """One statement, one round trip; again only where the reader's authority has changed."""
        for _ in range(TRIES):
            plan = self.reader.query(document, operation, call)
            if plan.needs_hashes and call.hashes is None:
                call.hashes = await self._hashes(call.actor.tenant_id)
            try:
                data = await self.database.reader.fetchval(plan.sql, *plan.arguments(call))
            except asyncpg.QueryCanceledError:
                raise TooSlow() from None
            if data is not None:
                return str(data).encode()
            telemetry.STALE.inc()
            call.authority = await self.authenticator.refreshed(call.authority)
        raise AuthorityUnsettled()

    async def _write(
        self,
        given: GraphQLRequest,
        document: Document,
        operation: OperationDefinitionNode,
        call: Call,
        language: str,
    ) -> Answer:
        if given.is_get:
            raise MethodRefused()
        members: list[str] = []
        errors: list[dict[str, Any]] = []
        for want in self._root(document, operation, call.variables):
            value = json.dumps("Mutation") if want.name == "__typename" else None
            try:
                if value is None:
                    value, call.authority = await self.writer.run(document, operation, want, call)
            except Exception as raised:
                errors.append(describe(refusal(raised), language, [want.key]))
            members.append(f"{json.dumps(want.key)}:{value or 'null'}")
        body = f'{{"data":{{{",".join(members)}}}'
        shown = f',"errors":{json.dumps(errors, ensure_ascii=False)}' if errors else ""
        return Answer(f"{body}{shown}}}".encode())

    def _root(
        self, document: Document, operation: OperationDefinitionNode, variables: VariableValues
    ) -> Sequence[Wanted]:
        schema = self.reader.catalogue.schema
        is_write = operation.operation is OperationType.MUTATION
        type_ = schema.mutation_type if is_write else schema.query_type
        assert type_ is not None  # noqa: S101
        return self.reader.selector(document, variables).root(operation, type_)

    async def _hashes(self, tenant_id: UUID) -> Hashes:
        """The county's keyed hashes: a search by phone or identity number costs a second trip."""
        async with self.database.session(tenant_id, read_only=True) as session:
            return (await sealing.keys(session, tenant_id)).hashes


def _media_type(accept: str | None) -> tuple[str, bool]:
    """The media type to answer in, and whether the caller asked for plain JSON by name."""
    wanted = [part.split(";")[0].strip().lower() for part in (accept or "*/*").split(",")]
    if RESPONSE in wanted:
        return RESPONSE, False
    return JSON, JSON in wanted


def _errors(refused: Refused, language: str) -> list[dict[str, Any]]:
    found = refused.facts.get("errors")
    if not found:
        path = refused.facts.get("path")
        return [describe(refused, language, [path] if path else None)]
    return [
        describe_graphql(error, type(refused)(reason=error.message), language)
        for error in found
        if isinstance(error, GraphQLError)
    ]


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
