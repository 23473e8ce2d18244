"""Browsers of other origins: only those that a client of this very county has registered.

A browser's page names its county in the path, so that a preflight, which carries no token, can be
answered for that county alone. Nothing here uses cookies.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from infra import requests
from infra.database import Database
from services import clients

Answer = Callable[[Request], Awaitable[Response]]
ALLOWED = {
    "access-control-allow-headers": "authorization, content-type, x-sanfang-tenant",
    "access-control-max-age": "600",
}
VARY = "origin"


async def headers(request: HTTPConnection, database: Database) -> dict[str, str]:
    """What to tell the browser: its origin back, if a client of the county has registered it."""
    origin = requests.header(request, b"origin")
    slug = request.path_params.get("tenant")
    if origin is None or slug is None:
        return {}
    known = await database.tenant(slug)
    if known is None:
        return {"vary": VARY}
    async with database.session(known[0], read_only=True) as session:
        is_registered = await clients.origin_allowed(session, known[0], origin)
    shown = {"access-control-allow-origin": origin} if is_registered else {}
    return {"vary": VARY, **shown}


async def lets_in(connection: HTTPConnection, database: Database, url: str) -> bool:
    """Whether a websocket may be opened: no browser asks before it does, so we look ourselves.

    Pages of this very address may, `url` being the public one, those of origins that a client of
    the county has registered, and whatever is no page.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    host = urlsplit(origin).netloc
    if host in (connection.headers.get("host"), urlsplit(url).netloc):
        return True
    return "access-control-allow-origin" in await headers(connection, database)


def let_in(
    answer: Answer, find: Callable[[Request], Database], methods: str = "GET, POST"
) -> Answer:
    """An endpoint that pages of registered origins may use too; `find` gives its database."""

    async def answered(request: Request) -> Response:
        if request.method == "OPTIONS":
            return await preflight(request, find(request), methods)
        response = await answer(request)
        if requests.header(request, b"origin") is not None:
            response.headers.update(await headers(request, find(request)))
        return response

    return answered


async def preflight(request: Request, database: Database, methods: str) -> Response:
    """The answer to a browser that asks before it sends."""
    found = await headers(request, database)
    if "access-control-allow-origin" not in found:
        return Response("", 403, found)
    return Response("", 204, {**found, "access-control-allow-methods": methods, **ALLOWED})
