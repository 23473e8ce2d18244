"""What lies around /graphql: pages of other origins, the console, and what a watchman asks."""

from tests.county import County
from tests.infra.service import Service, token


class TestBrowsers:
    """Pages of other origins: only those that a client of the county has registered."""

    async def test_a_registered_origin_is_let_in_and_any_other_is_not(
        self, served: Service, county: County, other: County
    ) -> None:
        bearer = await token(county, county.administrator)
        await served.ask(
            'mutation { registerClient(name: "门户", origins: ["https://m.example.com"],'
            ' grants: ["units.read"]) { client { id } secret } }',
            token=bearer,
        )
        shown = "access-control-allow-origin"
        for slug, origin, status in (
            (county.slug, "https://m.example.com", 204),
            (county.slug, "https://evil.example.com", 403),
            (other.slug, "https://m.example.com", 403),
            ("no-such-county", "https://m.example.com", 403),
        ):
            headers = {"origin": origin, "access-control-request-method": "POST"}
            for path in ("graphql", "token"):
                asked = await served.http.options(f"/{path}/{slug}", headers=headers)
                assert asked.status_code == status
                assert (shown in asked.headers) == (status == 204)

    async def test_a_page_is_served_to_a_browser_from_here_alone(self, served: Service) -> None:
        page = await served.http.get("/graphql", headers={"accept": "text/html"})
        assert "GraphiQL" in page.text
        assert "http" not in page.text.replace("http-equiv", "")
        part = await served.http.get("/console/graphiql.min.js")
        assert part.status_code == 200
        assert (await served.http.get("/console/..%2fserver.py")).status_code == 404


class TestHealth:
    """What a machine that watches the service asks."""

    async def test_it_says_that_it_lives_and_that_the_database_answers(
        self, served: Service
    ) -> None:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await served.http.get(path)).status_code == 200
