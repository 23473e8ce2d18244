"""Files of owners over HTTP: sent to a signed address, made out apart, fetched again as a table."""

import asyncio
import io
import sys
import tempfile
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from python_calamine import load_workbook

from infra import content
from infra.content import Unfit
from infra.settings import Settings
from policies import Denied
from services import appointments, register_exports
from tests.county import County
from tests.infra import samples, sheets
from tests.infra.live import live
from tests.infra.processes import surroundings
from tests.infra.sender import PREPARE, code
from tests.infra.service import Service, token
from tests.services.clerk import HEADINGS, ID_BING, ID_JIA, Clerk
from tests.services.unchanged import unchanged

START = """mutation ($estate: ID!, $name: String!) {
  startRegisterImport(estate: $estate, name: $name) { registerImport { id state } uploadUrl } }"""
SEEN = """query ($id: ID!) { node(id: $id) { ... on RegisterImport { state percent total good bad
  unchanged done version sheet ignored problems(first: 50) { nodes { cell code message } }
  rows(first: 50) { nodes { number unitNumber state } } } } }"""
APPLY = """mutation ($id: ID!) { applyRegisterImport(registerImport: $id, mode: GOOD_ROWS) { id
  state } }"""
EXPORT = """mutation ($estate: ID!, $purpose: String) { exportRegister(estate: $estate,
  purpose: $purpose) { id url purpose } }"""
URL = "query ($id: ID!) { node(id: $id) { ... on RegisterExport { url madeBy { id } } } }"


@dataclass(frozen=True)
class Desk:
    """A clerk before a running service."""

    served: Service
    clerk: Clerk
    token: str

    async def start(self) -> tuple[str, str]:
        """An import's id and the address for its file."""
        given = {"estate": f"Unit:{self.clerk.estate.id}", "name": "台账.xlsx"}
        begun = (await self.served.ask(START, given, token=self.token))["startRegisterImport"]
        assert begun["registerImport"]["state"] == "PREPARED"
        return begun["registerImport"]["id"], begun["uploadUrl"]

    async def put(self, address: str, data: bytes) -> httpx.Response:
        """Send a file."""
        return await self.served.http.put(address, content=data)

    async def preview(self, data: bytes) -> tuple[str, dict[str, Any]]:
        """An import whose rows have been compared, and what is seen of it."""
        id_, address = await self.start()
        answer = await self.put(address, data)
        assert answer.status_code == 200, answer.text
        await self.clerk.work()
        return id_, await self.seen(id_)

    async def seen(self, id_: str, as_: str | None = None) -> dict[str, Any]:
        """What is seen of an import."""
        found: dict[str, Any] = (await self.served.ask(SEEN, {"id": id_}, token=as_ or self.token))[
            "node"
        ]
        return found

    async def applied(self, id_: str) -> dict[str, Any]:
        """Have the good rows recorded."""
        await self.served.ask(APPLY, {"id": id_}, token=self.token)
        await self.clerk.work()
        return await self.seen(id_)

    async def export(self, purpose: str | None = None) -> dict[str, Any]:
        """Have the register written out."""
        given = {"estate": f"Unit:{self.clerk.estate.id}", "purpose": purpose}
        made: dict[str, Any] = (await self.served.ask(EXPORT, given, token=self.token))[
            "exportRegister"
        ]
        return made

    async def fetched(self, url: str) -> tuple[bytes, list[list[Any]]]:
        """The table at an address: its bytes and cells."""
        answer = await self.served.http.get(url)
        assert answer.status_code == 200, answer.text
        assert "attachment" in answer.headers["content-disposition"]
        sheet = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0)
        return answer.content, sheet.to_python()


@pytest.fixture
async def desk(served: Service, county: County) -> Desk:
    clerk = await Clerk.of(county)
    return Desk(served, clerk, await token(county, clerk.worker))


