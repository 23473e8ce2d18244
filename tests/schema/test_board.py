"""The public board: what everybody reads of a county's matters."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from infra.database import Database
from policies import Actor
from services import (
    clock,
    publications,
)
from services.matters.tables import HandlingClass, Matter, Visibility
from services.units import Unit
from tests.county import County
from tests.infra.service import Service, token
from tests.infra.test_graphql import count_statements
from tests.schema.test_oracle import compiled
from tests.way import Way


@pytest.fixture
async def way(county: County) -> Way:
    return await Way.of(county)


def public(county: County) -> Actor:
    """Whoever hasn't signed in."""
    return Actor(county.id, county.slug)


async def board(
    database: Database, county: County, wanted: str = "id title", given: str = ""
) -> list[dict[str, Any]]:
    """What the public reads, entry by entry."""
    document = f"{{ publicBoard{given} {{ totalCount nodes {{ {wanted} }} }} }}"
    found = (await compiled(database, public(county), document))["publicBoard"]
    assert found["totalCount"] == len(found["nodes"])
    return found["nodes"]  # type: ignore[no-any-return]


class TestBoard:
    async def test_it_says_what_was_raised_where_who_handles_it_and_how_long_it_took(
        self, database: Database, way: Way
    ) -> None:
        matter = await way.verified()
        row = await way.published(matter.id)
        await way.objection(matter.id)
        early = {"raised_at": clock.now() - timedelta(days=400)}
        async with way.county.session() as session:
            await session.exec(update(Matter).where(col(Matter.id) == matter.id).values(**early))
        await way.do("rate", way.resident, matter.id, satisfaction=4, word="还行")
        [entry] = await board(
            database, way.county,
            "id title text result category categoryLabel grid { name } estate { name }"
            " handler { name } handlingClass state raisedOn approvedOn closedOn daysTaken"
            " satisfaction reopened matterId objections",
        )  # fmt: skip
        assert entry == {
            "id": f"BoardEntry:{row.id}", "title": "楼道灯不亮",
            "text": "楼道灯坏了一个星期，老人晚上上楼不便。", "result": "已更换整条线路。",
            "category": "facilities", "categoryLabel": "设施维修", "grid": {"name": "第一网格"},
            "estate": {"name": "桂花园"}, "handler": {"name": "安居物业"}, "handlingClass": "FIRM",
            "state": "PUBLISHED",
            "raisedOn": str(early["raised_at"].astimezone(clock.CHINA).date()),
            "approvedOn": str(clock.today()), "closedOn": None, "daysTaken": None,
            "satisfaction": 4, "reopened": 0, "matterId": f"Matter:{matter.id}", "objections": 1,
        }  # fmt: skip

    async def test_it_is_read_without_signing_in_in_one_statement(
        self, served: Service, way: Way, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await way.published((await way.accepted()).id)
        asked = "{ publicBoard { nodes { title grid { name } handler { name } objections } } }"
        await served.send(asked, county=way.county)
        sent = count_statements(served, monkeypatch)
        answer = await served.send(asked, county=way.county)
        assert len(sent) == 1
        assert answer.json()["data"]["publicBoard"]["nodes"] == [
            {
                "title": "楼道灯不亮",
                "grid": {"name": "第一网格"},
                "handler": {"name": "第一网格"},
                "objections": 0,
            }
        ]

    async def test_a_neighbour_objects_to_what_stands_there_and_follows_it(
        self, served: Service, way: Way
    ) -> None:
        await way.published((await way.completed()).id)
        asked = "{ publicBoard { nodes { matterId } } }"
        answer = await served.send(asked, county=way.county)
        [entry] = answer.json()["data"]["publicBoard"]["nodes"]
        neighbour = await way.county.actor("resident", way.tree.estate)
        bearer = await token(way.county, neighbour)
        for document in (
            'mutation ($id: ID!) { raiseObjection(matter: $id, text: "没修好") { id } }',
            "mutation ($id: ID!) { watchMatter(matter: $id) { id } }",
        ):
            sent = await served.send(document, {"id": entry["matterId"]}, token=bearer)
            assert "errors" not in sent.json(), sent.json()

    async def test_of_a_closed_one_it_says_how_many_days_it_took(
        self, database: Database, way: Way
    ) -> None:
        matter = await way.closed()
        early = clock.now() - timedelta(days=7)
        async with way.county.session() as session:
            changed = update(Matter).where(col(Matter.id) == matter.id).values(raised_at=early)
            await session.exec(changed)
        [entry] = await board(database, way.county, "state closedOn daysTaken")
        assert entry == {"state": "CLOSED", "closedOn": str(clock.today()), "daysTaken": 7}
        await way.do("reopen", way.resident, matter.id, reason="又坏了")
        [entry] = await board(database, way.county, "state closedOn daysTaken reopened")
        assert entry == {"state": "HANDLING", "closedOn": None, "daysTaken": None, "reopened": 1}

    async def test_only_what_is_approved_and_not_withdrawn_stands_there(
        self, database: Database, way: Way
    ) -> None:
        await way.proposed((await way.accepted(title="甲")).id)
        row = await way.published((await way.accepted(title="乙")).id)
        assert [entry["title"] for entry in await board(database, way.county)] == ["乙"]
        async with way.county.session() as session:
            await publications.withdraw(session, way.secretary, publication=row.id, reason="有误")
        assert await board(database, way.county) == []
        asked = f'{{ node(id: "BoardEntry:{row.id}") {{ id }} }}'
        assert await compiled(database, public(way.county), asked) == {"node": None}

    async def test_what_was_taken_down_leaves_a_trace_that_says_nothing_of_it(
        self, database: Database, way: Way
    ) -> None:
        matter = await way.accepted(title="乙")
        row = await way.published(matter.id)
        # Replaced by a later edition nothing was taken away, nor by withdrawing what nobody read.
        row = await way.published(matter.id)
        unread = await way.proposed((await way.accepted(title="丙")).id)
        for one in (row, unread):
            async with way.county.session() as session:
                await publications.withdraw(
                    session, way.secretary, publication=one.id, reason="写了邻居的事"
                )
        asked = "{ boardWithdrawals { nodes { category grid { name } approvedOn withdrawnOn"
        asked += " matterId isShownAgain } } }"
        today = str(clock.today())
        trace = {
            "category": "facilities", "grid": {"name": "第一网格"}, "approvedOn": today,
            "withdrawnOn": today, "matterId": f"Matter:{matter.id}", "isShownAgain": False,
        }  # fmt: skip
        found = await compiled(database, public(way.county), asked)
        assert found["boardWithdrawals"]["nodes"] == [trace]
        await way.published(matter.id)
        found = await compiled(database, public(way.county), asked)
        assert found["boardWithdrawals"]["nodes"] == [trace | {"isShownAgain": True}]

    async def test_whoever_follows_it_is_told_and_who_works_on_it_reads_why(
        self, database: Database, way: Way
    ) -> None:
        row = await way.published((await way.accepted()).id)
        async with way.county.session() as session:
            await publications.withdraw(session, way.secretary, publication=row.id, reason="有误")
        asked = "{ notices(direction: DESC, first: 1) { nodes { words } } }"
        found = await compiled(database, way.resident, asked)
        assert found["notices"]["nodes"] == [{"words": "公开稿已撤下"}]
        asked = "{ publications { nodes { withdrawalReason } } }"
        found = await compiled(database, way.secretary, asked)
        assert found["publications"]["nodes"] == [{"withdrawalReason": "有误"}]

    async def test_a_matter_for_its_parties_shows_that_it_is_dealt_with(
        self, database: Database, way: Way
    ) -> None:
        await way.published((await way.completed(visibility=Visibility.parties)).id)
        [entry] = await board(database, way.county, "title text result category estate { name }")
        assert entry == {
            "title": None, "text": None, "result": None, "category": "facilities",
            "estate": {"name": "桂花园"},
        }  # fmt: skip

    async def test_nothing_of_a_hidden_estate_stands_there(
        self, database: Database, way: Way
    ) -> None:
        await way.published((await way.accepted()).id)
        hidden = update(Unit).where(col(Unit.id) == way.tree.estate.id)
        for is_public, count in ((False, 0), (True, 1)):
            async with way.county.session() as session:
                await session.exec(hidden.values(is_public=is_public))
            assert len(await board(database, way.county)) == count

    async def test_a_building_that_handles_it_is_named_by_its_grid(
        self, database: Database, way: Way
    ) -> None:
        matter = await way.settled()
        await way.do("rework", way.worker, matter.id, reason="又坏了")
        await way.do(
            "assign", way.secretary, matter.id, handling_class=HandlingClass.own,
            handler=way.tree.building.id, due_on=clock.today(),
        )  # fmt: skip
        await way.published(matter.id)
        [entry] = await board(database, way.county, "handler { name kind }")
        assert entry["handler"] == {"name": "第一网格", "kind": "GRID"}

    async def test_the_latest_comes_first_and_each_filter_holds(
        self, database: Database, way: Way
    ) -> None:
        for days, (title, category) in enumerate(
            (("甲", "facilities"), ("乙", "parking"), ("丙", "noise"))
        ):
            matter = await way.accepted(title=title, category=category)
            await way.published(matter.id, days_ago=days)
        grids = [f"Unit:{grid.id}" for grid in way.tree.grids]
        for given, titles in (
            ("", "甲乙丙"),
            ("(direction: ASC)", "丙乙甲"),
            (f'(filter: {{grid: "{grids[0]}"}})', "甲乙丙"),
            (f'(filter: {{grid: "{grids[1]}"}})', ""),
            ('(filter: {category: "parking"})', "乙"),
            ("(filter: {states: [INQUIRING, CLOSED]})", "甲乙丙"),
            ("(filter: {states: [PUBLISHED]})", ""),
        ):
            found = await board(database, way.county, given=given)
            assert "".join(entry["title"] for entry in found) == titles, given

    async def test_another_countys_is_not_there(
        self, database: Database, way: Way, other: County
    ) -> None:
        there = await Way.of(other)
        await there.published((await there.accepted()).id)
        assert await board(database, way.county) == []
        assert len(await board(database, other)) == 1
