"""Resealing (换密): what is sealed is moved from older keys to the newest, so many at a time."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import clock, sealing
from services.ballots.tables import Ballot
from services.events import record, state_of
from services.matters.tables import Matter
from services.people import Person
from services.sealing import Keys, TenantKey


async def reseal(session: AsyncSession, by: Actor, number: int, batch: int) -> int:
    """Move rows to the newest key; a row that somebody holds is left for the next call."""
    keys, moved = await sealing.keys(session, by.tenant_id), 0
    for table, move in SEALED.items():
        if moved < batch:
            moved += await _reseal(session, by, table, move, keys, number, batch - moved)
    await session.flush()
    return moved


async def _reseal(
    session: AsyncSession, by: Actor, table: Any, move: "Move", keys: Keys, number: int, most: int
) -> int:
    behind = select(table).where(table.tenant_id == by.tenant_id, table.key_number < number)
    rows = await session.exec(
        behind.order_by(table.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    moved = rows.all()
    for row in moved:
        move(row, keys)
        row.key_number = keys.number
    return len(moved)


def _move_person(row: Person, keys: Keys) -> None:
    phone = keys.open(row.key_number, row.phone_cipher, context=f"{row.id}:phone")
    identity = keys.open(row.key_number, row.identity_cipher, context=f"{row.id}:identity")
    if phone is not None:
        row.phone_cipher = keys.seal(keys.number, phone, context=f"{row.id}:phone")
        row.phone_hash = keys.hash(keys.number, phone)
    if identity is not None:
        row.identity_cipher = keys.seal(keys.number, identity, context=f"{row.id}:identity")
        row.identity_hash = keys.hash(keys.number, identity)


def _move_matter(row: Matter, keys: Keys) -> None:
    context = f"{row.id}:contact"
    contact = keys.open(row.key_number or 0, row.contact_cipher, context=context)
    if contact is not None:
        row.contact_cipher = keys.seal(keys.number, contact, context=context)


def _move_ballot(row: Ballot, keys: Keys) -> None:
    context = f"{row.id}:answers"
    said = keys.open(row.key_number, row.answers_cipher, context=context)
    row.answers_cipher = keys.seal(keys.number, said or "", context=context)


Move = Callable[[Any, Keys], None]
SEALED: dict[Any, Move] = {
    Person: _move_person,
    Matter: _move_matter,
    Ballot: _move_ballot,
}


async def remaining(session: AsyncSession, by: Actor, number: int) -> int:
    """How many rows are still on a key older than this one."""
    found = 0
    for table in SEALED:
        behind = select(func.count()).where(
            col(table.tenant_id) == by.tenant_id, col(table.key_number) < number
        )
        found += (await session.exec(behind)).one()
    return found


def retire(session: AsyncSession, by: Actor, older: list[TenantKey], acting: Held | None) -> None:
    """Wipe the older keys: nothing is sealed by them any more."""
    for row in older:
        before = state_of(row)
        row.retired_at, row.wrapped = clock.now(), b""
        row.version += 1
        record(session, by, "key.retired", row, acting=acting, before=before)
