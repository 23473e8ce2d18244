"""Reconciliation: where all agree nothing is listed; whatever single thing is changed is."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.database import Database
from policies import Actor
from services import clock, rows
from services.errors import BadInput, Forbidden
from services.ledger import FeeAccount
from services.payments import Payment
from tests.county import County
from tests.estate import Estate, noon
from tests.schema.test_oracle import compiled
from tests.services.test_payment_files import PAID, give, neighbour, owing, work

NOW = noon(2026, 6, 15)
ASKED = """query ($e: ID!, $from: Date!, $to: Date!, $c: String) {
  reconciliation(estate: $e, from: $from, to: $to, channel: $c) {
    byItem { item month bills charges charged paid byProvider isWithheld }
    byChannel { channel month onLedger inLines isWithheld }
    differences { channel externalId kind onLedger inLines } } }"""
OF_ALL = """{ reconciliation(from: "2026-01-01", to: "2026-12-31") {
  byChannel { onLedger inLines } differences { externalId } } }"""
CHANGES = ("none", "line_only", "ledger_only", "refunded", "reversed", "amount", "contradicted")


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


@pytest.fixture(scope="module")
async def accounts(home: Estate) -> list[tuple[Any, FeeAccount]]:
    """Some units that owe of January."""
    return [await owing(home) for _ in range(3)]


async def read(
    database: Database, home: Estate, by: Actor, channel: str | None = None, **said: str
) -> dict[str, Any]:
    """What a reader is told of the year."""
    given_ = {"e": f"Unit:{home.tree.estate.id}", "from": "2026-01-01", "to": "2026-12-31",
              "c": channel} | said  # fmt: skip
    found: dict[str, Any] = (await compiled(database, by, ASKED, given_))["reconciliation"]
    return found


class TestDifferences:
    @settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        amounts=st.lists(st.integers(1, 50_000), min_size=1, max_size=4),
        change=st.sampled_from(CHANGES), at=st.integers(0, 3), by=st.integers(1, 900),
    )  # fmt: skip
    async def test_none_where_all_agree_and_whatever_is_changed(
        self, database: Database, home: Estate, accounts: list[Any], amounts: list[int],
        change: str, at: int, by: int,
    ) -> None:  # fmt: skip
        channel, at = f"ch-{uuid4().hex[:8]}", at % len(amounts)
        told = [f"{n},{fen // 100}.{fen % 100:02},{PAID},{accounts[n % 3][0].number}"
                for n, fen in enumerate(amounts)]  # fmt: skip
        if change == "amount":
            await self.pay(home, accounts[at % 3][1], amounts[at] + by, channel, str(at))
        await give(home, told, channel)
        await work(home)
        more, said, listed = await self.change(
            home, accounts, channel, (change, at, amounts[at], by)
        )
        found = await read(database, home, home.clerk, channel)
        assert [(one["externalId"], one["kind"]) for one in found["differences"]] == listed
        sums = [
            sum(int(one[name]) for one in found["byChannel"]) for name in ("onLedger", "inLines")
        ]
        assert sums == [sum(amounts) + more, sum(amounts) + said]

    async def change(
        self, home: Estate, accounts: list[Any], channel: str, what: tuple[str, int, int, int]
    ) -> tuple[int, int, list[tuple[str, str]]]:
        """One change; how many fen more it makes on the ledger and in lines, and what is listed."""
        change, at, amount, by = what
        differs = [(str(at), "AMOUNTS_DIFFER")]
        match change:
            case "amount":
                return by, 0, differs
            case "line_only":
                await give(home, [f"x,{by}.00,{PAID},nobody"], channel)
                await work(home)
                return 0, by * 100, [("x", "LINE_ONLY")]
            case "ledger_only":
                await self.pay(home, accounts[0][1], by, channel, "y")
                return by, 0, [("y", "LEDGER_ONLY")]
            case "contradicted":
                await give(home, [f"{at},{amount // 100 + by}.99,{PAID},x"], channel)
                return 0, 0, differs
            case "none":
                return 0, 0, []
        payment, back = await self.payment(home, channel, str(at)), min(by, amount)
        with clock.at(NOW):
            said: dict[str, Any] = {"amount": back} if change == "refunded" else {}
            await home.payment("refund" if said else "reverse", payment, **said)
        return -back if said else -amount, 0, differs

    async def pay(
        self, home: Estate, account: FeeAccount, fen: int, channel: str, id_: str
    ) -> None:
        """What staff put down of a channel."""
        with clock.at(NOW):
            await home.pay(
                account, fen, channel=channel, external_id=id_,
                received_at=NOW - timedelta(days=9),
            )  # fmt: skip

    async def payment(self, home: Estate, channel: str, id_: str) -> Payment:
        """A payment of a channel."""

        async with home.county.session(read_only=True) as session:
            [row] = await rows.every(
                session, Payment, home.clerk, "id", channel=channel, external_id=id_
            )
            return row


class TestGroups:
    async def test_bills_ledger_and_lines_side_by_side(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        units = [await owing(home) for _ in range(5)]
        await give(home, [f"{n},150.00,{PAID},{u.number}" for n, (u, _) in enumerate(units)], "b")
        await work(home)
        with clock.at(NOW):
            await home.pay(units[0][1], 1_000)
        for by in (home.clerk, home.officer, home.county.founders["auditor"]):
            found = await read(database, home, by)
            assert found["byItem"] == [{
                "item": "PROPERTY", "month": "2026-01-01", "bills": 5, "charges": 5,
                "charged": "100000", "paid": "76000", "byProvider": "75000", "isWithheld": False,
            }]  # fmt: skip
            # One payer at the counter is nobody's but theirs who see payments.
            is_few = by is home.officer
            counter = (None, None, True) if is_few else ("1000", "0", False)
            told = [(one["onLedger"], one["inLines"], one["isWithheld"])
                    for one in found["byChannel"]]  # fmt: skip
            assert told == [("75000", "75000", False), counter]
            assert found["differences"] == []

    async def test_one_firms_ids_are_compared_with_none_of_anothers(
        self, database: Database
    ) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        unit, _ = await owing(home)
        other = await neighbour(home)
        room, _ = await owing(other)
        for one, number, fen in ((home, unit.number, "3.00"), (other, room.number, "4.00")):
            await give(one, [f"1,{fen},{PAID},{number}"], "bank")
            await work(one)
        found = (await compiled(database, home.county.founders["auditor"], OF_ALL))[
            "reconciliation"
        ]
        sums = sorted((one["onLedger"], one["inLines"]) for one in found["byChannel"])
        assert sums == [("300", "300"), ("400", "400")]
        assert found["differences"] == []

    async def test_what_one_paid_is_no_difference_of_two_days(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        for number in range(6):
            _, account = await owing(home)
            with clock.at(NOW + timedelta(days=number // 5)):
                await home.pay(account, 1_000 + number)
        for day in ("2026-06-15", "2026-06-16"):
            found = await read(database, home, home.officer, **{"from": day, "to": day})
            assert [one["onLedger"] for one in found["byChannel"]] == ["6015"]

    async def test_what_one_still_owes_is_no_difference_of_two_sums(
        self, database: Database
    ) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        accounts = [(await owing(home))[1] for _ in range(7)]
        with clock.at(NOW):
            for account in accounts[:6]:
                await home.pay(account, 20_000)
            [group] = (await read(database, home, home.officer))["byItem"]
            assert (group["isWithheld"], group["charged"], group["paid"]) == (True, None, None)
            await home.pay(accounts[6], 20_000)
            [group] = (await read(database, home, home.officer))["byItem"]
            assert (group["charged"], group["paid"]) == ("140000", "140000")

    async def test_few_units_are_withheld_from_who_sees_no_bills_and_all_from_strangers(
        self, database: Database, home: Estate, accounts: list[Any]
    ) -> None:
        assert accounts
        [group] = (await read(database, home, home.officer))["byItem"]
        assert group["isWithheld"]
        assert group["charged"] is group["paid"] is group["bills"] is None
        [shown] = (await read(database, home, home.clerk))["byItem"]
        assert (shown["bills"], shown["isWithheld"]) == (3, False)
        stranger = await home.county.actor("firm_staff", await home.county.unit("firm", "别家"))
        assert await read(database, home, stranger) == {
            "byItem": [], "byChannel": [], "differences": []
        }  # fmt: skip
        for by in (Actor(home.county.id, home.county.slug), home.member, home.community):
            with pytest.raises(Forbidden):
                await read(database, home, by)
        with pytest.raises(BadInput):
            await read(database, home, home.clerk, to="2025-01-01")
