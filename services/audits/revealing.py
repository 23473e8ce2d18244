"""Revealing (查看原值): the personal values of an event, for a purpose that is put on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import rows
from services.arguments import Length, Of
from services.events import Event, EventValue, commitment, write


@dataclass(frozen=True, slots=True)
class RevealedEvent:
    """The values that stand apart from an event, by their paths; what was erased is gone.

    `altered` are the paths at which another value stands than was sealed: that isn't shown.
    """

    id: UUID
    values: dict[str, Any]
    altered: list[str]


async def reveal(
    session: AsyncSession,
    by: Actor,
    *,
    event: Annotated[UUID, Of("Event"), "事件。 The event."],
    purpose: Annotated[str, Length(4, 500), "为了什么事。 What it is needed for; kept on record."],
) -> RevealedEvent:
    """Show what is personal of an event, for a purpose that is put on record."""
    acting = authorize(by, "reveal", "audits")
    row = await rows.find(session, Event, by, event)
    found = await rows.every(session, EventValue, by, "path", event_id=row.id)
    altered = [one.path for one in found if not is_as_sealed(row.apart, one)]
    shown = {"paths": [one.path for one in found], "altered": altered, "purpose": purpose}
    write(session, by, "audit.revealed", ("Event", row.id), acting=acting, after=shown)
    values = {one.path: one.value for one in found if one.path not in altered}
    return RevealedEvent(row.id, values, altered)


def is_as_sealed(apart: Mapping[str, Any] | None, kept: EventValue) -> bool:
    """Whether a value that stands apart is the one whose hash the event holds."""
    return (apart or {}).get(kept.path) == commitment(kept.salt, kept.value)
