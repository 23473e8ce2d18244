"""Tenants (县租户): a county's founding act, and its suspension and resumption by the platform.

Only the founders' authority comes from nowhere: their posts and appointments are written once, by
the act itself, and everything later by somebody who holds one. The platform (平台) is a tenant too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor, Held, authorize
from services import clock, packs, sealing, signing
from services.appointments import RoleUnknown
from services.arguments import Of, Reason
from services.errors import BadInput, NotFound, Refused, Said, called
from services.events import record, write
from services.packs import Pack
from services.people import Person
from services.posts import Appointment, AppointmentState, Post
from services.standing import raise_standing
from services.tables import Recorded, Tenant, TenantState
from services.tree import UnitPath
from services.units import Unit, UnitKind

PLATFORM_ID = UUID(int=1)
GROUND = "建县：由平台设立 Founding act"
EVENTS = {"Unit": "unit.founded", "Pack": "pack.adopted", "Person": "person.registered"}
EVENTS |= {"Post": "post.created", "Appointment": "appointment.confirmed"}


@dataclass(frozen=True, slots=True)
class Founding:
    """What a founding act made: the county, its topmost unit, and the founder of each role."""

    tenant: Tenant
    root: Unit
    people: Mapping[str, Person]


STATES: dict[TenantState, Said] = {
    TenantState.active: Said("开通", "active"),
    TenantState.suspended: Said("暂停", "suspended"),
}


class SlugTaken(Refused):
    """代号 {slug} 已经有县使用。
    A county has the name {slug} already.
    """


class TenantStateUnchanged(Refused):
    """这个县的状态已经是 {state}。
    This county is {state} already.
    """


class PlatformStays(Refused):
    """平台本身不能停用。
    The platform itself can't be suspended.
    """


TenantId = Annotated[UUID, Of("Tenant")]


async def create(
    session: AsyncSession,
    *,
    tenant_id: UUID,
    slug: str,
    name: str,
    name_en: str,
    founders: Mapping[str, str],
    document: Mapping[str, Any] | None = None,
) -> Founding:
    """Make a county: its row, topmost unit, first pack and keys, and a founder for each role given.

    `founders` is role -> name. It runs on the owner's session, whose county is `tenant_id`.
    """
    _check_slug(slug, tenant_id)
    whole = packs.complete(document or {})
    _check_roles(founders, tenant_id)
    tenant = await _establish(session, tenant_id, slug, name, name_en)
    by = Actor(tenant_id, slug)
    await sealing.create_key(session, tenant_id)
    await signing.create_key(session, tenant_id)
    today = clock.today()
    root = Unit(tenant_id=tenant_id, kind=UnitKind.county, name=name, since=today, decision=GROUND)
    pack = Pack(tenant_id=tenant_id, edition=1, document=whole)
    await _write(session, by, root, pack)
    session.add(UnitPath(tenant_id=tenant_id, ancestor_id=root.id, unit_id=root.id, depth=0))
    people = {role: await _found(session, by, root, role, who) for role, who in founders.items()}
    await raise_standing(session, tenant_id, tenant_id)
    return Founding(tenant, root, people)


async def suspend(session: AsyncSession, by: Actor, *, tenant: TenantId, reason: Reason) -> Tenant:
    """Suspend a county: from the next request on, every request of it is refused."""
    row = await _find(session, by, tenant)
    acting = authorize(by, "suspend", "tenants")
    if row.id == PLATFORM_ID:
        raise PlatformStays()
    return _turn(session, by, row, acting, TenantState.suspended, "tenant.suspended", reason)


async def resume(session: AsyncSession, by: Actor, *, tenant: TenantId, reason: Reason) -> Tenant:
    """Serve a suspended county again."""
    row = await _find(session, by, tenant)
    acting = authorize(by, "resume", "tenants")
    return _turn(session, by, row, acting, TenantState.active, "tenant.resumed", reason)


async def _find(session: AsyncSession, by: Actor, tenant: UUID) -> Tenant:
    """A county, locked; who isn't the platform is shown only their own one by the database."""
    seen = select(Tenant).where(Tenant.id == tenant)
    if by.tenant_id != PLATFORM_ID:
        seen = seen.where(Tenant.id == by.tenant_id)
    row = (await session.exec(seen)).first()
    if row is None:
        raise NotFound(id=f"Tenant:{tenant}")
    return row


def _turn(
    session: AsyncSession,
    by: Actor,
    row: Tenant,
    acting: Held | None,
    state: TenantState,
    name: str,
    reason: str,
) -> Tenant:
    """Change the state and record it among the platform's own events: it writes into no county."""
    if row.state == state:
        raise TenantStateUnchanged(state=called(STATES, state))
    before, row.state = row.state, state
    write(
        session, by, name, ("Tenant", row.id), acting=acting,
        before={"state": before}, after={"state": state.value, "reason": reason},
    )  # fmt: skip
    return row


def _check_slug(slug: str, tenant_id: UUID) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,62}", slug, re.ASCII):
        raise BadInput(
            argument="slug",
            reason=Said("2 到 63 个小写字母、数字或连字符", "2 to 63 of a-z, 0-9 and -"),
        )
    if (slug == policies.PLATFORM) != (tenant_id == PLATFORM_ID):
        raise SlugTaken(slug=slug)


def _check_roles(founders: Mapping[str, str], tenant_id: UUID) -> None:
    for role in founders:
        known = role in policies.roles() and role not in (policies.PUBLIC, policies.CLIENT)
        if not known or (role == "platform_operator") != (tenant_id == PLATFORM_ID):
            raise RoleUnknown(role=role)


async def _establish(
    session: AsyncSession, tenant_id: UUID, slug: str, name: str, name_en: str
) -> Tenant:
    """The county's new row; the platform's own was made by the first migration."""
    found = (await session.exec(select(Tenant).where(Tenant.slug == slug))).first()
    if found is not None:
        root = select(Unit.id).where(Unit.tenant_id == tenant_id)
        if found.id != tenant_id or (await session.exec(root)).first() is not None:
            raise SlugTaken(slug=slug)
        return found
    tenant = Tenant(id=tenant_id, slug=slug, name=name, name_en=name_en)
    session.add(tenant)
    await session.flush()
    return tenant


async def _found(session: AsyncSession, by: Actor, root: Unit, role: str, name: str) -> Person:
    """A founder: the person, the post at the top and the appointment to it, made by nobody."""
    keys = await sealing.keys(session, by.tenant_id)
    person = Person(tenant_id=by.tenant_id, name=name, key_number=keys.number)
    post = Post(tenant_id=by.tenant_id, unit_id=root.id, role=role, title=policies.roles()[role].zh)
    await _write(session, by, person, post)
    now = clock.now()
    appointment = Appointment(
        tenant_id=by.tenant_id, person_id=person.id, post_id=post.id, unit_id=root.id,
        state=AppointmentState.confirmed, starts_at=now, confirmed_at=now, ground=GROUND,
    )  # fmt: skip
    await _write(session, by, appointment)
    await raise_standing(session, by.tenant_id, person.id)
    return person


async def _write(session: AsyncSession, by: Actor, *rows: Recorded) -> None:
    """Write rows that later ones refer to, each with its event."""
    session.add_all(rows)
    await session.flush()
    for row in rows:
        record(session, by, EVENTS[type(row).__name__], row, acting=None)
