"""Contracts (物业服务合同): which property firm serves an estate, from when to when, on what terms.

One side drafts, the other signs, as articles 937 to 950 of the Civil Code have two parties. The
bureau files a signed one within 30 days. An estate has one contract with a firm on a day; what was
signed is never rewritten, it ends.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from policies import Actor, authorize
from services import alarms, clock, files, linkages, rows, units
from services.alarms import Alarm
from services.arguments import Length, Of, Reason, UnitId, Until, Version
from services.errors import BadInput, EndsBeforeItBegins, Refused, Said, called
from services.events import record, state_of, write
from services.prepared import put
from services.rows import made
from services.tables import Recorded, TenantRow, moment, one_of, within_tenant
from services.units import UnitKind
from services.votes.decided import check_decided
from services.votes.tables import VoteQuestion

FILING = timedelta(days=30)
MOST_PROMISES, LONGEST_PROMISE = 50, 500
LONGEST = timedelta(days=20 * 366)


class ContractState(StrEnum):
    """Where a contract stands: drafted by one side, signed by the other, ended before its time."""

    drafted = "drafted"
    signed = "signed"
    ended = "ended"


class AlarmKind(StrEnum):
    """What the clock says of a contract."""

    filing_due = "filing_due"
    filing_late = "filing_late"
    ending = "ending"
    ending_soon = "ending_soon"


# How many days before the day it is said; a filing is late on the day after.
AHEAD = {
    AlarmKind.filing_due: 7,
    AlarmKind.filing_late: -1,
    AlarmKind.ending: 90,
    AlarmKind.ending_soon: 30,
}
ALARMS: dict[str, Said] = {
    AlarmKind.filing_due: Said("备案期限将到", "filing is due"),
    AlarmKind.filing_late: Said("逾期未备案", "not filed in time"),
    AlarmKind.ending: Said("合同将到期", "the contract's end comes near"),
    AlarmKind.ending_soon: Said("合同即将到期", "the contract is about to end"),
}
STATES: dict[str, Said] = {
    ContractState.drafted: Said("草拟", "drafted"),
    ContractState.signed: Said("已签订", "signed"),
    ContractState.ended: Said("已终止", "ended"),
}


class Contract(Recorded, table=True):
    """A firm's contract for an estate; `until` is the first day without it, as was agreed, and
    `ended_on` where it ended otherwise. The questions are those of votes by which the owners chose
    the firm, and dismissed it.
    """

    __tablename__ = "contract"
    __table_args__: ClassVar[Any] = (
        within_tenant("estate_id", "unit"),
        within_tenant("firm_id", "unit"),
        within_tenant("file_id", "file"),
        within_tenant("question_id", VoteQuestion.__tablename__),
        within_tenant("ending_question_id", VoteQuestion.__tablename__),
        one_of("state", ContractState),
        CheckConstraint("until > since", name="ends_after_it_begins"),
        CheckConstraint("ended_on > since", name="ended_after_it_began"),
        CheckConstraint("(state = 'ended') = (ended_on is not null)", name="ended_on_a_day"),
        CheckConstraint("(state = 'drafted') = (signed_at is null)", name="signed_at_a_moment"),
        CheckConstraint("signed_by <> made_by", name="not_signed_by_its_maker"),
        CheckConstraint(
            "filed_by <> made_by and filed_by <> signed_by", name="not_filed_by_a_party"
        ),
        CheckConstraint("num_nonnulls(filed_at, filing_number) in (0, 2)", name="filed_by_number"),
        Index(None, "tenant_id", "since", "id"),
        Index(None, "tenant_id", "estate_id", "since", "id"),
        Index(None, "tenant_id", "firm_id", "since", "id"),
        Index(None, "tenant_id", "question_id"),
        Index(None, "tenant_id", "ending_question_id"),
        Index("ix_contract_to_file", "tenant_id", "file_by", "id",
              postgresql_where=text("state = 'signed' and filed_at is null")),
        Index("ix_contract_running", "tenant_id", "until", "id",
              postgresql_where=text("state = 'signed'")),
    )  # fmt: skip

    estate_id: UUID
    firm_id: UUID
    since: date
    until: date
    fee_terms: str = Field(max_length=5000)
    promises: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    ground: str = Field(max_length=500)
    file_id: UUID | None = None
    question_id: UUID | None = None
    by_firm: bool
    state: str = ContractState.drafted
    signed_by: UUID | None = None
    signed_as: UUID | None = None
    signed_at: datetime | None = moment(default=None)
    file_by: date | None = None
    filed_by: UUID | None = None
    filed_as: UUID | None = None
    filed_at: datetime | None = moment(default=None)
    filing_number: str | None = Field(default=None, max_length=80)
    ended_on: date | None = None
    ending_question_id: UUID | None = None

    @property
    def end(self) -> date:
        """The first day without it."""
        return self.ended_on or self.until


class ContractAlarm(TenantRow, table=True):
    """What a contract's clock said: that its filing is due or late, that its end comes near."""

    __tablename__ = "contract_alarm"
    __table_args__: ClassVar[Any] = (
        within_tenant("contract_id", "contract"),
        one_of("kind", AlarmKind),
        UniqueConstraint("tenant_id", "contract_id", "kind"),
        Index(None, "tenant_id", "contract_id", "at", "id"),
    )

    contract_id: UUID
    kind: str
    due_on: date
    at: datetime = moment(default_factory=clock.now)


