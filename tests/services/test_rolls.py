"""Rolls, frozen before voting begins; and how it is held: opened, extended, closed, delivered."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services import property_units
from services.errors import BadInput, NotFound
from services.votes import counting, deliveries, holding, rolls
from services.votes.deliveries import DeliveryMethod, DeliveryOutside, UnitNotAsked
from services.votes.holding import ExtendedEnough
from tests.county import County, adopt
from tests.polls import CLOSES, DRAFTED, OPENS, OVER, VOTING, Poll
from tests.services.unchanged import unchanged

DAY = timedelta(days=1)


@pytest.fixture
async def poll(county: County) -> Poll:
    """An estate of four flats with an owner each."""
    return await Poll.of(county)


class TestTheRoll:
    async def test_it_holds_every_unit_and_counts_a_holder_once(self, poll: Poll) -> None:
        one, two = poll.owners[0].person_id, poll.owners[1].person_id
        assert one is not None
        assert two is not None
        await poll.unit("2-1", one, area=Decimal("50.5"))
        await poll.unit("2-2", one, two)
        await poll.unit("2-3", one, two)
        await poll.unit("3-1")
        await poll.unit("P-1", one, use=property_units.PropertyUse.parking)
        row = await poll.opened()
        roll = await poll.roll()
        heads = {entry.unit_number: entry.head for entry in roll}
        assert heads["1-00000"] == heads["2-1"] != heads["1-00001"]
        assert heads["2-2"] == heads["2-3"] not in (heads["1-00000"], heads["1-00001"])
        assert "P-1" not in heads
        assert (row.roll_units, row.roll_heads) == (8, 6)
        assert row.roll_area == Decimal("750.50")
        lines = [(one.number, one.unit_number, one.area, one.head) for one in roll]
        assert rolls.hashed(lines) == row.roll_sha256
        assert rolls.hashed([*lines[:-1], (8, "3-1", Decimal("100.01"), 6)]) != row.roll_sha256

    async def test_by_unit_where_the_county_says_so_and_why(self, county: County) -> None:
        poll = await Poll.of(county, 1)
        one = poll.owners[0].person_id
        assert one is not None
        await poll.unit("2-1", one)
        async with county.session() as session:
            source = {"headcount": "县住建局〔2026〕1 号"}
            await adopt(session, county, {"votes": {"headcount": "by_unit", "sources": source}})
        assert (await poll.opened()).roll_heads == 2

    async def test_sold_after_the_freeze_the_old_owner_votes(self, poll: Poll) -> None:
        await poll.noticed()
        frozen = await poll.do(rolls.freeze, poll.chair, at=DRAFTED)
        assert frozen.state == "frozen"
        async with poll.county.session() as session:
            await session.exec(text("update ownership set until = '2026-03-04'"))  # type: ignore[call-overload]
        await poll.fill(2)
        await poll.look(VOTING)
        assert (await poll.seen()).roll_units == 4
        assert (await poll.cast(0)).ballots == 1

    async def test_what_is_fixed_the_database_holds_fixed(self, poll: Poll) -> None:
        await poll.opened()
        await poll.cast(0)
        noticed = poll.vote
        draft = await poll.drafted()
        for statement in (
            "update vote set title = '别的'",
            "update vote set roll_area = 1",
            "update vote set opens_at = opens_at + interval '1 day'",
            "update vote_question set text = '别的'",
            "delete from vote_question",
            "update vote set closes_at = closes_at - interval '1 day'",
            f"update vote_question set vote_id = '{draft.id}', number = 9"
            f" where vote_id = '{noticed}'",
            f"update vote_question set vote_id = '{noticed}', number = 9"
            f" where vote_id = '{draft.id}'",
            "delete from vote",
            "update roll_entry set area = 1",
            "delete from roll_holder",
            "insert into roll_entry select tenant_id, gen_random_uuid(), vote_id,"
            " property_unit_id, 99, '9', 1, 9 from roll_entry limit 1",
            "update ballot set holder_id = gen_random_uuid()",
            "update ballot set state = 'entered'",
            "update ballot set receipt = repeat('0', 64)",
            "delete from ballot",
        ):
            with pytest.raises(DBAPIError):
                async with poll.county.session() as session:
                    await session.exec(text(statement))  # type: ignore[call-overload]

    async def test_what_stands_the_database_holds_so(self, poll: Poll) -> None:
        await poll.opened()
        await poll.confirm(await poll.enter(await poll.holder(poll.owners[0])))
        for owner in range(1, 4):
            await poll.cast(owner)
        await poll.closed()
        await poll.counted()
        await poll.do(counting.settle, poll.chair, at=OVER + 8 * DAY)
        for statement in (
            "update vote_question set verdict = 'not_passed'",
            "update vote_question set consent_heads = 1",
            "update vote set ballots_sha256 = repeat('0', 64)",
            "update vote set settled_at = null",
            "update vote set closes_at = closes_at + interval '1 day'",
            "update ballot set confirmed_by = null where way = 'paper'",
            "update ballot set confirmed_at = now() where way = 'paper'",
        ):
            with pytest.raises(DBAPIError, match="never change"):
                async with poll.county.session() as session:
                    await session.exec(text(statement))  # type: ignore[call-overload]

    async def test_electronic_only_where_so_many_can_sign_in(self, county: County) -> None:
        poll = await Poll.of(county, 4)
        async with county.session() as session:
            source = {"electronic_share": "县住建局〔2026〕1 号"}
            await adopt(session, county, {"votes": {"electronic_share": 25, "sources": source}})
        assert not (await poll.opened()).is_electronic


class TestHolding:
    async def test_it_opens_and_closes_by_the_clock(self, poll: Poll) -> None:
        await poll.noticed()
        assert await poll.look(OPENS - timedelta(seconds=1)) == 0
        assert await poll.look(OPENS) == 1
        assert (await poll.seen()).state == "open"
        assert await poll.look(CLOSES - timedelta(seconds=1)) == 0
        assert await poll.look(CLOSES) == 1
        assert (await poll.seen()).state == "closed"
        assert await poll.look(CLOSES) == 0

    async def test_extended_once_by_no_more_than_the_county_allows(self, poll: Poll) -> None:
        await poll.opened()
        said = {"reason": "参与不足"}
        for wrong in (CLOSES, CLOSES - DAY, CLOSES + 31 * DAY):
            async with unchanged(poll.county, ExtendedEnough):
                await poll.do(holding.extend, poll.chair, closes_at=wrong, **said)
        await poll.do(holding.extend, poll.chair, closes_at=CLOSES + 30 * DAY, **said)
        assert await poll.look(OVER) == 0
        async with unchanged(poll.county, ExtendedEnough):
            await poll.do(holding.extend, poll.chair, closes_at=CLOSES + 31 * DAY, **said)

    async def test_not_extended_once_it_is_over(self, poll: Poll) -> None:
        await poll.opened()
        async with unchanged(poll.county, ExtendedEnough):
            await poll.do(
                holding.extend, poll.chair, at=OVER, closes_at=CLOSES + DAY, reason="晚了"
            )

    async def test_deliveries_are_proven_and_of_the_scope(self, poll: Poll) -> None:
        await poll.noticed(scope=poll.tree.building.id)
        outside = await poll.unit("9-9", unit_id=poll.tree.estate.id)
        proof = await poll.file(poll.worker)
        said = {"method": DeliveryMethod.in_person, "file": proof}
        for wrong, refusal in (
            ({"property_units": [outside]}, UnitNotAsked),
            ({"property_units": []}, BadInput),
            ({"property_units": poll.units, "file": None}, BadInput),
            ({"property_units": poll.units, "delivered_at": DRAFTED - DAY}, DeliveryOutside),
            ({"property_units": poll.units, "delivered_at": OVER}, DeliveryOutside),
        ):
            async with unchanged(poll.county, refusal):
                await poll.do(deliveries.deliver, poll.worker, **(said | wrong))
        async with unchanged(poll.county, NotFound):
            await poll.do(deliveries.deliver, poll.chair, property_units=poll.units, **said)
        for _ in range(2):
            await poll.do(deliveries.deliver, poll.worker, property_units=poll.units, **said)
        assert await poll.county.events("vote.delivered") == 4
