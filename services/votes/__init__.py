"""Votes of the owners (业主共同决定): how ballots over a frozen roll are counted."""

from services.votes.tally import (
    Ballot,
    BallotsWrong,
    Choice,
    Counted,
    Disagreement,
    Entry,
    Kind,
    Outcome,
    Question,
    Rules,
    Share,
    Silence,
    Verdict,
    tally,
)

__all__ = [
    "Ballot",
    "BallotsWrong",
    "Choice",
    "Counted",
    "Disagreement",
    "Entry",
    "Kind",
    "Outcome",
    "Question",
    "Rules",
    "Share",
    "Silence",
    "Verdict",
    "tally",
]
