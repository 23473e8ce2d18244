"""Levels (层级): a pack is not adopted over open units that its levels have no place for."""

from collections.abc import Mapping

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import packs, tree
from services.units import Unit, UnitKind, UnitRules


async def contradictions(
    session: AsyncSession, by: Actor, sections: Mapping[str, packs.Section]
) -> list[str]:
    """How many open units of each kind stand below a kind where the new levels have none."""
    rules = sections["units"]
    assert isinstance(rules, UnitRules)  # noqa: S101
    # No unit is founded or moved by the old levels until the new ones hold.
    await tree.hold(session, by)
    above = aliased(Unit)
    standing = (
        select(Unit.kind, above.kind, func.count())
        .join(above, (col(above.tenant_id) == Unit.tenant_id) & (col(above.id) == Unit.parent_id))
        .where(Unit.tenant_id == by.tenant_id, col(Unit.until).is_(None))
        .group_by(col(Unit.kind), col(above.kind))
        .order_by(col(Unit.kind), col(above.kind))
    )
    return [
        f"units.levels.{kind}: {count} open below {parent}"
        for kind, parent, count in await session.exec(standing)
        if parent not in (rules.levels.get(UnitKind(kind)) or ())
    ]


packs.CHECKS.append(contradictions)
