"""Size doesn't show: with fifty counties and 100,000 matters in one, all is found by an index.

An object's own list may be sorted where it is a few pages; what a reader of a part of the county
sees, where it is no more than that part. A county's list is never sorted.
"""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from sqlalchemy import UniqueConstraint, text

from infra import migrate
from infra.database import READ_ONLY, Database
from infra.demo.crowd import Crowd, is_populated, populate
from infra.settings import Settings
from policies import Actor, Scope
from schema.reading.declare import Pages, Rows
from services import authority
from tests.schema.explained import (
    CATALOGUE,
    CUSTOM,
    GENERIC,
    TABLES,
    WALLED,
    Explainer,
    Listed,
    lists,
    richest,
)

COUNTIES, FIRST, OTHERS, MATTERS = 50, 4_000, 1_000, 100_000
DATABASE = "sanfang_crowd"
# Twice the longest page: an object's own list may be sorted where it is no longer than this.
MOST_SORTED = 200
# All units, people or appointments of a community are fewer; those of the county far more. What
# belongs to matters is bounded by those that a reader sees, with two files or meetings each.
MOST_LOOKED_AT = 1_500
OF_A_MATTER = 2
READERS = (
    "public", "auditor", "community_secretary", "stairwell_head", "firm_manager", "resident",
)  # fmt: skip
LISTS = lists()


@dataclass(frozen=True)
class Crowded:
    """A database of fifty counties, and who reads in the first."""

    database: Database
    crowd: Crowd
    connection: "asyncpg.Connection[asyncpg.Record]"

    async def reader(self, role: str) -> Explainer:
        """Somebody in this role, with the authority that the database knows."""
        county = self.crowd.first
        person = None if role == "public" else county.holders[role]
        async with self.database.session(county.id, read_only=True) as session:
            known = await authority.load(session, county.id, person_id=person, client_id=None)
        return Explainer(self.database, self.connection, known)


@pytest.fixture(scope="module")
async def crowded(settings: Settings, database: Database) -> AsyncIterator[Crowded]:
    """A database of its own beside the suite's, filled once."""
    owner = await database.address.connect()
    await owner.execute(f"drop database if exists {DATABASE} with (force)")
    await owner.execute(f"create database {DATABASE}")
    assert settings.master_key is not None
    beside = Settings(
        data_dir=settings.data_dir,
        database_url=urlunsplit(urlsplit(database.address.dsn)._replace(path=f"/{DATABASE}")),
        master_key=settings.master_key.get_secret_value(),
        app_password=settings.app_password or "sanfang-tests",
    )
    await migrate.upgrade(beside)
    async with await Database.open(beside) as opened:
        crowd = await populate(
            opened, tenants=COUNTIES, units_in_first=FIRST, units_in_others=OTHERS,
            matters_in_first=MATTERS,
        )  # fmt: skip
        connection = await opened.address.connect(READ_ONLY)
        yield Crowded(opened, crowd, connection)
        await connection.close()
    await owner.execute(f"drop database {DATABASE} with (force)")
    await owner.close()


class TestCrowd:
    """What the plans are made for."""

    async def test_it_is_large_and_every_list_has_rows_in_it(self, crowded: Crowded) -> None:
        rows = crowded.crowd.rows
        assert len(crowded.crowd.tenants) == COUNTIES
        assert sum(rows.values()) > 200_000
        assert sum(rows[name] for name in ("unit", "person", "appointment")) > 200_000
        assert not [
            one.table for one in LISTS if isinstance(one.source, Pages) and not rows[one.table]
        ]

    async def test_loaded_again_it_is_the_same(self, crowded: Crowded) -> None:
        assert await is_populated(crowded.database, COUNTIES)
        assert not await is_populated(crowded.database, COUNTIES + 1)
        again = await populate(crowded.database, tenants=COUNTIES)
        assert again == crowded.crowd

    async def test_its_walls_and_keys_stand_again(self, crowded: Crowded) -> None:
        forced = "select relname from pg_class where relrowsecurity and relforcerowsecurity"
        keys = "select count(*) from pg_constraint where contype = 'f' and convalidated"
        found = {row["relname"] for row in await crowded.connection.fetch(forced)}
        declared = [len(table.foreign_key_constraints) for table in TABLES.values()]
        assert found == WALLED
        assert await crowded.connection.fetchval(keys) == sum(declared)
        assert await crowded.connection.fetchval("select count(*) from unit") == 0

    async def test_its_tree_is_closed_as_the_commands_close_it(self, crowded: Crowded) -> None:
        async with crowded.database.session(crowded.crowd.first.id, read_only=True) as session:
            walked = """with recursive up as (
                select id as unit_id, id as ancestor_id, 0 as depth, parent_id from unit
                union all
                select up.unit_id, above.id, up.depth + 1, above.parent_id
                from up join unit above on above.id = up.parent_id)
              select unit_id, ancestor_id, depth from up"""
            kept = "select unit_id, ancestor_id, depth from unit_path"
            differ = f"select count(*) from (({walked}) except ({kept})) a"
            surplus = f"select count(*) from (({kept}) except ({walked})) a"
            for question in (differ, surplus):
                assert (await session.exec(text(question))).scalar_one() == 0  # type: ignore[call-overload]


