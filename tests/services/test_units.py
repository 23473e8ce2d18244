"""Units: founding, renaming, moving and closing, and the paths that follow from them."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from infra.database import Database
from policies import Denied
from services import clock, linkages, stations, units
from services.errors import EndsBeforeItBegins, NotFound, NotYet, StaleVersion
from services.tree import UnitPath
from services.units import (
    CountyExists,
    ParentMissing,
    Unit,
    UnitClosed,
    UnitCycle,
    UnitKind,
    UnitMisplaced,
    UnitOccupied,
)
from tests.county import County
from tests.services.unchanged import unchanged

LONG_AGO = date(2022, 3, 1)
Paths = dict[tuple[UUID, UUID], int]


async def paths(county: County) -> Paths:
    """The stored paths: (ancestor, unit) -> depth."""
    async with county.session(read_only=True) as session:
        rows = await session.exec(select(UnitPath).where(UnitPath.tenant_id == county.id))
        return {(row.ancestor_id, row.unit_id): row.depth for row in rows}


async def closure(county: County) -> Paths:
    """The same, worked out from each unit's parent."""
    mine = select(Unit.id, Unit.parent_id).where(Unit.tenant_id == county.id)
    async with county.session(read_only=True) as session:
        parents: Mapping[UUID, UUID | None] = dict((await session.exec(mine)).all())
    found: Paths = {}
    for unit in parents:
        above: UUID | None = unit
        depth = 0
        while above is not None:
            found[above, unit] = depth
            above, depth = parents[above], depth + 1
    return found


async def move(county: County, unit: Unit, parent: Unit) -> Unit:
    async with county.session() as session:
        return await units.move(session, county.administrator, unit=unit.id, parent=parent.id)


async def close(county: County, unit: Unit, until: date | None = None) -> Unit:
    async with county.session() as session:
        return await units.close(
            session, county.administrator, unit=unit.id, until=until, reason="机构改革"
        )


