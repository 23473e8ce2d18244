"""The ledger: whatever is done in whatever order, also at once, its sums are those of a model."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from infra.database import Database
from policies import Actor
from services import bills, ledger
from services.bills import Bill
from services.disputes import FeeDispute
from services.errors import Refused
from services.ledger import Desk, EntryKind, FeeAccount, Part
from services.payments import Payment
from tests.county import County
from tests.estate import Estate

FEN = 300
SUMS = """
select 'bill', bill_id, part, sum(amount) from ledger_entry
where account_id = :account and bill_id is not null group by bill_id, part
union all
select 'payment', payment_id, 'credit', -sum(amount) from ledger_entry
where account_id = :account and part = 'credit' group by payment_id
union all
select 'refunded', payment_id, '', sum(amount) from ledger_entry
where account_id = :account and kind = 'refund' group by payment_id"""


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of three yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt(price=Decimal("0.03"))
    return made


@dataclass
class Lying:
    """What of a payment lies on a part of a bill, and when that last changed."""

    fen: int = 0
    touched: int = 0


@dataclass
class Model:
    """One account in plain Python; what is refused raises the refusal's name."""

    bills: list[UUID]
    unpaid: dict[tuple[UUID, str], int]
    lying: dict[tuple[UUID, UUID, str], Lying] = field(default_factory=lambda: defaultdict(Lying))
    credit: dict[UUID, int] = field(default_factory=dict)
    amount: dict[UUID, int] = field(default_factory=dict)
    refunded: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    reversed: set[UUID] = field(default_factory=set)
    disputed: set[UUID] = field(default_factory=set)
    clock: Iterator[int] = field(default_factory=count)

    def apply(self, payment: UUID, told: Sequence[UUID] | None) -> None:
        """The oldest first, of each the penalty first; what is disputed only if it is told."""
        for bill in self.bills if told is None else dict.fromkeys(told):
            if told is None and bill in self.disputed:
                continue
            for part in ("penalty", "principal"):
                self.move(payment, bill, part, min(self.credit[payment], self.unpaid[bill, part]))

    def move(self, payment: UUID, bill: UUID, part: str, fen: int) -> None:
        """So many fen from a payment's credit to a bill, or back again."""
        if fen:
            self.credit[payment] -= fen
            self.unpaid[bill, part] -= fen
            lying = self.lying[payment, bill, part]
            lying.fen, lying.touched = lying.fen + fen, next(self.clock)

    def latest(self, **of: Any) -> list[tuple[tuple[UUID, UUID, str], int]]:
        """Where payments lie, what changed last first."""
        found = [
            (lying.touched, key, lying.fen)
            for key, lying in self.lying.items()
            if lying.fen
            and of.get("payment", key[0]) == key[0]
            and of.get("bill", key[1]) == key[1]
        ]
        return [(key, fen) for _, key, fen in sorted(found, reverse=True)]

    def pay(self, payment: UUID, amount: int, told: Sequence[UUID] | None) -> None:
        self.amount[payment] = self.credit[payment] = amount
        self.apply(payment, told)

    def refund(self, payment: UUID, amount: int) -> None:
        left = self.amount[payment] - self.refunded[payment]
        if payment in self.reversed or amount > left:
            raise KeyError("MoreThanWasPaid")
        self.refunded[payment] += amount
        taken = min(amount, self.credit[payment])
        self.credit[payment] -= taken
        amount -= taken
        for (_, bill, part), fen in self.latest(payment=payment):
            taken = min(amount, fen)
            if taken:
                self.unpaid[bill, part] += taken
                self.lying[payment, bill, part].fen -= taken
                self.lying[payment, bill, part].touched = next(self.clock)
            amount -= taken

    def reverse(self, payment: UUID) -> None:
        if payment in self.reversed:
            raise KeyError("PaymentReversed")
        if self.refunded[payment]:
            raise KeyError("PaymentRefunded")
        for (_, bill, part), fen in self.latest(payment=payment):
            self.move(payment, bill, part, -fen)
        self.credit[payment] = 0
        self.reversed.add(payment)

    def take_back(self, bill: UUID, part: str, amount: int) -> None:
        for (payment, _, of), fen in self.latest(bill=bill):
            if of == part and amount:
                self.move(payment, bill, part, -min(amount, fen))
                amount -= min(amount, fen)

    def withdraw(self, bill: UUID) -> None:
        if bill in self.reversed:
            raise KeyError("BillReversed")
        for part in ("principal", "penalty"):
            self.take_back(bill, part, 10**9)
            self.unpaid[bill, part] = 0
        self.reversed.add(bill)

    def dispute(self, bill: UUID) -> None:
        if bill in self.disputed:
            raise KeyError("DisputedAlready")
        if sum(self.unpaid[bill, part] for part in ("principal", "penalty")) <= 0:
            raise KeyError("NothingOwed")
        self.disputed.add(bill)

    def lower(self, bill: UUID, amount: int | None) -> None:
        if amount is None:
            self.withdraw(bill)
        else:
            unpaid = self.unpaid[bill, "principal"]
            paid = sum(fen for key, fen in self.latest(bill=bill) if key[2] == "principal")
            if amount > unpaid + paid:
                raise KeyError("MoreThanWasCharged")
            self.take_back(bill, "principal", max(0, amount - unpaid))
            self.unpaid[bill, "principal"] -= amount
        self.disputed.discard(bill)


