"""Strawberry with data loaders, on its own ASGI app: a resolver a root field, a loader a relation.

Documents are parsed and validated once (`ParserCache`, `ValidationCache`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from tests.bench.peers import door, rows

Info = strawberry.Info[dict[str, Any], None]


@strawberry.type
class Unit:
    """A unit."""

    row: strawberry.Private[rows.Unit]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Its key."""
        return strawberry.ID(str(self.row.id))

    @strawberry.field
    def kind(self) -> str:
        """What it is."""
        return self.row.kind

    @strawberry.field
    def name(self) -> str:
        """Its name."""
        return self.row.name

    @strawberry.field
    def since(self) -> date:
        """From which day it is."""
        return self.row.since

    @strawberry.field
    def version(self) -> int:
        """Its version."""
        return self.row.version

    @strawberry.field
    async def linkages(self, info: Info) -> list["Linkage"]:
        """The linkages that stand in it."""
        found = await info.context["linkages"].load(self.row.id)
        return [Linkage(row=row) for row in found]


async def _unit(info: Info, id_: UUID | None) -> Unit | None:
    row = None if id_ is None else await info.context["units"].load(id_)
    return None if row is None else Unit(row=row)


@strawberry.type
class Linkage:
    """A linkage."""

    row: strawberry.Private[rows.Linkage]

    @strawberry.field
    def id(self) -> strawberry.ID:
        """Its key."""
        return strawberry.ID(str(self.row.id))

    @strawberry.field
    def since(self) -> date:
        """From this day on."""
        return self.row.since

    @strawberry.field
    async def estate(self, info: Info) -> Unit | None:
        """The estate."""
        return await _unit(info, self.row.estate_id)

    @strawberry.field
    async def branch(self, info: Info) -> Unit | None:
        """The grid's party branch."""
        return await _unit(info, self.row.branch_id)

    @strawberry.field
    async def committee(self, info: Info) -> Unit | None:
        """The owners' committee."""
        return await _unit(info, self.row.committee_id)

    @strawberry.field
    async def firm(self, info: Info) -> Unit | None:
        """The firm."""
        return await _unit(info, self.row.firm_id)


@strawberry.type
class Coverage:
    """How far the model reaches."""

    estates: int
    estates_linked: int
    firms: int
    firms_with_party_organisation: int
    firms_with_instructor: int
    cross_appointed: int


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def unit(self, info: Info, id: strawberry.ID) -> Unit | None:
        """A unit by its key."""
        return await _unit(info, UUID(id))

    @strawberry.field
    async def units(self, info: Info, first: int, kind: str | None = None) -> list[Unit]:
        """The first units by name."""
        session: AsyncSession = info.context["session"]
        mine = select(rows.Unit).where(rows.Unit.tenant_id == session.info["tenant"])
        wanted = mine.order_by(rows.Unit.name, rows.Unit.id).limit(first)
        if kind is not None:
            wanted = wanted.where(rows.Unit.kind == kind)
        return [Unit(row=row) for row in await session.scalars(wanted)]

    @strawberry.field
    async def coverage(self, info: Info) -> Coverage:
        """The county's coverage."""
        return await coverage_of(info.context["session"])


async def coverage_of(session: AsyncSession) -> Coverage:
    """The county's coverage, by plain SQL; its columns stand in the type's own order."""
    found = (await session.execute(door.COVERAGE)).one()
    return Coverage(**dict(zip(Coverage.__annotations__, found, strict=True)))


async def _units(session: AsyncSession, ids: list[UUID]) -> Sequence[rows.Unit | None]:
    mine = select(rows.Unit).where(rows.Unit.tenant_id == session.info["tenant"])
    found = await session.scalars(mine.where(rows.Unit.id.in_(ids)))
    by_id = {row.id: row for row in found}
    return [by_id.get(id_) for id_ in ids]


async def _linkages(session: AsyncSession, ids: list[UUID]) -> Sequence[list[rows.Linkage]]:
    current = select(rows.Linkage).where(
        rows.Linkage.tenant_id == session.info["tenant"],
        rows.Linkage.grid_id.in_(ids),
        rows.Linkage.until.is_(None),
    )
    found: dict[UUID, list[rows.Linkage]] = defaultdict(list)
    for row in await session.scalars(current.order_by(rows.Linkage.since, rows.Linkage.id)):
        found[row.grid_id].append(row)
    return [found[id_] for id_ in ids]


class Served(GraphQL[dict[str, Any], None]):
    """Strawberry's own app, with the request's loaders as context."""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        """The request's session and its loaders."""
        assert isinstance(request, Request)
        assert isinstance(response, Response)
        session: AsyncSession = request.scope["session"]
        return {
            "session": session,
            "units": DataLoader(partial(_units, session)),
            "linkages": DataLoader(partial(_linkages, session)),
        }


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
app = door.opened(Served(schema, graphql_ide=None))
