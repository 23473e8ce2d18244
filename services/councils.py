"""Councils (圆桌议事会): one in each grid, of six seats, and what a county decides about them.

The seats are the grid's party branch (chair), the owners' committee, the property firm, the grid
worker, co-building units and linked departments. A seat is a unit's: who holds a post there sits.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self, TypeAlias
from uuid import UUID

from pydantic import Field as Ruled
from pydantic import model_validator
from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held, authorize
from services import clock, masking, packs, people, rows, units
from services.arguments import Name, Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Labels, Refused, Said, called
from services.events import record, state_of
from services.rows import made
from services.tables import Recorded, one_of, within_tenant
from services.units import UnitKind


class SeatKind(StrEnum):
    """The six parties of the round table."""

    branch = "branch"
    committee = "committee"
    firm = "firm"
    grid_worker = "grid_worker"
    partner = "partner"
    department = "department"


# Which kind of unit has a seat, and the roles in which somebody sits there.
UNITS: dict[SeatKind, frozenset[UnitKind]] = {
    SeatKind.branch: frozenset({UnitKind.party_branch}),
    SeatKind.committee: frozenset({UnitKind.owners_committee}),
    SeatKind.firm: frozenset({UnitKind.firm}),
    SeatKind.grid_worker: frozenset({UnitKind.grid}),
    SeatKind.partner: frozenset({UnitKind.co_building_unit}),
    SeatKind.department: frozenset({UnitKind.linked_department, UnitKind.bureau}),
}
SITTING: dict[SeatKind, frozenset[str]] = {
    SeatKind.branch: frozenset({"branch_secretary", "party_member"}),
    SeatKind.committee: frozenset({"committee_member"}),
    SeatKind.firm: frozenset({"firm_manager", "firm_staff"}),
    SeatKind.grid_worker: frozenset({"grid_worker"}),
    SeatKind.partner: frozenset({"partner_delegate"}),
    SeatKind.department: frozenset({"department_officer", "housing_officer"}),
}
LABELS = Labels("councils", {
    kind.value: packs.Label(zh=zh, en=en)
    for kind, zh, en in (
        (SeatKind.branch, "网格党支部", "Grid party branch"),
        (SeatKind.committee, "业主委员会", "Owners' committee"),
        (SeatKind.firm, "物业公司", "Property firm"),
        (SeatKind.grid_worker, "网格员", "Grid worker"),
        (SeatKind.partner, "共建单位", "Co-building units"),
        (SeatKind.department, "职能部门", "Linked departments"),
    )
})  # fmt: skip
COUNCIL = packs.Label(zh="圆桌议事会", en="Round table")
Day = Annotated[int, Ruled(ge=1, le=28)]


@packs.section("councils", "圆桌议事会", "Round tables")
class CouncilRules(packs.Section):
    """How many of the six parties must be there, who signs, and by which day of a month they meet.

    `report_days` are working days within which minutes are signed.
    """

    name: Annotated[packs.Label, Said("名称", "Name")] = COUNCIL
    seats: Annotated[tuple[SeatKind, ...], Ruled(min_length=2), Said("设哪几方席位", "Seats")] = (
        tuple(SeatKind)
    )
    quorum: Annotated[int, Ruled(ge=2, le=6), Said("到会几方才能开会", "Quorum")] = 4
    signers: Annotated[
        tuple[SeatKind, ...], Ruled(min_length=1), Said("由哪几方签署", "Signers")
    ] = (SeatKind.branch, SeatKind.committee, SeatKind.firm)
    meet_by: Annotated[Day, Said("每月几日前开会", "Day by which they meet")] = 25
    signing_days: Annotated[
        int, Ruled(ge=0, le=60), Said("几个工作日内签署", "Working days to sign within")
    ] = 5
    labels: Annotated[dict[str, packs.Label], Said("各方的叫法", "Labels")] = {**LABELS}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        object.__setattr__(self, "labels", {**LABELS, **self.labels})
        object.__setattr__(self, "signers", tuple(dict.fromkeys(self.signers)))
        object.__setattr__(self, "seats", tuple(dict.fromkeys(self.seats)))
        problems = [
            (f"labels.{kind}", Said("没有这一方", "no such seat"))
            for kind in self.labels
            if kind not in LABELS
        ]
        problems += [
            (f"signers.{number}", Said("这一方没有席位", "it has no seat"))
            for number, kind in enumerate(self.signers)
            if kind not in self.seats
        ]
        if self.quorum > len(self.seats):
            said = Said(f"多于席位数 {len(self.seats)}", f"there are {len(self.seats)} seats")
            problems.append(("quorum", said))
        if SeatKind.branch not in self.seats:
            problems.append(
                ("seats", Said("网格党支部主持，必须有席位", "the branch takes the chair"))
            )
        if problems:
            raise packs.Wrong(*problems)
        return self


class Council(Recorded, table=True):
    """A grid's round table, from a day on."""

    __tablename__ = "council"
    __table_args__: ClassVar[Any] = (
        within_tenant("grid_id", "unit"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("uq_council_open", "tenant_id", "grid_id", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "grid_id", "since", "id"),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "name", "id"),
    )  # fmt: skip

    grid_id: UUID
    name: str = Field(max_length=80)
    since: date
    until: date | None = None


