"""Payments, and the ledger that is only added to."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Bring the database here from the revision before."""
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
    walls.guard("payment")
    walls.guard("ledger_entry")
    walls.hold_ledger()
