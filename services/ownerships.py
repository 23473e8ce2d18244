"""Ownerships (产权): who owns which share of a property unit, from which day to which.

One records what the register or a contract says, another verifies it. Shares are exact fractions;
at no moment do those of a unit come to more than the whole.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held, authorize
from services import clock, people, property_units, rows, units
from services.arguments import Length, Of, Reason, Since, Until, Version
from services.errors import BadInput, EndsBeforeItBegins, Refused, Said, called
from services.events import record, state_of
from services.organisations import Organisation
from services.people import Person
from services.property_units import PropertyUnit, PropertyUnitId
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant

LARGEST = 1_000_000


class OwnershipState(StrEnum):
    """Where an ownership stands: recorded by one, verified or rejected by another."""

    recorded = "recorded"
    verified = "verified"
    rejected = "rejected"


STATES = {
    OwnershipState.recorded: Said("待核实", "recorded"),
    OwnershipState.verified: Said("已核实", "verified"),
    OwnershipState.rejected: Said("不予认定", "rejected"),
}


class Ownership(Recorded, table=True):
    """A share of a property unit, held by a person or an organisation; `until` is the first day on
    which it isn't theirs any more.
    """

    __tablename__ = "ownership"
    __table_args__: ClassVar[Any] = (
        within_tenant("property_unit_id", "property_unit"),
        within_tenant("person_id", "person"),
        within_tenant("organisation_id", "organisation"),
        one_of("state", OwnershipState),
        CheckConstraint("num_nonnulls(person_id, organisation_id) = 1", name="one_holder"),
        CheckConstraint(
            f"numerator > 0 and numerator <= denominator and denominator <= {LARGEST}", name="share"
        ),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        CheckConstraint("verified_by <> made_by", name="not_verified_by_its_maker"),
        Index(None, "tenant_id", "property_unit_id", "since", "id"),
        Index(None, "tenant_id", "person_id", "since", "id"),
        Index(None, "tenant_id", "organisation_id", "since", "id"),
        Index(None, "tenant_id", "since", "id"),
    )

    property_unit_id: UUID
    person_id: UUID | None = None
    organisation_id: UUID | None = None
    numerator: int = 1
    denominator: int = 1
    since: date
    until: date | None = None
    ground: str = Field(max_length=500)
    state: str = OwnershipState.recorded
    verified_by: UUID | None = None
    verified_as: UUID | None = None
    verified_at: datetime | None = moment(default=None)

    @property
    def share(self) -> Fraction:
        """How much of the unit."""
        return Fraction(self.numerator, self.denominator)


class MoreThanTheWhole(Refused):
    """这套房在 {day} 的份额合计会超过全部（{sum}）。请先结束或更正原来的产权。
    On {day} the shares of this unit would come to {sum}, more than the whole. End one first.
    """


class OwnershipSettled(Refused):
    """这份产权已是“{state}”，不能再核实。
    This ownership has been settled already: {state}.
    """


class OwnRecord(Refused):
    """自己登记的产权要由别人核实。
    What you recorded somebody else verifies.
    """


class OwnOwnership(Refused):
    """自己的产权要由别人核实。
    What you own yourself somebody else verifies.
    """


class OwnershipOver(Refused):
    """这份产权已经结束：{id}。
    This ownership is over: {id}.
    """


class StillOwned(Refused):
    """这套房还有 {number} 份产权没有结束，不能注销。
    This unit has {number} ownerships that haven't ended; end them first.
    """


class StillOwns(Refused):
    """这个人名下还有 {number} 份产权没有结束，不能删除其信息。
    This person owns {number} shares that haven't ended; end them first.
    """


OwnershipId = Annotated[UUID, Of("Ownership")]
Ground = Annotated[str, Length(1, 500), "依据，如不动产权证号。 The ground: title, contract."]


async def record_(
    session: AsyncSession,
    by: Actor,
    *,
    property_unit: PropertyUnitId,
    person: Annotated[UUID | None, Of("Person"), "权利人，个人。 Who holds it, a person."] = None,
    organisation: Annotated[
        UUID | None, Of("Organisation"), "权利人，单位。 Or an organisation."
    ] = None,
    numerator: Annotated[int, "份额的分子。 The share's numerator."] = 1,
    denominator: Annotated[int, "份额的分母。 The share's denominator."] = 1,
    since: Since = None,
    ground: Ground,
) -> Ownership:
    """Record that somebody owns a unit, or a share of it."""
    unit = await property_units.find(session, by, property_unit, for_update=True)
    acting = await _authorize(session, by, "record", unit)
    if (person is None) == (organisation is None):
        reason = Said("person 与 organisation 应恰好给一个", "give either person or organisation")
        raise BadInput(argument="person", reason=reason)
    if not 0 < numerator <= denominator <= LARGEST:
        reason = Said(
            f"份额应大于零、不超过全部，分母不超过 {LARGEST}",
            f"more than nothing, no more than the whole, {LARGEST} at most below",
        )
        raise BadInput(argument="numerator", reason=reason)
    if person is not None:
        await people.find_alive(session, by, person)
    else:
        await rows.find(session, Organisation, by, organisation or UUID(int=0))
    row = Ownership(
        **made(by, acting), property_unit_id=unit.id, person_id=person,
        organisation_id=organisation, numerator=numerator, denominator=denominator,
        since=since or clock.today(), ground=ground,
    )  # fmt: skip
    await _check_whole(session, by, unit, row)
    session.add(row)
    record(session, by, "ownership.recorded", row, acting=acting)
    return row


async def verify(
    session: AsyncSession,
    by: Actor,
    *,
    ownership: OwnershipId,
    expected_version: Version = None,
) -> Ownership:
    """Confirm a recorded ownership against the register: another person than who recorded it."""
    return await _settle(session, by, "verify", ownership, expected_version, {})


async def reject(
    session: AsyncSession,
    by: Actor,
    *,
    ownership: OwnershipId,
    reason: Reason,
    expected_version: Version = None,
) -> Ownership:
    """Find that a recorded ownership isn't so; its share is free again."""
    return await _settle(session, by, "reject", ownership, expected_version, {"reason": reason})


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    ownership: OwnershipId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Ownership:
    """End an ownership from a day on: it was sold, inherited, given away."""
    row = await rows.find(session, Ownership, by, ownership, for_update=True)
    unit = await rows.find(session, PropertyUnit, by, row.property_unit_id)
    acting = await _authorize(session, by, "end", unit)
    row.check_version(expected_version)
    if row.until is not None or row.state == OwnershipState.rejected:
        raise OwnershipOver(id=f"Ownership:{row.id}")
    before, ends = state_of(row), clock.by_today(until)
    if ends <= row.since:
        raise EndsBeforeItBegins()
    row.until, row.version = ends, row.version + 1
    record(
        session, by, "ownership.ended", row, acting=acting, before=before, note={"reason": reason}
    )
    return row


