"""Register imports (登记导入): a file of an estate's owners, and what each row comes to."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer, case, cast, select
from strawberry.scalars import JSON

from schema.appointments import Appointment
from schema.commands import command, made
from schema.nodes import Node, spoken, worded
from schema.ownerships import Ownership
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.found import Condition
from schema.reading.pages import Connection, Direction
from schema.scopes import among, below, equals, found_by, pointing, under
from schema.units import Unit
from services import register_imports
from services.property_units import AreaSource, PropertyUse
from services.register_imports import HALTS, ROW_STATES, STATES, ImportMode, ImportState, RowState
from services.register_imports import Halt as HaltReason
from services.register_imports import RegisterImport as Table
from services.register_imports import RegisterImportProblem as ProblemTable
from services.register_imports import RegisterImportRow as RowTable

strawberry.enum(ImportState, name="RegisterImportState", description="导入的状态。 Its state.")
strawberry.enum(ImportMode, name="RegisterImportMode", description="怎样登记。 What is taken.")
strawberry.enum(RowState, name="RegisterImportRowState", description="一行的结果。 Its outcome.")
strawberry.enum(HaltReason, name="RegisterImportHalt", description="为何停下。 Why it halted.")
IMPORT = light(Table)


@strawberry.enum(description="导入按什么排序。 By what imports are ordered.")
class RegisterImportOrder(Enum):
    """By what imports are ordered."""

    STARTED_AT = "made_at"


@strawberry.enum(description="行按什么排序。 By what rows are ordered.")
class RegisterImportRowOrder(Enum):
    """By what rows are ordered."""

    NUMBER = "number"


@strawberry.enum(description="问题按什么排序。 By what problems are ordered.")
class RegisterImportProblemOrder(Enum):
    """By what problems are ordered."""

    ROW_NUMBER = "row_number"


@strawberry.input(description="只要这样的导入。 Only such imports.")
class RegisterImportFilter:
    """Only such imports."""

    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    states: list[ImportState] | None = among(Table.state, "这些状态之一。 One of these states.")


@strawberry.input(description="只要这样的行。 Only such rows.")
class RegisterImportRowFilter:
    """Only such rows."""

    states: list[RowState] | None = among(RowTable.state, "这些结果之一。 One of these outcomes.")


@strawberry.input(description="只要这样的问题。 Only such problems.")
class RegisterImportProblemFilter:
    """Only such problems."""

    is_blocking: bool | None = equals(
        ProblemTable.is_blocking, "是否使该行不能登记。 Whether it keeps its row out."
    )


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """Its import's estate is one of the reader's units, or below one."""
    one = IMPORT.alias()
    there = select(one.c.id).where(one.c.tenant_id == ask.tenant, under(ask, one.c.estate_id, held))
    return found_by(ask, row["import_id"], there, one.c.id)


def _percent(ask: Ask, row: Row) -> ColumnElement[Any]:
    """How far the present stage is."""
    total, hundred = row["total"], 100
    done = case(
        (row["state"] == ImportState.prepared.value, 0),
        (row["state"] == ImportState.reading.value, row["looked"] * hundred / total),
        (row["state"] == ImportState.applying.value, row["handled"] * hundred / total),
        else_=hundred,
    )
    return cast(case((total == 0, hundred), else_=done), Integer)


@strawberry.type(description="问题：哪一格、有什么不对、怎样改。 A problem in a cell.")
@reads(ProblemTable, "register_imports", unit=_within)
class RegisterImportProblem(Node):
    """What is wrong with a row."""

    row_number: int = column(ProblemTable.row_number, "表里第几行。 The row's number in the sheet.")
    cell: str = column(ProblemTable.cell, "单元格，如 C7。 The cell, as C7.")
    code: str = column(ProblemTable.code, "问题代码。 Its code.")
    is_blocking: bool = column(
        ProblemTable.is_blocking, "是否使该行不能登记。 Whether it keeps the row out."
    )
    message: str = spoken("message", "说明。 What is wrong, and what to do.")


@strawberry.type(description="文件里的一行。 A row of the file.")
@reads(RowTable, "register_imports", unit=_within)
class RegisterImportRow(Node):
    """A row of the file; what it says of people is shown to nobody."""

    number: int = column(RowTable.number, "表里第几行。 Its number in the sheet.")
    unit_number: str = column(RowTable.unit_number, "房号。 The unit's number.")
    state: RowState = column(RowTable.state, "结果。 What it comes to.")
    state_label: str = worded("state", ROW_STATES, "结果的说法。 The outcome in words.")
    ownership: Ownership | None = link(
        RowTable.ownership_id, "由此登记的产权。 The ownership that came of it."
    )
    problems: Connection[RegisterImportProblem] = connection(
        ProblemTable.row_id, RegisterImportProblemOrder, "问题。 What is wrong with it.",
        RegisterImportProblemFilter,
    )  # fmt: skip


@strawberry.type(description="登记导入：一个小区的业主台账。 An import of an estate's owners.")
@reads(Table, "register_imports", unit=below("estate_id"))
class RegisterImport(Node):
    """A file of an estate's owners, and how far it is."""

    estate: Unit | None = link(Table.estate_id, "小区。 The estate.")
    name: str = column(Table.name, "文件名。 The file's name.")
    state: ImportState = column(Table.state, "状态。 Its state.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    halt: HaltReason | None = column(Table.halt, "为何停下。 Why it halted.")
    halt_label: str | None = worded("halt", HALTS, "同上，用话说。 The same in words.")
    mode: ImportMode | None = column(Table.mode, "怎样登记。 What is taken.")
    since: date = column(Table.since, "没写取得日期的按此。 From when, where the file is silent.")
    use: PropertyUse = column(Table.use, "没写用途的按此。 What units are for, likewise.")
    area_source: AreaSource = column(
        Table.area_source, "没写面积来源的按此。 Where areas were read, likewise."
    )
    sheet: str | None = column(Table.sheet, "读了哪张工作表。 Which sheet was read.")
    sheets: int | None = column(Table.sheets, "共有几张有内容。 How many have anything in them.")
    columns: JSON | None = column(Table.columns, "哪一列是什么。 Which column is what.")
    ignored: JSON | None = column(Table.ignored, "没有用到的列。 The columns that aren't used.")
    total: int = column(Table.total, "共几行。 How many rows there are.")
    good: int = column(Table.good, "可登记几行。 How many can be recorded.")
    unchanged: int = column(
        Table.unchanged, "册上已有或与别行相同的几行。 There already, or repeating another row."
    )
    bad: int = column(Table.bad, "有问题几行。 How many have problems.")
    done: int = column(Table.done, "已登记几行。 How many were recorded.")
    verified: int = column(Table.verified, "已核实几份产权。 How many ownerships were verified.")
    percent: int = computed(_percent, "本阶段进度，百分数。 How far the present stage is.")
    started_at: datetime = column(Table.made_at, "开始的时刻。 When it was begun.")
    started_by: Person | None = link(Table.made_by, "谁开始的。 Who began it.")
    expires_at: datetime = column(Table.expires_at, "何时过期。 When it ends, if nobody decides.")
    applied_at: datetime | None = column(Table.applied_at, "决定登记的时刻。 When it was decided.")
    applied_by: Person | None = link(Table.applied_by, "谁决定登记。 Who decided.")
    applied_as: Appointment | None = link(Table.applied_as, "以哪个任职。 In which appointment.")
    finished_at: datetime | None = column(Table.finished_at, "结束的时刻。 When it ended.")
    verified_at: datetime | None = column(Table.verified_at, "核实的时刻。 When it was verified.")
    verified_by: Person | None = link(Table.verified_by, "谁核实。 Who verified it.")
    version: int = column(Table.version, "版本。 Its version.")
    rows: Connection[RegisterImportRow] = connection(
        RowTable.import_id, RegisterImportRowOrder, "各行。 Its rows.", RegisterImportRowFilter
    )
    problems: Connection[RegisterImportProblem] = connection(
        ProblemTable.import_id, RegisterImportProblemOrder, "全部问题。 All that is wrong.",
        RegisterImportProblemFilter,
    )  # fmt: skip


@strawberry.type(description="刚开始的导入；上传地址只显示一次。 A new import; its address, once.")
class StartedImport:
    """An import just begun; repeated by `commandId`, the address is not shown again."""

    register_import: RegisterImport | None = link(lambda call: call.given.id, "导入。 The import.")
    upload_url: str | None = made(
        "upload_url", "把文件用 PUT 发到这个地址。 The file goes here by PUT; shown once."
    )
    upload_until: datetime | None = made(
        "upload_until", "上传地址失效的时刻。 When that address ends."
    )


@strawberry.type
class Queries:
    """What can be asked about register imports."""

    register_imports: Connection[RegisterImport] = connection(
        None, RegisterImportOrder, "登记导入。 Register imports.", RegisterImportFilter,
        Direction.DESC,
    )  # fmt: skip


@strawberry.type
class Mutations:
    """The commands of register imports."""

    start_register_import: StartedImport | None = command(
        register_imports.start,
        "开始导入一个小区的业主台账。 Begin an import of owners.",
    )
    apply_register_import: RegisterImport | None = command(
        register_imports.apply, "决定登记，由系统在后台完成。 Have it recorded, in the background."
    )
    discard_register_import: RegisterImport | None = command(
        register_imports.discard, "放弃一次导入，内容随即删去。 Give it up; its rows are let go."
    )
    verify_register_import: RegisterImport | None = command(
        register_imports.verify,
        "核实由此登记的全部产权，须由另一人。 Verify all that it recorded; another person than it.",
    )
