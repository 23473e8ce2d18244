"""An estate that is served by a firm (小区): its sides, its units with their owners, its fees."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID, uuid4

from sqlmodel import select

from policies import Actor
from services import (
    alarms,
    bills,
    clock,
    contracts,
    demands,
    disputes,
    fee_standards,
    files,
    instalment_plans,
    ownerships,
    payments,
    penalties,
    property_units,
)
from services.bills import Bill, BillingRun, running
from services.clock import CHINA
from services.contracts import Contract
from services.demands.tables import DeliveryMethod, Demand, Forum
from services.disputes import FeeDispute
from services.fee_standards import FeeBasis, FeeItem, FeeStandard
from services.instalment_plans import InstalmentPlan
from services.ledger import FeeAccount, LedgerEntry
from services.payments import Payment, PaymentMethod
from services.property_units import AreaSource, PropertyUnit, PropertyUse
from tests.county import County, Tree

BEGUN = date(2025, 1, 1)
YEAR = date(2026, 1, 1)
OVER = date(2028, 1, 1)


def noon(year: int, month: int, day: int) -> datetime:
    """The middle of a day."""
    return datetime(year, month, day, 12, tzinfo=CHINA)


@dataclass
class Estate:
    """A county's first estate; `manager` and `deputy` lead its firm, `clerk` works there."""

    county: County
    tree: Tree
    manager: Actor
    deputy: Actor
    clerk: Actor
    member: Actor
    community: Actor
    officer: Actor
    number: int = 0

    @classmethod
    async def of(cls, county: County, tree: Tree | None = None) -> Self:
        """With its people, and nothing else yet."""
        tree = tree or await county.tree()
        return cls(
            county, tree,
            manager=await county.actor("firm_manager", tree.firm),
            deputy=await county.actor("firm_manager", tree.firm),
            clerk=await county.actor("firm_staff", tree.firm),
            member=await county.actor("committee_member", tree.committee),
            community=await county.actor("community_secretary", tree.communities[0]),
            officer=await county.actor("housing_officer"),
        )  # fmt: skip

    async def draft(self, by: Actor | None = None, **known: Any) -> Contract:
        """A contract as the firm drafts it, unless somebody else does."""
        said: dict[str, Any] = {
            "estate": self.tree.estate.id, "firm": self.tree.firm.id, "since": BEGUN,
            "until": OVER, "fee_terms": "按建筑面积计收", "promises": ["每日保洁"],
            "ground": "业主大会决定",
        }  # fmt: skip
        async with self.county.session() as session:
            return await contracts.draft(session, by or self.manager, **(said | known))

    async def signed(self, **known: Any) -> Contract:
        """A contract that the committee has signed."""
        drafted = await self.draft(**known)
        return await self.contract("sign", self.member, drafted)

    async def contract(self, verb: str, by: Actor, row: Contract, **said: Any) -> Contract:
        """One of the other commands of a contract."""
        async with self.county.session() as session:
            done: Contract = await getattr(contracts, verb)(session, by, contract=row.id, **said)
            return done

    async def adopt(self, by: Actor | None = None, **known: Any) -> FeeStandard:
        """A standard on the committee's ground: two yuan a square metre for dwellings."""
        said: dict[str, Any] = {
            "estate": self.tree.estate.id, "item": FeeItem.property, "use": PropertyUse.dwelling,
            "basis": FeeBasis.area, "price": Decimal("2.0000"), "since": BEGUN,
        }  # fmt: skip
        if "contract" not in known:
            said |= {"firm": self.tree.firm.id, "ground": "业主大会决定"}
        async with self.county.session() as session:
            return await fee_standards.adopt(session, by or self.member, **(said | known))

    async def unit(self, *owners: UUID, area: str = "100.00", **known: Any) -> PropertyUnit:
        """A dwelling, and who owns it together, by ownerships that were verified."""
        self.number += 1
        said: dict[str, Any] = {
            "unit": self.tree.stairwell.id, "number": f"1-{self.number}",
            "use": PropertyUse.dwelling, "area": Decimal(area),
            "area_source": AreaSource.register, "since": BEGUN,
        }  # fmt: skip
        async with self.county.session() as session:
            row = await property_units.add(session, self.officer, **(said | known))
        for owner in owners:
            await self.own(row, owner, denominator=len(owners))
        return row

    async def own(self, unit: PropertyUnit, owner: UUID, **known: Any) -> ownerships.Ownership:
        """Somebody owns it: recorded by one, verified by another."""
        said: dict[str, Any] = {"since": BEGUN, "ground": "不动产权证"} | known
        async with self.county.session() as session:
            row = await ownerships.record_(
                session, self.officer, property_unit=unit.id, person=owner, **said
            )
            await session.flush()
            return await ownerships.verify(session, self.community, ownership=row.id)

    async def owner(self, *units: PropertyUnit) -> Actor:
        """A new person, as an actor, who owns these."""
        person = await self.county.person()
        for unit in units:
            await self.own(unit, person.id)
        return await self.county.reload(person.id)

    async def run(self, month: date = YEAR, by: Actor | None = None, **known: Any) -> BillingRun:
        """A month's bills, asked for and made."""
        said = {"estate": self.tree.estate.id, "firm": self.tree.firm.id} | known
        async with self.county.session() as session:
            row = await bills.run(session, by or self.manager, month=month, **said)
        await self.ring(running.look)
        async with self.county.session(read_only=True) as session:
            found = select(BillingRun).where(BillingRun.id == row.id)
            return (await session.exec(found)).one()

    async def ring(self, look: alarms.Look, at: datetime | None = None) -> int:
        """The clock's look, until nothing is due; how much was done."""
        by, done = Actor(self.county.id, self.county.slug), 0
        while True:
            async with self.county.session() as session:
                more = await look(session, by, at=at or clock.now(), most=100)
            if not more:
                return done
            done += more

    async def penalise(self, at: datetime) -> None:
        """The penalties of the day before."""
        await self.ring(penalties.look, at)

    async def bills(self, unit: PropertyUnit | None = None) -> list[Bill]:
        """The estate's bills, or a unit's, by their months."""
        found = select(Bill).where(Bill.tenant_id == self.county.id).order_by("month", "id")
        if unit is not None:
            found = found.where(Bill.property_unit_id == unit.id)
        async with self.county.session(read_only=True) as session:
            return [*(await session.exec(found)).all()]

    async def entries(self, **of: Any) -> list[LedgerEntry]:
        """Entries, in their order."""
        found = select(LedgerEntry).where(LedgerEntry.tenant_id == self.county.id)
        for name, value in of.items():
            found = found.where(getattr(LedgerEntry, name) == value)
        async with self.county.session(read_only=True) as session:
            return [*(await session.exec(found.order_by("at", "id"))).all()]

    async def balance(self, **of: Any) -> int:
        """The sum of entries."""
        return sum(one.amount for one in await self.entries(**of))

    async def account(self, unit: PropertyUnit) -> FeeAccount:
        """A unit's account; it has one."""
        found = select(FeeAccount).where(FeeAccount.property_unit_id == unit.id)
        async with self.county.session(read_only=True) as session:
            return (await session.exec(found)).one()

    async def pay(
        self, account: FeeAccount, amount: int, by: Actor | None = None, **known: Any
    ) -> Payment:
        """So much cash comes in."""
        said = {"method": PaymentMethod.cash} | known
        async with self.county.session() as session:
            return await payments.record_(
                session, by or self.clerk, account=account.id, amount=amount, **said
            )

    async def payment(
        self, verb: str, row: Payment, by: Actor | None = None, **said: Any
    ) -> Payment:
        """One of the other commands of a payment."""
        if verb in ("refund", "reverse"):
            said.setdefault("reason", "试验")
        async with self.county.session() as session:
            run = getattr(payments, verb)
            done: Payment = await run(session, by or self.manager, payment=row.id, **said)
            return done

    async def dispute(self, bill: Bill, by: Actor) -> FeeDispute:
        """Its owner contests a bill."""
        async with self.county.session() as session:
            return await disputes.raise_(session, by, bill=bill.id, text="电梯停运三个月")

    async def settle(
        self, verb: str, row: FeeDispute, by: Actor | None = None, **said: Any
    ) -> FeeDispute:
        """The community decides."""
        async with self.county.session() as session:
            run, who = getattr(disputes, verb), by or self.community
            done: FeeDispute = await run(session, who, dispute=row.id, answer="已核实", **said)
            return done

    async def propose(self, by: Actor, account: FeeAccount, **said: Any) -> InstalmentPlan:
        """Somebody proposes a plan."""
        async with self.county.session() as session:
            return await instalment_plans.propose(session, by, account=account.id, **said)

    async def agree(self, by: Actor, row: InstalmentPlan, **said: Any) -> InstalmentPlan:
        """Somebody agrees to a plan."""
        async with self.county.session() as session:
            return await instalment_plans.agree(session, by, plan=row.id, **said)

    async def proof(self, by: Actor | None = None, unit: UUID | None = None) -> UUID:
        """A scan that somebody of the firm has uploaded."""
        async with self.county.session() as session:
            prepared = await files.prepare(
                session, by or self.clerk, unit=unit or self.tree.firm.id, name="回执.jpg"
            )
        digest = uuid4().hex * 2
        async with self.county.session() as session:
            content = files.Content("image/jpeg", 1024, digest, digest, 640, 480)
            await files.store(session, by or self.clerk, file=prepared.id, content=content)
        return prepared.id

    async def demand(
        self, verb: str, account: FeeAccount, by: Actor | None = None, **said: Any
    ) -> Demand:
        """A rung: remind and deliver by the clerk, the others by the manager."""
        who = by or (self.clerk if verb in ("remind", "deliver") else self.manager)
        known: dict[str, Any] = {}
        if verb == "deliver":
            known = {"method": DeliveryMethod.courier, "delivered_on": clock.today()}
            known["proof"] = said.get("proof") or await self.proof(who)
        if verb == "litigate":
            known = {"forum": Forum.court, "body": "县人民法院", "case_number": "（2026）1 号"}
            known["filed_on"] = clock.today()
        async with self.county.session() as session:
            run = getattr(demands, verb)
            done: Demand = await run(session, who, account=account.id, **(known | said))
            return done

    async def conclude(self, row: Demand, by: Actor, outcome: Any, **said: Any) -> Demand:
        """What came of a mediation or a case."""
        async with self.county.session() as session:
            return await demands.conclude(
                session, by, demand=row.id, outcome=outcome, words="双方到场", **said
            )
