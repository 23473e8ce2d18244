"""The tables of register imports, their states, and what is refused of them."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, text
from sqlmodel import Field

from services.arguments import Of
from services.errors import Refused, Said
from services.property_units import AreaSource, PropertyUse
from services.tables import NameType, Recorded, TenantRow, moment, one_of, within_tenant

# Of an import that nobody applies nothing stays for longer than this.
LASTS = timedelta(days=14)
MOST_OPEN = 5
MOST_ROWS = 100_000


class ImportState(StrEnum):
    """Where an import stands."""

    prepared = "prepared"
    reading = "reading"
    previewed = "previewed"
    applying = "applying"
    done = "done"
    verifying = "verifying"
    verified = "verified"
    discarded = "discarded"
    expired = "expired"


class ImportMode(StrEnum):
    """What is taken of a file in which something is wrong: nothing, or what is right."""

    all_or_nothing = "all_or_nothing"
    good_rows = "good_rows"


class RowState(StrEnum):
    """What a row comes to."""

    waiting = "waiting"
    good = "good"
    unchanged = "unchanged"
    repeated = "repeated"
    bad = "bad"
    done = "done"


class Halt(StrEnum):
    """Why applying ended without its end."""

    authority_lost = "authority_lost"
    register_changed = "register_changed"
    estate_closed = "estate_closed"


STATES: dict[str, Said] = {
    ImportState.prepared: Said("等待上传", "waiting for its file"),
    ImportState.reading: Said("正在核对", "being compared with the register"),
    ImportState.previewed: Said("待决定", "to be decided on"),
    ImportState.applying: Said("正在登记", "being recorded"),
    ImportState.done: Said("已登记，待核实", "recorded, to be verified"),
    ImportState.verifying: Said("正在核实", "being verified"),
    ImportState.verified: Said("已核实", "verified"),
    ImportState.discarded: Said("已放弃", "discarded"),
    ImportState.expired: Said("已过期", "expired"),
}
ROW_STATES: dict[str, Said] = {
    RowState.waiting: Said("待核对", "to be compared"),
    RowState.good: Said("可登记", "can be recorded"),
    RowState.unchanged: Said("册上已有，不变", "on the register already"),
    RowState.repeated: Said("与别的行相同", "the same as another row"),
    RowState.bad: Said("有问题", "has problems"),
    RowState.done: Said("已登记", "recorded"),
}
HALTS: dict[str, Said] = {
    Halt.authority_lost: Said("决定登记的人已无此权限，请有权限的人重新决定",
                              "who decided on it may do so no longer; let somebody decide who may"),
    Halt.estate_closed: Said("小区已经撤销，不能登记", "the estate is closed; nothing is recorded"),
    Halt.register_changed: Said("登记前册上又有变动，请看新出现的问题",
                                "the register changed before it; look at the new problems"),
}  # fmt: skip
# In these something of it is still to be done, and what is personal of its rows is kept.
OPEN = (ImportState.prepared, ImportState.reading, ImportState.previewed, ImportState.applying)
# In these the clock has something to do.
WORK = (ImportState.reading, ImportState.applying, ImportState.verifying)


class RegisterImport(Recorded, table=True):
    """A file of an estate's owners, and how far it is; `reached` is the unit's number up to which
    the turns of the clock have come.
    """

    __tablename__ = "register_import"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("applied_through", "client"),
        one_of("state", ImportState),
        one_of("mode", ImportMode),
        one_of("use", PropertyUse),
        one_of("area_source", AreaSource),
        one_of("halt", Halt),
        CheckConstraint("verified_by <> applied_by", name="not_verified_by_who_applied_it"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "estate_id", "made_at", "id"),
        Index("ix_register_import_working", "tenant_id", "made_at", "id",
              postgresql_where=text("state in ('reading', 'applying', 'verifying')")),
        Index("ix_register_import_open", "tenant_id", "made_at", "id",
              postgresql_where=text("state in ('prepared', 'reading', 'previewed', 'applying')")),
    )  # fmt: skip

    unspoken: ClassVar[frozenset[str]] = frozenset({"columns", "ignored", "reached"})

    estate_id: UUID
    name: str = Field(max_length=120)
    since: date
    use: str
    area_source: str
    state: str = ImportState.prepared
    mode: str | None = None
    halt: str | None = None
    sha256: str | None = Field(default=None, max_length=64)
    sheet: str | None = Field(default=None, max_length=120)
    sheets: int | None = None
    columns: dict[str, str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    ignored: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    total: int = 0
    looked: int = 0
    good: int = 0
    unchanged: int = 0
    bad: int = 0
    handled: int = 0
    done: int = 0
    verified: int = 0
    reached: str | None = Field(default=None, max_length=40, sa_type=NameType)
    expires_at: datetime = moment()
    applied_by: UUID | None = None
    applied_as: UUID | None = None
    applied_through: UUID | None = None
    applied_at: datetime | None = moment(default=None)
    finished_at: datetime | None = moment(default=None)
    verified_by: UUID | None = None
    verified_as: UUID | None = None
    verified_at: datetime | None = moment(default=None)


class RegisterImportRow(TenantRow, table=True):
    """A row of the file: its number there, what it comes to, and sealed what it says."""

    __tablename__ = "register_import_row"
    __table_args__: ClassVar[Any] = (
        within_tenant("import_id", "register_import"),
        within_tenant("ownership_id", "ownership"),
        one_of("state", RowState),
        CheckConstraint("num_nonnulls(key_number, cipher) in (0, 2)", name="sealed_by_a_key"),
        Index(None, "tenant_id", "import_id", "number", "id"),
        Index(None, "tenant_id", "import_id", "unit_number", "number"),
        Index(None, "tenant_id", "number", "id"),
        Index(None, "tenant_id", "ownership_id"),
        Index("ix_register_import_row_sealed", "tenant_id", "key_number", "id",
              postgresql_where=text("key_number is not null")),
    )  # fmt: skip
    unrecorded: ClassVar[frozenset[str]] = frozenset({"cipher"})

    import_id: UUID
    number: int
    unit_number: str = Field(max_length=40, sa_type=NameType)
    state: str = RowState.waiting
    ownership_id: UUID | None = None
    key_number: int | None = None
    cipher: bytes | None = None


class RegisterImportProblem(TenantRow, table=True):
    """What is wrong with a row, in which cell; `is_blocking`: it keeps the row out."""

    __tablename__ = "register_import_problem"
    __table_args__: ClassVar[Any] = (
        within_tenant("import_id", "register_import"),
        within_tenant("row_id", "register_import_row"),
        Index(None, "tenant_id", "import_id", "row_number", "id"),
        Index(None, "tenant_id", "row_id", "row_number", "id"),
    )

    import_id: UUID
    row_id: UUID
    row_number: int
    cell: str = Field(max_length=20)
    code: str = Field(max_length=40)
    is_blocking: bool
    # Whether it was told from the file alone, and stays whatever the register says.
    is_of_file: bool
    message_zh: str = Field(max_length=500)
    message_en: str = Field(max_length=500)


class ImportNotReady(Refused):
    """这次导入现在是“{state}”，不能这样做。
    This import is “{state}” now, and this can't be done.
    """


class RowsHaveProblems(Refused):
    """有 {number} 行有问题，不能整体登记。请改好文件重新导入，或只登记没有问题的行。
    {number} rows have problems. Mend the file and import it anew, or record the good rows only.
    """


class NothingToRecord(Refused):
    """没有可以登记的行。
    There is no row to record.
    """


class ImportsOpen(Refused):
    """这个小区已有 {limit} 次导入没有结束，请先登记或放弃。
    {limit} imports of this estate haven't ended. Apply or discard them first.
    """


class ImportTaken(Refused, status=409):
    """这次导入的文件已经上传，内容与这次的不同。请重新开始一次导入。
    This import has its file already, and it is another one. Start a new import.
    """


class TooManyRows(Refused, status=422):
    """表里有 {number} 行，上限 {limit} 行。请分成几个文件。
    The table has {number} rows, {limit} are the most. Divide it into several files.
    """


class OwnImport(Refused):
    """自己决定登记的要由别人核实。
    What you had recorded somebody else verifies.
    """


RegisterImportId = Annotated[UUID, Of("RegisterImport")]
