"""The estates of a demo county: each grid with its branch, station, workers and linked estate.

A few estates are told in full: the steps by which the three parties came together, the heads of
their buildings, and the people who serve in two parties at once (交叉任职).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from infra.demo.description import Party, Showcase
from infra.demo.desk import Desk
from services import linkages, stations
from services.units import Unit, UnitKind

COMMITTEE_SIZE = 5
RESIDENTS = 3

# A property firm and its party branch, if it has one.
FirmUnits: TypeAlias = tuple[Unit, Unit | None]


@dataclass(frozen=True)
class Place:
    """A grid with its estate and the parties that stand from the beginning."""

    grid: Unit
    estate: Unit
    branch: Unit
    firm: Unit
    firm_branch: Unit | None


@dataclass
class Estates:
    """Builds the grids of one community after the other; `turns` hands out the firms."""

    desk: Desk
    firms: dict[str, FirmUnits]
    turns: Iterator[FirmUnits]

    def __post_init__(self) -> None:
        told = self.desk.described
        self.names = iter(told.estate_names.all())
        self.showcases = {showcase.community: showcase for showcase in told.showcases}

    async def build(self, community: Unit, grids: int) -> None:
        """The grids of a community; its first one is its showcase's, if it has one."""
        for number in range(1, grids + 1):
            showcase = self.showcases.get(community.name) if number == 1 else None
            if showcase is None:
                await self._plain(community, number)
            else:
                await self._tell(community, showcase)

    async def _plain(self, community: Unit, number: int) -> None:
        """A grid whose estate was linked in one step, less what the county still lacks there."""
        desk, since, name = self.desk, self.desk.described.linked_since, next(self.names)
        place = await self._place(community, number, name, since, next(self.turns))
        await desk.seat("branch_secretary", place.grid, since, is_member=True)
        await desk.seat("grid_worker", place.grid, since)
        committee = await self._committee(place, since)
        await desk.seat("committee_member", committee, since)
        parties: dict[Party, Unit] = {
            "branch": place.branch,
            "committee": committee,
            "firm": place.firm,
        }
        lacking = desk.described.lacking.get(name, ())
        there = {party: unit for party, unit in parties.items() if party not in lacking}
        await self._link(place, there, since, desk.described.wording.agreement.format(estate=name))

    async def _tell(self, community: Unit, showcase: Showcase) -> None:
        """A showcase: each party joined by its own decision, on its own day."""
        begun = showcase.history[0].since
        place = await self._place(community, 1, showcase.estate, begun, self.firms[showcase.firm])
        formed = next(step for step in showcase.history if step.party == "committee")
        committee = await self._committee(place, formed.since, formed.decision)
        parties: dict[Party, Unit] = {
            "branch": place.branch,
            "committee": committee,
            "firm": place.firm,
        }
        for step in showcase.history:
            await self._link(place, {step.party: parties[step.party]}, step.since, step.decision)
        named = showcase == self.desk.described.showcases[0]
        home = await self._buildings(place, showcase, named=named)
        latest = showcase.history[-1].since
        await self._serving(place, committee, latest, named=named)
        for number in range(RESIDENTS):
            first = named and number == 0
            await self.desk.seat("resident", place.estate, latest, named=first, home=home)

    async def _place(
        self, community: Unit, number: int, estate: str, since: date, firm: FirmUnits
    ) -> Place:
        """A grid, its branch, its station and its estate."""
        desk, wording = self.desk, self.desk.described.wording
        name = wording.grid.format(community=community.name, number=number)
        grid = await desk.found(UnitKind.grid, name, community, since)
        branch_name = wording.branch.format(grid=name)
        branch = await desk.found(UnitKind.party_branch, branch_name, grid, since)
        await stations.open(
            desk.session, desk.administrator, grid=grid.id, since=since, hours=wording.hours,
            name=wording.station.format(grid=name), address=wording.address.format(estate=estate),
        )  # fmt: skip
        home = await desk.found(UnitKind.estate, estate, grid, since)
        return Place(grid, home, branch, *firm)

    async def _committee(self, place: Place, since: date, decision: str | None = None) -> Unit:
        name = self.desk.described.wording.committee.format(estate=place.estate.name)
        kind = UnitKind.owners_committee
        return await self.desk.found(kind, name, place.estate, since, decision)

    async def _link(
        self, place: Place, parties: dict[Party, Unit], since: date, decision: str
    ) -> None:
        await linkages.link(
            self.desk.session, self.desk.administrator,
            grid=place.grid.id, estate=place.estate.id, since=since, decision=decision,
            branch=_id(parties.get("branch")), committee=_id(parties.get("committee")),
            firm=_id(parties.get("firm")),
        )  # fmt: skip

    async def _buildings(self, place: Place, showcase: Showcase, *, named: bool) -> Unit:
        """Buildings and stairwells, each with its head; where the first of these heads lives."""
        desk, wording = self.desk, self.desk.described.wording
        homes: list[Unit] = []
        since = showcase.history[-1].since
        for number in range(1, showcase.buildings + 1):
            name = wording.building.format(number=number)
            building = await desk.found(UnitKind.building, name, place.estate, since)
            first = named and not homes
            await desk.seat(
                "building_head", building, since, named=first, home=building, is_member=True
            )
            homes.append(building)
            for door in range(1, showcase.stairwells + 1):
                name = wording.stairwell.format(number=door)
                stairwell = await desk.found(UnitKind.stairwell, name, building, since)
                first_here = first and door == 1
                await desk.seat(
                    "stairwell_head", stairwell, since, named=first_here, home=stairwell,
                    is_member=True,
                )  # fmt: skip
                homes.append(stairwell)
        return homes[min(1, showcase.stairwells)]

    async def _serving(self, place: Place, committee: Unit, since: date, *, named: bool) -> None:
        """Branch, committee and worker; two of the branch serve in the other parties as well."""
        desk = self.desk
        secretary = await desk.seat(
            "branch_secretary", place.grid, since, named=named, is_member=True
        )
        member = await desk.seat("party_member", place.branch, since, named=named, is_member=True)
        title = desk.described.wording.secretary
        await desk.appoint(secretary, "party_member", place.branch, since, title)
        await desk.seat("grid_worker", place.grid, since, named=named)
        for number in range(COMMITTEE_SIZE - 2):
            await desk.seat("committee_member", committee, since, named=named and number == 0)
        for crossing in (secretary, member):
            await desk.appoint(crossing, "committee_member", committee, since)
        if place.firm_branch is not None:
            await desk.appoint(secretary, "party_member", place.firm_branch, since)


def _id(unit: Unit | None) -> UUID | None:
    return unit.id if unit else None
