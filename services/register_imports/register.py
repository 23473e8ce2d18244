"""The register (登记簿) as rows are compared with it: what it has of some units and their owners.

Read for a few hundred rows at a time, by statements that each name them all. While rows are being
recorded it is read under locks, so that what was compared is still so when it is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.ownerships import OwnershipState
from services.prepared import DRIVER, has_pending
from services.register_imports.numbers import BUILDING, STAIRWELL, core
from services.register_imports.reading import Entry
from services.sealing import Keys

UNITS = """
select u.id, u.unit_id, u.number, u.use, u.area, u.area_source
from unnest($3::text[]) as wanted (number) join property_unit u
  on u.tenant_id = $1 and u.estate_id = $2 and u.number = wanted.number and u.until is null
order by u.id {lock}"""
OWNED = """
select o.property_unit_id, o.person_id, o.organisation_id, o.numerator, o.denominator,
  o.since, o.until, o.ground, o.state, p.name
from ownership o left join person p on p.tenant_id = o.tenant_id and p.id = o.person_id
where o.tenant_id = $1 and o.property_unit_id = any($2) and o.state <> 'rejected'
order by o.since, o.id"""
PEOPLE = """
select p.id, p.name, p.identity_hash, p.phone_hash
from unnest($3::bytea[]) as wanted (hash) join person p
  on p.tenant_id = $1 and p.key_number = any($2) and p.{column} = wanted.hash
order by p.id {lock}"""
ORGANISATIONS = "select id, name, code from organisation where tenant_id = $1 and code = any($2)"
PLACES = """
select u.id, u.name, u.kind, u.parent_id from unit_path p
join unit u on u.tenant_id = p.tenant_id and u.id = p.unit_id
where p.tenant_id = $1 and p.ancestor_id = $2 and u.kind in ('building', 'stairwell')
  and u.until is null
