"""Allowances (用量): how many rows a minute each caller may touch, whatever one query may cost.

A caller is a person, a client, a person through a client, or an address that the public asks from.
What is used up fills again steadily. Each process counts for itself.
"""

import math
from collections.abc import Hashable
from dataclasses import dataclass
from time import monotonic

from services.errors import Refused
from services.kept import Kept

SECONDS = 60
SHARE_OF_TOIL = 10


class AllowanceSpent(Refused, status=429):
    """每分钟最多涉及 {limit} 行，您已用完。请在 {seconds} 秒后再试，或减少每页条数。
    {limit} rows a minute are allowed, and yours are used up. Try again in {seconds} seconds.
    """


@dataclass(slots=True)
class _Level:
    """What is left of an allowance, and when that was so."""

    rows: float
    at: float


class Allowances:
    """What every caller has left in this process."""

    def __init__(self, rows_per_minute: int) -> None:
        self.usual = rows_per_minute
        self._levels: Kept[Hashable, _Level] = Kept()

    def spend(self, who: Hashable, rows: int, own: int | None = None) -> int | None:
        """Take rows from what a caller has left; how many are left, None where there is no limit.

        No rows at all are refused to one who owes some.

        `own` is the caller's own allowance, in place of the usual one. `AllowanceSpent` takes none.
        """
        most = own or self.usual
        if not most:
            return None
        level = self._level(who, most)
        if rows > level.rows:
            seconds = math.ceil((min(rows, most) - level.rows) * SECONDS / most)
            raise AllowanceSpent(limit=most, seconds=max(seconds, 1))
        level.rows -= rows
        return int(level.rows)

    def owe(self, who: Hashable, rows: int, own: int | None = None) -> int | None:
        """Take rows that were touched already: what is left may be less than nothing."""
        most = own or self.usual
        if not most:
            return None
        level = self._level(who, most)
        level.rows -= rows
        return int(level.rows)

    def toil(self, who: Hashable, rows: int, own: int | None = None) -> None:
        """Reckon work that touches no row as so many; a small allowance isn't used up by it."""
        most = own or self.usual
        self.owe(who, min(rows, most // SHARE_OF_TOIL), own)

    def _level(self, who: Hashable, most: int) -> _Level:
        now = monotonic()
        level = self._levels.get(who) or self._levels.put(who, _Level(most, now))
        level.rows = min(most, level.rows + (now - level.at) * most / SECONDS)
        level.at = now
        return level
