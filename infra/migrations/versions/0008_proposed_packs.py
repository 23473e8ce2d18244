"""Proposed packs."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infra.migrations import walls

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "pack_proposal",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("base_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_as", sa.Uuid(), nullable=True),
        sa.Column("activates_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pack_id", sa.Uuid(), nullable=True),
        sa.Column("ended_why", sa.String(length=2000), nullable=True),
        sa.CheckConstraint(
            "(state = 'activated') = (pack_id is not null)",
            name=op.f("ck_pack_proposal_has_its_edition"),
        ),
        sa.CheckConstraint(
            "state <> 'scheduled' or activates_at is not null",
            name=op.f("ck_pack_proposal_has_its_moment"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'scheduled', 'activated', 'refused', 'withdrawn', 'lapsed')",
            name=op.f("ck_pack_proposal_state"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'refused', 'withdrawn', 'lapsed') or approved_by is not null",
            name=op.f("ck_pack_proposal_is_approved_first"),
        ),
        sa.CheckConstraint(
            "approved_by <> made_by", name=op.f("ck_pack_proposal_is_approved_by_another")
        ),
        sa.CheckConstraint(
            "isfinite(activates_at)", name=op.f("ck_pack_proposal_activates_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_pack_proposal_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "base_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_pack_proposal_tenant_id_base_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pack_id"],
            ["pack.tenant_id", "pack.id"],
            name=op.f("fk_pack_proposal_tenant_id_pack_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_pack_proposal_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pack_proposal")),
    )
    op.create_index(
        op.f("ix_pack_proposal_tenant_id_base_id_made_at_id"),
        "pack_proposal",
        ["tenant_id", "base_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_pack_proposal_tenant_id_made_at_id"),
        "pack_proposal",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_pack_proposal_tenant_id_state_activates_at"),
        "pack_proposal",
        ["tenant_id", "state", "activates_at"],
        unique=False,
    )
    op.add_column("pack", sa.Column("restores_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_pack_tenant_id_restores_id"),
        "pack",
        "pack",
        ["tenant_id", "restores_id"],
        ["tenant_id", "id"],
    )
    walls.guard("pack_proposal")
