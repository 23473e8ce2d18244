"""Retention (留存期限): events stay; what is personal of them goes when its years are over.

At least three years, as the rules for administrators' logs demand. What goes is the value and its
salt: the hash in the sealed event says nothing any more, and still fits the tree.
"""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import delete, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, packs
from services.errors import Said
from services.events import Event, EventValue, write

SECTION = "retention"
AT_ONCE = 1_000
FEBRUARY_29 = (2, 29)


@packs.section(SECTION, "留存", "Retention")
class RetentionRules(packs.Section):
    """For how many years the personal values of events are kept; events themselves always are."""

    personal_years: Annotated[
        int, Field(ge=3, le=100), Said("事件中个人信息留存几年", "Years that personal values stay")
    ] = 3


async def expire(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Let go of the personal values of events that are older than the county keeps them."""
    rules = await packs.read(session, by, SECTION, RetentionRules)
    before = years_before(at, rules.personal_years)
    old = (
        select(col(EventValue.id))
        .join(Event, (col(Event.tenant_id) == EventValue.tenant_id)
              & (col(Event.id) == EventValue.event_id))
        .where(col(EventValue.tenant_id) == by.tenant_id, col(Event.at) < before)
        .order_by(col(Event.at), col(EventValue.id))
        .limit(AT_ONCE)
    )  # fmt: skip
    gone = delete(EventValue).where(
        col(EventValue.tenant_id) == by.tenant_id, col(EventValue.id).in_(old)
    )
    number = (await session.exec(gone)).rowcount
    if number:
        note = {"values": number, "before": before.isoformat()}
        write(session, by, "audit.expired", ("Tenant", by.tenant_id), after=note)
    return number


def years_before(at: datetime, years: int) -> datetime:
    """The same moment so many years ago; of the 29th of February the day before."""
    is_leap_day = (at.month, at.day) == FEBRUARY_29
    return at.replace(year=at.year - years, day=28 if is_leap_day else at.day)


alarms.ALARMS["retention"] = alarms.Alarm(expire)
