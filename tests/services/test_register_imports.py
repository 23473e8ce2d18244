"""Register imports: nothing counts before somebody has seen what it comes to and decided."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from policies import Denied
from services import appointments, clock, ownerships, property_units, rows
from services.ownerships import OwnershipState
from services.people import Person
from services.property_units import AreaSource, PropertyUse
from services.register_imports import ImportMode, ImportState, RowState, stages, turns
from services.register_imports.tables import (
    ImportNotReady,
    NothingToRecord,
    OwnImport,
    RowsHaveProblems,
)
from tests.county import County
from tests.services.clerk import ID_BING, ID_JIA, ID_YI, Clerk
from tests.services.unchanged import unchanged

JIA = ("101", 89.53, "试验甲", ID_JIA, 13900000001, "1/2")
YI = ("101", None, "试验乙", ID_YI, "13900000002", "50%")
BING = ("102", "90.10㎡", "试验丙", ID_BING, None, None)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
async def clerk(county: County) -> Clerk:
    return await Clerk.of(county)


class TestWhole:
    """From the file to what is verified."""

    async def test_what_is_new_is_recorded_as_each_command_would(self, clerk: Clerk) -> None:
        names = ("property_unit.added", "person.registered", "ownership.recorded")
        before = [await clerk.county.events(name) for name in names]
        row = await clerk.preview([JIA, YI, BING, ("103", 70, None, None, None, None)])
        assert (row.state, row.total, row.good, row.bad) == (ImportState.previewed, 4, 4, 0)
        assert await clerk.register() == []
        row = await clerk.apply(row)
        assert (row.state, row.done) == (ImportState.done, 4)
        assert await clerk.register() == [
            ("101", "89.53", "试验乙", "1/2"), ("101", "89.53", "试验甲", "1/2"),
            ("102", "90.10", "试验丙", "1/1"), ("103", "70.00", None, ""),
        ]  # fmt: skip
        after = [await clerk.county.events(name) for name in names]
        assert [one - other for one, other in zip(after, before, strict=True)] == [3, 3, 3]

    async def test_each_event_names_who_decided_and_in_which_post(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING], by=clerk.officer)
        await clerk.apply(row, by=clerk.worker)
        async with clerk.county.session(read_only=True) as session:
            found = await session.info["driver"].fetch(
                "select person_id, appointment_id, after, apart from event"
                " where name = 'person.registered' order by at desc limit 1"
            )
        assert found[0]["person_id"] == clerk.worker.person_id
        assert found[0]["appointment_id"] == clerk.worker.posts[0].appointment_id
        assert "试验丙" not in str(found[0]["after"])
        assert "after.identity_masked" in found[0]["apart"]

    async def test_a_rerun_changes_nothing(self, clerk: Clerk) -> None:
        table = [JIA, YI, BING, ("103", 70, None, None, None, None)]
        await clerk.apply(await clerk.preview(table))
        register, events = await clerk.register(), await clerk.county.events("person.registered")
        row = await clerk.preview(table)
        assert (row.good, row.unchanged, row.bad) == (0, 4, 0)
        row = await clerk.apply(row)
        assert (row.state, row.done) == (ImportState.done, 0)
        assert await clerk.register() == register
        assert await clerk.county.events("person.registered") == events

    async def test_the_same_file_applied_twice_at_once_is_recorded_once(self, clerk: Clerk) -> None:
        both = [await clerk.preview([JIA, YI, BING]), await clerk.preview([JIA, YI, BING])]
        await asyncio.gather(*(clerk.do("apply", one, mode="good_rows") for one in both))
        await clerk.work(at_once=3)
        await clerk.work()
        done = [await clerk.row(one.id) for one in both]
        assert sorted(one.done for one in done) == [0, 3]
        assert {one.state for one in done} == {ImportState.done}
        assert len(await clerk.register()) == 3

    async def test_an_owner_in_two_estates_files_at_once_is_registered_once(
        self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settle = stages.settle

        async def slowly(*given: Any, **named: Any) -> None:
            await settle(*given, **named)
            await asyncio.sleep(0.3)

        beside = await clerk.county.unit("estate", "兰园", clerk.tree.grids[0])
        both = [await clerk.preview([BING]), await clerk.preview([BING], estate=beside.id)]
        await asyncio.gather(*(clerk.do("apply", one, mode="good_rows") for one in both))
        monkeypatch.setattr(stages, "settle", slowly)
        await clerk.work(at_once=3)
        await clerk.work()
        assert [(await clerk.row(one.id)).done for one in both] == [1, 1]
        async with clerk.county.session(read_only=True) as session:
            named = "select count(*) from person where name = '试验丙'"
            assert await session.info["driver"].fetchval(named) == 1

    async def test_what_is_personal_of_its_rows_goes_when_they_are_recorded(
        self, clerk: Clerk
    ) -> None:
        row = await clerk.preview([JIA, YI, BING])
        kept = await clerk.rows(row)
        assert all(one.cipher and b"\xe8\xaf\x95" not in one.cipher for one in kept)
        await clerk.apply(row)
        assert [(one.state, one.cipher) for one in await clerk.rows(row)] == [
            (RowState.done, None)
        ] * 3

    async def test_another_verifies_all_of_it_but_what_is_their_own(self, clerk: Clerk) -> None:
        row = await clerk.apply(await clerk.preview([JIA, YI, BING], by=clerk.officer),
                                by=clerk.officer)  # fmt: skip
        for by, refusal in ((clerk.officer, OwnImport), (clerk.worker, Denied)):
            async with unchanged(clerk.county, refusal):
                await clerk.do("verify", row, by)
        other = await clerk.county.actor("housing_officer")
        [touched, own, _] = await self.owned(clerk)
        async with clerk.county.session() as session:
            await ownerships.end(session, clerk.officer, ownership=touched.id, reason="错")
        async with clerk.county.database.owner_session(clerk.county.id) as session:
            await session.info["driver"].execute(
                "update ownership set person_id = $1 where id = $2", other.person_id, own.id
            )
        await clerk.do("verify", row, other)
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.verified) == (ImportState.verified, 1)
        states = [one.state for one in await self.owned(clerk)]
        assert states == [OwnershipState.recorded] * 2 + [OwnershipState.verified]
        async with unchanged(clerk.county, ImportNotReady):
            await clerk.do("verify", row, other)

    async def owned(self, clerk: Clerk) -> list[ownerships.Ownership]:
        async with clerk.county.session(read_only=True) as session:
            return await rows.every(session, ownerships.Ownership, clerk.clock, "id")


class TestChoice:
    """All or nothing, or what is right."""

    async def test_with_a_problem_all_is_refused_and_good_rows_are_taken(
        self, clerk: Clerk
    ) -> None:
        wrong = ("103", "八十", "试验丁", None, None, None)
        row = await clerk.preview([JIA, YI, BING, wrong])
        assert (row.good, row.bad) == (3, 1)
        async with unchanged(clerk.county, RowsHaveProblems):
            await clerk.do("apply", row, mode="all_or_nothing")
        row = await clerk.apply(row, "good_rows")
        assert (row.state, row.done, row.bad) == (ImportState.done, 3, 1)
        assert len(await clerk.register()) == 3
        [left] = [one for one in await clerk.rows(row) if one.state == RowState.bad]
        assert left.cipher is None
        assert ("B5", "AREA_UNREADABLE") in await clerk.problems(row)

    async def test_nothing_good_is_nothing_to_record(self, clerk: Clerk) -> None:
        row = await clerk.preview([("", 1, "试验甲", None, None, None)])
        async with unchanged(clerk.county, NothingToRecord):
            await clerk.do("apply", row, mode="good_rows")

    async def test_where_the_register_changed_meanwhile_nothing_of_it_is_recorded(
        self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(turns, "SOME", 1)
        row = await clerk.preview([JIA, YI, BING])
        await clerk.do("apply", row, mode="all_or_nothing")
        async with clerk.county.session() as session:
            await property_units.add(
                session, clerk.worker, unit=clerk.estate.id, number="102", area=Decimal("91.00"),
                use=PropertyUse.dwelling, area_source=AreaSource.register,
            )  # fmt: skip
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.halt) == (ImportState.previewed, "register_changed")
        assert (row.good, row.bad, row.done) == (2, 1, 0)
        assert await clerk.problems(row) == [("B4", "AREA_DIFFERS")]
        assert [one[0] for one in await clerk.register()] == ["102"]
        row = await clerk.apply(row, "good_rows")
        assert (row.state, row.done) == (ImportState.done, 2)

    @pytest.mark.parametrize("mode", ["all_or_nothing", "good_rows"])
    async def test_cut_short_it_is_done_again_and_once(
        self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch, mode: str
    ) -> None:
        """The process dies at the last batch: all or nothing has left nothing, the rest goes on."""
        monkeypatch.setattr(turns, "SOME", 1)
        row = await clerk.preview([JIA, YI, BING, ("103", 70, None, None, None, None)])
        await clerk.do("apply", row, mode=mode)
        settle, dies = stages.settle, [0]

        async def dying(*given: Any, **named: Any) -> None:
            dies[0] += 1
            if dies[0] == 3:
                raise Killed
            await settle(*given, **named)

        monkeypatch.setattr(stages, "settle", dying)
        with pytest.raises(Killed):
            await clerk.work()
        left = await clerk.register()
        assert len(left) == (0 if mode == "all_or_nothing" else 3)
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.done, row.handled) == (ImportState.done, 4, 4)
        assert len(await clerk.register()) == 4

    async def test_halted_half_way_and_gone_on_with_by_another_it_is_verified_by_each(
        self, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What one recorded is verified by another; no part is lost, none holds the rest up."""
        monkeypatch.setattr(turns, "SOME", 1)
        county, community = clerk.county, clerk.tree.communities[0]
        secretary = await county.actor("community_secretary", community)
        row = await clerk.preview([JIA, YI, BING])
        await clerk.do("apply", row, secretary, mode=ImportMode.good_rows)
        async with county.session() as session:
            await turns.look(session, clerk.clock, at=clock.now(), most=1)
        async with county.session() as session:
            held = secretary.posts[0].appointment_id
            await appointments.revoke(session, county.security, appointment=held, reason="调离")
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.halt) == (ImportState.previewed, "authority_lost")
        row = await clerk.apply(row, "good_rows", clerk.officer)
        assert (row.state, row.done) == (ImportState.done, 3)
        assert None not in [one.ownership_id for one in await clerk.rows(row)]
        async with county.session(read_only=True) as session:
            person = await rows.find(session, Person, secretary, secretary.person_id or row.id)
        await county.appoint(person, "community_secretary", community)
        await clerk.do("verify", row, await county.reload(person.id))
        await clerk.work()
        row = await clerk.row(row.id)
        assert (row.state, row.verified) == (ImportState.verified, 1)


