"""What the Python peers share: the token proven once, the county set, one session a request.

They use the service's own proof of a token, and asyncpg through SQLAlchemy as it does.
"""

import hashlib
import json
import os
from pathlib import Path
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from services import signing
from services.clock import now

COVERAGE = text(Path(__file__).with_name("coverage.sql").read_text(encoding="utf-8"))
SET_TENANT = text("select set_config('sanfang.tenant', :tenant, true)")
KEYS = signing.verifiers(json.loads(Path(os.environ["BENCH_KEYS"]).read_text(encoding="utf-8")))
PROVEN: dict[bytes, signing.Proof] = {}


def sessions() -> async_sessionmaker[AsyncSession]:
    """Sessions of the read-only role, over a pool of the size that everybody has."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={
            "host": os.environ["PGHOST"],
            "port": int(os.environ["PGPORT"]),
            "user": os.environ["PGUSER"],
            "database": os.environ["PGDATABASE"],
            "server_settings": {"jit": "off", "max_parallel_workers_per_gather": "0"},
        },
        pool_size=int(os.environ["BENCH_POOL"]),
        max_overflow=0,
    )
    return async_sessionmaker(engine, expire_on_commit=False)


def tenant_of(authorization: str | None) -> UUID:
    """The county of a bearer token."""
    token = (authorization or "").removeprefix("Bearer ")
    key = hashlib.sha256(token.encode()).digest()
    proof = PROVEN.get(key)
    if proof is None:
        proof = PROVEN[key] = signing.prove(token, KEYS)
    if proof.until <= now():
        raise ValueError("the token has expired")
    return proof.bearer.tenant_id


def opened(app: ASGIApp) -> ASGIApp:
    """The app with a session of the request's county in its scope."""
    make = sessions()

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        tenant = tenant_of(Request(scope).headers.get("authorization"))
        async with make() as session:
            await session.execute(SET_TENANT, {"tenant": str(tenant)})
            session.info["tenant"] = tenant
            scope["session"] = session
            await app(scope, receive, send)

    return answer
