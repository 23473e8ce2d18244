"""An estate set right (小区治理): its register, a vote that chose a firm, another on its committee.

S5 of the account, told by the real commands at their moments: owners put on record by one and
verified by another, two votes with notice, deliveries, ballots by sign-in, on paper and by proxy,
each settled after its objections; then the filing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from infra.demo.desk import Desk
from infra.demo.history import actors_of, content_of
from infra.demo.steps import photo
from policies import Actor
from services import clock, files, organisations, ownerships, property_units
from services.ballots import casting, papers, proxies
from services.committees import candidates, forming, serving
from services.people import Person
from services.posts import OF_POST, Appointment, Post
from services.property_units import AreaSource, PropertyUse
from services.units import Unit, UnitKind
from services.votes import counting, deliveries, drafting, holding
from services.votes.deliveries import DeliveryMethod
from services.votes.states import questions_of
from services.votes.tables import RollHolder, Vote, VoteItem

DAY = timedelta(days=1)
FLATS, SHOPS, SEATS, YEARS = 40, 4, 5, 5
FLOORS = 5
BUILDER_CODE = "91361026MA35AB7C06"
# Of so many owners one stays away, one votes on paper, one against, one by proxy.
AWAY, ON_PAPER, AGAINST, BY_PROXY = 9, 4, 7, 13


@dataclass
class Home:
    """An estate with whoever acts there, its units and their owners in one order."""

    desk: Desk
    estate: Unit
    committee: Unit
    community: Actor
    worker: Actor
    bureau: Actor
    places: list[Unit]
    owners: list[Actor] = field(default_factory=list)
    units: list[UUID] = field(default_factory=list)
    scans: int = 0

    async def do(self, at: datetime, command: Any, by: Actor, **said: Any) -> Any:
        """One command at its moment."""
        with clock.at(at):
            done = await command(self.desk.session, by, **said)
            await self.desk.session.flush()
        return done

    async def file(self, at: datetime, by: Actor, name: str) -> UUID:
        """A scan: of one picture, and each another file."""
        self.scans += 1
        shown = photo(self.scans)
        content = content_of(shown)
        prepared = await self.do(at, files.prepare, by, unit=self.estate.id, name=name)
        store = self.desk.session.info["store"]()
        await store.write(by.tenant_id, prepared.id, content.sha256, shown)
        await self.do(at, files.store, by, file=prepared.id, content=content)
        found: UUID = prepared.id
        return found


async def build_owners(desk: Desk) -> None:
    """The first showcase's estate: register, firm chosen, committee elected and filed."""
    told = desk.described.showcases[0]
    days = {step.party: step.since for step in told.history}
    home = await home_of(desk, told.estate)
    await _people_in(home)
    await _register(home, at_hour(min(days.values()), 9))
    await _choose_firm(home, days["firm"])
    await _elect(home, days["committee"])


async def home_of(desk: Desk, name: str) -> Home:
    """The estate and whoever acts there."""
    tenant = desk.administrator
    held = await actors_of(desk.session, tenant.tenant_id, tenant.domain)
    estates = await desk.standing(UnitKind.estate)
    estate = estates[name]
    grids = {unit.id: unit for unit in (await desk.standing(UnitKind.grid)).values()}
    grid = grids[estate.parent_id or estate.id]
    bureau = (await desk.standing(UnitKind.bureau))[desk.described.bureau]
    committees = (await desk.standing(UnitKind.owners_committee)).values()
    return Home(
        desk, estate, next(one for one in committees if one.parent_id == estate.id),
        community=held[grid.parent_id or grid.id]["community_secretary"],
        worker=held[grid.id]["grid_worker"], bureau=held[bureau.id]["housing_officer"],
        places=await _places(desk, estate),
    )  # fmt: skip


async def _people_in(home: Home) -> None:
    """Who serves and lives there, and as many more as there are flats."""
    desk, tenant = home.desk, home.desk.administrator
    for person in await _neighbours(desk, home.estate, home.committee):
        home.owners.append(Actor(tenant.tenant_id, tenant.domain, person_id=person))
    while len(home.owners) < FLATS:
        person_ = await desk.register(home=home.places[len(home.owners) % len(home.places)])
        home.owners.append(Actor(tenant.tenant_id, tenant.domain, person_id=person_.id))


async def _places(desk: Desk, estate: Unit) -> list[Unit]:
    """The stairwells of the estate, or its buildings where it has none."""
    buildings = [one for one in await _below(desk, estate.id) if one.kind == UnitKind.building]
    stairwells = [one for building in buildings for one in await _below(desk, building.id)]
    return stairwells or buildings


