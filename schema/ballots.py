"""Ballots (选票): the roll, who has voted, by which way, for whom; never what was said."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Text, and_, case, cast, null, or_, select

from policies import Scope
from schema.commands import command, made
from schema.files import ADDRESS, File
from schema.nodes import Node, worded
from schema.organisations import Organisation
from schema.people import Person
from schema.property_units import PropertyUnit
from schema.reading.declare import Ask, Row, column, computed, connection, light, link, reads
from schema.reading.found import Condition, either
from schema.reading.pages import Connection
from schema.scopes import among, found_by, pointing
from schema.votes import Vote, of_vote
from services.ballots import casting, papers, proxies
from services.ballots.tables import STATES, BallotState, BallotWay, ProxyState
from services.ballots.tables import Ballot as Table
from services.ballots.tables import VoteProxy as ProxyRow
from services.ownerships import Ownership, is_standing
from services.votes.deliveries import METHODS, DeliveryMethod
from services.votes.deliveries import VoteDelivery as DeliveryRow
from services.votes.tables import RollEntry as EntryRow
from services.votes.tables import RollHolder as HolderRow

HOLDER, PROXY, BALLOT = light(HolderRow), light(ProxyRow), light(Table)
ENTRY, OWNERSHIP = light(EntryRow), light(Ownership)
strawberry.enum(BallotWay, description="选票怎么来的。 How a ballot came.")
strawberry.enum(BallotState, description="选票的状态。 Where a ballot stands.")
strawberry.enum(ProxyState, name="VoteProxyState", description="委托的状态。 Where a proxy stands.")
strawberry.enum(
    DeliveryMethod, name="VoteDeliveryMethod", description="送达方式。 How it was delivered."
)


@strawberry.enum(description="名册按什么排序。 By what a roll is ordered.")
class RollEntryOrder(Enum):
    """By what a roll is ordered."""

    UNIT_NUMBER = "unit_number"


@strawberry.enum(description="权利人按什么排序。 By what holders are ordered.")
class RollHolderOrder(Enum):
    """By what the holders of a unit on a roll are ordered."""

    ENTRY = "entry_id"


@strawberry.enum(description="选票按什么排序。 By what ballots are ordered.")
class BallotOrder(Enum):
    """By what ballots are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="委托按什么排序。 By what proxies are ordered.")
class VoteProxyOrder(Enum):
    """By what proxies are ordered."""

    MADE_AT = "made_at"


@strawberry.enum(description="送达按什么排序。 By what deliveries are ordered.")
class VoteDeliveryOrder(Enum):
    """By what deliveries are ordered."""

    DELIVERED_AT = "delivered_at"


@strawberry.input(description="只要这样的名册条目。 Only such entries.")
class RollEntryFilter:
    """Only such entries."""

    vote: strawberry.ID | None = pointing(EntryRow.vote_id, "Vote", "表决。 The vote.")


@strawberry.input(description="只要这样的选票。 Only such ballots.")
class BallotFilter:
    """Only such ballots."""

    vote: strawberry.ID | None = pointing(Table.vote_id, "Vote", "表决。 The vote.")
    states: list[BallotState] | None = among(Table.state, "状态之一。 One of these states.")


@strawberry.input(description="只要这样的委托。 Only such proxies.")
class VoteProxyFilter:
    """Only such proxies."""

    vote: strawberry.ID | None = pointing(ProxyRow.vote_id, "Vote", "表决。 The vote.")


@strawberry.input(description="只要这样的送达记录。 Only such deliveries.")
class VoteDeliveryFilter:
    """Only such deliveries."""

    vote: strawberry.ID | None = pointing(DeliveryRow.vote_id, "Vote", "表决。 The vote.")


def _votes_for(ask: Ask, row: Row) -> ColumnElement[bool]:
    """A holder is the reader's own: themselves, or whose confirmed proxy they are."""
    proxy = PROXY.alias()
    given = select(proxy.c.holder_id).where(
        proxy.c.tenant_id == ask.tenant, proxy.c.person_id == ask.person,
        proxy.c.state == ProxyState.confirmed.value,
    )  # fmt: skip
    return or_(row["person_id"] == ask.person, found_by(ask, row["id"], given, proxy.c.holder_id))


