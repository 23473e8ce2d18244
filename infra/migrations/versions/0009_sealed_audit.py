"""Sealed audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infra.migrations import walls

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "audit_export",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_name", sa.String(length=80), nullable=True),
        sa.Column("purpose", sa.String(length=500), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("format in ('jsonl', 'csv')", name=op.f("ck_audit_export_format")),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'done')", name=op.f("ck_audit_export_state")
        ),
        sa.CheckConstraint(
            "ends_at > begins_at", name=op.f("ck_audit_export_ends_after_it_begins")
        ),
        sa.CheckConstraint("isfinite(begins_at)", name=op.f("ck_audit_export_begins_at_is_finite")),
        sa.CheckConstraint("isfinite(ends_at)", name=op.f("ck_audit_export_ends_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_audit_export_finished_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(last_at)", name=op.f("ck_audit_export_last_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_audit_export_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_audit_export_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_export")),
    )
    op.create_index(
        op.f("ix_audit_export_tenant_id_made_at_id"),
        "audit_export",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_audit_export_waiting",
        "audit_export",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("frontier", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("horizon", sa.BigInteger(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.CheckConstraint("isfinite(sealed_at)", name=op.f("ck_audit_head_sealed_at_is_finite")),
        sa.CheckConstraint("size > first", name=op.f("ck_audit_head_seals_something")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_head_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_head")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_audit_head_tenant_id_number")),
    )
    op.create_index(
        op.f("ix_audit_head_tenant_id_sealed_at_id"),
        "audit_head",
        ["tenant_id", "sealed_at", "id"],
        unique=False,
    )
    op.create_table(
        "audit_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("public", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(created_at)", name=op.f("ck_audit_key_created_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_audit_key_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_key")),
    )
    op.create_table(
        "audit_sample",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("seed", sa.String(length=80), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_name", sa.String(length=80), nullable=True),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("event_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.CheckConstraint(
            "ends_at > begins_at", name=op.f("ck_audit_sample_ends_after_it_begins")
        ),
        sa.CheckConstraint("isfinite(begins_at)", name=op.f("ck_audit_sample_begins_at_is_finite")),
        sa.CheckConstraint("isfinite(ends_at)", name=op.f("ck_audit_sample_ends_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_audit_sample_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_audit_sample_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_sample")),
    )
    op.create_index(
        op.f("ix_audit_sample_tenant_id_made_at_id"),
        "audit_sample",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_table(
        "audit_export_part",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "isfinite(made_at)", name=op.f("ck_audit_export_part_made_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "export_id"],
            ["audit_export.tenant_id", "audit_export.id"],
            name=op.f("fk_audit_export_part_tenant_id_export_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_audit_export_part_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audit_export_part")),
        sa.UniqueConstraint(
            "tenant_id",
            "export_id",
            "number",
            name=op.f("uq_audit_export_part_tenant_id_export_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_audit_export_part_tenant_id_export_id_number_id"),
        "audit_export_part",
        ["tenant_id", "export_id", "number", "id"],
        unique=False,
    )
    op.create_table(
        "event_leaf",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("number >= 0", name=op.f("ck_event_leaf_number_from_nought")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "id"],
            ["event.tenant_id", "event.id"],
            name=op.f("fk_event_leaf_tenant_id_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_event_leaf_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event_leaf")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_event_leaf_tenant_id_number")),
    )
    op.create_table(
        "event_value",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["event.tenant_id", "event.id"],
            name=op.f("fk_event_value_tenant_id_event_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_event_value_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event_value")),
        sa.UniqueConstraint(
            "tenant_id", "event_id", "path", name=op.f("uq_event_value_tenant_id_event_id_path")
        ),
    )
    op.create_index(
        op.f("ix_event_value_tenant_id_person_id"),
        "event_value",
        ["tenant_id", "person_id"],
        unique=False,
    )
    op.add_column("event", sa.Column("apart", sa.JSON(none_as_null=True), nullable=True))
    op.create_index(
        op.f("ix_event_tenant_id_appointment_id_at_id"),
        "event",
        ["tenant_id", "appointment_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_event_tenant_id_name_at_id"),
        "event",
        ["tenant_id", "name", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_event_tenant_id_person_id_at_id"),
        "event",
        ["tenant_id", "person_id", "at", "id"],
        unique=False,
    )
    op.add_column("person", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(
        op.f("ck_person_erased_at_is_finite"), "person", "isfinite(erased_at)"
    )
    walls.guard("audit_export")
    walls.guard("audit_head")
    walls.guard("audit_key")
    walls.guard("audit_sample")
    walls.guard("audit_export_part")
    walls.guard("event_leaf")
    walls.guard("event_value")
