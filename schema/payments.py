"""Payments (收款): money that came in, and what became of it."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command
from schema.ledger import FeeAccount, mine, summed
from schema.nodes import Node, worded
from schema.people import Person
from schema.reading.declare import column, computed, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.reading.scalars import BigInt
from schema.scopes import below, equals, pointing
from services import payments
from services.ledger import Part
from services.payments import METHODS, PaymentMethod
from services.payments import Payment as Table

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(PaymentMethod, description="支付方式。 How it was paid.")


@strawberry.enum(description="收款按什么排序。 By what payments are ordered.")
class PaymentOrder(Enum):
    """By what payments are ordered."""

    RECEIVED_AT = "received_at"


@strawberry.input(description="只要这样的收款。 Only such payments.")
class PaymentFilter:
    """Only such payments."""

    account: strawberry.ID | None = pointing(Table.account_id, "FeeAccount", "账户。 The account.")
    estate: strawberry.ID | None = pointing(Table.estate_id, "Unit", "小区。 The estate.")
    channel: str | None = equals(Table.channel, "渠道。 The channel.")
    external_id: str | None = equals(Table.external_id, "渠道的单号。 Its number there.")


@strawberry.type(description="收款，不可更改。 Money that came in; it never changes.")
@reads(Table, "payments", unit=below("firm_id"), own=mine("account_id"))
class Payment(Node):
    """Money that came in."""

    account: FeeAccount | None = link(Table.account_id, "账户。 The account.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    amount: BigInt = column(Table.amount, "金额，分。 In fen.")
    method: PaymentMethod = column(Table.method, "支付方式。 How it was paid.")
    method_label: str = worded("method", METHODS, "方式的说法。 The method in words.")
    received_at: datetime = column(Table.received_at, "收到时刻。 When it came.")
    reference: str | None = column(Table.reference, "收据号等。 A receipt's number.")
    channel: str = column(Table.channel, "渠道。 The channel that it came by.")
    external_id: str | None = column(Table.external_id, "渠道的单号。 Its number there.")
    recorded_by: Person | None = link(Table.made_by, "谁记的。 Who recorded it.")
    credit: BigInt = computed(
        summed("payment_id", Part.credit, sign=-1), "未分配的余款，分。 What is left over."
    )
    refunded: BigInt = computed(summed("payment_id", kind="refund"), "已退，分。 Refunded.")
    reversed: BigInt = computed(summed("payment_id", kind="reversal"), "已冲正，分。 Reversed.")


@strawberry.type
class Queries:
    """What can be asked about payments."""

    payments: Connection[Payment] = connection(
        None, PaymentOrder, "收款。 Payments.", PaymentFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of payments."""

    record_payment: Payment | None = command(
        payments.record_, "登记收款并分配到账单。 Record a payment, and let it go to bills."
    )
    allocate_payment: Payment | None = command(
        payments.allocate, "把余款分配到账单。 Let what is left over go to bills."
    )
    refund_payment: Payment | None = command(
        payments.refund, "退款，不超过收到而未退的。 Refund what was paid and not refunded yet."
    )
    reverse_payment: Payment | None = command(
        payments.reverse, "冲正收款，须由另一人。 Take one back; another person than its recorder."
    )
