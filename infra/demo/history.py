"""A demo county's history (办事经过): two and a half years of matters and monthly round tables.

Every act is the real command, at its own moment (`clock.at`), by whoever holds the post. The same
county, month and grid always tell the same story. What a grid did is one transaction, so that a
load that was cut short goes on with the next grid.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from random import Random
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.demo.description import Description, Story
from policies import Actor, Held
from services import clock, files, matters, meetings, packs, publications
from services.councils import SITTING, Council, CouncilRules, CouncilSeat, SeatKind
from services.files import Content
from services.matters.tables import Channel, HandlingClass, Matter, Recommendation
from services.meetings.minutes import hash_of
from services.meetings.signing import of_meeting
from services.meetings.tables import Meeting, MeetingState
from services.posts import OF_POST, Appointment, Post, is_active
from services.units import Unit, UnitKind

DAY = timedelta(days=1)
FEWEST_MONTHS = 3
EVENING = time(19, 0)
PHONE = "1990000{:04}"
CALLERS = 9_000


@dataclass(frozen=True, slots=True)
class Cast:
    """Who acts in a grid, and the seats of its council."""

    grid: Unit
    council: Council
    place: Unit
    seats: list[CouncilSeat]
    held: dict[UUID, dict[str, Actor]]

    def of(self, role: str, unit: UUID) -> Actor:
        """Who holds a role in a unit."""
        return self.held[unit][role]

    @property
    def secretary(self) -> Actor:
        """The grid head."""
        return self.of("branch_secretary", self.grid.id)

    @property
    def worker(self) -> Actor:
        """The grid worker."""
        return self.of("grid_worker", self.grid.id)

    def sitters(self) -> dict[SeatKind, Actor]:
        """For each seat somebody who sits there, nobody on two."""
        found: dict[SeatKind, Actor] = {}
        for seat in sorted(self.seats, key=lambda one: list(SeatKind).index(SeatKind(one.kind))):
            kind = SeatKind(seat.kind)
            unit = self.grid.id if kind is SeatKind.branch else seat.unit_id
            for role in sorted(SITTING[kind]):
                actor = self.held.get(unit, {}).get(role)
                if actor and actor.person_id not in {one.person_id for one in found.values()}:
                    found.setdefault(kind, actor)
        return found


# Some of the latest month's matters were raised within so many days.
FRESH = 6


@dataclass(frozen=True, slots=True)
class Task:
    """A matter to be: when it is raised, what it is about, whether the heads settle it and whether
    it comes to its end; `is_fresh`: it was raised these days, and is at one of the first steps.
    """

    at: datetime
    story: Story
    number: int
    is_simple: bool
    is_settled: bool
    is_fresh: bool = False


@dataclass
class Told:
    """One grid's history as it is written; nothing happens after `now`."""

    session: AsyncSession
    cast: Cast
    chance: Random
    now: datetime
    photo: Content
    waiting: list[tuple[Matter, Task]] = field(default_factory=list)
    kept: list[tuple[UUID, str]] = field(default_factory=list)

    async def month(self, month: date, tasks: list[Task]) -> None:
        """The matters of a month, and its round table in the middle of it.

        What was raised only these days comes after it.
        """
        for task in tasks:
            if not task.is_fresh:
                await self._deliberate(task)
        await self._meet(month)
        for task in tasks:
            if task.is_fresh:
                await self._deliberate(task)

    async def _deliberate(self, task: Task) -> None:
        """From the raising to the heads' opinion; a simple matter on to its end."""
        cast, at = self.cast, task.at
        name, phone = self._caller(task.number)
        row = await self._at(at, matters.raise_, cast.worker, category=task.story.category,
            title=task.story.title, text=task.story.text, place=cast.place.id,
            channel=Channel.visit if task.number % 2 else Channel.phone, raiser_name=name,
            raiser_phone=phone)  # fmt: skip
        if row is None:
            return
        recommends = Recommendation.settle if task.is_simple else Recommendation.table
        steps: list[tuple[timedelta, Any, Actor, dict[str, Any]]] = [
            (self._days(0.3, 1.5), matters.accept, cast.secretary, {}),
            (self._days(0.5, 2.5), matters.inquire, cast.secretary, {"said": task.story.asked}),
            (self._days(0.5, 3), matters.opine, cast.secretary,
             {"recommends": recommends, "said": task.story.opinion}),
        ]  # fmt: skip
        for passed, act, by, more in steps:
            at += passed
            if act is matters.inquire:
                more = more | {"contacted_at": at - timedelta(hours=1)}
            if await self._at(at, act, by, matter=row.id, **more) is None:
                return
        if task.is_simple:
            at += self._days(0.2, 1)
            done = await self._at(at, matters.settle, cast.secretary, matter=row.id,
                                  decision=task.story.result)  # fmt: skip
            if done is not None:
                await self._show(row.id, task, at)
        elif task.is_fresh:
            # Whoever tries the demo tables it, or settles it.
            return
        elif await self._at(at + DAY / 8, matters.table, cast.secretary, matter=row.id) is not None:
            self.waiting.append((row, task))

    async def _meet(self, month: date) -> None:
        """The month's meeting: everything on the agenda is resolved, the minutes are signed."""
        at = datetime.combine(month.replace(day=self.chance.randint(16, 22)), EVENING, clock.CHINA)
        if at + DAY > self.now:
            return
        cast, sitters = self.cast, self.cast.sitters()
        rules = await packs.read(self.session, cast.secretary, "councils", CouncilRules)
        if len(sitters) < rules.quorum:
            # Where a county lacks parties, its round table can't meet.
            return
        with clock.at(at - 3 * DAY):
            meeting = await meetings.draft(
                self.session, cast.secretary, council=cast.council.id, planned_at=at,
                place=cast.place.name,
            )  # fmt: skip
            await meetings.convene(self.session, cast.secretary, meeting=meeting.id)
        there = self._present(sitters, rules.quorum)
        present = [actor.posts[0].appointment_id for actor in there]
        with clock.at(at):
            await meetings.open_(self.session, cast.secretary, meeting=meeting.id, present=present)
        await self._resolve(meeting, at + timedelta(minutes=40))
        signers = [sitters[kind] for kind in rules.signers if kind in sitters]
        await self._sign(meeting, signers, at + timedelta(minutes=90))

    def _present(self, sitters: dict[SeatKind, Actor], quorum: int) -> list[Actor]:
        """Everybody, but now and then one of the two who come from outside."""
        away = self.chance.choice([None, None, SeatKind.partner, SeatKind.department])
        there = [actor for kind, actor in sitters.items() if kind is not away]
        return there if len(there) >= quorum else list(sitters.values())

    async def _resolve(self, meeting: Meeting, at: datetime) -> None:
        due = (at + 20 * DAY).date()
        owner, handling_class, handler = self._handler()
        items = await meetings.filling.items_of(self.session, self.cast.secretary, meeting.id)
        tasks = {row.id: task for row, task in self.waiting}
        self.waiting = []
        for item in items:
            assert item.matter_id is not None  # noqa: S101
            task = tasks[item.matter_id]
            with clock.at(at):
                await meetings.resolve(
                    self.session, self.cast.secretary, item=item.id, text=task.story.decision,
                    handling_class=handling_class, owner=owner, due_on=due,
                )  # fmt: skip
            await self._handle(item.matter_id, task, handler, at + self._days(2, 14))

    async def _handle(self, matter: UUID, task: Task, handler: Actor, at: datetime) -> None:
        """The result with its photo, and then on to the end."""
        if at > self.now:
            return
        with clock.at(at):
            prepared = await files.prepare(
                self.session, handler, unit=self.cast.place.id, name="现场.jpg"
            )
            await self.session.flush()
            await files.store(self.session, handler, file=prepared.id, content=self.photo)
            await matters.complete(
                self.session, handler, matter=matter, result=task.story.result, files=[prepared.id]
            )
        self.kept.append((prepared.id, self.photo.sha256))
        await self._show(matter, task, at)

    async def _show(self, matter: UUID, task: Task, at: datetime) -> None:
        """Verified by another, shown in public, and closed when the window is over."""
        cast = self.cast
        at += self._days(0.5, 2)
        if await self._at(at, matters.verify, cast.worker, matter=matter,
                          said="现场看过，属实。") is None:  # fmt: skip
            return
        with clock.at(at):
            shown = await publications.propose(self.session, cast.secretary, matter=matter)
            await self.session.flush()
            await publications.approve(self.session, cast.secretary, publication=shown.id)
        await self._at(at + DAY, matters.confirm, cast.worker, matter=matter)
        if task.is_settled:
            await self._at(at + self._days(17, 20), matters.close, cast.secretary, matter=matter)

    async def _sign(self, meeting: Meeting, signers: list[Actor], at: datetime) -> None:
        secretary = self.cast.secretary
        with clock.at(at):
            await meetings.adjourn(self.session, secretary, meeting=meeting.id)
        digest = hash_of((await of_meeting(self.session, secretary, meeting.id)).text)
        for actor in signers:
            with clock.at(at + DAY / 2):
                meeting = await meetings.sign(
                    self.session, actor, meeting=meeting.id, sha256=digest
                )
        if meeting.state == MeetingState.signed:
            with clock.at(at + DAY):
                await meetings.publish(self.session, secretary, meeting=meeting.id)

    def _handler(self) -> tuple[UUID, HandlingClass, Actor]:
        """Who carries it out: mostly the firm, else a department or the community."""
        seats = {SeatKind(seat.kind): seat.unit_id for seat in self.cast.seats}
        sitters = self.cast.sitters()
        for kind, handling_class in self.chance.sample(
            [(SeatKind.firm, HandlingClass.firm)] * 3
            + [(SeatKind.department, HandlingClass.department)],
            4,
        ):
            if kind in sitters:
                return seats[kind], handling_class, sitters[kind]
        # Not the grid: its worker goes to look, and nobody verifies their own unit's work.
        above = self.cast.grid.parent_id
        assert above is not None  # noqa: S101
        return above, HandlingClass.own, self.cast.of("community_secretary", above)

    def _caller(self, number: int) -> tuple[str, str]:
        """An invented resident who called."""
        return f"住户{number % 100:02}", PHONE.format(CALLERS + number % 1_000)

    def _days(self, least: float, most: float) -> timedelta:
        return timedelta(days=self.chance.uniform(least, most))

    async def _at(self, at: datetime, act: Any, by: Actor, **given: Any) -> Matter | None:
        """An act at its moment; None where that is still to come."""
        if at > self.now:
            return None
        with clock.at(at):
            row: Matter = await act(self.session, by, **given)
        return row