class ContractsOverlap(Refused):
    """这家物业在这个小区已有一份同期的合同：{id}。请先终止它，或改起止日期。
    The firm has a contract for this estate on some of these days: {id}. End it, or change the days.
    """


class ContractNotDrafted(Refused):
    """这份合同已是“{state}”，不能再签订。
    This contract is not a draft any more: {state}.
    """


class ContractNotSigned(Refused):
    """这份合同是“{state}”；只有已签订的才能这样办理。
    This contract is {state}; only one that is signed can be dealt with so.
    """


class ContractFiled(Refused):
    """这份合同已经备案：{number}。
    This contract is on file already: {number}.
    """


class OwnContract(Refused):
    """自己草拟的合同由另一方的人签订，签订双方之外的人备案。
    What you drafted the other side signs; who filed it is neither of them.
    """


ContractId = Annotated[UUID, Of("Contract")]
Promises = Annotated[
    list[str], Length(1, LONGEST_PROMISE), "服务承诺，逐条。 What the firm promises, one by one."
]


async def draft(
    session: AsyncSession,
    by: Actor,
    *,
    estate: UnitId,
    firm: Annotated[UUID, Of("Unit"), "物业公司。 The property firm."],
    since: Annotated[date, "从哪天起。 From this day on."],
    until: Annotated[date, "到哪天止（不含）。 Until this day, not included."],
    fee_terms: Annotated[str, Length(1, 5000), "收费约定。 What was agreed of fees."],
    promises: Promises,
    ground: Annotated[str, Length(1, 500), "依据，如业主大会决定。 The ground, as a vote."],
    file: Annotated[
        UUID | None, Of("File"), "扫描件，由您上传。 Its scan, uploaded by you."
    ] = None,
    question: Annotated[
        UUID | None, Of("VoteQuestion"), "业主选聘它的表决事项。 By which the owners chose it."
    ] = None,
) -> Contract:
    """Draft a contract, for the owners' side or the firm's."""
    home = await units.find_fit(session, by, estate, kind=UnitKind.estate)
    company = await units.find_fit(session, by, firm, kind=UnitKind.firm)
    theirs = await units.path_of(session, by, company.id)
    ours = await linkages.around(session, by, home.id)
    acting = authorize(by, "draft", "contracts", within={*ours, *theirs})
    _check_days(since, until)
    if len(promises) > MOST_PROMISES:
        reason = Said(f"最多 {MOST_PROMISES} 条", f"{MOST_PROMISES} at most")
        raise BadInput(argument="promises", reason=reason)
    if file is not None:
        await files.find_own(session, by, file)
    if question is not None:
        await check_decided(session, by, home.id, question)
    row = Contract(
        **made(by, acting), estate_id=home.id, firm_id=company.id, since=since, until=until,
        fee_terms=fee_terms, promises=promises, ground=ground, file_id=file, question_id=question,
        by_firm=acting is not None and acting.unit_id not in ours,
    )  # fmt: skip
    session.add(row)
    record(session, by, "contract.drafted", row, acting=acting)
    return row


async def sign(
    session: AsyncSession, by: Actor, *, contract: ContractId, expected_version: Version = None
) -> Contract:
    """Sign what the other side drafted; from now on it is to be filed within 30 days."""
    known = await rows.find(session, Contract, by, contract)
    # Of two that are signed at once the second sees the first.
    await rows.find(session, units.Unit, by, known.estate_id, for_update=True)
    row = await rows.find(session, Contract, by, contract, for_update=True)
    other = (
        await linkages.around(session, by, row.estate_id)
        if row.by_firm
        else await units.path_of(session, by, row.firm_id)
    )
    acting = authorize(by, "sign", "contracts", within=other)
    row.check_version(expected_version)
    if row.state != ContractState.drafted:
        raise ContractNotDrafted(state=called(STATES, row.state))
    if row.made_by == by.person_id:
        raise OwnContract()
    await _check_alone(session, by, row)
    before = state_of(row)
    row.state, row.signed_by, row.signed_at = ContractState.signed, by.person_id, clock.now()
    row.signed_as = acting.appointment_id if acting else None
    row.file_by, row.version = clock.today() + FILING, row.version + 1
    record(session, by, "contract.signed", row, acting=acting, before=before)
    return row


