"""The tables of payment files: a file of a channel, and what the provider said, line by line."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from services import clock
from services.arguments import Of
from services.errors import Refused, Said
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant

MOST_LINES = 50_000
# So many of a firm's files may wait at once: for their lines, while their addresses are good, or to
# be recorded.
MOST_OPEN = 20


class FileState(StrEnum):
    """Where a payment file stands."""

    prepared = "prepared"
    working = "working"
    done = "done"


class LineKind(StrEnum):
    """Whether money came, or went back."""

    payment = "payment"
    refund = "refund"


class LineState(StrEnum):
    """What became of a line; one that was there already, or can't be read, counts for nothing."""

    waiting = "waiting"
    recorded = "recorded"
    unmatched = "unmatched"
    ambiguous = "ambiguous"
    repeated = "repeated"
    differing = "differing"
    bad = "bad"


STATES: dict[str, Said] = {
    FileState.prepared: Said("等待上传", "waiting for its lines"),
    FileState.working: Said("正在入账", "being recorded"),
    FileState.done: Said("已完成", "done"),
}
KINDS: dict[str, Said] = {
    LineKind.payment: Said("收款", "payment"),
    LineKind.refund: Said("退款", "refund"),
}
LINE_STATES: dict[str, Said] = {
    LineState.waiting: Said("等待", "waiting"),
    LineState.recorded: Said("已入账", "on the ledger"),
    LineState.unmatched: Said(
        "没有对上账户或原收款，待处理", "fits no account or payment; for a person"
    ),
    LineState.ambiguous: Said("不止一个账户，待分配", "of several accounts; to be allotted"),
    LineState.repeated: Said("以前已有，不变", "there already"),
    LineState.differing: Said("以前已有，内容不同", "there already, and otherwise"),
    LineState.bad: Said("无法识别", "can't be read"),
}
PROBLEMS: dict[str, Said] = {
    "id": Said("没有单号，或超过 80 个字符", "no external id, or over 80 characters"),
    "amount": Said("不是大于 0、最多两位小数的金额", "not an amount above nought with two places"),
    "time": Said("不是已过去的时间", "not a time that has passed"),
    "original": Said("退款没有原单号", "a refund without the id of its payment"),
}
# By these a line stands for its external id; of each a firm's channel has one.
COUNTING = "state not in ('repeated', 'differing', 'bad')"


class PaymentFile(Recorded, table=True):
    """A file of what came in by a channel for an estate's firm; its lines are kept, not itself."""

    __tablename__ = "payment_file"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        one_of("state", FileState),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "firm_id", "made_at", "id"),
        Index("ix_payment_file_working", "tenant_id", "made_at", "id",
              postgresql_where=text("state = 'working'")),
    )  # fmt: skip

    estate_id: UUID
    firm_id: UUID
    channel: str = Field(max_length=40)
    name: str = Field(max_length=120)
    state: str = FileState.prepared
    sha256: str | None = Field(default=None, max_length=64)
    total: int = 0
    done: int = 0
    finished_at: datetime | None = moment(default=None)


class PaymentLine(TenantRow, table=True):
    """What a provider said of one payment or refund; of a file, or by a call where there is none.

    A refund is of the payment whose external id is `original_id`.
    """

    __tablename__ = "payment_line"
    __table_args__: ClassVar[Any] = (
        within_tenant("file_id", "payment_file"),
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("payment_id", "payment"),
        one_of("kind", LineKind),
        one_of("state", LineState),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("num_nonnulls(file_id, number) in (0, 2)", name="numbered_in_its_file"),
        CheckConstraint(
            "state = 'bad' or num_nonnulls(external_id, amount, paid_at) = 3", name="readable"
        ),
        CheckConstraint("(state = 'bad') = (problem is not null)", name="bad_for_a_reason"),
        CheckConstraint("state <> 'recorded' or payment_id is not null", name="recorded"),
        UniqueConstraint("tenant_id", "file_id", "number"),
        Index("uq_payment_line_external_id", "tenant_id", "firm_id", "channel", "external_id",
              unique=True, postgresql_where=text(COUNTING)),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "firm_id", "at", "id"),
        Index(None, "tenant_id", "file_id", "at", "id"),
        Index(None, "tenant_id", "estate_id", "paid_at", "id"),
        Index("ix_payment_line_waiting", "tenant_id", "file_id", "number",
              postgresql_where=text("state = 'waiting'")),
        Index(None, "tenant_id", "payment_id"),
    )  # fmt: skip

    file_id: UUID | None = None
    number: int | None = None
    estate_id: UUID
    firm_id: UUID
    channel: str = Field(max_length=40)
    kind: str = LineKind.payment
    external_id: str | None = Field(default=None, max_length=80)
    original_id: str | None = Field(default=None, max_length=80)
    amount: int | None = Field(default=None, sa_type=BigInteger)
    paid_at: datetime | None = moment(default=None)
    reference: str | None = Field(default=None, max_length=80)
    state: str = LineState.waiting
    problem: str | None = Field(default=None, max_length=20)
    payment_id: UUID | None = None
    at: datetime = moment(default_factory=clock.now)


class FirmServesNot(Refused):
    """这家物业公司在这个小区没有账户，没有可以入账的收款。
    This firm has no accounts in this estate that a payment could be of.
    """


class ChannelIsCounter(Refused):
    """“{channel}”是柜台收款的渠道，对账文件请用别的渠道名。
    “{channel}” is what is taken at the counter. Name the provider's channel otherwise.
    """


class FilesOpen(Refused):
    """这家物业公司有 {limit} 份对账文件还没有入账，请稍后再试；没有上传的 {minutes} 分钟后作废。
    The firm has {limit} files that aren't recorded yet; unsent ones lapse after {minutes} minutes.
    """


class LinesTaken(Refused, status=409):
    """这份对账文件已经有内容，与这次的不同。请重新开始一份。
    This payment file has its lines already, and others. Start a new one.
    """


class TooManyLines(Refused, status=422):
    """有 {number} 行，上限 {limit} 行。请分成几个文件。
    There are {number} lines, {limit} are the most. Divide the file.
    """


class LinesMissing(Refused, status=422):
    """找不到表头或没有内容：前 {rows} 行里要有“交易单号”“金额”“交易时间”。
    No headings, or nothing below: in the first {rows} rows, 交易单号, 金额 and 交易时间.
    """


class NotToBeAllotted(Refused):
    """这一行是“{state}”，不待分配。
    This line is {state}, and isn't to be allotted.
    """


class RefundNotAllotted(Refused):
    """退款行不分配到账户；请在原收款上办理退款（refundPayment）。
    A refund isn't allotted to an account. Refund the payment that it is of (refundPayment).
    """


PaymentFileId = Annotated[UUID, Of("PaymentFile")]
PaymentLineId = Annotated[UUID, Of("PaymentLine")]
