"""The minutes (纪要): drafted from what was recorded, in Markdown, the same text each time.

Who was there, each item with its outcome, each resolution with its owner and day. Titles and texts
are as they were recorded: the minutes are for those who sit there, not for the public.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, rows
from services.councils import CouncilRules, SeatKind
from services.errors import Said
from services.events import record
from services.meetings.states import Sitting
from services.meetings.tables import (
    AgendaItem,
    Attendance,
    Meeting,
    Minutes,
    Outcome,
    Recusal,
    Resolution,
)
from services.people import Person
from services.rows import made
from services.units import Unit

OUTCOMES: dict[Outcome, Said] = {
    Outcome.queued: Said("待议", "to be heard"),
    Outcome.resolved: Said("形成决议", "resolved"),
    Outcome.deferred: Said("延期再议", "deferred"),
    Outcome.referred: Said("转交", "referred"),
    Outcome.dismissed: Said("不采纳", "dismissed"),
    Outcome.taken_off: Said("退出议程", "taken off"),
}
# What Markdown would take for its own.
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>#|~"})


async def draft(session: AsyncSession, by: Actor, sitting: Sitting) -> Minutes:
    """Draft a meeting's minutes."""
    await session.flush()
    row = Minutes(
        **made(by, sitting.acting), meeting_id=sitting.meeting.id,
        text=await _written(session, by, sitting),
    )  # fmt: skip
    session.add(row)
    record(session, by, "minutes.drafted", row, acting=sitting.acting)
    return row


def hash_of(text: str) -> str:
    """By which a text of the minutes is known: SHA-256 of its UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def when(moment: datetime | None) -> str:
    """A moment as people here write it; a dash for one that isn't there."""
    return moment.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M") if moment else "—"


async def _written(session: AsyncSession, by: Actor, sitting: Sitting) -> str:
    meeting, rules = sitting.meeting, sitting.rules
    items = await rows.every(session, AgendaItem, by, "position", meeting_id=meeting.id)
    there = await rows.every(session, Attendance, by, "at", meeting_id=meeting.id)
    resolved = {
        one.item_id: one
        for one in await rows.every(session, Resolution, by, "id", meeting_id=meeting.id)
    }
    absent = await _recused(session, by, [item.id for item in items])
    names = await _names(session, by, [one.person_id for one in there])
    units = await _unit_names(session, by, items, list(resolved.values()))
    numbers = await _numbers(session, by, items)
    lines = [
        f"# {_plain(sitting.council.name)}第 {meeting.number} 次会议纪要",
        "",
        f"- 时间：{when(meeting.opened_at)} 至 {when(meeting.adjourned_at)}",
        f"- 地点：{_plain(meeting.place)}",
        f"- 法定到会：{rules.quorum} 方，实到 {len({one.kind for one in there})} 方",
        "",
        "## 到会",
        "",
        *(f"- {_seat(rules, one.kind)}：{_plain(names[one.person_id])}" for one in there),
        "",
        "## 议题与结果",
        "",
    ]
    by_attendance = {one.id: names[one.person_id] for one in there}
    for item in items:
        lines += _of_item(item, resolved.get(item.id), units, numbers)
        lines += [
            f"   - 回避：{_plain(by_attendance[one.attendance_id])}（{_plain(one.reason)}）"
            for one in absent
            if one.item_id == item.id
        ]
    return "\n".join([*lines, ""])


def _of_item(
    item: AgendaItem, resolution: Resolution | None, units: dict[UUID, str],
    numbers: dict[UUID, int],
) -> list[str]:  # fmt: skip
    lines = [f"{item.position}. {_plain(item.title)}——{OUTCOMES[Outcome(item.outcome)].zh}"]
    if item.said:
        lines.append(f"   - {_plain(item.said)}")
    if resolution is not None:
        owner = _plain(units[resolution.owner_id])
        lines.append(f"   - 承办：{owner}；期限：{resolution.due_on.isoformat()}")
    if item.referred_to_id is not None:
        lines.append(f"   - 转交：{_plain(units[item.referred_to_id])}")
    if item.deferred_to_id is not None:
        lines.append(f"   - 延至：第 {numbers[item.deferred_to_id]} 次会议")
    return lines


async def _recused(session: AsyncSession, by: Actor, items: Sequence[UUID]) -> list[Recusal]:
    wanted = select(Recusal).where(
        Recusal.tenant_id == by.tenant_id, col(Recusal.item_id).in_(items)
    )
    return list((await session.exec(wanted.order_by(col(Recusal.at)))).all())


async def _names(session: AsyncSession, by: Actor, people: Sequence[UUID]) -> dict[UUID, str]:
    wanted = select(Person.id, Person.name).where(
        Person.tenant_id == by.tenant_id, col(Person.id).in_(people)
    )
    return dict((await session.exec(wanted)).all())


async def _unit_names(
    session: AsyncSession, by: Actor, items: Sequence[AgendaItem], resolved: Sequence[Resolution]
) -> dict[UUID, str]:
    ids = {item.referred_to_id for item in items} | {one.owner_id for one in resolved}
    wanted = select(Unit.id, Unit.name).where(
        Unit.tenant_id == by.tenant_id, col(Unit.id).in_([one for one in ids if one])
    )
    return dict((await session.exec(wanted)).all())


async def _numbers(
    session: AsyncSession, by: Actor, items: Sequence[AgendaItem]
) -> dict[UUID, int]:
    """The numbers of the meetings to which items were deferred."""
    ids = {item.deferred_to_id for item in items if item.deferred_to_id}
    wanted = select(Meeting.id, Meeting.number).where(
        Meeting.tenant_id == by.tenant_id, col(Meeting.id).in_(ids)
    )
    return dict((await session.exec(wanted)).all())


def _seat(rules: CouncilRules, kind: str) -> str:
    return rules.labels[SeatKind(kind).value].zh


def _plain(text: str) -> str:
    """A recorded text on one line, with nothing in it that Markdown would take for its own."""
    return " ".join(text.split()).translate(MARKS)
