"""Reading (读表): a sheet's rows as what the register would hold, and what is wrong with each.

What can be told from the file alone is told here, by pure functions: cells that can't be read, a
unit or an owner that is there twice and differently, shares beyond the whole.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter
from typing import Any, TypeVar

from services.property_units import AreaSource, PropertyUse
from services.register_imports import cells
from services.register_imports.cells import Wrong
from services.register_imports.layouts import Layout, Line, layout, lines
from services.register_imports.numbers import numbered
from services.register_imports.problems import Problem, problem

T = TypeVar("T")
LONGEST_NUMBER, LONGEST_NAME, LONGEST_GROUND = 40, 80, 500


@dataclass(slots=True)
class Entry:
    """A row as it was read: the unit, whose it is, which share; and what is wrong."""

    number: int
    unit: str = ""
    building: str = ""
    stairwell: str = ""
    is_told: bool = False
    use: PropertyUse | None = None
    area: Decimal | None = None
    area_source: AreaSource | None = None
    name: str = ""
    identity: str | None = None
    phone: str | None = None
    code: str | None = None
    share: Fraction | None = None
    title: str = ""
    since: date | None = None
    problems: list[Problem] = field(default_factory=list)
    # The row that this one says once more.
    repeats: int | None = None
    # Whether the file alone keeps it out.
    is_spoilt: bool = False

    @property
    def is_bad(self) -> bool:
        """Whether it can't come in."""
        return any(one.is_blocking for one in self.problems)

    @property
    def has_holder(self) -> bool:
        """Whether it says whose the unit is."""
        return bool(self.name)

    @property
    def holder(self) -> tuple[str, ...]:
        """What tells its owner from the others of the unit."""
        if self.code is not None:
            return ("code", self.code)
        if self.identity is not None:
            return ("identity", self.identity)
        return ("name", self.name, self.phone or "")

    @property
    def said(self) -> tuple[Any, ...]:
        """All that it says, by which a repeated row is told from one that differs."""
        return (self.unit, self.use, self.area, self.area_source, self.name, self.identity,
                self.phone, self.code, self.share, self.title, self.since)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Read:
    """A sheet that was read."""

    layout: Layout
    entries: Sequence[Entry]


def read(rows: Sequence[Sequence[Any]]) -> Read:
    """Read a sheet; a refusal where it has no headings that are known."""
    found = layout(rows)
    entries = [_entry(line) for line in lines(rows, found)]
    units: dict[str, list[Entry]] = {}
    for one in entries:
        units.setdefault(one.unit, []).append(one)
    for unit, those in units.items():
        if unit:
            _look_at_a_unit(those)
    _look_at_people(entries)
    for one in entries:
        one.is_spoilt = one.is_bad
    return Read(found, entries)


def _entry(line: Line) -> Entry:
    """One row by itself."""
    entry, get = Entry(line.number), line.cells.get
    attempt = _Attempt(entry)
    number = attempt(cells.kept_text, "number", get("number"), LONGEST_NUMBER) or ""
    if number:
        told = numbered(cells.text_of(get("building")), cells.text_of(get("stairwell")), number)
        entry.unit, entry.building, entry.stairwell = told.number, told.building, told.stairwell
        entry.is_told = told.is_told
        if len(entry.unit) > LONGEST_NUMBER:
            entry.unit = ""
    if not entry.unit and not entry.problems:
        entry.problems.append(problem("number", "NUMBER_MISSING"))
    entry.area = attempt(cells.area_of, get("area"))
    entry.use = attempt(cells.use_of, get("use"))
    entry.area_source = attempt(cells.source_of, get("area_source"))
    entry.share = attempt(cells.share_of, get("share"))
    entry.since = attempt(cells.day_of, get("since"))
    entry.title = attempt(cells.kept_text, "title", get("title"), LONGEST_GROUND) or ""
    _read_holder(entry, get, attempt)
    return entry


class _Attempt:
    """Reads a cell, or notes what is wrong with it."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def __call__(self, read: Callable[..., T], *given: Any) -> T | None:
        """What a cell says; None where it can't be read."""
        try:
            return read(*given)
        except Wrong as wrong:
            self._entry.problems.append(wrong.problem)
            return None


def _read_holder(entry: Entry, get: Callable[[str], Any], attempt: _Attempt) -> None:
    """Whose it is: a person, or an organisation with its code, wherever that was written."""
    person = attempt(cells.kept_text, "name", get("name"), LONGEST_NAME) or ""
    body = attempt(cells.kept_text, "organisation", get("organisation"), LONGEST_NAME) or ""
    code, identity = get("code"), get("identity")
    if not cells.text_of(code) and cells.is_code(identity):
        code, identity = identity, None
    entry.code = attempt(cells.code_of, code)
    is_body = bool(body or cells.text_of(code))
    if is_body:
        entry.name = body or person
        if (person and body and person != body) or cells.text_of(identity):
            entry.problems.append(problem("name", "HOLDER_BOTH"))
        elif entry.name and not cells.text_of(code):
            entry.problems.append(problem("code", "CODE_MISSING"))
        elif not entry.name:
            entry.problems.append(problem("organisation", "NAME_MISSING"))
        return
    entry.name = person
    entry.identity = attempt(cells.identity_of, identity)
    entry.phone = attempt(cells.phone_of, get("phone"))
    told = (entry.identity, entry.phone, entry.share, entry.title)
    if not person and any(one for one in told):
        entry.problems.append(problem("name", "NAME_MISSING"))


