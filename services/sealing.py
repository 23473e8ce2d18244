"""Sealing (加密): a county's keys for phone and identity numbers; the text stands nowhere else.

Each key is a random secret wrapped by the installation's master key; from it come a key that
encrypts and one that makes keyed hashes. Whoever uses keys holds off a rotation until they commit.
"""

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, ClassVar, Literal, Protocol, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import UniqueConstraint, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.errors import Refused
from services.tables import Recorded, moment, one_of

NONCE = 12
TAG = 16
SECRET = 32


class Algorithm(StrEnum):
    """How texts are encrypted: AES with 256 bits, or SM4 (GB/T 32907) with 128."""

    aes_256_gcm = "aes-256-gcm"
    sm4_gcm = "sm4-gcm"


AlgorithmName: TypeAlias = Literal["aes-256-gcm", "sm4-gcm"]


class TenantKey(Recorded, table=True):
    """A county's key; once retired nothing is sealed with it and its secret is wiped."""

    __tablename__ = "tenant_key"
    __table_args__: ClassVar[Any] = (
        one_of("algorithm", Algorithm),
        UniqueConstraint("tenant_id", "number"),
    )
    unrecorded: ClassVar[frozenset[str]] = frozenset({"wrapped"})

    number: int
    algorithm: str
    wrapped: bytes
    retired_at: datetime | None = moment(default=None)


class MasterKeyWrong(Refused, status=503):
    """主密钥与本县数据加密时所用的不符，请运维检查主密钥设置。
    The master key is not the one that this county's data was sealed with. Check its setting.
    """


class SealBroken(Refused, status=503):
    """加密内容与密钥不符，数据可能被改动过，请联系运维。
    What is sealed doesn't fit its key; it may have been tampered with. Ask the operator.
    """


class KeyRetired(Refused, status=503):
    """密钥正在轮换，请重新提交。
    The key is being rotated at this moment. Send this again.
    """


class Aead(Protocol):
    """A cipher that also proves what it encrypted: the tag stands at the end of the bytes."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The encrypted bytes and their tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The bytes, or `InvalidTag`."""


@dataclass(frozen=True, slots=True)
class Sm4Gcm:
    """SM4 in GCM (GB/T 32907, GB/T 36624), as AESGCM is used."""

    key: bytes

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The encrypted bytes and their tag."""
        sealing = Cipher(SM4(self.key), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(associated_data or b"")
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """The bytes, or `InvalidTag`."""
        mode = modes.GCM(nonce, data[-TAG:], min_tag_length=TAG)
        opening = Cipher(SM4(self.key), mode).decryptor()
        opening.authenticate_additional_data(associated_data or b"")
        return opening.update(data[:-TAG]) + opening.finalize()


@dataclass(frozen=True, slots=True)
class Master:
    """The installation's master key, and the algorithm that a county's next key is made for."""

    secret: bytes
    algorithm: AlgorithmName = "aes-256-gcm"

    def __repr__(self) -> str:
        return f"Master({self.algorithm})"

    def wrap(self, secret: bytes, context: str) -> bytes:
        """A secret as it may be stored; it opens in the same context only."""
        return _seal(AESGCM(self.secret), secret, context)

    def unwrap(self, wrapped: bytes, context: str) -> bytes:
        """The secret, or `MasterKeyWrong`."""
        try:
            return _open(AESGCM(self.secret), wrapped, context)
        except InvalidTag as wrong:
            raise MasterKeyWrong() from wrong


@dataclass(frozen=True, slots=True)
class Key:
    """One unwrapped key of a county."""

    scope: str
    cipher: Aead
    index: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """A county's keys that aren't retired; `number` is the newest, with which texts are sealed."""

    number: int
    by_number: Mapping[int, Key]

    def seal(self, number: int, text: str, *, context: str) -> bytes:
        """The text encrypted with that key; it opens in the same context only."""
        key = self._find(number)
        return _seal(key.cipher, text.encode(), f"{key.scope}:{context}")

    def open(self, number: int, cipher: bytes | None, *, context: str) -> str | None:
        """The text again, None where there is none."""
        if cipher is None:
            return None
        key = self._find(number)
        try:
            return _open(key.cipher, cipher, f"{key.scope}:{context}").decode()
        except InvalidTag as broken:
            raise SealBroken() from broken

    def hash(self, number: int, text: str) -> bytes:
        """The keyed hash by which a normalised text is found."""
        return hmac.digest(self._find(number).index, text.encode(), "sha256")

    def hashes(self, text: str) -> list[bytes]:
        """The text's hash under every key, so that it is found during a rotation too."""
        return [self.hash(number, text) for number in self.by_number]

    def _find(self, number: int) -> Key:
        try:
            return self.by_number[number]
        except KeyError as gone:
            raise KeyRetired() from gone


