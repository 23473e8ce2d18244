"""Fee notices (催缴消息): what somebody who owes is told of a rung; read by that person alone.

A notice goes out by each way that there is (`WAYS`), which any adapter may add to. The one that is
built in writes a row into the person's own inbox. It names the rung and no sum: what it is about
stands in the demand, under the demand's own policy.
"""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import Index
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows
from services.arguments import Of
from services.events import record, state_of
from services.prepared import put
from services.tables import Recorded, moment, within_tenant


class FeeNotice(Recorded, table=True):
    """A person is told of a rung that was taken of an account that they owe."""

    __tablename__ = "fee_notice"
    __table_args__: ClassVar[Any] = (
        within_tenant("person_id", "person"),
        within_tenant("demand_id", "demand"),
        Index(None, "tenant_id", "person_id", "at", "id"),
        Index(None, "tenant_id", "at", "id"),
        Index(None, "tenant_id", "demand_id"),
    )

    person_id: UUID
    demand_id: UUID
    at: datetime = moment(default_factory=clock.now)
    seen_at: datetime | None = moment(default=None)


class Way(Protocol):
    """A way by which somebody is told: the notification port."""

    async def tell(self, session: AsyncSession, by: Actor, *, person: UUID, demand: UUID) -> None:
        """Tell one person, in the caller's transaction; what goes outside waits for its end."""


class Inbox:
    """The way that is built in: a row that the person reads by their own sign-in."""

    async def tell(self, session: AsyncSession, by: Actor, *, person: UUID, demand: UUID) -> None:
        """A row for the person."""
        put(session, FeeNotice, tenant_id=by.tenant_id, person_id=person, demand_id=demand)


WAYS: list[Way] = [Inbox()]
FeeNoticeId = Annotated[UUID, Of("FeeNotice")]


async def tell(session: AsyncSession, by: Actor, *, person: UUID, demand: UUID) -> None:
    """Tell one person by every way that there is."""
    for way in WAYS:
        await way.tell(session, by, person=person, demand=demand)


async def acknowledge(session: AsyncSession, by: Actor, *, notice: FeeNoticeId) -> FeeNotice:
    """Say that one has seen a notice; said again, it stays as it was."""
    row = await rows.find(session, FeeNotice, by, notice, for_update=True)
    acting = authorize(by, "acknowledge", "fee_notices", owner=row.person_id)
    if row.seen_at is not None:
        return row
    before = state_of(row)
    row.seen_at, row.version = clock.now(), row.version + 1
    record(session, by, "fee_notice.acknowledged", row, acting=acting, before=before)
    return row
