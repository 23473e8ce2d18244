"""Places (所在): the units that an object of any type is in and below, and whose it is.

Read off the tables: what points at a unit is there, what belongs to something is where that is.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import people, rows
from services.errors import BadInput, Said
from services.events import OFFICE, Event
from services.people import Person
from services.tables import TenantRow
from services.tree import UnitPath

# What a row belongs to, the nearest first.
PARENTS = ("matter", "meeting", "council", "resolution", "appointment", "post", "linkage")
OWNERS = ("raiser_id", "person_id", "client_id")
MOST_STEPS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Every unit that an object is in or below, and whose own it is; if there is one at
    all, and if it is an event of the administration.
    """

    within: frozenset[UUID] = frozenset()
    owners: frozenset[UUID] = frozenset()
    is_there: bool = True
    is_office: bool = False


async def of_object(session: AsyncSession, by: Actor, type_name: str, id_: UUID) -> Place:
    """Where an object of the county is; `NotFound` where there is none."""
    table = types().get(type_name)
    if table is None:
        raise BadInput(argument="object", reason=Said("没有这一类对象", "no such type of object"))
    row = await rows.find(session, table, by, id_)
    if isinstance(row, Person):
        places = await people.path_of(session, by, row)
        return Place(frozenset(places), frozenset({row.id}))
    units, owners = await _reached(session, by, row, 0)
    above = select(UnitPath.ancestor_id).where(
        UnitPath.tenant_id == by.tenant_id, col(UnitPath.unit_id).in_(units)
    )
    is_office = isinstance(row, Event) and row.object in OFFICE
    within = frozenset((await session.exec(above)).all())
    return Place(within, frozenset(owners), is_office=is_office)


async def _reached(
    session: AsyncSession, by: Actor, row: TenantRow, steps: int
) -> tuple[set[UUID], set[UUID]]:
    units = {row.id} if _name(type(row)) == "unit" else set()
    owners = {value for name in OWNERS if (value := getattr(row, name, None)) is not None}
    pointing = _pointing(type(row))
    units |= {
        value for name, to in pointing if to == "unit" and (value := getattr(row, name)) is not None
    }
    if units or steps == MOST_STEPS:
        return units, owners
    for parent in PARENTS:
        for name, to in pointing:
            value = getattr(row, name)
            if to == parent and value is not None:
                above = await rows.find(session, _tables()[to], by, value)
                found, theirs = await _reached(session, by, above, steps + 1)
                return found, owners | theirs
    return units, owners


@cache
def types() -> dict[str, type[TenantRow]]:
    """Every table of a county by its type's name."""
    return {table.__name__: table for table in _tables().values()}


@cache
def _tables() -> dict[str, type[TenantRow]]:
    waiting: list[type[Any]] = [TenantRow]
    found: dict[str, type[TenantRow]] = {}
    while waiting:
        table = waiting.pop()
        waiting += table.__subclasses__()
        if hasattr(table, "__table__"):
            found[_name(table)] = table
    return found


def _name(table: type[SQLModel]) -> str:
    return str(table.__tablename__)


@cache
def _pointing(table: type[TenantRow]) -> tuple[tuple[str, str], ...]:
    """Each column that points at another row of the county, and at which table."""
    keys = table.__table__.foreign_key_constraints  # type: ignore[attr-defined]
    elements = [one for key in keys for one in key.elements]
    return tuple(
        (one.parent.name, one.column.table.name)
        for one in elements
        if one.column.name == "id" and one.parent.name != "tenant_id"
    )
