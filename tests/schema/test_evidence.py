"""Who sees a photo: its unit until it is shown with a matter, then whoever sees the matter."""

import pytest

from infra.database import Database
from policies import Actor
from services.matters.tables import Visibility
from tests.county import County
from tests.schema.test_oracle import compiled
from tests.way import Way

DOCUMENT = "{ files(first: 10) { edges { node { name } } } }"


async def seen(database: Database, by: Actor) -> int:
    answer = await compiled(database, by, DOCUMENT)
    return len(answer["files"]["edges"])


@pytest.mark.parametrize(
    ("visibility", "of_heads"),
    [(Visibility.public, 1), (Visibility.parties, 1), (Visibility.confidential, 0)],
)
async def test_it_is_seen_where_its_matter_is(
    database: Database, county: County, visibility: Visibility, of_heads: int
) -> None:
    way = await Way.of(county)
    photo = await way.photo(way.resident)
    assert await seen(database, way.stairwell_head) == 0
    assert await seen(database, way.secretary) == 1
    place = way.tree.stairwell.id
    await way.raised(visibility=visibility, place=place, files=[photo])
    found = {
        name: await seen(database, getattr(way, name))
        for name in ("resident", "stairwell_head", "building_head", "secretary", "worker")
    }
    assert found == {
        "resident": 1, "stairwell_head": of_heads, "building_head": of_heads, "secretary": 1,
        "worker": 1,
    }  # fmt: skip
