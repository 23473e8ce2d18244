"""Who asks: forged, stale and stolen tokens are refused, and a warm request asks nothing."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from sqlalchemy import Engine, event
from sqlmodel import select

from infra.auth import Authenticator, NobodyHolds, issue_for
from infra.database import Database
from infra.settings import Settings
from services import appointments, clients, clock, proving, sealing, signing, tenants
from services.errors import (
    Refused,
    TenantMissing,
    TenantSuspended,
    TenantUnknown,
    TokenRefused,
)
from services.signing import Bearer, SigningKey
from services.standing import holds
from tests.county import County
from tests.services.test_clients import registered, revoked


@pytest.fixture
def authenticator(database: Database, settings: Settings) -> Authenticator:
    """One process's, with nothing in it yet."""
    return Authenticator(database, settings)


async def token_of(county: County, person: UUID | None, client: UUID | None = None) -> str:
    """A good token."""
    subject = person or client
    assert subject is not None
    async with county.session() as session:
        bearer = Bearer(county.id, county.slug, subject, client)
        return await signing.issue(session, bearer, minutes=15)


def bearer(token: str) -> str:
    return f"Bearer {token}"


async def private_key(county: County) -> tuple[str, OKPKey]:
    """The county's signing key itself: what a forger would like to have."""
    async with county.session() as session:
        row = await signing.current(session, county.id)
        pem = sealing.master_of(session).unwrap(row.wrapped, f"{county.id}:signing:{row.kid}")
    return row.kid, OKPKey.import_key(pem)


def claims_for(county: County, **changed: Any) -> dict[str, Any]:
    """The claims of a good token, with some of them changed; None leaves one out."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": "sanfang", "aud": "sanfang", "tenant": county.slug, "tid": str(county.id),
        "sub": str(county.security.person_id), "iat": now, "exp": now + 600, "jti": "1",
    } | changed  # fmt: skip
    return {name: value for name, value in claims.items() if value is not None}


async def signed(county: County, **changed: Any) -> str:
    """A token really signed by the county's key, whatever it claims."""
    kid, key = await private_key(county)
    return jwt.encode({"alg": "EdDSA", "kid": kid}, claims_for(county, **changed), key, ["EdDSA"])


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    """A token put together by hand, with an HMAC for its signature or none at all."""
    body = b".".join(
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)
    )
    mark = b"" if secret is None else hmac.digest(secret, body, "sha256")
    return (body + b"." + urlsafe_b64encode(mark).rstrip(b"=")).decode()


async def refused(
    authenticator: Authenticator, token: str, refusal: type[Refused], tenant: str | None = None
) -> None:
    """The token is refused, and again when it comes a second time."""
    for _ in range(2):
        with pytest.raises(refusal):
            await authenticator.authenticate(bearer(token), tenant)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What the process asks the database meanwhile."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


