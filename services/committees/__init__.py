"""Owners' committees (业委会): a term is prepared, elected by a vote, filed, and ends by a day."""
