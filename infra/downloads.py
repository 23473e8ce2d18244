"""Downloads (下载): what the clock has written for somebody, to whoever has its address.

GET /audit/{county}/{pass} gives a part of an audit export, /evidence/{county}/{pass} the evidence
of a vote. Each is an event.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
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
from policies import Actor
from schema.errors import language_of, refusal
from services import vote_evidence
from services.audits import exports
from services.errors import NotFound
from services.events import ORIGIN, write
from services.passes import Purpose

TYPES = {"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv",
         "zip": "application/zip"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What is given: the key of its bytes, its name, and the event that says so."""

    id: UUID
    sha256: str
    name: str
    event: str
    whose: tuple[str, UUID]
    note: dict[str, Any] = field(default_factory=dict)


async def _part(session: AsyncSession, by: Actor, id_: UUID) -> Kept:
    part = await exports.find_part(session, by, id_)
    whose = ("AuditExport", part.export_id)
    event = "audit.export_fetched"
    return Kept(part.id, part.sha256, part.name, event, whose, {"part": part.name})


async def _evidence(session: AsyncSession, by: Actor, id_: UUID) -> Kept:
    row = await vote_evidence.find(session, by, id_)
    if row.sha256 is None:
        raise AddressRefused()
    name, whose = f"vote-{row.vote_id.hex}.zip", ("VoteEvidence", row.id)
    return Kept(row.id, row.sha256, name, "vote.evidence_fetched", whose)


Find = Callable[[AsyncSession, Actor, UUID], Awaitable[Kept]]
FINDS: dict[Purpose, Find] = {Purpose.export: _part, Purpose.evidence: _evidence}


def routes(database: Database, settings: Settings) -> list[Route]:
    """The endpoints as routes; pages of the county's registered origins may use them."""
    store = Store.of(settings)
    return [_route(database, store, purpose, find) for purpose, find in FINDS.items()]


def _route(database: Database, store: Store, purpose: Purpose, find: Find) -> Route:
    async def answer(request: Request) -> Response:
        try:
            at = await place(database, request, purpose)
            try:
                async with database.session(at.by.tenant_id, read_only=True) as session:
                    kept = await find(session, at.by, at.id)
            except NotFound:
                raise AddressRefused() from None
            async with database.session(at.by.tenant_id) as session:
                session.info[ORIGIN] = requests.address(request) or None
                write(session, at.by, kept.event, kept.whose, after=kept.note)
            size, chunks = await store.read(at.by.tenant_id, kept.id, kept.sha256)
            headers = {**ALWAYS, "content-length": str(size),
                       "content-disposition": disposition("attachment", kept.name)}  # fmt: skip
            return StreamingResponse(chunks, 200, headers, TYPES[kept.name.rpartition(".")[2]])
        except Exception as raised:
            language = language_of(requests.header(request, b"accept-language"))
            return refused_response(refusal(raised), language, JSON)

    shown = cors.let_in(answer, lambda _: database, "GET")
    return Route(path(purpose), shown, methods=["GET", "OPTIONS"])
