"""What the oracle knows of each type: its table, its object in the policies, what points where."""

from strawberry.utils.str_converters import to_snake_case

TABLES = {
    "Unit": "unit", "Person": "person", "Post": "post", "Appointment": "appointment",
    "Linkage": "linkage", "Duty": "duty", "RuleBook": "rule_book", "Station": "station",
    "Pack": "pack", "Client": "client", "Account": "account", "Issuer": "issuer",
    "SubjectLink": "subject_link", "Event": "event", "Tenant": "tenant",
    "TrustedDocument": "trusted_document", "Matter": "matter", "MatterEntry": "matter_entry",
    "Notice": "notice", "Council": "council", "CouncilSeat": "council_seat", "Meeting": "meeting",
    "AgendaItem": "agenda_item", "Attendance": "attendance", "Recusal": "recusal",
    "Minutes": "minutes", "Signature": "signature", "Correction": "correction",
    "Resolution": "resolution", "Extension": "extension", "Supervision": "supervision",
    "File": "file", "Evidence": "evidence",
    "Publication": "publication", "Objection": "objection", "BoardEntry": "publication",
    "BoardWithdrawal": "publication", "PackProposal": "pack_proposal",
    "AuditHead": "audit_head", "AuditSample": "audit_sample", "AuditExport": "audit_export",
    "AuditExportPart": "audit_export_part", "Organisation": "organisation",
    "PropertyUnit": "property_unit", "Ownership": "ownership",
    "Vote": "vote", "VoteQuestion": "vote_question", "VoteObjection": "vote_objection",
    "RollEntry": "roll_entry", "RollHolder": "roll_holder", "VoteProxy": "vote_proxy",
    "Ballot": "ballot", "VoteDelivery": "vote_delivery",
    "RegisterImport": "register_import", "RegisterImportRow": "register_import_row",
    "RegisterImportProblem": "register_import_problem", "RegisterExport": "register_export",
    "Contract": "contract", "ContractAlarm": "contract_alarm", "FeeStandard": "fee_standard",
    "FeeAccount": "fee_account", "FeeHolder": "fee_holder", "LedgerEntry": "ledger_entry",
    "Bill": "bill", "BillingRun": "billing_run", "Payment": "payment",
    "FeeDispute": "fee_dispute", "InstalmentPlan": "instalment_plan", "Instalment": "instalment",
    "VoteEvidence": "vote_evidence", "CommitteeTerm": "committee_term",
    "TermPreparer": "term_preparer", "CommitteeCandidate": "committee_candidate",
    "TermAlarm": "term_alarm",
}  # fmt: skip
OBJECTS = {
    "Unit": "units", "Person": "people", "Post": "appointments", "Appointment": "appointments",
    "Linkage": "linkages", "Duty": "duties", "RuleBook": "rulebooks", "Station": "stations",
    "Pack": "packs", "Client": "clients", "Account": "accounts", "Issuer": "accounts",
    "SubjectLink": "accounts", "Event": "events", "Tenant": "tenants",
    "TrustedDocument": "trusted_documents", "Matter": "matters", "MatterEntry": "matters",
    "Notice": "notices", "Council": "councils", "CouncilSeat": "councils", "Meeting": "meetings",
    "AgendaItem": "minutes", "Attendance": "minutes", "Recusal": "minutes", "Minutes": "minutes",
    "Signature": "minutes", "Correction": "minutes", "Resolution": "resolutions",
    "Extension": "extensions", "Supervision": "supervisions", "File": "files",
    "Evidence": "matters",
    "Publication": "publications", "Objection": "objections", "BoardEntry": "board",
    "BoardWithdrawal": "board", "PackProposal": "packs",
    "AuditHead": "audits", "AuditSample": "audits", "AuditExport": "audits",
    "AuditExportPart": "audits", "Organisation": "organisations",
    "PropertyUnit": "property_units", "Ownership": "ownerships",
    "Vote": "votes", "VoteQuestion": "votes", "VoteObjection": "votes",
    "RollEntry": "ballots", "RollHolder": "ballots", "VoteProxy": "ballots",
    "Ballot": "ballots", "VoteDelivery": "ballots",
    "RegisterImport": "register_imports", "RegisterImportRow": "register_imports",
    "RegisterImportProblem": "register_imports", "RegisterExport": "register_exports",
    "Contract": "contracts", "ContractAlarm": "contracts", "FeeStandard": "fee_standards",
    "FeeAccount": "ledger", "FeeHolder": "ledger", "LedgerEntry": "ledger",
    "Bill": "bills", "BillingRun": "bills", "Payment": "payments", "FeeDispute": "disputes",
    "InstalmentPlan": "instalment_plans", "Instalment": "instalment_plans",
    "VoteEvidence": "vote_evidence", "CommitteeTerm": "committees", "TermPreparer": "committees",
    "CommitteeCandidate": "committees", "TermAlarm": "committees",
}  # fmt: skip
# The columns whose unit a row is in.
PLACES = {
    "Unit": ("id",), "Post": ("unit_id",), "Appointment": ("unit_id",),
    "Linkage": ("estate_id", "firm_id"), "Duty": ("member_id",), "RuleBook": ("unit_id",),
    "Station": ("grid_id",), "Matter": ("scope_id", "handler_id"),
    "PropertyUnit": ("unit_id",), "Resolution": ("owner_id",),
    "Supervision": ("unit_id", "holder_id"), "File": ("unit_id",),
    "Vote": ("scope_id",), "CommitteeTerm": ("estate_id",),
    "RegisterImport": ("estate_id",),
    **dict.fromkeys(("Contract", "FeeStandard", "FeeDispute"), ("estate_id", "firm_id")),
    **dict.fromkeys(
        ("FeeAccount", "LedgerEntry", "Bill", "BillingRun", "Payment", "InstalmentPlan"),
        ("firm_id",),
    ),
}  # fmt: skip
# Those that are seen where what they belong to is: of which type, by which column.
MEMBERS = {
    "MatterEntry": ("Matter", "matter_id"), "Extension": ("Matter", "matter_id"),
    "Publication": ("Matter", "matter_id"), "Objection": ("Matter", "matter_id"),
    "Attendance": ("Meeting", "meeting_id"), "Evidence": ("Matter", "matter_id"),
    "Minutes": ("Meeting", "meeting_id"), "Signature": ("Meeting", "meeting_id"),
    "Ownership": ("PropertyUnit", "property_unit_id"),
    "Correction": ("Meeting", "meeting_id"), "Recusal": ("AgendaItem", "item_id"),
    "VoteQuestion": ("Vote", "vote_id"), "VoteObjection": ("Vote", "vote_id"),
    "RollEntry": ("Vote", "vote_id"), "RollHolder": ("Vote", "vote_id"),
    "VoteProxy": ("Vote", "vote_id"), "Ballot": ("Vote", "vote_id"),
    "VoteDelivery": ("Vote", "vote_id"), "VoteEvidence": ("Vote", "vote_id"),
    "TermPreparer": ("CommitteeTerm", "term_id"), "TermAlarm": ("CommitteeTerm", "term_id"),
    "CommitteeCandidate": ("CommitteeTerm", "term_id"),
    "RegisterImportRow": ("RegisterImport", "import_id"),
    "RegisterImportProblem": ("RegisterImport", "import_id"),
    "ContractAlarm": ("Contract", "contract_id"), "FeeHolder": ("FeeAccount", "account_id"),
    "Instalment": ("InstalmentPlan", "plan_id"),
}  # fmt: skip
# Those of an estate's parties too, and by which column they lead to an account of their own.
AT_ESTATES = ("Contract", "FeeStandard", "FeeDispute")
ACCOUNTS = {
    "FeeAccount": "id", "FeeHolder": "account_id", "LedgerEntry": "account_id",
    "Bill": "account_id", "Payment": "account_id", "InstalmentPlan": "account_id",
}  # fmt: skip
# The columns that hold whose a row is.
OWNERS = {
    "Person": "id", "Appointment": "person_id", "Account": "person_id",
    "SubjectLink": "person_id", "Ownership": "person_id", "Matter": "raiser_id",
    "Notice": "person_id", "File": "made_by", "RegisterExport": "made_by",
    "BillingRun": "made_by", "TermPreparer": "person_id", "CommitteeCandidate": "person_id",
}  # fmt: skip
ELSEWHERE = {
    ("MatterEntry", "person"): "made_by",
    ("MatterEntry", "appointment"): "made_as",
    ("Matter", "verifiedBy"): "verified_by",
    ("Matter", "inquiredBy"): "inquired_by",
    ("Correction", "person"): "made_by",
    ("File", "person"): "made_by",
    ("Extension", "askedBy"): "made_by",
    ("Publication", "approvedBy"): "approved_by",
    ("Objection", "answeredBy"): "answered_by",
    ("Ownership", "verifiedBy"): "verified_by",
    ("Ownership", "verifiedAs"): "verified_as",
    ("Extension", "decidedBy"): "decided_by",
    ("LedgerEntry", "person"): "made_by",
    ("BillingRun", "askedBy"): "made_by",
    ("Payment", "recordedBy"): "made_by",
    ("Contract", "signedBy"): "signed_by",
    ("FeeDispute", "settledBy"): "settled_by",
    ("Resolution", "reportedBy"): "reported_by",
    ("Resolution", "verifiedBy"): "verified_by",
    ("PackProposal", "proposedBy"): "made_by",
    ("PackProposal", "approvedBy"): "approved_by",
    ("PackProposal", "approvedAs"): "approved_as",
    ("AuditSample", "drawnBy"): "made_by",
    ("AuditExport", "askedBy"): "made_by",
    ("Ballot", "enteredBy"): "made_by",
    ("Ballot", "confirmedBy"): "confirmed_by",
    ("VoteProxy", "confirmedBy"): "confirmed_by",
    ("RegisterImport", "startedBy"): "made_by",
    ("RegisterImport", "appliedBy"): "applied_by",
    ("RegisterImport", "appliedAs"): "applied_as",
    ("RegisterImport", "verifiedBy"): "verified_by",
    ("RegisterExport", "madeBy"): "made_by",
    ("VoteEvidence", "askedBy"): "made_by",
    ("CommitteeCandidate", "checkedBy"): "checked_by",
}
BACK = {
    ("Unit", "children"): "parent_id",
    ("Unit", "posts"): "unit_id",
    ("Unit", "appointments"): "unit_id",
    ("Unit", "residents"): "home_id",
    ("Unit", "linkages"): "grid_id",
    ("Unit", "estateLinkages"): "estate_id",
    ("Unit", "duties"): "member_id",
    ("Unit", "ruleBooks"): "unit_id",
    ("Unit", "stations"): "grid_id",
    ("Unit", "matters"): "grid_id",
    ("Person", "appointments"): "person_id",
    ("Post", "appointments"): "post_id",
    ("PropertyUnit", "ownerships"): "property_unit_id",
    ("Matter", "entries"): "matter_id",
    ("Matter", "duplicates"): "merged_into_id",
    ("Matter", "evidence"): "matter_id",
    ("Matter", "publications"): "matter_id",
    ("Matter", "objections"): "matter_id",
    ("Council", "seats"): "council_id",
    ("AuditExport", "parts"): "export_id",
    ("RegisterImport", "rows"): "import_id",
    ("RegisterImport", "problems"): "import_id",
    ("RegisterImportRow", "problems"): "row_id",
    ("Contract", "alarms"): "contract_id",
    ("FeeAccount", "holders"): "account_id",
    ("FeeAccount", "entries"): "account_id",
    ("Bill", "entries"): "bill_id",
    ("InstalmentPlan", "instalments"): "plan_id",
    ("AgendaItem", "recusals"): "item_id",
    ("AgendaItem", "resolutions"): "item_id",
    ("Vote", "questions"): "vote_id",
    ("Vote", "objections"): "vote_id",
    ("RollEntry", "holders"): "entry_id",
    **dict.fromkeys(
        (("CommitteeTerm", name) for name in ("preparers", "candidates", "alarms")), "term_id"
    ),
    **{
        ("Meeting", name): "meeting_id"
        for name in (
            "items",
            "attendance",
            "resolutions",
            "minutes",
            "signatures",
            "corrections",
        )
    },
}
RENAMED = {
    ("Person", "phone"): "phone_masked",
    ("Person", "identityNumber"): "identity_masked",
    ("Event", "objectType"): "object",
    ("TrustedDocument", "documentId"): "digest",
    ("TrustedDocument", "registeredAt"): "made_at",
    ("Extension", "askedAt"): "made_at",
    ("Publication", "proposedAt"): "made_at",
    ("PackProposal", "proposedAt"): "made_at",
    ("AuditSample", "drawnAt"): "made_at",
    ("AuditExport", "askedAt"): "made_at",
    ("VoteEvidence", "askedAt"): "made_at",
    ("RegisterImport", "startedAt"): "made_at",
    ("Objection", "raisedAt"): "made_at",
    ("VoteObjection", "raisedAt"): "made_at",
}
ORDERS = {
    "drawn_at": "made_at",
    "asked_at": "made_at",
    "started_at": "made_at",
    "registered_at": "made_at",
    "begun_at": "made_at",
    "nominated_at": "made_at",
    "proposed_at": "made_at",
    "Objection.raised_at": "made_at",
    "VoteObjection.raised_at": "made_at",
    "RollHolder.entry": "entry_id",
}


def link_column(type_name: str, name: str) -> str:
    """The column that a link goes by: that of its own name, unless it is another one."""
    return ELSEWHERE.get((type_name, name), f"{to_snake_case(name)}_id")


# To what administrators look after the events are theirs to read.
OFFICE = {
    "Account", "Appointment", "Client", "Issuer", "Pack", "PackProposal", "Person", "Post",
    "SubjectLink", "Tenant", "TenantKey", "TrustedDocument", "Unit",
}  # fmt: skip
