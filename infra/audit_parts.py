"""Audit parts over HTTP (审计导出下载): GET /audit/{county}/{pass}, whoever has the address."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from infra import cors, requests
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, disposition, path, place
from infra.requests import JSON
from infra.settings import Settings
from infra.stores import Store
from schema.errors import language_of, refusal
from services.audits import exports
from services.errors import NotFound
from services.events import ORIGIN, write
from services.passes import Purpose

TYPES = {"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv"}


def routes(database: Database, settings: Settings) -> list[Route]:
    """The endpoint as a route; pages of the county's registered origins may use it."""
    store = Store.of(settings)

    async def answer(request: Request) -> Response:
        try:
            at = await place(database, request, Purpose.export)
            try:
                async with database.session(at.by.tenant_id, read_only=True) as session:
                    part = await exports.find_part(session, at.by, at.id)
            except NotFound:
                raise AddressRefused() from None
            async with database.session(at.by.tenant_id) as session:
                session.info[ORIGIN] = requests.address(request) or None
                whose, after = ("AuditExport", part.export_id), {"part": part.name}
                write(session, at.by, "audit.export_fetched", whose, after=after)
            size, chunks = await store.read(at.by.tenant_id, part.id, part.sha256)
            headers = {**ALWAYS, "content-length": str(size),
                       "content-disposition": disposition("attachment", part.name)}  # fmt: skip
            media_type = TYPES[part.name.rpartition(".")[2]]
            return StreamingResponse(chunks, 200, headers, media_type)
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    shown = cors.let_in(answer, lambda _: database, "GET")
    return [Route(path(Purpose.export), shown, methods=["GET", "OPTIONS"])]
