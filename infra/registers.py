"""Registers over HTTP (登记簿下载): GET gives an estate's register as .xlsx, as it stands now.

Every cell is a text or a number, whatever it begins with: none of them is a formula.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import IO

import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from xlsxwriter.worksheet import Worksheet

from infra import cors, requests
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, Place, disposition, path, place
from infra.requests import JSON
from policies import Denied
from schema.errors import language_of, refusal
from services import register_exports
from services.errors import NotFound
from services.events import ORIGIN
from services.passes import Purpose
from services.register_exports import HEADINGS, ExportOver, Lines, Whose

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHUNK = 256 * 1024
# Nothing that is written is taken for something else.
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
           "strings_to_numbers": False}  # fmt: skip
WIDTHS = (14, 10, 10, 8, 12, 20, 14, 24, 20, 10, 28, 12, 10)


class Registers:
    """The endpoint, over one database; one is written at a time, and the loop goes on beside it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._pen = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """GET /registers/{county}/{pass}."""
        try:
            at = await place(self.database, request, Purpose.register)
            whose = await self._whose(at, requests.address(request) or None)
            file = await self._written(whose)
            named = disposition("attachment", f"{whose.estate}登记簿.xlsx")
            headers = {**ALWAYS, "content-disposition": named}
            return StreamingResponse(_bytes(file), 200, headers, XLSX)
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    async def _whose(self, at: Place, origin: str | None) -> Whose:
        """Whose export it is; where it is over, or no longer theirs, the address isn't good."""
        try:
            async with self.database.session(at.by.tenant_id) as session:
                session.info[ORIGIN] = origin
                return await register_exports.fetch(session, at.by, at.id)
        except (NotFound, ExportOver, Denied):
            raise AddressRefused() from None

    async def _written(self, whose: Whose) -> IO[bytes]:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed when its bytes have gone out
        # The rows stand in a file of the library's until the end, which is not always reached.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            book = xlsxwriter.Workbook(file, {**OPTIONS, "tmpdir": folder})
            sheet = _headed(book)
            async with (
                self._pen,
                self.database.session(whose.by.tenant_id, read_only=True) as session,
            ):
                at = 1
                async for some in register_exports.lines(session, whose.by, whose.row):
                    await asyncio.to_thread(_write, sheet, at, some)
                    at += len(some)
            await asyncio.to_thread(book.close)
        file.seek(0)
        return file


def routes(database: Database) -> list[Route]:
    """The endpoint as a route; pages of the county's registered origins may use it."""
    endpoint = Registers(database)
    answer = cors.let_in(endpoint.answer, lambda _: database, "GET")
    return [Route(path(Purpose.register), answer, methods=["GET", "OPTIONS"])]


def _headed(book: xlsxwriter.Workbook) -> Worksheet:
    sheet = book.add_worksheet("登记簿")
    for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading)
    sheet.freeze_panes(1, 1)
    return sheet


def _write(sheet: Worksheet, at: int, lines: Lines) -> None:
    for row, line in enumerate(lines, at):
        for column, value in enumerate(line):
            if isinstance(value, float):
                sheet.write_number(row, column, value)
            elif value:
                sheet.write_string(row, column, value)


async def _bytes(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
