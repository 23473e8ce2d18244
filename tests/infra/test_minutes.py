"""Minutes by their address: a .docx of the text as it stands, for whoever may read the minutes."""

from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from docx import Document

from policies import Actor
from services import clients, clock, people, tenants
from services.councils import SeatKind
from services.meetings import Meeting, Minutes
from services.meetings.minutes import hash_of
from services.passes import Purpose
from tests.county import County
from tests.infra import samples
from tests.infra.sender import code
from tests.infra.service import Service, token
from tests.infra.test_file_addresses import moment
from tests.round_table import RoundTable
from tests.services.unchanged import contents
from tests.way import Way

SHOW = "query ($id: ID!) { node(id: $id) { ... on Minutes { docxUrl docxUntil } } }"
MARKS = str.maketrans("", "", "\\#")


@pytest.fixture
async def table(county: County) -> RoundTable:
    return await RoundTable.of(await Way.of(county))


async def show(served: Service, table: RoundTable, meeting: Meeting) -> dict[str, Any]:
    """What GraphQL shows of a meeting's minutes."""
    minutes = await table.minutes(meeting.id)
    bearer = await token(table.way.county, table.way.secretary)
    found = await served.ask(SHOW, {"id": f"Minutes:{minutes.id}"}, token=bearer)
    node: dict[str, Any] = found["node"]
    return node


async def address(served: Service, table: RoundTable, meeting: Meeting) -> str:
    url: str = (await show(served, table, meeting))["docxUrl"]
    return url[url.index("/minutes/") :]


async def got(served: Service, table: RoundTable, meeting: Meeting) -> httpx.Response:
    answer = await served.http.get(await address(served, table, meeting))
    assert answer.status_code == 200, answer.text
    return answer


def lines(minutes: Minutes) -> list[str]:
    """What each line of the Markdown says."""
    said = [line.translate(MARKS).strip().removeprefix("- ") for line in minutes.text.split("\n")]
    return [line for line in said if line]


def shown(answer: httpx.Response) -> list[str]:
    return [one.text for one in Document(BytesIO(answer.content)).paragraphs]


def tables(answer: httpx.Response) -> list[list[list[str]]]:
    return [
        [[cell.text for cell in row.cells] for row in one.rows[1:]]
        for one in Document(BytesIO(answer.content)).tables
    ]


def footer(answer: httpx.Response) -> str:
    [line] = Document(BytesIO(answer.content)).sections[0].footer.paragraphs
    return str(line.text)


async def name(table: RoundTable, kind: SeatKind) -> str:
    """Of who sits there for a party."""
    county, sitter = table.way.county, table.sitters[kind].person_id
    assert sitter is not None
    async with county.session(read_only=True) as session:
        return (await people.find(session, county.administrator, sitter)).name