def tasks_of(
    told: Description, grid: int, grids: int, months: list[date]
) -> dict[date, list[Task]]:
    """The matters of a grid, month by month: the county's number is shared out evenly."""
    chance = Random(f"{told.slug}:{grid}")  # noqa: S311 - a story, not a secret
    found: dict[date, list[Task]] = {month: [] for month in months_of(grid, grids, months)}
    # What is raised in the last two months is still under way.
    held = [(one, month) for one in range(grids) for month in months_of(one, grids, months)]
    settled = [one for one in held if one[1] in months[:-2]]
    under_way = [one for one in held if one[1] in months[-2:]]
    plan = list(enumerate(_spread(settled, told.history.settled)))
    rest = told.history.matters - told.history.settled
    plan += enumerate(_spread(under_way, rest), told.history.settled)
    for number, (where, month) in plan:
        if where != grid:
            continue
        begun = datetime.combine(month.replace(day=chance.randint(1, 7)), time(9), clock.CHINA)
        story = told.history.stories[number % len(told.history.stories)]
        at = begun + timedelta(hours=chance.uniform(0, 8))
        is_settled = number < told.history.settled
        fresh = clock.today() - (1 + number % FRESH) * DAY
        is_fresh = not is_settled and number % 2 == 0 and fresh >= month == months[-1]
        if is_fresh:
            at = datetime.combine(fresh, at.astimezone(clock.CHINA).time(), clock.CHINA)
        found[month].append(Task(at, story, number, number % 5 < 2, is_settled, is_fresh))
    return found


