"""Evidence of a vote (表决证据包): all that a court needs to count it again, in one archive.

Notice, deliveries with their proofs, roll, ballots with their scans, proxies, objections and the
tally; the names of nobody. The ballots are those that were counted, one that was annulled since
among them. Of a secret vote no ballot says of which unit it is: units stand there by marks that are
drawn anew for each archive. The clock writes it, for a purpose on record.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows, sealing, units
from services.arguments import Length
from services.ballots.tables import Ballot, BallotState, VoteProxy
from services.errors import Refused, Said
from services.events import record
from services.files import File
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant
from services.votes import counting
from services.votes.counting import Line
from services.votes.deliveries import VoteDelivery
from services.votes.drafting import wording
from services.votes.objecting import VoteObjection
from services.votes.rules import VoteRules
from services.votes.states import questions_of, rules_of
from services.votes.tables import RollHolder, Vote, VoteId, VoteQuestion

FORMAT = 1
OBJECT = "vote_evidence"
MOST_WAITING = 5


class EvidenceState(StrEnum):
    """Whether the archive is written."""

    queued = "queued"
    done = "done"


STATES: dict[str, Said] = {
    EvidenceState.queued: Said("等待", "queued"),
    EvidenceState.done: Said("已完成", "done"),
}


class VoteEvidence(Recorded, table=True):
    """An archive that was asked for; its hash and size once it is written."""

    __tablename__ = "vote_evidence"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        one_of("state", EvidenceState),
        CheckConstraint(
            "num_nonnulls(sha256, size, finished_at) = case state when 'done' then 3 else 0 end",
            name="done_with_its_content",
        ),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "vote_id", "made_at", "id"),
        Index("ix_vote_evidence_waiting", "tenant_id", "made_at", "id",
              postgresql_where=text("state <> 'done'")),
    )  # fmt: skip

    vote_id: UUID
    purpose: str = Field(max_length=500)
    state: str = EvidenceState.queued
    sha256: str | None = Field(default=None, max_length=64)
    size: int | None = Field(default=None, sa_type=BigInteger)
    finished_at: datetime | None = moment(default=None)


class NotCounted(Refused):
    """表决还没有计票，计票后才有证据包。
    The vote hasn't been counted yet; its evidence comes after the count.
    """


class EvidenceWaiting(Refused):
    """已有 {limit} 个证据包在等待，请等它们写完。
    There are {limit} archives that wait to be written; let them end first.
    """


async def export(
    session: AsyncSession,
    by: Actor,
    *,
    vote: VoteId,
    purpose: Annotated[str, Length(4, 500), "为了什么事，写入记录。 What it is needed for."],
) -> VoteEvidence:
    """Have the evidence of a counted vote written; whoever asked opens it, for that purpose."""
    row = await rows.find(session, Vote, by, vote, for_share=True)
    path = await units.path_of(session, by, row.scope_id)
    acting = authorize(by, "export", OBJECT, within=path)
    if row.counted_at is None:
        raise NotCounted()
    waits = await rows.every(session, VoteEvidence, by, "id", state=EvidenceState.queued.value)
    if len(waits) >= MOST_WAITING:
        raise EvidenceWaiting(limit=MOST_WAITING)
    evidence = VoteEvidence(**made(by, acting), vote_id=vote, purpose=purpose)
    session.add(evidence)
    record(session, by, "vote.evidence_asked", evidence, acting=acting)
    return evidence


async def waiting(session: AsyncSession, by: Actor) -> VoteEvidence | None:
    """The archive that is next, held until the transaction ends; none that somebody else is at."""
    mine = (
        select(VoteEvidence)
        .where(
            VoteEvidence.tenant_id == by.tenant_id, VoteEvidence.state != EvidenceState.done
        )
        .order_by(col(VoteEvidence.made_at), col(VoteEvidence.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    return (await session.exec(mine)).first()


async def find(session: AsyncSession, by: Actor, evidence: UUID) -> VoteEvidence:
    """An archive of the county."""
    return await rows.find(session, VoteEvidence, by, evidence)


@dataclass
class Contents:
    """What goes into an archive: JSON by its file's name, and the files beside, by theirs."""

    documents: dict[str, Any] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)


