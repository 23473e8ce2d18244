"""A small county with something of everything in it, for whoever tests how it is read."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from infra import audit_jobs
from policies import Actor
from services import (
    accounts,
    audits,
    clients,
    clock,
    duties,
    extensions,
    files,
    linkages,
    objections,
    organisations,
    ownerships,
    people,
    property_units,
    publications,
    register_exports,
    register_imports,
    rows,
    rulebooks,
    stations,
    supervisions,
    trusted_documents,
)
from services.audits import heads
from services.audits.exports import ExportFormat
from services.matters.states import MatterState
from services.matters.tables import Channel, Visibility
from services.people import Person
from services.property_units import AreaSource, PropertyUse
from services.register_imports import ImportMode, ImportState, RegisterImport, turns
from services.units import Unit
from tests.county import County, Tree, adopt
from tests.round_table import RoundTable
from tests.schema import world_fees
from tests.schema.world_votes import votes
from tests.way import Way

PHONE = "19900001234"


@dataclass(frozen=True)
class World:
    """The county, its tree, and readers of several kinds."""

    county: County
    tree: Tree
    readers: dict[str, Actor]
    resident: UUID


async def world(county: County) -> World:
    """Fill a county: linkages with history, cross-appointments, duties, rules, a client."""
    tree = await county.tree()
    resident = await county.person("王小明", phone=PHONE, home=tree.stairwell.id)
    await county.person("王大明", home=tree.building.id, is_party_member=True)
    await county.appoint(resident, "resident", tree.estate)
    await county.appoint(resident, "committee_member", tree.committee)
    head = await _head(county, tree)
    await _institutions(county, tree)
    await _hidden(county, tree)
    await _access(county, head.id)
    await _words(county)
    await _owners(county, tree, resident)
    await _audited(county)
    way = await _matters(county, tree)
    owner = await county.reload(resident.id)
    await votes(county, tree, owner, way.resident, head.id)
    readers = {
        "public": Actor(county.id, county.slug),
        "auditor": county.founders["auditor"],
        "security": county.security,
        "administrator": county.administrator,
        "secretary": await county.actor("community_secretary", tree.communities[0]),
        "elsewhere": await county.actor("community_secretary", tree.communities[1]),
        "stairwell_head": await county.actor("stairwell_head", tree.stairwell),
        "firm_manager": await county.actor("firm_manager", tree.firm),
        "resident": owner,
        "raiser": way.resident,
        "firm_staff": way.firm,
        "member": way.member,
        "committee": await county.actor("committee_member", tree.committee),
        "department": await county.actor("department_officer", await _unit(county, "县城市管理局")),
        "partner": await county.actor("partner_delegate", await _unit(county, "县图书馆")),
        "client": await _client(county),
    }
    for role in ("resident", "secretary"):
        await _files(county, tree, readers[role])
    return World(county, tree, readers, resident.id)


async def _head(county: County, tree: Tree) -> Person:
    """A branch secretary who also sits on the committee, and is to come to the firm."""
    head = await county.person("李书记")
    await county.appoint(head, "branch_secretary", tree.branch)
    await county.appoint(head, "committee_member", tree.committee)
    later = clock.now() + timedelta(days=30)
    await county.appoint(head, "instructor", tree.firm, starts_at=later)
    return head


async def _institutions(county: County, tree: Tree) -> None:
    committee = await county.unit("industry_committee", "物业行业党委")
    begun = date(2025, 1, 1)
    async with county.session() as session:
        by = county.administrator
        for firm, since in ((None, begun), (tree.firm.id, date(2025, 6, 1))):
            await linkages.link(
                session, by, grid=tree.grids[0].id, estate=tree.estate.id, branch=tree.branch.id,
                committee=tree.committee.id, firm=firm, decision="试验决定", since=since,
            )  # fmt: skip
        await duties.assign(
            session, by, committee=committee.id, member=tree.firm.id, text="按月报告", since=begun
        )
        for edition in ("甲", "乙"):
            await rulebooks.adopt(
                session,
                by,
                unit=committee.id,
                title="议事规则",
                text=f"{edition}稿",
                adopted_on=begun,
            )
        await stations.open(
            session, by, grid=tree.grids[0].id, name="红色驿站", address="东街1号", hours="9-17",
            since=begun,
        )  # fmt: skip


async def _owners(county: County, tree: Tree, resident: Person) -> None:
    await _register(county, tree, resident)
    await _imports(county, tree)
    await world_fees.fill(county, tree, await county.reload(resident.id))


async def _register(county: County, tree: Tree, resident: Person) -> None:
    """A flat that was sold, a shop of its builder; ownerships at each of their states."""
    clerk = await county.actor("housing_officer")
    async with county.session() as session:
        builder = await organisations.register(
            session, clerk, name="城建置业", code="91361026MA35AB7C06", is_builder=True
        )
        flat = await property_units.add(
            session, clerk, unit=tree.stairwell.id, number="1-1-101", use=PropertyUse.dwelling,
            area=Decimal("89.53"), area_source=AreaSource.register, since=date(2020, 1, 1),
        )  # fmt: skip
        shop = await property_units.add(
            session, clerk, unit=tree.estate.id, number="S-1", use=PropertyUse.shop,
            area=Decimal("120.50"), area_source=AreaSource.survey, since=date(2020, 1, 1),
        )  # fmt: skip
        await session.flush()
        kept: dict[str, Any] = {"since": date(2021, 1, 1), "ground": "赣（2021）试验第 1 号"}
        sold = await ownerships.record_(
            session, clerk, property_unit=flat.id, organisation=builder.id, ground="初始登记",
            since=date(2020, 1, 1),
        )  # fmt: skip
        await session.flush()
        await ownerships.end(
            session, clerk, ownership=sold.id, until=date(2021, 1, 1), reason="售出"
        )
        said: dict[str, Any] = {"property_unit": flat.id, "person": resident.id, **kept}
        half = await ownerships.record_(session, clerk, denominator=2, **said)
        shops: dict[str, Any] = {"property_unit": shop.id, "organisation": builder.id}
        await ownerships.record_(session, clerk, **shops, **kept)
        await session.flush()
    other = await county.actor("housing_officer")
    async with county.session() as session:
        await ownerships.verify(session, other, ownership=half.id)
        wrong = await ownerships.record_(session, clerk, denominator=4, **said)
        await session.flush()
        await ownerships.reject(session, other, ownership=wrong.id, reason="没有登记")
        await _unsold(session, tree, (clerk, other), builder.id)


async def _unsold(
    session: AsyncSession, tree: Tree, by: tuple[Actor, Actor], builder: UUID
) -> None:
    """An office that an organisation owns, recorded by one and verified by the other."""
    office = await property_units.add(
        session, by[0], unit=tree.building.id, number="B-1", use=PropertyUse.office,
        area=Decimal("300"), area_source=AreaSource.survey, since=date(2020, 1, 1),
    )  # fmt: skip
    await session.flush()
    row = await ownerships.record_(
        session, by[0], property_unit=office.id, organisation=builder, since=date(2021, 1, 1),
        ground="首次登记",
    )  # fmt: skip
    await session.flush()
    await ownerships.verify(session, by[1], ownership=row.id)


async def _imports(county: County, tree: Tree) -> None:
    """A file of which the good rows were recorded, one to be decided on, a table for its clerk."""
    clerk, by = await county.actor("housing_officer"), Actor(county.id, county.slug)
    headings, share = ("房号", "建筑面积", "单位名称", "统一社会信用代码", "共有份额"), "1/2"
    for mode in (None, ImportMode.good_rows):
        builder = ("I-1", 30, "城建置业", "91361026MA35AB7C06", share)
        table = [headings, builder, ("I-2", "三十", None, None, None)]
        async with county.session() as session:
            begun = await register_imports.start(
                session, clerk, estate=tree.estate.id, name="台账.xlsx"
            )
            await session.flush()
            await register_imports.receive(
                session, by, row=begun.id, sheet=("台账", 1), sha256="0" * 64,
                read=register_imports.read(table),
            )  # fmt: skip
        for _ in range(4):
            async with county.session() as session:
                await turns.look(session, by, at=clock.now(), most=1)
            async with county.session() as session:
                row = await rows.find(session, RegisterImport, by, begun.id)
                if mode is not None and row.state == ImportState.previewed:
                    await register_imports.apply(session, clerk, register_import=row.id, mode=mode)
    async with county.session() as session:
        await register_exports.make(session, clerk, estate=tree.estate.id, purpose="核对登记")


async def _hidden(county: County, tree: Tree) -> None:
    """A private estate with a public building and its linkage, and a private grid with its own."""
    estate = await county.unit("estate", "静园", tree.grids[0], is_public=False)
    await county.unit("building", "静园1栋", estate)
    committee = await county.unit("owners_committee", "静园业委会", estate)
    grid = await county.unit("grid", "第三网格", tree.communities[1], is_public=False)
    beside = await county.unit("estate", "偏院", grid)
    begun = date(2025, 2, 1)
    async with county.session() as session:
        by = county.administrator
        for where, home in ((tree.grids[0], estate), (grid, beside)):
            await linkages.link(
                session, by, grid=where.id, estate=home.id, firm=tree.firm.id,
                decision="未公开的决定", since=begun,
            )  # fmt: skip
        await rulebooks.adopt(
            session, by, unit=committee.id, title="静园规则", text="未公开", adopted_on=begun
        )
        await stations.open(
            session, by, grid=grid.id, name="偏院驿站", address="偏街1号", hours="9-17", since=begun
        )


async def _matters(county: County, tree: Tree) -> Way:
    """A matter at each of several places of the way, one of them confidential, one taken down."""
    way = await Way.of(county, tree)
    for state in (MatterState.closed, MatterState.suspended, MatterState.merged):
        await way.at(state)
    await way.raised(visibility=Visibility.confidential, is_urgent=True)
    await _shown(way)
    await way.raised(
        by=way.worker, channel=Channel.phone, raiser_name="试验人", raiser_phone="19900005678"
    )
    await _meetings(way)
    await _late(way)
    return way


async def _shown(way: Way) -> None:
    """On the board: a matter with its objections, one for its parties; one taken down again."""
    objected = await way.verified(title="电梯停运")
    await way.published(objected.id)
    first = await way.objection(objected.id)
    await way.objection(objected.id, by=await way.county.actor("resident", way.tree.estate))
    parties = await way.accepted(visibility=Visibility.parties)
    await way.published(parties.id)
    taken_down = await way.published((await way.accepted(title="积水")).id)
    async with way.county.session() as session:
        await objections.answer(session, way.secretary, objection=first.id, answer="已派人复查。")
        await publications.withdraw(
            session, way.secretary, publication=taken_down.id, reason="要改写"
        )
    await way.proposed((await way.accepted(title="路灯")).id)


async def _late(way: Way) -> None:
    """More time asked for, granted and denied; and what the clock tells of somebody late."""
    for decide in (None, "grant", "deny"):
        row = await way.accepted()
        async with way.county.session() as session:
            asked = await extensions.ask(session, way.worker, matter=row.id, days=3, reason="待料")
        if decide is not None:
            more = {"grant": {}, "deny": {"reason": "不必"}}[decide]
            async with way.county.session() as session:
                await getattr(extensions, decide)(
                    session, way.community, extension=asked.id, **more
                )
    clock_ = Actor(way.county.id, way.county.slug)
    async with way.county.session() as session:
        later = clock.now() + timedelta(days=10)
        await supervisions.look_at_matters(session, clock_, at=later, most=3)


async def _meetings(way: Way) -> None:
    """A published meeting, one whose minutes wait, one to come; recusal, deferral, correction."""
    table = await RoundTable.of(way)
    await table.signed()
    meeting = await table.signed()
    await table.do("correct", meeting=meeting.id, text="日期更正。")
    await table.do("publish", meeting=meeting.id)
    await way.tabled()
    held, following = await table.opened(), await table.drafted()
    [item] = await table.items(held.id)
    await table.do("recuse", item=item.id, person=way.firm.person_id, reason="有利害关系")
    await table.do("defer", item=item.id, to=following.id, reason="待勘查")
    other = await table.do("add", meeting=held.id, title="清理杂物")
    resolution = await table.resolved(other.id)
    await table.carry("take_up", way.firm, resolution.id)


async def _files(county: County, tree: Tree, by: Actor) -> None:
    """Of one person: a picture and a document with their content, and a file without."""
    for unit, media_type, size in (
        (tree.building, "image/jpeg", (640, 480)), (tree.estate, "application/pdf", (None, None)),
        (tree.communities[0], None, (None, None)),
    ):  # fmt: skip
        async with county.session() as session:
            made = await files.prepare(session, by, unit=unit.id, name="证据")
            await session.flush()
            if media_type is not None:
                content = files.Content(media_type, 1, "0" * 64, "f" * 64, *size)
                await files.store(session, by, file=made.id, content=content)


async def _words(county: County) -> None:
    """A second pack, with words of the county's own."""
    labels = {"grid": {"zh": "片区", "en": "Block"}}
    async with county.session() as session:
        await adopt(session, county, {"units": {"labels": labels}})


