"""Cost (代价): how many rows a plan may touch at most, before the database is asked.

A page's size times the rows it stands in, level by level; a list without pages is reckoned as 20,
a search by a sealed number as 1,000, lest all numbers be tried.
Where rows come from is noted as the plan is made; the sizes are those of each call.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from schema.reading.call import Call
from schema.reading.paths import REFUSALS, Path, find
from services.errors import DocumentTooLarge, Refused, Said

SIZE_OF_A_LIST = 20
SIZE_OF_A_SEARCH = 1_000
# Rows or none, each place takes its while to be compiled here and planned there.
MOST_PLACES = 150
TABLES = Said("涉及的表太多", "too many tables")
Size: TypeAlias = int | Callable[[Call], int]


class QueryTooCostly(Refused, status=400):
    """这次查询最多会涉及 {cost} 行，上限是 {limit} 行。请减少每页条数或层数。
    This query could touch {cost} rows; the limit is {limit}. Ask for shorter pages or fewer levels.
    """


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement reads rows: so many for each row of the place around it."""

    around: int
    size: Size
    path: Path = ()


class Tally:
    """Notes the places of a statement while it is built; the first of all is the answer itself."""

    def __init__(self) -> None:
        self.places: list[Place] = []
        self._around = 0

    @contextmanager
    def within(self, size: Size, path: Path = ()) -> Iterator[None]:
        """All that is read inside is read for each of these rows; `path` is where that is asked."""
        if len(self.places) == MOST_PLACES:
            raise DocumentTooLarge(what=TABLES, limit=MOST_PLACES)
        self.places.append(Place(self._around, size, path))
        before, self._around = self._around, len(self.places)
        try:
            yield
        finally:
            self._around = before


def rows(places: Sequence[Place], call: Call) -> int:
    """How many rows a call may touch."""
    counts = [1]
    for place in places:
        size = place.size if isinstance(place.size, int) else place.size(call)
        counts.append(counts[place.around] * size)
    return sum(counts[1:])


def charge(places: Sequence[Place], call: Call) -> None:
    """Refuse a call that could touch too much, and reckon with what it could touch."""
    try:
        cost, limit = rows(places, call), call.page.cost
    except REFUSALS:
        find([(place.path, place.size) for place in places if callable(place.size)], call)
        raise
    if cost > limit:
        raise QueryTooCostly(cost=cost, limit=limit)
    call.spend(cost)