async def contents(session: AsyncSession, by: Actor, evidence: VoteEvidence) -> Contents:
    """All of it, as it stands in this transaction."""
    # Shared, so that no ballot is annulled and nothing counted anew between its parts.
    row = await rows.find(session, Vote, by, evidence.vote_id, for_share=True)
    questions = await questions_of(session, by, row.id)
    roll = await counting.entries(session, by, row.id)
    marks = Marks.of(row, roll)
    found = Contents()
    found.documents["notice.json"] = _notice(row, questions, await rules_of(session, by, row))
    found.documents["roll.json"] = [
        [one.number, one.unit_number, f"{one.area:.2f}", one.head] for one in roll
    ]
    delivered = await _deliveries(session, by, row, roll, found)
    found.documents["count.json"] = [
        [marks.entry(one), f"{one.area:.2f}", marks.head(one), one.property_unit_id in delivered]
        for one in marks.ordered(roll)
    ]
    await _ballots(session, by, row, marks, found)
    found.documents["objections.json"] = [
        {"text": one.text, "raised_at": _at(one.made_at), "answer": one.answer,
         "is_upheld": one.is_upheld, "answered_at": _at(one.answered_at)}
        for one in await rows.every(session, VoteObjection, by, "made_at", "id", vote_id=row.id)
    ]  # fmt: skip
    found.documents["tally.json"] = _tally(row, questions)
    return found


@dataclass
class Marks:
    """How units and heads are named where ballots stand: by the roll's numbers, or of a secret vote
    by marks that lead nowhere.
    """

    is_secret: bool
    entries: dict[UUID, Any] = field(default_factory=dict)
    heads: dict[int, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Vote, roll: Sequence[Line]) -> "Marks":
        """The roll's own numbers, or new marks."""
        is_secret = row.secrecy == "secret"
        return cls(
            is_secret,
            {one.id: secrets.token_hex(8) if is_secret else one.number for one in roll},
            {one.head: secrets.token_hex(8) if is_secret else one.head for one in roll},
        )

    def entry(self, one: Line) -> Any:
        """What a unit is called."""
        return self.entries[one.id]

    def head(self, one: Line) -> Any:
        """What its head is called."""
        return self.heads[one.head]

    def ordered(self, roll: Sequence[Line]) -> list[Line]:
        """In an order that says nothing more than the marks do."""
        return sorted(roll, key=self.entry)


def _notice(
    row: Vote, questions: Sequence[VoteQuestion], rules: VoteRules
) -> dict[str, Any]:  # fmt: skip
    return {
        "wording": wording(row, questions, rules),
        "text_sha256": row.text_sha256,
        "noticed_at": _at(row.noticed_at),
        "closed_at": _at(row.closes_at),
        "extensions": row.extensions,
        "sources": rules.sources,
    }


async def _deliveries(
    session: AsyncSession, by: Actor, row: Vote, roll: Sequence[Line], found: Contents
) -> set[UUID]:
    """Each unit's delivery with its proof; which units had one."""
    deliveries = await rows.every(
        session, VoteDelivery, by, "delivered_at", "id", vote_id=row.id
    )  # fmt: skip
    numbers = {one.property_unit_id: one.number for one in roll}
    listed = []
    for one in deliveries:
        proof = (
            None if one.file_id is None else await _keep(session, by, found, "proofs", one.file_id)
        )
        listed.append(
            {"number": numbers.get(one.property_unit_id), "method": one.method,
             "delivered_at": _at(one.delivered_at), "proof": proof}
        )  # fmt: skip
    found.documents["deliveries.json"] = listed
    return {one.property_unit_id for one in deliveries}


