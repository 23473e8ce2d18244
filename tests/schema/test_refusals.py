"""What the executor answers with an error, a read is refused with: the same one, at its place.

The executor would go on around a field that fails. A read is one statement: it is refused whole,
before the database is asked, and names the first fault. Lists have no numbers in the path, since no
row is known yet.
"""

import base64
import json
import re
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType, get_named_type

from infra.database import Database
from policies import Actor
from schema.reading.declare import Here, Link, Pages
from services.errors import BadInput, Refused, VariablesRefused
from tests.county import County
from tests.infra.service import Service, token
from tests.infra.test_graphql import count_statements
from tests.schema.explained import needed
from tests.schema.oracle import Oracle
from tests.schema.oracle_values import Wrong
from tests.schema.test_oracle import READER, compiled
from tests.schema.world import World, world


def cursor(*places: Any) -> str:
    """A cursor as a caller may make one up."""
    return base64.b64encode(json.dumps(places).encode()).decode()


GUARD = {"door", "standing", "tenant"}
NIL = "00000000-0000-0000-0000-000000000000"
PAGE = "query ($n: Int, $m: Int) { units(first: $n, last: $m) { totalCount } }"
AFTER = "query ($at: String) { units(after: $at) { nodes { id } } }"
# Arguments that say nothing, each in a variable, in the text, and below a list.
WRONG_ARGUMENTS: list[tuple[str, dict[str, Any]]] = [
    (PAGE, {"n": -1}),
    (PAGE, {"n": 101}),
    (PAGE, {"m": -1}),
    (PAGE, {"m": 2**31 - 1}),
    (PAGE, {"n": 1, "m": 1}),
    ("{ units(first: 101) { nodes { id } } }", {}),
    ("{ all: units { nodes { below: children(last: -3) { totalCount } } } }", {}),
    ("{ units { edges { one: node { posts(first: 1, last: 1) { nodes { id } } } } } }", {}),
    (AFTER, {"at": ""}),
    (AFTER, {"at": "x"}),
    (AFTER, {"at": "é"}),
    (AFTER, {"at": cursor("name")}),
    (AFTER, {"at": cursor("name", "甲", "no key")}),
    (AFTER, {"at": cursor("name", None, NIL)}),
    (AFTER, {"at": cursor("since", "2025-01-01", NIL)}),
    (AFTER, {"at": cursor("name_desc", "甲", NIL)}),
    ('{ units { nodes { children(before: "x") { nodes { id } } } } }', {}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": ""}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": "Unit"}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": "Unit:1"}),
    ("query ($id: ID!) { it: node(id: $id) { id } }", {"id": f"Unit:{{{NIL}}}"}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": f"Unit:{NIL[:-1]}A"}),
    ("query ($id: ID) { coverage(unit: $id) { estates } }", {"id": f"Person:{NIL}"}),
    ("query ($id: ID) { coverage(unit: $id) { estates } }", {"id": "Unit:x"}),
    ("query ($id: ID) { units(filter: {parent: $id}) { totalCount } }", {"id": f"Person:{NIL}"}),
    ("query ($id: ID) { units(filter: {parent: $id}) { totalCount } }", {"id": "Unit:x"}),
]
# Cursors of the right order, and in them what no column of that kind can hold.
UNHELD_CURSORS = [
    ("units", "NAME", ("name", "\x00", NIL)),
    ("units", "NAME", ("name", "a\ud800", NIL)),
    ("units", "NAME", ("name", "甲", NIL, NIL)),
    ("units", "SINCE", ("since", "2025-02-30", NIL)),
    ("units", "SINCE", ("since", "infinity", NIL)),
    ("packs", "EDITION", ("edition", str(2**31), NIL)),
    ("packs", "EDITION", ("edition", str(-(2**31) - 1), NIL)),
    ("packs", "EDITION", ("edition", "9" * 5000, NIL)),
    ("packs", "EDITION", ("edition", 1, NIL)),
    ("events", "AT", ("at", "2025-01-01T00:00:00", NIL)),
    ("events", "AT", ("at", "9999-12-31T23:59:59.999999-00:01", NIL)),
    ("events", "AT", ("at", "0001-01-01T00:00:00+00:01", NIL)),
]
# A variable that may be null where its argument may not.
NULL_ARGUMENTS = [
    "query ($v: Direction = ASC) { units(direction: $v) { totalCount } }",
    "query ($v: UnitOrder = NAME) { all: units(orderBy: $v) { nodes { id } } }",
    "query ($v: Language = ZH) { county { id } units { nodes { kindLabel(language: $v) } } }",
    "query ($v: Boolean = true) { county { id @include(if: $v) } }",
    "query ($v: Boolean = true) { county { id } units @skip(if: $v) { totalCount } }",
]
BAD_VARIABLES: list[tuple[str, dict[str, Any]]] = [
    ("query ($id: ID!) { node(id: $id) { id } }", {}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": None}),
    ("query ($id: ID!) { node(id: $id) { id } }", {"id": [1]}),
    ("query ($n: Int) { units(first: $n) { totalCount } }", {"n": "1"}),
    ("query ($n: Int) { units(first: $n) { totalCount } }", {"n": 2**31}),
    ("query ($n: Int) { units(first: $n) { totalCount } }", {"n": 1.5}),
    ("query ($o: UnitOrder!) { units(orderBy: $o) { totalCount } }", {"o": "name"}),
    ("query ($f: UnitFilter) { units(filter: $f) { totalCount } }", {"f": {"kinds": ["X"]}}),
    ("query ($f: UnitFilter) { units(filter: $f) { totalCount } }", {"f": {"none": 1}}),
    ("query ($f: UnitFilter) { units(filter: $f) { totalCount } }", {"f": {"open": "yes"}}),
]


@pytest.fixture(scope="module")
async def here(database: Database) -> World:
    """A county with something of everything."""
    return await world(await County.new(database))


async def refused(database: Database, here: World, text: str, given: dict[str, Any]) -> Refused:
    """What the compiled path refuses with."""
    with pytest.raises(Refused) as caught:
        await compiled(database, here.readers["auditor"], text, given)
    return caught.value


async def executed(here: World, text: str, given: dict[str, Any]) -> GraphQLError:
    """The executor's first error."""
    oracle = await Oracle.of(here.county, here.readers["auditor"])
    errors = oracle.executed(text, given).errors
    assert errors
    return errors[0]


class TestTheExecutorsErrors:
    """One by one, beside what the plain executor makes of them."""

    @pytest.mark.parametrize(("text", "given"), WRONG_ARGUMENTS)
    async def test_a_wrong_argument_is_named_at_its_place(
        self, database: Database, here: World, text: str, given: dict[str, Any]
    ) -> None:
        error = await executed(here, text, given)
        refusal = await refused(database, here, text, given)
        assert isinstance(error.original_error, Wrong)
        assert isinstance(refusal, BadInput)
        assert refusal.facts["argument"] == error.original_error.argument
        assert refusal.facts["path"] == keys(error)

    @pytest.mark.parametrize("bound", ["after", "before"])
    @pytest.mark.parametrize(("name", "order", "places"), UNHELD_CURSORS)
    async def test_a_cursor_of_what_no_column_holds_is_no_cursor(
        self, database: Database, here: World, name: str, order: str, places: Any, bound: str
    ) -> None:
        document = (
            f"query ($at: String) {{ {name}({bound}: $at, orderBy: {order}) {{ nodes {{ id }} }} }}"
        )
        refusal = await refused(database, here, document, {"at": cursor(*places)})
        assert isinstance(refusal, BadInput)
        assert refusal.facts["argument"] == bound
        assert refusal.facts["path"] == [name]

    @pytest.mark.parametrize("text", NULL_ARGUMENTS)
    async def test_a_null_that_an_argument_may_not_be_is_refused_as_the_executor_does(
        self, database: Database, here: World, text: str
    ) -> None:
        error = await executed(here, text, {"v": None})
        refusal = await refused(database, here, text, {"v": None})
        assert isinstance(refusal, VariablesRefused)
        assert refusal.facts["reason"].en == error.message
        assert refusal.facts.get("path", []) == keys(error)

    @pytest.mark.parametrize(("text", "given"), BAD_VARIABLES)
    async def test_bad_variables_are_refused_with_the_executors_words(
        self, database: Database, here: World, text: str, given: dict[str, Any]
    ) -> None:
        error = await executed(here, text, given)
        refusal = await refused(database, here, text, given)
        assert isinstance(refusal, VariablesRefused)
        assert error.message in refusal.facts["reason"].en
        assert error.path is None
        assert "path" not in refusal.facts


def keys(error: GraphQLError) -> list[str | int]:
    """The keys of a path, without the numbers of rows."""
    return [key for key in error.path or () if isinstance(key, str)]


class TestBeforeTheDatabase:
    """A refused read costs no statement, and takes everything that was asked beside it along."""

    async def test_no_statement_is_sent_and_no_data_is_answered(
        self, served: Service, here: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bearer = await token(here.county, here.readers["auditor"])
        await served.ask("{ county { slug } }", token=bearer)
        sent = count_statements(served, monkeypatch)
        refused = [(text, given, "BAD_INPUT") for text, given in WRONG_ARGUMENTS]
        refused += [(text, {"v": None}, "VARIABLES_REFUSED") for text in NULL_ARGUMENTS]
        refused += [(text, given, "VARIABLES_REFUSED") for text, given in BAD_VARIABLES]
        for text, given, code in refused:
            response = await served.send(text, given, token=bearer)
            answer = response.json()
            assert (response.status_code, list(answer)) == (400, ["errors"]), text
            assert [error["extensions"]["code"] for error in answer["errors"]] == [code], text
        assert not sent

    async def test_what_is_asked_beside_a_refused_field_is_not_answered_either(
        self, served: Service, here: World
    ) -> None:
        bearer = await token(here.county, here.readers["auditor"])
        document = '{ roles { name } all: units { nodes { children(after: "x") { totalCount } } } }'
        answer = (await served.send(document, token=bearer)).json()
        (error,) = answer["errors"]
        assert error["path"] == ["all", "nodes", "children"]
        assert "data" not in answer

    @pytest.mark.parametrize("name", ["public", "resident", "secretary", "client", "auditor"])
    async def test_what_a_reader_may_read_nowhere_is_refused_wherever_it_stands(
        self, served: Service, here: World, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        actor = here.readers[name]
        bearer = await token(here.county, actor) if name != "public" else None
        await served.send("{ county { slug } }", token=bearer, county=here.county)
        sent = count_statements(served, monkeypatch)
        for document, given, path in forbidden(actor):
            response = await served.send(document, given, token=bearer, county=here.county)
            answer = response.json()
            (error,) = answer["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN", document
            assert error["path"] == path, document
            assert "data" not in answer
        # That the authority they were refused by still holds is looked up; what they asked isn't.
        assert {table for sql in sent for table in re.findall(r"FROM (\w+)", sql)} <= GUARD


def forbidden(actor: Actor) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Documents that come to what the actor may read nowhere: by a list, a link, an id."""
    found: list[tuple[str, dict[str, Any], list[str]]] = []
    readings = READER.catalogue.readings
    for (type_name, name), source in READER.catalogue.sources.items():
        object_ = object_of(type_name, name)
        is_lenient = isinstance(source, Link) and source.lenient
        if object_ is None or is_lenient or actor.reach(object_, "read"):
            continue
        below = "{ totalCount }" if isinstance(source, Pages) else "{ __typename }"
        if type_name == "Query":
            asked = f"it: {name}{needed(type_name, name)} {below}"
            found.append((f"{{ {asked} }}", {}, ["it"]))
        elif type_name in readings and actor.reach(readings[type_name].object, "read"):
            inside = f"... on {type_name} {{ {name} {below} }}"
            document = f"query ($id: ID!) {{ node(id: $id) {{ {inside} }} }}"
            found.append((document, {"id": f"{type_name}:{NIL}"}, ["node", name]))
    for type_name, reading in readings.items():
        if not actor.reach(reading.object, "read"):
            given = {"id": f"{type_name}:{NIL}"}
            found.append(("query ($id: ID!) { node(id: $id) { id } }", given, ["node"]))
    return found


def object_of(type_name: str, name: str) -> str | None:
    """What must be readable for a field that comes to rows, or to what is computed of them."""
    source = READER.catalogue.sources[type_name, name]
    if isinstance(source, Here):
        return source.object
    target = READER.catalogue.readings.get(target_of(type_name, name))
    return target.object if target and isinstance(source, Pages | Link) else None


def target_of(type_name: str, name: str) -> str:
    """The type of the rows that a field comes to."""
    type_ = READER.catalogue.schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    return str(get_named_type(type_.fields[name].type).name).removesuffix("Connection")