async def _below(desk: Desk, unit: UUID) -> Sequence[Unit]:
    found = select(Unit).where(
        Unit.tenant_id == desk.administrator.tenant_id, Unit.parent_id == unit
    )
    return (await desk.session.exec(found.order_by(col(Unit.id)))).all()


async def _neighbours(desk: Desk, estate: Unit, committee: Unit) -> list[UUID]:
    """Who serves on the committee, and then who lives in the estate: each owns a flat."""
    tenant = desk.administrator.tenant_id
    serving = (
        select(Appointment.person_id)
        .join(Post, OF_POST)
        .where(Appointment.tenant_id == tenant, Appointment.unit_id == committee.id)
        .order_by(col(Appointment.id))
    )
    homes = [place.id for place in await _places(desk, estate)]
    living = select(Person.id).where(Person.tenant_id == tenant, col(Person.home_id).in_(homes))
    found = [
        *(await desk.session.exec(serving)).all(),
        *(await desk.session.exec(living.order_by(col(Person.id)))).all(),
    ]
    return list(dict.fromkeys(found))[:FLATS]


async def _register(home: Home, at: datetime) -> None:
    """Flats with an owner each, shops that the builder hasn't sold; recorded, then verified."""
    builder = await home.do(
        at, organisations.register, home.bureau, name="城建置业有限公司", code=BUILDER_CODE,
        is_builder=True,
    )  # fmt: skip
    since = at.date() - 900 * DAY
    recorded = []
    for number in range(FLATS + SHOPS):
        is_shop = number >= FLATS
        place = home.estate if is_shop else home.places[number % len(home.places)]
        floor = number // len(home.places) % FLOORS + 1
        unit = await home.do(
            at, property_units.add, home.worker, unit=place.id,
            number=f"S-{number - FLATS + 1}" if is_shop else f"{number % len(home.places) + 1}-"
            f"{floor}{number // len(home.places) // FLOORS + 1:02}",
            use=PropertyUse.shop if is_shop else PropertyUse.dwelling,
            area=Decimal("62.40") if is_shop else Decimal(8_800 + number * 137 % 4_200) / 100,
            area_source=AreaSource.register, since=since,
        )  # fmt: skip
        holder = {"organisation": builder.id} if is_shop else {
            "person": home.owners[number].person_id}  # fmt: skip
        recorded.append(await home.do(
            at, ownerships.record_, home.worker, property_unit=unit.id, since=since,
            ground=f"不动产权证第 {number + 1:04} 号", **holder,
        ))  # fmt: skip
        home.units.append(unit.id)
    for row in recorded:
        await home.do(at + DAY, ownerships.verify, home.community, ownership=row.id)


async def _choose_firm(home: Home, serves_from: date) -> None:
    """The owners choose their firm, in the weeks before it comes."""
    firm = home.desk.described.showcases[0].firm
    vote = await _vote(
        home, serves_from, title=f"选聘{firm}",
        text=f"就是否选聘{firm}为{home.estate.name}提供物业服务，请各位业主表决。",
    )  # fmt: skip
    await home.do(
        vote.opens_at - 18 * DAY, drafting.ask, home.community, vote=vote.id, item=VoteItem.firm,
        text=f"是否同意选聘{firm}，服务期五年，住宅物业费每月每平方米 1.20 元？",
    )  # fmt: skip
    await _hold(home, vote)
    await home.do(
        at_hour(serves_from, 9), counting.execute, home.community, vote=vote.id,
        report=f"{firm}已签订合同并进驻。",
    )  # fmt: skip


