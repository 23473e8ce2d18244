"""Recording (登记): rows that were compared become units, people, organisations and ownerships.

Each is recorded as its own command would record it, by whoever had the import applied, in the post
in which they may. What was compared is held by locks until it is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor, Held, authorize
from services import organisations, people
from services.events import record
from services.organisations import Organisation
from services.ownerships import Ownership
from services.people import Person
from services.prepared import fresh, put_row
from services.property_units import PropertyUnit
from services.register_imports.comparing import NewUnit, Outcome
from services.register_imports.reading import Entry
from services.register_imports.tables import RegisterImport
from services.rows import made
from services.sealing import Keys


@dataclass(frozen=True, slots=True)
class Posts:
    """In which posts one may do each of the things that an import does."""

    units: Held | None
    people: Held | None
    organisations: Held | None
    ownerships: Held | None

    @classmethod
    def of(cls, by: Actor, path: Sequence[UUID]) -> "Posts":
        """Of somebody, in an estate; `Denied` where one of them is beyond them."""
        return cls(
            authorize(by, "add", "property_units", within=path),
            authorize(by, "register", "people", within=path),
            organisations.may_register(by),
            authorize(by, "record", "ownerships", within=path),
        )


@dataclass(slots=True)
class Recorder:
    """Records what rows come to; whoever is new is made once, in however many rows."""

    session: AsyncSession
    by: Actor
    posts: Posts
    row: RegisterImport
    keys: Keys
    _new: dict[tuple[str, ...], UUID] = field(default_factory=dict)

    def record(self, found: Iterable[Outcome]) -> Mapping[UUID, UUID | None]:
        """Record these rows; for each the ownership that came of it, if it says whose the unit is.

        The order is that of the tables' references.
        """
        those = [*found]
        units = self._units(those)
        holders = [one for one in those if one.entry.has_holder]
        persons = {one.row: self._person(one) for one in holders if one.entry.code is None}
        bodies = {one.row: self._organisation(one) for one in holders if one.entry.code is not None}
        owned: dict[UUID, UUID | None] = {one.row: None for one in those}
        for one in holders:
            unit = one.unit.id if one.unit else units[one.entry.unit]
            owned[one.row] = self._ownership(
                one.entry, unit, persons.get(one.row), bodies.get(one.row)
            )
        return owned

    def _units(self, those: Iterable[Outcome]) -> dict[str, UUID]:
        found: dict[str, UUID] = {}
        for one in those:
            if one.new_unit is not None and one.entry.unit not in found:
                found[one.entry.unit] = self._unit(one.entry.unit, one.new_unit, one.place)
        return found

    def _unit(self, number: str, new: NewUnit, place: UUID | None) -> UUID:
        row = fresh(
            PropertyUnit, **made(self.by, self.posts.units), estate_id=self.row.estate_id,
            unit_id=place or self.row.estate_id, number=number, use=new.use.value, area=new.area,
            area_source=new.area_source.value, since=new.since,
        )  # fmt: skip
        self._write("property_unit.added", row, self.posts.units)
        return row.id

    def _person(self, one: Outcome) -> UUID:
        entry = one.entry
        # Of whom nothing but a name is known, another of that name may be another person.
        is_known = entry.identity is not None or entry.phone is not None
        known = one.person or (self._new.get(entry.holder) if is_known else None)
        if known is not None:
            return known
        id_, number = uuid7(), self.keys.number
        row = fresh(
            Person, **made(self.by, self.posts.people), id=id_, name=entry.name, key_number=number,
            **people.sealed(self.keys, number, id_, entry.phone, entry.identity),
        )  # fmt: skip
        self._write("person.registered", row, self.posts.people)
        self._new[entry.holder] = row.id
        return row.id

    def _organisation(self, one: Outcome) -> UUID:
        entry = one.entry
        known = one.organisation or self._new.get(entry.holder)
        if known is not None:
            return known
        row = fresh(
            Organisation, **made(self.by, self.posts.organisations), name=entry.name,
            code=entry.code,
        )  # fmt: skip
        self._write("organisation.registered", row, self.posts.organisations)
        self._new[entry.holder] = row.id
        return row.id

    def _ownership(
        self, entry: Entry, unit: UUID, person: UUID | None, organisation: UUID | None
    ) -> UUID:
        share = entry.share or Fraction(1)
        row = fresh(
            Ownership, **made(self.by, self.posts.ownerships), property_unit_id=unit,
            person_id=person, organisation_id=organisation, numerator=share.numerator,
            denominator=share.denominator, since=entry.since or self.row.since,
            ground=entry.title or f"登记导入：{self.row.name}，第 {entry.number} 行",
        )  # fmt: skip
        self._write("ownership.recorded", row, self.posts.ownerships)
        return row.id

    def _write(self, name: str, row: Any, acting: Held | None) -> None:
        put_row(self.session, row)
        record(self.session, self.by, name, row, acting=acting)
