"""Sight: who comes to see a matter, and for how long."""

from infra.database import Database
from services.matters.tables import Channel, Visibility
from tests.county import County
from tests.schema.test_oracle import compiled
from tests.way import Way


class TestTakenDown:
    async def test_who_takes_down_what_is_confidential_sees_it_and_nobody_else_there_does(
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
        # They answer for one who isn't registered, who has nobody else to speak for them.
        assert await compiled(database, way.stairwell_head, asked) == {"node": {"code": row.code}}

    async def test_of_one_who_is_registered_they_see_no_more_once_it_goes_on(
        self, database: Database, county: County
    ) -> None:
        way = await Way.of(county)
        row = await way.raised(
            by=way.stairwell_head, channel=Channel.visit, raiser=way.resident.person_id,
            visibility=Visibility.confidential,
        )  # fmt: skip
        asked = f'{{ node(id: "Matter:{row.id}") {{ ... on Matter {{ code }} }} }}'
        assert await compiled(database, way.stairwell_head, asked) == {"node": {"code": row.code}}
        await way.do("accept", way.secretary, row.id)
        assert await compiled(database, way.stairwell_head, asked) == {"node": None}
