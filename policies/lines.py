"""Lines (权限条目): the product's and a county's, expanded by Casbin into a table of grants.

A county takes from a role, gives to one what a peer of it has, and makes roles of its own out of
existing actions. What is public, clients, and the three administrators stay as the product has
them.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

import casbin

HERE = Path(__file__).parent
PUBLIC = "public"
CLIENT = "client"
PLATFORM = "platform"
EVERY_COUNTY = "*"
# A county is never without these: only they can appoint one another.
KEPT = frozenset({"county_administrator", "security_administrator"})

Permission: TypeAlias = tuple[str, str]
Grants: TypeAlias = Mapping[Permission, frozenset["Scope"]]


class Scope(StrEnum):
    """How far a permission reaches (范围)."""

    county = "county"
    office = "office"
    unit = "unit"
    own = "own"
    public = "public"


# From the narrowest on; what is public is nobody's to give.
WIDTHS = (Scope.own, Scope.unit, Scope.county)


@dataclass(frozen=True, slots=True)
class Role:
    """A role (角色): its names and what it is for, in both languages.

    `peers` is the group in which one may be given what another has; without it nothing is given to
    the role and nothing taken from it. `is_county`: a county made it.
    """

    name: str
    inherits: str
    zh: str
    en: str
    purpose_zh: str
    purpose_en: str
    appointers: str
    peers: str
    is_county: bool = False


class Line(NamedTuple):
    """A policy line: to which role it is written, what may be done to what, how far."""

    role: str
    object: str
    action: str
    scope: str
    is_county: bool = False


class Taken(NamedTuple):
    """What a county takes from a role."""

    role: str
    object: str
    action: str


class Given(NamedTuple):
    """What a county gives to a role."""

    role: str
    object: str
    action: str
    scope: str


class OwnRole(NamedTuple):
    """A county's own role: it is appointed like the product's role `like`, and given what that
    one's peers have.
    """

    name: str
    zh: str
    en: str
    like: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a county's pack makes of the product's roles."""

    takes: frozenset[Taken] = frozenset()
    gives: frozenset[Given] = frozenset()
    own: tuple[OwnRole, ...] = ()


UNCHANGED = Changes()


@dataclass(frozen=True, eq=False)
class Policy:
    """What each role may do in a county: its lines, expanded along what roles inherit."""

    roles: Mapping[str, Role]
    lines: Mapping[str, tuple[Line, ...]]

    @cached_property
    def grants(self) -> Mapping[str, Grants]:
        """Role -> permission -> scopes."""
        return {role: _grants_of(lines) for role, lines in self.lines.items()}

    def why(self, role: str, permission: Permission) -> list[Line]:
        """The lines by which a role has a permission."""
        return [line for line in self.lines.get(role, ()) if line[1:3] == permission]

    def appointers(self, role: str) -> frozenset[str] | None:
        """The only roles that may fill this one, create its posts or end its terms; None if any.

        Without it, whoever appoints in one community could make an administrator of the county.
        """
        known = self.roles.get(role)
        return frozenset(known.appointers.split()) if known and known.appointers else None


def policy(domain: str, changes: Changes = UNCHANGED) -> Policy:
    """The policy of a county, expanded by the enforcer itself and kept."""
    return _policy_of(domain if domain in _named_domains() else EVERY_COUNTY, changes)


@lru_cache(maxsize=1)
def roles() -> Mapping[str, Role]:
    """Every role of the product by its name, in the order of roles.csv."""
    with (HERE / "roles.csv").open(encoding="utf-8") as lines:
        return {row["role"]: _read_role(row) for row in csv.DictReader(lines)}


def _read_role(row: Mapping[str, str]) -> Role:
    name, inherits, zh, en, purpose_zh, purpose_en, appointers, peers = row.values()
    return Role(name, inherits, zh, en, purpose_zh, purpose_en, appointers, peers)


@lru_cache(maxsize=1)
def permissions() -> tuple[Permission, ...]:
    """Every object and action that a policy line names, sorted."""
    return tuple(sorted({(line[2], line[3]) for line in _product()}))


