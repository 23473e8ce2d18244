"""People above one's own reach: a county officer isn't at the hands of those where they live."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from policies import Actor, Denied
from services import appointments, clock, people
from services.appointments import LastAdministrator
from tests.county import County
from tests.services.unchanged import unchanged


class TestOfficers:
    """Amending and revealing whoever holds one of the county's own roles."""

    @pytest.mark.parametrize("delay", [timedelta(), timedelta(days=365)])
    async def test_an_appointment_in_her_grid_puts_no_administrator_into_a_secretarys_hands(
        self, county: County, delay: timedelta
    ) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        async with county.session() as session:
            officer = await people.find(session, county.security, county.administrator.person_id)  # type: ignore[arg-type]
        begins = clock.now() + delay
        await county.appoint(officer, "party_member", tree.grids[0], starts_at=begins)
        async with unchanged(county, Denied), county.session() as session:
            await people.amend(session, secretary, person=officer.id, name="改名")
        async with unchanged(county, Denied), county.session() as session:
            await people.reveal(session, secretary, person=officer.id, purpose="想看看")

    async def test_an_appointment_yet_to_begin_puts_nobody_into_reach(self, county: County) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        person = await county.person()
        later = clock.now() + timedelta(days=1)
        await county.appoint(person, "party_member", tree.grids[0], starts_at=later)
        async with unchanged(county, Denied), county.session() as session:
            await people.amend(session, secretary, person=person.id, name="改名")

    async def test_nobody_is_moved_into_a_home_beyond_ones_reach(self, county: County) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        person = await county.person(home=tree.building.id)
        async with unchanged(county, Denied), county.session() as session:
            await people.amend(session, secretary, person=person.id, home=tree.communities[1].id)


class TestLastAdministrator:
    """A county is never without those who alone can appoint its administrators."""

    async def test_the_last_one_stays(self, county: County) -> None:
        held = county.security.posts[0].appointment_id
        async with unchanged(county, LastAdministrator), county.session() as session:
            await appointments.revoke(session, county.security, appointment=held, reason="试验")
        async with unchanged(county, LastAdministrator), county.session() as session:
            await appointments.end(session, county.administrator, appointment=held, reason="试验")

    async def test_two_who_end_each_other_at_once_leave_one(self, county: County) -> None:
        second = await county.actor("security_administrator")
        first = county.security
        pairs = ((first, second), (second, first))

        async def revoke(by: Actor, whom: Actor) -> bool:
            try:
                async with county.session() as session:
                    await appointments.revoke(
                        session,
                        by,
                        appointment=whom.posts[0].appointment_id,
                        reason="试验",
                    )
            except LastAdministrator:
                return False
            return True

        done = await asyncio.gather(*(revoke(by, whom) for by, whom in pairs))
        assert sorted(done) == [False, True]


class TestTimes:
    """No day or moment without end in the database, whoever writes it."""

    async def test_an_infinite_moment_is_refused_by_the_table_itself(self, county: County) -> None:
        for change in (
            "update appointment set ends_at = 'infinity'",
            "update unit set since = '-infinity'",
        ):
            with pytest.raises(IntegrityError):
                async with county.session() as session:
                    await session.exec(text(change))  # type: ignore[call-overload]
