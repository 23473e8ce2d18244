"""Estates set right in the county's report: a committee and a firm at the same time."""

from datetime import date, timedelta

from infra.database import Database
from services import clock
from services.committees.tables import CommitteeTerm, TermState
from services.packs import active
from tests.county import County
from tests.estate import BEGUN, OVER, Estate
from tests.schema.test_oracle import compiled


class TestSetRight:
    async def test_what_runs_out_before_a_day_to_come_stands_today(
        self, database: Database
    ) -> None:
        home = await Estate.of(await County.new(database))
        today = clock.today()
        await self.formed(home)
        await home.signed(until=today + timedelta(days=20))
        for to, number in ((today, 1), (today + timedelta(days=60), 1), (BEGUN - timedelta(1), 0)):
            assert await self.count(home, BEGUN - timedelta(days=9), to) == number
        assert await self.count(home, BEGUN + timedelta(days=1), today) == 0

    async def test_what_has_run_out_does_not(self, database: Database) -> None:
        home = await Estate.of(await County.new(database))
        await self.formed(home)
        await home.signed(until=clock.today())
        assert await self.count(home, BEGUN, clock.today() + timedelta(days=60)) == 0
        assert await self.count(home, BEGUN, clock.today() - timedelta(days=1)) == 1

    async def formed(self, home: Estate) -> None:
        """A committee's term, on file."""
        async with home.county.session() as session:
            pack = await active(session, home.county.administrator)
            session.add(CommitteeTerm(
                tenant_id=home.county.id, estate_id=home.tree.estate.id, number=1, seats=5,
                years=3, pack_id=pack, state=TermState.filed, elected_at=clock.now(),
                filed_at=clock.now(), filing_number="1", since=BEGUN, until=OVER,
                committee_id=home.tree.committee.id,
            ))  # fmt: skip

    async def count(self, home: Estate, begins: date, to: date) -> int:
        """How many estates came to have both."""
        asked = f'{{ countyReport(from: "{begins}", to: "{to}")'
        asked += " { estatesSetRight { estate { id } } } }"
        found = await compiled(home.county.database, home.officer, asked)
        return len(found["countyReport"]["estatesSetRight"])