class CouncilSeat(Recorded, table=True):
    """A unit's seat at a round table."""

    __tablename__ = "council_seat"
    __table_args__: ClassVar[Any] = (
        within_tenant("council_id", "council"),
        within_tenant("unit_id", "unit"),
        one_of("kind", SeatKind),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("uq_council_seat_open", "tenant_id", "council_id", "kind", "unit_id", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "council_id", "kind", "id"),
        Index(None, "tenant_id", "unit_id", "council_id"),
    )  # fmt: skip

    council_id: UUID
    kind: str
    unit_id: UUID
    since: date
    until: date | None = None


class GridHasCouncil(Refused):
    """这个网格已有圆桌议事会：{id}。
    This grid has a round table already: {id}.
    """


class CouncilClosed(Refused):
    """这个圆桌议事会已经撤销：{id}。
    This round table was dissolved: {id}.
    """


class DissolvedBack(Refused):
    """圆桌议事会从今天（{today}）起撤销，不能倒签：它做到没做到，记录照旧。
    A round table is dissolved from today ({today}) on, not before: its record stays as it was.
    """


class CouncilNamePersonal(Refused):
    """圆桌议事会的名称会公开，请不要写姓名、电话或门牌号。
    A round table's name is shown in public: no name, phone or house number, please.
    """


class SeatTaken(Refused):
    """这个单位已有这个席位：{id}。
    This unit has that seat already: {id}.
    """


class SeatEnded(Refused):
    """这个席位已经结束：{id}。
    This seat has ended already: {id}.
    """


class SeatUnfit(Refused):
    """{kind} 席位不能给这个单元：{id}。
    A seat of the {kind} isn't for such a unit: {id}.
    """


class SeatNotHere(Refused):
    """本县的圆桌议事会没有 {kind} 席位。
    This county's round tables have no seat of the {kind}.
    """


# What else keeps a council from being dissolved: each capability refuses for itself.
DISSOLVING: list[Callable[[AsyncSession, Actor, Council], Awaitable[None]]] = []

CouncilId: TypeAlias = Annotated[UUID, Of("Council"), "圆桌议事会。 The round table."]
SeatId: TypeAlias = Annotated[UUID, Of("CouncilSeat"), "席位。 The seat."]


async def form(
    session: AsyncSession, by: Actor, *, grid: UnitId, name: Name, since: Since = None
) -> Council:
    """Form a grid's round table; its seats are given one by one."""
    place = await units.find_fit(session, by, grid, kind=UnitKind.grid, for_update=True)
    acting = authorize(by, "form", "councils", within=await units.path_of(session, by, place.id))
    there = await of_grid(session, by, place.id)
    if there is not None:
        raise GridHasCouncil(id=f"Council:{there.id}")
    if masking.findings(name, await people.named_in(session, by, name)):
        raise CouncilNamePersonal()
    row = Council(
        **made(by, acting), grid_id=place.id, name=name, since=clock.by_today(since)
    )  # fmt: skip
    session.add(row)
    record(session, by, "council.formed", row, acting=acting)
    return row


async def seat(
    session: AsyncSession,
    by: Actor,
    *,
    council: CouncilId,
    kind: Annotated[SeatKind, "六方之一。 Which of the six parties."],
    unit: UnitId,
    since: Since = None,
) -> CouncilSeat:
    """Give a unit a seat at a round table."""
    table, acting = await find_open(session, by, council, "seat")
    rules = await packs.read(session, by, "councils", CouncilRules)
    if kind not in rules.seats:
        raise SeatNotHere(kind=called(LABELS, kind))
    place = await units.find_open(session, by, unit)
    if place.kind not in UNITS[kind] or not await _belongs(session, by, table, kind, place.id):
        raise SeatUnfit(kind=called(LABELS, kind), id=f"Unit:{unit}")
    taken = [one for one in await seats_of(session, by, table.id) if one.unit_id == unit]
    taken = [one for one in taken if one.kind == kind]
    if taken:
        raise SeatTaken(id=f"CouncilSeat:{taken[0].id}")
    row = CouncilSeat(
        **made(by, acting), council_id=table.id, kind=kind, unit_id=place.id,
        since=clock.by_today(since),
    )  # fmt: skip
    session.add(row)
    record(session, by, "council.seated", row, acting=acting)
    return row


