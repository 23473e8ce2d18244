"""The four guarantees as they are reported: kept, and broken in each way that there is."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.database import Database
from services import clock, councils
from services.clock import CHINA
from services.councils import SeatKind
from services.errors import BadInput
from services.matters.tables import HandlingClass
from tests.county import County, adopt
from tests.round_table import RoundTable
from tests.schema.test_oracle import compiled
from tests.way import Way

DOCUMENT = """query ($from: Date!, $to: Date!) {
  guarantees(from: $from, to: $to) { lines { month guarantee verdict kept of } } }"""
MARCH = datetime(2026, 3, 10, 19, tzinfo=CHINA)


@pytest.fixture
async def table(county: County) -> RoundTable:
    made = await RoundTable.of(await Way.of(county))
    await made.sql("update council set since = '2026-01-01'")
    return made


async def reported(
    database: Database, table: RoundTable, month: date = date(2026, 3, 1)
) -> dict[str, tuple[str, int, int]]:
    """What is said of one month: each guarantee's verdict, how many of how many."""
    given = {"from": month.isoformat(), "to": month.isoformat()}
    answer = await compiled(database, table.way.community, DOCUMENT, given)
    lines: list[dict[str, Any]] = answer["guarantees"]["lines"]
    assert {line["month"] for line in lines} == {month.isoformat()}
    return {line["guarantee"]: (line["verdict"], line["kept"], line["of"]) for line in lines}


async def resolved_in_march(table: RoundTable) -> UUID:
    """A matter that the round table resolved in March, its minutes signed."""
    with clock.at(MARCH):
        (item,) = await table.items((await table.signed()).id)
    assert item.matter_id is not None
    return item.matter_id


class TestKept:
    async def test_a_month_as_it_should_be(self, database: Database, table: RoundTable) -> None:
        way = table.way
        with clock.at(MARCH):
            meeting = await table.signed()
            [item] = await table.items(meeting.id)
            assert item.matter_id is not None
            await way.complete(item.matter_id)
            await way.do("verify", way.worker, item.matter_id, said="看过。")
        assert await reported(database, table) == {
            "MONTHLY_MEETING": ("KEPT", 1, 1),
            "EACH_DELIBERATED": ("KEPT", 1, 1),
            "EACH_RESOLVED": ("KEPT", 1, 1),
            "EACH_EXECUTED": ("KEPT", 1, 1),
        }


class TestBroken:
    async def test_no_meeting(self, database: Database, table: RoundTable) -> None:
        assert (await reported(database, table))["MONTHLY_MEETING"] == ("BROKEN", 0, 1)

    async def test_a_convened_meeting_that_nobody_opened(
        self, database: Database, table: RoundTable
    ) -> None:
        with clock.at(MARCH):
            await table.convened()
        assert (await reported(database, table))["MONTHLY_MEETING"] == ("BROKEN", 0, 1)

    async def test_a_matter_that_a_meeting_passed_over_though_a_later_one_hears_it(
        self, database: Database, table: RoundTable
    ) -> None:
        """Only by somebody who writes past the commands: they let no tabled matter be left off."""
        with clock.at(MARCH):
            await table.way.tabled()
        with clock.at(MARCH + timedelta(hours=1)):
            meeting = await table.opened()
            await table.sql(
                "update agenda_item set outcome = 'taken_off', said = 'x',"
                " disposed_at = '2026-03-10T19:30+08'"
            )
            await table.do("adjourn", meeting=meeting.id)
        assert (await reported(database, table))["EACH_DELIBERATED"] == ("BROKEN", 0, 1)
        with clock.at(MARCH + timedelta(days=1)):
            again = await table.opened()
            (item,) = await table.items(again.id)
            await table.resolved(item.id)
        assert (await reported(database, table))["EACH_DELIBERATED"] == ("BROKEN", 0, 1)

    async def test_a_resolution_superseded_when_it_was_late_already(
        self, database: Database, table: RoundTable
    ) -> None:
        way, matter = table.way, await resolved_in_march(table)
        with clock.at(MARCH + timedelta(days=40)):
            await way.do("table", way.secretary, matter, words="物业无法施工")
            (again,) = await table.items((await table.opened()).id)
            await table.resolved(again.id)
        assert (await reported(database, table))["EACH_EXECUTED"] == ("BROKEN", 0, 1)
        with clock.at(MARCH + timedelta(days=41)):
            await way.complete(matter)
            await way.do("verify", way.worker, matter, said="看过。")
        assert (await reported(database, table))["EACH_EXECUTED"] == ("BROKEN", 0, 1)

    async def test_a_meeting_whose_minutes_nobody_signed(
        self, database: Database, table: RoundTable
    ) -> None:
        with clock.at(MARCH):
            await table.adjourned()
        assert (await reported(database, table))["EACH_RESOLVED"] == ("BROKEN", 0, 1)

    async def test_a_resolution_that_is_overdue(
        self, database: Database, table: RoundTable
    ) -> None:
        with clock.at(MARCH):
            await table.signed()
        assert (await reported(database, table))["EACH_EXECUTED"] == ("BROKEN", 0, 1)


