"""Packs: a county's document is checked as a whole, one edition is active, the old ones stay."""

import asyncio
from typing import Any

import pytest
from sqlmodel import col, select

from policies import Denied
from services import authority, packs
from services.packs import Pack, PackRefused
from services.standing import Standing, holds
from services.units import LEVELS, UnitKind, UnitRules
from tests.county import County
from tests.services.unchanged import unchanged

LABELS = {"units": {"labels": {"grid": {"zh": "片区", "en": "Block"}}}}


async def adopt(county: County, document: dict[str, Any]) -> Pack:
    async with county.session() as session:
        return await packs.adopt(session, county.administrator, document=document)


async def editions(county: County) -> list[tuple[int, bool]]:
    """Every edition and whether it is active."""
    mine = select(Pack).where(Pack.tenant_id == county.id).order_by(col(Pack.edition))
    async with county.session(read_only=True) as session:
        return [(row.edition, row.until is None) for row in await session.exec(mine)]


async def rules(county: County) -> UnitRules:
    async with county.session(read_only=True) as session:
        return await packs.read(session, county.administrator, "units", UnitRules)


class TestAdopt:
    async def test_the_next_edition_takes_the_place_of_the_last(self, county: County) -> None:
        pack = await adopt(county, LABELS)
        assert pack.edition == 2
        assert await editions(county) == [(1, False), (2, True)]
        assert (await rules(county)).labels[UnitKind.grid].zh == "片区"
        assert await county.events("pack.superseded") == 1

    async def test_what_was_read_before_is_not_taken_for_what_holds_since(
        self, county: County
    ) -> None:
        """A process keeps a section under the county's number, and an adoption raises that."""
        for labels, wanted in ((LABELS, "片区"), ({}, "网格")):
            async with county.session() as session:
                known = await authority.load(
                    session, county.id, person_id=county.administrator.person_id, client_id=None
                )
                assert await holds(session, known)
                by = county.administrator
                await packs.read(session, by, "units", UnitRules)
                await packs.adopt(session, by, document=labels)
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

    async def test_it_does_not_contradict_what_stands_and_every_contradiction_is_named(
        self, county: County
    ) -> None:
        await county.tree()
        await county.unit("co_building_unit", "共建学校")
        levels = {"co_building_unit": None, "community": ["county"], "estate": ["grid"]}
        async with unchanged(county, PackRefused) as refused:
            await adopt(county, {"units": {"levels": levels}})
        problems = refused.value.facts["problems"].split("; ")
        assert problems == [
            "units.levels.co_building_unit: 1 open below county",
            "units.levels.community: 2 open below working_committee",
        ]

    async def test_everybodys_authority_is_read_anew(self, county: County) -> None:
        mine = select(Standing.number).where(Standing.subject_id == county.id)
        async with county.session(read_only=True) as session:
            before = (await session.exec(mine)).one()
        await adopt(county, LABELS)
        async with county.session(read_only=True) as session:
            assert (await session.exec(mine)).one() == before + 1

    @pytest.mark.parametrize(
        ("document", "path"),
        [
            ({"planets": {}}, "planets: unknown section"),
            ({"units": {"colour": "red"}}, "units.colour"),
            ({"units": {"labels": {"galaxy": {"zh": "星", "en": "x"}}}}, "units.labels.galaxy"),
            ({"units": {"labels": {"grid": {"zh": "", "en": "x"}}}}, "units.labels.grid.zh"),
            ({"units": {"levels": {"grid": ["building"]}}}, "grid can't stand below building"),
            ({"units": {"levels": {"grid": []}}}, "grid has no level to stand below"),
            ({"units": {"levels": {"building": None}}}, "stairwell has no level to stand below"),
            ({"units": {"levels": {"county": None}}}, "county stands on top"),
            ({"units": {"levels": {"grid": "x"}}}, "units.levels.grid"),
            ({"units": {"levels": []}}, "units.levels"),
            ({"appointments": {"conflicts": [{"roles": ["a"]}]}}, "appointments.conflicts.0.roles"),
        ],
    )
    async def test_one_error_refuses_the_whole_document(
        self, county: County, document: dict[str, Any], path: str
    ) -> None:
        async with unchanged(county, PackRefused) as refused:
            await adopt(county, {**LABELS, **document})
        assert path in refused.value.facts["problems"]

    async def test_every_problem_is_named(self, county: County) -> None:
        async with unchanged(county, PackRefused) as refused:
            await adopt(county, {"planets": {}, "units": {"colour": "red", "taste": "sweet"}})
        for path in ("planets", "units.colour", "units.taste"):
            assert path in refused.value.facts["problems"]

    async def test_who_may_not_is_refused(self, county: County) -> None:
        async with unchanged(county, Denied), county.session() as session:
            await packs.adopt(session, county.founders["auditor"], document=LABELS)

    async def test_adopted_twice_at_once_the_editions_follow_each_other(
        self, county: County
    ) -> None:
        await asyncio.gather(adopt(county, LABELS), adopt(county, {}))
        assert await editions(county) == [(1, False), (2, False), (3, True)]

    async def test_another_county_keeps_its_own(self, county: County, other: County) -> None:
        await adopt(county, LABELS)
        assert await editions(other) == [(1, True)]
        assert (await rules(other)).labels[UnitKind.grid].zh == "网格"
