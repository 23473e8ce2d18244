"""The house rules that a machine can keep: names in every layer, walls, sizes, what is exported."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import policies
import schema
from infra.database import tables
from infra.demo.description import Description, descriptions
from schema.reading import Reader
from services import packs
from tests.everything import mutations, questions

ROOT = Path(__file__).parent.parent
LAYERS = ("policies", "services", "schema", "infra", "tests")
MOST_LINES, MOST_OF_A_FUNCTION = 400, 40

# A capability that lacks a layer, each with its reason; a needless line fails.
NO_SERVICE_OF_ITS_OWN = {
    "board": "it is what `publications` shows, read by everybody",
    "schema": "what the schema says of itself is in no table",
    "minutes": "meetings make them",
}
NO_SCHEMA_OF_ITS_OWN = {
    "schema": "it is read by introspection, which GraphQL itself defines",
    "minutes": "they are read with meetings, by fewer than see that a meeting was held",
}
# What stands in a layer and is no capability.
FRAME_OF_SERVICES = {
    "alarms": "what each capability does by the clock",
    "addresses": "which hosts may be asked",
    "arguments": "what a command says of its arguments",
    "authority": "reads what somebody may do",
    "calendar": "the working days by which deadlines are reckoned",
    "changes": "what is new since one last looked",
    "clock": "the one clock",
    "commands": "what makes a repeat change nothing",
    "concerned": "whose names must not be read in what is shown",
    "conflicts": "the rules of appointments that a county sets",
    "errors": "every refusal",
    "issuers": "tables and rules of accounts",
    "kept": "what a process keeps in memory",
    "erasing": "what goes with a person whose data are erased",
    "effects": "what of a county a change of its pack touches",
    "masking": "what in a text is personal, and the text without it",
    "passes": "signed addresses of files and minutes",
    "passwords": "hashing for accounts",
    "posts": "tables and questions of appointments",
    "penalties": "what the clock writes on overdue bills",
    "prepared": "what every command asks, compiled once",
    "proving": "what tokens of issuers prove",
    "resealing": "moving what is sealed to a newer key",
    "rows": "finding and making rows of the county",
    "sealing": "encryption for people",
    "sessions": "signing in, which happens before there is an actor",
    "signing": "the keys of access tokens",
    "standing": "the number by which authority is compared",
    "tables": "what every table shares",
    "texts": "what PostgreSQL can keep",
    "zone": "the one zone of every county",
    "terms": "how many hold a seat at once",
    "tree": "the paths from each unit up",
}
FRAME_OF_SCHEMA = {
    "commands": "how a command becomes a mutation",
    "documents": "parsing, validation and limits",
    "questions": "how a service answers a field of Query",
    "errors": "the one place that translates",
    "introspection": "the schema's description of itself",
    "limits": "how much a document may ask",
    "nodes": "what every type shares",
    "passes": "addresses that are signed as they are read",
    "scopes": "what each scope means for a row",
    "sight": "which matters a reader sees, for all that belongs to them",
    "viewer": "who asks, and anything by its id",
    "wording": "what GraphQL's rules say, in Chinese",
}
FRAME_PACKAGES = {"reading", "releases"}
# Functions that may be longer, each with its reason; a needless line fails.
LONG_FUNCTIONS: dict[str, str] = {}
NOT_A_TENANTS = {"tenant"}


def capabilities() -> set[str]:
    """What has a policy of its own."""
    return {path.stem for path in (ROOT / "policies").glob("*.csv")} - {"roles"}


def modules(layer: str) -> set[str]:
    """The modules right in a layer."""
    files = {path.stem for path in (ROOT / layer).glob("*.py")}
    packages = {path.parent.name for path in (ROOT / layer).glob("*/__init__.py")}
    return (files | packages) - {"__init__", *FRAME_PACKAGES}


def sources() -> Iterator[Path]:
    """Every source file of the project."""
    for layer in LAYERS:
        yield from (ROOT / layer).rglob("*.py")


class TestCapabilities:
    """A capability has one name, and that name is a module in every layer."""

    def test_each_stands_in_every_layer(self) -> None:
        assert capabilities() - modules("services") == set(NO_SERVICE_OF_ITS_OWN)
        assert capabilities() - modules("schema") == set(NO_SCHEMA_OF_ITS_OWN)
        asked = capabilities() - set(NO_SCHEMA_OF_ITS_OWN)
        assert set(schema.CAPABILITIES) - {"viewer"} == asked

    def test_what_is_none_is_named_here_with_its_reason(self) -> None:
        assert modules("services") - capabilities() == set(FRAME_OF_SERVICES)
        assert modules("schema") - capabilities() == set(FRAME_OF_SCHEMA)

    def test_each_mutations_command_and_policy_line_have_the_same_verb(self) -> None:
        commands = {asked.permission for asked in (*mutations(), *questions())}
        lines = {line for line in policies.permissions() if line[1] != "read"}
        assert commands == lines

    def test_every_query_field_is_compiled(self) -> None:
        Reader(schema.build()._schema)


class TestTables:
    """Every table is a county's, and nothing leads out of it."""

    def test_every_key_and_index_leads_with_the_tenant(self) -> None:
        for table in tables().sorted_tables:
            if table.name in NOT_A_TENANTS:
                continue
            assert next(iter(table.primary_key.columns)).name == "tenant_id", table.name
            for index in table.indexes:
                assert next(iter(index.columns)).name == "tenant_id", index.name

    def test_nothing_points_out_of_the_county(self) -> None:
        for table in tables().sorted_tables:
            for key in table.foreign_key_constraints:
                first = next(iter(key.columns)).name
                assert first == "tenant_id", f"{table.name}: {key.name}"


