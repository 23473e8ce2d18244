"""Register imports."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "register_export",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=True),
        sa.Column("good_until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "isfinite(good_until)", name=op.f("ck_register_export_good_until_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_register_export_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_register_export_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_register_export_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_export")),
    )
    op.create_index(
        op.f("ix_register_export_tenant_id_made_at_id"),
        "register_export",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_export_tenant_id_made_by_made_at_id"),
        "register_export",
        ["tenant_id", "made_by", "made_at", "id"],
        unique=False,
    )
    op.create_table(
        "register_import",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("area_source", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=True),
        sa.Column("halt", sa.String(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("sheet", sa.String(length=120), nullable=True),
        sa.Column("sheets", sa.Integer(), nullable=True),
        sa.Column("columns", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ignored", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("handled", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("verified", sa.Integer(), nullable=False),
        sa.Column("reached", sa.String(length=80, collation="C"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("applied_as", sa.Uuid(), nullable=True),
        sa.Column("applied_through", sa.Uuid(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_as", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "area_source in ('register', 'survey', 'contract')",
            name=op.f("ck_register_import_area_source"),
        ),
        sa.CheckConstraint(
            "halt in ('authority_lost', 'register_changed', 'estate_closed')",
            name=op.f("ck_register_import_halt"),
        ),
        sa.CheckConstraint(
            "mode in ('all_or_nothing', 'good_rows')", name=op.f("ck_register_import_mode")
        ),
        sa.CheckConstraint(
            "state in ('prepared', 'reading', 'previewed', 'applying', 'done', 'verifying', 'verified', 'discarded', 'expired')",
            name=op.f("ck_register_import_state"),
        ),
        sa.CheckConstraint(
            "use in ('dwelling', 'shop', 'office', 'parking', 'storage', 'other')",
            name=op.f("ck_register_import_use"),
        ),
        sa.CheckConstraint(
            "isfinite(applied_at)", name=op.f("ck_register_import_applied_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(expires_at)", name=op.f("ck_register_import_expires_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_register_import_finished_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_register_import_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_register_import_since_is_finite")),
        sa.CheckConstraint(
            "isfinite(verified_at)", name=op.f("ck_register_import_verified_at_is_finite")
        ),
        sa.CheckConstraint(
            "verified_by <> applied_by",
            name=op.f("ck_register_import_not_verified_by_who_applied_it"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "applied_through"],
            ["client.tenant_id", "client.id"],
            name=op.f("fk_register_import_tenant_id_applied_through"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_register_import_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_register_import_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_import")),
    )
    op.create_index(
        "ix_register_import_open",
        "register_import",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('prepared', 'reading', 'previewed', 'applying')"),
    )
    op.create_index(
        op.f("ix_register_import_tenant_id_estate_id_made_at_id"),
        "register_import",
        ["tenant_id", "estate_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_import_tenant_id_made_at_id"),
        "register_import",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_register_import_working",
        "register_import",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('reading', 'applying', 'verifying')"),
    )
    op.create_table(
        "register_import_row",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_number", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ownership_id", sa.Uuid(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=True),
        sa.Column("cipher", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'good', 'unchanged', 'repeated', 'bad', 'done')",
            name=op.f("ck_register_import_row_state"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(key_number, cipher) in (0, 2)",
            name=op.f("ck_register_import_row_sealed_by_a_key"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["register_import.tenant_id", "register_import.id"],
            name=op.f("fk_register_import_row_tenant_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ownership_id"],
            ["ownership.tenant_id", "ownership.id"],
            name=op.f("fk_register_import_row_tenant_id_ownership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_register_import_row_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_import_row")),
    )
    op.create_index(
        "ix_register_import_row_sealed",
        "register_import_row",
        ["tenant_id", "key_number", "id"],
        unique=False,
        postgresql_where=sa.text("key_number is not null"),
    )
    op.create_index(
        op.f("ix_register_import_row_tenant_id_import_id_number_id"),
        "register_import_row",
        ["tenant_id", "import_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_import_row_tenant_id_import_id_unit_number_number"),
        "register_import_row",
        ["tenant_id", "import_id", "unit_number", "number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_import_row_tenant_id_number_id"),
        "register_import_row",
        ["tenant_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_import_row_tenant_id_ownership_id"),
        "register_import_row",
        ["tenant_id", "ownership_id"],
        unique=False,
    )
    op.create_table(
        "register_import_problem",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("is_blocking", sa.Boolean(), nullable=False),
        sa.Column("is_of_file", sa.Boolean(), nullable=False),
        sa.Column("message_zh", sa.String(length=500), nullable=False),
        sa.Column("message_en", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "import_id"],
            ["register_import.tenant_id", "register_import.id"],
            name=op.f("fk_register_import_problem_tenant_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "row_id"],
            ["register_import_row.tenant_id", "register_import_row.id"],
            name=op.f("fk_register_import_problem_tenant_id_row_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_register_import_problem_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_register_import_problem")),
    )
    op.create_index(
        op.f("ix_register_import_problem_tenant_id_import_id_row_number_id"),
        "register_import_problem",
        ["tenant_id", "import_id", "row_number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_register_import_problem_tenant_id_row_id_row_number_id"),
        "register_import_problem",
        ["tenant_id", "row_id", "row_number", "id"],
        unique=False,
    )
    walls.guard("register_export")
    walls.guard("register_import")
    walls.guard("register_import_row")
    walls.guard("register_import_problem")
