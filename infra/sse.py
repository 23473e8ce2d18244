"""Server-sent events: a request that accepts an event stream is answered by one.

The distinct connections mode of the GraphQL over SSE protocol: one request, one stream, which ends
by `complete`. What an operation is refused is told in the stream, as a browser reads nothing else.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from infra import requests, telemetry
from infra.graphql import RESPONSE, errors_of, refused_response
from infra.operations import dump
from infra.requests import JSON, Batch, GraphQLRequest
from infra.subscriptions import Admitted, Subscriptions
from schema.errors import language_of, refusal
from services.errors import Refused

EVENTS = "text/event-stream"
TOKEN_OF_A_RESERVATION = "x-graphql-event-stream-token"  # noqa: S105
COMPLETE = b"event: complete\ndata:\n\n"
STILL_HERE = b":\n\n"
HEADERS = {"cache-control": "no-store, no-transform", "x-accel-buffering": "no"}


class BatchUnstreamed(Refused, status=400):
    """事件流一次只能有一个请求。请分开提交。
    An event stream answers one request. Send them apart.
    """


class ReservationRefused(Refused, status=405):
    """不支持单连接模式：每个请求用自己的事件流（Accept: text/event-stream），不要带预约令牌。
    The single connection mode isn't offered: send each request for an event stream of its own.
    """


class EventStreams:
    """Answers requests by streams of events."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self.subscriptions = subscriptions
        self.seconds = subscriptions.settings.keep_alive_seconds

    async def respond(self, request: Request) -> Response:
        """Begin a stream; whoever isn't let in is refused as any request is."""
        language = language_of(requests.header(request, b"accept-language"))
        try:
            given = await self._read(request)
            admitted = await self._admit(request, language)
        except Exception as raised:
            return refused_response(refusal(raised), language)
        headers = {**HEADERS, "content-language": language}
        return EventResponse(self._events(given, admitted), headers=headers, media_type=EVENTS)

    async def _read(self, request: Request) -> GraphQLRequest:
        given = await requests.read(request, self.subscriptions.settings)
        if isinstance(given, Batch):
            raise BatchUnstreamed()
        if TOKEN_OF_A_RESERVATION in request.headers or "token" in request.query_params:
            raise ReservationRefused()
        return given

    async def _admit(self, request: Request, language: str) -> Admitted:
        authorization, named = (
            requests.header(request, b"authorization"),
            requests.counties(request),
        )
        address = requests.address(request)
        return await self.subscriptions.admit(authorization, named, language, address)

    async def _events(
        self, given: GraphQLRequest, admitted: Admitted
    ) -> AsyncGenerator[bytes, None]:
        try:
            with self.subscriptions.connected(admitted.asker.key):
                answers = self.subscriptions.answers(given, admitted)
                async with aclosing(_with_signs_of_life(answers, self.seconds)) as signs:
                    async for answer in signs:
                        yield STILL_HERE if answer is None else next_event(answer)
        except Exception as raised:
            refused = refusal(raised)
            telemetry.REFUSALS.labels(refused.code).inc()
            yield next_event(dump({"errors": errors_of(refused, admitted.asker.language)}))
        yield COMPLETE


class EventResponse(StreamingResponse):
    """A stream of events whose source is put away as soon as nobody reads it."""

    body_iterator: AsyncGenerator[bytes, None]

    async def stream_response(self, send: Send) -> None:
        """Send the events."""
        async with aclosing(self.body_iterator):
            await super().stream_response(send)


def wants_events(request: Request) -> bool:
    """Whether a stream of events is what the caller accepts; who takes JSON too is given that.

    Clients that can read either name both, and ask for events alone where they subscribe.
    """
    accepted = requests.accepted(request)
    return EVENTS in accepted and accepted.isdisjoint({JSON, RESPONSE})


async def _with_signs_of_life(
    answers: AsyncGenerator[bytes, None], seconds: float
) -> AsyncGenerator[bytes | None, None]:
    """The answers, and None after so long without one: what stands between us keeps the line up."""
    async with aclosing(answers):
        while True:
            upcoming = asyncio.ensure_future(anext(answers, None))
            try:
                while not (await asyncio.wait({upcoming}, timeout=seconds))[0]:
                    yield None
                answer = upcoming.result()
            finally:
                upcoming.cancel()
                await asyncio.wait({upcoming})
            if answer is None:
                return
            yield answer


def next_event(body: bytes) -> bytes:
    """An event with a result; a line broken in it, as JSON may be, is a line of data more."""
    return b"event: next\ndata: " + body.replace(b"\n", b"\ndata: ") + b"\n\n"
