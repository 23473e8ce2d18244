"""How a matter moves: one way for every act, so that no state changes without its entry and event.

`take` finds, locks and authorises; `go` changes, numbers the entry, records. Of two acts at once on
one matter the second waits for the lock, and then finds the matter where the first has left it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied, Held, authorize
from services import clock, councils, notices, packs, rows
from services.calendar import CalendarRules
from services.errors import NotFound, Refused, Said
from services.events import record, state_of
from services.matters import deadlines, evidence
from services.matters.rules import SHOWING, MatterRules
from services.matters.states import DUE, STEPS, TRANSITIONS, MatterState, leads_to
from services.matters.tables import Matter, MatterEntry, Recommendation, Visibility
from services.prepared import Prepared, put
from services.tree import UnitPath
from services.units import Unit, UnitKind

OBJECT = "matters"
# The line of S10 (单元长、楼栋长、网格长), and whoever stands above it.
LINE = (UnitKind.stairwell, UnitKind.building, UnitKind.grid)
RANKS = (*LINE, UnitKind.community, UnitKind.working_committee, UnitKind.county)
# When it first came to a state, by which the days of each step are counted.
REACHED = {
    MatterState.inquiring: ("accepted_at",),
    MatterState.preliminary: ("inquired_at",),
    MatterState.tabled: ("deliberated_at", "tabled_at"),
    MatterState.handling: ("decided_at",),
    MatterState.published: ("deliberated_at", "completed_at"),
    MatterState.closed: ("closed_at",),
}
# By these a matter comes to the round table, or leaves it.
AT_THE_TABLE = frozenset({"table", "resume", "overturn", "withdraw", "suspend", "merge"})
# Of these nobody is told: they are steps inside a step.
QUIET = frozenset({"opine", "excuse"})


class OwnMatter(Refused):
    """自己提的事项，这一步须由别人办理。
    This step of a matter is for somebody else than its raiser.
    """


class AboveTheGrid(Refused):
    """{act}：已经办过，或事项在圆桌会上，须由网格以上的单元（社区等）办理。
    {act}: only a unit above the grid, such as the community, does this now or a second time.
    """


class Raiser(Enum):
    """What part the raiser has in an act."""

    like_others = auto()
    too = auto()
    alone = auto()


# What else an act on a matter brings about: each capability adds its own.
AFTER: list[Callable[[AsyncSession, Actor, str, "Case"], Awaitable[None]]] = []


@dataclass(slots=True)
class Case:
    """A matter in hand: the row, the rules that it began under, and in which post one acts."""

    matter: Matter
    rules: MatterRules
    calendar: CalendarRules
    ranks: list[tuple[UUID, UnitKind]]
    acting: Held | None
    before: dict[str, Any]

    def unit_at(self, kind: UnitKind) -> UUID | None:
        """The unit of this kind that the place is in, or is."""
        return next((unit for unit, its_kind in self.ranks if its_kind is kind), None)

    def above(self, unit: UUID) -> UUID:
        """The unit that stands above another in the line; above a firm or an office, the community.

        Nothing stands above the topmost but itself.
        """
        ranked = [one for one, kind in self.ranks if kind in RANKS]
        if unit not in ranked:
            return self.unit_at(UnitKind.community) or ranked[-1]
        return ranked[min(ranked.index(unit) + 1, len(ranked) - 1)]


async def take(
    session: AsyncSession,
    by: Actor,
    verb: str,
    matter: UUID,
    *,
    expected_version: int | None = None,
    beside: Collection[UUID] = (),
    within: Collection[UUID] | None = None,
    raiser: Raiser = Raiser.like_others,
    merged_too: bool = False,
) -> Case:
    """A matter locked, with the actor's authority for this act looked at, and its step.

    One acts from where the matter is seen and all above it, and from the holder's and handler's
    unit; `beside` adds units, `within` takes the place of all these. What only the raiser may do is
    done for one who isn't registered by the person who took the matter down. With `merged_too`,
    those whose matters were merged into it count as its raiser.
    """
    if verb in AT_THE_TABLE:
        await hold_table(session, by, matter)
    row = await rows.find(session, Matter, by, matter, for_update=True)
    ranks = await ranks_of(session, by, row.place_id)
    reached = {*above(ranks, row.scope_id), *beside}
    reached |= {row.holder_id, row.handler_id or row.holder_id}
    raisers = await raisers_of(session, by, row) if merged_too else [(row.raiser_id, row.made_by)]
    if raiser is Raiser.alone:
        # Who took it down may have done so below where it is seen from.
        is_taken_down = (None, by.person_id) in raisers
        reached = {unit for unit, _ in ranks} if is_taken_down else set()
    is_theirs = by.person_id is not None and by.person_id in {one for one, _ in raisers}
    with unseen(by, row, ranks):
        acting = authorize(
            by, verb, OBJECT, within=reached if within is None else within,
            owner=by.person_id if is_theirs and raiser is not Raiser.like_others else None,
        )  # fmt: skip
    row.check_version(expected_version)
    leads_to(verb, MatterState(row.state), MatterState(row.step))
    return await case_of(session, by, row, ranks, acting)


@contextmanager
def unseen(by: Actor, row: Matter, ranks: list[tuple[UUID, UnitKind]]) -> Iterator[None]:
    """To whoever doesn't see a confidential matter, a denial says that there is none."""
    try:
        yield
    except Denied:
        is_secret = row.visibility == Visibility.confidential
        if is_secret and by.person_id not in (row.raiser_id, row.made_by, row.inquired_by):
            seen_in = {*above(ranks, row.scope_id), *([row.handler_id] if row.handler_id else [])}
            try:
                authorize(by, "read", OBJECT, within=seen_in)
            except Denied:
                raise NotFound(id=f"Matter:{row.id}") from None
        raise