class TestLists:
    """Each list, for each kind of reader, in each order, both ways, at its start and further on."""

    @pytest.mark.parametrize("role", READERS)
    async def test_none_is_read_or_sorted_whole(self, crowded: Crowded, role: str) -> None:
        explainer = await crowded.reader(role)
        asked = [listed for listed in LISTS if explainer.may_ask(listed)]
        most = max(MOST_LOOKED_AT, OF_A_MATTER * await matters_seen(explainer))
        found = [problem for one in asked for problem in await problems(explainer, one, most)]
        assert asked
        assert most < MATTERS / 3
        assert not found

    @pytest.mark.parametrize("role", READERS)
    async def test_an_object_is_found_by_its_id(self, crowded: Crowded, role: str) -> None:
        explainer = await crowded.reader(role)
        for name, reading in CATALOGUE.readings.items():
            if not explainer.actor.reach(reading.object, "read"):
                continue
            given = {"id": f"{name}:{crowded.crowd.first.id}"}
            told = await explainer.told("query ($id: ID!) { node(id: $id) { id } }", given)
            assert not told.unindexed(), name
            # At most each of the reader's own units, and what stands above one.
            assert told.looked_at() <= MOST_SORTED, name

    async def test_a_beginning_is_found_by_the_index_of_names(self, crowded: Crowded) -> None:
        explainer = await crowded.reader("auditor")
        for name, table in (("units", "unit"), ("people", "person")):
            document = f'{{ {name}(filter: {{name: "龙"}}) {{ nodes {{ id }} }} }}'
            told = await explainer.told(document, {})
            (condition,) = told.conditions(f"ix_{table}_tenant_id_name_id")
            assert re.search(r"name.* >= .*name.* <= ", condition)
            assert told.looked_at() <= MOST_SORTED
            assert TABLES[table].c.name.type.collation == "C"  # type: ignore[attr-defined]

    async def test_those_of_one_kind_come_in_their_order(self, crowded: Crowded) -> None:
        explainer = await crowded.reader("auditor")
        document = "{ units(filter: {kinds: [STAIRWELL]}) { nodes { id } } }"
        told = await explainer.told(document, {})
        assert not told.unindexed()
        assert told.sorted_rows("unit") <= MOST_SORTED
        assert told.looked_at() <= MOST_SORTED

    def test_every_order_of_a_county_has_an_index_of_its_own(self) -> None:
        for listed in LISTS:
            if not isinstance(listed.source, Pages) or listed.table not in WALLED:
                continue
            if (listed.type_name, listed.name) in BY_A_PART:
                assert BY_A_PART[listed.type_name, listed.name] in {
                    index.name for index in TABLES[listed.table].indexes
                }
                continue
            for _, column in listed.orders:
                leading = ("tenant_id", listed.source.back or column)
                assert leading in leads(listed.table), (listed.type_name, listed.name, column)


class TestFilters:
    """What hardly anything matches is found at once, not looked for in everything."""

    @pytest.mark.parametrize(
        "document",
        [
            "matters(filter: {states: [SUSPENDED]})",
            'matters(filter: {holder: "Unit:01900000-0001-7000-8000-000000000000"})',
            "matters(filter: {grid: $grid, states: [TABLED]}, direction: DESC)",
            'publicBoard(filter: {category: "nothing"})',
            "publicBoard(filter: {grid: $grid}, direction: DESC)",
            "publicBoard(direction: DESC)",
            "boardWithdrawals(direction: DESC)",
        ],
    )
    @pytest.mark.parametrize("mode", [GENERIC, CUSTOM])
    async def test_by_an_index(self, crowded: Crowded, document: str, mode: str) -> None:
        explainer = await crowded.reader("auditor")
        grids = await explainer.answered("{ units(filter: {kinds: [GRID]}) { nodes { id } } }", {})
        grid = f'"{grids["units"]["nodes"][0]["id"]}"'
        asked = f"{{ {document.replace('$grid', grid)} {{ nodes {{ id }} }} }}"
        told = await explainer.told(asked, {}, mode=mode)
        assert not told.unindexed()
        assert told.looked_at() <= MOST_SORTED
        assert max(told.sorted_rows("matter"), told.sorted_rows("publication")) <= MOST_SORTED


