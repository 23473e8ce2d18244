"""The heads' first opinion (三长初议): each says settle or table, or is recorded as absent.

An absence counts only with a reason and after the deadline. What all of them would settle is
settled at once, as a decision on record; everything else goes to the round table.
"""

from typing import Annotated
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied
from services import clock, councils
from services.arguments import Reason, Version
from services.errors import Refused, called
from services.matters.arguments import Files, MatterId, Said, Words
from services.matters.moving import Case, entries, go, take
from services.matters.rules import Head
from services.matters.states import MatterState
from services.matters.tables import Matter, MatterEntry, Recommendation, Visibility
from services.units import LABELS, UnitKind


class OpinionsMissing(Refused):
    """还缺这些负责人的初议：{heads}。请他们给出意见；逾期的记录缺席（excuseHead）。
    These opinions are missing: {heads}. Ask for them; once overdue, record an absence (excuseHead).
    """


class OpinionGiven(Refused):
    """这一级的初议已经记录：{head}。
    The opinion of this head is on record already: {head}.
    """


class NotAHead(Refused):
    """这个事项的初议没有这一级：{head}。
    This matter has no head at this level: {head}.
    """


class OpinionStillDue(Refused):
    """初议的期限是 {until}，期满之后才能记录缺席。
    The opinion is due by {until}; an absence is recorded only after that.
    """


class ConfidentialUntabled(Refused):
    """保密事项不上圆桌会：请直接办结（settleMatter），或上报上一级（escalateMatter）。
    A confidential matter isn't tabled: settle it (settleMatter), or escalate it (escalateMatter).
    """


class NoRoundTable(Refused):
    """这个网格还没有圆桌议事会，没有人商议：请先成立（formCouncil）。
    This grid has no round table yet that could hear it: form one first (formCouncil).
    """


class WhyAgain(Refused):
    """已在办理的事项再提交圆桌会，请写明原因（words）：为什么不能照原来的决定办。
    A matter that is being handled is tabled again with a reason (words): why it can't be done so.
    """


class HeadsWouldTable(Refused):
    """有负责人建议提交圆桌会商议，不能直接办结。
    A head would bring it to the round table, so it can't be settled here.
    """


Level = Annotated[UnitKind, "哪一级：单元、楼栋或网格。 At which level."]


async def opine(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    recommends: Annotated[Recommendation, "建议办结或提交圆桌会。 Settle it, or table it."],
    said: Said,
    at: Annotated[
        UnitKind | None, "以哪一级负责人的身份；身兼数级时写明。 As head of which level."
    ] = None,
    expected_version: Version = None,
) -> Matter:
    """Give a head's first opinion; each head of the line gives one."""
    case = await take(session, by, "opine", matter, expected_version=expected_version)
    given = {entry.head for entry in await _opinions(session, case)}
    own = [head for head in _heads(case) if _holds(by, case, head) and at in (None, head.at)]
    if not own:
        raise Denied("opine", "matters")
    head = next((head for head in own if head.at not in given), None)
    if head is None:
        raise OpinionGiven(head=called(LABELS, own[0].at))
    case.acting = next(post for post in by.posts if _fits(case, head, post.role, post.unit_id))
    return await go(
        session, by, "opine", case, said=said, head=head.at.value, recommends=recommends
    )


async def excuse(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    at: Level,
    reason: Reason,
    expected_version: Version = None,
) -> Matter:
    """Record that a head gave no opinion in time, and why."""
    case = await take(session, by, "excuse", matter, expected_version=expected_version)
    if at not in {head.at for head in _heads(case)}:
        raise NotAHead(head=called(LABELS, at))
    if at in {entry.head for entry in await _opinions(session, case)}:
        raise OpinionGiven(head=called(LABELS, at))
    due = case.matter.due_at
    if due is not None and clock.now() < due:
        raise OpinionStillDue(until=due)
    return await go(session, by, "excuse", case, said=reason, head=at.value)


async def settle(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    decision: Annotated[Said, "怎么办的、结果如何。 What was decided and done."],
    files: Files = None,
    expected_version: Version = None,
) -> Matter:
    """Settle a simple matter at once; its result is still verified and shown in public."""
    case = await take(session, by, "settle", matter, expected_version=expected_version)
    opinions = await _complete(session, case)
    is_tableable = case.matter.visibility != Visibility.confidential
    if is_tableable and any(entry.recommends == Recommendation.table for entry in opinions):
        raise HeadsWouldTable()
    case.matter.result, case.matter.completed_by = decision, by.person_id
    return await go(session, by, "settle", case, said=decision, files=files)


async def table(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    words: Words = None,
    expected_version: Version = None,
) -> Matter:
    """Table a matter: the next round table has it on its agenda by itself.

    One that is being handled comes before it again where its resolution can't be carried out: with
    the reason, and with the deadline that it has.
    """
    case = await take(session, by, "table", matter, expected_version=expected_version)
    if case.matter.visibility == Visibility.confidential:
        raise ConfidentialUntabled()
    if await councils.of_grid(session, by, case.matter.grid_id) is None:
        raise NoRoundTable()
    if case.matter.state == MatterState.preliminary:
        await _complete(session, case)
    elif not words:
        raise WhyAgain()
    return await go(session, by, "table", case, said=words, to=case.matter.grid_id)


def _heads(case: Case) -> list[Head]:
    """The heads whose level the matter's place has; of a confidential matter the grid's alone."""
    scope = [unit for unit, _ in case.ranks].index(case.matter.scope_id)
    seen = {kind for _, kind in case.ranks[scope:]}
    return [head for head in case.rules.heads if head.at in seen]


def _holds(by: Actor, case: Case, head: Head) -> bool:
    return any(_fits(case, head, post.role, post.unit_id) for post in by.posts)


def _fits(case: Case, head: Head, role: str, unit: UUID) -> bool:
    return role == head.role and unit == case.unit_at(head.at)


async def _opinions(session: AsyncSession, case: Case) -> list[MatterEntry]:
    """Since the raiser was asked: an opinion outlives a refusal that is overturned."""
    return await entries(session, case.matter, "opine", "excuse", since="inquire")


async def _complete(session: AsyncSession, case: Case) -> list[MatterEntry]:
    """All opinions, or `OpinionsMissing` names whose are wanting."""
    found = await _opinions(session, case)
    given = {entry.head for entry in found}
    missing = [head.at for head in _heads(case) if head.at not in given]
    if missing:
        raise OpinionsMissing(heads=called(LABELS, *missing))
    return found
