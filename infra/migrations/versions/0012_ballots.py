"""Rolls, proxies and ballots."""

import sqlalchemy as sa
from alembic import op

from infra.migrations import holds, walls

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Bring the database here from the revision before."""
    op.add_column(
        "file", sa.Column("is_ballot", sa.Boolean(), nullable=False, server_default="false")
    )
    op.alter_column("file", "is_ballot", server_default=None)
    op.create_index(
        "ix_file_ballot",
        "file",
        ["tenant_id", "sha256"],
        unique=False,
        postgresql_where=sa.text("is_ballot"),
    )
    op.create_table(
        "roll_entry",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("property_unit_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("unit_number", sa.String(length=80, collation="C"), nullable=False),
        sa.Column("area", sa.Numeric(precision=14, scale=2), nullable=False),
        sa.Column("head", sa.Integer(), nullable=False),
        sa.CheckConstraint("area > 0", name=op.f("ck_roll_entry_has_an_area")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_unit_id"],
            ["property_unit.tenant_id", "property_unit.id"],
            name=op.f("fk_roll_entry_tenant_id_property_unit_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_roll_entry_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_roll_entry_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_roll_entry")),
        sa.UniqueConstraint(
            "tenant_id", "vote_id", "number", name=op.f("uq_roll_entry_tenant_id_vote_id_number")
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "vote_id",
            "property_unit_id",
            name=op.f("uq_roll_entry_tenant_id_vote_id_property_unit_id"),
        ),
    )
    op.create_index(
        op.f("ix_roll_entry_tenant_id_property_unit_id"),
        "roll_entry",
        ["tenant_id", "property_unit_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_roll_entry_tenant_id_unit_number_id"),
        "roll_entry",
        ["tenant_id", "unit_number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_roll_entry_tenant_id_vote_id_unit_number_id"),
        "roll_entry",
        ["tenant_id", "vote_id", "unit_number", "id"],
        unique=False,
    )
    op.create_table(
        "roll_holder",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(person_id, organisation_id) = 1", name=op.f("ck_roll_holder_one_holder")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["roll_entry.tenant_id", "roll_entry.id"],
            name=op.f("fk_roll_holder_tenant_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organisation_id"],
            ["organisation.tenant_id", "organisation.id"],
            name=op.f("fk_roll_holder_tenant_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_roll_holder_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_roll_holder_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_roll_holder_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_roll_holder")),
        sa.UniqueConstraint(
            "tenant_id",
            "entry_id",
            "organisation_id",
            name=op.f("uq_roll_holder_tenant_id_entry_id_organisation_id"),
        ),
        sa.UniqueConstraint(
            "tenant_id",
            "entry_id",
            "person_id",
            name=op.f("uq_roll_holder_tenant_id_entry_id_person_id"),
        ),
    )
    op.create_index(
        op.f("ix_roll_holder_tenant_id_organisation_id"),
        "roll_holder",
        ["tenant_id", "organisation_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_roll_holder_tenant_id_person_id_entry_id"),
        "roll_holder",
        ["tenant_id", "person_id", "entry_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_roll_holder_tenant_id_vote_id_person_id"),
        "roll_holder",
        ["tenant_id", "vote_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "vote_proxy",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state <> 'confirmed' or confirmed_at is not null", name=op.f("ck_vote_proxy_confirmed")
        ),
        sa.CheckConstraint(
            "state in ('recorded', 'confirmed', 'revoked')", name=op.f("ck_vote_proxy_state")
        ),
        sa.CheckConstraint(
            "confirmed_by <> made_by", name=op.f("ck_vote_proxy_confirmed_by_another")
        ),
        sa.CheckConstraint(
            "confirmed_by <> person_id", name=op.f("ck_vote_proxy_not_confirmed_by_the_proxy")
        ),
        sa.CheckConstraint(
            "isfinite(confirmed_at)", name=op.f("ck_vote_proxy_confirmed_at_is_finite")
        ),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_vote_proxy_made_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "file_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_vote_proxy_tenant_id_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "holder_id"],
            ["roll_holder.tenant_id", "roll_holder.id"],
            name=op.f("fk_vote_proxy_tenant_id_holder_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name=op.f("fk_vote_proxy_tenant_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_vote_proxy_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_vote_proxy_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_vote_proxy")),
    )
    op.create_index(
        op.f("ix_vote_proxy_tenant_id_file_id"),
        "vote_proxy",
        ["tenant_id", "file_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_proxy_tenant_id_made_at_id"),
        "vote_proxy",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_proxy_tenant_id_person_id_vote_id"),
        "vote_proxy",
        ["tenant_id", "person_id", "vote_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_vote_proxy_tenant_id_vote_id_made_at_id"),
        "vote_proxy",
        ["tenant_id", "vote_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_vote_proxy_standing",
        "vote_proxy",
        ["tenant_id", "holder_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'revoked'"),
    )
    op.create_table(
        "ballot",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_as", sa.Uuid(), nullable=True),
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=False),
        sa.Column("proxy_id", sa.Uuid(), nullable=True),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("key_number", sa.Integer(), nullable=False),
        sa.Column("answers_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("scan_id", sa.Uuid(), nullable=True),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("annulled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "(way = 'paper') = (scan_id is not null)", name=op.f("ck_ballot_paper_has_its_scan")
        ),
        sa.CheckConstraint(
            "state in ('entered', 'effective', 'rejected', 'superseded', 'annulled')",
            name=op.f("ck_ballot_state"),
        ),
        sa.CheckConstraint(
            "way = 'web' or state <> 'effective' or confirmed_by is not null",
            name=op.f("ck_ballot_paper_is_confirmed"),
        ),
        sa.CheckConstraint(
            "(state = 'annulled') = (annulled_at is not null)", name=op.f("ck_ballot_annulled")
        ),
        sa.CheckConstraint("isfinite(annulled_at)", name=op.f("ck_ballot_annulled_at_is_finite")),
        sa.CheckConstraint("way in ('web', 'paper')", name=op.f("ck_ballot_way")),
        sa.CheckConstraint("confirmed_by <> made_by", name=op.f("ck_ballot_confirmed_by_another")),
        sa.CheckConstraint("isfinite(confirmed_at)", name=op.f("ck_ballot_confirmed_at_is_finite")),
        sa.CheckConstraint("isfinite(made_at)", name=op.f("ck_ballot_made_at_is_finite")),
        sa.CheckConstraint("isfinite(received_at)", name=op.f("ck_ballot_received_at_is_finite")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "entry_id"],
            ["roll_entry.tenant_id", "roll_entry.id"],
            name=op.f("fk_ballot_tenant_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "holder_id"],
            ["roll_holder.tenant_id", "roll_holder.id"],
            name=op.f("fk_ballot_tenant_id_holder_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "proxy_id"],
            ["vote_proxy.tenant_id", "vote_proxy.id"],
            name=op.f("fk_ballot_tenant_id_proxy_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "scan_id"],
            ["file.tenant_id", "file.id"],
            name=op.f("fk_ballot_tenant_id_scan_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "vote_id"],
            ["vote.tenant_id", "vote.id"],
            name=op.f("fk_ballot_tenant_id_vote_id"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ballot_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ballot")),
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_entry_id"), "ballot", ["tenant_id", "entry_id"], unique=False
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_holder_id"), "ballot", ["tenant_id", "holder_id"], unique=False
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_made_at_id"),
        "ballot",
        ["tenant_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_proxy_id"), "ballot", ["tenant_id", "proxy_id"], unique=False
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_scan_id"), "ballot", ["tenant_id", "scan_id"], unique=False
    )
    op.create_index(
        op.f("ix_ballot_tenant_id_vote_id_made_at_id"),
        "ballot",
        ["tenant_id", "vote_id", "made_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_ballot_effective",
        "ballot",
        ["tenant_id", "holder_id"],
        unique=True,
        postgresql_where=sa.text("state = 'effective'"),
    )
    op.create_index(
        "uq_ballot_entered",
        "ballot",
        ["tenant_id", "holder_id"],
        unique=True,
        postgresql_where=sa.text("state = 'entered'"),
    )
    walls.guard("roll_entry")
    walls.guard("roll_holder")
    walls.guard("vote_proxy")
    walls.guard("ballot")
    holds.hold(holds.HOLD_ROLLS)
    holds.hold(holds.HOLD_BALLOTS)
