"""A vote's states (表决状态) as one table, and how a command takes a vote in hand."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import packs, rows, units
from services.errors import Refused, Said, called
from services.events import record, state_of
from services.votes.rules import VoteRules
from services.votes.tables import Vote, VoteQuestion, VoteState

S = VoteState
OBJECT = "votes"

LABELS: dict[str, Said] = {
    S.draft: Said("草案", "a draft"),
    S.reviewed: Said("已审核", "reviewed"),
    S.noticed: Said("公告中", "noticed"),
    S.frozen: Said("名册已定", "its roll frozen"),
    S.open: Said("投票中", "open"),
    S.extended: Said("延期投票中", "open, extended"),
    S.closed: Said("待计票", "closed, to be counted"),
    S.preliminary: Said("结果公示中", "preliminary"),
    S.disputed: Said("有异议待处理", "disputed"),
    S.final: Said("结果生效", "final"),
    S.failed: Said("参与不足，未作决定", "without a quorum"),
    S.executed: Said("已执行", "executed"),
    S.void: Said("已作废", "void"),
}
VOTING = frozenset({S.open, S.extended})
SHOWN = frozenset({S.preliminary, S.disputed})

# Each act: in which states it is done, and the state after it where that is another.
ACTS: dict[str, tuple[frozenset[VoteState], VoteState | None]] = {
    "amend": (frozenset({S.draft}), None),
    "ask": (frozenset({S.draft}), None),
    "drop": (frozenset({S.draft}), None),
    "review": (frozenset({S.draft}), S.reviewed),
    "send_back": (frozenset({S.reviewed}), S.draft),
    "withdraw": (frozenset({S.draft, S.reviewed}), S.void),
    "announce": (frozenset({S.reviewed}), S.noticed),
    "deliver": (frozenset({S.noticed, S.frozen}) | VOTING, None),
    "freeze": (frozenset({S.noticed}), S.frozen),
    "open": (frozenset({S.frozen}), S.open),
    "appoint": (frozenset({S.frozen}) | VOTING, None),
    "confirm_proxy": (frozenset({S.frozen}) | VOTING, None),
    "revoke": (frozenset({S.frozen}) | VOTING, None),
    "cast": (VOTING, None),
    "enter": (VOTING | {S.closed}, None),
    "confirm": (VOTING | {S.closed}, None),
    "reject": (VOTING | {S.closed}, None),
    "annul": (VOTING | {S.closed} | SHOWN, None),
    "extend": (VOTING, S.extended),
    "close": (VOTING, S.closed),
    "count": (frozenset({S.closed, S.disputed}), S.preliminary),
    "object": (SHOWN, S.disputed),
    "answer": (frozenset({S.disputed}), None),
    "settle": (SHOWN, None),
    "execute": (frozenset({S.final}), S.executed),
    "void": (frozenset(S) - {S.draft, S.reviewed, S.void}, S.void),
}
ACT_LABELS: dict[str, Said] = {
    "amend": Said("修改", "amend"),
    "ask": Said("加事项", "add a question"),
    "drop": Said("去掉事项", "drop a question"),
    "review": Said("审核", "review"),
    "send_back": Said("退回修改", "send back"),
    "withdraw": Said("撤回", "withdraw"),
    "announce": Said("公告", "announce"),
    "deliver": Said("送达", "deliver"),
    "freeze": Said("固定名册", "freeze the roll"),
    "open": Said("开始投票", "open"),
    "appoint": Said("委托", "appoint a proxy"),
    "confirm_proxy": Said("核对委托", "confirm a proxy"),
    "revoke": Said("撤销委托", "revoke a proxy"),
    "cast": Said("投票", "cast a ballot"),
    "enter": Said("录入纸质票", "enter a paper ballot"),
    "confirm": Said("核对纸质票", "confirm a paper ballot"),
    "reject": Said("退回纸质票", "reject a paper ballot"),
    "annul": Said("宣布选票无效", "annul a ballot"),
    "extend": Said("延长投票", "extend"),
    "close": Said("结束投票", "close"),
    "count": Said("计票", "count"),
    "object": Said("提出异议", "object"),
    "answer": Said("答复异议", "answer an objection"),
    "settle": Said("确认结果", "settle the result"),
    "execute": Said("记录执行", "record its execution"),
    "void": Said("作废", "declare void"),
}


class VoteNotThere(Refused):
    """表决现在是「{state}」，不能这样办（{act}）；应在：{wanted}。
    The vote stands at “{state}”. To {act}, it must stand at one of: {wanted}.
    """


@dataclass(slots=True)
class Polling:
    """A vote in hand, locked: the rules it goes by, in which post one acts."""

    vote: Vote
    rules: VoteRules
    acting: Held | None
    before: dict[str, Any]


async def take(
    session: AsyncSession,
    by: Actor,
    verb: str,
    vote: UUID,
    *,
    expected_version: int | None = None,
    shared: bool = False,
    object_: str = OBJECT,
    owner: UUID | None = None,
) -> Polling:
    """A vote held, with the actor's authority for this act looked at, and its state.

    Whoever serves the estate, a unit above it, or the unit that holds the vote; where it is `owner`
    who acts, by what is their own. Those who only need that it stays as it is share it.
    """
    row = await rows.find(session, Vote, by, vote, for_update=not shared, for_share=shared)
    path = await units.path_of(session, by, row.scope_id)
    acting = authorize(by, verb, object_, within={*path, row.convener_id}, owner=owner)
    row.check_version(expected_version)
    check(row, verb)
    return Polling(row, await rules_of(session, by, row), acting, state_of(row))


def check(row: Vote, verb: str) -> None:
    """Refuse an act that isn't done in the vote's state."""
    allowed, _ = ACTS[verb]
    if row.state not in allowed:
        wanted = [state for state in VoteState if state in allowed]
        raise VoteNotThere(
            state=called(LABELS, row.state), act=called(ACT_LABELS, verb),
            wanted=called(LABELS, *wanted),
        )  # fmt: skip


def go(
    session: AsyncSession,
    by: Actor,
    verb: str,
    polling: Polling,
    event: str,
    *,
    to: VoteState | None = None,
    **note: Any,
) -> Vote:
    """Let an act take effect on the vote itself, and record it."""
    row = polling.vote
    row.state = to or ACTS[verb][1] or row.state
    row.version += 1
    record(
        session, by, f"vote.{event}", row, acting=polling.acting, before=polling.before, note=note
    )
    return row


async def rules_of(session: AsyncSession, by: Actor, row: Vote) -> VoteRules:
    """The rules of the edition that a vote goes by."""
    return await packs.read_edition(session, by, row.pack_id, "votes", VoteRules)


async def questions_of(session: AsyncSession, by: Actor, vote: UUID) -> list[VoteQuestion]:
    """A vote's questions in their order."""
    return await rows.every(session, VoteQuestion, by, "number", vote_id=vote)
