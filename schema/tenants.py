"""Tenants (县): the county itself; the platform's operator sees all, and none of their data."""

from enum import Enum

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection
from schema.scopes import equals
from services import tenants
from services.tables import Tenant as Table
from services.tables import TenantState

strawberry.enum(TenantState, description="县的服务状态。 Whether a county is served.")


@strawberry.enum(description="县按什么排序。 By what counties are ordered.")
class CountyOrder(Enum):
    """By what counties are ordered."""

    SLUG = "slug"


@strawberry.input(description="只要这样的县。 Only such counties.")
class CountyFilter:
    """Only such counties."""

    slug: str | None = equals(Table.slug, "代号。 Its name in addresses.")


@strawberry.type(description="县：一个租户。 A county: one tenant.")
@reads(Table, "tenants", public=lambda ask, row: row["id"] == ask.tenant, is_tenant_row=False)
class Tenant(Node):
    """A county."""

    slug: str = column(Table.slug, "代号。 Its name in addresses.")
    name: str = column(Table.name, "县名。 Its name.")
    name_en: str = column(Table.name_en, "英文名。 Its name in English.")
    state: TenantState = column(Table.state, "服务状态。 Whether it is served.")


@strawberry.type
class Queries:
    """What can be asked about counties."""

    county: Tenant | None = link(lambda call: call.actor.tenant_id, "您所在的县。 Your county.")
    counties: Connection[Tenant] = connection(
        None, CountyOrder, "您能看到的县。 The counties that you may see.", CountyFilter
    )


@strawberry.type
class Mutations:
    """The commands of the platform's operator."""

    suspend_county: Tenant | None = command(
        tenants.suspend, "暂停一个县的服务。 Suspend a county's service."
    )
    resume_county: Tenant | None = command(
        tenants.resume, "恢复一个县的服务。 Resume a county's service."
    )
