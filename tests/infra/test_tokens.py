"""Signing in over HTTP: grants, refusals that say nothing, lock-out that is kept, public keys."""

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from infra import tokens
from infra.auth import Authenticator
from infra.database import Database
from infra.settings import Settings
from services import accounts, proving, tenants
from tests.county import County
from tests.infra.test_access_tokens import settled
from tests.services.test_accounts import PASSWORD, opened
from tests.services.test_clients import registered, revoked
from tests.services.test_sessions import PHONE
from tests.services.unchanged import contents


@pytest.fixture
def authenticator(database: Database, settings: Settings) -> Authenticator:
    return Authenticator(database, settings)


@pytest.fixture
async def web(
    database: Database, settings: Settings, authenticator: Authenticator
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the endpoints."""
    app = Starlette(routes=tokens.routes(authenticator, database, settings))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def form(county: County, **fields: str) -> dict[str, str]:
    """A form for the county's account."""
    wanted = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD}
    return wanted | {"tenant": county.slug} | fields


async def ask(web: httpx.AsyncClient, county: County, **fields: str) -> httpx.Response:
    return await web.post("/token", data=form(county, **fields))


class TestPassword:
    async def test_it_answers_a_token_that_speaks_for_the_person(
        self, county: County, web: httpx.AsyncClient, authenticator: Authenticator
    ) -> None:
        row = await opened(county)
        answer = await ask(web, county)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        given = answer.json()
        assert given["token_type"] == "Bearer"
        assert given["must_change_password"] is True
        found = await authenticator.authenticate(f"Bearer {given['access_token']}", county.slug)
        assert found.actor.person_id == row.person_id
        claims = proving.claims_of(given["access_token"])
        assert claims["exp"] - claims["iat"] == given["expires_in"]

    async def test_by_phone_in_json_with_the_county_in_the_header(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county, "zhangsan", await county.person(phone=PHONE))
        fields = {"grant_type": "password", "username": PHONE, "password": PASSWORD}
        answer = await web.post("/token", json=fields, headers={"x-sanfang-tenant": county.slug})
        assert answer.status_code == 200

    async def test_unknown_county_unknown_account_and_wrong_password_are_one_answer(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        tried: list[dict[str, str]] = [
            {"tenant": "atlantis"}, {"username": "nobody"}, {"username": "13911111111"},
            {"password": "不对"}, {"tenant": "'"}, {"username": ""},
        ]  # fmt: skip
        answers, times = [], []
        for fields in tried:
            began = time.monotonic()
            answers.append(await ask(web, county, **fields))
            times.append(time.monotonic() - began)
        assert {answer.content for answer in answers} == {answers[0].content}
        assert {answer.status_code for answer in answers} == {400}
        assert {tuple(answer.headers.items()) for answer in answers} == {
            tuple(answers[0].headers.items())
        }
        assert min(times) >= tokens.REFUSAL_SECONDS

    async def test_the_refusal_is_in_the_callers_language(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        said = {}
        for language in ("zh-CN", "en"):
            answer = await web.post(
                "/token", data=form(county), headers={"accept-language": language}
            )
            said[language] = answer.json()
            assert answer.json()["code"] == "SIGN_IN_REFUSED"
            assert answer.json()["error"] == "invalid_grant"
        assert said["zh-CN"]["error_description"].startswith("账号或密码不正确")
        assert said["en"]["error_description"].startswith("The account or password")

    async def test_failures_are_kept_though_refused_until_it_is_unlocked(
        self, county: County, web: httpx.AsyncClient, settings: Settings
    ) -> None:
        row = await opened(county)
        wrong = (ask(web, county, password="不对") for _ in range(settings.lockout_failures + 2))
        assert {answer.status_code for answer in await asyncio.gather(*wrong)} == {400}
        assert (await ask(web, county)).status_code == 400
        async with county.session() as session:
            await accounts.unlock(session, county.security, account=row.id)
        assert (await ask(web, county)).status_code == 200

    async def test_a_suspended_county_signs_nobody_in(
        self, county: County, platform: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        async with platform.session() as session:
            operator = platform.founders["platform_operator"]
            await tenants.suspend(session, operator, tenant=county.id, reason="欠费")
        answer = await ask(web, county)
        assert (answer.status_code, answer.json()["code"]) == (403, "TENANT_SUSPENDED")


class TestRefreshToken:
    async def refresh(self, web: httpx.AsyncClient, county: County, token: str) -> httpx.Response:
        fields = {"grant_type": "refresh_token", "tenant": county.slug, "refresh_token": token}
        return await web.post("/token", data=fields)

    async def test_it_goes_on_and_a_replay_ends_it(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        first = (await ask(web, county)).json()["refresh_token"]
        second = (await self.refresh(web, county, first)).json()["refresh_token"]
        replayed = await self.refresh(web, county, first)
        assert (replayed.status_code, replayed.json()["error"]) == (400, "invalid_grant")
        assert (await self.refresh(web, county, second)).status_code == 400

    async def test_another_countys_is_refused(
        self, county: County, other: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        token = (await ask(web, county)).json()["refresh_token"]
        assert (await self.refresh(web, other, token)).status_code == 400

    async def test_after_signing_out_it_is_refused(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        token = (await ask(web, county)).json()["refresh_token"]
        for _ in range(2):
            fields = {"tenant": county.slug, "token": token}
            assert (await web.post("/sign-out", data=fields)).status_code == 200
        assert (await self.refresh(web, county, token)).status_code == 400
        unknown = {"tenant": "atlantis", "token": token}
        assert (await web.post("/sign-out", data=unknown)).status_code == 200


class TestClients:
    async def test_its_credentials_give_it_a_token_of_its_own(
        self, county: County, web: httpx.AsyncClient, authenticator: Authenticator
    ) -> None:
        made = await registered(county)
        fields = {"grant_type": "client_credentials", "tenant": county.slug}
        basic = b64encode(f"{made.id}:{made.secret}".encode()).decode()
        sent = (
            await web.post("/token", data=fields, headers={"authorization": f"Basic {basic}"}),
            await web.post("/token", data=fields | {
                "client_id": f"Client:{made.id}", "client_secret": made.secret,
            }),
        )  # fmt: skip
        for answer in sent:
            given = answer.json()
            assert "refresh_token" not in given
            found = await authenticator.authenticate(f"Bearer {given['access_token']}", None)
            assert (found.actor.client_id, found.actor.person_id) == (made.id, None)

    async def test_a_person_signs_in_through_it_with_the_lesser_of_both(
        self, county: County, web: httpx.AsyncClient, authenticator: Authenticator
    ) -> None:
        made = await registered(county)
        person = await county.person()
        await county.appoint(person, "working_officer", county.root)
        await settled(county, person)
        through = {"client_id": str(made.id), "client_secret": made.secret}
        given = (await ask(web, county, **through)).json()
        found = await authenticator.authenticate(f"Bearer {given['access_token']}", None)
        assert (found.actor.person_id, found.actor.client_id) == (person.id, made.id)
        assert found.actor.reach("coverage", "read").county
        assert not found.actor.reach("appointments", "propose")
        again = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
        refreshed = (await ask(web, county, **again, **through)).json()
        claims = proving.claims_of(refreshed["access_token"])
        assert (claims["sub"], claims["azp"]) == (str(person.id), str(made.id))

    async def test_a_wrong_secret_and_a_revoked_client_are_refused(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        made = await registered(county)
        await opened(county)
        right = {"client_id": str(made.id), "client_secret": made.secret}
        wrong = [
            right | {"client_secret": "x"}, right | {"client_id": "x"},
            {"client_id": str(made.id)}, right | {"tenant": "atlantis"},
        ]  # fmt: skip
        for fields in wrong:
            for grant in ("password", "client_credentials"):
                answer = await ask(web, county, grant_type=grant, **fields)
                assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert (await ask(web, county, **right)).status_code == 200
        await revoked(county, made)
        assert (await ask(web, county, **right)).status_code == 401

    async def test_credentials_are_needed_for_its_own_token(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        answer = await ask(web, county, grant_type="client_credentials")
        assert answer.status_code == 401


class TestMalformed:
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"{", "application/json"), (b"[" * 60_000, "application/json"),
            (b"[]", "application/json"), (b'{"grant_type": 1}', "application/json"),
            (b"\xff\xfe", "application/x-www-form-urlencoded"), (b"", "text/plain"),
            (b"a=b&" * 1000, "application/x-www-form-urlencoded"),
            (b"tenant=%00&grant_type=password", "application/x-www-form-urlencoded"),
            (b"tenant=x&grant_type=magic", "application/x-www-form-urlencoded"),
            (b"tenant=x&grant_type=password", "application/x-www-form-urlencoded"),
            (b"tenant=x", "application/x-www-form-urlencoded"),
        ],
    )  # fmt: skip
    async def test_it_is_told_what_is_wrong_and_nothing_else(
        self, web: httpx.AsyncClient, body: bytes, kind: str
    ) -> None:
        answer = await web.post("/token", content=body, headers={"content-type": kind})
        assert answer.status_code == 400
        assert set(answer.json()) >= {"error", "error_description", "code"}

    async def test_a_long_body_is_refused(self, web: httpx.AsyncClient) -> None:
        answer = await web.post("/token", content=b"x" * (tokens.MOST_BYTES + 1))
        assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")

    async def test_a_lone_surrogate_is_no_password(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        await opened(county)
        before = await contents(county)
        head = b'{"grant_type":"password","tenant":"' + county.slug.encode()
        body = head + b'","username":"\\ud800","password":"\\ud800"}'
        answer = await web.post(
            "/token", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 400
        assert await contents(county) == before


class TestKeys:
    async def test_it_shows_the_public_halves_only(
        self, county: County, web: httpx.AsyncClient
    ) -> None:
        shown: dict[str, Any] = (await web.get(f"/jwks/{county.slug}")).json()
        assert [set(key) for key in shown["keys"]] == [{"kty", "crv", "x", "kid", "use", "alg"}]

    async def test_a_county_that_is_none_has_none(self, web: httpx.AsyncClient) -> None:
        answer = await web.get("/jwks/atlantis")
        assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_UNKNOWN")
