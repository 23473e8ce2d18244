"""Sections (章节): the parts of the pack, each declared by a capability beside its service.

The pack is their sum and is checked as a whole, every problem with its path; what a document
doesn't say is the product's default.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeAlias, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
    field_validator,
)

from services.arguments import Length, WrongText, clean_text
from services.errors import Refused, Said
from services.packs.wording import in_both

Document: TypeAlias = Annotated[dict[str, Any], "整份配置包。 The whole pack."]


class Section(BaseModel):
    """One part of the pack, checked by its own model; a word that it doesn't know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Section):
    """What a county calls something, in both languages."""

    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=80)

    @field_validator("zh", "en")
    @classmethod
    def _shows(cls, given: str) -> str:
        """Nothing in it hides, or shows in another order than it stands."""
        try:
            return clean_text(given, Length(1, 80))
        except WrongText as wrong:
            raise Wrong(("", wrong.said)) from None


class Problem(NamedTuple):
    """What is wrong at one path of a document."""

    path: str
    said: Said


class Wrong(ValueError):
    """What a section's own rules find: each below the section, at a path, in both languages."""

    def __init__(self, *problems: tuple[str, Said]) -> None:
        super().__init__("; ".join(f"{path}: {said.en}" for path, said in problems))
        self.problems = problems


def unsourced(rules: Section, known: Mapping[str, str]) -> list[tuple[str, Said]]:
    """What is wrong with the `sources` of a section whose rules each have one: a rule that is set
    otherwise than the product has it needs its own.
    """
    given: Mapping[str, str] = getattr(rules, "sources")  # noqa: B009 - of such sections alone
    found = [
        (f"sources.{name}", Said("没有这项规则", f"{name} is no rule"))
        for name in given
        if name not in known
    ]
    for name, source in known.items():
        is_own = getattr(rules, name) != type(rules).model_fields[name].default
        if is_own and given.get(name) in (None, source):
            said = Said("与产品默认不同，须写明依据", "set otherwise; its source is needed")
            found.append((f"sources.{name}", said))
    return found


class PackRefused(Refused):
    """配置包有误，整份未采用：{problems}。
    The pack has errors and was not adopted at all: {problems}.
    """


DIALECT = "https://json-schema.org/draft/2020-12/schema"
SectionT = TypeVar("SectionT", bound=Section)
Sections: TypeAlias = Mapping[str, Section]
SECTIONS: dict[str, type[Section]] = {}
# What each section is called, in both languages.
TITLES: dict[str, Said] = {}
# What the sections must be to each other: each capability says it beside its own.
ACROSS: list[Callable[[Sections], Iterator[Problem]]] = []


def section(name: str, zh: str, en: str) -> Callable[[type[SectionT]], type[SectionT]]:
    """Register a capability's part of the pack under its name in the document."""

    def register(model: type[SectionT]) -> type[SectionT]:
        SECTIONS[name], TITLES[name] = model, Said(zh, en)
        return model

    return register


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """The checked document with the product's default for whatever it doesn't say."""
    return whole(check(document))


def whole(sections: Sections) -> dict[str, Any]:
    """The sections as one document, everything said."""
    return {name: part.model_dump(mode="json") for name, part in sections.items()}


def check(document: Any) -> dict[str, Section]:
    """Every section of the document, checked; `PackRefused` names each problem with its path."""
    sections, problems = examine(document)
    if problems:
        raise refusal(problems)
    return sections


def refusal(problems: list[Problem]) -> PackRefused:
    """One refusal of all of them."""
    return PackRefused(
        problems=Said(*("; ".join(f"{one.path}: {one.said.to(language)}" for one in problems)
                        for language in ("zh", "en")))
    )  # fmt: skip


def examine(document: Any) -> tuple[dict[str, Section], list[Problem]]:
    """The sections that are right, and every problem of those that aren't."""
    if not isinstance(document, Mapping):
        return {}, [Problem("$", Said("应是一个对象", "an object is expected"))]
    unknown = Said("没有这个章节", "unknown section")
    problems = [Problem(str(name), unknown) for name in document if name not in SECTIONS]
    found: dict[str, Section] = {}
    for name, model in SECTIONS.items():
        try:
            found[name] = model.model_validate(document.get(name, {}))
        except ValidationError as refused:
            problems += _problems(name, refused)
    if not problems:
        problems = [one for look in ACROSS for one in look(found)]
    return found, problems


def json_schema() -> dict[str, Any]:
    """The pack as a JSON Schema (2020-12), by which an editor completes and checks it."""
    return _json_schema(tuple(SECTIONS))


@lru_cache(maxsize=1)
def _json_schema(_: tuple[str, ...]) -> dict[str, Any]:
    whole_ = create_model(  # type: ignore[call-overload]
        "CountyPack",
        __config__=ConfigDict(extra="forbid"),
        **{name: (model, model()) for name, model in SECTIONS.items()},
    )
    schema: dict[str, Any] = whole_.model_json_schema(mode="validation")
    for name, model in SECTIONS.items():
        _describe(schema["properties"][name], TITLES[name])
        for field in model.model_fields:
            title = title_of(model, field)
            _describe(schema["$defs"][model.__name__]["properties"][field], title)
    return {"$schema": DIALECT, **schema, "title": "县域配置包 County pack"}


def title_of(model: type[Section], field: str) -> Said:
    """What a field of a section is called: the `Said` in its annotation."""
    notes = model.model_fields[field].metadata
    return next((note for note in notes if isinstance(note, Said)), Said(field, field))


def _describe(schema: dict[str, Any], said: Said) -> None:
    schema["description"] = f"{said.zh}。 {said.en}."


def _problems(name: str, refused: ValidationError) -> Iterator[Problem]:
    for error in refused.errors(include_url=False):
        path = ".".join(str(part) for part in (name, *error["loc"]) if part != "[key]")
        raised = error.get("ctx", {}).get("error")
        if isinstance(raised, Wrong):
            for below, said in raised.problems:
                yield Problem(f"{path}.{below}" if below else path, said)
        else:
            yield Problem(path, in_both(error["type"], error["msg"], error.get("ctx", {})))


def merged(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the changes: objects are merged, whatever else is given takes the place of
    what was there; a null too, by which a level is one that the county hasn't.
    """
    result = dict(document)
    for name, given in changes.items():
        known = result.get(name)
        both = isinstance(known, Mapping) and isinstance(given, Mapping)
        result[name] = merged(known, given) if both else given  # type: ignore[arg-type]
    return result
