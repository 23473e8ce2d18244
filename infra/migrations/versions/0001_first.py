"""First."""
# ruff: noqa: E501

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from infra.migrations import walls

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Bring the database here from the revision before."""
    walls.make_roles()
    op.create_table(
        "tenant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'suspended')", name=op.f("ck_tenant_state")),
        sa.CheckConstraint("isfinite(created_at)", name=op.f("ck_tenant_created_at_is_finite")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenant_slug")),
    )
    op.create_table(
        "client",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("origins", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("grants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rows_per_minute", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_client_made_at_is_finite")),
        sa.CheckConstraint("isfinite(revoked_at)", name=op.f("ck_client_revoked_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_client_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_client")),
    )
    op.create_index(
        op.f("ix_client_tenant_id_name_id"), "client", ["tenant_id", "name", "id"], unique=False
    )
    op.create_table(
        "command",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arguments_hash", sa.String(), nullable=False),
        sa.Column("result_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_command_made_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_command_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_command")),
        sa.UniqueConstraint(
            "tenant_id", "subject_id", "key", name=op.f("uq_command_tenant_id_subject_id_key")
        ),
    )
    op.create_table(
        "event",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("object", sa.String(), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("command_key", sa.String(), nullable=True),
        sa.Column(
            "transaction",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("isfinite(at)", name=op.f("ck_event_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_event_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_tenant_id_at_id"), "event", ["tenant_id", "at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_event_tenant_id_object_id_at_id"),
        "event",
        ["tenant_id", "object_id", "at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_event_tenant_id_transaction"), "event", ["tenant_id", "transaction"], unique=False
    )
    op.create_table(
        "issuer",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("jwks_url", sa.String(length=300), nullable=True),
        sa.Column("audience", sa.String(length=200), nullable=False),
        sa.Column("subject_claim", sa.String(length=60), nullable=False),
        sa.Column("algorithms", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("distrusted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "isfinite(distrusted_at)", name=op.f("ck_issuer_distrusted_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_issuer_made_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_issuer_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_issuer")),
    )
    op.create_index(
        op.f("ix_issuer_tenant_id_url"),
        "issuer",
        ["tenant_id", "url"],
        unique=True,
        postgresql_where=sa.text("distrusted_at is null"),
    )
    op.create_index(
        op.f("ix_issuer_tenant_id_url_id"), "issuer", ["tenant_id", "url", "id"], unique=False
    )
    op.create_table(
        "pack",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_pack_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_pack_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_pack_until_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_pack_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_pack")),
        sa.UniqueConstraint("tenant_id", "edition", name=op.f("uq_pack_tenant_id_edition")),
    )
    op.create_index(
        op.f("ix_pack_tenant_id"),
        "pack",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "signing_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("public", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "isfinite(created_at)", name=op.f("ck_signing_key_created_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(retired_at)", name=op.f("ck_signing_key_retired_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_signing_key_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_signing_key")),
    )
    op.create_index(
        op.f("ix_signing_key_tenant_id_created_at_id"),
        "signing_key",
        ["tenant_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "standing",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "transaction",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_standing_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "subject_id", name=op.f("pk_standing")),
    )
    op.create_index(
        op.f("ix_standing_tenant_id_subject_id_number"),
        "standing",
        ["tenant_id", "subject_id", "number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_standing_tenant_id_transaction"),
        "standing",
        ["tenant_id", "transaction"],
        unique=False,
    )
    op.create_table(
        "tenant_key",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "algorithm in ('aes-256-gcm', 'sm4-gcm')", name=op.f("ck_tenant_key_algorithm")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_tenant_key_made_at_is_finite")),
        sa.CheckConstraint("isfinite(retired_at)", name=op.f("ck_tenant_key_retired_at_is_finite")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_key_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tenant_key")),
        sa.UniqueConstraint("tenant_id", "number", name=op.f("uq_tenant_key_tenant_id_number")),
    )
    op.create_table(
        "unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(parent_id is null) = (kind = 'county')", name=op.f("ck_unit_county_on_top")
        ),
        sa.CheckConstraint(
            "kind in ('county', 'bureau', 'industry_committee', 'working_committee', 'community', 'grid', 'estate', 'building', 'stairwell', 'party_branch', 'owners_committee', 'firm', 'co_building_unit', 'linked_department')",
            name=op.f("ck_unit_kind"),
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_unit_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_unit_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_unit_until_is_finite")),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_unit_not_its_own_parent")),
        sa.CheckConstraint("until > since", name=op.f("ck_unit_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_unit_tenant_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_unit_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_unit")),
    )
    op.create_index(
        "ix_unit_hidden",
        "unit",
        ["tenant_id", "id"],
        unique=False,
        postgresql_where=sa.text("is_public is false"),
    )
    op.create_index(
        op.f("ix_unit_tenant_id"),
        "unit",
        ["tenant_id"],
        unique=True,
        postgresql_where=sa.text("parent_id is null"),
    )
    op.create_index(
        op.f("ix_unit_tenant_id_kind_name_id"),
        "unit",
        ["tenant_id", "kind", "name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_unit_tenant_id_name_id"), "unit", ["tenant_id", "name", "id"], unique=False
    )
    op.create_index(
        op.f("ix_unit_tenant_id_parent_id_name_id"),
        "unit",
        ["tenant_id", "parent_id", "name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_unit_tenant_id_since_id"), "unit", ["tenant_id", "since", "id"], unique=False
    )
    op.create_table(
        "duty",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_duty_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_duty_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_duty_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_duty_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "committee_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_duty_tenant_id_committee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_duty_tenant_id_member_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_duty_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_duty")),
    )
    op.create_index(
        op.f("ix_duty_tenant_id_committee_id_since_id"),
        "duty",
        ["tenant_id", "committee_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_duty_tenant_id_member_id_since_id"),
        "duty",
        ["tenant_id", "member_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_duty_tenant_id_since_id"), "duty", ["tenant_id", "since", "id"], unique=False
    )
    op.create_table(
        "linkage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("branch_id", sa.Uuid(), nullable=True),
        sa.Column("committee_id", sa.Uuid(), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_linkage_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_linkage_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_linkage_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_linkage_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "branch_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_linkage_tenant_id_branch_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "committee_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_linkage_tenant_id_committee_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_linkage_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "firm_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_linkage_tenant_id_firm_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_linkage_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_linkage_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_linkage")),
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_branch_id_since_id"),
        "linkage",
        ["tenant_id", "branch_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_committee_id_since_id"),
        "linkage",
        ["tenant_id", "committee_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_estate_id_since_id"),
        "linkage",
        ["tenant_id", "estate_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_firm_id_since_id"),
        "linkage",
        ["tenant_id", "firm_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_grid_id_since_id"),
        "linkage",
        ["tenant_id", "grid_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_linkage_tenant_id_since_id"), "linkage", ["tenant_id", "since", "id"], unique=False
    )
    op.create_index(
        "uq_linkage_current",
        "linkage",
        ["tenant_id", "estate_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "person",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("is_party_member", sa.Boolean(), nullable=False),
        sa.Column("home_id", sa.Uuid(), nullable=True),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("phone_hash", sa.LargeBinary(), nullable=True),
        sa.Column("phone_masked", sa.String(), nullable=True),
        sa.Column("identity_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("identity_hash", sa.LargeBinary(), nullable=True),
        sa.Column("identity_masked", sa.String(), nullable=True),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_person_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "home_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_person_tenant_id_home_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_person_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_person")),
        sa.UniqueConstraint(
            "tenant_id",
            "key_number",
            "identity_hash",
            name=op.f("uq_person_tenant_id_key_number_identity_hash"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "key_number",
            "phone_hash",
            name=op.f("uq_person_tenant_id_key_number_phone_hash"),
        ),
    )
    op.create_index(
        op.f("ix_person_tenant_id_home_id_name_id"),
        "person",
        ["tenant_id", "home_id", "name", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_person_tenant_id_name_id"), "person", ["tenant_id", "name", "id"], unique=False
    )
    op.create_table(
        "post",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_post_made_at_is_finite")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_post_has_a_seat")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_post_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_post_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_post")),
        sa.UniqueConstraint(
            "tenant_id", "id", "unit_id", name=op.f("uq_post_tenant_id_id_unit_id")
        ),
    )
    op.create_index(
        op.f("ix_post_tenant_id_role_id"), "post", ["tenant_id", "role", "id"], unique=False
    )
    op.create_index(
        op.f("ix_post_tenant_id_title_id"), "post", ["tenant_id", "title", "id"], unique=False
    )
    op.create_index(
        op.f("ix_post_tenant_id_unit_id_title_id"),
        "post",
        ["tenant_id", "unit_id", "title", "id"],
        unique=False,
    )
    op.create_table(
        "rule_book",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=20000), nullable=False),
        sa.Column("adopted_on", sa.Date(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.CheckConstraint("edition > 0", name=op.f("ck_rule_book_counted_from_one")),
        sa.CheckConstraint(
            "effective_on >= adopted_on", name=op.f("ck_rule_book_takes_effect_once_adopted")
        ),
        sa.CheckConstraint("isfinite(adopted_on)", name=op.f("ck_rule_book_adopted_on_is_finite")),
        sa.CheckConstraint(
            "isfinite(effective_on)", name=op.f("ck_rule_book_effective_on_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_rule_book_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_rule_book_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_rule_book_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rule_book")),
        sa.UniqueConstraint(
            "tenant_id",
            "unit_id",
            "title",
            "edition",
            name=op.f("uq_rule_book_tenant_id_unit_id_title_edition"),
        ),
    )
    op.create_index(
        op.f("ix_rule_book_tenant_id_adopted_on_id"),
        "rule_book",
        ["tenant_id", "adopted_on", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_rule_book_tenant_id_unit_id_adopted_on_id"),
        "rule_book",
        ["tenant_id", "unit_id", "adopted_on", "id"],
        unique=False,
    )
    op.create_table(
        "station",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("hours", sa.String(length=200), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_station_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_station_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_station_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_station_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_station_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_station_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_station")),
    )
    op.create_index(
        op.f("ix_station_tenant_id_grid_id_since_id"),
        "station",
        ["tenant_id", "grid_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_station_tenant_id_name_id"), "station", ["tenant_id", "name", "id"], unique=False
    )
    op.create_index(
        "uq_station_open",
        "station",
        ["tenant_id", "grid_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "trusted_document",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("text", sa.String(length=20000), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=True),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_trusted_document_is_sha_256")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_trusted_document_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(withdrawn_at)", name=op.f("ck_trusted_document_withdrawn_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "client_id"],
            ["client.tenant_id", "client.id"],
            name=op.f("fk_trusted_document_tenant_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_trusted_document_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_trusted_document")),
    )
    op.create_index(
        op.f("ix_trusted_document_tenant_id_client_id_made_at_id"),
        "trusted_document",
        ["tenant_id", "client_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_trusted_document_tenant_id_digest"),
        "trusted_document",
        ["tenant_id", "digest"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at is null"),
    )
    op.create_index(
        op.f("ix_trusted_document_tenant_id_digest_made_at"),
        "trusted_document",
        ["tenant_id", "digest", "made_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_trusted_document_tenant_id_made_at_id"),
        "trusted_document",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_table(
        "unit_path",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("ancestor_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "ancestor_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_unit_path_tenant_id_ancestor_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_unit_path_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_unit_path_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "ancestor_id", "unit_id", name=op.f("pk_unit_path")),
    )
    op.create_index(
        op.f("ix_unit_path_tenant_id_unit_id_ancestor_id"),
        "unit_path",
        ["tenant_id", "unit_id", "ancestor_id"],
        unique=False,
    )
    op.create_table(
        "account",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("password_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_by <> made_by", name=op.f("ck_account_not_confirmed_by_its_maker")
        ),
        sa.CheckConstraint(
            "confirmed_by <> person_id", name=op.f("ck_account_not_confirmed_by_its_owner")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_account_counts_up")),
        sa.CheckConstraint(
            "isfinite(confirmed_at)", name=op.f("ck_account_confirmed_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(locked_until)", name=op.f("ck_account_locked_until_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_account_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(password_since)", name=op.f("ck_account_password_since_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_account_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_account_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_account_tenant_id_name")),
        sa.UniqueConstraint("tenant_id", "person_id", name=op.f("uq_account_tenant_id_person_id")),
    )
    op.create_table(
        "appointment",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ground", sa.String(length=500), nullable=False),
        sa.Column("warning", sa.String(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('proposed', 'confirmed', 'ended', 'revoked')",
            name=op.f("ck_appointment_state"),
        ),
        sa.CheckConstraint(
            "confirmed_by <> made_by", name=op.f("ck_appointment_not_confirmed_by_its_proposer")
        ),
        sa.CheckConstraint(
            "confirmed_by <> person_id", name=op.f("ck_appointment_not_confirmed_by_its_holder")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_ends_after_it_begins")),
        sa.CheckConstraint(
            "isfinite(confirmed_at)", name=op.f("ck_appointment_confirmed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(ends_at)", name=op.f("ck_appointment_ends_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_appointment_made_at_is_finite")),
        sa.CheckConstraint("isfinite(starts_at)", name=op.f("ck_appointment_starts_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_appointment_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "post_id", "unit_id"],
            ["post.tenant_id", "post.id", "post.unit_id"],
            name=op.f("fk_appointment_tenant_id_post_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_appointment_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_appointment")),
    )
    op.create_index(
        op.f("ix_appointment_tenant_id_person_id_starts_at_id"),
        "appointment",
        ["tenant_id", "person_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointment_tenant_id_post_id_starts_at_id"),
        "appointment",
        ["tenant_id", "post_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointment_tenant_id_starts_at_id"),
        "appointment",
        ["tenant_id", "starts_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_appointment_tenant_id_unit_id_starts_at_id"),
        "appointment",
        ["tenant_id", "unit_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "subject_link",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("issuer_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confirmed_by <> made_by", name=op.f("ck_subject_link_not_confirmed_by_its_maker")
        ),
        sa.CheckConstraint(
            "confirmed_by <> person_id", name=op.f("ck_subject_link_not_confirmed_by_its_owner")
        ),
        sa.CheckConstraint(
            "isfinite(confirmed_at)", name=op.f("ck_subject_link_confirmed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_subject_link_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "issuer_id"],
            ["issuer.tenant_id", "issuer.id"],
            name=op.f("fk_subject_link_tenant_id_issuer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_subject_link_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_subject_link_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_subject_link")),
        sa.UniqueConstraint(
            "tenant_id",
            "issuer_id",
            "subject",
            name=op.f("uq_subject_link_tenant_id_issuer_id_subject"),
        ),
    )
    op.create_index(
        op.f("ix_subject_link_tenant_id_person_id_id"),
        "subject_link",
        ["tenant_id", "person_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_subject_link_tenant_id_subject_id"),
        "subject_link",
        ["tenant_id", "subject", "id"],
        unique=False,
    )
    op.create_table(
        "refresh_token",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("isfinite(began_at)", name=op.f("ck_refresh_token_began_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(expires_at)", name=op.f("ck_refresh_token_expires_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(revoked_at)", name=op.f("ck_refresh_token_revoked_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(spent_at)", name=op.f("ck_refresh_token_spent_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["account.tenant_id", "account.id"],
            name=op.f("fk_refresh_token_tenant_id_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "client_id"],
            ["client.tenant_id", "client.id"],
            name=op.f("fk_refresh_token_tenant_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_refresh_token_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_refresh_token")),
        sa.UniqueConstraint(
            "tenant_id", "token_hash", name=op.f("uq_refresh_token_tenant_id_token_hash")
        ),
    )
    op.create_index(
        op.f("ix_refresh_token_tenant_id_account_id"),
        "refresh_token",
        ["tenant_id", "account_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_refresh_token_tenant_id_family_id"),
        "refresh_token",
        ["tenant_id", "family_id"],
        unique=False,
    )
    walls.guard("tenant")
    walls.guard("client")
    walls.guard("command")
    walls.guard("event")
    walls.guard("issuer")
    walls.guard("pack")
    walls.guard("signing_key")
    walls.guard("standing")
    walls.guard("tenant_key")
    walls.guard("unit")
    walls.guard("duty")
    walls.guard("linkage")
    walls.guard("person")
    walls.guard("post")
    walls.guard("rule_book")
    walls.guard("station")
    walls.guard("trusted_document")
    walls.guard("unit_path")
    walls.guard("account")
    walls.guard("appointment")
    walls.guard("subject_link")
    walls.guard("refresh_token")
