"""Turns (各轮): what the clock does of register imports, one county's one after the other.

A turn is a transaction: some rows compared, some recorded, some verified. What is cut short is done
again from where the last turn ended. All or nothing is one turn: nobody ever sees the half of it,
and where it is cut short nothing of it was.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Denied, Held, authorize
from services import authority, sealing, units
from services.alarms import ALARMS, Alarm
from services.errors import Refused
from services.events import record, state_of
from services.ownerships import Ownership, OwnershipState
from services.ownerships import settle as settle_ownership
from services.prepared import DRIVER
from services.register_imports import register, stages
from services.register_imports.comparing import Given, Outcome, compare
from services.register_imports.reading import Entry
from services.register_imports.recording import Posts, Recorder
from services.register_imports.register import Places
from services.register_imports.stages import SOME, Taken, some
from services.register_imports.tables import (
    OPEN,
    WORK,
    Halt,
    ImportMode,
    ImportState,
    RegisterImport,
    RowState,
)
from services.sealing import Keys
from services.units import UnitClosed

# Of two processes one alone works at a county's imports.
HOLD = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
# Units are added to the estate, and numbered there, under this lock; who refers to it goes on.
ESTATE = "select name from unit where tenant_id = $1 and id = $2 {lock}"
SOUND = (RowState.good, RowState.unchanged)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows: up to which unit, their states before, and what the sound ones come to now."""

    last: str
    before: Mapping[UUID, RowState]
    found: Sequence[Outcome]

    def of(self, state: RowState) -> list[Outcome]:
        """Those that come to this."""
        return [one for one in self.found if one.state is state]

    @property
    def wrong(self) -> list[Outcome]:
        """Those that can't come in any more."""
        return self.of(RowState.bad)


@dataclass(frozen=True, slots=True)
class Work:
    """What a turn works with."""

    session: AsyncSession
    by: Actor
    row: RegisterImport
    keys: Keys
    places: Places

    async def compared(self, taken: Sequence[Taken], *, for_update: bool) -> list[Outcome]:
        """What rows come to beside the register as it is now."""
        entries = await asyncio.to_thread(self._opened, taken)
        known = await register.look_up(
            self.session, self.by, self.keys, self.row.estate_id, [one for _, one in entries],
            for_update=for_update,
        )  # fmt: skip
        given = Given.of(self.row)
        return await asyncio.to_thread(compare, entries, known, self.places, given)

    def _opened(self, taken: Sequence[Taken]) -> list[tuple[UUID, Entry]]:
        return [(one.id, one.entry(self.keys)) for one in taken]

    async def batches(self, most: int | None) -> list[Batch]:
        """The next rows, compared once more; what they are compared with is held until they are
        recorded.
        """
        found: list[Batch] = []
        reached = self.row.reached
        while most is None or len(found) < most:
            taken = await some(self.session, self.by, self.row, reached, SOME)
            if not taken:
                break
            sound = [one for one in taken if one.state in SOUND]
            compared = await self.compared(sound, for_update=True)
            reached = taken[-1].unit
            found.append(Batch(reached, {one.id: one.state for one in taken}, compared))
        return found


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """One turn of the import that is next; nought where none waits."""
    if not await session.info[DRIVER].fetchval(HOLD, f"register_imports:{by.tenant_id}"):
        return 0
    if await _expire(session, by, at):
        return 1
    waiting = select(RegisterImport).where(
        RegisterImport.tenant_id == by.tenant_id, col(RegisterImport.state).in_(WORK)
    )
    waiting = waiting.order_by(col(RegisterImport.made_at), col(RegisterImport.id))
    row = (await session.exec(waiting.limit(1).with_for_update(skip_locked=True))).first()
    if row is None:
        return 0
    match row.state:
        case ImportState.reading:
            await _read(session, by, row)
        case ImportState.applying:
            await _apply(session, by, row, at)
        case _:
            await _verify(session, by, row, at)
    row.version += 1
    return 1


async def _read(session: AsyncSession, by: Actor, row: RegisterImport) -> None:
    """Some rows compared with the register, for the preview."""
    work = await _work(session, by, row, lock="")
    taken = await some(session, by, row, row.reached, SOME)
    found = await work.compared(taken, for_update=False)
    await stages.put_outcomes(session, by, row, found)
    _count(row, (one.state for one in found if not one.entry.is_spoilt))
    row.looked += len(taken)
    if taken:
        row.reached = taken[-1].unit
    if row.looked >= row.total:
        before = state_of(row)
        row.state, row.reached = ImportState.previewed, None
        record(session, by, "register_import.previewed", row, acting=None, before=before)


async def _apply(session: AsyncSession, by: Actor, row: RegisterImport, at: datetime) -> None:
    """Some good rows recorded, or all or none."""
    work = await _work(session, by, row, lock="for no key update")
    try:
        applier, posts = await _applier(session, by, row)
    except UnitClosed:
        _halt(session, by, row, Halt.estate_closed)
        return
    except (Denied, Refused):
        _halt(session, by, row, Halt.authority_lost)
        return
    recorder = Recorder(session, applier, posts, row, work.keys)
    is_all = row.mode == ImportMode.all_or_nothing
    batches = await work.batches(None if is_all else 1)
    if is_all and any(one.wrong for one in batches):
        for one in batches:
            await stages.put_outcomes(session, by, row, one.wrong)
            _recount(row, one)
        _halt(session, by, row, Halt.register_changed)
        return
    for one in batches:
        await _record(work, recorder, one)
    if row.handled >= row.total:
        before = state_of(row)
        row.state, row.finished_at, row.reached = ImportState.done, at, None
        record(session, applier, "register_import.done", row, acting=_acting(row, applier),
               before=before)  # fmt: skip


