"""Publications."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import walls

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.create_table(
        "publication",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("estate_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=80), nullable=True),
        sa.Column("text", sa.String(length=4000), nullable=True),
        sa.Column("result", sa.String(length=4000), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_at is not null)",
            name=op.f("ck_publication_withdrawn"),
        ),
        sa.CheckConstraint(
            "result !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_result"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' or approved_at is not null", name=op.f("ck_publication_approved")
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'approved', 'withdrawn')", name=op.f("ck_publication_state")
        ),
        sa.CheckConstraint(
            "text !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_text"),
        ),
        sa.CheckConstraint(
            "title !~ '1[3-9][0-9]{9}|[0-9]{17}[0-9Xx]'",
            name=op.f("ck_publication_no_number_in_title"),
        ),
        sa.CheckConstraint(
            "(approved_at is null) = (approved_by is null)", name=op.f("ck_publication_approved_by")
        ),
        sa.CheckConstraint("edition > 0", name=op.f("ck_publication_numbered_from_one")),
        sa.CheckConstraint(
            "isfinite(approved_at)", name=op.f("ck_publication_approved_at_is_finite")
        ),
        sa.CheckConstraint(
            "isfinite(completed_at)", name=op.f("ck_publication_completed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_publication_made_at_is_finite")),
        sa.CheckConstraint(
            "isfinite(withdrawn_at)", name=op.f("ck_publication_withdrawn_at_is_finite")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "approved_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_publication_tenant_id_approved_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "estate_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_estate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "grid_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_grid_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_publication_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "place_id"],
            ["unit.tenant_id", "unit.id"],
            name=op.f("fk_publication_tenant_id_place_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_publication_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_publication")),
        sa.UniqueConstraint(
            "tenant_id",
            "matter_id",
            "edition",
            name=op.f("uq_publication_tenant_id_matter_id_edition"),
        ),
    )
    op.create_index(
        op.f("ix_publication_tenant_id_approved_at_id"),
        "publication",
        ["tenant_id", "approved_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_publication_tenant_id_grid_id_approved_at_id"),
        "publication",
        ["tenant_id", "grid_id", "approved_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_publication_tenant_id_made_at_id"),
        "publication",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_publication_approved",
        "publication",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "uq_publication_proposed",
        "publication",
        ["tenant_id", "matter_id"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_table(
        "objection",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(length=2000), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'answered') = (answer is not null)", name=op.f("ck_objection_answered")
        ),
        sa.CheckConstraint("state in ('open', 'answered')", name=op.f("ck_objection_state")),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name=op.f("ck_objection_answered_at")
        ),
        sa.CheckConstraint(
            "answered_by <> person_id", name=op.f("ck_objection_answered_by_another")
        ),
        sa.CheckConstraint(
            "isfinite(answered_at)", name=op.f("ck_objection_answered_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_objection_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "answered_by"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_objection_tenant_id_answered_by"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "matter_id"],
            ["matter.tenant_id", "matter.id"],
            name=op.f("fk_objection_tenant_id_matter_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_objection_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "publication_id"],
            ["publication.tenant_id", "publication.id"],
            name=op.f("fk_objection_tenant_id_publication_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_objection_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_objection")),
    )
    op.create_index(
        op.f("ix_objection_tenant_id_made_at_id"),
        "objection",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_objection_tenant_id_matter_id_made_at_id"),
        "objection",
        ["tenant_id", "matter_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_objection_tenant_id_person_id_made_at_id"),
        "objection",
        ["tenant_id", "person_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_objection_open",
        "objection",
        ["tenant_id", "matter_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    walls.guard("publication")
    walls.guard("objection")
