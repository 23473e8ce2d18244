"""Matters: the way through six steps, and every act that would leave it."""

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, matters, units
from services.errors import BadInput, StaleVersion
from services.events import Event
from services.matters.hearing import (
    LineEnded,
    LineUnfinished,
)
from services.matters.moving import OwnMatter
from services.matters.states import TRANSITIONS, MatterState, WrongStep
from services.matters.tables import HandlingClass, Matter, Recommendation
from services.units import UnitKind
from tests.county import County
from tests.services.unchanged import unchanged
from tests.way import STORY, Way

# Acts that go round and round, so that each of many rounds has several that conflict.
ROUND = ("suspend", "resume", "return", "resubmit", "escalate")
# What is no mutation on the matter: of the round table, the clock, extensions, objections, mergers.
ELSEWHERE = {
    "raise",
    "defer",
    "resolve",
    "refer",
    "dismiss",
    "extend",
    "supervise",
    "dispute",
    "follow",
}
BY_MUTATION = sorted(set(TRANSITIONS) - ELSEWHERE)


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


class TestOneself:
    async def test_nobody_refuses_their_own_matter_nor_merges_anothers_into_it(
        self, way: Way
    ) -> None:
        """Else one could take a neighbour's matter out of the world, with no appeal."""
        home = {"raiser_id": way.secretary.person_id}
        theirs, own = await way.accepted(), await way.accepted(title="电梯停运")
        async with way.county.session() as session:
            await session.exec(update(Matter).where(col(Matter.id) == own.id).values(**home))
        async with unchanged(way.county, OwnMatter):
            await way.do("refuse", way.secretary, own.id, reason="不办")
        async with unchanged(way.county, OwnMatter):
            await way.do("merge", way.secretary, theirs.id, into=own.id, reason="同一件")
        merged = await way.do("merge", way.worker, theirs.id, into=own.id, reason="同一件")
        assert merged.state == "merged"


class TestTheLine:
    async def test_each_head_passes_it_on_and_the_grid_head_accepts(self, way: Way) -> None:
        row = await way.accepted()
        assert (row.state, row.version) == ("inquiring", 4)
        passed = [
            (entry.verb, entry.unit_id, entry.to_unit_id) for entry in await way.entries(row.id)
        ]
        tree = way.tree
        grid = tree.grids[0].id
        assert passed == [
            ("raise", None, tree.stairwell.id),
            ("pass_on", tree.stairwell.id, tree.building.id),
            ("pass_on", tree.building.id, grid),
            ("accept", grid, grid),
        ]

    async def test_accepting_before_it_has_come_up_is_refused(self, way: Way) -> None:
        row = await way.raised()
        async with unchanged(way.county, LineUnfinished):
            await way.do("accept", way.secretary, row.id)

    async def test_who_has_passed_it_on_does_not_pass_it_on_again(self, way: Way) -> None:
        row = await way.raised()
        await way.do("pass_on", way.stairwell_head, row.id)
        async with unchanged(way.county, Denied):
            await way.do("pass_on", way.stairwell_head, row.id)

    async def test_above_the_grid_head_there_is_nobody_to_pass_it_to(self, way: Way) -> None:
        row = await way.raised(place=way.tree.estate.id)
        async with unchanged(way.county, LineEnded):
            await way.do("pass_on", way.worker, row.id)

    async def test_a_neighbouring_head_may_not(self, way: Way) -> None:
        beside = await way.county.unit("stairwell", "2单元", way.tree.building)
        neighbour = await way.county.actor("stairwell_head", beside)
        row = await way.raised()
        async with unchanged(way.county, Denied):
            await way.do("pass_on", neighbour, row.id)