async def create_key(session: AsyncSession, tenant_id: UUID) -> TenantKey:
    """Make a county's next key, for the algorithm that is set now."""
    newest = select(func.max(TenantKey.number)).where(TenantKey.tenant_id == tenant_id)
    number = ((await session.exec(newest)).one() or 0) + 1
    master = master_of(session)
    key = TenantKey(
        tenant_id=tenant_id,
        number=number,
        algorithm=master.algorithm,
        wrapped=master.wrap(os.urandom(SECRET), _scope(tenant_id, number)),
    )
    session.add(key)
    await session.flush()
    return key


async def keys(session: AsyncSession, tenant_id: UUID) -> Keys:
    """The county's keys; none of them is retired before this transaction ends.

    The lock is a statement of its own: only the next one sees what a rotation has just committed.
    """
    await session.exec(select(func.pg_advisory_xact_lock_shared(_lock(tenant_id))))
    master = master_of(session)
    rows = await unretired(session, tenant_id)
    if not rows:
        raise KeyRetired()
    return Keys(
        number=rows[-1].number,
        by_number={
            row.number: _unwrap(master, tenant_id, row.number, row.algorithm, row.wrapped)
            for row in rows
        },
    )


async def unretired(session: AsyncSession, tenant_id: UUID) -> list[TenantKey]:
    """The county's keys in use, the newest last."""
    mine = select(TenantKey).where(
        TenantKey.tenant_id == tenant_id, col(TenantKey.retired_at).is_(None)
    )
    ordered = mine.order_by(col(TenantKey.number))
    return list((await session.exec(ordered.execution_options(populate_existing=True))).all())


async def hold(session: AsyncSession, tenant_id: UUID) -> None:
    """Wait until nobody uses the county's keys, and let nobody until this transaction ends."""
    await session.exec(select(func.pg_advisory_xact_lock(_lock(tenant_id))))


def master_of(session: AsyncSession) -> Master:
    """The master key, as the door put it into the session."""
    master: Master = session.info["master"]
    return master


@lru_cache(maxsize=1024)
def _unwrap(master: Master, tenant_id: UUID, number: int, algorithm: str, wrapped: bytes) -> Key:
    scope = _scope(tenant_id, number)
    secret = master.unwrap(wrapped, scope)
    is_sm4 = algorithm == Algorithm.sm4_gcm
    data = _derive(secret, f"{scope}:data:{algorithm}", 16 if is_sm4 else 32)
    index = _derive(secret, f"{scope}:index", 32)
    return Key(scope, Sm4Gcm(data) if is_sm4 else AESGCM(data), index)


def _derive(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(secret)


def _seal(cipher: Aead, data: bytes, context: str) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + cipher.encrypt(nonce, data, context.encode())


def _open(cipher: Aead, sealed: bytes, context: str) -> bytes:
    if len(sealed) < NONCE + TAG:
        raise InvalidTag()
    return cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context.encode())


def _scope(tenant_id: UUID, number: int) -> str:
    return f"{tenant_id}:{number}"


def _lock(tenant_id: UUID) -> Any:
    return func.hashtextextended(f"sealing:{tenant_id}", 0)
