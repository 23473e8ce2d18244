"""A resident with a telephone, who sends files and looks at them again."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from policies import Actor
from tests.county import County, Tree
from tests.infra.service import Service, token

PREPARE = (
    "mutation ($unit: ID!, $name: String!) { prepareFile(unit: $unit, name: $name) {"
    " uploadUrl uploadUntil file { id state url urlUntil } } }"
)
SHOW = (
    "query ($id: ID!) { node(id: $id) { ... on File { name state mediaType size sha256"
    " originalSha256 width height url urlUntil unit { name } person { name } } } }"
)


@dataclass(frozen=True)
class Sender:
    """A resident with a telephone."""

    served: Service
    county: County
    tree: Tree
    by: Actor
    token: str

    async def prepare(self, name: str = "墙面.jpg") -> tuple[str, str]:
        """A file's id and the address for its bytes."""
        given = {"unit": f"Unit:{self.tree.estate.id}", "name": name}
        made = (await self.served.ask(PREPARE, given, token=self.token))["prepareFile"]
        assert (made["file"]["state"], made["file"]["url"]) == ("PREPARED", None)
        assert made["file"]["urlUntil"] is None
        assert made["uploadUntil"].endswith(".000000Z")
        return made["file"]["id"], made["uploadUrl"]

    async def put(self, address: str, data: Any, **headers: str) -> httpx.Response:
        """Send bytes to an address."""
        return await self.served.http.put(path(address), content=data, headers=headers)

    async def send(self, data: bytes, name: str = "墙面.jpg") -> str:
        """Prepare and send; the file's id."""
        file, address = await self.prepare(name)
        answer = await self.put(address, data)
        assert answer.status_code == 200, answer.text
        return file

    async def show(self, file: str, as_: str | None = None) -> dict[str, Any]:
        """What GraphQL shows of a file."""
        found: dict[str, Any] = (
            await self.served.ask(SHOW, {"id": file}, token=as_ or self.token)
        )["node"]
        return found

    async def get(self, file: str) -> httpx.Response:
        """A stored file by the address that GraphQL shows."""
        return await self.served.http.get(path((await self.show(file))["url"]))


def path(address: str) -> str:
    return address[address.index("/files/") :]


def key(file: str) -> UUID:
    return UUID(file.partition(":")[2])


def code(answer: httpx.Response) -> str:
    [error] = answer.json()["errors"]
    said: str = error["extensions"]["code"]
    return said


async def sending(served: Service, county: County) -> Sender:
    tree = await county.tree()
    resident = await county.actor("resident", tree.estate)
    return Sender(served, county, tree, resident, await token(county, resident))
