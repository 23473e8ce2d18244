"""Access tokens end with their session, and carry what a second person has vouched for."""

import asyncio
from typing import Any

import pytest

from infra.auth import Authenticator, issue_for
from infra.database import Database
from infra.settings import Settings
from services import accounts
from services.accounts import Account, NotToConfirm, OwnAccount
from services.errors import TokenRefused
from services.people import Person
from services.standing import holds
from tests.county import County
from tests.infra.service import Service
from tests.services.test_accounts import PASSWORD, opened
from tests.services.unchanged import unchanged

NEW = "另一个更长些的新密码"
VIEWER = "{ viewer { isSignedIn roles { name } } }"
CHANGE = """mutation ($current: String!, $new: String!) {
  changePassword(current: $current, new: $new) { mustChange } }"""
WRONG = 'changePassword(current: "不对", new: "另一个更长些的新密码") { name }'


@pytest.fixture
def authenticator(database: Database, settings: Settings) -> Authenticator:
    """One process's, with nothing in it yet."""
    return Authenticator(database, settings)


async def post(service: Service, county: County, where: str = "/token", **fields: str) -> Any:
    answer = await service.http.post(where, data={"tenant": county.slug, **fields})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def signed_in(service: Service, county: County, password: str = PASSWORD) -> Any:
    return await post(
        service, county, grant_type="password", username="zhangsan", password=password
    )


async def settled(county: County, person: Person | None = None) -> Account:
    """An account as the founding act leaves it, with its password kept."""
    row = await opened(county, "zhangsan", person)
    async with county.session() as session:
        found = await accounts.find(session, county.security, row.id, for_update=True)
        accounts.settle(session, county.security, found, keeps_password=True)
        return found


async def officer(county: County) -> Person:
    """A person in a role that only the county's administrators fill."""
    person = await county.person()
    await county.appoint(person, "working_officer", county.root)
    await county.appoint(person, "resident", county.root)
    return person


async def confirm(county: County, row: Account, by: Any) -> None:
    async with county.session() as session:
        await accounts.confirm(session, by, account=row.id)


async def roles(service: Service, token: str) -> list[str]:
    data = await service.ask(VIEWER, token=token)
    return [role["name"] for role in data["viewer"]["roles"]]


async def is_refused(service: Service, token: str) -> bool:
    answer = await service.send(VIEWER, token=token)
    return bool(answer.status_code == 401)


class TestEnd:
    @pytest.mark.parametrize("end", ["changed", "signed out", "replayed"])
    async def test_it_is_refused_at_the_next_request_in_every_process(
        self, county: County, served: Service, served_beside: Service, end: str
    ) -> None:
        await settled(county)
        given = await signed_in(served, county)
        token, refresh = given["access_token"], given["refresh_token"]
        for service in (served, served_beside):
            assert not await is_refused(service, token)
        if end == "changed":
            variables = {"current": PASSWORD, "new": NEW}
            await served.ask(CHANGE, variables, token=token)
        elif end == "signed out":
            await post(served, county, "/sign-out", token=refresh)
        else:
            again = {"grant_type": "refresh_token", "refresh_token": refresh}
            later = (await post(served, county, **again))["access_token"]
            assert not await is_refused(served, later)
            answer = await served.http.post("/token", data={"tenant": county.slug, **again})
            assert answer.status_code == 400
            assert await is_refused(served_beside, later)
        for service in (served_beside, served):
            assert await is_refused(service, token)

    async def test_another_session_goes_on_after_a_sign_out(
        self, county: County, served: Service
    ) -> None:
        await settled(county)
        one, two = [await signed_in(served, county) for _ in range(2)]
        assert not await is_refused(served, two["access_token"])
        await post(served, county, "/sign-out", token=one["refresh_token"])
        assert not await is_refused(served, two["access_token"])

    async def test_another_persons_session_is_no_proof(
        self, county: County, authenticator: Authenticator, served: Service
    ) -> None:
        await settled(county)
        given = await signed_in(served, county)
        found = await authenticator.authenticate(f"Bearer {given['access_token']}", None)
        async with county.session() as session:
            assert await holds(session, found)
            await accounts.change_password(session, found.actor, current=PASSWORD, new=NEW)
        with pytest.raises(TokenRefused):
            await authenticator.refreshed(found)


