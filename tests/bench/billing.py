"""How fast an estate is billed: `python -m tests.bench.billing [UNITS]`, on a database of its own.
Beside it stands its limit in the same run: the same rows by plain INSERT ... SELECT, no rule asked.
"""

import asyncio
import sys
import time
from datetime import date

from infra import migrate
from infra.database import Database
from infra.embedded import Embedded
from infra.settings import Settings
from policies import Actor
from services import bills, clock, penalties
from services.bills import running
from tests.conftest import embedded_folder
from tests.county import County
from tests.estate import Estate, noon

PEOPLE = """
insert into person (tenant_id, id, version, made_at, name, is_party_member, key_number)
select $1, gen_random_uuid(), 1, now(), '业主' || n, false, 1 from generate_series(1, $2) n"""
UNITS = """
insert into property_unit (tenant_id, id, version, made_at, estate_id, unit_id, number, use, area,
  area_source, since)
select $1, gen_random_uuid(), 1, now(), $2, $2, n::text, 'dwelling', 60 + (n % 9000) / 100.0,
  'register', date '2025-01-01' from generate_series(1, $3) n"""
OWNED = """
insert into ownership (tenant_id, id, version, made_at, made_by, property_unit_id, person_id,
  numerator, denominator, since, ground, state, verified_at)
select $1, gen_random_uuid(), 1, now(), p.id, u.id, p.id, 1, 1, date '2025-01-01', 'x', 'verified',
  now()
from property_unit u
join (select id, row_number() over () as n from person where name like '业主%') p
  on p.n::text = u.number where u.tenant_id = $1"""
# What the run writes, and nothing of what it asks: no owner, no standard, no day is looked at.
BY_HAND = (
    """
create temporary table plain on commit drop as
select b.*, gen_random_uuid() as new_account, gen_random_uuid() as new_bill
from bill b where b.month = $1""",
    """
insert into fee_account (tenant_id, id, version, made_at, property_unit_id, estate_id, firm_id,
  holders_key)
select tenant_id, new_account, 1, now(), property_unit_id, estate_id, firm_id, 'plain'
from plain""",
    """
insert into fee_holder (tenant_id, id, account_id, person_id, made_at)
select p.tenant_id, gen_random_uuid(), p.new_account, h.person_id, now()
from plain p join fee_holder h on h.tenant_id = p.tenant_id and h.account_id = p.account_id""",
    """
insert into bill (tenant_id, id, version, made_at, account_id, estate_id, firm_id, property_unit_id,
  run_id, standard_id, item, label, month, edition, working, due_on, limitation_on, is_unclaimed)
select tenant_id, new_bill, 1, now(), new_account, estate_id, firm_id, property_unit_id, run_id,
  standard_id, item, label, date '2020-01-01', 1, working, due_on, limitation_on,
  false from plain""",
    """
insert into ledger_entry (tenant_id, id, account_id, estate_id, firm_id, bill_id, kind, part,
  amount, day, at)
select tenant_id, gen_random_uuid(), new_account, estate_id, firm_id, new_bill, 'charge',
  'principal', 20000, date '2020-01-31', now() from plain""",
)


async def measured(units: int) -> None:
    """Bill so many units for a month, again, for a quarter; reckon a day's penalties; sum up."""
    with embedded_folder() as folder:
        held = await asyncio.to_thread(Embedded.start, folder, durable=True)
        settings = Settings(data_dir=folder, database_url=None)
        await migrate.upgrade(settings)
        async with await Database.open(settings) as database:
            home = await Estate.of(await County.new(database))
            await home.adopt(penalty_rate=3, penalty_after=0)
            async with database.owner_session(home.county.id) as session:
                driver, estate = session.info["driver"], home.tree.estate.id
                await driver.execute(PEOPLE, home.county.id, units)
                await driver.execute(UNITS, home.county.id, estate, units)
                await driver.execute("analyze person, property_unit")
                await driver.execute(OWNED, home.county.id)
                await driver.execute("analyze")
            await _run(home, "one month", date(2026, 1, 1), 1)
            await _by_hand(home)
            await _run(home, "the same month again", date(2026, 1, 1), 1)
            await _run(home, "three months more", date(2026, 2, 1), 3)
            began = time.perf_counter()
            await home.ring(penalties.look, noon(2026, 7, 1))
            print(f"penalties of a day: {time.perf_counter() - began:.2f} s")
        held.release()


async def _run(home: Estate, what: str, month: date, months: int) -> None:
    with clock.at(noon(2026, 6, 15)):
        async with home.county.session() as session:
            await bills.run(
                session, home.manager, estate=home.tree.estate.id, firm=home.tree.firm.id,
                month=month, months=months,
            )  # fmt: skip
        began, turns = time.perf_counter(), []
        by = Actor(home.county.id, home.county.slug)
        while True:
            turn = time.perf_counter()
            async with home.county.session() as session:
                if not await running.look(session, by, at=clock.now(), most=100):
                    break
            turns.append(time.perf_counter() - turn)
    seconds = time.perf_counter() - began
    print(f"{what}: {seconds:.2f} s in {len(turns)} turns, the longest {max(turns):.2f} s")


async def _by_hand(home: Estate) -> None:
    async with home.county.database.owner_session(home.county.id) as session:
        driver, began = session.info["driver"], time.perf_counter()
        await driver.execute(BY_HAND[0].replace("$1", "date '2026-01-01'"))
        for statement in BY_HAND[1:]:
            await driver.execute(statement)
    print(f"the same rows by hand: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    asyncio.run(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
