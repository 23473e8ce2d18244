"""Papers (纸质选票): entered by one person, confirmed by another who reads the scan anew.

What came in time is entered and confirmed until the vote is counted. A scan is opened by whoever is
to confirm it and by nobody else: together they would be a running tally.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, files, rows, sealing
from services.arguments import Of, Reason, Version
from services.ballots.casting import (
    OBJECT,
    NotOnTheRoll,
    Questions,
    answers_of,
    check_free,
    check_in_time,
    hold,
    number_of,
)
from services.ballots.tables import (
    Ballot,
    BallotId,
    BallotState,
    BallotWay,
    HolderId,
    ProxyState,
    VoteProxy,
)
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.files import File
from services.rows import made
from services.tree import HOLD
from services.votes.states import SHOWN, Polling, go, take
from services.votes.tables import RollHolder, VoteState


class BallotSettled(Refused):
    """这张选票已经处理过，不能再改。
    This ballot has been dealt with and doesn't change any more.
    """


class OwnEntry(Refused):
    """自己录入或自己投的选票要由别人核对。
    Somebody else confirms or annuls what you entered or voted yourself.
    """


class ScanUsed(Refused):
    """这份扫描件已用于另一张选票：{id}。
    This scan is that of another ballot: {id}.
    """


class ReadOtherwise(Refused):
    """您与录入的人从扫描件读出的不一样。请再看一遍；确实不同的，退回后重新录入。
    You read the scan otherwise than it was entered. Look again; if it is so, reject it.
    """


async def enter(
    session: AsyncSession,
    by: Actor,
    *,
    holder: HolderId,
    scan: Annotated[UUID, Of("File"), "选票的扫描件。 Its scan."],
    received_at: Annotated[datetime | None, "何时收到，默认现在。 When it came; now."] = None,
    consent: Questions = None,
    against: Questions = None,
    abstain: Questions = None,
    by_proxy: Annotated[bool, "是否由受托人填写。 Whether their proxy filled it in."] = False,
) -> Ballot:
    """Enter a ballot that came on paper, from its scan; it counts once another confirms it."""
    found = await rows.find(session, RollHolder, by, holder)
    polling = await take(session, by, "enter", found.vote_id, shared=True, object_=OBJECT)
    at = received_at or clock.now()
    check_in_time(polling.vote, at)
    if at > clock.now():
        raise BadInput(argument="receivedAt", reason=Said("不能在将来", "not in the future"))
    answers = await answers_of(session, by, polling, consent, against, abstain)
    await hold(session, by, [holder])
    # Read now that the holder is held: it may have been revoked meanwhile.
    proxy = await _proxy_of(session, by, holder) if by_proxy else None
    await check_free(session, by, [holder], (BallotState.entered, BallotState.effective))
    file = await files.find_own(session, by, scan, for_update=True)
    await _check_unused(session, by, file, holder)
    file.is_ballot = True
    row = Ballot(
        **made(by, polling.acting), vote_id=found.vote_id, entry_id=found.entry_id,
        holder_id=holder, proxy_id=proxy, way=BallotWay.paper, state=BallotState.entered,
        key_number=0, answers_cipher=b"", receipt="", received_at=at, scan_id=scan,
    )  # fmt: skip
    number = await number_of(session, by, polling.vote, found.entry_id)
    row.seal(await sealing.keys(session, by.tenant_id), answers, number)
    session.add(row)
    record(session, by, "ballot.entered", row, acting=polling.acting)
    return row


async def _check_unused(session: AsyncSession, by: Actor, file: File, holder: UUID) -> None:
    """One paper is one ballot: neither the file nor the same picture sent again is another's."""
    used = await rows.every(session, Ballot, by, "id", scan_id=file.id)
    if used:
        raise ScanUsed(id=f"Ballot:{used[0].id}")
    await HOLD.rows(session, name=f"scan:{by.tenant_id}:{file.sha256}")
    same = (
        select(Ballot.id)
        .join(File, (col(File.tenant_id) == Ballot.tenant_id) & (col(File.id) == Ballot.scan_id))
        .where(
            File.tenant_id == by.tenant_id, col(File.is_ballot), File.sha256 == file.sha256,
            Ballot.holder_id != holder,
            col(Ballot.state).in_([BallotState.entered, BallotState.effective]),
        )
    )  # fmt: skip
    other = (await session.exec(same.limit(1))).first()
    if other is not None:
        raise ScanUsed(id=f"Ballot:{other}")


