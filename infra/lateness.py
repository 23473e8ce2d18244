"""Lateness (迟延): how late the clock is, for whoever wants to know it without a share in its work.

It is asked by a function that says two moments and nothing else of the queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

STATE = "select looked, waiting, now() as at from public.sanfang_clock()"


class Asked(Protocol):
    """A connection, or the reads' own: whatever answers one row."""

    async def fetchrow(self, query: str, /) -> Any:
        """The first row."""


@dataclass(frozen=True, slots=True)
class State:
    """When a county was last looked at, and since when the look that waits longest is waiting."""

    looked: datetime | None
    waiting: datetime | None
    at: datetime

    @property
    def behind(self) -> timedelta:
        """How late the look is that waits longest."""
        return timedelta(0) if self.waiting is None else self.at - self.waiting


async def state(connection: Asked) -> State:
    """How the clock stands, asked by a role that sees nothing of the queue but this."""
    row = await connection.fetchrow(STATE)
    return State(row["looked"], row["waiting"], row["at"])
