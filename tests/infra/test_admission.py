"""Which documents are taken: whole, trusted by their hash, or kept by the server itself."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import policies
from infra.settings import Settings
from policies import Actor
from services import clients
from tests.county import County, adopt
from tests.infra.service import Service, service, token

TEXT = "query Slug { county { slug } }"
OTHER = "query Name { county { name } }"
REGISTER = "mutation ($t: String!) { registerDocument(text: $t) { id documentId client { name } } }"
WITHDRAW = 'mutation ($d: ID!) { withdrawDocument(document: $d, reason: "试验") { id } }'
RENAME = 'mutation ($u: ID!) { renameUnit(unit: $u, name: "改名县") { name } }'


@pytest.fixture(scope="module")
async def keeping(settings: Settings) -> AsyncIterator[Service]:
    """A service that keeps documents by itself, and takes lists."""
    changed = {"automatic_persisted_queries": True, "max_batch": 3}
    async with service(settings.model_copy(update=changed)) as running:
        yield running


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def post(served: Service, body: Any, county: County, bearer: str | None = None) -> Any:
    headers = {"x-sanfang-tenant": county.slug}
    if bearer is not None:
        headers["authorization"] = f"Bearer {bearer}"
    return await served.http.post("/graphql", json=body, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    errors = answer.json()["errors"]
    assert len(errors) == 1
    return answer.status_code, errors[0]["extensions"]["code"]


async def registered(served: Service, county: County, text: str, bearer: str | None = None) -> Any:
    bearer = bearer or await token(county, county.administrator)
    return (await served.ask(REGISTER, {"t": text}, token=bearer))["registerDocument"]


async def demanded(county: County, *of: str) -> None:
    async with county.session() as session:
        document = {"trusted_documents": {"demanded_of": list(of)}}
        await adopt(session, county, document)


async def client_of(county: County) -> Actor:
    grants = [f"{object_}.{action}" for object_, action in policies.ceiling()]
    async with county.session() as session:
        made = await clients.register(
            session, county.administrator, name="小程序", origins=[], grants=grants
        )
    return Actor(county.id, county.slug, client_id=made.id, limits=policies.ceiling())


class TestTrusted:
    async def test_a_client_registers_and_then_names_it_by_its_hash(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, await client_of(county))
        document = await registered(served, county, TEXT, bearer)
        assert document["documentId"] == f"sha256:{digest(TEXT)}"
        assert document["client"] == {"name": "小程序"}
        for name in (document["documentId"], digest(TEXT), digest(TEXT).upper()):
            answer = await post(served, {"documentId": name}, county, bearer)
            assert answer.json()["data"] == {"county": {"slug": county.slug}}

    async def test_by_get_too(self, served: Service, county: County) -> None:
        await registered(served, county, TEXT)
        answer = await served.http.get(
            f"/graphql/{county.slug}", params={"documentId": f"sha256:{digest(TEXT)}"}
        )
        assert answer.json()["data"] == {"county": {"slug": county.slug}}

    async def test_another_county_doesnt_know_it(
        self, served: Service, county: County, other: County
    ) -> None:
        await registered(served, county, TEXT)
        answer = await post(served, {"documentId": digest(TEXT)}, other)
        never = await post(served, {"documentId": digest("never")}, other)
        assert code(answer) == code(never) == (404, "DOCUMENT_UNKNOWN")
        assert answer.json() == never.json()

    async def test_its_reader_still_sees_only_what_they_may(
        self, served: Service, county: County
    ) -> None:
        text = "{ people { totalCount } }"
        await registered(served, county, text)
        assert code(await post(served, {"documentId": digest(text)}, county)) == (403, "FORBIDDEN")

    async def test_withdrawn_it_is_refused_at_the_next_request_in_another_process(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        rename = await registered(served, county, RENAME)
        read = await registered(served, county, TEXT)
        unit = {"u": f"Unit:{county.root.id}"}
        asked = [
            {"documentId": rename["documentId"], "variables": unit},
            {"documentId": read["documentId"]},
        ]
        for body in asked:
            for one in (served, served_beside):
                assert "errors" not in (await post(one, body, county, bearer)).json()
        for document in (rename, read):
            await served.ask(WITHDRAW, {"d": document["id"]}, token=bearer)
        before = await county.events()
        for body in asked:
            for one in (served_beside, served):
                answer = await post(one, body, county, bearer)
                assert code(answer) == (404, "DOCUMENT_UNKNOWN")
        assert await county.events() == before

    @pytest.mark.parametrize(
        "text", ["{", "{ county { nothing } }", "query ($x: Nope) { __typename }", "{ a { b } }"]
    )
    async def test_what_could_never_be_answered_is_not_registered(
        self, served: Service, county: County, text: str
    ) -> None:
        bearer = await token(county, county.administrator)
        before = await county.events()
        assert await served.code(REGISTER, {"t": text}, token=bearer) == "DOCUMENT_REFUSED"
        assert await county.events() == before

    @pytest.mark.parametrize(
        "body",
        [
            {"documentId": "sha256:" + "0" * 63},
            {"documentId": "md5:" + "0" * 64},
            {"documentId": 7},
            {"documentId": ""},
            {"documentId": "0" * 64, "query": TEXT},
            {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}},
            {"extensions": {"persistedQuery": []}},
            {"extensions": {"persistedQuery": {"version": 1}}},
            {"extensions": {}},
            {},
        ],
    )
    async def test_a_name_that_is_none_is_malformed(
        self, served: Service, county: County, body: dict[str, Any]
    ) -> None:
        assert code(await post(served, body, county)) == (400, "MALFORMED_REQUEST")

    async def test_without_a_county_there_is_none(self, served: Service) -> None:
        answer = await served.http.post("/graphql", json={"documentId": digest(TEXT)})
        assert code(answer) == (400, "TENANT_MISSING")


class TestDemanded:
    async def test_those_of_whom_it_is_demanded_send_no_other(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        await registered(served, county, TEXT)
        await demanded(county, "public", "clients")
        for body in ({"query": TEXT}, {"documentId": digest(TEXT)}):
            assert (await post(served, body, county)).status_code == 200
        assert code(await post(served, {"query": OTHER}, county)) == (403, "DOCUMENT_NOT_TRUSTED")
        introspection = {"query": "{ __schema { queryType { name } } }"}
        refused = await post(served, introspection, county)
        assert code(refused) == (403, "DOCUMENT_NOT_TRUSTED")
        assert (await post(served, {"query": OTHER}, county, bearer)).status_code == 200
        client = await token(county, await client_of(county))
        refused = await post(served, {"query": OTHER}, county, client)
        assert code(refused) == (403, "DOCUMENT_NOT_TRUSTED")

    async def test_it_counts_at_the_next_request_in_another_process_for_mutations_too(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        community = await county.unit("community", "东门社区")
        secretary = await county.actor("community_secretary", community)
        bearer = await token(county, secretary)
        body = {"query": RENAME, "variables": {"u": f"Unit:{secretary.posts[0].unit_id}"}}
        for one in (served, served_beside):
            assert "errors" not in (await post(one, body, county, bearer)).json()
        await demanded(county, "people")
        before = await county.events()
        for one in (served_beside, served):
            refused = await post(one, body, county, bearer)
            assert code(refused) == (403, "DOCUMENT_NOT_TRUSTED")
        assert await county.events() == before

    async def test_lifted_it_is_no_more_at_the_next_request(
        self, served: Service, served_beside: Service, county: County
    ) -> None:
        bearer = await token(county, county.founders["auditor"])
        client = await token(county, await client_of(county))
        await demanded(county, "public", "clients", "people")
        for one in (served, served_beside):
            for who in (None, bearer, client):
                refused = await post(one, {"query": OTHER}, county, who)
                assert code(refused) == (403, "DOCUMENT_NOT_TRUSTED")
        await demanded(county)
        for one in (served, served_beside):
            for who in (None, bearer, client):
                assert (await post(one, {"query": OTHER}, county, who)).status_code == 200

    async def test_other_counties_go_on_as_before(
        self, served: Service, county: County, other: County
    ) -> None:
        await demanded(county, "public", "clients", "people")
        assert (await post(served, {"query": OTHER}, other)).status_code == 200


def persisted(text: str, *, whole: bool = False) -> dict[str, Any]:
    name = {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}
    return {"extensions": name} | ({"query": text} if whole else {})


class TestPersisted:
    async def test_it_is_off_unless_the_installation_says_so(
        self, served: Service, county: County
    ) -> None:
        for whole in (False, True):
            answer = await post(served, persisted(TEXT, whole=whole), county)
            assert code(answer) == (400, "PERSISTED_QUERY_NOT_SUPPORTED")

    async def test_sent_once_whole_it_is_known_by_its_hash_in_that_county(
        self, keeping: Service, county: County, other: County
    ) -> None:
        first = await post(keeping, persisted(TEXT), county)
        assert code(first) == (404, "PERSISTED_QUERY_NOT_FOUND")
        for whole in (True, False):
            answer = await post(keeping, persisted(TEXT, whole=whole), county)
            assert answer.json()["data"] == {"county": {"slug": county.slug}}
        elsewhere = await post(keeping, persisted(TEXT), other)
        assert code(elsewhere) == (404, "PERSISTED_QUERY_NOT_FOUND")

    async def test_under_anothers_hash_it_is_not_kept(
        self, keeping: Service, county: County
    ) -> None:
        forged = persisted(TEXT) | {"query": OTHER}
        assert code(await post(keeping, forged, county)) == (400, "MALFORMED_REQUEST")
        answer = await post(keeping, persisted(TEXT), county)
        assert code(answer) == (404, "PERSISTED_QUERY_NOT_FOUND")

    async def test_a_very_long_one_is_answered_and_not_kept(
        self, keeping: Service, county: County
    ) -> None:
        long = TEXT + " " * 20_001
        assert (await post(keeping, persisted(long, whole=True), county)).status_code == 200
        answer = await post(keeping, persisted(long), county)
        assert code(answer) == (404, "PERSISTED_QUERY_NOT_FOUND")

    async def test_where_trusted_ones_are_demanded_it_opens_nothing(
        self, keeping: Service, county: County
    ) -> None:
        await demanded(county, "public")
        for whole in (True, False):
            answer = await post(keeping, persisted(OTHER, whole=whole), county)
            assert code(answer) == (403, "DOCUMENT_NOT_TRUSTED")


class TestBatches:
    async def test_a_list_is_refused_unless_the_installation_takes_it(
        self, served: Service, county: County
    ) -> None:
        answer = await post(served, [{"query": TEXT}], county)
        assert code(answer) == (400, "BATCH_REFUSED")

    async def test_each_is_answered_in_its_place_and_refused_by_itself(
        self, keeping: Service, county: County
    ) -> None:
        sent = [{"query": TEXT}, {"query": "{ people { totalCount } }"}, {"query": OTHER}]
        answer = (await post(keeping, sent, county)).json()
        assert answer[0]["data"] == {"county": {"slug": county.slug}}
        assert answer[1]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert "data" in answer[2]

    async def test_one_more_than_allowed_refuses_all(
        self, keeping: Service, county: County
    ) -> None:
        before = await county.events()
        bearer = await token(county, county.administrator)
        one = {"query": RENAME, "variables": {"u": f"Unit:{county.root.id}"}}
        refused = await post(keeping, [one] * 4, county, bearer)
        assert code(refused) == (400, "BATCH_REFUSED")
        assert await county.events() == before

    async def test_a_malformed_one_refuses_all(self, keeping: Service, county: County) -> None:
        refused = await post(keeping, [{"query": TEXT}, 7], county)
        assert code(refused) == (400, "MALFORMED_REQUEST")
