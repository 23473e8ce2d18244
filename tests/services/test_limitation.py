"""Limitation dates out of what interrupted them, what was recovered, and who doesn't stand."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from infra.database import Database
from policies import Actor
from services import clock
from services.bills import Bill
from services.committees import candidates
from services.committees.rules import CommitteeRules
from services.committees.tables import CommitteeTerm
from services.demands import limitation
from services.demands.barring import FeesOverdue
from services.demands.tables import DemandOutcome, LimitationAlarm
from services.tables import metadata
from tests.county import County
from tests.estate import Estate, noon
from tests.schema.test_oracle import compiled
from tests.services.ladder import BILLED, climbed, days_after, owing


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


class TestLimitation:
    async def until(self, home: Estate, bill: Bill) -> date:
        table = metadata.tables["bill"].alias("b")
        asked = select(limitation.limitation(home.county.id, table)).where(table.c.id == bill.id)
        async with home.county.session(read_only=True) as session:
            day: date = (await session.exec(asked)).scalar_one()  # type: ignore[call-overload]
            return day

    async def test_three_years_and_anew_from_what_interrupts_it(self, home: Estate) -> None:
        _, account, [bill] = await owing(home)
        assert await self.until(home, bill) == date(2029, 3, 2)
        await climbed(home, account, 1)
        assert await self.until(home, bill) == date(2029, 3, 2)
        with clock.at(noon(2028, 2, 29)):
            await home.demand("deliver", account)
        assert await self.until(home, bill) == date(2031, 2, 28)
        with clock.at(noon(2030, 1, 1)):
            row = await home.demand("mediate", account)
        with clock.at(noon(2030, 6, 1)):
            await home.conclude(row, home.community, DemandOutcome.failed)
        assert await self.until(home, bill) == date(2033, 6, 1)
        # What comes once it is over revives nothing.
        with clock.at(noon(2033, 6, 2)):
            await home.demand("litigate", account)
        assert await self.until(home, bill) == date(2033, 6, 1)

    async def test_the_clock_says_it_once_of_a_date_ninety_days_ahead(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limitation, "BILLS", 2)
        _, account, [bill] = await owing(home)
        await climbed(home, account, 1)
        _, paid, [settled] = await owing(home)
        with clock.at(BILLED):
            await home.pay(paid, 20_000)
        before = len(await home.entries())
        for day, said in ((date(2028, 12, 1), 0), (date(2028, 12, 2), 1), (date(2028, 12, 3), 1)):
            at = noon(day.year, day.month, day.day)
            await asyncio.gather(*(home.ring(limitation.look, at) for _ in range(2)))
            assert len(await self.said(home, bill)) == said, day
        with clock.at(noon(2028, 12, 4)):
            await home.demand("deliver", account)
        await home.ring(limitation.look, noon(2031, 12, 3))
        assert await self.said(home, bill) == [date(2029, 3, 2), date(2031, 12, 4)]
        assert await self.said(home, settled) == []
        # And nothing was written off by it.
        assert len(await home.entries()) == before

    async def said(self, home: Estate, bill: Bill) -> list[date]:
        async with home.county.session(read_only=True) as session:
            asked = select(col(LimitationAlarm.limitation_on)).where(
                col(LimitationAlarm.bill_id) == bill.id
            )
            return sorted((await session.exec(asked)).scalars().all())  # type: ignore[call-overload]


class TestRecovered:
    """Five units that owe of January and February, reminded of January alone."""

    async def test_what_was_overdue_and_asked_for_before_and_was_kept(
        self, database: Database
    ) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        debts = [await owing(home, months=2) for _ in range(5)]
        with clock.at(days_after(3)):
            # Before anybody was asked.
            await home.pay(debts[0][1], 1_000)
        with clock.at(days_after(7)):
            for _, account, _ in debts:
                await home.demand("remind", account)
        later = days_after(7) + timedelta(hours=1)
        officer = home.officer
        assert await self.read(database, officer) == ("0", [])
        with clock.at(later):
            paid = [await home.pay(account, 20_000) for _, account, _ in debts[:4]]
            # It came before the reminder, and was written down after it.
            await home.pay(debts[4][1], 500, received_at=days_after(6))
            assert await self.read(database, officer) == ("0", [(True, None)])
            assert await self.read(database, home.county.founders["auditor"]) == (
                "79000", [(False, "79000")]
            )  # fmt: skip
            await home.pay(debts[4][1], 30_000)
            # 1,000 of the first lies on February, which wasn't due; and so does 10,500 of the last.
            assert await self.read(database, officer) == ("98500", [(False, "98500")])
            await home.payment("refund", paid[1], amount=5_000)
            assert await self.read(database, officer) == ("93500", [(False, "93500")])
            await home.payment("reverse", paid[2])
            assert await self.read(database, officer) == ("0", [(True, None)])
            assert await self.read(database, home.community) == ("0", [(True, None)])
            assert await self.read(database, officer, unit=home.tree.communities[1].id) == ("0", [])

    async def test_what_one_paid_is_no_difference_of_two_periods(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        debts = [await owing(home, months=2) for _ in range(7)]
        with clock.at(days_after(7)):
            for _, account, _ in debts:
                await home.demand("remind", account)
        for days, paying in ((8, debts[:5]), (9, debts[5:6]), (40, debts[6:])):
            with clock.at(days_after(days)):
                for _, account, _ in paying:
                    await home.pay(account, 20_000)
        # March the 10th, five; the 11th, one more; one in April, which is never shown.
        with clock.at(days_after(60)):
            for to, is_withheld in (("2026-03-10", False), ("2026-03-11", False),
                                    ("2026-04-30", True)):  # fmt: skip
                shown = await self.read(database, home.officer, to=to)
                assert shown == ("120000", [(is_withheld, "120000")])
            shown = await self.read(database, home.officer, since="2026-03-11", to="2026-03-11")
            assert shown == ("120000", [(False, "120000")])
            shown = await self.read(database, home.officer, since="2026-04-01")
            assert shown == ("0", [(True, None)])
            shown = await self.read(database, home.county.founders["auditor"])
            assert shown == ("140000", [(False, "140000")])

    async def read(
        self,
        database: Database,
        by: Actor,
        unit: UUID | None = None,
        since: str = "2026-01-01",
        to: str = "2026-12-31",
    ) -> tuple[str, list[tuple[bool, Any]]]:
        asked = f', unit: "Unit:{unit}"' if unit else ""
        document = f'{{ countyReport(from: "{since}", to: "{to}"{asked})'
        document += " { feesRecovered feesRecoveredByEstate { isWithheld fen } } }"
        found = (await compiled(database, by, document))["countyReport"]
        estates = [(one["isWithheld"], one["fen"]) for one in found["feesRecoveredByEstate"]]
        return found["feesRecovered"], estates


class TestBarring:
    async def test_who_owes_does_not_stand_where_the_county_says_so(self, home: Estate) -> None:
        owner, account, [bill] = await owing(home)
        term = CommitteeTerm(
            tenant_id=home.county.id, estate_id=home.tree.estate.id, number=1, seats=5, years=3,
            pack_id=UUID(int=0),
        )  # fmt: skip

        async def admitted(debtors_barred: bool = True) -> None:
            rules = CommitteeRules(
                debtors_barred=debtors_barred, sources={"debtors_barred": "县里另有规定"}
            )
            async with home.county.session() as session:
                [check] = candidates.ADMITTING
                await check(session, home.community, term, rules, owner.person_id)  # type: ignore[arg-type]

        with clock.at(days_after(0)):
            await admitted()
        with clock.at(days_after(1)):
            await admitted(debtors_barred=False)
            with pytest.raises(FeesOverdue) as refused:
                await admitted()
            assert not any(sign.isdigit() for sign in str(refused.value))
            dispute = await home.dispute(bill, owner)
            await admitted()
            await home.settle("overturn", dispute)
            with pytest.raises(FeesOverdue):
                await admitted()
            await home.pay(account, 20_000)
            await admitted()
