"""Recovery (催缴): what a firm may do about overdue fees, rung by rung, and nothing else.

Reminder, written demand with its proof of delivery, mediation with the community, litigation or
arbitration: in this order, each after the waiting time that the county sets. Nothing is done about
what is disputed, is in an instalment plan that is kept, or isn't owed. No rung cuts water, power,
heat or gas, and there is no column for one: Civil Code, article 944, forbids it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from policies import Actor, Held, authorize
from services import clock, fee_notices, files, ledger, packs, rows, units
from services.arguments import Length, Of, Version
from services.bills import Bill
from services.demands import barring, limitation
from services.demands.owing import overdue
from services.demands.past import Taken, taken
from services.demands.rules import FeeRules
from services.demands.tables import (
    ENDS,
    OUTCOMES,
    RUNGS,
    DeliveryMethod,
    Demand,
    DemandedBill,
    DemandOutcome,
    Forum,
    Rung,
)
from services.errors import BadInput, NotYet, Refused, Said, called
from services.events import record, state_of
from services.ledger import AccountId, FeeAccount, FeeHolder
from services.payments import MOST_BILLS, Bills
from services.prepared import put
from services.rows import made
from services.units import Unit, UnitKind

__all__ = ["Demand", "barring", "limitation"]
LADDER = tuple(Rung)


class NothingOverdue(Refused):
    """没有可以催缴的账单：未逾期、已结清、有争议或分期履行中的都不催。
    Nothing can be asked for: what isn't due, is paid, disputed or in a plan that is kept stays out.
    """


class BillNotOverdue(Refused):
    """这张账单不能催缴，因为未逾期、已结清、有争议或分期履行中：{id}。
    This bill can't be asked for: it isn't due, is paid, is disputed, or is in a kept plan: {id}.
    """


class RungMissing(Refused):
    """账单 {id} 还没有“{before}”，不能办“{rung}”。请依次办理。
    Of {id} there was no {before} yet, so no {rung}. Take the rungs in their order.
    """


class RungTooEarly(Refused):
    """账单 {id} 的“{rung}”最早在 {day}。请到那天再办。
    The {rung} of {id} is possible from {day} on. Take it then.
    """


class RungOpen(Refused):
    """这张账单的“{rung}”还没有结果：{id}。请先写明结果。
    The {rung} of this bill has no outcome yet: {id}. Conclude it first.
    """


class ProofElsewhere(Refused):
    """送达凭证应上传在物业公司名下，以免邻里看到：{id}。请重新准备文件。
    Upload the proof under the firm, where no neighbour opens it: {id}. Prepare another file.
    """


class NoCommunity(Refused):
    """这个小区不在任何社区之下，没有调解的社区。
    This estate is in no community that could mediate. Move it below one first.
    """


class NothingToConclude(Refused):
    """“{rung}”没有结果可写，或结果已写明。
    A {rung} has no outcome, or it has been said.
    """


class OwnDebt(Refused):
    """自己欠付的由别人写明结果。
    What came of a debt of your own somebody else says.
    """


DemandId = Annotated[UUID, Of("Demand")]
Words = Annotated[str, Length(1, 2000), "说明。 In words."]


async def remind(
    session: AsyncSession, by: Actor, *, account: AccountId, bills: Bills = None
) -> Demand:
    """Remind those who owe an account of what is overdue."""
    case = await _open(session, by, "remind", account)
    return await _take(case, Rung.reminder, clock.today(), bills)


async def deliver(
    session: AsyncSession,
    by: Actor,
    *,
    account: AccountId,
    method: Annotated[DeliveryMethod, "送达方式。 How it was delivered."],
    delivered_on: Annotated[date, "哪天送达。 The day of its delivery."],
    proof: Annotated[UUID, Of("File"), "送达凭证，由您上传。 Its proof, uploaded by you."],
    bills: Bills = None,
) -> Demand:
    """Record a written demand that was delivered; from that day limitation runs anew."""
    case = await _open(session, by, "deliver", account)
    file = await files.find_own(session, by, proof)
    if file.unit_id != case.account.firm_id:
        raise ProofElsewhere(id=f"File:{proof}")
    said = {"method": method, "file_id": proof}
    return await _take(case, Rung.demand, clock.by_today(delivered_on), bills, **said)


async def mediate(
    session: AsyncSession, by: Actor, *, account: AccountId, bills: Bills = None
) -> Demand:
    """Ask the estate's community to mediate."""
    case = await _open(session, by, "mediate", account)
    path = await units.path_of(session, by, case.account.estate_id)
    above = [await rows.find(session, Unit, by, id_) for id_ in path]
    communities = [one.id for one in above if one.kind == UnitKind.community]
    if not communities:
        raise NoCommunity()
    said = {"community_id": communities[0]}
    return await _take(case, Rung.mediation, clock.today(), bills, **said)


