"""Admission (文档准入): which text a request stands for, and whether its sender may send it.

A text comes whole, or by the hash of a document that the county trusts, or, where an installation
allows it, by the hash of one that the server has kept by itself (automatic persisted queries).
"""

import hashlib
from uuid import UUID

from infra.database import Database
from infra.requests import GraphQLRequest
from services import trusted_documents
from services.errors import MalformedRequest, Refused, Said, TenantMissing
from services.kept import Kept
from services.standing import Authority

# What may be kept by itself comes from anybody: so many texts, none longer than this.
KEPT_TEXTS = 1_000
LONGEST_KEPT = 20_000


class DocumentNotTrusted(Refused, status=403):
    """本县只接受已登记的查询文档。请先登记，再以 documentId 提交。
    This county takes registered documents only. Register it, then send its documentId.
    """


class DocumentUnknown(Refused, status=404):
    """没有登记过这份文档，或者已经撤回。请先登记。
    No such document is registered, or it was withdrawn. Register it first.
    """


class PersistedQueryNotFound(Refused, status=404):
    """服务器还没有这份文档，请连同全文再发一次。
    The server has no such document yet. Send it again with its text.
    """


class PersistedQueryNotSupported(Refused, status=400):
    """本服务没有启用自动持久化查询。请发送全文，或登记后用 documentId。
    Automatic persisted queries are off here. Send the text, or register it and use its documentId.
    """


class Admission:
    """Finds the text of each request."""

    def __init__(self, database: Database, *, keeps: bool) -> None:
        self.database, self.keeps = database, keeps
        self._trusted: Kept[tuple[UUID, tuple[UUID, ...], int, str], str] = Kept()
        self._kept: Kept[tuple[UUID | None, str], str] = Kept(KEPT_TEXTS)

    async def text(self, given: GraphQLRequest, authority: Authority | None) -> str:
        """The document's text; refused where it is unknown, or the county demands a trusted one."""
        if given.document_id is not None:
            if authority is None:
                raise TenantMissing()
            return await self._trusted_text(authority, given.document_id)
        text = given.query if given.persisted is None else self._persisted(given, authority)
        assert text is not None  # noqa: S101
        if authority is not None and authority.is_bound:
            await self._check(authority, text)
        return text

    async def _trusted_text(self, authority: Authority, digest: str) -> str:
        """Withdrawal raises the county's standing, so that no process goes by what it remembers."""
        tenant_id = authority.actor.tenant_id
        key = (tenant_id, tuple(authority.subjects), authority.number, digest)
        known = self._trusted.get(key)
        if known is not None:
            return known
        async with self.database.session(tenant_id, read_only=True) as session:
            found = await trusted_documents.text_of(session, tenant_id, digest)
        if found is None:
            raise DocumentUnknown()
        return self._trusted.put(key, found)

    async def _check(self, authority: Authority, text: str) -> None:
        try:
            await self._trusted_text(authority, _digest(text))
        except DocumentUnknown:
            raise DocumentNotTrusted() from None

    def _persisted(self, given: GraphQLRequest, authority: Authority | None) -> str:
        """One county's texts are no other's: nobody learns what is asked elsewhere."""
        if not self.keeps:
            raise PersistedQueryNotSupported()
        assert given.persisted is not None  # noqa: S101
        key = (authority.actor.tenant_id if authority else None, given.persisted)
        if given.query is None:
            known = self._kept.get(key)
            if known is None:
                raise PersistedQueryNotFound()
            return known
        if _digest(given.query) != given.persisted:
            raise MalformedRequest(
                reason=Said("sha256Hash 与 query 不符", "sha256Hash is not that of the query")
            )
        if len(given.query) <= LONGEST_KEPT:
            self._kept.put(key, given.query)
        return given.query


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
