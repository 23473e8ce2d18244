"""The register: property units, organisations, and who owns which share from when to when."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import Actor, Denied
from services import organisations, ownerships, people, property_units, units
from services.errors import BadInput, EndsBeforeItBegins, NotFound, StaleVersion
from services.organisations import LETTERS, OrganisationKnown
from services.ownerships import (
    MoreThanTheWhole,
    Ownership,
    OwnershipOver,
    OwnershipSettled,
    OwnershipState,
    OwnOwnership,
    OwnRecord,
    StillOwned,
    StillOwns,
    most_held,
)
from services.property_units import (
    AreaSource,
    NumberTaken,
    PropertyUnit,
    PropertyUnitEnded,
    PropertyUnitsInTheWay,
    PropertyUse,
)
from services.units import UnitOccupied, UnitUnfit
from tests.county import County, Tree
from tests.services.unchanged import unchanged

CODE = "91361026MA35AB7C06"
BEGUN = date(2024, 1, 1)


@dataclass(frozen=True)
class Register:
    """A county whose clerk and officer keep a register."""

    county: County
    tree: Tree
    clerk: Actor
    officer: Actor
    owner: UUID

    @classmethod
    async def of(cls, county: County) -> "Register":
        """With its usual tree."""
        tree = await county.tree()
        clerk = await county.actor("grid_worker", tree.grids[0])
        officer = await county.actor("housing_officer")
        return cls(county, tree, clerk, officer, (await county.person()).id)

    async def add(self, by: Actor | None = None, **known: Any) -> PropertyUnit:
        """A flat, unless something else is said."""
        said: dict[str, Any] = {
            "unit": self.tree.stairwell.id, "number": "1-1-101", "use": PropertyUse.dwelling,
            "area": Decimal("89.53"), "area_source": AreaSource.register, "since": BEGUN,
        }  # fmt: skip
        async with self.county.session() as session:
            return await property_units.add(session, by or self.clerk, **(said | known))

    async def own(self, unit: PropertyUnit, by: Actor | None = None, **known: Any) -> Ownership:
        """Their owner owns it, unless somebody else is said."""
        said: dict[str, Any] = {"since": BEGUN, "ground": "不动产权证"} | known
        if "organisation" not in said:
            said.setdefault("person", self.owner)
        async with self.county.session() as session:
            return await ownerships.record_(
                session, by or self.clerk, property_unit=unit.id, **said
            )

    async def do(
        self, verb: str, row: Ownership, by: Actor | None = None, **said: Any
    ) -> Ownership:
        """One of the other commands of an ownership."""
        async with self.county.session() as session:
            run = getattr(ownerships, verb)
            done: Ownership = await run(session, by or self.officer, ownership=row.id, **said)
            return done


@pytest.fixture
async def register(county: County) -> Register:
    """A register with nothing in it."""
    return await Register.of(county)


class TestPropertyUnits:
    async def test_it_is_in_the_estate_that_its_place_is_in(self, register: Register) -> None:
        for place in (register.tree.estate, register.tree.building, register.tree.stairwell):
            row = await register.add(unit=place.id, number=place.name)
            assert (row.estate_id, row.unit_id) == (register.tree.estate.id, place.id)
            assert row.area == Decimal("89.53")

    async def test_not_outside_of_an_estate(self, register: Register) -> None:
        async with unchanged(register.county, UnitUnfit):
            await register.add(unit=register.tree.grids[0].id)

    async def test_a_number_is_one_units_in_an_estate_until_that_ends(
        self, register: Register
    ) -> None:
        first = await register.add()
        async with unchanged(register.county, NumberTaken):
            await register.add(unit=register.tree.building.id)
        async with register.county.session() as session:
            await property_units.end(
                session, register.officer, property_unit=first.id, reason="合并", until=None
            )
        again = await register.add()
        assert again.id != first.id

    async def test_of_two_who_use_a_number_at_once_one_is_refused(self, register: Register) -> None:
        both = await asyncio.gather(register.add(), register.add(), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) == ["NumberTaken", "PropertyUnit"]

    async def test_of_two_who_add_to_an_estate_itself_at_once_both_do(
        self, register: Register
    ) -> None:
        estate = register.tree.estate.id
        both = await asyncio.gather(*(register.add(unit=estate, number=one) for one in "12"))
        assert [one.number for one in both] == ["1", "2"]

    async def test_corrected_it_keeps_what_is_left_out(self, register: Register) -> None:
        row = await register.add()
        async with register.county.session() as session:
            amended = await property_units.amend(
                session, register.clerk, property_unit=row.id, area=Decimal("90.00"),
                area_source=AreaSource.survey, reason="实测", expected_version=1,
            )  # fmt: skip
        assert (amended.number, amended.area, amended.area_source) == (
            "1-1-101", Decimal("90.00"), "survey",
        )  # fmt: skip
        async with unchanged(register.county, StaleVersion), register.county.session() as session:
            await property_units.amend(
                session, register.clerk, property_unit=row.id, number="2", reason="错",
                expected_version=1,
            )  # fmt: skip

    async def test_what_has_ended_is_neither_changed_nor_owned(self, register: Register) -> None:
        row = await register.add()
        async with register.county.session() as session:
            await property_units.end(session, register.officer, property_unit=row.id, reason="拆除")
        async with unchanged(register.county, PropertyUnitEnded):
            await register.own(row)

    async def test_it_ends_after_it_begins(self, register: Register) -> None:
        row = await register.add()
        county = register.county
        async with unchanged(county, EndsBeforeItBegins), county.session() as session:
            await property_units.end(
                session, register.officer, property_unit=row.id, until=BEGUN, reason="错"
            )

    async def test_elsewhere_and_by_others_it_is_refused(
        self, register: Register, other: County
    ) -> None:
        stranger = await register.county.actor("grid_worker", register.tree.grids[1])
        for by in (
            stranger,
            register.county.administrator,
            await register.county.actor("resident"),
        ):
            async with unchanged(register.county, Denied):
                await register.add(by)
        theirs = (await other.tree()).estate
        async with unchanged(register.county, NotFound):
            await register.add(unit=theirs.id)

    async def test_a_building_with_units_is_not_closed(self, register: Register) -> None:
        await register.add()
        county = register.county
        async with unchanged(county, UnitOccupied), county.session() as session:
            await units.close(
                session, county.administrator, unit=register.tree.stairwell.id, reason="错"
            )

    async def test_a_building_is_not_moved_out_of_their_estate(self, register: Register) -> None:
        await register.add()
        county = register.county
        beside = await county.unit("estate", "邻园", register.tree.grids[0])
        async with unchanged(county, PropertyUnitsInTheWay), county.session() as session:
            await units.move(
                session, county.administrator, unit=register.tree.building.id, parent=beside.id
            )


class TestOrganisations:
    async def test_it_is_registered_once_by_its_code(self, register: Register) -> None:
        async with register.county.session() as session:
            row = await organisations.register(
                session, register.clerk, name="城建置业", code=CODE.lower(), is_builder=True
            )
        assert (row.code, row.is_builder) == (CODE, True)
        county = register.county
        async with unchanged(county, OrganisationKnown), county.session() as session:
            await organisations.register(session, register.officer, name="另一家", code=CODE)

    @given(st.integers(0, 17), st.sampled_from(LETTERS))
    def test_a_code_with_one_place_wrong_is_found_out(self, place: int, letter: str) -> None:
        wrong = CODE[:place] + letter + CODE[place + 1 :]
        if wrong == CODE:
            assert organisations.checked(wrong) == CODE
        else:
            with pytest.raises(BadInput):
                organisations.checked(wrong)

    def test_the_standards_own_example_is_right(self) -> None:
        assert organisations.checked("91350100M000100Y43")

    async def test_only_the_bureau_corrects_one(self, register: Register) -> None:
        async with register.county.session() as session:
            row = await organisations.register(session, register.clerk, name="旧名", code=CODE)
        county = register.county
        async with unchanged(county, Denied), county.session() as session:
            await organisations.amend(
                session, register.clerk, organisation=row.id, name="新名", reason="更名"
            )
        async with county.session() as session:
            amended = await organisations.amend(
                session, register.officer, organisation=row.id, name="新名", reason="更名"
            )
        assert (amended.name, amended.code) == ("新名", CODE)


class TestOwnerships:
    async def test_shares_come_to_the_whole_and_never_to_more(self, register: Register) -> None:
        unit = await register.add()
        await register.own(unit, numerator=1, denominator=3)
        await register.own(unit, numerator=2, denominator=3)
        async with unchanged(register.county, MoreThanTheWhole):
            await register.own(unit, numerator=1, denominator=1_000_000)

    async def test_of_two_who_record_the_last_share_at_once_one_is_refused(
        self, register: Register
    ) -> None:
        unit = await register.add()
        persons = [(await register.county.person()).id for _ in range(2)]
        both = await asyncio.gather(
            *(register.own(unit, person=one, numerator=2, denominator=3) for one in persons),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in both) == ["MoreThanTheWhole", "Ownership"]

    async def test_a_sale_ends_the_one_and_begins_the_other_on_a_day(
        self, register: Register
    ) -> None:
        unit = await register.add()
        sold = await register.own(unit)
        day = date(2025, 6, 1)
        await register.do("end", sold, until=day, reason="出售")
        bought = await register.own(unit, since=day)
        assert bought.since == day
        async with unchanged(register.county, MoreThanTheWhole):
            await register.own(unit, since=day - timedelta(days=1))
        async with unchanged(register.county, OwnershipOver):
            await register.do("end", sold, reason="再次")

    async def test_one_that_begins_later_is_reckoned_with(self, register: Register) -> None:
        unit = await register.add()
        await register.own(unit, since=date(2026, 1, 1))
        async with unchanged(register.county, MoreThanTheWhole):
            await register.own(unit, since=BEGUN)

    async def test_verified_by_another_than_who_recorded_it_and_not_by_its_holder(
        self, register: Register
    ) -> None:
        unit = await register.add()
        mine = await register.own(unit, register.officer, denominator=2)
        async with unchanged(register.county, OwnRecord):
            await register.do("verify", mine)
        theirs = await register.own(unit, person=register.officer.person_id, denominator=2)
        async with unchanged(register.county, OwnOwnership):
            await register.do("verify", theirs)
        other = await register.county.actor("housing_officer")
        row = await register.do("verify", mine, other)
        assert (row.state, row.verified_by) == (OwnershipState.verified, other.person_id)
        async with unchanged(register.county, OwnershipSettled):
            await register.do("reject", mine, other, reason="错")

    async def test_what_is_owned_is_not_taken_off_the_register(self, register: Register) -> None:
        unit = await register.add()
        row = await register.own(unit)
        county = register.county
        async with unchanged(county, StillOwned), county.session() as session:
            await property_units.end(
                session, register.officer, property_unit=unit.id, reason="拆除"
            )
        await register.do("end", row, reason="征收")
        async with county.session() as session:
            ended = await property_units.end(
                session, register.officer, property_unit=unit.id, reason="拆除"
            )
        assert ended.until is not None

    async def test_rejected_its_share_is_free_again(self, register: Register) -> None:
        unit = await register.add()
        wrong = await register.own(unit)
        await register.do("reject", wrong, reason="没有登记")
        await register.own(unit)
        async with unchanged(register.county, OwnershipOver):
            await register.do("end", wrong, reason="错")

    async def test_it_is_a_persons_or_an_organisations(self, register: Register) -> None:
        unit, nobody = await register.add(), uuid4()
        for holder in (
            {"person": None},
            {"person": (await register.county.person()).id, "organisation": nobody},
        ):
            async with unchanged(register.county, BadInput):
                await register.own(unit, **holder)
        async with unchanged(register.county, NotFound):
            await register.own(unit, organisation=nobody)

    @pytest.mark.parametrize("share", [(0, 1), (2, 1), (-1, 2), (1, 1_000_001), (1, 0)])
    async def test_of_a_share_that_is_one(self, register: Register, share: tuple[int, int]) -> None:
        unit = await register.add()
        async with unchanged(register.county, BadInput):
            await register.own(unit, numerator=share[0], denominator=share[1])

    async def test_who_works_where_one_owns_may_reach_them_once_it_is_verified(
        self, register: Register
    ) -> None:
        unit = await register.add()
        row = await register.own(unit)
        async with register.county.session() as session:
            person = await people.find(session, register.officer, register.owner)
            before = await people.path_of(session, register.officer, person)
        await register.do("verify", row)
        async with register.county.session() as session:
            after = await people.path_of(session, register.officer, person)
        assert register.tree.grids[0].id in set(after) - set(before)

    async def test_an_owners_data_are_not_erased(self, register: Register) -> None:
        unit = await register.add()
        row = await register.own(unit)
        county = register.county
        async with unchanged(county, StillOwns), county.session() as session:
            await people.erase(session, county.security, person=register.owner, ground="本人申请")
        await register.do("end", row, reason="出售")
        async with county.session() as session:
            await people.erase(session, county.security, person=register.owner, ground="本人申请")


SHARES = st.tuples(
    st.integers(1, 6), st.integers(6, 8), st.integers(0, 20), st.integers(1, 20) | st.none()
)


class TestMostHeld:
    """The most that is held on a day: by trying every day."""

    @given(st.lists(SHARES, max_size=6), st.integers(0, 20))
    def test_it_is_that_of_the_worst_day(
        self, drawn: Sequence[tuple[int, int, int, int | None]], since: int
    ) -> None:
        owned = [
            Ownership(
                tenant_id=UUID(int=0), property_unit_id=UUID(int=0), ground="x",
                numerator=numerator, denominator=denominator, since=BEGUN + timedelta(days=begins),
                until=None if length is None else BEGUN + timedelta(days=begins + length),
            )
            for numerator, denominator, begins, length in drawn
        ]  # fmt: skip
        days = [BEGUN + timedelta(days=number) for number in range(since, 60)]
        sums = [
            sum((one.share for one in owned if one.since <= day and (one.until or date.max) > day),
                Fraction(0))
            for day in days
        ]  # fmt: skip
        held, day = most_held(owned, days[0])
        assert held == max(sums)
        assert sums[days.index(day)] == held