def _of_holder(own: str, other: str) -> Any:
    """What belongs to a holder is theirs who vote for it: by this column, which is the other's."""

    def build(ask: Ask, row: Row) -> Condition:
        holder, spoken_for, proxy = HOLDER.alias(), HOLDER.alias(), PROXY.alias()
        mine = select(holder.c[other]).where(
            holder.c.tenant_id == ask.tenant, holder.c.person_id == ask.person
        )
        # Looked up by itself: with an "or" within it every holder of the county would be.
        theirs = select(spoken_for.c[other]).where(
            proxy.c.tenant_id == ask.tenant, proxy.c.person_id == ask.person,
            proxy.c.state == ProxyState.confirmed.value,
            spoken_for.c.tenant_id == ask.tenant, spoken_for.c.id == proxy.c.holder_id,
        )  # fmt: skip
        return either([
            found_by(ask, row[own], mine, holder.c[other]),
            found_by(ask, row[own], theirs, spoken_for.c[other]),
        ])  # fmt: skip

    return build


def _on_roll(ask: Ask, row: Row, held: ColumnElement[Any]) -> Condition:
    """A vote's entries are where that is seen; by their ids, as one's own are found.

    By one column or the other, PostgreSQL would read the whole county's index of rolls.
    """
    entry = ENTRY.alias()
    found = select(entry.c.id).where(entry.c.tenant_id == ask.tenant, of_vote(ask, entry.c, held))
    return found_by(ask, row["id"], found, entry.c.id)


def _own_proxy(ask: Ask, row: Row) -> ColumnElement[bool]:
    """The reader gave it, or it was given to them."""
    holder = HOLDER.alias()
    mine = select(holder.c.id).where(
        holder.c.tenant_id == ask.tenant, holder.c.person_id == ask.person
    )
    return or_(row["person_id"] == ask.person, found_by(ask, row["holder_id"], mine, holder.c.id))


def _own_delivery(ask: Ask, row: Row) -> Condition:
    """It came to a unit that the reader owns."""
    one = OWNERSHIP.alias()
    mine = select(one.c.property_unit_id).where(
        one.c.tenant_id == ask.tenant, one.c.person_id == ask.person, is_standing(one.c)
    )
    return found_by(ask, row["property_unit_id"], mine, one.c.property_unit_id)


def _has_voted(ask: Ask, row: Row) -> ColumnElement[Any]:
    """A ballot of it counts; whether, never what."""
    ballot = BALLOT.alias()
    found = select(ballot.c.id).where(
        ballot.c.tenant_id == ask.tenant, ballot.c.entry_id == row["id"],
        ballot.c.state == BallotState.effective.value,
    )  # fmt: skip
    return found.correlate_except(ballot).exists()


def _receipt(ask: Ask, row: Row) -> ColumnElement[Any]:
    """For whoever voted; another would find by it what was said in a secret vote."""
    holder = HOLDER.alias()
    is_theirs = (
        select(holder.c.id)
        .where(
            holder.c.tenant_id == ask.tenant, holder.c.id == row["holder_id"],
            _votes_for(ask, holder.c),
        )
        .correlate_except(holder)
        .exists()
    )  # fmt: skip
    return case((is_theirs, row["receipt"]))


def _scan(ask: Ask, row: Row) -> ColumnElement[Any]:
    """For whoever is to confirm it, as long as it waits: all scans together would be a count.

    Nobody who sees the whole county opens one.
    """
    if Scope.county in ask.scopes("ballots"):
        return cast(null(), Text)
    is_to_confirm = and_(row["state"] == BallotState.entered.value, row["made_by"] != ask.person)
    return case((is_to_confirm, ADDRESS(ask, {"id": row["scan_id"]})))


