"""County pack (县域配置包): the one versioned document that says how a county runs the model.

A capability registers its section beside its service; the pack is the sum of the sections. One
person proposes it, another approves it, and what is under way goes on by the edition that it began
under.
"""

from services.packs.asking import Checked, Comparison, check, compare
from services.packs.comparing import CHECKS, Touch, pick, touches
from services.packs.editions import active, labels, read, read_edition
from services.packs.proposing import activate, approve, propose, refuse, revert, withdraw
from services.packs.sections import (
    ACROSS,
    SECTIONS,
    Document,
    Label,
    PackRefused,
    Problem,
    Section,
    Sections,
    Wrong,
    complete,
    json_schema,
    section,
    unsourced,
)
from services.packs.tables import Pack, PackProposal

__all__ = [
    "ACROSS",
    "CHECKS",
    "SECTIONS",
    "Checked",
    "Comparison",
    "Document",
    "Label",
    "Pack",
    "PackProposal",
    "PackRefused",
    "Problem",
    "Section",
    "Sections",
    "Touch",
    "Wrong",
    "activate",
    "active",
    "approve",
    "check",
    "compare",
    "complete",
    "json_schema",
    "labels",
    "pick",
    "propose",
    "read",
    "read_edition",
    "refuse",
    "revert",
    "section",
    "touches",
    "unsourced",
    "withdraw",
]
