"""A county of one's own for each test: founded as any is, so that no test meets another's rows.

What a test needs of people and units is done by the real commands, as the founders would do it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any, Self
from uuid import UUID

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from infra.database import Database
from policies import Actor
from services import appointments, clock, packs, people, posts, rows, tenants, units
from services.events import Event
from services.grants import RoleRules
from services.packs import Pack
from services.people import Person
from services.posts import Appointment, Post
from services.tables import Tenant
from services.units import Unit, UnitKind

FOUNDERS = {
    "county_administrator": "管理员甲",
    "security_administrator": "安全员乙",
    "auditor": "审计员丙",
    "working_officer": "干部丁",
}
NUMBERS = count(1)


@dataclass(frozen=True)
class Tree:
    """A small standard tree; the estate and the branch are in the first grid."""

    working_committee: Unit
    communities: tuple[Unit, Unit]
    grids: tuple[Unit, Unit]
    estate: Unit
    building: Unit
    stairwell: Unit
    branch: Unit
    committee: Unit
    firm: Unit


@dataclass
class County:
    """A new county and its founders; `administrator` proposes, `security` confirms."""

    database: Database
    tenant: Tenant
    root: Unit
    founders: Mapping[str, Actor]
    posts: dict[tuple[UUID, str], Post] = field(default_factory=dict)

    @classmethod
    async def new(
        cls,
        database: Database,
        slug: str | None = None,
        document: Mapping[str, Any] | None = None,
        *,
        tenant_id: UUID | None = None,
        founders: Mapping[str, str] = FOUNDERS,
    ) -> Self:
        """Found a county; what the pack's `document` doesn't say is the product's default."""
        identity = tenant_id or uuid7()
        name = slug or f"county-{identity.hex[-12:]}"
        async with database.owner_session(identity) as session:
            founding = await tenants.create(
                session, tenant_id=identity, slug=name, name="试验县", name_en="Trial county",
                founders=founders, document=document,
            )  # fmt: skip
            actors = {
                role: await _actor(session, founding.tenant, person)
                for role, person in founding.people.items()
            }
        return cls(database, founding.tenant, founding.root, actors)

    @property
    def id(self) -> UUID:
        """The tenant's id."""
        return self.tenant.id

    @property
    def slug(self) -> str:
        """The county's name in addresses."""
        return self.tenant.slug

    @property
    def administrator(self) -> Actor:
        """The founder who configures the county."""
        return self.founders["county_administrator"]

    @property
    def security(self) -> Actor:
        """The founder who confirms appointments."""
        return self.founders["security_administrator"]

    @asynccontextmanager
    async def session(self, *, read_only: bool = False) -> AsyncIterator[AsyncSession]:
        """One transaction in this county."""
        async with self.database.session(self.id, read_only=read_only) as session:
            yield session

    async def unit(self, kind: str, name: str, parent: Unit | None = None, **known: Any) -> Unit:
        """Found a unit, below the county itself if no parent is given."""
        above = (parent or self.root).id
        async with self.session() as session:
            return await units.found(
                session, self.administrator, kind=UnitKind(kind), name=name, parent=above, **known
            )

    async def person(self, name: str | None = None, **known: Any) -> Person:
        """Register a person; `known` is what else `people.register` takes."""
        async with self.session() as session:
            return await people.register(
                session, self.administrator, name=name or f"居民{next(NUMBERS)}", **known
            )

    async def appoint(
        self,
        person: Person,
        role: str,
        unit: Unit,
        *,
        seats: int = 100,
        starts_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> Appointment:
        """Appoint a person: proposed by one founder, confirmed by another."""
        post = await self.post(role, unit, seats=seats)
        async with self.session() as session:
            proposed = await appointments.propose(
                session, self.administrator, person=person.id, post=post.id,
                starts_at=starts_at, ends_at=ends_at, ground="试验任命",
            )  # fmt: skip
            await session.flush()
            return await appointments.confirm(session, self.security, appointment=proposed.id)

    async def post(self, role: str, unit: Unit, *, seats: int = 100) -> Post:
        """The post of a role in a unit, created when first asked for."""
        known = self.posts.get((unit.id, role))
        if known is not None:
            return known
        async with self.session() as session:
            post = await appointments.create_post(
                session, self.administrator, unit=unit.id, role=role, title=role, seats=seats
            )
        return self.posts.setdefault((unit.id, role), post)

    async def actor(self, role: str, unit: Unit | None = None) -> Actor:
        """A new person really appointed to the role, at the county's top if no unit is given."""
        person = await self.person()
        await self.appoint(person, role, unit or self.root)
        return await self.reload(person.id)

    async def reload(self, person: UUID | None) -> Actor:
        """A person as an actor, in the posts held at this moment."""
        async with self.session() as session:
            row = await people.find(session, self.administrator, person or UUID(int=0))
            return await _actor(session, self.tenant, row)

    async def tree(self) -> Tree:
        """A standard tree: two communities with a grid each, one estate with its three parties."""
        top = await self.unit("working_committee", "城市社区党工委")
        one = await self.unit("community", "东街社区", top)
        two = await self.unit("community", "西街社区", top)
        grid = await self.unit("grid", "第一网格", one)
        estate = await self.unit("estate", "桂花园", grid)
        building = await self.unit("building", "1栋", estate)
        return Tree(
            working_committee=top,
            communities=(one, two),
            grids=(grid, await self.unit("grid", "第二网格", two)),
            estate=estate,
            building=building,
            stairwell=await self.unit("stairwell", "1单元", building),
            branch=await self.unit("party_branch", "第一网格党支部", grid),
            committee=await self.unit("owners_committee", "桂花园业委会", estate),
            firm=await self.unit("firm", "安居物业"),
        )

    async def events(self, name: str | None = None) -> int:
        """How many events there are: a refused command leaves the number as it was."""
        counted = select(func.count()).select_from(Event).where(Event.tenant_id == self.id)
        async with self.session(read_only=True) as session:
            return (
                await session.exec(counted.where(Event.name == name) if name else counted)
            ).one()


async def adopt(session: AsyncSession, county: County, document: Mapping[str, Any]) -> Pack:
    """Make it the county's pack: proposed by one founder, approved by another."""
    proposed = await packs.propose(
        session, county.administrator, document=dict(document), reason="试验"
    )
    await session.flush()
    await packs.approve(session, county.security, proposal=proposed.id)
    row = await packs.activate(session, county.administrator, proposal=proposed.id)
    assert row.pack_id is not None
    return await rows.find(session, Pack, county.administrator, row.pack_id)


async def _actor(session: AsyncSession, tenant: Tenant, person: Person) -> Actor:
    held, _ = await posts.held_now(session, tenant.id, person.id, clock.now())
    bare = Actor(tenant.id, tenant.slug, person_id=person.id, posts=held)
    rules = await packs.read(session, bare, "roles", RoleRules)
    return replace(bare, changes=rules.changes)
