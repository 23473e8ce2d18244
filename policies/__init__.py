"""Who may do what: roles, the lines of each capability's policy, and the one question `authorize`.

Casbin reads the lines and expands them once (`grants`); no request runs its matcher.
Where a person acts comes from their active appointments, never from Casbin.
"""

import csv
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

import casbin

HERE = Path(__file__).parent
PUBLIC = "public"
SEEING = ("read", "reveal")
CLIENT = "client"
PLATFORM = "platform"
# A county is never without these: only they can appoint one another.
KEPT = frozenset({"county_administrator", "security_administrator"})

Permission: TypeAlias = tuple[str, str]
Grants: TypeAlias = Mapping[Permission, frozenset["Scope"]]


class Scope(StrEnum):
    """How far a permission reaches (范围)."""

    county = "county"
    unit = "unit"
    own = "own"
    public = "public"


class Denied(Exception):
    """Nothing that the actor holds allows this action on this object; `is_elsewhere`: on others
    they may do it.
    """

    def __init__(self, action: str, object_: str, *, is_elsewhere: bool = False) -> None:
        super().__init__(f"{object_}.{action}")
        self.action, self.object, self.is_elsewhere = action, object_, is_elsewhere


@dataclass(frozen=True, slots=True)
class Role:
    """A role (角色): its names and what it is for, in both languages."""

    name: str
    inherits: str
    zh: str
    en: str
    purpose_zh: str
    purpose_en: str
    appointers: str


@dataclass(frozen=True, slots=True)
class Held:
    """A post held at this moment: the appointment, its role and the unit it is in."""

    appointment_id: UUID
    role: str
    unit_id: UUID


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one permission of an actor reaches: the county, units and below, own, public."""

    county: bool = False
    units: tuple[UUID, ...] = ()
    own: bool = False
    public: bool = False

    def __bool__(self) -> bool:
        return self.county or bool(self.units) or self.own or self.public

    @property
    def scopes(self) -> frozenset[Scope]:
        """What of it a reading statement has to ask for; the county holds all the others."""
        if self.county:
            return frozenset({Scope.county})
        held = {Scope.unit: bool(self.units), Scope.own: self.own, Scope.public: self.public}
        return frozenset(scope for scope, is_held in held.items() if is_held)


@dataclass(frozen=True)
class Actor:
    """Who asks: a person in the posts held now, a third-party client, both, or the public.

    `limits` are the client's permissions: whoever acts through it has the lesser of both.
    """

    tenant_id: UUID
    domain: str
    person_id: UUID | None = None
    posts: tuple[Held, ...] = ()
    client_id: UUID | None = None
    limits: frozenset[Permission] | None = None

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles of this actor, the public's last."""
        own = [CLIENT] if self.client_id and not self.person_id else []
        return (*dict.fromkeys([*(post.role for post in self.posts), *own]), PUBLIC)

    @cached_property
    def permissions(self) -> Mapping[Permission, Reach]:
        """Every permission that this actor has at all, and how far it reaches."""
        table = grants(self.domain)
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
    table = grants(actor.domain)
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


@lru_cache(maxsize=4096)
def grants(domain: str) -> Mapping[str, Grants]:
    """Role -> permission -> scopes in one county, expanded by the enforcer itself."""
    enforcer = _enforcer()
    return {role: _grants_of(enforcer, role, domain) for role in roles()}


@lru_cache(maxsize=1)
def roles() -> Mapping[str, Role]:
    """Every role by its name, in the order of roles.csv."""
    with (HERE / "roles.csv").open(encoding="utf-8") as lines:
        return {row["role"]: Role(*row.values()) for row in csv.DictReader(lines)}


def those_who_may_touch(roles_: Iterable[str]) -> frozenset[str] | None:
    """The only roles that may change, or see in clear, a person who holds these; None if any may.

    A county officer who lives or serves in a grid isn't at the hands of those who work there.
    """
    kept = [found for found in map(appointers, roles_) if found is not None]
    return frozenset.intersection(*kept) if kept else None


def appointers(role: str) -> frozenset[str] | None:
    """The only roles that may fill this one, create its posts or end its terms; None if any may.

    Without it, whoever appoints in one community could make an administrator of the county there.
    """
    known = roles().get(role)
    return frozenset(known.appointers.split()) if known and known.appointers else None


@lru_cache(maxsize=1)
def permissions() -> tuple[Permission, ...]:
    """Every object and action that a policy line names, sorted."""
    return tuple(sorted({(line[2], line[3]) for line in _lines()}))


@lru_cache(maxsize=1)
def ceiling() -> frozenset[Permission]:
    """The most that a county may grant to a third-party client."""
    return frozenset(grants("*")[CLIENT])


def _grants_of(enforcer: casbin.Enforcer, role: str, domain: str) -> Grants:
    scopes: dict[Permission, set[Scope]] = {}
    for _, dom, object_, action, scope in enforcer.get_implicit_permissions_for_user(role):
        if dom in ("*", domain):
            scopes.setdefault((object_, action), set()).add(Scope(scope))
    return {permission: frozenset(found) for permission, found in scopes.items()}


@lru_cache(maxsize=1)
def _enforcer() -> casbin.Enforcer:
    enforcer = casbin.Enforcer(str(HERE / "model.conf"))
    enforcer.add_policies([list(line) for line in _lines()])
    enforcer.add_grouping_policies([[r.name, r.inherits] for r in roles().values() if r.inherits])
    return enforcer


@lru_cache(maxsize=1)
def _lines() -> tuple[tuple[str, ...], ...]:
    files = sorted(path for path in HERE.glob("*.csv") if path.name != "roles.csv")
    return tuple(line for path in files for line in _policy(path))


def _policy(path: Path) -> Iterable[tuple[str, ...]]:
    with path.open(encoding="utf-8") as lines:
        rows = csv.reader(line for line in lines if line.strip() and not line.startswith("#"))
        for row in rows:
            kind, *columns = (cell.strip() for cell in row)
            if kind != "p" or len(columns) != 5 or not all(columns) or columns[0] not in roles():
                raise ValueError(f"{path.name}: {', '.join(row)}: not a policy line")
            yield tuple(columns)
