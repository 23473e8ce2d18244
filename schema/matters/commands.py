"""Every act on a matter as a mutation."""

import strawberry

from schema.commands import command, made
from schema.matters.types import Matter
from schema.reading.declare import link
from services import matters


@strawberry.type(description="提事人明文，查看已留痕。 The raiser in clear; the look is on record.")
class RevealedRaiser:
    """Who had a matter taken down."""

    matter: Matter | None = link(lambda call: call.given.id, "事项。 The matter.")
    name: str | None = made("name", "姓名。 The name.")
    phone: str | None = made("phone", "电话。 The number.")


@strawberry.type
class Mutations:
    """The commands on matters, in the order of the six steps."""

    raise_matter: Matter | None = command(
        matters.raise_, "居民提事；也可代为记录。 Raise a matter, or take one down for another."
    )
    pass_on_matter: Matter | None = command(
        matters.pass_on, "逐级上报：单元长、楼栋长、网格长。 Pass it on up the line."
    )
    accept_matter: Matter | None = command(
        matters.accept, "网格长受理，进入党员问事。 The grid head accepts it."
    )
    inquire_matter: Matter | None = command(
        matters.inquire, "党员问事：记录与提事人的联系。 A member's contact with the raiser."
    )
    opine_matter: Matter | None = command(
        matters.opine, "三长初议：一位负责人的意见。 One head's first opinion."
    )
    excuse_head: Matter | None = command(
        matters.excuse, "记录一位负责人逾期缺席及原因。 Record a head's absence, and why."
    )
    settle_matter: Matter | None = command(
        matters.settle, "初议办结，仍须核实和公开。 Settle it; still to be verified and shown."
    )
    table_matter: Matter | None = command(
        matters.table, "提交圆桌会商议。 Bring it to the round table."
    )
    assign_matter: Matter | None = command(
        matters.assign, "分类交办：承办单位和期限。 Say who handles it and by when."
    )
    complete_matter: Matter | None = command(
        matters.complete, "报告办理结果。 Report what came of it."
    )
    verify_matter: Matter | None = command(
        matters.verify, "由承办人以外的人核实。 Verified by another than who handled it."
    )
    rework_matter: Matter | None = command(
        matters.rework, "核实不合格，退回重办。 Send it back to be done again."
    )
    confirm_matter: Matter | None = command(
        matters.confirm, "提事人确认已办好。 The raiser confirms."
    )
    rate_matter: Matter | None = command(
        matters.rate, "提事人评价满意度。 The raiser says how content they are."
    )
    close_matter: Matter | None = command(matters.close, "办结。 Close it.")
    reopen_matter: Matter | None = command(
        matters.reopen, "期限内重新办理。 Take it up again within the window."
    )
    return_matter: Matter | None = command(
        matters.return_, "退回提事人补充。 Return it to its raiser."
    )
    resubmit_matter: Matter | None = command(
        matters.resubmit, "补充后再提交。 Send it again with what was missing."
    )
    withdraw_matter: Matter | None = command(
        matters.withdraw, "提事人撤回。 The raiser withdraws it."
    )
    refuse_matter: Matter | None = command(
        matters.refuse, "不予受理，须说明理由，可请求复核。 Refuse it, with a reason."
    )
    appeal_matter: Matter | None = command(
        matters.appeal, "请上级单元复核。 Bring a refusal before the unit above."
    )
    uphold_matter: Matter | None = command(
        matters.uphold, "复核：维持不予受理。 Uphold the refusal."
    )
    overturn_matter: Matter | None = command(
        matters.overturn, "复核：撤销不予受理，继续办理。 Overturn it; the matter goes on."
    )
    suspend_matter: Matter | None = command(
        matters.suspend, "中止，期限停止计算。 Suspend it; the clock stands still."
    )
    resume_matter: Matter | None = command(
        matters.resume, "恢复办理。 Resume it with the time that was left."
    )
    merge_matter: Matter | None = command(
        matters.merge, "重复事项并案。 Merge a duplicate into the matter that goes on."
    )
    escalate_matter: Matter | None = command(
        matters.escalate, "上报上一级单元。 Put it into the hands of the unit above."
    )
    watch_matter: Matter | None = command(matters.watch, "关注，有进展时收到消息。 Follow it.")
    unwatch_matter: Matter | None = command(matters.unwatch, "取消关注。 Follow it no longer.")
    reveal_raiser: RevealedRaiser | None = command(
        matters.reveal, "查看代记的提事人，须说明用途。 Show who had it taken down, for a purpose."
    )
