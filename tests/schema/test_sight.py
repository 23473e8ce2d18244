"""Sight: who comes to see a matter, and for how long."""

from infra.database import Database
from services.matters.tables import Channel, Visibility
from tests.county import County
from tests.schema.test_oracle import compiled
from tests.way import Way


class TestTakenDown:
    async def test_who_takes_down_what_is_confidential_can_tell_its_code_until_it_goes_on(
        self, database: Database, county: County
    ) -> None:
        way = await Way.of(county)
        row = await way.raised(
            by=way.stairwell_head, channel=Channel.visit, raiser_name="张三",
            raiser_phone="13800138000", visibility=Visibility.confidential,
        )  # fmt: skip
        asked = f'{{ node(id: "Matter:{row.id}") {{ ... on Matter {{ code }} }} }}'
        assert await compiled(database, way.stairwell_head, asked) == {"node": {"code": row.code}}
        # Whoever else lives or serves there sees nothing of it.
        for other in (way.building_head, way.resident):
            assert await compiled(database, other, asked) == {"node": None}
        await way.do("accept", way.secretary, row.id)
        assert await compiled(database, way.stairwell_head, asked) == {"node": None}
