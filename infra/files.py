"""Files over HTTP (文件传输): PUT lets a prepared file's bytes in, GET gives a stored one's out.

A file's address is the whole authority (`infra.passes`).
"""

from collections.abc import Mapping
from pathlib import PurePath

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra import cors, requests
from infra.checking import Checker
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, Place, disposition, path, place
from infra.requests import JSON
from infra.settings import Settings
from infra.stores import Store
from infra.uploads import Uploads
from schema.errors import language_of, refusal
from services import files
from services.errors import NotFound
from services.files import File, FileState, FileStored
from services.passes import Purpose

PICTURE = "image/jpeg"


class Files:
    """The endpoint, over one database and one store."""

    def __init__(
        self, database: Database, store: Store, checker: Checker, uploads: Uploads
    ) -> None:
        self.database, self.store = database, store
        self.checker, self.uploads = checker, uploads

    async def answer(self, request: Request) -> Response:
        """PUT or GET /files/{county}/{pass}."""
        try:
            is_put = request.method == "PUT"
            purpose = Purpose.upload if is_put else Purpose.read
            at = await place(self.database, request, purpose)
            return await (self._take(request, at) if is_put else self._give(at))
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    async def _take(self, request: Request, at: Place) -> Response:
        """Look at the bytes, keep them, and only then say so in the row."""
        tenant_id, file = at.by.tenant_id, at.id
        async with self.uploads.received(request) as (sent, digest):
            row = await self._row(at)
            files.check_same(row, digest)
            if row.state == FileState.stored:
                return _stored(row)
            content, kept = await self.checker.check(sent, digest)
        await self.store.write(tenant_id, file, content.sha256, kept)
        try:
            async with self.database.session(tenant_id) as session:
                return _stored(await files.store(session, at.by, file=file, content=content))
        except FileStored:
            # Two that differ in what isn't kept are the same bytes here.
            if (await self._row(at)).sha256 != content.sha256:
                await self.store.forget(tenant_id, file, content.sha256)
            raise

    async def _give(self, at: Place) -> Response:
        row = await self._row(at)
        if row.sha256 is None or row.media_type is None:
            raise AddressRefused()
        size, chunks = await self.store.read(at.by.tenant_id, at.id, row.sha256)
        headers = {**ALWAYS, "content-length": str(size), "content-disposition": _saved(row)}
        return StreamingResponse(chunks, 200, headers, row.media_type)

    async def _row(self, at: Place) -> File:
        try:
            async with self.database.session(at.by.tenant_id, read_only=True) as session:
                return await files.find(session, at.by, at.id)
        except NotFound:
            raise AddressRefused() from None


def routes(
    database: Database, settings: Settings, checker: Checker, uploads: Uploads
) -> list[Route]:
    """The endpoint as a route; pages of the county's registered origins may use it."""
    endpoint = Files(database, Store.of(settings), checker, uploads)
    answer = cors.let_in(endpoint.answer, lambda _: database, "GET, PUT")
    methods = ["GET", "PUT", "OPTIONS"]
    return [Route(path(Purpose.read), answer, methods=methods)]


def _stored(row: File) -> Response:
    """What is kept; the file itself is read by GraphQL, whoever may."""
    kept: Mapping[str, object] = {
        "id": f"File:{row.id}", "mediaType": row.media_type, "size": row.size,
        "sha256": row.sha256, "originalSha256": row.original_sha256,
        "width": row.width, "height": row.height,
    }  # fmt: skip
    return JSONResponse({"data": kept}, headers=ALWAYS)


def _saved(row: File) -> str:
    """Pictures are shown, being our own making; all else is saved."""
    is_picture = row.media_type == PICTURE
    name = PurePath(row.name).stem + (".jpg" if is_picture else ".pdf")
    return disposition("inline" if is_picture else "attachment", name)
