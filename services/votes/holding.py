"""Holding (组织投票): voting opens, may be extended, and closes; the clock does what is due.

A roll that nobody froze is frozen as voting opens. What came in time on paper is entered and
confirmed after the close, too; nothing is counted before.
"""

from datetime import datetime

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import alarms, clock
from services.alarms import Alarm
from services.arguments import Reason, Version
from services.errors import Refused
from services.events import state_of
from services.votes import rolls
from services.votes.drafting import DAY
from services.votes.states import VOTING, Polling, go, rules_of, take
from services.votes.tables import ClosesAt, Vote, VoteId, VoteState


class ExtendedEnough(Refused):
    """投票最多延长 {times} 次，每次最多 {days} 天，且应晚于现在的截止时间 {until}。
    Voting is extended {times} times at most, by {days} days at most, beyond {until} as it stands.
    """


async def extend(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    closes_at: ClosesAt,
    reason: Reason,
    expected_version: Version = None,
) -> Vote:
    """Keep voting open for longer, within what the county has set; nobody knows a sum by then."""
    polling = await take(session, by, "extend", vote, expected_version=expected_version)
    row, rules = polling.vote, polling.rules
    is_within = row.closes_at < closes_at <= row.closes_at + rules.extension_days * DAY
    is_open = clock.now() < row.closes_at
    if not is_open or not is_within or row.extensions >= rules.extensions:
        raise ExtendedEnough(times=rules.extensions, days=rules.extension_days, until=row.closes_at)
    row.closes_at, row.extensions = closes_at, row.extensions + 1
    return go(session, by, "extend", polling, "extended", reason=reason)


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Open and close what is due, the longest due first."""
    voting = [state.value for state in VOTING]
    waiting = [VoteState.noticed.value, VoteState.frozen.value]
    due = (
        select(Vote)
        .where(
            Vote.tenant_id == by.tenant_id,
            or_(
                col(Vote.state).in_(waiting) & (col(Vote.opens_at) <= at),
                col(Vote.state).in_(voting) & (col(Vote.closes_at) <= at),
            ),
        )
        .order_by(col(Vote.opens_at), col(Vote.id))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = (await session.exec(due)).all()
    for row in found:
        await _advance(session, by, row)
    return len(found)


async def _advance(session: AsyncSession, by: Actor, row: Vote) -> None:
    rules = await rules_of(session, by, row)
    if row.state in VOTING:
        go(session, by, "close", Polling(row, rules, None, state_of(row)), "closed")
        return
    if row.state == VoteState.noticed:
        await rolls.frozen(session, by, Polling(row, rules, None, state_of(row)))
    go(session, by, "open", Polling(row, rules, None, state_of(row)), "opened")


alarms.ALARMS["votes"] = Alarm(look)