class TestRegister:
    """What file and register differ in is said, and nothing overwritten."""

    async def test_each_difference_with_its_cell(self, clerk: Clerk) -> None:
        await clerk.apply(await clerk.preview([JIA, YI, BING]))
        before = await clerk.register()
        row = await clerk.preview([
            ("101", 89.54, "试验甲", ID_JIA, "13900000009", "1/3"),
            ("102", 90.1, "试验丁", ID_BING, None, None),
            ("104", 60, "试验戊", None, 13900000001, None),
            ("105", None, "试验己", None, None, None),
            ("102", 90.1, "试验庚", None, "13900000007", "1"),
        ])  # fmt: skip
        assert sorted(await clerk.problems(row)) == sorted([
            ("B2", "AREA_DIFFERS"),
            ("E2", "PHONE_KEPT"),
            ("F2", "SHARES_SHORT"),
            ("C3", "NAME_DIFFERS"),
            ("F3", "SHARE_MISSING"),
            ("E4", "PHONE_TAKEN"),
            ("B5", "AREA_MISSING"),
            ("F6", "MORE_THAN_THE_WHOLE"),
        ])  # fmt: skip
        assert (row.good, row.bad) == (0, 5)
        assert await clerk.register() == before

    async def test_the_words_say_what_each_has_and_name_nobody(self, clerk: Clerk) -> None:
        await clerk.apply(await clerk.preview([BING]))
        row = await clerk.preview([("102", 90.2, "试验丁", ID_BING, None, None)])
        async with clerk.county.session(read_only=True) as session:
            found = await session.info["driver"].fetch(
                "select message_zh, message_en from register_import_problem where import_id = $1",
                row.id,
            )
        words = " ".join(f"{one[0]} {one[1]}" for one in found)
        assert "册上的面积是 90.10，文件里是 90.20" in words
        assert "90.10 on the register, 90.20 in the file" in words
        assert not any(one in words for one in ("试验", ID_BING, ID_BING[6:14]))

    async def test_one_person_of_two_units_is_registered_once(self, clerk: Clerk) -> None:
        again = ("202", 60, "试验丙", ID_BING, 13900000003, None)
        await clerk.apply(await clerk.preview([BING, again]))
        async with clerk.county.session(read_only=True) as session:
            number = await session.info["driver"].fetchval(
                "select count(*) from person where name = '试验丙'"
            )
        assert number == 1

    async def test_whoever_has_but_a_name_is_known_by_their_unit_alone(self, clerk: Clerk) -> None:
        table = [("301", 60, "试验甲", None, None, None), ("302", 60, "试验甲", None, None, None)]
        await clerk.apply(await clerk.preview(table))
        row = await clerk.preview(table)
        assert (row.good, row.unchanged) == (0, 2)
        async with clerk.county.session(read_only=True) as session:
            number = await session.info["driver"].fetchval(
                "select count(*) from person where name = '试验甲'"
            )
        assert number == 2

    async def test_an_organisation_is_known_by_its_code(self, clerk: Clerk) -> None:
        headings = ("房号", "建筑面积", "单位名称", "统一社会信用代码")
        code = "91361026MA35AB7C06"
        table = [headings, ("S-1", 120, "城建置业", code), ("S-2", 80, "城建置业", code.lower())]
        row = await clerk.apply(await clerk.preview(table))
        assert row.done == 2
        assert await clerk.county.events("organisation.registered") == 1
        row = await clerk.preview([headings, ("S-3", 80, "别的公司", code)])
        assert await clerk.problems(row) == [("C2", "ORGANISATION_DIFFERS")]

    async def test_a_unit_is_put_where_the_file_says_if_that_is_there(self, clerk: Clerk) -> None:
        headings = ("楼栋", "单元", "房号", "建筑面积")
        table = [headings, ("1号楼", "1单元", "101", 60), ("9栋", "1单元", "101", 60),
                 (None, None, "1-1-102", 60)]  # fmt: skip
        row = await clerk.preview(table, estate=clerk.tree.estate.id)
        assert await clerk.problems(row) == [("A3", "PLACE_UNKNOWN")]
        await clerk.apply(row, "good_rows")
        async with clerk.county.session(read_only=True) as session:
            found = await session.info["driver"].fetch(
                "select number, unit_id from property_unit order by number"
            )
        assert [(one[0], one[1]) for one in found] == [
            ("1-1-101", clerk.tree.stairwell.id), ("1-1-102", clerk.tree.stairwell.id),
        ]  # fmt: skip

    async def test_a_person_registered_meanwhile_is_that_person(self, clerk: Clerk) -> None:
        row = await clerk.preview([BING])
        known = await clerk.county.person("试验丙", identity_number=ID_BING)
        await clerk.apply(row)
        async with clerk.county.session(read_only=True) as session:
            [owned] = await rows.every(session, ownerships.Ownership, clerk.clock, "id")
        assert owned.person_id == known.id
