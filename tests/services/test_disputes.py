"""Disputes: raised by who owes, set apart meanwhile, settled by the community and nobody else."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from infra.database import Database
from policies import Actor, Denied
from services import clock
from services.bills import Bill
from services.disputes import (
    DisputedAlready,
    DisputeSettled,
    DisputeState,
    MoreThanWasCharged,
    NothingOwed,
    OwnDispute,
)
from services.errors import StaleVersion
from services.ledger import FeeAccount
from tests.county import County
from tests.estate import Estate, noon
from tests.services.unchanged import unchanged

NOW = noon(2026, 6, 15)


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


async def owing(home: Estate) -> tuple[Actor, FeeAccount, Bill, Bill]:
    """An owner with bills of January and February."""
    person = await home.county.person()
    unit = await home.unit(person.id)
    with clock.at(NOW):
        await home.run(months=2)
    first, second = await home.bills(unit)
    return await home.county.reload(person.id), await home.account(unit), first, second


class TestRaise:
    async def test_a_payment_passes_by_it_unless_told(self, home: Estate) -> None:
        owner, account, first, second = await owing(home)
        row = await home.dispute(first, owner)
        assert (row.state, row.person_id) == (DisputeState.open, owner.person_id)
        await home.pay(account, 30_000)
        assert await home.balance(bill_id=first.id) == 20_000
        assert await home.balance(bill_id=second.id) == 0
        assert await home.balance(account_id=account.id) == 10_000
        await home.pay(account, 1_000, bills=[first.id])
        assert await home.balance(bill_id=first.id) == 19_000

    async def test_by_who_owes_it_and_once_while_something_is_owed(self, home: Estate) -> None:
        owner, account, first, second = await owing(home)
        neighbour, *_ = await owing(home)
        for by in (neighbour, home.manager, home.community, home.member):
            async with unchanged(home.county, Denied):
                await home.dispute(first, by)
        await home.dispute(first, owner)
        async with unchanged(home.county, DisputedAlready):
            await home.dispute(first, owner)
        await home.pay(account, 20_000)
        async with unchanged(home.county, NothingOwed):
            await home.dispute(second, owner)

    async def test_of_two_at_once_one_is_refused(self, home: Estate) -> None:
        owner, _, first, _ = await owing(home)
        both = await asyncio.gather(
            *(home.dispute(first, owner) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in both) == ["DisputedAlready", "FeeDispute"]


class TestSettle:
    async def test_upheld_the_bill_is_lowered_or_taken_back(self, home: Estate) -> None:
        owner, account, first, second = await owing(home)
        await home.pay(account, 15_000)
        lower = await home.dispute(first, owner)
        async with unchanged(home.county, MoreThanWasCharged):
            await home.settle("uphold", lower, amount=20_001)
        # What was paid beyond the lower bill is credit again.
        done = await home.settle("uphold", lower, amount=8_000)
        assert (done.state, done.lowered_by, done.answer) == ("upheld", 8_000, "已核实")
        assert await home.balance(bill_id=first.id) == 0
        assert await home.balance(account_id=account.id, part="credit") == -3_000
        whole = await home.dispute(second, owner)
        await home.settle("uphold", whole)
        assert await home.balance(bill_id=second.id) == 0
        assert await home.balance(account_id=account.id) == -3_000

    async def test_overturned_it_is_owed_as_before_and_may_be_disputed_again(
        self, home: Estate
    ) -> None:
        owner, account, first, _ = await owing(home)
        row = await home.dispute(first, owner)
        async with unchanged(home.county, StaleVersion):
            await home.settle("overturn", row, expected_version=9)
        done = await home.settle("overturn", row, expected_version=1)
        assert (done.state, done.until) == (DisputeState.overturned, clock.today())
        async with unchanged(home.county, DisputeSettled):
            await home.settle("uphold", row)
        await home.pay(account, 5_000)
        assert await home.balance(bill_id=first.id) == 15_000
        assert (await home.dispute(first, owner)).id != row.id

    async def test_neither_by_a_party_nor_from_elsewhere(self, home: Estate) -> None:
        owner, _, first, _ = await owing(home)
        row = await home.dispute(first, owner)
        elsewhere = await home.county.actor("community_secretary", home.tree.communities[1])
        for by in (owner, home.manager, home.clerk, home.member, home.officer, elsewhere):
            async with unchanged(home.county, Denied):
                await home.settle("overturn", row, by)

    async def test_who_owes_it_does_not_though_they_hold_the_post(self, home: Estate) -> None:
        owner, _, first, _ = await owing(home)
        row = await home.dispute(first, owner)
        await home.county.appoint(
            await self.person(home, owner), "community_secretary", home.tree.communities[0]
        )
        both = await home.county.reload(owner.person_id)
        for settle in ("uphold", "overturn"):
            async with unchanged(home.county, OwnDispute):
                await home.settle(settle, row, both)

    async def person(self, home: Estate, by: Actor) -> Any:
        from services import people

        async with home.county.session() as session:
            found: Callable[..., Any] = people.find
            return await found(session, home.county.administrator, by.person_id)
