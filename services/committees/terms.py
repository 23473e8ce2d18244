"""A term in hand (经办一届): locked, with the actor's authority."""

from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import linkages, packs, rows
from services.committees.rules import CommitteeRules
from services.committees.tables import STATES, CommitteeTerm, TermState
from services.errors import Refused, called
from services.ownerships import Ownership, is_standing
from services.property_units import PropertyUnit

OBJECT = "committees"


class TermNotThere(Refused):
    """这一届现在是“{state}”，不能这样办；应是：{wanted}。
    This term is {state} now; that is done while it is: {wanted}.
    """


async def take(
    session: AsyncSession,
    by: Actor,
    verb: str,
    term: UUID,
    *states: TermState,
    expected: int | None = None,
    owner: UUID | None = None,
) -> tuple[CommitteeTerm, Held | None]:
    """A term locked, with the actor's authority for this act, in one of these states."""
    row = await rows.find(session, CommitteeTerm, by, term, for_update=True)
    around = await linkages.around(session, by, row.estate_id)
    acting = authorize(by, verb, OBJECT, within=around, owner=owner)
    row.check_version(expected)
    if row.state not in states:
        raise TermNotThere(state=called(STATES, row.state), wanted=called(STATES, *states))
    return row, acting


async def rules_of(session: AsyncSession, by: Actor, term: CommitteeTerm) -> CommitteeRules:
    """The rules of the edition that a term began under."""
    return await packs.read_edition(session, by, term.pack_id, "committees", CommitteeRules)


async def owns(session: AsyncSession, by: Actor, estate: UUID, person: UUID) -> bool:
    """Whether somebody owns a unit of the estate, by an ownership that was verified."""
    held = (
        select(func.count())
        .select_from(Ownership)
        .join(
            PropertyUnit,
            (col(PropertyUnit.tenant_id) == Ownership.tenant_id)
            & (col(PropertyUnit.id) == Ownership.property_unit_id),
        )
        .where(
            Ownership.tenant_id == by.tenant_id, Ownership.person_id == person,
            PropertyUnit.estate_id == estate,
            is_standing(Ownership.__table__.c),  # type: ignore[attr-defined]
        )
    )  # fmt: skip
    return bool((await session.exec(held)).one())