class TestAuthenticate:
    async def test_a_token_speaks_for_its_person_in_their_posts(
        self, county: County, authenticator: Authenticator
    ) -> None:
        token = await token_of(county, county.security.person_id)
        found = await authenticator.authenticate(bearer(token), None)
        assert found.actor == county.security

    async def test_without_a_token_it_is_the_public(
        self, county: County, authenticator: Authenticator
    ) -> None:
        found = await authenticator.authenticate(None, county.slug)
        assert (found.actor.roles, found.actor.person_id) == (("public",), None)

    async def test_nobody_in_no_county_or_an_unknown_one_is_refused(
        self, authenticator: Authenticator
    ) -> None:
        with pytest.raises(TenantMissing):
            await authenticator.authenticate(None, None)
        with pytest.raises(TenantUnknown):
            await authenticator.authenticate(None, "atlantis")

    async def test_a_warm_request_asks_the_database_nothing(
        self, county: County, authenticator: Authenticator
    ) -> None:
        token = await token_of(county, county.security.person_id)
        first = await authenticator.authenticate(bearer(token), county.slug)
        public = await authenticator.authenticate(None, county.slug)
        with statements() as seen:
            assert await authenticator.authenticate(bearer(token), county.slug) is first
            assert await authenticator.authenticate(None, county.slug) is public
        assert seen == []

    async def test_two_tokens_of_a_person_share_one_authority(
        self, county: County, authenticator: Authenticator
    ) -> None:
        one, two = [await token_of(county, county.security.person_id) for _ in range(2)]
        first = await authenticator.authenticate(bearer(one), None)
        assert await authenticator.authenticate(bearer(two), None) is first

    async def test_a_token_at_another_county_is_refused(
        self, county: County, other: County, authenticator: Authenticator
    ) -> None:
        token = await token_of(county, county.security.person_id)
        await refused(authenticator, token, TenantUnknown, other.slug)
        await authenticator.authenticate(bearer(token), county.slug)
        await refused(authenticator, token, TenantUnknown, other.slug)

    @pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "x y z"])
    async def test_what_is_no_bearer_token_is_refused(
        self, county: County, authenticator: Authenticator, authorization: str
    ) -> None:
        with pytest.raises(TokenRefused):
            await authenticator.authenticate(authorization, county.slug)

    @pytest.mark.parametrize(
        "token",
        ["a", "a.b.c", "...", "." * 5000, "é.é.é", "e30.e30.", "e30.e30.e30", "W10.W10.W10",
         urlsafe_b64encode(b"[" * 4000).decode() + "." + urlsafe_b64encode(b"[" * 600).decode(),
         "x" * 9000],
    )  # fmt: skip
    async def test_rubbish_is_refused(
        self, county: County, authenticator: Authenticator, token: str
    ) -> None:
        await refused(authenticator, token, TokenRefused, county.slug)


class TestForgery:
    @pytest.mark.parametrize(
        "changed",
        [
            {"exp": 1}, {"exp": None}, {"exp": "9999999999"}, {"exp": 10**400}, {"exp": True},
            {"aud": "other"}, {"aud": None}, {"aud": ["sanfang", "other"]}, {"iss": "Sanfang"},
            {"sub": None}, {"sub": "nobody"}, {"sub": 7}, {"tid": str(uuid4())}, {"tid": None},
            {"tenant": "atlantis"}, {"tenant": None}, {"tenant": ["x"]}, {"azp": "x"},
            {"sub": str(uuid4())}, {"azp": str(uuid4())},
            {"sid": "x"}, {"sid": str(uuid4())}, {"sid": None, "sub": "x"},
        ],
    )  # fmt: skip
    async def test_a_wrong_claim_is_refused_though_rightly_signed(
        self, county: County, authenticator: Authenticator, changed: dict[str, Any]
    ) -> None:
        await refused(authenticator, await signed(county, **changed), TokenRefused, county.slug)

    async def test_it_expires_also_where_it_was_proven_before(
        self, county: County, authenticator: Authenticator
    ) -> None:
        token = await signed(county, exp=int(clock.now().timestamp()) + 2)
        await authenticator.authenticate(bearer(token), None)
        await asyncio.sleep(2.1)
        await refused(authenticator, token, TokenRefused)

    async def test_no_algorithm_is_no_proof(
        self, county: County, authenticator: Authenticator
    ) -> None:
        kid, _ = await private_key(county)
        for name in ("none", "None", "NONE", ""):
            token = forged({"alg": name, "kid": kid}, claims_for(county))
            await refused(authenticator, token, TokenRefused)

    async def test_the_public_key_is_no_shared_secret(
        self, county: County, authenticator: Authenticator
    ) -> None:
        kid, key = await private_key(county)
        public = OKPKey.import_key(key.as_dict(private=False))
        shown = (public.as_pem(), public.as_der(), str(public.as_dict()["x"]).encode())
        for secret in shown:
            token = forged({"alg": "HS256", "kid": kid}, claims_for(county), secret)
            await refused(authenticator, token, TokenRefused)

    @pytest.mark.parametrize("kid", ["", "x", None, ["x"], {"a": 1}, 7])
    async def test_a_key_that_is_not_the_countys_is_refused(
        self, county: County, authenticator: Authenticator, kid: object
    ) -> None:
        key = OKPKey.generate_key("Ed25519")
        real, _ = await private_key(county)
        token = jwt.encode({"alg": "EdDSA", "kid": real}, claims_for(county), key, ["EdDSA"])
        await refused(authenticator, token, TokenRefused)
        await refused(authenticator, forged({"alg": "EdDSA", "kid": kid}, claims_for(county)),
                      TokenRefused)  # fmt: skip

    async def test_a_key_that_the_token_brings_along_is_not_believed(
        self, county: County, authenticator: Authenticator
    ) -> None:
        kid, _ = await private_key(county)
        key = OKPKey.generate_key("Ed25519")
        header = {"alg": "EdDSA", "kid": kid, "jwk": key.as_dict(private=False)}
        token = jwt.encode(header, claims_for(county), key, ["EdDSA"])
        await refused(authenticator, token, TokenRefused)

    async def test_a_county_signs_for_itself_only(
        self, county: County, other: County, authenticator: Authenticator
    ) -> None:
        kid, key = await private_key(other)
        claims = claims_for(county)
        token = jwt.encode({"alg": "EdDSA", "kid": kid}, claims, key, ["EdDSA"])
        await refused(authenticator, token, TokenRefused)

    async def test_a_changed_payload_breaks_the_signature(
        self, county: County, authenticator: Authenticator
    ) -> None:
        head, _, mark = (await signed(county)).split(".")
        other = claims_for(county, sub=str(county.administrator.person_id))
        body = urlsafe_b64encode(json.dumps(other).encode()).rstrip(b"=").decode()
        await refused(authenticator, f"{head}.{body}.{mark}", TokenRefused)