async def raisers_of(
    session: AsyncSession, by: Actor, row: Matter
) -> list[tuple[UUID | None, UUID | None]]:
    """Who raised a matter, and all that was merged into it; each with who took it down.

    Whoever isn't registered is None.
    """
    merged = select(col(Matter.raiser_id), col(Matter.made_by)).where(
        col(Matter.tenant_id) == by.tenant_id, col(Matter.merged_into_id) == row.id
    )
    found = (await session.exec(merged)).all()  # type: ignore[call-overload]
    return [(row.raiser_id, row.made_by), *((one[0], one[1]) for one in found)]


async def hold_table(session: AsyncSession, by: Actor, matter: UUID) -> None:
    """Of an act that brings a matter to the table or off it, and an opening, one is first.

    Before the matter itself is locked: in that order a meeting's opening locks them too.
    """
    row = await rows.find(session, Matter, by, matter)
    await councils.hold(session, by, row.grid_id)


def above_the_grid(by: Actor, case: "Case", verb: str) -> Held | None:
    """The post above the grid in which one does to a matter what the grid alone doesn't."""
    higher = above(case.ranks, case.above(case.matter.grid_id))
    return authorize_above(by, verb, OBJECT, higher, TRANSITIONS[verb].label)


def authorize_above(
    by: Actor, verb: str, object_: str, higher: Collection[UUID], act: Said
) -> Held | None:
    """The post in one of the units above the grid, or a refusal that says that it takes one."""
    try:
        return authorize(by, verb, object_, within=higher)
    except Denied:
        raise AboveTheGrid(act=act) from None


async def case_of(
    session: AsyncSession,
    by: Actor,
    row: Matter,
    ranks: list[tuple[UUID, UnitKind]],
    acting: Held | None,
) -> Case:
    """A matter with the rules that it began under."""
    return Case(
        row,
        await packs.read_edition(session, by, row.pack_id, OBJECT, MatterRules),
        await packs.read_edition(session, by, row.pack_id, "calendar", CalendarRules),
        ranks,
        acting,
        state_of(row),
    )


async def go(
    session: AsyncSession,
    by: Actor,
    verb: str,
    case: Case,
    *,
    said: str | None = None,
    to: UUID | None = None,
    due_at: datetime | None = None,
    head: str | None = None,
    recommends: Recommendation | None = None,
    files: Sequence[UUID] | None = None,
) -> Matter:
    """Let the act take effect: the state, the deadline, the entry, the event, and who is told.

    `to` is who has it in hand from now on; `due_at` another deadline than the county's own.
    """
    row, was = case.matter, MatterState(case.matter.state)
    entry = {
        "unit_id": row.holder_id, "due_at": row.due_at, "said": said, "head": head,
        "recommends": recommends, "from_state": was.value,
    }  # fmt: skip
    target = leads_to(verb, was, MatterState(row.step))
    before = await latest(session, row, "suspend") if was is MatterState.suspended else None
    row.holder_id = to or row.holder_id
    row.version += 1
    if target is not was:
        _enter(case, target, before.due_at if before else None)
    row.due_at = due_at or row.due_at
    row.alarm_at = deadlines.alarm(case.rules, case.calendar, row)
    _write(session, by, case, verb, entry)
    if verb in SHOWING:
        await evidence.attach(session, by, row, case.rules, verb, files)
    for follow in AFTER:
        await follow(session, by, verb, case)
    if verb not in QUIET:
        await notices.tell(session, by, row.id, TRANSITIONS[verb].event)
    return row


def begin(session: AsyncSession, by: Actor, row: Matter, acting: Held | None) -> None:
    """The first entry and event of a matter that was just raised."""
    _put_entry(session, by, row, acting, "raise", {})
    record(session, by, "matter.raised", row, acting=acting)


