"""Deadlines (时限): in working days of the county, of an urgent matter in hours; and the ladder's.

While a matter is suspended the clock stands: what was left then is what it has when it goes on.
"""

from datetime import datetime, timedelta

from services.calendar import CalendarRules, workday_after, workdays_between
from services.matters.rules import MatterRules, Rung
from services.matters.states import MatterState
from services.matters.tables import Matter

MOMENT = timedelta(microseconds=1)


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


def alarm(rules: MatterRules, calendar: CalendarRules, row: Matter) -> datetime | None:
    """When the next rung of the ladder is due; None where nothing is, or none is left."""
    if row.due_at is None:
        return None
    rungs = list(Rung)
    climbed = rungs.index(Rung(row.rung)) if row.rung else -1
    ahead = (step for step in rules.ladder if rungs.index(step.rung) > climbed)
    step = next(ahead, None)
    if step is None:
        return None
    if row.is_urgent:
        return row.due_at + timedelta(hours=step.hours)
    return workday_after(calendar, row.due_at - MOMENT, step.days)


def stop(calendar: CalendarRules, row: Matter, now: datetime) -> None:
    """Stop the clock, and remember what was left."""
    if row.due_at is None:
        return
    if row.is_urgent:
        row.seconds_left = max(0, int((row.due_at - now).total_seconds()))
    else:
        row.workdays_left = workdays_between(calendar, now, row.due_at)
    row.due_at = None


def go_on(calendar: CalendarRules, row: Matter, now: datetime) -> None:
    """Let the clock go on with what was left."""
    if row.seconds_left is not None:
        row.due_at = now + timedelta(seconds=row.seconds_left)
    if row.workdays_left is not None:
        row.due_at = workday_after(calendar, now, row.workdays_left)
    row.seconds_left = row.workdays_left = None
