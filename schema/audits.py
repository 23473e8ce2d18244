"""Audits (审计): signed heads of the events, samples drawn at random, values revealed."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import Select, Uuid, column, func, select
from strawberry.scalars import JSON

from schema.commands import command, made
from schema.events import Event
from schema.nodes import Node, worded
from schema.passes import address, end
from schema.people import Person
from schema.reading.declare import Ask, Row, computed, connection, light, link, reads, rows
from schema.reading.declare import column as read_column
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from services import audits
from services.audits.exports import STATES, ExportFormat, ExportState
from services.audits.exports import AuditExport as ExportRow
from services.audits.exports import AuditExportPart as PartRow
from services.audits.heads import AuditHead as HeadRow
from services.audits.sampling import MOST
from services.audits.sampling import AuditSample as SampleRow
from services.events import Event as EventRow
from services.passes import Purpose

EVENT = light(EventRow)
strawberry.enum(ExportFormat, name="AuditExportFormat", description="导出的格式。 The format.")
strawberry.enum(ExportState, name="AuditExportState", description="导出的状态。 Its state.")


@strawberry.enum(description="封存头按什么排序。 By what heads are ordered.")
class AuditHeadOrder(Enum):
    """By what heads are ordered."""

    SEALED_AT = "sealed_at"


@strawberry.enum(description="抽样按什么排序。 By what samples are ordered.")
class AuditSampleOrder(Enum):
    """By what samples are ordered."""

    DRAWN_AT = "made_at"


@strawberry.enum(description="导出按什么排序。 By what exports are ordered.")
class AuditExportOrder(Enum):
    """By what exports are ordered."""

    ASKED_AT = "made_at"


@strawberry.enum(description="文件按什么排序。 By what parts are ordered.")
class AuditExportPartOrder(Enum):
    """By what parts are ordered."""

    NUMBER = "number"


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
    ids = (
        func.unnest(row["event_ids"])
        .table_valued(column("id", Uuid()), with_ordinality="place", name="drawn")
        .render_derived()
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


@strawberry.type(description="导出的一个文件。 A part of an export.")
@reads(PartRow, "audits")
class AuditExportPart(Node):
    """A part of an export."""

    number: int = read_column(PartRow.number, "第几个。 Its number.")
    name: str = read_column(PartRow.name, "文件名。 Its name.")
    sha256: str = read_column(PartRow.sha256, "SHA-256。 The hash of its bytes.")
    size: int = read_column(PartRow.size, "字节数。 How many bytes.")
    lines: int = read_column(PartRow.lines, "行数。 How many lines.")
    made_at: datetime = read_column(PartRow.made_at, "写成时刻。 When it was written.")
    url: str | None = computed(
        address(Purpose.export), "取回的地址，五分钟内失效。 Where it is read, for five minutes."
    )
    url_until: datetime | None = computed(end(Purpose.export), "地址何时失效。 When that ends.")


@strawberry.type(description="审计导出：由系统到点写成，进度可见。 An export, and how far it is.")
@reads(ExportRow, "audits")
class AuditExport(Node):
    """Events written out for an auditor."""

    format: ExportFormat = read_column(ExportRow.format, "格式。 Its format.")
    begins_at: datetime | None = read_column(ExportRow.begins_at, "从何时起。 From when on.")
    ends_at: datetime = read_column(ExportRow.ends_at, "到何时为止。 Until when.")
    event_name: str | None = read_column(ExportRow.event_name, "只要这种事件。 Of which name.")
    purpose: str | None = read_column(
        ExportRow.purpose, "要个人信息原值的用途。 For what personal values are in it."
    )
    state: ExportState = read_column(ExportRow.state, "状态。 Its state.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    total: int = read_column(ExportRow.total, "共多少条。 How many events there are.")
    done: int = read_column(ExportRow.done, "已写多少条。 How many are written.")
    asked_at: datetime = read_column(ExportRow.made_at, "何时要求。 When it was asked for.")
    asked_by: Person | None = link(ExportRow.made_by, "谁要求。 Who asked for it.")
    finished_at: datetime | None = read_column(ExportRow.finished_at, "何时写完。 When done.")
    parts: Connection[AuditExportPart] = connection(
        PartRow.export_id,
        AuditExportPartOrder,
        "文件，最后是清单。 Its parts; the manifest last.",
    )


@strawberry.type(description="事件里的个人信息原值，只显示一次。 Its personal values, shown once.")
class RevealedEvent:
    """The personal values of an event."""

    values: JSON | None = made("values", "按位置列出的原值；已依法删除的没有。 By their paths.")
    altered: list[str] | None = made(
        "altered", "与封存不符、因而不显示的位置。 Where another value stands than was sealed."
    )


@strawberry.type
class Queries:
    """What can be asked about the audit."""

    audit_heads: Connection[AuditHead] = connection(
        None, AuditHeadOrder, "封存头。 Signed heads.", direction=Direction.DESC
    )
    audit_exports: Connection[AuditExport] = connection(
        None, AuditExportOrder, "导出。 Exports.", direction=Direction.DESC
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
    export_audit: AuditExport | None = command(
        audits.export, "导出事件，由系统在后台写成。 Have events exported, in the background."
    )
    reveal_audit: RevealedEvent | None = command(
        audits.reveal, "查看一个事件的个人信息原值，须说明用途。 Reveal it, for a stated purpose."
    )
