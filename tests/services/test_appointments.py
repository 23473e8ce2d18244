"""Appointments: proposing, confirming, ending, revoking, and the authority that follows."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from policies import Actor, Denied
from services import appointments, clock, posts, units
from services.appointments import (
    OwnAppointment,
    RoleUnknown,
    SeatTaken,
    TermOver,
    WrongState,
)
from services.errors import BadInput, EndsBeforeItBegins, NotFound, StaleVersion
from services.people import Person
from services.posts import Appointment, Post
from services.standing import Standing
from services.units import Unit, UnitClosed
from tests.county import County
from tests.services.unchanged import unchanged

DAY = timedelta(days=1)
LONG_AGO = datetime(2022, 3, 1, tzinfo=UTC)


async def propose(
    county: County,
    person: Person,
    post: Post,
    *,
    by: Actor | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Appointment:
    async with county.session() as session:
        return await appointments.propose(
            session, by or county.administrator, person=person.id, post=post.id,
            starts_at=starts_at, ends_at=ends_at, ground="支部会议推荐",
        )  # fmt: skip


async def confirm(county: County, appointment: UUID, by: Actor | None = None) -> Appointment:
    async with county.session() as session:
        return await appointments.confirm(session, by or county.security, appointment=appointment)


async def end(county: County, appointment: UUID, ends_at: datetime | None = None) -> Appointment:
    async with county.session() as session:
        return await appointments.end(
            session, county.administrator, appointment=appointment, ends_at=ends_at, reason="届满"
        )


async def revoke(county: County, appointment: UUID) -> Appointment:
    async with county.session() as session:
        return await appointments.revoke(
            session, county.security, appointment=appointment, reason="违纪"
        )


async def standing(county: County, person: UUID) -> int:
    mine = select(Standing.number).where(
        Standing.tenant_id == county.id, Standing.subject_id == person
    )
    async with county.session(read_only=True) as session:
        return (await session.exec(mine)).first() or 0


async def community_post(county: County, seats: int = 1) -> tuple[Unit, Post]:
    community = await county.unit("community", "东街社区")
    return community, await county.post("community_secretary", community, seats=seats)


class TestCreatePost:
    async def test_a_post_gives_a_role_in_a_unit(self, county: County) -> None:
        community, post = await community_post(county)
        assert (post.role, post.unit_id, post.seats) == ("community_secretary", community.id, 1)

    @pytest.mark.parametrize("role", ["emperor", "public", "client", "platform_operator"])
    async def test_a_role_that_a_county_does_not_appoint_is_refused(
        self, county: County, role: str
    ) -> None:
        async with unchanged(county, RoleUnknown):
            await county.post(role, county.root)

    async def test_no_seat_at_all_is_refused(self, county: County) -> None:
        async with unchanged(county, BadInput):
            await county.post("auditor", county.root, seats=0)

    async def test_another_countys_unit_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        async with unchanged(county, NotFound) as refused:
            await county.post("auditor", other.root)
        assert refused.value.facts == {"id": f"Unit:{other.root.id}"}


class TestPropose:
    async def test_a_proposal_gives_no_authority_yet(self, county: County) -> None:
        _, post = await community_post(county)
        person = await county.person()
        row = await propose(county, person, post)
        assert (row.state, row.version) == ("proposed", 1)
        assert (await county.reload(person.id)).posts == ()
        assert await county.events("appointment.proposed") == 1

    async def test_a_term_that_ends_before_it_begins_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        person = await county.person()
        for days in (0, 1):
            async with unchanged(county, EndsBeforeItBegins):
                await propose(
                    county, person, post, starts_at=LONG_AGO, ends_at=LONG_AGO - days * DAY
                )

    async def test_a_one_seat_post_is_not_held_twice_at_once(self, county: County) -> None:
        community, post = await community_post(county)
        await county.appoint(await county.person(), post.role, community)
        person = await county.person()
        async with unchanged(county, SeatTaken) as refused:
            await propose(county, person, post)
        assert refused.value.facts == {"seats": 1}

    async def test_one_term_may_begin_as_the_other_ends(self, county: County) -> None:
        _, post = await community_post(county)
        one, two = await county.person(), await county.person()
        await propose(county, one, post, starts_at=LONG_AGO, ends_at=LONG_AGO + DAY)
        await propose(county, two, post, starts_at=LONG_AGO + DAY, ends_at=LONG_AGO + 2 * DAY)
        async with unchanged(county, SeatTaken):
            await propose(county, one, post, starts_at=LONG_AGO - DAY, ends_at=LONG_AGO + 3 * DAY)

    async def test_two_seats_are_counted_at_each_moment(self, county: County) -> None:
        _, post = await community_post(county, seats=2)
        one, two, three = [await county.person() for _ in range(3)]
        await propose(county, one, post, starts_at=LONG_AGO, ends_at=LONG_AGO + DAY)
        await propose(county, two, post, starts_at=LONG_AGO + DAY, ends_at=LONG_AGO + 2 * DAY)
        await propose(county, three, post, starts_at=LONG_AGO, ends_at=LONG_AGO + 2 * DAY)
        async with unchanged(county, SeatTaken):
            await propose(county, one, post, starts_at=LONG_AGO + DAY / 2)

    async def test_of_two_proposals_at_once_one_has_the_seat(self, county: County) -> None:
        _, post = await community_post(county)
        one, two = await county.person(), await county.person()
        ends = await asyncio.gather(
            propose(county, one, post), propose(county, two, post), return_exceptions=True
        )
        assert sorted(type(end).__name__ for end in ends) == ["Appointment", "SeatTaken"]
        assert await county.events("appointment.proposed") == 1

    async def test_another_countys_post_and_person_are_as_ones_that_do_not_exist(
        self, county: County, other: County
    ) -> None:
        _, mine = await community_post(county)
        _, theirs = await community_post(other)
        person, stranger = await county.person(), await other.person()
        async with unchanged(county, NotFound):
            await propose(county, person, theirs)
        async with unchanged(county, NotFound) as refused:
            await propose(county, stranger, mine)
        assert refused.value.facts == {"id": f"Person:{stranger.id}"}

    async def test_a_closed_units_post_is_refused(self, county: County) -> None:
        bureau = await county.unit("bureau", "县住建局", since=LONG_AGO.date())
        post, person = await county.post("housing_officer", bureau), await county.person()
        async with county.session() as session:
            await units.close(session, county.administrator, unit=bureau.id, reason="机构改革")
        async with unchanged(county, UnitClosed):
            await propose(county, person, post)

    async def test_a_secretary_proposes_in_their_own_community_only(self, county: County) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        person = await county.person()
        inside = await county.post("grid_worker", tree.grids[0])
        outside = await county.post("grid_worker", tree.grids[1])
        await propose(county, person, inside, by=secretary)
        async with unchanged(county, Denied):
            await propose(county, person, outside, by=secretary)


class TestConfirm:
    async def test_from_its_beginning_on_it_gives_authority(self, county: County) -> None:
        community, post = await community_post(county)
        person = await county.person()
        proposed = await propose(county, person, post)
        before = await standing(county, person.id)
        row = await confirm(county, proposed.id)
        assert (row.state, row.version) == ("confirmed", 2)
        assert row.confirmed_by == county.security.person_id
        [held] = (await county.reload(person.id)).posts
        assert (held.role, held.unit_id) == ("community_secretary", community.id)
        assert await standing(county, person.id) == before + 1
        assert await county.events("appointment.confirmed") == len(county.founders) + 1

    async def test_a_later_beginning_gives_none_until_then(self, county: County) -> None:
        _, post = await community_post(county)
        person = await county.person()
        starts_at = clock.now() + DAY
        proposed = await propose(county, person, post, starts_at=starts_at)
        await confirm(county, proposed.id)
        async with county.session() as session:
            now = await posts.held_now(session, county.id, person.id, clock.now())
            then = await posts.held_now(session, county.id, person.id, starts_at)
        assert now == ((), starts_at)
        assert [held.appointment_id for held in then[0]] == [proposed.id]
        assert then[1] is None

    async def test_ones_own_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        officer = await county.actor("working_officer")
        async with county.session() as session:
            proposed = await appointments.propose(
                session, county.administrator, person=officer.person_id or uuid4(), post=post.id,
                ground="支部会议推荐",
            )  # fmt: skip
        async with unchanged(county, OwnAppointment):
            await confirm(county, proposed.id, by=officer)

    async def test_one_that_oneself_proposed_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        officer = await county.actor("working_officer")
        proposed = await propose(county, await county.person(), post, by=officer)
        async with unchanged(county, OwnAppointment):
            await confirm(county, proposed.id, by=officer)

    async def test_the_database_refuses_it_too(self, county: County) -> None:
        _, post = await community_post(county)
        person = await county.person()
        proposed = await propose(county, person, post)
        for who in (person.id, county.administrator.person_id):
            own = update(Appointment).where(col(Appointment.id) == proposed.id)
            async with unchanged(county, IntegrityError), county.session() as session:
                await session.exec(own.values(confirmed_by=who))

    async def test_of_two_confirmations_at_once_one_counts(self, county: County) -> None:
        _, post = await community_post(county)
        person = await county.person()
        proposed = await propose(county, person, post)
        officer = await county.actor("working_officer")
        before = await standing(county, person.id)
        ends = await asyncio.gather(
            confirm(county, proposed.id), confirm(county, proposed.id, by=officer),
            return_exceptions=True,
        )  # fmt: skip
        assert sorted(type(end).__name__ for end in ends) == ["Appointment", "WrongState"]
        assert await standing(county, person.id) == before + 1

    async def test_a_stale_version_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        proposed = await propose(county, await county.person(), post)
        async with unchanged(county, StaleVersion), county.session() as session:
            await appointments.confirm(
                session, county.security, appointment=proposed.id, expected_version=5
            )

    async def test_a_confirmed_one_is_not_confirmed_again(self, county: County) -> None:
        _, post = await community_post(county)
        proposed = await propose(county, await county.person(), post)
        await confirm(county, proposed.id)
        async with unchanged(county, WrongState):
            await confirm(county, proposed.id)

    async def test_who_may_only_propose_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        proposed = await propose(county, await county.person(), post)
        officer = await county.actor("housing_officer")
        async with unchanged(county, Denied):
            await confirm(county, proposed.id, by=officer)

    async def test_another_countys_is_as_one_that_does_not_exist(
        self, county: County, other: County
    ) -> None:
        _, post = await community_post(other)
        theirs = await propose(other, await other.person(), post)
        for appointment in (theirs.id, uuid4()):
            async with unchanged(county, NotFound) as refused:
                await confirm(county, appointment)
            assert refused.value.facts == {"id": f"Appointment:{appointment}"}
        assert await other.events("appointment.confirmed") == len(other.founders)


class TestEnd:
    async def test_ended_now_its_authority_is_gone(self, county: County) -> None:
        community, post = await community_post(county)
        person = await county.person()
        row = await county.appoint(person, post.role, community)
        before = await standing(county, person.id)
        ended = await end(county, row.id)
        assert (ended.state, ended.version) == ("ended", 3)
        assert (await county.reload(person.id)).posts == ()
        assert await standing(county, person.id) == before + 1
        assert await county.events("appointment.ended") == 1

    async def test_ended_later_it_stands_until_then(self, county: County) -> None:
        community, post = await community_post(county)
        person = await county.person()
        row = await county.appoint(person, post.role, community)
        later = clock.now() + DAY
        assert (await end(county, row.id, later)).state == "confirmed"
        async with county.session() as session:
            now = await posts.held_now(session, county.id, person.id, clock.now())
            then = await posts.held_now(session, county.id, person.id, later)
        assert (len(now[0]), now[1], then) == (1, later, ((), None))

    async def test_it_cannot_lengthen_a_term(self, county: County) -> None:
        community, post = await community_post(county)
        until = clock.now() + DAY
        row = await county.appoint(await county.person(), post.role, community, ends_at=until)
        async with unchanged(county, TermOver):
            await end(county, row.id, until + DAY)

    async def test_an_end_before_its_beginning_is_refused(self, county: County) -> None:
        community, post = await community_post(county)
        row = await county.appoint(await county.person(), post.role, community)
        async with unchanged(county, EndsBeforeItBegins):
            await end(county, row.id, LONG_AGO)

    async def test_a_proposed_or_ended_one_is_refused(self, county: County) -> None:
        community, post = await community_post(county, seats=2)
        proposed = await propose(county, await county.person(), post)
        ended = await county.appoint(await county.person(), post.role, community)
        await end(county, ended.id)
        for row in (proposed, ended):
            async with unchanged(county, WrongState):
                await end(county, row.id)

    async def test_its_seat_is_free_again(self, county: County) -> None:
        community, post = await community_post(county)
        row = await county.appoint(await county.person(), post.role, community)
        await end(county, row.id)
        await county.appoint(await county.person(), post.role, community)


class TestRevoke:
    async def test_its_authority_is_gone_at_once(self, county: County) -> None:
        community, post = await community_post(county)
        person = await county.person()
        row = await county.appoint(person, post.role, community)
        assert (await revoke(county, row.id)).state == "revoked"
        assert (await county.reload(person.id)).posts == ()
        assert await county.events("appointment.revoked") == 1

    async def test_a_proposal_can_be_revoked_and_never_confirmed_after(
        self, county: County
    ) -> None:
        _, post = await community_post(county)
        row = await propose(county, await county.person(), post)
        await revoke(county, row.id)
        async with unchanged(county, WrongState):
            await confirm(county, row.id)

    async def test_a_revoked_one_is_refused(self, county: County) -> None:
        _, post = await community_post(county)
        row = await propose(county, await county.person(), post)
        await revoke(county, row.id)
        async with unchanged(county, WrongState):
            await revoke(county, row.id)
