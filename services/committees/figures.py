"""Estates set right (治理到位的小区): a firm engaged, a committee formed, both dated.

S5 of the account. Pieces of a reading statement over terms and contracts, as in `reports`; nothing
here is kept.
"""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select

from services.committees.tables import CommitteeTerm
from services.contracts import Contract, ContractState
from services.reports import CHINA, Days, Tenant, Within, alias, between


def committees_filed(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many terms of committees were put on file."""
    term = alias(CommitteeTerm)
    found = select(func.count()).where(
        term.c.tenant_id == tenant, within(term.c.estate_id), between(term.c.filed_at, days)
    )
    return found.correlate_except(term).scalar_subquery()


def firms_engaged(tenant: Tenant, within: Within, days: Days) -> ScalarSelect[int]:
    """How many contracts with firms were signed."""
    contract = alias(Contract)
    found = select(func.count()).where(
        contract.c.tenant_id == tenant, within(contract.c.estate_id),
        between(contract.c.signed_at, days),
    )  # fmt: skip
    return found.correlate_except(contract).scalar_subquery()


def set_right(tenant: Tenant, within: Within, days: Days) -> Select[Any]:
    """A row for each estate that came to have both in these days, and has them on the last.

    Where the last is still to come, today tells: what runs out until then stands as yet.
    """
    term, contract = alias(CommitteeTerm), alias(Contract)
    begins, last = days
    ends = func.least(last, func.date(func.timezone(CHINA, func.now())))
    latest = func.greatest(term.c.since, contract.c.since)
    return (
        select(term.c.estate_id, term.c.id.label("term_id"), contract.c.id.label("contract_id"))
        .select_from(term, contract)
        .where(
            term.c.tenant_id == tenant, within(term.c.estate_id), _is_held(term, "until", ends),
            contract.c.tenant_id == tenant, contract.c.estate_id == term.c.estate_id,
            contract.c.state != ContractState.drafted.value, _is_held(contract, "until", ends),
            latest >= begins, latest <= ends,
        )
        .order_by(term.c.estate_id, contract.c.since, contract.c.id)
        .correlate_except(term, contract)
    )  # fmt: skip


def _is_held(row: Any, until: str, day: ColumnElement[date]) -> ColumnElement[bool]:
    """It had begun by this day and hadn't ended."""
    end = func.coalesce(row.c.ended_on, row.c[until])
    return and_(row.c.since <= day, end > day)
