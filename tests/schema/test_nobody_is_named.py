"""Nobody is named in public: personal data planted in every text, and then everything asked for."""

from collections.abc import Iterator, Mapping
from json import dumps
from typing import Any
from uuid import UUID

import pytest
from graphql import get_named_type, is_leaf_type
from sqlalchemy import String, Table, text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from infra.database import Database, tables
from policies import Actor
from schema.reading.declare import Column, Computed, Identity, Link, Pages
from services import (
    clock,
    linkages,
    matters,
    objections,
    rulebooks,
    stations,
)
from services.committees.tables import CandidateState
from services.errors import Forbidden
from services.matters.tables import Channel, HandlingClass, Visibility
from services.votes import objecting
from tests.county import County
from tests.polls import OVER, Poll
from tests.schema.explained import CATALOGUE
from tests.schema.test_board import board, public
from tests.schema.test_oracle import compiled
from tests.schema.world_committees import in_office
from tests.way import Way

NAME, PHONE, IDENTITY, HOUSE = "慕容复生", "13877776666", "360102199001011234", "9栋8单元701"
PERSONAL = f"{NAME}住{HOUSE}，电话{PHONE}，证号{IDENTITY}。"
# Long enough that no id and no cursor has one by chance.
FRAGMENTS = (NAME, "慕容", PHONE, "8777766", IDENTITY, "19900101", HOUSE, "单元701")

# Columns whose text the public reads; each with its reason, and a needless line fails.
PUBLIC_BY_NATURE = {
    "publication.title": "masked, and approved by a person to be read by all",
    "publication.text": "masked, and approved by a person to be read by all",
    "publication.result": "masked, and approved by a person to be read by all",
    "publication.category": "a name out of the county's pack; `raise` takes no other",
    "unit.name": "what a place or an organisation is called",
    "unit.decision": "the official decision by which a unit was founded",
    "linkage.decision": "the official decision by which an estate's parties were linked",
    "rule_book.title": "rules are adopted to be read",
    "rule_book.text": "rules are adopted to be read",
    "station.name": "where residents are heard",
    "station.address": "where residents are heard",
    "station.hours": "where residents are heard",
    "vote.title": "the notice of a vote is written to be read; it takes nobody's number",
    "vote.text": "the notice of a vote is written to be read; it takes nobody's number",
    "vote.clause": "the clause of the rules that the notice cites; it takes nobody's number",
    "vote.text_sha256": "the hash of a notice",
    "vote.roll_sha256": "the hash of a roll, which names nobody",
    "vote.report": "how a vote was carried out, written to be read; it takes nobody's number",
    "vote.void_reason": "the official ground on which a vote is void; it takes nobody's number",
    "vote_question.text": "what all owners are asked; it takes nobody's number",
    "vote.ballots_sha256": "the hash of receipts, which names nobody",
    "committee_term.filing_number": "a term's number on file; it takes nobody's number",
    "committee_term.ended_why": "what is public of it are the product's own words",
    "vote_objection.text": "told so to whoever objects; it takes nobody's number",
    "vote_objection.answer": "an answer in public; it takes nobody's number",
}


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


class TestNobodyIsNamed:
    """Personal data planted wherever a text is kept; and the public asks for all that there is."""

    async def test_nothing_planted_by_a_command_can_be_read(
        self, database: Database, way: Way
    ) -> None:
        """Every word that anybody says of a matter, from the raising to the answer."""
        for visibility in (Visibility.public, Visibility.parties):
            await spoken(way, visibility)
        seen = await all_that_is_public(database, way.county)
        assert not leaks(seen)
        assert len(await board(database, way.county)) == 2

    async def test_nothing_planted_in_any_column_can_be_read(
        self, database: Database, way: Way
    ) -> None:
        await spoken(way, Visibility.public)
        await beside(way)
        bound = await planted(database, way.county, exempt=set(PUBLIC_BY_NATURE))
        assert not {one for one in bound if one not in CHECKED}
        seen = await all_that_is_public(database, way.county)
        assert not leaks(seen)
        assert len(await board(database, way.county)) == 1

    async def test_what_is_public_by_nature_is_seen_by_this_test(
        self, database: Database, way: Way
    ) -> None:
        """A needless exemption fails, and so would eyes that see nothing."""
        await spoken(way, Visibility.public)
        await beside(way)
        for name in PUBLIC_BY_NATURE:
            table, column = name.split(".")
            async with database.owner_session(way.county.id) as session:
                await put_past_holds(session, table, f"update {table} set {column} = '可见{name}'")
        seen = await all_that_is_public(database, way.county)
        assert not [name for name in PUBLIC_BY_NATURE if f"可见{name}" not in seen]

    @pytest.mark.parametrize("name", ["BoardEntry", "BoardWithdrawal"])
    async def test_no_field_of_the_board_leads_to_a_person_or_a_matter(self, name: str) -> None:
        type_: Any = CATALOGUE.schema.type_map[name]
        leading = {
            get_named_type(field.type).name
            for field in type_.fields.values()
            if not is_leaf_type(get_named_type(field.type))
        }
        # Events are for whoever may read events: the public is refused them wherever they stand.
        assert leading == {"Unit", "EventConnection"}
        assert not Actor(UUID(int=0), "any").reach("events", "read")