async def litigate(
    session: AsyncSession,
    by: Actor,
    *,
    account: AccountId,
    forum: Annotated[Forum, "向谁提起。 Before whom."],
    body: Annotated[str, Length(1, 120), "法院或仲裁机构名称。 The court's or body's name."],
    case_number: Annotated[str, Length(1, 80), "案号。 The case's number."],
    filed_on: Annotated[date, "哪天提起。 The day it was brought."],
    bills: Bills = None,
) -> Demand:
    """Record that a case was brought before a court or an arbitration body."""
    case = await _open(session, by, "litigate", account)
    said = {"forum": forum, "body": body, "case_number": case_number}
    return await _take(case, Rung.litigation, clock.by_today(filed_on), bills, **said)


async def conclude(
    session: AsyncSession,
    by: Actor,
    *,
    demand: DemandId,
    outcome: Annotated[DemandOutcome, "结果。 What came of it."],
    words: Words,
    ended_on: Annotated[date | None, "哪天有结果，默认今天。 The day; today."] = None,
    expected_version: Version = None,
) -> Demand:
    """Say what came of a mediation, as the community, or of a case, as the firm."""
    known = await rows.find(session, Demand, by, demand)
    await ledger.lock(session, by, known.account_id)
    row = await rows.find(session, Demand, by, demand, for_update=True)
    path = await units.path_of(session, by, row.community_id or row.firm_id)
    acting = authorize(by, "conclude", "demands", within=path)
    row.check_version(expected_version)
    if row.rung not in ENDS or row.outcome is not None:
        raise NothingToConclude(rung=called(RUNGS, row.rung))
    if await ledger.holds(session, by, row.account_id):
        raise OwnDebt()
    _check_end(row, outcome, ended_on)
    before = state_of(row)
    row.outcome, row.words, row.ended_on = outcome, words, ended_on or clock.today()
    row.ended_by, row.ended_as = by.person_id, acting.appointment_id if acting else None
    row.version += 1
    record(session, by, "demand.concluded", row, acting=acting, before=before)
    return row


@dataclass(frozen=True, slots=True)
class _Case:
    """An account that is locked, and who is at it."""

    session: AsyncSession
    by: Actor
    acting: Held | None
    account: FeeAccount


async def _open(session: AsyncSession, by: Actor, verb: str, account: UUID) -> _Case:
    row = await ledger.lock(session, by, account)
    path = await units.path_of(session, by, row.firm_id)
    return _Case(session, by, authorize(by, verb, "demands", within=path), row)


