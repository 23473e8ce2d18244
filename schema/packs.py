"""County packs (县域配置包): the county's own settings, edition by edition."""

from datetime import datetime
from enum import Enum

import strawberry
from strawberry.scalars import JSON

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import column, connection, reads
from schema.reading.pages import Connection
from schema.scopes import is_current
from services import packs
from services.packs import Pack as Table


@strawberry.enum(description="配置包按什么排序。 By what packs are ordered.")
class PackOrder(Enum):
    """By what packs are ordered."""

    EDITION = "edition"


@strawberry.input(description="只要这样的配置包。 Only such packs.")
class PackFilter:
    """Only such packs."""

    active: bool | None = is_current(Table.until, "是否现行。 Whether it is the active one.")


@strawberry.type(description="县域配置包的一个版本。 One edition of the county's pack.")
@reads(Table, "packs")
class Pack(Node):
    """One edition of the county's pack."""

    edition: int = column(Table.edition, "第几版。 The edition's number.")
    document: JSON = column(Table.document, "整份内容。 The whole document.")
    since: datetime = column(Table.since, "启用时刻。 From this moment on.")
    until: datetime | None = column(Table.until, "停用时刻。 Until this moment.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about packs."""

    packs: Connection[Pack] = connection(None, PackOrder, "配置包。 Packs.", PackFilter)


@strawberry.type
class Mutations:
    """The commands of packs."""

    adopt_pack: Pack | None = command(
        packs.adopt, "采用一份配置包，整份检查。 Adopt a pack; it is checked as a whole."
    )
