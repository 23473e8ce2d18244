"""People: registering, amending and revealing; phone and identity number stand nowhere in clear."""

import asyncio

import pytest
from sqlalchemy import text
from sqlmodel import select

from policies import Denied
from services import clock, people
from services.accounts import rotate_keys
from services.errors import BadInput, NotFound, StaleVersion
from services.events import Event
from services.people import IdentityTaken, Person, PhoneTaken, Revealed
from services.units import UnitClosed
from tests.county import County
from tests.services.test_units import close
from tests.services.unchanged import contents, unchanged

PHONE = "13900000001"


def identity(number: int) -> str:
    """An identity number that nobody has: born on the first day of 1900, its check right."""
    body = f"11010119000101{number:03}"
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


async def reveal(county: County, person: Person) -> Revealed:
    async with county.session() as session:
        return await people.reveal(
            session, county.security, person=person.id, purpose="核对联系方式"
        )


class TestRegister:
    async def test_the_phone_is_kept_sealed_hashed_and_masked(self, county: County) -> None:
        person = await county.person("住户甲", phone="+86 139-0000-0001")
        assert person.phone_masked == "139****0001"
        assert PHONE.encode() not in (person.phone_cipher or PHONE.encode())
        assert len(person.phone_hash or b"") == 32

    async def test_no_table_shows_it_in_clear(self, county: County) -> None:
        await county.person("住户甲", phone=PHONE, identity_number=identity(1))
        async with county.session(read_only=True) as session:
            connection = await session.connection()
            for table in await contents(county):
                rows = await connection.execute(text(f'select r::text from "{table}" r'))
                shown = " ".join(rows.scalars().all())
                for secret in (PHONE, identity(1)):
                    assert secret not in shown
                    assert secret.encode().hex() not in shown

    async def test_a_phone_that_somebody_has_is_refused_however_it_is_written(
        self, county: County
    ) -> None:
        await county.person("住户甲", phone=PHONE)
        async with unchanged(county, PhoneTaken):
            await county.person("住户乙", phone="0086 139 0000 0001")

    async def test_an_identity_number_that_somebody_has_is_refused(self, county: County) -> None:
        await county.person("住户甲", identity_number=identity(1))
        async with unchanged(county, IdentityTaken):
            await county.person("住户乙", identity_number=identity(1))

    async def test_two_at_once_with_one_phone_leave_one(self, county: County) -> None:
        made = await asyncio.gather(
            *(county.person(f"住户{n}", phone=PHONE) for n in range(4)), return_exceptions=True
        )
        assert sum(isinstance(one, Person) for one in made) == 1
        assert sum(isinstance(one, PhoneTaken) for one in made) == 3

    async def test_another_county_may_have_the_same_phone(
        self, county: County, other: County
    ) -> None:
        one = await county.person("住户甲", phone=PHONE)
        two = await other.person("住户甲", phone=PHONE)
        assert one.phone_hash != two.phone_hash

    @pytest.mark.parametrize("phone", ["12345678901", "1390000000", "139000000012", "不知道"])
    async def test_what_is_no_phone_is_refused(self, county: County, phone: str) -> None:
        async with unchanged(county, BadInput):
            await county.person(phone=phone)

    async def test_a_wrong_check_character_is_refused(self, county: County) -> None:
        right = identity(1)
        wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
        async with unchanged(county, BadInput):
            await county.person(identity_number=wrong)

    async def test_a_home_that_is_closed_is_refused(self, county: County) -> None:
        home = await county.unit("community", "旧社区", since=clock.now().date().replace(year=2020))
        await close(county, home)
        async with unchanged(county, UnitClosed):
            await county.person(home=home.id)

    async def test_a_grid_worker_registers_in_their_own_grid_only(self, county: County) -> None:
        tree = await county.tree()
        worker = await county.actor("grid_worker", tree.grids[0])
        async with county.session() as session:
            here = await people.register(session, worker, name="住户甲", home=tree.stairwell.id)
        assert here.made_by == worker.person_id
        async with unchanged(county, Denied), county.session() as session:
            await people.register(session, worker, name="住户乙", home=tree.grids[1].id)


class TestAmend:
    async def test_what_is_left_out_stays(self, county: County) -> None:
        person = await county.person("住户甲", phone=PHONE, is_party_member=True)
        async with county.session() as session:
            row = await people.amend(session, county.administrator, person=person.id, name="甲")
        assert (row.name, row.is_party_member, row.version) == ("甲", True, 2)
        assert (await reveal(county, person)).phone == PHONE

    async def test_a_new_phone_frees_the_old_one(self, county: County) -> None:
        person = await county.person("住户甲", phone=PHONE)
        async with county.session() as session:
            await people.amend(session, county.administrator, person=person.id, phone="13900000002")
        assert (await county.person("住户乙", phone=PHONE)).phone_masked == "139****0001"

    async def test_ones_own_phone_again_is_no_conflict(self, county: County) -> None:
        person = await county.person("住户甲", phone=PHONE)
        async with county.session() as session:
            row = await people.amend(session, county.administrator, person=person.id, phone=PHONE)
        assert row.version == 2

    async def test_another_ones_phone_is_refused(self, county: County) -> None:
        await county.person("住户甲", phone=PHONE)
        other = await county.person("住户乙", phone="13900000002")
        async with unchanged(county, PhoneTaken), county.session() as session:
            await people.amend(session, county.administrator, person=other.id, phone=PHONE)

    async def test_an_old_version_is_refused(self, county: County) -> None:
        person = await county.person()
        async with unchanged(county, StaleVersion), county.session() as session:
            await people.amend(
                session, county.administrator, person=person.id, name="甲", expected_version=9
            )

    async def test_a_resident_amends_nobody(self, county: County) -> None:
        tree = await county.tree()
        resident = await county.actor("resident", tree.stairwell)
        neighbour = await county.person(home=tree.stairwell.id)
        assert resident.person_id
        for person in (resident.person_id, neighbour.id):
            async with unchanged(county, Denied), county.session() as session:
                await people.amend(session, resident, person=person, name="别名")

    async def test_a_person_of_another_county_is_not_there(
        self, county: County, other: County
    ) -> None:
        theirs = await other.person()
        before = await contents(other)
        async with unchanged(county, NotFound), county.session() as session:
            await people.amend(session, county.administrator, person=theirs.id, name="甲")
        assert await contents(other) == before


class TestReveal:
    async def test_it_shows_both_in_clear_and_is_recorded_with_its_purpose(
        self, county: County
    ) -> None:
        person = await county.person("住户甲", phone=PHONE, identity_number=identity(1))
        shown = await reveal(county, person)
        assert (shown.phone, shown.identity_number) == (PHONE, identity(1))
        async with county.session(read_only=True) as session:
            mine = select(Event).where(Event.name == "person.revealed")
            event = (await session.exec(mine)).one()
        assert event.after == {"purpose": "核对联系方式"}
        assert (event.object_id, event.person_id) == (person.id, county.security.person_id)

    async def test_without_the_permission_nothing_is_shown(self, county: County) -> None:
        person = await county.person(phone=PHONE)
        async with unchanged(county, Denied), county.session() as session:
            await people.reveal(session, county.administrator, person=person.id, purpose="想看看")

    async def test_it_opens_on_either_side_of_a_rotation(self, county: County) -> None:
        one = await county.person(phone=PHONE)
        two = await county.person(identity_number=identity(2))
        async with county.session() as session:
            await rotate_keys(session, county.security, batch=5)
        assert (await reveal(county, one)).phone == PHONE
        assert (await reveal(county, two)).identity_number == identity(2)
