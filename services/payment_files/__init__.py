"""Payment files (对账文件): what a bank or a payment provider says came in, line by line.

Each external id counts once in a firm's channel, whichever file it comes by; a file given again
changes nothing. A line whose reference names exactly one account of the estate is recorded by the
clock, as staff would; what names none, or several, is for a person to allot, and is never guessed.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, cast, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import alarms, clock, ledger, rows, units
from services.arguments import Length, Of, UnitId
from services.errors import BadInput, called
from services.errors import Said as Words
from services.events import record, state_of, write
from services.files import LONGEST_NAME, plain_name
from services.ledger import AccountId, FeeAccount
from services.passes import UPLOAD_LASTS, Purpose, passes_of
from services.payment_files import recording
from services.payment_files.reading import Said, read
from services.payment_files.recording import hold
from services.payment_files.tables import (
    COUNTING,
    LINE_STATES,
    MOST_LINES,
    MOST_OPEN,
    ChannelIsCounter,
    FilesOpen,
    FileState,
    FirmServesNot,
    LineKind,
    LinesTaken,
    LineState,
    NotToBeAllotted,
    PaymentFile,
    PaymentLine,
    PaymentLineId,
    RefundNotAllotted,
    TooManyLines,
)
from services.payments import COUNTER, Bills
from services.prepared import put
from services.rows import made
from services.tree import HOLD
from services.units import UnitKind

__all__ = ["COUNTING", "PaymentFile", "PaymentLine", "recording"]
# Lines that are given in a request; more than that come by a file.
MOST_GIVEN, LONGEST_LINE, SOME = 1_000, 500, 1_000
TO_ALLOT = (LineState.unmatched, LineState.ambiguous)
Channel = Annotated[str, Length(1, 40), "渠道。 The channel."]
FirmId = Annotated[UUID, Of("Unit"), "物业公司。 The property firm."]


@dataclass(frozen=True, slots=True)
class StartedPaymentFile:
    """A payment file just begun, with the address for it: shown this once."""

    id: UUID
    upload_url: str
    upload_until: datetime


async def start(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    firm: FirmId,
    channel: Channel,
    name: Annotated[str, Length(1, LONGEST_NAME), "文件名。 The file's name."],
) -> StartedPaymentFile:
    """Begin a payment file: it goes by PUT to the address that this answers."""
    row = await _begin(session, by, "start", estate, firm, channel, name)
    passes = passes_of(session)
    address, until = passes.upload(by.tenant_id, by.domain, row.id, Purpose.payment_file)
    return StartedPaymentFile(row.id, address, until)


async def give(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    firm: FirmId,
    channel: Channel,
    lines: Annotated[
        list[str], Length(1, LONGEST_LINE), "逐行，首行为表头。 As in a CSV, with its headings."
    ],
) -> PaymentFile:
    """Give a payment file's lines in the request itself."""
    if len(lines) > MOST_GIVEN:
        reason = Words(f"最多 {MOST_GIVEN} 行", f"{MOST_GIVEN} at most")
        raise BadInput(argument="lines", reason=reason)
    row = await _begin(session, by, "give", estate, firm, channel, "lines.csv")
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    said = read([*csv.reader(lines)], clock.now())
    return await receive(session, by, row=row.id, said=said, sha256=digest)


async def receive(
    session: AsyncSession, by: Actor, *, row: UUID, said: Sequence[Said], sha256: str
) -> PaymentFile:
    """Take in what a file says; the same again changes nothing.

    Whoever has the address may: it was given to who began it.
    """
    found = await rows.find(session, PaymentFile, by, row, for_update=True)
    check_same(found, sha256)
    if found.state != FileState.prepared:
        return found
    if len(said) > MOST_LINES:
        raise TooManyLines(number=len(said), limit=MOST_LINES)
    # Of two files of a channel at once the second sees what the first has.
    await hold(session, by, found.firm_id, found.channel)
    before = state_of(found)
    known = await _known(session, by, found, said)
    for at, one in enumerate(said, 1):
        _put_line(session, by, found, one, known)
        if at % SOME == 0:
            await session.flush()
    found.sha256, found.total, found.state = sha256, len(said), FileState.working
    found.version += 1
    whose = replace(by, person_id=found.made_by)
    record(session, whose, "payment_file.received", found, acting=None, before=before)
    alarms.soon(session)
    return found


