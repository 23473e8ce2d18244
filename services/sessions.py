"""Sessions (登录): a person signs in by account or phone and password; refresh tokens keep them so.

A refresh token is good once; one that comes back is taken as stolen and ends its whole family. A
refusal is a value, not an error: what it counted must be kept, so the caller commits, then says no.
A session is a sign-in with all that was refreshed from it; access tokens name it and end with it.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor
from services import accounts, clock, passwords, people, sealing
from services.accounts import Account, Limits
from services.errors import BadInput
from services.events import Event, record, state_of, write
from services.issuers import SubjectLink
from services.people import Person
from services.proving import LONGEST
from services.standing import raise_standing
from services.tables import TenantRow, moment, within_tenant

TOKEN_BYTES = 32
RECOGNIZED = "session.recognized"


class RefreshToken(TenantRow, table=True):
    """A refresh token, by its hash; a family is one sign-in and all that was refreshed from it."""

    __tablename__ = "refresh_token"
    __table_args__: ClassVar[Any] = (
        within_tenant("account_id", "account"),
        within_tenant("client_id", "client"),
        UniqueConstraint("tenant_id", "token_hash"),
        Index(None, "tenant_id", "family_id"),
        Index(None, "tenant_id", "account_id"),
    )

    account_id: UUID
    client_id: UUID | None = None
    family_id: UUID
    token_hash: bytes
    began_at: datetime = moment()
    expires_at: datetime = moment()
    spent_at: datetime | None = moment(default=None)
    revoked_at: datetime | None = moment(default=None)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person is signed in: the refresh token in clear, shown this once."""

    person_id: UUID
    client_id: UUID | None
    refresh_token: str
    must_change: bool
    session_id: UUID


async def sign_in(
    session: AsyncSession, by: Actor, *, account_or_phone: str, password: str, limits: Limits
) -> SignedIn | None:
    """Sign in, through the client that `by` is if it is one; None is a refusal, to be committed.

    Wrong passwords that come at once are counted one after the other, and so is the right one.
    """
    known = await _find(session, by, account_or_phone)
    hashed = known.password_hash if known else None
    is_right = await passwords.verify(hashed, password)
    if known is None:
        return None
    row = await accounts.find(session, by, known.id, for_update=True)
    is_right = is_right and row.password_hash == hashed
    before, now = state_of(row), clock.now()
    is_locked = accounts.is_locked(row, now)
    owner = Actor(by.tenant_id, by.domain, person_id=row.person_id, client_id=by.client_id)
    if is_locked or not is_right:
        if not is_locked:
            accounts.count_failure(row, limits, now)
        note = {"locked": is_locked}
        record(session, owner, "session.refused", row, acting=None, before=before, note=note)
        return None
    row.failures, row.locked_until = 0, None
    record(session, owner, "session.signed_in", row, acting=None, before=before)
    family = uuid7()
    token = _token(session, row, by.client_id, family, now, limits)
    return SignedIn(row.person_id, by.client_id, token, row.must_change, family)


async def recognized(session: AsyncSession, by: Actor, link: SubjectLink, sign_in: str) -> None:
    """Put on record that a person signed in with an issuer: once, however many tokens come of it
    and whichever process sees them first.
    """
    lock = func.hashtextextended(f"sign_in:{link.id}:{sign_in}", 0)
    await session.exec(select(func.pg_advisory_xact_lock(lock)))
    since = clock.now() - LONGEST
    known = select(Event.id).where(
        Event.tenant_id == by.tenant_id, Event.object_id == link.id, Event.at > since,
        Event.name == RECOGNIZED, col(Event.after)["sign_in"].as_string() == sign_in,
    )  # fmt: skip
    if (await session.exec(known)).first() is None:
        after = {"issuer_id": str(link.issuer_id), "sign_in": sign_in}
        write(session, by, RECOGNIZED, (SubjectLink.__name__, link.id), after=after)


