"""Debts up the ladder (催缴): an owner of an estate who owes, and so many rungs taken of it."""

from datetime import date, datetime, timedelta

from policies import Actor
from services import clock
from services.bills import Bill
from services.clock import CHINA
from services.demands.tables import Demand
from services.ledger import FeeAccount
from tests.estate import Estate, noon

BILLED = noon(2026, 3, 1)
# January and February were due on 2 and 30 March: a reminder is possible a week later.
DUE = date(2026, 3, 2)
VERBS = ("remind", "deliver", "mediate", "litigate")
WAITS = (7, 15, 30, 30)


def days_after(days: int) -> datetime:
    """Noon of the day so many after January's bill was due."""
    return datetime(DUE.year, DUE.month, DUE.day, 12, tzinfo=CHINA) + timedelta(days=days)


async def owing(home: Estate, months: int = 1) -> tuple[Actor, FeeAccount, list[Bill]]:
    """An owner with bills of January, or of February too."""
    person = await home.county.person()
    unit = await home.unit(person.id)
    with clock.at(BILLED):
        await home.run(months=months)
    account = await home.account(unit)
    return await home.county.reload(person.id), account, await home.bills(unit)


async def climbed(home: Estate, account: FeeAccount, rungs: int) -> Demand:
    """So many rungs, each on its first day."""
    for number in range(rungs):
        with clock.at(days_after(sum(WAITS[: number + 1]))):
            row = await home.demand(VERBS[number], account)
    return row
