"""The calendar: China's holidays with their exchanged days, and what a county changes of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.calendar import (
    LONGEST_BREAK,
    CalendarRules,
    is_workday,
    workday_after,
    working_after,
    working_seconds,
)
from services.clock import CHINA
from services.packs import sections

PLAIN = CalendarRules()
MOMENTS = st.datetimes(datetime(2022, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


def china(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=CHINA)


class TestIsWorkday:
    @pytest.mark.parametrize(
        ("day", "works"),
        [
            (date(2026, 2, 14), True),  # a Saturday, worked for the Spring Festival
            (date(2026, 2, 20), False),  # the Friday that it was exchanged for
            (date(2026, 2, 17), False),
            (date(2026, 2, 25), True),
            (date(2026, 10, 10), True),
            (date(2026, 10, 7), False),
            (date(2026, 11, 28), False),
            (date(2026, 11, 27), True),
        ],
    )
    def test_it_knows_the_exchanged_days(self, day: date, works: bool) -> None:
        assert is_workday(PLAIN, day) is works

    def test_the_county_has_the_last_word(self) -> None:
        own = CalendarRules(days_off=(date(2026, 11, 27),), workdays=(date(2026, 11, 28),))
        assert not is_workday(own, date(2026, 11, 27))
        assert is_workday(own, date(2026, 11, 28))

    def test_a_day_is_not_both(self) -> None:
        with pytest.raises(ValidationError, match="2026-11-27"):
            CalendarRules(days_off=(date(2026, 11, 27),), workdays=(date(2026, 11, 27),))


class TestWorkdayAfter:
    @pytest.mark.parametrize(
        ("start", "days", "end"),
        [
            (china(2026, 2, 13, 9), 1, china(2026, 2, 15)),  # the worked Saturday is the next one
            (china(2026, 2, 14, 9), 1, china(2026, 2, 25)),  # then ten days of festival
            (china(2026, 11, 26, 23), 2, china(2026, 12, 1)),
            (china(2026, 11, 26, 0), 0, china(2026, 11, 27)),
            (datetime(2026, 11, 26, 17, tzinfo=UTC), 1, china(2026, 12, 1)),  # the 27th in China
        ],
    )
    def test_it_ends_at_midnight_in_china(self, start: datetime, days: int, end: datetime) -> None:
        assert workday_after(PLAIN, start, days) == end

    @given(MOMENTS, st.integers(0, 30), st.integers(0, 30))
    def test_some_days_and_some_more_are_as_many_together(
        self, start: datetime, some: int, more: int
    ) -> None:
        halfway = workday_after(PLAIN, start, some) - timedelta(microseconds=1)
        together = workday_after(PLAIN, start, some + more)
        assert workday_after(PLAIN, halfway, more) == together

    @given(MOMENTS, st.integers(1, 60))
    def test_it_ends_with_a_working_day(self, start: datetime, days: int) -> None:
        end = workday_after(PLAIN, start, days)
        assert is_workday(PLAIN, (end - timedelta(days=1)).astimezone(CHINA).date())


class TestWorkingSeconds:
    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            (china(2026, 11, 26, 9), china(2026, 11, 26, 10), 1),
            (china(2026, 11, 27, 12), china(2026, 11, 30), 12),  # a weekend lies between
            (china(2026, 11, 28), china(2026, 11, 29, 23), 0),
            (china(2026, 2, 13, 12), china(2026, 2, 25), 60),  # the worked Saturday counts
            (china(2026, 11, 26, 10), china(2026, 11, 26, 9), 0),
        ],
    )
    def test_only_working_days_count(self, start: datetime, end: datetime, hours: int) -> None:
        assert working_seconds(PLAIN, start, end) == hours * 3600

    @given(MOMENTS, st.integers(1, 60 * 86_400))
    def test_what_has_passed_is_what_was_to_pass(self, start: datetime, seconds: int) -> None:
        assert working_seconds(PLAIN, start, working_after(PLAIN, start, seconds)) == seconds

    @given(MOMENTS, st.integers(0, 30))
    def test_to_the_end_of_some_working_days_it_is_no_further(
        self, start: datetime, days: int
    ) -> None:
        """Counted in seconds and in days, one comes to the same midnight."""
        end = workday_after(PLAIN, start, days)
        left = working_seconds(PLAIN, start, end)
        if left:
            assert end - timedelta(seconds=1) < working_after(PLAIN, start, left) <= end


class TestBreaks:
    """A county's days off end: of a break without an end every deadline would wait for ever."""

    @given(first=st.dates(date(2026, 1, 1), date(2027, 12, 1)), length=st.integers(1, 60))
    def test_no_break_is_longer_than_a_month(self, first: date, length: int) -> None:
        days_off = [first + timedelta(days=number) for number in range(length)]
        _, problems = sections.examine({"calendar": {"days_off": [str(day) for day in days_off]}})
        longest = next(
            number
            for number in range(100)
            if is_workday(CalendarRules.model_construct(days_off=tuple(days_off)),
                          first + timedelta(days=number))
        )  # fmt: skip
        assert bool(problems) == (longest > LONGEST_BREAK)

    def test_no_more_days_than_can_be_looked_through(self) -> None:
        days = [str(date(2026, 1, 1) + timedelta(days=14 * number)) for number in range(1_001)]
        _, problems = sections.examine({"calendar": {"workdays": days}})
        assert [one.path for one in problems] == ["calendar.workdays"]