async def _take(
    case: _Case, rung: Rung, day: date, told: Sequence[UUID] | None, **said: Any
) -> Demand:
    """Take a rung of the bills that are told, or of all for which it is time."""
    session, by, account = case.session, case.by, case.account
    unpaid = await overdue(session, by, account.id)
    wanted = await _wanted(case, unpaid, told)
    rules = await packs.read(session, by, "fees", FeeRules)
    past = await taken(session, by, wanted)
    refused = {
        bill: why
        for bill in wanted
        if (why := await _hindrance(case, rules, rung, day, bill, unpaid[bill].due_on, past))
    }
    ready = [bill for bill in wanted if bill not in refused]
    if refused and (told is not None or not ready):
        raise next(iter(refused.values()))
    row = Demand(
        **made(by, case.acting), account_id=account.id, estate_id=account.estate_id,
        firm_id=account.firm_id, property_unit_id=account.property_unit_id, rung=rung, day=day,
        pack_id=await packs.active(session, by), **said,
        amount=sum(unpaid[bill].penalty + unpaid[bill].principal for bill in ready),
    )  # fmt: skip
    session.add(row)
    await session.flush()
    for bill in ready:
        put(session, DemandedBill, tenant_id=by.tenant_id, demand_id=row.id, bill_id=bill)
    for holder in await rows.every(session, FeeHolder, by, "id", account_id=account.id):
        if holder.person_id is not None:
            await fee_notices.tell(session, by, person=holder.person_id, demand=row.id)
    record(session, by, f"demand.{rung.value}", row, acting=case.acting)
    return row


async def _wanted(
    case: _Case, unpaid: dict[UUID, Any], told: Sequence[UUID] | None
) -> Sequence[UUID]:
    if told is None:
        if not unpaid:
            raise NothingOverdue()
        return list(unpaid)
    if not 0 < len(told) <= MOST_BILLS:
        reason = Said(f"1 到 {MOST_BILLS} 张", f"1 to {MOST_BILLS}")
        raise BadInput(argument="bills", reason=reason)
    for id_ in told:
        bill = await rows.find(case.session, Bill, case.by, id_)
        if bill.account_id != case.account.id:
            reason = Said("不是这个账户的账单", "of another account")
            raise BadInput(argument="bills", reason=reason)
        if id_ not in unpaid:
            raise BillNotOverdue(id=f"Bill:{id_}")
    return list(dict.fromkeys(told))


async def _hindrance(
    case: _Case, rules: FeeRules, rung: Rung, day: date, bill: UUID, due_on: date,
    past: Sequence[Taken],
) -> Refused | None:  # fmt: skip
    """Why it isn't time for this rung of a bill; each waits by the edition of the one before."""
    mine = [one for one in past if one.bill_id == bill]
    same = [one for one in mine if one.rung == rung]
    for one in same:
        if rung in ENDS and one.ended_on is None:
            return RungOpen(rung=called(RUNGS, rung), id=f"Demand:{one.demand_id}")
    earliest = [due_on + timedelta(days=rules.waits(rung))]
    if rung is not LADDER[0]:
        before = LADDER[LADDER.index(rung) - 1]
        lower = [one for one in mine if one.rung == before]
        if not lower:
            names = {"before": called(RUNGS, before), "rung": called(RUNGS, rung)}
            return RungMissing(id=f"Bill:{bill}", **names)
        earliest = [await _after(case, rung, lower[0])]
    if same:
        earliest.append(await _after(case, rung, same[-1]))
    if day < max(earliest):
        return RungTooEarly(rung=called(RUNGS, rung), id=f"Bill:{bill}", day=max(earliest))
    return None


async def _after(case: _Case, rung: Rung, one: Taken) -> date:
    rules = await packs.read_edition(case.session, case.by, one.pack_id, "fees", FeeRules)
    return one.day + timedelta(days=rules.waits(rung))


def _check_end(row: Demand, outcome: DemandOutcome, ended_on: date | None) -> None:
    if outcome not in ENDS[row.rung]:
        names = called(OUTCOMES, *ENDS[row.rung])
        raise BadInput(argument="outcome", reason=Said(f"应是：{names.zh}", f"one of: {names.en}"))
    if ended_on is not None and ended_on > clock.today():
        raise NotYet(today=clock.today())
    if (ended_on or clock.today()) < row.day:
        reason = Said("早于开始的那天", "before it began")
        raise BadInput(argument="endedOn", reason=reason)