class TestInquire:
    async def test_a_branch_member_records_the_contact(self, way: Way) -> None:
        row = await way.inquired()
        assert row.state == "preliminary"
        assert row.inquired_at is not None
        assert (await way.entries(row.id))[-1].made_by == way.member.person_id

    async def test_nobody_asks_themselves(self, way: Way) -> None:
        person = await way.county.person()
        await way.county.appoint(person, "stairwell_head", way.tree.stairwell)
        both = await way.county.reload(person.id)
        row = await way.accepted(by=both)
        async with unchanged(way.county, OwnMatter):
            await way.do("inquire", both, row.id, contacted_at=clock.now(), said="问过了")

    @pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(days=400)])
    async def test_a_contact_to_come_or_before_the_matter_is_refused(
        self, way: Way, off: timedelta
    ) -> None:
        row = await way.accepted()
        async with unchanged(way.county, BadInput):
            await way.do(
                "inquire", way.member, row.id, contacted_at=clock.now() + off, said="问过了"
            )

    async def test_another_grids_member_may_not(self, way: Way) -> None:
        branch = await way.county.unit("party_branch", "第二网格党支部", way.tree.grids[1])
        stranger = await way.county.actor("party_member", branch)
        row = await way.accepted()
        async with unchanged(way.county, Denied):
            await way.do("inquire", stranger, row.id, contacted_at=clock.now(), said="问过了")


class TestEveryStep:
    """What isn't in the table is refused from every state, and says what comes next."""

    @pytest.mark.parametrize("state", list(MatterState), ids=lambda state: state.value)
    async def test_from_each_state_only_its_own_acts_are_possible(
        self, way: Way, state: MatterState
    ) -> None:
        row = await way.at(state)
        assert row.state == state
        for verb in BY_MUTATION:
            if state in TRANSITIONS[verb].sources:
                continue
            if (verb, state) == ("pass_on", MatterState.appealed):
                # It lies above the line, where nobody passes anything on.
                async with unchanged(way.county, Denied):
                    await _try(way, verb, row)
                continue
            async with unchanged(way.county, WrongStep) as refused:
                await _try(way, verb, row)
            assert refused.value.facts["next"].zh

    async def test_what_people_said_stands_in_no_event(self, way: Way) -> None:
        """Their matter's policy says who reads it, not that of the record."""
        row = await way.at(MatterState.closed)
        assert row.text == STORY
        wanted = select(Event).where(Event.object_id == row.id)
        async with way.county.session(read_only=True) as session:
            events = list((await session.exec(wanted)).all())
        assert len(events) > row.version - 3
        said = {entry.said for entry in await way.entries(row.id) if entry.said} | {STORY}
        kept = "".join(f"{event.before}{event.after}" for event in events)
        assert not [text for text in said if text in kept]

    async def test_history_is_gapless_and_ends_where_the_matter_is(self, way: Way) -> None:
        row = await way.at(MatterState.closed)
        row = await way.do("reopen", way.resident, row.id, reason="灯又不亮")
        found = await way.entries(row.id)
        assert [entry.seq for entry in found] == list(range(1, row.version + 1))
        assert found[-1].to_state == row.state
        for one, following in pairwise(found):
            assert one.to_state == following.from_state
            assert one.to_unit_id == following.unit_id


class TestAtOnce:
    async def test_of_conflicting_acts_one_wins_and_the_history_has_no_gap(self, way: Way) -> None:
        """Two hundred at a time, three rounds of it."""
        row = await way.accepted()
        for _ in range(3):
            version = row.version
            ends = await asyncio.gather(
                *(_conflicting(way, row, number) for number in range(200)), return_exceptions=True
            )
            won = [end for end in ends if isinstance(end, Matter)]
            lost = {type(end) for end in ends if not isinstance(end, Matter)}
            assert len(won) == 1
            assert lost <= {StaleVersion, WrongStep}
            row = won[0]
            assert row.version == version + 1
        found = await way.entries(row.id)
        assert [entry.seq for entry in found] == list(range(1, row.version + 1))

    async def test_of_two_secretaries_one_tables_it(self, way: Way) -> None:
        row = await way.deliberated()
        ends = await asyncio.gather(
            *(way.do("table", by, row.id) for by in (way.secretary, way.worker)),
            return_exceptions=True,
        )
        assert sorted(type(end).__name__ for end in ends) == ["Matter", "WrongStep"]

    async def test_two_merged_into_each_other_at_once_are_not_both_gone(self, way: Way) -> None:
        for _ in range(5):
            one, other = await way.raised(), await way.raised()
            ends = await asyncio.gather(
                way.do("merge", way.secretary, one.id, into=other.id, reason="同一件事"),
                way.do("merge", way.worker, other.id, into=one.id, reason="同一件事"),
                return_exceptions=True,
            )
            assert sorted(type(end).__name__ for end in ends) == ["Matter", "MergedApart"]

    async def test_a_stale_version_is_refused(self, way: Way) -> None:
        row = await way.raised()
        async with unchanged(way.county, StaleVersion):
            await way.do("pass_on", way.stairwell_head, row.id, expected_version=7)


