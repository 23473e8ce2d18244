"""The whole service behind HTTP, without a socket: what a front end sends, and what it gets."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from infra.server import create_app
from infra.settings import Settings
from policies import Actor
from services import signing
from services.signing import Bearer
from tests.county import County


@dataclass(frozen=True)
class Service:
    """A client of a running service."""

    http: httpx.AsyncClient
    app: Any

    async def send(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        county: County | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send a document; headers' names with _ for -."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        if county is not None:
            sent["x-sanfang-tenant"] = county.slug
        body = {"query": query, "variables": dict(variables or {})}
        return await self.http.post("/graphql", json=body, headers=sent)

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, *, token: str
    ) -> dict[str, Any]:
        """Send a document that must succeed; its data."""
        response = await self.send(query, variables, token=token)
        answer = response.json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def code(
        self, query: str, variables: Mapping[str, Any] | None = None, *, token: str
    ) -> str:
        """Send a document that must be refused; the code of its one error."""
        errors = (await self.send(query, variables, token=token)).json()["errors"]
        assert len(errors) == 1, errors
        code: str = errors[0]["extensions"]["code"]
        return code


@asynccontextmanager
async def service(settings: Settings) -> AsyncIterator[Service]:
    """A process of the service: its own pools and its own memory of who may do what."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://sanfang") as http:
            yield Service(http, app)


async def token(county: County, actor: Actor, *, minutes: int = 15) -> str:
    """An access token for an actor."""
    subject = actor.person_id or actor.client_id
    assert subject is not None
    bearer = Bearer(county.id, county.slug, subject, actor.client_id)
    async with county.session() as session:
        return await signing.issue(session, bearer, minutes=minutes)
