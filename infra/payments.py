"""Payments over HTTP (收款): a payment file goes in by PUT, a provider's signed call by POST.

A file's address is the whole authority (`infra.passes`). A call's is its signature: an unknown
county, an unknown channel and a wrong signature are answered alike, after the same time.
"""

import asyncio
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra import cors, requests
from infra.allowances import Allowances
from infra.checking import Checker
from infra.database import Database
from infra.graphql import refused_response
from infra.passes import ALWAYS, AddressRefused, Place, path, place
from infra.requests import JSON
from infra.uploads import Uploads
from policies import Actor
from schema.errors import language_of, refusal
from services import clock, payment_channels, payment_files, rows
from services.errors import MediaTypeRefused, NotFound
from services.passes import Purpose
from services.payment_channels import CallDiffers, CallRefused
from services.payment_files.reading import read
from services.payment_files.tables import FileState, LineState, PaymentFile, PaymentLine
from services.tables import TenantState
from services.texts import is_storable

MOST_BYTES = 16_384
AT_ONCE = 4
REFUSAL_SECONDS = 0.25
CALLS_A_MINUTE = 600
HEADERS = ("x-sanfang-time", "x-sanfang-signature")


class Payments:
    """The endpoints, over one database; one file is made out at a time, beside the loop."""

    def __init__(self, database: Database, checker: Checker, uploads: Uploads) -> None:
        self.database, self.checker, self.uploads = database, checker, uploads
        self._allowances = Allowances(CALLS_A_MINUTE)
        self._calls, self._turn = asyncio.Semaphore(AT_ONCE), asyncio.Lock()

    async def put(self, request: Request) -> Response:
        """PUT /payment-files/{county}/{pass}."""
        try:
            at = await place(self.database, request, Purpose.payment_file)
            row = await self._take(request, at)
            kept = {"id": f"PaymentFile:{row.id}", "lines": row.total}
            return JSONResponse({"data": kept}, headers=ALWAYS)
        except Exception as raised:
            return _refused(raised, request)

    async def post(self, request: Request) -> Response:
        """POST /payments/{county}/{channel}: the same answer to the same call again."""
        leaves_at = asyncio.get_running_loop().time() + REFUSAL_SECONDS
        try:
            self._allowances.spend(requests.address(request), 1)
            if not requests.is_json(request):
                raise MediaTypeRefused()
            body = await requests.body(request, MOST_BYTES)
            async with self._calls:
                line = await self._call(request, body)
            if line.state == LineState.differing:
                raise CallDiffers()
            return JSONResponse({"data": _kept(line)}, headers=ALWAYS)
        except CallRefused as raised:
            await asyncio.sleep(max(0.0, leaves_at - asyncio.get_running_loop().time()))
            return _refused(raised, request)
        except Exception as raised:
            return _refused(raised, request)

    async def _take(self, request: Request, at: Place) -> PaymentFile:
        async with self.uploads.received(request) as (sent, digest):
            row = await self._row(at)
            payment_files.check_same(row, digest)
            if row.state != FileState.prepared:
                return row
            table = await self.checker.tabulate(sent)
        async with self._turn:
            said = await asyncio.to_thread(read, table.rows, clock.now())
            async with self.database.session(at.by.tenant_id) as session:
                return await payment_files.receive(
                    session, at.by, row=at.id, said=said, sha256=digest
                )

    async def _row(self, at: Place) -> PaymentFile:
        try:
            async with self.database.session(at.by.tenant_id, read_only=True) as session:
                return await rows.find(session, PaymentFile, at.by, at.id)
        except NotFound:
            raise AddressRefused() from None

    async def _call(self, request: Request, body: bytes) -> PaymentLine:
        slug, name = request.path_params["tenant"], request.path_params["channel"]
        headers = {one: requests.header(request, one.encode()) or "" for one in HEADERS}
        known = await self.database.tenant(slug, fresh=True) if is_storable(slug) else None
        if known is None or known[1] != TenantState.active or not is_storable(name):
            payment_channels.refuse_after_all(headers, body)
        try:
            return await self._told(known[0], slug, name, headers, body)
        except IntegrityError:
            # Somebody recorded it by hand at this moment: now it is there, and is found.
            return await self._told(known[0], slug, name, headers, body)

    async def _told(
        self, tenant_id: UUID, slug: str, name: str, headers: dict[str, str], body: bytes
    ) -> PaymentLine:
        async with self.database.session(tenant_id) as session:
            by = Actor(tenant_id, slug)
            return await payment_channels.take(session, by, name=name, headers=headers, body=body)


def routes(database: Database, checker: Checker, uploads: Uploads) -> list[Route]:
    """The endpoints; pages of the county's registered origins may send files, and make no calls."""
    endpoint = Payments(database, checker, uploads)
    put = cors.let_in(endpoint.put, lambda _: database, "PUT")
    return [
        Route(path(Purpose.payment_file), put, methods=["PUT", "OPTIONS"]),
        Route("/payments/{tenant}/{channel}", endpoint.post, methods=["POST"]),
    ]


def _kept(line: PaymentLine) -> dict[str, str | None]:
    """What the provider is told: the line, and the payment where it is on the ledger."""
    payment = f"Payment:{line.payment_id}" if line.payment_id else None
    return {"line": f"PaymentLine:{line.id}", "state": line.state, "payment": payment}


def _refused(raised: Exception, request: Request) -> Response:
    language = language_of(requests.header(request, b"accept-language"))
    return refused_response(refusal(raised), language, JSON)
