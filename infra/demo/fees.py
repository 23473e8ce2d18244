"""Fees of a demo county (物业费): a contract that the owners voted for, bills, arrears recovered.

S9 of the account: what was recovered comes out of payments on bills that were overdue and asked
for. The first showcase's owners mostly pay in time; where a second one is, its shops didn't for
long.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from infra.demo.desk import Desk
from infra.demo.history import actors_of
from infra.demo.owners import FLATS, Home, at_hour, home_of
from policies import Actor
from services import bills as billing
from services import (
    clock,
    contracts,
    demands,
    fee_standards,
    ownerships,
    payments,
    property_units,
)
from services.bills import running
from services.fee_standards import FeeBasis, FeeItem
from services.ledger import FeeAccount
from services.payments import PaymentMethod
from services.property_units import AreaSource, PropertyUse
from services.units import UnitKind
from services.votes.tables import VoteItem, VoteQuestion

YEARS, MONTHS = 5, 12
PRICES = {PropertyUse.dwelling: "1.5000", PropertyUse.shop: "4.0000"}
PROMISES = ("楼道每日保洁", "公共照明报修二十四小时内处理", "每季度公布收支")
# A contract is on file so long after it is drafted, which the next one is so long before its end.
FILED, RENEWED = timedelta(days=11), timedelta(days=60)
# Two flats of five paid late, and every shop of the street, until everybody paid in time.
LATE, OF = 2, 5
IN_TIME_SINCE = date(2026, 1, 1)
SHOPS, SHOP_AREA = 8, Decimal("277.00")
FIRST_YEAR = 2022


@dataclass
class Served:
    """An estate with the firm that serves it."""

    home: Home
    firm: UUID
    manager: Actor
    clerk: Actor

    async def do(self, at: datetime, command: Any, by: Actor, **said: Any) -> Any:
        """One command at its moment."""
        return await self.home.do(at, command, by, **said)

    async def billed(self, at: datetime, first: date, months: int) -> None:
        """These months' bills, made by the clock at once."""
        await self.do(at, billing.run, self.manager, estate=self.home.estate.id, firm=self.firm,
                      month=first, months=months)  # fmt: skip
        session, by = self.home.desk.session, Actor(self.manager.tenant_id, self.manager.domain)
        with clock.at(at):
            while await running.look(session, by, at=at, most=100):
                await session.flush()

    async def accounts(self) -> Sequence[FeeAccount]:
        """The estate's accounts, in the order of their units."""
        mine = (
            select(FeeAccount)
            .where(
                FeeAccount.tenant_id == self.manager.tenant_id,
                FeeAccount.estate_id == self.home.estate.id,
            )
            .order_by(col(FeeAccount.property_unit_id))
        )
        return (await self.home.desk.session.exec(mine)).all()

    async def pays(self, at: datetime, account: UUID) -> None:
        """All that is owed on an account."""
        owed = await payments.owed_of(self.home.desk.session, self.clerk, account)
        amount = sum(one.principal + one.penalty for one in owed)
        if amount:
            await self.do(
                at, payments.record_, self.clerk, account=account, amount=amount,
                method=PaymentMethod.mobile,
            )  # fmt: skip


async def build_fees(desk: Desk) -> None:
    """What each showcase's firm agreed, billed, was paid and recovered."""
    first, *others = desk.described.showcases
    begun = next(step.since for step in first.history if step.party == "firm")
    served = await _served(desk, first.estate, first.firm)
    await _contracts(served, begun, await _chosen(served))
    await _billed(served, begun, is_late=lambda number: number < FLATS and number % OF < LATE)
    for showcase in others[:1]:
        begun = next(step.since for step in showcase.history if step.party == "firm")
        served = await _served(desk, showcase.estate, showcase.firm)
        await _shops(served, at_hour(begun, 9))
        await _contracts(served, begun, None)
        await _billed(served, begun, is_late=lambda number: True)


async def _served(desk: Desk, estate: str, firm: str) -> Served:
    home = await home_of(desk, estate)
    company = (await desk.standing(UnitKind.firm))[firm]
    tenant = desk.administrator
    held = (await actors_of(desk.session, tenant.tenant_id, tenant.domain))[company.id]
    manager = held["firm_manager"]
    return Served(home, company.id, manager, held.get("firm_staff", manager))