@dataclass
class Both:
    """The real account and its model; each act is done to both."""

    home: Estate
    account: FeeAccount
    owner: Actor
    bills: list[Bill]
    model: Model
    payments: list[Payment] = field(default_factory=list)
    disputes: dict[UUID, FeeDispute] = field(default_factory=dict)
    days: Iterator[int] = field(default_factory=count)

    @classmethod
    async def of(cls, home: Estate) -> "Both":
        """A new unit that owes of three months."""
        person = await home.county.person()
        unit = await home.unit(person.id)
        await home.run(months=3)
        known = await home.bills(unit)
        unpaid = {(one.id, part): 0 for one in known for part in ("principal", "penalty")}
        unpaid |= {(one.id, "principal"): FEN for one in known}
        owner = await home.county.reload(person.id)
        model = Model([one.id for one in known], unpaid)
        return cls(home, await home.account(unit), owner, known, model)

    async def act(self, verb: str, which: int, fen: int) -> None:
        """One act: both do it, or both refuse it for the same reason."""
        bill = self.bills[which % len(self.bills)]
        payment = self.payments[which % len(self.payments)] if self.payments else None
        said, refused = "", ""
        try:
            done = await getattr(self, f"_{verb}")(bill, payment, fen)
        except Refused as real:
            refused, done = type(real).__name__, None
        try:
            self._modelled(verb, bill, payment, fen, done)
        except KeyError as modelled:
            said = str(modelled.args[0])
        assert refused == said, (verb, fen)

    def _modelled(
        self, verb: str, bill: Bill, payment: Payment | None, fen: int, done: Any
    ) -> None:
        of = payment.id if payment else UUID(int=0)
        told = [bill.id] if fen % 3 == 0 else None
        acts: dict[str, Callable[[], None]] = {
            "pay": lambda: self.model.pay(done.id, fen, told),
            "allocate": lambda: self.model.apply(of, told),
            "refund": lambda: self.model.refund(of, fen),
            "reverse": lambda: self.model.reverse(of),
            "withdraw": lambda: self.model.withdraw(bill.id),
            "dispute": lambda: self.model.dispute(bill.id),
            "lower": lambda: self.model.lower(bill.id, fen if fen % 2 else None),
            "overturn": lambda: self.model.disputed.discard(bill.id),
            "penalise": lambda: self._more(bill.id, fen),
        }
        is_there = {"allocate": payment, "refund": payment, "reverse": payment}.get(verb, bill)
        is_open = verb not in ("lower", "overturn") or bill.id in self.model.disputed
        if is_there is not None and is_open:
            acts[verb]()
        if verb in ("pay", "dispute") and done is not None:
            self._keep(bill, done)

    def _keep(self, bill: Bill, done: Payment | FeeDispute) -> None:
        if isinstance(done, Payment):
            self.payments.append(done)
        else:
            self.disputes[bill.id] = done

    def _more(self, bill: UUID, fen: int) -> None:
        self.model.unpaid[bill, "penalty"] += 0 if bill in self.model.reversed else fen

    async def _pay(self, bill: Bill, _: Any, fen: int) -> Payment:
        told = [bill.id] if fen % 3 == 0 else None
        return await self.home.pay(self.account, fen, bills=told)

    async def _allocate(self, bill: Bill, payment: Payment | None, fen: int) -> None:
        if payment:
            told = [bill.id] if fen % 3 == 0 else None
            await self.home.payment("allocate", payment, bills=told)

    async def _refund(self, _: Any, payment: Payment | None, fen: int) -> None:
        if payment:
            await self.home.payment("refund", payment, amount=fen)

    async def _reverse(self, _: Any, payment: Payment | None, fen: int) -> None:
        if payment:
            await self.home.payment("reverse", payment)

    async def _withdraw(self, bill: Bill, _: Any, fen: int) -> None:
        async with self.home.county.session() as session:
            await bills.reverse(session, self.home.deputy, bill=bill.id, reason="试验")

    async def _dispute(self, bill: Bill, _: Any, fen: int) -> FeeDispute:
        return await self.home.dispute(bill, self.owner)

    async def _lower(self, bill: Bill, _: Any, fen: int) -> None:
        if bill.id in self.model.disputed:
            amount = fen if fen % 2 else None
            await self.home.settle("uphold", self.disputes[bill.id], amount=amount)

    async def _overturn(self, bill: Bill, _: Any, fen: int) -> None:
        if bill.id in self.model.disputed:
            await self.home.settle("overturn", self.disputes[bill.id])

    async def _penalise(self, bill: Bill, _: Any, fen: int) -> None:
        """As the clock writes one; of what was taken back it writes none."""
        if bill.id in self.model.reversed:
            return
        async with self.home.county.session() as session:
            by = Actor(self.home.county.id, self.home.county.slug)
            account = await ledger.lock(session, by, self.account.id)
            day = date(2026, 5, 1) + timedelta(days=next(self.days))
            desk = Desk(session, by, None, account)
            desk.post(EntryKind.penalty, Part.penalty, fen, day=day, bill_id=bill.id)

    async def check(self) -> None:
        """Every sum is the model's, nothing is below nought, and all together is the account's."""
        async with self.home.county.session(read_only=True) as session:
            asked = text(SUMS).bindparams(account=self.account.id)
            rows = (await session.exec(asked)).all()  # type: ignore[call-overload]
        found = {(kind, id_, part): int(fen) for kind, id_, part, fen in rows if fen}
        wanted = {("bill", *key): fen for key, fen in self.model.unpaid.items() if fen}
        wanted |= {("payment", id_, "credit"): n for id_, n in self.model.credit.items() if n}
        wanted |= {("refunded", id_, ""): n for id_, n in self.model.refunded.items() if n}
        assert found == wanted
        assert min(wanted.values(), default=0) >= 0
        owed = sum(self.model.unpaid.values()) - sum(self.model.credit.values())
        assert await self.home.balance(account_id=self.account.id) == owed


