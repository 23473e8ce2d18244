"""Auditing (留痕): what is put on record though no command ran: refusals, and what auditors read.

In a transaction of its own. An auditor is answered once their reading stands on record.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from infra.database import Database
from schema.reading.values import parse_id, type_named
from services.errors import Forbidden, Refused
from services.events import OFFICE, ORIGIN, write
from services.standing import Authority

AUDITOR = "auditor"
MOST_IDS = 20
EVENTS = "events"


@dataclass(slots=True)
class Read:
    """What was read: which document, which fields at its root, of which objects, how much."""

    text: str
    rows: int
    fields: list[str] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, given: Mapping[str, Any]) -> None:
        """One field at the root, with its arguments."""
        self.fields.append(name)
        self.ids |= {f"{name}.{at}": id_ for at, id_ in ids_in(given).items()}

    @property
    def said(self) -> dict[str, Any]:
        """As it stands in the event."""
        document = hashlib.sha256(self.text.encode()).hexdigest()
        ids = dict(list(self.ids.items())[:MOST_IDS])
        return {"document": document, "fields": self.fields, "ids": ids, "rows": self.rows}


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
        about = _about(asked.get("ids", {})) or _whose(authority)
        await self._write(authority, origin, "authority.refused", after, about)

    async def read(self, authority: Authority, origin: str, read: Read) -> None:
        """What somebody reads as an auditor."""
        await self._write(authority, origin, "audit.read", read.said, _whose(authority))

    async def _write(
        self,
        authority: Authority,
        origin: str,
        name: str,
        after: Mapping[str, Any],
        whose: tuple[str, UUID] | None,
    ) -> None:
        actor = authority.actor
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
    """The global ids among arguments, by their names, those within a filter too; nothing else of
    them is put on record.
    """
    found: dict[str, str] = {}
    for name, value in given.items():
        if isinstance(value, str) and type_named(value) is not None:
            found[name] = value
        elif isinstance(value, Mapping):
            found |= {f"{name}.{at}": id_ for at, id_ in ids_in(value).items()}
    return dict(list(found.items())[:MOST_IDS])


def _about(ids: Mapping[str, str]) -> tuple[str, UUID] | None:
    """What a refusal is about, if that isn't of the administration: who reads of that alone is not
    to read of this. It is of no type, since it is no news to whoever watches the object.
    """
    named = (parse_id(id_, "id") for id_ in ids.values())
    return next((("Refusal", id_) for type_name, id_ in named if type_name not in OFFICE), None)


def _whose(authority: Authority) -> tuple[str, UUID] | None:
    actor = authority.actor
    if actor.person_id is not None:
        return "Person", actor.person_id
    return None if actor.client_id is None else ("Client", actor.client_id)
