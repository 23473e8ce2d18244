"""Proposing (拟定、批准、启用): how one edition of the pack takes the place of another.

One person proposes, another approves, and it is activated at once or by the clock. A revert goes
back to what stood before and was approved then.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import alarms, clock, rows
from services.arguments import Reason, Version
from services.errors import BadInput, Said, called
from services.events import record, state_of
from services.packs import comparing, editions, sections
from services.packs.sections import SectionT
from services.packs.tables import (
    FROM,
    OPEN,
    STATES,
    ActivatesBack,
    EditionNotActive,
    NothingChanges,
    NothingToRevert,
    OwnProposal,
    Pack,
    PackId,
    PackProposal,
    ProposalId,
    ProposalNot,
    ProposalState,
    SecurityMustApprove,
)
from services.rows import made
from services.standing import raise_standing

# The section that says what roles may do; and who alone approves a change of it.
GRANTS, GUARD = "roles", "security_administrator"
SUPERSEDED = Said("另一份配置已经启用，请在新版本上重新提出",
                  "another edition was activated since; propose it anew on that one")  # fmt: skip

Whole = Annotated[dict[str, Any] | None, "整份配置包；没写的按产品默认。 A whole pack."]
Changes = Annotated[
    dict[str, Any] | None,
    "只写要改的：对象逐层合并，其余替换。 What changes of the active one; objects are merged.",
]


async def propose(
    session: AsyncSession,
    by: Actor,
    *,
    document: Whole = None,
    changes: Changes = None,
    reason: Reason,
) -> PackProposal:
    """Propose a pack, whole or as changes of the active one; it is checked as a whole."""
    acting = authorize(by, "propose", "packs")
    await hold(session, by)
    base = await _active(session, by)
    proposed = sections.check(wanted(base.document, document, changes))
    await _must_fit(session, by, proposed, holds=False)
    said = sections.whole(proposed)
    if said == sections.complete(base.document):
        raise NothingChanges(edition=base.edition)
    row = PackProposal(**made(by, acting), base_id=base.id, document=said, reason=reason)
    session.add(row)
    differing = comparing.differences(sections.check(base.document), proposed)
    note = {"changes": {one.path: [one.before, one.after] for one in differing}}
    record(session, by, "pack.proposed", row, acting=acting, note=note)
    return row


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    proposal: ProposalId,
    reason: Reason,
    expected_version: Version = None,
) -> PackProposal:
    """Withdraw a proposal that isn't in force yet, also one that waits for its moment."""
    to = ProposalState.withdrawn
    row, acting = await _find(session, by, proposal, "withdraw", to, expected_version)
    return _end(session, by, row, to, reason, acting)


async def refuse(
    session: AsyncSession,
    by: Actor,
    *,
    proposal: ProposalId,
    reason: Reason,
    expected_version: Version = None,
) -> PackProposal:
    """Refuse a proposal, with the reason."""
    to = ProposalState.refused
    row, acting = await _find(session, by, proposal, "refuse", to, expected_version)
    return _end(session, by, row, to, reason, acting)


async def approve(
    session: AsyncSession, by: Actor, *, proposal: ProposalId, expected_version: Version = None
) -> PackProposal:
    """Approve what another person proposed; a change of grants only as security administrator."""
    to = ProposalState.approved
    row, acting = await _find(session, by, proposal, "approve", to, expected_version)
    if row.made_by == by.person_id:
        raise OwnProposal()
    if await _changes_grants(session, by, row):
        acting = _guard(by, "approve")
    before = state_of(row)
    row.state, row.version = to, row.version + 1
    row.approved_by, row.approved_as = by.person_id, acting.appointment_id if acting else None
    record(session, by, "pack.approved", row, acting=acting, before=before)
    return row


async def activate(
    session: AsyncSession,
    by: Actor,
    *,
    proposal: ProposalId,
    at: Annotated[datetime | None, "何时启用，默认立即。 When; at once if left out."] = None,
    expected_version: Version = None,
) -> PackProposal:
    """Activate an approved proposal: at once, or by the clock at its moment."""
    to = ProposalState.activated if at is None else ProposalState.scheduled
    row, acting = await _find(session, by, proposal, "activate", to, expected_version)
    if at is None:
        return await _put_in_force(session, by, row, acting)
    if at <= clock.now():
        raise ActivatesBack(at=at)
    before = state_of(row)
    row.state, row.activates_at, row.version = to, at, row.version + 1
    record(session, by, "pack.scheduled", row, acting=acting, before=before)
    return row


async def revert(session: AsyncSession, by: Actor, *, pack: PackId, reason: Reason) -> Pack:
    """Go back at once to what stood before the active edition (`pack`) and was approved then.

    Said again it goes back further, never forward. Where roles may do other things then, the
    security administrator alone reverts.
    """
    acting = authorize(by, "revert", "packs")
    await hold(session, by)
    active, named = await _active(session, by), await rows.find(session, Pack, by, pack)
    if named.id != active.id:
        raise EditionNotActive(edition=named.edition)
    wanted_ = await _before(session, by, active)
    if wanted_.document.get(GRANTS) != active.document.get(GRANTS):
        acting = _guard(by, "revert")
    proposed = sections.check(wanted_.document)
    await _must_fit(session, by, proposed, holds=True)
    whole = sections.whole(proposed)
    note = {"reason": reason}
    return await _succeed(
        session, by, active, whole, acting, "pack.reverted", note, restores_id=wanted_.id
    )


async def hold(session: AsyncSession, by: Actor) -> None:
    """Of two changes of the pack at once the second waits, and then meets the first."""
    lock = func.hashtextextended(f"packs:{by.tenant_id}", 0)
    await session.exec(select(func.pg_advisory_xact_lock(lock)))