class TestDissolved:
    async def test_early_in_a_month_no_meeting_of_it_is_asked(
        self, database: Database, table: RoundTable
    ) -> None:
        await table.sql("update council set until = '2026-03-10'")
        assert (await reported(database, table))["MONTHLY_MEETING"] == ("KEPT", 0, 0)

    async def test_one_formed_anew_in_its_place_is_no_new_one(
        self, database: Database, table: RoundTable
    ) -> None:
        """Else each month could be the first."""
        await table.sql("update council set until = '2026-03-01'")
        with clock.at(datetime(2026, 3, 2, 9, tzinfo=CHINA)):
            async with table.way.county.session() as session:
                await councils.form(
                    session, table.way.community, grid=table.way.tree.grids[0].id, name="圆桌"
                )
        assert (await reported(database, table))["MONTHLY_MEETING"] == ("BROKEN", 0, 1)


class TestForGood:
    """What is said once stays said: nobody mends it afterwards, by whatever they do."""

    async def test_minutes_signed_late(self, database: Database, table: RoundTable) -> None:
        with clock.at(MARCH):
            meeting = await table.adjourned()
        for kind in (SeatKind.branch, SeatKind.committee, SeatKind.firm):
            meeting = await table.sign(meeting.id, kind)
        assert meeting.state == "signed"
        assert (await reported(database, table))["EACH_RESOLVED"] == ("BROKEN", 0, 1)

    async def test_a_resolution_reported_late(self, database: Database, table: RoundTable) -> None:
        way, matter = table.way, await resolved_in_march(table)
        await way.complete(matter)
        await way.do("verify", way.worker, matter, said="看过。")
        assert (await reported(database, table))["EACH_EXECUTED"] == ("BROKEN", 0, 1)

    async def test_an_overdue_resolution_whose_matter_is_suspended_and_resumed(
        self, database: Database, table: RoundTable
    ) -> None:
        way, matter = table.way, await resolved_in_march(table)
        for verb in ("suspend", "resume"):
            row = await way.do(verb, way.secretary, matter, reason="待鉴定")
            found = (await reported(database, table))["EACH_EXECUTED"]
            assert found == ("BROKEN", 0, 1), verb
        assert row.due_at is not None
        assert row.due_at < clock.now()

    async def test_by_the_rules_of_that_time(self, database: Database, table: RoundTable) -> None:
        with clock.at(MARCH):
            await table.adjourned()
        async with table.way.county.session() as session:
            rules = {"councils": {"signing_days": 60, "meet_by": 28}}
            await adopt(session, table.way.county, rules)
        assert (await reported(database, table))["EACH_RESOLVED"] == ("BROKEN", 0, 1)


class TestNew:
    async def test_in_the_month_in_which_it_was_formed_none_is_asked_of_it(
        self, database: Database, table: RoundTable
    ) -> None:
        await table.sql("update council set since = '2026-02-20'")
        found = await reported(database, table, date(2026, 2, 1))
        assert found["MONTHLY_MEETING"] == ("KEPT", 0, 0)
        found = await reported(database, table, date(2026, 3, 1))
        assert found["MONTHLY_MEETING"] == ("BROKEN", 0, 1)


