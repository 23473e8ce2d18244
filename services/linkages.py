"""Linkages (三方联建): per grid and estate its party branch, owners' committee and property firm.

A linkage is never rewritten: another one begins on the day that it ends, each with its decision.
The current one has no end, and an estate has at most one; what it lacks shows in the coverage. No
move takes a party of it out of its grid: the linkage is ended first, and linked anew where it fits.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, func, or_, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held, authorize
from services import clock, rows, tree, units
from services.arguments import Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Refused, StaleVersion
from services.events import record, state_of
from services.tables import Recorded, within_tenant
from services.tree import UnitPath
from services.units import Unit, UnitKind


class Linkage(Recorded, table=True):
    """The three parties of an estate from `since` on; `decision` is what put them together."""

    __tablename__ = "linkage"
    __table_args__: ClassVar[Any] = (
        within_tenant("grid_id", "unit"),
        within_tenant("estate_id", "unit"),
        within_tenant("branch_id", "unit"),
        within_tenant("committee_id", "unit"),
        within_tenant("firm_id", "unit"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("uq_linkage_current", "tenant_id", "estate_id", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "grid_id", "since", "id"),
        Index(None, "tenant_id", "estate_id", "since", "id"),
        Index(None, "tenant_id", "firm_id", "since", "id"),
        Index(None, "tenant_id", "branch_id", "since", "id"),
        Index(None, "tenant_id", "committee_id", "since", "id"),
    )  # fmt: skip

    grid_id: UUID
    estate_id: UUID
    branch_id: UUID | None = None
    committee_id: UUID | None = None
    firm_id: UUID | None = None
    decision: str = Field(max_length=500)
    since: date
    until: date | None = None


class LinkageEnded(Refused):
    """这份三方联建已经结束：{id}。请改用现行的一份。
    This linkage has ended: {id}. Use the current one.
    """


class LinkagesInTheWay(Refused):
    """移动之后，这些现行的三方联建就不在同一个网格或小区之内：{ids}。请先结束它们。
    After the move, the parties of these linkages would be apart: {ids}. End these linkages first.
    """


LinkageId = Annotated[UUID, Of("Linkage")]
Party = Annotated[
    UUID | None, Of("Unit"), "留空则沿用现有的一方。 Left out, the present party stays."
]


async def link(
    session: AsyncSession,
    by: Actor,
    *,
    grid: UnitId,
    estate: UnitId,
    branch: Party = None,
    committee: Party = None,
    firm: Party = None,
    decision: Reason,
    since: Since = None,
    expected_version: Version = None,
) -> Linkage:
    """Link an estate's parties from a day on; the linkage before it ends on that day."""
    # No unit moves away between the look at where it is and the new linkage.
    await tree.hold(session, by)
    place = await units.find_fit(session, by, grid, kind=UnitKind.grid)
    home = await units.find_fit(
        session, by, estate, kind=UnitKind.estate, below=place.id, for_update=True
    )
    acting = authorize(by, "link", "linkages", within=await units.path_of(session, by, home.id))
    current = await _current(session, by, home.id)
    if expected_version not in (None, current.version if current else 0):
        raise StaleVersion(version=current.version if current else 0)
    row = Linkage(
        tenant_id=by.tenant_id, grid_id=place.id, estate_id=home.id,
        branch_id=branch, committee_id=committee, firm_id=firm,
        decision=decision, since=clock.by_today(since),
    )  # fmt: skip
    return await _follow(session, by, current, row, acting, "linkage.linked")


async def replace_firm(
    session: AsyncSession,
    by: Actor,
    *,
    linkage: LinkageId,
    firm: UnitId,
    decision: Reason,
    since: Since = None,
    expected_version: Version = None,
) -> Linkage:
    """Put another property firm in the place of the present one; both linkages stay on record."""
    found = await find(session, by, linkage)
    home = await units.find_open(session, by, found.estate_id, for_update=True)
    path = await units.path_of(session, by, home.id)
    acting = authorize(by, "replace_firm", "linkages", within=path)
    current = await _current(session, by, home.id)
    if current is None or current.id != linkage:
        raise LinkageEnded(id=f"Linkage:{linkage}")
    current.check_version(expected_version)
    row = Linkage(
        tenant_id=by.tenant_id, grid_id=current.grid_id, estate_id=home.id, firm_id=firm,
        decision=decision, since=clock.by_today(since),
    )  # fmt: skip
    return await _follow(session, by, current, row, acting, "linkage.firm_replaced")


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    linkage: LinkageId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Linkage:
    """End an estate's linkage with none after it: before the estate moves or is closed."""
    found = await find(session, by, linkage)
    home = await units.find(session, by, found.estate_id, for_update=True)
    acting = authorize(by, "end", "linkages", within=await units.path_of(session, by, home.id))
    current = await _current(session, by, home.id)
    if current is None or current.id != linkage:
        raise LinkageEnded(id=f"Linkage:{linkage}")
    current.check_version(expected_version)
    _end(session, by, current, clock.by_today(until), acting, reason)
    return current


