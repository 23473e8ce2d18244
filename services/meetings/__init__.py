"""Meetings (圆桌会): convened, held, disposed of item by item, signed, and then never changed.

Every meeting goes draft -> convened -> in session -> minutes pending -> signed -> published. The
four guarantees stand here and in the database: each tabled matter is on the agenda, each item has
its outcome before anybody signs, each resolution has an owner and a day.
"""

from services.meetings.agenda import add, defer, dismiss, recuse, refer, reserve, resolve
from services.meetings.convening import adjourn, attend, cancel, convene, draft, open_
from services.meetings.signing import amend, correct, publish, sign
from services.meetings.tables import (
    AgendaItem,
    Attendance,
    Correction,
    Meeting,
    Minutes,
    Recusal,
    Resolution,
    Signature,
)

__all__ = [
    "AgendaItem",
    "Attendance",
    "Correction",
    "Meeting",
    "Minutes",
    "Recusal",
    "Resolution",
    "Signature",
    "add",
    "adjourn",
    "amend",
    "attend",
    "cancel",
    "convene",
    "correct",
    "defer",
    "dismiss",
    "draft",
    "open_",
    "publish",
    "recuse",
    "refer",
    "reserve",
    "resolve",
    "sign",
]
