"""Stages (各批): some rows of an import taken in hand, and put down as what they came to.

Rows are taken unit by unit in the order of their numbers, so that those of one unit are looked at
together, and where one turn of the clock ended the next begins.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor
from services.prepared import DRIVER, has_pending, put
from services.register_imports.comparing import Outcome
from services.register_imports.problems import Problem
from services.register_imports.reading import Entry, kept, restored
from services.register_imports.tables import (
    RegisterImport,
    RegisterImportProblem,
    RegisterImportRow,
    RowState,
)
from services.sealing import Keys

# So many rows in a turn, or a few more where a unit has them.
SOME = 1_000
ROWS = """
select id, number, unit_number, state, ownership_id, key_number, cipher from register_import_row
where tenant_id = $1 and import_id = $2 and unit_number {from} $3
order by unit_number, number limit $4"""
SETTLED = """
update register_import_row r set state = v.state, ownership_id = v.ownership_id,
  key_number = case when $5 then null else r.key_number end,
  cipher = case when $5 then null else r.cipher end
from unnest($2::uuid[], $3::text[], $4::uuid[]) as v (id, state, ownership_id)
where r.tenant_id = $1 and r.id = v.id"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A row in hand."""

    id: UUID
    number: int
    unit: str
    state: RowState
    ownership: UUID | None
    key_number: int | None
    cipher: bytes | None

    def entry(self, keys: Keys) -> Entry:
        """What it says, opened."""
        text = keys.open(self.key_number or 0, self.cipher, context=_context(self.id))
        return restored(self.number, self.unit, json.loads(text or "{}"))


async def some(
    session: AsyncSession, by: Actor, row: RegisterImport, reached: str | None, most: int
) -> list[Taken]:
    """The rows behind a unit's number: whole units, about so many; none at the end."""
    if has_pending(session):
        await session.flush()
    fetch = session.info[DRIVER].fetch
    after, way = reached or "", ">=" if reached is None else ">"
    found = await fetch(ROWS.format(**{"from": way}), by.tenant_id, row.id, after, most + 1)
    if len(found) > most:
        last = found[-1]["unit_number"]
        whole = [one for one in found if one["unit_number"] != last]
        every = await fetch(ROWS.format(**{"from": "="}), by.tenant_id, row.id, last, None)
        found = whole or every
    return [
        Taken(one["id"], one["number"], one["unit_number"], RowState(one["state"]),
              one["ownership_id"], one["key_number"], one["cipher"])
        for one in found
    ]  # fmt: skip


def put_entries(
    session: AsyncSession, by: Actor, row: RegisterImport, keys: Keys, entries: Iterable[Entry]
) -> None:
    """Put rows down as they were read, sealed."""
    for entry in entries:
        _put_entry(session, by, row, keys, entry)


def _put_entry(
    session: AsyncSession, by: Actor, row: RegisterImport, keys: Keys, entry: Entry
) -> None:
    id_ = uuid7()
    said = json.dumps(kept(entry), ensure_ascii=False)
    put(
        session, RegisterImportRow, tenant_id=by.tenant_id, id=id_, import_id=row.id,
        number=entry.number, unit_number=entry.unit, key_number=keys.number,
        state=RowState.bad if entry.is_spoilt else RowState.waiting,
        cipher=keys.seal(keys.number, said, context=_context(id_)),
    )  # fmt: skip
    put_problems(session, by, row, (id_, entry.number), entry.problems, is_of_file=True)


def put_problems(
    session: AsyncSession,
    by: Actor,
    row: RegisterImport,
    of: tuple[UUID, int],
    problems: Iterable[Problem],
    *,
    is_of_file: bool,
) -> None:
    """Say what is wrong with a row."""
    columns = row.columns or {}
    for one in problems:
        said = one.said
        put(
            session, RegisterImportProblem, tenant_id=by.tenant_id, import_id=row.id, row_id=of[0],
            row_number=of[1], cell=f"{columns.get(one.field, columns['number'])}{of[1]}",
            code=one.code, is_blocking=one.is_blocking, is_of_file=is_of_file,
            message_zh=said.zh, message_en=said.en,
        )  # fmt: skip


async def put_outcomes(
    session: AsyncSession, by: Actor, row: RegisterImport, found: Sequence[Outcome]
) -> None:
    """Put down what rows came to beside the register; what was said of that before is gone."""
    if not found:
        return
    await _forget_problems(session, by, [one.row for one in found])
    for one in found:
        of = (one.row, one.entry.number)
        put_problems(session, by, row, of, one.problems, is_of_file=False)
    await settle(session, by, {one.row: (one.state, None) for one in found}, is_over=False)


async def settle(
    session: AsyncSession,
    by: Actor,
    found: Mapping[UUID, tuple[RowState, UUID | None]],
    *,
    is_over: bool,
) -> None:
    """Give rows their states, and the ownerships that came of them; what they say goes when it
    `is_over`.
    """
    if has_pending(session):
        await session.flush()
    states, owned = [str(one[0]) for one in found.values()], [one[1] for one in found.values()]
    await session.info[DRIVER].execute(SETTLED, by.tenant_id, [*found], states, owned, is_over)


async def forget(session: AsyncSession, by: Actor, row: RegisterImport) -> None:
    """Let go of all rows, and of what was said of them."""
    for table in (RegisterImportProblem, RegisterImportRow):
        of_it: Any = delete(table).where(
            col(table.tenant_id) == by.tenant_id, col(table.import_id) == row.id
        )
        await session.exec(of_it)


def reseal(row: RegisterImportRow, keys: Keys) -> None:
    """Move what a row says to the newest key."""
    said = keys.open(row.key_number or 0, row.cipher, context=_context(row.id))
    if said is not None:
        row.cipher = keys.seal(keys.number, said, context=_context(row.id))


async def _forget_problems(session: AsyncSession, by: Actor, rows: Sequence[UUID]) -> None:
    await session.info[DRIVER].execute(
        "delete from register_import_problem"
        " where tenant_id = $1 and row_id = any($2) and not is_of_file",
        by.tenant_id, rows,
    )  # fmt: skip


def _context(row: UUID) -> str:
    return f"{row}:row"
