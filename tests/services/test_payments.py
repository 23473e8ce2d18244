"""Payments: to which bills they go, once, back no further than they came, reversed by another."""

import asyncio
from datetime import date
from itertools import accumulate
from operator import and_
from typing import Any

import pytest
from asyncpg import IntegrityConstraintViolationError
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from infra.database import Database
from policies import Denied
from services import clock, people
from services.errors import BadInput, NotFound
from services.ledger import FeeAccount, Part, StillOwes
from services.payments import (
    MoreThanWasPaid,
    Owed,
    OwnPayment,
    PaymentKnown,
    PaymentRefunded,
    PaymentReversed,
    spread,
)
from services.property_units import PropertyUnit
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


async def owing(home: Estate, *owners: Any) -> tuple[PropertyUnit, FeeAccount]:
    """A unit that owes of January, February and March 20,000 fen each."""
    unit = await home.unit(*owners)
    await home.run(months=3)
    return unit, await home.account(unit)


async def unpaid(home: Estate, unit: PropertyUnit) -> list[int]:
    """What is unpaid of each bill."""
    return [await home.balance(bill_id=one.id) for one in await home.bills(unit)]


class TestRecord:
    async def test_it_goes_to_what_is_due_first_and_what_is_left_over_is_credit(
        self, home: Estate
    ) -> None:
        with clock.at(NOW):
            unit, account = await owing(home)
            payment = await home.pay(account, 25_000)
            assert await unpaid(home, unit) == [0, 15_000, 20_000]
            await home.pay(account, 40_000)
            assert await unpaid(home, unit) == [0, 0, 0]
            assert await home.balance(account_id=account.id) == -5_000
            assert await home.balance(payment_id=payment.id, part="credit") == 0
            # Of what is charged next it is taken off at once.
            await home.run(date(2026, 4, 1))
            assert await unpaid(home, unit) == [0, 0, 0, 15_000]
            assert await home.balance(account_id=account.id) == 15_000

    async def test_or_as_told_in_turn(self, home: Estate) -> None:
        with clock.at(NOW):
            unit, account = await owing(home)
            _, second, third = (one.id for one in await home.bills(unit))
            payment = await home.pay(account, 50_000, bills=[third, second, third])
            assert await unpaid(home, unit) == [20_000, 0, 0]
            await home.payment("allocate", payment, home.clerk)
            assert await unpaid(home, unit) == [10_000, 0, 0]
            strange, _ = await owing(home)
            [of_another, *_] = await home.bills(strange)
            for wrong, refusal in ((of_another.id, BadInput), (uuid7(), NotFound)):
                async with unchanged(home.county, refusal):
                    await home.pay(account, 100, bills=[wrong])

    async def test_from_outside_it_counts_once(self, home: Estate) -> None:
        with clock.at(NOW):
            (_, first), (_, second) = await owing(home), await owing(home)
            said: dict[str, Any] = {"channel": "bank", "external_id": "20260615-1"}
            await home.pay(first, 100, **said)
            for account in (first, second):
                async with unchanged(home.county, PaymentKnown):
                    await home.pay(account, 100, **said)
            await home.pay(first, 100, **(said | {"channel": "other"}))
            both = await asyncio.gather(
                *(home.pay(one, 100, channel="bank", external_id="2") for one in (first, second)),
                return_exceptions=True,
            )
        assert [isinstance(one, Exception) for one in both].count(True) == 1

    async def test_by_the_firms_staff_alone_and_of_what_has_come(self, home: Estate) -> None:
        person = await home.county.person()
        stranger = await home.county.actor("firm_staff", await home.county.unit("firm", "别家"))
        with clock.at(NOW):
            _, account = await owing(home, person.id)
            owner = await home.county.reload(person.id)
            for by in (stranger, owner, home.member, home.community, home.officer):
                async with unchanged(home.county, Denied):
                    await home.pay(account, 100, by)
            async with unchanged(home.county, BadInput):
                await home.pay(account, 100, received_at=noon(2026, 6, 16))


class TestRefund:
    async def test_no_more_than_was_paid_first_of_the_credit_then_of_the_last_bills(
        self, home: Estate
    ) -> None:
        with clock.at(NOW):
            unit, account = await owing(home)
            payment = await home.pay(account, 65_000)
            async with unchanged(home.county, MoreThanWasPaid):
                await home.payment("refund", payment, amount=65_001)
            async with unchanged(home.county, Denied):
                await home.payment("refund", payment, home.clerk, amount=1)
            await home.payment("refund", payment, amount=5_000)
            assert await unpaid(home, unit) == [0, 0, 0]
            await home.payment("refund", payment, amount=1_000)
            assert sum(await unpaid(home, unit)) == 1_000
            async with unchanged(home.county, MoreThanWasPaid):
                await home.payment("refund", payment, amount=59_001)
            await home.payment("refund", payment, amount=59_000)
            assert await unpaid(home, unit) == [20_000, 20_000, 20_000]
            assert await home.balance(account_id=account.id) == 60_000

    async def test_of_two_at_once_no_more_is_given_than_there_is(self, home: Estate) -> None:
        with clock.at(NOW):
            _, account = await owing(home)
            payment = await home.pay(account, 1_000)
            both = await asyncio.gather(
                *(home.payment("refund", payment, amount=600) for _ in range(2)),
                return_exceptions=True,
            )
        assert sorted(type(one).__name__ for one in both) == ["MoreThanWasPaid", "Payment"]


