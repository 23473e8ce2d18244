"""Ownerships (产权): who owns which share of a property unit."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, select

from schema.appointments import Appointment
from schema.commands import command
from schema.nodes import Node
from schema.organisations import Organisation
from schema.people import Person
from schema.reading.declare import Ask, Predicate, Row, column, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection
from schema.scopes import among, found_by, is_current, of_person, pointing, under
from services import ownerships
from services.ownerships import Ownership as Table
from services.ownerships import OwnershipState, is_standing
from services.property_units import PropertyUnit as PropertyUnitRow

if TYPE_CHECKING:
    from schema.property_units import PropertyUnit

strawberry.enum(OwnershipState, description="产权登记的状态。 Where an ownership stands.")
UNIT, OWNERSHIP = light(PropertyUnitRow), light(Table)


@strawberry.enum(description="产权按什么排序。 By what ownerships are ordered.")
class OwnershipOrder(Enum):
    """By what ownerships are ordered."""

    SINCE = "since"


@strawberry.input(description="只要这样的产权。 Only such ownerships.")
class OwnershipFilter:
    """Only such ownerships."""

    current: bool | None = is_current(Table.until, "是否还没有结束。 Whether it goes on.")
    states: list[OwnershipState] | None = among(Table.state, "这些状态之一。 One of these states.")
    person: strawberry.ID | None = pointing(Table.person_id, "Person", "权利人。 Who holds it.")
    organisation: strawberry.ID | None = pointing(
        Table.organisation_id, "Organisation", "权利人，单位。 The organisation that holds it."
    )


def _in_place(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """Its property unit is in one of the reader's units, or below one."""
    unit = UNIT.alias()
    there = select(unit.c.id).where(
        unit.c.tenant_id == ask.tenant, under(ask, unit.c.unit_id, held)
    )
    return found_by(ask, row["property_unit_id"], there, unit.c.id)


def owner_at(column_: str) -> Predicate:
    """The reader owns something, by an ownership that was verified, in the estate of the row."""

    def build(ask: Ask, row: Row) -> Condition:
        unit, one = UNIT.alias(), OWNERSHIP.alias()
        there = select(unit.c.estate_id).where(
            unit.c.tenant_id == ask.tenant,
            one.c.tenant_id == ask.tenant,
            one.c.property_unit_id == unit.c.id,
            one.c.person_id == ask.person,
            is_standing(one.c),
        )
        return found_by(ask, row[column_], there, unit.c.estate_id)

    return build


@strawberry.type(description="产权：一份房产归谁。 A share of a property unit, and whose it is.")
@reads(Table, "ownerships", unit=_in_place, own=of_person("person_id"))
class Ownership(Node):
    """A share of a property unit, and whose it is."""

    property_unit: Annotated["PropertyUnit", strawberry.lazy("schema.property_units")] | None = (
        link(Table.property_unit_id, "专有部分。 The property unit.")
    )
    person: Person | None = link(Table.person_id, "权利人，个人。 Who holds it, if a person.")
    organisation: Organisation | None = link(
        Table.organisation_id, "权利人，单位。 Who holds it, if an organisation.", lenient=True
    )
    numerator: int = column(Table.numerator, "份额的分子。 The share's numerator.")
    denominator: int = column(Table.denominator, "份额的分母。 The share's denominator.")
    since: date = column(Table.since, "从何时起。 From which day on.")
    until: date | None = column(Table.until, "结束日期。 The first day without it.")
    ground: str = column(Table.ground, "依据，如不动产权证号。 Its ground: a title, a contract.")
    state: OwnershipState = column(Table.state, "状态。 Where it stands.")
    verified_by: Person | None = link(Table.verified_by, "谁核实的。 Who verified or rejected it.")
    verified_as: Appointment | None = link(
        Table.verified_as, "以哪个任职核实的。 In which appointment."
    )
    verified_at: datetime | None = column(Table.verified_at, "何时核实的。 When.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about ownerships."""

    ownerships: Connection[Ownership] = connection(
        None, OwnershipOrder, "产权。 Ownerships.", OwnershipFilter
    )


@strawberry.type
class Mutations:
    """The commands of ownerships."""

    record_ownership: Ownership | None = command(
        ownerships.record_, "登记产权。 Record that somebody owns a unit, or a share of it."
    )
    verify_ownership: Ownership | None = command(
        ownerships.verify, "核实产权，须由另一人。 Verify one; another person than its recorder."
    )
    reject_ownership: Ownership | None = command(
        ownerships.reject, "不予认定。 Find that a recorded ownership isn't so."
    )
    end_ownership: Ownership | None = command(
        ownerships.end, "结束产权：已转让、继承等。 End one: sold, inherited, given away."
    )
