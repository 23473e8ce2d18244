"""What auditors draw and take with them: exports by the clock, samples by a seed, values."""

import asyncio
import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from infra import audit_files, audit_jobs
from infra.audit_files import seal_all
from infra.settings import Settings
from policies import Actor
from services import clock, units
from tests.county import County
from tests.everything import mutations
from tests.infra.record import as_superuser
from tests.infra.service import Service, token

EXPORT = """mutation ($format: AuditExportFormat!, $name: String, $purpose: String) {
  exportAudit(format: $format, name: $name, purpose: $purpose) { id state total done } }"""
SEEN = """query ($id: ID!) { node(id: $id) { ... on AuditExport { state total done parts {
  nodes { number name sha256 size lines url } } } } }"""
SAMPLE = """mutation ($size: Int!, $seed: String) { sampleAudit(size: $size, seed: $seed) { seed
  population events { id name } } }"""
REVEAL = (
    "mutation ($id: ID!, $p: String!) { revealAudit(event: $id, purpose: $p) { values altered } }"
)
HISTORY = """query ($id: ID!) { node(id: $id) { history { totalCount nodes { id name person { name }
  before after apart number } } } }"""


async def work(county: County) -> int:
    """The clock's turns, until nothing waits; how many there were."""
    turns = 0
    while True:
        async with county.session() as session:
            by = Actor(county.id, county.slug)
            if not await audit_jobs.look(session, by, at=clock.now(), most=1):
                return turns
        turns += 1


