"""Conflicts (任职冲突): two roles that one person should not hold at once, as the county has set.

A conflict warns or blocks. The three administrators are the product's own rule: of county
administrator, security administrator and auditor, no person is ever two at once.
"""

from collections.abc import Collection
from enum import StrEnum
from itertools import combinations
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from sqlmodel.ext.asyncio.session import AsyncSession

import policies
from policies import Actor
from services import packs
from services.errors import Refused, called


class Effect(StrEnum):
    """What a conflict does to an appointment."""

    warn = "warn"
    block = "block"


class Conflict(packs.Section):
    """Two roles, what holding both does, and the county's reason in a sentence."""

    roles: tuple[str, str]
    effect: Effect
    reason: str = Field(min_length=1, max_length=200)


LABELS = {role.name: packs.Label(zh=role.zh, en=role.en) for role in policies.roles().values()}


@packs.section("appointments")
class AppointmentRules(packs.Section):
    """Which roles conflict, how many hold a role in one unit, and what the roles are called."""

    conflicts: tuple[Conflict, ...] = ()
    seats: dict[str, Annotated[int, Field(ge=1, le=1000)]] = {}
    labels: dict[str, packs.Label] = LABELS

    @field_validator("labels")
    @classmethod
    def _with_the_rest(cls, given: dict[str, packs.Label]) -> dict[str, packs.Label]:
        return LABELS | given

    @model_validator(mode="after")
    def _of_known_roles(self) -> Self:
        named = {*self.seats, *self.labels, *(role for c in self.conflicts for role in c.roles)}
        unknown = sorted(named - set(policies.roles()))
        if unknown:
            raise ValueError(f"no such role: {', '.join(unknown)}")
        return self


APART = ("county_administrator", "security_administrator", "auditor")
ALWAYS = tuple(
    Conflict(roles=pair, effect=Effect.block, reason="三员分立") for pair in combinations(APART, 2)
)


class AppointmentConflict(Refused):
    """这个人同时担任 {other}，与 {role} 冲突：{reason}。
    This person also holds {other}, which conflicts with {role}: {reason}.
    """


async def check(
    session: AsyncSession, by: Actor, *, role: str, beside: Collection[str]
) -> str | None:
    """The warning for a role held beside others, or a refusal where the county blocks it."""
    rules = await packs.read(session, by, "appointments", AppointmentRules)
    hits = [
        (conflict, other)
        for conflict in (*ALWAYS, *rules.conflicts)
        for other in beside
        if {role, other} == set(conflict.roles)
    ]
    for conflict, other in hits:
        if conflict.effect is Effect.block:
            raise AppointmentConflict(
                other=called(policies.roles(), other), role=called(policies.roles(), role),
                reason=conflict.reason,
            )  # fmt: skip
    return "; ".join(dict.fromkeys(conflict.reason for conflict, _ in hits)) or None
