"""Publications (公开晒事): what the public reads of a matter, edition by edition.

The software masks, a person approves, and whoever approves answers for it. An edition with the
result takes the place of one without; a withdrawn one stays on record. A matter is closed only once
its result has been shown for as long as the county's objection window is.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, concerned, masking, notices, rows
from services.arguments import Length, Of, Reason, Version
from services.calendar import CalendarRules, workday_after
from services.errors import Refused, Said
from services.events import record, state_of
from services.matters.arguments import MatterId, Title
from services.matters.handling import CLOSING
from services.matters.moving import Case, OwnMatter, above, ranks_of, unseen
from services.matters.rules import MatterRules
from services.matters.states import LABELS, STEPS, MatterState
from services.matters.tables import Matter, Visibility
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant, without_numbers
from services.units import UnitKind

OBJECT = "publications"
# From a member's contact on, a matter may be shown: before that nobody has looked at it.
SHOWABLE = frozenset({*STEPS, MatterState.closed} - {MatterState.raised})
PARTS = {
    "title": Said("标题", "title"),
    "text": Said("正文", "text"),
    "result": Said("结果", "result"),
}
MOST_NAMED = 10


class PublicationState(StrEnum):
    """An edition is proposed by the software, approved by a person, withdrawn with a reason."""

    proposed = "proposed"
    approved = "approved"
    withdrawn = "withdrawn"


def _shown(name: str, *by: str) -> Index:
    is_shown = text("state = 'approved'")
    return Index(name, "tenant_id", *by, "approved_at", "id", postgresql_where=is_shown)


class Publication(Recorded, table=True):
    """An edition of what is shown of a matter; `title`, `text` and `result` are what is read.

    `completed_at` names the result that it was written for: null while there was none. The place
    says who may see it and is itself never shown; the estate and the grid are.
    """

    unspoken: ClassVar[frozenset[str]] = frozenset({"withdrawal_reason"})

    __tablename__ = "publication"
    __table_args__: ClassVar[Any] = (
        one_of("state", PublicationState),
        within_tenant("matter_id", "matter"),
        within_tenant("place_id", "unit"),
        within_tenant("grid_id", "unit"),
        within_tenant("estate_id", "unit"),
        within_tenant("approved_by", "person"),
        CheckConstraint("edition > 0", name="numbered_from_one"),
        CheckConstraint("state <> 'approved' or approved_at is not null", name="approved"),
        CheckConstraint("(approved_at is null) = (approved_by is null)", name="approved_by"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_at is not null)", name="withdrawn"),
        *(without_numbers(column) for column in PARTS),
        UniqueConstraint("tenant_id", "matter_id", "edition"),
        Index("uq_publication_proposed", "tenant_id", "matter_id", unique=True,
              postgresql_where=text("state = 'proposed'")),
        Index("uq_publication_approved", "tenant_id", "matter_id", unique=True,
              postgresql_where=text("state = 'approved'")),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "approved_at", "id"),
        # The board, of which withdrawn editions are no part.
        _shown("ix_publication_shown"),
        _shown("ix_publication_shown_by_grid", "grid_id"),
        _shown("ix_publication_shown_by_category", "category"),
        # What was shown and taken down again, for a reason: that it was stays on the board.
        CheckConstraint(
            "withdrawal_reason is null or state = 'withdrawn'", name="reason_of_a_withdrawal"
        ),
        Index("ix_publication_taken_down", "tenant_id", "withdrawn_at", "id",
              postgresql_where=text("withdrawal_reason is not null")),
    )  # fmt: skip

    matter_id: UUID
    edition: int
    category: str = Field(max_length=40)
    place_id: UUID
    grid_id: UUID
    estate_id: UUID | None = None
    title: str | None = Field(default=None, max_length=80)
    text: str | None = Field(default=None, max_length=4000)
    result: str | None = Field(default=None, max_length=4000)
    completed_at: datetime | None = moment(default=None)
    state: str = PublicationState.proposed
    approved_by: UUID | None = None
    approved_at: datetime | None = moment(default=None)
    withdrawn_at: datetime | None = moment(default=None)
    withdrawal_reason: str | None = Field(default=None, max_length=500)


class ConfidentialStays(Refused):
    """保密事项不公开。
    A confidential matter is not published.
    """


class NotToBeShown(Refused):
    """事项现在是「{state}」，不能公开。问事之后、办结之前（含办结）才能公开。
    The matter is at "{state}" and isn't published. It is from the inquiry on, until it is closed.
    """


class StillPersonal(Refused):
    """还有个人信息，请改写后再试：{found}。
    Something personal is still in it; write it differently: {found}.
    """


class TextWithheld(Refused):
    """只向当事人公开的事项，不公开标题、正文和结果。
    Of a matter for its parties only, neither title nor text nor result is shown.
    """


class PublicationMoved(Refused):
    """这一版已经不是待批准的公开稿。
    This edition is no longer waiting for approval.
    """


class PublicationWithdrawn(Refused):
    """这一版已经撤下。
    This edition has been withdrawn already.
    """


class ResultMoved(Refused):
    """办理结果在拟稿之后有变化，请重新拟稿（proposePublication）。
    The result has changed since this was written; propose it anew (proposePublication).
    """


class NotPublished(Refused):
    """办理结果还没有公开（proposePublication、approvePublication）。
    The result hasn't been shown in public yet (proposePublication, approvePublication).
    """


class WindowRunning(Refused):
    """公示期到 {until} 才结束，期满后才能办结。
    The objection window runs until {until}; the matter is closed only after that.
    """


PublicationId = Annotated[UUID, Of("Publication"), "公开稿。 The edition."]
Story = Annotated[str | None, Length(1, 4000), "公开的正文。 The text that is shown."]
Outcome = Annotated[str | None, Length(1, 4000), "公开的结果。 The result that is shown."]


async def propose(session: AsyncSession, by: Actor, *, matter: MatterId) -> Publication:
    """Let the software write what may be shown of a matter; an older proposal gives way."""
    row = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await ranks_of(session, by, row.place_id)
    with unseen(by, row, ranks):
        acting = authorize(by, "propose", OBJECT, within=above(ranks, row.scope_id))
    _check_showable(row)
    await _replace(session, by, row, PublicationState.proposed, acting)
    publication = Publication(
        **made(by, acting), **await _masked(session, by, row),
        matter_id=row.id, edition=await _next_edition(session, by, row), category=row.category,
        place_id=row.place_id, grid_id=row.grid_id, completed_at=row.completed_at,
        estate_id=next((unit for unit, kind in ranks if kind is UnitKind.estate), None),
    )  # fmt: skip
    session.add(publication)
    record(session, by, "publication.proposed", publication, acting=acting)
    return publication


async def revise(
    session: AsyncSession,
    by: Actor,
    *,
    publication: PublicationId,
    title: Title | None = None,
    text: Story = None,
    result: Outcome = None,
    expected_version: Version = None,
) -> Publication:
    """Write a proposal differently; what is left out stays, and nothing personal comes back."""
    row, matter, acting = await _take(session, by, "revise", publication, expected_version)
    if row.state != PublicationState.proposed:
        raise PublicationMoved()
    if matter.visibility != Visibility.public:
        raise TextWithheld()
    before = state_of(row)
    written = {
        "title": title or row.title,
        "text": text or row.text,
        "result": (result or row.result) if row.completed_at is not None else None,
    }
    # Looked at before it is written: the last wall says no more than that it is one.
    await _check_impersonal(session, by, matter, written)
    row.title, row.text, row.result = written["title"], written["text"], written["result"]
    row.version += 1
    record(session, by, "publication.revised", row, acting=acting, before=before)
    return row


async def approve(
    session: AsyncSession,
    by: Actor,
    *,
    publication: PublicationId,
    expected_version: Version = None,
) -> Publication:
    """Show a proposal to the public from now on, in the place of the edition before."""
    row, matter, acting = await _take(session, by, "approve", publication, expected_version)
    if row.state != PublicationState.proposed:
        raise PublicationMoved()
    if by.person_id is None or by.person_id == matter.raiser_id:
        raise OwnMatter()
    _check_showable(matter)
    if row.completed_at != matter.completed_at:
        raise ResultMoved()
    shown = {part: getattr(row, part) for part in PARTS}
    await _check_impersonal(session, by, matter, shown)
    await _replace(session, by, matter, PublicationState.approved, acting)
    before = state_of(row)
    row.state, row.approved_by, row.approved_at = (
        PublicationState.approved, by.person_id, clock.now(),
    )  # fmt: skip
    row.version += 1
    record(session, by, "publication.approved", row, acting=acting, before=before)
    await notices.tell(session, by, matter.id, "publication.approved")
    return row


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    publication: PublicationId,
    reason: Reason,
    expected_version: Version = None,
) -> Publication:
    """Take an edition from the board at once; it stays on record with the reason.

    That it was shown from when until when stays on the board, and whoever follows it is told.
    """
    row, matter, acting = await _take(session, by, "withdraw", publication, expected_version)
    if row.state == PublicationState.withdrawn:
        raise PublicationWithdrawn()
    row.withdrawal_reason = reason
    _end(session, by, row, "publication.withdrawn", acting, {"reason": reason})
    if row.approved_at is not None:
        await notices.tell(session, by, matter.id, "publication.withdrawn")
    return row


async def shown(session: AsyncSession, by: Actor, matter: Matter) -> Publication | None:
    """The edition of a matter that the public reads now."""
    return await _standing(session, by, matter, PublicationState.approved)


def open_until(
    rules: MatterRules, calendar: CalendarRules, approved_at: datetime | None
) -> datetime | None:
    """Until when objections are heard: so many working days, not counting that of the approval.

    A county that sets no days has no window, not one that lasts until midnight.
    """
    if approved_at is None or rules.objection_days == 0:
        return None
    return workday_after(calendar, approved_at, rules.objection_days)


def shows_result_of(row: Publication | None, matter: Matter) -> bool:
    """Whether an edition was written for the matter's present result."""
    is_of_a_result = row is not None and row.completed_at is not None
    return is_of_a_result and row.completed_at == matter.completed_at  # type: ignore[union-attr]


