"""What owners owe: accounts, billing runs, bills."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Bring the database here from the revision before."""
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
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("working", sa.String(length=500), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("limitation_on", sa.Date(), nullable=False),
        sa.Column("is_unclaimed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("item in ('property', 'parking', 'other')", name=op.f("ck_bill_item")),
        sa.CheckConstraint("edition > 0", name=op.f("ck_bill_edition")),
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
        ["tenant_id", "property_unit_id", "item", "label", "month", "firm_id", "edition"],
        unique=True,
    )
    walls.guard("fee_account")
    walls.guard("fee_holder")
    walls.guard("billing_run")
    walls.guard("penalty_day")
    walls.guard("bill")
