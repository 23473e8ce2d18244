"""Exporting (导出): events with their places, hashes and heads, as they are verified offline.

Personal values stand apart from events and are left out, unless they are wanted for a purpose.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.audits import heads
from services.audits.heads import COLUMNS, AuditHead
from services.events import commitment
from services.prepared import DRIVER

CHUNK = 2_000


async def sealed(
    session: AsyncSession, by: Actor, size: int, *, with_values: bool = False
) -> AsyncIterator[dict[str, Any]]:
    """The first events of the tree in its order: number, hash, and what each says."""
    number = -1
    while True:
        rows = await session.info[DRIVER].fetch(
            f"""select l.number, l.hash, {", ".join("e." + name for name in COLUMNS)}
              from event_leaf l join event e on e.tenant_id = l.tenant_id and e.id = l.id
              where l.tenant_id = $1 and l.number > $2 and l.number < $4
              order by l.number limit $3""",  # noqa: S608 - names of ours
            by.tenant_id, number, CHUNK, size,
        )  # fmt: skip
        if not rows:
            return
        kept = await values(session, by, [row["id"] for row in rows]) if with_values else {}
        for row in rows:
            number = row["number"]
            line = {"number": number, "hash": row["hash"].hex(),
                    "event": heads.content(by.tenant_id, row)}  # fmt: skip
            yield line | ({"values": kept[row["id"]]} if row["id"] in kept else {})


async def unsealed(session: AsyncSession, by: Actor, size: int) -> AsyncIterator[dict[str, Any]]:
    """What has no place among the first of the tree, the oldest first."""
    rows = await session.info[DRIVER].fetch(
        f"""select {", ".join("e." + name for name in COLUMNS)} from event e
          where e.tenant_id = $1 and not exists (
            select from event_leaf l where l.tenant_id = $1 and l.id = e.id and l.number < $2)
          order by e.id""",  # noqa: S608 - names of ours
        by.tenant_id, size,
    )  # fmt: skip
    for row in rows:
        yield heads.content(by.tenant_id, row)


async def altered(session: AsyncSession, by: Actor) -> AsyncIterator[dict[str, str]]:
    """Where another value stands apart from an event than the one whose hash the event holds."""
    after = UUID(int=0)
    while True:
        rows = await session.info[DRIVER].fetch(
            """select v.id, v.event_id, v.path, v.salt, v.value, e.apart from event_value v
              join event e on e.tenant_id = v.tenant_id and e.id = v.event_id
              where v.tenant_id = $1 and v.id > $2 order by v.id limit $3""",
            by.tenant_id, after, CHUNK,
        )  # fmt: skip
        if not rows:
            return
        for row in rows:
            after = row["id"]
            if (row["apart"] or {}).get(row["path"]) != commitment(row["salt"], row["value"]):
                yield {"event": str(row["event_id"]), "path": row["path"]}


async def signed(session: AsyncSession, by: Actor) -> list[dict[str, Any]]:
    """Every head, the first first."""
    mine = select(AuditHead).where(AuditHead.tenant_id == by.tenant_id)
    return [
        json.loads(heads.statement(by.tenant_id, row))
        | {"first": row.first, "frontier": row.frontier, "kid": row.kid,
           "signature": row.signature}
        for row in await session.exec(mine.order_by(col(AuditHead.number)))
    ]  # fmt: skip


async def values(
    session: AsyncSession, by: Actor, events: list[UUID]
) -> Mapping[UUID, dict[str, Any]]:
    """What stands apart from these events: by event and path the salt and the value."""
    rows = await session.info[DRIVER].fetch(
        "select event_id, path, salt, value from event_value"
        " where tenant_id = $1 and event_id = any($2)",
        by.tenant_id, events,
    )  # fmt: skip
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        kept = {"salt": row["salt"].hex(), "value": row["value"]}
        found.setdefault(row["event_id"], {})[row["path"]] = kept
    return found