async def _audited(county: County) -> None:
    """Events sealed, and a sample of them."""
    async with county.session() as session:
        await heads.seal(session, Actor(county.id, county.slug), at=clock.now())
        await audits.sample(session, county.founders["auditor"], size=5, seed="a-known-seed")
    async with county.session() as session:
        await audits.export(session, county.founders["auditor"], format=ExportFormat.jsonl)
    async with county.session() as session:
        await audit_jobs.look(session, Actor(county.id, county.slug), at=clock.now(), most=1)


async def _unit(county: County, name: str) -> Unit:
    async with county.session(read_only=True) as session:
        named = select(Unit).where(Unit.tenant_id == county.id, Unit.name == name)
        return (await session.exec(named)).one()


async def _access(county: County, person: UUID) -> None:
    async with county.session() as session:
        by = county.security
        await accounts.open(
            session, by, person=person, account="lishuji", password="correct-horse-9"
        )
        issuer = await accounts.trust_issuer(
            session, by, issuer="https://login.example.com", audience="sanfang"
        )
        await session.flush()
        await accounts.link_subject(session, by, issuer=issuer.id, subject="u-1", person=person)
    async with county.session() as session:
        await people.amend(session, county.administrator, person=person, name="李书记二")


async def _client(county: County) -> Actor:
    grants = ["units.read", "people.read", "appointments.read", "coverage.read"]
    grants += ["guarantees.read", "reports.read"]
    async with county.session() as session:
        made = await clients.register(
            session, county.administrator, name="小程序", origins=["https://m.example.com"],
            grants=grants,
        )  # fmt: skip
        await session.flush()
        row = await clients.find(session, county.administrator, made.id)
        limits = clients.limits_of(row)
        await trusted_documents.register(
            session, county.administrator, text="{ county { name } }", name="第一版"
        )
    return Actor(county.id, county.slug, client_id=made.id, limits=limits)
