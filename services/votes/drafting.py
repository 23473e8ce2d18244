"""Drafting (起草): what is asked and how, reviewed by another person, and fixed at its notice.

From the notice on no text, question, date or rule of a vote changes: its hash is published with it,
and whoever reads the notice and whoever fills in a ballot read the same.
"""

import hashlib
import re
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, masking, packs, people, rows, units
from services.arguments import Length, Of, Reason, Version
from services.errors import BadInput, Refused, Said
from services.events import canonical, record
from services.property_units import PropertyUnit, estate_of
from services.rows import made
from services.tree import UnitPath
from services.units import UnitKind
from services.votes.rules import Secrecy, VoteRules
from services.votes.states import OBJECT, go, questions_of, take
from services.votes.tables import (
    SPECIAL,
    Clause,
    ClosesAt,
    Notice,
    OpensAt,
    QuestionId,
    Title,
    Vote,
    VoteId,
    VoteItem,
    VoteQuestion,
)
from services.votes.tally import Kind

DAY = timedelta(days=1)
MOST_QUESTIONS = 60
# Nothing is planned farther ahead.
FARTHEST = timedelta(days=400)
# What refuses to let a question go: each capability for its rows, as whose candidate it is.
DROPPING: list[Callable[[AsyncSession, Actor, VoteQuestion], Awaitable[None]]] = []


class NoConvener(Refused):
    """业主大会由本小区的业委会或所在社区召集：{id}。
    A vote is held by the estate's owners' committee or by the community it is in: {id}.
    """


class OwnDraft(Refused):
    """自己起草或改写过的表决要由别人审核。
    What you drafted, asked in it or wrote last somebody else reviews.
    """


class NothingAsked(Refused):
    """还没有表决事项（addVoteQuestion），不能审核或公告。
    There is no question yet (addVoteQuestion); it can't be reviewed or announced.
    """


class NobodyToAsk(Refused):
    """表决范围内没有在册的专有部分，不能公告。请先登记（addPropertyUnit）。
    There is no property unit in its scope; put them on the register first (addPropertyUnit).
    """


class TooManyQuestions(Refused):
    """一次表决最多 {limit} 项，请另开一次。
    A vote has {limit} questions at most. Hold another one for the rest.
    """


class NoticeTooShort(Refused):
    """公告须满 {days} 天才能投票，最早 {earliest}。请改投票时间（sendBackVote、amendVote）。
    {days} days of notice are needed: it opens on {earliest} at the earliest. Amend its dates.
    """


class VotingTooLong(Refused):
    """投票应为 {least} 到 {most} 天，现为 {days} 天。
    Voting lasts {least} to {most} days, not {days}.
    """


class SameCandidate(Refused):
    """这个候选人已在表决事项中：{id}。
    This candidate is among the questions already: {id}.
    """


Wording = Annotated[str, Length(1, 2000), "事项的内容。 What is asked."]


async def draft(
    session: AsyncSession,
    by: Actor,
    *,
    scope: Annotated[UUID, Of("Unit"), "表决范围：小区、楼栋或单元。 Whose owners vote."],
    convener: Annotated[UUID, Of("Unit"), "召集单位。 Who holds it."],
    title: Title,
    text: Notice,
    opens_at: OpensAt,
    closes_at: ClosesAt,
    secrecy: Annotated[Secrecy | None, "记名与否，默认按县里规定。 Open or secret."] = None,
    clause: Clause = None,
) -> Vote:
    """Draft a vote of the owners of an estate, a building or a stairwell."""
    place = await units.find_open(session, by, scope)
    path = await units.path_of(session, by, place.id)
    acting = authorize(by, "draft", OBJECT, within={*path, convener})
    estate = await estate_of(session, by, place, path)
    await _check_convener(session, by, convener, estate, path)
    rules = await packs.read(session, by, "votes", VoteRules)
    row = Vote(
        **made(by, acting), estate_id=estate, scope_id=place.id, convener_id=convener,
        pack_id=await packs.active(session, by), title=title, text=text, opens_at=opens_at,
        closes_at=closes_at, secrecy=secrecy or rules.secrecy, clause=clause,
    )  # fmt: skip
    check_impersonal(title=title, text=text, clause=clause)
    _check_dates(row, rules)
    session.add(row)
    record(session, by, "vote.drafted", row, acting=acting)
    return row


