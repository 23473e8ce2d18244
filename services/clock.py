"""The one clock: aware UTC, never read anywhere else in services; and the day it is in China.

A block may be put at another moment (`at`), for a history that is written afterwards. Nothing that
answers a request does so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from services.errors import NotYet
from services.zone import CHINA as CHINA

_standing: ContextVar[datetime | None] = ContextVar("standing", default=None)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Within the block it is this moment, and time stands still; for the block's own tasks alone.

    The moment must be aware: a naive one would be taken for the machine's own time.
    """
    if moment.tzinfo is None:
        raise ValueError("the moment must be aware")
    token = _standing.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _standing.reset(token)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _standing.get() or datetime.now(UTC)


def today() -> date:
    """The day it is in the counties: until 08:00 there, UTC still has the day before."""
    return now().astimezone(CHINA).date()


def by_today(day: date | None) -> date:
    """The day that is given, or today; refused where it is still to come.

    What ends or follows on a day is stored as it stands, so a day to come would be taken for now.
    """
    this = today()
    if day is not None and day > this:
        raise NotYet(today=this)
    return day or this
