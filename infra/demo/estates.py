"""The estates of a demo county: a grid with its branch, its station and its linked estate.

Most are alike. A few are told in full: the steps by which the three parties came together, the
heads of the buildings, and the people who serve in two parties at once (交叉任职).
"""

from collections.abc import Mapping
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
    """A grid with its party branch and its estate."""

    grid: Unit
    branch: Unit
    estate: Unit


async def add(desk: Desk, community: Unit, number: int, name: str, firm: Unit) -> None:
    """A grid whose estate was linked in one step, less what the county still lacks there."""
    since, wording = desk.described.linked_since, desk.described.wording
    place = await _place(desk, community, number, name, since)
    await desk.seat("branch_secretary", place.grid, since, is_member=True)
    await desk.seat("grid_worker", place.grid, since)
    committee = await _committee(desk, place, since)
    await desk.seat("committee_member", committee, since)
    parties: dict[Party, Unit] = {"branch": place.branch, "committee": committee, "firm": firm}
    lacking = desk.described.lacking.get(name, ())
    there = {party: unit for party, unit in parties.items() if party not in lacking}
    await _link(desk, place, there, since, wording.agreement.format(estate=name))


async def tell(desk: Desk, community: Unit, showcase: Showcase, firm: FirmUnits) -> None:
    """A showcase, in a community's first grid: each party joined by its own decision and day."""
    named = showcase == desk.described.showcases[0]
    begun, latest = showcase.history[0].since, showcase.history[-1].since
    place = await _place(desk, community, 1, showcase.estate, begun)
    formed = next(step for step in showcase.history if step.party == "committee")
    committee = await _committee(desk, place, formed.since, formed.decision)
    parties: dict[Party, Unit] = {"branch": place.branch, "committee": committee, "firm": firm[0]}
    for step in showcase.history:
        party = {step.party: parties[step.party]}
        await _link(desk, place, party, step.since, step.decision)
    home = await _buildings(desk, place, showcase, named=named)
    await _serving(desk, place, committee, firm[1], latest, named=named)
    for number in range(RESIDENTS):
        is_first = named and number == 0
        await desk.seat("resident", place.estate, latest, named=is_first, home=home)


async def _place(desk: Desk, community: Unit, number: int, estate: str, since: date) -> Place:
    """A grid, its party branch, its station and its estate."""
    wording = desk.described.wording
    name = wording.grid.format(community=community.name, number=number)
    grid = await desk.found(UnitKind.grid, name, community, since)
    branch_name = wording.branch.format(grid=name)
    branch = await desk.found(UnitKind.party_branch, branch_name, grid, since)
    await stations.open(
        desk.session, desk.administrator, grid=grid.id, since=since, hours=wording.hours,
        name=wording.station.format(grid=name), address=wording.address.format(estate=estate),
    )  # fmt: skip
    return Place(grid, branch, await desk.found(UnitKind.estate, estate, grid, since))


async def _committee(desk: Desk, place: Place, since: date, decision: str | None = None) -> Unit:
    name = desk.described.wording.committee.format(estate=place.estate.name)
    return await desk.found(UnitKind.owners_committee, name, place.estate, since, decision)


async def _link(
    desk: Desk, place: Place, parties: Mapping[Party, Unit], since: date, decision: str
) -> None:
    def joining(party: Party) -> UUID | None:
        return parties[party].id if party in parties else None

    await linkages.link(
        desk.session, desk.administrator, grid=place.grid.id, estate=place.estate.id,
        branch=joining("branch"), committee=joining("committee"), firm=joining("firm"),
        decision=decision, since=since,
    )  # fmt: skip


async def _buildings(desk: Desk, place: Place, showcase: Showcase, *, named: bool) -> Unit:
    """Buildings and stairwells, each with its head; where the first of these heads lives."""
    wording, since = desk.described.wording, showcase.history[-1].since
    built = showcase.history[0].since
    homes: list[Unit] = []
    for number in range(1, showcase.buildings + 1):
        name = wording.building.format(number=number)
        building = await desk.found(UnitKind.building, name, place.estate, built)
        is_first = named and number == 1
        await desk.seat(
            "building_head", building, since, named=is_first, home=building, is_member=True
        )
        homes.append(building)
        for door in range(1, showcase.stairwells + 1):
            name = wording.stairwell.format(number=door)
            stairwell = await desk.found(UnitKind.stairwell, name, building, built)
            await desk.seat(
                "stairwell_head", stairwell, since, named=is_first and door == 1,
                home=stairwell, is_member=True,
            )  # fmt: skip
            homes.append(stairwell)
    return homes[min(1, showcase.stairwells)]


async def _serving(
    desk: Desk, place: Place, committee: Unit, firm_branch: Unit | None, since: date, *, named: bool
) -> None:
    """Branch, committee and worker; two of the branch serve in the other parties as well."""
    secretary = await desk.seat("branch_secretary", place.grid, since, named=named, is_member=True)
    member = await desk.seat("party_member", place.branch, since, named=named, is_member=True)
    title = desk.described.wording.secretary
    await desk.appoint(secretary, "party_member", place.branch, since, title)
    await desk.seat("grid_worker", place.grid, since, named=named)
    for number in range(COMMITTEE_SIZE - 2):
        await desk.seat("committee_member", committee, since, named=named and number == 0)
    for crossing in (secretary, member):
        await desk.appoint(crossing, "committee_member", committee, since)
    if firm_branch is not None:
        await desk.appoint(secretary, "party_member", firm_branch, since)
