"""Foreign issuers: whom the county trusts proves who somebody is, and nobody else does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from sqlmodel import select

from infra.auth import Authenticator
from infra.database import Database
from infra.settings import Settings
from services import accounts, clock, issuers, proving
from services.accounts import NotToConfirm, OwnAccount
from services.errors import TenantMissing, TokenRefused
from services.events import EventValue
from services.issuers import IssuerSilent, SubjectLink
from services.sessions import RECOGNIZED
from services.standing import holds
from tests.county import County
from tests.infra.record import found
from tests.infra.test_auth import bearer, forged, refused
from tests.services.unchanged import unchanged


@pytest.fixture
def authenticator(database: Database, settings: Settings) -> Authenticator:
    """One process's, with nothing in it yet."""
    return Authenticator(database, settings)


@dataclass
class Issuer:
    """An OpenID Connect issuer on this machine: its keys, and how often they were asked for."""

    url: str = ""
    keys: list[ECKey] = field(default_factory=list)
    asked: int = 0
    named: str | None = None

    redirect: bool = False

    def sign(
        self, key: ECKey | None = None, header: dict[str, Any] | None = None, **changed: Any
    ) -> str:
        """A token for its user u-1, for us, with some claims changed."""
        now = int(clock.now().timestamp())
        claims = {"iss": self.url, "aud": "county", "sub": "u-1", "exp": now + 600} | changed
        used = key or self.keys[0]
        kept = {name: value for name, value in claims.items() if value is not None}
        written = {"alg": "ES256", "kid": used.kid} | (header or {})
        loose = JWSRegistry(algorithms=["ES256"], strict_check_header=False)
        return jwt.encode(written, kept, used, registry=loose)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request: its description, or its keys."""
        line = (await reader.readline()).decode()
        while (await reader.readline()).strip():
            continue
        if "openid-configuration" in line:
            shown: dict[str, Any] = {"issuer": self.named or self.url}
            shown["jwks_uri"] = f"{self.url}/keys"
        else:
            self.asked += 1
            shown = {"keys": [key.as_dict(private=False) for key in self.keys]}
        body = json.dumps(shown).encode()
        status = f"302 Found\r\nlocation: {self.url}/elsewhere" if self.redirect else "200 OK"
        head = f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(issuer: Issuer) -> AsyncIterator[Issuer]:
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    issuer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield issuer
    finally:
        server.close()


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer with one key."""
    async with serving(Issuer(keys=[ec_key()])) as started:
        yield started


def ec_key(kid: str | None = None) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid or uuid4().hex})


async def trusted(
    county: County, issuer: Issuer, *, is_confirmed: bool = True, **known: Any
) -> issuers.Issuer:
    """The county trusts the issuer, whose user u-1 is the security administrator."""
    async with county.session() as session:
        row = await accounts.trust_issuer(
            session, county.security, issuer=issuer.url, audience="county", **known
        )
        await session.flush()
        assert county.security.person_id
        link = await accounts.link_subject(
            session, county.security, issuer=row.id, subject="u-1",
            person=county.security.person_id,
        )  # fmt: skip
        await session.flush()
        if is_confirmed:
            await accounts.confirm_subject(session, county.administrator, link=link.id)
        return row


