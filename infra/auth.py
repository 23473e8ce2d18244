"""Who asks: a bearer token proven once, its authority read once, both kept until something changes.

A request on the warm path costs a hash and two look-ups. What is kept here is never trusted alone:
every statement compares the authority's number in the database, and `refreshed` reads it anew.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from joserfc.jwk import OKPKey
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from infra.database import Database
from infra.settings import Settings
from policies import Actor, Held, Policy
from services import authority, clock, issuers, proving, sessions, signing
from services.clients import Client
from services.errors import Refused, TenantMissing, TenantUnknown, TokenRefused, called
from services.events import ORIGIN, write
from services.kept import Kept
from services.people import Person
from services.posts import OF_POST, Appointment, AppointmentState, Post
from services.signing import Bearer
from services.standing import FAR, Authority
from services.texts import is_storable

LONGEST_TOKEN = 8192
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Warrant:
    """Why a token is believed: one of our keys in a session, or an issuer's word for a subject."""

    kid: str | None = None
    session_id: UUID | None = None
    issuer_id: UUID | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a token speaks for, in which county, and why it is believed; nobody is the public."""

    tenant_id: UUID
    slug: str
    person_id: UUID | None = None
    client_id: UUID | None = None
    warrant: Warrant | None = None


@dataclass(frozen=True, slots=True)
class Warranted(Authority):
    """An authority with the warrant it was read on: where that has gone, so has the authority."""

    warrant: Warrant | None = None

    @property
    def caller(self) -> Caller:
        """Whose authority it is."""
        actor = self.actor
        return Caller(actor.tenant_id, actor.domain, actor.person_id, actor.client_id, self.warrant)


class NobodyHolds(Refused):
    """这个县现在没有人担任 {role}。
    Nobody holds {role} in this county now.
    """


class Authenticator:
    """Turns what a request says of itself into an authority."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self._callers: Kept[tuple[bytes, str | None], tuple[Caller, datetime]] = Kept()
        self._authorities: Kept[Caller, Warranted] = Kept()
        self._keys: Kept[UUID, dict[str, OKPKey]] = Kept()
        self._rings = proving.KeyRings(allow_private=settings.allow_private_issuers)

    async def of_request(
        self, authorization: str | None, counties: set[str], origin: str | None = None
    ) -> Authority | None:
        """Who asks, in which county; nobody where neither a token nor a county is given."""
        if len(counties) > 1:
            raise TenantUnknown()
        if not counties and authorization is None:
            return None
        return await self.authenticate(authorization, next(iter(counties), None), origin)

    async def authenticate(
        self, authorization: str | None, tenant: str | None, origin: str | None = None
    ) -> Authority:
        """The authority of a bearer token, or the public's in the county that is named; `origin` is
        the address that it came from.
        """
        if authorization is None:
            caller = await self._public(tenant)
        else:
            caller, _ = await self._proven(_bearer(authorization), tenant, origin)
        return self._authorities.get(caller) or await self._read(caller)

    async def good_until(self, authorization: str | None, tenant: str | None) -> datetime:
        """Until when the token of a request is good; the public needs none."""
        if authorization is None:
            return FAR
        return (await self._proven(_bearer(authorization), tenant))[1]

    async def refreshed(self, authority: Authority) -> Authority:
        """The authority read anew, after a statement said that it is out of date."""
        if not isinstance(authority, Warranted):
            raise TokenRefused()
        return await self._read(authority.caller)

    async def _public(self, tenant: str | None) -> Caller:
        if not tenant:
            raise TenantMissing()
        found = await self.database.tenant(tenant)
        if found is None:
            raise TenantUnknown()
        return Caller(found[0], tenant)

    async def _proven(
        self, token: str, tenant: str | None, origin: str | None = None
    ) -> tuple[Caller, datetime]:
        key = (hashlib.sha256(token.encode()).digest(), tenant)
        known = self._callers.get(key)
        if known is None:
            known = self._callers.put(key, await self._prove(token, tenant, origin))
        caller, until = known
        if until <= clock.now():
            self._callers.drop(key)
            raise TokenRefused()
        if tenant is not None and tenant != caller.slug:
            raise TenantUnknown()
        return known

    async def _prove(
        self, token: str, tenant: str | None, origin: str | None
    ) -> tuple[Caller, datetime]:
        claims = proving.claims_of(token)
        if claims.get("iss") == signing.ISSUER:
            return await self._prove_own(token, claims.get("tenant"))
        return await self._prove_foreign(token, tenant, claims.get("iss"), origin)

    async def _prove_own(self, token: str, slug: object) -> tuple[Caller, datetime]:
        found = await self.database.tenant(slug) if isinstance(slug, str) else None
        if found is None:
            raise TokenRefused()
        tenant_id, kid = found[0], str(proving.header_of(token).get("kid"))
        keys = self._keys.get(tenant_id)
        if keys is None or kid not in keys:
            async with self.database.session(tenant_id, read_only=True) as session:
                keys = await self._read_keys(session, tenant_id)
        proof = signing.prove(token, keys)
        if (proof.bearer.tenant_id, proof.bearer.slug) != (tenant_id, slug):
            raise TokenRefused()
        return _caller_of(proof.bearer, proof.kid), proof.until

    async def _prove_foreign(
        self, token: str, tenant: str | None, url: object, origin: str | None
    ) -> tuple[Caller, datetime]:
        if not isinstance(url, str) or not is_storable(url):
            raise TokenRefused()
        tenant_id = (await self._public(tenant)).tenant_id
        async with self.database.session(tenant_id, read_only=True) as session:
            issuer = await issuers.trusted(session, tenant_id, url.rstrip("/"))
            slug = await authority.slug_of(session, tenant_id)
        if issuer is None:
            raise TokenRefused()
        proof = await self._rings.prove(issuer, token)
        async with self.database.session(tenant_id) as session:
            link = await issuers.link_of(session, tenant_id, issuer.id, proof.subject)
            if link is None:
                raise TokenRefused()
            session.info[ORIGIN] = origin or None
            owner = Actor(tenant_id, slug, person_id=link.person_id)
            await sessions.recognized(session, owner, link, proof.sign_in)
        warrant = Warrant(issuer_id=issuer.id, subject=proof.subject)
        return Caller(tenant_id, slug, person_id=link.person_id, warrant=warrant), proof.until

    async def _read(self, caller: Caller) -> Authority:
        """Read the authority, and after its number what the token was believed by."""
        self._authorities.drop(caller)
        async with self.database.session(caller.tenant_id, read_only=True) as session:
            found = await authority.load(
                session, caller.tenant_id, person_id=caller.person_id, client_id=caller.client_id
            )
            may = await self._check(session, caller)
        actor = replace(
            found.actor,
            posts=tuple(post for post in found.actor.posts if may(post, found.actor.policy)),
        )
        read = Warranted(
            actor, found.number, found.until, found.rows_per_minute, found.is_bound, found.labels,
            caller.warrant,
        )  # fmt: skip
        return self._authorities.put(caller, read)

    async def _check(self, session: AsyncSession, caller: Caller) -> Callable[[Held, Policy], bool]:
        """Which posts the token may act in; refused where it is believed no longer.

        Its key was retired, its session has ended, or its issuer's word counts no more.
        """
        warrant, tenant_id = caller.warrant, caller.tenant_id
        if warrant is None:
            return _any
        if warrant.kid is not None:
            if warrant.kid not in await self._read_keys(session, tenant_id):
                raise TokenRefused()
            if warrant.session_id is None:
                return _any
            account = await sessions.account_of(session, tenant_id, warrant.session_id)
            if account is None or account.person_id != caller.person_id:
                raise TokenRefused()
            return account.carries
        assert warrant.issuer_id is not None  # noqa: S101
        link = await issuers.link_of(session, tenant_id, warrant.issuer_id, warrant.subject or "")
        if link is None or link.person_id != caller.person_id:
            raise TokenRefused()
        return link.carries

    async def _read_keys(self, session: AsyncSession, tenant_id: UUID) -> dict[str, OKPKey]:
        shown = await signing.public(session, tenant_id)
        return self._keys.put(tenant_id, signing.verifiers(shown))


