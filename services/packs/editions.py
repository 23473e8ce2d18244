"""Reading the pack (读取配置包): a section of the active edition, or of an earlier one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor
from services import rows
from services.errors import LabelsOf, Said
from services.packs.sections import SectionT
from services.packs.tables import Pack

DOCUMENT, LABELS = "pack_document", "labels"


async def read(session: AsyncSession, by: Actor, name: str, model: type[SectionT]) -> SectionT:
    """A section of the county's active pack.

    A process that knows the county's number (`standing.holds`) reads it once for that number, which
    every activation raises.
    """
    number, kept = session.info.get("county_number"), session.info["packs"]
    key = (by.tenant_id, number, name)
    known = kept.get(key) if number is not None else None
    if known is not None:
        section: SectionT = known
        return section
    document = await _document(session, by, number)
    section = model.model_validate(document.get(name, {}))
    if number is not None:
        kept.put(key, section)
    return section


async def _document(session: AsyncSession, by: Actor, number: int | None) -> Mapping[str, Any]:
    """The active edition's document, read once in a transaction for a number of the county."""
    key = (by.tenant_id, number)
    known: Mapping[str, Any] | None = session.info.get(DOCUMENT, {}).get(key)
    if known is not None and number is not None:
        return known
    pack = await current(session, by)
    document: Mapping[str, Any] = pack.document if pack else {}
    session.info[DOCUMENT] = {key: document}
    return document


async def labels(session: AsyncSession, by: Actor) -> LabelsOf:
    """What the county calls things, section by section; its own roles among the roles."""
    number, kept = session.info.get("county_number"), session.info["packs"]
    key = (by.tenant_id, number, LABELS)
    known: LabelsOf | None = kept.get(key) if number is not None else None
    if known is not None:
        return known
    document = await _document(session, by, number)
    found = {name: _said(part.get("labels", {})) for name, part in document.items()}
    found["appointments"] = _said(document.get("roles", {}).get("own", {})) | found["appointments"]
    if number is not None:
        kept.put(key, found)
    return found


def _said(given: Mapping[str, Any]) -> dict[str, Said]:
    return {
        code: Said(label["zh"], label["en"])
        for code, label in given.items()
        if label.get("zh") and label.get("en")
    }


async def active(session: AsyncSession, by: Actor) -> UUID:
    """The id of the county's active edition, which what begins now keeps until it ends."""
    pack = await current(session, by)
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


async def current(session: AsyncSession, by: Actor) -> Pack | None:
    """The active edition; none where a county is being founded."""
    found = await rows.every(session, Pack, by, until=None)
    return found[0] if found else None
