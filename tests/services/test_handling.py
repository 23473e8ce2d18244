"""Handling and what lies beside the way: by class, verified by another, appealed, merged."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from policies import Actor, Denied
from services import clock, matters
from services.errors import BadInput, NotFound
from services.matters import deadlines
from services.matters.aside import NothingAbove, SameDecider
from services.matters.handling import (
    LONGEST,
    DueAfterDeadline,
    DueTooEarly,
    DueTooLate,
    HandlerMissing,
    HandlerUnfit,
    ReopeningOver,
    SameHands,
    ScoreUnknown,
)
from services.matters.moving import OwnMatter
from services.matters.states import MatterState
from services.matters.tables import Channel, HandlingClass, Matter, Visibility
from services.notices import MatterWatcher, Notice
from services.packs import PackRefused
from tests.county import County, adopt
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def told(way: Way, person: object) -> list[str]:
    """What somebody was told, in order."""
    wanted = select(Notice.event_name).where(Notice.person_id == person).order_by(Notice.at)  # type: ignore[arg-type]
    async with way.county.session(read_only=True) as session:
        return list(await session.exec(wanted))


async def done_by(way: Way, actor: Actor, **more: Any) -> Matter:
    """A matter whose result the grid or the community itself has reported."""
    row = await way.settled(**more)
    await way.do("rework", way.worker, row.id, reason="没办好")
    await way.do(
        "assign", way.secretary, row.id, handling_class=HandlingClass.own,
        handler=actor.posts[0].unit_id, due_on=clock.today(),
    )  # fmt: skip
    return await way.complete(row.id, by=actor)


class TestAssign:
    @pytest.mark.parametrize(
        ("handling_class", "unit"),
        [("firm", "committee"), ("own", "firm"), ("department", "firm"), ("owners_vote", "estate")],
    )
    async def test_a_class_is_for_its_own_kind_of_unit(
        self, way: Way, handling_class: str, unit: str
    ) -> None:
        row = await way.reworked()
        async with unchanged(way.county, HandlerUnfit):
            await way.do(
                "assign", way.secretary, row.id, handling_class=HandlingClass(handling_class),
                handler=getattr(way.tree, unit).id, due_on=clock.today(),
            )  # fmt: skip

    async def test_it_is_not_due_yesterday(self, way: Way) -> None:
        row = await way.reworked()
        async with unchanged(way.county, DueTooEarly):
            await way.do(
                "assign", way.secretary, row.id, handling_class=HandlingClass.firm,
                handler=way.tree.firm.id, due_on=clock.today() - timedelta(days=1),
            )  # fmt: skip

    async def test_nor_in_a_lifetime(self, way: Way) -> None:
        row = await way.reworked()
        async with unchanged(way.county, DueTooLate):
            await way.do(
                "assign", way.secretary, row.id, handling_class=HandlingClass.firm,
                handler=way.tree.firm.id, due_on=clock.today() + LONGEST + timedelta(days=1),
            )  # fmt: skip

    async def test_nor_later_than_the_deadline_that_runs(self, way: Way) -> None:
        """More time is given by the unit above alone, however it is asked for."""
        row = await way.settled()
        row = await way.do("rework", way.worker, row.id, reason="没办好")
        assert row.due_at is not None
        last = deadlines.day_of(row.due_at)
        given = {"handling_class": HandlingClass.firm, "handler": way.tree.firm.id}
        async with unchanged(way.county, DueAfterDeadline) as refused:
            await way.do("assign", way.secretary, row.id, due_on=last + timedelta(days=1), **given)
        assert "askExtension" in refused.value.message("zh")
        row = await way.do("assign", way.secretary, row.id, due_on=last, **given)
        assert deadlines.day_of(row.due_at or clock.now()) == last
        row = await way.do("assign", way.secretary, row.id, due_on=clock.today(), **given)
        # Set earlier once, it is not set later again.
        async with unchanged(way.county, DueAfterDeadline):
            await way.do("assign", way.secretary, row.id, due_on=last, **given)

    async def test_overdue_it_goes_to_another_and_stays_overdue(self, way: Way) -> None:
        row = await way.reworked()
        due = row.due_at
        assert due is not None
        with clock.at(due + timedelta(days=3)):
            row = await way.do(
                "assign", way.secretary, row.id, handling_class=HandlingClass.own,
                handler=way.tree.grids[0].id, due_on=clock.today(),
            )  # fmt: skip
        assert row.due_at == due

    async def test_without_a_handler_no_result_is_reported(self, way: Way) -> None:
        row = await way.settled()
        await way.do("rework", way.worker, row.id, reason="没办好")
        async with unchanged(way.county, HandlerMissing):
            await way.do("complete", way.secretary, row.id, result="好了")


class TestRework:
    async def test_a_poor_report_gains_no_time(self, way: Way) -> None:
        row = await way.reworked()
        due = row.due_at
        await way.complete(row.id)
        row = await way.do("rework", way.worker, row.id, reason="没修好")
        assert row.due_at == due

    async def test_who_reported_it_does_not_send_it_back(self, way: Way) -> None:
        row = await done_by(way, way.worker)
        async with unchanged(way.county, SameHands):
            await way.do("rework", way.worker, row.id, reason="没修好")

    async def test_while_it_was_looked_at_the_clock_stood(self, way: Way) -> None:
        with clock.at(datetime(2026, 11, 23, 9, tzinfo=clock.CHINA)):
            row = await way.reworked()
        due = row.due_at
        with clock.at(datetime(2026, 11, 24, 9, tzinfo=clock.CHINA)):
            await way.complete(row.id)
        with clock.at(datetime(2026, 11, 26, 9, tzinfo=clock.CHINA)):
            row = await way.do("rework", way.worker, row.id, reason="没修好")
        assert due is not None
        assert row.due_at == due + timedelta(days=4)  # two of them are a weekend

    async def test_reported_late_it_is_late_still(self, way: Way) -> None:
        row = await way.reworked()
        assert row.due_at is not None
        with clock.at(row.due_at + timedelta(days=1)):
            await way.complete(row.id)
            row = await way.do("rework", way.worker, row.id, reason="没修好")
            assert row.due_at is not None
            assert row.due_at < clock.now()


class TestVerify:
    async def test_nor_who_also_serves_where_it_was_done(self, way: Way) -> None:
        person = await way.county.person()
        await way.county.appoint(person, "grid_worker", way.tree.grids[0])
        await way.county.appoint(person, "firm_staff", way.tree.firm)
        both = await way.county.reload(person.id)
        row = await way.completed()
        async with unchanged(way.county, SameHands):
            await way.do("verify", both, row.id, said="看过。")

    async def test_who_reported_it_does_not_verify_it(self, way: Way) -> None:
        row = await done_by(way, way.community)
        colleague = await way.county.actor("community_secretary", way.tree.communities[0])
        for by in (way.community, colleague):
            async with unchanged(way.county, SameHands):
                await way.do("verify", by, row.id, said="看过。")
        assert (await way.do("verify", way.secretary, row.id, said="看过。")).verified_at

    async def test_only_its_handler_or_who_is_above_it_reports_a_result(self, way: Way) -> None:
        row = await way.reworked()
        photo = await way.photo(way.worker)
        for by in (way.worker, way.secretary, way.community):
            async with unchanged(way.county, Denied):
                await way.do("complete", by, row.id, result="好了", files=[photo])

    async def test_who_reported_it_does_not_confirm_it_for_a_caller(self, way: Way) -> None:
        caller = {"channel": Channel.phone, "raiser_name": "刘一", "raiser_phone": "13900001234"}
        row = await done_by(way, way.worker, by=way.worker, **caller)
        await way.do("verify", way.community, row.id, said="看过。")
        async with unchanged(way.county, SameHands):
            await way.do("confirm", way.worker, row.id)

    async def test_the_firm_verifies_nothing(self, way: Way) -> None:
        row = await way.completed()
        async with unchanged(way.county, Denied):
            await way.do("verify", way.firm, row.id, said="看过。")

    async def test_what_is_redone_is_verified_anew(self, way: Way) -> None:
        row = await way.verified()
        row = await way.do("rework", way.secretary, row.id, reason="又坏了")
        assert (row.state, row.verified_by, row.verified_at, row.completed_by) == (
            "handling", None, None, None,
        )  # fmt: skip


class TestRaisersWord:
    @pytest.mark.parametrize("score", [0, 6, -1])
    async def test_a_score_is_from_one_to_five(self, way: Way, score: int) -> None:
        row = await way.completed()
        async with unchanged(way.county, ScoreUnknown):
            await way.do("rate", way.resident, row.id, satisfaction=score)

    async def test_nobody_speaks_for_a_raiser_who_can_speak(self, way: Way) -> None:
        row = await way.completed()
        for verb, more in (("confirm", {}), ("rate", {"satisfaction": 5})):
            async with unchanged(way.county, Denied):
                await way.do(verb, way.worker, row.id, **more)

    async def test_for_one_who_called_the_grid_confirms_and_nobody_rates(self, way: Way) -> None:
        row = await way.completed(
            by=way.worker, channel=Channel.phone, raiser_name="王小明", raiser_phone="19900001234"
        )
        assert (await way.do("confirm", way.worker, row.id)).is_confirmed
        async with unchanged(way.county, Denied):
            await way.do("rate", way.worker, row.id, satisfaction=5)


class TestReopen:
    async def test_it_is_counted_and_goes_back_to_its_handler(self, way: Way) -> None:
        row = await way.closed()
        row = await way.do("reopen", way.resident, row.id, reason="又坏了")
        assert (row.state, row.reopened, row.holder_id) == ("handling", 1, way.tree.firm.id)

    async def test_after_the_countys_window_it_is_refused(self, way: Way) -> None:
        row = await way.closed()
        with clock.at(clock.now() + timedelta(days=91)):
            async with unchanged(way.county, ReopeningOver):
                await way.do("reopen", way.resident, row.id, reason="又坏了")


class TestAppeal:
    async def test_nobody_decides_on_their_own(self, way: Way) -> None:
        row = await way.raised(by=way.worker, channel=Channel.visit, raiser=way.community.person_id)
        await way.do("refuse", way.secretary, row.id, reason="不办")
        await way.do("appeal", way.community, row.id, reason="应办")
        async with unchanged(way.county, OwnMatter):
            await way.do("overturn", way.community, row.id, reason="应办")

    async def test_who_refused_does_not_decide(self, way: Way) -> None:
        person = await way.county.person()
        await way.county.appoint(person, "community_secretary", way.tree.communities[0])
        both = await way.county.reload(person.id)
        row = await way.raised()
        await way.do("refuse", both, row.id, reason="不属本社区")
        await way.do("appeal", way.resident, row.id, reason="属于")
        async with unchanged(way.county, SameDecider):
            await way.do("uphold", both, row.id, reason="维持")

    async def test_it_lies_with_the_unit_above_and_not_with_the_grid(self, way: Way) -> None:
        row = await way.at(MatterState.appealed)
        assert row.holder_id == way.tree.communities[0].id
        async with unchanged(way.county, Denied):
            await way.do("uphold", way.secretary, row.id, reason="维持")

    async def test_overturned_it_goes_on_where_it_stood(self, way: Way) -> None:
        row = await way.inquired()
        await way.do("refuse", way.secretary, row.id, reason="不办")
        await way.do("appeal", way.resident, row.id, reason="应办")
        row = await way.do("overturn", way.community, row.id, reason="应办")
        assert (row.state, row.holder_id) == ("preliminary", way.tree.grids[0].id)

    async def test_only_its_raiser_appeals(self, way: Way) -> None:
        row = await way.at(MatterState.refused)
        async with unchanged(way.county, Denied):
            await way.do("appeal", way.worker, row.id, reason="应办")


class TestEscalate:
    async def test_it_goes_up_unit_by_unit_and_keeps_its_step(self, way: Way) -> None:
        row = await way.accepted()
        seen = []
        for by in (way.secretary, way.community):
            row = await way.do("escalate", by, row.id, reason="超出网格能力")
            seen.append((row.state, row.holder_id))
        tree = way.tree
        assert seen == [
            ("inquiring", tree.communities[0].id), ("inquiring", tree.working_committee.id),
        ]  # fmt: skip

    async def test_above_the_county_there_is_nothing(self, way: Way) -> None:
        row = await way.accepted()
        for _ in range(3):
            row = await way.do("escalate", way.community, row.id, reason="上报")
        assert row.holder_id == way.county.root.id
        async with unchanged(way.county, NothingAbove):
            await way.do("escalate", way.community, row.id, reason="上报")


class TestNotices:
    async def test_who_does_it_is_not_told_and_everybody_else_is(self, way: Way) -> None:
        neighbour = await way.county.actor("resident", way.tree.estate)
        row = await way.raised()
        async with way.county.session() as session:
            await matters.watch(session, neighbour, matter=row.id)
        await way.do("withdraw", way.resident, row.id, reason="已解决")
        assert await told(way, way.resident.person_id) == []
        assert await told(way, neighbour.person_id) == ["matter.withdrawn"]

    async def test_one_follows_once_and_may_stop(self, way: Way) -> None:
        neighbour = await way.county.actor("resident", way.tree.estate)
        row = await way.raised()
        for verb in ("watch", "watch", "unwatch", "unwatch"):
            await way.do(verb, neighbour, row.id)
        wanted = select(MatterWatcher.person_id).where(MatterWatcher.matter_id == row.id)
        async with way.county.session(read_only=True) as session:
            assert list(await session.exec(wanted)) == [way.resident.person_id]
        assert await way.county.events("matter.watched") == 1

    async def test_what_is_not_public_is_followed_by_nobody_else(self, way: Way) -> None:
        neighbour = await way.county.actor("resident", way.tree.estate)
        for visibility, refused in (
            (Visibility.parties, Denied),
            (Visibility.confidential, NotFound),
        ):
            row = await way.raised(visibility=visibility)
            async with unchanged(way.county, refused):
                await way.do("watch", neighbour, row.id)


class TestRules:
    @pytest.mark.parametrize(
        "rules",
        [
            {"heads": [{"role": "nobody", "at": "grid"}]},
            {"heads": []},
            {"heads": [{"role": "grid_worker", "at": "grid"}] * 2},
            {"days": {"closed": 3}},
            {"days": {"raised": -1}},
            {"evidence": ["close"]},
            {"labels": {"nowhere": {"zh": "无", "en": "None"}}},
            {"categories": {}},
            {"ladder": [{"rung": "notice", "days": 1, "hours": 1},
                        {"rung": "reminder", "days": 2, "hours": 2}]},
            {"ladder": [{"rung": "reminder", "days": 3, "hours": 3},
                        {"rung": "notice", "days": 1, "hours": 1}]},
        ],
        ids=str,
    )  # fmt: skip
    async def test_a_pack_that_cannot_be_is_refused(
        self, way: Way, rules: dict[str, object]
    ) -> None:
        async with unchanged(way.county, PackRefused) as refused, way.county.session() as session:
            await adopt(session, way.county, {"matters": rules})
        assert "matters" in str(refused.value)

    async def test_the_countys_own_categories_are_the_only_ones(self, way: Way) -> None:
        document = {"matters": {"categories": {"pond": {"zh": "池塘", "en": "Pond"}}}}
        async with way.county.session() as session:
            await adopt(session, way.county, document)
        async with unchanged(way.county, BadInput):
            await way.raised()
        row: Matter = await way.raised(category="pond")
        assert row.category == "pond"
