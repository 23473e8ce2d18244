"""Revealing (查看原值): the personal values of an event, for a purpose that is put on record."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import rows
from services.arguments import Length, Of
from services.events import Event, EventValue, write


@dataclass(frozen=True, slots=True)
class RevealedEvent:
    """The values that stand apart from an event, by their paths; what was erased is gone."""

    id: UUID
    values: dict[str, Any]


async def reveal(
    session: AsyncSession,
    by: Actor,
    *,
    event: Annotated[UUID, Of("Event"), "事件。 The event."],
    purpose: Annotated[str, Length(4, 500), "为了什么事。 What it is needed for; kept on record."],
) -> RevealedEvent:
    """Show what is personal of an event, for a purpose that is put on record."""
    row = await rows.find(session, Event, by, event)
    acting = authorize(by, "reveal", "audits")
    found = await rows.every(session, EventValue, by, "path", event_id=row.id)
    shown = {"paths": [one.path for one in found], "purpose": purpose}
    write(session, by, "audit.revealed", ("Event", row.id), acting=acting, after=shown)
    return RevealedEvent(row.id, {one.path: one.value for one in found})
