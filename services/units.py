"""Units (组织单元): the dated tree of a county, from bureau and community down to a stairwell.

Which kind stands below which is the county's pack, within what the product allows at all. There is
no cycle; a unit is closed, never deleted. What stands above what is kept in `tree`.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import ValidationInfo, field_validator, model_validator
from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, authorize
from services import clock, packs, rows, tree
from services.arguments import Name, Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Labels, Refused, Said, called
from services.events import record, state_of
from services.rows import made
from services.tables import NameType, Recorded, one_of, within_tenant


class UnitKind(StrEnum):
    """What a unit is: a level of the county, or an organisation beside it."""

    county = "county"
    bureau = "bureau"
    industry_committee = "industry_committee"
    working_committee = "working_committee"
    community = "community"
    grid = "grid"
    estate = "estate"
    building = "building"
    stairwell = "stairwell"
    party_branch = "party_branch"
    owners_committee = "owners_committee"
    firm = "firm"
    co_building_unit = "co_building_unit"
    linked_department = "linked_department"


K = UnitKind
LEVELS: dict[UnitKind, tuple[UnitKind, ...]] = {
    K.county: (),
    K.bureau: (K.county,),
    K.industry_committee: (K.county, K.bureau),
    K.working_committee: (K.county,),
    K.community: (K.county, K.working_committee),
    K.grid: (K.community,),
    K.estate: (K.grid, K.community),
    K.building: (K.estate,),
    K.stairwell: (K.building,),
    K.party_branch: (K.grid, K.community, K.firm, K.bureau, K.estate),
    K.owners_committee: (K.estate,),
    K.firm: (K.county, K.bureau, K.industry_committee),
    K.co_building_unit: (K.county, K.working_committee, K.community, K.grid),
    K.linked_department: (K.county, K.working_committee, K.community, K.grid),
}


# What keeps a unit open, by its name: each capability adds the count of its own rows there.
OCCUPANTS: dict[str, Callable[[UUID, UUID], SelectOfScalar[int]]] = {}

# What each of them is called where a unit can't be closed.
KEPT: dict[str, Said] = {
    "unit": Said("下级单元", "units below"),
    "appointment": Said("任职", "appointments"),
    "council": Said("圆桌议事会或席位", "round tables or seats"),
    "duty": Said("责任", "duties"),
    "property_unit": Said("专有部分", "property units"),
    "linkage": Said("物业服务关系", "linkages"),
    "contract": Said("物业服务合同", "contracts"),
    "matter": Said("事项", "matters"),
    "station": Said("红色驿站", "stations"),
}

# What refuses a move once it is made: each capability looks whether its rows still fit the tree.
MOVES: list[Callable[[AsyncSession, Actor, Sequence[UUID]], Awaitable[None]]] = []


LABELS = Labels("units", {
    kind: packs.Label(zh=zh, en=en)
    for kind, zh, en in (
        (K.county, "县", "County"),
        (K.bureau, "住建局", "Housing bureau"),
        (K.industry_committee, "物业行业党委", "Property industry party committee"),
        (K.working_committee, "城市社区党工委", "Urban community working committee"),
        (K.community, "社区", "Community"),
        (K.grid, "网格", "Grid"),
        (K.estate, "小区", "Estate"),
        (K.building, "楼栋", "Building"),
        (K.stairwell, "单元", "Stairwell"),
        (K.party_branch, "党支部", "Party branch"),
        (K.owners_committee, "业主委员会", "Owners' committee"),
        (K.firm, "物业公司", "Property firm"),
        (K.co_building_unit, "共建单位", "Co-building unit"),
        (K.linked_department, "职能部门", "Linked department"),
    )
})  # fmt: skip


@packs.section("units", "组织", "Units")
class UnitRules(packs.Section):
    """The county's levels: below which kinds each kind may stand, and what each is called."""

    levels: Annotated[
        dict[UnitKind, tuple[UnitKind, ...] | None], Said("层级：可以设在哪些层级下面", "Levels")
    ] = {**LEVELS}
    labels: Annotated[dict[UnitKind, packs.Label], Said("叫法", "Labels")] = {
        kind: LABELS[kind] for kind in UnitKind
    }

    @field_validator("levels", "labels", mode="before")
    @classmethod
    def _with_the_rest(cls, given: Any, about: ValidationInfo) -> Any:
        """What isn't said is the product's default; a level that is null isn't there."""
        rest = LEVELS if about.field_name == "levels" else LABELS
        return {**rest, **given} if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _within_the_product(self) -> Self:
        """Every level stands below levels that are there, and that the product allows."""
        problems = [one for kind in self.levels for one in self._problems(kind)]
        if problems:
            raise packs.Wrong(*((f"levels.{kind}", said) for kind, said in problems))
        return self

    def _problems(self, kind: UnitKind) -> Iterator[tuple[UnitKind, Said]]:
        parents = self.levels[kind]
        if kind is K.county or parents is None:
            if kind is K.county and parents != ():
                yield kind, Said("县在最上面，没有上级", "county stands on top")
            return
        beyond = [parent for parent in parents if parent not in LEVELS[kind]]
        if beyond:
            yield kind, Said(f"{LABELS[kind].zh}不能设在{called(LABELS, *beyond).zh}下面",
                             f"{kind} can't stand below {', '.join(beyond)}")  # fmt: skip
        elif all(self.levels[parent] is None for parent in parents):
            yield kind, Said("没有可以设在其下的层级；不设这一级请写 null",
                             f"{kind} has no level to stand below; null leaves it out")  # fmt: skip


