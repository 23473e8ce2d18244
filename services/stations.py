"""Stations (网格红色驿站): the place of a grid where residents are heard and its council meets.

A grid has at most one open station. It is closed with a reason, and another may then be opened.
"""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, authorize
from services import clock, rows, units
from services.arguments import Length, Name, Of, Reason, Since, UnitId, Until, Version
from services.errors import EndsBeforeItBegins, Refused
from services.events import record, state_of
from services.rows import made
from services.tables import Recorded, within_tenant
from services.units import UnitKind


class Station(Recorded, table=True):
    """A grid's red station: where it is and when somebody is there."""

    __tablename__ = "station"
    __table_args__: ClassVar[Any] = (
        within_tenant("grid_id", "unit"),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        Index("uq_station_open", "tenant_id", "grid_id", unique=True,
              postgresql_where=text("until is null")),
        Index(None, "tenant_id", "grid_id", "since", "id"),
        Index(None, "tenant_id", "name", "id"),
    )  # fmt: skip

    grid_id: UUID
    name: str = Field(max_length=80)
    address: str = Field(max_length=200)
    hours: str = Field(max_length=200)
    since: date
    until: date | None = None
    is_public: bool = True


class GridHasStation(Refused):
    """这个网格已有开放的驿站：{id}。请先关闭它。
    This grid has an open station: {id}. Close that first.
    """


class StationClosed(Refused):
    """这个驿站已经关闭：{id}。
    This station is closed already: {id}.
    """


StationId = Annotated[UUID, Of("Station")]


async def open(  # noqa: A001 - the verb of the policy line
    session: AsyncSession,
    by: Actor,
    *,
    grid: UnitId,
    name: Name,
    address: Annotated[str, Length(1, 200), "地址。 Where it is."],
    hours: Annotated[str, Length(1, 200), "开放时间。 When somebody is there."],
    since: Since = None,
    is_public: Annotated[bool, "是否对公众显示。 Whether the public sees it."] = True,
) -> Station:
    """Open a grid's station."""
    # The grid is locked: of two openings at once the second sees the first.
    place = await units.find_fit(session, by, grid, kind=UnitKind.grid, for_update=True)
    acting = authorize(by, "open", "stations", within=await units.path_of(session, by, place.id))
    there = await _open_station(session, by, place.id)
    if there is not None:
        raise GridHasStation(id=f"Station:{there.id}")
    station = Station(
        **made(by, acting), grid_id=place.id, name=name, address=address, hours=hours,
        since=since or clock.today(), is_public=is_public,
    )  # fmt: skip
    session.add(station)
    record(session, by, "station.opened", station, acting=acting)
    return station


async def close(
    session: AsyncSession,
    by: Actor,
    *,
    station: StationId,
    until: Until = None,
    reason: Reason,
    expected_version: Version = None,
) -> Station:
    """Close a station from a day on."""
    row = await find(session, by, station, for_update=True)
    path = await units.path_of(session, by, row.grid_id)
    acting = authorize(by, "close", "stations", within=path)
    row.check_version(expected_version)
    if row.until is not None:
        raise StationClosed(id=f"Station:{station}")
    before, end = state_of(row), clock.by_today(until)
    if end <= row.since:
        raise EndsBeforeItBegins()
    row.until, row.version = end, row.version + 1
    record(
        session, by, "station.closed", row, acting=acting, before=before, note={"reason": reason}
    )
    return row


async def find(
    session: AsyncSession, by: Actor, station: UUID, *, for_update: bool = False
) -> Station:
    """A station of the actor's county."""
    return await rows.find(session, Station, by, station, for_update=for_update)


async def _open_station(session: AsyncSession, by: Actor, grid: UUID) -> Station | None:
    standing = select(Station).where(
        Station.tenant_id == by.tenant_id, Station.grid_id == grid, col(Station.until).is_(None)
    )
    return (await session.exec(standing)).first()


def _housed(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    return select(func.count()).where(
        Station.tenant_id == tenant_id,
        Station.grid_id == unit_id,
        col(Station.until).is_(None),
    )


units.OCCUPANTS["station"] = _housed
