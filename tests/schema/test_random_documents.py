"""Whatever valid document a reader sends, the compiled answer is the executor's, key by key.

Random documents over random rows, for a reader of every role; another county lies beside them. Each
document is asked for three times with two sets of variables: the last by a plan made for the other.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any
from zlib import crc32

import pytest
from graphql import GraphQLEnumType, get_named_type
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

import policies
from infra.database import Database
from policies import Actor
from schema.reading.cost import QueryTooCostly
from schema.reading.declare import Pages
from services.errors import DocumentTooLarge
from services.standing import Authority
from tests.county import County
from tests.everything import ids
from tests.schema.oracle import Oracle
from tests.schema.oracle_values import OTHER_TYPES
from tests.schema.random_documents import Cursors, Drawn, Known, document, document_with
from tests.schema.random_rows import change
from tests.schema.test_oracle import READER, answered, compiled, fields_of_schema, planned, standing
from tests.schema.world import World, world

# What the documents of all readers have asked for so far.
REACHED: set[tuple[str, str]] = set()
# So many are compared altogether; of those drawn, a few are too costly to be answered.
DOCUMENTS_COMPARED = 2_000
EACH = 76
ROUNDS = 4
# The gate says the same each time; the long run looks for what nobody has seen.
IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
TOO_MUCH = (DocumentTooLarge, QueryTooCostly)
# Where somebody of a role works whom the small county hasn't got already.
PLACES = {
    "party_member": "stairwell", "building_head": "building", "grid_worker": "grid",
    "committee_member": "committee", "firm_staff": "firm", "instructor": "firm",
    "branch_secretary": "branch", "working_officer": "root", "industry_officer": "root",
    "housing_officer": "root",
}  # fmt: skip

# The types that a filter may name by an id.
POINTED_AT = tuple(f"{type_name}:" for type_name in {"Unit", *OTHER_TYPES.values()})


@dataclass(frozen=True)
class Asker:
    """A reader, the county they read, and the documents drawn for them."""

    county: County
    actor: Actor
    known: Known
    drawn: list[Drawn]

    @classmethod
    def of(cls, name: str, county: County, actor: Actor, known: Known) -> "Asker":
        """A reader with the documents of their role."""
        return cls(county, actor, known, draw(name, actor, known))


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


@pytest.fixture(scope="module")
async def beside(database: Database) -> World:
    """Another county with as much in it, none of which may show."""
    made = await world(await County.new(database))
    await change(made.county, [], 1)
    return made


@pytest.fixture(scope="module")
async def askers(
    database: Database, here: World, beside: World, platform: County
) -> dict[str, Asker]:
    """A reader of every role, with documents drawn for each."""
    actors = {**here.readers, **await others(here)}
    strange = [f"{type_}:{id_}" for type_, id_ in (await ids(beside)).items()]
    found = [f"{type_}:{id_}" for type_, id_ in (await ids(here)).items()]
    cursors = await known_cursors(database, here.readers["auditor"])
    for place, more in (await known_cursors(database, beside.readers["auditor"])).items():
        cursors[place] = [*cursors[place], *more]
    everywhere = [*found, *strange, f"Unit:{uuid7()}"]
    askers = {
        name: Asker.of(name, here.county, actor, known(actor, everywhere, cursors))
        for name, actor in actors.items()
    }
    operator = platform.founders["platform_operator"]
    itself = [f"Tenant:{one.id}" for one in (platform, here.county)]
    of_platform = await known_cursors(database, operator)
    role = "platform_operator"
    of_operator = known(operator, [*everywhere, *itself], of_platform)
    askers[role] = Asker.of(role, platform, operator, of_operator)
    draw_more([*askers.values()])
    return askers


def draw_more(askers: list[Asker]) -> None:
    """A document more for each field that none has asked for, of somebody who may read it."""
    chance = Random(len(askers))  # noqa: S311
    # Of these documents, not of what another module has drawn in this process.
    missing = fields_of_schema() - {
        field for asker in askers for one in asker.drawn for field in one.fields
    }
    for wanted in sorted(missing):
        for asker in askers if wanted in missing else ():
            drawn = document_with(wanted, chance, READER.catalogue, asker.actor, asker.known)
            if drawn is not None:
                asker.drawn.append(drawn)
                missing -= drawn.fields
                break


async def others(here: World) -> dict[str, Actor]:
    """Somebody in each role that the small county hasn't got anybody in; some through a client."""
    county, client = here.county, here.readers["client"].client_id
    places = {**vars(here.tree), "root": county.root, "grid": here.tree.grids[0]}
    found = {role: await county.actor(role, places[unit]) for role, unit in PLACES.items()}
    for name in ("secretary", "resident"):
        person = here.readers[name].person_id
        through = Actor(county.id, county.slug, person_id=person, client_id=client)
        found[f"{name} through a client"] = (await standing(county.database, through)).actor
    return found


