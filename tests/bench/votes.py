"""How fast a large vote goes: `python -m tests.bench.votes [UNITS]`, on a database of its own.

Its roll frozen, nine ballots of ten counted, its evidence written and counted again by the program
that is in it. Beside the count stands its limit in the same run: opening the ballots alone.
"""

import asyncio
import io
import sys
import time
import zipfile
from contextlib import redirect_stdout
from typing import Any

from uuid_utils.compat import uuid7

from infra import evidence_jobs, migrate, verify_vote
from infra.database import Database
from infra.embedded import Embedded
from infra.settings import Settings
from policies import Actor
from services import clock, rows, sealing, vote_evidence
from services.ballots.tables import Ballot, BallotState, BallotWay
from services.prepared import put
from services.votes import counting, rolls, tally
from services.votes.tables import RollHolder, VoteItem
from tests.conftest import embedded_folder
from tests.county import County
from tests.polls import DRAFTED, OVER, VOTING, Poll


async def measured(units: int) -> None:
    """Hold a vote over so many units, and say how long each part took."""
    with embedded_folder() as folder:
        held = await asyncio.to_thread(Embedded.start, folder, durable=True)
        settings = Settings(data_dir=folder, database_url=None, statement_timeout_ms=600_000)
        await migrate.upgrade(settings)
        async with await Database.open(settings) as database:
            poll = await Poll.of(await County.new(database), units)
            await poll.noticed(VoteItem.firm)
            freezing = await timed(poll.do(rolls.freeze, poll.chair, at=DRAFTED))
            await poll.look(VOTING)
            opening = await fill(poll)
            await poll.closed()
            count = await timed(poll.do(counting.count, poll.chair, at=OVER))
            pure = await alone(poll)
            writing, verifying, size = await evidence(poll, folder)
        held.release()
    print(f"roll of {units} units frozen in {freezing:.2f} s")
    print(f"{units * 9 // 10} ballots counted in {count:.2f} s; opening them alone {opening:.2f} s")
    print(f"the tally alone: {pure * 1000:.0f} ms")
    print(f"evidence of {size / 1e6:.1f} MB in {writing:.2f} s, counted again in {verifying:.2f} s")


async def timed(doing: Any) -> float:
    """How long it takes."""
    began = time.perf_counter()
    await doing
    return time.perf_counter() - began


async def fill(poll: Poll) -> float:
    """A ballot for nine of ten; how long it takes to open them all."""
    county = poll.county
    async with county.session() as session:
        keys = await sealing.keys(session, county.id)
        holders = await rows.every(session, RollHolder, poll.chair, "id", vote_id=poll.vote)
        ballots = []
        for place, holder in enumerate(holders[: len(holders) * 9 // 10]):
            row = Ballot(tenant_id=county.id, id=uuid7(), vote_id=poll.vote,
                         entry_id=holder.entry_id, holder_id=holder.id, way=BallotWay.web,
                         state=BallotState.effective, key_number=0, answers_cipher=b"",
                         receipt="", received_at=VOTING)  # fmt: skip
            choice = "consent" if place % 3 else "against"
            row.seal(keys, {str(poll.questions[0]): choice}, place + 1)
            put(session, Ballot, **row.model_dump())
            ballots.append(row)
        began = time.perf_counter()
        for row in ballots:
            row.open(keys)
        return time.perf_counter() - began


async def alone(poll: Poll) -> float:
    """The pure count, over the same roll and ballots."""
    roll = await poll.roll()
    entries = [tally.Entry(str(one.id), one.area, str(one.head)) for one in roll]
    said = [
        tally.Ballot(one.id, "q", "v", tally.Choice.consent if n % 3 else tally.Choice.against)
        for n, one in enumerate(entries[: len(entries) * 9 // 10])
    ]
    began = time.perf_counter()
    tally.tally(entries, said, [tally.Question("q")])
    return time.perf_counter() - began


async def evidence(poll: Poll, folder: Any) -> tuple[float, float, int]:
    """The archive written by the clock, then counted again; and its size."""
    row = await poll.do(vote_evidence.export, poll.community, at=OVER, purpose="测量用")
    by = Actor(poll.county.id, poll.county.slug)
    began = time.perf_counter()
    async with poll.county.session() as session:
        await evidence_jobs.look(session, by, at=clock.now(), most=1)
    writing = time.perf_counter() - began
    async with poll.county.session() as session:
        done = await vote_evidence.find(session, poll.community, row.id)
        assert done.sha256 is not None
        _, chunks = await session.info["store"]().read(by.tenant_id, done.id, done.sha256)
        data = b"".join([chunk async for chunk in chunks])
    path = folder / "vote.zip"
    await asyncio.to_thread(path.write_bytes, data)
    began = time.perf_counter()
    with redirect_stdout(io.StringIO()):
        assert verify_vote.main([str(path)]) == 0
    verifying = time.perf_counter() - began
    with zipfile.ZipFile(path) as packed:
        assert packed.testzip() is None
    return writing, verifying, len(data)


if __name__ == "__main__":
    asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
