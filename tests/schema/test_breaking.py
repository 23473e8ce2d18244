"""No front end is broken unsaid: the schema against that of the last release and CHANGELOG.md."""

import tomllib
import warnings
from datetime import date
from pathlib import Path

import pytest

import schema
from schema.releases import COMING, Changes, NothingComing, last, listed, release

ROOT = Path(__file__).parent.parent.parent
DAY = date(2031, 5, 6)
OLD = """
type Query { unit(id: ID!): Unit! units: [Unit!]! }
type Unit { id: ID! name: String! since: String }
enum Kind { GRID ESTATE }
"""
# Of OLD: a field is gone, one changes its type, an argument is wanted, a member is new.
NEW = """
type Query { unit(id: ID!, day: String!): Unit units: [Unit!]! }
type Unit { id: ID! name: String! }
enum Kind { GRID ESTATE STATION }
"""
LINES = [
    "- `FIELD_CHANGED_KIND` Field Query.unit changed type from Unit! to Unit.",
    "- `FIELD_REMOVED` Field Unit.since was removed.",
    "- `REQUIRED_ARG_ADDED` A required argument Query.unit(day:) was added.",
]


def changelog(*lines: str, heading: str = "0.2.0 (unreleased)", part: str = "Breaking") -> str:
    """A changelog whose coming release says so much, above one that is out."""
    said = "\n".join(lines)
    return (
        f"# Changelog\n\n## {heading}\n### {part}\n{said}\n\n### Added\n- Anything.\n\n"
        "## 0.1.0 (2030-01-02)\n### Breaking\n- `FIELD_REMOVED` Field Unit.history was removed.\n"
    )


class TestSanfang:
    """The schema as it is now."""

    def test_what_breaks_of_the_last_release_is_said_and_nothing_else(self) -> None:
        changes = Changes.between(last(), schema.sdl())
        said = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        unlisted, stale = changes.unlisted(said), changes.stale(said)
        add = "say it under the coming release's ### Breaking in CHANGELOG.md:\n"
        remove = "nothing breaks so; take it out of CHANGELOG.md:\n"
        assert not unlisted, add + "\n".join(unlisted)
        assert not stale, remove + "\n".join(stale)
        if changes.dangerous:
            warnings.warn("dangerous:\n" + "\n".join(changes.dangerous), stacklevel=1)

    def test_the_coming_release_is_of_this_version(self) -> None:
        coming = COMING.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        assert coming is None or coming[1] == project["version"]


class TestChanges:
    """What a change is called, and where it has to stand."""

    def test_each_that_breaks_is_a_line_to_paste(self) -> None:
        assert Changes.between(OLD, NEW).breaking == LINES

    def test_what_may_break_some_is_shown_and_needs_no_line(self) -> None:
        changes = Changes.between(OLD, OLD.replace("ESTATE }", "ESTATE STATION }"))
        assert changes.breaking == []
        assert len(changes.dangerous) == 1
        assert "STATION" in changes.dangerous[0]

    @pytest.mark.parametrize("new", [OLD, OLD + "type Added { id: ID! }", f'"""Said."""{OLD}'])
    def test_what_only_adds_or_explains_is_none(self, new: str) -> None:
        assert Changes.between(OLD, new) == Changes([], [])

    def test_unsaid_it_is_found(self) -> None:
        changes = Changes.between(OLD, NEW)
        assert changes.unlisted(changelog()) == LINES
        assert changes.unlisted(changelog(LINES[0], LINES[2])) == [LINES[1]]

    def test_said_in_these_very_words_it_passes(self) -> None:
        changes, said = Changes.between(OLD, NEW), changelog(*LINES)
        assert (changes.unlisted(said), changes.stale(said)) == ([], [])
        other_words = changelog(*LINES[:2], "- unit wants a day now.")
        assert changes.unlisted(other_words) == [LINES[2]]
        assert changes.stale(other_words) == ["- unit wants a day now."]

    def test_said_and_not_so_it_is_stale(self) -> None:
        changes = Changes.between(OLD, OLD)
        assert changes.stale(changelog(*LINES)) == LINES

    @pytest.mark.parametrize(
        "elsewhere",
        [changelog(*LINES, part="Removed"), changelog(*LINES, heading="0.2.0 (2030-03-04)")],
    )
    def test_said_elsewhere_it_is_not_said(self, elsewhere: str) -> None:
        assert listed(elsewhere) == []
        assert Changes.between(OLD, NEW).unlisted(elsewhere) == LINES


class TestRelease:
    """From then on the next one is compared with it."""

    def test_it_is_kept_and_dated(self, tmp_path: Path) -> None:
        path = tmp_path / "CHANGELOG.md"
        path.write_text(changelog(*LINES), encoding="utf-8")
        (tmp_path / "0.1.0.graphql").write_text(OLD, encoding="utf-8")
        kept = release(path, NEW, DAY, tmp_path)
        assert kept.name == "0.2.0.graphql"
        assert last(tmp_path) == NEW
        said = path.read_text(encoding="utf-8")
        assert said == changelog(*LINES, heading="0.2.0 (2031-05-06)")
        again = Changes.between(last(tmp_path), NEW)
        assert (again.unlisted(said), again.stale(said)) == ([], [])

    def test_without_a_coming_one_nothing_is_kept(self, tmp_path: Path) -> None:
        path = tmp_path / "CHANGELOG.md"
        path.write_text(changelog(heading="0.2.0 (2030-03-04)"), encoding="utf-8")
        with pytest.raises(NothingComing):
            release(path, NEW, DAY, tmp_path)
        assert list(tmp_path.glob("*.graphql")) == []

    def test_the_newest_is_so_by_its_numbers(self, tmp_path: Path) -> None:
        for version in ("0.9.0", "0.10.0", "0.2.11"):
            (tmp_path / f"{version}.graphql").write_text(version, encoding="utf-8")
        assert last(tmp_path) == "0.10.0"