@lru_cache(maxsize=1024)
def beyond(peers: str) -> Mapping[Permission, frozenset[Scope]]:
    """The ceiling: what a county may give to a role of this group, and by which scopes.

    It is what some peer has, as widely at most, by a scope in which the product gives it at all.
    """
    widest: dict[Permission, int] = {}
    for role in roles().values():
        if role.peers == peers:
            for permission, scopes in policy(EVERY_COUNTY).grants[role.name].items():
                width = max((WIDTHS.index(one) for one in scopes if one in WIDTHS), default=-1)
                widest[permission] = max(width, widest.get(permission, -1))
    known = _scopes()
    return {
        permission: frozenset(WIDTHS[: width + 1]) & known[permission]
        for permission, width in widest.items()
        if width >= 0
    }


def within_ceiling(role: Role, permission: Permission, scope: str) -> bool:
    """Whether a county may give this to the role."""
    return bool(role.peers) and scope in beyond(role.peers).get(permission, frozenset())


@lru_cache(maxsize=1)
def _scopes() -> Mapping[Permission, frozenset[Scope]]:
    known: dict[Permission, set[Scope]] = {}
    for _, _, object_, action, scope in _product():
        known.setdefault((object_, action), set()).add(Scope(scope))
    return {permission: frozenset(found) for permission, found in known.items()}


@lru_cache(maxsize=1024)
def _policy_of(domain: str, changes: Changes) -> Policy:
    known = {**roles(), **{own.name: _role_of(own) for own in changes.own}}
    enforcer = _enforcer(changes)
    return Policy(known, {role: tuple(_lines_of(enforcer, role, domain)) for role in known})


def _role_of(own: OwnRole) -> Role:
    """The county's role: it has what every resident has, or else the public."""
    like = roles()[own.like]
    base = "resident" if _descends(like, "resident") else PUBLIC
    purpose = (f"本县自设，任免同{like.zh}。", f"The county's own; appointed like: {like.en}.")
    return Role(
        own.name, base, own.zh, own.en, *purpose, like.appointers, like.peers, is_county=True
    )


def _descends(role: Role, ancestor: str) -> bool:
    return role.name == ancestor or (
        bool(role.inherits) and _descends(roles()[role.inherits], ancestor)
    )


def _lines_of(enforcer: casbin.Enforcer, role: str, domain: str) -> Iterator[Line]:
    for of, dom, object_, action, scope in enforcer.get_implicit_permissions_for_user(role):
        if dom in (EVERY_COUNTY, domain, COUNTY):
            yield Line(of, object_, action, scope, dom == COUNTY)


def _grants_of(lines: Iterable[Line]) -> Grants:
    scopes: dict[Permission, set[Scope]] = {}
    for line in lines:
        scopes.setdefault((line.object, line.action), set()).add(Scope(line.scope))
    return {permission: frozenset(found) for permission, found in scopes.items()}


# In the place of a county's slug: lines of its pack, which is in this enforcer alone.
COUNTY = "(county)"


@lru_cache(maxsize=4)
def _enforcer(changes: Changes = UNCHANGED) -> casbin.Enforcer:
    enforcer = casbin.Enforcer(str(HERE / "model.conf"))
    kept = [list(line) for line in _product() if Taken(line[0], *line[2:4]) not in changes.takes]
    given = [[one.role, COUNTY, *one[1:]] for one in sorted(changes.gives)]
    enforcer.add_policies(kept + given)
    known = [*roles().values(), *map(_role_of, changes.own)]
    enforcer.add_grouping_policies([[one.name, one.inherits] for one in known if one.inherits])
    return enforcer


@lru_cache(maxsize=1)
def _named_domains() -> frozenset[str]:
    return frozenset(line[1] for line in _product())


@lru_cache(maxsize=1)
def _product() -> tuple[tuple[str, ...], ...]:
    files = sorted(path for path in HERE.glob("*.csv") if path.name != "roles.csv")
    return tuple(line for path in files for line in _read(path))


def _read(path: Path) -> Iterable[tuple[str, ...]]:
    with path.open(encoding="utf-8") as lines:
        rows = csv.reader(line for line in lines if line.strip() and not line.startswith("#"))
        for row in rows:
            kind, *columns = (cell.strip() for cell in row)
            if kind != "p" or len(columns) != 5 or not all(columns) or columns[0] not in roles():
                raise ValueError(f"{path.name}: {', '.join(row)}: not a policy line")
            yield tuple(columns)
