"""Votes for the oracle: what of them is somebody's own."""

from collections.abc import Mapping
from uuid import UUID

from tests.schema.oracle_values import Row

Rows = Mapping[str, list[Row]]
TYPES = frozenset({
    "Vote", "VoteQuestion", "VoteObjection", "RollEntry", "RollHolder", "VoteProxy", "Ballot",
    "VoteDelivery",
})  # fmt: skip


def is_own(rows: Rows, me: UUID, type_name: str, row: Row) -> bool:
    """Whether it is this person's own: as an owner, on a roll, or by a proxy."""
    match type_name:
        case "Vote":
            is_on_it = any(one["vote_id"] == row["id"] for one in _held(rows, me))
            is_there = any(unit["estate_id"] == row["estate_id"] for unit in _owned(rows, me))
            return row["noticed_at"] is not None and (is_on_it or is_there)
        case "VoteQuestion" | "VoteObjection":
            (vote,) = (one for one in rows["Vote"] if one["id"] == row["vote_id"])
            return is_own(rows, me, "Vote", vote)
        case "RollHolder":
            return row["id"] in _voted_for(rows, me)
        case "Ballot":
            return row["holder_id"] in _voted_for(rows, me)
        case "RollEntry":
            mine = _voted_for(rows, me)
            return any(one["entry_id"] == row["id"] for one in rows["RollHolder"]
                       if one["id"] in mine)  # fmt: skip
        case "VoteProxy":
            mine = {one["id"] for one in _held(rows, me)}
            return bool(row["person_id"] == me) or row["holder_id"] in mine
        case _:
            return any(unit["id"] == row["property_unit_id"] for unit in _owned(rows, me))


def votes_for(rows: Rows, me: UUID | None, holder: UUID) -> bool:
    """Whether a place on a roll is this person's, or they are its confirmed proxy."""
    return me is not None and holder in _voted_for(rows, me)


def _held(rows: Rows, me: UUID) -> list[Row]:
    """Their places on rolls."""
    return [one for one in rows["RollHolder"] if one["person_id"] == me]


def _voted_for(rows: Rows, me: UUID) -> set[UUID]:
    """For whom they vote: themselves, and those whose confirmed proxy they are."""
    given = {
        one["holder_id"]
        for one in rows["VoteProxy"]
        if one["person_id"] == me and one["state"] == "confirmed"
    }
    return given | {one["id"] for one in _held(rows, me)}


def _owned(rows: Rows, me: UUID) -> list[Row]:
    """The property units that they own now, by a verified ownership."""
    theirs = {
        one["property_unit_id"]
        for one in rows["Ownership"]
        if one["person_id"] == me and one["state"] == "verified" and one["until"] is None
    }
    return [unit for unit in rows["PropertyUnit"] if unit["id"] in theirs]