async def file(
    session: AsyncSession,
    by: Actor,
    *,
    contract: ContractId,
    number: Annotated[str, Length(1, 80), "备案号。 The number on file."],
    expected_version: Version = None,
) -> Contract:
    """Put a signed contract on file with the bureau; neither of those who made it does."""
    row, acting = await _found(session, by, "file", contract)
    row.check_version(expected_version)
    check_signed(row)
    if row.filing_number is not None:
        raise ContractFiled(number=row.filing_number)
    if by.person_id in (row.made_by, row.signed_by):
        raise OwnContract()
    before = state_of(row)
    row.filed_by, row.filed_at, row.filing_number = by.person_id, clock.now(), number
    row.filed_as = acting.appointment_id if acting else None
    row.version += 1
    record(session, by, "contract.filed", row, acting=acting, before=before)
    return row


async def end(
    session: AsyncSession,
    by: Actor,
    *,
    contract: ContractId,
    until: Until = None,
    reason: Reason,
    question: Annotated[
        UUID | None, Of("VoteQuestion"), "业主解聘它的表决事项。 By which they dismissed it."
    ] = None,
    expected_version: Version = None,
) -> Contract:
    """End a signed contract before its time, from a day on: by agreement, or by the owners."""
    row, acting = await _found(session, by, "end", contract)
    row.check_version(expected_version)
    if row.state != ContractState.signed:
        raise ContractNotSigned(state=called(STATES, row.state))
    before, ends = state_of(row), clock.by_today(until)
    if ends <= row.since:
        raise EndsBeforeItBegins()
    if question is not None:
        await check_decided(session, by, row.estate_id, question)
    row.state, row.ended_on = ContractState.ended, min(ends, row.until)
    row.ending_question_id = question
    row.version += 1
    record(
        session, by, "contract.ended", row, acting=acting, before=before, note={"reason": reason}
    )
    return row


async def look(session: AsyncSession, by: Actor, *, at: datetime, most: int) -> int:
    """Say of each contract once what is due: its filing before and after the day, and its end."""
    done, today = 0, at.astimezone(clock.CHINA).date()
    for kind, ahead in AHEAD.items():
        is_filing = kind in (AlarmKind.filing_due, AlarmKind.filing_late)
        due = col(Contract.file_by) if is_filing else col(Contract.until)
        said = select(ContractAlarm.id).where(
            ContractAlarm.tenant_id == by.tenant_id, ContractAlarm.contract_id == Contract.id,
            ContractAlarm.kind == kind,
        )  # fmt: skip
        found = (
            select(Contract)
            .where(
                Contract.tenant_id == by.tenant_id, Contract.state == ContractState.signed,
                due <= today + timedelta(days=ahead), ~said.exists(),
                col(Contract.filed_at).is_(None) if is_filing else due > today,
            )
            .order_by(due, col(Contract.id))
            .limit(most - done)
            .with_for_update(skip_locked=True)
        )  # fmt: skip
        for row in (await session.exec(found)).all():
            alarm = {"kind": kind, "due_on": row.file_by if is_filing else row.until}
            put(session, ContractAlarm, tenant_id=by.tenant_id, contract_id=row.id, at=at, **alarm)
            note = {"kind": kind.value, "due_on": str(alarm["due_on"])}
            write(session, by, "contract.alarmed", ("Contract", row.id), after=note)
            done += 1
        await session.flush()
    return done


def check_signed(row: Contract) -> None:
    """Refuse what is cited of a contract that both sides haven't signed; it may have ended."""
    if row.state == ContractState.drafted:
        raise ContractNotSigned(state=called(STATES, row.state))


async def _found(
    session: AsyncSession, by: Actor, verb: str, contract: UUID
) -> tuple[Contract, Any]:
    row = await rows.find(session, Contract, by, contract, for_update=True)
    theirs = await units.path_of(session, by, row.firm_id)
    ours = await linkages.around(session, by, row.estate_id)
    return row, authorize(by, verb, "contracts", within={*ours, *theirs})


def _check_days(since: date, until: date) -> None:
    if until <= since:
        raise EndsBeforeItBegins()
    if until - since > LONGEST:
        reason = Said("合同期最长二十年", "a contract is for twenty years at most")
        raise BadInput(argument="until", reason=reason)


async def _check_alone(session: AsyncSession, by: Actor, row: Contract) -> None:
    same = await rows.every(
        session, Contract, by, "since", "id", estate_id=row.estate_id, firm_id=row.firm_id
    )
    for one in same:
        is_running = one.id != row.id and one.state != ContractState.drafted
        if is_running and one.since < row.end and row.since < one.end:
            raise ContractsOverlap(id=f"Contract:{one.id}")


def _running(tenant_id: UUID, unit_id: UUID) -> SelectOfScalar[int]:
    """What keeps an estate or a firm open: contracts that were signed and haven't ended."""
    return select(func.count()).where(
        Contract.tenant_id == tenant_id, Contract.state == ContractState.signed,
        col(Contract.until) > clock.today(),
        (col(Contract.estate_id) == unit_id) | (col(Contract.firm_id) == unit_id),
    )  # fmt: skip


units.OCCUPANTS["contract"] = _running
alarms.ALARMS["contracts"] = Alarm(look)
