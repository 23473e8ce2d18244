"""Role grants (角色授权): what a county takes from roles, gives to them, and its roles of its own.

A section of the pack. Nothing goes beyond what the product lets peers have; what is public, clients
and the three administrators are as the product has them, so that no county shuts itself out and no
auditor writes.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Self

from pydantic import Field, model_validator
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor, Changes, Given, Role, Taken
from services import packs
from services.errors import Said
from services.packs.comparing import pick
from services.posts import OF_POST, Appointment, Post, is_active

SECTION = "roles"
# Each takes its time when the policies are expanded, which every process does once.
MOST_OWN, MOST_LINES = 40, 500
Permission = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]
RoleName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{2,39}$")]


class Grant(packs.Section):
    """What may be done (`object.action`), and how far: own, unit (and below) or county."""

    permission: Permission
    scope: str

    @property
    def parts(self) -> tuple[str, str]:
        """The object and the action."""
        object_, _, action = self.permission.partition(".")
        return object_, action


class Gift(Grant):
    """What is given to a role."""

    role: str


class Taking(packs.Section):
    """What is taken from a role, and so from those that have it from that role."""

    role: str
    permission: Permission


class County(packs.Label):
    """A role of the county's own: what it is called, which role it is appointed like, what it may
    do. Beside that it has what every resident, or else the public, has.
    """

    like: str
    grants: tuple[Grant, ...] = ()


@packs.section(SECTION, "角色授权", "Role grants")
class RoleRules(packs.Section):
    """What a county changes of the product's roles; nothing, if it says nothing."""

    takes: Annotated[tuple[Taking, ...], Field(max_length=MOST_LINES), Said("收回", "Taken")] = ()
    gives: Annotated[tuple[Gift, ...], Field(max_length=MOST_LINES), Said("增加", "Given")] = ()
    own: Annotated[
        dict[RoleName, County],
        Field(max_length=MOST_OWN),
        Said("本县自设角色", "The county's own roles"),
    ] = {}

    @model_validator(mode="after")
    def _within_the_ceiling(self) -> Self:
        problems = [*self._of_takes(), *self._of_own(), *self._of_gives()]
        if problems:
            raise packs.Wrong(*problems)
        return self

    @cached_property
    def changes(self) -> Changes:
        """The same as the policies take it."""
        split = ((one.role, *one.permission.split(".")) for one in self.takes)
        given = [Given(one.role, *one.parts, one.scope) for one in self.gives]
        given += [
            Given(name, *one.parts, one.scope)
            for name, role in self.own.items()
            for one in role.grants
        ]
        own = (
            policies.OwnRole(name, role.zh, role.en, role.like) for name, role in self.own.items()
        )
        return Changes(
            frozenset(Taken(*parts) for parts in split), frozenset(given), tuple(own)
        )  # fmt: skip

    @property
    def labels(self) -> dict[str, packs.Label]:
        """What the county's own roles are called."""
        return {name: packs.Label(zh=role.zh, en=role.en) for name, role in self.own.items()}

    def _of_takes(self) -> Iterator[tuple[str, Said]]:
        product = policies.policy(policies.EVERY_COUNTY)
        for number, one in enumerate(self.takes):
            path, role = f"takes.{number}", policies.roles().get(one.role)
            problem = _changeable(role, one.role)
            if problem is not None:
                yield f"{path}.role", problem
                continue
            object_, _, action = one.permission.partition(".")
            lines = product.why(one.role, (object_, action))
            if not lines:
                yield f"{path}.permission", Said(f"{one.role} 本来没有 {one.permission}",
                                                 f"{one.role} hasn't {one.permission}")  # fmt: skip
            elif (of := lines[0].role) != one.role:
                said = Said(f"{one.role} 由 {of} 得到它，请从 {of} 收回",
                            f"{one.role} has it from {of}: take it there")  # fmt: skip
                yield f"{path}.role", said

    def _of_own(self) -> Iterator[tuple[str, Said]]:
        for name, own in self.own.items():
            if name in policies.roles():
                yield f"own.{name}", Said("产品已有这个角色", "the product has this role")
            like = policies.roles().get(own.like)
            problem = _changeable(like, own.like)
            if problem is not None:
                yield f"own.{name}.like", problem
                continue
            assert like is not None  # noqa: S101
            for number, one in enumerate(own.grants):
                yield from _beyond(f"own.{name}.grants.{number}", like, one)

    def _of_gives(self) -> Iterator[tuple[str, Said]]:
        for number, one in enumerate(self.gives):
            path = f"gives.{number}"
            if one.role in self.own:
                yield f"{path}.role", Said("自设角色的权限写在 own 里",
                                           "of the county's own role, say it in `own`")  # fmt: skip
                continue
            role = policies.roles().get(one.role)
            problem = _changeable(role, one.role)
            if problem is not None:
                yield f"{path}.role", problem
                continue
            assert role is not None  # noqa: S101
            yield from _beyond(path, role, one)


