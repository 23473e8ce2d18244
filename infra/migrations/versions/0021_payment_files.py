"""Payment files and channels; an external id counts once in a firm's own channel."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op

from infra.migrations import holds, walls

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "payment_channel",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("cipher", sa.LargeBinary(), nullable=False),
        sa.Column("former_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("adapter in ('hmac_sha256')", name=op.f("ck_payment_channel_adapter")),
        sa.CheckConstraint(
            "(former_cipher is null) = (former_until is null)",
            name=op.f("ck_payment_channel_former_secret"),
        ),
        sa.CheckConstraint(
            "isfinite(former_until)", name=op.f("ck_payment_channel_former_until_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_payment_channel_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(rotated_at)", name=op.f("ck_payment_channel_rotated_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_payment_channel_until_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_channel_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_channel_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_payment_channel_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_channel")),
    )
    op.create_index(
        op.f("ix_payment_channel_tenant_id_firm_id_made_at_id"),
        "payment_channel",
        ["tenant_id", "firm_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_channel_tenant_id_made_at_id"),
        "payment_channel",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_payment_channel_open",
        "payment_channel",
        ["tenant_id", "name"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "payment_file",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('prepared', 'working', 'done')", name=op.f("ck_payment_file_state")
        ),
        sa.CheckConstraint(
            "isfinite(finished_at)", name=op.f("ck_payment_file_finished_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_payment_file_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_file_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_file_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_payment_file_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_file")),
    )
    op.create_index(
        op.f("ix_payment_file_tenant_id_firm_id_made_at_id"),
        "payment_file",
        ["tenant_id", "firm_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_file_tenant_id_made_at_id"),
        "payment_file",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_payment_file_working",
        "payment_file",
        ["tenant_id", "made_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'working'"),
    )
    op.create_table(
        "payment_line",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=True),
        sa.Column("original_id", sa.String(length=80), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("payment_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(state = 'bad') = (problem is not null)", name=op.f("ck_payment_line_bad_for_a_reason")
        ),
        sa.CheckConstraint("kind in ('payment', 'refund')", name=op.f("ck_payment_line_kind")),
        sa.CheckConstraint(
            "state <> 'recorded' or payment_id is not null", name=op.f("ck_payment_line_recorded")
        ),
        sa.CheckConstraint(
            "state = 'bad' or num_nonnulls(external_id, amount, paid_at) = 3",
            name=op.f("ck_payment_line_readable"),
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'recorded', 'unmatched', 'ambiguous', 'repeated', 'differing', 'bad')",
            name=op.f("ck_payment_line_state"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_line_amount")),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_payment_line_at_is_finite")),
        sa.CheckConstraint("isfinite(paid_at)", name=op.f("ck_payment_line_paid_at_is_finite")),
        sa.CheckConstraint(
            "num_nonnulls(file_id, number) in (0, 2)",
            name=op.f("ck_payment_line_numbered_in_its_file"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_line_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["payment_file.tenant_id", "payment_file.id"],
            name=op.f("fk_payment_line_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_payment_line_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "payment_id"],
            ["payment.tenant_id", "payment.id"],
            name=op.f("fk_payment_line_tenant_id_payment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_payment_line_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_payment_line")),
        sa.UniqueConstraint(
            "tenant_id", "file_id", "number", name=op.f("uq_payment_line_tenant_id_file_id_number")
        ),
    )
    op.create_index(
        op.f("ix_payment_line_tenant_id_at_id"),
        "payment_line",
        ["tenant_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_line_tenant_id_estate_id_paid_at_id"),
        "payment_line",
        ["tenant_id", "estate_id", "paid_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_line_tenant_id_file_id_at_id"),
        "payment_line",
        ["tenant_id", "file_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_line_tenant_id_firm_id_at_id"),
        "payment_line",
        ["tenant_id", "firm_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_payment_line_tenant_id_payment_id"),
        "payment_line",
        ["tenant_id", "payment_id"],
        unique=False,
    )
    op.create_index(
        "ix_payment_line_waiting",
        "payment_line",
        ["tenant_id", "file_id", "number"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "uq_payment_line_external_id",
        "payment_line",
        ["tenant_id", "firm_id", "channel", "external_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('repeated', 'differing', 'bad')"),
    )
    op.drop_index("uq_payment_external_id", table_name="payment")
    op.create_index(
        "uq_payment_external_id",
        "payment",
        ["tenant_id", "firm_id", "channel", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id is not null"),
    )
    walls.guard("payment_channel")
    walls.guard("payment_file")
    walls.guard("payment_line")
    holds.hold(holds.HOLD_LINES)
