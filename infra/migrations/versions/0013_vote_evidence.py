"""Evidence of votes."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "vote_evidence",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(sha256, size, finished_at) = case state when 'done' then 3 else 0 end",
            name=op.f("ck_vote_evidence_done_with_its_content"),
        ),
        sa.CheckConstraint("state in ('queued', 'done')", name=op.f("ck_vote_evidence_state")),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_vote_evidence_finished_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_evidence_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_vote_evidence_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_vote_evidence_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote_evidence")),
    )
    op.create_index(
        op.f("ix_vote_evidence_tenant_id_made_at_id"),
        "vote_evidence",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_evidence_tenant_id_vote_id_made_at_id"),
        "vote_evidence",
        ["tenant_id", "vote_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_vote_evidence_waiting",
        "vote_evidence",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    walls.guard("vote_evidence")
