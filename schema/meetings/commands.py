"""Every act on a meeting as a mutation."""

import strawberry

from schema.commands import command
from schema.meetings.types import AgendaItem, Meeting, Minutes
from schema.resolutions import Resolution
from services import meetings


@strawberry.type
class Mutations:
    """The commands on meetings, in the order in which a meeting goes."""

    draft_meeting: Meeting | None = command(meetings.draft, "筹备会议。 Draft a meeting.")
    convene_meeting: Meeting | None = command(
        meetings.convene,
        "召集；已提交的事项全部列入议程。 Convene it: what is tabled is on its agenda.",
    )
    cancel_meeting: Meeting | None = command(meetings.cancel, "取消未开的会议。 Cancel it.")
    open_meeting: Meeting | None = command(
        meetings.open_, "开会，须达到法定到会方数。 Open it with a quorum."
    )
    attend_meeting: Meeting | None = command(meetings.attend, "签到。 Note who has come.")
    add_item: AgendaItem | None = command(meetings.add, "增加其他议题。 Add another business.")
    reserve_item: AgendaItem | None = command(
        meetings.reserve, "标明依法由业主决定。 Mark as reserved to the owners by law."
    )
    recuse_person: AgendaItem | None = command(
        meetings.recuse, "回避。 Note that somebody takes no part in an item."
    )
    resolve_item: Resolution | None = command(
        meetings.resolve, "形成决议：内容、承办单位、期限。 Resolve it: what, by whom, until when."
    )
    defer_item: AgendaItem | None = command(
        meetings.defer, "延到指定的下一次会议。 Defer it to a named meeting."
    )
    refer_item: AgendaItem | None = command(
        meetings.refer,
        "转交业主表决、社区或部门。 Refer it to owners' vote, community, department.",
    )
    dismiss_item: AgendaItem | None = command(
        meetings.dismiss, "不采纳，须说明理由。 Dismiss it, with a reason."
    )
    adjourn_meeting: Meeting | None = command(
        meetings.adjourn, "散会，起草纪要。 Adjourn it: its minutes are drafted."
    )
    amend_minutes: Minutes | None = command(
        meetings.amend, "修改未签齐的纪要。 Amend minutes not yet signed by all."
    )
    sign_minutes: Meeting | None = command(
        meetings.sign, "代表本方签纪要。 Sign the minutes for one's party."
    )
    correct_minutes: Meeting | None = command(
        meetings.correct, "在已签纪要之后附更正。 Append a correction to signed minutes."
    )
    publish_meeting: Meeting | None = command(
        meetings.publish, "公开：开过会、签过纪要。 Show that it was held and signed."
    )
