"""Penalties: only where the standard says so, a day once, exact, and never for days set apart."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from infra.database import Database
from policies import Actor
from services import clock, instalment_plans, penalties
from services.fee_standards import FeeItem
from services.property_units import PropertyUse
from tests.county import County
from tests.estate import Estate, noon

NOW = noon(2026, 2, 1)
# January's bill is due on 2 March; from the sixth day after that 3 ten-thousandths a day.
TERMS: dict[str, Any] = {"due_days": 30, "penalty_rate": 3, "penalty_after": 5}
FIRST = date(2026, 3, 8)


@pytest.fixture
async def home(database: Database) -> Estate:
    """An estate whose standard for dwellings has a penalty, and that for shops none."""
    made = await Estate.of(await County.new(database))
    await made.adopt(**TERMS)
    await made.adopt(use=PropertyUse.shop)
    return made


def morning_after(day: date) -> datetime:
    """When the penalties of a day are reckoned."""
    following = day + timedelta(days=1)
    return noon(following.year, following.month, following.day)


async def written(home: Estate) -> list[tuple[date, int]]:
    """The days and amounts of penalties."""
    return sorted((one.day, one.amount) for one in await home.entries(kind="penalty"))


class TestLook:
    async def test_from_its_day_on_a_day_once_in_whole_fen(self, home: Estate) -> None:
        await home.unit(area="61.00")
        await home.unit(use=PropertyUse.shop)
        with clock.at(NOW):
            await home.run()
        # 12,200 fen make 3.66 a day: what is written never comes to more than that, added up.
        for day, sum_ in ((-1, 0), (0, 3), (1, 7), (2, 10), (3, 14), (9, 36)):
            at = morning_after(FIRST + timedelta(days=day))
            await asyncio.gather(*(home.penalise(at) for _ in range(2)))
            await home.penalise(at)
            assert sum(amount for _, amount in await written(home)) == sum_, day
        assert len(await written(home)) == 5
        assert all(one.part == "penalty" for one in await home.entries(kind="penalty"))

    async def test_of_what_is_unpaid_on_each_day(self, home: Estate) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
            account, [bill] = await home.account(unit), await home.bills(unit)
        await home.penalise(morning_after(FIRST + timedelta(days=9)))
        assert await home.balance(bill_id=bill.id, part="penalty") == 60
        # Paid on the eleventh day: from that day on less runs, however late it is recorded.
        with clock.at(noon(2026, 3, 25)):
            await home.pay(account, 10_060, received_at=noon(2026, 3, 18))
        assert await home.balance(bill_id=bill.id, part="penalty") == 0
        await home.penalise(morning_after(FIRST + timedelta(days=19)))
        assert await home.balance(bill_id=bill.id, part="penalty") == 30

    async def test_never_more_than_the_principal(self, home: Estate) -> None:
        await home.adopt(
            item=FeeItem.other, label="垃圾费", due_days=0, penalty_rate=5_000, penalty_after=0
        )
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
        rubbish = next(one for one in await home.bills(unit) if one.label)
        for day in (date(2026, 2, 1), date(2026, 2, 20), date(2026, 12, 1)):
            await home.penalise(morning_after(day))
        amounts = [one.amount for one in await home.entries(bill_id=rubbish.id, kind="penalty")]
        assert amounts == [10_000, 10_000]

    async def test_not_on_days_in_dispute_or_in_a_plan(self, home: Estate) -> None:
        person = await home.county.person()
        unit = await home.unit(person.id)
        owner: Actor = await home.county.reload(person.id)
        with clock.at(NOW):
            await home.run()
            account, [bill] = await home.account(unit), await home.bills(unit)
        with clock.at(noon(2026, 3, 10)):
            row = await home.dispute(bill, owner)
        await home.penalise(noon(2026, 3, 15))
        assert await home.balance(bill_id=bill.id, part="penalty") == 12
        with clock.at(noon(2026, 3, 20)):
            await home.settle("overturn", row)
        await home.penalise(noon(2026, 3, 22))
        # 8 and 9 March, 20 and 21 March.
        assert await home.balance(bill_id=bill.id, part="penalty") == 24
        with clock.at(noon(2026, 3, 22)):
            plan = await home.propose(
                owner, account, bills=[bill.id], due_on=[date(2026, 4, 1)], amounts=[20_024]
            )
            await home.agree(home.manager, plan)
        await home.penalise(noon(2026, 4, 2))
        assert await home.balance(bill_id=bill.id, part="penalty") == 24
        await home.ring(instalment_plans.look, noon(2026, 4, 2))
        await home.penalise(noon(2026, 4, 4))
        # 2 and 3 April, the plan being broken.
        assert await home.balance(bill_id=bill.id, part="penalty") == 36

    async def test_however_many_bills_in_turns(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(penalties, "BILLS", 2)
        for _ in range(3):
            await home.unit()
        with clock.at(NOW):
            await home.run()
        await home.penalise(morning_after(FIRST))
        assert [amount for _, amount in await written(home)] == [6, 6, 6]
        assert await home.county.events("penalties.written") == 2