class TestSizes:
    """A screen for a function, a few for a module."""

    def test_no_module_is_too_long(self) -> None:
        long = {
            str(path.relative_to(ROOT)): lines
            for path in sources()
            if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
            and "versions" not in path.parts
        }
        assert not long

    def test_no_function_is_too_long(self) -> None:
        long = {
            f"{path.relative_to(ROOT)}:{node.name}"
            for path in sources()
            if "versions" not in path.parts
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or 0) - node.lineno + 1 > MOST_OF_A_FUNCTION
        }
        assert long == set(LONG_FUNCTIONS)

    def test_every_module_says_what_it_is(self) -> None:
        silent = [
            str(path.relative_to(ROOT))
            for path in sources()
            if path.read_text(encoding="utf-8").strip()
            and ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) is None
        ]
        assert not silent


def words_of(told: Description) -> Iterator[str]:
    """What a demo county alone calls things: its places, people and firms, and the words of its
    pack that aren't the product's own.
    """
    yield from (told.slug, told.name, told.name_en, told.client, told.bureau)
    yield from (place.name for place in told.communities)
    yield from (showcase.estate for showcase in told.showcases)
    yield from (firm.name for firm in told.firms)
    yield from (*told.partners, *told.departments, *told.people.values())
    product = set(_texts(packs.complete({})))
    yield from (one for one in _texts(told.pack) if len(one) > 1 and one not in product)


def _texts(value: Any) -> Iterator[str]:
    """Every label in a document, in Chinese."""
    if isinstance(value, dict):
        if isinstance(value.get("zh"), str):
            yield value["zh"]
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


class TestHouse:
    """What stands at the top, and where the county's words are."""

    def test_the_top_level_holds_the_five_folders_and_no_other_code(self) -> None:
        hidden = {path.name for path in ROOT.iterdir() if path.is_dir()}
        assert {name for name in hidden if not name.startswith(".")} <= {*LAYERS, "__pycache__"}
        assert not list(ROOT.glob("*.py"))

    def test_nothing_of_the_demo_counties_stands_in_the_code(self) -> None:
        words = {"红六方", *(word for told in descriptions() for word in words_of(told))}
        found = [
            (str(path.relative_to(ROOT)), word)
            for path in sources()
            if "tests" not in path.parts and "demo" not in path.parts
            for word in words
            if word in path.read_text(encoding="utf-8")
        ]
        assert not found

    def test_the_exported_schema_is_current(self) -> None:
        assert (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8") == schema.sdl()
