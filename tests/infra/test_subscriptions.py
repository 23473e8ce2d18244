"""What a subscription pushes, to whom, and what ends it, whichever way the stream came."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from graphql import get_named_type
from uuid_utils.compat import uuid7

import schema
from infra.database import Database
from infra.settings import Settings
from services import clock, units
from services.changes import LOOK
from services.people import Person
from services.posts import Appointment
from services.units import Unit
from tests.county import County
from tests.everything import ids
from tests.infra.service import Service, token
from tests.infra.streams import WATCH, Process, process
from tests.infra.test_access_tokens import post, settled, signed_in
from tests.schema.world import world

SUBSCRIPTION = schema.build()._schema.subscription_type
FIELDS = SUBSCRIPTION.fields if SUBSCRIPTION else {}


@pytest.fixture(scope="module")
async def here(settings: Settings, database: Database) -> AsyncIterator[Process]:
    """The process that streams."""
    async with process(settings) as running:
        yield running


@pytest.fixture
async def bearer(county: County) -> str:
    """The administrator's token."""
    return await token(county, county.administrator)


@pytest.fixture
async def unit(county: County) -> Unit:
    """A unit that the public doesn't see."""
    return await county.unit("community", "东街社区", is_public=False)


async def rename(county: County, unit: Unit, name: str) -> None:
    async with county.session() as session:
        await units.rename(session, county.administrator, unit=unit.id, name=name)


async def instructor(
    county: County, unit: Unit, person: Person | None = None, **known: Any
) -> tuple[Appointment, str]:
    """Somebody who sees this unit and below, by one appointment."""
    person = person or await county.person()
    held = await county.appoint(person, "instructor", unit, **known)
    return held, await token(county, await county.reload(person.id))