async def allot(
    session: AsyncSession,
    by: Actor,
    *,
    line: PaymentLineId,
    account: AccountId,
    bills: Bills = None,
) -> PaymentLine:
    """Say whose a line is that names no account, or several; it is recorded at once."""
    owed = await ledger.lock(session, by, account)
    row = await rows.find(session, PaymentLine, by, line, for_update=True)
    path = await units.path_of(session, by, row.firm_id)
    acting = authorize(by, "allot", "payment_files", within=path)
    if (owed.estate_id, owed.firm_id) != (row.estate_id, row.firm_id):
        reason = Words("不是这家物业在这个小区的账户", "not the firm's in this estate")
        raise BadInput(argument="account", reason=reason)
    if row.state not in TO_ALLOT:
        raise NotToBeAllotted(state=called(LINE_STATES, row.state))
    if row.kind == LineKind.refund:
        raise RefundNotAllotted()
    payment = await recording.enter(session, by, acting, row, account, bills)
    note = {"payment": str(payment.id)}
    write(session, by, "payment_line.allotted", ("PaymentLine", row.id), acting=acting, after=note)
    return row


def check_same(row: PaymentFile, sha256: str) -> None:
    """Refuse other lines for a file that has its own."""
    if row.sha256 not in (None, sha256):
        raise LinesTaken()


async def _begin(
    session: AsyncSession,
    by: Actor,
    verb: str,
    estate: UUID,
    firm: UUID,
    channel: str,
    name: str,
) -> PaymentFile:
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate)
    company = await units.find_fit(session, by, firm, kind=UnitKind.firm)
    acting: Held | None = authorize(
        by, verb, "payment_files", within=await units.path_of(session, by, company.id)
    )
    if channel == COUNTER:
        raise ChannelIsCounter(channel=channel)
    ours = select(FeeAccount.id).where(
        FeeAccount.tenant_id == by.tenant_id, FeeAccount.estate_id == home.id,
        FeeAccount.firm_id == company.id,
    )  # fmt: skip
    if (await session.exec(ours.limit(1))).first() is None:
        raise FirmServesNot()
    await _check_number(session, by, company.id)
    row = PaymentFile(
        **made(by, acting), estate_id=home.id, firm_id=company.id, channel=channel,
        name=plain_name(name),
    )  # fmt: skip
    session.add(row)
    record(session, by, "payment_file.started", row, acting=acting)
    await session.flush()
    return row


async def _check_number(session: AsyncSession, by: Actor, firm: UUID) -> None:
    """Whose address is over waits for nothing; two at once are counted one after the other."""
    await HOLD.rows(session, name=f"payment_files:{by.tenant_id}:{firm}")
    is_awaited = (col(PaymentFile.state) == FileState.prepared) & (
        col(PaymentFile.made_at) > clock.now() - UPLOAD_LASTS
    )
    waiting = select(func.count()).where(
        PaymentFile.tenant_id == by.tenant_id, PaymentFile.firm_id == firm,
        is_awaited | (col(PaymentFile.state) == FileState.working),
    )  # fmt: skip
    if (await session.exec(waiting)).one() >= MOST_OPEN:
        minutes = int(UPLOAD_LASTS.total_seconds()) // 60
        raise FilesOpen(limit=MOST_OPEN, minutes=minutes)


async def _known(
    session: AsyncSession, by: Actor, row: PaymentFile, said: Sequence[Said]
) -> dict[str, Any]:
    """What is known of external ids of the firm's channel, by what they say."""
    ids = [one.external_id for one in said if one.external_id and not one.problem]
    found = select(PaymentLine).where(
        PaymentLine.tenant_id == by.tenant_id, PaymentLine.firm_id == row.firm_id,
        PaymentLine.channel == row.channel,
        # One value, however many: a statement has no more than 32,767.
        col(PaymentLine.external_id) == func.any(cast(ids, ARRAY(Text))),
        col(PaymentLine.state).not_in(
            [LineState.repeated.value, LineState.differing.value, LineState.bad.value]
        ),
    )  # fmt: skip
    return {
        str(one.external_id): (one.kind, one.amount, one.original_id, one.estate_id, one.firm_id)
        for one in (await session.exec(found)).all()
    }


def _put_line(
    session: AsyncSession, by: Actor, row: PaymentFile, one: Said, known: dict[str, Any]
) -> None:
    state, says = LineState.waiting, (
        one.kind.value, one.amount, one.original_id, row.estate_id, row.firm_id
    )  # fmt: skip
    if one.problem is not None:
        state = LineState.bad
    elif one.external_id in known:
        is_same = known[str(one.external_id)] == says
        state = LineState.repeated if is_same else LineState.differing
    else:
        known[str(one.external_id)] = says
    put(
        session, PaymentLine, tenant_id=by.tenant_id, file_id=row.id, number=one.number,
        estate_id=row.estate_id, firm_id=row.firm_id, channel=row.channel, kind=one.kind,
        external_id=one.external_id, original_id=one.original_id, amount=one.amount,
        paid_at=one.paid_at, reference=one.reference, state=state, problem=one.problem,
    )  # fmt: skip
