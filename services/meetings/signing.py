"""Signing (签字): the seats that the county names sign one text; then it never changes.

A signature is of a text, by its hash: whoever signed what was amended later signs again. When all
have signed, the hash is kept with the minutes, and the database refuses every change of them.
"""

from typing import Annotated
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied, Held
from services import clock, rows
from services.arguments import Length, Version
from services.councils import LABELS, SeatKind
from services.errors import Refused, called
from services.events import record, state_of
from services.meetings.convening import attendance_of, check_disposed, seats_held
from services.meetings.minutes import hash_of
from services.meetings.states import MeetingId, Sitting, go, take
from services.meetings.tables import (
    Attendance,
    Correction,
    Meeting,
    MeetingState,
    Minutes,
    Signature,
)
from services.posts import Appointment, is_active


class SignedAlready(Refused):
    """这一方已经签过这份纪要：{kind}。
    This party has signed these minutes already: {kind}.
    """


class NotASigner(Refused):
    """按本县规则，{kind} 一方不签纪要。
    By the county's rules, minutes aren't signed by the {kind}.
    """


class SomebodyElseCame(Refused):
    """这一方到会的是另一位，由到会的人签字：{kind}。
    Somebody else was there for this party ({kind}), and signs for it.
    """


class MinutesChanged(Refused):
    """您读到的纪要已被修改，请重新阅读后再签。
    The minutes that you read were amended. Read them again before you sign.
    """


Whole = Annotated[str, Length(1, 100_000), "纪要全文，Markdown。 The minutes as a whole, Markdown."]


async def amend(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    text: Whole,
    expected_version: Version = None,
) -> Minutes:
    """Amend minutes that aren't signed by all yet; who signed the text of before signs again."""
    sitting = await take(session, by, "amend", meeting)
    row = await of_meeting(session, by, sitting.meeting.id)
    row.check_version(expected_version)
    before = state_of(row)
    row.text, row.version = text, row.version + 1
    record(session, by, "minutes.amended", row, acting=sitting.acting, before=before)
    return row


async def sign(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    sha256: Annotated[
        str, Length(64, 64), "所签文本的散列值，读纪要时所见。 Of the text one read."
    ],
) -> Meeting:
    """Sign the minutes for one's seat; with the last seat that the county demands they stay."""
    held = await seats_held(session, by, meeting)
    sitting = await take(
        session, by, "sign", meeting, beside=tuple(post.unit_id for _, post in held)
    )
    row = await of_meeting(session, by, sitting.meeting.id)
    if not held:
        raise Denied("sign", "meetings")
    if hash_of(row.text) != sha256:
        raise MinutesChanged()
    await check_disposed(session, by, sitting.meeting)
    came = await attendance_of(session, by, sitting.meeting.id)
    kind, post = _signing(sitting, held, {SeatKind(one.kind) for one in came
                                          if one.person_id == by.person_id})  # fmt: skip
    signed = await _signed(session, by, sitting.meeting.id, sha256)
    if kind in signed:
        raise SignedAlready(kind=called(LABELS, kind))
    await _check_came(session, by, came, kind)
    assert by.person_id is not None  # noqa: S101
    session.add(
        Signature(
            tenant_id=by.tenant_id, meeting_id=sitting.meeting.id, kind=kind, sha256=sha256,
            person_id=by.person_id, appointment_id=post.appointment_id, at=clock.now(),
        )
    )  # fmt: skip
    sitting.acting = post
    if set(sitting.rules.signers) <= {*signed, kind}:
        _finish(session, by, sitting, row, sha256)
        return go(session, by, "sign", sitting, "signed", kind=kind.value, sha256=sha256)
    return go(session, by, "sign", sitting, "countersigned", kind=kind.value, sha256=sha256)


async def correct(
    session: AsyncSession,
    by: Actor,
    *,
    meeting: MeetingId,
    text: Annotated[str, Length(1, 4000), "更正内容，附在纪要之后。 What is added."],
) -> Meeting:
    """Append a correction to signed minutes; they themselves stay as they were signed."""
    sitting = await take(session, by, "correct", meeting)
    latest = select(func.max(Correction.seq)).where(
        Correction.tenant_id == by.tenant_id, Correction.meeting_id == sitting.meeting.id
    )
    seq = ((await session.exec(latest)).one() or 0) + 1
    session.add(
        Correction(
            tenant_id=by.tenant_id, meeting_id=sitting.meeting.id, seq=seq, text=text,
            made_by=by.person_id, at=clock.now(),
        )
    )  # fmt: skip
    return go(session, by, "correct", sitting, "corrected", text=text)


async def publish(
    session: AsyncSession, by: Actor, *, meeting: MeetingId, expected_version: Version = None
) -> Meeting:
    """Show in public that a meeting was held and signed; its minutes stay with those who sit."""
    sitting = await take(session, by, "publish", meeting, expected_version=expected_version)
    return go(session, by, "publish", sitting, "published")


async def of_meeting(session: AsyncSession, by: Actor, meeting: UUID) -> Minutes:
    """A meeting's minutes, locked."""
    (found,) = await rows.every(session, Minutes, by, meeting_id=meeting, for_update=True)
    return found


def _signing(
    sitting: Sitting, held: list[tuple[SeatKind, Held]], sat: set[SeatKind]
) -> tuple[SeatKind, Held]:
    """For which seat one signs: that on which one sat, else the first that the county wants."""
    signers = sorted(sitting.rules.signers, key=lambda kind: kind not in sat)
    for kind in signers:
        for own, post in held:
            if own is kind:
                return kind, post
    raise NotASigner(kind=called(LABELS, held[0][0]))


async def _check_came(
    session: AsyncSession, by: Actor, came: list[Attendance], kind: SeatKind
) -> None:
    """Who came for a party signs for it; another where none did, or none serves any more."""
    of_party = [one for one in came if one.kind == kind]
    if not of_party or by.person_id in {one.person_id for one in of_party}:
        return
    serving = select(Appointment.id).where(
        Appointment.tenant_id == by.tenant_id, is_active(),
        col(Appointment.id).in_([one.appointment_id for one in of_party]),
    )  # fmt: skip
    if (await session.exec(serving)).first() is not None:
        raise SomebodyElseCame(kind=called(LABELS, kind))


async def _signed(session: AsyncSession, by: Actor, meeting: UUID, sha256: str) -> set[SeatKind]:
    found = await rows.every(session, Signature, by, meeting_id=meeting, sha256=sha256)
    return {SeatKind(one.kind) for one in found}


def _finish(session: AsyncSession, by: Actor, sitting: Sitting, row: Minutes, sha256: str) -> None:
    before = state_of(row)
    row.sha256, row.version = sha256, row.version + 1
    record(session, by, "minutes.signed", row, acting=sitting.acting, before=before)
    sitting.meeting.signed_at = clock.now()
    sitting.meeting.state = MeetingState.signed
