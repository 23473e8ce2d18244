"""What open matters keep of the tree: a unit they need stays open, and in its grid."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor
from services import units
from services.errors import Refused
from services.matters.states import ENDS
from services.matters.tables import Matter
from services.tree import UnitPath

IS_OPEN = col(Matter.state).not_in(ENDS)


class MattersInTheWay(Refused):
    """移动之后，这些办理中的事项就不在原来的网格里了：{codes}。请先办结或并案。
    After the move, these matters would be outside of their grid: {codes}. Finish them first.
    """


def _kept_open(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    ends = (Matter.place_id, Matter.grid_id, Matter.holder_id, Matter.handler_id)
    return select(func.count()).where(
        Matter.tenant_id == tenant_id, IS_OPEN, or_(*(col(end) == unit_id for end in ends))
    )


async def _check_move(session: AsyncSession, by: Actor, moved: Sequence[UUID]) -> None:
    inside = select(UnitPath.unit_id).where(
        UnitPath.tenant_id == Matter.tenant_id,
        UnitPath.unit_id == Matter.place_id,
        UnitPath.ancestor_id == Matter.grid_id,
    )
    apart = select(Matter.code).where(
        Matter.tenant_id == by.tenant_id,
        IS_OPEN,
        col(Matter.place_id).in_(moved),
        ~inside.exists(),
    )
    codes = (await session.exec(apart.order_by(col(Matter.code)).limit(20))).all()
    if codes:
        raise MattersInTheWay(codes=", ".join(codes))


units.MOVES.append(_check_move)
units.OCCUPANTS["matter"] = _kept_open
