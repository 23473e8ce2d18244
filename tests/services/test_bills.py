"""Bills: of every unit one for an item and month, to the fen, owed by who owned it at its end."""

import asyncio
from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from random import Random
from typing import Any

import pytest
from sqlmodel import select

from infra.database import Database
from policies import Actor, Denied
from services import bills, clock, fee_standards, ownerships
from services.bills import (
    Bill,
    BillReversed,
    MonthNotOver,
    NothingToBill,
    OwnEntry,
    RunState,
    RunWaiting,
    running,
)
from services.errors import BadInput, NotFound
from services.fee_standards import FeeBasis, FeeItem, FeeStandard
from services.ledger import FeeHolder
from services.property_units import PropertyUnit, PropertyUse
from services.units import UnitUnfit
from tests.county import County
from tests.estate import BEGUN, YEAR, Estate, noon
from tests.services.unchanged import unchanged

NOW = noon(2026, 6, 15)


@pytest.fixture
async def home(database: Database) -> Estate:
    """An estate with a standard."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


async def holders(home: Estate, bill: Bill) -> set[Any]:
    """Who owes a bill."""
    found = select(FeeHolder.person_id).where(FeeHolder.account_id == bill.account_id)
    async with home.county.session(read_only=True) as session:
        return {*(await session.exec(found)).all()}


def reckoned(unit: PropertyUnit, standards: list[FeeStandard], month: date) -> int:
    """What a month costs, in fractions: half a fen goes upwards."""
    days = monthrange(month.year, month.month)[1]
    end, fen = month + timedelta(days=days), Fraction(0)
    for one in standards:
        first = max(month, unit.since, one.since)
        last = min(end, unit.until or end, one.until or end)
        quantity = Fraction(unit.area) if one.basis == FeeBasis.area else 1
        if last > first and one.use == unit.use:
            fen += Fraction(one.price) * 100 * quantity * (last - first).days / days
    return floor(fen + Fraction(1, 2))


async def random_estate(
    home: Estate, chance: Random
) -> tuple[list[FeeStandard], list[PropertyUnit]]:
    """Standards that change within the months, and units that come and go."""
    days = [YEAR + timedelta(days=chance.randrange(59)) for _ in range(400)]
    turn, later = date(2026, 1, 17), max(days[0], date(2026, 1, 20))
    standards = [
        await home.adopt(
            use=use, basis=basis, price=Decimal(chance.randrange(1, 90_000)) / 10_000,
            since=since, until=until,
        )
        for use, basis in ((PropertyUse.dwelling, FeeBasis.area),
                           (PropertyUse.parking, FeeBasis.unit))
        for since, until in ((BEGUN, turn), (turn, later), (later, None))
    ]  # fmt: skip
    units = [
        PropertyUnit(
            tenant_id=home.county.id, estate_id=home.tree.estate.id,
            unit_id=home.tree.estate.id, number=f"U{n}",
            use=chance.choice(("dwelling", "parking", "shop")),
            area=Decimal(chance.randrange(1, 40_000)) / 100, area_source="register",
            since=chance.choice((BEGUN, days[n])),
            until=chance.choice((None, days[n] + timedelta(days=chance.randrange(1, 40)))),
        )
        for n in range(150)
    ]  # fmt: skip
    async with home.county.session() as session:
        session.add_all(units)
    return standards, units


class TestRun:
    async def test_to_the_fen_whatever_the_areas_prices_and_days(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        standards, units = await random_estate(home, Random(7))  # noqa: S311
        with clock.at(NOW):
            row = await home.run(months=2)
        found = {(one.property_unit_id, one.month): one for one in await home.bills()}
        charged = {one.bill_id: one.amount for one in await home.entries(kind="charge")}
        wanted = {
            (unit.id, month): fen
            for unit in units
            for month in (YEAR, date(2026, 2, 1))
            if (fen := reckoned(unit, standards, month))
        }
        assert {key: charged[one.id] for key, one in found.items()} == wanted
        assert len(set(wanted.values())) > 100
        assert (row.state, row.done, row.total, row.billed) == ("done", 150, 150, len(wanted))
        assert row.unclaimed == len(wanted)

    async def test_owed_by_who_owned_it_on_the_last_day_together(self, home: Estate) -> None:
        persons = [(await home.county.person()).id for _ in range(3)]
        unit, empty = await home.unit(*persons[:2]), await home.unit()
        with clock.at(NOW):
            row = await home.run()
            assert (row.billed, row.unclaimed) == (2, 1)
            [bill] = await home.bills(unit)
            assert await holders(home, bill) == {*persons[:2]}
            assert (bill.due_on, bill.limitation_on) == (date(2026, 3, 2), date(2029, 3, 2))
            assert bill.working == "2.0000 × 100.00 m² × 31/31"
            [unclaimed] = await home.bills(empty)
            assert unclaimed.is_unclaimed
            assert await holders(home, unclaimed) == set()
            await self.sold(home, unit, persons[2], date(2026, 2, 28))
            await home.run(date(2026, 2, 1))
        old, new = await home.bills(unit)
        assert old.account_id != new.account_id
        assert await holders(home, old) == {*persons[:2]}
        assert await holders(home, new) == {persons[2]}
        assert await home.balance(bill_id=new.id) == 20_000

    async def sold(self, home: Estate, unit: PropertyUnit, to: Any, day: date) -> None:
        async with home.county.session() as session:
            found = select(ownerships.Ownership.id).where(
                ownerships.Ownership.property_unit_id == unit.id
            )
            for id_ in (await session.exec(found)).all():
                await ownerships.end(session, home.officer, ownership=id_, until=day, reason="出售")
        await home.own(unit, to, since=day)

    async def test_run_again_it_makes_what_is_missing_and_changes_nothing(
        self, home: Estate
    ) -> None:
        await home.unit()
        with clock.at(NOW):
            await home.run()
            before = [one.model_dump() for one in await home.bills()]
            entries = [one.model_dump() for one in await home.entries()]
            again = await home.run()
            assert (again.billed, again.done) == (0, 1)
            assert [one.model_dump() for one in await home.bills()] == before
            assert [one.model_dump() for one in await home.entries()] == entries
            late = await home.unit()
            assert (await home.run(months=2)).billed == 3
        assert [one.month.month for one in await home.bills(late)] == [1, 2]

    async def test_a_discount_is_an_entry_of_its_own(self, home: Estate) -> None:
        await home.adopt(
            item=FeeItem.other, label="电梯费", basis=FeeBasis.unit, price=Decimal("0.3333"),
            discount=1500,
        )  # fmt: skip
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
        lift = next(one for one in await home.bills(unit) if one.label)
        # 33.33 fen are 33; 15 % of those are 4.95, and so 5.
        amounts = {one.kind: one.amount for one in await home.entries(bill_id=lift.id)}
        assert amounts == {"charge": 33, "discount": -5}

    async def test_by_whom_and_when(self, home: Estate, other: County) -> None:
        theirs, said = (await other.tree()).estate, {"estate": home.tree.estate.id}
        with clock.at(NOW):
            for by in (home.clerk, home.member, home.community, home.officer):
                async with unchanged(home.county, Denied):
                    await home.run(by=by)
            cases: list[tuple[dict[str, Any], type[Exception]]] = [
                ({"month": date(2026, 6, 1)}, MonthNotOver),
                ({"month": date(2026, 5, 7), "months": 2}, MonthNotOver),
                ({"months": 13}, BadInput), ({"months": 0}, BadInput),
                ({"month": date(2024, 12, 1)}, NothingToBill),
                ({"estate": theirs.id}, NotFound), ({"firm": home.tree.estate.id}, UnitUnfit),
            ]  # fmt: skip
            for wrong, refusal in cases:
                async with unchanged(home.county, refusal):
                    await home.run(**(said | wrong))
        # A month is over in China on its last midnight there.
        with clock.at(noon(2026, 5, 31)):
            async with unchanged(home.county, MonthNotOver):
                await home.run(date(2026, 5, 1))
        with clock.at(noon(2026, 6, 1)):
            assert (await home.run(date(2026, 5, 1))).state == RunState.done

    async def test_a_second_waits_for_the_first_and_two_looks_make_each_bill_once(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "BILLS", 2)
        for _ in range(5):
            await home.unit()
        with clock.at(NOW):
            said: dict[str, Any] = {
                "estate": home.tree.estate.id, "firm": home.tree.firm.id, "month": YEAR,
            }  # fmt: skip
            async with home.county.session() as session:
                await bills.run(session, home.manager, **said)
            async with unchanged(home.county, RunWaiting), home.county.session() as session:
                await bills.run(session, home.deputy, **said)
            done = await asyncio.gather(*(home.ring(running.look) for _ in range(4)))
            assert sum(done) == 3
        assert len({one.property_unit_id for one in await home.bills()}) == 5
        assert await home.county.events("billing_run.advanced") == 3


class TestReverse:
    async def test_nothing_is_owed_and_what_was_paid_is_credit(self, home: Estate) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
            [bill] = await home.bills(unit)
            account = await home.account(unit)
            await home.pay(account, 5_000)
            async with unchanged(home.county, OwnEntry):
                await self.reversed(home, bill, home.manager)
            async with unchanged(home.county, Denied):
                await self.reversed(home, bill, home.clerk)
            await self.reversed(home, bill, home.deputy)
            assert await home.balance(bill_id=bill.id) == 0
            assert await home.balance(account_id=account.id) == -5_000
            async with unchanged(home.county, BillReversed):
                await self.reversed(home, bill, home.deputy)

    async def test_a_run_makes_it_anew_once_due_from_then_on(self, home: Estate) -> None:
        unit, beside = await home.unit(), await home.unit()
        with clock.at(NOW):
            await home.run()
            [wrong] = await home.bills(unit)
            await home.pay(await home.account(unit), 5_000)
            await self.reversed(home, wrong, home.deputy)
            owner = await home.owner(unit)
        with clock.at(NOW + timedelta(days=10)):
            row = await home.run()
            assert (row.billed, row.unclaimed) == (1, 0)
            assert (await home.run()).billed == 0
            await self.reversed(home, (await home.bills(beside))[0], home.deputy)
            assert (await home.run()).billed == 1
        [new] = [one for one in await home.bills(unit) if one.id != wrong.id]
        assert (wrong.edition, new.edition) == (1, 2)
        assert await holders(home, new) == {owner.person_id}
        assert (wrong.due_on, new.due_on) == (date(2026, 3, 2), date(2026, 7, 25))
        assert new.limitation_on == date(2029, 7, 25)
        assert await home.balance(bill_id=new.id) == 20_000
        await self.reversed(home, new, home.deputy)
        with clock.at(NOW + timedelta(days=11)):
            assert (await home.run()).billed == 1
        assert {one.edition for one in await home.bills(unit)} == {1, 2, 3}

    async def test_what_is_credit_goes_to_the_new_edition(self, home: Estate) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
            await home.pay(await home.account(unit), 5_000)
            await self.reversed(home, (await home.bills(unit))[0], home.deputy)
            await home.run()
            new = max(await home.bills(unit), key=lambda one: one.edition)
            assert await home.balance(bill_id=new.id) == 15_000

    async def test_what_was_taken_back_in_a_dispute_is_not_made_again(self, home: Estate) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            owner = await home.owner(unit)
            await home.run()
            [bill] = await home.bills(unit)
            dispute = await home.dispute(bill, owner)
            await home.settle("uphold", dispute)
            assert await home.balance(bill_id=bill.id) == 0
            assert (await home.run()).billed == 0

    async def test_once_none_of_its_bills_stands_a_standard_may_end_earlier(
        self, home: Estate
    ) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            row = await home.adopt(item=FeeItem.parking, basis=FeeBasis.unit)
            await home.run()

            async def end() -> None:
                async with home.county.session() as session:
                    await fee_standards.end(
                        session, home.member, standard=row.id, until=YEAR + timedelta(days=9),
                        reason="单价有误",
                    )  # fmt: skip

            async with unchanged(home.county, fee_standards.BilledAlready):
                await end()
            for bill in await home.bills(unit):
                await self.reversed(home, bill, home.deputy)
            await end()

    async def test_of_two_at_once_one_is_refused(self, home: Estate) -> None:
        unit = await home.unit()
        with clock.at(NOW):
            await home.run()
            [bill] = await home.bills(unit)
            both = await asyncio.gather(
                *(self.reversed(home, bill, home.deputy) for _ in range(2)), return_exceptions=True
            )
        assert sorted(type(one).__name__ for one in both) == ["Bill", "BillReversed"]

    async def reversed(self, home: Estate, bill: Bill, by: Actor) -> Bill:
        async with home.county.session() as session:
            return await bills.reverse(session, by, bill=bill.id, reason="面积有误")