async def around(session: AsyncSession, by: Actor, estate: UUID) -> Sequence[UUID]:
    """From where one acts for an estate: itself and all above it, its owners' committee, and the
    party branch and committee that it is linked with now.
    """
    committees = select(Unit.id).where(
        Unit.tenant_id == by.tenant_id, Unit.parent_id == estate,
        Unit.kind == UnitKind.owners_committee, col(Unit.until).is_(None),
    )  # fmt: skip
    linked = select(Linkage.branch_id, Linkage.committee_id).where(
        Linkage.tenant_id == by.tenant_id, Linkage.estate_id == estate, col(Linkage.until).is_(None)
    )
    parties = [one for row in (await session.exec(linked)).all() for one in row if one]
    path = await units.path_of(session, by, estate)
    return [*path, *(await session.exec(committees)).all(), *parties]


async def find(session: AsyncSession, by: Actor, linkage: UUID) -> Linkage:
    """A linkage of the actor's county."""
    return await rows.find(session, Linkage, by, linkage)


async def _follow(
    session: AsyncSession,
    by: Actor,
    current: Linkage | None,
    row: Linkage,
    acting: Held | None,
    name: str,
) -> Linkage:
    """End the current linkage where the new one begins, carry parties over, record both."""
    row.made_by, row.made_as = by.person_id, acting.appointment_id if acting else None
    if current is not None:
        row.branch_id = row.branch_id or current.branch_id
        row.committee_id = row.committee_id or current.committee_id
        row.firm_id = row.firm_id or current.firm_id
    await _check_parties(session, by, row)
    if current is not None:
        _end(session, by, current, row.since, acting)
        # The old end has to be written first: an estate has one linkage without an end.
        await session.flush()
    session.add(row)
    record(session, by, name, row, acting=acting)
    return row


async def _check_parties(session: AsyncSession, by: Actor, row: Linkage) -> None:
    """Each party, named or carried over, is open, of its kind, and where it belongs."""
    parties = (
        (row.branch_id, UnitKind.party_branch, row.grid_id),
        (row.committee_id, UnitKind.owners_committee, row.estate_id),
        (row.firm_id, UnitKind.firm, None),
    )
    for party, kind, below in parties:
        if party is not None:
            await units.find_fit(session, by, party, kind=kind, below=below)


def _end(
    session: AsyncSession, by: Actor, row: Linkage, until: date, acting: Held | None,
    reason: str | None = None,
) -> None:  # fmt: skip
    if until <= row.since:
        raise EndsBeforeItBegins()
    before, row.until, row.version = state_of(row), until, row.version + 1
    note = {"reason": reason} if reason else None
    record(session, by, "linkage.ended", row, acting=acting, before=before, note=note)


async def _current(session: AsyncSession, by: Actor, estate: UUID) -> Linkage | None:
    """The linkage that stands, locked; its estate is locked by the caller already."""
    standing = (
        select(Linkage)
        .where(
            Linkage.tenant_id == by.tenant_id,
            Linkage.estate_id == estate,
            col(Linkage.until).is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (await session.exec(standing)).first()


def _linking(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    ends = (
        Linkage.grid_id,
        Linkage.estate_id,
        Linkage.branch_id,
        Linkage.committee_id,
        Linkage.firm_id,
    )
    return select(func.count()).where(
        Linkage.tenant_id == tenant_id,
        col(Linkage.until).is_(None),
        or_(*(col(end) == unit_id for end in ends)),
    )


async def _check_move(session: AsyncSession, by: Actor, moved: Sequence[UUID]) -> None:
    """Refuse a move after which a current linkage would reach out of its grid or its estate."""
    one = Linkage
    inside = (
        (one.estate_id, one.grid_id), (one.branch_id, one.grid_id),
        (one.committee_id, one.estate_id),
    )  # fmt: skip
    apart = select(one.id).where(
        one.tenant_id == by.tenant_id,
        col(one.until).is_(None),
        or_(*(col(end).in_(moved) for end in (one.estate_id, one.branch_id, one.committee_id))),
        or_(*(~_is_below(end, top) & col(end).is_not(None) for end, top in inside)),
    )
    ids = (await session.exec(apart.order_by(col(one.id)))).all()
    if ids:
        raise LinkagesInTheWay(ids=", ".join(f"Linkage:{id_}" for id_ in ids))


def _is_below(unit: UUID | None, top: UUID) -> ColumnElement[bool]:
    above = select(UnitPath.unit_id).where(
        UnitPath.tenant_id == Linkage.tenant_id,
        UnitPath.unit_id == unit,
        UnitPath.ancestor_id == top,
    )
    return above.exists()


units.MOVES.append(_check_move)
units.OCCUPANTS["linkage"] = _linking
