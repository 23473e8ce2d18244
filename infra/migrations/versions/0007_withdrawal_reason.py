"""Withdrawal reason."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    # Its check goes with it; what was suspended before begins its step's time anew.
    op.drop_column("matter", "workdays_left")
    op.create_check_constraint(
        op.f("ck_matter_time_is_left_while_suspended"),
        "matter",
        "state = 'suspended' or num_nonnulls(seconds_left, stage_left, rung_left) = 0",
    )
    op.add_column(
        "publication", sa.Column("withdrawal_reason", sa.String(length=500), nullable=True)
    )
    op.create_index(
        "ix_publication_taken_down",
        "publication",
        ["tenant_id", "withdrawn_at", "id"],
        unique=False,
        postgresql_where=sa.text("withdrawal_reason is not null"),
    )
    op.create_check_constraint(
        op.f("ck_publication_reason_of_a_withdrawal"),
        "publication",
        "withdrawal_reason is null or state = 'withdrawn'",
    )
    op.drop_constraint(op.f("ck_extension_state"), "extension")
    op.drop_constraint(op.f("ck_extension_decided"), "extension")
    op.create_check_constraint(
        op.f("ck_extension_state"),
        "extension",
        "state in ('asked', 'granted', 'denied', 'lapsed')",
    )
    op.create_check_constraint(
        op.f("ck_extension_decided"),
        "extension",
        "(state in ('asked', 'lapsed')) = (decided_by is null)",
    )
    op.drop_index("ix_matter_taken_down", table_name="matter")
    op.create_index(
        "ix_matter_taken_down",
        "matter",
        ["tenant_id", "made_by"],
        unique=False,
        postgresql_where=sa.text("version = 1 or raiser_id is null"),
    )
