"""A demo county made of its description: bureau, committees, firms, then community by community.

Every figure that the demo shows (7 communities, 50 grids, a coverage of 100 %) is counted from what
is recorded here, never typed in.
"""

from dataclasses import dataclass
from itertools import cycle

from infra.demo.description import Description, Firm
from infra.demo.desk import Desk
from infra.demo.estates import Estates
from services import duties, rulebooks
from services.units import Unit, UnitKind


@dataclass
class Builder:
    """Builds one county; `offices` are its units that are spoken of by name."""

    desk: Desk

    async def build(self) -> None:
        """Everything, from the top down."""
        told = self.desk.described
        offices = await self._offices(told)
        committee = await self._industry_committee(told, offices)
        above = {"county": self.desk.root, "industry_committee": committee}
        firms = {
            firm.name: await self._firm(firm, above[told.below["firm"]]) for firm in told.firms
        }
        top = offices.get(told.working_committee or "", self.desk.root)
        estates = Estates(self.desk, firms, cycle(firms.values()))
        for place in told.communities:
            community = await self.desk.found(UnitKind.community, place.name, top, self.desk.begun)
            is_first = place.name == told.showcases[0].community
            await self.desk.seat(
                "community_secretary", community,
                self.desk.begun if is_first else told.linked_since, named=is_first, is_member=True,
            )  # fmt: skip
            await estates.build(community, place.grids)

    async def _offices(self, told: Description) -> dict[str, Unit]:
        """The bureau, the departments and the working committee, by name."""
        begun, root = self.desk.begun, self.desk.root
        offices = {told.bureau: await self.desk.found(UnitKind.bureau, told.bureau, root, begun)}
        await self.desk.seat("housing_officer", offices[told.bureau], begun, named=True)
        for name in told.departments:
            offices[name] = await self.desk.found(UnitKind.linked_department, name, root, begun)
        if told.working_committee is not None:
            office = await self.desk.found(
                UnitKind.working_committee, told.working_committee, root, begun
            )
            await self.desk.seat("working_officer", office, begun, named=True, is_member=True)
            offices[told.working_committee] = office
        return offices

    async def _industry_committee(self, told: Description, offices: dict[str, Unit]) -> Unit:
        """The committee, what its members answer for, and its rules of procedure."""
        session, by, rules = self.desk.session, self.desk.administrator, told.industry_committee
        above = (
            offices[told.bureau] if told.below["industry_committee"] == "bureau" else self.desk.root
        )
        committee = await self.desk.found(
            UnitKind.industry_committee, rules.name, above, self.desk.begun
        )
        await self.desk.seat(
            "industry_officer", committee, self.desk.begun, named=True, is_member=True
        )
        for member, answers in rules.duties.items():
            for text in answers:
                await duties.assign(
                    session, by, committee=committee.id, member=offices[member].id, text=text,
                    since=rules.rule_book.effective_on,
                )  # fmt: skip
        book = rules.rule_book
        await rulebooks.adopt(
            session, by, unit=committee.id, title=book.title, text=book.text,
            adopted_on=book.adopted_on, effective_on=book.effective_on,
        )  # fmt: skip
        return committee

    async def _firm(self, firm: Firm, above: Unit) -> tuple[Unit, Unit | None]:
        """A firm and its party branch, each with somebody in office."""
        desk = self.desk
        named = firm.name == desk.described.showcases[0].firm
        unit = await desk.found(UnitKind.firm, firm.name, above, desk.begun)
        since = desk.begun if named else desk.described.linked_since
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
        since = desk.described.linked_since
        await desk.appoint(manager, "party_member", branch, since, wording.secretary)
        return unit, branch
