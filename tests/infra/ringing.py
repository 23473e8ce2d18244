"""An alarm for the tests of the worker: whoever was registered by now is rung for, once.

Run as a module it is `sanfang worker` with this alarm, and may stand still within a transaction, so
that a test can end it there.
"""

import asyncio
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.serving import work
from infra.settings import Settings
from policies import Actor
from services import alarms
from services.alarms import Alarm
from services.events import record, state_of
from services.people import Person

RUNG = "person.rung"


class Broken(Exception):
    """What a failing alarm raises; it quotes what no log may keep."""


@dataclass
class Ringing:
    """Rings in these counties only, whatever others there are; `fails` counts down in a county."""

    counties: frozenset[UUID]
    fails: Counter[UUID] = field(default_factory=Counter)
    rung: list[UUID] = field(default_factory=list)
    asked: set[UUID] = field(default_factory=set)
    seconds: float = 0

    async def look(self, session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
        """Ring for the next few: a second version says that somebody was rung for."""
        self.asked.add(by.tenant_id)
        if by.tenant_id not in self.counties:
            return 0
        due = select(Person).where(
            Person.tenant_id == by.tenant_id, Person.version == 1, col(Person.made_at) <= at
        )
        ordered = due.order_by(col(Person.made_at), col(Person.id)).limit(most)
        found = (await session.exec(ordered.with_for_update(skip_locked=True))).all()
        for person in found:
            before, person.version = state_of(person), 2
            record(session, by, RUNG, person, acting=None, before=before)
        await session.flush()
        if found and self.seconds:
            print("ringing", flush=True)
            await asyncio.sleep(self.seconds)
        if self.fails[by.tenant_id] > 0:
            self.fails[by.tenant_id] -= 1
            raise Broken("13800000000")
        self.rung += [person.id for person in found]
        return len(found)


def main(seconds: str, *counties: str) -> None:
    """Work on these counties, standing still for so long in each transaction."""
    ringing = Ringing(frozenset(map(UUID, counties)), seconds=float(seconds))
    alarms.ALARMS.clear()
    alarms.ALARMS["ringing"] = Alarm(ringing.look)
    work(Settings())


if __name__ == "__main__":
    main(*sys.argv[1:])
