"""Comparing (核对): what a row comes to beside the register: new, there already, or at odds.

Where file and register differ nothing is overwritten: the row is held back, and says what each has.
A clerk then amends the one or the other, by the command that is there for it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from services.ownerships import most_held
from services.property_units import AreaSource, PropertyUse
from services.register_imports.problems import Problem, problem
from services.register_imports.reading import Entry
from services.register_imports.register import KnownPerson, KnownUnit, Owned, Places, Register
from services.register_imports.tables import RegisterImport, RowState


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that isn't on the register: what the rows of it say together."""

    area: Decimal
    area_source: AreaSource
    use: PropertyUse
    since: date


@dataclass(slots=True)
class Outcome:
    """What a row comes to: its unit, new or known, and its holder if that is known."""

    row: UUID
    entry: Entry
    state: RowState
    problems: list[Problem]
    unit: KnownUnit | None = None
    new_unit: NewUnit | None = None
    place: UUID | None = None
    person: UUID | None = None
    organisation: UUID | None = None

    def add(self, found: Problem) -> None:
        """One more thing to be said of it."""
        self.problems.append(found)
        if found.is_blocking:
            self.state = RowState.bad


@dataclass(frozen=True, slots=True)
class Given:
    """What the import says for cells that are blank."""

    since: date
    use: PropertyUse
    area_source: AreaSource

    @classmethod
    def of(cls, row: RegisterImport) -> "Given":
        """Of an import."""
        return cls(row.since, PropertyUse(row.use), AreaSource(row.area_source))

    def unit(self, those: Sequence[Entry]) -> NewUnit | None:
        """What rows of a unit say of it together; None where none of them has its area."""
        area = next((one.area for one in those if one.area is not None), None)
        source = next((one.area_source for one in those if one.area_source is not None), None)
        use = next((one.use for one in those if one.use is not None), None)
        days = [one.since for one in those if one.since is not None]
        if area is None:
            return None
        first = min([self.since, *days])
        return NewUnit(area, source or self.area_source, use or self.use, first)


def is_bad(one: Outcome) -> bool:
    """Whether it can't come in, by what was said of it so far."""
    return one.state is RowState.bad


def compare(
    rows: Iterable[tuple[UUID, Entry]], known: Register, places: Places, given: Given
) -> list[Outcome]:
    """What each of these rows comes to; the rows of a unit stand together."""
    found = [Outcome(id_, one, RowState.good, []) for id_, one in rows]
    units: dict[str, list[Outcome]] = {}
    for one in found:
        if one.entry.is_spoilt:
            one.state = RowState.bad
        units.setdefault(one.entry.unit, []).append(one)
    for number, those in units.items():
        if number:
            _compare_unit(those, known.units.get(number), places, given)
            _compare_holders(those, known, given)
    return found


def _compare_unit(
    those: Sequence[Outcome], unit: KnownUnit | None, places: Places, given: Given
) -> None:
    """The unit itself: that it has an area and a place, or is on the register as it is here."""
    told = given.unit([one.entry for one in those if not is_bad(one)])
    for one in those:
        entry, one.unit = one.entry, unit
        one.place = places.place(entry)
        if one.place is None:
            one.add(problem("building", "PLACE_UNKNOWN"))
        if unit is None:
            one.new_unit = told
            if told is None and not is_bad(one):
                one.add(problem("area", "AREA_MISSING"))
            continue
        if entry.area is not None and entry.area != unit.area:
            one.add(problem("area", "AREA_DIFFERS", register=unit.area, file=entry.area))
        if entry.area_source is not None and entry.area_source != unit.area_source:
            one.add(problem("area_source", "SOURCE_DIFFERS"))
        if entry.use is not None and entry.use != unit.use:
            one.add(problem("use", "USE_DIFFERS"))
        if entry.is_told and one.place not in (None, unit.place):
            one.add(problem("building", "PLACE_DIFFERS"))


def _compare_holders(those: Sequence[Outcome], known: Register, given: Given) -> None:
    """Whose it is, and that shares come to no more than the whole with those on the register."""
    owned = [*those[0].unit.owned] if those[0].unit else []
    for one in those:
        entry = one.entry
        if is_bad(one):
            # Whatever else is wrong with it is said as well.
            if entry.has_holder:
                _find_holder(one, known)
            continue
        if entry.repeats is not None:
            one.state = RowState.repeated
            continue
        if not entry.has_holder:
            one.state = RowState.unchanged if one.unit else RowState.good
            continue
        _find_holder(one, known)
        if is_bad(one):
            continue
        held = _held_by(one, owned)
        if held is not None:
            _compare_held(one, held)
            continue
        mine = _as_owned(entry, given)
        total, day = most_held([*owned, mine], mine.since)
        if total > 1:
            one.add(problem("share", "MORE_THAN_THE_WHOLE", day=day, sum=total))
        else:
            owned.append(mine)


def _find_holder(one: Outcome, known: Register) -> None:
    """The holder on the register, by code, by identity number, or by phone and name."""
    entry = one.entry
    if entry.code is not None:
        found = known.organisations.get(entry.code)
        if found is not None:
            one.organisation = found[0]
            if found[1] != entry.name:
                one.add(problem("organisation", "ORGANISATION_DIFFERS"))
        return
    by_identity = known.of_identity(entry.identity) if entry.identity else None
    by_phone = known.of_phone(entry.phone) if entry.phone else None
    person = by_identity or by_phone
    if by_identity is not None:
        if by_identity.name != entry.name:
            one.add(problem("name", "NAME_DIFFERS"))
        if entry.phone is not None and (by_phone is None or by_phone.id != by_identity.id):
            one.add(problem("phone", "PHONE_KEPT"))
    elif by_phone is not None and (entry.identity or by_phone.name != entry.name):
        one.add(problem("phone", "PHONE_TAKEN"))
    elif entry.identity is None and entry.phone is None and one.unit is not None:
        person = _namesake(one.unit, entry.name)
    one.person = person.id if person else None


def _namesake(unit: KnownUnit, name: str) -> KnownPerson | None:
    """Of whom nothing but a name is known: the one of this name who holds of this very unit."""
    same = [id_ for id_, known in unit.names.items() if known == name]
    return KnownPerson(same[0], name, None) if len(same) == 1 else None


def _held_by(one: Outcome, owned: Iterable[Owned]) -> Owned | None:
    """What the holder holds of the unit, and hasn't given away."""
    holder = one.person or one.organisation
    standing = (each for each in owned if each.until is None and each.holder is not None)
    return next((each for each in standing if each.holder == holder), None)


def _compare_held(one: Outcome, held: Owned) -> None:
    """A share that is on the register already: the same, or at odds with the file."""
    entry = one.entry
    one.state = RowState.unchanged
    if entry.share != held.share:
        one.add(problem("share", "SHARE_DIFFERS", register=held.share, file=entry.share))
    if entry.since is not None and entry.since != held.since:
        one.add(problem("since", "DATE_DIFFERS", register=held.since, file=entry.since))
    if entry.title and entry.title != held.ground:
        one.add(problem("title", "TITLE_KEPT"))


def _as_owned(entry: Entry, given: Given) -> Owned:
    """The ownership that the row would be, to be reckoned with."""
    return Owned(entry.share or Fraction(1), entry.since or given.since)
