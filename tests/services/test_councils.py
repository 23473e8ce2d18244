"""Councils: one a grid, six kinds of seats, each for the units that it is for."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from policies import Denied
from services import clock, councils, units
from services.councils import (
    CouncilClosed,
    CouncilNamePersonal,
    CouncilSeat,
    DissolvedBack,
    GridHasCouncil,
    SeatEnded,
    SeatKind,
    SeatTaken,
    SeatUnfit,
)
from services.errors import EndsBeforeItBegins, NotFound, StaleVersion
from services.meetings.convening import MeetingAhead
from services.units import UnitUnfit
from tests.county import County
from tests.round_table import RoundTable
from tests.services.unchanged import unchanged
from tests.way import Way


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


class TestForm:
    async def test_a_grid_has_one(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, GridHasCouncil) as refused:
            await _form(table)
        assert refused.value.facts == {"id": f"Council:{table.council.id}"}

    async def test_its_name_which_all_read_names_nobody(self, county: County) -> None:
        way = await Way.of(county, has_council=False)
        await county.person("占丽娟")
        for name in ("占丽娟的圆桌", "圆桌13800138000"):
            async with unchanged(county, CouncilNamePersonal), county.session() as session:
                await councils.form(session, way.community, grid=way.tree.grids[0].id, name=name)

    async def test_of_two_at_once_one_is_formed(self, county: County) -> None:
        way = await Way.of(county, has_council=False)
        grid = way.tree.grids[0].id

        async def form() -> councils.Council:
            async with county.session() as session:
                return await councils.form(session, way.community, grid=grid, name="圆桌")

        ends = await asyncio.gather(form(), form(), return_exceptions=True)
        assert sorted(type(end).__name__ for end in ends) == ["Council", "GridHasCouncil"]

    async def test_only_a_grid_has_one(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, UnitUnfit), table.way.county.session() as session:
            await councils.form(
                session, table.way.community, grid=table.way.tree.estate.id, name="圆桌"
            )

    async def test_a_grid_head_forms_none(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, Denied), table.way.county.session() as session:
            await councils.form(
                session, table.way.secretary, grid=table.way.tree.grids[0].id, name="圆桌"
            )

    async def test_another_countys_grid_is_as_none(self, table: RoundTable, other: County) -> None:
        theirs = await other.tree()
        for grid in (theirs.grids[0].id, uuid4()):
            async with unchanged(table.way.county, NotFound), table.way.county.session() as own:
                await councils.form(own, table.way.community, grid=grid, name="圆桌")


class TestSeat:
    async def test_all_six_parties_sit(self, table: RoundTable) -> None:
        async with table.way.county.session(read_only=True) as session:
            seats = await councils.seats_of(session, table.way.secretary, table.council.id)
        assert {seat.kind for seat in seats} == set(SeatKind)

    @pytest.mark.parametrize("kind", SeatKind, ids=lambda kind: kind.value)
    async def test_a_unit_of_another_kind_is_refused(
        self, table: RoundTable, kind: SeatKind
    ) -> None:
        async with unchanged(table.way.county, SeatUnfit):
            await _seat(table, kind, table.way.tree.estate.id)

    async def test_another_grids_branch_is_refused(self, table: RoundTable) -> None:
        branch = await table.way.county.unit("party_branch", "另一支部", table.way.tree.grids[1])
        async with unchanged(table.way.county, SeatUnfit):
            await _seat(table, SeatKind.branch, branch.id)

    async def test_the_same_seat_twice_is_refused(self, table: RoundTable) -> None:
        async with unchanged(table.way.county, SeatTaken):
            await _seat(table, SeatKind.firm, table.way.tree.firm.id)

    async def test_a_second_firm_has_a_seat_of_its_own(self, table: RoundTable) -> None:
        firm = await table.way.county.unit("firm", "另一物业")
        assert (await _seat(table, SeatKind.firm, firm.id)).unit_id == firm.id

    async def test_a_seated_unit_stays_open(self, table: RoundTable) -> None:
        firm = await table.way.county.unit("firm", "另一物业")
        await _seat(table, SeatKind.firm, firm.id)
        county = table.way.county
        async with unchanged(county, units.UnitOccupied), county.session() as session:
            await units.close(session, county.administrator, unit=firm.id, reason="注销")


class TestUnseat:
    async def test_an_ended_seat_and_a_stale_one_are_refused(self, table: RoundTable) -> None:
        async with table.way.county.session(read_only=True) as session:
            [seat] = [
                one
                for one in await councils.seats_of(session, table.way.secretary, table.council.id)
                if one.kind == SeatKind.partner
            ]
        async with unchanged(table.way.county, StaleVersion):
            await _unseat(table, seat, expected_version=5)
        # A seat that began today can't end today: nothing was ever held.
        async with unchanged(table.way.county, EndsBeforeItBegins):
            await _unseat(table, seat)

    async def test_it_ends_once(self, table: RoundTable) -> None:
        firm = await table.way.county.unit("firm", "另一物业")
        async with table.way.county.session() as session:
            seat = await councils.seat(
                session, table.way.community, council=table.council.id, kind=SeatKind.firm,
                unit=firm.id, since=date(2025, 1, 1),
            )  # fmt: skip
        ended = await _unseat(table, seat)
        assert ended.until is not None
        async with unchanged(table.way.county, SeatEnded):
            await _unseat(table, seat)


class TestDissolve:
    async def test_nothing_is_changed_of_it_afterwards(self, county: County) -> None:
        way = await Way.of(county, has_council=False)
        async with county.session() as session:
            council = await councils.form(
                session, way.community, grid=way.tree.grids[0].id, name="圆桌",
                since=date(2025, 1, 1),
            )  # fmt: skip
        async with county.session() as session:
            await councils.dissolve(session, way.community, council=council.id, reason="合并网格")
        async with unchanged(county, CouncilClosed), county.session() as session:
            await councils.seat(
                session, way.community, council=council.id, kind=SeatKind.firm,
                unit=way.tree.firm.id,
            )  # fmt: skip


class TestDissolvedMeanwhile:
    """No meeting is left without its round table; what waits for it waits for the next."""

    @pytest.fixture
    async def table(self, table: RoundTable) -> RoundTable:
        await table.sql("update council set since = '2025-01-01'")
        return table

    async def test_with_a_meeting_ahead_or_under_way_it_stands(self, table: RoundTable) -> None:
        draft = await table.drafted()
        async with unchanged(table.way.county, MeetingAhead) as refused:
            await _dissolve(table)
        assert "筹备" in refused.value.message("zh")
        await table.do("convene", meeting=draft.id)
        async with unchanged(table.way.county, MeetingAhead):
            await _dissolve(table)
        await table.do("open", meeting=draft.id, present=table.present())
        async with unchanged(table.way.county, MeetingAhead):
            await _dissolve(table)

    async def test_not_from_a_day_before(self, table: RoundTable) -> None:
        """Else the months in which it broke its promises would be none of its months."""
        async with unchanged(table.way.county, DissolvedBack):
            await _dissolve(table, until=clock.today() - timedelta(days=1))
        assert (await _dissolve(table)).until == clock.today()

    async def test_its_minutes_are_signed_and_its_resolutions_carried_out(
        self, table: RoundTable
    ) -> None:
        way, meeting = table.way, await table.adjourned()
        await _dissolve(table)
        for kind in (SeatKind.branch, SeatKind.committee, SeatKind.firm):
            meeting = await table.sign(meeting.id, kind)
        assert meeting.state == "signed"
        (item,) = await table.items(meeting.id)
        assert item.matter_id is not None
        await way.complete(item.matter_id)
        await way.do("verify", way.worker, item.matter_id, said="看过。")
        assert await table.resolutions(item.matter_id) == ["verified"]

    async def test_what_waits_is_on_the_next_round_tables_agenda(self, table: RoundTable) -> None:
        matter = await table.way.tabled()
        meeting = await table.convened()
        await table.do("add", meeting=meeting.id, title="清理杂物")
        await table.do("cancel", meeting=meeting.id, reason="改组")
        await _dissolve(table)
        anew = RoundTable(table.way, await _form(table), table.sitters)
        items = await table.items((await anew.convened()).id)
        assert [(one.matter_id, one.title) for one in items] == [
            (matter.id, matter.title), (None, "清理杂物"),
        ]  # fmt: skip

    async def test_of_dissolving_and_drafting_at_once_one_is_refused(
        self, table: RoundTable
    ) -> None:
        ends = await asyncio.gather(_dissolve(table), table.drafted(), return_exceptions=True)
        refused = [type(end).__name__ for end in ends if isinstance(end, Exception)]
        assert refused in (["MeetingAhead"], ["CouncilClosed"])

    async def test_a_seat_of_it_keeps_no_unit_open(self, table: RoundTable) -> None:
        await _dissolve(table)
        partner = table.sitters[SeatKind.partner].posts[0].unit_id
        async with table.way.county.session(read_only=True) as session:
            kept = (
                await session.exec(units.OCCUPANTS["council"](table.way.county.id, partner))
            ).one()
        assert kept == 0


async def _dissolve(table: RoundTable, until: date | None = None) -> councils.Council:
    async with table.way.county.session() as session:
        return await councils.dissolve(
            session, table.way.community, council=table.council.id, until=until, reason="改组"
        )


async def _form(table: RoundTable) -> councils.Council:
    async with table.way.county.session() as session:
        return await councils.form(
            session, table.way.community, grid=table.way.tree.grids[0].id, name="圆桌"
        )


async def _seat(table: RoundTable, kind: SeatKind, unit: UUID) -> CouncilSeat:
    async with table.way.county.session() as session:
        return await councils.seat(
            session, table.way.community, council=table.council.id, kind=kind, unit=unit
        )


async def _unseat(
    table: RoundTable, seat: CouncilSeat, expected_version: int | None = None
) -> CouncilSeat:
    async with table.way.county.session() as session:
        return await councils.unseat(
            session, table.way.community, seat=seat.id, reason="退出",
            expected_version=expected_version,
        )  # fmt: skip
