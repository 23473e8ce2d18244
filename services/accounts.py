"""Accounts (账号): how a person of the county signs in, and who else may vouch for them.

The security administrator opens and unlocks accounts, trusts issuers and rotates the county's keys;
a password is kept as an argon2id hash only, and nobody but its owner changes it. What one person
opened or linked carries none of the county's own roles until a second one has confirmed it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, Policy, authorize
from services import clock, issuers, passwords, people, resealing, rows, sealing
from services.arguments import Length, Of, PersonId, Reason, Version
from services.errors import BadInput, Refused, Said, SignInRefused
from services.events import record, state_of
from services.issuers import Issuer, SubjectLink
from services.rows import made
from services.standing import raise_standing
from services.tables import Recorded, moment, within_tenant


class Account(Recorded, table=True):
    """A person's account; sessions begun before `password_since` are over."""

    __tablename__ = "account"
    __table_args__: ClassVar[Any] = (
        within_tenant("person_id", "person"),
        UniqueConstraint("tenant_id", "person_id"),
        UniqueConstraint("tenant_id", "name"),
        CheckConstraint("failures >= 0", name="counts_up"),
        CheckConstraint("confirmed_by <> made_by", name="not_confirmed_by_its_maker"),
        CheckConstraint("confirmed_by <> person_id", name="not_confirmed_by_its_owner"),
    )
    unrecorded: ClassVar[frozenset[str]] = frozenset({"password_hash"})
    personal: ClassVar[frozenset[str]] = frozenset({"name"})

    person_id: UUID
    name: str = Field(max_length=40)
    password_hash: str
    password_since: datetime = moment(default_factory=clock.now)
    must_change: bool = True
    failures: int = 0
    locked_until: datetime | None = moment(default=None)
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = moment(default=None)

    def carries(self, post: Held, policy: Policy) -> bool:
        """Whether whoever signs in by this account may act in a post that they hold."""
        is_plain = policy.appointers(post.role) is None
        return not self.must_change and (is_plain or self.confirmed_at is not None)


class AccountExists(Refused):
    """这个人已经有账号。
    This person has an account already.
    """


class AccountTaken(Refused):
    """这个账号名已经有人使用。
    This account name is taken.
    """


class OwnAccount(Refused):
    """自己的账号，或者自己开通、自己对应的账号，须由另一位管理员确认。
    Another administrator confirms it: neither its owner nor whoever opened or linked it does.
    """


class NotToConfirm(Refused):
    """账号已经确认，或者本人还没有登录并设定自己的密码。
    It is confirmed already, or its owner hasn't signed in and set a password of their own yet.
    """


class PasswordRefused(SignInRefused, status=401, is_kept=True):
    """现在的密码不正确，或者账号暂时锁定。请稍后再试，或请安全管理员解锁。
    The present password is wrong, or the account is locked. Try later, or ask for an unlock.
    """


class PasswordWeak(Refused):
    """密码至少 10 个字符，不能与账号名相同，也不能是同一个字符的重复。
    A password has at least 10 characters, is not the account's name and not one character repeated.
    """


@dataclass(frozen=True, slots=True)
class Limits:
    """After how many failures an account is locked, for how long, and how long a session lasts."""

    failures: int
    lockout: timedelta
    session: timedelta


@dataclass(frozen=True, slots=True)
class Rotation:
    """How far a rotation is: the newest key, and how many people are still on an older one."""

    id: UUID
    number: int
    remaining: int


AccountId = Annotated[UUID, Of("Account")]
LinkId = Annotated[UUID, Of("SubjectLink")]
IssuerId = Annotated[UUID, Of("Issuer")]
AccountName = Annotated[str, Length(3, 40), "账号名，以字母或汉字开头。 Begins with a letter."]
Password = Annotated[str, Length(1, 200), "密码，至少 10 个字符。 At least 10 characters."]


async def open(  # noqa: A001 - the verb of the policy line
    session: AsyncSession, by: Actor, *, person: PersonId, account: AccountName, password: Password
) -> Account:
    """Open an account for a person, who changes the password at the first sign-in."""
    acting = authorize(by, "open", "accounts")
    owner = await people.find_alive(session, by, person)
    name = normal_name(account)
    _check_password(password, name)
    await _check_free(session, by, owner.id, name)
    row = Account(
        **made(by, acting), person_id=owner.id, name=name,
        password_hash=await passwords.hash_(password),
    )  # fmt: skip
    session.add(row)
    record(session, by, "account.opened", row, acting=acting)
    return row


async def confirm(
    session: AsyncSession, by: Actor, *, account: AccountId, expected_version: Version = None
) -> Account:
    """Say, as a second person, that an account is its owner's: only then it carries authority.

    The owner has set the password first, so that whoever opened the account knows it no longer.
    """
    row = await find(session, by, account, for_update=True)
    acting = authorize(by, "confirm", "accounts")
    row.check_version(expected_version)
    if row.must_change:
        raise NotToConfirm()
    await _confirm(session, by, row, "account.confirmed", acting)
    return row


