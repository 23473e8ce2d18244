"""Property register."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "organisation",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("code", sa.String(length=18), nullable=False),
        sa.Column("is_builder", sa.Boolean(), nullable=False),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_organisation_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_organisation_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_organisation")),
    )
    op.create_index(
        op.f("ix_organisation_tenant_id_name_id"),
        "organisation",
        ["tenant_id", "name", "id"],
        unique=False,
    )
    op.create_index("uq_organisation_code", "organisation", ["tenant_id", "code"], unique=True)
    op.create_table(
        "property_unit",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("estate_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("use", sa.String(), nullable=False),
        sa.Column("area", sa.Numeric(precision=9, scale=2), nullable=False),
        sa.Column("area_source", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "area_source in ('register', 'survey', 'contract')",
            name=op.f("ck_property_unit_area_source"),
        ),
        sa.CheckConstraint(
            "use in ('dwelling', 'shop', 'office', 'parking', 'storage', 'other')",
            name=op.f("ck_property_unit_use"),
        ),
        sa.CheckConstraint("area > 0", name=op.f("ck_property_unit_has_an_area")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_property_unit_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_property_unit_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_property_unit_until_is_finite")),
        sa.CheckConstraint("until > since", name=op.f("ck_property_unit_ends_after_it_begins")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_property_unit_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "unit_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_property_unit_tenant_id_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_property_unit_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_property_unit")),
    )
    op.create_index(
        op.f("ix_property_unit_tenant_id_estate_id_number_id"),
        "property_unit",
        ["tenant_id", "estate_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_property_unit_tenant_id_number_id"),
        "property_unit",
        ["tenant_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_property_unit_tenant_id_unit_id_number_id"),
        "property_unit",
        ["tenant_id", "unit_id", "number", "id"],
        unique=False,
    )
    op.create_index(
        "uq_property_unit_number",
        "property_unit",
        ["tenant_id", "estate_id", "number"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
    op.create_table(
        "ownership",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("numerator", sa.Integer(), nullable=False),
        sa.Column("denominator", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ground", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_as", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('recorded', 'verified', 'rejected')", name=op.f("ck_ownership_state")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_ownership_made_at_is_finite")),
        sa.CheckConstraint("isfinite(since)", name=op.f("ck_ownership_since_is_finite")),
        sa.CheckConstraint("isfinite(until)", name=op.f("ck_ownership_until_is_finite")),
        sa.CheckConstraint(
            "isfinite(verified_at)", name=op.f("ck_ownership_verified_at_is_finite")
        ),
        sa.CheckConstraint(
            "num_nonnulls(person_id, organisation_id) = 1", name=op.f("ck_ownership_one_holder")
        ),
        sa.CheckConstraint(
            "numerator > 0 and numerator <= denominator and denominator <= 1000000",
            name=op.f("ck_ownership_share"),
        ),
        sa.CheckConstraint("until > since", name=op.f("ck_ownership_ends_after_it_begins")),
        sa.CheckConstraint(
            "verified_by <> made_by", name=op.f("ck_ownership_not_verified_by_its_maker")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organisation_id"],
            ["organisation.tenant_id", "organisation.id"],
            name=op.f("fk_ownership_tenant_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_ownership_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_ownership_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ownership_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ownership")),
    )
    op.create_index(
        op.f("ix_ownership_tenant_id_organisation_id_since_id"),
        "ownership",
        ["tenant_id", "organisation_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ownership_tenant_id_person_id_since_id"),
        "ownership",
        ["tenant_id", "person_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ownership_tenant_id_property_unit_id_since_id"),
        "ownership",
        ["tenant_id", "property_unit_id", "since", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ownership_tenant_id_since_id"),
        "ownership",
        ["tenant_id", "since", "id"],
        unique=False,
    )
    walls.guard("organisation")
    walls.guard("property_unit")
    walls.guard("ownership")