async def amend(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    title: Title | None = None,
    text: Notice | None = None,
    opens_at: OpensAt | None = None,
    closes_at: ClosesAt | None = None,
    secrecy: Annotated[Secrecy | None, "记名或不记名。 Open or secret."] = None,
    clause: Clause = None,
    expected_version: Version = None,
) -> Vote:
    """Write a draft differently; what is left out stays. It goes by the rules of this day."""
    polling = await take(session, by, "amend", vote, expected_version=expected_version)
    row = polling.vote
    check_impersonal(title=title, text=text, clause=clause)
    row.title, row.text = title or row.title, text or row.text
    row.opens_at, row.closes_at = opens_at or row.opens_at, closes_at or row.closes_at
    row.secrecy, row.clause = secrecy or row.secrecy, clause or row.clause
    row.pack_id, row.written_by = await packs.active(session, by), by.person_id
    _check_dates(row, await packs.read(session, by, "votes", VoteRules))
    return go(session, by, "amend", polling, "amended")


async def ask(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    item: Annotated[VoteItem, "法定事项的种类，决定所需多数。 What of the law's items it is."],
    text: Wording,
    candidate: Annotated[UUID | None, Of("Person"), "候选人或被罢免人。 Of whom, if any."] = None,
    is_recall: Annotated[bool, "是否罢免。 Whether it recalls them, or the committee."] = False,
) -> VoteQuestion:
    """Add a question to a draft. Which majority it needs follows from the law's item."""
    polling = await take(session, by, "ask", vote)
    check_impersonal(text=text)
    asked = await questions_of(session, by, vote)
    if len(asked) >= MOST_QUESTIONS:
        raise TooManyQuestions(limit=MOST_QUESTIONS)
    if (candidate is not None or is_recall) and item != VoteItem.election:
        reason = Said("只有选举才有候选人或罢免", "only an election has candidates, or recalls")
        raise BadInput(argument="item", reason=reason)
    if candidate is not None:
        await people.find_alive(session, by, candidate)
        same = [one for one in asked if one.candidate_id == candidate]
        if same:
            raise SameCandidate(id=f"VoteQuestion:{same[0].id}")
    row = VoteQuestion(
        **made(by, polling.acting), vote_id=vote, text=text, item=item, candidate_id=candidate,
        is_recall=is_recall,
        number=max((one.number for one in asked), default=0) + 1,
        kind=Kind.special if item in SPECIAL else Kind.ordinary,
    )  # fmt: skip
    session.add(row)
    polling.vote.written_by = by.person_id
    record(session, by, "vote_question.asked", row, acting=polling.acting)
    go(session, by, "ask", polling, "amended", question=str(row.id))
    return row


async def drop(
    session: AsyncSession, by: Actor, *, question: QuestionId, expected_version: Version = None
) -> Vote:
    """Take a question out of a draft."""
    row = await rows.find(session, VoteQuestion, by, question)
    polling = await take(session, by, "drop", row.vote_id)
    row = await rows.find(session, VoteQuestion, by, question, for_update=True)
    row.check_version(expected_version)
    for check in DROPPING:
        await check(session, by, row)
    polling.vote.written_by = by.person_id
    await session.delete(row)
    record(session, by, "vote_question.dropped", row, acting=polling.acting)
    return go(session, by, "drop", polling, "amended", question=str(row.id))


async def review(
    session: AsyncSession, by: Actor, *, vote: VoteId, expected_version: Version = None
) -> Vote:
    """Find a draft lawful: its questions may be asked so. Another person than who wrote it."""
    polling = await take(session, by, "review", vote, expected_version=expected_version)
    row = polling.vote
    if by.person_id in (None, row.made_by, row.written_by):
        raise OwnDraft()
    asked = await _check_asked(session, by, row)
    if by.person_id in {one.made_by for one in asked}:
        raise OwnDraft()
    polling.vote.reviewed_by, polling.vote.reviewed_at = by.person_id, clock.now()
    return go(session, by, "review", polling, "reviewed")


async def send_back(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    reason: Reason,
    expected_version: Version = None,
) -> Vote:
    """Have a reviewed draft written differently."""
    polling = await take(session, by, "send_back", vote, expected_version=expected_version)
    polling.vote.reviewed_by = polling.vote.reviewed_at = None
    return go(session, by, "send_back", polling, "sent_back", reason=reason)


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    reason: Reason,
    expected_version: Version = None,
) -> Vote:
    """Give up a vote that hasn't been noticed."""
    polling = await take(session, by, "withdraw", vote, expected_version=expected_version)
    polling.vote.void_reason = reason
    return go(session, by, "withdraw", polling, "withdrawn")