async def unseat(
    session: AsyncSession,
    by: Actor,
    *,
    seat: SeatId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> CouncilSeat:
    """End a unit's seat at a round table."""
    row = await rows.find(session, CouncilSeat, by, seat, for_update=True)
    _, acting = await find_open(session, by, row.council_id, "unseat")
    row.check_version(expected_version)
    if row.until is not None:
        raise SeatEnded(id=f"CouncilSeat:{seat}")
    before = state_of(row)
    row.until, row.version = _end(row.since, until), row.version + 1
    note = {"reason": reason}
    record(session, by, "council.unseated", row, acting=acting, before=before, note=note)
    return row


async def dissolve(
    session: AsyncSession,
    by: Actor,
    *,
    council: CouncilId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Council:
    """Dissolve a round table that isn't about to meet; what it decided stays and is carried out.

    What waits for it waits for the grid's next round table. It ends today: its months until then
    stay as they were.
    """
    row, acting = await find_open(session, by, council, "dissolve")
    row.check_version(expected_version)
    before = state_of(row)
    if until is not None and until < clock.today():
        raise DissolvedBack(today=clock.today())
    row.until, row.version = _end(row.since, until), row.version + 1
    for check in DISSOLVING:
        await check(session, by, row)
    note = {"reason": reason}
    record(session, by, "council.dissolved", row, acting=acting, before=before, note=note)
    return row


async def find_open(
    session: AsyncSession, by: Actor, council: UUID, verb: str
) -> tuple[Council, Held | None]:
    """A council that stands, locked: of two changes at once the second sees the first."""
    row = await rows.find(session, Council, by, council, for_update=True)
    path = await units.path_of(session, by, row.grid_id)
    acting = authorize(by, verb, "councils", within=path)
    if row.until is not None:
        raise CouncilClosed(id=f"Council:{council}")
    return row, acting


async def of_grid(session: AsyncSession, by: Actor, grid: UUID) -> Council | None:
    """The round table of a grid that stands now."""
    standing = select(Council).where(
        Council.tenant_id == by.tenant_id, Council.grid_id == grid, col(Council.until).is_(None)
    )
    return (await session.exec(standing)).first()


async def hold(session: AsyncSession, by: Actor, grid: UUID) -> None:
    """Let no agenda of the grid's round table be filled before this transaction ends."""
    standing = select(Council.id).where(
        Council.tenant_id == by.tenant_id, Council.grid_id == grid, col(Council.until).is_(None)
    )
    await session.exec(standing.with_for_update(read=True))


async def seats_of(session: AsyncSession, by: Actor, council: UUID) -> list[CouncilSeat]:
    """The seats that a council has now."""
    return await rows.every(session, CouncilSeat, by, council_id=council, until=None)


async def _belongs(
    session: AsyncSession, by: Actor, council: Council, kind: SeatKind, unit: UUID
) -> bool:
    """Branch, committee and worker are the grid's own; the others come from wherever they are."""
    if kind in (SeatKind.firm, SeatKind.partner, SeatKind.department):
        return True
    return council.grid_id in await units.path_of(session, by, unit)


def _end(since: date, until: date | None) -> date:
    end = clock.by_today(until)
    if end <= since:
        raise EndsBeforeItBegins()
    return end


def _sitting(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    """A council that stands, and its seats, keep their units open."""
    standing = (Council.tenant_id == tenant_id, col(Council.until).is_(None))
    councils = select(Council.id).where(*standing, Council.grid_id == unit_id)
    seats = select(CouncilSeat.id).join(Council, col(Council.id) == CouncilSeat.council_id).where(
        *standing, CouncilSeat.tenant_id == tenant_id, CouncilSeat.unit_id == unit_id,
        col(CouncilSeat.until).is_(None),
    )  # fmt: skip
    return select(func.count()).select_from(councils.union_all(seats).subquery())


units.OCCUPANTS["council"] = _sitting