class Unit(Recorded, table=True):
    """A unit of the county; `decision` is what it was founded by (成立依据)."""

    __tablename__ = "unit"
    __table_args__: ClassVar[Any] = (
        one_of("kind", UnitKind),
        within_tenant("parent_id", "unit"),
        CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        CheckConstraint("(parent_id is null) = (kind = 'county')", name="county_on_top"),
        Index(None, "tenant_id", "kind", "name", "id"),
        Index(None, "tenant_id", "parent_id", "name", "id"),
        Index(None, "tenant_id", "name", "id"),
        Index(None, "tenant_id", "since", "id"),
        Index("ix_unit_hidden", "tenant_id", "id", postgresql_where=text("is_public is false")),
        Index(None, "tenant_id", unique=True, postgresql_where=text("parent_id is null")),
    )

    kind: str
    name: str = Field(max_length=80, sa_type=NameType)
    parent_id: UUID | None = None
    since: date
    until: date | None = None
    decision: str | None = Field(default=None, max_length=500)
    is_public: bool = True


class UnitMisplaced(Refused):
    """本县的层级不允许把 {kind} 放在 {parent} 下面。
    This county's levels don't allow a {kind} below a {parent}.
    """


class ParentMissing(Refused):
    """只有县本身没有上级；请说明 {kind} 的上级单元（parent）。
    Only the county itself has none above it: say which unit is the parent of a new {kind}.
    """


class UnitCycle(Refused):
    """不能把一个单元移到它自己的下级里。
    A unit can't be moved below itself.
    """


class UnitOccupied(Refused):
    """这里还有未了结的：{kept}。请先处理再撤销。
    Something still keeps it open: {kept}. End that first.
    """


class UnitClosed(Refused):
    """这个单元已经撤销：{id}。
    This unit is closed: {id}.
    """


class UnitUnfit(Refused):
    """这里需要的是 {kind}，而且要在所属的单元之内：{id}。
    What is needed here is a {kind}, inside the unit that it belongs to: {id}.
    """


class CountyExists(Refused):
    """本县的最上一级单元已经建立。
    The county's topmost unit has been founded already.
    """


Kind = Annotated[UnitKind, "种类。 What it is."]


async def found(
    session: AsyncSession,
    by: Actor,
    *,
    kind: Kind,
    name: Name,
    parent: UnitId | None = None,
    since: Since = None,
    decision: Reason | None = None,
    is_public: Annotated[bool, "是否对公众显示。 Whether the public sees it."] = True,
) -> Unit:
    """Found a unit below another one; only the county itself has none above."""
    await tree.hold(session, by)
    above = await find_open(session, by, parent) if parent else None
    path = await path_of(session, by, above.id) if above else ()
    acting = authorize(by, "found", "units", within=path)
    if above is None and kind is UnitKind.county and await _root(session, by):
        raise CountyExists()
    await _check_place(session, by, kind, above)
    unit = Unit(
        **made(by, acting), kind=kind, name=name, parent_id=parent, is_public=is_public,
        since=since or clock.today(), decision=decision,
    )  # fmt: skip
    session.add(unit)
    tree.hang(session, by, unit.id, path)
    record(session, by, "unit.founded", unit, acting=acting)
    return unit


async def rename(
    session: AsyncSession, by: Actor, *, unit: UnitId, name: Name, expected_version: Version = None
) -> Unit:
    """Give a unit another name; the old one stays in its history."""
    row = await find_open(session, by, unit, for_update=True)
    acting = authorize(by, "rename", "units", within=await path_of(session, by, row.id))
    row.check_version(expected_version)
    before = state_of(row)
    row.name, row.version = name, row.version + 1
    record(session, by, "unit.renamed", row, acting=acting, before=before)
    return row


