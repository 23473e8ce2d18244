"""Rule books (议事规则): the dated texts by which a unit of the county does its business.

Each adoption is a new edition under the same title; an edition is never changed afterwards, so a
decision can always be read beside the rules that it was taken under.
"""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows, units
from services.arguments import Name, Text, UnitId
from services.errors import Refused
from services.events import record
from services.rows import made
from services.tables import Recorded, within_tenant


class RuleBook(Recorded, table=True):
    """One edition of a unit's rules: adopted on a day, in effect from a day on."""

    __tablename__ = "rule_book"
    __table_args__: ClassVar[Any] = (
        within_tenant("unit_id", "unit"),
        UniqueConstraint("tenant_id", "unit_id", "title", "edition"),
        CheckConstraint("edition > 0", name="counted_from_one"),
        CheckConstraint("effective_on >= adopted_on", name="takes_effect_once_adopted"),
        Index(None, "tenant_id", "unit_id", "adopted_on", "id"),
        Index(None, "tenant_id", "adopted_on", "id"),
    )

    unit_id: UUID
    title: str = Field(max_length=80)
    edition: int
    text: str = Field(max_length=20_000)
    adopted_on: date
    effective_on: date
    is_public: bool = True


class EffectiveBeforeAdopted(Refused):
    """生效日期不能早于通过日期。
    Rules can't take effect before they are adopted.
    """


async def adopt(
    session: AsyncSession,
    by: Actor,
    *,
    unit: UnitId,
    title: Name,
    text: Text,
    adopted_on: Annotated[date | None, "通过日期，默认今天。 When it was adopted; today."] = None,
    effective_on: Annotated[
        date | None, "生效日期，默认通过当日。 From when it holds; the day of adoption."
    ] = None,
    is_public: Annotated[bool, "是否对公众显示。 Whether the public sees it."] = True,
) -> RuleBook:
    """Adopt a rule book's text as its next edition."""
    # The unit is locked: two adoptions at once count their editions one after the other.
    body = await units.find_open(session, by, unit, for_update=True)
    acting = authorize(by, "adopt", "rulebooks", within=await units.path_of(session, by, body.id))
    adopted = adopted_on or clock.today()
    effective = effective_on or adopted
    if effective < adopted:
        raise EffectiveBeforeAdopted()
    book = RuleBook(
        **made(by, acting), unit_id=body.id, title=title, text=text, is_public=is_public,
        edition=await _last_edition(session, by, body.id, title) + 1,
        adopted_on=adopted, effective_on=effective,
    )  # fmt: skip
    session.add(book)
    record(session, by, "rule_book.adopted", book, acting=acting)
    return book


async def find(session: AsyncSession, by: Actor, rule_book: UUID) -> RuleBook:
    """An edition of a rule book of the actor's county."""
    return await rows.find(session, RuleBook, by, rule_book)


async def _last_edition(session: AsyncSession, by: Actor, unit: UUID, title: str) -> int:
    last = select(func.coalesce(func.max(col(RuleBook.edition)), 0)).where(
        RuleBook.tenant_id == by.tenant_id, RuleBook.unit_id == unit, RuleBook.title == title
    )
    return (await session.exec(last)).one()