async def _chosen(served: Served) -> UUID:
    """The question by which the owners chose the firm."""
    asked = select(VoteQuestion.id).where(
        VoteQuestion.tenant_id == served.manager.tenant_id, VoteQuestion.item == VoteItem.firm
    )
    return (await served.home.desk.session.exec(asked)).one()


async def _contracts(served: Served, begun: date, question: UUID | None) -> None:
    """The contract by which the firm came, and the next one before each has run out."""
    since, drafted = begun, at_hour(begun, 9) - timedelta(days=3)
    while drafted + FILED <= clock.now():
        until = since.replace(year=since.year + YEARS)
        await _contract(served, since, until, drafted, question)
        since, drafted, question = until, at_hour(until, 9) - RENEWED, None


async def _contract(
    served: Served, since: date, until: date, drafted: datetime, question: UUID | None
) -> None:
    """Drafted by the firm, signed for the owners, filed by the bureau."""
    home = served.home
    prices = "、".join(
        f"{property_units.USES[use].zh}每月每平方米 {Decimal(price):.2f} 元"
        for use, price in PRICES.items()
    )
    row = await served.do(
        drafted, contracts.draft, served.manager, estate=home.estate.id, firm=served.firm,
        since=since, until=until, fee_terms=prices, promises=list(PROMISES),
        ground="业主共同决定", question=question,
    )  # fmt: skip
    signed = drafted + timedelta(days=1)
    await served.do(signed, contracts.sign, home.community, contract=row.id)
    await served.do(
        drafted + FILED, contracts.file, home.bureau, contract=row.id,
        number=f"物备〔{since.year}〕{home.estate.name}",
    )  # fmt: skip
    for use, price in PRICES.items():
        await served.do(
            drafted + FILED, fee_standards.adopt, home.community, estate=home.estate.id,
            contract=row.id, item=FeeItem.property, use=use, basis=FeeBasis.area,
            price=Decimal(price), since=max(since, date(FIRST_YEAR, 1, 1)),
        )  # fmt: skip


async def _billed(served: Served, begun: date, *, is_late: Callable[[int], bool]) -> None:
    """Year by year, then the quarters of this year that are over; paid in time, or when asked."""
    today = clock.today()
    first = max(begun, date(FIRST_YEAR, 1, 1)).replace(day=1)
    spans = [
        (date(year, 1, 1) if date(year, 1, 1) > first else first, date(year + 1, 1, 1))
        for year in range(first.year, today.year)
    ]
    spans += [
        (date(today.year, month, 1), date(today.year, month + 3, 1))
        for month in (1, 4, 7)
        if date(today.year, month + 3, 1) + timedelta(days=60) < today
    ]
    for begins, ends in spans:
        months = (ends.year - begins.year) * 12 + ends.month - begins.month
        at = at_hour(ends + timedelta(days=4), 9)
        await served.billed(at, begins, months)
        for number, account in enumerate(await served.accounts()):
            if ends <= IN_TIME_SINCE and is_late(number):
                await served.do(
                    at + timedelta(days=36), demands.remind, served.clerk, account=account.id
                )
                await served.pays(at + timedelta(days=50), account.id)
            else:
                await served.pays(at + timedelta(days=9), account.id)


async def _shops(served: Served, at: datetime) -> None:
    """A street of shops, each owned by somebody."""
    home = served.home
    for number in range(1, SHOPS + 1):
        person = await home.desk.register()
        unit = await home.do(
            at, property_units.add, home.worker, unit=home.estate.id, number=f"S-{number}",
            use=PropertyUse.shop, area=SHOP_AREA, area_source=AreaSource.register,
            since=at.date() - timedelta(days=400),
        )  # fmt: skip
        owned = await home.do(
            at, ownerships.record_, home.worker, property_unit=unit.id, person=person.id,
            since=at.date() - timedelta(days=400), ground=f"不动产权证第 S{number:03} 号",
        )  # fmt: skip
        await home.do(at + timedelta(days=1), ownerships.verify, home.community, ownership=owned.id)
