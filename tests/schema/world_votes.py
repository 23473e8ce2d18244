"""The small county's votes: one that was counted and objected to, one that is open, a draft."""

from uuid import UUID

from policies import Actor
from services.ballots import papers, proxies
from services.votes import counting, deliveries, drafting, objecting
from services.votes.deliveries import DeliveryMethod
from services.votes.objecting import ObjectionOutcome
from services.votes.rules import Secrecy
from services.votes.tables import VoteItem
from tests.county import County, Tree
from tests.polls import DRAFTED, OVER, VOTING, Poll
from tests.schema.world_committees import committees

FLATS = 8


async def votes(
    county: County, tree: Tree, resident: Actor, neighbour: Actor, candidate: UUID
) -> None:
    """The resident, who owns half a flat, votes for themselves and as somebody's proxy; so does a
    neighbour, who serves nowhere.
    """
    poll = await Poll.of(county, FLATS, tree)
    await poll.unit("9-1", neighbour.person_id or UUID(int=0))
    await _withdrawn(poll)
    await _counted(poll, resident, neighbour)
    counted = poll.vote
    await _open(poll, resident, neighbour, candidate)
    await poll.drafted(VoteItem.use_of_funds, title="维修屋面")
    await committees(poll, resident, counted)


async def _withdrawn(poll: Poll) -> None:
    await poll.drafted(title="写错的草案")
    await poll.do(drafting.withdraw, poll.chair, at=DRAFTED, reason="写错了")


async def _counted(poll: Poll, resident: Actor, neighbour: Actor) -> None:
    """Delivered, counted twice over an objection that was right; another one waits."""
    await poll.opened(VoteItem.firm, VoteItem.common_use, clause="议事规则第八条")
    proof = await poll.file(poll.worker)
    for method, units, file in (
        (DeliveryMethod.in_person, poll.units[:2], proof),
        (DeliveryMethod.electronic, poll.units[2:4], None),
    ):
        await poll.do(
            deliveries.deliver, poll.worker, property_units=units, method=method, file=file
        )
    for owner in (resident, neighbour, *poll.owners[:5]):
        await poll.cast(owner, "consent" if owner is not poll.owners[0] else "against")
    await poll.closed()
    await poll.counted()
    for owner, outcome in ((poll.owners[0], ObjectionOutcome.upheld), (resident, None)):
        row = await poll.do(objecting.object_, owner, at=OVER, text="我的票数不对。")
        if outcome is not None:
            await poll.do(
                objecting.answer, poll.community, at=OVER, objection=row.id, answer="已核对。",
                outcome=outcome,
            )  # fmt: skip
            await poll.do(counting.count, poll.chair, at=OVER)


async def _open(poll: Poll, resident: Actor, neighbour: Actor, candidate: UUID) -> None:
    """Open: ballots by either way in each of their states, proxies in each of theirs."""
    await poll.drafted(VoteItem.procedure, title="选举业委会", secrecy=Secrecy.secret)
    await poll.do(
        drafting.ask, poll.chair, at=DRAFTED, vote=poll.vote, item=VoteItem.election,
        text="选为委员？", candidate=candidate,
    )  # fmt: skip
    await poll.announced()
    await poll.look(VOTING)
    holders = [await poll.holder(owner) for owner in poll.owners]
    await poll.do(proxies.appoint, poll.owners[0], holder=holders[0], person=resident.person_id)
    await poll.cast(resident)
    await poll.cast(neighbour)
    await poll.cast(1, "abstain")
    await _papers(poll, holders[2:6])
    await _proxies(poll, neighbour, holders[5:])


async def _papers(poll: Poll, holders: list[UUID]) -> None:
    """On paper: one that counts, one annulled, one rejected, one that gave way, one that waits."""
    counts, wrong, waits, annulled = holders
    await poll.confirm(await poll.enter(counts))
    row = await poll.confirm(await poll.enter(annulled))
    await poll.do(papers.annul, poll.bureau, ballot=row.id, reason="签名不是本人的")
    rejected = await poll.enter(wrong, "against")
    await poll.do(papers.reject, poll.community, ballot=rejected.id, reason="没有签名")
    await poll.enter(wrong)
    await poll.cast(3)
    await poll.enter(waits)


async def _proxies(poll: Poll, neighbour: Actor, holders: list[UUID]) -> None:
    """To the neighbour, by written authorisations: one recorded, two confirmed by another, of which
    one was revoked.
    """
    for number, holder in enumerate(holders):
        row = await poll.do(
            proxies.appoint, poll.worker, holder=holder, person=neighbour.person_id,
            file=await poll.file(poll.worker),
        )  # fmt: skip
        if number:
            await poll.do(proxies.confirm_proxy, poll.community, proxy=row.id)
        if number > 1:
            await poll.do(proxies.revoke, poll.worker, proxy=row.id, reason="本人要求")
