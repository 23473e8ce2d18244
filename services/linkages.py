"""Linkages (三方联建): per grid and estate its party branch, owners' committee and property firm.

A linkage is never rewritten: another one begins on the day that it ends, each with its decision.
The current one has no end, and an estate has at most one; what it lacks shows in the coverage.
"""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, or_, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held, authorize
from services import clock, rows, units
from services.arguments import Of, Reason, Since, UnitId, Version
from services.errors import EndsBeforeItBegins, Refused, StaleVersion
from services.events import record, state_of
from services.tables import Recorded, within_tenant
from services.units import UnitKind


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
    place = await units.find_fit(session, by, grid, kind=UnitKind.grid)
    home = await units.find_fit(
        session, by, estate, kind=UnitKind.estate, below=place.id, for_update=True
    )
    parties = (
        (branch, UnitKind.party_branch, place.id),
        (committee, UnitKind.owners_committee, home.id),
        (firm, UnitKind.firm, None),
    )
    for party, kind, below in parties:
        if party is not None:
            await units.find_fit(session, by, party, kind=kind, below=below)
    acting = authorize(by, "link", "linkages", within=await units.path_of(session, by, home.id))
    current = await _current(session, by, home.id)
    if expected_version not in (None, current.version if current else 0):
        raise StaleVersion(version=current.version if current else 0)
    row = Linkage(
        tenant_id=by.tenant_id, grid_id=place.id, estate_id=home.id,
        branch_id=branch, committee_id=committee, firm_id=firm,
        decision=decision, since=since or clock.now().date(),
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
    other = await units.find_fit(session, by, firm, kind=UnitKind.firm)
    path = await units.path_of(session, by, home.id)
    acting = authorize(by, "replace_firm", "linkages", within=path)
    current = await _current(session, by, home.id)
    if current is None or current.id != linkage:
        raise LinkageEnded(id=f"Linkage:{linkage}")
    current.check_version(expected_version)
    row = Linkage(
        tenant_id=by.tenant_id, grid_id=current.grid_id, estate_id=home.id, firm_id=other.id,
        decision=decision, since=since or clock.now().date(),
    )  # fmt: skip
    return await _follow(session, by, current, row, acting, "linkage.firm_replaced")


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
        if row.since <= current.since:
            raise EndsBeforeItBegins()
        before = state_of(current)
        current.until, current.version = row.since, current.version + 1
        row.branch_id = row.branch_id or current.branch_id
        row.committee_id = row.committee_id or current.committee_id
        row.firm_id = row.firm_id or current.firm_id
        record(session, by, "linkage.ended", current, acting=acting, before=before)
        # The old end has to be written first: an estate has one linkage without an end.
        await session.flush()
    session.add(row)
    record(session, by, name, row, acting=acting)
    return row


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


units.OCCUPANTS["linkage"] = _linking