class Holding(Protocol):
    """What counts of an ownership where shares are added up."""

    @property
    def state(self) -> str:
        """Where it stands."""

    @property
    def share(self) -> Fraction:
        """How much of the unit."""

    @property
    def since(self) -> date:
        """From which day on."""

    @property
    def until(self) -> date | None:
        """The first day without it."""


def most_held(owned: Iterable[Holding], since: date) -> tuple[Fraction, date]:
    """The most that is held together on a day from `since` on, and the first such day.

    It can only grow on a day on which somebody's begins.
    """
    standing = [one for one in owned if one.state != OwnershipState.rejected]
    days = sorted({since, *(one.since for one in standing if one.since > since)})
    sums = [
        (sum((one.share for one in standing if _is_held(one, day)), Fraction(0)), day)
        for day in days
    ]
    return max(sums, key=lambda found: found[0])


def _is_held(row: Holding, day: date) -> bool:
    return row.since <= day and (row.until is None or day < row.until)


async def _settle(
    session: AsyncSession,
    by: Actor,
    verb: str,
    ownership: UUID,
    expected_version: int | None,
    note: dict[str, Any],
) -> Ownership:
    row = await rows.find(session, Ownership, by, ownership, for_update=True)
    unit = await rows.find(session, PropertyUnit, by, row.property_unit_id)
    acting = await _authorize(session, by, verb, unit)
    row.check_version(expected_version)
    state = OwnershipState.verified if verb == "verify" else OwnershipState.rejected
    return settle(session, by, row, state, acting, note)


