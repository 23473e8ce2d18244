"""The four guarantees (四个“每”): per council and month kept or broken, and by how much."""

from datetime import date
from typing import Any

import strawberry
from sqlalchemy import Select

from schema.councils import Council
from schema.nodes import worded
from schema.reading.declare import Ask, Row, argument, column, here, link, rows
from schema.scopes import days_asked, unit_asked, where_asked
from services import guarantees
from services.guarantees import Guarantee, Verdict

strawberry.enum(Guarantee, description="每月一会、每事必议、每议必果、每果必行。 All four.")
strawberry.enum(Verdict, description="做到、没做到、还没到期。 Kept, broken, or not due yet.")


# Twenty councils over a year, four lines a month.
SIZE = 1_000


def _lines(ask: Ask, row: Row) -> Select[Any]:
    begins, ends = days_asked(ask, guarantees.MOST_MONTHS)
    return guarantees.lines(ask.tenant, where_asked(ask, "guarantees"), begins, ends)


@strawberry.type(description="一个圆桌一个月的一项保证。 One guarantee, council and month.")
class GuaranteeLine:
    """Whether a council kept a guarantee in a month."""

    council: Council | None = link("council_id", "圆桌议事会。 The council.")
    month: date = column("month", "月份（第一天）。 The month, by its first day.")
    guarantee: Guarantee = column("guarantee", "哪一项。 Which of the four.")
    verdict: Verdict = column("verdict", "做到没有。 Whether it was kept.")
    kept: int = column("kept", "做到的件数。 How many were done.")
    of: int = column("of", "应做的件数。 Of how many.")
    why: str = worded("why", guarantees.WHY, "为什么。 Why it is so.")


@strawberry.type(description="四个“每”在一段时间里的情况。 The four guarantees over a period.")
class Guarantees:
    """The four guarantees over a period."""

    lines: list[GuaranteeLine] = rows(_lines, "逐圆桌、逐月、逐项。 Council by council.", SIZE)


@strawberry.type
class Queries:
    """What can be asked about the guarantees."""

    guarantees: Guarantees = here(
        "四个“每”：每月一会、每事必议、每议必果、每果必行；最多三十六个月。"
        " The four guarantees: kept or broken, per council and month; 36 months at most.",
        "guarantees",
        argument("from", date, "从哪天的月份起。 From the month of this day."),
        argument("to", date, "到哪天的月份止。 To the month of this day."),
        argument("unit", strawberry.ID | None, "哪个单元及以下。 This unit and below."),
        takes=lambda ask: (unit_asked(ask), days_asked(ask, guarantees.MOST_MONTHS)),
    )
