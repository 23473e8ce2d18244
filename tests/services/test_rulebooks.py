"""Rule books: each adoption a new edition, no edition ever changed."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import delete, update
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, rulebooks
from services.errors import NotFound
from services.rulebooks import EffectiveBeforeAdopted, RuleBook
from tests.county import County
from tests.services.unchanged import unchanged

ADOPTED = date(2022, 3, 1)


async def adopt(
    county: County,
    unit: UUID,
    *,
    title: str = "议事规则",
    by: Actor | None = None,
    effective_on: date | None = None,
) -> RuleBook:
    async with county.session() as session:
        return await rulebooks.adopt(
            session, by or county.administrator, unit=unit, title=title, text="每月一会。",
            adopted_on=ADOPTED, effective_on=effective_on,
        )  # fmt: skip


class TestAdopt:
    async def test_editions_are_counted_by_unit_and_title(self, county: County) -> None:
        committee = await county.unit("industry_committee", "物业行业党委")
        books = [
            await adopt(county, committee.id),
            await adopt(county, committee.id),
            await adopt(county, committee.id, title="学习制度"),
            await adopt(county, county.root.id),
        ]
        assert [book.edition for book in books] == [1, 2, 1, 1]
        assert await county.events("rule_book.adopted") == 4

    async def test_it_holds_from_the_day_of_adoption_if_no_other_is_said(
        self, county: County
    ) -> None:
        book = await adopt(county, county.root.id)
        assert (book.adopted_on, book.effective_on, book.is_public) == (ADOPTED, ADOPTED, True)
        async with county.session() as session:
            today = await rulebooks.adopt(
                session, county.administrator, unit=county.root.id, title="制度", text="……"
            )
        assert today.adopted_on == clock.today()

    async def test_taking_effect_before_adoption_is_refused(self, county: County) -> None:
        async with unchanged(county, EffectiveBeforeAdopted):
            await adopt(county, county.root.id, effective_on=date(2022, 2, 28))

    async def test_adopted_at_once_the_editions_follow_each_other(self, county: County) -> None:
        await asyncio.gather(*(adopt(county, county.root.id) for _ in range(4)))
        async with county.session(read_only=True) as session:
            rows = await session.exec(select(RuleBook).order_by(col(RuleBook.edition)))
            assert [row.edition for row in rows] == [1, 2, 3, 4]

    async def test_the_database_lets_nobody_change_or_delete_an_edition(
        self, county: County
    ) -> None:
        book = await adopt(county, county.root.id)
        own = col(RuleBook.id) == book.id
        for change in (update(RuleBook).where(own).values(text="……"), delete(RuleBook).where(own)):
            async with unchanged(county, ProgrammingError), county.session() as session:
                await session.exec(change)

    async def test_another_countys_unit_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        for unit in (other.root.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await adopt(county, unit)
            assert refused.value.facts == {"id": f"Unit:{unit}"}
        assert await other.events("rule_book.adopted") == 0

    async def test_who_may_only_read_is_refused(self, county: County) -> None:
        async with unchanged(county, Denied):
            await adopt(county, county.root.id, by=county.founders["auditor"])
