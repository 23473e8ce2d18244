"""Minutes over HTTP (纪要): GET gives a meeting's minutes as .docx, made as they stand now.

An address of minutes is the whole authority (`infra.passes`).
"""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra import cors, papers, requests
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, Place, disposition, path, place
from infra.requests import JSON
from schema.errors import language_of, refusal
from services.errors import NotFound
from services.meetings.papers import Paper, of_minutes
from services.passes import Purpose

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class MinutesAsDocx:
    """The endpoint, over one database; one is written at a time, and the loop goes on beside it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._pen = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """GET /minutes/{county}/{pass}."""
        try:
            return await self._give(await place(self.database, request, Purpose.minutes))
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    async def _give(self, at: Place) -> Response:
        paper = await self._paper(at)
        async with self._pen:
            made = await asyncio.to_thread(papers.docx, paper)
        named = disposition("attachment", f"{paper.title}.docx")
        return Response(made, headers={**ALWAYS, "content-disposition": named}, media_type=DOCX)

    async def _paper(self, at: Place) -> Paper:
        try:
            async with self.database.session(at.by.tenant_id, read_only=True) as session:
                return await of_minutes(session, at.by, at.id)
        except NotFound:
            raise AddressRefused() from None


def routes(database: Database) -> list[Route]:
    """The endpoint as a route; pages of the county's registered origins may use it."""
    endpoint = MinutesAsDocx(database)
    answer = cors.let_in(endpoint.answer, lambda _: database, "GET")
    return [Route(path(Purpose.minutes), answer, methods=["GET", "OPTIONS"])]
