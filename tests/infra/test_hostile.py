"""What a stranger sends to break the service is refused with a code, and costs little."""

import json
from base64 import b64encode
from typing import Any

import pytest
from graphql import get_introspection_query

from schema.reading import Bounded
from tests.county import County
from tests.infra.service import Service, token
from tests.schema.test_limits import chained

LATE, EARLY = "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"
SOME = "00000000-0000-7000-8000-000000000001"


def segment(value: Any) -> str:
    """One part of a token."""
    return b64encode(json.dumps(value).encode()).decode().rstrip("=")


def forged(**claims: Any) -> str:
    """A token that nobody has signed."""
    return f"{segment({'alg': 'EdDSA', 'kid': 'x'})}.{segment(claims)}.AAAA"


def cursor(*places: Any) -> str:
    """A cursor as we make them."""
    return b64encode(json.dumps(places).encode()).decode()


def codes(answer: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


class TestSize:
    async def test_fragments_that_double_a_hundred_times(
        self, served: Service, county: County
    ) -> None:
        answer = await served.send(chained(100, 2), county=county)
        assert (answer.status_code, codes(answer.json())) == (400, ["DOCUMENT_TOO_LARGE"])

    @pytest.mark.parametrize(
        ("document", "variables", "code"),
        [
            ("query ($f: UnitFilter) { units(filter: $f) { totalCount } }",
             {"f": {f"x{number}": 1 for number in range(9_000)}}, "VARIABLES_REFUSED"),
            ("query ($f: UnitFilter) { units(filter: $f) { totalCount } }",
             {"f": {f"x{number}": 1 for number in range(60_000)}}, "VARIABLES_TOO_LARGE"),
            ("query ($k: [UnitKind!]) { units(filter: {kinds: $k}) { totalCount } }",
             {"k": ["X"] * 9_000}, "VARIABLES_REFUSED"),
            ("query ($k: [UnitKind!]) { units(filter: {kinds: $k}) { totalCount } }",
             {"k": ["GRID"] * 90_000}, "VARIABLES_TOO_LARGE"),
            ('mutation ($d: JSON!) { proposePack(document: $d, reason: "试验") { id } }',
             {"d": json.loads('{"a":' * 500 + "1" + "}" * 500)}, "VARIABLES_TOO_LARGE"),
            ("\n" * 90_000 + "{" + " ".join(f"x{number}" for number in range(60)) + "}",
             {}, "DOCUMENT_REFUSED"),
            ("{ __typename } #" + "😀" * 200_000, {}, "DOCUMENT_TOO_LARGE"),
        ],
        ids=["members that there aren't", "very many of them", "values that there aren't",
             "very many values", "a deep value", "lines without end", "one long line"],
    )  # fmt: skip
    async def test_what_is_wrong_over_and_over_is_said_a_few_times(
        self, served: Service, county: County, document: str, variables: dict[str, Any], code: str
    ) -> None:
        answer = await served.send(document, variables, county=county)
        assert (answer.status_code, set(codes(answer.json()))) == (400, {code})
        assert len(answer.content) < 20_000
        assert len(answer.json()["errors"]) <= 11

    async def test_braces_without_end(self, served: Service, county: County) -> None:
        answer = await served.send("{ a" * 1300, county=county)
        assert (answer.status_code, codes(answer.json())) == (400, ["DOCUMENT_TOO_LARGE"])

    async def test_pages_of_pages(self, served: Service, county: County) -> None:
        name = "name"
        for _ in range(2):
            name = f"parent {{ children(first: 100) {{ nodes {{ {name} }} }} }}"
        answer = await served.send(
            f"{{ units(first: 100) {{ nodes {{ {name} }} }} }}", county=county
        )
        assert (answer.status_code, codes(answer.json())) == (400, ["QUERY_TOO_COSTLY"])
        assert answer.json()["errors"][0]["extensions"]["cost"] == 1_020_200

    async def test_a_command_with_too_costly_an_answer_changes_nothing(
        self, served: Service, county: County
    ) -> None:
        unit = await county.unit("community", "老名字")
        bearer = await token(county, county.administrator)
        answer = await served.send(
            f'mutation {{ renameUnit(unit: "Unit:{unit.id}", name: "新") {{ parent {{'
            " children(first: 100) { nodes { children(first: 100) { nodes { children(first: 3)"
            " { nodes { id } } } } } } } } }",
            token=bearer,
        )
        assert codes(answer.json()) == ["QUERY_TOO_COSTLY"]
        assert await county.events("unit.renamed") == 0

    async def test_the_schema_described_over_and_over(self, served: Service) -> None:
        many = " ".join(f"a{i}: name" for i in range(30))
        fields = f"fields {{ type {{ fields {{ args {{ {many} }} }} }} }}"
        answer = await served.send(f"{{ __schema {{ types {{ {fields} }} }} }}")
        assert (answer.status_code, codes(answer.json())) == (400, ["QUERY_TOO_COSTLY"])


class TestDescription:
    """The schema's description beside data, and without a county."""

    @pytest.mark.parametrize(
        ("text", "keys"),
        [
            ("{ __schema { queryType { name } } viewer { isSignedIn } }", ["__schema", "viewer"]),
            ("{ units { totalCount } a: __schema { queryType { name } } }", ["units", "a"]),
            ("{ ...A viewer { isSignedIn } } fragment A on Query { ...B } fragment B on Query {"
             " __type(name: \"Unit\") { ...C } } fragment C on __Type { kind }",
             ["__type", "viewer"]),
            ("{ __typename __schema { queryType { name } } }", ["__typename", "__schema"]),
        ],
    )  # fmt: skip
    async def test_it_stands_beside_what_may_not_be_null(
        self, served: Service, county: County, text: str, keys: list[str]
    ) -> None:
        answer = (await served.send(text, county=county)).json()
        assert "errors" not in answer
        assert list(answer["data"]) == keys
        assert None not in answer["data"].values()

    async def test_it_takes_its_own_variables_and_leaves_the_others(
        self, served: Service, county: County
    ) -> None:
        text = (
            "query ($name: String!, $kinds: [UnitKind!], $no: Boolean!) {"
            " __type(name: $name) { kind name @skip(if: $no) }"
            " units(filter: {kinds: $kinds}) { totalCount } }"
        )
        given = {"name": "Unit", "kinds": ["GRID"], "no": True}
        answer = (await served.send(text, given, county=county)).json()
        assert answer["data"] == {"__type": {"kind": "OBJECT"}, "units": {"totalCount": 0}}

    async def test_alone_it_needs_no_county(self, served: Service) -> None:
        for text in (get_introspection_query(), "{ __typename }"):
            answer = await served.send(text)
            assert answer.status_code == 200, answer.text[:600]
            assert "errors" not in answer.json()

    @pytest.mark.parametrize(
        "text",
        [
            "{ __typename viewer { isSignedIn } }",
            "{ ...A } fragment A on Query { __typename county { slug } }",
            "mutation { __typename }",
        ],
    )
    async def test_with_anything_else_a_county_is_needed(self, served: Service, text: str) -> None:
        answer = await served.send(text)
        assert (answer.status_code, codes(answer.json())) == (400, ["TENANT_MISSING"])


class TestTexts:
    """A NUL, half a character, a number out of range: refused before the database sees it."""

    @pytest.mark.parametrize("slug", ["%00", "a%00b", "%ED%A0%80", "a" * 5000])
    async def test_in_the_countys_name(self, served: Service, slug: str) -> None:
        body = {"query": "{ county { slug } }"}
        answer = await served.http.post(f"/graphql/{slug}", json=body)
        assert (answer.status_code, codes(answer.json())) == (404, ["TENANT_UNKNOWN"])
        preflight = await served.http.options(f"/graphql/{slug}", headers={"origin": "https://x"})
        assert preflight.status_code == 403
        keys = await served.http.get(f"/jwks/{slug}")
        assert (keys.status_code, keys.json()["code"]) == (404, "TENANT_UNKNOWN")

    async def test_in_the_header(self, served: Service) -> None:
        answer = await served.send("{ county { slug } }", x_sanfang_tenant="a\x00b")
        assert (answer.status_code, codes(answer.json())) == (404, ["TENANT_UNKNOWN"])

    @pytest.mark.parametrize(
        "claims",
        [
            {"iss": "sanfang", "tenant": "a\x00b"}, {"iss": "sanfang", "tenant": "\ud800"},
            {"iss": "http://\ud800"}, {"iss": "a\x00b"}, {"iss": "http://[::1"},
            {"iss": "sanfang", "tenant": 1}, {"iss": None},
        ],
    )  # fmt: skip
    async def test_in_the_claims_of_a_token(
        self, served: Service, county: County, claims: dict[str, Any]
    ) -> None:
        answer = await served.send("{ county { slug } }", token=forged(**claims), county=county)
        assert (answer.status_code, codes(answer.json())) == (401, ["TOKEN_REFUSED"])

    @pytest.mark.parametrize(
        "text",
        [
            cursor("name", "a\x00", SOME), cursor("name", "\ud800", SOME), cursor("name", "a", "x"),
            cursor("name", "a"), cursor(), cursor("name", 1, SOME),
            b64encode(b"[" * 75_000).decode(),
            b64encode(b'"name"').decode(), b64encode(b"\xff").decode(), "é", "\u0000",
        ],
    )  # fmt: skip
    async def test_in_a_cursor(self, served: Service, county: County, text: str) -> None:
        document = "query ($at: String) { units(after: $at) { nodes { id } } }"
        answer = await served.send(document, {"at": text}, county=county)
        assert answer.status_code == 400
        assert set(codes(answer.json())) <= {"BAD_INPUT", "MALFORMED_REQUEST"}

    @pytest.mark.parametrize("moment", [LATE, EARLY, "2020-01-01T00:00:00", "infinity"])
    async def test_a_moment_in_a_cursor(self, served: Service, county: County, moment: str) -> None:
        bearer = await token(county, county.administrator)
        document = "query ($at: String) { appointments(after: $at) { nodes { id } } }"
        answer = await served.send(
            document, {"at": cursor("starts_at", moment, SOME)}, token=bearer
        )
        assert (answer.status_code, codes(answer.json())) == (400, ["BAD_INPUT"])

    async def test_a_number_in_a_cursor(self, served: Service, county: County) -> None:
        bearer = await token(county, county.founders["auditor"])
        document = "query ($at: String) { packs(after: $at) { nodes { id } } }"
        for number in (2**31, -(10**30)):
            at = cursor("edition", str(number), SOME)
            answer = await served.send(document, {"at": at}, token=bearer)
            assert (answer.status_code, codes(answer.json())) == (400, ["BAD_INPUT"])

    @pytest.mark.parametrize("pack", ["x", [1], 5, True])
    async def test_a_pack_that_is_no_object(
        self, served: Service, county: County, pack: object
    ) -> None:
        bearer = await token(county, county.administrator)
        document = 'mutation ($pack: JSON!) { proposePack(document: $pack, reason: "试验") { id } }'
        answer = (await served.send(document, {"pack": pack}, token=bearer)).json()
        assert codes(answer) == ["PACK_REFUSED"]
        assert answer["errors"][0]["extensions"]["problems"] == "$: 应是一个对象"

    async def test_an_address_that_is_none(self, served: Service, county: County) -> None:
        bearer = await token(county, county.security)
        trust = 'mutation ($url: String!) { trustIssuer(issuer: $url, audience: "a") { id } }'
        for url in ("https://[::1", "https://x:99999", "https://县.cn", "https://a b"):
            assert await served.code(trust, {"url": url}, token=bearer) == "BAD_INPUT"


class TestCounty:
    """Path, header and body name one county, or none is answered."""

    @pytest.mark.parametrize("is_signed_in", [True, False])
    async def test_path_and_header(
        self, served: Service, county: County, other: County, is_signed_in: bool
    ) -> None:
        sent = {"x-sanfang-tenant": other.slug}
        if is_signed_in:
            sent["authorization"] = f"Bearer {await token(county, county.administrator)}"
        body = {"query": "{ county { slug } }"}
        answer = await served.http.post(f"/graphql/{county.slug}", json=body, headers=sent)
        assert (answer.status_code, codes(answer.json())) == (404, ["TENANT_UNKNOWN"])
        sent["x-sanfang-tenant"] = county.slug
        answer = await served.http.post(f"/graphql/{county.slug}", json=body, headers=sent)
        assert answer.json()["data"] == {"county": {"slug": county.slug}}

    @pytest.mark.parametrize("endpoint", ["token", "sign-out"])
    async def test_path_header_and_body(
        self, served: Service, county: County, other: County, endpoint: str
    ) -> None:
        fields = {"grant_type": "password", "username": "a", "password": "b", "token": "c"}
        for path, header, said in (
            (county.slug, None, other.slug),
            (county.slug, other.slug, None),
            (None, county.slug, other.slug),
            (county.slug, county.slug, other.slug),
        ):
            url = f"/{endpoint}/{path}" if path else f"/{endpoint}"
            headers = {"x-sanfang-tenant": header} if header else {}
            form = fields | ({"tenant": said} if said else {})
            answer = await served.http.post(url, data=form, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED_REQUEST")


class TestIds:
    async def test_another_types_id_is_no_units(self, served: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        document = "query ($unit: ID) { coverage(unit: $unit) { estates } }"
        await served.ask(document, {"unit": f"Unit:{county.root.id}"}, token=bearer)
        for wrong in (f"Person:{county.root.id}", f"{county.root.id}", "Unit:"):
            assert await served.code(document, {"unit": wrong}, token=bearer) == "BAD_INPUT"

    async def test_an_id_is_written_in_one_way(self, served: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        document = "query ($id: ID!) { node(id: $id) { id } }"
        key = county.root.id
        await served.ask(document, {"id": f"Unit:{key}"}, token=bearer)
        for digits in (key.hex, f"{{{key}}}", key.urn, str(key).upper(), f"{key}\n", f" {key}"):
            assert (
                await served.code(document, {"id": f"Unit:{digits}"}, token=bearer) == "BAD_INPUT"
            )

    async def test_a_filters_refusal_names_the_argument(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        for wrong in ("x", f"Person:{county.root.id}"):
            answer = await served.send(
                "query ($home: ID) { people(filter: {home: $home}) { totalCount } }",
                {"home": wrong},
                token=bearer,
            )
            assert answer.json()["errors"][0]["extensions"]["argument"] == "home"


class TestForms:
    """What HTTP lets one say of a request."""

    @pytest.mark.parametrize(
        ("said", "status"),
        [
            ("application/json; charset*=a; charset*0=b", 415),
            ("application/json; charset*" + "9" * 5_000 + "=x", 415),
            ("application/json; charset=gbk", 415),
            ('application/json; charset="UTF-8"', 200),
            ("Application/JSON ; Charset = utf-8", 200),
            ("application/json;", 200),
            ("application/json; odata=verbose", 200),
            ("text/plain", 415),
            ("", 415),
        ],
    )
    async def test_a_content_type_is_json_or_refused(
        self, served: Service, county: County, said: str, status: int
    ) -> None:
        answer = await served.http.post(
            f"/graphql/{county.slug}", content=b'{"query": "{ __typename }"}',
            headers={"content-type": said},
        )  # fmt: skip
        assert answer.status_code == status

    async def test_head_is_as_get_and_changes_nothing(
        self, served: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        rename = f'mutation {{ renameUnit(unit: "Unit:{county.root.id}", name: "新") {{ id }} }}'
        for method in ("GET", "HEAD"):
            for params, status in (({"query": rename}, 405), ({}, 400)):
                answer = await served.http.request(
                    method, "/graphql", json={"query": rename}, params=params,
                    headers={"authorization": f"Bearer {bearer}"},
                )  # fmt: skip
                assert answer.status_code == status
        assert await county.events("unit.renamed") == 0

    async def test_a_length_over_the_limit_is_believed(
        self, served: Service, county: County
    ) -> None:
        answer = await served.http.post(
            f"/graphql/{county.slug}", content=b"{}",
            headers={"content-type": "application/json", "content-length": "99999999"},
        )  # fmt: skip
        assert (answer.status_code, codes(answer.json())) == (413, ["BODY_TOO_LARGE"])

    async def test_a_path_too_many_is_not_found(self, served: Service, county: County) -> None:
        answer = await served.http.get(f"/graphql/{county.slug}/", headers={"host": "evil.example"})
        assert answer.status_code == 404

    async def test_answers_are_taken_for_what_they_say_they_are(
        self, served: Service, county: County
    ) -> None:
        for document in ("{ __typename }", "{ nothing }"):
            answer = await served.send(document, county=county)
            assert answer.headers["x-content-type-options"] == "nosniff"


class TestMemory:
    """What is asked once leaves no more than a number behind."""

    def test_of_what_was_seen_once_nothing_is_kept_and_of_the_rest_so_much(self) -> None:
        kept: Bounded[str] = Bounded(100, most_bytes=1_000)
        for number in range(500):
            kept.admit("x" * number, "value", 400)
        assert kept.get("x" * 499) is None
        for key in ("a", "a", "b", "b"):
            kept.admit(key, key, 400)
        assert (kept.get("a"), kept.get("b")) == ("a", "b")
        for key in ("c", "c"):
            kept.admit(key, key, 400)
        assert (kept.get("a"), kept.get("b"), kept.get("c")) == (None, "b", "c")
        for key in ("heavy", "heavy"):
            kept.admit(key, key, 1_001)
        assert [kept.get(key) for key in ("b", "c", "heavy")] == [None, None, None]
