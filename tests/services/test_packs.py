"""Packs: proposed by one, approved by another, activated now or at its moment, and taken back."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from policies import Actor, Denied
from services import authority, clock, packs
from services.errors import NotFound, Refused
from services.packs import PackProposal, PackRefused
from services.packs.proposing import activate_due
from services.packs.tables import (
    ActivatesBack,
    ProposalNot,
)
from services.standing import Standing, holds
from services.units import LEVELS, UnitKind, UnitRules
from tests.county import County
from tests.county import adopt as adopt_in
from tests.services.proposals import (
    LABELS,
    TAKEN,
    active,
    adopt,
    approved,
    done,
    editions,
    problems,
    propose,
    rules,
    state,
)
from tests.services.unchanged import unchanged


class TestActivate:
    async def test_the_next_edition_takes_the_place_of_the_last(self, county: County) -> None:
        pack = await adopt(county, LABELS)
        assert pack.edition == 2
        assert await editions(county) == [(1, False), (2, True)]
        assert (await rules(county)).labels[UnitKind.grid].zh == "片区"
        for name in ("pack.proposed", "pack.approved", "pack.activated", "pack.superseded"):
            assert await county.events(name) == 1

    async def test_what_was_read_before_is_not_taken_for_what_holds_since(
        self, county: County
    ) -> None:
        """A process keeps a section under the county's number, and an activation raises that."""
        for labels, wanted in ((LABELS, "片区"), ({}, "网格")):
            async with county.session() as session:
                known = await authority.load(
                    session, county.id, person_id=county.administrator.person_id, client_id=None
                )
                assert await holds(session, known)
                by = county.administrator
                await packs.read(session, by, "units", UnitRules)
                await adopt_in(session, county, labels)
                within = await packs.read(session, by, "units", UnitRules)
                assert within.labels[UnitKind.grid].zh == wanted
            assert (await rules(county)).labels[UnitKind.grid].zh == wanted

    async def test_what_it_leaves_out_is_the_products_default(self, county: County) -> None:
        await adopt(county, LABELS)
        assert (await rules(county)).levels == LEVELS

    async def test_a_level_that_it_does_not_say_stays_and_one_that_is_null_goes(
        self, county: County
    ) -> None:
        await adopt(county, {"units": {"levels": {"estate": ["grid"], "co_building_unit": None}}})
        expected = {**LEVELS, UnitKind.estate: (UnitKind.grid,), UnitKind.co_building_unit: None}
        assert (await rules(county)).levels == expected

    async def test_everybodys_authority_is_read_anew(self, county: County) -> None:
        mine = select(Standing.number).where(Standing.subject_id == county.id)
        async with county.session(read_only=True) as session:
            before = (await session.exec(mine)).one()
        await adopt(county, LABELS)
        async with county.session(read_only=True) as session:
            assert (await session.exec(mine)).one() == before + 1

    async def test_only_what_was_approved(self, county: County) -> None:
        row = await propose(county)
        async with unchanged(county, ProposalNot):
            await done(county, "activate", proposal=row.id)

    async def test_once(self, county: County) -> None:
        row = await approved(county)
        outcomes = await asyncio.gather(
            *(done(county, "activate", proposal=row.id) for _ in range(3)), return_exceptions=True
        )
        assert sum(isinstance(one, ProposalNot) for one in outcomes) == 2
        assert await editions(county) == [(1, False), (2, True)]

    async def test_of_two_at_once_one_lapses(self, county: County) -> None:
        rows = [await approved(county), await approved(county, {"councils": {"meet_by": 20}})]
        outcomes = await asyncio.gather(
            *(done(county, "activate", proposal=row.id) for row in rows), return_exceptions=True
        )
        assert [isinstance(one, ProposalNot) for one in outcomes].count(True) == 1
        assert sorted([await state(county, row.id) for row in rows]) == ["activated", "lapsed"]

    async def test_what_the_county_has_become_meanwhile_refuses_it(self, county: County) -> None:
        row = await approved(county, {"units": {"levels": {"co_building_unit": None}}})
        await county.unit("co_building_unit", "共建学校")
        async with unchanged(county, PackRefused) as refused:
            await done(county, "activate", proposal=row.id)
        assert "units.levels.co_building_unit: 1 open below county" in problems(refused).en
        assert await state(county, row.id) == "approved"

    async def test_another_county_keeps_its_own(self, county: County, other: County) -> None:
        await adopt(county, LABELS)
        assert await editions(other) == [(1, True)]
        assert (await rules(other)).labels[UnitKind.grid].zh == "网格"

    @pytest.mark.parametrize("verb", ["approve", "activate", "refuse", "withdraw"])
    async def test_another_countys_proposal_is_none(
        self, county: County, other: County, verb: str
    ) -> None:
        row = await propose(other)
        given = {"reason": "试试"} if verb in ("refuse", "withdraw") else {}
        async with unchanged(other, NotFound):
            await done(county, verb, proposal=row.id, **given)
        assert await state(other, row.id) == "proposed"


