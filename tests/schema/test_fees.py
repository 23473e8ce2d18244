"""Who sees of fees what: one's own, the firm's own, sums; and of sums none that names a debtor."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from infra.database import Database
from policies import Actor
from services import clock
from services.errors import Forbidden
from services.fee_standards import FeeBasis, FeeItem
from services.property_units import PropertyUnit, PropertyUse
from tests.county import County
from tests.estate import Estate, noon
from tests.schema.test_oracle import compiled

NOW = noon(2026, 6, 15)
SUMS = "charged paid refunded outstanding disputed overdue rate"
SUMMARY = (
    '{ feeSummary(from: "2026-01-01", to: "2026-03-31") {'
    f" inAll {{ withheld {SUMS} }} groups {{ item month units isWithheld {SUMS} }} }} }}"
)
LISTS = ("feeAccounts", "ledgerEntries", "bills", "payments", "instalmentPlans", "feeDisputes")


@dataclass
class Seen:
    """An estate of seven dwellings and three parking spaces, and who looks."""

    home: Estate
    owner: Actor
    units: list[PropertyUnit]

    async def ask(self, by: Actor, document: str) -> dict[str, Any]:
        return await compiled(self.home.county.database, by, document)

    async def group(self, by: Actor, item: str = "PROPERTY") -> dict[str, Any]:
        """The one group of an item."""
        found = (await self.ask(by, SUMMARY))["feeSummary"]["groups"]
        [group] = [one for one in found if one["item"] == item]
        return dict(group)


@pytest.fixture(scope="module")
async def seen(database: Database) -> Seen:
    home = await Estate.of(await County.new(database))
    await home.adopt()
    await home.adopt(item=FeeItem.parking, use=PropertyUse.parking, basis=FeeBasis.unit)
    person = await home.county.person("欠费业主")
    units = [await home.unit(person.id)] + [await home.unit() for _ in range(6)]
    for _ in range(3):
        await home.unit(use=PropertyUse.parking)
    with clock.at(NOW):
        await home.run()
    return Seen(home, await home.county.reload(person.id), units)


class TestLists:
    async def test_the_owner_sees_their_own_the_firm_its_own_the_auditor_all(
        self, seen: Seen
    ) -> None:
        asked = "{ bills { totalCount } feeAccounts { totalCount } ledgerEntries { totalCount } }"
        stranger = await seen.home.county.actor(
            "firm_manager", await seen.home.county.unit("firm", "别家物业")
        )
        neighbour = await seen.home.owner(await seen.home.unit())
        for by, number in (
            (seen.owner, 1), (seen.home.clerk, 10), (seen.home.county.founders["auditor"], 10),
            (stranger, 0), (neighbour, 0), (seen.home.member, 0),
        ):  # fmt: skip
            answer = await seen.ask(by, asked)
            assert {one["totalCount"] for one in answer.values()} == {number}, by.roles

    async def test_the_firm_knows_by_name_who_owes_and_no_more_of_them(self, seen: Seen) -> None:
        asked = "{ feeAccounts { nodes { number holders { nodes { name person { phone } } } } } }"
        found = (await seen.ask(seen.home.clerk, asked))["feeAccounts"]["nodes"]
        named = [one for account in found for one in account["holders"]["nodes"]]
        assert named == [{"name": "欠费业主", "person": None}]

    async def test_who_sees_sums_sees_nobody_in_any_list_or_by_any_id(self, seen: Seen) -> None:
        [bill] = await seen.home.bills(seen.units[0])
        account = await seen.home.account(seen.units[0])
        for by in (
            seen.home.member, seen.home.officer, seen.home.community,
            await seen.home.county.actor("branch_secretary", seen.home.tree.branch),
            await seen.home.county.actor("grid_worker", seen.home.tree.grids[0]),
        ):  # fmt: skip
            for name in LISTS:
                answer = await seen.ask(by, f"{{ {name} {{ totalCount }} }}")
                assert answer == {name: {"totalCount": 0}}, (by.roles, name)
            for id_ in (f"Bill:{bill.id}", f"FeeAccount:{account.id}"):
                assert await seen.ask(by, f'{{ node(id: "{id_}") {{ id }} }}') == {"node": None}

    async def test_who_decides_a_dispute_knows_what_of(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        person = await home.county.person()
        unit = await home.unit(person.id)
        with clock.at(NOW):
            await home.run()
            [bill] = await home.bills(unit)
            await home.dispute(bill, await home.county.reload(person.id))
        asked = "{ feeDisputes { nodes { number item month charged bill { id } } } }"
        [found] = (await Seen(home, home.clerk, []).ask(home.community, asked))["feeDisputes"][
            "nodes"
        ]
        assert found == {
            "number": unit.number, "item": "PROPERTY", "month": "2026-01-01", "charged": "20000",
            "bill": None,
        }  # fmt: skip

    async def test_the_public_is_refused_everything_and_an_owner_sums(self, seen: Seen) -> None:
        public = Actor(seen.home.county.id, seen.home.county.slug)
        refused = [(public, f"{{ {name} {{ totalCount }} }}") for name in LISTS]
        for by, asked in (*refused, (public, SUMMARY), (seen.owner, SUMMARY)):
            with pytest.raises(Forbidden):
                await seen.ask(by, asked)


class TestSums:
    async def test_each_of_an_estates_parties_and_the_officers_see_them(self, seen: Seen) -> None:
        for by in (
            seen.home.member, seen.home.officer, seen.home.community, seen.home.manager,
            await seen.home.county.actor("grid_worker", seen.home.tree.grids[0]),
        ):  # fmt: skip
            group = await seen.group(by)
            assert (group["units"], group["charged"], group["rate"]) == (7, "140000", 0.0)
        for by in (
            await seen.home.county.actor("community_secretary", seen.home.tree.communities[1]),
            await seen.home.county.actor("committee_member", seen.home.tree.grids[1]),
        ):
            assert (await seen.ask(by, SUMMARY))["feeSummary"]["groups"] == []

    async def test_a_group_of_few_units_is_withheld_and_in_no_total(self, seen: Seen) -> None:
        parking = await seen.group(seen.home.officer, "PARKING")
        assert parking["isWithheld"]
        assert {parking[name] for name in ("units", *SUMS.split())} == {None}
        [total] = (await seen.ask(seen.home.officer, SUMMARY))["feeSummary"]["inAll"]
        assert (total["withheld"], total["charged"]) == (1, "140000")
        # Who sees the bills themselves is shown it.
        for by in (seen.home.clerk, seen.home.county.founders["auditor"]):
            assert (await seen.group(by, "PARKING"))["charged"] == "600"
            [total] = (await seen.ask(by, SUMMARY))["feeSummary"]["inAll"]
            assert (total["withheld"], total["charged"]) == (0, "140600")

    async def test_once_few_owe_nothing_tells_how_much(self, seen: Seen) -> None:
        """Paid one by one: six owe, five, then four, of whom any could be found out."""
        home = seen.home
        for number, unit in enumerate(seen.units[1:4], 1):
            account = await home.account(unit)
            await home.pay(account, 20_000)
            group = await seen.group(home.member)
            is_told = 7 - number >= 5
            assert group["isWithheld"] == (not is_told)
            assert (group["outstanding"] is not None) == is_told
            assert (await seen.group(home.manager))["outstanding"] == str(140_000 - 20_000 * number)
        for unit in (seen.units[0], *seen.units[4:]):
            await home.pay(await home.account(unit), 20_000)
        # Where nobody owes there is nobody to find out.
        group = await seen.group(home.member)
        assert (group["outstanding"], group["rate"], group["paid"]) == ("0", 1.0, "140000")

    async def test_that_one_is_disputed_is_no_difference_of_two_sums(self, seen: Seen) -> None:
        home = seen.home
        with clock.at(NOW):
            await home.run(date(2026, 2, 1))
            [_, bill] = await home.bills(seen.units[0])
            await home.dispute(bill, seen.owner)
        groups = (await seen.ask(home.member, SUMMARY))["feeSummary"]["groups"]
        [group] = [one for one in groups if one["item"] == "PROPERTY" and one["month"][6] == "2"]
        assert group["outstanding"] is not None
        assert (group["disputed"], group["overdue"]) == (None, None)
        [total] = (await seen.ask(home.member, SUMMARY))["feeSummary"]["inAll"]
        assert (total["disputed"], total["overdue"]) == (None, None)
        groups = (await seen.ask(home.clerk, SUMMARY))["feeSummary"]["groups"]
        [group] = [one for one in groups if one["item"] == "PROPERTY" and one["month"][6] == "2"]
        assert (group["disputed"], group["overdue"]) == (
            "20000",
            str((group["units"] - 1) * 20_000),
        )

    async def test_that_one_is_in_a_plan_is_no_difference_of_sums_either(
        self, database: Database
    ) -> None:
        """What is owed, less what is overdue and disputed, is what those in a plan owe."""
        home = await Estate.of(await County.new(database))
        await home.adopt()
        person = await home.county.person()
        unit = await home.unit(person.id)
        for _ in range(6):
            await home.unit()
        with clock.at(NOW):
            await home.run()
            [bill] = await home.bills(unit)
            said = {"bills": [bill.id], "due_on": [date(2026, 7, 15)], "amounts": [20_000]}
            plan = await home.propose(home.clerk, await home.account(unit), **said)
            await home.agree(await home.county.reload(person.id), plan)
        seen = Seen(home, home.member, [])
        group = await seen.group(home.member)
        assert (group["outstanding"], group["disputed"], group["overdue"]) == ("140000", None, None)
        assert (await seen.group(home.clerk))["overdue"] == "120000"