async def confirm_subject(
    session: AsyncSession, by: Actor, *, link: LinkId, expected_version: Version = None
) -> SubjectLink:
    """Say, as a second person, that an issuer's user is this person."""
    row = await rows.find(session, SubjectLink, by, link, for_update=True)
    acting = authorize(by, "confirm_subject", "accounts")
    row.check_version(expected_version)
    await _confirm(session, by, row, "subject.confirmed", acting)
    return row


def settle(session: AsyncSession, by: Actor, row: Account, *, keeps_password: bool = False) -> None:
    """Confirm an account by the founding act, where nobody is there yet to be the second person.

    `keeps_password` is for the demo, whose passwords are no secret.
    """
    before = state_of(row)
    row.confirmed_at, row.version = clock.now(), row.version + 1
    row.must_change = row.must_change and not keeps_password
    record(session, by, "account.confirmed", row, acting=None, before=before)


async def change_password(
    session: AsyncSession, by: Actor, *, current: Password, new: Password
) -> Account:
    """Change one's own password: every session that began with the old one ends, this one too.

    A wrong guess counts as one at signing in does, and stays counted though it is refused.
    """
    row = await of_person(session, by, by.person_id, for_update=True)
    acting = authorize(by, "change_password", "accounts", owner=by.person_id)
    if row is None:
        raise PasswordRefused()
    before, now = state_of(row), clock.now()
    if is_locked(row, now) or not await passwords.verify(row.password_hash, current):
        if not is_locked(row, now):
            count_failure(row, session.info["limits"], now)
        record(session, by, "account.password_refused", row, acting=acting, before=before)
        raise PasswordRefused()
    _check_password(new, row.name)
    row.password_hash = await passwords.hash_(new)
    row.password_since, row.must_change = clock.now(), False
    row.failures, row.locked_until = 0, None
    row.version += 1
    record(session, by, "account.password_changed", row, acting=acting, before=before)
    await raise_standing(session, by.tenant_id, row.person_id)
    return row


async def unlock(
    session: AsyncSession, by: Actor, *, account: AccountId, expected_version: Version = None
) -> Account:
    """Let an account sign in again before its lock-out is over."""
    row = await find(session, by, account, for_update=True)
    acting = authorize(by, "unlock", "accounts")
    row.check_version(expected_version)
    before = state_of(row)
    row.failures, row.locked_until = 0, None
    row.version += 1
    record(session, by, "account.unlocked", row, acting=acting, before=before)
    return row


async def rotate_keys(
    session: AsyncSession,
    by: Actor,
    *,
    batch: Annotated[int, "一次最多处理的人数，1 到 5000。 People at most, 1 to 5000."] = 500,
) -> Rotation:
    """Begin a new key, or go on moving people to the newest; repeat until none remains.

    Each call is a transaction of its own, so it may stop anywhere. Older keys go with the last one.
    """
    acting = authorize(by, "rotate_keys", "accounts")
    if not 1 <= batch <= 5000:
        raise BadInput(argument="batch", reason=Said("应在 1 到 5000 之间", "between 1 and 5000"))
    await sealing.hold(session, by.tenant_id)
    if len(await sealing.unretired(session, by.tenant_id)) < 2:
        begun = await sealing.create_key(session, by.tenant_id)
        record(session, by, "key.begun", begun, acting=acting)
    *older, newest = await sealing.unretired(session, by.tenant_id)
    moved = await resealing.reseal(session, by, newest.number, batch)
    remaining = await resealing.remaining(session, by, newest.number)
    note = {"moved": moved, "remaining": remaining}
    record(session, by, "key.rotated", newest, acting=acting, before=state_of(newest), note=note)
    if not remaining:
        resealing.retire(session, by, older, acting)
    return Rotation(newest.id, newest.number, remaining)


async def trust_issuer(
    session: AsyncSession,
    by: Actor,
    *,
    issuer: Annotated[str, Length(8, 300), "签发者地址（iss）。 The issuer's address (iss)."],
    audience: Annotated[str, Length(1, 200), "本系统在签发者处的代号（aud）。 Who we are there."],
    jwks_url: Annotated[
        str | None, Length(8, 300), "公钥地址，留空则自动发现。 Its keys; discovered if left out."
    ] = None,
    subject_claim: Annotated[str, Length(1, 60), "哪一项是用户。 The claim with the user."] = "sub",
    algorithms: Annotated[
        list[str] | None, "允许的算法，默认 RS256 和 ES256。 What it signs by."
    ] = None,
) -> Issuer:
    """Trust an OpenID Connect issuer to say who somebody is."""
    acting = authorize(by, "trust_issuer", "accounts")
    inside = session.info["allow_private_issuers"]
    row = Issuer(
        **made(by, acting), audience=audience,
        url=issuers.normal_url(issuer, "issuer", allow_private=inside),
        jwks_url=jwks_url and issuers.normal_url(jwks_url, "jwksUrl", allow_private=inside),
        subject_claim=subject_claim, algorithms=issuers.check_algorithms(algorithms),
    )  # fmt: skip
    await _hold(session, by)
    await issuers.check_new(session, by.tenant_id, row.url)
    session.add(row)
    record(session, by, "issuer.trusted", row, acting=acting)
    return row


