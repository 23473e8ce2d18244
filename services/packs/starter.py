"""A starter pack (起步配置包): what a county of some size and shape would begin with.

Answers to a few questions; whatever they don't touch is the product's default.
"""

from dataclasses import dataclass
from typing import Any

from services.packs.sections import complete

# So many communities are led from the county itself; more have a working committee above them.
FEW_COMMUNITIES = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What is asked of a county: how many communities, and which of the parties and levels it has.

    `council_zh` and `council_en` are what it calls its round table, `meet_by` the day of the month.
    """

    communities: int = 8
    stairwells: bool = True
    partners: bool = True
    departments: bool = True
    council_zh: str = "圆桌议事会"
    council_en: str = "Round table"
    meet_by: int = 25


def starter(shape: Shape) -> dict[str, Any]:
    """The whole document for a county of this shape; `PackRefused` where it can't be."""
    absent = {
        "working_committee": shape.communities > FEW_COMMUNITIES,
        "stairwell": shape.stairwells,
        "co_building_unit": shape.partners,
    }
    levels: dict[str, Any] = {name: None for name, is_there in absent.items() if not is_there}
    if not absent["working_committee"]:
        levels["community"] = ["county"]
    seats = ["branch", "committee", "firm", "grid_worker"]
    others = {"partner": shape.partners, "department": shape.departments}
    seats += [seat for seat, is_there in others.items() if is_there]
    heads = [
        {"role": "building_head", "at": "building"},
        {"role": "branch_secretary", "at": "grid"},
    ]
    if shape.stairwells:
        heads.insert(0, {"role": "stairwell_head", "at": "stairwell"})
    return complete(
        {
            "units": {"levels": levels},
            "councils": {
                "name": {"zh": shape.council_zh, "en": shape.council_en},
                "seats": seats,
                # More than half of those who have a seat.
                "quorum": len(seats) // 2 + 1,
                "meet_by": shape.meet_by,
            },
            "matters": {"heads": heads},
        }
    )
