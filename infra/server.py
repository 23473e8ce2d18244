"""The server: routes, and what is opened at the start and closed at the end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

import schema
from infra import (
    console,
    cors,
    downloads,
    files,
    imports,
    jobs,
    lateness,
    minutes,
    payments,
    registers,
    requests,
    sse,
    telemetry,
    tokens,
)
from infra.auth import Authenticator
from infra.checking import Checker
from infra.database import Database
from infra.graphql import GraphQL, refused_response
from infra.operations import Operations
from infra.settings import Settings
from infra.sse import EventStreams, ReservationRefused
from infra.subscriptions import Subscriptions
from infra.uploads import Uploads
from infra.websockets import WebSockets
from schema.documents import Documents
from schema.errors import language_of
from schema.limits import Limits
from schema.reading import Reader

# By these the single connection mode of GraphQL over SSE would reserve a stream, and end one.
OF_RESERVATIONS = ("PUT", "DELETE")
GRAPHQL = "/graphql"
OUTCOMES = ("ok", "refused", "failed")


class Service(Starlette):
    """The application; it gives nearly all requests to their endpoint without a list of routes."""

    endpoint: "Endpoint"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: what is posted to /graphql at once, all else by its route."""
        if scope["type"] == "http" and scope["path"] == GRAPHQL and scope["method"] == "POST":
            scope["app"] = self
            await self.endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, *, has_worker: bool = False) -> Service:
    """The application, which opens its database as it starts and closes it as it ends."""
    built = schema.build()._schema
    reader = Reader(built)
    documents = Documents(built, _limits(settings))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(settings)
        database.wake = jobs.wake
        authenticator = Authenticator(database, settings)
        app.state.database = database
        operations = Operations(database, authenticator, reader, documents, settings)
        app.state.graphql = GraphQL(operations)
        app.state.subscriptions = subscriptions = Subscriptions(operations, settings)
        app.state.events, app.state.sockets = EventStreams(subscriptions), WebSockets(subscriptions)
        app.router.routes.extend(tokens.routes(authenticator, database, settings))
        checker = Checker(settings.checks_at_once)
        uploads = Uploads(settings.max_uploads, settings.max_file_bytes)
        app.router.routes.extend(files.routes(database, settings, checker, uploads))
        app.router.routes.extend(registers.routes(database))
        app.router.routes.extend(imports.routes(database, checker, uploads))
        app.router.routes.extend(payments.routes(database, checker, uploads))
        app.router.routes.extend(minutes.routes(database))
        app.router.routes.extend(downloads.routes(database, settings))
        async with AsyncExitStack() as stack:
            stack.push_async_callback(database.close)
            if has_worker:
                from infra import worker

                await stack.enter_async_context(worker.beside(database))
            stack.push_async_callback(subscriptions.end)
            yield

    endpoint = Endpoint(cors.let_in(_graphql(settings), _database))
    service = Service(routes=_routes(endpoint), lifespan=lifespan)
    service.endpoint = endpoint
    # A redirect would name whatever host the caller named.
    service.router.redirect_slashes = False
    return service


def _limits(settings: Settings) -> Limits:
    return Limits(
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        tokens=settings.max_tokens,
        characters=settings.max_characters,
        values=settings.max_values,
        fields=settings.max_fields,
        directives=settings.max_directives,
    )


def _routes(endpoint: "Endpoint") -> list[BaseRoute]:
    methods = ["GET", "POST", "OPTIONS", *OF_RESERVATIONS]
    return [
        WebSocketRoute(GRAPHQL, _websocket),
        WebSocketRoute(f"{GRAPHQL}/{{tenant}}", _websocket),
        Route(GRAPHQL, endpoint, methods=methods),
        Route(f"{GRAPHQL}/{{tenant}}", endpoint, methods=methods),
        Route("/healthz", _healthz),
        Route("/readyz", _readyz),
        Route("/metrics", _metrics),
        Route("/", _welcome),
        *console.routes(),
    ]


def _graphql(settings: Settings) -> cors.Answer:
    async def answer(request: Request) -> Response:
        if settings.graphiql and console.wants_page(request):
            return console.page()
        if request.method in OF_RESERVATIONS:
            language = language_of(requests.header(request, b"accept-language"))
            refused = refused_response(ReservationRefused(), language)
            refused.headers["allow"] = "GET, POST"
            return refused
        graphql: GraphQL | EventStreams = request.app.state.graphql
        if sse.wants_events(request):
            graphql = request.app.state.events
        return await graphql.respond(request)

    return answer


async def _websocket(socket: WebSocket) -> None:
    sockets: WebSockets = socket.app.state.sockets
    await sockets.serve(socket)


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


class Endpoint:
    """Answers at /graphql, and counts what it answered."""

    def __init__(self, answer: cors.Answer) -> None:
        self._answer = answer
        outcomes = {name: telemetry.REQUESTS.labels("graphql", name) for name in OUTCOMES}
        self._ok, self._refused, self._failed = outcomes.values()
        self._seconds = telemetry.SECONDS.labels("graphql")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        begun = time.perf_counter()
        response = await self._answer(Request(scope, receive, send))
        status = response.status_code
        outcome = self._ok if status < 400 else self._refused if status < 500 else self._failed
        outcome.inc()
        self._seconds.observe(time.perf_counter() - begun)
        await response(scope, receive, send)


async def _healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok")


async def _readyz(request: Request) -> Response:
    """The database answers too."""
    try:
        async with asyncio.timeout(2):
            await _database(request).reader.fetchval("select 1")
    except (asyncpg.PostgresError, OSError, TimeoutError):
        telemetry.READY.set(0)
        return PlainTextResponse("the database does not answer", 503)
    telemetry.READY.set(1)
    return PlainTextResponse("ok")


async def _metrics(request: Request) -> Response:
    """The numbers; how late the clock is is asked of the database, whichever process it runs in."""
    with suppress(asyncpg.PostgresError, OSError, TimeoutError):
        async with asyncio.timeout(2):
            state = await lateness.state(_database(request).reader)
            telemetry.BEHIND.set(state.behind.total_seconds())
    body, kind = telemetry.page()
    return Response(body, media_type=kind)


async def _welcome(request: Request) -> Response:
    """Where everything is, for whoever comes to the bare address."""
    return JSONResponse(
        {
            "name": "Sanfang 三方",
            "graphql": "/graphql",
            "by_county": "/graphql/{county}",
            "token": "/token",
            "files": "/files/{county}/{pass}",
            "minutes": "/minutes/{county}/{pass}",
            "audit": "/audit/{county}/{pass}",
            "evidence": "/evidence/{county}/{pass}",
            "imports": "/imports/{county}/{pass}",
            "registers": "/registers/{county}/{pass}",
            "payment_files": "/payment-files/{county}/{pass}",
            "payments": "/payments/{county}/{channel}",
            "health": ["/healthz", "/readyz", "/metrics"],
        }
    )
