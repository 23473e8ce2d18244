"""Fees."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infra.migrations import walls

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "penalty_day",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("through", sa.Date(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_penalty_day_finished_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(through)", name=op.f("ck_penalty_day_through_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_penalty_day_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_penalty_day")),
        sa.UniqueConstraint("tenant_id", "through", name=op.f("uq_penalty_day_tenant_id_through")),
    )
    op.create_table(
        "billing_run",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("billed", sa.Integer(), nullable=False),
        sa.Column("unclaimed", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'done')", name=op.f("ck_billing_run_state")
        ),
        sa.CheckConstraint(
            "extract(day from month) = 1 and last_month >= month",
            name=op.f("ck_billing_run_months"),
        ),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_billing_run_finished_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(last_month)", name=op.f("ck_billing_run_last_month_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_billing_run_made_at_is_finite")),
        sa.CheckConstraint("isfinite(month)", name=op.f("ck_billing_run_month_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_billing_run_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_billing_run_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_billing_run_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_billing_run")),
    )
    op.create_index(
        op.f("ix_billing_run_tenant_id_estate_id_made_at_id"),
        "billing_run",
        ["tenant_id", "estate_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_billing_run_tenant_id_firm_id_made_at_id"),
        "billing_run",
        ["tenant_id", "firm_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_billing_run_tenant_id_made_at_id"),
        "billing_run",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_billing_run_waiting",
        "billing_run",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "contract",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("fee_terms", sa.String(length=5000), nullable=False),
        sa.Column("promises", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("ground", sa.String(length=500), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("question_id", sa.Uuid(), nullable=True),
        sa.Column("by_firm", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_as", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("file_by", sa.Date(), nullable=True),
        sa.Column("filed_by", sa.Uuid(), nullable=True),
        sa.Column("filed_as", sa.Uuid(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filing_number", sa.String(length=80), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ending_question_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'drafted') = (signed_at is null)", name=op.f("ck_contract_signed_at_a_moment")
        ),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_on is not null)", name=op.f("ck_contract_ended_on_a_day")
        ),
        sa.CheckConstraint(
            "state in ('drafted', 'signed', 'ended')", name=op.f("ck_contract_state")
        ),
        sa.CheckConstraint("ended_on > since", name=op.f("ck_contract_ended_after_it_began")),
        sa.CheckConstraint(
            "filed_by <> made_by and filed_by <> signed_by",
            name=op.f("ck_contract_not_filed_by_a_party"),
        ),
        sa.CheckConstraint("isfinite(ended_on)", name=op.f("ck_contract_ended_on_is_finite")),
        sa.CheckConstraint("isfinite(file_by)", name=op.f("ck_contract_file_by_is_finite")),
        sa.CheckConstraint("isfinite(filed_at)", name=op.f("ck_contract_filed_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_contract_made_at_is_finite")),
        sa.CheckConstraint("isfinite(signed_at)", name=op.f("ck_contract_signed_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_contract_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_contract_until_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(filed_at, filing_number) in (0, 2)",
            name=op.f("ck_contract_filed_by_number"),
        ),
        sa.CheckConstraint(
            "signed_by <> made_by", name=op.f("ck_contract_not_signed_by_its_maker")
        ),
        sa.CheckConstraint("until > since", name=op.f("ck_contract_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "question_id"],
            ["vote_question.tenant_id", "vote_question.id"],
            name=op.f("fk_contract_tenant_id_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ending_question_id"],
            ["vote_question.tenant_id", "vote_question.id"],
            name=op.f("fk_contract_tenant_id_ending_question_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_contract_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_contract_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_contract_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_contract_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract")),
    )
    op.create_index(
        "ix_contract_running",
        "contract",
        ["tenant_id", "until", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'signed'"),
    )
    op.create_index(
        op.f("ix_contract_tenant_id_estate_id_since_id"),
        "contract",
        ["tenant_id", "estate_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contract_tenant_id_firm_id_since_id"),
        "contract",
        ["tenant_id", "firm_id", "since", "id"],
        unique=False,
    )
    for column in ("question_id", "ending_question_id"):
        op.create_index(
            op.f(f"ix_contract_tenant_id_{column}"), "contract", ["tenant_id", column], unique=False
        )
    op.create_index(
        op.f("ix_contract_tenant_id_since_id"),
        "contract",
        ["tenant_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        "ix_contract_to_file",
        "contract",
        ["tenant_id", "file_by", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'signed' and filed_at is null"),
    )
    op.create_table(
        "fee_account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("holders_key", sa.String(length=32), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_fee_account_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_account_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_account_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_fee_account_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_fee_account_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_account")),
    )
    op.create_index(
        op.f("ix_fee_account_tenant_id_estate_id_made_at_id"),
        "fee_account",
        ["tenant_id", "estate_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_account_tenant_id_firm_id_made_at_id"),
        "fee_account",
        ["tenant_id", "firm_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_account_tenant_id_made_at_id"),
        "fee_account",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_fee_account_holders",
        "fee_account",
        ["tenant_id", "property_unit_id", "firm_id", "holders_key"],
        unique=True,
    )
    op.create_table(
        "contract_alarm",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('filing_due', 'filing_late', 'ending', 'ending_soon')",
            name=op.f("ck_contract_alarm_kind"),
        ),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_contract_alarm_at_is_finite")),
        sa.CheckConstraint("isfinite(due_on)", name=op.f("ck_contract_alarm_due_on_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_contract_alarm_tenant_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_contract_alarm_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_contract_alarm")),
        sa.UniqueConstraint(
            "tenant_id",
            "contract_id",
            "kind",
            name=op.f("uq_contract_alarm_tenant_id_contract_id_kind"),
        ),
    )
    op.create_index(
        op.f("ix_contract_alarm_tenant_id_contract_id_at_id"),
        "contract_alarm",
        ["tenant_id", "contract_id", "at", "id"],
        unique=False,
    )
    op.create_table(
        "fee_holder",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_fee_holder_made_at_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(person_id, organisation_id) = 1", name=op.f("ck_fee_holder_one_holder")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_fee_holder_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organisation_id"],
            ["organisation.tenant_id", "organisation.id"],
            name=op.f("fk_fee_holder_tenant_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_fee_holder_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_fee_holder_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_holder")),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "organisation_id",
            name=op.f("uq_fee_holder_tenant_id_account_id_organisation_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "account_id",
            "person_id",
            name=op.f("uq_fee_holder_tenant_id_account_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_fee_holder_tenant_id_account_id_made_at_id"),
        "fee_holder",
        ["tenant_id", "account_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_holder_tenant_id_organisation_id_account_id"),
        "fee_holder",
        ["tenant_id", "organisation_id", "account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_holder_tenant_id_person_id_account_id"),
        "fee_holder",
        ["tenant_id", "person_id", "account_id"],
        unique=False,
    )
    op.create_table(
        "fee_standard",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=True),
        sa.Column("ground", sa.String(length=500), nullable=True),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("price", sa.Numeric(precision=9, scale=4), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("discount", sa.Integer(), nullable=False),
        sa.Column("penalty_rate", sa.Integer(), nullable=True),
        sa.Column("penalty_after", sa.Integer(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(item = 'other') = (label <> '')", name=op.f("ck_fee_standard_labelled")
        ),
        sa.CheckConstraint("basis in ('area', 'unit')", name=op.f("ck_fee_standard_basis")),
        sa.CheckConstraint(
            "item in ('property', 'parking', 'other')", name=op.f("ck_fee_standard_item")
        ),
        sa.CheckConstraint(
            "use in ('dwelling', 'shop', 'office', 'parking', 'storage', 'other')",
            name=op.f("ck_fee_standard_use"),
        ),
        sa.CheckConstraint("discount between 0 and 9999", name=op.f("ck_fee_standard_discounted")),
        sa.CheckConstraint("due_days between 0 and 366", name=op.f("ck_fee_standard_due")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_fee_standard_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_fee_standard_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_fee_standard_until_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(contract_id, ground) = 1", name=op.f("ck_fee_standard_cites")
        ),
        sa.CheckConstraint(
            "num_nonnulls(penalty_rate, penalty_after) in (0, 2) and penalty_rate between 1 and 10000 and penalty_after between 0 and 366",
            name=op.f("ck_fee_standard_penalty"),
        ),
        sa.CheckConstraint("price > 0", name=op.f("ck_fee_standard_costs")),
        sa.CheckConstraint("until > since", name=op.f("ck_fee_standard_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "contract_id"],
            ["contract.tenant_id", "contract.id"],
            name=op.f("fk_fee_standard_tenant_id_contract_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_standard_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_standard_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_fee_standard_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_standard")),
    )
    op.create_index(
        op.f("ix_fee_standard_tenant_id_contract_id"),
        "fee_standard",
        ["tenant_id", "contract_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_standard_tenant_id_estate_id_since_id"),
        "fee_standard",
        ["tenant_id", "estate_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_standard_tenant_id_firm_id_since_id"),
        "fee_standard",
        ["tenant_id", "firm_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_standard_tenant_id_since_id"),
        "fee_standard",
        ["tenant_id", "since", "id"],
        unique=False,
    )
    op.create_table(
        "instalment_plan",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("by_firm", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_as", sa.Uuid(), nullable=True),
        sa.Column("agreed_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (agreed_on is null)",
            name=op.f("ck_instalment_plan_agreed_on_a_day"),
        ),
        sa.CheckConstraint(
            "(state in ('kept', 'broken')) = (ended_on is not null)",
            name=op.f("ck_instalment_plan_ended_on_a_day"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'agreed', 'kept', 'broken')",
            name=op.f("ck_instalment_plan_state"),
        ),
        sa.CheckConstraint(
            "agreed_by <> made_by", name=op.f("ck_instalment_plan_not_agreed_by_its_maker")
        ),
        sa.CheckConstraint(
            "isfinite(agreed_on)", name=op.f("ck_instalment_plan_agreed_on_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(ended_on)", name=op.f("ck_instalment_plan_ended_on_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_instalment_plan_made_at_is_finite")),
        sa.CheckConstraint("total > 0", name=op.f("ck_instalment_plan_total")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_instalment_plan_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_instalment_plan_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_instalment_plan_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_instalment_plan_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_instalment_plan")),
    )
    op.create_index(
        "ix_instalment_plan_agreed",
        "instalment_plan",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'agreed'"),
    )
    op.create_index(
        op.f("ix_instalment_plan_tenant_id_account_id_made_at_id"),
        "instalment_plan",
        ["tenant_id", "account_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_instalment_plan_tenant_id_estate_id_made_at_id"),
        "instalment_plan",
        ["tenant_id", "estate_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_instalment_plan_tenant_id_firm_id_made_at_id"),
        "instalment_plan",
        ["tenant_id", "firm_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_instalment_plan_tenant_id_made_at_id"),
        "instalment_plan",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_table(
        "payment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.CheckConstraint(
            "method in ('cash', 'transfer', 'card', 'mobile', 'other')",
            name=op.f("ck_payment_method"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_payment_made_at_is_finite")),
        sa.CheckConstraint("isfinite(received_at)", name=op.f("ck_payment_received_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_payment_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_payment_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment")),
    )
    op.create_index(
        op.f("ix_payment_tenant_id_account_id_received_at_id"),
        "payment",
        ["tenant_id", "account_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_tenant_id_estate_id_received_at_id"),
        "payment",
        ["tenant_id", "estate_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_tenant_id_firm_id_received_at_id"),
        "payment",
        ["tenant_id", "firm_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_tenant_id_received_at_id"),
        "payment",
        ["tenant_id", "received_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_payment_external_id",
        "payment",
        ["tenant_id", "channel", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    op.create_table(
        "bill",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("working", sa.String(length=500), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("limitation_on", sa.Date(), nullable=False),
        sa.Column("is_unclaimed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("item in ('property', 'parking', 'other')", name=op.f("ck_bill_item")),
        sa.CheckConstraint("extract(day from month) = 1", name=op.f("ck_bill_month")),
        sa.CheckConstraint("isfinite(due_on)", name=op.f("ck_bill_due_on_is_finite")),
        sa.CheckConstraint("isfinite(limitation_on)", name=op.f("ck_bill_limitation_on_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_bill_made_at_is_finite")),
        sa.CheckConstraint("isfinite(month)", name=op.f("ck_bill_month_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_bill_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_bill_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_bill_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_bill_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["billing_run.tenant_id", "billing_run.id"],
            name=op.f("fk_bill_tenant_id_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "standard_id"],
            ["fee_standard.tenant_id", "fee_standard.id"],
            name=op.f("fk_bill_tenant_id_standard_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_bill_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_bill")),
    )
    op.create_index(
        op.f("ix_bill_tenant_id_account_id_due_on_id"),
        "bill",
        ["tenant_id", "account_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bill_tenant_id_due_on_id"), "bill", ["tenant_id", "due_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_bill_tenant_id_estate_id_month_id"),
        "bill",
        ["tenant_id", "estate_id", "month", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bill_tenant_id_firm_id_due_on_id"),
        "bill",
        ["tenant_id", "firm_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bill_tenant_id_property_unit_id_due_on_id"),
        "bill",
        ["tenant_id", "property_unit_id", "due_on", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_bill_tenant_id_run_id"), "bill", ["tenant_id", "run_id"], unique=False)
    op.create_index(
        op.f("ix_bill_tenant_id_standard_id"), "bill", ["tenant_id", "standard_id"], unique=False
    )
    op.create_index(
        "ix_bill_unclaimed",
        "bill",
        ["tenant_id", "firm_id", "due_on", "id"],
        unique=False,
        postgresql_where=sa.text("is_unclaimed"),
    )
    op.create_index(
        "uq_bill_of_a_month",
        "bill",
        ["tenant_id", "property_unit_id", "item", "label", "month", "firm_id"],
        unique=True,
    )
    op.create_table(
        "instalment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_instalment_amount")),
        sa.CheckConstraint("isfinite(due_on)", name=op.f("ck_instalment_due_on_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["instalment_plan.tenant_id", "instalment_plan.id"],
            name=op.f("fk_instalment_tenant_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_instalment_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_instalment")),
        sa.UniqueConstraint(
            "tenant_id", "plan_id", "due_on", name=op.f("uq_instalment_tenant_id_plan_id_due_on")
        ),
    )
    op.create_index(
        op.f("ix_instalment_tenant_id_plan_id_due_on_id"),
        "instalment",
        ["tenant_id", "plan_id", "due_on", "id"],
        unique=False,
    )
    op.create_table(
        "fee_dispute",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("settled_as", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("lowered_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (until is null)", name=op.f("ck_fee_dispute_settled_on_a_day")
        ),
        sa.CheckConstraint(
            "state in ('open', 'upheld', 'overturned')", name=op.f("ck_fee_dispute_state")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_fee_dispute_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_fee_dispute_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_fee_dispute_until_is_finite")),
        sa.CheckConstraint("lowered_by > 0", name=op.f("ck_fee_dispute_lowered")),
        sa.CheckConstraint(
            "settled_by <> made_by", name=op.f("ck_fee_dispute_not_settled_by_its_raiser")
        ),
        sa.CheckConstraint("until >= since", name=op.f("ck_fee_dispute_ends_no_earlier")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bill.tenant_id", "bill.id"],
            name=op.f("fk_fee_dispute_tenant_id_bill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_dispute_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_fee_dispute_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_fee_dispute_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_fee_dispute_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_fee_dispute")),
    )
    op.create_index(
        op.f("ix_fee_dispute_tenant_id_bill_id"),
        "fee_dispute",
        ["tenant_id", "bill_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_dispute_tenant_id_estate_id_since_id"),
        "fee_dispute",
        ["tenant_id", "estate_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_dispute_tenant_id_firm_id_since_id"),
        "fee_dispute",
        ["tenant_id", "firm_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_dispute_tenant_id_person_id_since_id"),
        "fee_dispute",
        ["tenant_id", "person_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_fee_dispute_tenant_id_since_id"),
        "fee_dispute",
        ["tenant_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        "uq_fee_dispute_open",
        "fee_dispute",
        ["tenant_id", "bill_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(part = 'credit') = (bill_id is null)",
            name=op.f("ck_ledger_entry_of_a_bill_or_credit"),
        ),
        sa.CheckConstraint(
            "case kind when 'charge' then amount > 0 and part = 'principal' when 'discount' then amount < 0 and part = 'principal' when 'penalty' then amount > 0 and part = 'penalty' when 'payment' then amount < 0 and part = 'credit' when 'refund' then amount > 0 and payment_id is not null when 'allocation' then payment_id is not null else true end",
            name=op.f("ck_ledger_entry_fits_its_kind"),
        ),
        sa.CheckConstraint(
            "kind in ('charge', 'discount', 'penalty', 'payment', 'allocation', 'refund', 'reversal')",
            name=op.f("ck_ledger_entry_kind"),
        ),
        sa.CheckConstraint(
            "part <> 'credit' or payment_id is not null",
            name=op.f("ck_ledger_entry_credit_of_a_payment"),
        ),
        sa.CheckConstraint(
            "part in ('principal', 'penalty', 'credit')", name=op.f("ck_ledger_entry_part")
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entry_amount")),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_ledger_entry_at_is_finite")),
        sa.CheckConstraint("isfinite(day)", name=op.f("ck_ledger_entry_day_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["fee_account.tenant_id", "fee_account.id"],
            name=op.f("fk_ledger_entry_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bill.tenant_id", "bill.id"],
            name=op.f("fk_ledger_entry_tenant_id_bill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_ledger_entry_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_ledger_entry_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name=op.f("fk_ledger_entry_tenant_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reverses_id"],
            ["ledger_entry.tenant_id", "ledger_entry.id"],
            name=op.f("fk_ledger_entry_tenant_id_reverses_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_ledger_entry_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(
        "ix_ledger_entry_payment",
        "ledger_entry",
        ["tenant_id", "payment_id", "bill_id"],
        unique=False,
        postgresql_where=sa.text("payment_id is not null"),
    )
    op.create_index(
        op.f("ix_ledger_entry_tenant_id_account_id_at_id"),
        "ledger_entry",
        ["tenant_id", "account_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_entry_tenant_id_at_id"),
        "ledger_entry",
        ["tenant_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_entry_tenant_id_bill_id_at_id"),
        "ledger_entry",
        ["tenant_id", "bill_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ledger_entry_tenant_id_firm_id_at_id"),
        "ledger_entry",
        ["tenant_id", "firm_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_ledger_entry_charge",
        "ledger_entry",
        ["tenant_id", "bill_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'charge'"),
    )
    op.create_index(
        "uq_ledger_entry_payment",
        "ledger_entry",
        ["tenant_id", "payment_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'payment'"),
    )
    op.create_index(
        "uq_ledger_entry_penalty",
        "ledger_entry",
        ["tenant_id", "bill_id", "day"],
        unique=True,
        postgresql_where=sa.text("kind = 'penalty'"),
    )
    op.create_index(
        "uq_ledger_entry_reversal",
        "ledger_entry",
        ["tenant_id", "reverses_id"],
        unique=True,
        postgresql_where=sa.text("reverses_id is not null"),
    )
    op.create_table(
        "planned_bill",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "bill_id"],
            ["bill.tenant_id", "bill.id"],
            name=op.f("fk_planned_bill_tenant_id_bill_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "plan_id"],
            ["instalment_plan.tenant_id", "instalment_plan.id"],
            name=op.f("fk_planned_bill_tenant_id_plan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_planned_bill_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_planned_bill")),
        sa.UniqueConstraint(
            "tenant_id",
            "plan_id",
            "bill_id",
            name=op.f("uq_planned_bill_tenant_id_plan_id_bill_id"),
        ),
    )
    op.create_index(
        op.f("ix_planned_bill_tenant_id_bill_id_plan_id"),
        "planned_bill",
        ["tenant_id", "bill_id", "plan_id"],
        unique=False,
    )
    walls.guard("penalty_day")
    walls.guard("billing_run")
    walls.guard("contract")
    walls.guard("fee_account")
    walls.guard("contract_alarm")
    walls.guard("fee_holder")
    walls.guard("fee_standard")
    walls.guard("instalment_plan")
    walls.guard("payment")
    walls.guard("bill")
    walls.guard("instalment")
    walls.guard("fee_dispute")
    walls.guard("ledger_entry")
    walls.guard("planned_bill")
    walls.hold_ledger()
