"""The server: routes, and what is opened at the start and closed at the end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

import schema
from infra import console, cors, sse, telemetry, tokens
from infra.auth import Authenticator
from infra.database import Database
from infra.graphql import GraphQL, refused_response
from infra.operations import Operations
from infra.settings import Settings
from infra.sse import EventStreams, ReservationRefused
from infra.subscriptions import Subscriptions
from infra.websockets import WebSockets
from schema.documents import Documents
from schema.errors import language_of
from schema.limits import Limits
from schema.reading import Reader

# By these the single connection mode of GraphQL over SSE would reserve a stream, and end one.
OF_RESERVATIONS = ("PUT", "DELETE")


def create_app(settings: Settings) -> Starlette:
    """The application, which opens its database as it starts and closes it as it ends."""
    built = schema.build()._schema
    reader = Reader(built)
    limits = Limits(
        depth=settings.max_depth,
        aliases=settings.max_aliases,
        tokens=settings.max_tokens,
        fields=settings.max_fields,
        directives=settings.max_directives,
    )
    documents = Documents(built, limits)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        database = await Database.open(settings)
        authenticator = Authenticator(database, settings)
        app.state.database = database
        operations = Operations(database, authenticator, reader, documents, settings)
        app.state.graphql = GraphQL(operations)
        app.state.subscriptions = subscriptions = Subscriptions(operations, settings)
        app.state.events, app.state.sockets = EventStreams(subscriptions), WebSockets(subscriptions)
        app.router.routes.extend(tokens.routes(authenticator, database, settings))
        try:
            yield
        finally:
            await subscriptions.end()
            await database.close()

    return Starlette(routes=_routes(settings), lifespan=lifespan)


def _routes(settings: Settings) -> list[BaseRoute]:
    methods = ["GET", "POST", "OPTIONS", *OF_RESERVATIONS]
    answer = _counted(cors.let_in(_graphql(settings), _database))
    return [
        WebSocketRoute("/graphql", _websocket),
        WebSocketRoute("/graphql/{tenant}", _websocket),
        Route("/graphql", answer, methods=methods),
        Route("/graphql/{tenant}", answer, methods=methods),
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
            language = language_of(request.headers.get("accept-language"))
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


def _counted(answer: cors.Answer) -> cors.Answer:
    async def counted(request: Request) -> Response:
        begun = time.perf_counter()
        response = await answer(request)
        outcome = "ok" if response.status_code < 400 else "refused"
        outcome = outcome if response.status_code < 500 else "failed"
        telemetry.REQUESTS.labels("graphql", outcome).inc()
        telemetry.SECONDS.labels("graphql").observe(time.perf_counter() - begun)
        return response

    return counted


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
            "health": ["/healthz", "/readyz", "/metrics"],
        }
    )
