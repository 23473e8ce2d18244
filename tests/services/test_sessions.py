"""Sessions: signing in, lock-out, refresh tokens that are good once, and signing out."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from policies import Actor
from services import accounts, clients, clock, sessions
from services.accounts import Account, Limits
from services.events import Event
from services.sessions import RefreshToken, SignedIn
from tests.county import County
from tests.services.test_accounts import PASSWORD, opened, rotate

LIMITS = Limits(failures=3, lockout=timedelta(minutes=15), session=timedelta(days=14))
PHONE = "13900000001"


def public(county: County) -> Actor:
    """Whoever is not signed in yet."""
    return Actor(county.id, county.slug)


async def sign_in(
    county: County, name: str = "zhangsan", password: str = PASSWORD, by: Actor | None = None
) -> SignedIn | None:
    async with county.session() as session:
        return await sessions.sign_in(
            session, by or public(county), account_or_phone=name, password=password, limits=LIMITS
        )


async def refresh(county: County, token: str, by: Actor | None = None) -> SignedIn | None:
    async with county.session() as session:
        return await sessions.refresh(session, by or public(county), token=token, limits=LIMITS)


async def begun(county: County) -> SignedIn:
    """A session that has just begun, of a new account."""
    await opened(county)
    signed_in = await sign_in(county)
    assert signed_in is not None
    return signed_in


async def account(county: County, row: Account) -> Account:
    async with county.session(read_only=True) as session:
        return await accounts.find(session, county.security, row.id)


class TestSignIn:
    async def test_by_account_in_any_case(self, county: County) -> None:
        row = await opened(county)
        signed_in = await sign_in(county, " ZhangSan ")
        assert signed_in is not None
        assert (signed_in.person_id, signed_in.must_change) == (row.person_id, True)

    async def test_by_phone_however_it_is_written(self, county: County) -> None:
        person = await county.person(phone=PHONE)
        await opened(county, "zhangsan", person)
        for phone in (PHONE, "+86 139 0000 0001"):
            signed_in = await sign_in(county, phone)
            assert signed_in is not None
            assert signed_in.person_id == person.id

    async def test_by_phone_while_the_keys_are_rotated(self, county: County) -> None:
        person = await county.person(phone=PHONE)
        await opened(county, "zhangsan", person)
        remaining = 1
        while remaining:
            remaining = (await rotate(county, batch=1)).remaining
            assert await sign_in(county, PHONE) is not None

    async def test_it_is_recorded_and_shows_no_password(self, county: County) -> None:
        await begun(county)
        await sign_in(county, password="不对的密码不对的密码")
        async with county.session(read_only=True) as session:
            names = ("session.signed_in", "session.refused")
            mine = select(Event).where(Event.object == "Account", Event.tenant_id == county.id)
            mine = mine.order_by(col(Event.at), col(Event.id))
            found = [event for event in (await session.exec(mine)).all() if event.name in names]
        assert [event.name for event in found] == list(names)
        assert all("密码" not in str((event.before, event.after)) for event in found)

    @pytest.mark.parametrize("name", ["nobody", "13911111111", "", "'; --", "a" * 3000, "\u0000"])
    async def test_an_unknown_account_is_refused(self, county: County, name: str) -> None:
        await opened(county)
        assert await sign_in(county, name) is None

    async def test_an_account_of_another_county_is_unknown(
        self, county: County, other: County
    ) -> None:
        await opened(other)
        assert await sign_in(county) is None
        assert await other.events("session.refused") == 0


class TestLockOut:
    async def test_so_many_failures_lock_out_the_right_password_too(self, county: County) -> None:
        row = await opened(county)
        for _ in range(LIMITS.failures):
            assert await sign_in(county, password="不对") is None
        assert await sign_in(county) is None
        locked = await account(county, row)
        assert locked.locked_until is not None
        assert locked.locked_until > clock.now() + timedelta(minutes=14)

    async def test_wrong_ones_at_once_are_all_counted(self, county: County) -> None:
        row = await opened(county)
        await asyncio.gather(*(sign_in(county, password=f"不对{n}") for n in range(6)))
        assert (await account(county, row)).locked_until is not None
        assert await county.events("session.refused") == 6

    async def test_a_success_in_between_begins_the_count_anew(self, county: County) -> None:
        await opened(county)
        for _ in range(2):
            for _ in range(LIMITS.failures - 1):
                await sign_in(county, password="不对")
            assert await sign_in(county) is not None

    async def test_it_ends_by_itself(self, county: County) -> None:
        row = await opened(county)
        for _ in range(LIMITS.failures):
            await sign_in(county, password="不对")
        async with county.session() as session:
            past = clock.now() - timedelta(seconds=1)
            await session.exec(
                update(Account).where(Account.id == row.id).values(locked_until=past)  # type: ignore[arg-type]
            )
        assert await sign_in(county) is not None

    async def test_the_security_administrator_ends_it(self, county: County) -> None:
        row = await opened(county)
        for _ in range(LIMITS.failures):
            await sign_in(county, password="不对")
        async with county.session() as session:
            await accounts.unlock(session, county.security, account=row.id)
        assert await sign_in(county) is not None


class TestRefresh:
    async def test_a_token_is_good_once_and_gives_the_next(self, county: County) -> None:
        first = await begun(county)
        second = await refresh(county, first.refresh_token)
        assert second is not None
        assert second.refresh_token != first.refresh_token
        assert await refresh(county, second.refresh_token) is not None

    async def test_a_spent_one_that_comes_back_ends_the_family(self, county: County) -> None:
        first = await begun(county)
        second = await refresh(county, first.refresh_token)
        assert second is not None
        assert await refresh(county, first.refresh_token) is None
        assert await refresh(county, second.refresh_token) is None
        assert await county.events("session.replayed") == 1

    async def test_another_session_of_the_person_goes_on(self, county: County) -> None:
        first = await begun(county)
        other = await sign_in(county)
        await refresh(county, first.refresh_token)
        await refresh(county, first.refresh_token)
        assert other is not None
        assert await refresh(county, other.refresh_token) is not None

    async def test_two_at_once_with_one_token_get_one_answer(self, county: County) -> None:
        first = await begun(county)
        both = await asyncio.gather(*(refresh(county, first.refresh_token) for _ in range(2)))
        assert sum(answer is not None for answer in both) == 1

    async def test_it_is_kept_as_a_hash_only(self, county: County) -> None:
        first = await begun(county)
        async with county.session(read_only=True) as session:
            row = (await session.exec(select(RefreshToken))).one()
        assert len(row.token_hash) == 32
        assert first.refresh_token.encode() not in row.token_hash

    async def test_an_expired_one_is_refused(self, county: County) -> None:
        first = await begun(county)
        async with county.session() as session:
            row = (await session.exec(select(RefreshToken))).one()
            row.expires_at = clock.now() - timedelta(seconds=1)
        assert await refresh(county, first.refresh_token) is None

    async def test_a_changed_password_ends_it(self, county: County) -> None:
        first = await begun(county)
        owner = await county.reload(first.person_id)
        async with county.session() as session:
            await accounts.change_password(
                session, owner, current=PASSWORD, new="另一个更长些的新密码"
            )
        assert await refresh(county, first.refresh_token) is None

    async def test_it_is_nothing_in_another_county(self, county: County, other: County) -> None:
        first = await begun(county)
        assert await refresh(other, first.refresh_token) is None
        assert await refresh(county, first.refresh_token) is not None

    async def test_it_is_good_through_its_own_client_only(self, county: County) -> None:
        await opened(county)
        async with county.session() as session:
            made = await clients.register(
                session, county.administrator, name="门户", origins=[], grants=["units.read"]
            )
        through = Actor(county.id, county.slug, client_id=made.id)
        first = await sign_in(county, by=through)
        assert first is not None
        assert await refresh(county, first.refresh_token) is None
        assert await refresh(county, first.refresh_token, through) is not None


class TestSignOut:
    async def test_every_token_of_the_session_is_over(self, county: County) -> None:
        first = await begun(county)
        second = await refresh(county, first.refresh_token)
        assert second is not None
        async with county.session() as session:
            await sessions.sign_out(session, public(county), token=second.refresh_token)
        assert await refresh(county, second.refresh_token) is None
        assert await county.events("session.signed_out") == 1

    async def test_an_unknown_token_is_over_already(self, county: County) -> None:
        before = await county.events()
        async with county.session() as session:
            await sessions.sign_out(session, public(county), token="nothing")
        assert await county.events() == before
