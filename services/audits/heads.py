"""Heads (封存头): a county's events as leaves of a Merkle tree, batch by batch, each root signed.

Commands write events and know nothing of this: the clock finds what was committed since, gives it
the next places in the tree, and signs the new root. Of what is sealed nothing changes unseen.
"""

import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeAlias
from uuid import UUID

from joserfc.jwk import OKPKey
from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from policies import Actor
from services import alarms, clock, sealing
from services.audits import tree
from services.events import canonical
from services.prepared import DRIVER
from services.tables import TenantRow, moment, within_tenant

# As many events as one batch seals; what is beyond waits for the next, which follows at once.
BATCH = 5_000
# The transaction and the id of the last event that was seen.
Place: TypeAlias = tuple[int, UUID]
BEFORE_ALL = UUID(int=0)
FORMAT = 1
SIGNED = "sanfang-audit-head"
COLUMNS = ("id", "at", "name", "object", "object_id", "person_id", "appointment_id", "client_id",
           "command_key", "before", "after", "apart")  # fmt: skip


class AuditKey(TenantRow, table=True):
    """The key that signs a county's heads (Ed25519), wrapped by the installation's master key."""

    __tablename__ = "audit_key"

    kid: str
    public: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    wrapped: bytes
    created_at: datetime = moment(default_factory=clock.now)


class EventLeaf(TenantRow, table=True):
    """An event's place in the tree (`id` is the event's own), and the hash of what it says."""

    __tablename__ = "event_leaf"
    __table_args__: ClassVar[Any] = (
        within_tenant("id", "event"),
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("number >= 0", name="number_from_nought"),
    )

    number: int = Field(sa_type=BigInteger)
    hash: bytes


class AuditHead(TenantRow, table=True):
    """The tree after a batch: how many leaves, its root and frontier, signed.

    `horizon` is the oldest transaction that was under way as it was looked at: what is older was
    seen. Where a batch ended inside one, it is that one, and `after_id` the last of its events that
    were sealed. `is_complete`: nothing that was committed by then was left.
    """

    __tablename__ = "audit_head"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant_id", "number"),
        CheckConstraint("size > first", name="seals_something"),
        Index(None, "tenant_id", "sealed_at", "id"),
    )

    number: int
    first: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger)
    root: str
    frontier: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    sealed_at: datetime = moment(default_factory=clock.now)
    kid: str
    signature: str
    horizon: int = Field(sa_type=BigInteger)
    after_id: UUID | None = None
    is_complete: bool


def content(tenant_id: UUID, event: Mapping[str, Any]) -> dict[str, Any]:
    """What is sealed of an event: everything that it says, and the hashes of what stands apart."""
    said = {name: _plain(event[name]) for name in COLUMNS}
    return {"format": FORMAT, "tenant_id": str(tenant_id), **said}


def statement(tenant_id: UUID, head: AuditHead) -> bytes:
    """What the signature of a head is over."""
    return canonical(
        {
            "type": SIGNED,
            "tenant_id": str(tenant_id),
            "number": head.number,
            "size": head.size,
            "root": head.root,
            "sealed_at": _plain(head.sealed_at),
            "complete": head.is_complete,
        }
    )


async def seal(session: AsyncSession, by: Actor, *, at: datetime, most: int = BATCH) -> int:
    """Seal what was committed since the last head; how many events were.

    Whoever else seals this county at the moment does it alone: nothing is waited for.
    """
    key = func.hashtextextended(f"audits:{by.tenant_id}", 0)
    if not (await session.exec(select(func.pg_try_advisory_xact_lock(key)))).one():
        return 0
    last = await newest(session, by)
    horizon = await _oldest_under_way(session)
    # Of a database that was brought here from elsewhere the transactions are numbered anew.
    place = (0, BEFORE_ALL) if last is None or last.horizon > horizon else _place(last)
    events = await _unsealed(session, by, place, most)
    if not events:
        return 0
    seen: tuple[int, UUID | None] = (horizon, None)
    is_complete = len(events) < most
    if not is_complete and (ended := events[-1]["transaction"]) < horizon:
        # What a cut batch leaves comes behind its last event: nothing older is under way any more.
        seen = (ended, events[-1]["id"])
    hashes = [tree.leaf(canonical(content(by.tenant_id, event))) for event in events]
    first = last.size if last is not None else 0
    frontier = [bytes.fromhex(one) for one in last.frontier] if last is not None else []
    size, frontier = tree.grown(first, frontier, hashes)
    await _write_leaves(session, by, first, [event["id"] for event in events], hashes)
    head = AuditHead(
        tenant_id=by.tenant_id, number=1 if last is None else last.number + 1, first=first,
        size=size, root=tree.root(frontier).hex(), frontier=[one.hex() for one in frontier],
        sealed_at=at, kid="", signature="", horizon=seen[0], after_id=seen[1],
        is_complete=is_complete,
    )  # fmt: skip
    await _sign(session, by, head)
    session.add(head)
    return len(events)