def _letter(ask: Ask, row: Row) -> ColumnElement[Any]:
    """For whoever is to confirm it, as long as it waits: it may say how to vote."""
    if Scope.county in ask.scopes("ballots"):
        return cast(null(), Text)
    is_to_confirm = and_(
        row["state"] == ProxyState.recorded.value, row["made_by"] != ask.person,
        row["person_id"] != ask.person,
    )  # fmt: skip
    return case((is_to_confirm, ADDRESS(ask, {"id": row["file_id"]})))


@strawberry.type(description="名册上的权利人，按固定时的产权。 Who votes for a unit on a roll.")
@reads(HolderRow, "ballots", unit=of_vote, own=_votes_for)
class RollHolder(Node):
    """Who votes for a unit on a roll: one of its owners when it was frozen."""

    person: Person | None = link(HolderRow.person_id, "个人。 The person, if one.")
    organisation: Organisation | None = link(
        HolderRow.organisation_id, "单位。 The organisation, if one.", lenient=True
    )


@strawberry.type(description="名册条目：一套房的面积与所属的人头。 A unit on the roll of a vote.")
@reads(EntryRow, "ballots", unit=_on_roll, own=_of_holder("id", "entry_id"))
class RollEntry(Node):
    """A unit on the roll of a vote."""

    vote: Vote | None = link(EntryRow.vote_id, "表决。 The vote.")
    number: int = column(EntryRow.number, "序号。 Its place on the roll.")
    unit_number: str = column(EntryRow.unit_number, "房号。 The unit's number.")
    property_unit: PropertyUnit | None = link(
        EntryRow.property_unit_id, "专有部分。 The property unit.", lenient=True
    )
    area: Decimal = column(EntryRow.area, "面积，平方米。 Its area in square metres.")
    head: int = column(EntryRow.head, "计入第几个人头；同一人的几套房相同。 The head it is of.")
    has_voted: bool = computed(_has_voted, "是否已投票。 Whether a ballot of it counts.")
    holders: Connection[RollHolder] = connection(
        HolderRow.entry_id, RollHolderOrder, "谁可以投。 Who votes for it."
    )


@strawberry.type(description="委托投票。 A holder has somebody else vote for them.")
@reads(ProxyRow, "ballots", unit=of_vote, own=_own_proxy)
class VoteProxy(Node):
    """A holder on a roll has somebody else vote for them."""

    vote: Vote | None = link(ProxyRow.vote_id, "表决。 The vote.")
    holder: RollHolder | None = link(ProxyRow.holder_id, "委托人。 For whom.", lenient=True)
    person: Person | None = link(ProxyRow.person_id, "受托人。 Who votes.")
    state: ProxyState = column(ProxyRow.state, "状态。 Where it stands.")
    confirmed_by: Person | None = link(ProxyRow.confirmed_by, "谁核对的。 Who confirmed it.")
    confirmed_at: datetime | None = column(ProxyRow.confirmed_at, "何时核对。 Confirmed when.")
    reason: str | None = column(ProxyRow.reason, "撤销的理由。 Why it was revoked.")
    letter_url: str | None = computed(
        _letter, "授权书的地址，只给待核对时的核对人。 Its letter, for who is to confirm it."
    )
    version: int = column(ProxyRow.version, "版本。 Its version.")


@strawberry.type(
    description="选票：有没有投、怎么投的；投了什么不显示。 A ballot, never its content."
)
@reads(Table, "ballots", unit=of_vote, own=_of_holder("holder_id", "id"))
class Ballot(Node):
    """A ballot: whose, by which way, whether it counts; never what it says."""

    vote: Vote | None = link(Table.vote_id, "表决。 The vote.")
    entry: RollEntry | None = link(Table.entry_id, "名册条目。 Its entry.", lenient=True)
    holder: RollHolder | None = link(Table.holder_id, "为谁投的。 For whom.", lenient=True)
    proxy: VoteProxy | None = link(Table.proxy_id, "委托。 By which proxy.", lenient=True)
    way: BallotWay = column(Table.way, "怎么来的。 How it came.")
    state: BallotState = column(Table.state, "状态。 Where it stands.")
    state_label: str = worded("state", STATES, "状态的说法。 The state in words.")
    receipt: str | None = computed(
        _receipt,
        "回执，只给投票人，可在证据包里核对。 Its hash, for the voter; it is in the evidence.",
    )
    received_at: datetime = column(Table.received_at, "何时收到。 When it came.")
    entered_by: Person | None = link(Table.made_by, "谁投或录入的。 Who cast or entered it.")
    confirmed_by: Person | None = link(Table.confirmed_by, "谁核对的。 Who confirmed it.")
    confirmed_at: datetime | None = column(Table.confirmed_at, "何时核对。 Confirmed when.")
    reason: str | None = column(Table.reason, "退回或无效的理由。 Why it was rejected or annulled.")
    scan_url: str | None = computed(
        _scan, "扫描件的地址，只给待核对时的核对人。 Its scan, for who is to confirm it."
    )
    version: int = column(Table.version, "版本。 Its version.")


