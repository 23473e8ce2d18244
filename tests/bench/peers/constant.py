"""The limit of HTTP (HTTP 的极限): a Starlette route that proves the token and answers ready bytes.

What it answers is what the service answered to the same document, found by the document's name.
"""

import json
import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.peers import door

ANSWERS: dict[str, str] = json.loads(Path(os.environ["BENCH_ANSWERS"]).read_text(encoding="utf-8"))
READY = {name: text.encode() for name, text in ANSWERS.items()}


async def _answer(request: Request) -> Response:
    await request.body()
    door.tenant_of(request.headers.get("authorization"))
    return Response(READY[request.path_params["name"]], media_type="application/json")


app = Starlette(routes=[Route("/{name}", _answer, methods=["POST"])])
