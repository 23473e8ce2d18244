"""The fees of the small county: something at each of their states, some of it the resident's."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlmodel import col, select

from policies import Actor
from services import (
    clock,
    contracts,
    fee_standards,
    instalment_plans,
    payment_channels,
    payment_files,
)
from services.demands import limitation
from services.demands.owing import overdue
from services.demands.tables import DemandOutcome
from services.fee_standards import FeeBasis, FeeItem
from services.ledger import FeeAccount, FeeHolder
from services.payment_files import recording
from services.property_units import PropertyUnit, PropertyUse
from tests.county import County, Tree
from tests.estate import BEGUN, OVER, Estate, noon

UNITS = 6


async def fill(county: County, tree: Tree, resident: Actor) -> None:
    """Contracts, standards, three months of bills; the resident pays, contests, asks for time."""
    home = await Estate.of(county, tree)
    await _agreements(home)
    for _ in range(UNITS):
        await home.unit()
    neighbour = await home.owner(await home.unit(area="70.01"))
    with clock.at(noon(2026, 6, 15)):
        await home.run(months=3)
    await home.penalise(noon(2026, 8, 1))
    await _paid(home, resident)
    await _contested(home, resident)
    await _planned(home, neighbour)
    await _recovered(home, resident)
    await _told(home)


async def _agreements(home: Estate) -> None:
    contract = await home.signed()
    await home.contract("file", home.officer, contract, number="备〔2025〕1 号")
    await home.signed(since=OVER, until=OVER + timedelta(days=400))
    await home.ring(contracts.look, clock.now() + timedelta(days=40))
    past = await home.signed(since=date(2024, 1, 1), until=BEGUN)
    await home.contract("end", home.member, past, until=date(2024, 6, 1), reason="解聘")
    await home.draft(home.member)
    await home.adopt(
        home.manager, contract=contract.id, due_days=30, penalty_rate=5, penalty_after=10
    )
    await home.adopt(
        use=PropertyUse.shop, basis=FeeBasis.unit, price=Decimal("66.6666"), discount=500
    )
    old = await home.adopt(item=FeeItem.other, label="电梯费", price=Decimal("0.1"))
    async with home.county.session() as session:
        await fee_standards.end(
            session, home.member, standard=old.id, until=date(2026, 3, 1), reason="调价"
        )


async def _paid(home: Estate, resident: Actor) -> None:
    account = await _account(home, resident)
    first = await home.pay(account, 10_000, channel="bank", external_id="1", reference="收据 1")
    await home.payment("refund", first, amount=500)
    await home.payment("reverse", await home.pay(account, 700))


async def _contested(home: Estate, resident: Actor) -> None:
    account = await _account(home, resident)
    owed = [one for one in await home.bills() if one.account_id == account.id and not one.label]
    for bill, verb in zip(owed, ("uphold", "overturn", None), strict=True):
        row = await home.dispute(bill, resident)
        if verb is not None:
            said: dict[str, Any] = {"amount": 1_000} if verb == "uphold" else {}
            await home.settle(verb, row, **said)


async def _planned(home: Estate, neighbour: Actor) -> None:
    account = await _account(home, neighbour)
    owed = [one for one in await home.bills() if one.account_id == account.id]
    for bills, by, other in (
        (owed[:2], home.manager, neighbour), (owed[2:4], neighbour, home.manager),
        (owed[4:], neighbour, None),
    ):  # fmt: skip
        sums = [await home.balance(bill_id=one.id) for one in bills]
        days = [clock.today() + timedelta(days=30 * (n + 1)) for n in range(2)]
        plan = await home.propose(
            by, account, bills=[one.id for one in bills], due_on=days,
            amounts=[100, sum(sums) - 100],
        )  # fmt: skip
        if other is not None:
            await home.agree(other, plan)
    await home.ring(instalment_plans.look, clock.now() + timedelta(days=31))


async def _recovered(home: Estate, resident: Actor) -> None:
    """Units up the whole ladder; the resident, and some others, pay after that."""
    accounts = [await _account(home, resident)]
    others = select(FeeAccount).where(col(FeeAccount.id) != accounts[0].id)
    async with home.county.session(read_only=True) as session:
        accounts += [one for one in (await session.exec(others.order_by(col(FeeAccount.id)))).all()
                     if await overdue(session, home.clerk, one.id)]  # fmt: skip
    for account in accounts:
        with clock.at(noon(2026, 8, 2)):
            await home.demand("remind", account)
    await _climbed(home, accounts)
    with clock.at(noon(2026, 12, 1)):
        for account in accounts:
            await home.pay(account, 2_000)
        early = await home.pay(accounts[0], 900)
        await home.payment("refund", early, amount=900)
    await home.ring(limitation.look, noon(2029, 2, 1))


async def _told(home: Estate) -> None:
    """What a provider said: a line of each kind and state; channels: open, closed, rotated."""
    async with home.county.session(read_only=True) as session:
        known = (await session.exec(select(PropertyUnit.number).order_by("number"))).all()
    paid = "2026-12-01 10:00:00"
    said = [
        "单号,金额,时间,户号,类型,原单号", f"1,100.00,{paid},x", f"2,20.00,{paid},1-1",
        f"3,5.50,{paid},1-2", f"4,1.00,{paid},,退款,3", f"5,9.99,{paid},王",
        f"6,1.001,{paid},x", f"2,20.00,{paid},1-1", f"3,6.50,{paid},x", f"7,3.00,{paid},,退款,none",
    ]  # fmt: skip
    assert {"1-1", "1-2"} <= {*known}
    where: dict[str, Any] = {"estate": home.tree.estate.id, "firm": home.tree.firm.id}
    with clock.at(noon(2026, 12, 2)):
        async with home.county.session() as session:
            await payment_files.give(session, home.clerk, channel="bank", lines=said, **where)
        await home.ring(recording.look)
        async with home.county.session() as session:
            by = home.county.security
            for name in ("pay-1", "pay-2"):
                made = await payment_channels.open_(session, by, name=name, **where)
                await session.flush()
            await payment_channels.close(session, by, channel=made.id, reason="停用")
            made = await payment_channels.open_(session, by, name="pay-3", **where)
            await session.flush()
            await payment_channels.rotate(session, by, channel=made.id)


async def _climbed(home: Estate, accounts: list[FeeAccount]) -> None:
    """The first up to a case, the second up to a mediation that goes on."""
    with clock.at(noon(2026, 9, 1)):
        for account in accounts[:3]:
            await home.demand("deliver", account)
    with clock.at(noon(2026, 10, 2)):
        rows = [await home.demand("mediate", account) for account in accounts[:2]]
        await home.conclude(rows[0], home.community, DemandOutcome.failed)
    with clock.at(noon(2026, 11, 3)):
        case = await home.demand("litigate", accounts[0])
        await home.conclude(case, home.manager, DemandOutcome.partly_won)


async def _account(home: Estate, owner: Actor) -> FeeAccount:
    """The account of somebody who owns one unit."""
    held = select(FeeHolder.account_id).where(FeeHolder.person_id == owner.person_id)
    async with home.county.session(read_only=True) as session:
        [account] = (await session.exec(held)).all()
        return (await session.exec(select(FeeAccount).where(FeeAccount.id == account))).one()
