"""Asking (谁能做、为什么): the policy lines, posts and pack by which somebody may do something.

What is said here is the policies' word alone: a command may still refuse for what the object is at.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

import policies
from policies import (
    CLIENT,
    PUBLIC,
    UNCHANGED,
    Actor,
    Denied,
    Held,
    Line,
    Permission,
    Scope,
    authorize,
)
from services import authority, clock, packs, people, rows
from services.arguments import Length, ObjectId, Of
from services.errors import BadInput, Label, NotFound, Said, called
from services.grants import places
from services.grants.places import Place
from services.packs.editions import current
from services.people import Person
from services.posts import OF_POST, Appointment, AppointmentState, Post, is_active

MOST = 500
# The section in which the county says what it calls roles.
ROLES = "appointments"

Action = Annotated[
    str,
    Length(3, 80),
    "操作，写作 对象.操作，如 matters.accept。 As object.action: matters.accept.",
]
Object = Annotated[
    ObjectId | None, "对哪一个；不写就是随便哪一个。 On which object; on any, if left out."
]


class LineSource(StrEnum):
    """Who wrote a policy line: the product, or the county in its pack."""

    product = "product"
    county = "county"


@dataclass(frozen=True, slots=True)
class Ground:
    """A line that gives the permission to a post held (or to everybody), and whether it reaches."""

    role: str
    line_role: str
    scope: str
    source: str
    reaches: bool
    appointment_id: UUID | None
    unit_id: UUID | None


@dataclass(frozen=True, slots=True)
class Why:
    """Whether somebody may, by which lines, under which edition of the pack; in a sentence."""

    is_allowed: bool
    said: Said
    pack_id: UUID
    edition: int
    grounds: list[Ground]
    granted_to: list[str]


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who may: the appointment by which, and the line."""

    person_id: UUID
    appointment_id: UUID
    unit_id: UUID
    role: str
    line_role: str
    scope: str
    source: str


@dataclass(frozen=True, slots=True)
class WhoCan:
    """Everybody who may by a post, `MOST` at most; `own`: anybody may with what is their own."""

    pack_id: UUID
    edition: int
    own: bool
    public: bool
    is_cut: bool
    holders: list[Holder]


async def who_can(
    session: AsyncSession, by: Actor, *, action: Action, object: Object = None
) -> WhoCan:
    """Who may do this now, by which appointment and policy line."""
    authorize(by, "who_can", "grants")
    permission, place = _permission(action), None
    if object is not None:
        place = await _placed(session, by, object)
    by_role = {role: by.policy.why(role, permission) for role in by.policy.roles}
    found = (await session.exec(_holding(by, by_role, place).limit(MOST + 1))).all()
    holders = [
        Holder(one.person_id, one.id, one.unit_id, role, line.role, line.scope, _source(line))
        for one, role in found[:MOST]
        for line in _widest(_posted(by_role[role]))
    ]
    pack = await _pack(session, by)
    everybody = by_role[PUBLIC]
    return WhoCan(
        pack.id, pack.edition, _reach(everybody, Scope.own), _reach(everybody, Scope.public),
        len(found) > MOST, holders,
    )  # fmt: skip


