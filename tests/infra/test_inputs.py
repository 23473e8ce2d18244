"""Arguments of commands over HTTP: what nobody could mean is refused with the argument's name."""

import pytest

from tests.county import County
from tests.infra.service import Service, token

FOUND = (
    "mutation ($parent: ID!, $name: String!) {"
    " foundUnit(kind: COMMUNITY, name: $name, parent: $parent) { name } }"
)


class TestTexts:
    """A name is what a person can read and tell from another."""

    @pytest.mark.parametrize(
        "name", ["", "   ", "\u200b", "甲\u0007", "甲\u202e乙", "甲\n乙", "长" * 81]
    )
    async def test_one_that_hides_or_is_too_long_is_refused(
        self, served: Service, county: County, name: str
    ) -> None:
        bearer = await token(county, county.administrator)
        given = {"parent": f"Unit:{county.root.id}", "name": name}
        answer = (await served.send(FOUND, given, token=bearer)).json()
        assert answer["errors"][0]["extensions"]["code"] == "BAD_INPUT"
        assert answer["errors"][0]["extensions"]["argument"] == "name"

    async def test_white_space_at_its_ends_is_cut(self, served: Service, county: County) -> None:
        bearer = await token(county, county.administrator)
        given = {"parent": f"Unit:{county.root.id}", "name": "  东街社区 "}
        found = await served.ask(FOUND, given, token=bearer)
        assert found == {"foundUnit": {"name": "东街社区"}}
