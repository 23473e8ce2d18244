"""Browsers of other origins: only those that a client of this very county has registered.

A browser's page names its county in the path, so that a preflight, which carries no token, can be
answered for that county alone. Nothing here uses cookies.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from infra.database import Database
from services import clients

Answer = Callable[[Request], Awaitable[Response]]
ALLOWED = {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": "authorization, content-type, x-sanfang-tenant",
    "access-control-max-age": "600",
}
VARY = "origin"


async def headers(request: Request, database: Database) -> dict[str, str]:
    """What to tell the browser: its origin back, if a client of the county has registered it."""
    origin = request.headers.get("origin")
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


def let_in(answer: Answer, find: Callable[[Request], Database]) -> Answer:
    """An endpoint that pages of registered origins may use too; `find` gives its database."""

    async def answered(request: Request) -> Response:
        if request.method == "OPTIONS":
            return await preflight(request, find(request))
        response = await answer(request)
        if "origin" in request.headers:
            response.headers.update(await headers(request, find(request)))
        return response

    return answered


async def preflight(request: Request, database: Database) -> Response:
    """The answer to a browser that asks before it sends."""
    found = await headers(request, database)
    if "access-control-allow-origin" not in found:
        return Response("", 403, found)
    return Response("", 204, {**found, **ALLOWED})
