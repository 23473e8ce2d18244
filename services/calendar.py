"""Calendar (日历): the county's working days, by which deadlines are reckoned.

The State Council's holidays and exchanged days come from the library `holidays`; a county may add
days off (a local holiday, a flood) and working days. Of years whose exchanges aren't announced yet
only the statutory days are known.
"""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Self

import holidays
from pydantic import Field, model_validator

from services import packs
from services.clock import CHINA
from services.errors import Said

DAY = timedelta(days=1)
# The longest of the country's own is eight or nine days; a flood may take longer.
LONGEST_BREAK = 31
MOST_DAYS = 1_000


@packs.section("calendar", "日历", "Calendar")
class CalendarRules(packs.Section):
    """The days on which this county differs from the country."""

    days_off: Annotated[
        tuple[date, ...], Field(max_length=MOST_DAYS), Said("另放假的日子", "Days off")
    ] = ()
    workdays: Annotated[
        tuple[date, ...], Field(max_length=MOST_DAYS), Said("另上班的日子", "Working days")
    ] = ()

    @model_validator(mode="after")
    def _without_contradiction(self) -> Self:
        both = sorted(set(self.days_off) & set(self.workdays))
        if both:
            listed = ", ".join(map(str, both))
            said = Said(f"既放假又上班：{listed}", f"both a day off and a working day: {listed}")
            raise packs.Wrong(("workdays", said))
        return self

    @model_validator(mode="after")
    def _without_an_endless_break(self) -> Self:
        """Or deadlines would stand still, and the reckoning of them would hardly end."""
        for first in sorted(set(self.days_off)):
            days = (first + number * DAY for number in range(LONGEST_BREAK + 1))
            if not any(is_workday(self, day) for day in days):
                said = Said(
                    f"从 {first} 起连续 {LONGEST_BREAK} 天以上没有工作日",
                    f"no working day for more than {LONGEST_BREAK} days from {first}",
                )
                raise packs.Wrong(("days_off", said))
        return self


def is_workday(rules: CalendarRules, day: date) -> bool:
    """Whether the county works on this day."""
    if day in rules.workdays or day in rules.days_off:
        return day in rules.workdays
    return _china().is_working_day(day)


def workday_after(rules: CalendarRules, start: datetime, days: int) -> datetime:
    """The end of the `days`-th working day after the day of this moment: midnight in China.

    Of no days it is the end of this very day, whatever day it is.
    """
    day = start.astimezone(CHINA).date()
    while days > 0:
        day += DAY
        days -= is_workday(rules, day)
    return _midnight_after(day)


def working_seconds(rules: CalendarRules, start: datetime, end: datetime) -> int:
    """How many seconds of working days lie between two moments; a working day has 24 hours."""
    counted = timedelta()
    while start < end:
        midnight = _midnight_after(start.astimezone(CHINA).date())
        if is_workday(rules, start.astimezone(CHINA).date()):
            counted += min(midnight, end) - start
        start = midnight
    return int(counted.total_seconds())


def working_after(rules: CalendarRules, start: datetime, seconds: int) -> datetime:
    """The moment at which so many seconds of working days have passed since `start`."""
    left = timedelta(seconds=seconds)
    while True:
        day = start.astimezone(CHINA).date()
        midnight = _midnight_after(day)
        if is_workday(rules, day):
            if left <= midnight - start:
                return start + left
            left -= midnight - start
        start = midnight


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + DAY, time(), CHINA)


@lru_cache(maxsize=1)
def _china() -> holidays.HolidayBase:
    return holidays.country_holidays("CN")