async def issue_for(database: Database, settings: Settings, tenant_slug: str, role: str) -> str:
    """A token for the command line: of who has held the role longest, or of the first client."""
    found = await database.tenant(tenant_slug, fresh=True)
    if found is None:
        raise TenantUnknown()
    tenant_id, _ = found
    async with database.session(tenant_id) as session:
        slug = await authority.slug_of(session, tenant_id)
        is_client = role == policies.CLIENT
        who = await (_first_client if is_client else _first_holder)(session, tenant_id, role)
        if who is None:
            raise NobodyHolds(role=called(policies.roles(), role))
        bearer = Bearer(tenant_id, slug, who, who if is_client else None)
        by = Actor(tenant_id, slug, person_id=None if is_client else who,
                   client_id=who if is_client else None)  # fmt: skip
        session.info[ORIGIN] = COMMAND_LINE
        whose = (Client.__name__ if is_client else Person.__name__, who)
        write(session, by, "session.token_issued", whose, after={"role": role})
        return await signing.issue(session, bearer, minutes=settings.access_token_minutes)


async def _first_holder(session: AsyncSession, tenant_id: UUID, role: str) -> UUID | None:
    now = clock.now()
    holders = (
        select(Appointment.person_id)
        .join(Post, OF_POST)
        .where(
            Appointment.tenant_id == tenant_id,
            Post.role == role,
            Appointment.state == AppointmentState.confirmed,
            Appointment.starts_at <= now,
            or_(col(Appointment.ends_at).is_(None), col(Appointment.ends_at) > now),
        )
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    return (await session.exec(holders)).first()


async def _first_client(session: AsyncSession, tenant_id: UUID, _: str) -> UUID | None:
    mine = select(Client.id).where(Client.tenant_id == tenant_id, col(Client.revoked_at).is_(None))
    return (await session.exec(mine.order_by(col(Client.id)))).first()


def _any(_: Held, __: Policy) -> bool:
    return True


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= LONGEST_TOKEN:
        raise TokenRefused()
    return token.strip()


def _caller_of(bearer: Bearer, kid: str) -> Caller:
    is_client = bearer.subject == bearer.client_id
    return Caller(
        bearer.tenant_id,
        bearer.slug,
        person_id=None if is_client else bearer.subject,
        client_id=bearer.client_id,
        warrant=Warrant(kid=kid, session_id=bearer.session_id),
    )
