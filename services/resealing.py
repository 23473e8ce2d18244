"""Resealing (换密): people are moved from the older keys to the newest, so many at a time."""

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held
from services import clock, sealing
from services.events import record, state_of
from services.people import Person
from services.sealing import Keys, TenantKey


async def reseal(session: AsyncSession, by: Actor, number: int, batch: int) -> int:
    """Move people to the newest key; a row that somebody holds is left for the next call."""
    behind = select(Person).where(Person.tenant_id == by.tenant_id, Person.key_number < number)
    rows = await session.exec(
        behind.order_by(col(Person.id))
        .limit(batch)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    keys = await sealing.keys(session, by.tenant_id)
    moved = rows.all()
    for row in moved:
        _move(row, keys)
    await session.flush()
    return len(moved)


def _move(row: Person, keys: Keys) -> None:
    phone = keys.open(row.key_number, row.phone_cipher, context=f"{row.id}:phone")
    identity = keys.open(row.key_number, row.identity_cipher, context=f"{row.id}:identity")
    row.key_number = keys.number
    if phone is not None:
        row.phone_cipher = keys.seal(keys.number, phone, context=f"{row.id}:phone")
        row.phone_hash = keys.hash(keys.number, phone)
    if identity is not None:
        row.identity_cipher = keys.seal(keys.number, identity, context=f"{row.id}:identity")
        row.identity_hash = keys.hash(keys.number, identity)


async def remaining(session: AsyncSession, by: Actor, number: int) -> int:
    """How many people are still on a key older than this one."""
    behind = select(func.count()).where(
        Person.tenant_id == by.tenant_id, Person.key_number < number
    )
    return (await session.exec(behind)).one()


def retire(session: AsyncSession, by: Actor, older: list[TenantKey], acting: Held | None) -> None:
    """Wipe the older keys: nothing is sealed by them any more."""
    for row in older:
        before = state_of(row)
        row.retired_at, row.wrapped = clock.now(), b""
        row.version += 1
        record(session, by, "key.retired", row, acting=acting, before=before)
