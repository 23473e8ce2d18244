"""Packs in tests: proposed, approved and activated as a county's founders do."""

from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from services import packs
from services.errors import Said
from services.packs import Pack, PackProposal
from services.units import UnitRules
from tests.county import County
from tests.county import adopt as adopt_in

LABELS = {"units": {"labels": {"grid": {"zh": "片区", "en": "Block"}}}}
TAKEN = {"roles": {"takes": [{"role": "grid_worker", "permission": "publications.approve"}]}}


async def adopt(county: County, document: dict[str, Any]) -> Pack:
    async with county.session() as session:
        return await adopt_in(session, county, document)


async def propose(county: County, document: dict[str, Any] | None = None) -> PackProposal:
    async with county.session() as session:
        return await packs.propose(
            session, county.administrator, document=document or LABELS, reason="改叫法"
        )


async def approved(county: County, document: dict[str, Any] | None = None) -> PackProposal:
    row = await propose(county, document)
    async with county.session() as session:
        return await packs.approve(session, county.security, proposal=row.id)


async def done(county: County, verb: str, by: str = "county_administrator", **given: Any) -> Any:
    """A command of packs, run by a founder."""
    async with county.session() as session:
        return await getattr(packs, verb)(session, county.founders[by], **given)


async def editions(county: County) -> list[tuple[int, bool]]:
    """Every edition and whether it is active."""
    mine = select(Pack).where(Pack.tenant_id == county.id).order_by(col(Pack.edition))
    async with county.session(read_only=True) as session:
        return [(row.edition, row.until is None) for row in await session.exec(mine)]


async def active(county: County) -> Pack:
    mine = select(Pack).where(Pack.tenant_id == county.id, col(Pack.until).is_(None))
    async with county.session(read_only=True) as session:
        return (await session.exec(mine)).one()


async def state(county: County, proposal: UUID) -> str:
    mine = select(PackProposal.state).where(PackProposal.id == proposal)
    async with county.session(read_only=True) as session:
        return (await session.exec(mine)).one()


async def rules(county: County) -> UnitRules:
    async with county.session(read_only=True) as session:
        return await packs.read(session, county.administrator, "units", UnitRules)


def problems(refused: pytest.ExceptionInfo[Any]) -> Said:
    found = refused.value.facts["problems"]
    assert isinstance(found, Said)
    return found
