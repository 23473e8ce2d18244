"""strawchemy: GraphQL types made of SQLAlchemy's models, one statement a root field.

Coverage, which no model holds, is a plain resolver beside it.
"""

from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawchemy import Strawchemy, StrawchemyAsyncRepository, StrawchemyConfig

from tests.bench.peers import door, rows
from tests.bench.peers.loaders import Coverage, coverage_of


def _session(info: strawberry.Info[Any, Any]) -> AsyncSession:
    session: AsyncSession = info.context["request"].scope["session"]
    return session


made = Strawchemy(
    StrawchemyConfig(
        "postgresql", session_getter=_session, repository_type=StrawchemyAsyncRepository
    )
)
UNIT = ["id", "kind", "name", "since", "version", "linkages"]


@made.filter(rows.Unit, include=["kind", "id"])
class UnitFilter:
    """Which units."""


@made.order(rows.Unit, include=["name", "id"])
class UnitOrder:
    """By what units are ordered."""


@made.type(rows.Unit, include=UNIT)
class Unit:
    """A unit."""


@strawberry.type
class Query:
    """What can be asked."""

    unit: Unit | None = made.field()
    units: list[Unit] = made.field(
        filter_input=UnitFilter, order_by_input=UnitOrder, pagination=True
    )

    @strawberry.field
    async def coverage(self, info: strawberry.Info[Any, Any]) -> Coverage:
        """The county's coverage."""
        return await coverage_of(_session(info))


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
app = door.opened(GraphQL(schema, graphql_ide=None))
