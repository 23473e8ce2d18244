"""What a front end meets at /graphql: answers, refusals with their codes, one round trip a read."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import pytest

from services import accounts, appointments
from tests.county import County
from tests.infra.service import Service, token

FOUND = (
    "mutation ($parent: ID!, $name: String!, $key: ID) { foundUnit(kind: COMMUNITY, name: $name,"
    " parent: $parent, commandId: $key) { id name version kind parent { name } } }"
)
RENAME = (
    "mutation ($unit: ID!, $name: String!, $v: Int) { renameUnit(unit: $unit, name: $name,"
    " expectedVersion: $v) { name version } }"
)


class TestAnswers:
    """What is asked is answered, in one statement."""

    async def test_a_secretary_reads_grids_parties_persons_and_coverage_in_one_statement(
        self, served: Service, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree = await county.tree()
        secretary = await county.actor("community_secretary", tree.communities[0])
        bearer = await token(county, secretary)
        await served.ask("{ viewer { isSignedIn } }", token=bearer)
        sent = count_statements(served, monkeypatch)
        found = await served.ask(
            "{ viewer { person { name } } units(filter: {kinds: [GRID]}) { nodes { name linkages {"
            " nodes { branch { name } committee { name } firm { name } } } coverage { estates"
            " crossAppointments { person { name } } gaps { missing unit { name } } } } } }",
            token=bearer,
        )
        assert len(sent) == 1
        assert [unit["name"] for unit in found["units"]["nodes"]] == ["第一网格", "第二网格"]
        assert found["units"]["nodes"][0]["coverage"]["estates"] == 1

    async def test_the_public_reads_what_is_public_and_no_more(
        self, served: Service, county: County
    ) -> None:
        await county.tree()
        answer = await served.send("{ units { totalCount } }", county=county)
        assert answer.status_code == 200
        assert answer.json()["data"]["units"]["totalCount"] > 5
        refused = await served.send("{ people { totalCount } }", county=county)
        assert refused.status_code == 403
        assert refused.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    async def test_introspection_stands_beside_data_in_its_place(
        self, served: Service, county: County
    ) -> None:
        answer = await served.send(
            '{ county { slug } __schema { queryType { name } } a: __type(name: "Unit") { kind } }',
            county=county,
        )
        data = answer.json()["data"]
        assert list(data) == ["county", "__schema", "a"]
        assert data["a"] == {"kind": "OBJECT"}

    async def test_a_query_may_be_sent_by_get_and_a_mutation_may_not(
        self, served: Service, county: County
    ) -> None:
        headers = {"x-sanfang-tenant": county.slug}
        found = await served.http.get(
            "/graphql", params={"query": "{ county { slug } }"}, headers=headers
        )
        assert found.json()["data"] == {"county": {"slug": county.slug}}
        refused = await served.http.get(
            "/graphql",
            params={"query": FOUND, "variables": json.dumps({"parent": "x", "name": "y"})},
            headers=headers,
        )
        assert refused.status_code == 405


class TestCommands:
    """A mutation changes once, or not at all."""

    async def test_repeated_with_its_command_id_it_gives_the_first_answer(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        given = {"parent": f"Unit:{county.root.id}", "name": "新社区", "key": "k-1"}
        first = await served.ask(FOUND, given, token=bearer)
        before = await county.events()
        again = await served.ask(FOUND, given, token=bearer)
        assert again == first
        assert await county.events() == before
        assert await served.code(FOUND, given | {"name": "别的"}, token=bearer) == "COMMAND_REUSED"

    async def test_ids_of_the_callers_own_dont_make_a_plan_each(
        self, served: Service, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bearer = await token(county, county.administrator)
        reader = served.app.state.graphql.operations.reader
        compiled, compile_ = [], reader._answer

        def counted(*given: object) -> object:
            compiled.append(given)
            return compile_(*given)

        monkeypatch.setattr(reader, "_answer", counted)
        document = FOUND.replace("version kind", "kind version")
        for number in range(4):
            given = {"parent": f"Unit:{county.root.id}", "name": f"社区{number}"}
            await served.ask(document, given | {"key": f"own-{number}:{number}"}, token=bearer)
        assert len(compiled) == 2

    async def test_sent_at_once_a_command_id_is_done_once(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        given = {"parent": f"Unit:{county.root.id}", "name": "同时的社区", "key": "k-2"}
        answers = await asyncio.gather(
            *(one.ask(FOUND, given, token=bearer) for one in [served, served_beside] * 5)
        )
        assert len({json.dumps(answer) for answer in answers}) == 1
        assert await county.events("unit.founded") == 2

    async def test_a_stale_version_is_refused_with_the_current_one(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        unit = await county.unit("community", "老名字")
        named = {"unit": f"Unit:{unit.id}", "name": "新名字", "v": 1}
        await served.ask(RENAME, named, token=bearer)
        refused = await served.send(RENAME, named | {"name": "更新"}, token=bearer)
        error = refused.json()["errors"][0]
        assert error["extensions"] == {"code": "STALE_VERSION", "version": 2}
        assert error["path"] == ["renameUnit"]

    async def test_fields_of_one_mutation_run_in_order_each_on_its_own(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        parent = f"Unit:{county.root.id}"
        answer = await served.send(
            f'mutation {{ a: foundUnit(kind: COMMUNITY, name: "甲", parent: "{parent}") {{ name }}'
            f' b: foundUnit(kind: STAIRWELL, name: "乙", parent: "{parent}") {{ name }}'
            f' c: foundUnit(kind: COMMUNITY, name: "丙", parent: "{parent}") {{ name }} }}',
            token=bearer,
        )
        assert answer.json()["data"] == {"a": {"name": "甲"}, "b": None, "c": {"name": "丙"}}
        assert [e["extensions"]["code"] for e in answer.json()["errors"]] == ["UNIT_MISPLACED"]

    async def test_a_contact_is_revealed_for_a_purpose_on_record(
        self, served: Service, county: County
    ) -> None:
        person = await county.person("赵六", phone="19900005678")
        bearer = await token(county, county.security)
        found = await served.ask(
            'mutation ($p: ID!) { revealPerson(person: $p, purpose: "联系家属") { phone'
            " person { name phone } } }",
            {"p": f"Person:{person.id}"},
            token=bearer,
        )
        assert found["revealPerson"] == {
            "phone": "19900005678",
            "person": {"name": "赵六", "phone": "199****5678"},
        }
        assert await county.events("person.revealed") == 1

    async def test_people_are_found_by_their_whole_phone_number(
        self, served: Service, county: County
    ) -> None:
        await county.person("赵六", phone="19900005678")
        bearer = await token(county, county.security)
        document = "query ($p: String) { people(filter: {phone: $p}) { nodes { name } } }"
        found = await served.ask(document, {"p": "+86 199 0000 5678"}, token=bearer)
        assert found["people"]["nodes"] == [{"name": "赵六"}]
        assert await served.code(document, {"p": "5678"}, token=bearer) == "BAD_INPUT"

    async def test_nobody_finds_out_a_masked_number_by_guessing(
        self, served: Service, county: County
    ) -> None:
        """Who may reveal one searches by it, among those whose it may be."""
        here, there = [await county.unit("community", name) for name in ("东门社区", "西门社区")]
        for name, phone, home in (("赵六", "19900005678", here), ("钱七", "19900005679", there)):
            await county.person(name, phone=phone, home=home.id)
        document = "query ($p: String) { people(filter: {phone: $p}) { nodes { name } } }"
        for role in ("auditor", "county_administrator"):
            bearer = await token(county, county.founders[role])
            for phone in ("19900005678", "19900001111"):
                assert await served.code(document, {"p": phone}, token=bearer) == "FORBIDDEN"
            assert (await served.ask(document, {"p": None}, token=bearer))["people"]["nodes"]
        bearer = await token(county, await county.actor("community_secretary", here))
        for phone, names in (("19900005678", ["赵六"]), ("19900005679", [])):
            found = await served.ask(document, {"p": phone}, token=bearer)
            assert [person["name"] for person in found["people"]["nodes"]] == names
        many = " ".join(
            f'a{n}: people(filter: {{phone: "1990000{n:04}"}}) {{ totalCount }}' for n in range(21)
        )
        assert await served.code(f"{{ {many} }}", token=bearer) == "QUERY_TOO_COSTLY"

    async def test_a_refusal_out_of_what_was_kept_is_looked_at_again(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        """A post that somebody has been given counts at once, where they were refused before."""
        person = await county.person("孙八")
        actor = await county.reload(person.id)
        bearer = await token(county, actor)
        events = "{ events(first: 1) { nodes { name } } }"
        found = (
            'mutation ($p: ID!) { foundUnit(kind: WORKING_COMMITTEE, name: "党工委", parent: $p)'
            " { id } }"
        )
        for one in (served, served_beside):
            assert await one.code(events, token=bearer) == "FORBIDDEN"
            assert (
                await one.code(found, {"p": f"Unit:{county.root.id}"}, token=bearer) == "FORBIDDEN"
            )
        await county.appoint(person, "auditor", county.root)
        for one in (served, served_beside):
            assert (await one.ask(events, token=bearer))["events"]["nodes"]

    async def test_an_id_that_is_none_is_refused_whatever_was_asked_before(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        document = "query Any($i: ID!) { node(id: $i) { __typename } }"
        for _ in range(3):
            ghost = {"i": f"Foo:{county.id}"}
            assert await served.ask(document, ghost, token=bearer) == {"node": None}
            assert await served.code(document, {"i": "x"}, token=bearer) == "BAD_INPUT"

    async def test_people_are_found_by_their_whole_identity_number(
        self, served: Service, county: County
    ) -> None:
        await county.person("赵六", identity_number="11010519491231002X")
        await county.person("钱七")
        bearer = await token(county, county.security)
        document = (
            "query ($n: String) { people(filter: {identityNumber: $n})"
            " { totalCount nodes { name } } }"
        )
        found = await served.ask(document, {"n": "11010519491231002x"}, token=bearer)
        assert found["people"] == {"totalCount": 1, "nodes": [{"name": "赵六"}]}
        assert await served.code(document, {"n": "1101051949"}, token=bearer) == "BAD_INPUT"

    @pytest.mark.parametrize(
        "moment", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2030-01-01T00:00:00"]
    )
    async def test_a_moment_that_nobody_means_is_refused(
        self, served: Service, county: County, moment: str
    ) -> None:
        bearer = await token(county, county.administrator)
        held = f"Appointment:{county.security.posts[0].appointment_id}"
        ended = (
            "mutation ($a: ID!, $at: DateTime) { endAppointment(appointment: $a, endsAt: $at,"
            ' reason: "试验") { id } }'
        )
        assert await served.code(ended, {"a": held, "at": moment}, token=bearer) == "BAD_INPUT"

    async def test_anybody_changes_their_own_password_and_sees_the_answer(
        self, served: Service, county: County
    ) -> None:
        person = await county.person()
        async with county.session() as session:
            await accounts.open(
                session,
                county.security,
                person=person.id,
                account="lisi",
                password="old-password-1",
            )
        bearer = await token(county, await county.reload(person.id))
        changed = await served.ask(
            'mutation { changePassword(current: "old-password-1", new: "new-password-2")'
            " { name mustChange } }",
            token=bearer,
        )
        assert changed == {"changePassword": {"name": "lisi", "mustChange": False}}


class TestStanding:
    """Authority is that of this moment, in every process, whatever a token says."""

    async def test_revoked_it_is_refused_at_the_next_request_in_another_process(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        tree = await county.tree()
        person = await county.person()
        held = await county.appoint(person, "community_secretary", tree.communities[0])
        bearer = await token(county, await county.reload(person.id))
        document = "{ people { totalCount } }"
        for one in (served, served_beside):
            await one.ask(document, token=bearer)
        async with county.session() as session:
            await appointments.revoke(
                session, county.security, appointment=held.id, reason="试验撤销"
            )
        renamed = {"unit": f"Unit:{tree.grids[0].id}", "name": "夺名"}
        assert await served_beside.code(RENAME, renamed, token=bearer) == "FORBIDDEN"
        for one in (served_beside, served):
            found = await one.ask("{ viewer { roles { name } posts { role } } }", token=bearer)
            assert found == {"viewer": {"roles": [{"name": "public"}], "posts": []}}
            assert await one.code(RENAME, renamed, token=bearer) == "FORBIDDEN"

    async def test_an_unchanged_authority_costs_no_second_round_trip(
        self, served: Service, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bearer = await token(county, county.administrator)
        await served.ask("{ county { slug } }", token=bearer)
        sent = count_statements(served, monkeypatch)
        for _ in range(3):
            await served.ask("{ county { slug } }", token=bearer)
        assert len(sent) == 3

    async def test_a_suspended_county_is_refused_at_once_and_resumed_at_once(
        self, served: Service, county: County, platform: County
    ) -> None:
        operator = await token(platform, platform.founders["platform_operator"])
        bearer = await token(county, county.administrator)
        turn = 'mutation ($t: ID!) { %sCounty(tenant: $t, reason: "试验") { state } }'
        mine = {"t": f"Tenant:{county.id}"}
        await served.ask("{ county { slug } }", token=bearer)
        await served.ask(turn % "suspend", mine, token=operator)
        refused = await served.send("{ county { slug } }", token=bearer)
        assert refused.status_code == 403
        assert refused.json()["errors"][0]["extensions"]["code"] == "TENANT_SUSPENDED"
        await served.ask(turn % "resume", mine, token=operator)
        await served.ask("{ county { slug } }", token=bearer)

    async def test_the_platforms_operator_sees_counties_and_none_of_their_data(
        self, served: Service, county: County, platform: County
    ) -> None:
        operator = await token(platform, platform.founders["platform_operator"])
        document = "query ($s: String) { counties(filter: {slug: $s}) { nodes { slug state } } }"
        found = await served.ask(document, {"s": county.slug}, token=operator)
        assert found["counties"]["nodes"] == [{"slug": county.slug, "state": "ACTIVE"}]
        unit = await served.ask(
            "query ($id: ID!) { node(id: $id) { id } }", {"id": f"Unit:{county.root.id}"},
            token=operator,
        )  # fmt: skip
        assert unit == {"node": None}
        people = await served.ask("{ people { nodes { name } } }", token=operator)
        assert people == {"people": {"nodes": [{"name": "运维甲"}]}}


def count_statements(served: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that the service sends from now on."""
    sent: list[str] = []
    database = served.app.state.database
    session = database.session

    def opened(*arguments: object, **options: object) -> object:
        sent.append("session")
        return session(*arguments, **options)

    monkeypatch.setattr(database, "reader", Counted(database.reader, sent))
    monkeypatch.setattr(database, "session", opened)
    return sent


@dataclass(frozen=True)
class Counted:
    """The pool of readers, with every statement written down."""

    pool: Any
    sent: list[str]

    async def fetchval(self, sql: str, *arguments: object) -> object:
        """Send a statement."""
        self.sent.append(sql)
        return await self.pool.fetchval(sql, *arguments)