async def refresh(
    session: AsyncSession, by: Actor, *, token: str, limits: Limits
) -> SignedIn | None:
    """Spend a refresh token for the next one; None is a refusal, to be committed."""
    spent = await _find_token(session, by, token)
    if spent is None or spent.client_id != by.client_id:
        return None
    row, now = await accounts.find(session, by, spent.account_id), clock.now()
    going_on = await account_of(session, by.tenant_id, spent.family_id)
    if spent.spent_at is not None:
        await _end(session, by, row, spent, "session.replayed")
        return None
    if going_on is None or spent.expires_at <= now:
        return None
    spent.spent_at = now
    await session.flush()
    again = _token(session, row, by.client_id, spent.family_id, spent.began_at, limits)
    return SignedIn(row.person_id, by.client_id, again, row.must_change, spent.family_id)


async def sign_out(session: AsyncSession, by: Actor, *, token: str) -> None:
    """End the session that a refresh token belongs to; one that is unknown is over already."""
    found = await _find_token(session, by, token)
    if found is not None and found.revoked_at is None:
        row = await accounts.find(session, by, found.account_id)
        await _end(session, by, row, found, "session.signed_out")


async def account_of(session: AsyncSession, tenant_id: UUID, session_id: UUID) -> Account | None:
    """Whose session it is; None where none of it was, or it has ended, or the password is newer."""
    family = select(RefreshToken).where(
        RefreshToken.tenant_id == tenant_id, RefreshToken.family_id == session_id
    )
    # A token that is revoked comes first: with one of them the whole family is over.
    token = (await session.exec(family.order_by(col(RefreshToken.revoked_at)).limit(1))).first()
    if token is None or token.revoked_at is not None:
        return None
    mine = select(Account).where(
        Account.tenant_id == tenant_id,
        Account.id == token.account_id,
        Account.password_since <= token.began_at,
    )
    return (await session.exec(mine)).first()


async def _find(session: AsyncSession, by: Actor, account_or_phone: str) -> Account | None:
    """The account of this name, or of the person with this phone number."""
    try:
        name = accounts.normal_name(account_or_phone)
    except BadInput:
        return await _find_by_phone(session, by, account_or_phone)
    mine = select(Account).where(Account.tenant_id == by.tenant_id, Account.name == name)
    return (await session.exec(mine.execution_options(populate_existing=True))).first()


async def _find_by_phone(session: AsyncSession, by: Actor, phone: str) -> Account | None:
    try:
        digits = people.normal_phone(phone)
    except BadInput:
        return None
    keys = await sealing.keys(session, by.tenant_id)
    mine = (
        select(Account)
        .join(
            Person,
            (col(Person.tenant_id) == Account.tenant_id) & (col(Person.id) == Account.person_id),
        )
        .where(Account.tenant_id == by.tenant_id, col(Person.phone_hash).in_(keys.hashes(digits)))
    )
    return (await session.exec(mine)).first()


async def _find_token(session: AsyncSession, by: Actor, token: str) -> RefreshToken | None:
    mine = select(RefreshToken).where(
        RefreshToken.tenant_id == by.tenant_id, RefreshToken.token_hash == _hash(token)
    )
    return (await session.exec(mine.with_for_update())).first()


async def _end(
    session: AsyncSession, by: Actor, row: Account, token: RefreshToken, name: str
) -> None:
    """Revoke every token of the family; its access tokens are refused at their next statement."""
    family = update(RefreshToken).where(
        col(RefreshToken.tenant_id) == by.tenant_id,
        col(RefreshToken.family_id) == token.family_id,
        col(RefreshToken.revoked_at).is_(None),
    )
    await session.exec(family.values(revoked_at=clock.now()))
    owner = Actor(by.tenant_id, by.domain, person_id=row.person_id, client_id=by.client_id)
    await raise_standing(session, by.tenant_id, row.person_id)
    note = {"family": str(token.family_id)}
    record(session, owner, name, row, acting=None, before=state_of(row), note=note)


def _token(
    session: AsyncSession,
    row: Account,
    client_id: UUID | None,
    family_id: UUID,
    began_at: datetime,
    limits: Limits,
) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        RefreshToken(
            tenant_id=row.tenant_id, account_id=row.id, client_id=client_id, family_id=family_id,
            token_hash=_hash(token), began_at=began_at, expires_at=clock.now() + limits.session,
        )
    )  # fmt: skip
    return token


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