async def _record(work: Work, recorder: Recorder, batch: Batch) -> None:
    """Record the good ones of some rows; what all of them say goes."""
    row, good = work.row, batch.of(RowState.good)
    # Beside the loop, as the comparing is: the service answers meanwhile.
    owned = await asyncio.to_thread(recorder.record, good)
    await stages.put_outcomes(work.session, recorder.by, row, batch.wrong)
    _recount(row, batch)
    # What an earlier turn recorded, before a halt, keeps the ownership that came of it.
    states: dict[UUID, tuple[RowState, UUID | None]] = {
        id_: (state, None) for id_, state in batch.before.items() if state is not RowState.done
    }
    states |= {one.row: (one.state, None) for one in batch.found}
    settled = states | {id_: (RowState.done, ownership) for id_, ownership in owned.items()}
    await stages.settle(work.session, recorder.by, settled, is_over=True)
    row.handled += len(batch.before)
    row.done += len(good)
    row.reached = batch.last


async def _verify(session: AsyncSession, by: Actor, row: RegisterImport, at: datetime) -> None:
    """Some of what the import recorded verified, wherever it still is as it was recorded; what the
    verifier recorded themselves before a halt is somebody else's to verify.
    """
    path = await units.path_of(session, by, row.estate_id)
    try:
        found = await authority.load(
            session, by.tenant_id, person_id=row.verified_by, client_id=None
        )
        acting = authorize(found.actor, "verify", "ownerships", within=path)
    except (Denied, Refused):
        before = state_of(row)
        row.state, row.verified_by, row.verified_as, row.verified_at = (
            ImportState.done, None, None, None,
        )  # fmt: skip
        row.halt = Halt.authority_lost
        record(session, by, "register_import.halted", row, acting=None, before=before)
        return
    taken = await some(session, by, row, row.reached, SOME)
    owned = [one.ownership for one in taken if one.ownership is not None]
    row.verified += await _settle(session, found.actor, owned, acting)
    if taken:
        row.reached = taken[-1].unit
        return
    before = state_of(row)
    row.state, row.reached, row.finished_at = ImportState.verified, None, at
    record(session, found.actor, "register_import.settled", row, acting=acting, before=before)


async def _settle(
    session: AsyncSession, by: Actor, owned: Sequence[UUID], acting: Held | None
) -> int:
    standing = select(Ownership).where(
        Ownership.tenant_id == by.tenant_id, col(Ownership.id).in_(owned),
        Ownership.state == OwnershipState.recorded, Ownership.version == 1,
        col(Ownership.until).is_(None), col(Ownership.person_id).is_distinct_from(by.person_id),
        col(Ownership.made_by).is_distinct_from(by.person_id),
    )  # fmt: skip
    held = standing.order_by(col(Ownership.id)).with_for_update()
    rows = (await session.exec(held)).all()
    for one in rows:
        settle_ownership(session, by, one, OwnershipState.verified, acting, {})
    return len(rows)


async def _expire(session: AsyncSession, by: Actor, at: datetime) -> bool:
    """Give up an import that nobody decided on."""
    over = (
        select(RegisterImport)
        .where(
            RegisterImport.tenant_id == by.tenant_id,
            col(RegisterImport.state).in_(OPEN),
            RegisterImport.state != ImportState.applying,
            RegisterImport.expires_at < at,
        )
        .order_by(col(RegisterImport.made_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.exec(over)).first()
    if row is None:
        return False
    before = state_of(row)
    row.state, row.finished_at, row.version = ImportState.expired, at, row.version + 1
    await stages.forget(session, by, row)
    record(session, by, "register_import.expired", row, acting=None, before=before)
    return True


async def _work(session: AsyncSession, by: Actor, row: RegisterImport, lock: str) -> Work:
    estate = ESTATE.format(lock=lock)
    name = await session.info[DRIVER].fetchval(estate, by.tenant_id, row.estate_id)
    keys = await sealing.keys(session, by.tenant_id)
    places = await register.places(session, by, row.estate_id, name)
    return Work(session, by, row, keys, places)


async def _applier(session: AsyncSession, by: Actor, row: RegisterImport) -> tuple[Actor, Posts]:
    """Whoever had it applied, by the authority that they have now."""
    found = await authority.load(
        session, by.tenant_id, person_id=row.applied_by, client_id=row.applied_through
    )
    path = await units.path_of(session, by, row.estate_id)
    authorize(found.actor, "apply", "register_imports", within=path)
    await units.find_open(session, by, row.estate_id)
    return found.actor, Posts.of(found.actor, path)


def _acting(row: RegisterImport, by: Actor) -> Held | None:
    return next((post for post in by.posts if post.appointment_id == row.applied_as), None)


def _halt(session: AsyncSession, by: Actor, row: RegisterImport, why: Halt) -> None:
    before = state_of(row)
    row.state, row.halt, row.reached = ImportState.previewed, why, None
    record(session, by, "register_import.halted", row, acting=None, before=before)


def _count(row: RegisterImport, states: Iterable[RowState], sign: int = 1) -> None:
    counts = Counter(states)
    row.good += sign * counts[RowState.good]
    row.unchanged += sign * (counts[RowState.unchanged] + counts[RowState.repeated])
    row.bad += sign * counts[RowState.bad]


def _recount(row: RegisterImport, batch: Batch) -> None:
    """What was sound is counted as it is now."""
    _count(row, (batch.before[one.row] for one in batch.found), -1)
    _count(row, (one.state for one in batch.found))


ALARMS["register_imports"] = Alarm(look)
