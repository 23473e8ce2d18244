"""Recording lines on the ledger: by the clock for a file, at once for what a provider calls in.

A line is recorded as staff would record it, once for its external id. Accounts are locked in the
order of their ids, so that two files at once wait for each other and never in a circle.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import alarms, clock, ledger, payments, rows
from services.alarms import Alarm
from services.events import record, state_of
from services.ledger import Desk
from services.payment_files.matching import accounts_named
from services.payment_files.tables import (
    FileState,
    LineKind,
    LineState,
    PaymentFile,
    PaymentLine,
)
from services.payments import MoreThanWasPaid, Payment, PaymentKnown, PaymentMethod
from services.tree import HOLD

# So many lines are recorded in a turn.
LINES = 200


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """One turn of the file that waits longest; nought where none does."""
    waiting = (
        select(PaymentFile)
        .where(PaymentFile.tenant_id == by.tenant_id, PaymentFile.state == FileState.working)
        .order_by(col(PaymentFile.made_at), col(PaymentFile.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.exec(waiting)).first()
    if row is None:
        return 0
    theirs = (
        select(PaymentLine)
        .where(
            PaymentLine.tenant_id == by.tenant_id, PaymentLine.file_id == row.id,
            PaymentLine.state == LineState.waiting,
        )
        .order_by(col(PaymentLine.number))
        .limit(LINES)
    )  # fmt: skip
    lines = (await session.exec(theirs)).all()
    await settle(session, by, lines)
    before = state_of(row)
    row.done += len(lines)
    if len(lines) < LINES:
        row.state, row.finished_at = FileState.done, at
    row.version += 1
    record(session, by, "payment_file.advanced", row, acting=None, before=before)
    return 1


async def hold(session: AsyncSession, by: Actor, firm: UUID, channel: str) -> None:
    """One at a time takes lines of a firm's channel in: the second sees what the first has."""
    await HOLD.rows(session, name=f"payment_lines:{by.tenant_id}:{firm}:{channel}")


async def settle(session: AsyncSession, by: Actor, lines: Sequence[PaymentLine]) -> None:
    """Record what can be told whose it is; the rest waits for a person."""
    named = await accounts_named(session, by, lines)
    known = {one.id: await _payment(session, by, one) for one in lines}
    account_of = {
        one.id: known[one.id].account_id if known[one.id] else _only(named.get(one.id, []))  # type: ignore[union-attr]
        for one in lines
    }
    for account in sorted({id_ for id_ in account_of.values() if id_}):
        await ledger.lock(session, by, account)
    for one in lines:
        account = account_of[one.id]
        if one.kind == LineKind.refund:
            await _refund(session, by, one)
        elif (payment := await _payment(session, by, one)) is not None:
            one.state, one.payment_id = LineState.recorded, payment.id
        elif account is not None:
            await _enter(session, by, one, account)
        else:
            is_several = len(named.get(one.id, [])) > 1
            one.state = LineState.ambiguous if is_several else LineState.unmatched
        session.add(one)
        await session.flush()


async def enter(
    session: AsyncSession,
    by: Actor,
    acting: Held | None,
    line: PaymentLine,
    account: UUID,
    bills: Sequence[UUID] | None = None,
) -> Payment:
    """Record a line's payment for an account, on the desk that staff record at."""
    assert line.amount is not None  # noqa: S101 - what can't be read is never settled
    assert line.paid_at is not None  # noqa: S101
    desk = Desk(session, by, acting, await ledger.lock(session, by, account))
    await payments.check_new(session, by, line.firm_id, line.channel, line.external_id)
    payment = await payments.enter(
        desk, amount=line.amount, method=PaymentMethod.transfer, received_at=line.paid_at,
        reference=line.reference, channel=line.channel, external_id=line.external_id, bills=bills,
    )  # fmt: skip
    await session.flush()
    line.state, line.payment_id = LineState.recorded, payment.id
    return payment


async def _enter(session: AsyncSession, by: Actor, line: PaymentLine, account: UUID) -> None:
    """What is on the ledger for another estate of the firm stays there."""
    try:
        await enter(session, by, None, line, account)
    except PaymentKnown:
        line.state = LineState.differing


async def _refund(session: AsyncSession, by: Actor, line: PaymentLine) -> None:
    """What a provider gave back is given back here; what doesn't fit a person looks at."""
    payment = await _payment(session, by, line)
    line.state = LineState.unmatched
    if payment is None or line.amount is None or line.paid_at is None:
        return
    desk = Desk(session, by, None, await ledger.lock(session, by, payment.account_id))
    try:
        await payments.give_back(
            desk, payment, line.amount, f"{line.channel} {line.external_id}",
            line.paid_at.astimezone(clock.CHINA).date(),
        )  # fmt: skip
    except MoreThanWasPaid:
        return
    line.state, line.payment_id = LineState.recorded, payment.id


async def _payment(session: AsyncSession, by: Actor, line: PaymentLine) -> Payment | None:
    """The payment on the ledger that the line is, or is a refund of; in its own estate and firm."""
    wanted = line.original_id if line.kind == LineKind.refund else line.external_id
    found = await rows.every(
        session, Payment, by, "id", channel=line.channel, external_id=wanted,
        estate_id=line.estate_id, firm_id=line.firm_id,
    ) if wanted else []  # fmt: skip
    return found[0] if found else None


def _only(found: Sequence[UUID]) -> UUID | None:
    return found[0] if len(found) == 1 else None


alarms.ALARMS["payment_files"] = Alarm(look)
