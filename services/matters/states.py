"""The three matters and six steps (三事六步) as one table: what each act needs and where it leads.

A matter is at one of six steps, beside the way (returned, suspended, appealed), or at an end.
`step` remembers where on the way it is while it stands beside it.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.errors import Refused, Said


class MatterState(StrEnum):
    """Where a matter stands."""

    raised = "raised"
    inquiring = "inquiring"
    preliminary = "preliminary"
    tabled = "tabled"
    handling = "handling"
    published = "published"
    closed = "closed"
    returned = "returned"
    suspended = "suspended"
    merged = "merged"
    withdrawn = "withdrawn"
    refused = "refused"
    appealed = "appealed"
    upheld = "upheld"


S = MatterState
STEPS = (S.raised, S.inquiring, S.preliminary, S.tabled, S.handling, S.published)
ENDS = frozenset({S.closed, S.merged, S.withdrawn, S.refused, S.upheld})
# Where somebody has to act by a certain time; what waits for its raiser or a cause must end too.
DUE = (*STEPS, S.returned, S.appealed, S.suspended)

LABELS: dict[MatterState, Said] = {
    S.raised: Said("居民提事", "raised"),
    S.inquiring: Said("党员问事", "inquiring"),
    S.preliminary: Said("三长初议", "preliminary opinion"),
    S.tabled: Said("圆桌会商议", "tabled"),
    S.handling: Said("分类办事", "handling"),
    S.published: Said("公开晒事", "published"),
    S.closed: Said("已办结", "closed"),
    S.returned: Said("退回补充", "returned"),
    S.suspended: Said("中止", "suspended"),
    S.merged: Said("已并案", "merged"),
    S.withdrawn: Said("已撤回", "withdrawn"),
    S.refused: Said("不予受理", "refused"),
    S.appealed: Said("复核中", "appealed"),
    S.upheld: Said("维持不予受理", "refusal upheld"),
}

# What comes next of each state, told to whoever tried something else.
NEXT: dict[MatterState, Said] = {
    S.raised: Said(
        "逐级上报，由网格长受理（passOnMatter、acceptMatter）",
        "it is passed on up the line and accepted by the grid head (passOnMatter, acceptMatter)",
    ),
    S.inquiring: Said(
        "党员问事，联系提事人（inquireMatter）",
        "a party member gets in touch with the raiser (inquireMatter)",
    ),
    S.preliminary: Said(
        "三长给出初议，然后办结或提交圆桌会（opineMatter、settleMatter、tableMatter）",
        "the heads give their opinions, then it is settled or tabled "
        "(opineMatter, settleMatter, tableMatter)",
    ),
    S.tabled: Said(
        "圆桌会商议形成结果（resolveItem）",
        "the round table disposes of it (resolveItem)",
    ),
    S.handling: Said(
        "明确承办单位，办结并报告结果（assignMatter、completeMatter）",
        "it is assigned, handled and its result reported (assignMatter, completeMatter)",
    ),
    S.published: Said(
        "核实结果、公开、公示期满后办结（verifyMatter、closeMatter）",
        "the result is verified, shown in public, and closed after the objection period "
        "(verifyMatter, closeMatter)",
    ),
    S.closed: Said(
        "已经办结；期限内可以重新办理（reopenMatter）",
        "it is closed; within the county's window it may be reopened (reopenMatter)",
    ),
    S.returned: Said(
        "提事人补充后再提交（resubmitMatter）；一直不补充的，可不予受理（refuseMatter）",
        "the raiser adds what is missing and sends it again (resubmitMatter); where they never do,"
        " it may be refused (refuseMatter)",
    ),
    S.suspended: Said("恢复办理（resumeMatter）", "it is resumed (resumeMatter)"),
    S.merged: Said(
        "随并入的那一件办理；请求复核、提出异议都对那一件（mergedMatterId）",
        "it goes on with the matter it was merged into: appeal or object there (mergedMatterId)",
    ),
    S.withdrawn: Said("提事人已撤回，可另提", "the raiser withdrew it and may raise another"),
    S.refused: Said("提事人可以请上级复核（appealMatter）", "the raiser may appeal (appealMatter)"),
    S.appealed: Said(
        "上级复核（upholdMatter、overturnMatter）",
        "the unit above decides (upholdMatter, overturnMatter)",
    ),
    S.upheld: Said("复核已维持，不再办理", "the refusal was upheld; nothing comes after it"),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """An act on a matter: from which states, to which (none: it stays), and its event.

    `resumes`: it leads back to the step at which the matter left the way.
    """

    label: Said
    sources: frozenset[MatterState]
    target: MatterState | None
    event: str
    resumes: bool = False


class WrongStep(Refused):
    """事项现在是「{state}」，还不能这样办（{act}）。下一步：{next}。
    The matter is at "{state}" and this can't be done now ({act}). What comes next: {next}.
    """


def _act(
    label: Said, sources: tuple[MatterState, ...], target: MatterState | None, event: str, *,
    resumes: bool = False,
) -> Transition:  # fmt: skip
    return Transition(label, frozenset(sources), target, f"matter.{event}", resumes)


EARLY = (S.raised, S.inquiring, S.preliminary)
WORKED_ON = (S.inquiring, S.preliminary, S.tabled, S.handling)

TRANSITIONS: dict[str, Transition] = {
    "raise": _act(Said("提出事项", "raise"), (), S.raised, "raised"),
    "pass_on": _act(Said("逐级上报", "pass on"), (S.raised,), None, "passed_on"),
    "accept": _act(Said("受理", "accept"), (S.raised,), S.inquiring, "accepted"),
    "inquire": _act(Said("问事", "inquire"), (S.inquiring,), S.preliminary, "inquired"),
    "opine": _act(Said("初议", "give an opinion"), (S.preliminary,), None, "opined"),
    "excuse": _act(Said("记录缺席", "record an absence"), (S.preliminary,), None, "excused"),
    "settle": _act(Said("初议办结", "settle"), (S.preliminary,), S.published, "settled"),
    "table": _act(Said("提交圆桌会", "table"), (S.preliminary, S.handling), S.tabled, "tabled"),
    "defer": _act(Said("延至下次圆桌会", "defer"), (S.tabled,), None, "deferred"),
    "resolve": _act(Said("圆桌会形成决议", "resolve"), (S.tabled,), S.handling, "resolved"),
    "refer": _act(Said("转交", "refer"), (S.tabled,), S.handling, "referred"),
    "dismiss": _act(Said("圆桌会不采纳", "dismiss"), (S.tabled,), S.refused, "dismissed"),
    "assign": _act(Said("交办", "assign"), (S.handling,), None, "assigned"),
    "complete": _act(
        Said("报告结果", "report the result"), (S.handling,), S.published, "completed"
    ),
    "verify": _act(Said("核实", "verify"), (S.published,), None, "verified"),
    "rework": _act(
        Said("退回重办", "send back to be redone"), (S.published,), S.handling, "reworked"
    ),
    "confirm": _act(Said("提事人确认", "confirm"), (S.published,), None, "confirmed"),
    "dispute": _act(Said("提出异议", "object"), (S.published,), None, "disputed"),
    "rate": _act(Said("评价", "rate"), (S.published, S.closed), None, "rated"),
    "close": _act(Said("办结", "close"), (S.published,), S.closed, "closed"),
    "reopen": _act(Said("重新办理", "reopen"), (S.closed,), S.handling, "reopened"),
    "return": _act(Said("退回补充", "return"), EARLY, S.returned, "returned"),
    "resubmit": _act(Said("补充后再提交", "resubmit"), (S.returned,), S.raised, "resubmitted"),
    "withdraw": _act(
        Said("撤回", "withdraw"),
        (*EARLY, S.tabled, S.returned, S.suspended),
        S.withdrawn,
        "withdrawn",
    ),
    "refuse": _act(Said("不予受理", "refuse"), (*EARLY, S.returned), S.refused, "refused"),
    "appeal": _act(Said("请求复核", "appeal"), (S.refused,), S.appealed, "appealed"),
    "uphold": _act(Said("维持不予受理", "uphold the refusal"), (S.appealed,), S.upheld, "upheld"),
    "overturn": _act(
        Said("撤销不予受理", "overturn the refusal"),
        (S.appealed,),
        None,
        "overturned",
        resumes=True,
    ),
    "suspend": _act(Said("中止", "suspend"), WORKED_ON, S.suspended, "suspended"),
    "resume": _act(Said("恢复办理", "resume"), (S.suspended,), None, "resumed", resumes=True),
    "merge": _act(Said("并案", "merge"), (*EARLY, S.tabled), S.merged, "merged"),
    "follow": _act(
        Said("随主事项并入另一件", "follow into another matter"), (S.merged,), None, "followed"
    ),
    "escalate": _act(Said("上报上一级", "escalate"), WORKED_ON, None, "escalated"),
    "supervise": _act(Said("督办", "supervise"), DUE, None, "supervised"),
    "extend": _act(Said("延期", "extend"), WORKED_ON, None, "extended"),
}


def leads_to(verb: str, state: MatterState, step: MatterState) -> MatterState:
    """The state after an act; `WrongStep` says what comes next where it isn't this."""
    transition = TRANSITIONS[verb]
    if state not in transition.sources:
        raise WrongStep(state=LABELS[state], act=transition.label, next=NEXT[state])
    return step if transition.resumes else transition.target or state
