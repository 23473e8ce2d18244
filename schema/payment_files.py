"""Payment files (对账文件): what providers said came in, line by line, and what became of it."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command, made
from schema.nodes import Node, worded
from schema.payments import Payment
from schema.people import Person
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import among, below, pointing
from services import payment_files
from services.payment_files.tables import (
    KINDS,
    LINE_STATES,
    PROBLEMS,
    STATES,
    FileState,
    LineKind,
    LineState,
)
from services.payment_files.tables import PaymentFile as Table
from services.payment_files.tables import PaymentLine as LineRow

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(FileState, name="PaymentFileState", description="对账文件的状态。 Where it stands.")
strawberry.enum(LineKind, name="PaymentLineKind", description="收款或退款。 Payment or refund.")
strawberry.enum(LineState, name="PaymentLineState", description="一行的结果。 What became of it.")


@strawberry.enum(description="对账文件按什么排序。 By what payment files are ordered.")
class PaymentFileOrder(Enum):
    """By what payment files are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="各行按什么排序。 By what lines are ordered.")
class PaymentLineOrder(Enum):
    """By what lines are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的行。 Only such lines.")
class PaymentLineFilter:
    """Only such lines."""

    states: list[LineState] | None = among(LineRow.state, "这些结果之一。 One of these states.")
    estate: strawberry.ID | None = pointing(LineRow.estate_id, "Unit", "小区。 The estate.")


@strawberry.type(description="渠道说的一笔收款或退款。 A payment or refund as a provider said it.")
@reads(LineRow, "payment_files", unit=below("firm_id"))
class PaymentLine(Node):
    """What a provider said of one payment or refund."""

    number: int | None = column(LineRow.number, "文件里的行号。 Its row in the file.")
    channel: str = column(LineRow.channel, "渠道。 The channel.")
    kind: LineKind = column(LineRow.kind, "收款或退款。 Payment or refund.")
    kind_label: str = worded("kind", KINDS, "种类的说法。 The kind in words.")
    external_id: str | None = column(LineRow.external_id, "渠道的单号。 Its number there.")
    original_id: str | None = column(LineRow.original_id, "退的是哪一单。 The payment's number.")
    amount: BigInt | None = column(LineRow.amount, "金额，分。 In fen.")
    paid_at: datetime | None = column(LineRow.paid_at, "何时。 When.")
    reference: str | None = column(LineRow.reference, "付款备注。 The payer's reference.")
    state: LineState = column(LineRow.state, "结果。 What became of it.")
    state_label: str = worded("state", LINE_STATES, "结果的说法。 The state in words.")
    problem: str | None = column(LineRow.problem, "哪里无法识别。 What can't be read.")
    problem_label: str | None = worded("problem", PROBLEMS, "说明。 The problem in words.")
    payment: Payment | None = link(LineRow.payment_id, "账上的收款。 The payment on the ledger.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        LineRow.estate_id, "小区。 The estate."
    )
    at: datetime = column(LineRow.at, "何时收到这一行。 When it was taken in.")


@strawberry.type(description="对账文件。 A payment file.")
@reads(Table, "payment_files", unit=below("firm_id"))
class PaymentFile(Node):
    """A file of what came in by a channel, and how far it is."""

    channel: str = column(Table.channel, "渠道。 The channel.")
    name: str = column(Table.name, "文件名。 The file's name.")
    state: FileState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    total: int = column(Table.total, "共多少行。 How many lines.")
    done: int = column(Table.done, "已处理多少行，不含重复与无法识别的。 How many were dealt with.")
    sha256: str | None = column(Table.sha256, "内容的哈希。 The hash of what was sent.")
    made_at: datetime = column(Table.made_at, "何时开始。 When it was begun.")
    started_by: Person | None = link(Table.made_by, "谁开始的。 Who began it.", lenient=True)
    finished_at: datetime | None = column(Table.finished_at, "何时完成。 When it was done.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    version: int = column(Table.version, "版本。 Its version.")
    lines: Connection[PaymentLine] = connection(
        LineRow.file_id, PaymentLineOrder, "各行。 Its lines.", PaymentLineFilter
    )


@strawberry.type
class Queries:
    """What can be asked about payment files."""

    payment_files: Connection[PaymentFile] = connection(
        None, PaymentFileOrder, "对账文件。 Payment files.", direction=Direction.DESC
    )
    payment_lines: Connection[PaymentLine] = connection(
        None, PaymentLineOrder, "各行。 Lines.", PaymentLineFilter, Direction.DESC
    )


@strawberry.type(description="刚开始的对账文件；上传地址只显示一次。 A new one; its address, once.")
class StartedPaymentFile:
    """A payment file just begun; repeated by `commandId`, the address is not shown again."""

    payment_file: PaymentFile | None = link(lambda call: call.given.id, "文件。 The file.")
    upload_url: str | None = made(
        "upload_url", "把文件用 PUT 发到这个地址。 The file goes here by PUT; shown once."
    )
    upload_until: datetime | None = made(
        "upload_until", "上传地址失效的时刻。 When that address ends."
    )


@strawberry.type
class Mutations:
    """The commands of payment files."""

    start_payment_file: StartedPaymentFile | None = command(
        payment_files.start, "开始一份对账文件。 Begin a payment file."
    )
    give_payment_lines: PaymentFile | None = command(
        payment_files.give, "直接给出对账内容。 Give its lines in the request."
    )
    allot_payment: PaymentLine | None = command(
        payment_files.allot, "把一行分配到账户，随即入账。 Say whose a line is; it is recorded."
    )
