"""What a front end is refused at /graphql: each with its code, and nothing of the inside."""

import pytest

from infra.settings import Settings
from tests.county import County
from tests.infra.service import Service, token


class TestRefusals:
    """Bad input gets a code and a word of what to do, and nothing of the inside."""

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "MALFORMED_REQUEST"),
            (b"[]", 400, "BATCH_REFUSED"),
            (b'{"query": 1}', 400, "MALFORMED_REQUEST"),
            (b'{"query": "{ county { slug } }", "variables": []}', 400, "MALFORMED_REQUEST"),
            (b'{"query": "{ a\\u0000 }"}', 400, "MALFORMED_REQUEST"),
            (b'{"query": "{ county { slug "}', 400, "DOCUMENT_REFUSED"),
            (b'{"query": "{ county { nothing } }"}', 400, "DOCUMENT_REFUSED"),
            (b'{"query": "query A { __typename } query B { __typename }"}', 400,
             "OPERATION_UNKNOWN"),
            (b'{"query": "query ($n: Int!) { units(first: $n) { totalCount } }"}', 400,
             "VARIABLES_REFUSED"),
            (b'{"query": "{ units(first: 101) { nodes { id } } }"}', 400, "BAD_INPUT"),
            (b'{"query": "{ units(first: -1) { nodes { id } } }"}', 400, "BAD_INPUT"),
            (b'{"query": "{ units(first: 1, last: 1) { nodes { id } } }"}', 400, "BAD_INPUT"),
            (b'{"query": "{ units(after: \\"x\\") { nodes { id } } }"}', 400, "BAD_INPUT"),
            (b'{"query": "{ node(id: \\"Unit:1\\") { id } }"}', 400, "BAD_INPUT"),
            (b'{"query": "{ units(filter: {parent: \\"Person:%s\\"}) { totalCount } }"}', 400,
             "BAD_INPUT"),
        ],
    )  # fmt: skip
    async def test_each_has_its_code(
        self, served: Service, county: County, body: bytes, status: int, code: str
    ) -> None:
        headers = {"content-type": "application/json", "x-sanfang-tenant": county.slug}
        answer = await served.http.post("/graphql", content=body, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (
            status,
            code,
        )

    async def test_a_body_over_the_limit_is_not_read(
        self, served: Service, county: County, settings: Settings
    ) -> None:
        headers = {"content-type": "application/json", "x-sanfang-tenant": county.slug}
        body = b" " * (settings.max_body_bytes + 1)
        answer = await served.http.post("/graphql", content=body, headers=headers)
        assert answer.status_code == 413

    async def test_a_form_is_refused_as_browsers_send_it_unasked(
        self, served: Service, county: County
    ) -> None:
        answer = await served.http.post(
            "/graphql", content="{}", headers={"content-type": "text/plain"}
        )
        assert answer.status_code == 415

    async def test_documents_too_deep_or_long_are_refused(
        self, served: Service, county: County, settings: Settings
    ) -> None:
        deep = "{ units { nodes { " + "parent { " * 20 + "name" + " }" * 20 + " } } }"
        aliases = " ".join(f"a{i}: __typename" for i in range(settings.max_aliases + 1))
        many = "{ " + "__typename " * (settings.max_tokens + 1) + "}"
        repeated = "{ " + "__typename " * 150 + "}"
        tables = " ".join(f"a{i}: units {{ nodes {{ parent {{ parent {{ parent {{ parent {{ id }}"
                          " } } } } }" for i in range(35))  # fmt: skip
        for document, limit, zh, en in (
            (deep, settings.max_depth, "23 层", "23 levels"),
            (f"{{ {aliases} }}", settings.max_aliases, "41 个别名", "41 aliases"),
            (many, settings.max_tokens, "词数太多", "too many tokens"),
            ("{ a" * 1_300, 150, "嵌套太深", "nested too deep"),
            ("#" * 100_001, settings.max_characters, "100001 个字符", "100001 characters"),
            (repeated, 10_000, "两两比较", "pair by pair"),
            (f"{{ {tables} }}", 150, "涉及的表太多", "too many tables"),
        ):
            for language, words in (("zh", zh), ("en", en)):
                answer = await served.send(document, county=county, accept_language=language)
                assert answer.status_code == 400
                [error] = answer.json()["errors"]
                what = error["extensions"].pop("what")
                assert error["extensions"] == {"code": "DOCUMENT_TOO_LARGE", "limit": limit}
                assert words in what
                assert what in error["message"]

    async def test_messages_are_in_the_callers_language(
        self, served: Service, county: County
    ) -> None:
        said = {
            language: (
                await served.send(
                    "{ people { totalCount } }", county=county, accept_language=language
                )
            ).json()["errors"][0]["message"]
            for language in ("zh-CN", "en-GB, zh;q=0.5", "fr")
        }
        assert said["zh-CN"].startswith("您的职务")
        assert said["en-GB, zh;q=0.5"].startswith("Your posts")
        assert said["fr"] == said["zh-CN"]

    async def test_without_a_county_nobody_is_answered(self, served: Service) -> None:
        answer = await served.send("{ county { slug } }")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["extensions"]["code"] == "TENANT_MISSING"

    async def test_a_token_of_one_county_is_refused_at_another(
        self, served: Service, county: County, other: County
    ) -> None:
        bearer = await token(county, county.administrator)
        answer = await served.send("{ county { slug } }", token=bearer, county=other)
        assert answer.status_code in (401, 404)
        assert other.tenant.name not in answer.text.replace(county.slug, "")

    async def test_an_unknown_error_shows_a_number_and_nothing_else(
        self, served: Service, county: County, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(*_: object) -> None:
            raise RuntimeError("select secret from nowhere")

        monkeypatch.setattr(served.app.state.graphql.operations, "fetch", broken)
        answer = await served.send("{ county { slug } }", county=county)
        assert answer.status_code == 500
        assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
        assert "select" not in answer.text
