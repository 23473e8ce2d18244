"""A GraphQL request over HTTP: what was sent, read and checked, before anything is asked of it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from starlette.requests import HTTPConnection, Request

from infra.settings import Settings
from services.errors import BodyTooLarge, MalformedRequest, MediaTypeRefused, Refused, Said
from services.texts import is_storable

JSON = "application/json"
ONE_OBJECT = Said(
    "正文应是一个 JSON 对象，不是列表或单个值", "one JSON object is expected, not a list or a value"
)
NOT_STORABLE = Said(
    "文字里有空字符或半个字符，不能保存",
    "a text holds NUL or half a character, which can't be stored",
)
EITHER = Said("query 与 documentId 只能给一个", "give query or documentId, not both")
TEXTS = ("query", "operationName", "documentId")
OBJECTS = ("variables", "extensions")
NOT_WANTED = re.compile(r"q\s*=\s*0(\.0{0,3})?", re.ASCII)
CHARSET = re.compile(r"charset\*?[0-9]*\*?\s*=\s*(.*)", re.ASCII)
# What is read of an Accept, and kept of the last 256: no browser's is a quarter as long.
LONGEST_ACCEPT = 1_000
UTF_8 = ("utf-8", '"utf-8"', "utf8", '"utf8"')


class BatchRefused(Refused, status=400):
    """一次只能提交 {limit} 个请求（0 表示不接受成批提交）。请分开提交。
    So many requests may be sent in one body: {limit} (0: no list is taken). Send them apart.
    """


class RequestIncomplete(Refused, status=400):
    """请求没有发完连接就断开了。请重新提交。
    The connection ended before the request did. Send it again.
    """


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A document, whole or by its hash; the operation to run and the values of its variables.

    `document_id` names a trusted document, `persisted` one that the server may have kept by itself;
    both are SHA-256 in hexadecimal.
    """

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    is_get: bool = False
    document_id: str | None = None
    persisted: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Several requests in one body, answered by a list in their order."""

    requests: tuple[GraphQLRequest, ...]


async def read(request: Request, settings: Settings) -> GraphQLRequest | Batch:
    """Read a request, or as many in one body as are allowed; `Refused` says what is wrong."""
    if request.method in ("GET", "HEAD"):
        return checked(_from_query(request.query_params), is_get=True)
    if not is_json(request):
        raise MediaTypeRefused()
    given = _parsed(await body(request, settings.max_body_bytes))
    if not isinstance(given, list):
        return checked(given)
    if not 0 < len(given) <= settings.max_batch:
        raise BatchRefused(limit=settings.max_batch)
    return Batch(tuple(checked(one) for one in given))


async def body(request: Request, most: int) -> bytes:
    """The body, read no further than the limit, and not at all where it says that it is longer."""
    said = header(request, b"content-length")
    if said is not None and said.isdecimal() and int(said[:20]) > most:
        raise BodyTooLarge(limit=most)
    read_so_far = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise RequestIncomplete()
        read_so_far += message.get("body", b"")
        if len(read_so_far) > most:
            raise BodyTooLarge(limit=most)
        if not message.get("more_body"):
            return bytes(read_so_far)


def header(connection: HTTPConnection, name: bytes) -> str | None:
    """A header by its name in small letters, the first of that name."""
    for key, value in connection.scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None


def address(connection: HTTPConnection) -> str:
    """From where it was sent, as far as this process can tell."""
    return connection.client.host if connection.client else ""


def counties(request: HTTPConnection, *said: str | None) -> set[str]:
    """Every name by which a request names its county: path, header and what else it says of it."""
    named = (request.path_params.get("tenant"), header(request, b"x-sanfang-tenant"), *said)
    return {name for name in named if name}


def accepted(connection: HTTPConnection) -> frozenset[str]:
    """The media types that a caller accepts by name."""
    return _media_types((header(connection, b"accept") or "")[:LONGEST_ACCEPT])


@lru_cache(256)
def _media_types(said: str) -> frozenset[str]:
    """Those named in Accept, without those of which none is wanted (`q=0`)."""
    found = set()
    for part in said.split(","):
        kind, *parameters = (each.strip().lower() for each in part.split(";"))
        if not any(NOT_WANTED.fullmatch(parameter) for parameter in parameters):
            found.add(kind)
    return frozenset(found)


def is_json(request: HTTPConnection) -> bool:
    """Sent as JSON in UTF-8, which it is where no other encoding is named."""
    said = header(request, b"content-type") or ""
    kind, *parameters = (part.strip().lower() for part in said.split(";"))
    charsets = [CHARSET.fullmatch(parameter) for parameter in parameters]
    return kind == JSON and all(found[1] in UTF_8 for found in charsets if found)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise MalformedRequest(reason=Said("正文不是 JSON", "the body is not JSON")) from None


def _from_query(given: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: given.get(name) for name in ("query", "operationName", "documentId")
    }
    for name in ("variables", "extensions"):
        if given.get(name):
            try:
                found[name] = json.loads(given[name])
            except (ValueError, RecursionError):
                raise MalformedRequest(
                    reason=Said(f"{name} 不是 JSON", f"{name} is not JSON")
                ) from None
    return found


def checked(given: Any, *, is_get: bool = False) -> GraphQLRequest:
    """A request from its JSON; `MalformedRequest` says which member is wrong."""
    if not isinstance(given, dict):
        raise MalformedRequest(reason=ONE_OBJECT)
    query, variables, extensions = map(given.get, ("query", "variables", "extensions"))
    for label in TEXTS:
        if not isinstance(given.get(label), str | None):
            raise MalformedRequest(reason=Said(f"{label} 应是文字", f"{label} must be a text"))
    for label in OBJECTS:
        if not isinstance(given.get(label), dict | None):
            raise MalformedRequest(reason=Said(f"{label} 应是对象", f"{label} must be an object"))
    if not is_storable(query or "") or not is_storable_whole(variables):
        raise MalformedRequest(reason=NOT_STORABLE)
    made = GraphQLRequest(
        query=query if query and query.strip() else None,
        operation_name=given.get("operationName") or None,
        variables=variables or {},
        is_get=is_get,
        document_id=_document_id(given.get("documentId")),
        persisted=_persisted(extensions or {}),
    )
    if made.query is None and made.document_id is None and made.persisted is None:
        raise MalformedRequest(reason=Said("query 应是文字", "query must be a text"))
    if made.document_id is not None and (made.query or made.persisted):
        raise MalformedRequest(reason=EITHER)
    return made


def _document_id(given: str | None) -> str | None:
    """`sha256:` and the hash, as the GraphQL over HTTP draft writes it; the hash alone will do."""
    return None if given is None else _digest("documentId", given.removeprefix("sha256:"))


def _persisted(extensions: Mapping[str, Any]) -> str | None:
    """The hash as clients of automatic persisted queries send it."""
    given = extensions.get("persistedQuery")
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("version") != 1:
        raise MalformedRequest(
            reason=Said(
                "persistedQuery 应是版本 1 的对象", "persistedQuery must be an object of version 1"
            )
        )
    return _digest("persistedQuery.sha256Hash", given.get("sha256Hash"))


def _digest(label: str, given: Any) -> str:
    if not isinstance(given, str) or not re.fullmatch(r"[0-9a-fA-F]{64}", given, re.ASCII):
        raise MalformedRequest(
            reason=Said(
                f"{label} 应是 64 位十六进制的 SHA-256",
                f"{label} must be SHA-256 in 64 hexadecimal digits",
            )
        )
    return given.lower()


def is_storable_whole(value: Any) -> bool:
    """Whether every text in a JSON value can be stored, names of members too."""
    return all(map(is_storable, _texts(value)))


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as members:
                yield from members
                waiting += members.values()
            case list() as elements:
                waiting += elements
