"""Linkages: an estate's three parties, one linkage after the other, none ever rewritten."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, linkages, units
from services.errors import EndsBeforeItBegins, NotFound, NotYet, StaleVersion
from services.linkages import Linkage, LinkageEnded, LinkagesInTheWay
from services.units import Unit, UnitClosed, UnitUnfit
from tests.county import County, Tree
from tests.services.unchanged import unchanged

FIRST = date(2022, 3, 1)
SECOND = date(2023, 5, 4)


async def link(county: County, tree: Tree, *, by: Actor | None = None, **given: Any) -> Linkage:
    """Link the standard tree's estate; `given` is what else the command is told."""
    known = {"grid": tree.grids[0].id, "estate": tree.estate.id, "since": FIRST, **given}
    async with county.session() as session:
        return await linkages.link(
            session, by or county.administrator, decision="业主大会决定", **known
        )


async def replace_firm(county: County, linkage: UUID, firm: UUID, **given: Any) -> Linkage:
    async with county.session() as session:
        return await linkages.replace_firm(
            session, county.administrator, linkage=linkage, firm=firm, decision="重新选聘",
            **{"since": SECOND, **given},
        )  # fmt: skip


async def end(county: County, linkage: UUID, **given: Any) -> Linkage:
    async with county.session() as session:
        return await linkages.end(
            session, county.administrator, linkage=linkage, reason="小区划归别处", **given
        )


async def move(county: County, unit: Unit, parent: Unit) -> None:
    async with county.session() as session:
        await units.move(session, county.administrator, unit=unit.id, parent=parent.id)


async def history(county: County) -> list[Linkage]:
    mine = select(Linkage).where(Linkage.tenant_id == county.id).order_by(col(Linkage.since))
    async with county.session(read_only=True) as session:
        return list((await session.exec(mine)).all())


