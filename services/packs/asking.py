"""Asking (检查、比对): whether a pack could be adopted, and what it would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, authorize
from services import rows
from services.arguments import Of
from services.errors import BadInput, NotFound, Said
from services.packs import comparing, editions, proposing, sections
from services.packs.comparing import Change, Touch
from services.packs.proposing import GRANTS, Changes, Whole
from services.packs.sections import Problem, Section
from services.packs.tables import Pack, PackProposal


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether a document can be adopted, and every problem that it has."""

    is_valid: bool
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a document changes of the active edition (`base_id`), and what that touches.

    Of a document with problems nothing but them is said.
    """

    base_id: UUID
    is_valid: bool
    problems: list[Problem]
    changes: list[Change]
    touches: list[Touch]
    needs_security: bool


async def check(
    session: AsyncSession, by: Actor, *, document: Whole = None, changes: Changes = None
) -> Checked:
    """Check a pack as a whole, also against what stands in the county, without proposing it."""
    authorize(by, "check", "packs")
    base = await _base(session, by)
    _, problems = await _examined(session, by, proposing.wanted(base.document, document, changes))
    return Checked(not problems, problems)


async def compare(
    session: AsyncSession,
    by: Actor,
    *,
    document: Whole = None,
    changes: Changes = None,
    proposal: Annotated[UUID | None, Of("PackProposal"), "配置草案。 A proposal."] = None,
    pack: Annotated[UUID | None, Of("Pack"), "配置包版本。 An edition."] = None,
) -> Comparison:
    """Compare a pack with the active edition; what was proposed, with the one it is to replace."""
    authorize(by, "compare", "packs")
    base = await _base(session, by)
    given = [one for one in (document, changes, proposal, pack) if one is not None]
    if len(given) != 1:
        reason = Said("document、changes、proposal、pack 给一个",
                      "give one of document, changes, proposal, pack")  # fmt: skip
        raise BadInput(argument="document", reason=reason)
    meant: Mapping[str, Any]
    if proposal is not None:
        row = await rows.find(session, PackProposal, by, proposal)
        base, meant = await rows.find(session, Pack, by, row.base_id), row.document
    elif pack is not None:
        meant = (await rows.find(session, Pack, by, pack)).document
    else:
        meant = proposing.wanted(base.document, document, changes)
    after, problems = await _examined(session, by, meant)
    if problems:
        return Comparison(base.id, False, problems, [], [], False)
    before = sections.check(base.document)
    return Comparison(
        base_id=base.id,
        is_valid=True,
        problems=[],
        changes=comparing.differences(before, after),
        touches=await comparing.touched(session, by, before, after),
        needs_security=before.get(GRANTS) != after.get(GRANTS),
    )


async def _examined(
    session: AsyncSession, by: Actor, document: Any
) -> tuple[dict[str, Section], list[Problem]]:
    found, problems = sections.examine(document)
    if problems:
        return found, problems
    return found, await comparing.contradictions(session, by, found, holds=False)


async def _base(session: AsyncSession, by: Actor) -> Pack:
    found = await editions.current(session, by)
    if found is None:
        raise NotFound(id="Pack")
    return found