class TestPaper:
    """What stands in it."""

    async def test_it_holds_the_text_the_signatures_and_the_corrections(
        self, served: Service, table: RoundTable
    ) -> None:
        meeting = await table.signed()
        await table.do("correct", meeting=meeting.id, text="第一项的日期应为下月。")
        await table.do("correct", meeting=meeting.id, text="第二处更正。")
        minutes, answer = await table.minutes(meeting.id), await got(served, table, meeting)
        assert shown(answer) == [*lines(minutes), "（以上为纪要全文）", "签字", "更正"]
        signed, corrected = tables(answer)
        assert [row[0] for row in signed] == ["网格党支部", "业主委员会", "物业公司"]
        assert [row[1].split("\n")[1] for row in signed] == [
            "branch_secretary", "committee_member", "firm_staff",
        ]  # fmt: skip
        assert [row[1].split("\n")[0] for row in signed] == [
            await name(table, kind) for kind in (SeatKind.branch, SeatKind.committee, SeatKind.firm)
        ]
        assert {row[3] for row in signed} == {minutes.sha256}
        texts = ["第一项的日期应为下月。", "第二处更正。"]
        assert [(row[0], row[3]) for row in corrected] == list(zip("12", texts, strict=True))
        assert footer(answer) == f"SHA-256 {minutes.sha256}　已签齐"

    async def test_amended_it_shows_the_present_text_and_who_signed_the_one_before(
        self, served: Service, table: RoundTable
    ) -> None:
        meeting = await table.adjourned()
        before = (await table.minutes(meeting.id)).text
        await table.sign(meeting.id, SeatKind.branch)
        await table.do("amend", meeting=meeting.id, text="# 改过的\n\n- 补充\x07一句。")
        minutes, answer = await table.minutes(meeting.id), await got(served, table, meeting)
        assert shown(answer)[:3] == ["改过的", "补充\ufffd一句。", "（以上为纪要全文）"]
        assert footer(answer) == f"SHA-256 {hash_of(minutes.text)}　未签齐"
        [[signed]] = tables(answer)
        assert (signed[0], signed[3]) == ("网格党支部", hash_of(before))

    async def test_the_same_state_is_the_same_bytes_at_any_time(
        self, served: Service, table: RoundTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meeting = await table.signed()
        first = await got(served, table, meeting)
        with monkeypatch.context() as later:
            later.setattr("time.time", lambda: 2_000_000_000.0)
            again = await served.http.get(first.request.url.path)
        assert again.content == first.content
        await table.do("correct", meeting=meeting.id, text="更正。")
        assert (await got(served, table, meeting)).content != first.content

    async def test_it_is_saved_under_its_name_and_can_do_nothing(
        self, served: Service, table: RoundTable
    ) -> None:
        answer = await got(served, table, await table.adjourned())
        expected = {
            "content-type": "application/vnd.openxmlformats-officedocument"
            ".wordprocessingml.document",
            "content-length": str(len(answer.content)), "cache-control": "private, no-store",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
            "cross-origin-resource-policy": "cross-origin", "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
            "content-disposition": "attachment; filename=\"__________1_____.docx\";"
            " filename*=UTF-8''%E7%AC%AC%E4%B8%80%E7%BD%91%E6%A0%BC%E5%9C%86%E6%A1%8C%E8%AE%AE"
            "%E4%BA%8B%E4%BC%9A%E7%AC%AC1%E6%AC%A1%E4%BC%9A%E8%AE%AE%E7%BA%AA%E8%A6%81.docx",
        }  # fmt: skip
        assert {name: answer.headers[name] for name in expected} == expected


class TestAddress:
    """An address opens one meeting's minutes until it ends; nothing else opens them."""

    async def refuses(self, served: Service, county: County, way: str, to: str) -> str:
        before = await contents(county)
        answer = await served.http.request(way, to, content=samples.jpeg())
        assert (answer.status_code, code(answer)) == (404, "ADDRESS_REFUSED")
        assert await contents(county) == before
        return answer.text

    async def test_whatever_is_wrong_the_answer_is_the_same(
        self, served: Service, table: RoundTable, other: County
    ) -> None:
        county, meeting = table.way.county, await table.adjourned()
        good, minutes = await address(served, table, meeting), await table.minutes(meeting.id)
        pass_, passes = good.rpartition("/")[2], county.database.passes

        def signed(purpose: Purpose, tenant: UUID, id_: UUID) -> str:
            signing = passes.reading(tenant, county.slug, purpose)
            signature = passes._sign(tenant, purpose, signing.until, str(id_))
            return f"{id_}{signing.after}{signature}"

        assert signed(Purpose.minutes, county.id, minutes.id) == pass_
        wrong = [
            ("GET", f"/files/{county.slug}/{pass_}"), ("PUT", f"/files/{county.slug}/{pass_}"),
            ("GET", f"/minutes/{other.slug}/{pass_}"), ("GET", f"/minutes/none/{pass_}"),
            ("GET", f"{good[:-1]}{'0' if good[-1] != '0' else '1'}"),
            ("GET", f"/minutes/{county.slug}/x"), ("GET", f"/minutes/%00/{pass_}"),
            *(
                ("GET", f"/minutes/{county.slug}/{one}")
                for one in (
                    signed(Purpose.read, county.id, minutes.id),
                    signed(Purpose.upload, county.id, minutes.id),
                    signed(Purpose.minutes, other.id, minutes.id),
                    signed(Purpose.minutes, county.id, uuid4()),
                    signed(Purpose.minutes, county.id, meeting.id),
                )
            ),
            ("GET", f"/minutes/{other.slug}/{signed(Purpose.minutes, other.id, minutes.id)}"),
        ]  # fmt: skip
        assert len({await self.refuses(served, county, *one) for one in wrong}) == 1
        assert (await served.http.get(good)).status_code == 200

    async def test_it_ends(
        self, served: Service, table: RoundTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = await show(served, table, await table.adjourned())
        url = found["docxUrl"]
        to, until = url[url.index("/minutes/") :], int(url.split(".")[-2])
        assert found["docxUntil"] == f"{moment(until):%Y-%m-%dT%H:%M:%S.%f}Z"
        assert 0 < until - clock.now().timestamp() <= 300
        assert (await served.http.get(to)).status_code == 200
        monkeypatch.setattr(clock, "now", lambda: moment(until))
        await self.refuses(served, table.way.county, "GET", to)

    async def test_a_suspended_countys_opens_nothing(
        self, served: Service, table: RoundTable, platform: County
    ) -> None:
        county, to = table.way.county, await address(served, table, await table.adjourned())
        async with platform.session() as session:
            operator = platform.founders["platform_operator"]
            await tenants.suspend(session, operator, tenant=county.id, reason="试验")
        await self.refuses(served, county, "GET", to)

    async def test_whoever_may_read_the_minutes_gets_one_and_nobody_else(
        self, served: Service, table: RoundTable, other: County
    ) -> None:
        county, tree = table.way.county, table.way.tree
        meeting = await table.signed()
        await table.do("publish", meeting=meeting.id)
        id_ = f"Minutes:{(await table.minutes(meeting.id)).id}"
        readers: dict[str, tuple[County, Actor]] = {
            "firm": (county, table.way.firm),
            "auditor": (county, county.founders["auditor"]),
            "elsewhere": (
                county, await county.actor("community_secretary", tree.communities[1]),
            ),
            "neighbour": (county, await county.actor("resident", tree.estate)),
            "foreign auditor": (other, other.founders["auditor"]),
        }  # fmt: skip
        got = {}
        for reader, (where, actor) in readers.items():
            answer = await served.send(SHOW, {"id": id_}, token=await token(where, actor))
            node = (answer.json().get("data") or {}).get("node")
            got[reader] = bool(node and node["docxUrl"])
        assert got == {
            "firm": True, "auditor": True, "elsewhere": False, "neighbour": False,
            "foreign auditor": False,
        }  # fmt: skip

    async def test_pages_of_registered_origins_may_use_it(
        self, served: Service, table: RoundTable
    ) -> None:
        origin, county = "https://m.example.com", table.way.county
        async with county.session() as session:
            await clients.register(
                session, county.administrator, name="门户", origins=[origin], grants=[]
            )
        to = await address(served, table, await table.adjourned())
        for asked, status in ((origin, 204), ("https://evil.example.com", 403)):
            headers = {"origin": asked, "access-control-request-method": "GET"}
            assert (await served.http.options(to, headers=headers)).status_code == status
        answer = await served.http.get(to, headers={"origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