def wanted(base: Mapping[str, Any], document: Whole, changes: Changes) -> Mapping[str, Any]:
    """The document that is meant: one that was given whole, or the base with changes."""
    if (document is None) == (changes is None):
        raise BadInput(
            argument="document",
            reason=Said("document 与 changes 给一个", "give either document or changes"),
        )
    if document is not None:
        return document
    if not isinstance(changes, Mapping):
        raise BadInput(argument="changes", reason=Said("应是一个对象", "an object is expected"))
    return sections.merged(base, changes)


async def activate_due(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Activate what its moment has come for; what doesn't fit the county any more lapses, and why
    is put down.
    """
    due = (
        select(PackProposal)
        .where(
            PackProposal.tenant_id == by.tenant_id,
            PackProposal.state == ProposalState.scheduled,
            col(PackProposal.activates_at) <= at,
        )
        .order_by(col(PackProposal.activates_at), col(PackProposal.id))
        .limit(1)
    )
    if (await session.exec(due)).first() is None:
        return 0
    await hold(session, by)
    row = (
        await session.exec(due.with_for_update().execution_options(populate_existing=True))
    ).first()
    if row is None:
        return 0
    proposed, problems = sections.examine(row.document)
    if not problems:
        problems = await comparing.contradictions(session, by, proposed, holds=True)
    if problems:
        why = sections.refusal(problems).facts["problems"]
        _end(session, by, row, ProposalState.lapsed, f"{why.zh} {why.en}"[:2000], None)
        return 1
    await _put_in_force(session, by, row, None)
    return 1


alarms.ALARMS["packs"] = alarms.Alarm(activate_due)


async def _find(
    session: AsyncSession,
    by: Actor,
    proposal: ProposalId,
    verb: str,
    to: ProposalState,
    expected_version: int | None,
) -> tuple[PackProposal, Held | None]:
    """A proposal that may go to this state, held until the transaction ends."""
    await rows.find(session, PackProposal, by, proposal)
    acting = authorize(by, verb, "packs")
    await hold(session, by)
    row = await rows.find(session, PackProposal, by, proposal, for_update=True)
    row.check_version(expected_version)
    if row.state not in FROM[to]:
        raise ProposalNot(state=called(STATES, row.state))
    return row, acting


def _end(
    session: AsyncSession,
    by: Actor,
    row: PackProposal,
    state: ProposalState,
    why: str,
    acting: Held | None,
) -> PackProposal:
    before = state_of(row)
    row.state, row.ended_why, row.version = state, why, row.version + 1
    record(session, by, f"pack.{state.value}", row, acting=acting, before=before)
    return row


async def _put_in_force(
    session: AsyncSession, by: Actor, row: PackProposal, acting: Held | None
) -> PackProposal:
    proposed = sections.check(row.document)
    await _must_fit(session, by, proposed, holds=True)
    base = await rows.find(session, Pack, by, row.base_id)
    before = state_of(row)
    note = {"proposal": str(row.id)}
    pack = await _succeed(
        session, by, base, sections.whole(proposed), acting, "pack.adopted", note, but=row
    )
    row.state, row.pack_id, row.version = ProposalState.activated, pack.id, row.version + 1
    record(session, by, "pack.activated", row, acting=acting, before=before)
    return row


async def _succeed(
    session: AsyncSession,
    by: Actor,
    active: Pack,
    document: dict[str, Any],
    acting: Held | None,
    name: str,
    note: Mapping[str, Any],
    *,
    but: PackProposal | None = None,
    **known: Any,
) -> Pack:
    """The next edition; what was proposed in place of the last one has lapsed."""
    now, before = clock.now(), state_of(active)
    active.until, active.version = now, active.version + 1
    record(session, by, "pack.superseded", active, acting=acting, before=before)
    await session.flush()
    pack = Pack(
        **made(by, acting), edition=active.edition + 1, document=document, since=now, **known
    )  # fmt: skip
    session.add(pack)
    record(session, by, name, pack, acting=acting, note=note)
    await session.flush()
    for row in await rows.every(session, PackProposal, by, "made_at", base_id=active.id,
                                for_update=True):  # fmt: skip
        if row.state in OPEN and row is not but:
            _end(session, by, row, ProposalState.lapsed, f"{SUPERSEDED.zh} {SUPERSEDED.en}", None)
    session.info.pop("county_number", None)
    await raise_standing(session, by.tenant_id, by.tenant_id)
    return pack


async def _active(session: AsyncSession, by: Actor) -> Pack:
    found = await editions.current(session, by)
    assert found is not None  # noqa: S101 - a county is founded with its first edition
    return found


async def _before(session: AsyncSession, by: Actor, active: Pack) -> Pack:
    """What stood before the active edition, or before the one that it took again."""
    of = active
    if active.restores_id is not None:
        of = await rows.find(session, Pack, by, active.restores_id)
    found = await rows.every(session, Pack, by, edition=of.edition - 1)
    if not found:
        raise NothingToRevert()
    return found[0]


async def _must_fit(
    session: AsyncSession, by: Actor, proposed: Mapping[str, SectionT], *, holds: bool
) -> None:
    problems = await comparing.contradictions(session, by, proposed, holds=holds)
    if problems:
        raise sections.refusal(problems)


async def _changes_grants(session: AsyncSession, by: Actor, row: PackProposal) -> bool:
    base = await rows.find(session, Pack, by, row.base_id)
    was = sections.complete(base.document).get(GRANTS)
    return sections.complete(row.document).get(GRANTS) != was


def _guard(by: Actor, action: str) -> Held | None:
    """The post of the security administrator, in which alone grants are changed."""
    if GUARD not in by.roles:
        raise SecurityMustApprove()
    return authorize(by, action, "packs", among=[GUARD])