async def _take(
    session: AsyncSession, by: Actor, verb: str, publication: UUID, expected: int | None
) -> tuple[Publication, Matter, Held | None]:
    """An edition and its matter, locked in the order in which every command locks them."""
    found = await rows.find(session, Publication, by, publication)
    matter = await rows.find(session, Matter, by, found.matter_id, for_update=True)
    row = await rows.find(session, Publication, by, publication, for_update=True)
    ranks = await ranks_of(session, by, matter.place_id)
    acting = authorize(by, verb, OBJECT, within=above(ranks, matter.scope_id))
    row.check_version(expected)
    return row, matter, acting


def _check_showable(matter: Matter) -> None:
    if matter.visibility == Visibility.confidential:
        raise ConfidentialStays()
    if matter.state not in SHOWABLE:
        raise NotToBeShown(state=LABELS[MatterState(matter.state)])


async def _masked(session: AsyncSession, by: Actor, matter: Matter) -> dict[str, Any]:
    """What may be shown of a matter; of one for its parties that it was dealt with, no word."""
    if matter.visibility != Visibility.public:
        return dict.fromkeys(PARTS)
    names = await concerned.names(session, by, matter)
    result = matter.result if matter.completed_at is not None else None
    said = {"title": matter.title, "text": matter.text, "result": result}
    return {part: words and masking.mask(words, names=names) for part, words in said.items()}


