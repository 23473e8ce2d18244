"""Accounts: opening, passwords, unlocking; rotating the county's keys; issuers that it trusts."""

import asyncio
from datetime import timedelta
from itertools import chain

import pytest
from sqlalchemy import func
from sqlmodel import col, select

from policies import Actor, Denied
from services import accounts, clock, passwords, people, sealing
from services.accounts import Account, AccountExists, AccountTaken, PasswordWeak, Rotation
from services.errors import BadInput, NotFound, SignInRefused
from services.issuers import IssuerDistrusted, IssuerTrusted, SubjectLinked
from services.people import Person, PhoneTaken
from services.sealing import Master, TenantKey
from services.standing import Standing
from tests.county import County
from tests.services.unchanged import unchanged

PASSWORD = "长一点的密码-2024"
ISSUER = "https://id.example.test/realms/county"


async def opened(county: County, name: str = "zhangsan", person: Person | None = None) -> Account:
    """An account for a new person."""
    owner = person or await county.person()
    async with county.session() as session:
        return await accounts.open(
            session, county.security, person=owner.id, account=name, password=PASSWORD
        )


class TestOpen:
    async def test_the_password_is_kept_as_an_argon2id_hash(self, county: County) -> None:
        row = await opened(county)
        assert row.password_hash.startswith("$argon2id$")
        assert row.must_change
        assert await passwords.verify(row.password_hash, PASSWORD)
        assert await county.events("account.opened") == 1

    async def test_the_name_is_stored_in_one_form(self, county: County) -> None:
        assert (await opened(county, " ＺhangSan ")).name == "zhangsan"

    async def test_a_second_account_of_a_person_is_refused(self, county: County) -> None:
        person = await county.person()
        await opened(county, "zhangsan", person)
        async with unchanged(county, AccountExists):
            await opened(county, "lisi", person)

    async def test_a_taken_name_is_refused_in_any_case(self, county: County) -> None:
        await opened(county, "zhangsan")
        person = await county.person()
        async with unchanged(county, AccountTaken):
            await opened(county, "ZHANGSAN", person)

    async def test_another_county_may_use_the_name(self, county: County, other: County) -> None:
        await opened(county, "zhangsan")
        await opened(other, "zhangsan")

    @pytest.mark.parametrize("name", ["13900000001", "a", "a b c", "-abc", "a" * 41, "a\x00bc"])
    async def test_a_name_that_could_be_a_phone_or_is_none_is_refused(
        self, county: County, name: str
    ) -> None:
        person = await county.person()
        async with unchanged(county, BadInput):
            await opened(county, name, person)

    @pytest.mark.parametrize("password", ["short", "0000000000", " zhang-san-1 ", "zhang-san-1"])
    async def test_a_weak_password_is_refused(self, county: County, password: str) -> None:
        person = await county.person()
        async with unchanged(county, PasswordWeak), county.session() as session:
            await accounts.open(
                session, county.security, person=person.id, account="zhang-san-1",
                password=password,
            )  # fmt: skip

    async def test_the_county_administrator_opens_none(self, county: County) -> None:
        person = await county.person()
        async with unchanged(county, Denied), county.session() as session:
            await accounts.open(
                session, county.administrator, person=person.id, account="lisi", password=PASSWORD
            )

    async def test_a_person_of_another_county_is_not_there(
        self, county: County, other: County
    ) -> None:
        theirs = await other.person()
        async with unchanged(county, NotFound):
            await opened(county, "lisi", theirs)


class TestChangePassword:
    async def test_the_owner_changes_it_with_the_current_one(self, county: County) -> None:
        row = await opened(county)
        owner = await county.reload(row.person_id)
        async with county.session() as session:
            changed = await accounts.change_password(
                session, owner, current=PASSWORD, new="另一个更长些的新密码"
            )
        assert await passwords.verify(changed.password_hash, "另一个更长些的新密码")
        assert not changed.must_change
        assert changed.password_since > row.made_at

    async def test_a_wrong_current_one_is_refused(self, county: County) -> None:
        owner = await county.reload((await opened(county)).person_id)
        async with unchanged(county, SignInRefused), county.session() as session:
            await accounts.change_password(
                session, owner, current="不对", new="另一个更长些的新密码"
            )

    async def test_a_weak_new_one_is_refused(self, county: County) -> None:
        owner = await county.reload((await opened(county)).person_id)
        async with unchanged(county, PasswordWeak), county.session() as session:
            await accounts.change_password(session, owner, current=PASSWORD, new="zhangsan")

    async def test_whoever_has_no_account_is_refused(self, county: County) -> None:
        nobody = Actor(county.id, county.slug)
        refusals = {nobody: Denied, await county.actor("resident"): SignInRefused}
        for by, refusal in refusals.items():
            async with unchanged(county, refusal), county.session() as session:
                await accounts.change_password(session, by, current=PASSWORD, new=PASSWORD + "x")