class TestPreview:
    async def test_each_ugly_side_of_a_workbook_is_borne_or_said_with_its_cell(
        self, desk: Desk
    ) -> None:
        id_, seen = await desk.preview(sheets.ugly())
        found = [(one["cell"], one["code"]) for one in seen["problems"]["nodes"]]
        assert sorted(found) == sorted(sheets.FOUND)
        good = [one["unitNumber"] for one in seen["rows"]["nodes"] if one["state"] == "GOOD"]
        assert sorted(good) == sheets.GOOD
        assert (seen["sheet"], seen["ignored"]) == ("业主台账", ["A 序号", "I 备注"])
        done = await desk.applied(id_)
        assert (done["state"], done["done"], done["percent"]) == ("DONE", 4, 100)
        assert await desk.clerk.register() == [
            ("101", "89.53", "试验乙", "1/2"), ("101", "89.53", "试验甲", "1/2"),
            ("102", "90.10", "试验丙", "1/1"), ("107", "60.00", None, ""),
        ]  # fmt: skip
        _, again = await desk.preview(sheets.ugly())
        assert (again["good"], again["unchanged"]) == (0, 5)

    async def test_a_text_in_each_way_that_spreadsheets_save_it(self, desk: Desk) -> None:
        rows = [HEADINGS, ("101", "89.53", "试验甲", ID_JIA, "13900000001", "50%"),
                ("102", "60", "试验乙", "4.20106E+17", "", "")]  # fmt: skip
        for encoding, delimiter in (("gbk", ","), ("utf-8-sig", ";"), ("utf-16", "\t")):
            _, seen = await desk.preview(sheets.csv(rows, encoding, delimiter))
            assert (seen["good"], seen["bad"]) == (1, 1)
            assert ("D3", "IDENTITY_ROUNDED") in [
                (one["cell"], one["code"]) for one in seen["problems"]["nodes"]
            ]

    async def test_the_old_format_too_and_the_clock_is_woken_for_it(self, desk: Desk) -> None:
        county = desk.clerk.county
        owner = await county.database.address.connect()
        waiting = "select count(*) from sanfang_jobs.pgqueuer where payload = $1"
        assert await owner.fetchval(waiting, str(county.id).encode()) == 0
        _, seen = await desk.preview(sheets.XLS)
        assert (seen["total"], seen["good"]) == (2, 2)
        assert await owner.fetchval(waiting, str(county.id).encode()) == 1
        await owner.close()

    async def test_nobody_elsewhere_sees_anything_of_it(self, desk: Desk, other: County) -> None:
        id_, _ = await desk.preview(sheets.XLS)
        county, tree = desk.clerk.county, desk.clerk.tree
        beside = await token(county, await county.actor("grid_worker", tree.grids[1]))
        theirs = await token(other, await other.actor("housing_officer"))
        assert await desk.seen(id_, beside) is None
        assert await desk.seen(id_, theirs) is None
        for role in ("resident", "firm_manager", "committee_member"):
            bearer = await token(county, await county.actor(role, tree.estate))
            assert await desk.served.code(SEEN, {"id": id_}, token=bearer) == "FORBIDDEN"
        assert await desk.seen(id_, await token(county, county.founders["auditor"]))


