"""The roll (表决权名册): who may vote for how much, frozen before voting begins.

What is sold, split or found out afterwards changes neither a denominator nor who votes. A unit
whose owner isn't verified stays on it with its area and a head of its own, and nobody votes for it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import distinct, union
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor
from services import clock
from services.accounts import Account
from services.arguments import Version
from services.events import canonical
from services.issuers import SubjectLink
from services.ownerships import Ownership, OwnershipState
from services.prepared import put
from services.property_units import PropertyUnit
from services.tree import UnitPath
from services.votes.rules import Headcount, VoteRules
from services.votes.states import Polling, go, take
from services.votes.tables import RollEntry, RollHolder, Vote, VoteId


@dataclass(frozen=True, slots=True)
class Owned:
    """A unit as it goes on the roll: who holds it, each named once."""

    id: UUID
    number: str
    area: Decimal
    holders: tuple[tuple[str, UUID], ...]


async def freeze(
    session: AsyncSession, by: Actor, *, vote: VoteId, expected_version: Version = None
) -> Vote:
    """Freeze the roll of a vote that was noticed, and publish its hash; nothing of it changes."""
    polling = await take(session, by, "freeze", vote, expected_version=expected_version)
    return await frozen(session, by, polling)


async def frozen(session: AsyncSession, by: Actor, polling: Polling) -> Vote:
    """Write the roll of a vote in hand."""
    row, rules = polling.vote, polling.rules
    owned = await _owned(session, by, row, rules)
    heads = numbered(owned, rules.headcount)
    for place, unit in enumerate(owned, 1):
        entry = uuid7()
        put(
            session, RollEntry, tenant_id=by.tenant_id, id=entry, vote_id=row.id,
            property_unit_id=unit.id, number=place, unit_number=unit.number, area=unit.area,
            head=heads[unit.id],
        )  # fmt: skip
        for column, holder in unit.holders:
            put(
                session, RollHolder, tenant_id=by.tenant_id, vote_id=row.id, entry_id=entry,
                **{"person_id": None, "organisation_id": None, column: holder},
            )  # fmt: skip
    # Written before the roll is said to be frozen: from then on the database takes no more.
    await session.flush()
    row.frozen_at = clock.now()
    row.roll_units, row.roll_heads = len(owned), len(set(heads.values()))
    row.roll_area = sum((unit.area for unit in owned), Decimal(0))
    row.roll_sha256 = hashed(
        (place, unit.number, unit.area, heads[unit.id]) for place, unit in enumerate(owned, 1)
    )
    may = await _may_be_electronic(session, by, row, rules.electronic_share)
    row.is_electronic = row.is_electronic and may
    return go(session, by, "freeze", polling, "frozen")


def hashed(lines: Iterable[tuple[int, str, Decimal, int]]) -> str:
    """The hash of a roll: of its lines' canonical JSON, each [place, unit, area, head] and an end
    of line, in their order. It names nobody.
    """
    written = hashlib.sha256()
    for place, number, area, head in lines:
        written.update(canonical([place, number, f"{area:.2f}", head]) + b"\n")
    return written.hexdigest()


def numbered(owned: Sequence[Owned], headcount: Headcount) -> dict[UUID, int]:
    """The head of each unit, numbered in the order of the units.

    Units of one holder count as one person, as those do that the same several hold together; a unit
    whose owner isn't known counts by itself.
    """
    heads: dict[Any, int] = {}
    found: dict[UUID, int] = {}
    for unit in owned:
        is_counted_apart = headcount == Headcount.by_unit or not unit.holders
        key = unit.id if is_counted_apart else frozenset(unit.holders)
        found[unit.id] = heads.setdefault(key, len(heads) + 1)
    return found


async def _owned(session: AsyncSession, by: Actor, row: Vote, rules: VoteRules) -> list[Owned]:
    """Every unit of the scope that counts, with whoever holds it today by a verified ownership."""
    here = select(UnitPath.unit_id).where(
        UnitPath.tenant_id == by.tenant_id, UnitPath.ancestor_id == row.scope_id
    )
    today = clock.today()
    holds = (
        (col(Ownership.tenant_id) == PropertyUnit.tenant_id)
        & (col(Ownership.property_unit_id) == PropertyUnit.id)
        & (col(Ownership.state) == OwnershipState.verified)
        & (col(Ownership.since) <= today)
        & (col(Ownership.until).is_(None) | (col(Ownership.until) > today))
    )
    found = await session.exec(
        select(  # type: ignore[call-overload]
            PropertyUnit.id, PropertyUnit.number, PropertyUnit.area, Ownership.person_id,
            Ownership.organisation_id,
        )
        .outerjoin(Ownership, holds)
        .where(
            PropertyUnit.tenant_id == by.tenant_id,
            col(PropertyUnit.unit_id).in_(here),
            col(PropertyUnit.use).in_([use.value for use in rules.uses]),
            col(PropertyUnit.since) <= today,
            col(PropertyUnit.until).is_(None),
        )
        .order_by(col(PropertyUnit.number), col(PropertyUnit.id), col(Ownership.id))
    )  # fmt: skip
    units: dict[UUID, tuple[str, Decimal, dict[tuple[str, UUID], None]]] = {}
    for unit, number, area, person, organisation in found:
        _, _, holders = units.setdefault(unit, (number, area, {}))
        if person is not None:
            holders["person_id", person] = None
        if organisation is not None:
            holders["organisation_id", organisation] = None
    return [Owned(id_, number, area, tuple(holders))
            for id_, (number, area, holders) in units.items()]  # fmt: skip


async def _may_be_electronic(session: AsyncSession, by: Actor, row: Vote, least: int) -> bool:
    """Whether so many hundredths of the heads can sign in as the county wants for this."""
    if least == 0:
        return True
    signing_in = union(
        select(Account.person_id).where(Account.tenant_id == by.tenant_id),
        select(SubjectLink.person_id).where(SubjectLink.tenant_id == by.tenant_id),
    )
    able = (
        select(func.count(distinct(col(RollEntry.head))))
        .join(
            RollHolder,
            (col(RollHolder.tenant_id) == RollEntry.tenant_id)
            & (col(RollHolder.entry_id) == RollEntry.id),
        )
        .where(
            RollEntry.tenant_id == by.tenant_id, RollEntry.vote_id == row.id,
            col(RollHolder.person_id).in_(signing_in),
        )
    )  # fmt: skip
    return (await session.exec(able)).one() * 100 >= least * (row.roll_heads or 0)
