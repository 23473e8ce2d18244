"""`sanfang pack`: a file begun, checked, compared, proposed to a county, and read back."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
import yaml

from infra import packfiles
from infra.packfiles import NotAPack
from infra.settings import Settings
from services import packs
from services.packs.starter import Shape, starter
from tests.county import County
from tests.infra.live import live
from tests.infra.processes import surroundings
from tests.infra.service import token

SCHEMA = Path(__file__).parents[2] / "schema" / "pack.schema.json"


async def pack(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """The command's exit code, and what it prints."""
    made = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "infra.cli", "pack", *arguments, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=surroundings(SANFANG_LANG="en", **settings),
    )  # fmt: skip
    out, err = await made.communicate()
    return made.returncode or 0, out.decode(), err.decode()


async def begun(path: Path, *more: str) -> Path:
    """A starter pack in a file."""
    shape = ("--communities", "8", "--stairwells", "--partners", "--departments")
    code, _, err = await pack("new", str(path), *shape, *more)
    assert code == 0, err
    return path


class TestFile:
    @pytest.mark.parametrize("communities", [1, 4, 5, 60])
    @pytest.mark.parametrize("has_all", [True, False])
    def test_a_starter_for_a_county_of_any_size_is_right_and_comes_back_the_same(
        self, tmp_path: Path, communities: int, has_all: bool
    ) -> None:
        document = starter(Shape(communities, has_all, has_all, has_all))
        path = tmp_path / "pack.yaml"
        path.write_text(packfiles.written(document), encoding="utf-8")
        assert packfiles.read(path) == document == packs.complete(document)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("a: 1\na: 2\n", "line 2: a is said twice"),
            ("units: {labels: {grid: 1, grid: 2}}\n", "line 1: grid is said twice"),
            ("a: &x [1]\nb: *x\n", "line 2: no YAML aliases"),
            ("[1, 2]", "is not one object"),
            ("a: [", "can't be read"),
            ("!!python/object/apply:os.system ['true']", "can't be read"),
            ("#" * (packfiles.MOST_BYTES + 1), "it is over"),
        ],
    )
    def test_what_is_none_is_refused(self, tmp_path: Path, content: str, said: str) -> None:
        path = tmp_path / "pack.yaml"
        path.write_text(content, encoding="utf-8")
        with pytest.raises(NotAPack) as refused:
            packfiles.read(path)
        assert said in refused.value.en

    def test_days_are_days_and_json_is_yaml(self, tmp_path: Path) -> None:
        path = tmp_path / "pack.yaml"
        path.write_text("calendar: {days_off: [2026-10-08]}", encoding="utf-8")
        assert packfiles.read(path) == {"calendar": {"days_off": ["2026-10-08"]}}
        path.write_text(json.dumps({"councils": {"quorum": 3}}), encoding="utf-8")
        assert packfiles.read(path) == {"councils": {"quorum": 3}}


class TestSchema:
    def test_it_is_committed_as_it_is(self) -> None:
        committed = json.loads(SCHEMA.read_text(encoding="utf-8"))
        assert committed == packs.json_schema(), "run `make schema`"

    def test_each_field_says_what_it_is(self) -> None:
        schema = packs.json_schema()
        for name, section in schema["properties"].items():
            assert section["description"], name
            model = schema["$defs"][packs.SECTIONS[name].__name__]
            for field, said in model["properties"].items():
                assert said["description"].split("。")[0] != field, (name, field)


class TestCommands:
    async def test_begun_checked_and_compared_at_home(self, tmp_path: Path) -> None:
        path = await begun(tmp_path / "pack.yaml", "--council", "院落议事会", "--meet-by", "20")
        assert (await pack("check", str(path)))[0] == 0
        code, out, _ = await pack("diff", str(path))
        assert code == 0
        assert "Round tables · Day by which they meet: 25 → 20" in out
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document["councils"]["quorum"] = 9
        document["stars"] = {}
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        code, _, err = await pack("check", str(path))
        assert code == 1
        assert err.splitlines() == ["stars: unknown section", "councils.quorum: 6 at most"]

    async def test_nothing_that_is_there_is_overwritten(self, tmp_path: Path) -> None:
        path = await begun(tmp_path / "pack.yaml")
        code, _, err = await pack("new", str(path), "--communities", "8", "--stairwells",
                                  "--partners", "--departments")  # fmt: skip
        assert code == 1
        assert "is there already" in err

    async def test_proposed_to_a_county_and_read_back(
        self, tmp_path: Path, settings: Settings, county: County
    ) -> None:
        path = await begun(tmp_path / "pack.yaml", "--meet-by", "20")
        bearer = await token(county, county.administrator)
        async with live(settings) as running:
            where = {"SANFANG_TOKEN": bearer}
            url = ("--url", f"http://{running.host}")
            assert (await pack("check", str(path), *url, **where))[0] == 0
            code, out, err = await pack("import", str(path), *url, "--reason", "起步", **where)
            assert code == 0, err
            assert "compared with edition 1:" in out
            assert "proposed PackProposal:" in out
            code, out, err = await pack("export", *url, **where)
            assert code == 0, err
            assert yaml.safe_load(out)["councils"]["meet_by"] == 25
            again = await pack("export", *url, "--edition", "7", **where)
            assert again[0] == 1
            resident = await token(county, await county.actor("resident"))
            code, _, err = await pack("export", *url, SANFANG_TOKEN=resident)
            assert code == 1
            assert "packs.read" in err

    async def test_where_nothing_answers_it_says_so(self, tmp_path: Path) -> None:
        path = await begun(tmp_path / "pack.yaml")
        code, _, err = await pack("check", str(path), "--url", "http://127.0.0.1:9",
                                  SANFANG_TOKEN="x")  # fmt: skip
        assert code == 1
        assert "doesn't answer" in err
