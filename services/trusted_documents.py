"""Trusted documents (受信文档): GraphQL documents that a front end registers and names by hash.

A county may demand that certain callers send no others (`demanded_of` in its pack), so that what a
stolen credential can ask is what somebody once wrote down and the county can read.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import Field as Value
from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, packs, rows
from services.arguments import GraphQLText, Length, Name, Of, Reason, Version
from services.errors import Refused, Said
from services.events import record, state_of
from services.packs import Section
from services.rows import made
from services.standing import raise_standing
from services.tables import Recorded, moment, within_tenant

SECTION = "trusted_documents"
MOST_OF_ONE = 5_000


class Caller(StrEnum):
    """Of whom a county may demand trusted documents; who acts through a client counts as one."""

    public = "public"
    clients = "clients"
    people = "people"


@packs.section(SECTION, "受信文档", "Trusted documents")
class Demand(Section):
    """The pack's section: those who may send nothing but trusted documents."""

    demanded_of: Annotated[frozenset[Caller], Said("要求谁只发受信文档", "Demanded of")] = Value(
        default=frozenset()
    )

    def binds(self, by: Actor) -> bool:
        """Whether it is demanded of this actor.

        Not of those who may register any document of the county: they could register whatever they
        send, and a county that has registered none would have nobody left to do it.
        """
        if by.reach(SECTION, "register").county:
            return False
        if by.client_id is not None:
            return Caller.clients in self.demanded_of
        return (Caller.people if by.person_id else Caller.public) in self.demanded_of


class TrustedDocument(Recorded, table=True):
    """A document and the SHA-256 of its UTF-8 bytes, until `withdrawn_at`."""

    __tablename__ = "trusted_document"
    __table_args__: ClassVar[Any] = (
        within_tenant("client_id", "client"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="is_sha_256"),
        Index(
            None, "tenant_id", "digest", unique=True, postgresql_where=text("withdrawn_at is null")
        ),
        Index(None, "tenant_id", "digest", "made_at"),
        Index(None, "tenant_id", "made_at", "id"),
        Index(None, "tenant_id", "client_id", "made_at", "id"),
    )

    digest: str = Field(max_length=64)
    text: str = Field(max_length=20_000)
    name: str | None = Field(default=None, max_length=80)
    client_id: UUID | None = None
    withdrawn_at: datetime | None = moment(default=None)


class DocumentWithdrawn(Refused):
    """这份文档已被县里撤回，只能由县管理员重新登记。
    The county withdrew this document; only its administrator may register it again.
    """


class AlreadyWithdrawn(Refused):
    """这份文档已经撤回。
    This document is withdrawn already.
    """


class TooManyDocuments(Refused):
    """登记的文档已达上限 {limit} 份。请先撤回不再使用的。
    {limit} documents are registered, and no more can be. Withdraw those no longer in use.
    """


DocumentId = Annotated[UUID, Of("TrustedDocument")]


async def register(
    session: AsyncSession,
    by: Actor,
    *,
    text: Annotated[
        str, GraphQLText(), Length(1, 20_000, is_exact=True), "GraphQL 文档。 The document."
    ],
    name: Annotated[Name | None, "用途，如版本号。 What it is for, as a release."] = None,
) -> TrustedDocument:
    """Register a document; one that is registered already stays as it is."""
    acting = authorize(by, "register", "trusted_documents", owner=by.client_id)
    digest = hashlib.sha256(text.encode()).hexdigest()
    # Of two at once the second waits, and finds what the first has made.
    await session.exec(
        select(func.pg_advisory_xact_lock(func.hashtextextended(f"{by.tenant_id}:{digest}", 0)))
    )
    latest = await _latest(session, by, digest)
    if latest is not None and latest.withdrawn_at is None:
        return latest
    is_own_only = not by.reach("trusted_documents", "register").county
    if latest is not None and is_own_only:
        raise DocumentWithdrawn()
    if await _count(session, by) >= MOST_OF_ONE:
        raise TooManyDocuments(limit=MOST_OF_ONE)
    document = TrustedDocument(
        **made(by, acting), digest=digest, text=text, name=name, client_id=by.client_id,
    )  # fmt: skip
    session.add(document)
    record(session, by, "trusted_document.registered", document, acting=acting)
    return document


async def withdraw(
    session: AsyncSession,
    by: Actor,
    *,
    document: DocumentId,
    reason: Reason,
    expected_version: Version = None,
) -> TrustedDocument:
    """Withdraw a document: named by its hash, it is refused at the next request."""
    row = await rows.find(session, TrustedDocument, by, document, for_update=True)
    acting = authorize(by, "withdraw", "trusted_documents", owner=row.client_id)
    row.check_version(expected_version)
    if row.withdrawn_at is not None:
        raise AlreadyWithdrawn()
    before = state_of(row)
    row.withdrawn_at = clock.now()
    row.version += 1
    note = {"reason": reason}
    record(session, by, "trusted_document.withdrawn", row, acting=acting, before=before, note=note)
    await raise_standing(session, by.tenant_id, by.tenant_id)
    return row


async def text_of(session: AsyncSession, tenant_id: UUID, digest: str) -> str | None:
    """The text of a registered document by its hash."""
    mine = select(TrustedDocument.text).where(
        TrustedDocument.tenant_id == tenant_id,
        TrustedDocument.digest == digest,
        col(TrustedDocument.withdrawn_at).is_(None),
    )
    return (await session.exec(mine)).first()


async def demand(session: AsyncSession, by: Actor) -> Demand:
    """What the county demands now."""
    return await packs.read(session, by, SECTION, Demand)


async def _latest(session: AsyncSession, by: Actor, digest: str) -> TrustedDocument | None:
    same = select(TrustedDocument).where(
        TrustedDocument.tenant_id == by.tenant_id, TrustedDocument.digest == digest
    )
    return (await session.exec(same.order_by(col(TrustedDocument.made_at).desc()).limit(1))).first()


async def _count(session: AsyncSession, by: Actor) -> int:
    """How many are registered by this client, or by the county's own people."""
    mine = select(func.count()).where(
        TrustedDocument.tenant_id == by.tenant_id,
        col(TrustedDocument.client_id) == by.client_id
        if by.client_id
        else col(TrustedDocument.client_id).is_(None),
        col(TrustedDocument.withdrawn_at).is_(None),
    )
    return (await session.exec(mine)).one()