VERBS = (
    "pay", "pay", "allocate", "refund", "reverse", "withdraw", "dispute", "lower", "overturn",
    "penalise",
)  # fmt: skip
ACTS = st.tuples(st.sampled_from(VERBS), st.integers(0, 5), st.integers(1, 2 * FEN))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTS, min_size=4, max_size=14))
async def test_after_any_sequence_the_sums_are_those_of_the_model(
    home: Estate, acts: list[tuple[str, int, int]]
) -> None:
    both = await Both.of(home)
    for verb, which, fen in acts:
        await both.act(verb, which, fen)
        await both.check()


async def test_whatever_is_done_at_once_the_sums_hold(home: Estate) -> None:
    chance = Random(5)  # noqa: S311
    known = [await Both.of(home) for _ in range(3)]
    paid = [(one, await home.pay(one.account, 500)) for one in known for _ in range(3)]

    async def act(number: int) -> str:
        one, payment = chance.choice(paid)
        verb = chance.choice(("pay", "pay", "refund", "reverse", "allocate", "withdraw"))
        try:
            if verb == "pay":
                await home.pay(one.account, chance.randrange(1, 700), external_id=str(number // 2))
            elif verb == "withdraw":
                await one._withdraw(chance.choice(one.bills), None, 0)
            else:
                said: dict[str, Any] = (
                    {"amount": chance.randrange(1, 400)} if verb == "refund" else {}
                )
                await home.payment(verb, payment, **said)
        except (Refused, IntegrityError) as refused:
            return type(refused).__name__
        return verb

    done = await asyncio.gather(*(act(number) for number in range(60)))
    assert {"pay", "refund", "reverse", "allocate", "withdraw"} <= {*done}
    assert len({*done}) > 5
    async with home.county.session(read_only=True) as session:
        for statement, wanted in INVARIANTS.items():
            found = (await session.exec(text(statement))).scalar_one()  # type: ignore[call-overload]
            assert found == wanted, (statement, done)


INVARIANTS = {
    # Of no part of a bill less than nothing is unpaid.
    """select count(*) from (select from ledger_entry where bill_id is not null
    group by bill_id, part having sum(amount) < 0) x""": 0,
    # Of no payment more is left over than came in, nor less than nothing.
    """select count(*) from (select from ledger_entry e join payment p on p.id = e.payment_id
    where e.part = 'credit' group by p.id, p.amount
    having sum(e.amount) > 0 or -sum(e.amount) > p.amount) x""": 0,
    # On no bill lies less than nothing of a payment.
    """select count(*) from (select from ledger_entry
    where payment_id is not null and bill_id is not null
    group by payment_id, bill_id, part having sum(amount) > 0) x""": 0,
    # What came in is left over, lies on bills, was refunded or was reversed.
    """select count(*) from payment p join lateral (
      select sum(amount) filter (where kind in ('refund', 'reversal')) as gone,
        sum(amount) as all from ledger_entry e where e.payment_id = p.id) s on true
    where -s.all <> p.amount - coalesce(s.gone, 0)
      or coalesce(s.gone, 0) not between 0 and p.amount""": 0,
    # The sum over the owners is that over the estate, and over its bills and its credits.
    """select (select sum(balance) from (select account_id, sum(amount) as balance
      from ledger_entry group by account_id) a)
    - (select sum(amount) from ledger_entry)""": 0,
    """select (select sum(amount) from ledger_entry)
    - (select coalesce(sum(amount), 0) from ledger_entry where bill_id is not null)
    - (select coalesce(sum(amount), 0) from ledger_entry where bill_id is null)""": 0,
    # A payment from outside counts once.
    """select count(*) from (select from payment where external_id is not null
    group by channel, external_id having count(*) > 1) x""": 0,
}
