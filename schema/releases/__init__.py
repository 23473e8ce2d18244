"""What was promised: the schema of each release; what breaks of the last one has to be said.

Front ends are written against a release. What the coming one takes away from them stands in
CHANGELOG.md under that release's heading, in the part "Breaking", a line each as it is worded here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from graphql import (
    BreakingChange,
    DangerousChange,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
)

HERE = Path(__file__).parent
COMING = re.compile(r"^## (\d+\.\d+\.\d+) \(unreleased\)$", re.MULTILINE)
PART = "### Breaking\n"


class NothingComing(ValueError):
    """CHANGELOG.md 最上面须是 “## 版本号 (unreleased)”。 It has to begin with such a heading."""


@dataclass(frozen=True)
class Changes:
    """What differs from the last release, as lines of a list in Markdown."""

    breaking: Sequence[str]
    dangerous: Sequence[str]

    @classmethod
    def between(cls, old: str, new: str) -> Self:
        """The changes from one schema to another, each schema in GraphQL's own language."""
        before, after = build_schema(old), build_schema(new)
        return cls(
            sorted({_line(change) for change in find_breaking_changes(before, after)}),
            sorted({_line(change) for change in find_dangerous_changes(before, after)}),
        )

    def unlisted(self, changelog: str) -> list[str]:
        """What breaks and isn't said."""
        said = listed(changelog)
        return [line for line in self.breaking if line not in said]

    def stale(self, changelog: str) -> list[str]:
        """What is said and doesn't break."""
        return [line for line in listed(changelog) if line not in self.breaking]


def _line(change: BreakingChange | DangerousChange) -> str:
    return f"- `{change.type.name}` {change.description}"


def listed(changelog: str) -> list[str]:
    """The lines of the part "Breaking" of the coming release; of those before, nothing counts."""
    heading = COMING.search(changelog)
    section = changelog[heading.end() :].split("\n## ")[0] if heading else ""
    _, _, part = section.partition(PART)
    return [line for line in part.split("\n### ")[0].splitlines() if line.startswith("- ")]


def last(folder: Path = HERE) -> str:
    """The schema of the newest release."""
    newest = max(folder.glob("*.graphql"), key=lambda path: [*map(int, path.stem.split("."))])
    return newest.read_text(encoding="utf-8")


def release(changelog: Path, sdl: str, today: date, folder: Path = HERE) -> Path:
    """Keep a schema as that of the coming release, and date its heading."""
    text = changelog.read_text(encoding="utf-8")
    heading = COMING.search(text)
    if heading is None:
        raise NothingComing(NothingComing.__doc__)
    kept = folder / f"{heading[1]}.graphql"
    kept.write_text(sdl, encoding="utf-8")
    dated = f"{text[: heading.start()]}## {heading[1]} ({today}){text[heading.end() :]}"
    changelog.write_text(dated, encoding="utf-8")
    return kept
