"""Contracts (物业服务合同): which firm serves an estate, on what terms, and what is due of it."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, select

from schema.commands import command
from schema.files import File
from schema.linkages import at_estate
from schema.nodes import Node, worded
from schema.ownerships import owner_at
from schema.people import Person
from schema.reading.declare import Ask, Row, column, connection, light, link, reads
from schema.reading.found import Condition, either
from schema.reading.pages import Connection, Direction
from schema.scopes import among, found_by, pointing, under
from services import contracts
from services.contracts import ALARMS, STATES, AlarmKind, ContractState
from services.contracts import Contract as Table
from services.contracts import ContractAlarm as AlarmRow

if TYPE_CHECKING:
    from schema.units import Unit
    from schema.votes import VoteQuestion

strawberry.enum(ContractState, description="合同的状态。 Where a contract stands.")
strawberry.enum(AlarmKind, name="ContractAlarmKind", description="到点的提醒。 What is due.")
CONTRACT = light(Table)


@strawberry.enum(description="合同按什么排序。 By what contracts are ordered.")
class ContractOrder(Enum):
    """By what contracts are ordered."""

    SINCE = "since"


@strawberry.enum(description="合同提醒按什么排序。 By what alarms are ordered.")
class ContractAlarmOrder(Enum):
    """By what alarms are ordered."""

    AT = "at"


@strawberry.input(description="只要这样的合同。 Only such contracts.")
class ContractFilter:
    """Only such contracts."""

    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    firm: strawberry.ID | None = pointing(Table.firm_id, "Unit", "物业公司。 The firm.")
    states: list[ContractState] | None = among(Table.state, "这些状态之一。 One of these states.")


def _within(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A contract is where its estate is, with the estate's other parties, and with its firm."""
    return either([at_estate(ask, row["estate_id"], held), under(ask, row["firm_id"], held)])


def _of_contract(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    one = CONTRACT.alias()
    seen = select(one.c.id).where(one.c.tenant_id == ask.tenant, _within(ask, one.c, held))
    return found_by(ask, row["contract_id"], seen, one.c.id)


def _of_own(ask: Ask, row: Row) -> Condition:
    one = CONTRACT.alias()
    seen = select(one.c.id).where(one.c.tenant_id == ask.tenant, owner_at("estate_id")(ask, one.c))
    return found_by(ask, row["contract_id"], seen, one.c.id)


@strawberry.type(description="到点的提醒：备案期限、合同到期。 What the clock said of a contract.")
@reads(AlarmRow, "contracts", unit=_of_contract, own=_of_own)
class ContractAlarm(Node):
    """What the clock said of a contract."""

    kind: AlarmKind = column(AlarmRow.kind, "什么事。 What is due.")
    words: str = worded("kind", ALARMS, "这件事的说法。 It in words.")
    due_on: date = column(AlarmRow.due_on, "期限。 The day that it is about.")
    at: datetime = column(AlarmRow.at, "何时提醒。 When it was said.")


@strawberry.type(description="物业服务合同。 A property firm's contract for an estate.")
@reads(Table, "contracts", unit=_within, own=owner_at("estate_id"))
class Contract(Node):
    """A property firm's contract for an estate."""

    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    since: date = column(Table.since, "从哪天起。 From this day on.")
    until: date = column(Table.until, "约定到哪天止（不含）。 Until this day, as was agreed.")
    ended_on: date | None = column(Table.ended_on, "提前终止的日期。 When it ended before.")
    fee_terms: str = column(Table.fee_terms, "收费约定。 What was agreed of fees.")
    promises: list[str] = column(Table.promises, "服务承诺。 What the firm promises.")
    ground: str = column(Table.ground, "依据。 The ground.")
    file: File | None = link(Table.file_id, "扫描件。 Its scan.", lenient=True)
    question: Annotated["VoteQuestion", strawberry.lazy("schema.votes")] | None = link(
        Table.question_id, "业主选聘它的表决事项。 By which the owners chose it.", lenient=True
    )
    ending_question: Annotated["VoteQuestion", strawberry.lazy("schema.votes")] | None = link(
        Table.ending_question_id, "业主解聘它的表决事项。 By which they dismissed it.", lenient=True
    )
    state: ContractState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    signed_at: datetime | None = column(Table.signed_at, "何时签订。 When it was signed.")
    signed_by: Person | None = link(Table.signed_by, "谁签订的。 Who signed it.")
    file_by: date | None = column(Table.file_by, "备案期限。 By when it is to be filed.")
    filed_at: datetime | None = column(Table.filed_at, "何时备案。 When it was filed.")
    filing_number: str | None = column(Table.filing_number, "备案号。 The number on file.")
    version: int = column(Table.version, "版本。 Its version.")
    alarms: Connection[ContractAlarm] = connection(
        AlarmRow.contract_id, ContractAlarmOrder, "到点的提醒。 What the clock said of it."
    )


@strawberry.type
class Queries:
    """What can be asked about contracts."""

    contracts: Connection[Contract] = connection(
        None, ContractOrder, "物业服务合同。 Contracts.", ContractFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of contracts."""

    draft_contract: Contract | None = command(
        contracts.draft, "草拟物业服务合同。 Draft a contract, for either side."
    )
    sign_contract: Contract | None = command(
        contracts.sign, "签订，须由另一方。 Sign what the other side drafted."
    )
    file_contract: Contract | None = command(
        contracts.file, "合同备案，须由双方以外的人。 Put a signed contract on file."
    )
    end_contract: Contract | None = command(
        contracts.end, "提前终止合同。 End a contract before its time."
    )
