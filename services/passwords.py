"""Passwords (密码): argon2id (RFC 9106), worked out beside the event loop and as long for nobody.

Where there is no account the same work is done on a hash that nothing fits, so that the time an
answer takes doesn't say whether the account exists.
"""

import asyncio
import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher()


async def hash_(password: str) -> str:
    """The hash that is stored."""
    return await asyncio.to_thread(HASHER.hash, normal(password))


async def verify(hashed: str | None, password: str) -> bool:
    """Whether the password fits; with no hash it takes as long and never does."""
    return await asyncio.to_thread(_fits, hashed, normal(password))


def normal(password: str) -> str:
    """The password as it is hashed: one form of each character, no white space at the ends."""
    return unicodedata.normalize("NFKC", password).strip()


def _fits(hashed: str | None, password: str) -> bool:
    try:
        return HASHER.verify(hashed or _nobodys(), password) and hashed is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return HASHER.hash(secrets.token_urlsafe())
