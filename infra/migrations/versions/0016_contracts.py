"""Contracts with firms, and the fee standards that cite them."""
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
    walls.guard("contract")
    walls.guard("contract_alarm")
    walls.guard("fee_standard")
