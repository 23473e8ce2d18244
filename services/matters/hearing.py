"""Hear (听事): a matter is raised, goes up the line to the grid head, and a member asks about it.

The line (单元长、楼栋长、网格长) is S10 of the account: each entry says who passed it on, when,
and how long it lay with them. A confidential matter goes straight to the grid head.
"""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, errors, packs, rows, units
from services.arguments import Length, Of, Reason, UnitId, Version
from services.calendar import CalendarRules
from services.errors import BadInput, Refused
from services.matters import deadlines, evidence, raisers
from services.matters.arguments import Detail, Files, MatterId, Said, Story, Title, Words
from services.matters.moving import (
    LINE,
    OwnMatter,
    Raiser,
    above,
    above_the_grid,
    begin,
    go,
    latest,
    ranks_of,
    take,
)
from services.matters.rules import MatterRules
from services.matters.states import STEPS, MatterState
from services.matters.tables import Channel, Matter, Visibility
from services.notices import MatterWatcher
from services.prepared import put
from services.rows import made
from services.tree import HOLD
from services.units import Unit, UnitKind

DAY = timedelta(days=1)
TABLED = STEPS.index(MatterState.tabled)
PLACES = (UnitKind.stairwell, UnitKind.building, UnitKind.estate, UnitKind.grid)
# Without letters and digits that look alike when read over the phone.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class PlaceUnfit(Refused):
    """事项的地点应是网格里的小区、楼栋或单元：{id}。
    A matter's place is a grid, or an estate, building or stairwell in one: {id}.
    """


class RaisedOften(Refused):
    """一天之内自己最多提 {limit} 件事项，您已经提了这么多。请改天再提；急事请直接联系网格员。
    You have raised {limit} matters within a day: raise more another day, or call the grid worker.
    """


class StaysTabled(Refused):
    """代人提出的事项已提交圆桌会，由圆桌会作出结果，不能代为撤回。
    What was taken down for another lies with the round table, which disposes of it: it stays.
    """


class NothingAdded(Refused):
    """请写明补充了什么：标题、正文、具体位置或文件，至少一项。
    Add what was missing: the title, the text, where exactly, or a file.
    """


class OwnReturn(Refused):
    """这件事项是您代为记录的，由您代提事人补充，不能由您退回：请联系提事人，或请别人退回。
    You took this down and answer for its raiser, so you don't return it: ask them, or let another.
    """


class LineEnded(Refused):
    """事项已到网格长，请受理（acceptMatter）或退回（returnMatter）。
    The matter has reached the grid head: accept it (acceptMatter) or return it (returnMatter).
    """


class LineUnfinished(Refused):
    """事项还没有逐级报到网格长，请先上报（passOnMatter）。
    The matter hasn't come up the line to the grid head yet: pass it on first (passOnMatter).
    """


class OthersWait(Refused):
    """别人的事项已并入这一件（{number} 件），不能撤回：由网格办理，或说明理由不予受理。
    Others' matters were merged into this one ({number}): the grid handles it, or refuses it.
    """


async def raise_(
    session: AsyncSession,
    by: Actor,
    *,
    category: Annotated[str, Length(1, 40), "本县的事项类别。 One of the county's categories."],
    title: Title,
    text: Story,
    place: UnitId,
    place_detail: Detail = None,
    visibility: Annotated[Visibility, "谁能知道。 Who may come to know of it."] = Visibility.public,
    is_urgent: Annotated[bool, "是否紧急，按小时计时。 Whether it is urgent: hours count."] = False,
    channel: Annotated[
        Channel, "本人提出，或代为记录的来电、走访。 By oneself, or taken down for another."
    ] = Channel.own,
    raiser: Annotated[UUID | None, Of("Person"), "代谁提出。 For whom, if registered."] = None,
    raiser_name: Annotated[str | None, Length(1, 80), "提事人姓名。 The raiser's name."] = None,
    raiser_phone: Annotated[str | None, Length(3, 30), "提事人电话。 Their number."] = None,
    files: Files = None,
) -> Matter:
    """Raise a matter, for oneself or, by phone or at a visit, on behalf of a resident."""
    where = await units.find_open(session, by, place)
    ranks = await ranks_of(session, by, where.id)
    is_own = channel is Channel.own
    within, owner = [unit for unit, _ in ranks], by.person_id
    acting = authorize(
        by, "raise", "matters", within=() if is_own else within, owner=owner if is_own else None
    )
    placed = await _where(session, by, where, ranks, visibility, None if is_own else acting)
    row = Matter(
        **made(by, acting), **placed,
        code=_new_code(), category=category, title=title, text=text, place_detail=place_detail,
        visibility=visibility, channel=channel, is_urgent=is_urgent, raised_at=clock.now(),
        raiser_id=by.person_id if is_own else raiser,
    )  # fmt: skip
    await raisers.note(session, by, row, raiser_name, raiser_phone)
    await _begin(session, by, row, acting, files)
    return row


