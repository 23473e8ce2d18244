"""Linkages (三方联建): an estate's party branch, owners' committee and firm, version by version."""

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, func, or_, select

from schema.commands import command
from schema.nodes import Node
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.found import Condition, either
from schema.reading.pages import Connection
from schema.scopes import found_by, is_current, pointing, public_at, under
from services import linkages
from services.linkages import Linkage as Table
from services.units import Unit as UnitRow
from services.units import UnitKind

if TYPE_CHECKING:
    from schema.units import Unit


LINKAGE, UNIT = light(Table), light(UnitRow)


def at_estate(ask: Ask, estate: ColumnElement[Any], held: ColumnElement[Any]) -> Condition:
    """An estate is below one of these units, or one of them is its party branch or committee."""
    linked, committee = LINKAGE.alias(), UNIT.alias()
    with_us = select(linked.c.estate_id).where(
        linked.c.tenant_id == ask.tenant,
        linked.c.until.is_(None),
        or_(linked.c.branch_id == func.any(held), linked.c.committee_id == func.any(held)),
    )
    ours = select(committee.c.parent_id).where(
        committee.c.tenant_id == ask.tenant,
        committee.c.id == func.any(held),
        committee.c.kind == UnitKind.owners_committee.value,
        committee.c.until.is_(None),
    )
    return either([
        under(ask, estate, held),
        found_by(ask, estate, with_us, linked.c.estate_id),
        found_by(ask, estate, ours, committee.c.parent_id),
    ])  # fmt: skip


@strawberry.enum(description="三方联建按什么排序。 By what linkages are ordered.")
class LinkageOrder(Enum):
    """By what linkages are ordered."""

    SINCE = "since"


@strawberry.input(description="只要这样的三方联建。 Only such linkages.")
class LinkageFilter:
    """Only such linkages."""

    current: bool | None = is_current(Table.until, "是否现行。 Whether it stands now.")
    grid: strawberry.ID | None = pointing(Table.grid_id, "Unit", "网格。 The grid.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    firm: strawberry.ID | None = pointing(Table.firm_id, "Unit", "物业公司。 The firm.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A linkage is where its estate is, and where its firm is."""
    return either([under(ask, row["estate_id"], held), under(ask, row["firm_id"], held)])


@strawberry.type(
    description="三方联建：党支部、业委会、物业公司。 An estate's three parties linked."
)
@reads(
    Table, "linkages", unit=_within,
    public=public_at("estate_id", "grid_id", is_marked=False, is_open=False),
)  # fmt: skip
class Linkage(Node):
    """The three parties of an estate, from one day until the next version."""

    grid: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.grid_id, "网格。 The grid."
    )
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    branch: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.branch_id, "网格党支部。 The grid's party branch."
    )
    committee: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.committee_id, "业主委员会。 The owners' committee."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The property firm."
    )
    decision: str = column(Table.decision, "依据。 The decision that it rests on.")
    since: date = column(Table.since, "从这天起。 From this day on.")
    until: date | None = column(Table.until, "到这天止（不含）。 Until this day, not included.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type
class Queries:
    """What can be asked about linkages."""

    linkages: Connection[Linkage] = connection(
        None, LinkageOrder, "三方联建。 Linkages.", LinkageFilter
    )


@strawberry.type
class Mutations:
    """The commands of linkages."""

    link_parties: Linkage | None = command(
        linkages.link, "建立或补全一个小区的三方联建。 Link an estate's three parties."
    )
    replace_firm: Linkage | None = command(
        linkages.replace_firm, "更换物业公司，旧的留作历史。 Replace the firm; the old one is kept."
    )
    end_linkage: Linkage | None = command(
        linkages.end, "结束三方联建，之后没有下一份。 End a linkage with none after it."
    )
