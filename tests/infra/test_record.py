"""What is put on record though no command ran, from where it came, and what of it stands apart."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from infra.audit_files import seal_all
from infra.settings import Settings
from services import units
from services.matters.tables import Visibility
from tests.county import County
from tests.infra.record import by_of, exported, found, verified
from tests.infra.service import Service, token
from tests.infra.streams import Process, process
from tests.way import Way


@pytest.fixture
async def streaming(settings: Settings) -> AsyncIterator[Process]:
    """A process that streams."""
    async with process(settings) as running:
        yield running


class TestRecord:
    async def test_a_refusal_of_authority_says_who_what_and_to_what(
        self, served: Service, county: County
    ) -> None:
        tree = await county.tree()
        actor = await county.actor("grid_worker", tree.grids[0])
        rename = 'mutation ($id: ID!) { renameUnit(unit: $id, name: "夺名") { name } }'
        unit = {"id": f"Unit:{tree.estate.id}"}
        assert await served.code(rename, unit, token=await token(county, actor)) == "FORBIDDEN"
        read = "{ packs { totalCount } }"
        assert await served.code(read, token=await token(county, actor)) == "FORBIDDEN"
        first, second = await found(county, "authority.refused")
        assert first["person_id"] == second["person_id"] == actor.person_id
        assert first["after"] == {
            "permission": "units.rename", "code": "FORBIDDEN", "field": ["renameUnit"],
            "ids": {"unit": f"Unit:{tree.estate.id}"},
        }  # fmt: skip
        assert second["after"]["permission"] == "packs.read"

    async def test_what_an_auditor_reads_is_on_record_and_what_others_read_is_not(
        self, served: Service, county: County
    ) -> None:
        auditor = await token(county, county.founders["auditor"])
        read = "{ units(first: 1) { nodes { name } } people(first: 1) { totalCount } }"
        await served.ask(read, token=auditor)
        await served.ask(read, token=await token(county, county.security))
        [event] = await found(county, "audit.read")
        assert event["after"]["fields"] == ["units", "people"]
        assert event["person_id"] == county.founders["auditor"].person_id
        assert event["appointment_id"] is not None

    async def test_whoever_else_reads_events_is_on_record_by_what_the_plan_reads(
        self, served: Service, county: County
    ) -> None:
        security = await token(county, county.security)
        await served.ask("# events, history\n{ units(first: 1) { totalCount } }", token=security)
        assert not await found(county, "audit.read")
        await served.ask(
            "{ units(first: 1) { nodes { past: history { totalCount } } } }", token=security
        )
        [event] = await found(county, "audit.read")
        assert event["person_id"] == county.security.person_id

    async def test_what_an_auditors_command_answers_is_on_record_the_second_time_too(
        self, served: Service, county: County
    ) -> None:
        auditor = await token(county, county.founders["auditor"])
        for wanted in ("seed", "drawnBy { name history { totalCount } }"):
            draw = f'mutation {{ sampleAudit(size: 3, commandId: "s-1") {{ {wanted} }} }}'
            assert "errors" not in (await served.send(draw, token=auditor)).json()
        first, second = await found(county, "audit.read")
        assert first["after"]["fields"] == second["after"]["fields"] == ["sampleAudit"]

    async def test_whose_or_what_an_auditor_looked_at_is_on_record(
        self, served: Service, county: County
    ) -> None:
        auditor = await token(county, county.founders["auditor"])
        unit, person = f"Unit:{county.root.id}", f"Person:{county.security.person_id}"
        asked = "query ($id: ID!, $f: EventFilter) { node(id: $id) { id } events(filter: $f) {"
        asked += " totalCount } }"
        await served.ask(asked, {"id": unit, "f": {"person": person}}, token=auditor)
        [event] = await found(county, "audit.read")
        assert event["after"]["ids"] == {"node.id": unit, "events.filter.person": person}

    async def test_who_was_refused_at_a_matter_shows_to_auditors_alone(
        self, served: Service, county: County
    ) -> None:
        way = await Way.of(county)
        matter = await way.raised(visibility=Visibility.confidential)
        accept = "mutation ($id: ID!) { acceptMatter(matter: $id) { id } }"
        raiser = await token(county, way.resident)
        given = {"id": f"Matter:{matter.id}"}
        assert await served.code(accept, given, token=raiser) == "FORBIDDEN"
        asked = '{ events(filter: {name: "authority.refused"}) { nodes { id } } }'
        security = await token(county, county.security)
        assert not (await served.ask(asked, token=security))["events"]["nodes"]
        auditor = await token(county, county.founders["auditor"])
        [event] = (await served.ask(asked, token=auditor))["events"]["nodes"]
        history = "query ($id: ID!) { node(id: $id) { history(last: 1) { nodes { id } } } }"
        told = await served.ask(history, given, token=auditor)
        assert told["node"]["history"]["nodes"] == [event]

    async def test_whoever_watches_is_not_told_who_was_refused_there(
        self, served: Service, streaming: Process, county: County
    ) -> None:
        """Or they would learn that somebody tried, and anybody could make them listen."""
        way = await Way.of(county)
        matter = await way.raised()
        watched = {
            f"Matter:{matter.id}": "subscription ($id: ID!) { matterChanged(id: $id) { version } }",
            f"Unit:{way.tree.estate.id}":
                "subscription ($id: ID!) { unitChanged(id: $id) { version } }",
        }  # fmt: skip
        commands = (
            "mutation ($id: ID!) { acceptMatter(matter: $id) { id } }",
            'mutation ($id: ID!) { renameUnit(unit: $id, name: "夺名") { id } }',
        )
        raiser = await token(county, way.resident)
        for (id_, watch), command in zip(watched.items(), commands, strict=True):
            async with streaming.stream(raiser, watch, id=id_) as stream:
                await stream.answer()
                assert await served.code(command, {"id": id_}, token=raiser) == "FORBIDDEN"
                next_ = asyncio.ensure_future(anext(stream.answers))
                await streaming.look()
                done, _ = await asyncio.wait([next_], timeout=0.3)
                assert not done
                next_.cancel()
                with suppress(asyncio.CancelledError):
                    await next_

    async def test_an_administrators_events_are_of_the_administration(
        self, served: Service, county: County
    ) -> None:
        """Or a confidential matter would show whose it is to who may not see it."""
        way = await Way.of(county)
        matter = await way.raised(visibility=Visibility.confidential)
        asked = "query ($f: EventFilter) { events(filter: $f) { nodes { objectType person { id }"
        asked += " } } }"
        security = await token(county, county.security)
        for given in ({"object": f"Matter:{matter.id}"}, {"names": ["matter.raised"]}):
            assert not (await served.ask(asked, {"f": given}, token=security))["events"]["nodes"]
        seen = (await served.ask(asked, {"f": {}}, token=security))["events"]["nodes"]
        assert {one["objectType"] for one in seen} >= {"Person", "Appointment", "Post", "Unit"}
        auditor = await token(county, county.founders["auditor"])
        [event] = (await served.ask(asked, {"f": {"names": ["matter.raised"]}}, token=auditor))[
            "events"
        ]["nodes"]
        assert event["person"]["id"] == f"Person:{way.resident.person_id}"

    async def test_what_an_auditor_watches_is_on_record(
        self, streaming: Process, county: County
    ) -> None:
        auditor = await token(county, county.founders["auditor"])
        async with streaming.stream(auditor, id=f"Unit:{county.root.id}") as stream:
            await stream.next()
            async with county.session() as session:
                await units.rename(
                    session, county.administrator, unit=county.root.id, name="改名县"
                )
            await streaming.look()
            await stream.next()
        events = await found(county, "audit.read")
        assert [event["after"]["fields"] for event in events] == [["unitChanged"]] * 2

    async def test_what_a_subscription_is_refused_is_on_record(
        self, streaming: Process, county: County
    ) -> None:
        document = "subscription ($id: ID!) { unitChanged(id: $id) { duties { totalCount } } }"
        actor = await county.actor("resident")
        reader = await token(county, actor)
        async with streaming.stream(reader, document, id=f"Unit:{county.root.id}") as stream:
            await stream.end()
        [event] = await found(county, "authority.refused")
        assert event["after"]["permission"] == "duties.read"
        assert event["person_id"] == actor.person_id

    async def test_the_schemas_description_beside_it_hides_no_reading(
        self, served: Service, county: County
    ) -> None:
        auditor = await token(county, county.founders["auditor"])
        read = "{ __schema { queryType { name } } people(first: 1) { totalCount } }"
        await served.ask(read, token=auditor)
        [event] = await found(county, "audit.read")
        assert "people" in event["after"]["fields"]

    async def test_a_persons_values_stand_apart_and_fit_their_hashes(
        self, county: County, tmp_path: Path
    ) -> None:
        await county.person("欧阳试验", phone="13900001234")
        await seal_all(county.database, by_of(county))
        folder = await exported(county, tmp_path / "out", with_values=True)
        text = (folder / "events.jsonl").read_text(encoding="utf-8")
        line = next(one for one in map(json.loads, text.splitlines())
                    if "欧阳试验" in json.dumps(one, ensure_ascii=False))  # fmt: skip
        assert "欧阳试验" not in json.dumps(line["event"], ensure_ascii=False)
        assert line["values"]["after.name"]["value"] == "欧阳试验"
        assert (await verified(folder))[0] == 0

    async def test_from_where_it_was_sent(self, served: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        await served.ask('mutation { registerPerson(name: "甲") { id } }', token=bearer)
        async with county.session(read_only=True) as session:
            rows = await session.info["driver"].fetch(
                "select value, person_id from event_value where path = 'origin'"
            )
        assert {(row["value"], row["person_id"]) for row in rows} == {
            ("127.0.0.1", county.administrator.person_id)
        }

    async def test_a_wrong_name_at_sign_in_makes_the_record_no_longer(
        self, served: Service, county: County
    ) -> None:
        """Or anybody, who is nobody there, could fill it."""
        form = {"grant_type": "password", "username": "nobody1", "password": "x" * 12}
        answer = await served.http.post(f"/token/{county.slug}", data=form)
        assert answer.status_code == 400
        assert not await found(county, "session.refused")
