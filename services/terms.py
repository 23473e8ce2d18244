"""Terms (任期): two moments between which somebody holds a seat, and how many do so at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class Term(Protocol):
    """From `starts_at` on until `ends_at`, which is no longer in it; without end if None."""

    starts_at: datetime
    ends_at: datetime | None


def busiest(term: Term, others: Sequence[Term]) -> int:
    """The most of the others that stand at any one moment of this term."""
    begun = (other.starts_at for other in others)
    moments = [term.starts_at, *(at for at in begun if stands_at(term, at))]
    return max(sum(stands_at(other, at) for other in others) for at in moments)


def stands_at(term: Term, at: datetime) -> bool:
    """Whether the term holds this moment."""
    return term.starts_at <= at and (term.ends_at is None or at < term.ends_at)
