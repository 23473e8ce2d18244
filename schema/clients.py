"""Clients (第三方前端): mini-programs and portals that a county lets in, and what each may do."""

from datetime import datetime
from enum import Enum

import strawberry

from schema.commands import command, made
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import is_current, of_client
from services import clients
from services.clients import Client as ClientRow


@strawberry.enum(description="前端按什么排序。 By what clients are ordered.")
class ClientOrder(Enum):
    """By what clients are ordered."""

    NAME = "name"


@strawberry.input(description="只要这样的前端。 Only such clients.")
class ClientFilter:
    """Only such clients."""

    active: bool | None = is_current(ClientRow.revoked_at, "是否未吊销。 Whether not revoked.")


@strawberry.type(description="第三方前端。 A third-party front end.")
@reads(ClientRow, "clients", own=of_client("id"))
class Client(Node):
    """A third-party front end of the county."""

    name: str = column(ClientRow.name, "名称。 Its name.")
    origins: list[str] = column(ClientRow.origins, "网页的来源。 The origins of its pages.")
    grants: list[str] = column(ClientRow.grants, "准许的事。 What it may do at most.")
    rows_per_minute: int | None = column(
        ClientRow.rows_per_minute, "每分钟最多涉及的行数。 Rows that it may touch in a minute."
    )
    revoked_at: datetime | None = column(ClientRow.revoked_at, "吊销时刻。 When revoked.")
    version: int = column(ClientRow.version, "版本。 Its version.")


@strawberry.type(
    description="刚登记的前端；密钥只显示这一次。 A new client; its secret, shown once."
)
class RegisteredClient:
    """A client just registered; repeated by `commandId`, the secret is not shown again."""

    client: Client | None = link(lambda call: call.given.id, "前端。 The client.")
    secret: str | None = made("secret", "密钥，只显示一次。 The secret, shown once.")


@strawberry.type
class Queries:
    """What can be asked about clients."""

    clients: Connection[Client] = connection(
        None, ClientOrder, "第三方前端。 Third-party front ends.", ClientFilter
    )


@strawberry.type
class Mutations:
    """The commands on clients."""

    register_client: RegisteredClient | None = command(
        clients.register, "登记第三方前端。 Register a third-party front end."
    )
    revoke_client: Client | None = command(
        clients.revoke, "吊销前端，下一次请求即被拒绝。 Revoke; refused at the next request."
    )