def _write(
    session: AsyncSession, by: Actor, case: Case, verb: str, entry: Mapping[str, Any]
) -> None:
    """The entry and the event of an act."""
    _put_entry(session, by, case.matter, case.acting, verb, entry)
    # What was said stands in the entry, under the matter's own policy.
    note = {"entry": case.matter.version}
    record(
        session, by, TRANSITIONS[verb].event, case.matter, acting=case.acting, before=case.before,
        note=note,
    )  # fmt: skip


def _put_entry(
    session: AsyncSession, by: Actor, row: Matter, acting: Held | None, verb: str,
    entry: Mapping[str, Any],
) -> None:  # fmt: skip
    put(
        session, MatterEntry, tenant_id=by.tenant_id, matter_id=row.id, seq=row.version, verb=verb,
        to_state=row.state, to_unit_id=row.holder_id, made_by=by.person_id,
        made_as=acting.appointment_id if acting else None, **entry,
    )  # fmt: skip


def above(ranks: list[tuple[UUID, UnitKind]], unit: UUID) -> list[UUID]:
    """A unit of the place's ranks and all above it."""
    units = [one for one, _ in ranks]
    return units[units.index(unit) :] if unit in units else units


async def ranks_of(session: AsyncSession, by: Actor, unit: UUID) -> list[tuple[UUID, UnitKind]]:
    """The unit and all above it with their kinds, the nearest first."""
    found = await RANKS_OF.rows(session, tenant_id=by.tenant_id, unit_id=unit)
    return [(row[0], UnitKind(row[1])) for row in found]


async def entries(session: AsyncSession, row: Matter, *verbs: str, since: str) -> list[MatterEntry]:
    """The entries of these acts since the latest of another; of all where there was none."""
    earlier = aliased(MatterEntry)
    begun = select(func.coalesce(func.max(earlier.seq), 0)).where(
        col(earlier.tenant_id) == row.tenant_id, col(earlier.matter_id) == row.id,
        col(earlier.verb) == since,
    )  # fmt: skip
    wanted = select(MatterEntry).where(
        col(MatterEntry.tenant_id) == row.tenant_id,
        col(MatterEntry.matter_id) == row.id,
        col(MatterEntry.seq) > begun.scalar_subquery(),
        col(MatterEntry.verb).in_(verbs),
    )
    return list((await session.exec(wanted)).scalars())  # type: ignore[call-overload]


async def latest(session: AsyncSession, row: Matter, verb: str) -> MatterEntry | None:
    """The latest entry of an act on the matter."""
    wanted = select(MatterEntry).where(
        col(MatterEntry.tenant_id) == row.tenant_id,
        col(MatterEntry.matter_id) == row.id,
        col(MatterEntry.verb) == verb,
    )
    found = await session.exec(wanted.order_by(col(MatterEntry.seq).desc()).limit(1))  # type: ignore[call-overload]
    return found.scalars().first()  # type: ignore[no-any-return]


def _enter(case: Case, target: MatterState, ran: datetime | None) -> None:
    """Come to another state: its deadline begins; or the clock stops, or goes on.

    `ran` is the deadline before the clock was stopped: no stop makes it an earlier one. What comes
    to the round table again keeps the deadline that ran: only above is more time given.
    """
    row, now = case.matter, clock.now()
    was_suspended = row.state == MatterState.suspended
    is_tabled_again = target is MatterState.tabled and row.state == MatterState.handling
    row.state = target
    if target in STEPS:
        row.step = target
    if target is MatterState.suspended:
        deadlines.stop(case.rules, case.calendar, row, now)
    elif was_suspended and target in DUE:
        deadlines.go_on(case.rules, case.calendar, row, now)
        row.due_at = max(row.due_at, ran) if row.due_at and ran else row.due_at
    elif not is_tabled_again:
        row.stage, row.rung = row.version, None
        row.seconds_left = row.stage_left = row.rung_left = None
        is_due = target in DUE
        row.due_at = deadlines.of(case.rules, case.calendar, row, now) if is_due else None
    for reached in REACHED.get(target, ()):
        if getattr(row, reached) is None:
            setattr(row, reached, now)


RANKS_OF = Prepared(
    select(col(Unit.id), col(Unit.kind))
    .join(
        UnitPath,
        (col(UnitPath.tenant_id) == col(Unit.tenant_id))
        & (col(UnitPath.ancestor_id) == col(Unit.id)),
    )
    .where(
        col(Unit.tenant_id) == bindparam("tenant_id", type_=Uuid()),
        col(UnitPath.unit_id) == bindparam("unit_id", type_=Uuid()),
    )
    .order_by(col(UnitPath.depth))
)
