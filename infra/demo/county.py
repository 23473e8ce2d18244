"""A demo county made of its description: first its frame, then the grids that are alike.

Every figure that the demo shows (7 communities, 50 grids, a coverage of 100 %) is counted from what
is recorded here, never typed in.
"""

from itertools import cycle

from infra.demo import estates
from infra.demo.description import Description, Firm
from infra.demo.desk import Desk
from infra.demo.estates import FirmUnits
from services import duties, rulebooks
from services.units import Unit, UnitKind


async def build_frame(desk: Desk) -> None:
    """The offices, the firms, the communities and the estates that are told in full."""
    told = desk.described
    (root,) = (await desk.standing(UnitKind.county)).values()
    offices = await _offices(desk, told, root)
    above = {"county": root, "bureau": offices[told.bureau]}
    committee = await _industry_committee(desk, above[told.below["industry_committee"]], offices)
    above["industry_committee"] = committee
    firms = {firm.name: await _firm(desk, firm, above[told.below["firm"]]) for firm in told.firms}
    showcases = {showcase.community: showcase for showcase in told.showcases}
    partners = iter(told.partners)
    for place in told.communities:
        top = offices.get(told.working_committee or "", root)
        community = await _community(desk, place.name, top)
        await _partner(desk, community, next(partners, None))
        if place.name in showcases:
            showcase = showcases[place.name]
            await estates.tell(desk, community, showcase, firms[showcase.firm])


async def build_grids(desk: Desk) -> None:
    """Every other grid, with its estate linked to the firms in turn."""
    told = desk.described
    communities = await desk.standing(UnitKind.community)
    firms = await desk.standing(UnitKind.firm)
    turns = cycle(firms[firm.name] for firm in told.firms)
    names = iter(told.estate_names.all())
    shown = {showcase.community for showcase in told.showcases}
    for place in told.communities:
        for number in range(2 if place.name in shown else 1, place.grids + 1):
            community, name = communities[place.name], next(names)
            await estates.add(desk, community, number, name, next(turns))


async def _offices(desk: Desk, told: Description, root: Unit) -> dict[str, Unit]:
    """The bureau, the departments and the working committee, by name."""
    offices = {told.bureau: await desk.found(UnitKind.bureau, told.bureau, root, desk.begun)}
    await desk.seat("housing_officer", offices[told.bureau], desk.begun, named=True)
    for name in told.departments:
        offices[name] = await desk.found(UnitKind.linked_department, name, root, desk.begun)
        named = name == told.departments[0]
        await desk.seat("department_officer", offices[name], desk.begun, named=named)
    if told.working_committee is not None:
        name = told.working_committee
        offices[name] = await desk.found(UnitKind.working_committee, name, root, desk.begun)
        await desk.seat("working_officer", offices[name], desk.begun, named=True, is_member=True)
    return offices


async def _industry_committee(desk: Desk, above: Unit, offices: dict[str, Unit]) -> Unit:
    """The committee, what its members answer for, and its rules of procedure."""
    rules, book = desk.described.industry_committee, desk.described.industry_committee.rule_book
    committee = await desk.found(UnitKind.industry_committee, rules.name, above, desk.begun)
    await desk.seat("industry_officer", committee, desk.begun, named=True, is_member=True)
    for member, answers in rules.duties.items():
        for text in answers:
            await duties.assign(
                desk.session, desk.administrator, committee=committee.id,
                member=offices[member].id, text=text, since=book.effective_on,
            )  # fmt: skip
    await rulebooks.adopt(
        desk.session, desk.administrator, unit=committee.id, title=book.title, text=book.text,
        adopted_on=book.adopted_on, effective_on=book.effective_on,
    )  # fmt: skip
    return committee


async def _community(desk: Desk, name: str, above: Unit) -> Unit:
    """A community and its secretary; the first showcase's is the one with an account."""
    community = await desk.found(UnitKind.community, name, above, desk.begun)
    named = name == desk.described.showcases[0].community
    since = desk.begun if named else desk.described.linked_since
    await desk.seat("community_secretary", community, since, named=named, is_member=True)
    return community


async def _partner(desk: Desk, community: Unit, name: str | None) -> None:
    """A unit that builds together with a community, and its delegate at the round tables."""
    if name is not None:
        since = desk.described.linked_since
        named = name == desk.described.partners[0]
        unit = await desk.found(UnitKind.co_building_unit, name, community, since)
        await desk.seat("partner_delegate", unit, since, named=named, is_member=True)


async def _firm(desk: Desk, firm: Firm, above: Unit) -> FirmUnits:
    """A firm and its party branch, each with somebody in office."""
    named = firm.name == desk.described.showcases[0].firm
    since = desk.begun if named else desk.described.linked_since
    unit = await desk.found(UnitKind.firm, firm.name, above, desk.begun)
    manager = await desk.seat("firm_manager", unit, since, named=named, is_member=True)
    if named:
        await desk.seat("firm_staff", unit, since, named=True)
    if firm.instructor:
        await desk.seat("instructor", unit, since, named=named, is_member=True)
    if not firm.party_branch:
        return unit, None
    wording = desk.described.wording
    name = wording.firm_branch.format(firm=firm.name)
    branch = await desk.found(UnitKind.party_branch, name, unit, desk.begun)
    title, since = wording.secretary, desk.described.linked_since
    await desk.appoint(manager, "party_member", branch, since, title)
    return unit, branch
