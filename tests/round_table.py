"""A round table with its six parties, for tests that need a meeting somewhere on its way."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select

from policies import Actor
from services import clock, councils, meetings, resolutions
from services.councils import Council, SeatKind
from services.matters.tables import HandlingClass
from services.meetings.minutes import hash_of
from services.meetings.tables import AgendaItem, Meeting, Minutes, Resolution
from tests.way import Way

VERBS = {"open": "open_"}


@dataclass(frozen=True)
class RoundTable:
    """The first grid's round table; `sitters` are who sits for each party."""

    way: Way
    council: Council
    sitters: dict[SeatKind, Actor]

    @classmethod
    async def of(cls, way: Way) -> Self:
        """Fill the seats of the council."""
        county, tree = way.county, way.tree
        partner = await county.unit("co_building_unit", "县图书馆")
        department = await county.unit("linked_department", "县城市管理局")
        async with county.session() as session:
            council = await councils.of_grid(session, way.community, tree.grids[0].id)
        assert council is not None
        seats = {
            SeatKind.branch: tree.branch, SeatKind.committee: tree.committee,
            SeatKind.firm: tree.firm, SeatKind.grid_worker: tree.grids[0],
            SeatKind.partner: partner, SeatKind.department: department,
        }  # fmt: skip
        for kind, unit in seats.items():
            async with county.session() as session:
                await councils.seat(
                    session, way.community, council=council.id, kind=kind, unit=unit.id
                )
        return cls(
            way,
            council,
            {
                SeatKind.branch: way.secretary,
                SeatKind.committee: await county.actor("committee_member", tree.committee),
                SeatKind.firm: way.firm,
                SeatKind.grid_worker: way.worker,
                SeatKind.partner: await county.actor("partner_delegate", partner),
                SeatKind.department: await county.actor("department_officer", department),
            },
        )

    def present(self, *but: SeatKind) -> list[UUID]:
        """The appointments of everybody who sits there, without these parties."""
        return [
            actor.posts[0].appointment_id for kind, actor in self.sitters.items() if kind not in but
        ]

    async def do(self, verb: str, by: Actor | None = None, **given: Any) -> Any:
        """One act on a meeting in a transaction of its own; by the grid head if nobody is named."""
        async with self.way.county.session() as session:
            act = getattr(meetings, VERBS.get(verb, verb))
            return await act(session, by or self.way.secretary, **given)

    async def drafted(self, **ahead: int) -> Meeting:
        """A meeting that is planned so far ahead, a day if nothing is said."""
        row: Meeting = await self.do(
            "draft", council=self.council.id, place="红色驿站",
            planned_at=clock.now() + timedelta(**(ahead or {"days": 1})),
        )  # fmt: skip
        return row

    async def convened(self, **ahead: int) -> Meeting:
        """A meeting with everything on its agenda that is tabled."""
        row: Meeting = await self.do("convene", meeting=(await self.drafted(**ahead)).id)
        return row

    async def opened(self, *but: SeatKind) -> Meeting:
        """A meeting in session."""
        row: Meeting = await self.do(
            "open", meeting=(await self.convened()).id, present=self.present(*but)
        )
        return row

    async def resolved(self, item: UUID) -> Resolution:
        """An item resolved: the firm carries it out."""
        row: Resolution = await self.do(
            "resolve", item=item, text="由物业更换线路。", handling_class=HandlingClass.firm,
            owner=self.way.tree.firm.id, due_on=clock.today() + timedelta(days=10),
        )  # fmt: skip
        return row

    async def adjourned(self) -> Meeting:
        """A meeting about one matter, resolved, with its minutes drafted."""
        await self.way.tabled()
        meeting = await self.opened()
        for item in await self.items(meeting.id):
            await self.resolved(item.id)
        row: Meeting = await self.do("adjourn", meeting=meeting.id)
        return row

    async def signed(self) -> Meeting:
        """A meeting whose minutes all have signed who should."""
        meeting = await self.adjourned()
        for kind in (SeatKind.branch, SeatKind.committee, SeatKind.firm):
            meeting = await self.sign(meeting.id, kind)
        return meeting

    async def sign(self, meeting: UUID, kind: SeatKind) -> Meeting:
        """A party's signature under the minutes as they stand."""
        text = (await self.minutes(meeting)).text
        row: Meeting = await self.do(
            "sign", self.sitters[kind], meeting=meeting, sha256=hash_of(text)
        )
        return row

    async def items(self, meeting: UUID) -> list[AgendaItem]:
        """The agenda of a meeting."""
        async with self.way.county.session(read_only=True) as session:
            return await meetings.filling.items_of(session, self.way.secretary, meeting)

    async def resolutions(self, matter: UUID) -> list[str]:
        """Where each resolution of a matter stands, the first first."""
        async with self.way.county.session(read_only=True) as session:
            wanted = select(Resolution).where(Resolution.matter_id == matter)
            found = (await session.exec(wanted)).all()
            return [one.state for one in sorted(found, key=lambda one: one.id)]

    async def minutes(self, meeting: UUID) -> Minutes:
        """The minutes of a meeting."""
        async with self.way.county.session(read_only=True) as session:
            wanted = select(Minutes).where(Minutes.meeting_id == meeting)
            return (await session.exec(wanted)).one()

    async def sql(self, statement: str) -> None:
        """What somebody writes past the commands."""
        async with self.way.county.session() as session:
            await session.exec(text(statement))  # type: ignore[call-overload]

    async def resolution(self, resolution: UUID) -> Resolution:
        """A resolution as it is now."""
        async with self.way.county.session(read_only=True) as session:
            wanted = select(Resolution).where(Resolution.id == resolution)
            return (await session.exec(wanted)).one()

    async def carry(self, verb: str, by: Actor, resolution: UUID, **more: Any) -> Resolution:
        """One act on a resolution."""
        async with self.way.county.session() as session:
            row: Resolution = await getattr(resolutions, verb)(
                session, by, resolution=resolution, **more
            )
        return row
