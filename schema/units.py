"""Units (组织单元): the tree of the county as it is asked for, and the commands that change it."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry

from schema.appointments import Appointment, AppointmentFilter, AppointmentOrder, Post, PostOrder
from schema.commands import command
from schema.coverage import Coverage, is_seen
from schema.duties import Duty, DutyFilter, DutyOrder
from schema.linkages import Linkage, LinkageFilter, LinkageOrder
from schema.nodes import Node, label
from schema.people import Person, PersonFilter, PersonOrder
from schema.reading.declare import column, connection, here, link, reads, subscription
from schema.reading.pages import Connection
from schema.rulebooks import RuleBook, RuleBookFilter, RuleBookOrder
from schema.scopes import among, below, is_current, pointing, public_at, starting
from schema.stations import Station, StationFilter, StationOrder
from services import units
from services.duties import Duty as DutyRow
from services.linkages import Linkage as LinkageRow
from services.people import Person as PersonRow
from services.posts import Appointment as AppointmentRow
from services.posts import Post as PostRow
from services.rulebooks import RuleBook as RuleBookRow
from services.stations import Station as StationRow
from services.units import Unit as UnitRow
from services.units import UnitKind

strawberry.enum(UnitKind, description="组织单元的种类。 What a unit is.")


@strawberry.enum(description="组织单元按什么排序。 By what units are ordered.")
class UnitOrder(Enum):
    """By what units are ordered."""

    NAME = "name"
    SINCE = "since"


@strawberry.input(description="只要这样的组织单元。 Only such units.")
class UnitFilter:
    """Only such units."""

    kinds: list[UnitKind] | None = among(UnitRow.kind, "种类之一。 One of these kinds.")
    name: str | None = starting(UnitRow.name, "名称以此开头。 The name begins so.")
    parent: strawberry.ID | None = pointing(
        UnitRow.parent_id, "Unit", "直接上级。 The unit right above."
    )
    open: bool | None = is_current(UnitRow.until, "是否尚未撤销。 Whether it is open.")


@strawberry.type(
    description="组织单元：从县、社区、网格到单元。 A unit: county, community, grid, estate…"
)
@reads(UnitRow, "units", unit=below("id"), public=public_at("id"))
class Unit(Node):
    """A unit of the county's tree."""

    kind: UnitKind = column(UnitRow.kind, "种类。 What it is.")
    kind_label: str = label(
        "units", "kind", "本县对这种单元的叫法。 What the county calls the kind."
    )
    name: str = column(UnitRow.name, "名称。 Its name.")
    parent: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        UnitRow.parent_id, "上级单元。 The unit above it."
    )
    since: date = column(UnitRow.since, "成立日期。 From which day it is.")
    until: date | None = column(UnitRow.until, "撤销日期。 The first day without it.")
    decision: str | None = column(UnitRow.decision, "成立依据。 What it was founded by.")
    is_public: bool = column(UnitRow.is_public, "是否公开。 Whether the public sees it.")
    version: int = column(UnitRow.version, "版本。 Its version.")
    children: Connection[Annotated["Unit", strawberry.lazy("schema.units")]] = connection(
        UnitRow.parent_id, UnitOrder, "直接下级。 The units right below.", UnitFilter
    )
    posts: Connection[Post] = connection(
        PostRow.unit_id, PostOrder, "这里的职务。 The posts in it."
    )
    appointments: Connection[Appointment] = connection(
        AppointmentRow.unit_id,
        AppointmentOrder,
        "这里的任职。 The appointments in it.",
        AppointmentFilter,
    )
    residents: Connection[Person] = connection(
        PersonRow.home_id, PersonOrder, "住在这里的人。 Who lives in it.", PersonFilter
    )
    linkages: Connection[Linkage] = connection(
        LinkageRow.grid_id,
        LinkageOrder,
        "网格里各小区的三方联建。 The linkages of a grid's estates.",
        LinkageFilter,
    )
    estate_linkages: Connection[Linkage] = connection(
        LinkageRow.estate_id,
        LinkageOrder,
        "小区的三方联建，含历史。 An estate's linkages, past ones too.",
        LinkageFilter,
    )
    duties: Connection[Duty] = connection(
        DutyRow.member_id, DutyOrder, "成员单位的职责。 A member unit's duties.", DutyFilter
    )
    rule_books: Connection[RuleBook] = connection(
        RuleBookRow.unit_id, RuleBookOrder, "议事规则。 Its rule books.", RuleBookFilter
    )
    stations: Connection[Station] = connection(
        StationRow.grid_id, StationOrder, "网格的驿站。 A grid's stations.", StationFilter
    )
    coverage: Coverage | None = here(
        "这里及以下的覆盖情况；无权看时为空。 Coverage here and below, if you may see it.",
        "coverage",
        seen=is_seen,
    )


@strawberry.type
class Queries:
    """What can be asked about units."""

    units: Connection[Unit] = connection(None, UnitOrder, "组织单元。 Units.", UnitFilter)


@strawberry.type
class Subscriptions:
    """What of units one may be told of."""

    unit_changed: Unit | None = subscription(
        "这个组织单元：先推送现状，以后每次变更再推送；看不到时以错误结束。"
        " This unit: as it is now, then after each change; an error ends it once it is unseen."
    )


@strawberry.type
class Mutations:
    """The commands of units."""

    found_unit: Unit | None = command(units.found, "成立组织单元。 Found a unit.")
    rename_unit: Unit | None = command(units.rename, "更名。 Rename a unit.")
    move_unit: Unit | None = command(units.move, "连同下级移到别处。 Move a unit with all below.")
    close_unit: Unit | None = command(units.close, "撤销单元。 Close an empty unit.")