async def distrust_issuer(
    session: AsyncSession, by: Actor, *, issuer: IssuerId, reason: Reason
) -> Issuer:
    """Trust an issuer no longer: its tokens are refused from the next request on."""
    row = await issuers.find(session, by, issuer, for_update=True)
    acting = authorize(by, "distrust_issuer", "accounts")
    before = state_of(row)
    await issuers.distrust(session, row)
    note = {"reason": reason}
    record(session, by, "issuer.distrusted", row, acting=acting, before=before, note=note)
    return row


async def link_subject(
    session: AsyncSession,
    by: Actor,
    *,
    issuer: IssuerId,
    subject: Annotated[str, Length(1, 255), "签发者处的用户代号。 The user as the issuer says."],
    person: PersonId,
) -> SubjectLink:
    """Say which person of the county an issuer's user is; a second person confirms it."""
    trusted = await issuers.find(session, by, issuer, for_update=True)
    acting = authorize(by, "link_subject", "accounts")
    owner = await people.find_alive(session, by, person)
    await issuers.check_unlinked(session, trusted, subject)
    row = SubjectLink(
        **made(by, acting), issuer_id=trusted.id, subject=subject, person_id=owner.id,
    )  # fmt: skip
    session.add(row)
    record(session, by, "subject.linked", row, acting=acting)
    return row


async def find(
    session: AsyncSession, by: Actor, account: UUID, *, for_update: bool = False
) -> Account:
    """An account of the actor's county."""
    return await rows.find(session, Account, by, account, for_update=for_update)


async def of_person(
    session: AsyncSession, by: Actor, person: UUID | None, *, for_update: bool = False
) -> Account | None:
    """The account of a person, if there is one."""
    mine = select(Account).where(Account.tenant_id == by.tenant_id, Account.person_id == person)
    return (await session.exec(mine.with_for_update() if for_update else mine)).first()


def is_locked(row: Account, now: datetime) -> bool:
    """Whether the account is locked out at this moment."""
    return row.locked_until is not None and row.locked_until > now


def count_failure(row: Account, limits: Limits, now: datetime) -> None:
    """One failure more; with the last one the count begins anew after the lock-out."""
    row.failures += 1
    if row.failures >= limits.failures:
        row.failures, row.locked_until = 0, now + limits.lockout


def normal_name(account: str) -> str:
    """An account's name as it is stored; it never looks like a phone number."""
    name = unicodedata.normalize("NFKC", account).strip().casefold()
    if not re.fullmatch(r"[^\W\d_][\w.\-]{2,39}", name):
        raise BadInput(
            argument="account",
            reason=Said("3 到 40 个字符，以字母开头", "3 to 40 characters, the first a letter"),
        )
    return name


async def _confirm(
    session: AsyncSession, by: Actor, row: Account | SubjectLink, name: str, acting: Held | None
) -> None:
    if row.confirmed_at is not None:
        raise NotToConfirm()
    if by.person_id in (row.made_by, row.person_id):
        raise OwnAccount()
    before = state_of(row)
    row.confirmed_by, row.confirmed_at = by.person_id, clock.now()
    row.version += 1
    record(session, by, name, row, acting=acting, before=before)
    await raise_standing(session, by.tenant_id, row.person_id)


def _check_password(password: str, name: str) -> None:
    text = passwords.normal(password)
    if len(text) < 10 or text.casefold() == name or len(set(text)) < 2:
        raise PasswordWeak()


async def _check_free(session: AsyncSession, by: Actor, person: UUID, name: str) -> None:
    await _hold(session, by)
    if await of_person(session, by, person) is not None:
        raise AccountExists()
    other = select(Account.id).where(Account.tenant_id == by.tenant_id, Account.name == name)
    if (await session.exec(other)).first() is not None:
        raise AccountTaken()


async def _hold(session: AsyncSession, by: Actor) -> None:
    """Whoever looks whether a name is free writes it before the next one looks."""
    key = func.hashtextextended(f"accounts:{by.tenant_id}", 0)
    await session.exec(select(func.pg_advisory_xact_lock(key)))