def _checked() -> Iterator[str]:
    """The columns that a CHECK binds to a list of the product's own words."""
    for table in tables().sorted_tables:
        for check in table.constraints:
            said = str(getattr(check, "sqltext", ""))
            yield from (
                f"{table.name}.{column.name}"
                for column in table.c
                if said.startswith(f"{column.name} in (")
            )


CHECKED = frozenset(_checked())


async def spoken(way: Way, visibility: Visibility) -> None:
    """A matter on its whole way, at each step of which somebody names themselves and others."""
    person = await way.county.person(
        NAME, home=way.tree.stairwell.id, phone=PHONE if visibility == "public" else None
    )
    said = {"said": PERSONAL}
    row = await way.raised(
        by=way.worker, channel=Channel.phone, raiser_name=NAME, raiser_phone=PHONE,
        title=PERSONAL, text=PERSONAL, place_detail=PERSONAL, visibility=visibility,
    )  # fmt: skip
    await way.do("accept", way.secretary, row.id, words=PERSONAL)
    await way.do("inquire", way.member, row.id, contacted_at=clock.now(), **said)
    for head in (way.stairwell_head, way.building_head, way.secretary):
        await way.do("opine", head, row.id, recommends="settle", **said)
    await way.do("settle", way.secretary, row.id, decision=PERSONAL)
    await way.do("rework", way.worker, row.id, reason=PERSONAL)
    await way.do(
        "assign", way.secretary, row.id, handling_class=HandlingClass.own, words=PERSONAL,
        handler=way.tree.stairwell.id, due_on=clock.today(),
    )  # fmt: skip
    photo = await way.photo(way.stairwell_head)
    await way.do("complete", way.stairwell_head, row.id, result=PERSONAL, files=[photo])
    await way.do("verify", way.worker, row.id, **said)
    await way.do("confirm", way.worker, row.id, words=PERSONAL)
    await way.published(row.id)
    if visibility is Visibility.public:
        await way.county.appoint(person, "resident", way.tree.estate)
        by = await way.county.reload(person.id)
        objection = await way.objection(row.id, by=by, text=PERSONAL)
        async with way.county.session() as session:
            await objections.answer(session, way.secretary, objection=objection.id, answer=PERSONAL)
        async with way.county.session() as session:
            await matters.watch(session, by, matter=row.id)


async def beside(way: Way) -> None:
    """What else the public reads: linkages, rules, a station, a vote with an objection, a term of
    the committee with whoever stood for it.
    """
    tree, by = way.tree, way.county.administrator
    async with way.county.session() as session:
        await linkages.link(
            session, by, grid=tree.grids[0].id, estate=tree.estate.id, branch=tree.branch.id,
            committee=tree.committee.id, firm=tree.firm.id, decision="决定",
        )  # fmt: skip
        await rulebooks.adopt(
            session, by, unit=tree.committee.id, title="规则", text="规则",
            adopted_on=clock.today(),
        )  # fmt: skip
        await stations.open(
            session, by, grid=tree.grids[0].id, name="驿站", address="东街1号", hours="9-17"
        )
    poll = await Poll.of(way.county, 1, tree)
    await poll.opened()
    await poll.cast(0)
    await poll.closed()
    await poll.counted()
    row = await poll.do(objecting.object_, poll.owners[0], at=OVER, text="不对。")
    await poll.do(
        objecting.answer, poll.community, at=OVER, objection=row.id, answer="已核对。",
        outcome=objecting.ObjectionOutcome.dismissed,
    )  # fmt: skip
    await in_office(poll, poll.vote, (poll.owners[0], CandidateState.left))


