"""Disputed bills, and instalment plans."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Bring the database here from the revision before."""
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
    walls.guard("instalment_plan")
    walls.guard("instalment")
    walls.guard("fee_dispute")
    walls.guard("planned_bill")