# What rows of one unit say of it must be the same: the field, and the problem where it isn't.
SAME = (("area", "AREA_TWICE"), ("area_source", "SOURCE_TWICE"), ("use", "USE_TWICE"))


def _look_at_a_unit(those: list[Entry]) -> None:
    """The rows of one unit together."""
    for name, code in SAME:
        _check_same(those, name, code, attrgetter(name))
    _check_same(those, "building", "PLACE_TWICE", attrgetter("building", "stairwell"))
    holders: dict[tuple[str, ...], Entry] = {}
    for one in those:
        holder: tuple[str, ...] = one.holder if one.has_holder else ()
        first = holders.setdefault(holder, one)
        if first is one:
            continue
        if one.said == first.said and not one.problems:
            one.repeats = first.number
            one.problems = [problem("number", "SAME_AS_ROW", row=first.number)]
        elif one.has_holder and one.said != first.said:
            one.problems.append(problem("name", "HOLDER_TWICE", row=first.number))
    counted = {id(one) for one in holders.values()}
    _look_at_shares([one for one in those if one.has_holder and id(one) in counted])


def _check_same(those: Iterable[Entry], name: str, code: str, said: Callable[[Entry], Any]) -> None:
    first: Entry | None = None
    for one in those:
        value = said(one)
        if value is None:
            continue
        if first is None:
            first = one
        elif value != said(first):
            one.problems.append(problem(name, code, row=first.number))


def _look_at_shares(those: list[Entry]) -> None:
    """Shares that weren't given are equal; together they come to the whole at most."""
    told = [one for one in those if one.share is not None]
    unread = [one for one in those if any(each.field == "share" for each in one.problems)]
    if not those or unread:
        return
    if not told:
        share = Fraction(1, len(those))
        for one in those:
            one.share = share
            if len(those) > 1:
                found = problem("share", "SHARES_ASSUMED", number=len(those), share=share)
                one.problems.append(found)
        return
    for one in those:
        if one.share is None:
            one.problems.append(problem("share", "SHARE_MISSING"))
    total = sum((one.share for one in told if one.share is not None), Fraction(0))
    code = "SHARES_EXCEED" if total > 1 else "SHARES_SHORT" if total < 1 else None
    for one in told if code else ():
        one.problems.append(problem("share", code or "", sum=total))


def _look_at_people(entries: Iterable[Entry]) -> None:
    """An identity number or a code has one name; a phone is one person's."""
    named: dict[tuple[str, str], Entry] = {}
    phones: dict[str, Entry] = {}
    for one in entries:
        if not one.has_holder or one.repeats is not None:
            continue
        if one.holder[0] != "name":
            first = named.setdefault((one.holder[0], one.holder[1]), one)
            if one.phone and first.phone and one.phone != first.phone:
                one.problems.append(problem("phone", "PHONE_OTHER", row=first.number))
            if first.name != one.name:
                code = "NAME_TWICE" if one.code is None else "CODE_TWICE"
                column = "name" if one.code is None else "organisation"
                one.problems.append(problem(column, code, row=first.number))
        if one.phone is not None:
            first = phones.setdefault(one.phone, one)
            if first.holder != one.holder:
                one.problems.append(problem("phone", "PHONE_TWICE", row=first.number))


def kept(entry: Entry) -> dict[str, Any]:
    """An entry as JSON, without its problems."""
    return {
        "building": entry.building,
        "stairwell": entry.stairwell,
        "is_told": entry.is_told,
        "use": entry.use,
        "area": None if entry.area is None else str(entry.area),
        "area_source": entry.area_source,
        "name": entry.name,
        "identity": entry.identity,
        "phone": entry.phone,
        "code": entry.code,
        "share": None if entry.share is None else str(entry.share),
        "title": entry.title,
        "since": None if entry.since is None else entry.since.isoformat(),
        "repeats": entry.repeats,
        "is_spoilt": entry.is_spoilt,
    }


def restored(number: int, unit: str, kept: Mapping[str, Any]) -> Entry:
    """The entry again."""
    known = {name: value for name, value in kept.items() if value is not None}
    given = {name: make(known.pop(name)) for name, make in MAKERS.items() if name in known}
    return Entry(number, unit, **known, **given)


MAKERS: Mapping[str, Callable[[Any], Any]] = {
    "use": PropertyUse, "area": Decimal, "area_source": AreaSource, "share": Fraction,
    "since": date.fromisoformat,
}  # fmt: skip
