"""Meetings (圆桌会): convened, held, disposed of item by item, signed, published."""

from schema.meetings.commands import Mutations
from schema.meetings.types import AgendaItem, Meeting, Minutes, Queries

__all__ = ["AgendaItem", "Meeting", "Minutes", "Mutations", "Queries"]
