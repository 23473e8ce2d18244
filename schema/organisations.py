"""Organisations (单位): companies and bodies that own property."""

from enum import Enum

import strawberry

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, reads
from schema.reading.pages import Connection
from schema.scopes import equals, starting
from services import organisations
from services.organisations import Organisation as Table


@strawberry.enum(description="单位按什么排序。 By what organisations are ordered.")
class OrganisationOrder(Enum):
    """By what organisations are ordered."""

    NAME = "name"


@strawberry.input(description="只要这样的单位。 Only such organisations.")
class OrganisationFilter:
    """Only such organisations."""

    name: str | None = starting(Table.name, "名称的开头。 Its name begins so.")
    code: str | None = equals(Table.code, "统一社会信用代码。 Its unified social credit code.")


@strawberry.type(description="可以拥有房产的单位。 An organisation that may own property.")
@reads(Table, "organisations")
class Organisation(Node):
    """An organisation that may own property."""

    name: str = column(Table.name, "名称。 Its name.")
    code: str = column(Table.code, "统一社会信用代码。 Its unified social credit code.")
    is_builder: bool = column(
        Table.is_builder, "是否建设单位，未售出的归它。 Whether it is a builder, with unsold stock."
    )
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about organisations."""

    organisations: Connection[Organisation] = connection(
        None, OrganisationOrder, "单位。 Organisations.", OrganisationFilter
    )


@strawberry.type
class Mutations:
    """The commands of organisations."""

    register_organisation: Organisation | None = command(
        organisations.register, "登记单位。 Register an organisation."
    )
    amend_organisation: Organisation | None = command(
        organisations.amend, "更正单位的信息。 Correct an organisation."
    )
