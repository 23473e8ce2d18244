"""Who may ask what the schema is, and who is told what they may have meant."""

from collections.abc import AsyncIterator

import pytest

from infra.settings import Access, Settings
from services import appointments, clock
from tests.county import County
from tests.infra.service import Service, service, token

SCHEMA = "{ __schema { queryType { name } } }"
BESIDE = '{ county { slug } __type(name: "Unit") { name } }'
MISTAKEN = "{ county { slag } }"
VARIABLE = "query ($k: [UnitKind!]) { units(filter: {kinds: $k}) { totalCount } }"


@pytest.fixture(scope="module")
async def granting(settings: Settings) -> AsyncIterator[Service]:
    """A service that leaves it to the policies."""
    async with service(settings.model_copy(update={"introspection": Access.granted})) as running:
        yield running


@pytest.fixture(scope="module")
async def silent(settings: Settings) -> AsyncIterator[Service]:
    """A service that tells nobody."""
    async with service(settings.model_copy(update={"introspection": Access.nobody})) as running:
        yield running


class TestIntrospection:
    async def test_everybody_may_ask_unless_the_installation_says_otherwise(
        self, served: Service, county: County
    ) -> None:
        assert (await served.send(SCHEMA)).status_code == 200
        assert (await served.send(BESIDE, county=county)).status_code == 200

    async def test_by_the_policies_an_officer_may_and_the_public_may_not(
        self, granting: Service, county: County
    ) -> None:
        bearer = await token(county, county.founders["auditor"])
        for document in (SCHEMA, BESIDE):
            assert "errors" not in (await granting.send(document, token=bearer)).json()
            refused = await granting.send(document, county=county)
            assert refused.status_code == 403
            assert refused.json()["errors"][0]["extensions"] == {
                "code": "FORBIDDEN", "object": "schema", "action": "read",
            }  # fmt: skip
        assert (await granting.send(SCHEMA)).status_code == 403

    async def test_whoever_has_signed_out_is_told_nothing_more(
        self, granting: Service, county: County
    ) -> None:
        auditor = county.founders["auditor"]
        bearer = await token(county, auditor)
        assert (await granting.send(SCHEMA, token=bearer)).status_code == 200
        async with county.session() as session:
            held = auditor.posts[0].appointment_id
            await appointments.end(
                session, county.administrator, appointment=held, reason="试验", ends_at=clock.now()
            )
        assert (await granting.send(SCHEMA, token=bearer)).status_code == 403

    async def test_a_document_to_be_registered_gets_no_suggestions_either(
        self, granting: Service, county: County
    ) -> None:
        document = "mutation ($t: String!) { registerDocument(text: $t) { id } }"
        for text in ("{ unit }", "{ units(frist: 1) { totalCount } }", "{ nothing"):
            answer = await granting.send(document, {"t": text}, county=county)
            assert "Did you mean" not in answer.text
            [error] = answer.json()["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"

    async def test_switched_off_nobody_may(self, silent: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        for document in (SCHEMA, BESIDE):
            assert (await silent.send(document, token=bearer)).status_code == 403
        assert (await silent.send(SCHEMA)).status_code == 403

    async def test_a_types_name_is_no_description(self, silent: Service, county: County) -> None:
        answer = await silent.send("{ __typename county { __typename } }", county=county)
        assert answer.json()["data"] == {"__typename": "Query", "county": {"__typename": "Tenant"}}


class TestSuggestions:
    async def test_they_are_for_those_who_may_ask_for_the_schema(
        self, served: Service, granting: Service, silent: Service, county: County
    ) -> None:
        bearer = await token(county, county.administrator)
        for one, who, is_told in (
            (served, None, True),
            (granting, bearer, True),
            (granting, None, False),
            (silent, bearer, False),
        ):
            sent = {"token": who} if who else {"county": county}
            for document, variables in ((MISTAKEN, {}), (VARIABLE, {"k": ["GRIDD"]})):
                answer = await one.send(document, variables, **sent)
                assert answer.status_code == 400
                assert ("Did you mean" in answer.text) is is_told, (document, is_told)

    async def test_a_type_that_isnt_there_suggests_none_either(
        self, silent: Service, county: County
    ) -> None:
        for document in (
            "query ($x: UnitFilte) { units(filter: $x) { totalCount } }",
            '{ node(id: "x") { ... on Unti { name } } }',
            "{ units(frist: 1) { totalCount } }",
            "{ units(orderBy: NAMES) { totalCount } }",
            "{ units(filter: {kind: 1}) { totalCount } }",
        ):
            answer = await silent.send(document, county=county)
            assert answer.status_code == 400
            assert "Did you mean" not in answer.text