class TestNotBroken:
    """What a county lawfully does isn't held against its round tables."""

    async def test_a_matter_that_was_suspended_while_they_met(
        self, database: Database, table: RoundTable
    ) -> None:
        way = table.way
        with clock.at(MARCH):
            row = await way.tabled()
        with clock.at(MARCH + timedelta(hours=1)):
            await way.do("suspend", way.community, row.id, reason="待鉴定")
        with clock.at(MARCH + timedelta(hours=2)):
            await table.do("adjourn", meeting=(await table.opened()).id)
        assert (await reported(database, table))["EACH_DELIBERATED"] == ("PENDING", 0, 1)
        with clock.at(MARCH + timedelta(hours=3)):
            await way.do("resume", way.secretary, row.id, reason="鉴定完毕")
        assert (await reported(database, table))["EACH_DELIBERATED"] == ("PENDING", 0, 1)

    async def test_a_matter_that_was_tabled_while_they_sat(
        self, database: Database, table: RoundTable
    ) -> None:
        with clock.at(MARCH):
            meeting = await table.opened()
        with clock.at(MARCH + timedelta(hours=1)):
            await table.way.tabled()
        with clock.at(MARCH + timedelta(hours=2)):
            await table.do("adjourn", meeting=meeting.id)
        assert (await reported(database, table))["EACH_DELIBERATED"] == ("PENDING", 0, 1)

    async def test_a_resolution_whose_matter_is_suspended(
        self, database: Database, table: RoundTable
    ) -> None:
        with clock.at(MARCH):
            (item,) = await table.items((await table.signed()).id)
            assert item.matter_id is not None
            await table.way.do("suspend", table.way.secretary, item.matter_id, reason="待鉴定")
        assert (await reported(database, table))["EACH_EXECUTED"] == ("PENDING", 0, 1)

    async def test_meeting_twice_is_meeting_once(
        self, database: Database, table: RoundTable
    ) -> None:
        for days in (0, 1):
            with clock.at(MARCH + timedelta(days=days)):
                await table.do("adjourn", meeting=(await table.opened()).id)
        assert (await reported(database, table))["MONTHLY_MEETING"] == ("KEPT", 1, 1)

    async def test_of_tabling_and_opening_at_once_nothing_is_left_off(
        self, database: Database, table: RoundTable
    ) -> None:
        """Whichever comes first: it is on the agenda, or it was tabled while they sat."""
        way, meeting = table.way, await table.convened()
        rows = [await way.deliberated(title=f"楼道灯不亮{number}") for number in range(4)]
        await asyncio.gather(
            *(way.do("table", way.secretary, row.id) for row in rows[:2]),
            table.do("open", meeting=meeting.id, present=table.present()),
            *(way.do("table", way.secretary, row.id) for row in rows[2:]),
        )
        for item in await table.items(meeting.id):
            await table.resolved(item.id)
        await table.do("adjourn", meeting=meeting.id)
        found = await reported(database, table, clock.today().replace(day=1))
        assert found["EACH_DELIBERATED"][0] != "BROKEN"


class TestPending:
    async def test_what_is_not_due_yet(self, database: Database, table: RoundTable) -> None:
        way, month = table.way, clock.today().replace(day=1)
        await way.tabled()
        later = await table.opened()
        item = await table.do("add", meeting=later.id, title="清理杂物")
        await table.do(
            "resolve", item=item.id, text="清理。", handling_class=HandlingClass.own,
            owner=way.tree.grids[0].id, due_on=clock.today() + timedelta(days=9),
        )  # fmt: skip
        found = await reported(database, table, month)
        assert found["EACH_DELIBERATED"] == ("PENDING", 0, 1)
        assert found["EACH_RESOLVED"] == ("PENDING", 0, 1)
        assert found["EACH_EXECUTED"] == ("PENDING", 0, 1)

    async def test_a_month_to_come_is_nobodys_fault(
        self, database: Database, table: RoundTable
    ) -> None:
        month = (clock.today().replace(day=1) + timedelta(days=62)).replace(day=1)
        found = await reported(database, table, month)
        assert {verdict for verdict, _, _ in found.values()} == {"PENDING"}


class TestPeriod:
    async def test_each_month_of_it_and_thirty_six_at_most(
        self, database: Database, table: RoundTable
    ) -> None:
        await table.sql("update council set since = '2000-01-01'")
        by, given = table.way.community, {"from": "2001-02-14", "to": "2004-01-01"}
        answer = await compiled(database, by, DOCUMENT, given)
        months = sorted({line["month"] for line in answer["guarantees"]["lines"]})
        assert (len(months), months[0], months[-1]) == (36, "2001-02-01", "2004-01-01")
        with pytest.raises(BadInput) as refused:
            await compiled(database, by, DOCUMENT, given | {"to": "2004-02-01"})
        assert "36" in refused.value.message("en")
        assert "36" in refused.value.message("zh")

    @pytest.mark.parametrize("field", ["guarantees { lines { kept } }", "countyReport { raised }"])
    async def test_of_one_that_ends_before_it_begins_nothing_is_said(
        self, database: Database, table: RoundTable, field: str
    ) -> None:
        name, rest = field.split(" ", 1)
        document = f'{{ {name}(from: "2026-03-01", to: "2026-02-28") {rest} }}'
        with pytest.raises(BadInput):
            await compiled(database, table.way.community, document)

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-01"])
    async def test_outside_of_what_a_county_can_have_nothing_is_said(
        self, database: Database, table: RoundTable, day: str
    ) -> None:
        with pytest.raises(BadInput):
            await compiled(database, table.way.community, DOCUMENT, {"from": day, "to": day})

    async def test_before_it_was_formed_a_council_has_no_months(
        self, database: Database, table: RoundTable
    ) -> None:
        answer = await compiled(
            database, table.way.community, DOCUMENT, {"from": "2025-11-01", "to": "2026-01-31"}
        )
        assert {line["month"] for line in answer["guarantees"]["lines"]} == {"2026-01-01"}

    async def test_another_community_sees_none_of_it(
        self, database: Database, table: RoundTable
    ) -> None:
        beside = table.way.tree.communities[1]
        stranger = await table.way.county.actor("community_secretary", beside)
        given = {"from": "2026-03-01", "to": "2026-03-01"}
        answer = await compiled(database, stranger, DOCUMENT, given)
        assert answer["guarantees"]["lines"] == []