async def _check_impersonal(
    session: AsyncSession, by: Actor, matter: Matter, texts: Mapping[str, str | None]
) -> None:
    """Against the names as they are by now: who has acted since is one more."""
    names = await concerned.names(session, by, matter)
    found = [
        (said, one)
        for part, said in PARTS.items()
        for one in masking.findings(texts[part] or "", names)
    ][:MOST_NAMED]
    if not found:
        return
    named = [(said, one.start + 1, masking.LABELS[one.kind]) for said, one in found]
    zh = "、".join(f"{said.zh}第{place}字起是{kind.zh}" for said, place, kind in named)
    en = ", ".join(f"{kind.en} at {place} of the {said.en}" for said, place, kind in named)
    raise StillPersonal(found=Said(zh, en))


async def _replace(
    session: AsyncSession, by: Actor, matter: Matter, state: PublicationState, acting: Held | None
) -> None:
    """End the edition that stands in this state, so that another may come into it."""
    row = await _standing(session, by, matter, state)
    if row is not None:
        _end(session, by, row, "publication.replaced", acting, {})
        await session.flush()


def _end(
    session: AsyncSession, by: Actor, row: Publication, event: str, acting: Held | None,
    note: Mapping[str, Any],
) -> None:  # fmt: skip
    before = state_of(row)
    row.state, row.withdrawn_at = PublicationState.withdrawn, clock.now()
    row.version += 1
    record(session, by, event, row, acting=acting, before=before, note=note)


async def _standing(
    session: AsyncSession, by: Actor, matter: Matter, state: PublicationState
) -> Publication | None:
    found = await rows.every(session, Publication, by, matter_id=matter.id, state=state.value)
    return found[0] if found else None


async def _next_edition(session: AsyncSession, by: Actor, matter: Matter) -> int:
    last = select(func.coalesce(func.max(col(Publication.edition)), 0)).where(
        Publication.tenant_id == by.tenant_id, Publication.matter_id == matter.id
    )
    return (await session.exec(last)).one() + 1


async def _check_closing(session: AsyncSession, by: Actor, case: Case) -> None:
    """The result was shown, and for as long as the county has set."""
    if case.matter.visibility == Visibility.confidential:
        return
    row = await shown(session, by, case.matter)
    if row is None or not shows_result_of(row, case.matter):
        raise NotPublished()
    until = open_until(case.rules, case.calendar, row.approved_at)
    if until is not None and clock.now() < until:
        raise WindowRunning(until=until)


CLOSING.append(_check_closing)