class TestRefused:
    async def test_what_is_no_table_and_nothing_is_kept_of_it(self, desk: Desk) -> None:
        docx = io.BytesIO()
        with zipfile.ZipFile(docx, "w") as parts:
            parts.writestr("word/document.xml", "<w/>")
        id_, address = await desk.start()
        for data, refusals in (
            (samples.jpeg(), {"TABLE_KIND_REFUSED"}),
            (bytes(range(256)), {"TABLE_KIND_REFUSED"}),
            (docx.getvalue(), {"TABLE_KIND_REFUSED"}),
            (b"<html>1</html>", {"HEADINGS_MISSING"}),
            (sheets.workbook([]), {"TABLE_EMPTY"}),
            (sheets.ugly()[:-400], {"FILE_DAMAGED"}),
            (sheets.XLS[:1500], {"FILE_DAMAGED"}),
            (sheets.far(), {"TABLE_TOO_LARGE", "FILE_TOO_LABORIOUS"}),
        ):
            answer = await desk.put(address, data)
            assert code(answer) in refusals
            assert answer.status_code in (415, 422)
        seen = await desk.seen(id_)
        assert (seen["state"], seen["rows"]["nodes"]) == ("PREPARED", [])

    def test_a_workbook_that_unpacks_to_more_than_it_may_is_not_unpacked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(content, "MOST_UNPACKED", 1_000)
        with pytest.raises(Unfit) as unfit:
            content.tabulate(sheets.ugly())
        assert unfit.value.reason == "large"

    def test_a_text_that_is_kept_once_and_stands_in_many_cells_is_not_answered(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(content, "MOST_ANSWERED", 1_000_000)
        data = sheets.workbook([("房号", "业主姓名"), *[("长" * 10_000,) * 10 for _ in range(20)]])
        assert len(data) < 50_000
        with pytest.raises(Unfit) as unfit:
            content.tabulate(data)
        assert unfit.value.reason == "large"

    async def test_a_photo_field_still_takes_no_table(self, desk: Desk) -> None:
        given = {"unit": f"Unit:{desk.clerk.estate.id}", "name": "台账.xlsx"}
        made = (await desk.served.ask(PREPARE, given, token=desk.token))["prepareFile"]
        assert code(await desk.put(made["uploadUrl"], sheets.ugly())) == "FILE_KIND_REFUSED"
        wrong = made["uploadUrl"].replace("/files/", "/imports/")
        assert (await desk.put(wrong, sheets.ugly())).status_code == 404

    async def test_an_address_is_for_one_import_of_one_county_and_one_file(
        self, desk: Desk, other: County
    ) -> None:
        _, address = await desk.start()
        theirs = address.replace(desk.clerk.county.slug, other.slug)
        assert (await desk.put(theirs, sheets.XLS)).status_code == 404
        for _ in range(2):
            assert (await desk.put(address, sheets.XLS)).status_code == 200
        assert code(await desk.put(address, sheets.ugly())) == "IMPORT_TAKEN"


class TestExport:
    async def test_numbers_are_masked_but_for_a_purpose_and_nothing_is_a_formula(
        self, desk: Desk
    ) -> None:
        rows = [HEADINGS, ("101", 89.53, "=cmd()", ID_JIA, "13900000001", "1/2"),
                ("101", None, "试验丙", ID_BING, None, "1/2"), ("102", 60)]  # fmt: skip
        id_, _ = await desk.preview(sheets.workbook(rows, strings_to_formulas=False))
        await desk.applied(id_)
        made = await desk.export()
        data, table = await desk.fetched(made["url"])
        assert [row[:2] for row in table] == [["房号", "建筑面积"], ["101", 89.53], ["101", 89.53],
                                              ["102", 60.0]]  # fmt: skip
        assert ID_JIA not in str(table)
        assert "139****0001" in str(table)
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
        assert "=cmd()" in str(table)
        made = await desk.export("核对登记")
        data, table = await desk.fetched(made["url"])
        assert ID_JIA in str(table)
        assert "13900000001" in str(table)
        assert await desk.clerk.county.events("register_export.made") == 2
        assert await desk.clerk.county.events("register_export.fetched") == 2
        # What was written out in clear, read again, changes nothing.
        _, seen = await desk.preview(data)
        assert (seen["total"], seen["unchanged"]) == (3, 3), seen

    async def test_cut_short_it_leaves_nothing_behind(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        async def broken(*given: Any) -> AsyncIterator[Any]:
            yield [("101", 89.53, "试验甲")]
            raise OSError

        made = await desk.export("核对登记")
        monkeypatch.setattr(register_exports, "lines", broken)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert (await desk.served.http.get(made["url"])).status_code == 500
        assert await asyncio.to_thread(lambda: [*tmp_path.iterdir()]) == []

    async def test_an_address_is_for_who_asked_while_they_may(self, desk: Desk) -> None:
        county, made = desk.clerk.county, await desk.export("核对登记")
        officer = await token(county, desk.clerk.officer)
        auditor = await token(county, county.founders["auditor"])
        assert (await desk.served.ask(URL, {"id": made["id"]}, token=officer))["node"] is None
        seen = (await desk.served.ask(URL, {"id": made["id"]}, token=auditor))["node"]
        assert seen["url"] is None
        assert seen["madeBy"] is not None
        await desk.fetched(made["url"])
        by = desk.clerk.worker.posts[0].appointment_id
        async with county.session() as session:
            await appointments.revoke(session, county.security, appointment=by, reason="调离")
        assert (await desk.served.http.get(made["url"])).status_code == 404

    async def test_it_is_over_after_its_time(self, desk: Desk) -> None:
        made = await desk.export()
        async with desk.clerk.county.database.owner_session(desk.clerk.county.id) as session:
            await session.info["driver"].execute("update register_export set good_until = now()")
        assert (await desk.served.http.get(made["url"])).status_code == 404
        seen = await desk.served.ask(URL, {"id": made["id"]}, token=desk.token)
        assert seen["node"]["url"] is None
        assert timedelta(minutes=5) < register_exports.LASTS

    async def test_in_clear_only_for_whoever_may_see_them_so(self, desk: Desk) -> None:
        by = replace(desk.clerk.worker, limits=frozenset({("register_exports", "make")}))
        async with desk.clerk.county.session() as session:
            await register_exports.make(session, by, estate=desk.clerk.estate.id)
        async with unchanged(desk.clerk.county, Denied), desk.clerk.county.session() as session:
            await register_exports.make(
                session, by, estate=desk.clerk.estate.id, purpose="核对登记"
            )


@asynccontextmanager
async def ticking(clerk: Clerk) -> AsyncIterator[None]:
    """The clock of this one county, beside whatever the block does."""

    async def tick() -> None:
        while True:
            await clerk.work()
            await asyncio.sleep(0.1)

    beside = asyncio.create_task(tick())
    try:
        yield
    finally:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)


class TestCommandLine:
    async def test_a_file_from_a_shell_to_the_register_with_the_clock_beside(
        self, county: County, settings: Settings, tmp_path: Path
    ) -> None:
        clerk = await Clerk.of(county)
        bearer = await token(county, clerk.worker)
        path = tmp_path / "台账.xlsx"
        await asyncio.to_thread(path.write_bytes, sheets.ugly())
        async with live(settings) as running, ticking(clerk):
            url = f"http://{running.host}"
            settled = {"SANFANG_TOKEN": bearer}

            async def run(*more: str) -> tuple[int, str, str]:
                made = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "infra.cli", "import", str(path), "-e", "梅园",
                    "--url", url, *more, stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                    env=surroundings(SANFANG_LANG="en", **settled),
                )  # fmt: skip
                out, err = await made.communicate()
                return made.returncode or 0, out.decode(), err.decode()

            status, out, err = await run()
            assert (status, err) == (3, ""), out + err
            assert "E8" in out
            assert "kept as a number, its last digits are lost" in out
            assert "nothing recorded" in out
            assert await clerk.register() == []
            status, out, err = await run("--mode", "good")
            assert (status, err) == (3, ""), out + err
            assert "4 rows recorded, 1 were there, 8 have problems" in out
        assert len(await clerk.register()) == 4
