"""Matters (事项): three matters, six steps (三事六步), from a word to a result shown to all.

Hear (提事、问事), deliberate (初议、商议), handle (办事、晒事). Every act is a line of one table
(`states`), goes one way (`moving`), and leaves an entry; no step is skipped, nothing is dropped.
"""

from services.matters.aside import (
    appeal,
    escalate,
    merge,
    overturn,
    refuse,
    resume,
    suspend,
    unwatch,
    uphold,
    watch,
)
from services.matters.handling import assign, close, complete, confirm, rate, reopen, rework, verify
from services.matters.hearing import (
    accept,
    inquire,
    pass_on,
    raise_,
    resubmit,
    return_,
    withdraw,
)
from services.matters.opinions import excuse, opine, settle, table
from services.matters.places import MattersInTheWay
from services.matters.raisers import reveal
from services.matters.tables import Matter, MatterEntry

__all__ = [
    "Matter",
    "MatterEntry",
    "MattersInTheWay",
    "accept",
    "appeal",
    "assign",
    "close",
    "complete",
    "confirm",
    "escalate",
    "excuse",
    "inquire",
    "merge",
    "opine",
    "overturn",
    "pass_on",
    "raise_",
    "rate",
    "refuse",
    "reopen",
    "resubmit",
    "resume",
    "return_",
    "reveal",
    "rework",
    "settle",
    "suspend",
    "table",
    "unwatch",
    "uphold",
    "verify",
    "watch",
    "withdraw",
]