class TestExport:
    async def asked(self, served: Service, county: County, **given: Any) -> str:
        bearer = await token(county, county.founders["auditor"])
        made = (await served.ask(EXPORT, given, token=bearer))["exportAudit"]
        assert (made["state"], made["done"]) == ("QUEUED", 0)
        id_: str = made["id"]
        return id_

    async def written(self, served: Service, county: County, id_: str) -> dict[str, bytes]:
        """The parts of a finished export, by their names; each has its hash."""
        bearer = await token(county, county.founders["auditor"])
        seen = (await served.ask(SEEN, {"id": id_}, token=bearer))["node"]
        assert (seen["state"], seen["done"]) == ("DONE", seen["total"])
        parts = {}
        for part in seen["parts"]["nodes"]:
            answer = await served.http.get(part["url"])
            assert answer.status_code == 200
            assert hashlib.sha256(answer.content).hexdigest() == part["sha256"]
            assert len(answer.content) == part["size"]
            parts[part["name"]] = answer.content
        return parts

    async def test_it_is_written_part_by_part_with_a_manifest_of_hashes(
        self, served: Service, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit_jobs, "LINES", 4)
        for _ in range(6):
            await county.person()
        id_ = await self.asked(served, county, format="JSONL")
        turns = await work(county)
        parts = await self.written(served, county, id_)
        manifest = json.loads(parts.pop("manifest.json"))
        assert turns == len(parts) + (manifest["events"] % 4 == 0)
        assert [one["name"] for one in manifest["files"]] == [*parts]
        for one in manifest["files"]:
            assert hashlib.sha256(parts[one["name"]]).hexdigest() == one["sha256"]
        lines = [json.loads(line) for text in parts.values() for line in text.splitlines()]
        assert len(lines) == len({line["event"]["id"] for line in lines}) == manifest["events"]

    async def test_personal_values_only_for_a_purpose_that_is_recorded(
        self, served: Service, county: County
    ) -> None:
        await county.person("欧阳试验", phone="13900001234")
        plain = await self.asked(served, county, format="JSONL", name="person.registered")
        full = await self.asked(served, county, format="JSONL", name="person.registered",
                                purpose="核查登记情况")  # fmt: skip
        await work(county)
        assert (
            "欧阳试验"
            not in b"".join((await self.written(served, county, plain)).values()).decode()
        )
        parts = await self.written(served, county, full)
        assert "欧阳试验" in parts["events-0001.jsonl"].decode()
        assert json.loads(parts["manifest.json"])["purpose"] == "核查登记情况"
        assert await county.events("audit.exported") == 2

    async def test_a_table_in_csv_in_which_no_cell_is_a_formula(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        named = 'mutation { registerPerson(name: "甲", commandId: "=cmd()") { id } }'
        await served.ask(named, token=bearer)
        id_ = await self.asked(served, county, format="CSV", name="person.registered")
        await work(county)
        text = (await self.written(served, county, id_))["events-0001.csv"].decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert {row["name"] for row in rows} == {"person.registered"}
        assert "'=cmd()" in {row["command_key"] for row in rows}

    async def test_two_clocks_write_it_once(self, served: Service, county: County) -> None:
        id_ = await self.asked(served, county, format="JSONL")
        await asyncio.gather(work(county), work(county), work(county))
        await work(county)
        parts = await self.written(served, county, id_)
        assert len(parts) == 2

    async def test_nobody_elses_address_opens_it(
        self, served: Service, county: County, other: County
    ) -> None:
        id_ = await self.asked(served, county, format="JSONL")
        await work(county)
        bearer = await token(county, county.founders["auditor"])
        seen = (await served.ask(SEEN, {"id": id_}, token=bearer))["node"]
        url = seen["parts"]["nodes"][0]["url"]
        for wrong in (url[:-1] + ("0" if url[-1] != "0" else "1"),
                      url.replace(county.slug, other.slug)):  # fmt: skip
            assert (await served.http.get(wrong)).status_code == 404
        theirs = await token(other, other.founders["auditor"])
        assert (await served.ask(SEEN, {"id": id_}, token=theirs))["node"] is None

    async def test_an_auditor_alone_has_it_made(self, served: Service, county: County) -> None:
        for role in ("county_administrator", "security_administrator", "working_officer"):
            bearer = await token(county, county.founders[role])
            assert await served.code(EXPORT, {"format": "CSV"}, token=bearer) == "FORBIDDEN"


class TestSample:
    async def test_the_same_seed_draws_the_same_and_anybody_can_check_it(
        self, served: Service, county: County
    ) -> None:
        for _ in range(20):
            await county.person()
        bearer = await token(county, county.founders["auditor"])
        given = {"size": 5, "seed": "2026 年第三季度"}
        drawn = (await served.ask(SAMPLE, given, token=bearer))["sampleAudit"]
        ids = [event["id"] for event in drawn["events"]]
        async with county.session(read_only=True) as session:
            rows = await session.info["driver"].fetch(
                "select id from event where name not in ('audit.read', 'audit.sampled')"
            )
        digests = {
            hashlib.sha256(f"2026 年第三季度:{row['id']}".encode()).hexdigest(): row["id"]
            for row in rows
        }
        assert ids == [f"Event:{digests[one]}" for one in sorted(digests)[:5]]
        assert drawn["population"] == len(rows)

    async def test_without_a_seed_it_is_a_new_one_each_time_and_on_record(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.founders["auditor"])
        seeds = {
            (await served.ask(SAMPLE, {"size": 1}, token=bearer))["sampleAudit"]["seed"]
            for _ in range(3)
        }
        assert len(seeds) == 3
        assert await county.events("audit.sampled") == 3

    @pytest.mark.parametrize("size", [0, 101, -1])
    async def test_of_a_size_that_can_be(self, served: Service, county: County, size: int) -> None:
        bearer = await token(county, county.founders["auditor"])
        assert await served.code(SAMPLE, {"size": size}, token=bearer) == "BAD_INPUT"


class TestHistory:
    async def test_of_any_object_and_what_is_personal_masked_until_revealed(
        self, served: Service, county: County
    ) -> None:
        person = await county.person("欧阳试验", phone="13900001234")
        await seal_all(county.database, Actor(county.id, county.slug))
        bearer = await token(county, county.founders["auditor"])
        asked = await served.ask(HISTORY, {"id": f"Person:{person.id}"}, token=bearer)
        [event] = asked["node"]["history"]["nodes"]
        assert event["name"] == "person.registered"
        assert event["number"] is not None
        assert "欧阳试验" not in json.dumps(event, ensure_ascii=False)
        assert set(event["apart"]) == {"after.name", "after.phone_masked"}
        given = {"id": event["id"], "p": "核对登记"}
        shown = (await served.ask(REVEAL, given, token=bearer))["revealAudit"]["values"]
        assert shown == {"after.name": "欧阳试验", "after.phone_masked": "139****1234"}
        assert await county.events("audit.revealed") == 1

    async def test_a_value_that_was_altered_is_not_shown_as_the_original(
        self, served: Service, county: County
    ) -> None:
        person = await county.person("欧阳试验")
        bearer = await token(county, county.founders["auditor"])
        asked = await served.ask(HISTORY, {"id": f"Person:{person.id}"}, token=bearer)
        await as_superuser(
            county.database,
            f"update event_value set value = '\"张三\"' where tenant_id = '{county.id}'",
        )
        given = {"id": asked["node"]["history"]["nodes"][0]["id"], "p": "核对登记"}
        shown = (await served.ask(REVEAL, given, token=bearer))["revealAudit"]
        assert shown["values"] == {}
        assert shown["altered"] == ["after.name"]

    async def test_not_without_a_purpose(self, served: Service, county: County) -> None:
        bearer = await token(county, county.founders["auditor"])
        events = await served.ask("{ events(first: 1) { nodes { id } } }", token=bearer)
        given = {"id": events["events"]["nodes"][0]["id"], "p": "看"}
        assert await served.code(REVEAL, given, token=bearer) == "BAD_INPUT"

    async def test_who_may_not_read_events_has_no_history(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        given = {"id": f"Unit:{county.root.id}"}
        assert await served.code(HISTORY, given, token=bearer) == "FORBIDDEN"

    async def test_by_person_and_period(self, served: Service, county: County) -> None:
        await county.person()
        bearer = await token(county, county.founders["auditor"])
        asked = """query ($f: EventFilter) { events(filter: $f) { totalCount nodes { name
          person { id } } } }"""
        by = f"Person:{county.administrator.person_id}"
        found = (await served.ask(asked, {"f": {"person": by}}, token=bearer))["events"]
        assert {one["name"] for one in found["nodes"]} == {"person.registered"}
        past = {"person": by, "endsAt": "2020-01-01T00:00:00Z"}
        assert (await served.ask(asked, {"f": past}, token=bearer))["events"]["totalCount"] == 0

    async def test_by_the_post_it_was_done_in_whoever_held_it(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        for community, name in zip(tree.communities, ("东社区", "西社区"), strict=False):
            actor = await county.actor("community_secretary", community)
            async with county.session() as session:
                await units.rename(session, actor, unit=community.id, name=name)
        bearer = await token(county, county.founders["auditor"])
        asked = "query ($f: EventFilter) { events(filter: $f) { nodes { name person { id } } } }"
        post = await county.post("community_secretary", tree.communities[1])
        of_post = {"f": {"post": f"Post:{post.id}"}}
        found = (await served.ask(asked, of_post, token=bearer))["events"]["nodes"]
        assert found == [{"name": "unit.renamed", "person": {"id": f"Person:{actor.person_id}"}}]


class TestAuditor:
    async def test_what_an_auditor_may_run_changes_nothing_but_the_record(
        self, county: County
    ) -> None:
        held = county.founders["auditor"].permissions
        may = {one.name for one in mutations() if one.permission in held}
        own = {
            one.name for one in mutations()
            if (reach := held.get(one.permission)) and not (reach.county or reach.units)
        }  # fmt: skip
        assert may - own == {"sampleAudit", "revealAudit", "exportAudit"}


class TestCommandLine:
    async def test_an_export_of_the_command_line_is_an_event_too(
        self, county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
    ) -> None:
        monkeypatch.setattr(audit_files, "settled", lambda: settings)
        await audit_files.export(county.slug, tmp_path)
        assert await county.events("audit.exported") == 1
        async with county.session(read_only=True) as session:
            found = await session.info["driver"].fetch(
                "select value from event_value where path = 'origin'"
            )
        assert [row["value"] for row in found] == ["command line"]
