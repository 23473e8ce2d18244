"""Editions and proposals (版本与草案): the packs that a county has had, and those it may get.

A proposal goes proposed -> approved -> activated, by two persons at least; what it becomes is the
next edition, and no edition ever changes.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services import clock
from services.arguments import Of
from services.errors import Refused, Said
from services.tables import Recorded, moment, one_of, within_tenant


class ProposalState(StrEnum):
    """Where a proposal stands; `scheduled` waits for its moment, the last four are ends."""

    proposed = "proposed"
    approved = "approved"
    scheduled = "scheduled"
    activated = "activated"
    refused = "refused"
    withdrawn = "withdrawn"
    lapsed = "lapsed"


S = ProposalState
STATES: dict[str, Said] = {
    S.proposed: Said("待批准", "proposed"),
    S.approved: Said("已批准", "approved"),
    S.scheduled: Said("已定启用时间", "scheduled"),
    S.activated: Said("已启用", "activated"),
    S.refused: Said("未获批准", "refused"),
    S.withdrawn: Said("已撤回", "withdrawn"),
    S.lapsed: Said("已失效", "lapsed"),
}
OPEN = (S.proposed, S.approved, S.scheduled)
# Which command leads from which states.
FROM: dict[ProposalState, tuple[ProposalState, ...]] = {
    S.approved: (S.proposed,),
    S.refused: (S.proposed,),
    S.scheduled: (S.approved, S.scheduled),
    S.activated: (S.approved, S.scheduled),
    S.withdrawn: OPEN,
    S.lapsed: OPEN,
}


class Pack(Recorded, table=True):
    """An edition of a county's pack; one of them is active. `restores_id`: a revert took again what
    stood in that edition.
    """

    __tablename__ = "pack"
    __table_args__: ClassVar[Any] = (
        within_tenant("restores_id", "pack"),
        UniqueConstraint("tenant_id", "edition"),
        Index(None, "tenant_id", unique=True, postgresql_where=text("until is null")),
    )

    edition: int
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    since: datetime = moment(default_factory=clock.now)
    until: datetime | None = moment(default=None)
    restores_id: UUID | None = None


class PackProposal(Recorded, table=True):
    """What somebody would have the pack be, in place of the edition that it was compared with."""

    __tablename__ = "pack_proposal"
    __table_args__: ClassVar[Any] = (
        within_tenant("base_id", "pack"),
        within_tenant("pack_id", "pack"),
        one_of("state", ProposalState),
        CheckConstraint("approved_by <> made_by", name="is_approved_by_another"),
        CheckConstraint(
            "state in ('proposed', 'refused', 'withdrawn', 'lapsed') or approved_by is not null",
            name="is_approved_first",
        ),
        CheckConstraint("state <> 'scheduled' or activates_at is not null", name="has_its_moment"),
        CheckConstraint("(state = 'activated') = (pack_id is not null)", name="has_its_edition"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "state", "activates_at"),
        Index(None, "tenant_id", "base_id", "made_at", "id"),
    )
    unspoken: ClassVar[frozenset[str]] = frozenset({"document"})

    base_id: UUID
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str = Field(max_length=500)
    state: str = ProposalState.proposed
    approved_by: UUID | None = None
    approved_as: UUID | None = None
    activates_at: datetime | None = moment(default=None)
    pack_id: UUID | None = None
    ended_why: str | None = Field(default=None, max_length=2000)


PackId: TypeAlias = Annotated[UUID, Of("Pack"), "配置包版本。 The edition."]
ProposalId: TypeAlias = Annotated[UUID, Of("PackProposal"), "配置草案。 The proposal."]


class ProposalNot(Refused):
    """这份配置草案现在是“{state}”，不能这样做。
    This proposal is {state} by now; that can't be done with it.
    """


class OwnProposal(Refused):
    """自己提的配置草案要由别人批准。
    Somebody else approves what you proposed.
    """


class SecurityMustApprove(Refused):
    """草案改动了角色授权，须由安全管理员批准。
    It changes what roles may do: the security administrator's approval is needed.
    """


class NothingChanges(Refused):
    """草案与现行版本（第 {edition} 版）没有差别。
    The proposal differs in nothing from the active edition ({edition}).
    """


class NothingToRevert(Refused):
    """没有更早的版本可以恢复。
    There is no earlier edition to go back to.
    """


class EditionNotActive(Refused):
    """第 {edition} 版不是现行版本；请看清现行版本再恢复。
    Edition {edition} is not the active one. Look at what is active, then revert.
    """


class ActivatesBack(Refused):
    """启用时刻 {at} 已经过去；立即启用请不要填写。
    The moment {at} has passed. To activate it now, leave it out.
    """
