"""Notices (消息): what somebody who follows a matter is told of it, and whether they have seen it.

Whoever raised a matter follows it, and whoever asked to. A notice names the event and nothing of
what was said: what a follower may read of the matter is for the matter's own policy.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    Index,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Field, col
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows
from services.arguments import Of
from services.errors import Said
from services.events import record, state_of
from services.prepared import Prepared, put
from services.tables import Moment, Recorded, TenantRow, moment, within_tenant

# What one is told of that is no act on the matter itself.
WORDS: dict[str, Said] = {
    "publication.approved": Said("已公开", "shown in public"),
    "publication.withdrawn": Said("公开稿已撤下", "taken from the board"),
    "objection.answered": Said("异议已答复", "objection answered"),
}


class MatterWatcher(TenantRow, table=True):
    """A person who follows a matter."""

    __tablename__ = "matter_watcher"
    __table_args__: ClassVar[Any] = (
        within_tenant("matter_id", "matter"),
        within_tenant("person_id", "person"),
        UniqueConstraint("tenant_id", "matter_id", "person_id"),
        Index(None, "tenant_id", "person_id", "matter_id"),
    )

    matter_id: UUID
    person_id: UUID
    since: datetime = moment(default_factory=clock.now)


class Notice(Recorded, table=True):
    """A person is told that something happened to a matter: the name as the event has it."""

    __tablename__ = "notice"
    __table_args__: ClassVar[Any] = (
        within_tenant("person_id", "person"),
        within_tenant("matter_id", "matter"),
        Index(None, "tenant_id", "person_id", "at", "id"),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "matter_id"),
    )

    person_id: UUID
    matter_id: UUID
    event_name: str = Field(max_length=60)
    at: datetime = moment(default_factory=clock.now)
    seen_at: datetime | None = moment(default=None)


NoticeId = Annotated[UUID, Of("Notice")]


async def acknowledge(session: AsyncSession, by: Actor, *, notice: NoticeId) -> Notice:
    """Say that one has seen a notice; said again, it stays as it was."""
    row = await rows.find(session, Notice, by, notice, for_update=True)
    acting = authorize(by, "acknowledge", "notices", owner=row.person_id)
    if row.seen_at is not None:
        return row
    before = state_of(row)
    row.seen_at, row.version = clock.now(), row.version + 1
    record(session, by, "notice.acknowledged", row, acting=acting, before=before)
    return row


async def tell(session: AsyncSession, by: Actor, matter: UUID, event: str) -> None:
    """Tell whoever follows the matter, but for the one who did it."""
    await _TELL.rows(
        session, tenant_id=by.tenant_id, matter_id=matter, event=event, at=clock.now(),
        but=by.person_id,
    )  # fmt: skip


def tell_one(session: AsyncSession, by: Actor, person: UUID, matter: UUID, event_name: str) -> None:
    """Tell one person, whether they follow the matter or not."""
    put(
        session, Notice, tenant_id=by.tenant_id, person_id=person, matter_id=matter,
        event_name=event_name,
    )  # fmt: skip


async def follow(
    session: AsyncSession, by: Actor, matter: UUID, other: UUID, *, alone: UUID | None = None
) -> None:
    """Whoever follows the one matter, or that person `alone` of them, follows the other too."""
    await _FOLLOW.rows(
        session, tenant_id=by.tenant_id, matter_id=matter, other_id=other, at=clock.now(),
        alone=alone,
    )  # fmt: skip


def _given(name: str, type_: Any) -> Any:
    return bindparam(name, type_=type_)


_FOLLOWING = (
    col(MatterWatcher.tenant_id) == _given("tenant_id", Uuid()),
    col(MatterWatcher.matter_id) == _given("matter_id", Uuid()),
)
_NEW_ID = func.gen_random_uuid(type_=Uuid())
_AT = _given("at", Moment)
_TELL = Prepared(
    insert(Notice).from_select(
        ["tenant_id", "id", "person_id", "matter_id", "event_name", "at", "made_at", "version"],
        select(
            col(MatterWatcher.tenant_id), _NEW_ID, col(MatterWatcher.person_id),
            col(MatterWatcher.matter_id), _given("event", String()), _AT, _AT, literal(1),
        ).where(*_FOLLOWING, col(MatterWatcher.person_id).is_distinct_from(_given("but", Uuid()))),
        include_defaults=False,
    )
)  # fmt: skip
_FOLLOW = Prepared(
    upsert(MatterWatcher)
    .from_select(
        ["tenant_id", "id", "person_id", "matter_id", "since"],
        select(
            col(MatterWatcher.tenant_id), _NEW_ID, col(MatterWatcher.person_id),
            _given("other_id", Uuid()), _AT,
        ).where(
            *_FOLLOWING,
            func.coalesce(_given("alone", Uuid()), col(MatterWatcher.person_id))
            == col(MatterWatcher.person_id),
        ),
        include_defaults=False,
    )
    .on_conflict_do_nothing()
)  # fmt: skip
