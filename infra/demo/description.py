"""A demo county as its file describes it (示范县): pack, organisation, and whose accounts show it.

What is here is only how the file is shaped; `county.py` makes a county of it by the real commands.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict

HERE = Path(__file__).parent
COUNTIES = ("yihuang", "linshui")

Party: TypeAlias = Literal["branch", "committee", "firm"]


class Part(BaseModel):
    """A part of the file; a word that it doesn't know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleBookText(Part):
    """The industry committee's rules of procedure (议事规则)."""

    title: str
    text: str
    adopted_on: date
    effective_on: date


class IndustryCommittee(Part):
    """The industry committee, with its member units' duties (职责清单)."""

    name: str
    duties: Mapping[str, tuple[str, ...]]
    rule_book: RuleBookText


class Community(Part):
    """A community and how many grids it has."""

    name: str
    grids: int


class Firm(Part):
    """A property firm, and whether it has a party branch and an instructor."""

    name: str
    party_branch: bool = True
    instructor: bool = True


class Step(Part):
    """The day on which a party joined an estate's linkage, and the decision it joined by."""

    party: Party
    since: date
    decision: str


class Showcase(Part):
    """An estate told in full, in the first grid of its community: its history, buildings, heads."""

    estate: str
    community: str
    firm: str
    buildings: int
    stairwells: int
    history: tuple[Step, ...]


class EstateNames(Part):
    """The other estates' names are put together from a first and a last part."""

    first: tuple[str, ...]
    last: tuple[str, ...]

    def all(self) -> list[str]:
        """Every name that the parts give, in a fixed order."""
        return [first + last for last in self.last for first in self.first]


class Wording(Part):
    """How the county names what is made by the dozen, and the words that its records use."""

    grid: str
    branch: str
    station: str
    committee: str
    firm_branch: str
    building: str
    stairwell: str
    agreement: str
    council: str
    address: str
    hours: str
    ground: str
    secretary: str


class Story(Part):
    """A matter that somebody raises, and what comes of it."""

    category: str
    title: str
    text: str
    asked: str
    opinion: str
    decision: str
    result: str


class History(Part):
    """How many months back it goes, how many matters were settled, how many there are in all."""

    months: int
    settled: int
    matters: int
    stories: tuple[Story, ...]


class Description(Part):
    """A demo county."""

    slug: str
    name: str
    name_en: str
    pack: dict[str, Any]
    people: Mapping[str, str]
    client: str
    titles: Mapping[str, str]
    below: Mapping[Literal["industry_committee", "firm"], str]
    bureau: str
    departments: tuple[str, ...]
    partners: tuple[str, ...] = ()
    working_committee: str | None = None
    industry_committee: IndustryCommittee
    communities: tuple[Community, ...]
    wording: Wording
    estate_names: EstateNames
    linked_since: date
    firms: tuple[Firm, ...]
    lacking: Mapping[str, tuple[Party, ...]] = {}
    showcases: tuple[Showcase, ...]
    history: History


@lru_cache(maxsize=1)
def descriptions() -> tuple[Description, ...]:
    """The demo counties, in the order in which they are shown."""
    files = ((HERE / f"{slug}.yaml").read_text(encoding="utf-8") for slug in COUNTIES)
    return tuple(Description.model_validate(yaml.safe_load(text)) for text in files)
