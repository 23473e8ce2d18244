"""Standing (任职状态号): one number a person or client, raised by whatever changes their authority.

A process keeps what a person may do together with this number and the moment at which an
appointment next begins or ends; every statement compares both inside the database. The county
itself is a subject too (its id): raised by what changes everybody's authority.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, Text, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import changes
from services.errors import LabelsOf
from services.prepared import Prepared
from services.tables import Moment, TenantState

FAR = datetime(9999, 1, 1, tzinfo=UTC)


class Standing(SQLModel, table=True):
    """The number of a subject: a person's, a client's or the county's id."""

    __tablename__ = "standing"
    __table_args__: ClassVar[Any] = (
        Index(None, "tenant_id", "subject_id", "number"),
        Index(None, "tenant_id", "transaction"),
    )

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenant.id")
    subject_id: UUID = Field(primary_key=True)
    number: int = 1
    transaction: int | None = changes.transaction()


@dataclass(frozen=True, slots=True)
class Authority:
    """An actor with the marks by which a statement knows whether it still holds.

    `number` is the sum of the subjects' standings: each only rises, so any change shows in the sum.
    `rows_per_minute` is the client's own allowance; `is_bound` to trusted documents by the county;
    `labels` are what the county calls things.
    """

    actor: Actor
    number: int
    until: datetime
    rows_per_minute: int | None = None
    is_bound: bool = False
    labels: LabelsOf = field(default_factory=dict, compare=False)

    @property
    def subjects(self) -> list[UUID]:
        """Whose standing counts: the county's, the person's and the client's if there is one."""
        ids = (self.actor.tenant_id, self.actor.person_id, self.actor.client_id)
        return [subject for subject in ids if subject is not None]


async def raise_standing(session: AsyncSession, tenant_id: UUID, subject_id: UUID) -> None:
    """Make every process read this subject's authority anew at its next statement."""
    row = insert(Standing).values(tenant_id=tenant_id, subject_id=subject_id, number=1)
    raised = {"number": Standing.number + 1, "transaction": changes.THIS_TRANSACTION}
    await session.exec(
        row.on_conflict_do_update(index_elements=["tenant_id", "subject_id"], set_=raised)
    )


HOLDS = Prepared(
    text(
        """select coalesce(sum(number), 0) = :number
            and exists (select 1 from tenant where id = :tenant and state = :served)
            and statement_timestamp() < :until,
            coalesce(sum(number) filter (where subject_id = :tenant), 0)
        from standing where tenant_id = :tenant and subject_id = any(:subjects)"""
    ).bindparams(
        bindparam("tenant", type_=Uuid()),
        bindparam("subjects", type_=ARRAY(Uuid())),
        bindparam("number", type_=BigInteger()),
        bindparam("until", type_=Moment),
        bindparam("served", TenantState.active.value, Text()),
    )
)


async def holds(session: AsyncSession, authority: Authority) -> bool:
    """Whether this authority is what the database says at this moment.

    The county's own number is left with the session: by it a process knows again what it has read
    of the county's pack (`session.info`).
    """
    found = await HOLDS.first(
        session, tenant=authority.actor.tenant_id, subjects=authority.subjects,
        number=authority.number, until=authority.until,
    )  # fmt: skip
    assert found is not None  # noqa: S101
    session.info["county_number"] = found[1]
    return bool(found[0])
