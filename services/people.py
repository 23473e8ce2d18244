"""People (人员): who lives, serves or works in the county. Phone and identity number are sealed.

Stored encrypted with the county's key, found by keyed hash, shown masked; in clear only by
`reveal`, which names a purpose and is recorded.
"""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, Held, authorize, those_who_may_touch
from services import clock, rows, sealing, units
from services.arguments import Length, Name, Of, PersonId, Reason, Version
from services.errors import BadInput, Refused, Said
from services.events import erase_values, record, state_of, write
from services.rows import made
from services.sealing import Keys
from services.standing import raise_standing
from services.tables import NameType, Recorded, moment, within_tenant
from services.tree import UnitPath

# Where else a person is: each capability adds the units that it puts people in.
PLACES: list[Callable[[UUID, UUID], SelectOfScalar[UUID]]] = []

# What is to be done, or refuses, before a person's data are erased: each capability for its rows.
ERASING: list[Callable[[AsyncSession, Actor, "Person"], Awaitable[None]]] = []
ERASED = "（已删除）"

# Which roles a person holds now, that others may need more than a unit's scope to touch.
ROLES: list[Callable[[UUID, UUID], SelectOfScalar[str]]] = []


class Person(Recorded, table=True):
    """A person; `home_id` is the unit where they live (an estate, building or stairwell)."""

    __tablename__ = "person"
    __table_args__: ClassVar[Any] = (
        within_tenant("home_id", "unit"),
        UniqueConstraint("tenant_id", "key_number", "phone_hash"),
        UniqueConstraint("tenant_id", "key_number", "identity_hash"),
        Index(None, "tenant_id", "name", "id"),
        Index(None, "tenant_id", "home_id", "name", "id"),
    )
    unrecorded: ClassVar[frozenset[str]] = frozenset(
        {"phone_cipher", "phone_hash", "identity_cipher", "identity_hash"}
    )
    personal: ClassVar[frozenset[str]] = frozenset({"name", "phone_masked", "identity_masked"})

    @property
    def owner(self) -> UUID:
        """The person themselves."""
        return self.id

    name: str = Field(max_length=80, sa_type=NameType)
    is_party_member: bool = False
    home_id: UUID | None = None
    key_number: int
    phone_cipher: bytes | None = None
    phone_hash: bytes | None = None
    phone_masked: str | None = None
    identity_cipher: bytes | None = None
    identity_hash: bytes | None = None
    identity_masked: str | None = None
    erased_at: datetime | None = moment(default=None)


class PersonErased(Refused):
    """这个人的信息已依法删除：{id}。
    This person's data were erased by law: {id}.
    """


class OwnErasure(Refused):
    """自己的信息要由别人删除。
    Somebody else erases your data.
    """


class PhoneTaken(Refused):
    """这个手机号已登记在本县的另一个人名下。
    This phone number is registered to another person of this county.
    """


class IdentityTaken(Refused):
    """这个身份证号已登记在本县的另一个人名下。
    This identity number is registered to another person of this county.
    """


@dataclass(frozen=True, slots=True)
class Revealed:
    """A person's contact in clear: the answer of `reveal`, never stored."""

    id: UUID
    phone: str | None
    identity_number: str | None


Phone = Annotated[str | None, Length(5, 20), "手机号或座机号。 A mobile or landline number."]
Identity = Annotated[str | None, Length(18, 18), "居民身份证号。 The identity number, 18 places."]
Home = Annotated[UUID | None, Of("Unit"), "居住的单元。 The unit where they live."]


async def register(
    session: AsyncSession,
    by: Actor,
    *,
    name: Name,
    phone: Phone = None,
    identity_number: Identity = None,
    home: Home = None,
    is_party_member: Annotated[bool, "是否党员。 Whether a party member."] = False,
) -> Person:
    """Register a person of the county."""
    place = await units.find_open(session, by, home) if home else None
    path = await units.path_of(session, by, place.id) if place else ()
    acting = authorize(by, "register", "people", within=path)
    person = Person(
        **made(by, acting), name=name, home_id=home, is_party_member=is_party_member,
        key_number=0,
    )  # fmt: skip
    await _seal(session, by, person, phone=phone, identity=identity_number)
    session.add(person)
    record(session, by, "person.registered", person, acting=acting)
    return person