class TestReport:
    """A report looks through every matter of its days, and at nothing but an index for it."""

    FIGURES = "settled raised inquiring preliminary tabled handling published whole"
    ALL = ("2024-01-01", "2026-12-31")
    A_MONTH = ("2025-03-01", "2025-03-31")

    @pytest.mark.parametrize("mode", [GENERIC, CUSTOM])
    @pytest.mark.parametrize("days", [ALL, A_MONTH])
    async def test_it_reads_no_matter_itself(
        self, crowded: Crowded, days: tuple[str, str], mode: str
    ) -> None:
        explainer = await crowded.reader("auditor")
        told = await explainer.told(self.document(*days), {}, mode=mode)
        read = [node for node in told.nodes() if node.get("Relation Name") == "matter"]
        assert not told.unindexed()
        assert {node["Node Type"] for node in read} == {"Index Only Scan"}
        assert max(node["Heap Fetches"] for node in read) == 0
        # Of the four lists only that of the classes has its matters sorted.
        sorts = [node for node in told.nodes() if node["Node Type"] == "Sort"]
        of_matters = [one for one in sorts if "handling_class" in str(one["Sort Key"])]
        assert len(of_matters) == 1
        rest = [int(one["Actual Rows"]) for one in sorts if one not in of_matters]
        assert max(rest) < MATTERS / 20

    async def test_it_counts_every_matter(self, crowded: Crowded) -> None:
        explainer = await crowded.reader("auditor")
        answer = (await explainer.answered(self.document(*self.ALL), {}))["countyReport"]
        assert answer["raised"] >= MATTERS
        assert answer["settled"] > MATTERS * 9 / 10
        for listed in ("inAll", "byCommunity", "byGrid", "byClass"):
            assert sum(one["settled"] for one in answer[listed]) == answer["settled"]

    def document(self, begins: str, ends: str) -> str:
        """The whole report of some days."""
        lists = ("inAll { %s }", "byCommunity { unit { name } %s }", "byGrid { unit { name } %s }",
                 "byClass { handlingClass %s }")  # fmt: skip
        figures = " ".join(one % self.FIGURES for one in lists)
        counts = "raised settled deliberated meetings monthsMet resolved executed satisfaction"
        return f'{{ countyReport(from: "{begins}", to: "{ends}") {{ {counts} {figures} }} }}'


async def matters_seen(explainer: Explainer) -> int:
    """How many matters somebody sees who sees a part of the county, and none for all others."""
    (matters,) = (one for one in LISTS if one.type_name == "Query" and one.name == "matters")
    if not explainer.may_ask(matters) or not sees_a_part(explainer.actor, matters):
        return 0
    answer = await explainer.answered("{ matters { totalCount } }", {})
    return int(answer["matters"]["totalCount"])


async def problems(explainer: Explainer, listed: Listed, most: int) -> list[str]:
    """What is wrong with how a list is read, in each order and direction, first page and next.

    `most` is how many rows may be looked at of a part of the county.
    """
    given = {"id": await richest(explainer, listed)} if "$id" in listed.way else {}
    if isinstance(listed.source, Rows):
        told = await explainer.told(listed.document(), given)
        return [f"{listed.type_name}.{listed.name}: {step}" for step in told.unindexed()]
    found: list[str] = []
    for order, _ in listed.orders:
        for direction in ("ASC", "DESC"):
            arguments = f"orderBy: {order}, direction: {direction}"
            cursor = await end_of_page(explainer, listed, arguments, given)
            for further in ("", f', after: "{cursor}"') if cursor else ("",):
                document = listed.document(arguments + further)
                for mode in (GENERIC, CUSTOM):
                    found += await wrongs(explainer, listed, document, given, mode, most)
    counted = await explainer.told(listed.document(wanted="totalCount"), given)
    return found + [f"{listed.type_name}.{listed.name}: {step}" for step in counted.unindexed()]


async def wrongs(
    explainer: Explainer,
    listed: Listed,
    document: str,
    given: Mapping[str, Any],
    mode: str,
    most: int,
) -> list[str]:
    """What is wrong with how one document is answered."""
    told = await explainer.told(document, given, mode=mode)
    found = told.unindexed()
    is_part = sees_a_part(explainer.actor, listed)
    if told.sorted_rows(listed.table) > (most if is_part else MOST_SORTED):
        found.append(f"sorts {told.sorted_rows(listed.table)} rows")
    if told.looked_at() > (most if is_part else MOST_LOOKED_AT):
        found.append(f"looks at {told.looked_at()} rows")
    return [f"{mode}: {document} {step}" for step in found]


async def end_of_page(
    explainer: Explainer, listed: Listed, arguments: str, given: Mapping[str, Any]
) -> str | None:
    """The cursor at the end of the first page, if there is anything in it."""
    document = listed.document(arguments, "pageInfo { endCursor }")
    answer = await explainer.answered(document, given)
    while isinstance(answer, dict) and "endCursor" not in answer:
        answer = next(iter(answer.values()))
    return answer["endCursor"] if answer else None


def sees_a_part(actor: Actor, listed: Listed) -> bool:
    """Whether the reader sees neither the whole county nor what the public sees of it."""
    scopes = actor.reach(CATALOGUE.readings[listed.target].object, "read").scopes
    return Scope.county not in scopes and Scope.public not in scopes


# What is a part of its table for every reader, and has an index of that part (`TestFilters`).
BY_A_PART = {("Query", "boardWithdrawals"): "ix_publication_taken_down"}


def leads(table: str) -> set[tuple[str, ...]]:
    """The first two columns of each index and key that holds every row of a table."""
    whole = [index for index in TABLES[table].indexes if not index.dialect_kwargs]
    keys = [one for one in TABLES[table].constraints if isinstance(one, UniqueConstraint)]
    columns = [*(one.columns for one in whole), *(one.columns for one in keys)]
    return {tuple(column.name for column in each)[:2] for each in columns}
