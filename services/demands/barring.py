"""Who owes overdue fees in an estate doesn't stand for its committee, where the county says so.

Whoever checks candidates is told that, and never how much: what is disputed or paid as was agreed
bars nobody.
"""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.committees import candidates
from services.committees.rules import CommitteeRules
from services.committees.tables import CommitteeTerm
from services.demands.owing import overdue
from services.errors import Refused
from services.ledger import FeeAccount, FeeHolder


class FeesOverdue(Refused):
    """这个人在本小区有逾期未交且没有争议的费用；结清或约定分期后，可以再来审查。
    Fees of theirs in this estate are overdue. Once these are paid or planned, check them again.
    """


async def _admits(
    session: AsyncSession, by: Actor, term: CommitteeTerm, rules: CommitteeRules, person: UUID
) -> None:
    if not rules.debtors_barred:
        return
    theirs = (
        select(FeeAccount.id)
        .join(
            FeeHolder,
            (col(FeeHolder.tenant_id) == FeeAccount.tenant_id)
            & (col(FeeHolder.account_id) == FeeAccount.id),
        )
        .where(
            FeeAccount.tenant_id == by.tenant_id, FeeAccount.estate_id == term.estate_id,
            FeeHolder.person_id == person,
        )
    )  # fmt: skip
    for account in (await session.exec(theirs)).all():
        if await overdue(session, by, account):
            raise FeesOverdue()


candidates.ADMITTING.append(_admits)
