"""Files."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "file",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("original_sha256", sa.String(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(media_type, size, sha256, original_sha256, stored_at) = case state when 'stored' then 5 else 0 end",
            name=op.f("ck_file_stored_with_its_content"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(width, height) in (0, 2) and least(width, height) > 0 and (width is null or state = 'stored')",
            name=op.f("ck_file_picture"),
        ),
        sa.CheckConstraint(
            "original_sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_file_original_sha256")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("ck_file_sha256")),
        sa.CheckConstraint("state in ('prepared', 'stored')", name=op.f("ck_file_state")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_file_made_at_is_finite")),
        sa.CheckConstraint("isfinite(stored_at)", name=op.f("ck_file_stored_at_is_finite")),
        sa.CheckConstraint("size > 0", name=op.f("ck_file_not_empty")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_file_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_file_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_file")),
    )
    op.create_index(
        op.f("ix_file_tenant_id_made_at_id"), "file", ["tenant_id", "made_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_file_tenant_id_made_by_made_at_id"),
        "file",
        ["tenant_id", "made_by", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_file_tenant_id_unit_id_made_at_id"),
        "file",
        ["tenant_id", "unit_id", "made_at", "id"],
        unique=False,
    )
    walls.guard("file")