async def newest(session: AsyncSession, by: Actor) -> AuditHead | None:
    """The last head."""
    mine = select(AuditHead).where(AuditHead.tenant_id == by.tenant_id)
    return (await session.exec(mine.order_by(col(AuditHead.number).desc()).limit(1))).first()


async def public_keys(session: AsyncSession, by: Actor) -> list[dict[str, Any]]:
    """The public halves of the keys that have signed heads."""
    mine = select(AuditKey).where(AuditKey.tenant_id == by.tenant_id)
    return [row.public for row in await session.exec(mine.order_by(col(AuditKey.created_at)))]


async def _oldest_under_way(session: AsyncSession) -> int:
    found = text("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    return int((await session.exec(found)).scalar_one())  # type: ignore[call-overload]


def _place(head: AuditHead) -> Place:
    return head.horizon, head.after_id or BEFORE_ALL


async def _unsealed(
    session: AsyncSession, by: Actor, place: Place, most: int
) -> Sequence[Mapping[str, Any]]:
    """Events that were committed and have no place yet, the oldest transaction first.

    Those that have one are looked up by their ids: an anti-join's plan, kept from when nothing was
    sealed, would compare each with all.
    """
    driver, found = session.info[DRIVER], list[Mapping[str, Any]]()
    await driver.execute("set local enable_seqscan = off; set local enable_bitmapscan = off")
    while len(found) < most:
        rows = await driver.fetch(
            f"""select e.transaction, {", ".join("e." + name for name in COLUMNS)} from event e
              where e.tenant_id = $1 and e.transaction >= $2 and (e.transaction, e.id) > ($2, $3)
              order by e.transaction, e.id limit $4""",  # noqa: S608 - names of ours
            by.tenant_id, *place, most,
        )  # fmt: skip
        ids = [row["id"] for row in rows]
        known = await driver.fetch(
            "select id from event_leaf where tenant_id = $1 and id = any($2)", by.tenant_id, ids
        )
        sealed = {row["id"] for row in known}
        found += [row for row in rows if row["id"] not in sealed]
        if len(rows) < most:
            break
        place = rows[-1]["transaction"], rows[-1]["id"]
    return found[:most]


async def _write_leaves(
    session: AsyncSession, by: Actor, first: int, ids: Sequence[UUID], hashes: Sequence[bytes]
) -> None:
    await session.info[DRIVER].execute(
        """insert into event_leaf (tenant_id, id, number, hash)
          select $1, id, $2 + place - 1, hash
          from unnest($3::uuid[], $4::bytea[]) with ordinality as t (id, hash, place)""",
        by.tenant_id, first, list(ids), list(hashes),
    )  # fmt: skip


async def _sign(session: AsyncSession, by: Actor, head: AuditHead) -> None:
    """Sign a head with the county's newest audit key; its first is made when it is first needed."""
    mine = select(AuditKey).where(AuditKey.tenant_id == by.tenant_id)
    row = (await session.exec(mine.order_by(col(AuditKey.created_at).desc()).limit(1))).first()
    row = row or await _create_key(session, by)
    pem = sealing.master_of(session).unwrap(row.wrapped, _context(by, row.kid))
    head.kid = row.kid
    private = OKPKey.import_key(pem).private_key
    assert private is not None  # noqa: S101
    head.signature = private.sign(statement(by.tenant_id, head)).hex()  # type: ignore[union-attr]


async def _create_key(session: AsyncSession, by: Actor) -> AuditKey:
    kid = str(uuid7())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"})
    row = AuditKey(
        tenant_id=by.tenant_id,
        kid=kid,
        public=dict(key.as_dict(private=False)),
        wrapped=sealing.master_of(session).wrap(key.as_pem(private=True), _context(by, kid)),
    )
    session.add(row)
    await session.flush()
    return row


def _context(by: Actor, kid: str) -> str:
    return f"{by.tenant_id}:audit:{kid}"


def _plain(value: Any) -> Any:
    """As it stands in an export: ids and moments as texts, JSON as it is."""
    match value:
        case UUID():
            return str(value)
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        case _:
            return value


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """The clock's share: a batch, whatever there is."""
    return await seal(session, by, at=at)


alarms.ALARMS["audits"] = alarms.Alarm(look)
