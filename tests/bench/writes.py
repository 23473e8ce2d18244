"""A write (写入): a unit founded with its event, its key and its answer, against the same by hand.

Its round trips are counted on the wire, its cost is measured like that of a read.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg

from tests.bench import contest, wire
from tests.bench.clock import Failed, Figures, Load, Run
from tests.bench.contest import Peer
from tests.bench.inside import body_of
from tests.bench.stage import Stage

BY_HAND = "by hand, asyncpg"
FOUND = """mutation Found($name: String!, $parent: ID!, $commandId: ID!) {
  foundUnit(kind: LINKED_DEPARTMENT, name: $name, parent: $parent, commandId: $commandId) {
    id name version
  }
}"""
WARMING, COUNTED = 40, 40
# No name and no command id is used twice in a run, whoever asks.
NUMBERS = count(1)


@dataclass(frozen=True)
class Writes:
    """What a write costs: round trips of ours and of the one by hand, and the runs of both."""

    trips: dict[str, float]
    runs: dict[str, Figures]


@dataclass
class Desk:
    """Who founds units, where: each request has a name and a command id of its own."""

    stage: Stage
    root: UUID
    who: UUID
    numbers: Iterator[int]

    @property
    def token(self) -> str:
        """The writer's token."""
        token = self.stage.counties[0].writer
        assert token is not None
        return token

    def bodies(self, peer: Peer, number: int) -> list[bytes]:
        """So many requests, none like another."""
        return [self._body(peer, f"{next(self.numbers):08}") for _ in range(number)]

    def own_bodies(self, number: int) -> list[bytes]:
        """The same as they are asked of the service."""
        return [self._own_body(f"{next(self.numbers):08}") for _ in range(number)]

    def _body(self, peer: Peer, mark: str) -> bytes:
        if peer.name != BY_HAND:
            return self._own_body(mark)
        # By hand there is no authority to read: who writes is said in the body.
        asked = {**_named(mark), "parent": str(self.root), "who": str(self.who)}
        return json.dumps(asked, ensure_ascii=False).encode()

    def _own_body(self, mark: str) -> bytes:
        return body_of(FOUND, {**_named(mark), "parent": f"Unit:{self.root}"})


async def measure(stage: Stage, load: Load, rounds: int, each: int) -> Writes:
    """Count and time the write, in turn with the one by hand."""
    desk = await desk_of(stage)
    trips: dict[str, float] = {}
    for name in (contest.OURS, BY_HAND):
        with wire.counted(stage.dsn) as counting, _served(stage, name, counting.dsn) as peer:
            trips[name] = _trips(desk, peer, counting)
    runs: dict[str, list[Run]] = defaultdict(list)
    with _served(stage, contest.OURS) as ours, _served(stage, BY_HAND) as by_hand:
        for number in range(rounds + 1):
            for peer in (ours, by_hand) if number % 2 else (by_hand, ours):
                asked = [
                    contest.raw(peer.port, "/graphql", desk.token, body)
                    for body in desk.bodies(peer, each)
                ]
                measured = load.run(
                    peer.port, asked, 60, server=peer.process.pid,
                    postmaster=stage.postmaster, once=True,
                )  # fmt: skip
                if number > 0:
                    runs[BY_HAND if peer is by_hand else contest.OURS].append(measured)
    return Writes(trips, {name: Figures(tuple(found)) for name, found in runs.items()})


def _trips(desk: Desk, peer: Peer, counting: wire.Wire) -> float:
    """Round trips of one write, once everything is prepared on the connection."""
    for body in desk.bodies(peer, WARMING):
        _check(peer.post(body, desk.token))
    before = counting.trips
    for body in desk.bodies(peer, COUNTED):
        _check(peer.post(body, desk.token))
    return (counting.trips - before) / COUNTED


def _served(stage: Stage, name: str, dsn: str | None = None) -> contest.Starting:
    if name == contest.OURS:
        return contest.ours(stage, dsn, f"{contest.OURS} writing")
    environment = stage.environment()
    if dsn is not None:
        environment["PGHOST"] = urlsplit(dsn).query.partition("host=")[2].partition("&")[0]
    return contest.python_peer(name, "writing", environment)


async def desk_of(stage: Stage) -> Desk:
    """The first county's top unit and its administrator, by the owner's eyes."""
    county = stage.counties[0]
    owner = await asyncpg.connect(stage.dsn)
    try:
        async with owner.transaction():
            await owner.execute("select set_config('sanfang.tenant', $1, true)", str(county.id))
            root = await owner.fetchval("select id from unit where parent_id is null")
            who = await owner.fetchval(
                "select a.person_id from appointment a join post p on p.tenant_id = a.tenant_id"
                " and p.id = a.post_id where p.role = 'county_administrator' limit 1"
            )
    finally:
        await owner.close()
    return Desk(stage, root, who, NUMBERS)


def _named(mark: str) -> dict[str, str]:
    return {"name": f"职能部门{mark}", "commandId": f"bench-{mark}"}


def _check(body: bytes) -> None:
    if b'"errors"' in body or b'"foundUnit"' not in body:
        raise Failed(body.decode(errors="replace")[:500])