class TestRefreshed:
    async def test_a_revoked_appointment_is_gone_at_the_next_statement(
        self, county: County, authenticator: Authenticator
    ) -> None:
        person = await county.person()
        held = await county.appoint(person, "working_officer", county.root)
        before = await authenticator.authenticate(bearer(await token_of(county, person.id)), None)
        async with county.session() as session:
            assert await holds(session, before)
            await appointments.revoke(session, county.security, appointment=held.id, reason="调离")
        async with county.session() as session:
            assert not await holds(session, before)
        after = await authenticator.refreshed(before)
        assert (before.actor.roles, after.actor.roles) == (
            ("working_officer", "public"),
            ("public",),
        )

    async def test_a_term_ends_by_itself(
        self, county: County, authenticator: Authenticator
    ) -> None:
        person, now = await county.person(), clock.now()
        await county.appoint(
            person, "auditor", county.root, starts_at=now, ends_at=now + timedelta(seconds=2)
        )
        before = await authenticator.authenticate(bearer(await token_of(county, person.id)), None)
        assert "auditor" in before.actor.roles
        await asyncio.sleep(2.1)
        async with county.session() as session:
            assert not await holds(session, before)
        assert "auditor" not in (await authenticator.refreshed(before)).actor.roles

    async def test_a_revoked_client_is_refused_at_the_next_statement(
        self, county: County, authenticator: Authenticator
    ) -> None:
        made = await registered(county)
        tokens = (
            await token_of(county, None, made.id),
            await token_of(county, county.security.person_id, made.id),
        )
        before = [await authenticator.authenticate(bearer(token), None) for token in tokens]
        await revoked(county, made)
        for token, authority in zip(tokens, before, strict=True):
            async with county.session() as session:
                assert not await holds(session, authority)
            with pytest.raises(TokenRefused):
                await authenticator.refreshed(authority)
            await refused(authenticator, token, TokenRefused)

    async def test_a_suspended_county_is_refused_and_served_again(
        self, county: County, platform: County, authenticator: Authenticator
    ) -> None:
        operator = platform.founders["platform_operator"]
        token = bearer(await token_of(county, county.security.person_id))
        before = await authenticator.authenticate(token, None)
        async with platform.session() as session:
            await tenants.suspend(session, operator, tenant=county.id, reason="欠费")
        async with county.session() as session:
            assert not await holds(session, before)
        with pytest.raises(TenantSuspended):
            await authenticator.refreshed(before)
        async with platform.session() as session:
            await tenants.resume(session, operator, tenant=county.id, reason="已缴")
        assert (await authenticator.authenticate(token, None)).actor == county.security


