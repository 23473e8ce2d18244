"""Numbers of units (房号): one form of however many ways there are to write them.

“3栋2单元501室”, “3-2-501”, and 501 beside 3栋 and 2单元 are the same unit: 3-2-501.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

DASHES = re.compile(r"\s*[-‐‑‒–—―－_/]+\s*")
SUFFIX = r"(?:栋|幢|号楼|座|#|号)"
WHOLE = re.compile(
    rf"第?(\w+?){SUFFIX}-?(?:第?(\w+?)(?:单元|梯)-?)?(?:\w+?[层楼]-?)?(\w*?\d\w*?)(?:室|号|房)?"
)
BUILDING = re.compile(rf"第?(\w+?){SUFFIX}?楼?")
STAIRWELL = re.compile(r"第?(\w+?)(?:单元|梯)?")
ROOM = re.compile(r"(\d+[A-Za-z]?)(?:室|号房|号|房)")
CHINESE = {one: str(number) for number, one in enumerate("零一二三四五六七八九十")}


@dataclass(frozen=True, slots=True)
class Numbered:
    """A unit's number, and the building and stairwell in it; `is_told`: by cells of their own."""

    number: str
    building: str
    stairwell: str
    is_told: bool


def numbered(building: str, stairwell: str, room: str) -> Numbered:
    """The unit that these three cells mean."""
    plain = DASHES.sub("-", room)
    told = core(building, BUILDING), core(stairwell, STAIRWELL)
    is_told = any(told)
    whole = WHOLE.fullmatch(plain)
    if whole is not None:
        parts = [core(whole[1], BUILDING), core(whole[2] or "", STAIRWELL), whole[3]]
    else:
        parts = plain.split("-")
        if len(parts) == 1:
            only = ROOM.fullmatch(plain)
            parts = [*told, only[1] if only else plain]
    inside = parts if len(parts) == 3 else [parts[0], "", ""] if len(parts) == 2 else ["", "", ""]
    return Numbered(
        "-".join(part for part in parts if part),
        told[0] or inside[0],
        told[1] or inside[1],
        is_told,
    )


def is_bare(room: str) -> bool:
    """Whether a number doesn't say in which building it is."""
    plain = DASHES.sub("-", room)
    return "-" not in plain and WHOLE.fullmatch(plain) is None


@lru_cache(4_000)
def core(name: str, pattern: re.Pattern[str] = BUILDING, estate: str = "") -> str:
    """What tells a building or stairwell from the others: 3栋, 3号楼 and 桂花园第3幢 are 3."""
    plain = name.replace(" ", "")
    plain = plain.removeprefix(estate) if estate else plain
    found = pattern.fullmatch(plain)
    told = found[1] if found else plain
    told = CHINESE.get(told, told)
    return told.lstrip("0") or told