async def _elect(home: Home, filed_on: date) -> None:
    """A preparation group, five candidates, the election, and the filing."""
    begun = at_hour(filed_on, 9) - 80 * DAY
    term = await home.do(
        begun, forming.begin, home.community, estate=home.estate.id, seats=SEATS, years=YEARS
    )
    for preparer, side in (
        (home.community, "社区"),
        (home.owners[8], "业主"),
        (home.owners[9], "业主"),
    ):
        await home.do(
            begun, forming.prepare, home.community, term=term.id, person=preparer.person_id,
            stands_for=side,
        )  # fmt: skip
    for owner in home.owners[:SEATS]:
        row = await home.do(
            begun + DAY, candidates.nominate, owner, term=term.id, person=owner.person_id
        )
        await home.do(begun + 3 * DAY, candidates.admit, home.community, candidate=row.id)
    vote = await _vote(
        home, filed_on, title=f"选举{home.estate.name}业主委员会",
        text="请各位业主对每一位候选人分别表决。",
    )  # fmt: skip
    draft_at = vote.opens_at - 18 * DAY
    await home.do(draft_at, forming.put_to_vote, home.community, term=term.id, vote=vote.id)
    await _hold(home, vote)
    settled = at_hour(filed_on, 9) - DAY
    await home.do(settled, forming.conclude, home.community, term=term.id)
    await home.do(
        at_hour(filed_on, 10), serving.file, home.bureau, term=term.id, committee=home.committee.id,
        number=f"业备〔{filed_on.year}〕1 号", since=filed_on,
    )  # fmt: skip
    await home.do(
        at_hour(filed_on, 11),
        counting.execute,
        home.community,
        vote=vote.id,
        report="已向住建局备案。",
    )


async def _vote(home: Home, done_by: date, *, title: str, text: str) -> Vote:
    """A draft of the community, with its days counted back from when all is to be done."""
    closes = at_hour(done_by, 18) - 12 * DAY
    opens = closes.replace(hour=9) - 14 * DAY
    row: Vote = await home.do(
        opens - 18 * DAY, drafting.draft, home.community, scope=home.estate.id,
        convener=_above(home), title=title, text=text, opens_at=opens, closes_at=closes,
    )  # fmt: skip
    return row


def _above(home: Home) -> UUID:
    """The community, which holds it while there is no committee."""
    return home.community.posts[0].unit_id


async def _hold(home: Home, vote: Vote) -> None:
    """Reviewed, noticed, delivered, voted on, counted, and settled once objections are over."""
    opens, closes, by = vote.opens_at, vote.closes_at, home.community
    await home.do(opens - 17 * DAY, drafting.review, home.bureau, vote=vote.id)
    await home.do(opens - 16 * DAY, drafting.announce, by, vote=vote.id)
    delivered = opens - 10 * DAY
    proof = await home.file(delivered, home.worker, "送达签收表.jpg")
    await home.do(
        delivered, deliveries.deliver, home.worker, vote=vote.id, property_units=home.units,
        method=DeliveryMethod.in_person, file=proof,
    )  # fmt: skip
    await _clock(home, opens)
    await _cast(home, vote, opens + DAY)
    await _clock(home, closes)
    await home.do(closes + DAY / 8, counting.count, by, vote=vote.id)
    await home.do(closes + 8 * DAY, counting.settle, by, vote=vote.id)


async def _cast(home: Home, vote: Vote, at: datetime) -> None:
    """Most by their own sign-in, some on paper, one by proxy, one in seven against."""
    asked = [one.id for one in await questions_of(home.desk.session, home.community, vote.id)]
    for number, owner in enumerate(home.owners):
        if number and number % AWAY == 0:
            continue
        choice = "against" if number % AGAINST == AGAINST - 1 else "consent"
        said = {choice: asked}
        holder = await _holder(home, vote, owner)
        when = at + number * timedelta(minutes=17)
        if number == BY_PROXY:
            other = home.owners[BY_PROXY + 1]
            await home.do(when, proxies.appoint, owner, holder=holder, person=other.person_id)
            await home.do(when, casting.cast, other, vote=vote.id, holders=[holder], **said)
        elif number % ON_PAPER == ON_PAPER - 1:
            scan = await home.file(when, home.worker, "选票.jpg")
            row = await home.do(
                when, papers.enter, home.worker, holder=holder, scan=scan, **said
            )  # fmt: skip
            await home.do(when + DAY, papers.confirm, home.community, ballot=row.id, **said)
        else:
            await home.do(when, casting.cast, owner, vote=vote.id, holders=[holder], **said)


async def _holder(home: Home, vote: Vote, owner: Actor) -> UUID:
    mine = select(RollHolder.id).where(
        RollHolder.tenant_id == owner.tenant_id, RollHolder.vote_id == vote.id,
        RollHolder.person_id == owner.person_id,
    )  # fmt: skip
    return (await home.desk.session.exec(mine)).one()


async def _clock(home: Home, at: datetime) -> None:
    by = Actor(home.community.tenant_id, home.community.domain)
    with clock.at(at):
        await holding.look(home.desk.session, by, at=at, most=10)
        await home.desk.session.flush()


def at_hour(day: date, hour: int) -> datetime:
    """A moment of a day in China."""
    return datetime.combine(day, time(hour), clock.CHINA)