async def pass_on(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Pass a matter on to the next head of the line; who has passed it on has done so."""
    found = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await ranks_of(session, by, found.place_id)
    case = await take(
        session, by, "pass_on", matter, expected_version=expected_version,
        within=above(ranks, found.holder_id),
    )  # fmt: skip
    line = _line(case.ranks)
    place = line.index(case.matter.holder_id)
    if place + 1 == len(line):
        raise LineEnded()
    return await go(session, by, "pass_on", case, said=words, to=line[place + 1])


async def accept(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Accept a matter for the grid: the line has ended, a member is to ask about it."""
    case = await take(session, by, "accept", matter, expected_version=expected_version)
    if case.matter.holder_id != case.matter.grid_id:
        raise LineUnfinished()
    return await go(session, by, "accept", case, said=words)


async def inquire(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    contacted_at: Annotated[datetime, "与提事人联系的时刻。 When the raiser was contacted."],
    said: Said,
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Record a party member's contact with the raiser (党员问事)."""
    beside = await _branches(session, by, matter)
    case = await take(
        session, by, "inquire", matter, expected_version=expected_version, beside=beside
    )
    row = case.matter
    if by.person_id == row.raiser_id:
        raise OwnMatter()
    if contacted_at > clock.now():
        raise BadInput(argument="contactedAt", reason=errors.Said("还没有到", "is still to come"))
    # By the minute, as people note it.
    if contacted_at < row.raised_at.replace(second=0, microsecond=0):
        raise BadInput(
            argument="contactedAt",
            reason=errors.Said("早于提事的时刻", "before the matter was raised"),
        )
    row.inquired_by = by.person_id
    when = contacted_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
    return await go(session, by, "inquire", case, said=f"[{when}] {said}", files=files)


async def return_(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Return a matter to its raiser, who is told what is missing.

    One that was taken down is answered by the grid itself: it is returned again from above the grid
    alone, else its first steps could begin anew for ever.
    """
    case = await take(session, by, "return", matter, expected_version=expected_version)
    is_on_behalf = case.matter.raiser_id is None
    if is_on_behalf and by.person_id == case.matter.made_by:
        raise OwnReturn()
    if is_on_behalf and await latest(session, case.matter, "return") is not None:
        case.acting = above_the_grid(by, case, "return")
    return await go(session, by, "return", case, said=reason)


async def resubmit(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    title: Title | None = None,
    text: Story | None = None,
    place_detail: Detail = None,
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Send a returned matter again, with what was missing; what is left out stays."""
    case = await take(
        session, by, "resubmit", matter, expected_version=expected_version, raiser=Raiser.alone
    )
    if not (title or text or place_detail or files):
        raise NothingAdded()
    row = case.matter
    row.title, row.text = title or row.title, text or row.text
    row.place_detail = place_detail or row.place_detail
    is_confidential = row.visibility == Visibility.confidential
    first = row.grid_id if is_confidential else _line(case.ranks)[0]
    return await go(session, by, "resubmit", case, to=first, files=files)


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Withdraw one's own matter before it is handled; it stays on record."""
    case = await take(
        session, by, "withdraw", matter, expected_version=expected_version, raiser=Raiser.alone
    )
    is_on_behalf = case.matter.raiser_id is None
    if is_on_behalf and STEPS.index(MatterState(case.matter.step)) >= TABLED:
        raise StaysTabled()
    await _check_alone(session, by, case.matter)
    return await go(session, by, "withdraw", case, said=reason)


async def _where(
    session: AsyncSession,
    by: Actor,
    place: Unit,
    ranks: list[tuple[UUID, UnitKind]],
    visibility: Visibility,
    acting: Held | None,
) -> dict[str, Any]:
    """The place with its grid, from where the matter is seen, and who has it in hand first.

    That is the lowest head of the line; what a head takes down is with that head at once.
    """
    grid = next((unit for unit, kind in ranks if kind is UnitKind.grid), None)
    if grid is None or place.kind not in PLACES:
        raise PlaceUnfit(id=f"Unit:{place.id}")
    line = _line(ranks)
    taken_down_by = acting.unit_id if acting and acting.unit_id in line else None
    is_taken_down = acting is not None and acting.unit_id in [unit for unit, _ in ranks]
    first = taken_down_by or (line[-1] if is_taken_down else line[0])
    is_confidential = visibility is Visibility.confidential
    return {
        "place_id": place.id,
        "grid_id": grid,
        "scope_id": grid if is_confidential else place.id,
        "holder_id": grid if is_confidential else first,
        "pack_id": await packs.active(session, by),
    }


async def _begin(
    session: AsyncSession, by: Actor, row: Matter, acting: Held | None, files: Files
) -> None:
    rules = await packs.read_edition(session, by, row.pack_id, "matters", MatterRules)
    if row.category not in rules.categories:
        known = rules.categories
        zh = "、".join(f"{name}（{label.zh}）" for name, label in known.items())
        en = ", ".join(f"{name} ({label.en})" for name, label in known.items())
        raise BadInput(argument="category", reason=errors.Said(f"应是 {zh} 之一", f"one of {en}"))
    if row.channel == Channel.own:
        await _check_number(session, by, rules.most_a_day)
    calendar = await packs.read_edition(session, by, row.pack_id, "calendar", CalendarRules)
    row.due_at = deadlines.of(rules, calendar, row, row.raised_at)
    row.alarm_at = deadlines.alarm(rules, calendar, row)
    session.add(row)
    begin(session, by, row, acting)
    await evidence.attach(session, by, row, rules, "raise", files)
    # Whoever took it down for one who isn't registered answers for them, and is told for them.
    follower = row.raiser_id or row.made_by
    if follower is not None:
        put(session, MatterWatcher, tenant_id=by.tenant_id, matter_id=row.id, person_id=follower)


async def _check_number(session: AsyncSession, by: Actor, limit: int) -> None:
    """So many of one's own within a day; two at once are counted one after the other."""
    await HOLD.rows(session, name=f"matters:{by.tenant_id}:{by.person_id}")
    raised = select(func.count()).where(
        Matter.tenant_id == by.tenant_id, Matter.raiser_id == by.person_id,
        Matter.channel == Channel.own, Matter.raised_at > clock.now() - DAY,
    )  # fmt: skip
    if (await session.exec(raised)).one() >= limit:
        raise RaisedOften(limit=limit)


def _line(ranks: list[tuple[UUID, UnitKind]]) -> list[UUID]:
    """The units of the line that the place has, from the lowest to the grid."""
    return [unit for unit, kind in ranks if kind in LINE]


async def _check_alone(session: AsyncSession, by: Actor, row: Matter) -> None:
    """What others were merged into isn't its raiser's alone any more."""
    merged = select(func.count()).where(
        Matter.tenant_id == by.tenant_id, Matter.merged_into_id == row.id
    )
    number = (await session.exec(merged)).one()
    if number:
        raise OthersWait(number=number)


async def _branches(session: AsyncSession, by: Actor, matter: UUID) -> list[UUID]:
    """The party branches of the matter's grid, whose members ask; but not what is confidential."""
    row = await rows.find(session, Matter, by, matter)
    if row.visibility == Visibility.confidential:
        return []
    wanted = select(Unit.id).where(
        Unit.tenant_id == by.tenant_id, Unit.parent_id == row.grid_id,
        Unit.kind == UnitKind.party_branch, col(Unit.until).is_(None),
    )  # fmt: skip
    return list(await session.exec(wanted))


def _new_code() -> str:
    """A short number to name the matter by: the day, and five letters drawn by lot."""
    drawn = "".join(secrets.choice(LETTERS) for _ in range(5))
    return f"{clock.today():%y%m%d}-{drawn}"