class TestSigningKeys:
    async def test_after_a_rotation_older_tokens_still_prove_who_they_are(
        self, county: County, authenticator: Authenticator
    ) -> None:
        old = await token_of(county, county.security.person_id)
        async with county.session() as session:
            await signing.rotate(session, county.id)
        new = await token_of(county, county.security.person_id)
        assert proving.header_of(old)["kid"] != proving.header_of(new)["kid"]
        for token in (old, new):
            found = await authenticator.authenticate(bearer(token), None)
            assert found.actor == county.security

    async def test_a_key_retired_at_once_takes_its_tokens_with_it(
        self, county: County, authenticator: Authenticator
    ) -> None:
        seen, unseen = [await token_of(county, county.security.person_id) for _ in range(2)]
        other = await token_of(county, county.administrator.person_id)
        before = await authenticator.authenticate(bearer(seen), None)
        async with county.session() as session:
            await signing.rotate(session, county.id, at_once=True)
        async with county.session() as session:
            assert not await holds(session, before)
        await refused(authenticator, other, TokenRefused)
        with pytest.raises(TokenRefused):
            await authenticator.refreshed(before)
        await refused(authenticator, seen, TokenRefused)
        await refused(authenticator, unseen, TokenRefused)
        fresh = await token_of(county, county.security.person_id)
        assert (await authenticator.authenticate(bearer(fresh), None)).actor == county.security

    async def test_the_private_half_is_wrapped(self, county: County) -> None:
        _, key = await private_key(county)
        async with county.session(read_only=True) as session:
            row = (await session.exec(select(SigningKey))).one()
        assert "d" not in row.public
        assert key.as_pem(private=True) not in row.wrapped


class TestIssueFor:
    async def test_it_is_whoever_has_held_the_role_longest(
        self, county: County, database: Database, settings: Settings, authenticator: Authenticator
    ) -> None:
        await county.actor("auditor")
        token = await issue_for(database, settings, county.slug, "auditor")
        found = await authenticator.authenticate(bearer(token), county.slug)
        assert found.actor == county.founders["auditor"]

    async def test_a_client_is_the_first_that_is_not_revoked(
        self, county: County, database: Database, settings: Settings, authenticator: Authenticator
    ) -> None:
        gone, made = await registered(county), await registered(county)
        await revoked(county, gone)
        token = await issue_for(database, settings, county.slug, "client")
        found = await authenticator.authenticate(bearer(token), None)
        assert (found.actor.client_id, found.actor.person_id) == (made.id, None)
        assert found.actor.limits == clients.limits_of(await client(county, made.id))

    async def test_a_role_that_nobody_holds_and_a_county_that_is_none_are_refused(
        self, county: County, database: Database, settings: Settings
    ) -> None:
        for role in ("instructor", "client", "emperor"):
            with pytest.raises(NobodyHolds):
                await issue_for(database, settings, county.slug, role)
        with pytest.raises(TenantUnknown):
            await issue_for(database, settings, "atlantis", "auditor")


async def client(county: County, made: UUID) -> clients.Client:
    async with county.session(read_only=True) as session:
        return await clients.find(session, county.administrator, made)
