"""The route /graphql: what HTTP says of a request and its answer, and nothing of what is asked.

Every refusal has a status of its own; with plain JSON asked for by name, errors of the document
are 200, as older front ends expect.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from infra import requests, telemetry
from infra.operations import Asker, Operations, dump
from infra.requests import JSON, Batch, GraphQLRequest
from schema.errors import describe, describe_graphql, language_of, refusal
from schema.wording import said
from services.errors import DocumentRefused, Refused, VariablesRefused
from services.standing import Authority

RESPONSE = "application/graphql-response+json"
ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@dataclass(frozen=True, slots=True)
class GraphQL:
    """Answers GraphQL requests over HTTP."""

    operations: Operations

    async def respond(self, request: Request) -> Response:
        """Answer one HTTP request."""
        language = language_of(requests.header(request, b"accept-language"))
        media_type, is_legacy = _media_type(requests.accepted(request))
        try:
            body = await self._answer(request, language)
        except Exception as raised:
            refused = refusal(raised)
            is_of_document = isinstance(refused, DocumentRefused | VariablesRefused)
            status = 200 if is_legacy and is_of_document else refused.status
            return refused_response(refused, language, media_type, status)
        headers = {"content-language": language, **ALWAYS}
        return Response(body, 200, headers, f"{media_type}; charset=utf-8")

    async def authority(self, request: Request) -> Authority | None:
        """Who asks, in which county; nobody where neither is said."""
        authorization = requests.header(request, b"authorization")
        authenticator, named = self.operations.authenticator, requests.counties(request)
        return await authenticator.of_request(authorization, named, requests.address(request))

    async def _answer(self, request: Request, language: str) -> bytes:
        given = await requests.read(request, self.operations.settings)
        asker = Asker(await self.authority(request), language, requests.address(request))
        if isinstance(given, Batch):
            return b"[" + b",".join([await self._one(one, asker) for one in given.requests]) + b"]"
        return await self.operations.answer(given, asker)

    async def _one(self, given: GraphQLRequest, asker: Asker) -> bytes:
        """One of a batch: what it is refused is its own answer."""
        try:
            return await self.operations.answer(given, asker)
        except Exception as raised:
            return _refusal(refusal(raised), asker.language)


def _media_type(accepted: Collection[str]) -> tuple[str, bool]:
    """The media type to answer in, and whether the caller asked for plain JSON by name."""
    return (RESPONSE, False) if RESPONSE in accepted else (JSON, JSON in accepted)


def _refusal(refused: Refused, language: str) -> bytes:
    telemetry.REFUSALS.labels(refused.code).inc()
    return dump({"errors": errors_of(refused, language)})


def _headers_of(refused: Refused) -> dict[str, str]:
    """What a refusal says in HTTP's own words: how to sign in, when to come again."""
    if refused.status == 401:
        return {"www-authenticate": "Bearer"}
    if refused.status == 405:
        return {"allow": "POST"}
    seconds = refused.facts.get("seconds")
    return {} if seconds is None else {"retry-after": str(seconds)}


def refused_response(
    refused: Refused, language: str, media_type: str = RESPONSE, status: int | None = None
) -> Response:
    """A refusal as an answer of its own, with its own status if no other is said."""
    headers = {"content-language": language, **ALWAYS, **_headers_of(refused)}
    body = _refusal(refused, language)
    return Response(body, status or refused.status, headers, f"{media_type}; charset=utf-8")


def errors_of(refused: Refused, language: str) -> list[dict[str, Any]]:
    """A refusal as the member `errors` of an answer."""
    found = refused.facts.get("errors")
    if not found:
        path = refused.facts.get("path")
        return [describe(refused, language, path)]
    return [
        describe_graphql(error, type(refused)(reason=said(error.message)), language)
        for error in found
        if isinstance(error, GraphQLError)
    ]
