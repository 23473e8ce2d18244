"""A matter's way, walked by the persons it takes: for tests that need a matter somewhere on it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from sqlmodel import col, select

from policies import Actor
from services import clock, councils, files, matters, objections, publications
from services.matters.states import MatterState
from services.matters.tables import (
    HandlingClass,
    Matter,
    MatterEntry,
    Recommendation,
    Visibility,
)
from services.objections import Objection
from services.publications import Publication
from tests.county import County, Tree

STORY = "楼道灯坏了一个星期，老人晚上上楼不便。"


@dataclass(frozen=True)
class Way:
    """The standard tree with somebody in each post of the line, and the raiser."""

    county: County
    tree: Tree
    resident: Actor
    stairwell_head: Actor
    building_head: Actor
    secretary: Actor
    worker: Actor
    member: Actor
    community: Actor
    firm: Actor

    @classmethod
    async def of(
        cls, county: County, tree: Tree | None = None, *, has_council: bool = True
    ) -> Self:
        """Appoint everybody in a county, and form the first grid's round table."""
        tree = tree or await county.tree()
        grid = tree.grids[0]
        way = cls(
            county,
            tree,
            resident=await county.actor("resident", tree.estate),
            stairwell_head=await county.actor("stairwell_head", tree.stairwell),
            building_head=await county.actor("building_head", tree.building),
            secretary=await county.actor("branch_secretary", grid),
            worker=await county.actor("grid_worker", grid),
            member=await county.actor("party_member", tree.branch),
            community=await county.actor("community_secretary", tree.communities[0]),
            firm=await county.actor("firm_staff", tree.firm),
        )
        if not has_council:
            return way
        async with county.session() as session:
            await councils.form(session, way.community, grid=grid.id, name="第一网格圆桌议事会")
        return way

    async def do(self, verb: str, by: Actor, matter: UUID, **more: Any) -> Matter:
        """One act in a transaction of its own."""
        name = {"return": "return_"}.get(verb, verb)
        async with self.county.session() as session:
            row: Matter = await getattr(matters, name)(session, by, matter=matter, **more)
        return row

    async def raised(self, by: Actor | None = None, **more: Any) -> Matter:
        """A matter that the resident has just raised at their stairwell."""
        given: dict[str, Any] = {
            "category": "facilities", "title": "楼道灯不亮", "text": STORY,
            "place": self.tree.stairwell.id,
        } | more  # fmt: skip
        async with self.county.session() as session:
            return await matters.raise_(session, by or self.resident, **given)

    async def accepted(self, **more: Any) -> Matter:
        """A matter that came up the line and was accepted: a member is to ask."""
        row = await self.raised(**more)
        if row.holder_id == self.tree.stairwell.id:
            row = await self.do("pass_on", self.stairwell_head, row.id)
        if row.holder_id == self.tree.building.id:
            row = await self.do("pass_on", self.building_head, row.id)
        return await self.do("accept", self.secretary, row.id)

    async def inquired(self, **more: Any) -> Matter:
        """A matter whose raiser was asked: the heads are to give their opinions."""
        row = await self.accepted(**more)
        is_secret = row.visibility == Visibility.confidential
        asks = self.secretary if is_secret else self.member
        return await self.do("inquire", asks, row.id, contacted_at=clock.now(), said="已上门了解。")

    async def deliberated(
        self, recommends: Recommendation = Recommendation.table, **more: Any
    ) -> Matter:
        """A matter on which every head has given an opinion."""
        row = await self.inquired(**more)
        for head in (self.stairwell_head, self.building_head, self.secretary):
            row = await self.do("opine", head, row.id, recommends=recommends, said="同意。")
        return row

    async def tabled(self, **more: Any) -> Matter:
        """A matter that waits for the round table."""
        row = await self.deliberated(**more)
        return await self.do("table", self.secretary, row.id)

    async def settled(self, **more: Any) -> Matter:
        """A matter that the heads have settled at once."""
        row = await self.deliberated(Recommendation.settle, **more)
        return await self.do("settle", self.secretary, row.id, decision="已换灯。")

    async def reworked(self, **more: Any) -> Matter:
        """A matter in handling, by the way of a settlement that was sent back."""
        row = await self.settled(**more)
        row = await self.do("rework", self.worker, row.id, reason="灯又坏了")
        return await self.do(
            "assign", self.secretary, row.id, handling_class=HandlingClass.firm,
            handler=self.tree.firm.id, due_on=clock.today() + timedelta(days=10),
        )  # fmt: skip

    async def completed(self, **more: Any) -> Matter:
        """A matter whose handler, the firm, has reported the result."""
        row = await self.reworked(**more)
        return await self.complete(row.id)

    async def complete(self, matter: UUID, by: Actor | None = None) -> Matter:
        """The result reported with a photo of it, by the firm if nobody is named."""
        who = by or self.firm
        return await self.do(
            "complete", who, matter, result="已更换整条线路。", files=[await self.photo(who)]
        )

    async def photo(self, by: Actor) -> UUID:
        """A file that somebody has uploaded."""
        async with self.county.session() as session:
            prepared = await files.prepare(session, by, unit=self.tree.estate.id, name="现场.jpg")
        digest = uuid4().hex * 2
        async with self.county.session() as session:
            content = files.Content("image/jpeg", 1024, digest, digest, 640, 480)
            await files.store(session, by, file=prepared.id, content=content)
        return prepared.id

    async def at(self, state: MatterState) -> Matter:
        """A matter in this state."""
        made: dict[MatterState, Callable[[], Awaitable[Matter]]] = {
            MatterState.raised: self.raised,
            MatterState.inquiring: self.accepted,
            MatterState.preliminary: self.inquired,
            MatterState.tabled: self.tabled,
            MatterState.handling: self.reworked,
            MatterState.published: self.completed,
            MatterState.closed: self.closed,
        }
        return await made[state]() if state in made else await self._beside(state)

    async def verified(self, **more: Any) -> Matter:
        """A matter whose result another has seen."""
        row = await self.completed(**more)
        return await self.do("verify", self.worker, row.id, said="现场看过。")

    async def proposed(self, matter: UUID) -> Publication:
        """What the software would show of a matter."""
        async with self.county.session() as session:
            return await publications.propose(session, self.worker, matter=matter)

    async def published(self, matter: UUID, *, days_ago: int = 0) -> Publication:
        """A matter shown in public, by the secretary, so many days ago."""
        proposed = await self.proposed(matter)
        with clock.at(clock.now() - timedelta(days=days_ago)):
            async with self.county.session() as session:
                return await publications.approve(session, self.secretary, publication=proposed.id)

    async def objection(
        self, matter: UUID, by: Actor | None = None, text: str = "没修好"
    ) -> Objection:
        """An objection by the raiser, if by nobody else."""
        async with self.county.session() as session:
            return await objections.raise_(session, by or self.resident, matter=matter, text=text)

    async def closed(self, **more: Any) -> Matter:
        """A matter at its end: verified, shown, and its window over."""
        row = await self.verified(**more)
        await self.published(row.id, days_ago=60)
        return await self.do("close", self.secretary, row.id)

    async def _beside(self, state: MatterState) -> Matter:
        """A matter that has left the way, from where it most easily does."""
        verb, by, more = {
            MatterState.returned: ("return", self.secretary, {}),
            MatterState.suspended: ("suspend", self.secretary, {}),
            MatterState.withdrawn: ("withdraw", self.resident, {}),
            MatterState.merged: ("merge", self.secretary, {"into": self.raised}),
            MatterState.refused: ("refuse", self.secretary, {}),
            MatterState.appealed: ("appeal", self.resident, {}),
            MatterState.upheld: ("uphold", self.community, {}),
        }[state]
        before = {
            MatterState.suspended: MatterState.inquiring,
            MatterState.appealed: MatterState.refused,
            MatterState.upheld: MatterState.appealed,
        }
        row = await self.at(before.get(state, MatterState.raised))
        given = {name: (await make()).id for name, make in more.items()}
        return await self.do(verb, by, row.id, reason="试验的理由", **given)

    async def seen(self, matter: UUID) -> Matter:
        """A matter as it stands."""
        async with self.county.session(read_only=True) as session:
            return (await session.exec(select(Matter).where(Matter.id == matter))).one()

    async def due(self, matter: UUID) -> datetime | None:
        """When a matter is due now."""
        wanted = select(Matter.due_at).where(
            Matter.tenant_id == self.county.id, Matter.id == matter
        )
        async with self.county.session(read_only=True) as session:
            return (await session.exec(wanted)).one()

    async def entries(self, matter: UUID) -> list[MatterEntry]:
        """Every entry of a matter, in order."""
        wanted = (
            select(MatterEntry)
            .where(MatterEntry.tenant_id == self.county.id, MatterEntry.matter_id == matter)
            .order_by(col(MatterEntry.seq))
        )
        async with self.county.session(read_only=True) as session:
            return list((await session.exec(wanted)).all())
