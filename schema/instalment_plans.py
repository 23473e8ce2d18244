"""Instalment plans (分期): bills that are paid by dated instalments, agreed by both sides."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select, select

from schema.bills import Bill
from schema.commands import command
from schema.ledger import FeeAccount, mine
from schema.nodes import Node, worded
from schema.reading.declare import (
    Ask,
    Row,
    column,
    connection,
    light,
    link,
    reads,
    rows,
)
from schema.reading.found import Condition
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import among, below, found_by, pointing, under
from services import instalment_plans
from services.bills.tables import Bill as BillRow
from services.instalment_plans import MOST_BILLS, STATES, PlannedBill, PlanState
from services.instalment_plans import Instalment as InstalmentRow
from services.instalment_plans import InstalmentPlan as Table

strawberry.enum(PlanState, name="InstalmentPlanState", description="分期的状态。 Where it stands.")
PLAN, PLANNED, BILL = light(Table), light(PlannedBill), light(BillRow)


@strawberry.enum(description="分期按什么排序。 By what plans are ordered.")
class InstalmentPlanOrder(Enum):
    """By what plans are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="各期按什么排序。 By what instalments are ordered.")
class InstalmentOrder(Enum):
    """By what instalments are ordered."""

    DUE_ON = "due_on"


@strawberry.input(description="只要这样的分期。 Only such plans.")
class InstalmentPlanFilter:
    """Only such plans."""

    account: strawberry.ID | None = pointing(Table.account_id, "FeeAccount", "账户。 The account.")
    states: list[PlanState] | None = among(Table.state, "这些状态之一。 One of these states.")


def _of_plan(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    one = PLAN.alias()
    ours = select(one.c.id).where(one.c.tenant_id == ask.tenant, under(ask, one.c.firm_id, held))
    return found_by(ask, row["plan_id"], ours, one.c.id)


def _of_own(ask: Ask, row: Row) -> Condition:
    one = PLAN.alias()
    ours = select(one.c.id).where(one.c.tenant_id == ask.tenant, mine("account_id")(ask, one.c))
    return found_by(ask, row["plan_id"], ours, one.c.id)


def _bills(ask: Ask, row: Row) -> Select[Any]:
    """The bills of the plan's own account: who sees the one sees the others."""
    bill, planned = BILL.alias(), PLANNED.alias()
    return (
        select(*bill.c)
        .select_from(planned)
        .join(bill, bill.c.id == planned.c.bill_id)
        .where(
            planned.c.tenant_id == ask.tenant,
            bill.c.tenant_id == ask.tenant,
            planned.c.plan_id == row["id"],
        )
        .order_by(bill.c.due_on, bill.c.id)
    )


@strawberry.type(description="一期。 One instalment.")
@reads(InstalmentRow, "instalment_plans", unit=_of_plan, own=_of_own)
class Instalment(Node):
    """So many fen by a day."""

    due_on: date = column(InstalmentRow.due_on, "到期日。 By which day.")
    amount: BigInt = column(InstalmentRow.amount, "金额，分。 In fen.")


@strawberry.type(description="分期付款，双方同意。 A plan that both sides agreed to.")
@reads(Table, "instalment_plans", unit=below("firm_id"), own=mine("account_id"))
class InstalmentPlan(Node):
    """Bills that are paid by dated instalments."""

    account: FeeAccount | None = link(Table.account_id, "账户。 The account.")
    total: BigInt = column(Table.total, "合计，分。 In all, in fen.")
    by_firm: bool = column(Table.by_firm, "是否由物业提出。 Whether the firm proposed it.")
    state: PlanState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    agreed_on: date | None = column(Table.agreed_on, "哪天同意的。 The day it was agreed on.")
    ended_on: date | None = column(Table.ended_on, "哪天履行完或违约。 Kept or broken on.")
    made_at: datetime = column(Table.made_at, "何时提出。 When it was proposed.")
    version: int = column(Table.version, "版本。 Its version.")
    instalments: Connection[Instalment] = connection(
        InstalmentRow.plan_id, InstalmentOrder, "各期。 Its instalments."
    )
    bills: list[Bill] = rows(_bills, "哪些账单。 Which bills.", MOST_BILLS)


@strawberry.type
class Queries:
    """What can be asked about instalment plans."""

    instalment_plans: Connection[InstalmentPlan] = connection(
        None, InstalmentPlanOrder, "分期。 Plans.", InstalmentPlanFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of instalment plans."""

    propose_instalment_plan: InstalmentPlan | None = command(
        instalment_plans.propose, "提出分期，合计恰好是未付的。 Propose a plan of what is unpaid."
    )
    agree_to_instalment_plan: InstalmentPlan | None = command(
        instalment_plans.agree, "同意分期，须由另一方。 Agree to what the other side proposed."
    )
