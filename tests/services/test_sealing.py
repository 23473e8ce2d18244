"""Sealing: what is sealed opens with its own key, in its own place and county, and no other."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import col, select

from services import sealing
from services.sealing import (
    Algorithm,
    AlgorithmName,
    KeyRetired,
    Keys,
    Master,
    MasterKeyWrong,
    SealBroken,
    TenantKey,
)
from tests.county import County

ALGORITHMS: tuple[AlgorithmName, ...] = ("aes-256-gcm", "sm4-gcm")
SECRET = bytes(range(32))


def keys_of(tenant: UUID, algorithm: AlgorithmName) -> Keys:
    """A county's first key, without a database."""
    master = Master(SECRET, algorithm)
    wrapped = master.wrap(bytes(32), f"{tenant}:1")
    return Keys(1, {1: sealing._unwrap(master, tenant, 1, algorithm, wrapped)})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
class TestSeal:
    @given(text=st.text())
    def test_what_is_sealed_opens_again(self, algorithm: AlgorithmName, text: str) -> None:
        keys = keys_of(UUID(int=7), algorithm)
        assert keys.open(1, keys.seal(1, text, context="a"), context="a") == text

    def test_the_same_text_is_never_sealed_the_same(self, algorithm: AlgorithmName) -> None:
        keys = keys_of(uuid4(), algorithm)
        assert keys.seal(1, "x", context="a") != keys.seal(1, "x", context="a")

    def test_it_opens_in_its_own_place_only(self, algorithm: AlgorithmName) -> None:
        keys = keys_of(uuid4(), algorithm)
        with pytest.raises(SealBroken):
            keys.open(1, keys.seal(1, "x", context="a:phone"), context="b:phone")

    def test_it_opens_in_its_own_county_only(self, algorithm: AlgorithmName) -> None:
        one, other = keys_of(uuid4(), algorithm), keys_of(uuid4(), algorithm)
        with pytest.raises(SealBroken):
            other.open(1, one.seal(1, "x", context="a"), context="a")
        assert one.hash(1, "x") != other.hash(1, "x")

    @pytest.mark.parametrize("place", [0, 12, -1])
    def test_a_changed_byte_breaks_it(self, algorithm: AlgorithmName, place: int) -> None:
        keys = keys_of(uuid4(), algorithm)
        sealed = bytearray(keys.seal(1, "13900000001", context="a"))
        sealed[place] ^= 1
        with pytest.raises(SealBroken):
            keys.open(1, bytes(sealed), context="a")

    @pytest.mark.parametrize("length", [0, 1, 27])
    def test_a_stump_breaks_it(self, algorithm: AlgorithmName, length: int) -> None:
        keys = keys_of(uuid4(), algorithm)
        with pytest.raises(SealBroken):
            keys.open(1, keys.seal(1, "x", context="a")[:length], context="a")

    def test_a_key_that_is_gone_asks_to_send_again(self, algorithm: AlgorithmName) -> None:
        keys = keys_of(uuid4(), algorithm)
        with pytest.raises(KeyRetired):
            keys.open(2, b"x" * 40, context="a")


class TestMaster:
    def test_another_master_key_opens_nothing(self) -> None:
        wrapped = Master(SECRET).wrap(b"secret", "a")
        with pytest.raises(MasterKeyWrong):
            Master(bytes(32)).unwrap(wrapped, "a")

    def test_it_never_shows_itself(self) -> None:
        assert repr(Master(SECRET)) == "Master(aes-256-gcm)"


class TestKeys:
    async def test_a_county_begins_with_one_key(self, county: County) -> None:
        async with county.session() as session:
            keys = await sealing.keys(session, county.id)
        assert (keys.number, list(keys.by_number)) == (1, [1])

    async def test_the_stored_key_is_wrapped(self, county: County) -> None:
        async with county.session() as session:
            row = (await session.exec(select(TenantKey))).one()
            master = sealing.master_of(session)
        assert len(master.unwrap(row.wrapped, f"{county.id}:1")) == 32

    async def test_a_wrong_master_key_is_named_as_such(self, county: County) -> None:
        async with county.session() as session:
            session.info["master"] = Master(bytes(32))
            with pytest.raises(MasterKeyWrong):
                await sealing.keys(session, county.id)

    async def test_a_key_of_another_county_put_in_place_is_refused(
        self, county: County, other: County
    ) -> None:
        async with other.session() as session:
            theirs = (await session.exec(select(TenantKey))).one().wrapped
        async with county.session() as session:
            mine = update(TenantKey).where(col(TenantKey.tenant_id) == county.id)
            await session.exec(mine.values(wrapped=theirs))
            with pytest.raises(MasterKeyWrong):
                await sealing.keys(session, county.id)

    async def test_the_next_key_has_the_algorithm_that_is_set_then(self, county: County) -> None:
        async with county.session() as session:
            master = sealing.master_of(session)
            session.info["master"] = Master(master.secret, "sm4-gcm")
            made = await sealing.create_key(session, county.id)
            keys = await sealing.keys(session, county.id)
        assert (made.number, made.algorithm, keys.number) == (2, Algorithm.sm4_gcm, 2)
        old, new = keys.seal(1, "x", context="a"), keys.seal(2, "x", context="a")
        assert keys.open(1, old, context="a") == keys.open(2, new, context="a") == "x"
        assert len(set(keys.hashes("x"))) == 2
