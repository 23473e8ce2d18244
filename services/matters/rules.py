"""What a county decides about its matters: categories, heads, deadlines, ladder and windows.

A section of the pack. A matter keeps the edition that it began under.
"""

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

import policies
from services import packs
from services.errors import Labels, Said
from services.grants.rules import RoleRules, known_roles
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
LABELS = Labels(
    "matters",
    {state.value: packs.Label(zh=said.zh, en=said.en) for state, said in states.LABELS.items()},
)
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


@packs.section("matters", "事项", "Matters")
class MatterRules(packs.Section):
    """How this county deals with matters.

    `days` are working days that a step, a raiser's answer or a suspension may take, `hours` those
    of an urgent matter; `ladder` counts from the deadline. `evidence` names the acts that need a
    file with them. `objection_days` are working days, `reopen_days` days of the calendar;
    `most_a_day` is how many matters of their own a person raises within a day.
    """

    categories: Annotated[
        dict[str, packs.Label], Field(min_length=1), Said("类别", "Categories")
    ] = CATEGORIES
    heads: Annotated[tuple[Head, ...], Field(min_length=1), Said("三长", "Heads")] = HEADS
    days: Annotated[
        dict[MatterState, Days], Said("办理期限（工作日）", "Deadlines in working days")
    ] = DAYS
    hours: Annotated[
        dict[MatterState, Hours], Said("急件办理期限（小时）", "Deadlines in hours, if urgent")
    ] = HOURS
    ladder: Annotated[tuple[Step, ...], Said("督办阶梯", "Ladder of supervision")] = LADDER
    evidence: Annotated[tuple[str, ...], Said("哪些办理须附材料", "Acts that need a file")] = (
        "complete",
    )
    objection_days: Annotated[Days, Said("公示期（工作日）", "Objection period")] = 5
    reopen_days: Annotated[
        int, Field(ge=0, le=3650), Said("办结后几日内可重办", "Days to reopen within")
    ] = 90
    longest_extension: Annotated[Days, Said("最长延期（工作日）", "Longest extension")] = 30
    most_a_day: Annotated[
        int, Field(ge=1, le=1000), Said("每人每日最多提几件", "Most that one raises a day")
    ] = 20
    labels: Annotated[dict[str, packs.Label], Said("各步骤的叫法", "Labels")] = {**LABELS}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        object.__setattr__(self, "days", DAYS | self.days)
        object.__setattr__(self, "hours", HOURS | self.hours)
        object.__setattr__(self, "labels", {**LABELS, **self.labels})
        problems = [*self._of_ladder()]
        for name in ("days", "hours"):
            problems += [
                (f"{name}.{state}", Said("这个状态没有期限", f"{state} has no deadline"))
                for state in getattr(self, name)
                if state not in DUE
            ]
        problems += [
            (f"evidence.{number}", Said(f"{name} 不附材料", f"{name} takes no evidence"))
            for number, name in enumerate(self.evidence)
            if name not in SHOWING
        ]
        problems += [
            (f"labels.{name}", Said("没有这个状态", f"{name} is no state"))
            for name in self.labels
            if name not in LABELS
        ]
        if len({head.at for head in self.heads}) < len(self.heads):
            said = Said("每一级只有一个负责人", "one head for each kind of unit")
            problems.append(("heads", said))
        if problems:
            raise packs.Wrong(*problems)
        return self

    def _of_ladder(self) -> Iterator[tuple[str, Said]]:
        order = list(Rung)
        rungs = [order.index(step.rung) for step in self.ladder]
        times = [(step.days, step.hours) for step in self.ladder]
        is_rising = rungs == sorted(set(rungs)) and all(
            one[0] <= next_[0] and one[1] <= next_[1] for one, next_ in pairwise(times)
        )
        if not is_rising:
            yield (
                "ladder",
                Said(
                    "各级依次排列，每级一次，时间不早于前一级",
                    "the ladder's rungs come in order, each once, none before another",
                ),
            )


def of_known_roles(sections: packs.Sections) -> Iterator[packs.Problem]:
    """A head holds a role of the product or of the county's own."""
    rules, known = packs.pick(sections, "matters", MatterRules), known_roles(sections)
    changes = packs.pick(sections, "roles", RoleRules).changes
    may = policies.policy(policies.EVERY_COUNTY, changes)
    for number, head in enumerate(rules.heads):
        if head.role not in known:
            said = Said(f"没有角色 {head.role}", f"no such role: {head.role}")
            yield packs.Problem(f"matters.heads.{number}.role", said)
        elif ("matters", "opine") not in may.grants[head.role]:
            said = Said(f"{head.role} 不能初议（matters.opine）",
                        f"{head.role} has no matters.opine")  # fmt: skip
            yield packs.Problem(f"matters.heads.{number}.role", said)


packs.ACROSS.append(of_known_roles)