class TestUnlock:
    async def test_it_ends_the_lock_out(self, county: County) -> None:
        row = await opened(county)
        async with county.session() as session:
            locked = await accounts.find(session, county.security, row.id, for_update=True)
            locked.locked_until = clock.now() + timedelta(hours=1)
        async with county.session() as session:
            free = await accounts.unlock(session, county.security, account=row.id)
        assert (free.locked_until, free.failures) == (None, 0)
        assert await county.events("account.unlocked") == 1

    async def test_nobody_unlocks_their_own_without_the_role(self, county: County) -> None:
        row = await opened(county)
        owner = await county.reload(row.person_id)
        async with unchanged(county, Denied), county.session() as session:
            await accounts.unlock(session, owner, account=row.id)


async def rotate(county: County, batch: int = 500) -> Rotation:
    async with county.session() as session:
        return await accounts.rotate_keys(session, county.security, batch=batch)


async def found_by_phone(county: County, phone: str) -> str | None:
    """Whose phone it is, as a look-up does it."""
    async with county.session() as session:
        keys = await sealing.keys(session, county.id)
        mine = select(Person.name).where(
            Person.tenant_id == county.id, col(Person.phone_hash).in_(keys.hashes(phone))
        )
        return (await session.exec(mine)).first()


async def numbers(county: County) -> dict[int, int]:
    """How many people are on each key."""
    counted = select(Person.key_number, func.count()).where(Person.tenant_id == county.id)
    async with county.session(read_only=True) as session:
        return dict((await session.exec(counted.group_by(col(Person.key_number)))).all())


class TestRotateKeys:
    async def test_it_stops_anywhere_and_goes_on_with_every_phone_found_all_the_time(
        self, county: County
    ) -> None:
        phones = {f"1390000000{n}": f"住户{n}" for n in range(6)}
        for phone, name in phones.items():
            await county.person(name, phone=phone)
        total = sum((await numbers(county)).values())
        left = [total]
        while left[-1]:
            left.append((await rotate(county, batch=3)).remaining)
            for phone, name in phones.items():
                assert await found_by_phone(county, phone) == name
        assert left == [total, *range(total - 3, 0, -3), 0]
        assert await numbers(county) == {2: total}

    async def test_the_older_key_is_wiped_with_the_last_person(self, county: County) -> None:
        assert (await rotate(county)).remaining == 0
        async with county.session(read_only=True) as session:
            ordered = select(TenantKey).order_by(col(TenantKey.number))
            old, new = (await session.exec(ordered)).all()
        assert (old.wrapped, old.retired_at is None) == (b"", False)
        assert (len(new.wrapped) > 32, new.retired_at) == (True, None)
        assert await county.events("key.retired") == 1

    async def test_a_phone_under_the_older_key_is_taken_under_the_newer(
        self, county: County
    ) -> None:
        await county.person("住户甲", phone="13900000001")
        await rotate(county, batch=1)
        async with unchanged(county, PhoneTaken):
            await county.person("住户乙", phone="13900000001")

    async def test_a_phone_moved_to_the_newer_key_is_taken_for_who_is_on_the_older(
        self, county: County
    ) -> None:
        last = await county.person("住户甲")
        await rotate(county, batch=1)
        await county.person("住户乙", phone="13900000001")
        async with unchanged(county, PhoneTaken), county.session() as session:
            await people.amend(session, county.administrator, person=last.id, phone="13900000001")

    async def test_a_change_under_way_keeps_the_older_key_alive(self, county: County) -> None:
        async with county.session() as session:
            await people.register(session, county.administrator, name="住户甲", phone="13900000001")
            await session.flush()
            turning = asyncio.create_task(rotate(county))
            await asyncio.sleep(0.2)
            assert not turning.done()
        assert (await turning).remaining == 0
        assert await found_by_phone(county, "13900000001") == "住户甲"

    async def test_people_registered_at_the_same_time_are_all_found(self, county: County) -> None:
        phones = [f"1390000001{n}" for n in range(8)]
        made = [county.person(phone, phone=phone) for phone in phones]
        turns = [rotate(county, batch=2) for _ in range(8)]
        await asyncio.gather(*chain.from_iterable(zip(made, turns, strict=True)))
        assert [await found_by_phone(county, phone) for phone in phones] == phones

    async def test_the_algorithm_changes_with_the_next_key(self, county: County) -> None:
        await county.person("住户甲", phone="13900000001")
        async with county.session() as session:
            session.info["master"] = Master(sealing.master_of(session).secret, "sm4-gcm")
            await accounts.rotate_keys(session, county.security)
        assert await found_by_phone(county, "13900000001") == "住户甲"
        async with county.session(read_only=True) as session:
            algorithms = select(TenantKey.algorithm).order_by(col(TenantKey.number))
            assert (await session.exec(algorithms)).all() == ["aes-256-gcm", "sm4-gcm"]

    async def test_only_the_security_administrator_does_it(self, county: County) -> None:
        async with unchanged(county, Denied), county.session() as session:
            await accounts.rotate_keys(session, county.administrator)

    @pytest.mark.parametrize("batch", [0, -1, 5001])
    async def test_a_batch_beyond_the_limits_is_refused(self, county: County, batch: int) -> None:
        async with unchanged(county, BadInput):
            await rotate(county, batch)