async def move(
    session: AsyncSession,
    by: Actor,
    *,
    unit: UnitId,
    parent: Annotated[UUID, Of("Unit"), "新的上级单元。 The unit above it from now on."],
    expected_version: Version = None,
) -> Unit:
    """Put a unit, with all below it, under another one."""
    await tree.hold(session, by)
    row = await find_open(session, by, unit, for_update=True)
    above = await find_open(session, by, parent)
    for end in (row, above):
        acting = authorize(by, "move", "units", within=await path_of(session, by, end.id))
    row.check_version(expected_version)
    moved = await tree.subtree(session, by, row.id)
    if above.id in moved:
        raise UnitCycle()
    await _check_place(session, by, UnitKind(row.kind), above)
    before = state_of(row)
    row.parent_id, row.version = above.id, row.version + 1
    await tree.graft(session, by, row.id, above.id)
    for check in MOVES:
        await check(session, by, moved)
    record(session, by, "unit.moved", row, acting=acting, before=before)
    return row


async def close(
    session: AsyncSession,
    by: Actor,
    *,
    unit: UnitId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Unit:
    """Close a unit that nothing stands below and nobody serves in."""
    await tree.hold(session, by)
    row = await find_open(session, by, unit, for_update=True)
    acting = authorize(by, "close", "units", within=await path_of(session, by, row.id))
    row.check_version(expected_version)
    await _check_empty(session, by, row)
    before, end = state_of(row), clock.by_today(until)
    if end <= row.since:
        raise EndsBeforeItBegins()
    row.until, row.version = end, row.version + 1
    record(session, by, "unit.closed", row, acting=acting, before=before, note={"reason": reason})
    return row


async def find(session: AsyncSession, by: Actor, unit: UUID, *, for_update: bool = False) -> Unit:
    """A unit of the actor's county, or the same refusal as for one that doesn't exist."""
    return await rows.find(session, Unit, by, unit, for_update=for_update)


async def find_open(
    session: AsyncSession, by: Actor, unit: UUID, *, for_update: bool = False
) -> Unit:
    """A unit that isn't closed, and that nobody else closes before this transaction ends."""
    row = await rows.find(session, Unit, by, unit, for_update=for_update, for_share=True)
    if row.until is not None:
        raise UnitClosed(id=f"Unit:{unit}")
    return row


async def find_fit(
    session: AsyncSession,
    by: Actor,
    unit: UUID,
    *,
    kind: UnitKind,
    below: UUID | None = None,
    for_update: bool = False,
) -> Unit:
    """An open unit of this kind, below that one."""
    row = await find_open(session, by, unit, for_update=for_update)
    is_inside = below is None or below in await path_of(session, by, row.id)
    if row.kind != kind or not is_inside:
        raise UnitUnfit(kind=called(LABELS, kind), id=f"Unit:{unit}")
    return row


async def path_of(session: AsyncSession, by: Actor, unit: UUID) -> Sequence[UUID]:
    """The unit and all units above it, the nearest first: what `authorize` takes as `within`."""
    return await tree.path(session, by, unit)


async def _check_place(
    session: AsyncSession, by: Actor, kind: UnitKind, above: Unit | None
) -> None:
    if above is None:
        if kind is not UnitKind.county:
            raise ParentMissing(kind=called(LABELS, kind))
        return
    rules = await packs.read(session, by, "units", UnitRules)
    if above.kind not in (rules.levels.get(kind) or ()):
        raise UnitMisplaced(kind=called(LABELS, kind), parent=called(LABELS, above.kind))


async def _check_empty(session: AsyncSession, by: Actor, row: Unit) -> None:
    below = select(func.count()).where(
        Unit.tenant_id == by.tenant_id, Unit.parent_id == row.id, col(Unit.until).is_(None)
    )
    kept = {"unit": (await session.exec(below)).one()}
    for what, occupants in OCCUPANTS.items():
        kept[what] = (await session.exec(occupants(by.tenant_id, row.id))).one()
    if any(kept.values()):
        raise UnitOccupied(kept=_counted({what: n for what, n in kept.items() if n}))


def _counted(kept: Mapping[str, int]) -> Said:
    """So many of each, in both languages."""
    numbers = {what: KEPT.get(what, Said(what, what)) for what in kept}
    return Said(
        "、".join(f"{numbers[what].zh} {n}" for what, n in kept.items()),
        ", ".join(f"{numbers[what].en}: {n}" for what, n in kept.items()),
        ", ".join(f"{what}: {n}" for what, n in kept.items()),
    )


async def _root(session: AsyncSession, by: Actor) -> Unit | None:
    top = select(Unit).where(Unit.tenant_id == by.tenant_id, col(Unit.parent_id).is_(None))
    return (await session.exec(top)).first()
