"""Deadlines (时限): in working days of the county, of an urgent matter in hours; and the ladder's.

While a matter is suspended its step's clock stands: what was left then is what it has when it goes
on. The suspension has a deadline and a ladder of its own, lest a matter lie for ever.
"""

from datetime import date, datetime, timedelta

from services.calendar import CalendarRules, workday_after, working_after, working_seconds
from services.matters.rules import MatterRules, Rung, Step
from services.matters.states import MatterState
from services.matters.tables import Matter
from services.zone import CHINA

MOMENT, MINUTE = timedelta(microseconds=1), timedelta(minutes=1)


def of(rules: MatterRules, calendar: CalendarRules, row: Matter, start: datetime) -> datetime:
    """By when the matter has to leave the state that it comes to at `start`."""
    state = MatterState(row.state)
    if row.is_urgent:
        return start + timedelta(hours=rules.hours[state])
    return workday_after(calendar, start, rules.days[state])


def later(calendar: CalendarRules, row: Matter, due: datetime, days: int) -> datetime:
    """So many working days after a deadline; of an urgent matter so many times 24 hours."""
    if row.is_urgent:
        return due + timedelta(days=days)
    return workday_after(calendar, due - MOMENT, days)


def day_of(due: datetime) -> date:
    """The day in the counties at whose end, or on which, something is due."""
    return (due - MOMENT).astimezone(CHINA).date()


def alarm(rules: MatterRules, calendar: CalendarRules, row: Matter) -> datetime | None:
    """When the next rung of the ladder is due; None where nothing is, or none is left."""
    step = next_step(rules, row)
    if row.due_at is None or step is None:
        return None
    if row.is_urgent:
        return row.due_at + timedelta(hours=step.hours)
    return rung_at(calendar, row.due_at, step)


def next_step(rules: MatterRules, row: Matter) -> Step | None:
    """The rung that comes next of those the matter hasn't climbed at this step."""
    rungs = list(Rung)
    climbed = rungs.index(Rung(row.rung)) if row.rung else -1
    return next((step for step in rules.ladder if rungs.index(step.rung) > climbed), None)


def rung_at(calendar: CalendarRules, due: datetime, step: Step) -> datetime:
    """When a rung is due, in working days after the deadline."""
    return workday_after(calendar, due - MOMENT, step.days)


def left(calendar: CalendarRules, row: Matter, now: datetime, due: datetime) -> int:
    """How many seconds a step has left: of working days, of an urgent matter by the clock.

    Of what is overdue, by how many it is: fewer than none.
    """
    by_the_clock = int((due - now).total_seconds())
    if row.is_urgent:
        return by_the_clock
    # Where only days off are left, they count; and what is overdue has no working days left.
    return working_seconds(calendar, now, due) or by_the_clock


def after(calendar: CalendarRules, row: Matter, now: datetime, seconds: int) -> datetime:
    """When what has so many seconds left is due; what was overdue is so by as much."""
    if row.is_urgent or seconds <= 0:
        return now + timedelta(seconds=seconds)
    due = working_after(calendar, now, seconds)
    # What was due at midnight is so again, within the seconds that the acts themselves take.
    before = workday_after(calendar, due - MINUTE, 0)
    return before if abs(due - before) < MINUTE else due


def stop(rules: MatterRules, calendar: CalendarRules, row: Matter, now: datetime) -> None:
    """Stop a step's clock, and remember what was left; the suspension has a deadline of its own."""
    if row.due_at is not None:
        row.seconds_left = left(calendar, row, now, row.due_at)
    row.stage_left, row.rung_left = row.stage, row.rung
    row.stage, row.rung = row.version, None
    row.due_at = of(rules, calendar, row, now)


def go_on(rules: MatterRules, calendar: CalendarRules, row: Matter, now: datetime) -> None:
    """Let a step's clock go on with what was left, and its ladder from where it stood.

    Where none was noted, as in older rows, it begins anew.
    """
    if row.seconds_left is None:
        row.due_at = of(rules, calendar, row, now)
    else:
        row.due_at = after(calendar, row, now, row.seconds_left)
    row.stage, row.rung = row.stage_left or row.stage, row.rung_left
    row.seconds_left = row.stage_left = row.rung_left = None