async def amend(
    session: AsyncSession,
    by: Actor,
    *,
    person: PersonId,
    name: Name | None = None,
    phone: Phone = None,
    identity_number: Identity = None,
    home: Home = None,
    is_party_member: Annotated[bool | None, "是否党员。 Whether a party member."] = None,
    expected_version: Version = None,
) -> Person:
    """Amend what is known of a person; what is left out stays."""
    row = await find_alive(session, by, person)
    acting = await _authorize(session, by, "amend", row)
    row.check_version(expected_version)
    if home is not None:
        place = await units.find_open(session, by, home)
        authorize(by, "amend", "people", within=await units.path_of(session, by, place.id))
    before = state_of(row)
    row.name = name or row.name
    row.home_id = home or row.home_id
    row.is_party_member = row.is_party_member if is_party_member is None else is_party_member
    row.version += 1
    await _seal(session, by, row, phone=phone, identity=identity_number)
    record(session, by, "person.amended", row, acting=acting, before=before)
    return row


async def reveal(
    session: AsyncSession,
    by: Actor,
    *,
    person: PersonId,
    purpose: Annotated[str, Length(4, 500), "为了什么事。 What it is needed for; kept on record."],
) -> Revealed:
    """Show a person's phone and identity number in clear, for a purpose that is put on record."""
    row = await find(session, by, person)
    acting = await _authorize(session, by, "reveal", row)
    keys = await sealing.keys(session, by.tenant_id)
    record(
        session, by, "person.revealed", row, acting=acting, before=state_of(row),
        note={"purpose": purpose},
    )  # fmt: skip
    return Revealed(
        id=row.id,
        phone=keys.open(row.key_number, row.phone_cipher, context=f"{row.id}:phone"),
        identity_number=keys.open(
            row.key_number, row.identity_cipher, context=f"{row.id}:identity"
        ),
    )


async def erase(
    session: AsyncSession,
    by: Actor,
    *,
    person: PersonId,
    ground: Reason,
    expected_version: Version = None,
) -> Person:
    """Erase what is personal of a person, on a lawful request; it can't be undone.

    Who holds an office, or whose matter is open, isn't erased before that has ended. Events stay as
    they were sealed, without the values that stood apart from them.
    """
    row = await find_alive(session, by, person)
    acting = await _authorize(session, by, "erase", row)
    row.check_version(expected_version)
    if row.id == by.person_id:
        raise OwnErasure()
    for ends in ERASING:
        await ends(session, by, row)
    row.name, row.home_id, row.is_party_member = ERASED, None, False
    row.phone_cipher = row.phone_hash = row.phone_masked = None
    row.identity_cipher = row.identity_hash = row.identity_masked = None
    row.erased_at, row.version = clock.now(), row.version + 1
    await erase_values(session, by, row.id)
    write(session, by, "person.erased", ("Person", row.id), acting=acting, after={"ground": ground})
    await raise_standing(session, by.tenant_id, row.id)
    return row


async def find(
    session: AsyncSession, by: Actor, person: UUID, *, for_update: bool = False
) -> Person:
    """A person of the actor's county."""
    return await rows.find(session, Person, by, person, for_update=for_update)


async def find_alive(session: AsyncSession, by: Actor, person: UUID) -> Person:
    """A person whose data weren't erased, held until the transaction ends."""
    row = await find(session, by, person, for_update=True)
    if row.erased_at is not None:
        raise PersonErased(id=f"Person:{row.id}")
    return row


async def _authorize(session: AsyncSession, by: Actor, action: str, row: Person) -> Held | None:
    """Within the actor's reach, and not above it: the county's officers are their appointers'."""
    held = [role for roles in ROLES for role in await session.exec(roles(by.tenant_id, row.id))]
    among = those_who_may_touch(by.policy, held)
    return authorize(by, action, "people", within=await path_of(session, by, row), among=among)