def settle(
    session: AsyncSession,
    by: Actor,
    row: Ownership,
    state: OwnershipState,
    acting: Held | None,
    note: Mapping[str, Any],
) -> Ownership:
    """Verify or reject an ownership that is held for it; the actor may do so there."""
    if row.state != OwnershipState.recorded:
        raise OwnershipSettled(state=called(STATES, row.state))
    if row.made_by == by.person_id:
        raise OwnRecord()
    if row.person_id is not None and row.person_id == by.person_id:
        raise OwnOwnership()
    before = state_of(row)
    row.state = state
    row.verified_by, row.verified_at = by.person_id, clock.now()
    row.verified_as = acting.appointment_id if acting else None
    row.version += 1
    record(session, by, f"ownership.{row.state}", row, acting=acting, before=before, note=note)
    return row


async def _authorize(
    session: AsyncSession, by: Actor, verb: str, unit: PropertyUnit
) -> Held | None:
    path = await units.path_of(session, by, unit.unit_id)
    return authorize(by, verb, "ownerships", within=path)


async def _check_whole(
    session: AsyncSession, by: Actor, unit: PropertyUnit, row: Ownership
) -> None:
    """The unit is locked: of two who record at once the second sees the first."""
    owned = await rows.every(session, Ownership, by, "since", "id", property_unit_id=unit.id)
    held, day = most_held([*owned, row], row.since)
    if held > 1:
        raise MoreThanTheWhole(day=day.isoformat(), sum=str(held))


def is_standing(columns: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Whether an ownership was verified and goes on, by the columns of its table or an alias."""
    is_verified = columns["state"] == OwnershipState.verified.value
    return and_(is_verified, columns["until"].is_(None))


def _owned_in(tenant_id: UUID, person_id: UUID) -> SelectOfScalar[UUID]:
    """The places where somebody owns a unit: who works there may reach them."""
    held = (col(PropertyUnit.tenant_id) == Ownership.tenant_id) & (
        col(PropertyUnit.id) == Ownership.property_unit_id
    )
    return (
        select(PropertyUnit.unit_id)
        .join(Ownership, held)
        .where(
            Ownership.tenant_id == tenant_id,
            Ownership.person_id == person_id,
            is_standing(Ownership.__table__.c),  # type: ignore[attr-defined]
        )
    )


async def _owns(session: AsyncSession, by: Actor, row: Person) -> None:
    """Nobody who owns vanishes from the register."""
    number = await _going_on(session, by, person_id=row.id)
    if number:
        raise StillOwns(number=number)


async def _is_owned(session: AsyncSession, by: Actor, row: PropertyUnit) -> None:
    """Nothing that is owned vanishes from under its owners; the unit is locked."""
    number = await _going_on(session, by, property_unit_id=row.id)
    if number:
        raise StillOwned(number=number)


async def _going_on(session: AsyncSession, by: Actor, **of: Any) -> int:
    """How many ownerships of somebody, or of a unit, haven't ended."""
    found = await rows.every(session, Ownership, by, "id", until=None, **of)
    return sum(one.state != OwnershipState.rejected for one in found)


people.PLACES.append(_owned_in)
people.ERASING.append(_owns)
property_units.ENDING.append(_is_owned)
