"""The same write by hand (手写的写入): one transaction, the same rows, asyncpg, a plain route.

It claims the command's key, founds the unit with its paths, records the event and answers; it
checks the token as everybody does, and none of the rules.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from infra.database import READ_WRITE
from services.clock import now, today
from tests.bench.peers import door

CLAIM = """
insert into command (tenant_id, id, subject_id, key, name, arguments_hash, result_id, made_at)
values ($1, $2, $3, $4, 'units.found', $5, $6, $7) on conflict do nothing"""
FOUND = """
insert into unit (tenant_id, id, version, made_at, made_by, kind, name, parent_id, since, is_public)
values ($1, $2, 1, $3, $4, 'linked_department', $5, $6, $7, true)"""
HANG = """
insert into unit_path (tenant_id, ancestor_id, unit_id, depth)
select tenant_id, ancestor_id, $2::uuid, depth + 1 from unit_path
 where tenant_id = $1 and unit_id = $3
union all select $1, $2::uuid, $2::uuid, 0"""
RECORD = """
insert into event (tenant_id, id, at, name, object, object_id, person_id, command_key, after)
values ($1, $2, $3, 'unit.founded', 'Unit', $4, $5, $6, $7)"""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        user=READ_WRITE,
        database=os.environ["PGDATABASE"],
        server_settings={"jit": "off"},
        max_size=int(os.environ["BENCH_POOL"]),
    )
    yield
    await app.state.pool.close()


async def _found(request: Request) -> Response:
    asked = json.loads(await request.body())
    tenant = door.tenant_of(request.headers.get("authorization"))
    who, key, parent, name = (asked[one] for one in ("who", "commandId", "parent", "name"))
    unit, at, day = uuid7(), now(), today()
    state: dict[str, Any] = {
        "version": 1, "kind": "linked_department", "name": name, "parent_id": parent,
        "since": day.isoformat(), "until": None, "decision": None, "is_public": True,
    }  # fmt: skip
    pool: asyncpg.Pool[asyncpg.Record] = request.app.state.pool
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("select set_config('sanfang.tenant', $1, true)", str(tenant))
        await connection.execute(CLAIM, tenant, uuid7(), who, key, key, unit, at)
        await connection.execute(FOUND, tenant, unit, at, who, name, parent, day)
        await connection.execute(HANG, tenant, unit, parent)
        after = json.dumps(state, ensure_ascii=False)
        await connection.execute(RECORD, tenant, uuid7(), at, unit, who, key, after)
    found = {"id": f"Unit:{unit}", "name": name, "version": 1}
    return Response(
        json.dumps({"data": {"foundUnit": found}}, ensure_ascii=False).encode(),
        media_type="application/json",
    )


app = Starlette(routes=[Route("/graphql", _found, methods=["POST"])], lifespan=_lifespan)
