"""Evidence of votes (表决证据包): who asked for one, what for, and its address."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, case

from schema.commands import command
from schema.nodes import Node, worded
from schema.passes import address, end
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import pointing
from schema.votes import Vote, of_vote
from services import vote_evidence
from services.passes import Purpose
from services.vote_evidence import STATES, EvidenceState
from services.vote_evidence import VoteEvidence as Table

ADDRESS, END = address(Purpose.evidence), end(Purpose.evidence)
strawberry.enum(
    EvidenceState, name="VoteEvidenceState", description="证据包的状态。 Whether it is written."
)


@strawberry.enum(description="证据包按什么排序。 By what archives are ordered.")
class VoteEvidenceOrder(Enum):
    """By what archives are ordered."""

    ASKED_AT = "made_at"


@strawberry.input(description="只要这样的证据包。 Only such archives.")
class VoteEvidenceFilter:
    """Only such archives."""

    vote: strawberry.ID | None = pointing(Table.vote_id, "Vote", "表决。 The vote.")


def _is_opened(ask: Ask, row: Row) -> ColumnElement[bool]:
    """It is written, and the reader asked for it: the purpose is theirs to answer for."""
    return and_(row["state"] == EvidenceState.done.value, row["made_by"] == ask.person)


def _url(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_opened(ask, row), ADDRESS(ask, row)))


def _until(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_opened(ask, row), END(ask, row)))


@strawberry.type(description="表决证据包：可离线复核，不含姓名。 The evidence of a vote, unnamed.")
@reads(Table, "vote_evidence", unit=of_vote)
class VoteEvidence(Node):
    """The evidence of a vote in one archive, which `verify_vote.py` within it counts again."""

    vote: Vote | None = link(Table.vote_id, "表决。 The vote.")
    purpose: str = column(Table.purpose, "用途。 What it is for.")
    state: EvidenceState = column(Table.state, "状态。 Whether it is written.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    sha256: str | None = column(Table.sha256, "SHA-256。 The hash of its bytes.")
    size: BigInt | None = column(Table.size, "字节数。 How many bytes.")
    asked_at: datetime = column(Table.made_at, "何时要求。 When it was asked for.")
    asked_by: Person | None = link(Table.made_by, "谁要求。 Who asked for it.")
    finished_at: datetime | None = column(Table.finished_at, "何时写成。 When it was written.")
    url: str | None = computed(
        _url, "取回的地址，五分钟内失效，只给要求的人。 Its address, for whoever asked for it."
    )
    url_until: datetime | None = computed(_until, "地址何时失效。 When that ends.")


@strawberry.type
class Queries:
    """What can be asked about evidence of votes."""

    vote_evidence: Connection[VoteEvidence] = connection(
        None,
        VoteEvidenceOrder,
        "表决证据包。 Evidence of votes.",
        VoteEvidenceFilter,
        Direction.DESC,
    )


@strawberry.type
class Mutations:
    """The commands of evidence of votes."""

    export_vote_evidence: VoteEvidence | None = command(
        vote_evidence.export,
        "导出表决证据包，须说明用途，系统在后台写成。 Have its evidence written, for a purpose.",
    )
