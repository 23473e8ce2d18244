"""The console: GraphiQL for people, from this server and nowhere else."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra import requests

HERE = Path(__file__).parent / "console"
KINDS = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; font-src 'self' data:; frame-ancestors 'none'"
)
A_DAY = "public, max-age=86400"


def page() -> Response:
    """The page itself."""
    headers = {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
    }
    return Response((HERE / "page.html").read_bytes(), 200, headers, "text/html")


async def asset(request: Request) -> Response:
    """A part of the page: as published and compressed, or one of our own."""
    name = request.path_params["name"]
    kind = KINDS.get(Path(name).suffix)
    packed, plain = HERE / f"{name}.gz", HERE / name
    if kind is None or "/" in name or not (packed.exists() or plain.exists()):
        return Response("", 404)
    headers = {"cache-control": A_DAY, "x-content-type-options": "nosniff"}
    if packed.exists():
        headers["content-encoding"] = "gzip"
        return Response(packed.read_bytes(), 200, headers, kind)
    return Response(plain.read_bytes(), 200, headers, kind)


def routes() -> list[Route]:
    """Where the page's parts are."""
    return [Route("/console/{name}", asset)]


def wants_page(request: Request) -> bool:
    """A browser that came to look, not a caller that asks."""
    if request.method != "GET" or "query" in request.query_params:
        return False
    return "text/html" in requests.accepted(request)
