"""Whose a line is: the account that its reference names in the estate, if it names exactly one."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.ledger import FeeAccount
from services.payment_files.tables import PaymentLine
from services.property_units import PropertyUnit

PREFIX = "FeeAccount:"


async def accounts_named(
    session: AsyncSession, by: Actor, lines: Iterable[PaymentLine]
) -> dict[UUID, list[UUID]]:
    """The accounts that each line may be of: by the account's own id, or the unit's number."""
    asked = [one for one in lines if one.reference]
    if not asked:
        return {}
    numbers = {str(one.reference) for one in asked}
    ids = {number.removeprefix(PREFIX) for number in numbers}
    of_firm = (
        select(FeeAccount.id, PropertyUnit.number)
        .join(
            PropertyUnit,
            (col(PropertyUnit.tenant_id) == FeeAccount.tenant_id)
            & (col(PropertyUnit.id) == FeeAccount.property_unit_id),
        )
        .where(
            FeeAccount.tenant_id == by.tenant_id, FeeAccount.estate_id == asked[0].estate_id,
            FeeAccount.firm_id == asked[0].firm_id,
            col(PropertyUnit.number).in_(numbers) | col(FeeAccount.id).in_(_uuids(ids)),
        )
    )  # fmt: skip
    known = (await session.exec(of_firm)).all()
    return {
        line.id: [
            account
            for account, number in known
            if line.reference in (number, str(account), f"{PREFIX}{account}")
        ]
        for line in asked
    }


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for one in texts:
        try:
            found.append(UUID(one))
        except ValueError:
            continue
    return found
