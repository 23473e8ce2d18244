"""Payment lines: whose ids are whose, what breaks off leaves nothing, what was said stays said."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from infra.database import Database
from services import clock, payment_files, payments
from services.errors import BadInput
from services.fee_standards import FeeItem
from services.ledger import LedgerEntry
from services.payment_files import recording
from services.payment_files.reading import Said, moment_of
from services.payment_files.tables import FilesOpen, PaymentFile, TooManyLines
from services.payments import PaymentKnown
from tests.county import County
from tests.estate import Estate
from tests.services.test_payment_files import (
    NOW,
    PAID,
    allot,
    give,
    lines,
    neighbour,
    new,
    owing,
    start,
    work,
)
from tests.services.unchanged import unchanged


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


async def receive(home: Estate, row: UUID, said: Sequence[Said]) -> PaymentFile:
    """What a file said that was sent to its address."""
    with clock.at(NOW):
        async with home.county.session() as session:
            return await payment_files.receive(
                session, home.clerk, row=row, said=said, sha256="0" * 64
            )


class TestOwners:
    async def test_one_firms_ids_stand_in_no_others_way(self, home: Estate) -> None:
        unit, account = await owing(home)
        other = await neighbour(home)
        room, theirs = await owing(other)
        channel = new()
        for one, number, fen in ((home, unit.number, "3.00"), (other, room.number, "4.00")):
            await give(one, [f"i1,{fen},{PAID},{number}", f"i2,{fen},{PAID},nobody"], channel)
            await work(one)
        states = [(one.firm_id, one.state) for one in await lines(home, channel)]
        assert {*states} == {
            (one.tree.firm.id, state)
            for one in (home, other)
            for state in ("recorded", "unmatched")
        }
        assert await home.balance(account_id=account.id) == 19_700
        assert await home.balance(account_id=theirs.id) == 19_600
        with clock.at(NOW):
            for one, to in ((home, account), (other, theirs)):
                async with unchanged(home.county, PaymentKnown):
                    await one.pay(to, 1, channel=channel, external_id="i1")
                await one.pay(to, 100, channel=channel, external_id="i3")

    async def test_an_id_of_a_firm_counts_in_one_of_its_estates(self, home: Estate) -> None:
        unit, account = await owing(home)
        second = await neighbour(home, home.tree.firm)
        room, theirs = await owing(second)
        channel = new()
        for one, number in ((home, unit.number), (second, room.number)):
            await give(one, [f"j1,3.00,{PAID},{number}"], channel)
            await work(one)
        states = {(one.estate_id, one.state) for one in await lines(home, channel)}
        assert states == {(home.tree.estate.id, "recorded"), (second.tree.estate.id, "differing")}
        assert await home.balance(account_id=account.id) == 19_700
        assert await home.balance(account_id=theirs.id) == 20_000

    @pytest.mark.parametrize("is_theirs", [True, False])
    async def test_nothing_goes_to_another_estates_account(
        self, home: Estate, is_theirs: bool
    ) -> None:
        await owing(home)
        other = await neighbour(home, None if is_theirs else home.tree.firm)
        room, theirs = await owing(other)
        channel = new()
        await give(home, [
            f"k1,3.00,{PAID},FeeAccount:{theirs.id}", f"k2,3.00,{PAID},{room.number}",
        ], channel)  # fmt: skip
        await work(home)
        found = await lines(home, channel)
        assert [one.state for one in found] == ["unmatched", "unmatched"]
        assert await home.balance(account_id=theirs.id) == 20_000
        async with unchanged(home.county, BadInput):
            await allot(home, found[0], theirs.id)

    async def test_nor_to_another_firms_in_the_same_estate(self, home: Estate) -> None:
        firm = await home.county.unit("firm", "车位管理公司")
        second = await Estate.of(home.county, replace(home.tree, firm=firm))
        await second.adopt(item=FeeItem.parking)
        unit, ours = await owing(home)
        with clock.at(NOW):
            await second.run()
        [theirs] = {one.account_id for one in await home.bills(unit)} - {ours.id}
        channel = new()
        await give(home, [
            f"t1,3.00,{PAID},FeeAccount:{theirs}", f"t2,3.00,{PAID},{unit.number}",
        ], channel)  # fmt: skip
        await work(home)
        found = await lines(home, channel)
        assert [one.state for one in found] == ["unmatched", "recorded"]
        async with unchanged(home.county, BadInput):
            await allot(home, found[0], theirs)
        assert await home.balance(account_id=ours.id) == 19_700


class TestReceive:
    async def test_all_of_it_is_taken_in_or_nothing(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        unit, account = await owing(home)
        channel, put_line, taken = new(), payment_files._put_line, 0

        def fails(*of: Any) -> None:
            nonlocal taken
            taken += 1
            if taken == 3:
                raise ConnectionError
            put_line(*of)

        said = [f"l{n},1.00,{PAID},{unit.number}" for n in range(5)]
        with monkeypatch.context() as broken:
            broken.setattr(payment_files, "_put_line", fails)
            broken.setattr(payment_files, "SOME", 1)
            async with unchanged(home.county, ConnectionError):
                await give(home, said, channel)
        await give(home, said, channel)
        await work(home)
        assert await home.balance(account_id=account.id) == 19_500

    async def test_so_many_of_a_firm_wait_at_once(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await owing(home)
        monkeypatch.setattr(payment_files, "MOST_OPEN", 3)
        other = await neighbour(home)
        await owing(other)
        both = await asyncio.gather(*(start(home) for _ in range(5)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == [
            *["FilesOpen"] * 2, *["StartedPaymentFile"] * 3
        ]  # fmt: skip
        async with unchanged(home.county, FilesOpen):
            await give(home, [f"m1,1.00,{PAID},x"], new())
        await start(other)
        # Whose address is over waits for nothing; what is given waits until it is recorded.
        later = NOW + timedelta(minutes=16)
        for n in range(3):
            await give(home, [f"m{n},1.00,{PAID},x"], new(), at=later)
        async with unchanged(home.county, FilesOpen):
            await start(home, at=later)
        await work(home)
        await start(home, at=later)

    async def test_the_same_file_sent_to_two_addresses_at_once(self, home: Estate) -> None:
        unit, account = await owing(home)
        channel = new()
        both = [await start(home, channel) for _ in range(2)]
        said = [
            Said(n, external_id=f"u{n}", amount=100, paid_at=NOW, reference=unit.number)
            for n in range(1, 6)
        ]
        await asyncio.gather(*(receive(home, one.id, said) for one in both))
        await asyncio.gather(*(work(home) for _ in range(2)))
        states = sorted(one.state for one in await lines(home, channel))
        assert states == ["recorded"] * 5 + ["repeated"] * 5
        assert await home.balance(account_id=account.id) == 19_500

    async def test_no_more_lines_than_a_file_may_have(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await owing(home)
        monkeypatch.setattr(payment_files, "MOST_LINES", 2)
        said, channel = [f"s{n},1.00,{PAID},x" for n in range(3)], new()
        async with unchanged(home.county, TooManyLines):
            await give(home, said, channel)
        assert (await give(home, said[1:], channel)).total == 2

    async def test_a_file_of_more_ids_than_a_statement_has_values(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        await owing(home)
        begun = await start(home)
        said = [Said(n, external_id=f"n{n}", amount=1, paid_at=NOW) for n in range(33_000)]
        row = await receive(home, begun.id, said)
        assert (row.state, row.total) == ("working", 33_000)


class TestLines:
    async def test_what_was_said_stays_said(self, home: Estate) -> None:
        unit, _ = await owing(home)
        channel = new()
        await give(home, [f"o1,1.00,{PAID},{unit.number}", f"o2,1.00,{PAID},x"], channel)
        await work(home)
        recorded, unmatched = await lines(home, channel)
        for line, change in (
            (unmatched, "amount = 2"), (unmatched, "external_id = 'o3'"),
            (recorded, "state = 'unmatched', payment_id = null"), (recorded, "payment_id = null"),
        ):  # fmt: skip
            changed = text(f"update payment_line set {change} where id = :id")
            async with unchanged(home.county, DBAPIError), home.county.session() as session:
                await (await session.connection()).execute(changed, {"id": line.id})

    async def test_a_turn_that_breaks_off_leaves_nothing_and_is_done_again(
        self, home: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recording, "LINES", 2)
        unit, account = await owing(home)
        channel, enter, entered = new(), payments.enter, 0
        await give(home, [f"q{n},1.00,{PAID},{unit.number}" for n in range(5)], channel)

        async def breaks(*of: Any, **more: Any) -> Any:
            nonlocal entered
            entered += 1
            made = await enter(*of, **more)
            if entered == 4:
                raise ConnectionError
            return made

        with monkeypatch.context() as broken:
            broken.setattr(payments, "enter", breaks)
            with pytest.raises(ConnectionError):
                await work(home)
        assert [one.state for one in await lines(home, channel)] == [
            *["recorded"] * 2, *["waiting"] * 3
        ]  # fmt: skip
        assert await home.balance(account_id=account.id) == 19_800
        await work(home)
        assert {one.state for one in await lines(home, channel)} == {"recorded"}
        assert await home.balance(account_id=account.id) == 19_500

    async def test_money_has_the_day_on_which_it_came_or_went(self, home: Estate) -> None:
        unit, account = await owing(home)
        channel = new()
        await give(home, [
            f"r1,30.00,2026-05-01 09:00:00,{unit.number}",
            "r2,10.00,2026-05-20 00:30:00,,退款,r1",
            # Said to have gone before it came: it can't have been missing before that.
            "r3,1.00,2026-04-20 09:00:00,,退款,r1",
        ], channel)  # fmt: skip
        await work(home)
        payment, late, early = await lines(home, channel)
        entries = await home.entries(payment_id=payment.payment_id, kind="refund")
        assert {(one.amount, one.day) for one in entries} == {
            (1_000, date(2026, 5, 20)), (100, date(2026, 5, 1))
        }  # fmt: skip
        assert (late.paid_at, early.state) == (moment_of("2026-05-20 00:30:00"), "recorded")
        assert {one.at.date() for one in entries} == {clock.now().date()}
        assert await home.balance(account_id=account.id) == 20_000 - 3_000 + 1_100


async def test_many_lines_in_turns(home: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "LINES", 3)
    unit, account = await owing(home)
    channel = new()
    await give(home, [f"h{n},0.01,{PAID},{unit.number}" for n in range(7)], channel)
    await work(home)
    async with home.county.session(read_only=True) as session:
        row = (await session.exec(
            select(PaymentFile).where(col(PaymentFile.channel) == channel)
        )).one()  # fmt: skip
        paid = select(LedgerEntry.amount).where(
            col(LedgerEntry.account_id) == account.id, col(LedgerEntry.kind) == "payment"
        )
        assert sum((await session.exec(paid)).all()) == -7
    assert (row.state, row.total, row.done) == ("done", 7, 7)
    assert row.finished_at == NOW
    assert NOW - row.made_at < timedelta(1)
