"""The raiser of a matter (提事人): noted when it is taken down for another, and revealed on record.

Whoever isn't registered is sealed into the matter itself; in clear they are shown to those alone
who look after the grid, for a purpose that they say.
"""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import people, rows, sealing
from services.arguments import Length
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.matters.arguments import MatterId
from services.matters.moving import ranks_of, unseen
from services.matters.tables import Channel, Matter


class RaiserMissing(Refused):
    """代人提事请写明提事人：已登记的人员，或姓名和电话。
    Say for whom it is raised: a registered person, or a name and a phone number.
    """


@dataclass(frozen=True, slots=True)
class RevealedRaiser:
    """Who stands behind a matter that was taken down, in clear."""

    id: UUID
    name: str | None
    phone: str | None


async def reveal(
    session: AsyncSession,
    by: Actor,
    *,
    matter: MatterId,
    purpose: Annotated[str, Length(2, 500), "为了什么事。 What it is needed for; kept on record."],
) -> RevealedRaiser:
    """Show the name and number of whoever had a matter taken down; the look is on record."""
    row = await rows.find(session, Matter, by, matter)
    ranks = await ranks_of(session, by, row.scope_id)
    with unseen(by, row, ranks):
        acting = authorize(by, "reveal", "matters", within=[unit for unit, _ in ranks])
    record(
        session, by, "matter.raiser_revealed", row, acting=acting, before=state_of(row),
        note={"purpose": purpose},
    )  # fmt: skip
    if row.contact_cipher is None or row.key_number is None:
        return RevealedRaiser(row.id, None, None)
    keys = await sealing.keys(session, by.tenant_id)
    opened = keys.open(row.key_number, row.contact_cipher, context=f"{row.id}:contact") or ""
    name, _, phone = opened.partition("\n")
    return RevealedRaiser(row.id, name or None, phone or None)


async def note(
    session: AsyncSession, by: Actor, row: Matter, name: str | None, phone: str | None
) -> None:
    """Whoever isn't registered is sealed into the matter: name and number on a line each."""
    is_named = name is not None and phone is not None
    if row.channel == Channel.own:
        if name or phone or row.raiser_id is None:
            raise BadInput(
                argument="channel",
                reason=Said("代人提事应为来电或走访", "another's matter comes by phone or visit"),
            )
        return
    if row.raiser_id is not None and row.raiser_id == by.person_id:
        raise BadInput(
            argument="raiser",
            reason=Said("自己的事项请以本人名义提出", "one's own matter is raised as OWN"),
        )
    if row.raiser_id is not None:
        await people.find(session, by, row.raiser_id)
    if (row.raiser_id is None) != is_named or (name is None) != (phone is None):
        raise RaiserMissing()
    if name is None or phone is None:
        return
    digits = people.normal_phone(phone)
    keys = await sealing.keys(session, by.tenant_id)
    row.key_number = keys.number
    row.contact_cipher = keys.seal(keys.number, f"{name}\n{digits}", context=f"{row.id}:contact")
    row.contact_name = name[:1] + "*" * (len(name) - 1)
    row.contact_phone = people.mask(digits, 3, 4)
