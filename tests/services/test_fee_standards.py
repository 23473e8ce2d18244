"""Fee standards: on what ground, by whom, never two for one day, and nothing billed changes."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from infra.database import Database
from policies import Denied
from services import clock, fee_standards
from services.contracts import ContractNotSigned
from services.errors import BadInput, EndsBeforeItBegins, NotFound
from services.fee_standards import (
    BilledAlready,
    FeeBasis,
    FeeItem,
    StandardBeyondItsContract,
    StandardEnded,
    StandardsOverlap,
)
from services.property_units import PropertyUse
from services.units import UnitUnfit
from tests.county import County
from tests.estate import BEGUN, OVER, Estate, noon
from tests.services.unchanged import unchanged


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate; each test has a use or a label of its own."""
    return await Estate.of(await County.new(database))


def other(label: str) -> dict[str, Any]:
    """Some other item."""
    return {"item": FeeItem.other, "label": label}


class TestAdopt:
    async def test_by_a_contract_the_firm_may_and_by_another_ground_the_owners_alone(
        self, home: Estate
    ) -> None:
        contract = await home.signed()
        row = await home.adopt(home.manager, contract=contract.id, **other("电梯费"))
        assert (row.firm_id, row.until) == (home.tree.firm.id, OVER)
        for by in (home.manager, home.clerk, home.officer):
            async with unchanged(home.county, Denied):
                await home.adopt(by, **other("垃圾费"))
        assert (await home.adopt(home.community, **other("垃圾费"))).until is None

    async def test_it_stays_within_its_contract(self, home: Estate) -> None:
        contract = await home.signed(since=date(2001, 1, 1), until=date(2002, 1, 1))
        beyond = await home.draft()
        beside = await home.county.unit("estate", "邻园", home.tree.grids[0])
        cases: list[tuple[dict[str, Any], type[Exception]]] = [
            ({"since": date(2000, 12, 31)}, StandardBeyondItsContract),
            ({"since": date(2001, 1, 1), "until": date(2002, 1, 2)}, StandardBeyondItsContract),
            ({"since": date(2001, 2, 1), "contract": beyond.id}, ContractNotSigned),
            ({"since": date(2001, 2, 1), "ground": "又"}, BadInput),
            ({"since": date(2001, 2, 1), "firm": home.tree.estate.id}, BadInput),
            ({"since": date(2001, 2, 1), "estate": beside.id}, StandardBeyondItsContract),
        ]
        for wrong, refusal in cases:
            async with unchanged(home.county, refusal):
                await home.adopt(home.community, **({"contract": contract.id} | wrong))

    async def test_what_does_not_fit_is_refused(self, home: Estate) -> None:
        theirs = await (await County.new(home.county.database)).tree()
        cases: list[tuple[dict[str, Any], type[Exception]]] = [
            ({"ground": None}, BadInput), ({"firm": None}, BadInput),
            ({"label": "多余"}, BadInput), ({"item": FeeItem.other}, BadInput),
            ({"due_days": -1}, BadInput), ({"discount": 10_000}, BadInput),
            ({"penalty_rate": 5}, BadInput), ({"penalty_after": 5}, BadInput),
            ({"penalty_rate": 0, "penalty_after": 5}, BadInput),
            ({"until": BEGUN}, EndsBeforeItBegins), ({"firm": home.tree.committee.id}, UnitUnfit),
            ({"estate": home.tree.building.id}, UnitUnfit), ({"firm": theirs.firm.id}, NotFound),
        ]  # fmt: skip
        for wrong, refusal in cases:
            async with unchanged(home.county, refusal):
                await home.adopt(**({"use": PropertyUse.office} | wrong))

    async def test_one_at_a_time_for_an_item_and_use(self, home: Estate) -> None:
        shop: dict[str, Any] = {"use": PropertyUse.shop, "until": date(2026, 1, 1)}
        first = await home.adopt(**shop)
        for overlapping in ({}, {"since": date(2025, 12, 31), "until": None},
                            {"since": date(2024, 1, 1), "until": date(2025, 1, 2)}):  # fmt: skip
            async with unchanged(home.county, StandardsOverlap):
                await home.adopt(**(shop | overlapping))
        following = await home.adopt(use=PropertyUse.shop, since=date(2026, 1, 1))
        assert following.since == first.until
        # Another use, another item, another label: each by itself.
        await home.adopt(use=PropertyUse.parking, basis=FeeBasis.unit, item=FeeItem.parking)
        await home.adopt(use=PropertyUse.shop, **other("门前保洁"))
        await home.adopt(use=PropertyUse.shop, **other("招牌"))

    async def test_of_two_that_are_adopted_at_once_the_second_waits_and_is_refused(
        self, home: Estate
    ) -> None:
        storage: dict[str, Any] = {"use": PropertyUse.storage}
        async with home.county.session() as session:
            await fee_standards.adopt(session, home.member, **home.standard(**storage))
            await session.flush()
            waiting = asyncio.create_task(home.adopt(**storage))
            await asyncio.sleep(0.2)
            assert not waiting.done()
        with pytest.raises(StandardsOverlap):
            await waiting


class TestEnd:
    async def test_what_was_billed_stays(self, home: Estate) -> None:
        with clock.at(noon(2026, 6, 15)):
            row = await home.adopt(use=PropertyUse.dwelling, price=Decimal("1.5"))
            await home.unit()
            await home.run(date(2026, 3, 1))
            async with unchanged(home.county, BilledAlready):
                await self.ended(home, row.id, until=date(2026, 3, 31))
            for by in (home.manager, home.officer):
                async with unchanged(home.county, Denied):
                    await self.ended(home, row.id, by=by)
            ended = await self.ended(home, row.id, until=date(2026, 4, 1))
            assert ended.until == date(2026, 4, 1)
            async with unchanged(home.county, StandardEnded):
                await self.ended(home, row.id, until=date(2026, 5, 1))
            async with unchanged(home.county, BilledAlready):
                await home.adopt(use=PropertyUse.dwelling, since=date(2024, 1, 1), until=BEGUN)
            dearer = await home.adopt(use=PropertyUse.dwelling, since=date(2026, 4, 1))
            assert dearer.price == Decimal("2.0000")

    async def ended(self, home: Estate, standard: Any, **said: Any) -> Any:
        by = said.pop("by", home.member)
        said.setdefault("until", date(2027, 1, 1))
        async with home.county.session() as session:
            return await fee_standards.end(session, by, standard=standard, reason="调价", **said)
