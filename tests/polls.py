"""A vote's way, walked by the persons it takes: an estate with owners, and those who hold the vote.

Flats are of a hundred square metres unless something else is said, each with an owner of its own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from sqlmodel import col, select
from uuid_utils.compat import uuid7

from policies import Actor
from services import clock, files, rows
from services.ballots import casting, papers
from services.ballots.tables import Ballot
from services.clock import CHINA
from services.files import Content
from services.ownerships import Ownership, OwnershipState
from services.people import Person
from services.prepared import put
from services.property_units import AreaSource, PropertyUnit, PropertyUse
from services.votes import counting, drafting, holding
from services.votes.counting import Line
from services.votes.states import questions_of
from services.votes.tables import RollHolder, Vote, VoteItem, VoteQuestion
from tests.county import County, Tree

DRAFTED = datetime(2026, 3, 2, 9, tzinfo=CHINA)
OPENS, CLOSES = DRAFTED + timedelta(days=20), DRAFTED + timedelta(days=30)
VOTING = OPENS + timedelta(hours=1)
OVER = CLOSES + timedelta(hours=1)
BEGUN = date(2024, 1, 1)
NOBODY = UUID(int=0)


@dataclass
class Poll:
    """An estate with its owners, its committee, the community above and a grid worker."""

    county: County
    tree: Tree
    chair: Actor
    member: Actor
    community: Actor
    worker: Actor
    bureau: Actor
    owners: list[Actor] = field(default_factory=list)
    units: list[UUID] = field(default_factory=list)
    vote: UUID = NOBODY
    questions: list[UUID] = field(default_factory=list)

    @classmethod
    async def of(cls, county: County, flats: int = 4, tree: Tree | None = None) -> Self:
        """Appoint everybody, and fill the register."""
        tree = tree or await county.tree()
        poll = cls(
            county,
            tree,
            chair=await county.actor("committee_member", tree.committee),
            member=await county.actor("committee_member", tree.committee),
            community=await county.actor("community_secretary", tree.communities[0]),
            worker=await county.actor("grid_worker", tree.grids[0]),
            bureau=await county.actor("housing_officer"),
        )
        await poll.fill(flats)
        return poll

    async def fill(self, flats: int) -> None:
        """So many flats more, each with an owner of its own."""
        first = len(self.units)
        async with self.county.session() as session:
            for number in range(first, first + flats):
                person = uuid7()
                put(session, Person, tenant_id=self.county.id, id=person, name=f"业主{number}",
                    key_number=1)  # fmt: skip
                self.owners.append(Actor(self.county.id, self.county.slug, person_id=person))
                self.units.append(self._unit(session, f"1-{number:05}"))
                self._own(session, self.units[-1], person)

    async def unit(self, number: str, *holders: UUID, **said: Any) -> UUID:
        """A unit more, held by these persons in equal shares."""
        async with self.county.session() as session:
            unit = self._unit(session, number, **said)
            for holder in holders:
                self._own(session, unit, holder, denominator=len(holders))
        return unit

    def _unit(self, session: Any, number: str, **said: Any) -> UUID:
        unit = uuid7()
        known: dict[str, Any] = {
            "area": Decimal(100), "use": PropertyUse.dwelling, "unit_id": self.tree.building.id,
        }  # fmt: skip
        put(
            session, PropertyUnit, tenant_id=self.county.id, id=unit, number=number,
            estate_id=self.tree.estate.id, area_source=AreaSource.register, since=BEGUN,
            **(known | said),
        )  # fmt: skip
        return unit

    def _own(self, session: Any, unit: UUID, person: UUID, denominator: int = 1) -> None:
        put(session, Ownership, tenant_id=self.county.id, property_unit_id=unit, person_id=person,
            denominator=denominator, since=BEGUN, ground="不动产权证",
            state=OwnershipState.verified)  # fmt: skip

    async def drafted(self, *items: VoteItem, **said: Any) -> Vote:
        """A draft of the committee, with a question for each of these items."""
        known: dict[str, Any] = {
            "scope": self.tree.estate.id, "convener": self.tree.committee.id,
            "title": "选聘物业企业", "text": "请各位业主表决。", "opens_at": OPENS,
            "closes_at": CLOSES,
        }  # fmt: skip
        with clock.at(DRAFTED):
            async with self.county.session() as session:
                row = await drafting.draft(session, self.chair, **(known | said))
                self.vote = row.id
                await session.flush()
                for item in items or (VoteItem.firm,):
                    await drafting.ask(
                        session, self.chair, vote=row.id, item=item, text="是否同意？"
                    )
                    await session.flush()
            async with self.county.session(read_only=True) as session:
                asked = await questions_of(session, self.chair, self.vote)
                self.questions = [one.id for one in asked]
        return row

    async def noticed(self, *items: VoteItem, **said: Any) -> Vote:
        """A vote whose notice is out."""
        await self.drafted(*items, **said)
        return await self.announced()

    async def announced(self) -> Vote:
        """The draft, reviewed, and its notice given."""
        await self.do(drafting.review, self.community, at=DRAFTED)
        row: Vote = await self.do(drafting.announce, self.chair, at=DRAFTED)
        return row

    async def opened(self, *items: VoteItem, **said: Any) -> Vote:
        """A vote that is open, its roll frozen by the clock."""
        await self.noticed(*items, **said)
        await self.look(VOTING)
        return await self.seen()

    async def closed(self) -> Vote:
        """The open vote, closed by the clock."""
        await self.look(OVER)
        return await self.seen()

    async def counted(self, at: datetime = OVER) -> list[VoteQuestion]:
        """The closed vote, counted; its questions with what came of them."""
        await self.do(counting.count, self.chair, at=at)
        async with self.county.session(read_only=True) as session:
            return await questions_of(session, self.chair, self.vote)

    async def do(self, command: Any, by: Actor, *, at: Any = VOTING, **said: Any) -> Any:
        """One command about the vote, or about something of it, at a moment."""
        about = {"ballot", "holder", "proxy", "objection", "question", "vote"}
        given = said if about & set(said) else {"vote": self.vote, **said}
        with clock.at(at):
            async with self.county.session() as session:
                return await command(session, by, **given)

    async def look(self, at: datetime) -> int:
        """What the clock does at a moment."""
        by = Actor(self.county.id, self.county.slug)
        with clock.at(at):
            async with self.county.session() as session:
                return await holding.look(session, by, at=at, most=100)

    async def cast(self, owner: int | Actor, choice: str = "consent", **said: Any) -> casting.Cast:
        """An owner's own ballot, of one mind on every question unless more is said."""
        by = self.owners[owner] if isinstance(owner, int) else owner
        done: casting.Cast = await self.do(
            casting.cast, by, **({choice: self.questions} if choice else {}), **said
        )
        return done

    async def enter(
        self, holder: UUID, choice: str = "consent", by: Actor | None = None, **said: Any
    ) -> Ballot:
        """A ballot on paper, entered by the grid worker unless somebody else is said."""
        by = by or self.worker
        scan = said.pop("scan", None) or await self.file(by)
        done: Ballot = await self.do(
            papers.enter, by, holder=holder, scan=scan, **{choice: self.questions}, **said
        )
        return done

    async def confirm(
        self, ballot: Ballot, choice: str = "consent", by: Actor | None = None
    ) -> Any:
        """Confirmed by the community, reading it so."""
        return await self.do(
            papers.confirm, by or self.community, ballot=ballot.id, **{choice: self.questions}
        )

    async def file(self, by: Actor, data: bytes | None = None) -> UUID:
        """A stored file of theirs, of these bytes or of its own."""
        async with self.county.session() as session:
            made = await files.prepare(session, by, unit=self.tree.estate.id, name="扫描件.pdf")
            await session.flush()
            data = data or b"%PDF-" + made.id.bytes
            digest = hashlib.sha256(data).hexdigest()
            await session.info["store"]().write(self.county.id, made.id, digest, data)
            content = Content("application/pdf", len(data), digest, digest)
            await files.store(session, by, file=made.id, content=content)
        return made.id

    async def seen(self) -> Vote:
        """The vote as it is now."""
        async with self.county.session(read_only=True) as session:
            return await rows.find(session, Vote, self.chair, self.vote)

    async def roll(self) -> Sequence[Line]:
        """Its roll."""
        async with self.county.session(read_only=True) as session:
            return await counting.entries(session, self.chair, self.vote)

    async def holder(self, person: Actor | UUID, entry: UUID | None = None) -> UUID:
        """A person's place on the roll."""
        id_ = person if isinstance(person, UUID) else person.person_id
        mine = select(RollHolder.id).where(
            RollHolder.tenant_id == self.county.id, RollHolder.vote_id == self.vote,
            RollHolder.person_id == id_,
        )  # fmt: skip
        wanted = mine if entry is None else mine.where(RollHolder.entry_id == entry)
        async with self.county.session(read_only=True) as session:
            return (await session.exec(wanted.order_by(col(RollHolder.id)))).first() or NOBODY
