"""Trusted documents (受信文档): what front ends registered, and name by its hash since."""

from datetime import datetime
from enum import Enum

import strawberry
from sqlalchemy import ColumnElement, literal

from schema.clients import Client
from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import Ask, Row, column, computed, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import is_current, of_client, pointing
from services import trusted_documents
from services.trusted_documents import TrustedDocument as Table


@strawberry.enum(description="受信文档按什么排序。 By what trusted documents are ordered.")
class TrustedDocumentOrder(Enum):
    """By what trusted documents are ordered."""

    REGISTERED_AT = "made_at"


@strawberry.input(description="只要这样的受信文档。 Only such trusted documents.")
class TrustedDocumentFilter:
    """Only such trusted documents."""

    client: strawberry.ID | None = pointing(
        Table.client_id, "Client", "由谁登记。 The client that registered it."
    )
    active: bool | None = is_current(Table.withdrawn_at, "是否未撤回。 Whether not withdrawn.")


def _document_id(_: Ask, row: Row) -> ColumnElement[str]:
    return literal("sha256:") + row["digest"]


@strawberry.type(description="受信文档：可只发其散列值。 A document that may be named by its hash.")
@reads(Table, "trusted_documents", own=of_client("client_id"))
class TrustedDocument(Node):
    """A registered GraphQL document."""

    document_id: str = computed(
        _document_id, "请求中的 documentId。 What a request names it by, as documentId."
    )
    text: str = column(Table.text, "全文。 The document.")
    name: str | None = column(Table.name, "用途。 What it is for.")
    client: Client | None = link(Table.client_id, "登记它的前端。 The client that registered it.")
    registered_at: datetime = column(Table.made_at, "登记时刻。 When it was registered.")
    withdrawn_at: datetime | None = column(Table.withdrawn_at, "撤回时刻。 When withdrawn.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about trusted documents."""

    trusted_documents: Connection[TrustedDocument] = connection(
        None, TrustedDocumentOrder, "受信文档。 Trusted documents.", TrustedDocumentFilter
    )


@strawberry.type
class Mutations:
    """The commands on trusted documents."""

    register_document: TrustedDocument | None = command(
        trusted_documents.register,
        "登记一份文档，之后可只发其散列值。 Register a document, to be named by its hash.",
    )
    withdraw_document: TrustedDocument | None = command(
        trusted_documents.withdraw, "撤回文档，下一次请求即被拒绝。 Withdraw; refused at once."
    )
