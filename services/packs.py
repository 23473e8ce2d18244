"""County pack (县域配置包): the one versioned document that says how a county runs the model.

A capability registers its section beside its service; the pack is the sum of the sections. It is
checked as a whole; what a document doesn't say is the product's default.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import Column, ColumnElement, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import clock, rows
from services.errors import Refused
from services.events import record, state_of
from services.rows import made
from services.standing import raise_standing
from services.tables import Recorded, moment

Document = Annotated[dict[str, Any], "整份配置包。 The whole pack."]


class Section(BaseModel):
    """One part of the pack, checked by its own model; a word that it doesn't know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Section):
    """What a county calls something, in both languages."""

    zh: str = Field(min_length=1, max_length=40)
    en: str = Field(min_length=1, max_length=80)


SectionT = TypeVar("SectionT", bound=Section)
SECTIONS: dict[str, type[Section]] = {}

# What else an adopted pack must fit: each capability names what stands already and contradicts it.
CHECKS: list[Callable[[AsyncSession, Actor, Mapping[str, Section]], Awaitable[list[str]]]] = []


def section(name: str) -> Callable[[type[SectionT]], type[SectionT]]:
    """Register a capability's part of the pack under its name in the document."""

    def register(model: type[SectionT]) -> type[SectionT]:
        SECTIONS[name] = model
        return model

    return register


class Pack(Recorded, table=True):
    """An edition of a county's pack; one of them is active."""

    __tablename__ = "pack"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("tenant_id", "edition"),
        Index(None, "tenant_id", unique=True, postgresql_where=text("until is null")),
    )

    edition: int
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    since: datetime = moment(default_factory=clock.now)
    until: datetime | None = moment(default=None)


class PackRefused(Refused):
    """配置包有误，整份未采用：{problems}。
    The pack has errors and was not adopted at all: {problems}.
    """


async def adopt(session: AsyncSession, by: Actor, *, document: Document) -> Pack:
    """Check the document as a whole and make it the county's pack from now on."""
    acting = authorize(by, "adopt", "packs")
    sections = check(document)
    # Of two adoptions at once the second waits, and then supersedes the first.
    await session.exec(select(func.pg_advisory_xact_lock(_lock(by))))
    problems = [one for fits in CHECKS for one in await fits(session, by, sections)]
    if problems:
        raise PackRefused(problems="; ".join(problems))
    now = clock.now()
    current = await _current(session, by)
    edition = 1
    if current is not None:
        edition, before = current.edition + 1, state_of(current)
        current.until, current.version = now, current.version + 1
        record(session, by, "pack.superseded", current, acting=acting, before=before)
        await session.flush()
    pack = Pack(
        **made(by, acting), edition=edition, document=_whole(sections), since=now,
    )  # fmt: skip
    session.add(pack)
    record(session, by, "pack.adopted", pack, acting=acting)
    session.info.pop("county_number", None)
    await raise_standing(session, by.tenant_id, by.tenant_id)
    return pack


def complete(document: Mapping[str, Any]) -> dict[str, Any]:
    """The checked document with the product's default for whatever it doesn't say."""
    return _whole(check(document))


def check(document: Mapping[str, Any]) -> dict[str, Section]:
    """Every section of the document, checked; `PackRefused` names each problem with its path."""
    if not isinstance(document, Mapping):
        raise PackRefused(problems="an object is expected")
    problems = [f"{name}: unknown section" for name in document if name not in SECTIONS]
    found: dict[str, Section] = {}
    for name, model in SECTIONS.items():
        try:
            found[name] = model.model_validate(document.get(name, {}))
        except ValidationError as refused:
            for error in refused.errors():
                path = ".".join(str(part) for part in (name, *error["loc"]))
                problems.append(f"{path}: {error['msg']}")
    if problems:
        raise PackRefused(problems="; ".join(problems))
    return found


async def read(session: AsyncSession, by: Actor, name: str, model: type[SectionT]) -> SectionT:
    """A section of the county's active pack.

    A process that knows the county's number (`standing.holds`) reads it once for that number, which
    every adoption raises.
    """
    number, kept = session.info.get("county_number"), session.info["packs"]
    key = (by.tenant_id, number, name)
    known = kept.get(key) if number is not None else None
    if known is not None:
        section: SectionT = known
        return section
    pack = await _current(session, by)
    section = model.model_validate(pack.document.get(name, {}) if pack else {})
    if number is not None:
        kept.put(key, section)
    return section


async def active(session: AsyncSession, by: Actor) -> UUID:
    """The id of the county's active edition, which what begins now keeps until it ends."""
    pack = await _current(session, by)
    assert pack is not None  # noqa: S101 - a county is founded with its first edition
    return pack.id


async def read_edition(
    session: AsyncSession, by: Actor, pack: UUID, name: str, model: type[SectionT]
) -> SectionT:
    """A section of one edition; no edition's document ever changes, so it is read once."""
    key, kept = (by.tenant_id, pack, name), session.info["packs"]
    known: SectionT | None = kept.get(key)
    if known is not None:
        return known
    row = await rows.find(session, Pack, by, pack)
    section: SectionT = kept.put(key, model.model_validate(row.document.get(name, {})))
    return section


def _whole(sections: Mapping[str, Section]) -> dict[str, Any]:
    return {name: part.model_dump(mode="json") for name, part in sections.items()}


async def _current(session: AsyncSession, by: Actor) -> Pack | None:
    active = await rows.every(session, Pack, by, until=None)
    return active[0] if active else None


def _lock(by: Actor) -> ColumnElement[int]:
    return func.hashtextextended(f"packs:{by.tenant_id}", 0)