class TestReverse:
    async def test_by_another_as_a_whole_and_once(self, home: Estate) -> None:
        with clock.at(NOW):
            unit, account = await owing(home)
            payment = await home.pay(account, 65_000, home.manager)
            async with unchanged(home.county, OwnPayment):
                await home.payment("reverse", payment)
            await home.payment("reverse", payment, home.deputy)
            assert await unpaid(home, unit) == [20_000, 20_000, 20_000]
            assert await home.balance(payment_id=payment.id) == 0
            async with unchanged(home.county, PaymentReversed):
                await home.payment("reverse", payment, home.deputy)
            async with unchanged(home.county, MoreThanWasPaid):
                await home.payment("refund", payment, amount=1)
            refunded = await home.pay(account, 500)
            await home.payment("refund", refunded, amount=1)
            async with unchanged(home.county, PaymentRefunded):
                await home.payment("reverse", refunded)


class TestLedger:
    async def test_nothing_on_it_is_changed_or_removed(self, home: Estate) -> None:
        with clock.at(NOW):
            await owing(home)
        for change in ("update ledger_entry set amount = 1", "delete from ledger_entry"):
            with pytest.raises(DBAPIError):
                async with home.county.session() as session:
                    await session.exec(text(change))  # type: ignore[call-overload]
            # Nor by the owner of the database.
            with pytest.raises(DBAPIError, match="nothing on the ledger"):
                async with home.county.database.owner_session(home.county.id) as session:
                    await session.exec(text(change))  # type: ignore[call-overload]

    async def test_the_database_itself_holds_its_sums(self, home: Estate) -> None:
        with clock.at(NOW):
            unit, account = await owing(home)
            payment = await home.pay(account, 100)
            [bill, *_] = await home.bills(unit)
        insert = """insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id,
          bill_id, payment_id, kind, part, amount, day, at)
          select tenant_id, gen_random_uuid(), account_id, estate_id, firm_id, {}, day, at
          from ledger_entry where payment_id = '{}' and kind = 'payment'"""
        for wrong in (
            f"'{bill.id}', null, 'discount', 'principal', -19901",
            f"null, '{payment.id}', 'refund', 'credit', 1",
            f"'{bill.id}', '{payment.id}', 'refund', 'principal', 101",
        ):
            with pytest.raises(IntegrityConstraintViolationError, match=r"paid beyond|no more of"):
                await self.insert(home, insert.format(wrong, payment.id))

    async def insert(self, home: Estate, statement: str) -> None:
        async with home.county.session() as session:
            await session.exec(text(statement))  # type: ignore[call-overload]

    async def test_who_owes_is_not_erased(self, home: Estate) -> None:
        person = await home.county.person()
        with clock.at(NOW):
            unit, account = await owing(home, person.id)
        async with home.county.session() as session:
            kept = text("update ownership set until = '2026-05-01' where property_unit_id = :id")
            await session.exec(kept.bindparams(id=unit.id))  # type: ignore[call-overload]
        security = home.county.security
        async with unchanged(home.county, StillOwes), home.county.session() as session:
            await people.erase(session, security, person=person.id, ground="本人申请")
        # Money that lies beside the bills pays none of them.
        payment = await home.pay(account, 60_000, bills=[])
        async with unchanged(home.county, StillOwes) as refused, home.county.session() as session:
            await people.erase(session, security, person=person.id, ground="本人申请")
        assert refused.value.facts == {"owed": 60_000, "credit": 60_000}
        await home.payment("allocate", payment)
        async with home.county.session() as session:
            await people.erase(session, security, person=person.id, ground="本人申请")


AMOUNTS = st.integers(0, 30)


class TestSpread:
    @given(st.integers(0, 200), st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=5))
    def test_in_the_order_of_the_bills_the_penalty_before_the_principal(
        self, amount: int, drawn: list[tuple[int, int]]
    ) -> None:
        owed = [Owed(uuid7(), date(2026, 1, 1), *one) for one in drawn]
        given_ = {(bill, part): fen for bill, part, fen in spread(amount, owed)}
        parts = [
            (one.bill_id, part, most)
            for one in owed
            for part, most in ((Part.penalty, one.penalty), (Part.principal, one.principal))
        ]
        shares = [(given_.get((bill, part), 0), most) for bill, part, most in parts]
        assert sum(fen for fen, _ in shares) == min(amount, sum(most for _, most in shares))
        assert all(0 <= fen <= most for fen, most in shares)
        full = [*accumulate((fen == most for fen, most in shares), and_)]
        # Once something is left unpaid, nothing goes to what comes after it.
        assert not any(
            fen for (fen, _), before in zip(shares[1:], full, strict=False) if not before
        )
