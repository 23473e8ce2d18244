"""Papers (文书): a meeting's minutes with all that stands under them, ready to be written out.

The text as it stands now, who signed which text and in which post, and each correction after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import packs, rows
from services.councils import Council, CouncilRules, SeatKind
from services.meetings.minutes import hash_of
from services.meetings.tables import Correction, Meeting, Minutes, Signature
from services.people import Person
from services.posts import Appointment, Post
from services.tables import TenantRow


@dataclass(frozen=True, slots=True)
class Signed:
    """A party's signature: by whom, in which post, under the text with which hash."""

    party: str
    person: str
    post: str
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction, and who added it."""

    seq: int
    text: str
    person: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Paper:
    """Minutes as they are at this moment; `is_final` once every party that must has signed."""

    council: str
    number: int
    text: str
    sha256: str
    is_final: bool
    drafted_at: datetime
    signed: Sequence[Signed]
    corrected: Sequence[Corrected]

    @property
    def title(self) -> str:
        """By which it is filed."""
        return f"{self.council}第{self.number}次会议纪要"

    @property
    def changed_at(self) -> datetime:
        """When it last got a signature or a correction; an amendment's moment isn't in its row."""
        moments = [*(one.at for one in self.signed), *(one.at for one in self.corrected)]
        return max([self.drafted_at, *moments])


async def of_minutes(session: AsyncSession, by: Actor, minutes: UUID) -> Paper:
    """The paper of these minutes; `NotFound` for another county's as for none."""
    # The text is read first: what is signed meanwhile may be missing, nothing is said too much.
    row = await rows.find(session, Minutes, by, minutes)
    meeting = await rows.find(session, Meeting, by, row.meeting_id)
    council = await rows.find(session, Council, by, meeting.council_id)
    rules = await packs.read_edition(session, by, meeting.pack_id, "councils", CouncilRules)
    return Paper(
        council=council.name, number=meeting.number, text=row.text, sha256=hash_of(row.text),
        is_final=row.sha256 is not None, drafted_at=row.made_at,
        signed=await _signed(session, by, meeting.id, rules),
        corrected=await _corrected(session, by, meeting.id),
    )  # fmt: skip


async def _signed(
    session: AsyncSession, by: Actor, meeting: UUID, rules: CouncilRules
) -> list[Signed]:
    wanted = (
        select(Signature, Person.name, Post.title)
        .join(Person, _is(Person, by, Signature.person_id))
        .join(Appointment, _is(Appointment, by, Signature.appointment_id))
        .join(Post, _is(Post, by, Appointment.post_id))
        .where(Signature.tenant_id == by.tenant_id, Signature.meeting_id == meeting)
        .order_by(col(Signature.at), col(Signature.id))
    )
    return [
        Signed(rules.labels[SeatKind(one.kind).value].zh, person, post, one.at, one.sha256)
        for one, person, post in await session.exec(wanted)
    ]


async def _corrected(session: AsyncSession, by: Actor, meeting: UUID) -> list[Corrected]:
    wanted = (
        select(Correction, Person.name)
        .join(Person, _is(Person, by, Correction.made_by), isouter=True)
        .where(Correction.tenant_id == by.tenant_id, Correction.meeting_id == meeting)
        .order_by(col(Correction.seq))
    )
    found = await session.exec(wanted)
    return [Corrected(one.seq, one.text, person, one.at) for one, person in found]


def _is(table: type[TenantRow], by: Actor, id_: Any) -> ColumnElement[bool]:
    return and_(col(table.tenant_id) == by.tenant_id, col(table.id) == id_)
