"""People (人员): as they are shown, phone and identity number masked; and the commands on them."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, LargeBinary, func, or_, select

from schema.appointments import Appointment, AppointmentFilter, AppointmentOrder
from schema.commands import command, made
from schema.nodes import Node
from schema.reading.call import Call
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.members import Where, where
from schema.reading.pages import Connection
from schema.scopes import PATH, equals, found_by, of_person, pointing, starting, under
from services import people
from services.ownerships import Ownership, is_standing
from services.people import Person as PersonRow
from services.posts import Appointment as AppointmentRow
from services.posts import AppointmentState
from services.property_units import PropertyUnit

if TYPE_CHECKING:
    from schema.units import Unit

APPOINTMENT = AppointmentRow.__table__  # type: ignore[attr-defined]
OWNERSHIP, PROPERTY_UNIT = light(Ownership), light(PropertyUnit)


@strawberry.enum(description="人员按什么排序。 By what people are ordered.")
class PersonOrder(Enum):
    """By what people are ordered."""

    NAME = "name"


def _hashes(normal: Any) -> Any:
    """The keyed hashes of a number under every key of the county."""

    def convert(call: Call, value: str) -> list[bytes]:
        return list(call.hashes(normal(value))) if call.hashes else []

    return convert


def _is_one(column_: ColumnElement[Any], hashes: ColumnElement[Any]) -> ColumnElement[bool]:
    return column_ == func.any(hashes)


@strawberry.input(description="只要这样的人员。 Only such people.")
class PersonFilter:
    """Only such people; a phone or identity number is found by its keyed hash, and only whole.

    Guessed often enough, a masked number would be found out: so only those search by one who may
    reveal it, among those whose it may be, and each search is reckoned as many rows.
    """

    name: str | None = starting(PersonRow.name, "姓名以此开头。 The name begins so.")
    is_party_member: bool | None = equals(
        PersonRow.is_party_member, "是否党员。 Whether a party member."
    )
    home: strawberry.ID | None = pointing(
        PersonRow.home_id, "Unit", "居住的单元。 Where they live."
    )
    phone: str | None = where(
        Where(
            _is_one, "phone_hash", True, LargeBinary(), _hashes(people.normal_phone), needs="reveal"
        ),
        "完整的电话号码，须有查看明文的权限。 The whole phone number; for those who may reveal it.",
    )
    identity_number: str | None = where(
        Where(
            _is_one,
            "identity_hash",
            True,
            LargeBinary(),
            _hashes(people.normal_identity),
            needs="reveal",
        ),
        "完整的身份证号，须有查看明文的权限。 The whole number; for those who may reveal it.",
    )


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """A person is where they live, where they serve, and where they own."""
    post, serving = PATH.alias(), APPOINTMENT.alias()
    serves = select(serving.c.person_id).where(
        serving.c.tenant_id == ask.tenant,
        serving.c.state == AppointmentState.confirmed.value,
        serving.c.starts_at <= func.now(),
        func.coalesce(serving.c.ends_at > func.now(), True),
        post.c.tenant_id == ask.tenant,
        post.c.unit_id == serving.c.unit_id,
        post.c.ancestor_id == func.any(held),
    )
    serves_there = found_by(ask, row["id"], serves, serving.c.person_id)
    owned, unit = OWNERSHIP.alias(), PROPERTY_UNIT.alias()
    owns = select(owned.c.person_id).where(
        owned.c.tenant_id == ask.tenant,
        is_standing(owned.c),
        unit.c.tenant_id == ask.tenant,
        unit.c.id == owned.c.property_unit_id,
        under(ask, unit.c.unit_id, held),
    )
    owns_there = found_by(ask, row["id"], owns, owned.c.person_id)
    return or_(under(ask, row["home_id"], held), serves_there, owns_there)


@strawberry.type(description="人员。电话和身份证号只显示一部分。 A person; numbers are masked.")
@reads(PersonRow, "people", unit=_within, own=of_person("id"))
class Person(Node):
    """A person of the county."""

    name: str = column(PersonRow.name, "姓名。 The name.")
    phone: str | None = column(PersonRow.phone_masked, "电话，中间隐去。 Phone, masked.")
    identity_number: str | None = column(
        PersonRow.identity_masked, "身份证号，中间隐去。 Identity number, masked."
    )
    is_party_member: bool = column(PersonRow.is_party_member, "是否党员。 Whether a party member.")
    home: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        PersonRow.home_id, "居住的单元。 The unit where they live."
    )
    appointments: Connection[Appointment] = connection(
        AppointmentRow.person_id,
        AppointmentOrder,
        "任职。 Their appointments.",
        AppointmentFilter,
    )
    version: int = column(PersonRow.version, "版本。 Its version.")


@strawberry.type(description="明文联系方式，查看已留痕。 Contact in clear; the look is on record.")
class RevealedContact:
    """A person's contact in clear."""

    person: Person | None = link(lambda call: call.given.id, "人员。 The person.")
    phone: str | None = made("phone", "电话，完整。 The phone number, whole.")
    identity_number: str | None = made("identity_number", "身份证号，完整。 Whole.")


@strawberry.type
class Queries:
    """What can be asked about people."""

    people: Connection[Person] = connection(None, PersonOrder, "人员。 People.", PersonFilter)


@strawberry.type
class Mutations:
    """The commands on people."""

    register_person: Person | None = command(people.register, "登记人员。 Register a person.")
    amend_person: Person | None = command(
        people.amend, "更正人员信息，没给的不变。 Amend; what is left out stays."
    )
    erase_person: Person | None = command(
        people.erase, "依法删除一个人的个人信息，不能恢复。 Erase a person's data by law, for good."
    )
    reveal_person: RevealedContact | None = command(
        people.reveal, "查看明文联系方式，须说明用途。 Show contact in clear, for a stated purpose."
    )