class TestOnRecord:
    """A sign-in with an issuer is an event, as one with a password is."""

    async def test_once_in_whichever_process_and_however_many_tokens_come_of_it(
        self, county: County, database: Database, settings: Settings, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        tokens = [bearer(issuer.sign(sid="s-1", jti=str(number))) for number in range(3)]
        for token in tokens:
            process = Authenticator(database, settings)
            await process.authenticate(token, county.slug, "203.0.113.7")
        [event] = await found(county, RECOGNIZED)
        assert event["person_id"] == county.security.person_id
        await Authenticator(database, settings).authenticate(
            bearer(issuer.sign(sid="s-2")), county.slug
        )
        assert len(await found(county, RECOGNIZED)) == 2
        async with county.session(read_only=True) as session:
            values = (await session.exec(select(EventValue.value, EventValue.event_id))).all()
        assert ("203.0.113.7", event["id"]) in {(value, id_) for value, id_ in values}

    async def test_two_processes_at_once_write_one(
        self, county: County, database: Database, settings: Settings, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        token = bearer(issuer.sign())
        several = [Authenticator(database, settings) for _ in range(4)]
        await asyncio.gather(*(one.authenticate(token, county.slug) for one in several))
        assert len(await found(county, RECOGNIZED)) == 1

    async def test_a_token_without_anything_of_its_sign_in_is_one_itself(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        for seconds in (600, 700):
            until = int(clock.now().timestamp()) + seconds
            await authenticator.authenticate(bearer(issuer.sign(exp=until)), county.slug)
        assert len(await found(county, RECOGNIZED)) == 2

    async def test_whom_nobody_linked_writes_nothing(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        with pytest.raises(TokenRefused):
            await authenticator.authenticate(bearer(issuer.sign(sub="u-2")), county.slug)
        assert not await found(county, RECOGNIZED)


class TestIssuers:
    async def test_a_linked_subject_is_the_person(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        found = await authenticator.authenticate(bearer(issuer.sign()), county.slug)
        assert found.actor == county.security

    async def test_another_claim_may_name_the_subject(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer, subject_claim="workId")
        token = issuer.sign(sub="someone", workId="u-1")
        assert (await authenticator.authenticate(bearer(token), county.slug)).actor.person_id

    @pytest.mark.parametrize(
        "changed",
        [{"exp": 1}, {"exp": None}, {"exp": "x"}, {"nbf": 9999999999}, {"nbf": "x"}, {"sub": "u-2"},
         {"aud": "others"}, {"aud": None}, {"aud": ["others"]}, {"sub": None}, {"sub": 1},
         {"iss": "https://id.example.test"}, {"iss": None}],
    )  # fmt: skip
    async def test_a_wrong_claim_is_refused(
        self, county: County, authenticator: Authenticator, issuer: Issuer, changed: dict[str, Any]
    ) -> None:
        await trusted(county, issuer)
        await refused(authenticator, issuer.sign(**changed), TokenRefused, county.slug)

    async def test_shared_secrets_and_no_algorithm_prove_nothing(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        claims = proving.claims_of(issuer.sign())
        public = ECKey.import_key(issuer.keys[0].as_dict(private=False)).as_pem()
        for alg, secret in (("none", None), ("HS256", public)):
            header = {"alg": alg, "kid": issuer.keys[0].kid}
            await refused(
                authenticator, forged(header, dict(claims), secret), TokenRefused, county.slug
            )

    async def test_a_header_of_the_issuers_own_is_passed_over(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        token = issuer.sign(header={"nonce": "x", "x5t": "y"})
        assert (await authenticator.authenticate(bearer(token), county.slug)).actor.person_id

    async def test_an_algorithm_that_is_not_on_the_list_is_refused(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer, algorithms=["RS256"])
        await refused(authenticator, issuer.sign(), TokenRefused, county.slug)

    async def test_a_strangers_key_is_refused(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        stranger = ec_key(issuer.keys[0].kid)
        await refused(authenticator, issuer.sign(stranger), TokenRefused, county.slug)

    async def test_unknown_keys_make_it_ask_once_a_minute_at_most(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        await authenticator.authenticate(bearer(issuer.sign()), county.slug)
        for _ in range(3):
            await refused(authenticator, issuer.sign(ec_key()), TokenRefused, county.slug)
        assert issuer.asked == 1

    async def test_a_new_key_is_found_when_the_minute_is_over(
        self,
        county: County,
        authenticator: Authenticator,
        issuer: Issuer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        await trusted(county, issuer)
        await authenticator.authenticate(bearer(issuer.sign()), county.slug)
        issuer.keys.append(ec_key())
        token = issuer.sign(issuer.keys[1])
        await refused(authenticator, token, TokenRefused, county.slug)
        monkeypatch.setattr(proving, "AGAIN_AFTER", timedelta(0))
        assert (await authenticator.authenticate(bearer(token), county.slug)).actor.person_id
        assert issuer.asked == 2

    async def test_it_is_trusted_in_its_own_county_only(
        self, county: County, other: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        token = issuer.sign()
        await authenticator.authenticate(bearer(token), county.slug)
        await refused(authenticator, token, TokenRefused, other.slug)
        await refused(authenticator, token, TenantMissing)

    async def test_two_counties_may_trust_one_issuer(
        self, county: County, other: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        await trusted(other, issuer)
        token = bearer(issuer.sign())
        for place in (county, other):
            found = await authenticator.authenticate(token, place.slug)
            assert found.actor == place.security

    async def test_once_distrusted_its_tokens_are_refused(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        row = await trusted(county, issuer)
        token = issuer.sign()
        before = await authenticator.authenticate(bearer(token), county.slug)
        async with county.session() as session:
            await accounts.distrust_issuer(session, county.security, issuer=row.id, reason="停用")
        async with county.session() as session:
            assert not await holds(session, before)
        with pytest.raises(TokenRefused):
            await authenticator.refreshed(before)
        await refused(authenticator, token, TokenRefused, county.slug)

    async def test_an_issuer_that_calls_itself_otherwise_is_not_believed(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        issuer.named = "https://id.example.test"
        await trusted(county, issuer)
        await refused(authenticator, issuer.sign(), IssuerSilent, county.slug)

    async def test_an_issuer_that_does_not_answer_is_named_as_such(
        self, county: County, authenticator: Authenticator
    ) -> None:
        async with serving(Issuer(keys=[ec_key()])) as gone:
            await trusted(county, gone)
        await refused(authenticator, gone.sign(), IssuerSilent, county.slug)

    async def test_a_redirect_is_not_followed(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        issuer.redirect = True
        await trusted(county, issuer, jwks_url=f"{issuer.url}/keys")
        await refused(authenticator, issuer.sign(), IssuerSilent, county.slug)
        assert issuer.asked == 2

    async def test_one_on_this_machine_is_asked_only_where_that_is_allowed(
        self, county: County, database: Database, settings: Settings, issuer: Issuer
    ) -> None:
        await trusted(county, issuer)
        strict = settings.model_copy(update={"allow_private_issuers": False})
        await refused(Authenticator(database, strict), issuer.sign(), IssuerSilent, county.slug)
        assert issuer.asked == 0


class TestSecondPerson:
    async def test_until_it_is_confirmed_a_link_carries_no_role_of_the_countys_own(
        self, county: County, authenticator: Authenticator, issuer: Issuer
    ) -> None:
        await trusted(county, issuer, is_confirmed=False)
        before = await authenticator.authenticate(bearer(issuer.sign()), county.slug)
        assert before.actor.roles == ("public",)
        async with county.session() as session:
            mine = select(SubjectLink).where(SubjectLink.tenant_id == county.id)
            link = (await session.exec(mine)).one()
        async with unchanged(county, OwnAccount), county.session() as session:
            await accounts.confirm_subject(session, county.security, link=link.id)
        async with county.session() as session:
            await accounts.confirm_subject(session, county.administrator, link=link.id)
        async with county.session() as session:
            assert not await holds(session, before)
        assert (await authenticator.refreshed(before)).actor == county.security
        async with unchanged(county, NotToConfirm), county.session() as session:
            await accounts.confirm_subject(session, county.administrator, link=link.id)