async def confirm(
    session: AsyncSession,
    by: Actor,
    *,
    ballot: BallotId,
    consent: Questions = None,
    against: Questions = None,
    abstain: Questions = None,
    expected_version: Version = None,
) -> Ballot:
    """Confirm a paper ballot by reading its scan oneself: where both read the same, it counts."""
    row, polling = await _settle(session, by, "confirm", ballot, expected_version)
    answers = await answers_of(session, by, polling, consent, against, abstain)
    keys = await sealing.keys(session, by.tenant_id)
    if row.open(keys)["answers"] != answers:
        raise ReadOtherwise()
    await check_free(session, by, [row.holder_id], (BallotState.effective,))
    return _end(session, by, row, polling, BallotState.effective)


async def reject(
    session: AsyncSession,
    by: Actor,
    *,
    ballot: BallotId,
    reason: Reason,
    expected_version: Version = None,
) -> Ballot:
    """Reject a paper ballot that was entered wrongly or isn't valid; it may be entered again."""
    row, polling = await _settle(session, by, "reject", ballot, expected_version)
    row.reason = reason
    return _end(session, by, row, polling, BallotState.rejected)


async def annul(
    session: AsyncSession,
    by: Actor,
    *,
    ballot: BallotId,
    reason: Reason,
    expected_version: Version = None,
) -> Ballot:
    """Find that a ballot which counts isn't valid; where it was counted, it is counted anew."""
    found = await rows.find(session, Ballot, by, ballot)
    polling = await take(session, by, "annul", found.vote_id, object_=OBJECT)
    row = await rows.find(session, Ballot, by, ballot, for_update=True)
    row.check_version(expected_version)
    if row.state != BallotState.effective:
        raise BallotSettled()
    await _check_other(session, by, row)
    row.reason, row.annulled_at = reason, clock.now()
    if polling.vote.state in SHOWN:
        # What was counted isn't so any more.
        polling.vote.is_stale = True
        go(session, by, "annul", polling, "ballot_annulled", to=VoteState.disputed)
    return _end(session, by, row, polling, BallotState.annulled)


async def _settle(
    session: AsyncSession, by: Actor, verb: str, ballot: UUID, expected: int | None
) -> tuple[Ballot, Polling]:
    """A ballot that waits, held behind its vote and its holder, by another than whose it is."""
    found = await rows.find(session, Ballot, by, ballot)
    polling = await take(session, by, verb, found.vote_id, shared=True, object_=OBJECT)
    await hold(session, by, [found.holder_id])
    row = await rows.find(session, Ballot, by, ballot, for_update=True)
    row.check_version(expected)
    if row.state != BallotState.entered:
        raise BallotSettled()
    await _check_other(session, by, row)
    return row, polling


async def _check_other(session: AsyncSession, by: Actor, row: Ballot) -> None:
    """Neither who entered it looks at a ballot, nor whose it is, nor their proxy."""
    holder = await rows.find(session, RollHolder, by, row.holder_id)
    theirs = {None, row.made_by, holder.person_id}
    if row.proxy_id is not None:
        theirs.add((await rows.find(session, VoteProxy, by, row.proxy_id)).person_id)
    if by.person_id in theirs:
        raise OwnEntry()


def _end(
    session: AsyncSession, by: Actor, row: Ballot, polling: Polling, state: BallotState
) -> Ballot:
    before = state_of(row)
    row.state, row.version = state, row.version + 1
    if state is BallotState.effective:
        row.confirmed_by, row.confirmed_at = by.person_id, clock.now()
    name = {"effective": "confirmed"}.get(state.value, state.value)
    record(session, by, f"ballot.{name}", row, acting=polling.acting, before=before)
    return row


async def _proxy_of(session: AsyncSession, by: Actor, holder: UUID) -> UUID:
    found = await rows.every(
        session, VoteProxy, by, "id", holder_id=holder, state=ProxyState.confirmed.value
    )
    if not found:
        raise NotOnTheRoll()
    return found[0].id
