"""Property units (专有部分): flats, shops and places of an estate, each with its exclusive area.

The area is exact, in hundredths of a square metre, and says where it comes from. A unit that is
merged, split or pulled down ends on a day; what was owned and voted there stays.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, authorize
from services import clock, rows, units
from services.arguments import Decimals, Length, Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Refused, Said, called
from services.events import record, state_of
from services.rows import made
from services.tables import NameType, Recorded, one_of, within_tenant
from services.tree import UnitPath
from services.units import LABELS, Unit, UnitKind, UnitUnfit

PLACES_OF_AN_AREA = 2
LARGEST_AREA = Decimal("9999999.99")


class PropertyUse(StrEnum):
    """What a unit is for (规划用途)."""

    dwelling = "dwelling"
    shop = "shop"
    office = "office"
    parking = "parking"
    storage = "storage"
    other = "other"


class AreaSource(StrEnum):
    """Where an area was read: the property register, a survey's report, or a contract of sale."""

    register = "register"
    survey = "survey"
    contract = "contract"


USES = {
    PropertyUse.dwelling: Said("住宅", "dwelling"),
    PropertyUse.shop: Said("商铺", "shop"),
    PropertyUse.office: Said("办公", "office"),
    PropertyUse.parking: Said("车位", "parking space"),
    PropertyUse.storage: Said("储藏间", "storage"),
    PropertyUse.other: Said("其他", "other"),
}
# What refuses the end of a unit: each capability for its rows.
ENDING: list[Callable[[AsyncSession, Actor, "PropertyUnit"], Awaitable[None]]] = []
# Where in an estate a unit may be.
INSIDE = (UnitKind.estate, UnitKind.building, UnitKind.stairwell)


class PropertyUnit(Recorded, table=True):
    """A unit of an estate that is owned apart; `unit_id` is the building or stairwell it is in."""

    __tablename__ = "property_unit"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("unit_id", "unit"),
        one_of("use", PropertyUse),
        one_of("area_source", AreaSource),
        CheckConstraint("area > 0", name="has_an_area"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("uq_property_unit_number", "tenant_id", "estate_id", "number", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "estate_id", "number", "id"),
        Index(None, "tenant_id", "unit_id", "number", "id"),
        Index(None, "tenant_id", "number", "id"),
    )  # fmt: skip

    estate_id: UUID
    unit_id: UUID
    number: str = Field(max_length=40, sa_type=NameType)
    use: str
    area: Decimal = Field(sa_type=Numeric(9, 2))
    area_source: str
    since: date
    until: date | None = None


class NumberTaken(Refused):
    """这个小区已有房号 {number}：{id}。请核对，或先注销原来的。
    The estate has a unit with the number {number}: {id}. Check it, or end that one first.
    """


class PropertyUnitEnded(Refused):
    """这套房已经注销：{id}。
    This unit has ended: {id}.
    """


class PropertyUnitsInTheWay(Refused):
    """移动之后，有 {number} 套房就不在所属小区里了，不能移动。
    After this move {number} property units would be outside of their estate.
    """


PropertyUnitId = Annotated[UUID, Of("PropertyUnit")]
Number = Annotated[str, Length(1, 40), "房号，如 3-2-501。 Its number in the estate."]
Area = Annotated[
    Decimal, Decimals(LARGEST_AREA, PLACES_OF_AN_AREA), "专有面积，平方米。 Square metres."
]


async def add(
    session: AsyncSession,
    by: Actor,
    *,
    unit: UnitId,
    number: Number,
    use: PropertyUse,
    area: Area,
    area_source: AreaSource,
    since: Since = None,
) -> PropertyUnit:
    """Put a unit on the register, in a building, a stairwell or the estate itself."""
    # Where the place is the estate itself, it is held at once as `_check_number` holds it: of two
    # who had shared it first neither could.
    known = await units.find(session, by, unit)
    is_estate = known.kind == UnitKind.estate
    place = await units.find_open(session, by, unit, for_update=is_estate)
    path = await units.path_of(session, by, place.id)
    acting = authorize(by, "add", "property_units", within=path)
    estate = await estate_of(session, by, place, path)
    await _check_number(session, by, estate, number)
    row = PropertyUnit(
        **made(by, acting), estate_id=estate, unit_id=place.id, number=number, use=use, area=area,
        area_source=area_source, since=since or clock.today(),
    )  # fmt: skip
    session.add(row)
    record(session, by, "property_unit.added", row, acting=acting)
    return row