class TestFound:
    async def test_a_unit_stands_below_every_unit_above_it(self, county: County) -> None:
        tree = await county.tree()
        async with county.session() as session:
            found = await units.path_of(session, county.administrator, tree.stairwell.id)
        above = (tree.building, tree.estate, tree.grids[0], tree.communities[0])
        top = (tree.working_committee, county.root, tree.stairwell)
        assert set(found) == {unit.id for unit in (*above, *top)}
        assert await paths(county) == await closure(county)

    async def test_it_is_recorded_with_who_did_it_in_which_post(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局")
        assert bureau.made_by == county.administrator.person_id
        assert bureau.made_as == county.administrator.posts[0].appointment_id
        assert await county.events("unit.founded") == 2

    async def test_a_grid_below_a_building_is_refused(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, UnitMisplaced):
            await county.unit("grid", "楼里的网格", tree.building)

    async def test_a_level_that_the_county_leaves_out_is_refused(self, database: Database) -> None:
        levels = {"bureau": None}
        county = await County.new(database, document={"units": {"levels": levels}})
        await county.unit("community", "东街社区")
        async with unchanged(county, UnitMisplaced):
            await county.unit("bureau", "县住建局")

    async def test_a_second_county_on_top_is_refused(self, county: County) -> None:
        async with unchanged(county, CountyExists), county.session() as session:
            await units.found(session, county.administrator, kind=UnitKind.county, name="又一个")

    async def test_anything_but_a_county_on_top_is_refused(self, county: County) -> None:
        async with unchanged(county, ParentMissing), county.session() as session:
            await units.found(session, county.administrator, kind=UnitKind.bureau, name="局")

    async def test_a_closed_parent_is_refused(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局", since=LONG_AGO)
        await close(county, bureau)
        async with unchanged(county, UnitClosed):
            await county.unit("party_branch", "局机关支部", bureau)

    async def test_another_countys_parent_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        theirs = await other.unit("community", "别县社区")
        for parent in (theirs.id, uuid4()):
            async with unchanged(county, NotFound) as refused, county.session() as session:
                await units.found(
                    session, county.administrator, kind=UnitKind.grid, name="网格", parent=parent
                )
            assert refused.value.facts == {"id": f"Unit:{parent}"}
        assert await other.events("unit.founded") == 2

    async def test_who_has_no_such_post_is_refused(self, county: County) -> None:
        auditor = county.founders["auditor"]
        async with unchanged(county, Denied), county.session() as session:
            await units.found(
                session, auditor, kind=UnitKind.community, name="社区", parent=county.root.id
            )

    async def test_a_secretary_founds_below_their_own_community_only(self, county: County) -> None:
        tree = await county.tree()
        own, foreign = tree.communities
        secretary = await county.actor("community_secretary", own)
        async with county.session() as session:
            grid = await units.found(
                session, secretary, kind=UnitKind.grid, name="新网格", parent=own.id
            )
        assert grid.made_by == secretary.person_id
        async with unchanged(county, Denied), county.session() as session:
            await units.found(
                session, secretary, kind=UnitKind.grid, name="新网格", parent=foreign.id
            )


class TestRename:
    async def test_the_old_name_stays_in_the_history(self, county: County) -> None:
        unit = (await county.unit("community", "东街社区")).id
        async with county.session() as session:
            row = await units.rename(session, county.administrator, unit=unit, name="新街社区")
        assert (row.name, row.version) == ("新街社区", 2)
        assert await county.events("unit.renamed") == 1

    async def test_a_stale_version_is_refused_with_the_current_one(self, county: County) -> None:
        unit = (await county.unit("community", "东街社区")).id
        async with county.session() as session:
            await units.rename(session, county.administrator, unit=unit, name="新街社区")
        async with unchanged(county, StaleVersion) as refused, county.session() as session:
            await units.rename(
                session, county.administrator, unit=unit, name="旧街社区", expected_version=1
            )
        assert refused.value.facts == {"version": 2}

    async def test_another_countys_unit_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        for unit in (other.root.id, uuid4()):
            async with unchanged(county, NotFound), county.session() as session:
                await units.rename(session, county.administrator, unit=unit, name="越界")


class TestMove:
    async def test_all_that_stands_below_moves_along(self, county: County) -> None:
        tree = await county.tree()
        await move(county, tree.estate, tree.grids[1])
        found = await paths(county)
        assert found[tree.communities[1].id, tree.stairwell.id] == 4
        assert (tree.communities[0].id, tree.stairwell.id) not in found
        assert found == await closure(county)
        assert await county.events("unit.moved") == 1

    async def test_a_cycle_is_refused(self, county: County) -> None:
        tree = await county.tree()
        for below in (tree.grids[0], tree.stairwell, tree.communities[0]):
            async with unchanged(county, UnitCycle):
                await move(county, tree.communities[0], below)

    async def test_a_place_that_the_levels_do_not_allow_is_refused(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, UnitMisplaced):
            await move(county, tree.grids[1], tree.building)

    async def test_the_county_itself_stays_on_top(self, county: County) -> None:
        community = await county.unit("community", "东街社区")
        async with unchanged(county, UnitCycle):
            await move(county, county.root, community)

    async def test_a_stale_version_is_refused(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, StaleVersion), county.session() as session:
            await units.move(
                session, county.administrator, unit=tree.estate.id, parent=tree.grids[1].id,
                expected_version=7,
            )  # fmt: skip

    async def test_another_countys_units_are_as_ones_that_do_not_exist(
        self, county: County, other: County
    ) -> None:
        mine, theirs = await county.tree(), await other.tree()
        pairs = [(theirs.grids[0], mine.communities[0]), (mine.grids[0], theirs.communities[0])]
        for unit, parent in pairs:
            async with unchanged(county, NotFound):
                await move(county, unit, parent)
        assert await other.events("unit.moved") == 0

    async def test_two_moves_at_once_cannot_make_a_cycle(
        self, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def anywhere(*_: object) -> None:
            """No county's levels let two units stand below each other, as this test needs."""

        monkeypatch.setattr(units, "_check_place", anywhere)
        community = await county.unit("community", "东街社区")
        one, two = [await county.unit("grid", name, community) for name in ("一", "二")]
        ends = await asyncio.gather(
            move(county, one, two), move(county, two, one), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Unit", "UnitCycle"]
        assert await paths(county) == await closure(county)
        assert await county.events("unit.moved") == 1

    async def test_moves_at_once_are_both_kept(self, county: County) -> None:
        one, two = [await county.unit("working_committee", name) for name in ("一", "二")]
        part, other_part = [await county.unit("community", "社区", top) for top in (one, two)]
        grid = await county.unit("grid", "网格", part)
        await asyncio.gather(
            move(county, part, two), move(county, other_part, one), move(county, grid, other_part)
        )
        assert await paths(county) == await closure(county)
        assert await county.events("unit.moved") == 3


class TestClose:
    async def test_a_closed_unit_keeps_its_row_and_its_day(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局", since=LONG_AGO)
        row = await close(county, bureau, date(2024, 1, 1))
        assert (row.until, row.version) == (date(2024, 1, 1), 2)
        assert await county.events("unit.closed") == 1

    async def test_open_children_keep_it_open(self, county: County) -> None:
        tree = await county.tree()
        async with unchanged(county, UnitOccupied) as refused:
            await close(county, tree.estate)
        assert refused.value.facts["kept"].code == "unit: 2"

    async def test_active_appointments_keep_it_open(self, county: County) -> None:
        firm = await county.unit("firm", "安居物业", since=LONG_AGO)
        await county.appoint(await county.person(), "firm_manager", firm)
        async with unchanged(county, UnitOccupied) as refused:
            await close(county, firm)
        assert refused.value.facts["kept"].code == "appointment: 1"

    async def test_a_current_linkage_and_an_open_station_keep_it_open(self, county: County) -> None:
        tree = await county.tree()
        async with county.session() as session:
            await linkages.link(
                session, county.administrator, grid=tree.grids[0].id, estate=tree.estate.id,
                firm=tree.firm.id, decision="业主大会决定",
            )  # fmt: skip
            await stations.open(
                session, county.administrator, grid=tree.grids[1].id, name="驿站",
                address="东街1号", hours="9:00-17:00",
            )  # fmt: skip
        for unit, kept in ((tree.firm, "linkage: 1"), (tree.grids[1], "station: 1")):
            async with unchanged(county, UnitOccupied) as refused:
                await close(county, unit)
            assert refused.value.facts["kept"].code == kept

    async def test_a_day_not_after_its_beginning_is_refused(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局")
        for until in (None, clock.today() - timedelta(days=1)):
            async with unchanged(county, EndsBeforeItBegins):
                await close(county, bureau, until)

    async def test_a_day_to_come_is_refused(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局", since=LONG_AGO)
        async with unchanged(county, NotYet):
            await close(county, bureau, clock.today() + timedelta(days=1))

    async def test_a_closed_one_is_refused(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局", since=LONG_AGO)
        await close(county, bureau)
        async with unchanged(county, UnitClosed):
            await close(county, bureau)

    async def test_another_countys_unit_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        theirs = await other.unit("bureau", "别县住建局", since=LONG_AGO)
        async with unchanged(county, NotFound) as refused:
            await close(county, theirs)
        assert refused.value.facts == {"id": f"Unit:{theirs.id}"}
        assert await other.events("unit.closed") == 0

    async def test_founding_meanwhile_leaves_no_open_child_in_a_closed_unit(
        self, county: County
    ) -> None:
        community = await county.unit("community", "东街社区", since=LONG_AGO)
        founded, closed = await asyncio.gather(
            county.unit("grid", "网格", community), close(county, community),
            return_exceptions=True,
        )  # fmt: skip
        assert isinstance(founded, UnitClosed) != isinstance(closed, UnitOccupied)

    async def test_appointing_meanwhile_leaves_nobody_in_a_closed_unit(
        self, county: County
    ) -> None:
        firm = await county.unit("firm", "安居物业", since=LONG_AGO)
        person, _ = await county.person(), await county.post("firm_manager", firm)
        appointed, closed = await asyncio.gather(
            county.appoint(person, "firm_manager", firm), close(county, firm),
            return_exceptions=True,
        )  # fmt: skip
        assert isinstance(appointed, UnitClosed) != isinstance(closed, UnitOccupied)


class TestTable:
    async def test_the_database_holds_what_the_commands_promise(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局")
        wrong: list[dict[str, object]] = [
            {"parent_id": bureau.id},
            {"until": bureau.since},
            {"kind": "galaxy"},
            {"parent_id": None},
            {"parent_id": uuid4()},
        ]
        for change in wrong:
            own = update(Unit).where(col(Unit.id) == bureau.id).values(**change)
            async with unchanged(county, IntegrityError), county.session() as session:
                await session.exec(own)


Step = tuple[str, int, int]
ANY = st.integers(0, 10_000)
STEPS = st.lists(
    st.tuples(st.sampled_from(["found", "found", "found", "move", "move", "close"]), ANY, ANY),
    min_size=5,
    max_size=14,
)
KINDS = [kind for kind in UnitKind if kind is not UnitKind.county]


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_after_any_sequence_the_paths_are_the_closure_of_the_parents(
    county: County, steps: list[Step]
) -> None:
    mine = select(Unit).where(Unit.tenant_id == county.id)
    async with county.session(read_only=True) as session:
        known = list((await session.exec(mine)).all())
    for verb, one, two in steps:
        unit, target = known[one % len(known)], known[two % len(known)]
        try:
            if verb == "found":
                allowed = [kind for kind in KINDS if unit.kind in units.LEVELS[kind]] or KINDS
                kind = allowed[two % len(allowed)]
                known.append(await county.unit(kind, "单元", unit, since=LONG_AGO))
            elif verb == "move":
                await move(county, unit, target)
            else:
                await close(county, unit)
        except (UnitMisplaced, UnitCycle, UnitOccupied, UnitClosed):
            continue
    assert await paths(county) == await closure(county)
