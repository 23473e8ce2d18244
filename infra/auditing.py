"""Auditing (留痕): what is put on record though no command ran: refusals, and what auditors read.

In a transaction of its own. An auditor is answered once their reading stands on record.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from infra.database import Database
from schema.reading.values import type_named
from services.errors import Forbidden, Refused
from services.events import ORIGIN, write
from services.standing import Authority

AUDITOR = "auditor"
MOST_IDS = 20
EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Auditing:
    """Writes into the record of whichever county it is about."""

    database: Database

    async def refused(
        self, refused: Refused, authority: Authority | None, origin: str, asked: Mapping[str, Any]
    ) -> None:
        """A refusal of authority, of somebody who is known; what nobody may do is no news."""
        if authority is None or not isinstance(refused, Forbidden) or _whose(authority) is None:
            return
        permission = f"{refused.facts['object']}.{refused.facts['action']}"
        after = {"permission": permission, "code": refused.code, **asked}
        await self._write(authority, origin, "authority.refused", after)

    async def read(
        self, authority: Authority, origin: str, text: str, fields: Sequence[str], rows: int
    ) -> None:
        """What somebody reads as an auditor: which document, which fields of Query, how much."""
        after = {
            "document": hashlib.sha256(text.encode()).hexdigest(),
            "fields": list(fields),
            "rows": rows,
        }
        await self._write(authority, origin, "audit.read", after)

    async def _write(
        self, authority: Authority, origin: str, name: str, after: Mapping[str, Any]
    ) -> None:
        actor, whose = authority.actor, _whose(authority)
        assert whose is not None  # noqa: S101
        acting = next((post for post in actor.posts if post.role == AUDITOR), None)
        async with self.database.session(actor.tenant_id) as session:
            session.info[ORIGIN] = origin or None
            write(session, actor, name, whose, acting=acting, after=after)


def is_audited(authority: Authority, objects: Collection[str]) -> bool:
    """Whether a reading of these objects is put on record: an auditor's own, and whoever else's of
    events.
    """
    return AUDITOR in authority.actor.roles or EVENTS in objects


def ids_in(given: Mapping[str, Any]) -> dict[str, str]:
    """The global ids among arguments, by their names; nothing else of them is put on record."""
    found = {
        name: value
        for name, value in given.items()
        if isinstance(value, str) and type_named(value) is not None
    }
    return dict(list(found.items())[:MOST_IDS])


def _whose(authority: Authority) -> tuple[str, UUID] | None:
    actor = authority.actor
    if actor.person_id is not None:
        return "Person", actor.person_id
    return None if actor.client_id is None else ("Client", actor.client_id)
