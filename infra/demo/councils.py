"""The round tables of a demo county: one in each grid, with a seat for each of the six parties."""

from datetime import date
from itertools import cycle
from uuid import UUID

from sqlmodel import col, select

from infra.demo.desk import Desk
from infra.demo.history import months_of, months_until
from services import clock, councils
from services.councils import SeatKind
from services.linkages import Linkage
from services.units import Unit, UnitKind


async def build_councils(desk: Desk) -> None:
    """A council for every grid since its own month; partners and departments take their turns."""
    branches = {unit.parent_id: unit for unit in await _of_kind(desk, UnitKind.party_branch)}
    linkages = {row.grid_id: row for row in await _linkages(desk)}
    departments = cycle(await _of_kind(desk, UnitKind.linked_department))
    partners = await _of_kind(desk, UnitKind.co_building_unit)
    turns = cycle(partners or [None])
    months = months_until(clock.today(), desk.described.history.months)
    grids = await _of_kind(desk, UnitKind.grid)
    for number, grid in enumerate(grids):
        linked, partner = linkages.get(grid.id), next(turns)
        seats: dict[SeatKind, UUID | None] = {
            SeatKind.branch: branches[grid.id].id if grid.id in branches else None,
            SeatKind.committee: linked.committee_id if linked else None,
            SeatKind.firm: linked.firm_id if linked else None,
            SeatKind.grid_worker: grid.id,
            SeatKind.partner: partner.id if partner else None,
            SeatKind.department: next(departments).id,
        }
        await _form(desk, grid, seats, months_of(number, len(grids), months)[0])


async def _form(desk: Desk, grid: Unit, seats: dict[SeatKind, UUID | None], since: date) -> None:
    council = await councils.form(
        desk.session, desk.administrator, grid=grid.id, since=since,
        name=desk.described.wording.council.format(grid=grid.name),
    )  # fmt: skip
    await desk.session.flush()
    for kind, unit in seats.items():
        if unit is not None:
            await councils.seat(
                desk.session, desk.administrator, council=council.id, kind=kind, unit=unit,
                since=since,
            )  # fmt: skip


async def _of_kind(desk: Desk, kind: UnitKind) -> list[Unit]:
    wanted = select(Unit).where(Unit.tenant_id == desk.administrator.tenant_id, Unit.kind == kind)
    return list((await desk.session.exec(wanted.order_by(col(Unit.id)))).all())


async def _linkages(desk: Desk) -> list[Linkage]:
    """The linkages that stand, of each grid's first estate last."""
    wanted = select(Linkage).where(
        Linkage.tenant_id == desk.administrator.tenant_id, col(Linkage.until).is_(None)
    )
    return list((await desk.session.exec(wanted.order_by(col(Linkage.id).desc()))).all())
