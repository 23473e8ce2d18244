"""The commands of register imports: begun, decided on, given up, verified; the file taken in."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import alarms, clock, rows, sealing, units
from services.arguments import Length, Since, UnitId, Version
from services.errors import called
from services.events import record, state_of
from services.files import LONGEST_NAME, plain_name
from services.passes import Purpose, passes_of
from services.property_units import AreaSource, PropertyUse
from services.register_imports import stages
from services.register_imports.layouts import letters
from services.register_imports.reading import Read
from services.register_imports.recording import Posts
from services.register_imports.tables import (
    LASTS,
    MOST_OPEN,
    MOST_ROWS,
    OPEN,
    STATES,
    ImportMode,
    ImportNotReady,
    ImportsOpen,
    ImportState,
    ImportTaken,
    NothingToRecord,
    OwnImport,
    RegisterImport,
    RegisterImportId,
    RowsHaveProblems,
    TooManyRows,
)
from services.rows import made
from services.units import Unit, UnitKind


@dataclass(frozen=True, slots=True)
class StartedImport:
    """An import just begun, with the address for its file: shown this once."""

    id: UUID
    upload_url: str
    upload_until: datetime


async def start(
    session: AsyncSession,
    by: Actor,
    *,
    estate: Annotated[UnitId, "小区。 The estate."],
    name: Annotated[str, Length(1, LONGEST_NAME), "文件名。 The file's name."],
    since: Since = None,
    use: Annotated[
        PropertyUse, "没写用途的按此。 What a unit is for where the file doesn't say."
    ] = PropertyUse.dwelling,
    area_source: Annotated[
        AreaSource, "没写面积来源的按此。 Where areas were read where the file doesn't say."
    ] = AreaSource.register,
) -> StartedImport:
    """Begin an import of an estate's owners: the file goes by PUT to the address that this answers.

    Blank days of acquisition are `since`. Nothing is recorded before somebody has seen what each
    row comes to, and decides.
    """
    place = await units.find_fit(session, by, estate, kind=UnitKind.estate, for_update=True)
    path = await units.path_of(session, by, place.id)
    acting = authorize(by, "start", "register_imports", within=path)
    await _check_number(session, by, place)
    now = clock.now()
    row = RegisterImport(
        **made(by, acting), estate_id=place.id, name=plain_name(name), use=use,
        since=since or clock.today(), area_source=area_source, expires_at=now + LASTS,
    )  # fmt: skip
    session.add(row)
    record(session, by, "register_import.started", row, acting=acting)
    passes = passes_of(session)
    address, until = passes.upload(by.tenant_id, by.domain, row.id, Purpose.register_import)
    return StartedImport(row.id, address, until)


async def receive(
    session: AsyncSession, by: Actor, *, row: UUID, sheet: tuple[str, int], read: Read, sha256: str
) -> RegisterImport:
    """Take in what a sheet says, each row sealed; the file itself is kept nowhere.

    Whoever has the address may: it was given to who began the import. The same file again changes
    nothing.
    """
    found = await rows.find(session, RegisterImport, by, row, for_update=True)
    check_same(found, sha256)
    if found.state != ImportState.prepared:
        return found
    if len(read.entries) > MOST_ROWS:
        raise TooManyRows(number=len(read.entries), limit=MOST_ROWS)
    before = state_of(found)
    found.sha256, (found.sheet, found.sheets) = sha256, sheet
    found.columns = {name: letters(place) for name, place in read.layout.columns.items()}
    found.ignored = [*read.layout.ignored]
    found.total, found.state = len(read.entries), ImportState.reading
    found.bad = sum(one.is_spoilt for one in read.entries)
    found.version += 1
    whose = replace(by, person_id=found.made_by)
    record(session, whose, "register_import.uploaded", found, acting=None, before=before)
    alarms.soon(session)
    await session.flush()
    keys = await sealing.keys(session, by.tenant_id)
    for at in range(0, len(read.entries), stages.SOME):
        entries = read.entries[at : at + stages.SOME]
        await asyncio.to_thread(stages.put_entries, session, by, found, keys, entries)
        await session.flush()
    return found


async def apply(
    session: AsyncSession,
    by: Actor,
    *,
    register_import: RegisterImportId,
    mode: Annotated[ImportMode, "整体登记，还是只登记好的行。 All or nothing, or the good rows."],
    expected_version: Version = None,
) -> RegisterImport:
    """Have the clock record what the preview shows; each row is compared once more as it is."""
    row, path = await _find(session, by, register_import)
    acting = authorize(by, "apply", "register_imports", within=path)
    Posts.of(by, path)
    row.check_version(expected_version)
    _check_state(row, ImportState.previewed)
    if mode == ImportMode.all_or_nothing and row.bad:
        raise RowsHaveProblems(number=row.bad)
    if not row.good + row.unchanged:
        raise NothingToRecord()
    before = state_of(row)
    row.state, row.mode, row.halt = ImportState.applying, mode, None
    row.applied_by, row.applied_at = by.person_id, clock.now()
    row.applied_as = acting.appointment_id if acting else None
    row.applied_through, row.reached, row.handled = by.client_id, None, 0
    row.version += 1
    record(session, by, "register_import.applied", row, acting=acting, before=before)
    alarms.soon(session)
    return row


async def discard(
    session: AsyncSession,
    by: Actor,
    *,
    register_import: RegisterImportId,
    expected_version: Version = None,
) -> RegisterImport:
    """Give an import up before it is recorded; nothing of its rows is kept."""
    row, path = await _find(session, by, register_import)
    acting = authorize(by, "discard", "register_imports", within=path)
    row.check_version(expected_version)
    _check_state(row, ImportState.prepared, ImportState.reading, ImportState.previewed)
    before = state_of(row)
    row.state, row.finished_at = ImportState.discarded, clock.now()
    row.version += 1
    await stages.forget(session, by, row)
    record(session, by, "register_import.discarded", row, acting=acting, before=before)
    return row


async def verify(
    session: AsyncSession,
    by: Actor,
    *,
    register_import: RegisterImportId,
    expected_version: Version = None,
) -> RegisterImport:
    """Have all ownerships verified that the import recorded and that still are as it recorded them.

    By another person than who had them recorded; what one owns oneself stays for somebody else.
    """
    row, path = await _find(session, by, register_import)
    acting = authorize(by, "verify", "register_imports", within=path)
    authorize(by, "verify", "ownerships", within=path)
    row.check_version(expected_version)
    _check_state(row, ImportState.done)
    if row.applied_by == by.person_id:
        raise OwnImport()
    before = state_of(row)
    row.state, row.reached = ImportState.verifying, None
    row.verified_by, row.verified_at = by.person_id, clock.now()
    row.verified_as = acting.appointment_id if acting else None
    row.version += 1
    record(session, by, "register_import.verified", row, acting=acting, before=before)
    alarms.soon(session)
    return row


def check_same(row: RegisterImport, sha256: str) -> None:
    """Refuse another file for an import that has its own."""
    if row.sha256 not in (None, sha256):
        raise ImportTaken()


async def _find(
    session: AsyncSession, by: Actor, register_import: UUID
) -> tuple[RegisterImport, Sequence[UUID]]:
    row = await rows.find(session, RegisterImport, by, register_import, for_update=True)
    return row, await units.path_of(session, by, row.estate_id)


def _check_state(row: RegisterImport, *wanted: ImportState) -> None:
    if row.state not in wanted:
        raise ImportNotReady(state=called(STATES, row.state))


async def _check_number(session: AsyncSession, by: Actor, estate: Unit) -> None:
    """The estate is locked: of two who begin at once the second is counted after the first."""
    standing: Any = select(func.count()).where(
        RegisterImport.tenant_id == by.tenant_id,
        RegisterImport.estate_id == estate.id,
        col(RegisterImport.state).in_(OPEN),
    )
    if (await session.exec(standing)).one() >= MOST_OPEN:
        raise ImportsOpen(limit=MOST_OPEN)
