"""Ballots and proxies: what holders on a roll have said, sealed until the count, and for whom.

Nothing that can be read says what a ballot says: its answers are encrypted with the county's key,
and stand neither in events nor in any answer. Who has voted is seen by those who collect.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field

from services import clock
from services.arguments import Of
from services.errors import Said
from services.events import canonical
from services.sealing import Keys, SealBroken
from services.tables import Recorded, moment, one_of, within_tenant
from services.votes.tables import RollEntry, RollHolder

SALT = 16


class BallotWay(StrEnum):
    """How a ballot came: by the voter's own sign-in, or on paper."""

    web = "web"
    paper = "paper"


class BallotState(StrEnum):
    """Where a ballot stands; one that is `entered` waits for its confirmation by another person."""

    entered = "entered"
    effective = "effective"
    rejected = "rejected"
    superseded = "superseded"
    annulled = "annulled"


STATES: dict[str, Said] = {
    BallotState.entered: Said("待核对", "to be confirmed"),
    BallotState.effective: Said("有效", "effective"),
    BallotState.rejected: Said("已退回", "rejected"),
    BallotState.superseded: Said("已被本人的投票取代", "superseded by the voter's own"),
    BallotState.annulled: Said("已宣布无效", "annulled"),
}


class ProxyState(StrEnum):
    """A proxy counts once another person has confirmed what it was given by."""

    recorded = "recorded"
    confirmed = "confirmed"
    revoked = "revoked"


class VoteProxy(Recorded, table=True):
    """A holder on the roll has somebody else vote for them, by a written authorisation (授权书)."""

    __tablename__ = "vote_proxy"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("holder_id", RollHolder.__tablename__),
        within_tenant("person_id", "person"),
        within_tenant("file_id", "file"),
        one_of("state", ProxyState),
        CheckConstraint("confirmed_by <> made_by", name="confirmed_by_another"),
        CheckConstraint("confirmed_by <> person_id", name="not_confirmed_by_the_proxy"),
        CheckConstraint("state <> 'confirmed' or confirmed_at is not null", name="confirmed"),
        Index("uq_vote_proxy_standing", "tenant_id", "holder_id", unique=True,
              postgresql_where=text("state <> 'revoked'")),
        Index(None, "tenant_id", "vote_id", "made_at", "id"),
        Index(None, "tenant_id", "person_id", "vote_id"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "file_id"),
    )  # fmt: skip

    vote_id: UUID
    holder_id: UUID
    person_id: UUID
    file_id: UUID | None = None
    state: str = ProxyState.recorded
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = moment(default=None)
    reason: str | None = Field(default=None, max_length=500)


class Ballot(Recorded, table=True):
    """What one holder says of one unit on the roll, to each question: sealed.

    `receipt` is the hash of what is sealed, by which a voter finds their ballot in the evidence.
    """

    __tablename__ = "ballot"
    __table_args__: ClassVar[Any] = (
        within_tenant("vote_id", "vote"),
        within_tenant("entry_id", RollEntry.__tablename__),
        within_tenant("holder_id", RollHolder.__tablename__),
        within_tenant("proxy_id", "vote_proxy"),
        within_tenant("scan_id", "file"),
        one_of("way", BallotWay),
        one_of("state", BallotState),
        CheckConstraint("(way = 'paper') = (scan_id is not null)", name="paper_has_its_scan"),
        CheckConstraint("confirmed_by <> made_by", name="confirmed_by_another"),
        CheckConstraint(
            "way = 'web' or state <> 'effective' or confirmed_by is not null",
            name="paper_is_confirmed",
        ),
        CheckConstraint("(state = 'annulled') = (annulled_at is not null)", name="annulled"),
        Index("uq_ballot_effective", "tenant_id", "holder_id", unique=True,
              postgresql_where=text("state = 'effective'")),
        Index("uq_ballot_entered", "tenant_id", "holder_id", unique=True,
              postgresql_where=text("state = 'entered'")),
        Index(None, "tenant_id", "vote_id", "made_at", "id"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "entry_id"),
        Index(None, "tenant_id", "holder_id"),
        Index(None, "tenant_id", "proxy_id"),
        Index(None, "tenant_id", "scan_id"),
    )  # fmt: skip
    unrecorded: ClassVar[frozenset[str]] = frozenset({"answers_cipher"})
    # By it whoever sees the evidence of a secret vote would know whose ballot it is.
    unspoken: ClassVar[frozenset[str]] = frozenset({"receipt"})

    vote_id: UUID
    entry_id: UUID
    holder_id: UUID
    proxy_id: UUID | None = None
    way: str
    state: str
    key_number: int
    answers_cipher: bytes = Field(sa_type=LargeBinary)
    receipt: str = Field(max_length=64)
    received_at: datetime = moment(default_factory=clock.now)
    scan_id: UUID | None = None
    confirmed_by: UUID | None = None
    confirmed_at: datetime | None = moment(default=None)
    annulled_at: datetime | None = moment(default=None)
    reason: str | None = Field(default=None, max_length=500)

    def seal(self, keys: Keys, answers: Mapping[str, str], number: int | None) -> None:
        """Write the answers, each question's choice, under the county's newest key.

        `number` is the entry's on the roll, where the vote is open: then the receipt proves for
        which unit it was said.
        """
        said = canonical(
            {"answers": dict(answers), "entry": number, "salt": secrets.token_hex(SALT)}
        )
        self.key_number = keys.number
        self.answers_cipher = keys.seal(keys.number, said.decode(), context=f"{self.id}:answers")
        self.receipt = hashlib.sha256(said).hexdigest()

    def open(self, keys: Keys) -> dict[str, Any]:
        """What the receipt is the hash of; for the count and the evidence alone."""
        return open_answers(keys, self.id, self.key_number, self.answers_cipher, self.receipt)


def open_answers(
    keys: Keys, ballot: UUID, number: int, cipher: bytes, receipt: str
) -> dict[str, Any]:
    """What a ballot holds under the key of this number: `answers` by question, `entry`, `salt`.

    `SealBroken` where it isn't what its receipt, which never changes, is the hash of.
    """
    said = keys.open(number, cipher, context=f"{ballot}:answers") or ""
    if hashlib.sha256(said.encode()).hexdigest() != receipt:
        raise SealBroken()
    opened: dict[str, Any] = json.loads(said)
    return opened


BallotId: TypeAlias = Annotated[UUID, Of("Ballot"), "选票。 The ballot."]
ProxyId: TypeAlias = Annotated[UUID, Of("VoteProxy"), "委托。 The proxy."]
HolderId: TypeAlias = Annotated[UUID, Of("RollHolder"), "名册上的权利人。 The holder on the roll."]
