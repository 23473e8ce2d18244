"""What the product calls states and kinds, for the oracle: of which column, in which words."""

from collections.abc import Mapping

from services import (
    bills,
    contracts,
    disputes,
    fee_standards,
    guarantees,
    instalment_plans,
    ledger,
    payments,
    reconciliations,
    register_imports,
    vote_evidence,
)
from services.audits import exports
from services.ballots import tables as ballots
from services.committees import tables as committees
from services.demands import tables as demands
from services.errors import Said
from services.packs import tables as packs
from services.payment_files import tables as lines
from services.votes import deliveries
from services.votes import states as votes
from services.votes.tables import ITEMS
from tests.schema.oracle_values import Row

WORDS: Mapping[tuple[str, str], tuple[str, Mapping[str, Said]]] = {
    ("AuditExport", "stateLabel"): ("state", exports.STATES),
    ("PackProposal", "stateLabel"): ("state", packs.STATES),
    ("GuaranteeLine", "why"): ("why", guarantees.WHY),
    ("RegisterImport", "stateLabel"): ("state", register_imports.STATES),
    ("RegisterImport", "haltLabel"): ("halt", register_imports.HALTS),
    ("RegisterImportRow", "stateLabel"): ("state", register_imports.ROW_STATES),
    ("Vote", "stateLabel"): ("state", votes.LABELS),
    ("VoteQuestion", "itemLabel"): ("item", ITEMS),
    ("Ballot", "stateLabel"): ("state", ballots.STATES),
    ("VoteDelivery", "methodLabel"): ("method", deliveries.METHODS),
    ("VoteEvidence", "stateLabel"): ("state", vote_evidence.STATES),
    ("CommitteeTerm", "stateLabel"): ("state", committees.STATES),
    ("CommitteeCandidate", "stateLabel"): ("state", committees.CANDIDATES),
    ("TermAlarm", "kindLabel"): ("kind", committees.ALARMS),
    ("Contract", "stateLabel"): ("state", contracts.STATES),
    ("ContractAlarm", "words"): ("kind", contracts.ALARMS),
    ("FeeStandard", "itemLabel"): ("item", fee_standards.ITEMS),
    ("LedgerEntry", "kindLabel"): ("kind", ledger.KINDS),
    ("Bill", "itemLabel"): ("item", fee_standards.ITEMS),
    ("BillingRun", "stateLabel"): ("state", bills.STATES),
    ("Payment", "methodLabel"): ("method", payments.METHODS),
    ("FeeDispute", "stateLabel"): ("state", disputes.STATES),
    ("InstalmentPlan", "stateLabel"): ("state", instalment_plans.STATES),
    ("PaymentFile", "stateLabel"): ("state", lines.STATES),
    ("PaymentLine", "kindLabel"): ("kind", lines.KINDS),
    ("PaymentLine", "stateLabel"): ("state", lines.LINE_STATES),
    ("PaymentLine", "problemLabel"): ("problem", lines.PROBLEMS),
    ("ReconciliationDifference", "kindLabel"): ("kind", reconciliations.DIFFERENCES),
    ("Demand", "rungLabel"): ("rung", demands.RUNGS),
    ("Demand", "methodLabel"): ("method", demands.METHODS),
    ("Demand", "forumLabel"): ("forum", demands.FORUMS),
    ("Demand", "outcomeLabel"): ("outcome", demands.OUTCOMES),
}


def word(field: tuple[str, str], row: Row, language: str) -> str | None:
    """What a row's column is called; nothing where it says nothing."""
    column, words = WORDS[field]
    said = words.get(row[column])
    return None if said is None else said.to(language.lower())
