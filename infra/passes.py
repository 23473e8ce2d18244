"""Passes over HTTP (凭条): what an address of files or minutes opens, and how its bytes go out.

The address is the whole authority: it names the county and the row, and its pass ends soon. No
address that isn't good says why, and no cookie is looked at.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from starlette.requests import Request

from infra.database import Database
from policies import Actor
from services.errors import Refused
from services.passes import PATHS, Purpose
from services.tables import TenantState

NOT_PLAIN = re.compile(r"[^0-9A-Za-z._-]")
# Nothing that is given can do anything, wherever it is opened; other pages may show it.
ALWAYS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cross-origin-resource-policy": "cross-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class AddressRefused(Refused, status=404):
    """这个地址无效或已失效，请重新获取。
    This address isn't good, or is over. Ask for a new one.
    """


@dataclass(slots=True)
class Place:
    """What an address names: the county, as somebody who is nobody there, and the row."""

    by: Actor
    id: UUID


def path(purpose: Purpose) -> str:
    """The route on which such passes are taken."""
    return f"/{PATHS[purpose]}/{{tenant}}/{{token}}"


async def place(database: Database, request: Request, purpose: Purpose) -> Place:
    """Where the address leads; the county's state is asked for each time."""
    slug, token = request.path_params["tenant"], request.path_params["token"]
    known = await database.tenant(slug, fresh=True)
    if known is None or known[1] != TenantState.active:
        raise AddressRefused()
    id_ = database.passes.prove(known[0], purpose, token)
    if id_ is None:
        raise AddressRefused()
    return Place(Actor(known[0], slug), id_)


def disposition(way: str, name: str) -> str:
    """Shown or saved, under its name (RFC 6266)."""
    plain = NOT_PLAIN.sub("_", name)
    return f"{way}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
