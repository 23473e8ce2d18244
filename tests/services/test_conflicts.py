"""Conflicts: what the county's pack says of two roles in one person, and what the product says."""

from itertools import permutations

import pytest

from infra.database import Database
from services import appointments, people
from services.conflicts import APART, AppointmentConflict
from services.packs import PackRefused
from tests.county import County, adopt
from tests.services.unchanged import unchanged

RULES = {
    "appointments": {
        "conflicts": [
            {"roles": ["firm_staff", "committee_member"], "effect": "block", "reason": "利益冲突"},
            {"roles": ["firm_manager", "building_head"], "effect": "warn", "reason": "须公示"},
        ]
    }
}


@pytest.fixture
async def strict(database: Database) -> County:
    """A county that blocks one pair of roles and warns of another."""
    return await County.new(database, document=RULES)


class TestAConflictThatBlocks:
    @pytest.mark.parametrize(
        "pair", [("firm_staff", "committee_member"), ("committee_member", "firm_staff")]
    )
    async def test_it_refuses_the_second_role_whichever_comes_first(
        self, strict: County, pair: tuple[str, str]
    ) -> None:
        tree = await strict.tree()
        places = {"firm_staff": tree.firm, "committee_member": tree.committee}
        first, second = pair
        person = await strict.person()
        await strict.appoint(person, first, places[first])
        await strict.post(second, places[second])
        async with unchanged(strict, AppointmentConflict) as refused:
            await strict.appoint(person, second, places[second])
        assert {name: refused.value.facts[name].code for name in ("other", "role")} == {
            "other": first, "role": second,
        }  # fmt: skip

    async def test_it_is_asked_again_when_a_proposal_is_confirmed(self, county: County) -> None:
        tree = await county.tree()
        person = await county.person()
        await county.appoint(person, "firm_staff", tree.firm)
        seat = await county.post("committee_member", tree.committee)
        async with county.session() as session:
            proposed = await appointments.propose(
                session, county.administrator, person=person.id, post=seat.id, ground="推选"
            )
            await adopt(session, county, RULES)
        async with unchanged(county, AppointmentConflict), county.session() as session:
            await appointments.confirm(session, county.security, appointment=proposed.id)

    async def test_it_is_over_when_the_other_role_has_ended(self, strict: County) -> None:
        tree = await strict.tree()
        person = await strict.person()
        row = await strict.appoint(person, "firm_staff", tree.firm)
        async with strict.session() as session:
            await appointments.end(session, strict.administrator, appointment=row.id, reason="离职")
        await strict.appoint(person, "committee_member", tree.committee)

    async def test_another_countys_rules_are_not_asked(self, county: County) -> None:
        tree = await county.tree()
        person = await county.person()
        await county.appoint(person, "firm_staff", tree.firm)
        row = await county.appoint(person, "committee_member", tree.committee)
        assert row.warning is None


class TestAConflictThatWarns:
    async def test_the_appointment_carries_the_countys_reason(self, strict: County) -> None:
        tree = await strict.tree()
        person = await strict.person()
        first = await strict.appoint(person, "firm_manager", tree.firm)
        second = await strict.appoint(person, "building_head", tree.building)
        assert (first.warning, second.warning) == (None, "须公示")
        assert len((await strict.reload(person.id)).posts) == 2


class TestTheThreeAdministrators:
    @pytest.mark.parametrize("pair", list(permutations(APART, 2)))
    async def test_no_two_of_them_are_ever_one_person(
        self, county: County, pair: tuple[str, str]
    ) -> None:
        person = await county.person()
        await county.appoint(person, pair[0], county.root)
        await county.post(pair[1], county.root)
        async with unchanged(county, AppointmentConflict):
            await county.appoint(person, pair[1], county.root)


@pytest.mark.parametrize("office", ["housing_officer", "working_officer", "industry_officer"])
async def test_who_audits_holds_no_office_of_the_county(county: County, office: str) -> None:
    """Or an auditor could change what they look at."""
    auditor = county.founders["auditor"].person_id
    assert auditor is not None
    async with county.session(read_only=True) as session:
        person = await people.find(session, county.administrator, auditor)
    await county.post(office, county.root)
    async with unchanged(county, AppointmentConflict) as refused:
        await county.appoint(person, office, county.root)
    assert "who audits holds no office" in refused.value.message("en")


async def test_a_rule_with_an_unknown_effect_is_refused_with_the_whole_pack(
    county: County,
) -> None:
    wrong = {"roles": ["firm_staff", "committee_member"], "effect": "maybe", "reason": "？"}
    async with unchanged(county, PackRefused) as refused, county.session() as session:
        await adopt(session, county, {"appointments": {"conflicts": [wrong]}})
    assert "appointments.conflicts.0.effect" in refused.value.facts["problems"].en
