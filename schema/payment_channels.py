"""Payment channels (收款渠道): where providers call in what they took."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.commands import command, made
from schema.nodes import Node
from schema.reading.declare import column, connection, link, reads
from schema.reading.pages import Connection, Direction
from schema.scopes import below, is_current
from services import payment_channels
from services.payment_channels import AdapterName
from services.payment_channels import PaymentChannel as Table

if TYPE_CHECKING:
    from schema.units import Unit

strawberry.enum(AdapterName, name="PaymentAdapter", description="签名方式。 How a provider signs.")


@strawberry.enum(description="渠道按什么排序。 By what channels are ordered.")
class PaymentChannelOrder(Enum):
    """By what channels are ordered."""

    MADE_AT = "made_at"


@strawberry.input(description="只要这样的渠道。 Only such channels.")
class PaymentChannelFilter:
    """Only such channels."""

    open: bool | None = is_current(Table.until, "是否还开着。 Whether it is still open.")


@strawberry.type(description="收款渠道。 A channel by which a provider calls in.")
@reads(Table, "payment_channels", unit=below("firm_id"))
class PaymentChannel(Node):
    """A channel by which a provider calls in what it took."""

    name: str = column(Table.name, "渠道名，写在地址里。 Its name in its address.")
    adapter: AdapterName = column(Table.adapter, "签名方式。 How it signs.")
    estate: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.estate_id, "小区。 The estate."
    )
    firm: Annotated["Unit", strawberry.lazy("schema.units")] | None = link(
        Table.firm_id, "物业公司。 The firm."
    )
    rotated_at: datetime = column(Table.rotated_at, "密钥何时换的。 When its secret was made.")
    former_until: datetime | None = column(
        Table.former_until, "旧密钥到何时失效。 Until when the secret before is good."
    )
    until: datetime | None = column(Table.until, "何时关闭。 When it was closed.")
    made_at: datetime = column(Table.made_at, "何时开通。 When it was opened.")
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type(description="渠道和它的新密钥；密钥只显示一次。 A channel; its secret, once.")
class OpenedChannel:
    """A channel with its new secret; repeated by `commandId`, the secret is not shown again."""

    payment_channel: PaymentChannel | None = link(lambda call: call.given.id, "渠道。 The channel.")
    secret: str | None = made("secret", "密钥，只显示一次。 The secret; shown once.")


@strawberry.type
class Queries:
    """What can be asked about payment channels."""

    payment_channels: Connection[PaymentChannel] = connection(
        None, PaymentChannelOrder, "收款渠道。 Channels.", PaymentChannelFilter, Direction.DESC
    )


@strawberry.type
class Mutations:
    """The commands of payment channels."""

    open_payment_channel: OpenedChannel | None = command(
        payment_channels.open_, "开通收款渠道。 Open a channel."
    )
    rotate_payment_secret: OpenedChannel | None = command(
        payment_channels.rotate, "换密钥，旧的还可用一段时间。 Another secret; the old one ends."
    )
    close_payment_channel: PaymentChannel | None = command(
        payment_channels.close, "关闭收款渠道。 Close a channel."
    )
