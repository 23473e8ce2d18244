"""Who is concerned by a matter (相关人员): whose names must not be read in what is shown of it.

Who raised it, also through somebody else; who has acted on it; who lives in its building.
"""

from uuid import UUID

from sqlalchemy import union
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import masking, rows, sealing
from services.matters.moving import ranks_of
from services.matters.tables import Matter, MatterEntry
from services.people import Person
from services.tree import UnitPath
from services.units import UnitKind


async def names(session: AsyncSession, by: Actor, matter: Matter) -> frozenset[str]:
    """The names of everybody concerned, as the county knows them at this moment.

    Of the raiser, whom a text is apt to be about, also the given name alone.
    """
    acted = select(MatterEntry.made_by).where(
        MatterEntry.tenant_id == by.tenant_id, MatterEntry.matter_id == matter.id
    )
    living = (
        select(Person.id)
        .join(
            UnitPath,
            (col(UnitPath.tenant_id) == Person.tenant_id)
            & (col(UnitPath.unit_id) == Person.home_id),
        )
        .where(
            Person.tenant_id == by.tenant_id,
            UnitPath.ancestor_id == await _neighbourhood(session, by, matter),
        )
    )
    known = [one for one in (matter.raiser_id, matter.completed_by, matter.verified_by) if one]
    everybody = union(acted, living).subquery()
    wanted = select(Person.name).where(
        Person.tenant_id == by.tenant_id,
        col(Person.id).in_(known) | col(Person.id).in_(select(everybody)),  # type: ignore[call-overload]
    )
    found = set((await session.exec(wanted)).all())
    raisers = await _taken_down(session, by, matter)
    if matter.raiser_id is not None:
        raiser = await rows.find(session, Person, by, matter.raiser_id)
        raisers.add(raiser.name)
    given = {masking.given_name(name) for name in raisers}
    return frozenset(found | raisers | {name for name in given if name})


async def _neighbourhood(session: AsyncSession, by: Actor, matter: Matter) -> UUID:
    """The building that the place is in; the place itself where it is wider than one."""
    ranks = await ranks_of(session, by, matter.place_id)
    building = next((unit for unit, kind in ranks if kind is UnitKind.building), None)
    return building or matter.place_id


async def _taken_down(session: AsyncSession, by: Actor, matter: Matter) -> set[str]:
    """The name of a raiser who isn't registered; it is compared with and shown to nobody."""
    if matter.contact_cipher is None or matter.key_number is None:
        return set()
    keys = await sealing.keys(session, by.tenant_id)
    context = f"{matter.id}:contact"
    opened = keys.open(matter.key_number, matter.contact_cipher, context=context) or ""
    return {opened.partition("\n")[0]}
