"""Proxies (委托投票): a holder on the roll has somebody else vote for them.

By their own sign-in a holder says so themselves; on paper it is recorded by one person, with the
authorisation, and confirmed by another. Neither is the proxy.
"""

from typing import Annotated
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock, files, people, rows
from services.arguments import Of, PersonId, Reason, Version
from services.ballots.casting import OBJECT, BallotCast, hold
from services.ballots.tables import (
    Ballot,
    BallotState,
    HolderId,
    ProxyId,
    ProxyState,
    VoteProxy,
)
from services.errors import BadInput, Refused, Said
from services.events import record, state_of
from services.rows import made
from services.tree import HOLD
from services.votes.states import Polling, take
from services.votes.tables import RollEntry, RollHolder


class ProxyStands(Refused):
    """这一票已有委托：{id}。请先撤销。
    There is a proxy for this already: {id}. Revoke it first.
    """


class ProxySettled(Refused):
    """这项委托已经核对过，或已撤销。
    This proxy has been confirmed already, or revoked.
    """


class OwnProxy(Refused):
    """委托须由登记的人和受托人以外的人核对；自己不能委托给自己。
    A proxy is recorded and confirmed by others than the proxy, and by two persons.
    """


class ProxyOfTooMany(Refused):
    """一人最多受 {limit} 位业主委托，此人已满。
    One speaks for {limit} owners at most, and this person does already.
    """


async def appoint(
    session: AsyncSession,
    by: Actor,
    *,
    holder: HolderId,
    person: PersonId,
    file: Annotated[UUID | None, Of("File"), "授权书；本人登录委托的不用。 What it is by."] = None,
) -> VoteProxy:
    """Have somebody vote for a holder: said by the holder, or recorded from an authorisation."""
    found = await rows.find(session, RollHolder, by, holder)
    polling = await take(
        session, by, "appoint", found.vote_id, shared=True, object_=OBJECT, owner=found.person_id
    )
    is_said = by.person_id is not None and by.person_id == found.person_id
    if person in (by.person_id, found.person_id):
        raise OwnProxy()
    await people.find_alive(session, by, person)
    await hold(session, by, [holder])
    if not is_said:
        if file is None:
            reason = Said("须附授权书", "the written authorisation is needed")
            raise BadInput(argument="file", reason=reason)
        letter = await files.find_own(session, by, file, for_update=True)
        letter.is_ballot = True
    standing = [one for one in await rows.every(session, VoteProxy, by, "id", holder_id=holder)
                if one.state != ProxyState.revoked]  # fmt: skip
    if standing:
        raise ProxyStands(id=f"VoteProxy:{standing[0].id}")
    await _check_number(session, by, polling, found, person)
    row = VoteProxy(
        **made(by, polling.acting), vote_id=found.vote_id, holder_id=holder, person_id=person,
        file_id=file, state=ProxyState.confirmed if is_said else ProxyState.recorded,
        confirmed_at=clock.now() if is_said else None,
    )  # fmt: skip
    session.add(row)
    record(session, by, "vote_proxy.appointed", row, acting=polling.acting)
    return row


async def confirm_proxy(
    session: AsyncSession, by: Actor, *, proxy: ProxyId, expected_version: Version = None
) -> VoteProxy:
    """Confirm what a proxy was given by: another person than who recorded it."""
    row, polling = await _taken(session, by, "confirm_proxy", proxy, expected_version)
    if row.state != ProxyState.recorded:
        raise ProxySettled()
    if by.person_id in (None, row.made_by, row.person_id):
        raise OwnProxy()
    before = state_of(row)
    row.state, row.version = ProxyState.confirmed, row.version + 1
    row.confirmed_by, row.confirmed_at = by.person_id, clock.now()
    record(session, by, "vote_proxy.confirmed", row, acting=polling.acting, before=before)
    return row


async def revoke(
    session: AsyncSession,
    by: Actor,
    *,
    proxy: ProxyId,
    reason: Reason,
    expected_version: Version = None,
) -> VoteProxy:
    """Take a proxy back, as long as it hasn't voted: the holder, or who records proxies."""
    row, polling = await _taken(session, by, "revoke", proxy, expected_version)
    if row.state == ProxyState.revoked:
        raise ProxySettled()
    cast = [one for one in await rows.every(session, Ballot, by, "id", proxy_id=proxy)
            if one.state in (BallotState.entered, BallotState.effective)]  # fmt: skip
    if cast:
        raise BallotCast(id=f"Ballot:{cast[0].id}")
    before = state_of(row)
    row.state, row.reason, row.version = ProxyState.revoked, reason, row.version + 1
    record(session, by, "vote_proxy.revoked", row, acting=polling.acting, before=before)
    return row


async def _taken(
    session: AsyncSession, by: Actor, verb: str, proxy: UUID, expected: int | None
) -> tuple[VoteProxy, Polling]:
    """A proxy held behind its vote and its holder, as ballots are."""
    found = await rows.find(session, VoteProxy, by, proxy)
    holder = await rows.find(session, RollHolder, by, found.holder_id)
    polling = await take(
        session, by, verb, found.vote_id, shared=True, object_=OBJECT, owner=holder.person_id
    )
    await hold(session, by, [found.holder_id])
    row = await rows.find(session, VoteProxy, by, proxy, for_update=True)
    row.check_version(expected)
    return row, polling


async def _check_number(
    session: AsyncSession, by: Actor, polling: Polling, holder: RollHolder, person: UUID
) -> None:
    """One speaks for no more heads than the county has set; two at once are counted in turn."""
    most = polling.rules.most_by_proxy
    if most is None:
        return
    await HOLD.rows(session, name=f"proxy:{by.tenant_id}:{polling.vote.id}:{person}")
    heads = (
        select(RollEntry.head)
        .join(
            RollHolder,
            (col(RollHolder.tenant_id) == RollEntry.tenant_id)
            & (col(RollHolder.entry_id) == RollEntry.id),
        )
        .join(
            VoteProxy,
            (col(VoteProxy.tenant_id) == RollHolder.tenant_id)
            & (col(VoteProxy.holder_id) == RollHolder.id),
        )
        .where(
            VoteProxy.tenant_id == by.tenant_id, VoteProxy.vote_id == polling.vote.id,
            VoteProxy.person_id == person, VoteProxy.state != ProxyState.revoked,
        )
    )  # fmt: skip
    entry = await rows.find(session, RollEntry, by, holder.entry_id)
    spoken_for = {*(await session.exec(heads)).all(), entry.head}
    if len(spoken_for) > most:
        raise ProxyOfTooMany(limit=most)