async def path_of(session: AsyncSession, by: Actor, row: Person) -> set[UUID]:
    """Every unit that a person is in: above their home, and above where they serve now."""
    places = [] if row.home_id is None else [row.home_id]
    for serving in PLACES:
        places += (await session.exec(serving(by.tenant_id, row.id))).all()
    above = select(UnitPath.ancestor_id).where(
        UnitPath.tenant_id == by.tenant_id, col(UnitPath.unit_id).in_(places)
    )
    return set((await session.exec(above)).all())


async def named_in(session: AsyncSession, by: Actor, text: str) -> frozenset[str]:
    """The names of the county's people that stand in a text."""
    named = select(Person.name).where(
        Person.tenant_id == by.tenant_id, func.strpos(text, Person.name) > 0
    )
    return frozenset((await session.exec(named)).all())


def normal_phone(phone: str) -> str:
    """The digits of a phone number as dialled in the country; `BadInput` where it is none."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", phone))
    digits = re.sub(r"^(\+|00)86", "", digits)
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", digits, re.ASCII):
        raise BadInput(argument="phone", reason=Said("不是电话号码", "not a phone number"))
    return digits


def normal_identity(number: str) -> str:
    """An identity number with its check character proven (GB 11643-1999)."""
    text = unicodedata.normalize("NFKC", number).strip().upper()
    if not re.fullmatch(r"\d{17}[\dX]", text, re.ASCII):
        raise BadInput(
            argument="identityNumber", reason=Said("不是身份证号", "not an identity number")
        )
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(text[:17]))
    if "10X98765432"[total % 11] != text[17]:
        raise BadInput(
            argument="identityNumber", reason=Said("校验码不对", "its check character is wrong")
        )
    return text


async def _seal(
    session: AsyncSession, by: Actor, row: Person, *, phone: str | None, identity: str | None
) -> None:
    """Write what was given under the county's newest key; what another person has is refused."""
    keys = await sealing.keys(session, by.tenant_id)
    phone = None if phone is None else normal_phone(phone)
    identity = None if identity is None else normal_identity(identity)
    if phone is not None:
        await _check_free(session, row, col(Person.phone_hash), keys.hashes(phone), PhoneTaken)
    if identity is not None:
        taken = IdentityTaken
        await _check_free(session, row, col(Person.identity_hash), keys.hashes(identity), taken)
    row.key_number = row.key_number or keys.number
    for name, value in sealed(keys, row.key_number, row.id, phone, identity).items():
        setattr(row, name, value)


def sealed(
    keys: Keys, number: int, id_: UUID, phone: str | None, identity: str | None
) -> dict[str, Any]:
    """The columns of a person that hold what was given, in its normal form: sealed by the key of
    this number, hashed and masked.
    """
    found: dict[str, Any] = {}
    for name, text, shown in (("phone", phone, (3, 4)), ("identity", identity, (4, 2))):
        if text is not None:
            found[f"{name}_cipher"] = keys.seal(number, text, context=f"{id_}:{name}")
            found[f"{name}_hash"] = keys.hash(number, text)
            found[f"{name}_masked"] = mask(text, *shown)
    return found


async def _check_free(
    session: AsyncSession,
    row: Person,
    column: Mapped[bytes | None],
    hashes: Collection[bytes],
    taken: type[Refused],
) -> None:
    lock = func.pg_advisory_xact_lock(func.hashtextextended(f"people:{row.tenant_id}", 0))
    await session.exec(select(lock))
    other = select(Person.id).where(
        Person.tenant_id == row.tenant_id, column.in_(hashes), Person.id != row.id
    )
    if (await session.exec(other)).first() is not None:
        raise taken()


def mask(text: str, head: int, tail: int) -> str:
    """The first and last characters with stars between."""
    return text[:head] + "*" * (len(text) - head - tail) + text[-tail:]
