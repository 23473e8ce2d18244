"""Fee standards (收费标准): what an item costs in an estate, for which use, from when to when.

Each cites the contract that both sides signed, or another ground, which the owners' side alone may
give. What was billed by one stays: a standard begins after it, and ends after it.
"""

from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeAlias
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, contracts, linkages, rows, units
from services.arguments import Decimals, Length, Of, Reason, Since, UnitId, Version
from services.contracts import Contract
from services.errors import BadInput, EndsBeforeItBegins, Refused, Said
from services.events import record, state_of
from services.property_units import PropertyUse
from services.rows import made
from services.tables import Recorded, one_of, within_tenant
from services.units import Unit, UnitKind

# Yuan, exact to a hundredth of a fen; multiplied, never added up.
PLACES_OF_A_PRICE = 4
HIGHEST_PRICE = Decimal("99999.9999")
# Rates are ten-thousandths.
WHOLE = 10_000
MOST_DUE_DAYS = 366


class FeeItem(StrEnum):
    """What is paid for."""

    property = "property"
    parking = "parking"
    other = "other"


class FeeBasis(StrEnum):
    """What a price is for: a square metre, or the whole unit; each a month."""

    area = "area"
    unit = "unit"


ITEMS: dict[str, Said] = {
    FeeItem.property: Said("物业费", "property fee"),
    FeeItem.parking: Said("车位费", "parking fee"),
    FeeItem.other: Said("其他", "other"),
}


class FeeStandard(Recorded, table=True):
    """A price in yuan a month. An amount is rounded once, for each bill, half a fen upwards; a part
    of a month counts by its days.

    `due_days` after the month's last day it is due. A penalty runs only where there is a rate: from
    `penalty_after` days after that, so many ten-thousandths a day, the principal at most.
    """

    __tablename__ = "fee_standard"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("contract_id", "contract"),
        one_of("item", FeeItem),
        one_of("use", PropertyUse),
        one_of("basis", FeeBasis),
        CheckConstraint("(item = 'other') = (label <> '')", name="labelled"),
        CheckConstraint("price > 0", name="costs"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        CheckConstraint("num_nonnulls(contract_id, ground) = 1", name="cites"),
        CheckConstraint(f"due_days between 0 and {MOST_DUE_DAYS}", name="due"),
        CheckConstraint(f"discount between 0 and {WHOLE - 1}", name="discounted"),
        CheckConstraint(
            f"num_nonnulls(penalty_rate, penalty_after) in (0, 2)"
            f" and penalty_rate between 1 and {WHOLE}"
            f" and penalty_after between 0 and {MOST_DUE_DAYS}",
            name="penalty",
        ),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "estate_id", "since", "id"),
        Index(None, "tenant_id", "firm_id", "since", "id"),
        Index(None, "tenant_id", "contract_id"),
    )

    estate_id: UUID
    firm_id: UUID
    contract_id: UUID | None = None
    ground: str | None = Field(default=None, max_length=500)
    item: str
    label: str = Field(default="", max_length=40)
    use: str
    basis: str
    price: Decimal = Field(sa_type=Numeric(9, PLACES_OF_A_PRICE))
    due_days: int
    discount: int = 0
    penalty_rate: int | None = None
    penalty_after: int | None = None
    since: date
    until: date | None = None


class StandardsOverlap(Refused):
    """这些日子里这一项已有收费标准：{id}。请先让它到期，或改起止日期。
    There is a standard for this on some of these days: {id}. End it first, or change the days.
    """


class StandardBeyondItsContract(Refused):
    """收费标准不能超出它所依据的合同（{since} 至 {until}），也不能用于别的小区。
    A standard stays within its contract ({since} to {until}) and is of the same estate.
    """


class BilledAlready(Refused):
    """到 {day} 为止已经出账；收费标准只能在这之后变动。
    Bills were made until {day}. A standard changes only after that.
    """


class StandardEnded(Refused):
    """这项收费标准已有终止日期：{id}。
    This standard has its end already: {id}.
    """


FeeStandardId = Annotated[UUID, Of("FeeStandard")]
Day: TypeAlias = Annotated[date | None, "到哪天止（不含）。 Until this day, not included."]
Price: TypeAlias = Annotated[
    Decimal, Decimals(HIGHEST_PRICE, PLACES_OF_A_PRICE), "单价，元。 The price in yuan."
]
Rate: TypeAlias = Annotated[int | None, "每天万分之几。 Ten-thousandths a day."]