async def amend(
    session: AsyncSession,
    by: Actor,
    *,
    property_unit: PropertyUnitId,
    reason: Reason,
    number: Number | None = None,
    use: PropertyUse | None = None,
    area: Area | None = None,
    area_source: AreaSource | None = None,
    expected_version: Version = None,
) -> PropertyUnit:
    """Correct what the register says of a unit; what is left out stays."""
    if number is not None:
        # The estate before its unit, as an import holds them.
        known = await find(session, by, property_unit)
        await rows.find(session, Unit, by, known.estate_id, for_update=True)
    row = await find(session, by, property_unit, for_update=True)
    path = await units.path_of(session, by, row.unit_id)
    acting = authorize(by, "amend", "property_units", within=path)
    row.check_version(expected_version)
    if number is not None and number != row.number:
        await _check_number(session, by, row.estate_id, number)
    before = state_of(row)
    row.number, row.use = number or row.number, use or row.use
    row.area, row.area_source = area or row.area, area_source or row.area_source
    row.version += 1
    record(
        session, by, "property_unit.amended", row, acting=acting, before=before,
        note={"reason": reason},
    )  # fmt: skip
    return row


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    property_unit: PropertyUnitId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> PropertyUnit:
    """Take a unit off the register from a day on: it was merged, split or pulled down."""
    row = await find(session, by, property_unit, for_update=True)
    path = await units.path_of(session, by, row.unit_id)
    acting = authorize(by, "end", "property_units", within=path)
    row.check_version(expected_version)
    before, ends = state_of(row), clock.by_today(until)
    if ends <= row.since:
        raise EndsBeforeItBegins()
    for check in ENDING:
        await check(session, by, row)
    row.until, row.version = ends, row.version + 1
    record(
        session, by, "property_unit.ended", row, acting=acting, before=before,
        note={"reason": reason},
    )  # fmt: skip
    return row


async def find(
    session: AsyncSession, by: Actor, property_unit: UUID, *, for_update: bool = False
) -> PropertyUnit:
    """A unit on the register of the actor's county, which hasn't ended."""
    row = await rows.find(session, PropertyUnit, by, property_unit, for_update=for_update)
    if row.until is not None:
        raise PropertyUnitEnded(id=f"PropertyUnit:{property_unit}")
    return row


async def estate_of(session: AsyncSession, by: Actor, place: Unit, path: Sequence[UUID]) -> UUID:
    """The estate that a place is in, `path` being all above it; there is no other."""
    if place.kind in INSIDE:
        estates = select(Unit.id).where(
            Unit.tenant_id == by.tenant_id, col(Unit.id).in_(path), Unit.kind == UnitKind.estate
        )
        found = (await session.exec(estates)).first()
        if found is not None:
            return found
    raise UnitUnfit(kind=called(LABELS, *INSIDE), id=f"Unit:{place.id}")


async def _check_number(session: AsyncSession, by: Actor, estate: UUID, number: str) -> None:
    # The estate is locked: of two who use one number at once the second sees the first.
    await rows.find(session, Unit, by, estate, for_update=True)
    same = await rows.every(
        session, PropertyUnit, by, "id", estate_id=estate, number=number, until=None
    )
    if same:
        raise NumberTaken(number=number, id=f"PropertyUnit:{same[0].id}")


def _owned_apart(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    return select(func.count()).where(
        PropertyUnit.tenant_id == tenant_id, PropertyUnit.unit_id == unit_id,
        col(PropertyUnit.until).is_(None),
    )  # fmt: skip


async def _check_move(session: AsyncSession, by: Actor, moved: Sequence[UUID]) -> None:
    """Refuse a move after which a property unit would lie outside of its estate."""
    above = select(UnitPath.unit_id).where(
        UnitPath.tenant_id == PropertyUnit.tenant_id,
        UnitPath.unit_id == PropertyUnit.unit_id,
        UnitPath.ancestor_id == PropertyUnit.estate_id,
    )
    outside = select(func.count()).where(
        PropertyUnit.tenant_id == by.tenant_id,
        col(PropertyUnit.until).is_(None),
        col(PropertyUnit.unit_id).in_(moved),
        ~above.exists(),
    )
    number = (await session.exec(outside)).one()
    if number:
        raise PropertyUnitsInTheWay(number=number)


units.MOVES.append(_check_move)
units.OCCUPANTS["property_unit"] = _owned_apart