def _changeable(role: Role | None, name: str) -> Said | None:
    """Why nothing may be given to a role or taken from it; none where it may."""
    if role is None:
        return Said(f"没有角色 {name}", f"no such role: {name}")
    if not role.peers:
        return Said(f"{role.zh}的权限由产品规定，县里不能改",
                    f"what {name} may do is the product's to say")  # fmt: skip
    return None


def _beyond(path: str, role: Role, grant: Grant) -> Iterator[tuple[str, Said]]:
    if grant.parts not in policies.permissions():
        yield f"{path}.permission", Said(f"没有操作 {grant.permission}",
                                         f"no such action: {grant.permission}")  # fmt: skip
    elif not policies.within_ceiling(role, grant.parts, grant.scope):
        known = sorted(policies.beyond(role.peers).get(grant.parts, ()))
        most = "、".join(known) or "无"
        yield (
            f"{path}.scope",
            Said(
                f"超出上限：{role.zh}一类角色最多可有 {grant.permission} 的范围：{most}",
                f"beyond the ceiling: peers of {role.name} may have {grant.permission} by:"
                f" {', '.join(known) or 'nothing'}",
            ),
        )


def known_roles(sections: packs.Sections) -> frozenset[str]:
    """The product's roles and the county's own."""
    return frozenset(policies.roles()) | set(pick(sections, SECTION, RoleRules).own)


async def _orphaned(
    session: AsyncSession, by: Actor, sections: packs.Sections, holds: bool
) -> list[packs.Problem]:
    """Own roles that have posts can't go, nor be like another role than they were appointed by."""
    after = pick(sections, SECTION, RoleRules)
    before = await packs.read(session, by, SECTION, RoleRules)
    moved = {
        name
        for name, own in before.own.items()
        if name not in after.own or after.own[name].like != own.like
    }
    posts = select(Post.role, func.count()).where(
        Post.tenant_id == by.tenant_id, col(Post.role).in_(moved)
    )
    return [
        packs.Problem(f"{SECTION}.own.{role}",
                      Said(f"还有 {count} 个这样的职务，不能取消，也不能改为同别的角色",
                           f"{count} posts have it: it stays as it is"))
        for role, count in await session.exec(posts.group_by(col(Post.role)))
    ]  # fmt: skip


@packs.touches(SECTION)
async def _held(
    session: AsyncSession, by: Actor, before: RoleRules, after: RoleRules
) -> list[packs.Touch]:
    """Who holds a role that may do other things then; and what nobody may do any more."""
    was, then = (policies.policy(by.domain, rules.changes) for rules in (before, after))
    names = sorted({*was.grants, *then.grants})
    changed = [name for name in names if was.grants.get(name) != then.grants.get(name)]
    holders = (
        select(Post.role, func.count(func.distinct(Appointment.person_id)))
        .join(Appointment, OF_POST)
        .where(
            Post.tenant_id == by.tenant_id,
            col(Post.role).in_(changed),
            is_active(),
        )
        .group_by(col(Post.role))
    )
    found = [
        packs.Touch(Said(f"现任{_called(role, was, then).zh}的人",
                         f"people who hold: {_called(role, was, then).en}"), count)
        for role, count in await session.exec(holders)
    ]  # fmt: skip
    lost = sorted(_possible(was) - _possible(then))
    if lost:
        listed = ", ".join(lost)
        found.append(
            packs.Touch(Said(f"再没有角色能做的操作（{listed}）",
                             f"actions that no role may do any more ({listed})"), len(lost))
        )  # fmt: skip
    return found


def _called(role: str, *known: policies.Policy) -> Role:
    return next(one.roles[role] for one in known if role in one.roles)


def _possible(policy: policies.Policy) -> set[str]:
    counted = Counter(f"{o}.{a}" for grants in policy.grants.values() for o, a in grants)
    return set(counted)


packs.CHECKS.append(_orphaned)
