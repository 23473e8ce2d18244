"""Files (文件): photos and documents kept as evidence, each in the unit that it is about.

A file is prepared first, which gives an address for its bytes; it is stored once they have come and
have been checked. What is kept never changes; the hash of what was sent is kept beside it.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows, units
from services.arguments import Length, UnitId
from services.errors import BadInput, NotFound, Refused, Said
from services.events import record, state_of
from services.passes import UPLOAD_LASTS, passes_of
from services.rows import made
from services.tables import Recorded, moment, one_of, within_tenant
from services.tree import HOLD

MOST_PREPARED = 50
LONGEST_NAME = 120
# What tells folders from names somewhere; only the last part of a path is a name.
FOLDERS = re.compile(r"[/\\]")
CONTENT = ("media_type", "size", "sha256", "original_sha256", "stored_at")


class FileState(StrEnum):
    """Whether the bytes have come."""

    prepared = "prepared"
    stored = "stored"


NEXT = {FileState.prepared: FileState.stored}


class File(Recorded, table=True):
    """A file; what describes its content is there once it is stored, a size in pixels if it is a
    picture. One of a ballot is opened with that ballot alone.
    """

    __tablename__ = "file"
    __table_args__: ClassVar[Any] = (
        within_tenant("unit_id", "unit"),
        one_of("state", FileState),
        CheckConstraint(
            f"num_nonnulls({', '.join(CONTENT)}) = case state when 'stored' then 5 else 0 end",
            name="stored_with_its_content",
        ),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("original_sha256 ~ '^[0-9a-f]{64}$'", name="original_sha256"),
        CheckConstraint(
            "num_nonnulls(width, height) in (0, 2) and least(width, height) > 0"
            " and (width is null or state = 'stored')",
            name="picture",
        ),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "unit_id", "made_at", "id"),
        Index(None, "tenant_id", "made_by", "made_at", "id"),
        Index("ix_file_ballot", "tenant_id", "sha256", postgresql_where=text("is_ballot")),
    )  # fmt: skip

    unit_id: UUID
    name: str = Field(max_length=LONGEST_NAME)
    state: str = FileState.prepared
    media_type: str | None = None
    size: int | None = None
    sha256: str | None = None
    original_sha256: str | None = None
    width: int | None = None
    height: int | None = None
    stored_at: datetime | None = moment(default=None)
    is_ballot: bool = False


class TooManyPrepared(Refused):
    """您有 {limit} 个文件还没有上传。请先上传，或在 {minutes} 分钟后再试。
    You have {limit} files waiting for their bytes. Upload those, or come back in {minutes} minutes.
    """


class FileStored(Refused, status=409):
    """这个文件已经上传过，内容与这次的不同：{id}。请重新准备一个文件。
    This file is stored already, with other content: {id}. Prepare a new one.
    """


class FileNotStored(Refused):
    """这个文件还没有上传完成：{id}。请先上传。
    The bytes of this file haven't come yet: {id}. Upload them first.
    """


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file just prepared, with the address for its bytes: shown this once."""

    id: UUID
    upload_url: str
    upload_until: datetime


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept: its media type, bytes and hash; and the hash of what was sent."""

    media_type: str
    size: int
    sha256: str
    original_sha256: str
    width: int | None = None
    height: int | None = None


async def prepare(
    session: AsyncSession,
    by: Actor,
    *,
    unit: Annotated[UnitId, "文件所关于的单元。 The unit that the file is about."],
    name: Annotated[str, Length(1, LONGEST_NAME), "文件名。 The file's name."],
) -> PreparedFile:
    """Prepare a file: its bytes go by PUT to the address that this answers."""
    place = await units.find_open(session, by, unit)
    acting = authorize(by, "prepare", "files", owner=by.person_id)
    await _check_number(session, by)
    file = File(**made(by, acting), unit_id=place.id, name=plain_name(name))
    session.add(file)
    record(session, by, "file.prepared", file, acting=acting)
    address, until = passes_of(session).upload(by.tenant_id, by.domain, file.id)
    return PreparedFile(file.id, address, until)


async def store(session: AsyncSession, by: Actor, *, file: UUID, content: Content) -> File:
    """Say what a file's bytes are, which have been checked and kept by now.

    Whoever has the address may: it was given to the person who prepared the file, and what happens
    is recorded as theirs. The same bytes again change nothing.
    """
    row = await find(session, by, file, for_update=True)
    if row.state not in NEXT:
        check_same(row, content.original_sha256)
        return row
    before = state_of(row)
    row.state, row.stored_at, row.version = FileState.stored, clock.now(), row.version + 1
    row.media_type, row.size = content.media_type, content.size
    row.sha256, row.original_sha256 = content.sha256, content.original_sha256
    row.width, row.height = content.width, content.height
    whose = replace(by, person_id=row.made_by)
    record(session, whose, "file.stored", row, acting=None, before=before)
    return row


async def find(session: AsyncSession, by: Actor, file: UUID, *, for_update: bool = False) -> File:
    """A file of the county."""
    return await rows.find(session, File, by, file, for_update=for_update)


async def find_own(
    session: AsyncSession, by: Actor, file: UUID, *, for_update: bool = False
) -> File:
    """A stored file that the actor uploaded, held as it is until the transaction ends.

    Who is to change it holds it alone from the first: two who only shared it would wait for ever.
    """
    row = await rows.find(session, File, by, file, for_update=for_update, for_share=not for_update)
    if row.made_by != by.person_id:
        raise NotFound(id=f"File:{file}")
    if row.state != FileState.stored:
        raise FileNotStored(id=f"File:{file}")
    return row


def check_same(row: File, original_sha256: str) -> None:
    """Refuse other bytes for a file that has its own."""
    if row.original_sha256 not in (None, original_sha256):
        raise FileStored(id=f"File:{row.id}")


async def _check_number(session: AsyncSession, by: Actor) -> None:
    """Whose address is over waits for nothing; two at once are counted one after the other."""
    await HOLD.rows(session, name=f"files:{by.tenant_id}:{by.person_id}")
    waiting = select(func.count()).where(
        File.tenant_id == by.tenant_id,
        File.made_by == by.person_id,
        File.state == FileState.prepared,
        File.made_at > clock.now() - UPLOAD_LASTS,
    )
    if (await session.exec(waiting)).one() >= MOST_PREPARED:
        minutes = int(UPLOAD_LASTS.total_seconds()) // 60
        raise TooManyPrepared(limit=MOST_PREPARED, minutes=minutes)


def plain_name(name: str) -> str:
    """The last part of a path, which hides nowhere."""
    plain = FOLDERS.split(name)[-1].strip().lstrip(". ")
    if not plain:
        raise BadInput(argument="name", reason=Said("应是文件名，不含目录", "a name, not a folder"))
    return plain
