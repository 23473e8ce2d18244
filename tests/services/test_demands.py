"""Recovery: rung by rung after its time, of what is overdue alone; limitation, and who reads it."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.database import Database
from policies import Actor, Denied
from services import clock, demands, fee_notices, instalment_plans, people
from services.demands import (
    BillNotOverdue,
    NothingOverdue,
    NothingToConclude,
    OwnDebt,
    ProofElsewhere,
    RungMissing,
    RungOpen,
    RungTooEarly,
)
from services.demands.tables import (
    Demand,
    DemandedBill,
    DemandOutcome,
    Rung,
)
from services.errors import BadInput, NotFound, NotYet, StaleVersion
from services.fee_notices import FeeNotice
from services.ledger import FeeAccount
from services.packs import PackRefused
from services.tables import metadata
from tests.county import County, adopt
from tests.estate import Estate, noon
from tests.schema.test_oracle import compiled
from tests.services.ladder import DUE, VERBS, WAITS, climbed, days_after, owing
from tests.services.unchanged import unchanged


@pytest.fixture(scope="module")
async def home(database: Database) -> Estate:
    """An estate with a standard of 200 yuan a month for each of its units."""
    made = await Estate.of(await County.new(database))
    await made.adopt()
    return made


class TestLadder:
    def test_there_are_these_rungs_and_none_that_cuts_anything_off(self) -> None:
        assert [rung.value for rung in Rung] == ["reminder", "demand", "mediation", "litigation"]
        words = ("cut", "shut", "suspend", "water", "power", "heat", "gas", "access", "lock")
        names = {column.name for column in metadata.tables["demand"].c}
        assert not [name for name in names for word in words if word in name]

    async def test_in_their_order_each_after_its_time(self, home: Estate) -> None:
        _, account, [bill] = await owing(home)
        said: dict[str, dict[str, Any]] = {verb: {} for verb in VERBS}
        said["deliver"], day = {"proof": await home.proof()}, 0
        for number, verb in enumerate(VERBS):
            day += WAITS[number]
            with clock.at(days_after(day - 1)):
                async with unchanged(home.county, RungTooEarly):
                    await home.demand(verb, account, **said[verb])
            with clock.at(days_after(day)):
                for above in VERBS[number + 1 :]:
                    async with unchanged(home.county, RungMissing):
                        await home.demand(above, account, **said[above])
                row = await home.demand(verb, account, **said[verb])
                assert (row.rung, row.amount) == (list(Rung)[number].value, 20_000)
                # The same once more has its time as well, or waits for what comes of it.
                async with unchanged(home.county, RungOpen if number > 1 else RungTooEarly):
                    await home.demand(verb, account, **said[verb])
        async with home.county.session(read_only=True) as session:
            asked = select(col(DemandedBill.bill_id)).where(col(DemandedBill.demand_id) == row.id)
            assert (await session.exec(asked)).scalars().all() == [bill.id]  # type: ignore[call-overload]

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    async def test_whatever_is_tried_no_rung_comes_before_the_one_below(
        self, home: Estate, data: Any
    ) -> None:
        _, account, _ = await owing(home)
        said: dict[int, Any] = {1: {"proof": await home.proof()}}
        day, first, last = 0, dict[int, int](), dict[int, int]()
        for _ in range(data.draw(st.integers(1, 6))):
            day += data.draw(st.sampled_from((0, 6, 7, 15, 30, 40)))
            rung = data.draw(st.sampled_from(range(4)))
            below = 0 if rung == 0 else first.get(rung - 1, 10**6)
            may = day >= max(below, last.get(rung, 0)) + WAITS[rung]
            may = may and not (rung > 1 and rung in first)
            with clock.at(days_after(day)):
                try:
                    await home.demand(VERBS[rung], account, **said.get(rung, {}))
                except (RungMissing, RungTooEarly, RungOpen, NothingOverdue):
                    assert not may
                else:
                    assert may
                    first.setdefault(rung, day)
                    last[rung] = day

    async def test_nothing_of_what_is_not_overdue(self, home: Estate) -> None:
        owner, account, [first, second] = await owing(home, months=2)
        _, other, [of_another] = await owing(home)
        with clock.at(days_after(7)):
            for wrong, refusal in (
                (second.id, BillNotOverdue), (of_another.id, BadInput), (UUID(int=7), NotFound),
            ):  # fmt: skip
                async with unchanged(home.county, refusal):
                    await home.demand("remind", account, bills=[wrong])
            async with unchanged(home.county, BadInput):
                await home.demand("remind", account, bills=[])
            dispute = await home.dispute(first, owner)
            for bills, why in ((None, NothingOverdue), ([first.id], BillNotOverdue)):
                async with unchanged(home.county, why):
                    await home.demand("remind", account, bills=bills)
            await home.settle("overturn", dispute)
            plan = await home.propose(
                owner, account, bills=[first.id], due_on=[date(2026, 4, 1)], amounts=[20_000]
            )
            await home.agree(home.manager, plan)
            async with unchanged(home.county, NothingOverdue):
                await home.demand("remind", account)
            await home.pay(other, 20_000)
            async with unchanged(home.county, NothingOverdue):
                await home.demand("remind", other)
        await home.ring(instalment_plans.look, noon(2026, 4, 2))
        with clock.at(noon(2026, 4, 5)):
            async with unchanged(home.county, RungTooEarly):
                await home.demand("remind", account, bills=[first.id, second.id])
            # Of the two that are overdue the one is reminded of whose time has come.
            assert (await home.demand("remind", account)).amount == 20_000

    async def test_by_the_firm_alone_and_of_its_own_accounts(
        self, home: Estate, database: Database
    ) -> None:
        owner, account, _ = await owing(home)
        stranger = await home.county.actor("firm_manager", await home.county.unit("firm", "别家"))
        elsewhere = await County.new(database)
        foreign = await elsewhere.actor("firm_staff", await elsewhere.unit("firm", "外县"))
        with clock.at(days_after(7)):
            for by in (stranger, owner, home.member, home.community, home.officer):
                async with unchanged(home.county, Denied):
                    await home.demand("remind", account, by)
            for verb in ("mediate", "litigate"):
                async with unchanged(home.county, Denied):
                    await home.demand(verb, account, home.clerk)
            with pytest.raises(NotFound):
                async with elsewhere.session() as session:
                    await demands.remind(session, foreign, account=account.id)

    async def test_of_two_at_once_one_is_too_early(self, home: Estate) -> None:
        _, account, _ = await owing(home)
        with clock.at(days_after(7)):
            both = await asyncio.gather(
                *(home.demand("remind", account) for _ in range(2)), return_exceptions=True
            )
        assert sorted(type(one).__name__ for one in both) == ["Demand", "RungTooEarly"]

    async def test_the_time_is_that_of_the_edition_it_began_under(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await home.adopt()
        _, account, _ = await owing(home)
        await climbed(home, account, 1)
        said = {"fees": {"demand_days": 90}}
        with pytest.raises(PackRefused, match=r"fees\.sources\.demand_days"):
            async with home.county.session() as session:
                await adopt(session, home.county, said)
        async with home.county.session() as session:
            said["fees"]["sources"] = {"demand_days": "县里另有规定"}  # type: ignore[assignment]
            await adopt(session, home.county, said)
        with clock.at(days_after(22)):
            await home.demand("deliver", account)


class TestDeliver:
    async def test_with_the_uploaders_own_proof_that_no_neighbour_opens(self, home: Estate) -> None:
        _, account, _ = await owing(home)
        await climbed(home, account, 1)
        with clock.at(days_after(30)):
            proofs = await home.proof(unit=home.tree.estate.id), await home.proof(home.manager)
            for proof, refusal in (
                (proofs[0], ProofElsewhere), (proofs[1], NotFound), (UUID(int=7), NotFound)
            ):  # fmt: skip
                async with unchanged(home.county, refusal):
                    await home.demand("deliver", account, proof=proof)
            for day, why in ((31, NotYet), (21, RungTooEarly)):
                proof = await home.proof()
                async with unchanged(home.county, why):
                    on = days_after(day).date()
                    await home.demand("deliver", account, proof=proof, delivered_on=on)
            row = await home.demand("deliver", account, delivered_on=days_after(22).date())
        assert (row.day, row.method) == (days_after(22).date(), "courier")


class TestConclude:
    async def test_by_who_mediated_once_and_not_of_a_debt_of_ones_own(self, home: Estate) -> None:
        owner, account, _ = await owing(home)
        assert owner.person_id is not None
        await home.county.appoint(
            await self.person(home, owner), "community_secretary", home.tree.communities[0]
        )
        owner = await home.county.reload(owner.person_id)
        row = await climbed(home, account, 3)
        elsewhere = await home.county.actor("community_secretary", home.tree.communities[1])
        with clock.at(days_after(60)):
            for by, refusal in (
                (home.manager, Denied), (elsewhere, Denied), (home.member, Denied),
                (owner, OwnDebt),
            ):  # fmt: skip
                async with unchanged(home.county, refusal):
                    await home.conclude(row, by, DemandOutcome.failed)
            for said, wrong in (
                ({"outcome": DemandOutcome.won}, BadInput),
                ({"outcome": DemandOutcome.agreed, "ended_on": DUE}, BadInput),
                ({"outcome": DemandOutcome.agreed, "ended_on": days_after(61).date()}, NotYet),
                ({"outcome": DemandOutcome.agreed, "expected_version": 7}, StaleVersion),
            ):
                async with unchanged(home.county, wrong):
                    await home.conclude(row, home.community, **said)
            await home.conclude(row, home.community, DemandOutcome.failed)
            async with unchanged(home.county, NothingToConclude):
                await home.conclude(row, home.community, DemandOutcome.agreed)
        with clock.at(days_after(90)):
            case = await home.demand("litigate", account)
            async with unchanged(home.county, Denied):
                await home.conclude(case, home.community, DemandOutcome.won)
            await home.conclude(case, home.manager, DemandOutcome.won)
        reminder = await self.first(home, account)
        async with unchanged(home.county, NothingToConclude):
            await home.conclude(reminder, home.manager, DemandOutcome.won)

    async def person(self, home: Estate, owner: Actor) -> Any:
        async with home.county.session() as session:
            return await people.find(session, home.county.administrator, owner.person_id)  # type: ignore[arg-type]

    async def first(self, home: Estate, account: FeeAccount) -> Demand:
        async with home.county.session(read_only=True) as session:
            asked = select(Demand).where(
                col(Demand.account_id) == account.id, col(Demand.rung) == Rung.reminder
            )
            row: Demand = (await session.exec(asked)).scalars().one()  # type: ignore[call-overload]
            return row


class TestTold:
    async def test_whoever_owes_is_told_by_every_way_and_reads_it_alone(
        self, home: Estate, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[UUID] = []

        class Letter:
            async def tell(
                self, session: AsyncSession, by: Actor, *, person: UUID, demand: UUID
            ) -> None:
                told.append(person)

        owner, account, _ = await owing(home)
        neighbour, *_ = await owing(home)
        monkeypatch.setattr(fee_notices, "WAYS", [*fee_notices.WAYS, Letter()])
        row = await climbed(home, account, 1)
        assert told == [owner.person_id]
        asked = "{ feeNotices { nodes { seenAt demand { rung amount number bills { nodes { bill"
        asked += " { balance } } } } } } }"
        [mine] = (await compiled(database, owner, asked))["feeNotices"]["nodes"]
        assert mine["demand"]["bills"]["nodes"] == [{"bill": {"balance": "20000"}}]
        for by in (neighbour, home.manager, home.community, home.member):
            assert not (await compiled(database, by, asked))["feeNotices"]["nodes"]
        async with home.county.session() as session:
            [notice] = (await session.exec(
                select(FeeNotice).where(col(FeeNotice.demand_id) == row.id)
            )).scalars().all()  # type: ignore[call-overload]  # fmt: skip
        async with unchanged(home.county, Denied), home.county.session() as session:
            await fee_notices.acknowledge(session, neighbour, notice=notice.id)
        for _ in range(2):
            async with home.county.session() as session:
                await fee_notices.acknowledge(session, owner, notice=notice.id)
        assert await home.county.events("fee_notice.acknowledged") == 1

    async def test_no_neighbour_and_nobody_in_public_reads_of_whom(
        self, home: Estate, database: Database
    ) -> None:
        owner, account, _ = await owing(home)
        row = await climbed(home, account, 2)
        later, other, _ = await owing(home)
        mediated = await climbed(home, other, 3)
        asked = "{ demands(first: 100) { nodes { id number amount } } }"

        async def seen(by: Actor) -> set[str]:
            if not by.reach("demands", "read"):
                return set()
            found = (await compiled(database, by, asked))["demands"]["nodes"]
            return {one["id"] for one in found}

        def named(one: Demand) -> str:
            return f"Demand:{one.id}"

        public = Actor(home.county.id, home.county.slug)
        head = await home.county.actor("stairwell_head", home.tree.stairwell)
        grid = await home.county.actor("grid_worker", home.tree.grids[0])
        branch = await home.county.actor("branch_secretary", home.tree.branch)
        elsewhere = await home.county.actor("community_secretary", home.tree.communities[1])
        for by in (public, head, grid, branch, home.member, home.officer, elsewhere):
            assert not await seen(by)
        assert named(row) in await seen(owner)
        assert named(row) not in await seen(later)
        assert {named(row), named(mediated)} <= await seen(home.clerk)
        of_community = await seen(home.community)
        assert named(mediated) in of_community
        assert named(row) not in of_community