@strawberry.type(description="送达记录。 That notice and ballot came to a unit.")
@reads(DeliveryRow, "ballots", unit=of_vote, own=_own_delivery)
class VoteDelivery(Node):
    """That the notice and the ballot of a vote came to a unit."""

    vote: Vote | None = link(DeliveryRow.vote_id, "表决。 The vote.")
    property_unit: PropertyUnit | None = link(
        DeliveryRow.property_unit_id, "专有部分。 The unit.", lenient=True
    )
    method: DeliveryMethod = column(DeliveryRow.method, "方式。 How.")
    method_label: str = worded("method", METHODS, "方式的说法。 How, in words.")
    delivered_at: datetime = column(DeliveryRow.delivered_at, "何时送达。 When.")
    file: File | None = link(DeliveryRow.file_id, "凭证。 What proves it.", lenient=True)


@strawberry.type(description="投票的回执。 What came of casting.")
class CastBallots:
    """What came of casting: how many ballots, and the receipt of each."""

    vote: Vote | None = link(lambda call: call.given.id, "表决。 The vote.")
    ballots: int | None = made("ballots", "投了几套房的票。 For how many units.")
    receipts: list[str] | None = made("receipts", "每票的回执。 The receipt of each.")


@strawberry.type
class Queries:
    """What can be asked about ballots."""

    roll_entries: Connection[RollEntry] = connection(
        None, RollEntryOrder, "名册。 Entries of rolls.", RollEntryFilter
    )
    ballots: Connection[Ballot] = connection(None, BallotOrder, "选票。 Ballots.", BallotFilter)
    vote_proxies: Connection[VoteProxy] = connection(
        None, VoteProxyOrder, "委托。 Proxies.", VoteProxyFilter
    )
    vote_deliveries: Connection[VoteDelivery] = connection(
        None, VoteDeliveryOrder, "送达记录。 Deliveries.", VoteDeliveryFilter
    )


@strawberry.type
class Mutations:
    """The commands of ballots."""

    cast_ballots: CastBallots | None = command(
        casting.cast, "为自己的房产投票，投出不改。 Vote for one's units; it stays so."
    )
    enter_ballot: Ballot | None = command(
        papers.enter,
        "录入纸质票，由另一人核对后有效。 Enter a paper ballot, for another to confirm.",
    )
    confirm_ballot: Ballot | None = command(
        papers.confirm,
        "看扫描件独立再填一遍；一致才有效。 Read its scan anew; where both agree it counts.",
    )
    reject_ballot: Ballot | None = command(papers.reject, "退回纸质票。 Reject a paper ballot.")
    annul_ballot: Ballot | None = command(
        papers.annul, "宣布已投的票无效。 Find that a ballot which counts isn't valid."
    )
    appoint_vote_proxy: VoteProxy | None = command(
        proxies.appoint, "委托他人投票。 Have somebody vote for a holder."
    )
    confirm_vote_proxy: VoteProxy | None = command(
        proxies.confirm_proxy, "核对授权书。 Confirm what a proxy was given by."
    )
    revoke_vote_proxy: VoteProxy | None = command(proxies.revoke, "撤销委托。 Take a proxy back.")
