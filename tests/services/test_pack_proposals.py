"""Proposals of packs: what may be proposed, who approves it, and the way back."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import update

from policies import Denied
from services import packs
from services.errors import BadInput, StaleVersion
from services.packs import Pack, PackProposal, PackRefused
from services.packs.tables import (
    EditionNotActive,
    NothingChanges,
    NothingToRevert,
    OwnProposal,
    ProposalNot,
    SecurityMustApprove,
)
from services.units import UnitKind
from tests.county import County
from tests.services.proposals import (
    LABELS,
    TAKEN,
    active,
    adopt,
    done,
    problems,
    propose,
    rules,
    state,
)
from tests.services.unchanged import unchanged


class TestPropose:
    async def test_changes_are_of_the_active_edition(self, county: County) -> None:
        await adopt(county, {"units": {"levels": {"co_building_unit": None}}})
        changes = {"units": {"labels": {"grid": {"zh": "片区"}}}, "councils": {"signers": ["firm"]}}
        row = await done(county, "propose", changes=changes, reason="改叫法")
        assert row.document["units"]["levels"]["co_building_unit"] is None
        assert row.document["units"]["labels"]["grid"] == {"zh": "片区", "en": "Grid"}
        assert row.document["councils"]["signers"] == ["firm"]

    @pytest.mark.parametrize("given", [{}, {"document": {}, "changes": {}}])
    async def test_it_is_given_in_one_way(self, county: County, given: dict[str, Any]) -> None:
        async with unchanged(county, BadInput):
            await done(county, "propose", reason="改叫法", **given)

    async def test_what_changes_nothing_is_refused(self, county: County) -> None:
        async with unchanged(county, NothingChanges):
            await done(county, "propose", document={}, reason="没有改")

    async def test_it_does_not_contradict_what_stands_and_every_contradiction_is_named(
        self, county: County
    ) -> None:
        await county.tree()
        await county.unit("co_building_unit", "共建学校")
        levels = {"co_building_unit": None, "community": ["county"], "estate": ["grid"]}
        async with unchanged(county, PackRefused) as refused:
            await propose(county, {"units": {"levels": levels}})
        assert problems(refused).en.split("; ") == [
            "units.levels.co_building_unit: 1 open below county",
            "units.levels.community: 2 open below working_committee",
        ]

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
            ({"appointments": {"seats": {"king": 1}}}, "appointments.seats.king: no such role"),
            ({"matters": {"heads": [{"role": "king", "at": "grid"}]}}, "matters.heads.0.role"),
            ({"matters": {"days": {"closed": 3}}}, "matters.days.closed"),
            ({"councils": {"quorum": 4, "seats": ["branch", "firm"]}}, "councils.quorum"),
            ({"councils": {"seats": ["firm", "committee"]}}, "councils.seats: the branch"),
            ({"calendar": {"days_off": ["2026-10-32"]}}, "calendar.days_off.0"),
            ({"matters": {"heads": [{"role": "auditor", "at": "grid"}]}}, "no matters.opine"),
            (
                {"appointments": {"labels": {"auditor": {"zh": "网格员", "en": "Watcher"}}}},
                "appointments.labels.auditor.zh: grid_worker is called so",
            ),
            (
                {
                    "roles": {
                        "own": {
                            "clerk": {
                                "zh": "书办",
                                "en": "County administrator",
                                "like": "resident",
                            }
                        }
                    }
                },
                "is called so",
            ),
            ({"units": {"labels": {"grid": {"zh": " ", "en": "x"}}}}, "units.labels.grid.zh"),
            (
                {"units": {"labels": {"grid": {"zh": "网\u202e格", "en": "x"}}}},
                "no control characters",
            ),
        ],
    )
    async def test_one_error_refuses_the_whole_document(
        self, county: County, document: dict[str, Any], path: str
    ) -> None:
        async with unchanged(county, PackRefused) as refused:
            await propose(county, {**LABELS, **document})
        assert path in problems(refused).en

    async def test_every_problem_is_named_with_its_path(self, county: County) -> None:
        wrong = {"planets": {}, "units": {"colour": "red", "taste": "sweet"},
                 "councils": {"quorum": 9, "meet_by": 0}}  # fmt: skip
        async with unchanged(county, PackRefused) as refused:
            await propose(county, wrong)
        paths = [one.split(": ")[0] for one in problems(refused).zh.split("; ")]
        expected = ["planets", "units.colour", "units.taste", "councils.quorum", "councils.meet_by"]
        assert paths == expected

    async def test_who_may_not_is_refused(self, county: County) -> None:
        for role in ("auditor", "security_administrator", "working_officer"):
            async with unchanged(county, Denied):
                await done(county, "propose", role, document=LABELS, reason="改叫法")


class TestApprove:
    async def test_not_by_who_proposed_it(self, county: County) -> None:
        row = await propose(county)
        async with unchanged(county, OwnProposal):
            await done(county, "approve", proposal=row.id)

    async def test_not_even_past_the_command(self, county: County) -> None:
        row = await propose(county)
        own = update(PackProposal).values(approved_by=row.made_by, state="approved")
        with pytest.raises(DBAPIError, match="is_approved_by_another"):
            async with county.session() as session:
                await session.exec(own)

    async def test_a_second_administrator_may(self, county: County) -> None:
        row, second = await propose(county), await county.actor("county_administrator")
        async with county.session() as session:
            assert (await packs.approve(session, second, proposal=row.id)).state == "approved"

    async def test_a_change_of_grants_the_security_administrator_alone(
        self, county: County
    ) -> None:
        row, second = await propose(county, TAKEN), await county.actor("county_administrator")
        async with unchanged(county, SecurityMustApprove), county.session() as session:
            await packs.approve(session, second, proposal=row.id)
        assert (await done(county, "approve", "security_administrator", proposal=row.id)).state

    async def test_what_was_changed_meanwhile_is_looked_at_again(self, county: County) -> None:
        row = await propose(county)
        async with unchanged(county, StaleVersion):
            await done(county, "approve", "security_administrator", proposal=row.id,
                       expected_version=7)  # fmt: skip

    @pytest.mark.parametrize("verb", ["refuse", "withdraw"])
    async def test_what_was_put_aside_is_not_approved(self, county: County, verb: str) -> None:
        row = await propose(county)
        await done(county, verb, proposal=row.id, reason="不妥")
        async with unchanged(county, ProposalNot):
            await done(county, "approve", "security_administrator", proposal=row.id)

    async def test_an_auditor_approves_nothing(self, county: County) -> None:
        row = await propose(county)
        for verb, given in (("approve", {}), ("activate", {}), ("refuse", {"reason": "不妥"})):
            async with unchanged(county, Denied):
                await done(county, verb, "auditor", proposal=row.id, **given)


class TestRevert:
    async def revert(self, county: County, by: str = "county_administrator") -> Pack:
        row: Pack = await done(county, "revert", by, pack=(await active(county)).id, reason="有误")
        return row

    async def test_it_goes_back_and_further_back_but_never_forward(self, county: County) -> None:
        await adopt(county, LABELS)
        await adopt(county, {"units": {"labels": {"grid": {"zh": "格", "en": "Cell"}}}})
        for zh in ("片区", "网格"):
            await self.revert(county)
            assert (await rules(county)).labels[UnitKind.grid].zh == zh
        async with unchanged(county, NothingToRevert):
            await self.revert(county)
        assert (await active(county)).edition == 5

    async def test_of_grants_the_security_administrator_alone(self, county: County) -> None:
        await adopt(county, TAKEN)
        async with unchanged(county, SecurityMustApprove):
            await self.revert(county)
        assert (await self.revert(county, "security_administrator")).document["roles"][
            "takes"
        ] == []

    async def test_of_the_edition_that_is_active_alone(self, county: County) -> None:
        first = await active(county)
        await adopt(county, LABELS)
        async with unchanged(county, EditionNotActive):
            await done(county, "revert", pack=first.id, reason="有误")

    async def test_said_twice_at_once_it_goes_back_once(self, county: County) -> None:
        await adopt(county, LABELS)
        await adopt(county, {"councils": {"meet_by": 20}})
        at = (await active(county)).id
        outcomes = await asyncio.gather(
            *(done(county, "revert", pack=at, reason="有误") for _ in range(2)),
            return_exceptions=True,
        )
        assert sum(isinstance(one, EditionNotActive) for one in outcomes) == 1

    async def test_what_was_proposed_in_its_place_lapses(self, county: County) -> None:
        await adopt(county, LABELS)
        row = await propose(county, {"councils": {"meet_by": 20}})
        await self.revert(county)
        assert await state(county, row.id) == "lapsed"
