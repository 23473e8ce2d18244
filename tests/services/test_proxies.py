"""Proxies: by one's own sign-in or by a letter and two persons, until they have voted."""

import asyncio
from uuid import UUID

import pytest

from policies import Denied
from services import clock
from services.ballots import casting, proxies
from services.ballots.casting import BallotCast, NotOnTheRoll
from services.ballots.papers import BallotSettled
from services.ballots.proxies import OwnProxy, ProxyOfTooMany, ProxySettled, ProxyStands
from services.errors import BadInput
from services.votes.tables import VoteItem
from tests.county import County, adopt
from tests.polls import VOTING, Poll
from tests.services.unchanged import unchanged


@pytest.fixture
async def poll(county: County) -> Poll:
    """An open vote of four flats with an owner each."""
    poll = await Poll.of(county)
    await poll.opened(VoteItem.firm, VoteItem.other)
    return poll


class TestProxies:
    async def test_by_ones_own_sign_in_or_by_two_persons(self, poll: Poll) -> None:
        first, second = await poll.holder(poll.owners[0]), await poll.holder(poll.owners[1])
        to = {"person": poll.owners[3].person_id}
        said = await poll.do(proxies.appoint, poll.owners[0], holder=first, **to)
        assert said.state == "confirmed"
        async with unchanged(poll.county, BadInput):
            await poll.do(proxies.appoint, poll.worker, holder=second, **to)
        letter = await poll.file(poll.worker)
        row = await poll.do(proxies.appoint, poll.worker, holder=second, file=letter, **to)
        assert (await poll.cast(3)).ballots == 2
        for by, refusal in ((poll.worker, OwnProxy), (poll.owners[3], Denied)):
            async with unchanged(poll.county, refusal):
                await poll.do(proxies.confirm_proxy, by, proxy=row.id)
        await poll.do(proxies.confirm_proxy, poll.community, proxy=row.id)
        async with unchanged(poll.county, ProxySettled):
            await poll.do(proxies.confirm_proxy, poll.chair, proxy=row.id)
        assert (await poll.cast(3)).ballots == 1
        async with unchanged(poll.county, BallotCast):
            await poll.do(proxies.revoke, poll.owners[1], proxy=row.id, reason="反悔")
        async with unchanged(poll.county, BallotCast):
            await poll.cast(1)
        await poll.closed()
        assert (await poll.counted())[0].consent_heads == 3

    async def test_what_the_owner_said_on_paper_no_proxy_takes_the_place_of(
        self, poll: Poll
    ) -> None:
        first, second = [await poll.holder(owner) for owner in poll.owners[:2]]
        to = {"person": poll.owners[3].person_id}
        for owner, holder in ((poll.owners[0], first), (poll.owners[1], second)):
            await poll.do(proxies.appoint, owner, holder=holder, **to)
        own = await poll.enter(first, "against")
        by_proxy = await poll.enter(second, "against", by_proxy=True)
        async with unchanged(poll.county, BallotCast):
            await poll.cast(3, holders=[first])
        assert (await poll.cast(3)).ballots == 2
        async with unchanged(poll.county, BallotSettled):
            await poll.confirm(by_proxy, "against")
        assert (await poll.confirm(own, "against")).state == "effective"

    async def test_one_that_is_revoked_meanwhile_fills_in_no_paper(self, poll: Poll) -> None:
        by = poll.owners[0]
        holder = await poll.holder(by)
        row = await poll.do(proxies.appoint, by, holder=holder, person=poll.owners[3].person_id)
        async with poll.county.session() as session:
            await casting.hold(session, by, [holder])
            entering = asyncio.create_task(poll.enter(holder, by_proxy=True))
            await asyncio.sleep(0.5)
            with clock.at(VOTING):
                await proxies.revoke(session, by, proxy=row.id, reason="自己投")
        with pytest.raises(NotOnTheRoll):
            await entering

    async def test_nobody_makes_themselves_one(self, poll: Poll) -> None:
        holder, letter = await poll.holder(poll.owners[0]), await poll.file(poll.worker)
        me = poll.worker.person_id
        async with unchanged(poll.county, OwnProxy):
            await poll.do(proxies.appoint, poll.worker, holder=holder, person=me, file=letter)
        async with unchanged(poll.county, Denied):
            await poll.do(proxies.appoint, poll.owners[1], holder=holder, person=me)

    async def test_revoked_or_twice_it_is_none(self, poll: Poll) -> None:
        holder = await poll.holder(poll.owners[0])
        said = {"holder": holder, "person": poll.owners[3].person_id}
        row = await poll.do(proxies.appoint, poll.owners[0], **said)
        async with unchanged(poll.county, ProxyStands):
            await poll.do(proxies.appoint, poll.owners[0], **said)
        async with unchanged(poll.county, Denied):
            await poll.do(proxies.revoke, poll.owners[1], proxy=row.id, reason="不是我的")
        await poll.do(proxies.revoke, poll.owners[0], proxy=row.id, reason="自己投")
        async with unchanged(poll.county, NotOnTheRoll):
            await poll.cast(3, holders=[holder])
        await poll.cast(0)

    async def test_one_speaks_for_no_more_than_the_county_allows(self, county: County) -> None:
        poll = await Poll.of(county, 4)
        async with county.session() as session:
            source = {"most_by_proxy": "县住建局〔2026〕1 号"}
            await adopt(session, county, {"votes": {"most_by_proxy": 2, "sources": source}})
        await poll.opened()
        to = poll.chair.person_id
        done = await asyncio.gather(
            *(self._given(poll, owner, to) for owner in range(4)), return_exceptions=True
        )
        assert sum(isinstance(one, ProxyOfTooMany) for one in done) == 2
        assert (await poll.cast(poll.chair)).ballots == 2

    async def _given(self, poll: Poll, owner: int, to: UUID | None) -> None:
        by = poll.owners[owner]
        await poll.do(proxies.appoint, by, holder=await poll.holder(by), person=to)
