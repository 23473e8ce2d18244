"""Grants that change under load: two servers, each with its own memory, and callers who don't stop.

Nothing that is asked once an activation was answered is decided by the old grants, in either
server, whatever plans and authorities it has kept.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import httpx
import pytest

from infra.settings import Settings
from tests.conftest import KEY
from tests.county import County
from tests.infra.processes import serving
from tests.infra.service import Service, token
from tests.infra.test_configuring import ACTIVATE, APPROVE, PROPOSE, RENAME

READ = "{ duties { totalCount } }"
CHANGES = {
    "roles": {
        "takes": [
            {"role": "community_secretary", "permission": "units.rename"},
            {"role": "community_secretary", "permission": "duties.read"},
        ],
        "gives": [{"role": "grid_worker", "permission": "units.rename", "scope": "unit"}],
    }
}
KINDS = (
    ("community_secretary", "rename"),
    ("community_secretary", "read"),
    ("grid_worker", "rename"),
)
ANSWERS, PATIENCE = 20, 60


class Answer(NamedTuple):
    """One answer: of which server, whose, to what, when it was asked, whether it was allowed."""

    url: str
    role: str
    what: str
    asked_at: float
    is_allowed: bool


@pytest.fixture(scope="module")
def servers(settings: Settings) -> Iterator[list[str]]:
    """Two servers on the suite's database."""
    said = {"SANFANG_MASTER_KEY": KEY, "SANFANG_WORKER": "apart", "SANFANG_LOG_LEVEL": "ERROR"}
    if settings.database_url is not None and settings.app_password is not None:
        said["SANFANG_DATABASE_URL"] = settings.database_url.get_secret_value()
        said["SANFANG_APP_PASSWORD"] = settings.app_password.get_secret_value()
    with (
        serving(settings.data_dir, **said) as (_, one),
        serving(settings.data_dir, **said) as (_, other),
    ):
        yield [one, other]


@dataclass
class Load:
    """Callers who don't stop, of every server, and what they were answered."""

    servers: list[str]
    bearers: dict[str, str]
    unit: str
    answers: list[Answer] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, url: str, role: str, what: str) -> None:
        """Ask one thing of one server until it is over."""
        query, variables = (RENAME, {"id": self.unit}) if what == "rename" else (READ, {})
        async with client(url, self.bearers[role]) as http:
            while not self.is_over.is_set():
                asked_at = time.monotonic()
                answer = await http.post("/graphql", json={"query": query, "variables": variables})
                errors = answer.json().get("errors", ())
                codes = {error["extensions"]["code"] for error in errors}
                assert codes <= {"FORBIDDEN", "CONFLICT"}, errors
                if "CONFLICT" not in codes:
                    self.answers.append(Answer(url, role, what, asked_at, not codes))

    async def enough(self, since: float) -> list[Answer]:
        """Some answers of each kind that were asked for since then."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [one for one in self.answers if one.asked_at >= since]
                kinds = [one[:3] for one in found]
                wanted = [(url, *kind) for url in self.servers for kind in KINDS]
                if all(kinds.count(kind) >= ANSWERS for kind in wanted):
                    return found
                await asyncio.sleep(0.05)

    async def around(self, change: Callable[[], Awaitable[None]]) -> tuple[list[Answer], ...]:
        """What was answered before the change was asked for, and what was asked for after it was
        answered.
        """
        async with asyncio.TaskGroup() as group:
            for url in self.servers:
                for role, what in KINDS:
                    group.create_task(self.call(url, role, what))
            before = await self.enough(0)
            await change()
            after = await self.enough(time.monotonic())
            self.is_over.set()
        return before, after


async def test_nothing_is_decided_by_the_old_grants_once_an_activation_was_answered(
    servers: list[str], served: Service, county: County
) -> None:
    tree = await county.tree()
    secretary = await county.actor("community_secretary", tree.communities[0])
    worker = await county.actor("grid_worker", tree.grids[0])
    bearers = {"community_secretary": await token(county, secretary),
               "grid_worker": await token(county, worker)}  # fmt: skip
    administrator = await token(county, county.administrator)
    security = await token(county, county.security)
    made = await served.ask(PROPOSE, {"changes": CHANGES}, token=administrator)
    proposal = {"id": made["proposePack"]["id"]}
    await served.ask(APPROVE, proposal, token=security)

    async def activate() -> None:
        async with client(servers[0], administrator) as http:
            body = {"query": ACTIVATE, "variables": proposal}
            assert "errors" not in (await http.post("/graphql", json=body)).json()

    load = Load(servers, bearers, f"Unit:{tree.grids[0].id}")
    before, after = await load.around(activate)
    for one in before:
        assert one.is_allowed == (one.role == "community_secretary"), one
    for one in after:
        assert one.is_allowed == (one.role == "grid_worker" and one.what == "rename"), one


def client(url: str, bearer: str) -> httpx.AsyncClient:
    """A caller of one server."""
    headers = {"authorization": f"Bearer {bearer}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE)