class TestPushes:
    """First what is, then what has become of it."""

    async def test_the_present_state_comes_first_and_then_each_change(
        self, here: Process, county: County, unit: Unit, bearer: str
    ) -> None:
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            assert await stream.next() == {"name": "东街社区", "version": 1}
            await rename(county, unit, "东门社区")
            await here.look()
            assert await stream.next() == {"name": "东门社区", "version": 2}

    async def test_a_change_made_by_another_process_is_pushed(
        self, here: Process, served_beside: Service, unit: Unit, bearer: str
    ) -> None:
        change = 'mutation ($u: ID!) { renameUnit(unit: $u, name: "东关社区") { version } }'
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await served_beside.ask(change, {"u": f"Unit:{unit.id}"}, token=bearer)
            await here.look()
            assert (await stream.next())["name"] == "东关社区"

    async def test_many_changes_are_one_push_of_the_newest_however_slow_the_reader(
        self, here: Process, county: County, unit: Unit, bearer: str
    ) -> None:
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            for name in ("东门社区", "东关社区", "东城社区"):
                await rename(county, unit, name)
                await here.look()
            assert (await stream.next())["name"] == "东城社区"
            await rename(county, unit, "东方社区")
            await here.look()
            assert (await stream.next())["name"] == "东方社区"

    async def test_a_change_is_told_once(
        self, here: Process, county: County, unit: Unit, bearer: str
    ) -> None:
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await rename(county, unit, "东门社区")
            await here.look()
            await stream.next()
            await here.look()
            waiting = asyncio.ensure_future(stream.next())
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
            waiting.cancel()
            await asyncio.wait({waiting})
            await asyncio.gather(waiting, return_exceptions=True)

    async def test_what_happens_to_others_is_not_pushed(
        self, here: Process, county: County, other: County, unit: Unit, bearer: str
    ) -> None:
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await county.unit("grid", "第一网格", unit)
            await other.unit("community", "别处")
            await here.look()
            waiting = asyncio.ensure_future(stream.next())
            await rename(county, unit, "东门社区")
            await here.look()
            assert (await waiting)["name"] == "东门社区"

    async def test_a_push_says_even_what_the_selection_does_not_show(
        self, here: Process, county: County, unit: Unit, bearer: str
    ) -> None:
        document = "subscription ($id: ID!) { unitChanged(id: $id) { kind } }"
        async with here.stream(bearer, document, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await rename(county, unit, "东门社区")
            await here.look()
            assert await stream.next() == {"kind": "COMMUNITY"}

    async def test_aliases_fragments_and_what_hangs_on_it_are_read_as_in_a_query(
        self, here: Process, county: County, unit: Unit, bearer: str
    ) -> None:
        document = (
            "subscription Two($id: ID!) { ...on Subscription { unitChanged: unitChanged(id: $id)"
            " { __typename ...F } } } fragment F on Unit { n: name children { nodes { name } } }"
        )
        await county.unit("grid", "第一网格", unit)
        await county.unit("grid", "第二网格", unit)
        async with here.stream(bearer, document, id=f"Unit:{unit.id}") as stream:
            assert await stream.next() == {
                "__typename": "Unit",
                "n": "东街社区",
                "children": {"nodes": [{"name": "第一网格"}, {"name": "第二网格"}]},
            }

    async def test_the_public_watches_what_is_public(
        self, here: Process, county: County, unit: Unit
    ) -> None:
        async with here.stream(None, tenant=county.slug, id=f"Unit:{county.root.id}") as stream:
            await stream.next()
            await rename(county, county.root, "新县名")
            await here.look()
            assert (await stream.next())["name"] == "新县名"
        async with here.stream(None, tenant=county.slug, id=f"Unit:{unit.id}") as stream:
            assert (await stream.end()).code == "NOT_FOUND"


class TestRefusals:
    """What can't be watched is refused before anything is listened to."""

    async def test_another_countys_unit_is_as_one_that_is_not(
        self, here: Process, other: County, bearer: str
    ) -> None:
        theirs = await other.unit("community", "别县社区")
        said = []
        for id_ in (theirs.id, uuid7()):
            async with here.stream(bearer, id=f"Unit:{id_}") as stream:
                refused = await stream.end()
            said.append((refused.code, refused.message("zh").replace(str(id_), "")))
        assert said[0] == said[1]
        assert said[0][0] == "NOT_FOUND"

    async def test_a_unit_beyond_ones_reach_is_not_found(
        self, here: Process, county: County, unit: Unit
    ) -> None:
        _, bearer = await instructor(county, await county.unit("community", "西街社区"))
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            assert (await stream.end()).code == "NOT_FOUND"

    @pytest.mark.parametrize(
        ("document", "id_", "code"),
        [
            (WATCH, "nonsense", "BAD_INPUT"),
            (WATCH, "Person:018f0000-0000-7000-8000-000000000000", "BAD_INPUT"),
            ("subscription { __typename }", None, "DOCUMENT_REFUSED"),
            (
                'subscription { a: unitChanged(id: "x") { id } b: unitChanged(id: "x") { id } }',
                None,
                "DOCUMENT_REFUSED",
            ),
            (
                "subscription ($id: ID!) { unitChanged(id: $id) @skip(if: true) { id } }",
                "Unit:018f0000-0000-7000-8000-000000000000",
                "DOCUMENT_REFUSED",
            ),
            (
                "subscription ($id: ID!) { unitChanged(id: $id) { children(first: 100) { nodes {"
                " children(first: 100) { nodes { children(first: 100) { nodes { id } } } } } } } }",
                "Unit:018f0000-0000-7000-8000-000000000000",
                "QUERY_TOO_COSTLY",
            ),
        ],
    )
    async def test_what_is_wrong_or_too_much_is_refused(
        self, here: Process, bearer: str, document: str, id_: str | None, code: str
    ) -> None:
        variables = {} if id_ is None else {"id": id_}
        async with here.stream(bearer, document, **variables) as stream:
            assert (await stream.end()).code == code
        assert here.subscriptions.feed.is_idle

    async def test_what_ones_role_may_not_read_is_refused(
        self, here: Process, county: County
    ) -> None:
        document = "subscription ($id: ID!) { unitChanged(id: $id) { duties { totalCount } } }"
        reader = await token(county, await county.actor("resident"))
        async with here.stream(reader, document, id=f"Unit:{county.root.id}") as stream:
            assert (await stream.end()).code == "FORBIDDEN"


class TestEverySubscription:
    """What the schema lets one watch, whatever it is: a new one is covered unasked."""

    @pytest.mark.parametrize("name", FIELDS)
    async def test_ones_own_is_shown_and_another_countys_is_as_none(
        self, here: Process, county: County, other: County, bearer: str, name: str
    ) -> None:
        document = f"subscription ($id: ID!) {{ {name}(id: $id) {{ __typename }} }}"
        type_name = get_named_type(FIELDS[name].type).name
        own, foreign = [(await ids(await world(one)))[type_name] for one in (county, other)]
        async with here.stream(bearer, document, id=f"{type_name}:{own}") as stream:
            assert await stream.answer() == {name: {"__typename": type_name}}
        for id_ in (foreign, uuid7()):
            async with here.stream(bearer, document, id=f"{type_name}:{id_}") as stream:
                assert (await stream.end()).code == "NOT_FOUND"


class TestAuthorityLost:
    """A stream ends as its reader's authority does, without any event of what is watched."""

    async def test_by_a_revoked_appointment(
        self, here: Process, served_beside: Service, county: County, unit: Unit
    ) -> None:
        held, bearer = await instructor(county, unit)
        security = await token(county, county.security)
        revoke = (
            'mutation ($a: ID!) { revokeAppointment(appointment: $a, reason: "试验撤销")'
            " { state } }"
        )
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await served_beside.ask(revoke, {"a": f"Appointment:{held.id}"}, token=security)
            await here.look()
            assert (await stream.end()).code == "OUT_OF_SIGHT"

    async def test_by_an_appointment_that_comes_to_its_end(
        self, here: Process, county: County, unit: Unit
    ) -> None:
        soon = clock.now() + timedelta(seconds=2)
        _, bearer = await instructor(county, unit, ends_at=soon)
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            assert (await stream.end()).code == "OUT_OF_SIGHT"

    async def test_by_a_suspended_county(
        self, here: Process, served_beside: Service, county: County, platform: County, bearer: str
    ) -> None:
        operator = await token(platform, platform.founders["platform_operator"])
        suspend = 'mutation ($t: ID!) { suspendCounty(tenant: $t, reason: "试验暂停") { state } }'
        async with here.stream(bearer, id=f"Unit:{county.root.id}") as stream:
            await stream.next()
            await served_beside.ask(suspend, {"t": f"Tenant:{county.id}"}, token=operator)
            await here.look()
            assert (await stream.end()).code == "TENANT_SUSPENDED"

    async def test_by_a_sign_out(
        self, here: Process, served_beside: Service, county: County
    ) -> None:
        await settled(county)
        session = await signed_in(served_beside, county)
        access = session["access_token"]
        async with here.stream(access, id=f"Unit:{county.root.id}") as stream:
            await stream.next()
            await post(served_beside, county, "/sign-out", token=session["refresh_token"])
            await here.look()
            assert (await stream.end()).code == "TOKEN_REFUSED"

    async def test_by_the_end_of_the_token(
        self, here: Process, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        short = await token(county, county.administrator, minutes=1)
        almost = clock.now() + timedelta(seconds=59)
        monkeypatch.setattr(clock, "now", lambda: almost)
        async with here.stream(short, id=f"Unit:{county.root.id}") as stream:
            await stream.next()
            ending = asyncio.ensure_future(stream.end())
            await asyncio.sleep(0)
            monkeypatch.setattr(clock, "now", lambda: almost + timedelta(seconds=2))
            assert (await ending).code == "TOKEN_REFUSED"

    async def test_by_what_is_watched_moving_out_of_reach(
        self, here: Process, county: County, unit: Unit
    ) -> None:
        west = await county.unit("community", "西街社区")
        grid = await county.unit("grid", "第一网格", unit, is_public=False)
        _, bearer = await instructor(county, unit)
        async with here.stream(bearer, id=f"Unit:{grid.id}") as stream:
            await stream.next()
            async with county.session() as session:
                await units.move(session, county.administrator, unit=grid.id, parent=west.id)
            await here.look()
            ended = await stream.end()
        assert (ended.code, ended.facts) == ("OUT_OF_SIGHT", {"id": f"Unit:{grid.id}"})

    async def test_and_goes_on_unsaid_where_it_only_changed(
        self, here: Process, county: County, unit: Unit
    ) -> None:
        person = await county.person()
        _, bearer = await instructor(county, unit, person)
        async with here.stream(bearer, id=f"Unit:{unit.id}") as stream:
            await stream.next()
            await county.appoint(person, "resident", unit)
            await here.look()
            waiting = asyncio.ensure_future(stream.next())
            done, _ = await asyncio.wait({waiting}, timeout=0.5)
            assert not done
            await rename(county, unit, "东门社区")
            await here.look()
            assert await waiting == {"name": "东门社区", "version": 2}


class TestTheFeed:
    """One look for all who listen, and none where nobody does."""

    async def test_two_hundred_subscribers_are_told_by_one_statement(
        self, here: Process, county: County, unit: Unit, bearer: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        looks: list[tuple[Any, ...]] = []
        reader = here.subscriptions.feed.database.reader

        async def fetch(sql: str, *arguments: Any) -> Any:
            looks.append((sql, *arguments))
            return await reader.fetch(sql, *arguments)

        counted = type("Counted", (), {"fetch": staticmethod(fetch), "fetchval": reader.fetchval})
        streams = [here.stream(bearer, id=f"Unit:{unit.id}") for _ in range(200)]
        opened = [await stream.__aenter__() for stream in streams]
        assert {(await stream.next())["version"] for stream in opened} == {1}
        monkeypatch.setattr(here.subscriptions.feed.database, "reader", counted)
        waiting = [asyncio.ensure_future(stream.next()) for stream in opened]
        await rename(county, unit, "东门社区")
        await here.look()
        assert {push["version"] for push in await asyncio.gather(*waiting)} == {2}
        assert [(sql, counties) for sql, counties, *_ in looks] == [(LOOK, [county.id])]
        for stream in streams:
            await stream.__aexit__(None, None, None)
        assert here.subscriptions.feed.is_idle
        assert not here.subscriptions.feed.listeners

    async def test_it_looks_by_itself_and_survives_a_look_that_fails(
        self, settings: Settings, database: Database, county: County, unit: Unit, bearer: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        async with process(settings) as running:
            feed = running.subscriptions.feed
            feed.seconds = 0.02
            async with running.stream(bearer, id=f"Unit:{unit.id}") as stream:
                await stream.next()
                pool, failed = feed.database.reader, asyncio.Event()

                async def fails(*_: Any) -> None:
                    failed.set()
                    raise OSError("the database is away")

                broken = type("Away", (), {"fetch": staticmethod(fails)})
                monkeypatch.setattr(feed.database, "reader", broken)
                await rename(county, unit, "东门社区")
                await failed.wait()
                monkeypatch.setattr(feed.database, "reader", pool)
                assert (await stream.next())["name"] == "东门社区"
