"""GraphQL over HTTP as its specification has it: each point that the public audit suite looks at.

What is asked here needs no county: the protocol is the same for everybody. The last class is what
keeps other people's pages from sending anything in a browser's name.
"""

import json
from typing import Any

import httpx
import pytest

from infra.settings import Settings
from tests.county import County
from tests.infra.service import Service, token

RESPONSE, JSON = "application/graphql-response+json", "application/json"
ASKED = "{ __typename }"
TYPE_OF = "query Type($name: String!) { __type(name: $name) { name } }"
COERCED = "query Coerced($id: ID!) { node(id: $id) { id } }"
RENAME = 'mutation { renameUnit(unit: "Unit:%s", name: "夺名") { name } }'
ANSWERED = {"data": {"__typename": "Query"}}
BOTH = pytest.mark.parametrize("accept", [RESPONSE, JSON])
# What none of the parameters may be, beside those that one of them may.
SHAPES: tuple[Any, ...] = ({"obj": "ect"}, "string", 0, False, ["array"])


async def post(served: Service, body: Any, **headers: str) -> httpx.Response:
    """Send a body as JSON; headers' names with _ for -."""
    sent = {"content-type": JSON} | {name.replace("_", "-"): said for name, said in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await served.http.post("/graphql", content=content, headers=sent)


async def get(served: Service, accept: str = RESPONSE, **given: str) -> httpx.Response:
    """Ask by what stands in the address."""
    return await served.http.get("/graphql", params=given, headers={"accept": accept})


def media_type(answer: httpx.Response) -> str:
    """What the answer says it is."""
    return answer.headers["content-type"]


def code(answer: httpx.Response) -> str:
    """The code of the one error of an answer that has no data."""
    [error] = answer.json()["errors"]
    assert set(answer.json()) == {"errors"}
    said: str = error["extensions"]["code"]
    return said


class TestMediaTypes:
    """Who asks says in what the answer comes; it is always UTF-8."""

    @pytest.mark.parametrize(
        ("accept", "comes"),
        [
            (RESPONSE, RESPONSE),
            (JSON, JSON),
            ("*/*", JSON),
            ("application/*", JSON),
            (f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE),
            (f"{JSON}, {RESPONSE}", RESPONSE),
            ("text/csv", JSON),
            (f"{RESPONSE}, {JSON}, text/event-stream, multipart/mixed", RESPONSE),
            (f"text/event-stream, {JSON}", JSON),
        ],
    )
    async def test_the_one_that_is_accepted_comes(
        self, served: Service, accept: str, comes: str
    ) -> None:
        for body, status in (({"query": ASKED}, 200), ({"query": 1}, 400)):
            answer = await post(served, body, accept=accept)
            assert (answer.status_code, media_type(answer)) == (status, f"{comes}; charset=utf-8")

    async def test_without_a_word_of_it_plain_json_comes(self, served: Service) -> None:
        asked = served.http.build_request("POST", "/graphql", json={"query": ASKED})
        del asked.headers["accept"]
        answer = await served.http.send(asked)
        assert (answer.status_code, answer.json()) == (200, ANSWERED)
        assert media_type(answer) == f"{JSON}; charset=utf-8"

    @pytest.mark.parametrize(
        "said",
        [
            JSON,
            f"{JSON}; charset=utf-8",
            f'{JSON};charset="UTF-8"',
            "Application/JSON",
            f"{JSON}; profile=x",
        ],
    )
    async def test_what_is_sent_is_read_as_utf_8(self, served: Service, said: str) -> None:
        body = {"query": '{ __type(name: "网格🏊") { name } }'}
        sent = json.dumps(body, ensure_ascii=False).encode()
        answer = await post(served, sent, content_type=said)
        assert (answer.status_code, answer.json()) == (200, {"data": {"__type": None}})

    async def test_an_answer_is_nobodys_to_keep(self, served: Service) -> None:
        for answer in (await get(served, query=ASKED), await post(served, {"query": "{"})):
            assert answer.headers["cache-control"] == "no-store"


class TestParameters:
    """query, operationName, variables and extensions, each of its own shape or refused."""

    @BOTH
    @pytest.mark.parametrize(
        "given",
        [
            {"query": ASKED},
            {"query": "query Query { __typename }", "operationName": "Query"},
            {"query": ASKED, "extensions": {"some": "value"}},
            *({"query": ASKED, name: None} for name in ("variables", "operationName",
                                                        "extensions")),
        ],
    )  # fmt: skip
    async def test_what_is_right_is_answered(
        self, served: Service, accept: str, given: dict[str, Any]
    ) -> None:
        answer = await post(served, given, accept=accept)
        assert (answer.status_code, answer.json()) == (200, ANSWERED)

    @BOTH
    async def test_variables_are_an_object(self, served: Service, accept: str) -> None:
        given = {"query": TYPE_OF, "variables": {"name": "Unit"}}
        answer = await post(served, given, accept=accept)
        assert answer.json() == {"data": {"__type": {"name": "Unit"}}}

    @BOTH
    @pytest.mark.parametrize(
        ("name", "wrong"),
        [
            (name, shape)
            for name, right in (("query", str), ("operationName", str), ("variables", dict),
                                ("extensions", dict))
            for shape in SHAPES
            if not isinstance(shape, right)
        ],
    )  # fmt: skip
    async def test_of_another_shape_it_is_refused(
        self, served: Service, accept: str, name: str, wrong: Any
    ) -> None:
        answer = await post(served, {"query": ASKED, name: wrong}, accept=accept)
        assert (answer.status_code, code(answer)) == (400, "MALFORMED_REQUEST")
        assert name in answer.text

    @BOTH
    @pytest.mark.parametrize(
        "body",
        [b"", b'{ "not a JSON', b"null", b'"text"', {}, {"qeury": ASKED}, {"query": ""},
         b'\xff\xfe{"query": "{ __typename }"}'],
    )  # fmt: skip
    async def test_a_body_that_asks_nothing_is_refused(
        self, served: Service, accept: str, body: Any
    ) -> None:
        answer = await post(served, body, accept=accept)
        assert (answer.status_code, code(answer)) == (400, "MALFORMED_REQUEST")

    async def test_more_operations_at_once_than_one_are_refused(self, served: Service) -> None:
        for batch in ([], [{"query": ASKED}], [{"query": ASKED}] * 2):
            answer = await post(served, batch)
            assert answer.status_code == 400
            assert code(answer) == "BATCH_REFUSED"


class TestGets:
    """By its address alone a query can be asked, and nothing be changed."""

    @BOTH
    async def test_the_address_holds_what_a_body_would(self, served: Service, accept: str) -> None:
        plain = await get(served, accept, query=ASKED)
        assert (plain.status_code, plain.json()) == (200, ANSWERED)
        named = await get(
            served, accept, query=f"{TYPE_OF} query Other {{ __typename }}",
            operationName="Type", variables=json.dumps({"name": "Unit"}),
        )  # fmt: skip
        assert (named.status_code, named.json()) == (200, {"data": {"__type": {"name": "Unit"}}})

    @pytest.mark.parametrize("given", [{}, {"query": ""}, {"query": ASKED, "variables": "{"},
                                       {"query": ASKED, "variables": "[]"}])  # fmt: skip
    async def test_an_address_that_asks_nothing_is_refused(
        self, served: Service, given: dict[str, str]
    ) -> None:
        answer = await get(served, **given)
        assert (answer.status_code, code(answer)) == (400, "MALFORMED_REQUEST")

    @BOTH
    async def test_a_mutation_is_refused_and_changes_nothing(
        self, served: Service, county: County, accept: str
    ) -> None:
        unit = await county.unit("community", "老名字")
        sent = {
            "authorization": f"Bearer {await token(county, county.administrator)}",
            "accept": accept,
        }
        before = await county.events()
        asked = {"query": RENAME % unit.id}
        answer = await served.http.get("/graphql", params=asked, headers=sent)
        assert (answer.status_code, code(answer)) == (405, "METHOD_REFUSED")
        assert answer.headers["allow"] == "POST"
        assert await county.events() == before
        assert (await served.http.post("/graphql", json=asked, headers=sent)).status_code == 200

    async def test_a_mutation_by_nobody_is_refused_as_well(self, served: Service) -> None:
        answer = await get(served, query="mutation { __typename }")
        assert 400 <= answer.status_code < 500

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    async def test_there_is_no_other_way(self, served: Service, method: str) -> None:
        answer = await served.http.request(method, "/graphql", json={"query": ASKED})
        assert answer.status_code == 405
        assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


class TestStatuses:
    """What the status says, by the media type that the caller accepts."""

    @pytest.mark.parametrize(
        ("given", "refused"),
        [
            ({"query": "{"}, "DOCUMENT_REFUSED"),
            ({"query": "{ nothingOfThisName }"}, "DOCUMENT_REFUSED"),
            ({"query": COERCED, "variables": {"id": None}}, "VARIABLES_REFUSED"),
        ],
    )
    async def test_a_document_that_cannot_run_is_400_or_under_plain_json_200(
        self, served: Service, given: dict[str, Any], refused: str
    ) -> None:
        for accept, status in ((RESPONSE, 400), ("*/*", 400), (JSON, 200)):
            answer = await post(served, given, accept=accept)
            assert (answer.status_code, code(answer)) == (status, refused)

    async def test_who_is_not_let_in_is_401_and_told_how(self, served: Service) -> None:
        answer = await post(served, {"query": ASKED}, authorization="Bearer none")
        assert (answer.status_code, code(answer)) == (401, "TOKEN_REFUSED")
        assert answer.headers["www-authenticate"] == "Bearer"

    async def test_what_one_may_not_is_403(self, served: Service, county: County) -> None:
        answer = await served.send("{ people { totalCount } }", county=county, accept=RESPONSE)
        assert (answer.status_code, code(answer)) == (403, "FORBIDDEN")

    async def test_a_body_too_large_is_413(self, served: Service, settings: Settings) -> None:
        answer = await post(served, b" " * (settings.max_body_bytes + 1))
        assert (answer.status_code, code(answer)) == (413, "BODY_TOO_LARGE")

    @BOTH
    async def test_a_refused_command_is_an_answer_with_data(
        self, served: Service, county: County, accept: str
    ) -> None:
        bearer = await token(county, county.administrator)
        answer = await served.send(RENAME % county.id, token=bearer, accept=accept)
        assert answer.status_code == 200
        assert answer.json()["data"] == {"renameUnit": None}
        assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


class TestUnasked:
    """What a browser sends for any page without asking first is taken by no route of ours."""

    @pytest.mark.parametrize(
        "said",
        [
            None,
            "",
            "text/plain",
            "text/plain; application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/graphql",
            f"{JSON}; charset=utf-16",
            f"{JSON}; charset=utf-16; profile=utf-8",
            f"{JSON}, text/plain",
        ],
    )
    async def test_only_json_is_taken(
        self, served: Service, county: County, said: str | None
    ) -> None:
        bearer = await token(county, county.administrator)
        sent = {"authorization": f"Bearer {bearer}"}
        if said is not None:
            sent["content-type"] = said
        before = await county.events()
        body = json.dumps({"query": RENAME % county.root.id}).encode()
        answer = await served.http.post("/graphql", content=body, headers=sent)
        assert (answer.status_code, code(answer)) == (415, "MEDIA_TYPE_REFUSED")
        assert await county.events() == before

    async def test_a_form_is_no_request(self, served: Service, county: County) -> None:
        document = RENAME % county.root.id
        before = await county.events()
        for form in (
            await served.http.post(f"/graphql/{county.slug}", data={"query": document}),
            await served.http.post(
                f"/graphql/{county.slug}",
                data={"operations": json.dumps({"query": document}), "map": "{}"},
                files={"0": b""},
            ),
        ):
            assert (form.status_code, code(form)) == (415, "MEDIA_TYPE_REFUSED")
        assert await county.events() == before

    async def test_what_stands_in_the_address_of_a_post_is_not_asked(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        sent = {"authorization": f"Bearer {bearer}", "content-type": JSON}
        before = await county.events()
        asked = {"query": RENAME % county.root.id}
        for body in (b"", b"{}"):
            answer = await served.http.post("/graphql", params=asked, content=body, headers=sent)
            assert (answer.status_code, code(answer)) == (400, "MALFORMED_REQUEST")
        beside = await served.http.post(
            "/graphql", params=asked, json={"query": ASKED}, headers=sent
        )
        assert beside.json()["data"] == ANSWERED["data"]
        assert await county.events() == before
