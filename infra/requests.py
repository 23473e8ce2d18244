"""A GraphQL request over HTTP: what was sent, read and checked, before anything is asked of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from services.errors import BodyTooLarge, MalformedRequest, MediaTypeRefused
from services.texts import is_storable

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A document, the operation to run and the values of its variables."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    is_get: bool = False


async def read(request: Request, most: int) -> GraphQLRequest:
    """Read a request; `Refused` says what is wrong with it."""
    if request.method == "GET":
        return _checked(_from_query(request.query_params), is_get=True)
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != JSON or "utf-8" not in (parameters.lower() or "utf-8"):
        raise MediaTypeRefused()
    return _checked(_parsed(await body(request, most)), is_get=False)


async def body(request: Request, most: int) -> bytes:
    """The body, read no further than the limit."""
    read_so_far = bytearray()
    async for chunk in request.stream():
        read_so_far += chunk
        if len(read_so_far) > most:
            raise BodyTooLarge(limit=most)
    return bytes(read_so_far)


def counties(request: Request, *said: str | None) -> set[str]:
    """Every name by which a request names its county: path, header and what else it says of it."""
    named = (request.path_params.get("tenant"), request.headers.get("x-sanfang-tenant"), *said)
    return {name for name in named if name}


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedRequest(reason="the body is not JSON") from None


def _from_query(given: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "query": given.get("query"),
        "operationName": given.get("operationName"),
    }
    if given.get("variables"):
        try:
            found["variables"] = json.loads(given["variables"])
        except (ValueError, RecursionError):
            raise MalformedRequest(reason="variables is not JSON") from None
    return found


def _checked(given: Any, *, is_get: bool) -> GraphQLRequest:
    if not isinstance(given, dict):
        raise MalformedRequest(reason="one JSON object is expected, not a list or a value")
    query, name, variables, extensions = (
        given.get(key) for key in ("query", "operationName", "variables", "extensions")
    )
    if not isinstance(query, str) or not query.strip():
        raise MalformedRequest(reason="query must be a text")
    if name is not None and not isinstance(name, str):
        raise MalformedRequest(reason="operationName must be a text")
    for label, value in (("variables", variables), ("extensions", extensions)):
        if value is not None and not isinstance(value, dict):
            raise MalformedRequest(reason=f"{label} must be an object")
    if not all(is_storable(text) for text in (query, *_texts(variables))):
        raise MalformedRequest(reason="a text holds NUL or half a character, which can't be stored")
    return GraphQLRequest(query, name or None, variables or {}, is_get)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, names of members too."""
    match value:
        case str():
            yield value
        case dict():
            for name, member in value.items():
                yield name
                yield from _texts(member)
        case list():
            for member in value:
                yield from _texts(member)
