"""Payment files: each external id once, recorded where it names one account, else for a person."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from infra.database import Database
from policies import Actor, Denied
from services import clock, payment_files
from services.errors import BadInput, NotFound
from services.ledger import FeeAccount
from services.payment_files import StartedPaymentFile, recording
from services.payment_files.reading import fen_of, moment_of
from services.payment_files.tables import (
    ChannelIsCounter,
    FirmServesNot,
    LinesMissing,
    LinesTaken,
    NotToBeAllotted,
    PaymentFile,
    PaymentLine,
    RefundNotAllotted,
)
from services.property_units import PropertyUnit
from services.units import Unit
from tests.county import County
from tests.estate import Estate, noon
from tests.services.unchanged import unchanged

NOW = noon(2026, 6, 15)
HEADINGS = "交易单号,交易金额,交易时间,户号,类型,原交易单号"
PAID = "2026-06-01 09:30:00"


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


async def owing(home: Estate) -> tuple[PropertyUnit, FeeAccount]:
    """A unit that owes of January 20,000 fen."""
    unit = await home.unit()
    with clock.at(NOW):
        await home.run()
    return unit, await home.account(unit)


async def give(
    home: Estate, lines: Sequence[str], channel: str, by: Actor | None = None,
    at: datetime = NOW, **known: Any,
) -> PaymentFile:  # fmt: skip
    """Lines given in a request; the headings are said before them."""
    said: dict[str, Any] = {"estate": home.tree.estate.id, "firm": home.tree.firm.id}
    said |= {"channel": channel} | known
    with clock.at(at):
        async with home.county.session() as session:
            return await payment_files.give(
                session, by or home.clerk, lines=[HEADINGS, *lines], **said
            )


async def start(home: Estate, channel: str = "bank", at: datetime = NOW) -> StartedPaymentFile:
    """A file that is begun."""
    said: dict[str, Any] = {"estate": home.tree.estate.id, "firm": home.tree.firm.id}
    with clock.at(at):
        async with home.county.session() as session:
            return await payment_files.start(
                session, home.clerk, channel=channel, name="对账.csv", **said
            )


async def neighbour(home: Estate, firm: Unit | None = None) -> Estate:
    """Another estate of the county, which another firm serves unless one is given."""
    county, name = home.county, uuid4().hex[:6]
    firm = firm or await county.unit("firm", f"物业{name}")
    estate = await county.unit("estate", f"小区{name}", home.tree.grids[0])
    building = await county.unit("building", "1栋", estate)
    stairwell = await county.unit("stairwell", "1单元", building)
    tree = replace(home.tree, estate=estate, building=building, stairwell=stairwell, firm=firm)
    made = await Estate.of(county, tree)
    made.number = home.number + 500
    await made.adopt(made.community)
    return made


async def work(home: Estate) -> None:
    """What the clock does with them."""
    await home.ring(recording.look, NOW)


async def lines(home: Estate, channel: str) -> list[PaymentLine]:
    """What became of the lines of a channel, in their order."""
    async with home.county.session(read_only=True) as session:
        found = select(PaymentLine).where(col(PaymentLine.channel) == channel)
        ordered = found.order_by(col(PaymentLine.at), col(PaymentLine.number))
        return [*(await session.exec(ordered)).all()]


async def allot(
    home: Estate, line: PaymentLine, account: UUID, by: Actor | None = None
) -> PaymentLine:
    """Somebody says whose a line is."""
    with clock.at(NOW):
        async with home.county.session() as session:
            return await payment_files.allot(
                session, by or home.clerk, line=line.id, account=account
            )


def new() -> str:
    """A channel of a test's own."""
    return f"ch-{uuid4().hex[:8]}"


class TestRead:
    @given(st.integers(1, 10**12))
    def test_an_amount_is_exact_to_the_fen(self, fen: int) -> None:
        text = f"{fen // 100}.{fen % 100:02}"
        assert fen_of(text) == fen_of(f"¥{text}元") == fen
        assert fen_of(f"{text}1") is None

    @pytest.mark.parametrize(
        "cell",
        [
            "",
            "0",
            "-1",
            "1e3x",
            "1e3",
            "1_0",
            "NaN",
            "Infinity",
            "1.005",
            10**13,
            None,
            True,
            "1.2.3",
        ],
    )
    def test_what_is_no_amount_is_none(self, cell: Any) -> None:
        assert fen_of(cell) is None

    def test_numbers_of_a_sheet_and_days_as_they_are_written(self) -> None:
        assert (fen_of(89.53000000000002), fen_of(200), fen_of("1,234.5")) == (8953, 20000, 123450)
        assert moment_of("2026/6/1 12:00:00") == moment_of("2026-06-01T04:00:00+00:00")
        assert moment_of("昨天") is None


