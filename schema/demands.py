"""Recovery (催缴): the rungs that were taken, what came of them, and limitation dates to watch."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, select, union_all

from schema.bills import Bill
from schema.commands import command
from schema.files import File
from schema.ledger import FeeAccount, mine, number_of_unit
from schema.nodes import Node, worded
from schema.people import Person
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.found import Condition, Found, either
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import among, below, found_by, pointing, under
from services import demands
from services.demands.tables import (
    FORUMS,
    METHODS,
    OUTCOMES,
    RUNGS,
    DeliveryMethod,
    DemandOutcome,
    Forum,
    Rung,
)
from services.demands.tables import Demand as Table
from services.demands.tables import DemandedBill as DemandedRow
from services.demands.tables import LimitationAlarm as AlarmRow

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(
    Rung, name="DemandRung", description="催缴的步骤，依次；没有停水断电。 The rungs, in order."
)
strawberry.enum(DeliveryMethod, description="送达方式。 How a demand was delivered.")
strawberry.enum(Forum, name="DemandForum", description="向谁提起。 Before whom it was brought.")
strawberry.enum(DemandOutcome, description="调解或案件的结果。 What came of it.")
DEMAND = light(Table)


@strawberry.enum(description="催缴按什么排序。 By what rungs that were taken are ordered.")
class DemandOrder(Enum):
    """By what they are ordered."""

    DAY = "day"


@strawberry.enum(description="账单按什么排序。 By what the bills of a rung are ordered.")
class DemandedBillOrder(Enum):
    """By what they are ordered."""

    BILL = "bill_id"


@strawberry.enum(description="时效提醒按什么排序。 By what limitation alarms are ordered.")
class LimitationAlarmOrder(Enum):
    """By what they are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的催缴。 Only such rungs.")
class DemandFilter:
    """Only such rungs."""

    account: strawberry.ID | None = pointing(Table.account_id, "FeeAccount", "账户。 The account.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    rungs: list[Rung] | None = among(Table.rung, "这些步骤之一。 One of these rungs.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """It is the firm's, and a mediation is the community's that mediates."""
    places = ("firm_id", "community_id")
    if not ask.gathers:
        return either([under(ask, row[name], held) for name in places])
    parts = []
    for name in places:
        one = DEMAND.alias()
        found = under(ask, one.c[name], held)
        parts.append(select(one.c.id).where(one.c.tenant_id == ask.tenant, found))
    return Found(row["id"], union_all(*parts))


def _of_demand(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    one = DEMAND.alias()
    seen = either([under(ask, one.c[name], held) for name in ("firm_id", "community_id")])
    ours = select(one.c.id).where(one.c.tenant_id == ask.tenant, seen)
    return found_by(ask, row["demand_id"], ours, one.c.id)


def _of_own(ask: Ask, row: Row) -> Condition:
    one = DEMAND.alias()
    ours = select(one.c.id).where(one.c.tenant_id == ask.tenant, mine("account_id")(ask, one.c))
    return found_by(ask, row["demand_id"], ours, one.c.id)


@strawberry.type(description="催缴所涉的一张账单。 A bill that a rung is about.")
@reads(DemandedRow, "demands", unit=_of_demand, own=_of_own)
class DemandedBill(Node):
    """A bill that a rung is about."""

    bill: Bill | None = link(DemandedRow.bill_id, "账单。 The bill.", lenient=True)


@strawberry.type(description="一次催缴：提醒、书面催告、调解、诉讼或仲裁。 A rung that was taken.")
@reads(Table, "demands", unit=_within, own=mine("account_id"))
class Demand(Node):
    """A rung that was taken of an account."""

    number: str | None = computed(number_of_unit, "房号。 The unit's number.")
    account: FeeAccount | None = link(
        Table.account_id, "账户。 The account that owes it.", lenient=True
    )
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    community: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.community_id, "调解的社区。 The community that mediates."
    )
    rung: Rung = column(Table.rung, "哪一步。 Which rung.")
    rung_label: str = worded("rung", RUNGS, "步骤的说法。 The rung in words.")
    day: date = column(Table.day, "哪天；书面催告为送达日。 The day; of its delivery.")
    amount: BigInt = column(Table.amount, "当时未付，分。 What was unpaid then, in fen.")
    method: DeliveryMethod | None = column(Table.method, "送达方式。 How it was delivered.")
    method_label: str | None = worded("method", METHODS, "方式的说法。 The method in words.")
    proof: File | None = link(Table.file_id, "送达凭证。 The proof of delivery.", lenient=True)
    forum: Forum | None = column(Table.forum, "法院或仲裁。 Court or arbitration.")
    forum_label: str | None = worded("forum", FORUMS, "向谁提起的说法。 The forum in words.")
    body: str | None = column(Table.body, "机构名称。 The court's or body's name.")
    case_number: str | None = column(Table.case_number, "案号。 The case's number.")
    outcome: DemandOutcome | None = column(Table.outcome, "结果。 What came of it.")
    outcome_label: str | None = worded("outcome", OUTCOMES, "结果的说法。 The outcome in words.")
    words: str | None = column(Table.words, "结果的说明。 What was said of it.")
    ended_on: date | None = column(Table.ended_on, "哪天有结果。 The day of its outcome.")
    recorded_by: Person | None = link(Table.made_by, "谁记的。 Who recorded it.", lenient=True)
    made_at: datetime = column(Table.made_at, "何时记的。 When it was recorded.")
    version: int = column(Table.version, "版本。 Its version.")
    bills: Connection[DemandedBill] = connection(
        DemandedRow.demand_id, DemandedBillOrder, "哪些账单。 Its bills."
    )


@strawberry.type(description="诉讼时效将届满的提醒。 A bill whose limitation date comes near.")
@reads(AlarmRow, "demands", unit=below("firm_id"))
class LimitationAlarm(Node):
    """It was said of a bill that an action for it is soon barred."""

    bill: Bill | None = link(AlarmRow.bill_id, "账单。 The bill.", lenient=True)
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        AlarmRow.firm_id, "物业公司。 The firm."
    )
    limitation_on: date = column(AlarmRow.limitation_on, "时效届满日。 The last day for an action.")
    at: datetime = column(AlarmRow.at, "何时提醒。 When it was said.")


@strawberry.type
class Queries:
    """What can be asked about recovery."""

    demands: Connection[Demand] = connection(
        None, DemandOrder, "催缴。 Rungs that were taken.", DemandFilter, Direction.DESC
    )
    limitation_alarms: Connection[LimitationAlarm] = connection(
        None, LimitationAlarmOrder, "时效提醒。 Limitation alarms.", direction=Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of recovery."""

    remind_of_fees: Demand | None = command(
        demands.remind, "提醒逾期的业主。 Remind those who owe of what is overdue."
    )
    deliver_fee_demand: Demand | None = command(
        demands.deliver, "登记已送达的书面催告。 Record a written demand that was delivered."
    )
    mediate_fees: Demand | None = command(
        demands.mediate, "请社区调解。 Ask the community to mediate."
    )
    litigate_fees: Demand | None = command(
        demands.litigate, "登记诉讼或仲裁。 Record that a case was brought."
    )
    conclude_fee_recovery: Demand | None = command(
        demands.conclude, "写明调解或案件的结果。 Say what came of a mediation or a case."
    )