class TestMustChange:
    async def test_until_it_is_changed_it_carries_no_post(
        self, county: County, served: Service
    ) -> None:
        person = await county.person()
        await county.appoint(person, "grid_worker", county.root)
        await opened(county, "zhangsan", person)
        given = await signed_in(served, county)
        assert given["must_change_password"]
        assert await roles(served, given["access_token"]) == ["public"]
        await served.ask(CHANGE, {"current": PASSWORD, "new": NEW}, token=given["access_token"])
        after = await signed_in(served, county, NEW)
        assert "grid_worker" in await roles(served, after["access_token"])

    async def test_a_token_of_the_command_line_carries_them(
        self, county: County, database: Database, settings: Settings, served: Service
    ) -> None:
        await opened(county, "zhangsan", await officer(county))
        token = await issue_for(database, settings, county.slug, "working_officer")
        assert "working_officer" in await roles(served, token)


class TestSecondPerson:
    async def test_what_one_person_opened_carries_plain_roles_only(
        self, county: County, served: Service
    ) -> None:
        row = await opened(county, "zhangsan", await officer(county))
        async with unchanged(county, NotToConfirm):
            await confirm(county, row, county.administrator)
        first = await signed_in(served, county)
        await served.ask(CHANGE, {"current": PASSWORD, "new": NEW}, token=first["access_token"])
        token = (await signed_in(served, county, NEW))["access_token"]
        assert await roles(served, token) == ["resident", "public"]
        async with unchanged(county, OwnAccount):
            await confirm(county, row, county.security)
        await confirm(county, row, county.administrator)
        assert "working_officer" in await roles(served, token)
        async with unchanged(county, NotToConfirm):
            await confirm(county, row, county.administrator)

    async def test_nobody_confirms_their_own(self, county: County) -> None:
        async with county.session() as session:
            owner = county.administrator.person_id
            assert owner is not None
            row = await accounts.open(
                session, county.security, person=owner, account="zhangsan", password=PASSWORD
            )
            row.must_change = False
        async with unchanged(county, OwnAccount):
            await confirm(county, row, county.administrator)


class TestLockOut:
    async def test_wrong_guesses_are_counted_though_refused_until_it_is_locked(
        self, county: County, served: Service, settings: Settings
    ) -> None:
        row = await settled(county)
        token = (await signed_in(served, county))["access_token"]
        guess = f'current: "不对", new: "{NEW}", commandId: "k"'
        one = f"mutation {{ changePassword({guess}) {{ name }} }}"
        for _ in range(2):
            assert await served.code(one, token=token) == "PASSWORD_REFUSED"
        most = settings.lockout_failures - 2
        guesses = " ".join(f"g{n}: {WRONG}" for n in range(most))
        answer = (await served.send(f"mutation {{ {guesses} }}", token=token)).json()
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert (codes, len(answer["errors"])) == ({"PASSWORD_REFUSED"}, most)
        right = {"current": PASSWORD, "new": NEW}
        assert await served.code(CHANGE, right, token=token) == "PASSWORD_REFUSED"
        fields = {"grant_type": "password", "username": "zhangsan", "password": PASSWORD}
        refused = await served.http.post("/token", data={"tenant": county.slug, **fields})
        assert refused.status_code == 400
        async with county.session() as session:
            await accounts.unlock(session, county.security, account=row.id)
        await served.ask(CHANGE, right, token=token)

    async def test_guesses_at_once_are_all_counted(self, county: County, served: Service) -> None:
        row = await settled(county)
        token = (await signed_in(served, county))["access_token"]
        guess = f"mutation {{ {WRONG} }}"
        await asyncio.gather(*(served.code(guess, token=token) for _ in range(6)))
        async with county.session(read_only=True) as session:
            locked = await accounts.find(session, county.security, row.id)
        assert locked.locked_until is not None