async def adopt(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    contract: Annotated[UUID | None, Of("Contract"), "依据的合同。 The contract it cites."] = None,
    firm: Annotated[UUID | None, Of("Unit"), "物业公司，未引合同时必填。 The firm."] = None,
    ground: Annotated[str | None, Length(1, 500), "其他依据。 Or another ground."] = None,
    item: Annotated[FeeItem, "收费项目。 What is paid for."],
    label: Annotated[str | None, Length(1, 40), "其他项目的名称。 What another is called."] = None,
    use: Annotated[PropertyUse, "用于哪种用途的房产。 For units of this use."],
    basis: Annotated[FeeBasis, "按面积还是按户。 For a square metre or a unit, a month."],
    price: Price,
    due_days: Annotated[int, "月末后几天内交。 Due so many days after the month."] = 30,
    discount: Annotated[int, "优惠，万分之几。 A discount in ten-thousandths."] = 0,
    penalty_rate: Rate = None,
    penalty_after: Annotated[int | None, "逾期几天后起算。 From so many days on."] = None,
    since: Since = None,
    until: Day = None,
) -> FeeStandard:
    """Adopt a standard; it cites a signed contract, or a ground that the owners' side gives."""
    # Of two that are adopted at once the second sees the first.
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate, for_update=True)
    cited = await rows.find(session, Contract, by, contract) if contract else None
    acting = await _authorize(session, by, "adopt", home.id, cited)
    row = FeeStandard(
        **made(by, acting), estate_id=home.id,
        firm_id=cited.firm_id if cited else await _firm(session, by, firm), contract_id=contract,
        ground=ground, item=item, label=label or "", use=use, basis=basis, price=price,
        due_days=due_days, discount=discount, penalty_rate=penalty_rate,
        penalty_after=penalty_after, since=since or clock.today(),
        until=until or (cited.end if cited else None),
    )  # fmt: skip
    _check(row, firm, cited)
    await _check_days(session, by, row)
    session.add(row)
    record(session, by, "fee_standard.adopted", row, acting=acting)
    return row


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    standard: FeeStandardId,
    until: Annotated[date, "到哪天止（不含）。 Until this day, not included."],
    reason: Reason,
    expected_version: Version = None,
) -> FeeStandard:
    """End a standard on a day, after what has been billed by it; never later than it would."""
    known = await rows.find(session, FeeStandard, by, standard)
    await rows.find(session, Unit, by, known.estate_id, for_update=True)
    row = await rows.find(session, FeeStandard, by, standard, for_update=True)
    acting = await _authorize(session, by, "end", row.estate_id, None)
    row.check_version(expected_version)
    if row.until is not None and row.until <= until:
        raise StandardEnded(id=f"FeeStandard:{standard}")
    if until <= row.since:
        raise EndsBeforeItBegins()
    await _check_unbilled(session, by, row, until)
    before, row.until, row.version = state_of(row), until, row.version + 1
    record(
        session, by, "fee_standard.ended", row, acting=acting, before=before,
        note={"reason": reason},
    )  # fmt: skip
    return row


async def _authorize(
    session: AsyncSession, by: Actor, verb: str, estate: UUID, cited: Contract | None
) -> Held | None:
    """A firm has a say only where both sides have signed already."""
    places = set(await linkages.around(session, by, estate))
    if cited is not None:
        places |= {*await units.path_of(session, by, cited.firm_id)}
    return authorize(by, verb, "fee_standards", within=places)


async def _firm(session: AsyncSession, by: Actor, firm: UUID | None) -> UUID:
    if firm is None:
        reason = Said("未引合同时请说明物业公司", "say which firm, where no contract is cited")
        raise BadInput(argument="firm", reason=reason)
    return (await units.find_fit(session, by, firm, kind=UnitKind.firm)).id


def _check(row: FeeStandard, firm: UUID | None, cited: Contract | None) -> None:
    wrong = {
        "ground": (row.contract_id is None) == (row.ground is None),
        "firm": cited is not None and firm not in (None, cited.firm_id),
        "label": (row.item == FeeItem.other) == (row.label == ""),
        "dueDays": not 0 <= row.due_days <= MOST_DUE_DAYS,
        "discount": not 0 <= row.discount < WHOLE,
        "penaltyRate": row.penalty_rate is not None and not 1 <= row.penalty_rate <= WHOLE,
        "penaltyAfter": (row.penalty_rate is None) != (row.penalty_after is None)
        or not 0 <= (row.penalty_after or 0) <= MOST_DUE_DAYS,
    }
    for argument, is_wrong in wrong.items():
        if is_wrong:
            raise BadInput(argument=argument, reason=WHY[argument])
    if row.until is not None and row.until <= row.since:
        raise EndsBeforeItBegins()
    if cited is not None:
        contracts.check_signed(cited)
    if cited is not None and not (
        cited.estate_id == row.estate_id and cited.since <= row.since
        and row.until is not None and row.until <= cited.end
    ):  # fmt: skip
        raise StandardBeyondItsContract(since=cited.since, until=cited.end)


WHY = {
    "ground": Said("合同与其他依据应恰好给一个", "give either a contract or a ground"),
    "firm": Said("不是合同里的物业公司", "not the contract's firm"),
    "label": Said("只有其他项目要写名称，且必须写", "for another item, and only for one"),
    "dueDays": Said(f"0 到 {MOST_DUE_DAYS} 天", f"0 to {MOST_DUE_DAYS} days"),
    "discount": Said("万分之 0 到 9999", "0 to 9,999 ten-thousandths"),
    "penaltyRate": Said("每天万分之 1 到 10000", "1 to 10,000 ten-thousandths a day"),
    "penaltyAfter": Said("与违约金率同时给，0 到 366 天", "with a rate, and 0 to 366 days"),
}


async def _check_days(session: AsyncSession, by: Actor, row: FeeStandard) -> None:
    await _check_unbilled(session, by, row, row.since)
    same = await rows.every(
        session, FeeStandard, by, "since", "id", estate_id=row.estate_id, item=row.item,
        label=row.label, use=row.use,
    )  # fmt: skip
    for one in same:
        begins_before = row.until is None or one.since < row.until
        if begins_before and (one.until is None or row.since < one.until):
            raise StandardsOverlap(id=f"FeeStandard:{one.id}")


# What knows until which day something was billed by a standard: filled in by `bills`.
BILLED: list[Callable[[AsyncSession, Actor, FeeStandard], Awaitable[date | None]]] = []


async def _check_unbilled(session: AsyncSession, by: Actor, row: FeeStandard, day: date) -> None:
    """What was billed by it, or by one in its place, stays as it was billed."""
    for check in BILLED:
        last = await check(session, by, row)
        if last is not None and day <= last:
            raise BilledAlready(day=last)