def known(actor: Actor, everywhere: list[str], cursors: Cursors) -> Known:
    """What this reader may ask for by its id, whether they would see it or not."""
    readings = READER.catalogue.readings
    readable = [
        id_
        for id_ in everywhere
        for type_ in [id_.partition(":")[0]]
        if type_ in readings and actor.reach(readings[type_].object, "read")
    ]
    pointed = [id_ for id_ in everywhere if id_.startswith(POINTED_AT)]
    return Known(tuple(readable), tuple(pointed), cursors, REACHED)


def draw(name: str, actor: Actor, known: Known) -> list[Drawn]:
    """Documents for a reader, other ones for each."""
    drawn: list[Drawn] = []

    @settings(
        max_examples=max(EACH, settings().max_examples // 2),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.randoms(use_true_random=True))
    def one(chance: Random) -> None:
        drawn.append(document(chance, READER.catalogue, actor, known))

    (one if IS_LONG else seed(crc32(name.encode()))(one))()
    return drawn


async def known_cursors(database: Database, actor: Actor) -> dict[tuple[str, str, str], list[str]]:
    """Cursors of every order and direction, out of the pages that this reader gets."""
    root = READER.catalogue.schema.query_type
    assert root is not None
    asked: dict[str, tuple[str, str, str]] = {}
    parts: list[str] = []
    for (type_name, name), source in READER.catalogue.sources.items():
        if type_name != "Query" or not isinstance(source, Pages):
            continue
        target = READER.catalogue.node_type(root.fields[name].type).name
        if not actor.reach(READER.catalogue.readings[target].object, "read"):
            continue
        orders = get_named_type(root.fields[name].args["orderBy"].type)
        assert isinstance(orders, GraphQLEnumType)
        for order, direction in product(orders.values, ("ASC", "DESC")):
            asked[f"a{len(asked)}"] = (target, order, direction)
            wanted = f"{name}(orderBy: {order}, direction: {direction}) {{ edges {{ cursor }} }}"
            parts.append(f"a{len(parts)}: {wanted}")
    pages = await compiled(database, actor, f"{{ {' '.join(parts)} }}")
    return {asked[key]: [one["cursor"] for one in page["edges"]] for key, page in pages.items()}


class TestRandomDocuments:
    """The compiled answer and the executor's; first over rows as the commands made them."""

    @pytest.mark.parametrize("number", range(ROUNDS))
    async def test_the_compiled_answer_is_the_executors(
        self, database: Database, here: World, askers: dict[str, Asker], number: int
    ) -> None:
        if number:
            kept = [asker.actor.person_id for asker in askers.values() if asker.actor.person_id]
            await change(here.county, kept, number)
        compared = 0
        for name, asker in askers.items():
            oracle = await Oracle.of(asker.county, asker.actor)
            held = await standing(database, asker.actor)
            for drawn in asker.drawn[number::ROUNDS]:
                expected: dict[int, dict[str, Any]] = {}
                for variables in (*drawn.calls, drawn.calls[0]):
                    answer = await asked(database, held, drawn.text, variables)
                    if answer is None:
                        break
                    call = id(variables)
                    if call not in expected:
                        expected[call] = oracle.answer(drawn.text, variables)
                    assert json.dumps(answer) == json.dumps(expected[call]), (
                        name,
                        first_difference(answer, expected[call]),
                        drawn.text,
                        variables,
                    )
                else:
                    compared += 1
        assert compared * ROUNDS >= DOCUMENTS_COMPARED

    def test_the_documents_reach_every_role_and_field(self, askers: dict[str, Asker]) -> None:
        reached = {
            field for asker in askers.values() for drawn in asker.drawn for field in drawn.fields
        }
        roles = {role for asker in askers.values() for role in asker.actor.roles}
        assert roles == set(policies.roles())
        # A history is the same whatever it is of.
        assert "history" in {name for _, name in reached}
        missing = {one for one in fields_of_schema() - reached if one[1] != "history"}
        assert not missing, missing


async def asked(
    database: Database, held: Authority, text: str, variables: Mapping[str, Any]
) -> dict[str, Any] | None:
    """What the compiled statement answers; nothing where it would be too much to answer."""
    try:
        plan = planned(held, text, variables)
    except TOO_MUCH:
        return None
    return await answered(database, plan)


def first_difference(one: Any, other: Any, path: str = "") -> str | None:
    """Where two answers part, and how."""
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        parts = [first_difference(one[key], other[key], f"{path}.{key}") for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = [first_difference(one[i], other[i], f"{path}[{i}]") for i in range(len(one))]
    else:
        return None if one == other else f"{path}: {one!r} / {other!r}"[:600]
    return next((part for part in parts if part is not None), None)
