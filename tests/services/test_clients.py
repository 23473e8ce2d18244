"""Clients: registering within the ceiling, proving a secret, revoking, and origins of browsers."""

import pytest

import policies
from policies import Denied
from services import authority, clients
from services.clients import Client, ClientRevoked, GrantBeyondCeiling, RegisteredClient
from services.errors import BadInput, NotFound, StaleVersion, TokenRefused
from services.standing import holds
from tests.county import County
from tests.services.unchanged import contents, unchanged

ORIGIN = "https://portal.example.test"
GRANTS = ["units.read", "coverage.read"]


async def registered(
    county: County, origins: list[str] | None = None, grants: list[str] | None = None
) -> RegisteredClient:
    async with county.session() as session:
        return await clients.register(
            session, county.administrator, name="县门户",
            origins=[ORIGIN] if origins is None else origins,
            grants=GRANTS if grants is None else grants,
        )  # fmt: skip


async def revoked(county: County, made: RegisteredClient) -> Client:
    async with county.session() as session:
        return await clients.revoke(session, county.security, client=made.id, reason="停止合作")


class TestRegister:
    async def test_the_secret_is_shown_once_and_kept_as_a_hash(self, county: County) -> None:
        made = await registered(county)
        assert len(made.secret) >= 43
        async with county.session(read_only=True) as session:
            row = await clients.find(session, county.administrator, made.id)
        assert len(row.secret_hash) == 32
        assert made.secret.encode() not in row.secret_hash
        assert await county.events("client.registered") == 1

    async def test_every_grant_of_the_ceiling_may_be_given(self, county: County) -> None:
        every = [f"{object_}.{action}" for object_, action in policies.ceiling()]
        made = await registered(county, grants=every)
        async with county.session(read_only=True) as session:
            row = await clients.find(session, county.administrator, made.id)
        assert clients.limits_of(row) == policies.ceiling()

    @pytest.mark.parametrize(
        "grant", ["people.reveal", "units.found", "units", "", "events.read", "units.read ", "*.*"]
    )
    async def test_a_grant_beyond_the_ceiling_is_refused(self, county: County, grant: str) -> None:
        async with unchanged(county, GrantBeyondCeiling) as refused:
            await registered(county, grants=["units.read", grant])
        assert refused.value.facts["grants"] == grant

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("https://Portal.Example.test/", "https://portal.example.test"),
            ("https://portal.example.test:443", "https://portal.example.test"),
            ("https://portal.example.test:8443", "https://portal.example.test:8443"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
        ],
    )
    async def test_an_origin_is_kept_as_a_browser_sends_it(
        self, county: County, given: str, kept: str
    ) -> None:
        await registered(county, origins=[given])
        async with county.session(read_only=True) as session:
            assert await clients.origin_allowed(session, county.id, kept)

    @pytest.mark.parametrize(
        "origin",
        ["*", "null", "http://portal.example.test", "https://*.example.test", "https://a/b",
         "https://a?b", "https://u@a", "https://a:99999", "javascript:alert(1)", "https://", "",
         "https://[::1", "https://a b", "https://县.example.test", "https://a:b", "https://[x]"],
    )  # fmt: skip
    async def test_what_is_no_safe_origin_is_refused(self, county: County, origin: str) -> None:
        async with unchanged(county, BadInput):
            await registered(county, origins=[origin])

    async def test_the_security_administrator_registers_none(self, county: County) -> None:
        async with unchanged(county, Denied), county.session() as session:
            await clients.register(session, county.security, name="x", origins=[], grants=[])


class TestProve:
    async def test_the_right_secret_proves_it(self, county: County) -> None:
        made = await registered(county)
        async with county.session(read_only=True) as session:
            found = await clients.prove(session, county.id, client=made.id, secret=made.secret)
        assert found is not None

    async def test_any_other_secret_client_or_county_does_not(
        self, county: County, other: County
    ) -> None:
        made, another = await registered(county), await registered(county)
        tried = [(made.id, ""), (made.id, another.secret), (county.id, made.secret)]
        async with county.session(read_only=True) as session:
            for client, secret in tried:
                assert await clients.prove(session, county.id, client=client, secret=secret) is None
        async with other.session(read_only=True) as session:
            theirs = await clients.prove(session, other.id, client=made.id, secret=made.secret)
        assert theirs is None


class TestRevoke:
    async def test_its_secret_and_its_origins_are_worth_nothing(self, county: County) -> None:
        made = await registered(county)
        await revoked(county, made)
        async with county.session(read_only=True) as session:
            assert not await clients.origin_allowed(session, county.id, ORIGIN)
            found = await clients.prove(session, county.id, client=made.id, secret=made.secret)
        assert found is None

    async def test_an_authority_read_before_holds_no_longer(self, county: County) -> None:
        made = await registered(county)
        async with county.session() as session:
            before = await authority.load(session, county.id, person_id=None, client_id=made.id)
            assert await holds(session, before)
        await revoked(county, made)
        async with county.session() as session:
            assert not await holds(session, before)
            with pytest.raises(TokenRefused):
                await authority.load(session, county.id, person_id=None, client_id=made.id)

    async def test_so_does_a_persons_who_acts_through_it(self, county: County) -> None:
        made, person = await registered(county), county.security.person_id
        async with county.session() as session:
            before = await authority.load(session, county.id, person_id=person, client_id=made.id)
            alone = await authority.load(session, county.id, person_id=person, client_id=None)
        await revoked(county, made)
        async with county.session() as session:
            assert not await holds(session, before)
            assert await holds(session, alone)

    async def test_a_second_time_is_refused(self, county: County) -> None:
        made = await registered(county)
        await revoked(county, made)
        async with unchanged(county, ClientRevoked):
            await revoked(county, made)

    async def test_an_old_version_is_refused(self, county: County) -> None:
        made = await registered(county)
        async with unchanged(county, StaleVersion), county.session() as session:
            await clients.revoke(
                session, county.security, client=made.id, reason="x", expected_version=7
            )

    async def test_one_of_another_county_is_not_there(self, county: County, other: County) -> None:
        theirs = await registered(other)
        before = await contents(other)
        async with unchanged(county, NotFound):
            await revoked(county, theirs)
        assert await contents(other) == before


class TestAuthority:
    async def test_a_client_reads_what_it_was_granted(self, county: County) -> None:
        made = await registered(county)
        async with county.session() as session:
            found = await authority.load(session, county.id, person_id=None, client_id=made.id)
        assert found.actor.reach("coverage", "read").county
        assert not found.actor.reach("people", "read")

    async def test_a_person_through_a_client_has_the_lesser_of_both(self, county: County) -> None:
        made, person = await registered(county), county.security.person_id
        async with county.session() as session:
            through = await authority.load(session, county.id, person_id=person, client_id=made.id)
            alone = await authority.load(session, county.id, person_id=person, client_id=None)
        for permission, reach in through.actor.permissions.items():
            assert reach.public or permission in policies.ceiling()
            assert permission in alone.actor.permissions
        assert alone.actor.reach("accounts", "open").county
        assert not through.actor.reach("accounts", "open")
        assert through.actor.reach("units", "read").county

    async def test_a_person_without_posts_gains_nothing_by_the_client(self, county: County) -> None:
        made, person = await registered(county, grants=["people.read"]), await county.person()
        async with county.session() as session:
            found = await authority.load(session, county.id, person_id=person.id, client_id=made.id)
        assert not found.actor.reach("people", "read").county