class TestTrustIssuer:
    async def test_it_is_trusted_once(self, county: County) -> None:
        async with county.session() as session:
            row = await accounts.trust_issuer(
                session, county.security, issuer=f"{ISSUER}/", audience="sanfang"
            )
        assert (row.url, row.algorithms) == (ISSUER, ["RS256", "ES256"])
        async with unchanged(county, IssuerTrusted), county.session() as session:
            await accounts.trust_issuer(session, county.security, issuer=ISSUER, audience="sanfang")

    @pytest.mark.parametrize(
        "issuer",
        ["http://id.example.test", "ftp://id.example.test", "id.example.test", "https://",
         "http://169.254.169.254/x", "https://user@id.example.test"],
    )  # fmt: skip
    async def test_only_https_is_taken(self, county: County, issuer: str) -> None:
        async with unchanged(county, BadInput), county.session() as session:
            await accounts.trust_issuer(session, county.security, issuer=issuer, audience="x")

    @pytest.mark.parametrize(
        ("issuer", "jwks_url"),
        [("http://127.0.0.1:8080", None), ("https://10.0.0.8", None), ("https://localhost", None),
         ("https://[::1]", None), ("https://[::ffff:192.168.0.1]/", None),
         (ISSUER, "https://169.254.169.254/keys"), (ISSUER, "http://127.0.0.1/keys")],
    )  # fmt: skip
    async def test_one_inside_the_network_is_refused_unless_the_installation_allows_it(
        self, county: County, issuer: str, jwks_url: str | None
    ) -> None:
        async with unchanged(county, BadInput), county.session() as session:
            session.info["allow_private_issuers"] = False
            await accounts.trust_issuer(
                session, county.security, issuer=issuer, audience="x", jwks_url=jwks_url
            )

    @pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "rs256", ""])
    async def test_a_shared_secret_or_none_is_no_proof(
        self, county: County, algorithm: str
    ) -> None:
        async with unchanged(county, BadInput), county.session() as session:
            await accounts.trust_issuer(
                session, county.security, issuer=ISSUER, audience="x", algorithms=[algorithm]
            )

    async def test_distrust_raises_the_standing_of_the_county(self, county: County) -> None:
        async with county.session() as session:
            row = await accounts.trust_issuer(session, county.security, issuer=ISSUER, audience="x")
        mine = select(Standing.number).where(Standing.subject_id == county.id)
        async with county.session() as session:
            before = (await session.exec(mine)).one()
            await accounts.distrust_issuer(session, county.security, issuer=row.id, reason="停用")
            assert (await session.exec(mine)).one() == before + 1
        async with unchanged(county, IssuerDistrusted), county.session() as session:
            await accounts.distrust_issuer(session, county.security, issuer=row.id, reason="停用")


class TestLinkSubject:
    async def test_a_subject_is_one_person(self, county: County) -> None:
        one, two = await county.person(), await county.person()
        async with county.session() as session:
            issuer = await accounts.trust_issuer(
                session, county.security, issuer=ISSUER, audience="x"
            )
            await session.flush()
            await accounts.link_subject(
                session, county.security, issuer=issuer.id, subject="u-1", person=one.id
            )
        async with unchanged(county, SubjectLinked), county.session() as session:
            await accounts.link_subject(
                session, county.security, issuer=issuer.id, subject="u-1", person=two.id
            )

    async def test_an_issuer_of_another_county_is_not_there(
        self, county: County, other: County
    ) -> None:
        async with other.session() as session:
            theirs = await accounts.trust_issuer(
                session, other.security, issuer=ISSUER, audience="x"
            )
        person = await county.person()
        async with unchanged(county, NotFound), county.session() as session:
            await accounts.link_subject(
                session, county.security, issuer=theirs.id, subject="u-1", person=person.id
            )
