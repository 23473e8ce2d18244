"""Evidence (佐证): the files that somebody shows with an act on a matter, kept with its entry.

One attaches what one has uploaded oneself and what is stored. What a county asks evidence for isn't
done without: by default no result is reported without showing it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import clock
from services.errors import Refused
from services.files import find_own
from services.matters.rules import MatterRules
from services.matters.states import TRANSITIONS
from services.matters.tables import Matter
from services.prepared import put
from services.tables import TenantRow, moment, within_tenant

MOST = 9


class Evidence(TenantRow, table=True):
    """A file shown with the entry of this number."""

    __tablename__ = "evidence"
    __table_args__: ClassVar[Any] = (
        within_tenant("matter_id", "matter"),
        within_tenant("file_id", "file"),
        UniqueConstraint("tenant_id", "matter_id", "file_id"),
        Index(None, "tenant_id", "matter_id", "seq", "id"),
        Index(None, "tenant_id", "file_id"),
    )

    matter_id: UUID
    seq: int = Field(gt=0)
    file_id: UUID
    at: datetime = moment(default_factory=clock.now)


class EvidenceMissing(Refused):
    """「{act}」须附照片或文件作为佐证。
    This ("{act}") needs a photo or a document that shows it.
    """


class TooManyFiles(Refused):
    """一次最多附 {most} 个文件。
    At most {most} files go with one act.
    """


async def attach(
    session: AsyncSession,
    by: Actor,
    row: Matter,
    rules: MatterRules,
    verb: str,
    files: Sequence[UUID] | None,
) -> None:
    """Keep files with the entry that an act has just made."""
    wanted = list(dict.fromkeys(files or ()))
    if not wanted and verb in rules.evidence:
        raise EvidenceMissing(act=TRANSITIONS[verb].label)
    if len(wanted) > MOST:
        raise TooManyFiles(most=MOST)
    for id_ in wanted:
        await find_own(session, by, id_)
    for id_ in wanted:
        put(session, Evidence, tenant_id=by.tenant_id, matter_id=row.id, seq=row.version,
            file_id=id_, at=clock.now())  # fmt: skip