class TestSchedule:
    async def test_it_is_activated_when_its_moment_has_come(self, county: County) -> None:
        row = await approved(county)
        at = clock.now() + timedelta(days=3)
        assert (await done(county, "activate", proposal=row.id, at=at)).state == "scheduled"
        assert await self.ring(county, at - timedelta(seconds=1)) == 0
        assert await editions(county) == [(1, True)]
        assert await self.ring(county, at) == 1
        assert await self.ring(county, at) == 0
        assert await state(county, row.id) == "activated"
        assert await editions(county) == [(1, False), (2, True)]

    async def test_two_clocks_activate_it_once(self, county: County) -> None:
        row = await approved(county)
        at = clock.now() + timedelta(days=3)
        await done(county, "activate", proposal=row.id, at=at)
        rung = await asyncio.gather(self.ring(county, at), self.ring(county, at))
        assert sorted(rung) == [0, 1]
        assert await editions(county) == [(1, False), (2, True)]

    async def test_what_fits_no_longer_lapses_and_says_why(self, county: County) -> None:
        row = await approved(county, {"units": {"levels": {"co_building_unit": None}}})
        at = clock.now() + timedelta(days=3)
        await done(county, "activate", proposal=row.id, at=at)
        await county.unit("co_building_unit", "共建学校")
        assert await self.ring(county, at) == 1
        assert await editions(county) == [(1, True)]
        async with county.session(read_only=True) as session:
            found = (await session.exec(select(PackProposal))).one()
        assert found.state == "lapsed"
        assert "co_building_unit" in (found.ended_why or "")

    async def test_it_may_be_withdrawn_until_then(self, county: County) -> None:
        row = await approved(county)
        at = clock.now() + timedelta(days=3)
        await done(county, "activate", proposal=row.id, at=at)
        await done(county, "withdraw", proposal=row.id, reason="再等等")
        assert await self.ring(county, at) == 0
        assert await editions(county) == [(1, True)]

    async def test_no_moment_that_has_passed(self, county: County) -> None:
        row = await approved(county)
        async with unchanged(county, ActivatesBack):
            await done(county, "activate", proposal=row.id, at=clock.now())

    async def ring(self, county: County, at: Any) -> int:
        async with county.session() as session:
            by = Actor(county.id, county.slug)
            return await activate_due(session, by, at=at, most=100)


class TestCheck:
    async def test_it_says_every_problem_and_writes_nothing(self, county: County) -> None:
        before = await county.events()
        found = await done(county, "check", "auditor", document={"councils": {"quorum": 9}, "x": 1})
        assert not found.is_valid
        assert [one.path for one in found.problems] == ["x", "councils.quorum"]
        assert (await done(county, "check", document=LABELS)).is_valid
        assert await county.events() == before

    async def test_who_may_not_is_refused(self, county: County) -> None:
        with pytest.raises(Denied):
            await done(county, "check", "working_officer", document={})


class TestCompare:
    async def test_each_path_is_told_in_words(self, county: County) -> None:
        changes = {
            "matters": {"days": {"inquiring": 5}, "labels": {"raised": {"zh": "来事"}}},
            "councils": {"signers": ["branch", "firm"]},
        }
        found = await done(county, "compare", changes=changes)
        told = {one.path: (one.said.zh, one.said.en) for one in found.changes}
        assert told["matters.days.inquiring"] == (
            "事项 · 办理期限（工作日） · 党员问事：3 → 5",
            "Matters · Deadlines in working days · inquiring: 3 → 5",
        )
        assert told["councils.signers"][0] == "圆桌议事会 · 由哪几方签署：去掉 业主委员会"
        assert set(told) == {"matters.days.inquiring", "matters.labels.raised.zh",
                             "councils.signers"}  # fmt: skip
        assert not found.needs_security

    async def test_what_it_touches_is_counted(self, county: County) -> None:
        await county.tree()
        found = await done(county, "compare", changes=LABELS)
        assert [(one.what.zh, one.number, one.keeps) for one in found.touches] == [
            ("片区", 2, False)
        ]

    async def test_whose_grants_change_is_counted(self, county: County) -> None:
        tree = await county.tree()
        for _ in range(3):
            await county.appoint(await county.person(), "grid_worker", tree.grids[0])
        found = await done(county, "compare", changes=TAKEN)
        assert found.needs_security
        assert [(one.what.en, one.number) for one in found.touches] == [
            ("people who hold: Grid worker", 3)
        ]

    async def test_a_proposal_is_compared_with_what_it_is_to_replace(self, county: County) -> None:
        row = await propose(county)
        before = await active(county)
        await adopt(county, {"councils": {"meet_by": 20}})
        found = await done(county, "compare", "auditor", proposal=row.id)
        assert found.base_id == before.id
        assert [one.path for one in found.changes] == [
            "units.labels.grid.en", "units.labels.grid.zh",
        ] or {one.path for one in found.changes} == {
            "units.labels.grid.zh", "units.labels.grid.en",
        }  # fmt: skip

    async def test_another_countys_is_none(self, county: County, other: County) -> None:
        row, pack = await propose(other), await active(other)
        named: list[dict[str, Any]] = [{"proposal": row.id}, {"pack": pack.id}]
        for given in named:
            with pytest.raises(Refused) as refused:
                await done(county, "compare", **given)
            assert isinstance(refused.value, NotFound)
