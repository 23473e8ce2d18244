"""Comparing (比对): what a pack would change, in words, and what of the county that touches."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services.errors import Said, called
from services.packs.sections import (
    SECTIONS,
    TITLES,
    Problem,
    Section,
    Sections,
    SectionT,
    title_of,
)

ABSENT = object()


class ChangeKind(StrEnum):
    """What happens to one path of the document."""

    added = "added"
    changed = "changed"
    removed = "removed"


class Change(NamedTuple):
    """One path of the document: what stands there before and after, and a sentence that says so."""

    path: str
    kind: ChangeKind
    before: Any
    after: Any
    said: Said


class Touch(NamedTuple):
    """What of the county a change touches, how many; `keeps`: they go on by the old edition."""

    what: Said
    number: int
    keeps: bool = False


Toucher = Callable[[AsyncSession, Actor, Any, Any], Awaitable[list[Touch]]]
# What a change of a section touches: each capability counts its own rows.
TOUCHES: dict[str, list[Toucher]] = {}
# What an activated pack must fit besides: each capability names what stands already and contradicts
# it. Where `holds`, nothing may change that until the transaction ends.
Fit = Callable[[AsyncSession, Actor, Sections, bool], Awaitable[list[Problem]]]
CHECKS: list[Fit] = []


def touches(name: str) -> Callable[[Toucher], Toucher]:
    """Register what a change of this section touches."""

    def register(count: Toucher) -> Toucher:
        TOUCHES.setdefault(name, []).append(count)
        return count

    return register


async def contradictions(
    session: AsyncSession, by: Actor, sections: Sections, *, holds: bool
) -> list[Problem]:
    """What stands in the county already and doesn't fit the sections."""
    return [one for fits in CHECKS for one in await fits(session, by, sections, holds)]


async def touched(
    session: AsyncSession, by: Actor, before: Sections, after: Sections
) -> list[Touch]:
    """What the sections that differ touch, most first; what they don't touch isn't there."""
    found = [
        one
        for name, counts in TOUCHES.items()
        if before[name] != after[name]
        for count in counts
        for one in await count(session, by, before[name], after[name])
    ]
    return sorted((one for one in found if one.number), key=lambda one: -one.number)


def differences(before: Sections, after: Sections) -> list[Change]:
    """Every path at which two packs differ, in the order of the sections."""
    return [
        _told(name, path, one, other, before[name])
        for name in SECTIONS
        for path, one, other in _leaves(
            before[name].model_dump(mode="json"), after[name].model_dump(mode="json")
        )
    ]


def pick(sections: Sections, name: str, model: type[SectionT]) -> SectionT:
    """A section as its own model."""
    found = sections[name]
    assert isinstance(found, model)  # noqa: S101
    return found


def _leaves(
    before: Any, after: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Where they differ; lists are compared as wholes."""
    if before == after:
        return
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        yield path, before, after
        return
    for key in dict.fromkeys((*before, *after)):
        yield from _leaves(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))


def _told(name: str, path: tuple[str, ...], before: Any, after: Any, section: Section) -> Change:
    kind = ChangeKind.changed
    if before is ABSENT or after is ABSENT:
        kind = ChangeKind.added if before is ABSENT else ChangeKind.removed
    before, after = (None if one is ABSENT else one for one in (before, after))
    said = Said(*(_sentence(name, path, kind, before, after, section, zh) for zh in (True, False)))
    return Change(".".join((name, *path)), kind, before, after, said)


def _sentence(
    name: str,
    path: tuple[str, ...],
    kind: ChangeKind,
    before: Any,
    after: Any,
    section: Section,
    zh: bool,
) -> str:
    """Where it is, by the words that people know it by, and what happens there."""
    language = "zh" if zh else "en"
    labels = {str(code): said for code, said in getattr(section, "labels", {}).items()}
    where = [TITLES[name].to(language)]
    if path:
        where.append(title_of(type(section), path[0]).to(language))
    where += [called(labels, key).to(language) for key in path[1:]]

    def plain(value: Any) -> str:
        match value:
            case Mapping():
                return ", ".join(f"{key} {plain(one)}" for key, one in value.items())
            case list():
                return "[" + ", ".join(map(plain, value)) + "]"
            case str():
                return called(labels, value).to(language)
            case _:
                return json.dumps(value)

    what = _what(kind, before, after, zh, plain)
    return f"{' · '.join(where)}{'：' if zh else ': '}{what}"


def _what(kind: ChangeKind, before: Any, after: Any, zh: bool, plain: Callable[[Any], str]) -> str:
    if isinstance(before, list) and isinstance(after, list):
        gone = [one for one in before if one not in after]
        new = [one for one in after if one not in before]
        parts = [f"{'去掉' if zh else 'without'} {plain(one)}" for one in gone]
        parts += [f"{'加上' if zh else 'with'} {plain(one)}" for one in new]
        joined = ("；" if zh else "; ").join(parts)
        return joined or ("次序改变" if zh else "in another order")
    if kind is ChangeKind.added:
        return f"{'新增' if zh else 'added'} {plain(after)}"
    if kind is ChangeKind.removed:
        return f"{'取消' if zh else 'removed'} {plain(before)}"
    return f"{plain(before)} → {plain(after)}"
