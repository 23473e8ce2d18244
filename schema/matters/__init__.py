"""Matters (事项): a resident's matter on its way through six steps, and every act on it."""

from schema.matters.commands import Mutations
from schema.matters.types import Matter, MatterEntry, Queries, Subscriptions

__all__ = ["Matter", "MatterEntry", "Mutations", "Queries", "Subscriptions"]
