"""Instalment plans: exactly what is unpaid, agreed by both, kept or broken by what was paid."""

import asyncio
from datetime import date
from typing import Any

import pytest

from infra.database import Database
from policies import Actor, Denied
from services import clock, instalment_plans
from services.bills import Bill
from services.clock import CHINA
from services.errors import BadInput, StaleVersion
from services.instalment_plans import (
    BillPlanned,
    BillSetApart,
    InstalmentPlan,
    OwnPlan,
    PlanDoesNotSum,
    PlanNotProposed,
    PlanState,
)
from services.ledger import FeeAccount
from tests.county import County
from tests.estate import Estate, noon
from tests.services.unchanged import unchanged

NOW = noon(2026, 6, 15)
DAYS = [date(2026, 7, 15), date(2026, 8, 15)]


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


async def owing(home: Estate) -> tuple[Actor, FeeAccount, list[Bill]]:
    """An owner with bills of January and February."""
    person = await home.county.person()
    unit = await home.unit(person.id)
    await home.run(months=2)
    return await home.county.reload(person.id), await home.account(unit), await home.bills(unit)


def terms(bills: list[Bill], *amounts: int, days: list[date] | None = None) -> dict[str, Any]:
    """So much by these days."""
    return {"bills": [one.id for one in bills], "due_on": days or DAYS, "amounts": [*amounts]}


class TestPropose:
    async def test_the_other_side_agrees(self, home: Estate) -> None:
        with clock.at(NOW):
            for is_firm in (True, False):
                owner, account, bills = await owing(home)
                proposer, other = (home.clerk, owner) if is_firm else (owner, home.manager)
                row = await home.propose(proposer, account, **terms(bills, 30_000, 10_000))
                assert (row.state, row.by_firm) == (PlanState.proposed, is_firm)
                own = home.manager if is_firm else owner
                async with unchanged(home.county, Denied):
                    await home.agree(own, row)
                async with unchanged(home.county, StaleVersion):
                    await home.agree(other, row, expected_version=4)
                agreed = await home.agree(other, row, expected_version=1)
                assert (agreed.state, agreed.agreed_on) == (PlanState.agreed, NOW.date())
                async with unchanged(home.county, PlanNotProposed):
                    await home.agree(other, row)
                async with unchanged(home.county, BillPlanned):
                    await home.propose(owner, account, **terms(bills, 30_000, 10_000))
                async with unchanged(home.county, BillPlanned):
                    await home.dispute(bills[0], owner)

    async def test_to_the_fen_of_what_is_unpaid_now_and_when_it_is_agreed(
        self, home: Estate
    ) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            for amounts in ((30_000, 10_001), (30_000, 9_999)):
                async with unchanged(home.county, PlanDoesNotSum):
                    await home.propose(owner, account, **terms(bills, *amounts))
            row = await home.propose(owner, account, **terms(bills, 30_000, 10_000))
            await home.pay(account, 1)
            async with unchanged(home.county, PlanDoesNotSum):
                await home.agree(home.manager, row)

    async def test_of_ones_own_bills_that_are_owed(self, home: Estate) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            neighbour, _, others = await owing(home)
            for by in (neighbour, home.member, home.community):
                async with unchanged(home.county, Denied):
                    await home.propose(by, account, **terms(bills, 20_000, 20_000))
            wrong = (
                terms(others, 20_000, 20_000), terms([], 20_000, 20_000),
                terms(bills, 40_000), terms(bills, 20_000, 20_000, days=[NOW.date(), DAYS[1]]),
                terms(bills, 20_000, 20_000, days=[DAYS[1], DAYS[0]]),
                terms(bills, 40_000, days=[date(2032, 1, 1)]),
            )  # fmt: skip
            for one in wrong:
                async with unchanged(home.county, BadInput):
                    await home.propose(owner, account, **one)
            await home.dispute(bills[0], owner)
            async with unchanged(home.county, BillSetApart):
                await home.propose(owner, account, **terms(bills, 20_000, 20_000))

    async def test_who_owes_and_works_for_the_firm_agrees_with_nobody_else(
        self, home: Estate
    ) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            row = await home.propose(owner, account, **terms(bills, 20_000, 20_000))
        person = await home.county.person()
        await home.county.appoint(person, "firm_manager", home.tree.firm)
        both = await home.county.reload(person.id)
        spouse = await home.county.person()
        with clock.at(NOW):
            unit = await home.unit(person.id, spouse.id)
            await home.run()
            own = await home.propose(
                both, await home.account(unit), **terms(await home.bills(unit), 10_000, 10_000)
            )
            assert not own.by_firm
            theirs = await home.propose(
                await home.county.reload(spouse.id), await home.account(unit),
                **terms(await home.bills(unit), 10_000, 10_000),
            )  # fmt: skip
            for plan in (own, theirs):
                async with unchanged(home.county, OwnPlan):
                    await home.agree(both, plan)
            # Somebody else's they may.
            assert (await home.agree(both, row)).state == PlanState.agreed

    async def test_of_two_for_the_same_bills_at_once_one_is_agreed(self, home: Estate) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            rows = [
                await home.propose(owner, account, **terms(bills, 20_000, 20_000)) for _ in range(2)
            ]
            both = await asyncio.gather(
                *(home.agree(home.manager, one) for one in rows), return_exceptions=True
            )
        assert sorted(type(one).__name__ for one in both) == ["BillPlanned", "InstalmentPlan"]


class TestLook:
    async def state(self, home: Estate, row: InstalmentPlan) -> str:
        async with home.county.session(read_only=True) as session:
            found = await session.get(InstalmentPlan, (home.county.id, row.id))
            assert found is not None
            return found.state

    async def test_broken_on_the_day_after_an_instalment_that_was_not_paid(
        self, home: Estate
    ) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            row = await home.propose(owner, account, **terms(bills, 30_000, 10_000))
            await home.agree(home.manager, row)
        for day, pays, state in (
            (date(2026, 7, 15), 29_999, "agreed"), (date(2026, 7, 16), 0, "broken"),
        ):  # fmt: skip
            with clock.at(noon(day.year, day.month, day.day)):
                if pays:
                    await home.pay(account, pays)
                await home.ring(instalment_plans.look)
                assert await self.state(home, row) == state
        async with home.county.session(read_only=True) as session:
            found = await session.get(InstalmentPlan, (home.county.id, row.id))
            assert found is not None
            assert found.ended_on == date(2026, 7, 16)

    async def test_kept_once_nothing_is_unpaid(self, home: Estate) -> None:
        with clock.at(NOW):
            owner, account, bills = await owing(home)
            row = await home.propose(owner, account, **terms(bills, 30_000, 10_000))
            await home.agree(home.manager, row)
        for day, pays, state in ((10, 30_000, "agreed"), (17, 9_999, "agreed"), (18, 1, "kept")):
            with clock.at(noon(2026, 7, day).astimezone(CHINA)):
                await home.pay(account, pays)
                await home.ring(instalment_plans.look)
                assert await self.state(home, row) == state