order by u.id"""


@dataclass(frozen=True, slots=True)
class Owned:
    """A share of a unit, on the register or about to be."""

    share: Fraction
    since: date
    until: date | None = None
    ground: str = ""
    holder: UUID | None = None
    state: str = OwnershipState.recorded


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit on the register, and whoever holds something of it."""

    id: UUID
    place: UUID
    use: str
    area: Decimal
    area_source: str
    owned: list[Owned] = field(default_factory=list)
    # The names of the persons who hold something of it.
    names: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person on the register."""

    id: UUID
    name: str
    phone_hash: bytes | None


@dataclass(slots=True)
class Register:
    """What the register has of some rows."""

    keys: Keys
    units: dict[str, KnownUnit] = field(default_factory=dict)
    by_identity: dict[bytes, KnownPerson] = field(default_factory=dict)
    by_phone: dict[bytes, KnownPerson] = field(default_factory=dict)
    organisations: dict[str, tuple[UUID, str]] = field(default_factory=dict)

    def of_identity(self, number: str) -> KnownPerson | None:
        """The person with this identity number."""
        return self._first(self.by_identity, self.keys.hashes(number))

    def of_phone(self, phone: str) -> KnownPerson | None:
        """The person with this phone."""
        return self._first(self.by_phone, self.keys.hashes(phone))

    @staticmethod
    def _first(known: Mapping[bytes, KnownPerson], hashes: Iterable[bytes]) -> KnownPerson | None:
        return next((known[one] for one in hashes if one in known), None)


@dataclass(frozen=True, slots=True)
class Places:
    """The buildings and stairwells of an estate, by what tells them apart."""

    estate: UUID
    buildings: Mapping[str, UUID]
    stairwells: Mapping[tuple[UUID, str], UUID]

    def place(self, entry: Entry) -> UUID | None:
        """Where the row's unit is; None where the row names a place that isn't there.

        Where an estate isn't divided, or the number alone says where, the estate itself will do.
        """
        building = self.buildings.get(core(entry.building)) if entry.building else None
        if building is None:
            return None if entry.building and entry.is_told and self.buildings else self.estate
        divided = {there for there, _ in self.stairwells}
        stairwell = self.stairwells.get((building, core(entry.stairwell, STAIRWELL)))
        if stairwell is None and entry.stairwell and entry.is_told and building in divided:
            return None
        return stairwell or building


async def places(session: AsyncSession, by: Actor, estate: UUID, name: str) -> Places:
    """The places of an estate."""
    rows = await session.info[DRIVER].fetch(PLACES, by.tenant_id, estate)
    buildings = {core(row["name"], BUILDING, name): row["id"]
                 for row in rows if row["kind"] == "building"}  # fmt: skip
    stairwells = {(row["parent_id"], core(row["name"], STAIRWELL)): row["id"]
                  for row in rows if row["kind"] == "stairwell"}  # fmt: skip
    return Places(estate, buildings, stairwells)


async def look_up(
    session: AsyncSession,
    by: Actor,
    keys: Keys,
    estate: UUID,
    entries: Sequence[Entry],
    *,
    for_update: bool = False,
) -> Register:
    """What the register has of these rows; `for_update` it stays so until the transaction ends.

    Planned anew each time: a plan for the register while it was small goes through all of it.
    """
    if has_pending(session):
        await session.flush()
    await session.info[DRIVER].execute("discard plans")
    found = Register(keys)
    await _units(session, by, found, estate, {one.unit for one in entries}, for_update)
    named = [one for one in entries if one.has_holder]
    identities = [one.identity for one in named if one.identity]
    phones = [one.phone for one in named if one.phone]
    for column, texts, known in (
        ("identity_hash", identities, found.by_identity), ("phone_hash", phones, found.by_phone),
    ):  # fmt: skip
        await _people(session, by, keys, column, texts, known, for_update)
    codes = [one.code for one in named if one.code]
    if codes:
        rows = await session.info[DRIVER].fetch(ORGANISATIONS, by.tenant_id, codes)
        found.organisations = {row["code"]: (row["id"], row["name"]) for row in rows}
    return found


async def _units(
    session: AsyncSession,
    by: Actor,
    found: Register,
    estate: UUID,
    numbers: Collection[str],
    for_update: bool,
) -> None:
    lock = "for no key update of u" if for_update else ""
    driver = session.info[DRIVER]
    rows = await driver.fetch(UNITS.format(lock=lock), by.tenant_id, estate, [*numbers])
    known = {
        row["id"]: KnownUnit(row["id"], row["unit_id"], row["use"], row["area"], row["area_source"])
        for row in rows
    }
    found.units = {row["number"]: known[row["id"]] for row in rows}
    for row in await driver.fetch(OWNED, by.tenant_id, [*known]) if known else ():
        unit = known[row["property_unit_id"]]
        unit.owned.append(_owned(row))
        if row["person_id"] is not None:
            unit.names[row["person_id"]] = row["name"]


def _owned(row: Mapping[str, Any]) -> Owned:
    holder = row["person_id"] or row["organisation_id"]
    share = Fraction(row["numerator"], row["denominator"])
    return Owned(share, row["since"], row["until"], row["ground"], holder, row["state"])


async def _people(
    session: AsyncSession,
    by: Actor,
    keys: Keys,
    column: str,
    texts: Sequence[str],
    known: dict[bytes, KnownPerson],
    for_update: bool,
) -> None:
    """Those with these numbers; none of them is erased while something is recorded of them."""
    if not texts:
        return
    hashes = [one for text in dict.fromkeys(texts) for one in keys.hashes(text)]
    statement = PEOPLE.format(column=column, lock="for key share of p" if for_update else "")
    rows = await session.info[DRIVER].fetch(statement, by.tenant_id, [*keys.by_number], hashes)
    for row in rows:
        known[row[column]] = KnownPerson(row["id"], row["name"], row["phone_hash"])