class TestLink:
    async def test_the_first_one_says_what_is_there(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree, branch=tree.branch.id)
        assert (row.branch_id, row.committee_id, row.firm_id) == (tree.branch.id, None, None)
        assert (row.since, row.until, row.version) == (FIRST, None, 1)
        assert row.made_as == county.administrator.posts[0].appointment_id
        assert await county.events("linkage.linked") == 1

    async def test_the_next_one_carries_over_the_parties_that_it_leaves_out(
        self, county: County
    ) -> None:
        tree = await county.tree()
        await link(county, tree, branch=tree.branch.id)
        await link(county, tree, committee=tree.committee.id, firm=tree.firm.id, since=SECOND)
        first, second = await history(county)
        assert (first.firm_id, first.until, first.version) == (None, SECOND, 2)
        parties = (second.branch_id, second.committee_id, second.firm_id)
        assert parties == (tree.branch.id, tree.committee.id, tree.firm.id)
        assert (second.since, second.until) == (SECOND, None)
        assert await county.events("linkage.ended") == 1

    async def test_today_is_meant_where_no_day_is_said(self, county: County) -> None:
        row = await link(county, await county.tree(), since=None)
        assert row.since == clock.today()

    async def test_a_day_not_after_the_current_beginning_is_refused(self, county: County) -> None:
        tree = await county.tree()
        await link(county, tree)
        for since in (FIRST, FIRST - timedelta(days=1)):
            async with unchanged(county, EndsBeforeItBegins):
                await link(county, tree, firm=tree.firm.id, since=since)

    async def test_a_day_to_come_is_refused_and_today_is_chinas(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree = await county.tree()
        first = await link(county, tree)
        early = datetime(2030, 5, 3, 16, 30, tzinfo=UTC)
        monkeypatch.setattr(clock, "now", lambda: early)
        assert clock.today() == date(2030, 5, 4)
        to_come = date(2030, 5, 5)
        async with unchanged(county, NotYet):
            await link(county, tree, firm=tree.firm.id, since=to_come)
        async with unchanged(county, NotYet):
            await replace_firm(county, first.id, tree.firm.id, since=to_come)
        async with unchanged(county, NotYet):
            await end(county, first.id, until=to_come)
        assert (await link(county, tree, since=None)).since == date(2030, 5, 4)

    async def test_parties_of_the_wrong_kind_are_refused(self, county: County) -> None:
        tree = await county.tree()
        wrong: list[dict[str, Any]] = [
            {"grid": tree.communities[0].id},
            {"estate": tree.building.id},
            {"branch": tree.committee.id},
            {"committee": tree.branch.id},
            {"firm": tree.estate.id},
        ]
        for given in wrong:
            async with unchanged(county, UnitUnfit):
                await link(county, tree, **given)

    async def test_parties_of_another_place_are_refused(self, county: County) -> None:
        tree = await county.tree()
        estate = await county.unit("estate", "紫藤苑", tree.grids[1])
        branch = await county.unit("party_branch", "第二网格党支部", tree.grids[1])
        committee = await county.unit("owners_committee", "紫藤苑业委会", estate)
        wrong: list[dict[str, Any]] = [
            {"estate": estate.id},
            {"branch": branch.id},
            {"committee": committee.id},
        ]
        for given in wrong:
            async with unchanged(county, UnitUnfit):
                await link(county, tree, **given)

    async def test_a_closed_party_is_refused(self, county: County) -> None:
        tree = await county.tree()
        gone = await county.unit("firm", "旧物业", since=FIRST)
        async with county.session() as session:
            await units.close(session, county.administrator, unit=gone.id, reason="注销")
        async with unchanged(county, UnitClosed):
            await link(county, tree, firm=gone.id)

    async def test_another_countys_units_are_as_ones_that_do_not_exist(
        self, county: County, other: County
    ) -> None:
        tree, theirs = await county.tree(), await other.tree()
        foreign: dict[str, Any] = {
            "grid": theirs.grids[0].id, "estate": theirs.estate.id, "branch": theirs.branch.id,
            "committee": theirs.committee.id, "firm": theirs.firm.id,
        }  # fmt: skip
        for argument, unit in foreign.items():
            async with unchanged(county, NotFound) as refused:
                await link(county, tree, **{argument: unit})
            assert refused.value.facts == {"id": f"Unit:{unit}"}

    async def test_a_stale_version_is_refused_with_the_current_one(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, StaleVersion) as refused:
            await link(county, tree, expected_version=1)
        assert refused.value.facts == {"version": 0}
        await link(county, tree)
        async with unchanged(county, StaleVersion) as refused:
            await link(county, tree, since=SECOND, expected_version=2)
        assert refused.value.facts == {"version": 1}

    async def test_a_secretary_links_in_their_own_community_only(self, county: County) -> None:
        tree = await county.tree()
        own = await county.actor("community_secretary", tree.communities[0])
        foreign = await county.actor("community_secretary", tree.communities[1])
        async with unchanged(county, Denied):
            await link(county, tree, by=foreign)
        assert (await link(county, tree, by=own)).made_by == own.person_id

    async def test_linked_twice_at_once_the_estate_has_one_current_linkage(
        self, county: County
    ) -> None:
        tree = await county.tree()
        ends = await asyncio.gather(
            link(county, tree, branch=tree.branch.id),
            link(county, tree, firm=tree.firm.id, since=SECOND),
            return_exceptions=True,
        )
        rows = await history(county)
        assert [row.until for row in rows][-1] is None
        assert len([row for row in rows if row.until is None]) == 1
        assert all(isinstance(end, Linkage | EndsBeforeItBegins) for end in ends)

    async def test_the_database_holds_one_current_linkage_and_its_dates(
        self, county: County
    ) -> None:
        tree = await county.tree()
        first = await link(county, tree)
        await link(county, tree, since=SECOND)
        for change in ({"until": None}, {"until": FIRST}, {"firm_id": uuid4()}):
            own = update(Linkage).where(col(Linkage.id) == first.id).values(**change)
            async with unchanged(county, IntegrityError), county.session() as session:
                await session.exec(own)


class TestReplaceFirm:
    async def test_both_firms_stay_on_record_each_with_its_decision(self, county: County) -> None:
        tree = await county.tree()
        firm = await county.unit("firm", "新物业")
        first = await link(
            county, tree, branch=tree.branch.id, committee=tree.committee.id, firm=tree.firm.id
        )
        await replace_firm(county, first.id, firm.id)
        old, new = await history(county)
        assert (old.firm_id, old.until, old.decision) == (tree.firm.id, SECOND, "业主大会决定")
        assert (new.firm_id, new.since, new.decision) == (firm.id, SECOND, "重新选聘")
        assert (new.branch_id, new.committee_id) == (tree.branch.id, tree.committee.id)
        assert await county.events("linkage.firm_replaced") == 1

    async def test_an_ended_linkage_is_refused(self, county: County) -> None:
        tree = await county.tree()
        first = await link(county, tree, firm=tree.firm.id)
        await link(county, tree, branch=tree.branch.id, since=SECOND)
        async with unchanged(county, LinkageEnded):
            await replace_firm(county, first.id, tree.firm.id, since=SECOND + timedelta(days=1))

    async def test_what_is_no_firm_is_refused(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree, firm=tree.firm.id)
        async with unchanged(county, UnitUnfit):
            await replace_firm(county, row.id, tree.branch.id)

    async def test_a_stale_version_and_an_early_day_are_refused(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree)
        async with unchanged(county, StaleVersion):
            await replace_firm(county, row.id, tree.firm.id, expected_version=9)
        async with unchanged(county, EndsBeforeItBegins):
            await replace_firm(county, row.id, tree.firm.id, since=FIRST)

    async def test_of_two_replacements_at_once_one_counts(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree, firm=tree.firm.id)
        firms = [await county.unit("firm", name) for name in ("甲物业", "乙物业")]
        ends = await asyncio.gather(
            *(replace_firm(county, row.id, firm.id) for firm in firms), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Linkage", "LinkageEnded"]
        assert len(await history(county)) == 2

    async def test_another_countys_linkage_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        mine, theirs = await county.tree(), await other.tree()
        row = await link(other, theirs)
        for linkage in (row.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await replace_firm(county, linkage, mine.firm.id)
            assert refused.value.facts == {"id": f"Linkage:{linkage}"}
        assert len(await history(other)) == 1


class TestEnd:
    async def test_it_ends_with_none_after_it(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree)
        assert (await end(county, row.id, until=SECOND)).until == SECOND
        assert [one.until for one in await history(county)] == [SECOND]
        async with unchanged(county, LinkageEnded):
            await end(county, row.id)

    async def test_who_has_no_such_post_is_refused(self, county: County) -> None:
        row = await link(county, await county.tree())
        async with unchanged(county, Denied), county.session() as session:
            await linkages.end(session, county.security, linkage=row.id, reason="x")


class TestMove:
    async def test_a_party_stays_where_its_linkage_is_until_that_ends(self, county: County) -> None:
        tree = await county.tree()
        other = await county.unit("estate", "紫藤苑", tree.grids[1])
        row = await link(county, tree, branch=tree.branch.id, committee=tree.committee.id)
        apart = (
            (tree.estate, tree.grids[1]), (tree.estate, tree.communities[0]),
            (tree.branch, tree.grids[1]), (tree.committee, other),
        )  # fmt: skip
        for unit, parent in apart:
            async with unchanged(county, LinkagesInTheWay) as refused:
                await move(county, unit, parent)
            assert str(row.id) in refused.value.facts["ids"]
        await end(county, row.id)
        for unit, parent in apart:
            await move(county, unit, parent)

    async def test_what_moves_as_a_whole_moves(self, county: County) -> None:
        tree = await county.tree()
        await link(county, tree, branch=tree.branch.id, committee=tree.committee.id)
        await move(county, tree.grids[0], tree.communities[1])
        await move(county, tree.branch, tree.estate)
        await move(county, tree.communities[1], county.root)

    async def test_a_party_that_no_longer_fits_is_not_carried_over(self, county: County) -> None:
        tree = await county.tree()
        row = await link(county, tree, branch=tree.branch.id)
        astray = await county.unit("party_branch", "第二网格党支部", tree.grids[1])
        async with county.session() as session:
            own = update(Linkage).where(col(Linkage.id) == row.id)
            await session.exec(own.values(branch_id=astray.id))
        async with unchanged(county, UnitUnfit):
            await link(county, tree, firm=tree.firm.id, since=SECOND)
