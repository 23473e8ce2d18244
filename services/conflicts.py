"""Conflicts (任职冲突): two roles that one person should not hold at once, as the county has set.

A conflict warns or blocks. The three administrators are the product's own rule: of county
administrator, security administrator and auditor, no person is ever two at once.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum
from itertools import combinations
from typing import Annotated

from pydantic import Field, field_validator
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor
from services import packs
from services.errors import Labels, Refused, Said, called
from services.grants.rules import RoleRules, known_roles

SECTION = "appointments"


class Effect(StrEnum):
    """What a conflict does to an appointment."""

    warn = "warn"
    block = "block"


class Conflict(packs.Section):
    """Two roles, what holding both does, and the county's reason in a sentence."""

    roles: tuple[str, str]
    effect: Effect
    reason: str = Field(min_length=1, max_length=200)


LABELS = Labels(
    "appointments",
    {role.name: packs.Label(zh=role.zh, en=role.en) for role in policies.roles().values()},
)


@packs.section(SECTION, "任职", "Appointments")
class AppointmentRules(packs.Section):
    """Which roles conflict, how many hold a role in one unit, and what the roles are called."""

    conflicts: Annotated[tuple[Conflict, ...], Said("任职冲突", "Conflicts")] = ()
    seats: Annotated[dict[str, Annotated[int, Field(ge=1, le=1000)]], Said("席位数", "Seats")] = {}
    labels: Annotated[dict[str, packs.Label], Said("叫法", "Labels")] = {**LABELS}

    @field_validator("labels")
    @classmethod
    def _with_the_rest(cls, given: dict[str, packs.Label]) -> dict[str, packs.Label]:
        return {**LABELS, **given}


def of_known_roles(sections: packs.Sections) -> Iterator[packs.Problem]:
    """Roles that are named here are the product's or the county's own."""
    rules = packs.pick(sections, SECTION, AppointmentRules)
    known = known_roles(sections)
    named = [(f"seats.{role}", role) for role in rules.seats]
    named += [(f"labels.{role}", role) for role in rules.labels]
    named += [
        (f"conflicts.{number}.roles", role)
        for number, conflict in enumerate(rules.conflicts)
        for role in conflict.roles
    ]
    for path, role in named:
        if role not in known:
            said = Said(f"没有角色 {role}", f"no such role: {role}")
            yield packs.Problem(f"{SECTION}.{path}", said)


def of_names_apart(sections: packs.Sections) -> Iterator[packs.Problem]:
    """No two roles have one name: whoever approves or appoints must see which is meant."""
    rules = packs.pick(sections, SECTION, AppointmentRules)
    own = packs.pick(sections, "roles", RoleRules).labels
    for language in ("zh", "en"):
        seen: dict[str, str] = {}
        for role, label in {**own, **rules.labels}.items():
            name = getattr(label, language).casefold()
            if name in seen:
                said = Said(f"与 {seen[name]} 同名：{name}", f"{seen[name]} is called so: {name}")
                yield packs.Problem(f"{SECTION}.labels.{role}.{language}", said)
            seen.setdefault(name, role)


packs.ACROSS.extend((of_known_roles, of_names_apart))


APART = ("county_administrator", "security_administrator", "auditor")
ALWAYS = tuple(
    Conflict(roles=pair, effect=Effect.block, reason="三员分立") for pair in combinations(APART, 2)
) + tuple(
    Conflict(roles=("auditor", role.name), effect=Effect.block, reason="审计不办事")
    for role in policies.roles().values()
    if role.peers == "county"
)
# The product's own reasons.
REASONS = {
    "三员分立": Said("三员分立", "the three administrators are three persons"),
    "审计不办事": Said("审计员不兼县里办事的职务", "who audits holds no office of the county"),
}


class AppointmentConflict(Refused):
    """这个人同时担任 {other}，与 {role} 冲突：{reason}。
    This person also holds {other}, which conflicts with {role}: {reason}.
    """


async def check(
    session: AsyncSession, by: Actor, *, role: str, beside: Collection[str]
) -> str | None:
    """The warning for a role held beside others, or a refusal where the county blocks it."""
    rules = await packs.read(session, by, SECTION, AppointmentRules)
    hits = [
        (conflict, other)
        for conflict in (*ALWAYS, *rules.conflicts)
        for other in beside
        if {role, other} == set(conflict.roles)
    ]
    for conflict, other in hits:
        if conflict.effect is Effect.block:
            raise AppointmentConflict(
                other=called(LABELS, other), role=called(LABELS, role),
                reason=REASONS.get(conflict.reason, conflict.reason),
            )  # fmt: skip
    return "; ".join(dict.fromkeys(conflict.reason for conflict, _ in hits)) or None
