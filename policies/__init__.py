"""Who may do what: roles, the lines of each capability's policy, and the one question `authorize`.

What the product's lines say, and a county changes of them, is expanded once (`lines`); no request
runs Casbin's matcher. Where a person acts comes from their active appointments alone.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from policies.lines import (
    CLIENT,
    EVERY_COUNTY,
    KEPT,
    PLATFORM,
    PUBLIC,
    UNCHANGED,
    Changes,
    Given,
    Grants,
    Line,
    OwnRole,
    Permission,
    Policy,
    Role,
    Scope,
    Taken,
    beyond,
    permissions,
    policy,
    roles,
    within_ceiling,
)

__all__ = [
    "CLIENT",
    "EVERY_COUNTY",
    "KEPT",
    "PLATFORM",
    "PUBLIC",
    "UNCHANGED",
    "Actor",
    "Changes",
    "Denied",
    "Given",
    "Grants",
    "Held",
    "Line",
    "OwnRole",
    "Permission",
    "Policy",
    "Reach",
    "Role",
    "Scope",
    "Taken",
    "authorize",
    "beyond",
    "ceiling",
    "grants",
    "permissions",
    "policy",
    "roles",
    "those_who_may_touch",
    "within_ceiling",
]
SEEING = ("read", "reveal")


class Denied(Exception):
    """Nothing that the actor holds allows this action on this object; `is_elsewhere`: on others
    they may do it.
    """

    def __init__(self, action: str, object_: str, *, is_elsewhere: bool = False) -> None:
        super().__init__(f"{object_}.{action}")
        self.action, self.object, self.is_elsewhere = action, object_, is_elsewhere


@dataclass(frozen=True, slots=True)
class Held:
    """A post held at this moment: the appointment, its role and the unit it is in."""

    appointment_id: UUID
    role: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one permission of an actor reaches: the county, what is of its administration, units
    and below, own, public.
    """

    county: bool = False
    office: bool = False
    units: tuple[UUID, ...] = ()
    own: bool = False
    public: bool = False

    def __bool__(self) -> bool:
        return self.county or self.office or bool(self.units) or self.own or self.public

    @property
    def widens(self) -> bool:
        """Whether it goes beyond what is one's own or everybody's."""
        return self.county or self.office or bool(self.units)

    @property
    def scopes(self) -> frozenset[Scope]:
        """What of it a reading statement has to ask for; the county holds all the others."""
        if self.county:
            return frozenset({Scope.county})
        held = {
            Scope.office: self.office, Scope.unit: bool(self.units), Scope.own: self.own,
            Scope.public: self.public,
        }  # fmt: skip
        return frozenset(scope for scope, is_held in held.items() if is_held)


@dataclass(frozen=True)
class Actor:
    """Who asks: a person in the posts held now, a third-party client, both, or the public.

    `limits` are the client's permissions: whoever acts through it has the lesser of both. `changes`
    are what the county's active pack makes of the product's roles.
    """

    tenant_id: UUID
    domain: str
    person_id: UUID | None = None
    posts: tuple[Held, ...] = ()
    client_id: UUID | None = None
    limits: frozenset[Permission] | None = None
    changes: Changes = UNCHANGED

    @cached_property
    def policy(self) -> Policy:
        """What each role may do in this county now."""
        return policy(self.domain, self.changes)

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles of this actor, the public's last."""
        own = [CLIENT] if self.client_id and not self.person_id else []
        return (*dict.fromkeys([*(post.role for post in self.posts), *own]), PUBLIC)

    @cached_property
    def permissions(self) -> Mapping[Permission, Reach]:
        """Every permission that this actor has at all, and how far it reaches."""
        table = self.policy.grants
        wanted = {permission for role in self.roles for permission in table.get(role, {})}
        reaches = {permission: self._reach(table, permission) for permission in sorted(wanted)}
        return {permission: reach for permission, reach in reaches.items() if reach}

    @cached_property
    def shape(self) -> str:
        """What this actor may read, or search by what is sealed, and by which scopes: what a
        reading plan depends on.
        """
        readable = (
            (object_, action, sorted(reach.scopes))
            for (object_, action), reach in self.permissions.items()
            if action in SEEING
        )
        return ";".join(
            f"{object_}.{action}:{','.join(scopes)}" for object_, action, scopes in readable
        )

    def reach(self, object_: str, action: str) -> Reach:
        """How far the actor may go with this action; an empty reach is a refusal."""
        return self.permissions.get((object_, action), Reach())

    def _reach(self, table: Mapping[str, Grants], permission: Permission) -> Reach:
        public = Scope.public in table[PUBLIC].get(permission, ())
        if self.limits is not None and permission not in self.limits:
            return Reach(public=public)
        scopes = {role: table.get(role, {}).get(permission, frozenset()) for role in self.roles}
        every = frozenset().union(*scopes.values())
        units = (post.unit_id for post in self.posts if Scope.unit in scopes[post.role])
        is_somebody = self.person_id is not None or self.client_id is not None
        return Reach(
            county=Scope.county in every,
            office=Scope.office in every,
            units=tuple(dict.fromkeys(units)),
            own=Scope.own in every and is_somebody,
            public=Scope.public in every,
        )


def authorize(
    actor: Actor,
    action: str,
    object_: str,
    *,
    within: Collection[UUID] = (),
    owner: UUID | None = None,
    among: Collection[str] | None = None,
) -> Held | None:
    """The post in which the actor may do this, None where it is no post's, or raise `Denied`.

    `within` is the object's unit and all units above it; `owner` is whose the object is; `among`
    are the only roles in which it may be done.
    """
    if not actor.reach(object_, action):
        raise Denied(action, object_)
    table = actor.policy.grants
    for post in (post for post in actor.posts if among is None or post.role in among):
        scopes = table.get(post.role, {}).get((object_, action), frozenset())
        if Scope.county in scopes or (Scope.unit in scopes and post.unit_id in within):
            return post
    reach = actor.reach(object_, action)
    is_own = (
        reach.own
        and among is None
        and owner is not None
        and owner in (actor.person_id, actor.client_id)
    )
    if is_own or (reach.county and actor.client_id and not actor.person_id and among is None):
        return next(iter(actor.posts), None)
    raise Denied(action, object_, is_elsewhere=True)


def grants(domain: str) -> Mapping[str, Grants]:
    """Role -> permission -> scopes of the product, before a county changes anything."""
    return policy(domain).grants


def those_who_may_touch(in_: Policy, held: Iterable[str]) -> frozenset[str] | None:
    """The only roles that may change, or see in clear, a person who holds these; None if any may.

    A county officer who lives or serves in a grid isn't at the hands of those who work there.
    """
    kept = [found for found in map(in_.appointers, held) if found is not None]
    return frozenset.intersection(*kept) if kept else None


def ceiling() -> frozenset[Permission]:
    """The most that a county may grant to a third-party client."""
    return frozenset(policy("*").grants[CLIENT])
