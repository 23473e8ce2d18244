"""Audits (审计): signed heads of the events, samples drawn at random, values revealed."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Select, Uuid, column, func, select
from strawberry.scalars import JSON

from schema.commands import command, made
from schema.events import Event
from schema.nodes import Node
from schema.people import Person
from schema.reading.declare import Ask, Row, connection, light, link, reads, rows
from schema.reading.declare import column as read_column
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from services import audits
from services.audits.heads import AuditHead as HeadRow
from services.audits.sampling import MOST
from services.audits.sampling import AuditSample as SampleRow
from services.events import Event as EventRow

EVENT = light(EventRow)


@strawberry.enum(description="封存头按什么排序。 By what heads are ordered.")
class AuditHeadOrder(Enum):
    """By what heads are ordered."""

    SEALED_AT = "sealed_at"


@strawberry.enum(description="抽样按什么排序。 By what samples are ordered.")
class AuditSampleOrder(Enum):
    """By what samples are ordered."""

    DRAWN_AT = "made_at"


@strawberry.type(description="封存头：到这一批为止的事件之树，已签名。 A signed head of the tree.")
@reads(HeadRow, "audits")
class AuditHead(Node):
    """The tree of events after a batch; keep one elsewhere, and an earlier end shows."""

    number: int = read_column(HeadRow.number, "第几批。 The batch's number.")
    first: BigInt = read_column(HeadRow.first, "这一批从第几条起。 Its first event's place.")
    size: BigInt = read_column(HeadRow.size, "共封存多少条。 How many events are sealed.")
    root: str = read_column(HeadRow.root, "树根（SHA-256）。 The root.")
    sealed_at: datetime = read_column(HeadRow.sealed_at, "封存时刻。 When it was sealed.")
    kid: str = read_column(HeadRow.kid, "签名密钥。 The key that signed it.")
    signature: str = read_column(HeadRow.signature, "签名（Ed25519）。 Its signature.")


def _drawn(ask: Ask, row: Row) -> Select[Any]:
    """The events of a sample, in the order in which they were drawn."""
    event = EVENT.alias()
    ids = func.unnest(row["event_ids"]).table_valued(
        column("id", Uuid()), with_ordinality="place", name=f"{event.name}_drawn"
    )
    return (
        select(*event.c)
        .select_from(ids)
        .join(event, event.c.id == ids.c.id)
        .where(event.c.tenant_id == ask.tenant)
        .order_by(ids.c.place)
    )


@strawberry.type(description="抽样：按写明的种子随机抽取。 Events drawn at random, by a seed.")
@reads(SampleRow, "audits")
class AuditSample(Node):
    """Events drawn by the SHA-256 of seed, colon and id: anybody draws the same."""

    seed: str = read_column(SampleRow.seed, "种子。 The seed.")
    begins_at: datetime | None = read_column(SampleRow.begins_at, "从何时起。 From when on.")
    ends_at: datetime | None = read_column(SampleRow.ends_at, "到何时为止。 Until when.")
    event_name: str | None = read_column(SampleRow.event_name, "只抽这种事件。 Of which name.")
    population: int = read_column(SampleRow.population, "从多少条里抽。 Of how many.")
    drawn_at: datetime = read_column(SampleRow.made_at, "抽取时刻。 When it was drawn.")
    drawn_by: Person | None = link(SampleRow.made_by, "谁抽的。 Who drew it.")
    events: list[Event] = rows(_drawn, "抽到的事件。 What was drawn.", MOST)


@strawberry.type(description="事件里的个人信息原值，只显示一次。 Its personal values, shown once.")
class RevealedEvent:
    """The personal values of an event."""

    values: JSON | None = made("values", "按位置列出的原值；已依法删除的没有。 By their paths.")


@strawberry.type
class Queries:
    """What can be asked about the audit."""

    audit_heads: Connection[AuditHead] = connection(
        None, AuditHeadOrder, "封存头。 Signed heads.", direction=Direction.DESC
    )
    audit_samples: Connection[AuditSample] = connection(
        None, AuditSampleOrder, "抽样。 Samples.", direction=Direction.DESC
    )


@strawberry.type
class Mutations:
    """What auditors do; each is put on record and changes nothing else."""

    sample_audit: AuditSample | None = command(
        audits.sample, "随机抽取事件，种子写入记录。 Draw events at random; the seed is recorded."
    )
    reveal_audit: RevealedEvent | None = command(
        audits.reveal, "查看一个事件的个人信息原值，须说明用途。 Reveal it, for a stated purpose."
    )
