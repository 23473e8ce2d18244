"""Erasing (删除个人信息): what of other capabilities goes with a person, and what must end before.

Signed minutes and what was shown in public stay as they were: they are the county's record, and no
command changes them.
"""

from uuid import uuid4

from sqlalchemy import delete, func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import accounts, clock, people
from services.errors import Refused
from services.issuers import SubjectLink
from services.matters.places import IS_OPEN
from services.matters.tables import Matter
from services.people import Person
from services.posts import OPEN, Appointment
from services.sessions import RefreshToken

# No password has this hash.
NONE = "!"


class StillInOffice(Refused):
    """这个人还有 {number} 项任职没有结束，不能删除其信息。
    This person has {number} appointments that haven't ended; end them first.
    """


class MattersStillOpen(Refused):
    """这个人提的事项还有 {codes} 没有办结，不能删除其信息。
    Matters that this person raised are open: {codes}. Finish them first.
    """


async def holds_office(session: AsyncSession, by: Actor, row: Person) -> None:
    """Nobody vanishes from an office."""
    ends = col(Appointment.ends_at)
    held = select(func.count()).where(
        Appointment.tenant_id == by.tenant_id, Appointment.person_id == row.id,
        col(Appointment.state).in_(OPEN), or_(ends.is_(None), ends > clock.now()),
    )  # fmt: skip
    number = (await session.exec(held)).one()
    if number:
        raise StillInOffice(number=number)


async def waits_for_a_result(session: AsyncSession, by: Actor, row: Person) -> None:
    """Nobody's matter is left without its raiser."""
    mine = select(Matter.code).where(
        Matter.tenant_id == by.tenant_id, Matter.raiser_id == row.id, IS_OPEN
    )
    codes = (await session.exec(mine.order_by(col(Matter.code)).limit(20))).all()
    if codes:
        raise MattersStillOpen(codes=", ".join(codes))


async def signs_in(session: AsyncSession, by: Actor, row: Person) -> None:
    """The account stays without its name and password; links and sessions go."""
    links = delete(SubjectLink).where(
        col(SubjectLink.tenant_id) == by.tenant_id, col(SubjectLink.person_id) == row.id
    )
    await session.exec(links)
    account = await accounts.of_person(session, by, row.id, for_update=True)
    if account is None:
        return
    account.name, account.password_hash = f"erased-{uuid4().hex[:12]}", NONE
    account.must_change, account.version = True, account.version + 1
    tokens = update(RefreshToken).where(
        col(RefreshToken.tenant_id) == by.tenant_id,
        col(RefreshToken.account_id) == account.id,
        col(RefreshToken.revoked_at).is_(None),
    )
    await session.exec(tokens.values(revoked_at=clock.now()))


people.ERASING.extend((holds_office, waits_for_a_result, signs_in))
