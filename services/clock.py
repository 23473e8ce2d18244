"""The one clock: aware UTC, never read anywhere else in services; and the day it is in China."""

from datetime import UTC, date, datetime, timedelta, timezone

from services.errors import NotYet

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(UTC)


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