class TestGive:
    async def test_each_line_is_recorded_or_says_why_not(self, home: Estate) -> None:
        (unit, account), (sold, old) = await owing(home), await owing(home)
        buyer = await home.county.person()
        with clock.at(NOW):
            await home.own(sold, buyer.id, since=date(2026, 2, 1))
            await home.run(date(2026, 2, 1))
        channel = new()
        await give(home, [
            f"a1,150.00,{PAID},{unit.number}", f"a2,50.00,{PAID},FeeAccount:{old.id}",
            f"a3,10.00,{PAID},9-999", f"a4,10.00,{PAID},{sold.number}", f"a5,10.001,{PAID},x",
            "a6,10.00,2026-06-16 00:00:00,x", f",10.00,{PAID},x", f"a1,150.00,{PAID},x",
            f"a1,151.00,{PAID},{unit.number}", f"a7,1.00,{PAID},{unit.number},退款",
        ], channel)  # fmt: skip
        await work(home)
        found = await lines(home, channel)
        assert [(one.state, one.problem) for one in found] == [
            ("recorded", None), ("recorded", None), ("unmatched", None), ("ambiguous", None),
            ("bad", "amount"), ("bad", "time"), ("bad", "id"), ("repeated", None),
            ("differing", None), ("bad", "original"),
        ]  # fmt: skip
        assert await home.balance(account_id=account.id) == 5_000 + 20_000
        assert await home.balance(account_id=old.id) == 15_000

    async def test_given_again_nothing_changes_even_at_once(self, home: Estate) -> None:
        unit, account = await owing(home)
        channel, said = new(), [f"b{n},1.0{n},{PAID},{unit.number}" for n in range(1, 6)]
        both = await asyncio.gather(*(give(home, said, channel) for _ in range(3)))
        assert len({one.id for one in both}) == 3
        await asyncio.gather(*(work(home) for _ in range(2)))
        states = [one.state for one in await lines(home, channel)]
        assert sorted(states) == ["recorded"] * 5 + ["repeated"] * 10
        assert await home.balance(account_id=account.id) == 20_000 - 515
        before = [one.id for one in await home.entries()]
        await give(home, list(reversed(said)), channel)
        await work(home)
        assert [one.id for one in await home.entries()] == before

    async def test_what_staff_recorded_already_is_linked_and_not_recorded(
        self, home: Estate
    ) -> None:
        unit, account = await owing(home)
        channel = new()
        with clock.at(NOW):
            payment = await home.pay(account, 700, channel=channel, external_id="c1")
        await give(home, [f"c1,8.00,{PAID},{unit.number}"], channel)
        await work(home)
        [line] = await lines(home, channel)
        assert (line.state, line.payment_id) == ("recorded", payment.id)
        assert await home.balance(account_id=account.id) == 19_300

    async def test_what_went_back_goes_back_within_what_came(self, home: Estate) -> None:
        unit, account = await owing(home)
        channel = new()
        await give(home, [
            f"d1,100.00,{PAID},{unit.number}", f"d2,30.00,{PAID},,退款,d1",
            f"d3,70.01,{PAID},,退款,d1", f"d4,1.00,{PAID},,退款,unknown",
        ], channel)  # fmt: skip
        await work(home)
        assert [one.state for one in await lines(home, channel)] == [
            "recorded", "recorded", "unmatched", "unmatched"
        ]  # fmt: skip
        assert await home.balance(account_id=account.id) == 13_000

    async def test_by_the_firm_that_has_accounts_there_and_no_counter(self, home: Estate) -> None:
        await owing(home)
        other = await home.county.unit("firm", f"别家{uuid4().hex[:6]}")
        stranger = await home.county.actor("firm_staff", other)
        for by in (stranger, home.member, home.community, home.officer):
            async with unchanged(home.county, Denied):
                await give(home, [f"e1,1.00,{PAID},x"], new(), by)
        async with unchanged(home.county, FirmServesNot):
            await give(home, [f"e1,1.00,{PAID},x"], new(), stranger, firm=other.id)
        async with unchanged(home.county, ChannelIsCounter):
            await give(home, [f"e1,1.00,{PAID},x"], "counter")
        for few in ([], ["x" * 3] * 1_000):
            async with unchanged(home.county, LinesMissing if not few else BadInput):
                await give(home, few, new())
        row = await give(home, [f"e1,1.00,{PAID},x"], new())
        with pytest.raises(LinesTaken):
            payment_files.check_same(row, "0" * 64)


class TestAllot:
    async def test_by_the_firm_to_its_own_account_once(self, home: Estate) -> None:
        unit, account = await owing(home)
        channel = new()
        await give(home, [
            f"f1,5.00,{PAID},王先生", f"f2,5.00,{PAID},,退款,f1", f"f3,5.00,{PAID},{unit.number}",
        ], channel)  # fmt: skip
        await work(home)
        line, refund, recorded = await lines(home, channel)
        other = await home.county.unit("firm", f"别家{uuid4().hex[:6]}")
        stranger = await home.county.actor("firm_staff", other)
        for by in (stranger, home.community):
            async with unchanged(home.county, Denied):
                await allot(home, line, account.id, by)
        for one, refusal in ((recorded, NotToBeAllotted), (refund, RefundNotAllotted)):
            async with unchanged(home.county, refusal):
                await allot(home, one, account.id)
        async with unchanged(home.county, NotFound):
            await allot(home, line, UUID(int=7))
        both = await asyncio.gather(
            *(allot(home, line, account.id) for _ in range(2)), return_exceptions=True
        )
        assert sorted(type(one).__name__ for one in both) == ["NotToBeAllotted", "PaymentLine"]
        assert await home.balance(account_id=account.id) == 19_000

    async def test_to_no_account_of_another_estate(self, home: Estate, database: Database) -> None:
        elsewhere = await Estate.of(await County.new(database))
        await elsewhere.adopt()
        _, foreign = await owing(elsewhere)
        channel = new()
        await give(home, [f"g1,5.00,{PAID},nobody"], channel)
        await work(home)
        [line] = await lines(home, channel)
        async with unchanged(home.county, NotFound):
            await allot(home, line, foreign.id)
        assert not await elsewhere.entries(kind="payment")
