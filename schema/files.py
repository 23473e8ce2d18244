"""Files (文件): photos and documents as evidence, each with an address that ends within minutes."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_, case, or_, select

from schema.commands import command, made
from schema.nodes import Node
from schema.passes import address, end
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.pages import Connection
from schema.scopes import among, found_by, pointing, under
from schema.sight import of_matter, of_own_matter
from schema.units import Unit
from services import files
from services.files import File as Table
from services.files import FileState
from services.matters.evidence import Evidence
from services.passes import Purpose

EVIDENCE = light(Evidence)
ADDRESS, END = address(Purpose.read), end(Purpose.read)

strawberry.enum(FileState, description="文件的状态。 Whether the bytes have come.")


@strawberry.enum(description="文件按什么排序。 By what files are ordered.")
class FileOrder(Enum):
    """By what files are ordered."""

    MADE_AT = "made_at"


@strawberry.input(description="只要这样的文件。 Only such files.")
class FileFilter:
    """Only such files."""

    unit: strawberry.ID | None = pointing(Table.unit_id, "Unit", "所关于的单元。 The unit.")
    states: list[FileState] | None = among(Table.state, "状态。 The states.")


def _url(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_opened(row), ADDRESS(ask, row)))


def _until(ask: Ask, row: Row) -> ColumnElement[Any]:
    return case((_is_opened(row), END(ask, row)))


def _is_opened(row: Row) -> ColumnElement[bool]:
    """Its bytes have come, and it is no ballot: that is opened by whoever confirms it alone."""
    return and_(row["state"] == FileState.stored.value, ~row["is_ballot"])


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> ColumnElement[bool]:
    """A file is in its unit until it is shown with a matter; then it is where that is seen."""
    shown = EVIDENCE.alias()
    found = select(shown.c.file_id).where(
        shown.c.tenant_id == ask.tenant, of_matter(ask, shown.c, held)
    )
    with_one = EVIDENCE.alias()
    is_shown = select(with_one.c.file_id).where(
        with_one.c.tenant_id == ask.tenant, with_one.c.file_id == row["id"]
    )
    is_alone = ~is_shown.correlate_except(with_one).exists()
    in_unit = and_(under(ask, row["unit_id"], held), is_alone)
    return or_(in_unit, found_by(ask, row["id"], found, shown.c.file_id))


def _is_own(ask: Ask, row: Row) -> ColumnElement[bool]:
    """Whoever uploaded it, and whoever raised the matter that it was shown with."""
    shown = EVIDENCE.alias()
    found = select(shown.c.file_id).where(
        shown.c.tenant_id == ask.tenant, of_own_matter(ask, shown.c)
    )
    return or_(row["made_by"] == ask.person, found_by(ask, row["id"], found, shown.c.file_id))


@strawberry.type(
    description="文件；图片一律重新编码，不带拍摄地点等信息。 A file; pictures are made anew."
)
@reads(Table, "files", unit=_within, own=_is_own)
class File(Node):
    """A photo or a document."""

    unit: Unit | None = link(Table.unit_id, "所关于的单元。 The unit that it is about.")
    name: str = column(Table.name, "文件名。 Its name.")
    state: FileState = column(Table.state, "状态。 Its state.")
    media_type: str | None = column(Table.media_type, "内容的类型。 What it is.")
    size: int | None = column(Table.size, "字节数。 Its bytes.")
    sha256: str | None = column(Table.sha256, "所保存内容的 SHA-256。 The hash of what is kept.")
    original_sha256: str | None = column(
        Table.original_sha256, "所上传内容的 SHA-256。 The hash of what was sent."
    )
    width: int | None = column(Table.width, "图片的宽度（像素）。 A picture's width in pixels.")
    height: int | None = column(Table.height, "图片的高度（像素）。 A picture's height in pixels.")
    made_at: datetime = column(Table.made_at, "准备的时刻。 When it was prepared.")
    stored_at: datetime | None = column(Table.stored_at, "上传完成的时刻。 When its bytes came.")
    person: Person | None = link(Table.made_by, "谁上传的。 Who prepared it.")
    url: str | None = computed(
        _url, "读取的地址，几分钟内有效；未上传或是选票时为空。 Its address; null of a ballot."
    )
    url_until: datetime | None = computed(_until, "地址失效的时刻。 When the address ends.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type(
    description="刚准备好的文件；上传地址只显示这一次。 A new file; its address, shown once."
)
class PreparedFile:
    """A file just prepared; repeated by `commandId`, the address is not shown again."""

    file: File | None = link(lambda call: call.given.id, "文件。 The file.")
    upload_url: str | None = made(
        "upload_url", "把内容用 PUT 发到这个地址。 The bytes go here by PUT; shown once."
    )
    upload_until: datetime | None = made(
        "upload_until", "上传地址失效的时刻。 When that address ends."
    )


@strawberry.type
class Queries:
    """What can be asked about files."""

    files: Connection[File] = connection(None, FileOrder, "文件。 Files.", FileFilter)


@strawberry.type
class Mutations:
    """The commands of files."""

    prepare_file: PreparedFile | None = command(
        files.prepare,
        "准备一个文件，内容随后用 PUT 发送。 Prepare a file; its bytes go by PUT.",
    )