def _holding(
    by: Actor, by_role: Mapping[str, list[Line]], place: Place | None
) -> Select[Appointment, str]:
    """Who holds a post that has it now, where the object is if one is named."""
    wanted = [role for role, lines in by_role.items() if _posted(lines)]
    held = (
        select(Appointment, Post.role)
        .join(Post, OF_POST)
        .where(Appointment.tenant_id == by.tenant_id, is_active(), col(Post.role).in_(wanted))
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    if place is None:
        return held
    anywhere = [
        role
        for role in wanted
        if _reach(by_role[role], Scope.county)
        or (place.is_office and _reach(by_role[role], Scope.office))
    ]
    return held.where(col(Post.role).in_(anywhere) | col(Appointment.unit_id).in_(place.within))


async def why(
    session: AsyncSession,
    by: Actor,
    *,
    action: Action,
    person: Annotated[UUID | None, Of("Person"), "谁，默认本人。 Who; oneself."] = None,
    object: Object = None,
) -> Why:
    """Why somebody may do this, or why not: the line, the appointment and the pack's edition."""
    permission = _permission(action)
    actor, is_own = await _asked(session, by, person)
    place = None if object is None else await _placed(session, by, object, hides=is_own)
    pack = await _pack(session, by)
    grounds = [*_grounds(actor, permission, place)]
    limited = actor.limits is not None and permission not in actor.limits
    is_allowed = any(one.reaches for one in grounds) and not limited
    granted = [
        name
        for name, lines in ((role, actor.policy.why(role, permission)) for role in by.policy.roles)
        if lines and name not in (PUBLIC, CLIENT)
    ]
    reached = [one for one in grounds if one.reaches]
    if is_allowed:
        said = _allowed(reached[0], action, await _names(session, by))
    elif limited:
        said = Said(f"所用的第三方前端没有 {action}", f"the front end in use hasn't {action}")
    else:
        said = await _refused(session, by, actor, permission, grounds, granted)
    return Why(is_allowed, said, pack.id, pack.edition, grounds, granted)


def _permission(action: str) -> Permission:
    object_, _, verb = action.partition(".")
    if (object_, verb) not in policies.permissions():
        reason = Said("没有这个操作；写作 对象.操作，如 matters.accept",
                      "no such action; it is written object.action, as matters.accept")  # fmt: skip
        raise BadInput(argument="action", reason=reason)
    return object_, verb


async def _asked(session: AsyncSession, by: Actor, person: UUID | None) -> tuple[Actor, bool]:
    """Whom it is about: oneself, or another person whose county one looks after."""
    if person is None or person == by.person_id:
        authorize(by, "why", "grants", owner=by.person_id or by.client_id)
        return by, True
    if not by.reach("grants", "why").widens:
        raise Denied("why", "grants")
    row = await rows.find(session, Person, by, person)
    try:
        authorize(by, "why", "grants", within=await people.path_of(session, by, row))
    except Denied:
        raise NotFound(id=f"Person:{person}") from None
    held = await authority.load(session, by.tenant_id, person_id=row.id, client_id=None)
    return held.actor, False


async def _placed(
    session: AsyncSession, by: Actor, object_: ObjectId, *, hides: bool = False
) -> Place:
    """Where an object is; of one's own question, no more than that one reaches no such object."""
    try:
        return await places.of_object(session, by, *object_)
    except NotFound:
        if hides:
            return Place(is_there=False)
        raise


def _grounds(actor: Actor, permission: Permission, place: Place | None) -> Iterator[Ground]:
    held: list[tuple[str, Held | None]] = [(post.role, post) for post in actor.posts]
    for role, post in [*held, (PUBLIC, None)]:
        for line in actor.policy.why(role, permission):
            if post is not None and line.role == PUBLIC:
                continue
            yield Ground(
                role, line.role, line.scope, _source(line), _reaches(actor, line, post, place),
                post.appointment_id if post else None, post.unit_id if post else None,
            )  # fmt: skip


def _reaches(actor: Actor, line: Line, post: Held | None, place: Place | None) -> bool:
    """Whether a line reaches the object; on any object, whether it gives anything at all."""
    if place is not None and not place.is_there:
        return False
    match line.scope:
        case Scope.county | Scope.public:
            return True
        case Scope.office:
            return place is None or place.is_office
        case Scope.unit:
            return post is not None and (place is None or post.unit_id in place.within)
        case _:
            mine = {actor.person_id, actor.client_id} - {None}
            return bool(mine) and (place is None or bool(mine & place.owners))


async def _names(session: AsyncSession, by: Actor) -> Mapping[str, Label]:
    """What the county calls roles, its own too."""
    return {**by.policy.roles, **(await packs.labels(session, by)).get(ROLES, {})}


def _allowed(ground: Ground, action: str, names: Mapping[str, Label]) -> Said:
    role, scope = called(names, ground.line_role), SCOPES[Scope(ground.scope)]
    written = SOURCES[LineSource(ground.source)]
    return Said(
        f"可以：{role.zh}有 {action}，范围是{scope.zh}（{written.zh}）",
        f"yes: {role.en} has {action}, {scope.en} ({written.en})",
    )


async def _refused(
    session: AsyncSession,
    by: Actor,
    actor: Actor,
    permission: Permission,
    grounds: list[Ground],
    granted: list[str],
) -> Said:
    """The nearest reason: out of reach, taken by the county, out of time, or another role's."""
    action = ".".join(permission)
    if grounds:
        return Said(f"有 {action}，但这一个不在任职的范围内，也不是本人的；或者没有这一个",
                    f"{action} is held, but this is out of the posts' reach and not one's own; or"
                    " there is no such object")  # fmt: skip
    names = await _names(session, by)
    product = policies.policy(by.domain, UNCHANGED)
    taken = [role for role in actor.roles if product.why(role, permission)]
    if taken:
        role = called(names, taken[0])
        return Said(f"本县在配置包里从{role.zh}收回了 {action}",
                    f"the county's pack took {action} from {role.en}")  # fmt: skip
    out = await _out_of_time(session, by, actor, granted, names)
    if out is not None:
        return out
    listed = called(names, *granted) if granted else Said("没有", "none")
    return Said(f"现任职务都没有 {action}；有它的角色：{listed.zh}",
                f"no post held now has {action}; these roles have: {listed.en}")  # fmt: skip


async def _out_of_time(
    session: AsyncSession,
    by: Actor,
    actor: Actor,
    granted: Iterable[str],
    names: Mapping[str, Label],
) -> Said | None:
    """An appointment to a role that has it, which stands not yet or no longer."""
    if actor.person_id is None:
        return None
    newest = (
        select(Appointment, Post.role)
        .join(Post, OF_POST)
        .where(
            Appointment.tenant_id == by.tenant_id,
            Appointment.person_id == actor.person_id,
            col(Post.role).in_(list(granted)),
        )
        .order_by(col(Appointment.starts_at).desc(), col(Appointment.id).desc())
        .limit(1)
    )
    found = (await session.exec(newest)).first()
    if found is None:
        return None
    appointment, role = found[0], called(names, found[1])
    state = called(STATES, _time(appointment))
    return Said(f"任{role.zh}的任职{state.zh}", f"the appointment as {role.en} {state.en}")


def _time(appointment: Appointment) -> str:
    if appointment.state != AppointmentState.confirmed:
        return appointment.state
    return "later" if appointment.starts_at > clock.now() else AppointmentState.ended


STATES = {
    AppointmentState.proposed.value: Said("还没有确认", "has not been confirmed"),
    AppointmentState.ended.value: Said("已经结束", "has ended"),
    AppointmentState.revoked.value: Said("已被撤销", "was revoked"),
    "later": Said("还没有开始", "has not begun"),
}
SCOPES = {
    Scope.county: Said("全县", "in the whole county"),
    Scope.unit: Said("任职单元及下级", "in the post's unit and below"),
    Scope.office: Said("行政管理", "in what is of the county's administration"),
    Scope.own: Said("本人的", "with what is their own"),
    Scope.public: Said("公开的", "with what is public"),
}
SOURCES = {
    LineSource.product: Said("产品规定", "by the product"),
    LineSource.county: Said("本县配置包增加", "given by the county's pack"),
}


def _source(line: Line) -> str:
    return LineSource.county if line.is_county else LineSource.product


def _posted(lines: list[Line]) -> list[Line]:
    """The lines that a post's scope makes; what everybody has is nobody's by a post."""
    return [line for line in lines if line.scope not in (Scope.own, Scope.public)]


def _widest(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.scope)[:1]


def _reach(lines: list[Line], scope: Scope) -> bool:
    return any(line.scope == scope for line in lines)


async def _pack(session: AsyncSession, by: Actor) -> packs.Pack:
    found = await current(session, by)
    assert found is not None  # noqa: S101 - a county is founded with its first edition
    return found