class TestTheDatabase:
    """It holds what the commands hold, against whoever writes past them."""

    @pytest.mark.parametrize(
        "values",
        [
            {"state": "handling"},
            {"state": "merged"},
            {"state": "closed", "step": "published"},
            {"state": "withdrawn"},
            {"satisfaction": 6},
            {"verified_by": "self", "completed_by": "self"},
            {"seconds_left": 3},
            {"stage_left": 3},
        ],
        ids=lambda values: "+".join(values),
    )
    async def test_it_refuses_what_cannot_be(self, way: Way, values: dict[str, object]) -> None:
        row = await way.raised()
        given = {
            name: way.resident.person_id if value == "self" else value
            for name, value in values.items()
        }
        changed = update(Matter).where(col(Matter.id) == row.id).values(**given)
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(changed)

    @pytest.mark.parametrize(
        "change", ["update matter_entry set said = 'x'", "delete from matter_entry"]
    )
    async def test_no_entry_is_rewritten_or_lost(self, way: Way, change: str) -> None:
        await way.raised()
        async with unchanged(way.county, DBAPIError), way.county.session() as session:
            await session.exec(text(change))  # type: ignore[call-overload]


class TestUnits:
    async def test_a_unit_with_open_matters_stays(self, way: Way) -> None:
        await way.raised()
        async with unchanged(way.county, units.UnitOccupied), way.county.session() as session:
            await units.close(
                session, way.county.administrator, unit=way.tree.stairwell.id, reason="拆除"
            )

    async def test_a_move_takes_no_open_matter_out_of_its_grid(self, way: Way) -> None:
        row = await way.raised()
        async with (
            unchanged(way.county, matters.MattersInTheWay) as refused,
            way.county.session() as session,
        ):
            await units.move(
                session, way.county.administrator, unit=way.tree.estate.id,
                parent=way.tree.grids[1].id,
            )  # fmt: skip
        assert refused.value.facts == {"codes": row.code}


def _acts(way: Way, row: Matter) -> dict[str, tuple[Actor, dict[str, Any]]]:
    """Who may do each act on a matter of the first grid, and what else is to be said."""
    said, reason = {"said": "看过"}, {"reason": "试一试"}
    handling = {
        "handling_class": HandlingClass.firm, "handler": way.tree.firm.id,
        "due_on": clock.today(),
    }  # fmt: skip
    return {
        "pass_on": (way.secretary, {}),
        "accept": (way.secretary, {}),
        "inquire": (way.member, {"contacted_at": clock.now()} | said),
        "opine": (way.secretary, {"recommends": Recommendation.table} | said),
        "excuse": (way.worker, {"at": UnitKind.grid} | reason),
        "settle": (way.secretary, {"decision": "好了"}),
        "table": (way.secretary, {}),
        "assign": (way.secretary, handling),
        "complete": (way.firm if row.handler_id else way.community, {"result": "好了"}),
        "verify": (way.worker, said),
        "rework": (way.worker, reason),
        "confirm": (way.resident, {}),
        "rate": (way.resident, {"satisfaction": 5}),
        "close": (way.secretary, {}),
        "reopen": (way.resident, reason),
        "return": (way.community, reason),
        "resubmit": (way.resident, {"place_detail": "三楼"}),
        "withdraw": (way.resident, reason),
        "refuse": (way.secretary, reason),
        "appeal": (way.resident, reason),
        "uphold": (way.community, reason),
        "overturn": (way.community, reason),
        "suspend": (way.community, reason),
        "resume": (way.secretary, reason),
        "merge": (way.secretary, {"into": row.id} | reason),
        "escalate": (way.secretary, reason),
    }


async def _try(way: Way, verb: str, row: Matter) -> Matter:
    by, more = _acts(way, row)[verb]
    return await way.do(verb, by, row.id, **more)


async def _conflicting(way: Way, row: Matter, number: int) -> Matter:
    """One of the acts that are possible where the matter stands, decided on that version."""
    possible = [verb for verb in ROUND if row.state in TRANSITIONS[verb].sources]
    verb = possible[number % len(possible)]
    by, more = _acts(way, row)[verb]
    return await way.do(verb, by, row.id, expected_version=row.version, **more)