async def announce(
    session: AsyncSession, by: Actor, *, vote: VoteId, expected_version: Version = None
) -> Vote:
    """Give notice of a vote to all: from now on nothing of it changes, by its published hash.

    It goes by the rules under which it was last written.
    """
    polling = await take(session, by, "announce", vote, expected_version=expected_version)
    row, now = polling.vote, clock.now()
    questions = await _check_asked(session, by, row)
    earliest = now + polling.rules.notice_days * DAY
    if row.opens_at < earliest:
        raise NoticeTooShort(days=polling.rules.notice_days, earliest=earliest)
    if not await _has_units(session, by, row.scope_id):
        raise NobodyToAsk()
    row.noticed_at, row.is_electronic = now, polling.rules.electronic
    row.first_closes_at = row.closes_at
    fixed = canonical(wording(row, questions, polling.rules))
    row.text_sha256 = hashlib.sha256(fixed).hexdigest()
    return go(session, by, "announce", polling, "noticed")


def wording(row: Vote, questions: Sequence[VoteQuestion], rules: VoteRules) -> dict[str, Any]:
    """What the notice fixes, as JSON values: its hash is that of their canonical form.

    The rules of the count are among it, so that nobody can show others than it was held by; and the
    end of voting as it was then, whatever it was extended to.
    """
    counting = rules.counting(row.clause)
    return {
        "id": str(row.id),
        "title": row.title,
        "text": row.text,
        "secrecy": str(row.secrecy),
        "clause": row.clause,
        "opens_at": _utc(row.opens_at),
        "closes_at": _utc(row.first_closes_at or row.closes_at),
        "rules": {
            "headcount": rules.headcount.value, "disagreement": counting.disagreement.value,
            "silence": counting.silence.value, "most_by_proxy": counting.most_by_proxy,
        },
        "questions": [
            {"id": str(one.id), "number": one.number, "item": str(one.item),
             "kind": str(one.kind), "is_recall": one.is_recall, "text": one.text}
            for one in questions
        ],
    }  # fmt: skip


def _utc(moment: datetime) -> str:
    return moment.astimezone(clock.CHINA).isoformat(timespec="seconds")


def _check_dates(row: Vote, rules: VoteRules) -> None:
    now = clock.now()
    if not now < row.opens_at <= now + FARTHEST:
        reason = Said(f"应在今后 {FARTHEST.days} 天内", f"within the next {FARTHEST.days} days")
        raise BadInput(argument="opensAt", reason=reason)
    days = (row.closes_at - row.opens_at) / DAY
    if not rules.shortest_days <= days <= rules.longest_days:
        raise VotingTooLong(
            least=rules.shortest_days, most=rules.longest_days, days=f"{round(days, 1):g}"
        )


def check_impersonal(**texts: str | None) -> None:
    """No numbers of persons in what everybody reads; the names of candidates are meant to be."""
    for name, text in texts.items():
        found = [one for one in masking.findings(text or "") if _is_a_persons(text or "", one)]
        if found:
            place, kind = found[0].start + 1, masking.LABELS[found[0].kind]
            reason = Said(
                f"会公开，第 {place} 字起是{kind.zh}", f"it is public, and has {kind.en} at {place}"
            )
            raise BadInput(argument=name, reason=reason)


def _is_a_persons(text: str, found: masking.Finding) -> bool:
    """An identity, card or mobile number; an office's own telephone is to be shown."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text[found.start : found.end]))
    is_mobile = found.kind is masking.Kind.phone and digits.startswith("1")
    return is_mobile or found.kind in (masking.Kind.identity, masking.Kind.card)


async def _check_asked(session: AsyncSession, by: Actor, row: Vote) -> list[VoteQuestion]:
    found = await questions_of(session, by, row.id)
    if not found:
        raise NothingAsked()
    return found


async def _has_units(session: AsyncSession, by: Actor, scope: UUID) -> bool:
    counted = (
        select(func.count())
        .select_from(PropertyUnit)
        .join(
            UnitPath,
            (col(UnitPath.tenant_id) == PropertyUnit.tenant_id)
            & (col(UnitPath.unit_id) == PropertyUnit.unit_id),
        )
        .where(
            PropertyUnit.tenant_id == by.tenant_id,
            UnitPath.ancestor_id == scope,
            col(PropertyUnit.until).is_(None),
        )
    )
    return bool((await session.exec(counted)).one())


async def _check_convener(
    session: AsyncSession, by: Actor, convener: UUID, estate: UUID, path: Sequence[UUID]
) -> None:
    """The estate's own committee, or the community above it."""
    unit = await units.find_open(session, by, convener)
    is_below = estate in await units.path_of(session, by, convener)
    is_theirs = unit.kind == UnitKind.owners_committee and is_below
    if not is_theirs and not (unit.kind == UnitKind.community and convener in path):
        raise NoConvener(id=f"Unit:{convener}")
