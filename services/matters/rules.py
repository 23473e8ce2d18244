"""What a county decides about its matters: categories, heads, deadlines, ladder and windows.

A section of the pack. A matter keeps the edition that it began under.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

import policies
from services import packs
from services.matters import states
from services.matters.states import DUE, MatterState
from services.units import UnitKind

Days = Annotated[int, Field(ge=0, le=250)]
Hours = Annotated[int, Field(ge=1, le=720)]


class Rung(StrEnum):
    """What the unit above is told of something overdue (督办), each once."""

    reminder = "reminder"
    supervision = "supervision"
    notice = "notice"


class Head(packs.Section):
    """One of the heads whose opinion step 3 needs: a role in the unit of this kind."""

    role: str
    at: UnitKind


class Step(packs.Section):
    """A rung of the ladder: so long after the deadline, in working days or (urgent) hours."""

    rung: Rung
    days: Days
    hours: Annotated[int, Field(ge=0, le=720)]


# The acts with which files are shown.
SHOWING = frozenset({"raise", "inquire", "settle", "complete", "verify", "rework", "resubmit"})
HEADS = (
    Head(role="stairwell_head", at=UnitKind.stairwell),
    Head(role="building_head", at=UnitKind.building),
    Head(role="branch_secretary", at=UnitKind.grid),
)
CATEGORIES = {
    name: packs.Label(zh=zh, en=en)
    for name, zh, en in (
        ("environment", "环境卫生", "Environment"),
        ("parking", "停车秩序", "Parking"),
        ("facilities", "设施维修", "Facilities"),
        ("safety", "消防与安全", "Fire and safety"),
        ("noise", "邻里噪声", "Noise"),
        ("property_service", "物业服务", "Property service"),
        ("fees", "收费", "Fees"),
        ("construction", "违章搭建", "Unlawful building"),
        ("other", "其他", "Other"),
    )
}
LABELS = {state.value: packs.Label(zh=said.zh, en=said.en) for state, said in states.LABELS.items()}
DAYS = {
    MatterState.raised: 2,
    MatterState.inquiring: 3,
    MatterState.preliminary: 5,
    MatterState.tabled: 30,
    MatterState.handling: 15,
    MatterState.published: 10,
    MatterState.returned: 15,
    MatterState.appealed: 5,
    MatterState.suspended: 30,
}
HOURS = {
    MatterState.raised: 4,
    MatterState.inquiring: 8,
    MatterState.preliminary: 24,
    MatterState.tabled: 120,
    MatterState.handling: 72,
    MatterState.published: 240,
    MatterState.returned: 72,
    MatterState.appealed: 24,
    MatterState.suspended: 240,
}
LADDER = (
    Step(rung=Rung.reminder, days=0, hours=0),
    Step(rung=Rung.supervision, days=3, hours=12),
    Step(rung=Rung.notice, days=7, hours=48),
)


@packs.section("matters")
class MatterRules(packs.Section):
    """How this county deals with matters.

    `days` are working days that a step, a raiser's answer or a suspension may take, `hours` those
    of an urgent matter; `ladder` counts from the deadline. `evidence` names the acts that need a
    file with them. `objection_days` are working days, `reopen_days` days of the calendar;
    `most_a_day` is how many matters of their own a person raises within a day.
    """

    categories: Annotated[dict[str, packs.Label], Field(min_length=1)] = CATEGORIES
    heads: Annotated[tuple[Head, ...], Field(min_length=1)] = HEADS
    days: dict[MatterState, Days] = DAYS
    hours: dict[MatterState, Hours] = HOURS
    ladder: tuple[Step, ...] = LADDER
    evidence: tuple[str, ...] = ("complete",)
    objection_days: Days = 5
    reopen_days: Annotated[int, Field(ge=0, le=3650)] = 90
    longest_extension: Days = 30
    most_a_day: Annotated[int, Field(ge=1, le=1000)] = 20
    labels: dict[str, packs.Label] = LABELS

    @model_validator(mode="after")
    def _complete(self) -> Self:
        object.__setattr__(self, "days", DAYS | self.days)
        object.__setattr__(self, "hours", HOURS | self.hours)
        object.__setattr__(self, "labels", LABELS | self.labels)
        problems = [*_of_heads(self.heads), *_of_ladder(self.ladder)]
        problems += [f"{state} has no deadline" for state in {*self.days, *self.hours} - set(DUE)]
        problems += [f"{name} takes no evidence" for name in set(self.evidence) - SHOWING]
        problems += [f"{name} is no state" for name in set(self.labels) - set(LABELS)]
        if problems:
            raise ValueError("; ".join(problems))
        return self


def _of_heads(heads: tuple[Head, ...]) -> list[str]:
    unknown = sorted({head.role for head in heads} - set(policies.roles()))
    problems = [f"no such role: {', '.join(unknown)}"] if unknown else []
    if len({head.at for head in heads}) < len(heads):
        problems.append("one head for each kind of unit")
    return problems


def _of_ladder(ladder: tuple[Step, ...]) -> list[str]:
    order = list(Rung)
    rungs = [order.index(step.rung) for step in ladder]
    times = [(step.days, step.hours) for step in ladder]
    is_rising = rungs == sorted(set(rungs)) and all(
        one[0] <= next_[0] and one[1] <= next_[1] for one, next_ in pairwise(times)
    )
    return [] if is_rising else ["the ladder's rungs come in order, each once, none before another"]
