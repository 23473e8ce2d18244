"""Publications: masked by the software, approved by a person, shown for a window, never lost."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import clock, people, publications
from services.calendar import CalendarRules
from services.errors import NotFound, StaleVersion
from services.matters.moving import OwnMatter
from services.matters.rules import MatterRules
from services.matters.states import MatterState
from services.matters.tables import Channel, Matter, Visibility
from services.notices import Notice
from services.publications import (
    ConfidentialStays,
    NotPublished,
    NotToBeShown,
    Publication,
    PublicationMoved,
    PublicationState,
    PublicationWithdrawn,
    ResultMoved,
    StillPersonal,
    TextWithheld,
    WindowRunning,
    open_until,
)
from tests.county import County
from tests.services.unchanged import unchanged
from tests.way import Way

PERSONAL = "我是3栋2单元502的王小明，电话１３８-0000-1234，找李阿姨家漏水。"


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


async def do(way: Way, verb: str, by: Actor, **given: Any) -> Publication:
    async with way.county.session() as session:
        row: Publication = await getattr(publications, verb)(session, by, **given)
    return row


async def editions(way: Way, matter: UUID) -> list[tuple[int, str]]:
    wanted = (
        select(Publication.edition, Publication.state)
        .where(Publication.tenant_id == way.county.id, Publication.matter_id == matter)
        .order_by(col(Publication.edition))
    )
    async with way.county.session(read_only=True) as session:
        return [(number, state) for number, state in await session.exec(wanted)]


class TestPropose:
    async def test_the_software_masks_what_names_somebody(self, way: Way) -> None:
        await way.county.person("王小明", home=way.tree.stairwell.id)
        matter = await way.accepted(title="502室漏水", text=PERSONAL)
        row = await way.proposed(matter.id)
        assert (row.title, row.text) == ("***漏水", "我是***的***，电话***，找*阿姨家漏水。")
        assert (row.edition, row.state, row.result, row.approved_at) == (1, "proposed", None, None)
        assert (row.estate_id, row.grid_id) == (way.tree.estate.id, way.tree.grids[0].id)
        assert await way.county.events("publication.proposed") == 1

    async def test_whoever_acted_and_whoever_had_it_taken_down_is_masked_too(
        self, way: Way
    ) -> None:
        worker = await way.county.person("钟离")
        await way.county.appoint(worker, "grid_worker", way.tree.grids[0])
        by = await way.county.reload(worker.id)
        matter = await way.accepted(
            by=by, channel=Channel.phone, raiser_name="公冶长", raiser_phone="19900001234",
            text="公冶长请钟离来看。",
        )  # fmt: skip
        assert (await way.proposed(matter.id)).text == "***请**来看。"

    async def test_the_result_is_shown_once_there_is_one(self, way: Way) -> None:
        early = await way.proposed((await way.accepted()).id)
        late = await way.proposed((await way.completed()).id)
        assert (early.result, late.result) == (None, "已更换整条线路。")

    async def test_of_a_matter_for_its_parties_no_word_is_shown(self, way: Way) -> None:
        matter = await way.completed(visibility=Visibility.parties)
        row = await way.proposed(matter.id)
        assert (row.title, row.text, row.result, row.category) == (None, None, None, "facilities")

    async def test_a_later_proposal_takes_the_place_of_an_earlier_one(self, way: Way) -> None:
        matter = await way.accepted()
        await way.proposed(matter.id)
        await way.proposed(matter.id)
        assert await editions(way, matter.id) == [(1, "withdrawn"), (2, "proposed")]
        assert await way.county.events("publication.replaced") == 1

    async def test_of_two_at_once_one_stands(self, way: Way) -> None:
        matter = await way.accepted()
        await asyncio.gather(*(way.proposed(matter.id) for _ in range(3)))
        states = [state for _, state in await editions(way, matter.id)]
        assert states == ["withdrawn", "withdrawn", "proposed"]

    async def test_the_raisers_given_name_alone_is_not_shown_either(self, way: Way) -> None:
        matter = await way.raised(
            by=way.worker, channel=Channel.phone, raiser_name="慕容复生",
            raiser_phone="13800001234", text="复生家楼上漏水，慕容也来看过。",
        )  # fmt: skip
        await way.do("accept", way.secretary, matter.id)
        await way.do("inquire", way.member, matter.id, contacted_at=clock.now(), said="已上门。")
        shown = await way.proposed(matter.id)
        assert shown.text == "**家楼上漏水，慕容也来看过。"

    async def test_what_is_confidential_stays_so(self, way: Way) -> None:
        matter = await way.accepted(visibility=Visibility.confidential)
        async with unchanged(way.county, ConfidentialStays):
            await way.proposed(matter.id)

    @pytest.mark.parametrize(
        "state", [MatterState.raised, MatterState.returned, MatterState.refused]
    )
    async def test_what_nobody_has_asked_about_is_not_shown(
        self, way: Way, state: MatterState
    ) -> None:
        matter = await way.at(state)
        async with unchanged(way.county, NotToBeShown):
            await way.proposed(matter.id)

    async def test_another_grids_worker_may_not(self, way: Way) -> None:
        matter = await way.accepted()
        elsewhere = await way.county.actor("grid_worker", way.tree.grids[1])
        async with unchanged(way.county, Denied):
            await do(way, "propose", elsewhere, matter=matter.id)

    async def test_another_countys_matter_is_as_none(self, way: Way, other: County) -> None:
        theirs = await (await Way.of(other)).accepted()
        async with unchanged(way.county, NotFound):
            await way.proposed(theirs.id)


class TestRevise:
    async def test_a_person_writes_it_better(self, way: Way) -> None:
        row = await way.proposed((await way.completed()).id)
        row = await do(
            way, "revise", way.worker, publication=row.id, title="楼道照明", result="已换线。"
        )
        assert (row.title, row.text, row.result, row.version) == (
            "楼道照明", "楼道灯坏了一个星期，老人晚上上楼不便。", "已换线。", 2,
        )  # fmt: skip
        assert await way.county.events("publication.revised") == 1

    async def test_what_is_personal_does_not_come_back(self, way: Way) -> None:
        row = await way.proposed((await way.accepted()).id)
        async with unchanged(way.county, StillPersonal) as refused:
            text = "请找一三八00001234"
            await do(way, "revise", way.worker, publication=row.id, title="灯坏", text=text)
        found = refused.value.facts["found"]
        assert (found.zh, found.en) == ("正文第3字起是电话号码", "a phone number at 3 of the text")
        assert "1234" not in refused.value.message("zh")

    async def test_there_is_no_result_before_there_is_one(self, way: Way) -> None:
        row = await way.proposed((await way.accepted()).id)
        row = await do(way, "revise", way.worker, publication=row.id, result="修好了")
        assert row.result is None

    async def test_of_a_matter_for_its_parties_nothing_is_written(self, way: Way) -> None:
        row = await way.proposed((await way.accepted(visibility=Visibility.parties)).id)
        async with unchanged(way.county, TextWithheld):
            await do(way, "revise", way.worker, publication=row.id, title="灯坏")

    async def test_what_is_approved_is_not_rewritten(self, way: Way) -> None:
        row = await way.published((await way.accepted()).id)
        async with unchanged(way.county, PublicationMoved):
            await do(way, "revise", way.worker, publication=row.id, title="灯坏")

    async def test_a_stale_version_is_refused(self, way: Way) -> None:
        row = await way.proposed((await way.accepted()).id)
        async with unchanged(way.county, StaleVersion):
            await do(
                way, "revise", way.worker, publication=row.id, title="灯坏", expected_version=7
            )


class TestApprove:
    async def test_it_is_shown_from_now_on_by_whom(self, way: Way) -> None:
        row = await way.published((await way.completed()).id)
        assert (row.state, row.approved_by) == ("approved", way.secretary.person_id)
        assert row.approved_at is not None
        assert await way.county.events("publication.approved") == 1

    async def test_the_raiser_is_told(self, way: Way) -> None:
        row = await way.published((await way.accepted()).id)
        wanted = select(Notice.event_name).where(
            Notice.tenant_id == way.county.id,
            Notice.matter_id == row.matter_id,
            Notice.person_id == way.resident.person_id,
        )
        async with way.county.session(read_only=True) as session:
            assert "publication.approved" in (await session.exec(wanted)).all()

    async def test_it_takes_the_place_of_the_edition_before(self, way: Way) -> None:
        matter = await way.inquired()
        await way.published(matter.id)
        await way.proposed(matter.id)
        assert await editions(way, matter.id) == [(1, "approved"), (2, "proposed")]
        await way.published(matter.id)
        assert await editions(way, matter.id) == [
            (1, "withdrawn"), (2, "withdrawn"), (3, "approved"),
        ]  # fmt: skip

    async def test_the_raiser_does_not_approve_their_own(self, way: Way) -> None:
        person = await way.county.person()
        await way.county.appoint(person, "resident", way.tree.estate)
        await way.county.appoint(person, "grid_worker", way.tree.grids[0])
        both = await way.county.reload(person.id)
        row = await way.proposed((await way.accepted(by=both)).id)
        async with unchanged(way.county, OwnMatter):
            await do(way, "approve", both, publication=row.id)

    async def test_a_name_that_has_become_known_since_is_found(self, way: Way) -> None:
        row = await way.proposed((await way.accepted(text="司空见惯了")).id)
        person = await way.county.person("司空见", home=way.tree.building.id)
        async with unchanged(way.county, StillPersonal):
            await do(way, "approve", way.secretary, publication=row.id)
        async with way.county.session() as session:
            await people.amend(session, way.county.administrator, person=person.id, name="司空图")
        await do(way, "approve", way.secretary, publication=row.id)

    async def test_a_result_that_has_changed_since_is_not_shown(self, way: Way) -> None:
        matter = await way.completed()
        row = await way.proposed(matter.id)
        await way.do("rework", way.worker, matter.id, reason="又坏了")
        async with unchanged(way.county, ResultMoved):
            await do(way, "approve", way.secretary, publication=row.id)

    async def test_once_withdrawn_the_matter_is_not_shown_after_all(self, way: Way) -> None:
        matter = await way.inquired()
        row = await way.proposed(matter.id)
        await way.do("withdraw", way.resident, matter.id, reason="不用了")
        async with unchanged(way.county, NotToBeShown):
            await do(way, "approve", way.secretary, publication=row.id)

    async def test_the_firm_may_not(self, way: Way) -> None:
        row = await way.proposed((await way.completed()).id)
        async with unchanged(way.county, Denied):
            await do(way, "approve", way.firm, publication=row.id)


class TestWithdraw:
    async def test_it_stays_on_record_with_the_reason(self, way: Way) -> None:
        row = await way.published((await way.accepted()).id)
        row = await do(way, "withdraw", way.secretary, publication=row.id, reason="有误")
        assert (row.state, row.approved_by) == ("withdrawn", way.secretary.person_id)
        assert row.withdrawn_at is not None
        assert await way.county.events("publication.withdrawn") == 1
        async with unchanged(way.county, PublicationWithdrawn):
            await do(way, "withdraw", way.secretary, publication=row.id, reason="有误")

    async def test_the_grid_worker_may_not(self, way: Way) -> None:
        row = await way.published((await way.accepted()).id)
        async with unchanged(way.county, Denied):
            await do(way, "withdraw", way.worker, publication=row.id, reason="有误")


class TestClose:
    async def close(self, way: Way, matter: UUID) -> Matter:
        return await way.do("close", way.secretary, matter)

    async def test_not_before_its_result_is_shown(self, way: Way) -> None:
        matter = await way.verified()
        async with unchanged(way.county, NotPublished):
            await self.close(way, matter.id)
        await way.proposed(matter.id)
        async with unchanged(way.county, NotPublished):
            await self.close(way, matter.id)

    async def test_not_while_its_window_runs(self, way: Way) -> None:
        matter = await way.verified()
        row = await way.published(matter.id)
        async with unchanged(way.county, WindowRunning) as refused:
            await self.close(way, matter.id)
        until = open_until(MatterRules(), CalendarRules(), row.approved_at)
        assert until is not None
        assert refused.value.facts == {"until": until}
        with clock.at(until):
            assert (await self.close(way, matter.id)).state == "closed"

    async def test_an_edition_of_before_the_result_does_not_count(self, way: Way) -> None:
        matter = await way.reworked()
        await way.published(matter.id, days_ago=60)
        await way.complete(matter.id)
        await way.do("verify", way.worker, matter.id, said="看过")
        async with unchanged(way.county, NotPublished):
            await self.close(way, matter.id)

    async def test_nor_one_that_was_withdrawn(self, way: Way) -> None:
        matter = await way.verified()
        row = await way.published(matter.id, days_ago=60)
        await do(way, "withdraw", way.secretary, publication=row.id, reason="有误")
        async with unchanged(way.county, NotPublished):
            await self.close(way, matter.id)

    async def test_what_is_confidential_is_closed_without(self, way: Way) -> None:
        matter = await way.inquired(visibility=Visibility.confidential)
        await way.do("opine", way.secretary, matter.id, recommends="settle", said="同意。")
        await way.do("settle", way.secretary, matter.id, decision="已换灯。")
        await way.do("verify", way.worker, matter.id, said="看过")
        assert (await self.close(way, matter.id)).state == "closed"

    async def test_where_the_county_sets_no_days_there_is_no_window(self, way: Way) -> None:
        document = {"matters": {"objection_days": 0}}
        quick = await Way.of(await County.new(way.county.database, document=document))
        matter = await quick.verified()
        await quick.published(matter.id)
        assert (await self.close(quick, matter.id)).state == "closed"


class TestTheWindow:
    def test_it_counts_working_days_after_that_of_the_approval(self) -> None:
        friday = clock.now().replace(year=2025, month=11, day=14, hour=4)
        until = open_until(MatterRules(), CalendarRules(), friday)
        assert until is not None
        assert until.isoformat() == "2025-11-22T00:00:00+08:00"
        holiday = CalendarRules(days_off=((friday + timedelta(days=3)).date(),))
        later = open_until(MatterRules(), holiday, friday)
        assert later is not None
        assert later.isoformat() == "2025-11-25T00:00:00+08:00"


class TestTheDatabase:
    """It holds what the commands hold, against whoever writes past them."""

    @pytest.mark.parametrize(
        "values",
        [
            {"text": "电话13800001234"},
            {"title": "13800001234"},
            {"result": "36010219900101123X"},
            {"approved_at": None},
            {"approved_by": None},
            {"state": PublicationState.withdrawn},
            {"edition": 0},
        ],
        ids=lambda values: "+".join(f"{name}={value}" for name, value in values.items()),
    )
    async def test_it_refuses_what_cannot_be(self, way: Way, values: dict[str, Any]) -> None:
        row = await way.published((await way.accepted()).id)
        changed = update(Publication).where(col(Publication.id) == row.id).values(**values)
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(changed)

    async def test_no_matter_has_two_editions_that_are_shown(self, way: Way) -> None:
        matter = await way.accepted()
        await way.published(matter.id)
        await way.proposed(matter.id)
        changed = (
            update(Publication)
            .where(col(Publication.state) == PublicationState.proposed)
            .values(
                state=PublicationState.approved, approved_at=clock.now(),
                approved_by=way.secretary.person_id,
            )
        )  # fmt: skip
        async with unchanged(way.county, IntegrityError), way.county.session() as session:
            await session.exec(changed)