async def _proxies(
    session: AsyncSession, by: Actor, row: Vote, marks: Marks, found: Contents
) -> tuple[dict[UUID, str], dict[UUID | None, str]]:
    """Who was given whose vote; by what marks holders are called, and proxies by their proxy."""
    holders = await rows.every(session, RollHolder, by, "id", vote_id=row.id)
    voters = {one.id: f"v{secrets.token_hex(8)}" for one in holders}
    proxies = await rows.every(session, VoteProxy, by, "made_at", "id", vote_id=row.id)
    persons = {one.person_id: f"p{secrets.token_hex(8)}" for one in proxies}
    given = []
    for one in proxies:
        letter = (
            None if one.file_id is None else await _keep(session, by, found, "proxies", one.file_id)
        )
        told = {"by": letter, "confirmed_at": _at(one.confirmed_at), "reason": one.reason}
        # A letter names who gave it, who is found by the moment too: of a secret vote neither.
        told = dict.fromkeys(told) if marks.is_secret else told
        given.append({"proxy": persons[one.person_id], "voter": voters[one.holder_id],
                      "state": one.state, **told})  # fmt: skip
    found.documents["proxies.json"] = sorted(given, key=lambda one: str(one["voter"]))
    return voters, {one.id: persons[one.person_id] for one in proxies}


async def _ballots(
    session: AsyncSession, by: Actor, row: Vote, marks: Marks, found: Contents
) -> None:
    """What each ballot said that was counted, and of the others why they don't count; scans."""
    keys = await sealing.keys(session, by.tenant_id)
    voters, proxies = await _proxies(session, by, row, marks, found)
    counted, others = [], []
    for one in await rows.every(session, Ballot, by, "received_at", "id", vote_id=row.id):
        scan = (
            None if one.scan_id is None else await _keep(session, by, found, "scans", one.scan_id)
        )
        was_counted = _was_counted(row, one)
        shown = None if marks.is_secret and was_counted else scan
        if one.state != BallotState.effective:
            others.append({"way": one.way, "state": one.state, "reason": one.reason,
                           "scan": shown, "was_counted": was_counted})  # fmt: skip
        if was_counted:
            counted.append(
                {"entry": marks.entries[one.entry_id], "voter": voters[one.holder_id],
                 "proxy": proxies.get(one.proxy_id), "way": one.way,
                 "received_at": None if marks.is_secret else _at(one.received_at),
                 "receipt": one.receipt, "said": one.open(keys), "scan": shown}
            )  # fmt: skip
    found.documents["ballots.json"] = sorted(counted, key=lambda one: str(one["receipt"]))
    found.documents["not_counted.json"] = others


def _was_counted(row: Vote, one: Ballot) -> bool:
    """Whether the last count had it, whatever became of it since."""
    if one.annulled_at is None or row.counted_at is None:
        return one.state == BallotState.effective
    return one.annulled_at > row.counted_at


def _tally(row: Vote, questions: Sequence[VoteQuestion]) -> dict[str, Any]:
    return {
        "counted_at": _at(row.counted_at),
        "ballots_sha256": row.ballots_sha256,
        "roll_sha256": row.roll_sha256,
        "roll": [f"{row.roll_area:.2f}", row.roll_heads],
        "questions": [
            {"id": str(one.id), "verdict": one.verdict, **dict(_sums(one))} for one in questions
        ],
    }


def _sums(one: VoteQuestion) -> Iterator[tuple[str, list[Any]]]:
    for name in ("part", "consent", "against", "abstain"):
        area, heads = getattr(one, f"{name}_area"), getattr(one, f"{name}_heads")
        yield name, [f"{area:.2f}", heads]


async def _keep(session: AsyncSession, by: Actor, found: Contents, folder: str, file: UUID) -> str:
    """Take a file along; under which name."""
    row = await rows.find(session, File, by, file)
    ending = (row.media_type or "").rpartition("/")[2] or "bin"
    name = f"{folder}/{row.id.hex}.{ending}"
    found.files[name] = row
    return name


def _at(moment_: datetime | None) -> str | None:
    return None if moment_ is None else moment_.astimezone(clock.CHINA).isoformat()