async def planted(database: Database, county: County, *, exempt: set[str]) -> set[str]:
    """Put personal data into every text of the county; what a CHECK refuses is returned."""
    refused: set[str] = set()
    for table in tables().sorted_tables:
        if "tenant_id" not in table.c:
            continue
        for column in table.c:
            name = f"{table.name}.{column.name}"
            statement = _planting(table, column)
            if statement is None or name in exempt:
                continue
            try:
                async with database.owner_session(county.id) as session:
                    await put_past_holds(session, table.name, statement)
            except DBAPIError:
                refused.add(name)
    return refused


async def put_past_holds(session: AsyncSession, table: str, statement: str) -> None:
    """Write what no trigger would let be written: had it come there, it would be read."""
    for one in ("disable trigger user", None, "enable trigger user"):
        asked = f"alter table {table} {one}" if one else statement
        await session.exec(text(asked))  # type: ignore[call-overload]


def _planting(table: Table, column: Any) -> str | None:
    """The statement that writes it, in each row with a number of its own."""
    kind = str(column.type).upper()
    if kind.startswith("JSON"):
        # What isn't an object may be read by the service itself, and a pack's labels are public.
        return None if table.name != "event" else (
            f"update event set {column.name} = json_build_object('said', '{PERSONAL}')"
        )  # fmt: skip
    if not isinstance(column.type, String):
        return None
    # Where it must be short, what names somebody comes first; the number keeps each row unique.
    most = column.type.length or 4000
    key = next(iter(table.primary_key.columns.values()[1:])).name
    return (
        f"update {table.name} t set {column.name} = left(n.n || '{NAME}{PHONE}{PERSONAL}', {most})"
        f" from (select {key}, row_number() over (order by {key}) as n from {table.name}) n"
        f" where n.{key} = t.{key}"
    )


def leaks(seen: str) -> list[str]:
    """What of the planted can be read."""
    return [fragment for fragment in FRAGMENTS if fragment in seen]


async def all_that_is_public(database: Database, county: County) -> str:
    """Every list in every field, two links deep, and every row by its id, as the public."""
    actor, answers = public(county), []
    query = CATALOGUE.schema.query_type
    assert query is not None
    for name, field in query.fields.items():
        if isinstance(CATALOGUE.sources["Query", name], Pages):
            node = CATALOGUE.node_type(field.type)
            if actor.reach(CATALOGUE.readings[node.name].object, "read"):
                wanted = f"totalCount edges {{ cursor }} nodes {{ {every_field(actor, node, 3)} }}"
                document = f"{{ {name}(first: 100) {{ {wanted} }} }}"
                answers.append(await compiled(database, actor, document))
    async for name, key in every_row(county):
        named = CATALOGUE.schema.type_map[name]
        wanted = f"id ... on {name} {{ {every_field(actor, named, 2)} }}"
        document = f'{{ node(id: "{name}:{key}") {{ {wanted} }} }}'
        try:
            answers.append(await compiled(database, actor, document))
        except Forbidden:
            assert not actor.reach(CATALOGUE.readings[name].object, "read")
    return dumps(answers, ensure_ascii=False)


def every_field(actor: Actor, type_: Any, depth: int) -> str:
    """Each leaf of a type, and of what it leads to."""
    found = []
    for name, field in type_.fields.items():
        source = CATALOGUE.sources[type_.name, name]
        target = get_named_type(field.type)
        if isinstance(source, Column | Computed | Identity) and is_leaf_type(target):
            found.append(name)
        is_admitted = target.name in CATALOGUE.readings and actor.reach(
            CATALOGUE.readings[target.name].object, "read"
        )
        if isinstance(source, Link) and depth > 1 and is_admitted:
            found.append(f"{name} {{ {every_field(actor, target, depth - 1)} }}")
    return " ".join(found)


async def every_row(county: County) -> Any:
    """The type and key of every row that there is a type for."""
    known: Mapping[str, list[UUID]] = {}
    async with county.session(read_only=True) as session:
        known = {
            name: list(
                (await session.exec(text(f"select id from {reading.table.name}"))).scalars()  # type: ignore[call-overload,attr-defined]
            )
            for name, reading in CATALOGUE.readings.items()
        }
    for name, keys in known.items():
        for key in keys[:20]:
            yield name, key
