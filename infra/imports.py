"""Imports over HTTP (登记导入上传): PUT lets the file of a register import in.

The file is read in a process of its own; what is kept of it are its rows, sealed. Its address is
the whole authority (`infra.passes`).
"""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra import cors, requests
from infra.checking import Checker
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, Place, path, place
from infra.requests import JSON
from infra.uploads import Uploads
from schema.errors import language_of, refusal
from services import register_imports, rows
from services.errors import NotFound
from services.passes import Purpose
from services.register_imports import ImportState, RegisterImport


class Imports:
    """The endpoint, over one database; one file is made out at a time, beside the loop."""

    def __init__(self, database: Database, checker: Checker, uploads: Uploads) -> None:
        self.database, self.checker, self.uploads = database, checker, uploads
        self._turn = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """PUT /imports/{county}/{pass}."""
        try:
            at = await place(self.database, request, Purpose.register_import)
            return _taken(await self._take(request, at))
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    async def _take(self, request: Request, at: Place) -> RegisterImport:
        async with self.uploads.received(request) as (sent, digest):
            row = await self._row(at)
            register_imports.check_same(row, digest)
            if row.state != ImportState.prepared:
                return row
            table = await self.checker.tabulate(sent)
        async with self._turn:
            read = await asyncio.to_thread(register_imports.read, table.rows)
            async with self.database.session(at.by.tenant_id) as session:
                return await register_imports.receive(
                    session, at.by, row=at.id, sheet=(table.sheet, table.sheets), read=read,
                    sha256=digest,
                )  # fmt: skip

    async def _row(self, at: Place) -> RegisterImport:
        try:
            async with self.database.session(at.by.tenant_id, read_only=True) as session:
                return await rows.find(session, RegisterImport, at.by, at.id)
        except NotFound:
            raise AddressRefused() from None


def routes(database: Database, checker: Checker, uploads: Uploads) -> list[Route]:
    """The endpoint as a route; pages of the county's registered origins may use it."""
    endpoint = Imports(database, checker, uploads)
    answer = cors.let_in(endpoint.answer, lambda _: database, "PUT")
    return [Route(path(Purpose.register_import), answer, methods=["PUT", "OPTIONS"])]


def _taken(row: RegisterImport) -> Response:
    """How many rows there are; what each comes to is read by GraphQL."""
    kept = {"id": f"RegisterImport:{row.id}", "sheet": row.sheet, "rows": row.total,
            "columns": row.columns, "ignored": row.ignored, "bad": row.bad}  # fmt: skip
    return JSONResponse({"data": kept}, headers=ALWAYS)