def _spread(held: list[tuple[int, date]], number: int) -> list[tuple[int, date]]:
    """So many of a grid's months, as evenly as they can be taken."""
    return [held[n * len(held) // number] for n in range(number)]


def months_of(grid: int, grids: int, months: list[date]) -> list[date]:
    """The months of a grid's round table: tried in a few grids first, then in more and more."""
    share = (1 - grid / grids) ** 2
    return months[-max(FEWEST_MONTHS, round(len(months) * share)) :]


def months_until(today: date, number: int) -> list[date]:
    """The first days of so many months, this one the last."""
    month, found = today.replace(day=1), []
    for _ in range(number):
        found.append(month)
        month = (month - DAY).replace(day=1)
    return found[::-1]


async def casts(session: AsyncSession, tenant_id: UUID, slug: str) -> list[Cast]:
    """Every grid with a council, and who acts there."""
    actors = await actors_of(session, tenant_id, slug)
    units = {unit.id: unit for unit in await _all(session, tenant_id, Unit)}
    seats: dict[UUID, list[CouncilSeat]] = {}
    for seat in await _all(session, tenant_id, CouncilSeat):
        seats.setdefault(seat.council_id, []).append(seat)
    estates = {
        unit.parent_id: unit
        for unit in units.values()
        if unit.kind == UnitKind.estate and unit.until is None
    }
    return [
        Cast(units[one.grid_id], one, estates[one.grid_id], seats.get(one.id, []), actors)
        for one in await _all(session, tenant_id, Council)
    ]


async def actors_of(
    session: AsyncSession, tenant_id: UUID, slug: str
) -> dict[UUID, dict[str, Actor]]:
    """Who holds which role in which unit, the longest in office."""
    serving = (
        select(Appointment, Post.role)
        .join(Post, OF_POST)
        .where(Appointment.tenant_id == tenant_id, is_active())
        .order_by(col(Appointment.starts_at), col(Appointment.id))
    )
    rows = (await session.exec(serving)).all()
    held: dict[UUID, list[Held]] = {}
    for row, role in rows:
        held.setdefault(row.person_id, []).append(Held(row.id, role, row.unit_id))
    found: dict[UUID, dict[str, Actor]] = {}
    for row, role in rows:
        # The post that it is about comes first: by it they sit and sign.
        first = [one for one in held[row.person_id] if one.appointment_id == row.id]
        rest = [one for one in held[row.person_id] if one.appointment_id != row.id]
        actor = Actor(tenant_id, slug, person_id=row.person_id, posts=(*first, *rest))
        found.setdefault(row.unit_id, {}).setdefault(role, actor)
    return found


async def _all(session: AsyncSession, tenant_id: UUID, table: Any) -> list[Any]:
    rows = await session.exec(select(table).where(table.tenant_id == tenant_id).order_by(table.id))
    return list(rows.all())


def content_of(kept: bytes) -> Content:
    """What the one photo of the history is, as it is kept."""
    digest = sha256(kept).hexdigest()
    return Content("image/jpeg", len(kept), digest, digest, 320, 240)
